use super::*;
pub(super) fn evaluate(_: &Expr, _: EvalContext<'_>) -> Result<Value, Diagnostics> { unimplemented!() }
