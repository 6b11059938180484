//! Room for recursion: reading, binding and evaluating expressions recurse as deep as people nest, on whatever thread.

/// The stack that must be free: more than one level takes, without optimisation.
const ENOUGH: usize = 128 << 10;

/// How much is added where less is free.
const MORE: usize = 4 << 20;

/// Calls `f`, on a new piece of stack where the current one is nearly used up.
pub(crate) fn with_room<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(ENOUGH, MORE, f)
}
