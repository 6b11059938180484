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
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use crate::value::{Kind, Marks, Refinements, Type, Value, convert};
use signature::{Fault, Function, Parameter};

/// The functions of a run, and what they need to know of it.
#[derive(Debug, Clone)]
pub struct Functions {
    options: FunctionOptions,
    /// Set for the functions that a template sees: templates must not include each other without end.
    inside_template: bool,
    /// Set while a template is rendered: the work of the expression around it, to which that of the template is added.
    work: Option<Arc<AtomicU64>>,
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
        &[Parameter::any("expression").everything()],
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
    .variadic(Parameter::any("expressions").everything()),
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
            work: None,
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

    /// [`Functions::call`] within an expression, with the work that was done so far: templates are expressions too.
    pub(crate) fn call_at(
        &self,
        name: &str,
        args: &[Value],
        work: &mut u64,
    ) -> Result<Value, CallError> {
        if !matches!(name, "templatefile" | "templatestring") {
            return self.call(name, args);
        }
        let counter = Arc::new(AtomicU64::new(*work));
        let counting = Self {
            work: Some(counter.clone()),
            ..self.clone()
        };
        let result = counting.call(name, args);
        *work = counter.load(Ordering::Relaxed);
        result
    }

    fn run(&self, function: &Function, args: &[Value]) -> Result<Value, Fault> {
        function.check_count(args.len())?;
        let mut marks = Marks::NONE;
        let mut ready = Vec::with_capacity(args.len());
        for (i, arg) in args.iter().enumerate() {
            ready.push(prepare(function.parameter(i), i, arg, &mut marks)?);
        }
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
                return Ok(Value::dynamic().mark(marks));
            }
            unknown |= !arg.is_known() && !parameter.unknown;
        }
        if unknown {
            let ty = function.return_type(&ready).map_err(blamed)?;
            return Ok(unknown_result(ty, function.may_be_null).mark(marks));
        }
        (function.run)(self, &ready)
            .map(|v| v.mark(marks))
            .map_err(blamed)
    }
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
    marks: &mut Marks,
) -> Result<Value, Fault> {
    let arg = match parameter.shape.as_type() {
        None => arg.clone(),
        Some(ty) => convert(arg, &ty).map_err(|e| {
            let place = if e.path.0.is_empty() {
                String::new()
            } else {
                format!("element {}: ", e.path)
            };
            Fault::argument(i, "wrong-argument-type", format!("{place}{}", e.message))
        })?,
    };
    if parameter.marked || !arg.has_marks() {
        return Ok(arg);
    }
    let (arg, found) = arg.unmark_deep();
    *marks = found.iter().fold(*marks, |all, (_, m)| all.with(*m));
    Ok(arg)
}

/// An unknown value of a type, which is not null unless the function may answer null.
fn unknown_result(ty: Type, may_be_null: bool) -> Value {
    let refinements = if may_be_null || ty == Type::Dynamic {
        Refinements::default()
    } else {
        Refinements::not_null()
    };
    Value::unknown_with(ty, refinements)
}

#[cfg(test)]
mod tests;
