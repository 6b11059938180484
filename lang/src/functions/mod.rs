//! The functions that expressions may call.
//!
//! Each function is one row of a table (`signature::Function`): its parameters, its result's type and a plain
//! function over known values. [`Functions::call`] does for all of them what is the same for all: counting and
//! converting arguments, refusing nulls, answering unknowns with unknowns, and passing marks on. A row says where it
//! does one of these itself.

mod arguments;
mod collection;
mod conversion;
mod crypto;
mod csv;
mod datetime;
mod encoding;
mod filesystem;
mod format;
mod format_number;
mod map;
mod network;
mod numeric;
mod path;
mod regex;
mod regex_dialect;
mod rsa;
mod sequence;
mod set;
mod signature;
mod string;
mod template;
mod text_encoding;
mod yaml_read;
mod yaml_write;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::limits::Survey;
use crate::value::{Kind, Marks, Type, Value, convert};
use arguments::text_size;
use signature::{Fault, Function, Parameter};

/// The functions of a run, and what they need to know of it.
#[derive(Debug, Clone)]
pub struct Functions {
    options: FunctionOptions,
    /// Set for the functions that a template sees: templates must not include each other without end.
    inside_template: bool,
}

/// What functions may know of their surroundings. The language has no clock: the time of the run is given to it.
#[derive(Debug, Clone)]
pub struct FunctionOptions {
    /// File functions resolve relative paths against it.
    pub base_dir: PathBuf,
    /// The directory that file functions may not leave, by whatever links: that of an installation package, which
    /// somebody else wrote. None where the configuration is the user's own.
    pub files_within: Option<PathBuf>,
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
    /// Which argument is to blame, from 0, or is missing; none for the call as a whole. Arguments are to blame for being
    /// null and for their types; what else a function refuses is mostly a matter of the call.
    pub argument: Option<usize>,
    pub code: &'static str,
    /// A clause: "argument must not be null".
    pub message: String,
    pub hint: String,
}

/// What a function takes and gives, for `metadata functions` and for editors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    pub parameters: Vec<ParameterInfo>,
    /// Takes any number of further arguments.
    pub variadic: Option<ParameterInfo>,
    /// [`Type::Dynamic`] where it depends on the arguments.
    pub return_type: Type,
}

/// One parameter of a [`Signature`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterInfo {
    pub name: &'static str,
    pub ty: Type,
    pub nullable: bool,
}

static TABLE: LazyLock<BTreeMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let families = [
        collection::FUNCTIONS,
        conversion::FUNCTIONS,
        crypto::FUNCTIONS,
        datetime::FUNCTIONS,
        encoding::FUNCTIONS,
        filesystem::FUNCTIONS,
        format::FUNCTIONS,
        map::FUNCTIONS,
        network::FUNCTIONS,
        numeric::FUNCTIONS,
        path::FUNCTIONS,
        regex::FUNCTIONS,
        sequence::FUNCTIONS,
        set::FUNCTIONS,
        string::FUNCTIONS,
        template::FUNCTIONS,
        LAZY,
    ];
    families
        .into_iter()
        .flatten()
        .map(|f| (f.name, f))
        .collect()
});

/// `try` and `can` evaluate their arguments themselves; the evaluator does that, and here they only have a signature.
const LAZY: &[Function] = &[
    Function::new(
        "can",
        "Whether an expression can be evaluated without an error.",
        &[Parameter::any("expression").unknown().marked().dynamic()],
        signature::Returns::Is(signature::Shape::Bool),
        not_here,
    ),
    Function::new(
        "try",
        "The value of the first expression that can be evaluated without an error.",
        &[],
        signature::Returns::Is(signature::Shape::Any),
        not_here,
    )
    .variadic(Parameter::any("expressions").unknown().marked().dynamic()),
];

fn not_here(_: &Functions, _: &[Value]) -> Result<Value, Fault> {
    Err(Fault::call(
        "lazy-function",
        "this function must be called by the evaluator",
    ))
}

impl Functions {
    #[must_use]
    pub fn new(options: FunctionOptions) -> Self {
        Self {
            options,
            inside_template: false,
        }
    }

    #[must_use]
    pub fn options(&self) -> &FunctionOptions {
        &self.options
    }

