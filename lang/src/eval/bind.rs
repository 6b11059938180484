use super::*;
pub(super) fn bind(_: &mut Expr, _: &mut dyn Resolver) -> Diagnostics { unimplemented!() }
