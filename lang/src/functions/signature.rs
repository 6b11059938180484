//! What is said of each function besides what it does.

use super::{CallError, Functions, ParameterInfo, Signature};
use crate::value::{ConvertError, Type, Value};

/// A type that can be written in a constant table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Any type, taken as it comes.
    Any,
    Bool,
    Number,
    String,
    List(&'static Shape),
    Set(&'static Shape),
    Map(&'static Shape),
}

impl Shape {
    /// The type to convert to; none where any type will do.
    pub(super) fn as_type(self) -> Option<Type> {
        if let Shape::Any = self {
            None
        } else {
            Some(self.ty())
        }
    }

    pub(super) fn ty(self) -> Type {
        match self {
            Shape::Any => Type::Dynamic,
            Shape::Bool => Type::Bool,
            Shape::Number => Type::Number,
            Shape::String => Type::String,
            Shape::List(e) => Type::list(e.ty()),
            Shape::Set(e) => Type::set(e.ty()),
            Shape::Map(e) => Type::map(e.ty()),
        }
    }
}

/// A parameter, and which arguments its function deals with itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Null may be passed.
    pub(super) null: bool,
    /// The function sees unknown arguments instead of answering them with an unknown. What is unknown further in is
    /// always its business.
    pub(super) unknown: bool,
    /// The function sees the marks of the argument instead of having its result marked.
    pub(super) marked: bool,
    /// The function sees arguments whose type is not known.
    pub(super) dynamic: bool,
}

impl Parameter {
    pub(super) const fn new(name: &'static str, shape: Shape) -> Self {
        Self {
            name,
            shape,
            null: false,
            unknown: false,
            marked: false,
            dynamic: false,
        }
    }

    pub(super) const fn any(name: &'static str) -> Self {
        Self::new(name, Shape::Any)
    }

    pub(super) const fn number(name: &'static str) -> Self {
        Self::new(name, Shape::Number)
    }

    pub(super) const fn string(name: &'static str) -> Self {
        Self::new(name, Shape::String)
    }

    pub(super) const fn nullable(mut self) -> Self {
        self.null = true;
        self
    }

    pub(super) const fn unknown(mut self) -> Self {
        self.unknown = true;
        self
    }

    pub(super) const fn marked(mut self) -> Self {
        self.marked = true;
        self
    }

    pub(super) const fn dynamic(mut self) -> Self {
        self.dynamic = true;
        self
    }

    pub(super) const fn everything(self) -> Self {
        self.nullable().unknown().marked().dynamic()
    }

    fn info(&self) -> ParameterInfo {
        ParameterInfo {
            name: self.name,
            ty: self.shape.ty(),
            nullable: self.null,
        }
    }
}

/// The type of a function's result.
#[derive(Clone, Copy)]
pub(super) enum Returns {
    Is(Shape),
    /// It depends on the arguments, some of which may be unknown.
    Of(fn(&[Value]) -> Result<Type, Fault>),
}

/// A row of the table.
#[derive(Clone, Copy)]
pub(super) struct Function {
    pub(super) name: &'static str,
    description: &'static str,
    parameters: &'static [Parameter],
    variadic: Option<Parameter>,
    /// How many of the variadic arguments there may be.
    at_most: usize,
    returns: Returns,
    /// What [`Function::signature`] says instead, where Terraform says something else than what comes back.
    declared: Option<Shape>,
    pub(super) may_be_null: bool,
    pub(super) package_dialect: bool,
    /// What the function itself refuses is a fault of the call as a whole, as Terraform has it, and not of one argument.
    pub(super) blames_call: bool,
    pub(super) run: fn(&Functions, &[Value]) -> Result<Value, Fault>,
}

impl Function {
    pub(super) const fn new(
        name: &'static str,
        description: &'static str,
        parameters: &'static [Parameter],
        returns: Returns,
        run: fn(&Functions, &[Value]) -> Result<Value, Fault>,
    ) -> Self {
        Self {
            name,
            description,
            parameters,
            variadic: None,
            at_most: usize::MAX,
            returns,
            declared: None,
            may_be_null: false,
            package_dialect: false,
            blames_call: false,
            run,
        }
    }

    pub(super) const fn variadic(mut self, parameter: Parameter) -> Self {
        self.variadic = Some(parameter);
        self
    }

    /// One more argument, which may be left out.
    pub(super) const fn optional(mut self, parameter: Parameter) -> Self {
        self.variadic = Some(parameter);
        self.at_most = 1;
        self
    }

    /// The type of the result that the signature names, for tools that compare it with Terraform's.
    pub(super) const fn declares(mut self, shape: Shape) -> Self {
        self.declared = Some(shape);
        self
    }

    pub(super) const fn or_null(mut self) -> Self {
        self.may_be_null = true;
        self
    }

    pub(super) const fn blames_call(mut self) -> Self {
        self.blames_call = true;
        self
    }

    pub(super) const fn only_in_packages(mut self) -> Self {
        self.package_dialect = true;
        self
    }

    /// The parameter that takes the argument at `i`, which [`Function::check_count`] has let pass.
    pub(super) fn parameter(&self, i: usize) -> &Parameter {
        const NONE: Parameter = Parameter::any("");
        self.parameters
            .get(i)
            .or(self.variadic.as_ref())
            .unwrap_or(&NONE)
    }

    /// Such arguments are counted behind their types: one may be left out, and none of them is the one too many.
    pub(super) fn takes_more_than_named(&self, count: usize) -> bool {
        self.variadic.is_some() && count > self.parameters.len()
    }

    pub(super) fn check_count(&self, count: usize) -> Result<(), Fault> {
        let fewest = self.parameters.len();
        let most = if self.variadic.is_some() {
            fewest.saturating_add(self.at_most)
        } else {
            fewest
        };
        if (fewest..=most).contains(&count) {
            return Ok(());
        }
        let plural = |n: usize| format!("{n} argument{}", if n == 1 { "" } else { "s" });
        let takes = match (fewest, most) {
            (0, 0) => "no arguments".to_owned(),
            (f, m) if f == m => plural(f),
            (f, usize::MAX) => format!("at least {}", plural(f)),
            (f, m) => format!("{f} to {}", plural(m)),
        };
        let names: Vec<&str> = self
            .parameters
            .iter()
            .chain(&self.variadic)
            .map(|p| p.name)
            .collect();
        let fault = Fault::call(
            "wrong-argument-count",
            format!("it takes {takes}, but {count} came"),
        )
        .hint(format!("Call it as {}({}).", self.name, names.join(", ")));
        Err(match self.variadic {
            // Too many for one that may be left out: there is no telling which of them is the one too many.
            Some(_) if count > most => fault,
            _ => fault.at(count.min(most)),
        })
    }

    /// A message with the name of the argument that it is about, where there is more than one.
    fn naming(&self, i: usize, message: String) -> String {
        let only = self.parameters.len() + usize::from(self.variadic.is_some()) == 1;
        match self.parameter(i).name {
            _ if only => message,
            "" => message,
            name => format!("{name}: {message}"),
        }
    }

    pub(super) fn return_type(&self, args: &[Value]) -> Result<Type, Fault> {
        match self.returns {
            Returns::Is(shape) => Ok(shape.ty()),
            Returns::Of(rule) => rule(args),
        }
    }

    pub(super) fn signature(&self) -> Signature {
        Signature {
            name: self.name,
            description: self.description,
            parameters: self.parameters.iter().map(Parameter::info).collect(),
            variadic: self.variadic.as_ref().map(Parameter::info),
            return_type: match (self.declared, self.returns) {
                (Some(shape), _) | (None, Returns::Is(shape)) => shape.ty(),
                (None, Returns::Of(_)) => Type::Dynamic,
            },
        }
    }
}

/// Why a function failed. Unlike [`CallError`] it keeps apart what must not be shown where an argument is sensitive.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    argument: Option<usize>,
    /// The place to point to is the call, though an argument can be named.
    of_call: bool,
    code: &'static str,
    message: String,
    /// Part of an argument: where, or which.
    about: Option<String>,
    /// Which element of the argument it is: keys may be as secret as what they lead to.
    element: Option<String>,
    hint: String,
}