    /// The names of all functions, in order (without namespaces).
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        TABLE.values().filter(|f| self.offers(f)).map(|f| f.name)
    }

    /// The signatures of all functions, in order of their names.
    pub fn signatures(&self) -> impl Iterator<Item = Signature> {
        TABLE
            .values()
            .filter(|f| self.offers(f))
            .map(|f| f.signature())
    }

    /// Whether there is a function of this name, with or without `core::`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<&'static Function> {
        let name = name.strip_prefix("core::").unwrap_or(name);
        TABLE.get(name).copied().filter(|f| self.offers(f))
    }

    fn offers(&self, f: &Function) -> bool {
        self.options.package_dialect || !f.package_dialect
    }

    /// Calls a function by its name (`core::` in front is the same function). `try` and `can`, whose arguments are not
    /// evaluated first, are the evaluator's. Marks of arguments pass to the result.
    pub fn call(&self, name: &str, args: &[Value]) -> Result<Value, CallError> {
        self.call_counted(name, args).map(|(value, _)| value)
    }

    /// Also says how large the arguments were, as a measure of what was done.
    pub(crate) fn call_counted(
        &self,
        name: &str,
        args: &[Value],
    ) -> Result<(Value, usize), CallError> {
        let Some(function) = self.find(name) else {
            return Err(CallError {
                argument: None,
                code: "unknown-function",
                message: format!("there is no function \"{name}\""),
                hint: String::new(),
            });
        };
        self.run(function, args).map_err(|fault| {
            let secret = args.iter().any(|a| a.marks_deep().is_sensitive());
            fault.into_error(function, secret)
        })
    }

    fn run(&self, function: &Function, args: &[Value]) -> Result<(Value, usize), Fault> {
        if !function.takes_more_than_named(args.len()) {
            function.check_count(args.len())?;
        }
        let mut survey = Survey::default();
        for (i, arg) in args.iter().enumerate() {
            survey
                .add(arg)
                .map_err(|e| Fault::argument(i, "too-large", e.message()).hint(e.hint()))?;
        }
        let mut marks = Marks::NONE;
        let mut ready = Vec::with_capacity(args.len());
        for (i, arg) in args.iter().enumerate() {
            ready.push(prepare(
                function.parameter(i),
                i,
                arg,
                survey.marked,
                &mut marks,
            )?);
        }
        let value = self.apply(function, &ready)?;
        text_size(value.as_str().map(str::len))?;
        Ok((value.mark(marks), survey.size))
    }

    /// Calls a function with converted arguments.
    fn apply(&self, function: &Function, ready: &[Value]) -> Result<Value, Fault> {
        let blamed = |fault: Fault| {
            if function.blames_call {
                fault.of_call()
            } else {
                fault
            }
        };
        let mut unknown = false;
        for (i, arg) in ready.iter().enumerate() {
            let parameter = function.parameter(i);
            if arg.is_null() && !parameter.null {
                return Err(Fault::argument(
                    i,
                    "null-argument",
                    "argument must not be null",
                ));
            }
            // Nothing can be said of the result while the type of an argument is open.
            if is_dynamic(arg) && !parameter.dynamic {
                return Ok(Value::dynamic().mark(marks_of(ready)));
            }
            unknown |= !arg.is_known() && !parameter.unknown;
        }
        function.check_count(ready.len())?;
        if unknown {
            let ty = function.return_type(ready).map_err(blamed)?;
            return Ok(unknown_result(ty, function.may_be_null).mark(marks_of(ready)));
        }
        (function.run)(self, ready).map_err(blamed)
    }
}

/// The marks that functions would have dealt with themselves.
fn marks_of(args: &[Value]) -> Marks {
    args.iter().fold(Marks::NONE, |m, a| m.with(a.marks_deep()))
}

/// Whether not even the type of a value is known.
fn is_dynamic(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(ty) => *ty == Type::Dynamic,
        Kind::Unknown(u) => u.ty == Type::Dynamic,
        _ => false,
    }
}

/// Converts an argument, and takes its marks off unless the function deals with them.
fn prepare(
    parameter: &Parameter,
    i: usize,
    arg: &Value,
    any_marked: bool,
    marks: &mut Marks,
) -> Result<Value, Fault> {
    let arg = match parameter.shape.as_type() {
        None => arg.clone(),
        Some(ty) => {
            convert(arg, &ty).map_err(|e| Fault::not_converted(i, "wrong-argument-type", &e))?
        }
    };
    if parameter.marked || !any_marked || !arg.has_marks() {
        return Ok(arg);
    }
    let (arg, found) = arg.unmark_deep();
    *marks = found.iter().fold(*marks, |all, (_, m)| all.with(*m));
    Ok(arg)
}

/// An unknown value of a type, which is not null unless the function may answer null.
fn unknown_result(ty: Type, may_be_null: bool) -> Value {
    if may_be_null || ty == Type::Dynamic {
        Value::unknown(ty)
    } else {
        Value::unknown_not_null(ty)
    }
}

#[cfg(test)]
mod tests;
