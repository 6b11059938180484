use super::ast::*;
pub(super) fn references<'e>(_: &'e Expr, _: &mut impl FnMut(&'e Reference)) { unimplemented!() }
