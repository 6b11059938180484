//! One type for several values.
use super::types::Type;
/// The type that all the given types convert to, as in conditionals and collection functions; none if there is none.
#[must_use]
pub fn unify(_types: &[Type]) -> Option<Type> { unimplemented!() }
