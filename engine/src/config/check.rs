//! `check` blocks: assertions about a stack as a whole. They warn and never stop a run.
//!
//! A check may bring a data source along, which only its own assertions may refer to. It is declared among the module's
//! resources, so that it is bound, checked and read like any other.

use cloudapp_lang::syntax::ast;
use cloudapp_lang::{Diagnostic, Span, Str};

use super::blocks::{Meta, ModuleDecoder};
use super::names::Allow;
use super::{CheckDecl, ObjectId};
use crate::address::ResourceAddr;

impl ModuleDecoder<'_, '_> {
    /// Decodes a check whose data source has been taken out of it.
    pub(super) fn check(&mut self, i: usize, b: ast::Block) -> CheckDecl {
        let name = b.labels[0].name.clone();
        self.only(&b.body, "A check", &[], &["data", "assert"]);
        if b.body.blocks.iter().all(|n| &*n.kind.name != "assert") {
            self.diags.push(
                Diagnostic::error(
                    "missing-block",
                    "Required block is missing",
                    format!("Check \"{name}\" asserts nothing."),
                )
                .at(b.header)
                .hint("Add: assert { condition = … error_message = … }."),
            );
        }
        self.names.check = Some(name.clone());
        let asserts = self.conditions(&b.body, "assert", Allow::default());
        self.names.check = None;
        let data = self.names.index.nested.iter().find(|(_, c)| **c == name);
        let data = data.and_then(|(a, _)| self.names.index.resources.get(a).map(|r| r.0));
        if let Some(d) = data {
            // Read whether an assertion names it or not.
            self.names.needs.insert(ObjectId::Resource(self.id(), d));
        }
        self.note(ObjectId::Check(self.id(), i));
        CheckDecl {
            name,
            asserts,
            data,
            span: b.header,
        }
    }

    /// Reports what a check's data source may not have.
    pub(super) fn refuse_in_check(&mut self, meta: &Meta) {
        let repeated = meta.count.iter().chain(&meta.for_each);
        let places = repeated.map(|a| {
            (
                &a.name,
                "Make a check for each of them, or read them outside of the check.",
            )
        });
        let lifecycle = meta.lifecycle.iter();
        let places = places.chain(
            lifecycle.map(|b| (&b.kind, "Write its conditions as assertions of the check.")),
        );
        let found = places.map(|(what, hint)| {
            Diagnostic::error(
                "unknown-argument",
                "Argument is not known",
                format!("The data source of a check has no \"{}\".", what.name),
            )
            .at(what.span)
            .hint(hint)
        });
        self.diags.extend(found);
    }
}

/// A check has one data source at most.
pub(super) fn second_source(b: &ast::Block) -> Diagnostic {
    Diagnostic::error(
        "too-many-blocks",
        "Too many blocks",
        "A check has one data source at most.",
    )
    .at(b.header)
    .hint("Move one of them into a check of its own, or out of the check.")
}

/// A reference to a check's data source from somewhere else.
pub(super) fn out_of_reach(addr: &ResourceAddr, check: &Str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "name-out-of-place",
        "Name means nothing here",
        format!("{addr} belongs to check \"{check}\": only the assertions there can refer to it."),
    )
    .at(span)
    .hint("Move the data block out of the check.")
}