impl Fault {
    pub(super) fn call(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            argument: None,
            of_call: false,
            code,
            message: message.into(),
            about: None,
            element: None,
            hint: String::new(),
        }
    }

    pub(super) fn argument(i: usize, code: &'static str, message: impl Into<String>) -> Self {
        Self::call(code, message).at(i)
    }

    /// A value that the function has no answer for.
    pub(super) fn invalid(i: usize, message: impl Into<String>) -> Self {
        Self::argument(i, "invalid-argument", message)
    }

    /// An argument of a type that the function does not take.
    pub(super) fn wrong_type(i: usize, message: impl Into<String>) -> Self {
        Self::argument(i, "wrong-argument-type", message)
    }

    /// A value that does not convert to a type; the place within it is part of the argument.
    pub(super) fn not_converted(i: usize, code: &'static str, e: &ConvertError) -> Self {
        let mut fault = Self::argument(i, code, e.message.clone());
        if !e.path.0.is_empty() {
            fault.element = Some(e.path.to_string());
        }
        fault
    }

    pub(super) fn at(mut self, i: usize) -> Self {
        self.argument = Some(i);
        self
    }

    /// Blames the call as a whole; the message still names the argument.
    pub(super) fn of_call(mut self) -> Self {
        self.of_call = true;
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Names the part of an argument that is wrong; left out where arguments are sensitive.
    pub(super) fn about(mut self, what: impl Into<String>) -> Self {
        self.about = Some(what.into());
        self
    }

    pub(super) fn into_error(self, function: &Function, secret: bool) -> CallError {
        let message = match self.about {
            Some(what) if !secret => format!("{}: {what}", self.message),
            _ => self.message,
        };
        let message = match self.element {
            Some(element) if !secret => format!("element {element}: {message}"),
            _ => message,
        };
        let (argument, message) = match self.argument {
            Some(i) if self.of_call => (None, function.naming(i, message)),
            argument => (argument, message),
        };
        CallError {
            argument,
            code: self.code,
            message,
            hint: self.hint,
        }
    }
}
