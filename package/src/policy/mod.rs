//! The role policy: what the installed application may call with the role that it is given.
//!
//! A package declares it in `role.policy`, in the grammar of access policies (version 2.0), or in the older
//! `scopes.cloudAPI`. [`Document`] is what is written, with places (`read`, whose rules `action`, `resource` and
//! `condition` hold). [`Package::role_policy`] makes of both forms one [`Policy`] with values put in (`substitute`).
//! [`Policy::changes_since`] says what an upgrade adds and removes, [`Statement`]s say in plain words what they mean
//! (`words`), and [`rewrite`] turns the older form into the newer one. `actions` knows which actions there are; it is
//! unpacked when it is first asked. `docs/policy.md` has the rules.
//!
//! Nothing here decides whether a call is allowed, or calls anything.

mod action;
mod actions;
mod changes;
mod check;
mod condition;
mod effective;
mod read;
mod resource;
mod rewrite;
mod substitute;
mod words;

use cloudapp_lang::{Span, Str};

use crate::yaml::{Node, Spanned};

pub use changes::Changes;
pub use effective::{Policy, Statement};
pub use rewrite::rewrite;
pub use words::Words;

pub(crate) use check::{manifest as check, strings};
pub(crate) use read::{action_form, read};
pub(crate) use substitute::Text;

/// The action by which an application asks for its licence. The older form implies it.
pub const VERIFY_LICENSE: &str = "cloudapp:VerifyLicense";

/// The only version of the grammar.
pub(crate) const VERSION: &str = "2.0";

/// How long the text of a policy may be. The public manuals do not say it for roles; it is the limit of custom policies.
pub const MAX_LENGTH: usize = 6_144;

/// Whether a statement gives or takes away. What is denied is denied whatever else allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Allow,
    Deny,
}

impl Effect {
    /// As it is written in a policy.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        }
    }
}

/// `role.policy` as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub statements: Vec<Declaration>,
    /// The whole policy.
    pub span: Span,
}

/// A statement as it is written: `${…}` in its strings is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub effect: Spanned<Effect>,
    pub actions: Vec<Spanned<Str>>,
    pub resources: Vec<Spanned<Str>>,
    pub conditions: Vec<Condition>,
    pub span: Span,
}

/// One test of a statement's `condition`: an operator, a key, and the values of which one must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub operator: Spanned<Str>,
    pub key: Spanned<Str>,
    /// Strings, numbers and booleans.
    pub values: Vec<Node>,
}
