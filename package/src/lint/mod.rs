//! What is likely to go wrong with a package before anybody installs it.
//!
//! [`lint`] goes over the manifest, the stack's syntax trees and the charts. What fails when the package is packed or
//! installed is an error; what may, or what the guide only recommends, is a warning. `docs/lint.md` lists the codes.
//!
//! The stack is looked at as it is written ([`stack`]), so that a stack with errors is looked at too; nothing is evaluated.
//! What a configuration means is the engine's to say: its findings are not repeated here.

mod charts;
mod form;
mod guards;
mod identifiers;
mod literals;
mod manifest;
mod secrets;
mod stack;
mod templates;
mod types;
mod variables;

use cloudapp_lang::{Diagnostics, FileId, SourceMap, Span, Str};

use crate::package::Package;
use stack::Stack;

/// Whether an argument of a resource type is sensitive by its provider's schema: the type, and the names of blocks and of
/// the argument.
pub type IsSensitive<'a> = &'a dyn Fn(&str, &[&str]) -> bool;

/// What [`lint`] needs besides the package.
pub struct LintInput<'a> {
    /// Charts are added to it, so that findings in them have a place.
    pub sources: &'a mut SourceMap,
    /// The files of the stack among the sources.
    pub stack: Vec<FileId>,
    /// The variables that the stack declares, with the place of each; none where the configuration could not be read.
    pub declared: Option<Vec<(Str, Span)>>,
    pub is_sensitive: IsSensitive<'a>,
}

/// Checks a package that was read. The findings of [`Package::load`] are not repeated.
#[must_use]
pub fn lint(package: &Package, input: &mut LintInput<'_>) -> Diagnostics {
    let mut found = package.check_policy();
    let stack = Stack::read(&input.stack, input.sources);
    let declared = input.declared.take().unwrap_or_else(|| {
        let all = stack.variables();
        all.map(|v| (v.name.name.clone(), v.block.header)).collect()
    });
    if stack.json.is_empty() || !declared.is_empty() {
        found.append(package.check_arguments(&declared));
    }
    manifest::check(package, &mut found);
    form::check(package, input.sources, &mut found);
    variables::check(package, &stack, input.sources, &mut found);
    guards::check(&stack, input.sources, &mut found);
    identifiers::check(&stack, &mut found);
    literals::check(&stack, &mut found);
    secrets::check(package, &stack, input, &mut found);
    charts::check(package, &stack, input.sources, &mut found);
    found
}
