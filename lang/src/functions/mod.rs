//! The functions that expressions may call.

use std::path::PathBuf;

/// The functions of a run, and what they need to know of it.
#[derive(Debug, Clone)]
pub struct Functions {
    options: FunctionOptions,
}

/// What functions may know of their surroundings. The language has no clock: the time of the run is given to it.
#[derive(Debug, Clone)]
pub struct FunctionOptions {
    /// File functions resolve relative paths against it.
    pub base_dir: PathBuf,
    /// RFC 3339, UTC: the answer of `plantimestamp()`.
    pub plan_time: String,
    /// RFC 3339, UTC: the answer of `timestamp()`; none while planning, where it is unknown.
    pub now: Option<String>,
    /// Also accept what installation packages call although Terraform lacks it: `object({...})` is its argument.
    pub package_dialect: bool,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// Which argument is to blame, from 0; none for the call as a whole.
    pub argument: Option<usize>,
    pub code: &'static str,
    /// A clause: "argument must not be null".
    pub message: String,
    pub hint: String,
}

impl Functions {
    #[must_use]
    pub fn new(options: FunctionOptions) -> Self { Self { options } }
    #[must_use]
    pub fn options(&self) -> &FunctionOptions { &self.options }
    /// The names of all functions, in order (without namespaces).
    pub fn names(&self) -> impl Iterator<Item = &'static str> { std::iter::empty() }
    #[must_use]
    pub fn contains(&self, _name: &str) -> bool { unimplemented!() }
    /// Calls a function by its name (`core::` in front is the same function). `try` and `can`, whose arguments are not
    /// evaluated first, are the evaluator's. Marks of arguments pass to the result.
    pub fn call(&self, _name: &str, _args: &[crate::value::Value]) -> Result<crate::value::Value, CallError> { unimplemented!() }
}
