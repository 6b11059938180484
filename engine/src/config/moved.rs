//! `moved { from = … to = … }`: objects of the state that get another address.
//!
//! Both addresses are relative to the module of the block, and need not be declared. What a block means for a state is
//! said in [`crate::moves`].

use cloudapp_lang::syntax::ast;
use cloudapp_lang::{Diagnostic, Span};

use super::blocks::ModuleDecoder;
use super::endpoint::Endpoint;
use crate::address::Target;

/// A `moved` block. Both ends are resources or both are modules.
#[derive(Debug)]
pub(crate) struct MovedDecl {
    /// Relative to the module of the block, like `to`.
    pub(crate) from: Target,
    pub(crate) to: Target,
    /// Of the block's header.
    pub(crate) span: Span,
}

impl ModuleDecoder<'_, '_> {
    pub(super) fn moved(&mut self, b: &ast::Block) -> Option<MovedDecl> {
        self.only(&b.body, "A moved block", &["from", "to"], &[]);
        let from = self.endpoint(b, "from");
        let to = self.endpoint(b, "to");
        let (from, to) = (from?.constant(), to?.constant());
        let (from, to) = (self.diags.take(from), self.diags.take(to));
        let (from, to) = (from?, to?);
        if matches!(from, Target::Module(_)) != matches!(to, Target::Module(_)) {
            self.diags.push(
                Diagnostic::error(
                    "move-of-different-kinds",
                    "Move between a module and a resource",
                    "One address names a module and the other a resource.",
                )
                .at(b.header)
                .hint("Name two modules, or two resources or instances."),
            );
            return None;
        }
        Some(MovedDecl {
            from,
            to,
            span: b.header,
        })
    }

    /// Reads an argument that must be there and names a place in the state.
    pub(super) fn endpoint(&mut self, b: &ast::Block, name: &str) -> Option<Endpoint> {
        let Some(a) = b.body.attribute(name) else {
            self.diags.push(
                Diagnostic::error(
                    "missing-argument",
                    "Required argument is missing",
                    format!("A \"{}\" block needs \"{name}\".", b.kind.name),
                )
                .at(b.header)
                .hint(format!(
                    "Add {name} = and the address of a resource or module."
                )),
            );
            return None;
        };
        self.diags.take(Endpoint::read(&a.expr))
    }
}
