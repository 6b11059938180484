//! Functions that convert values to other types, and that put on and take off marks.

use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::unknown_result;
use crate::value::{Kind, Marks, Path, Type, Value, convert};

const VALUE: &[Parameter] = &[Parameter::any("value").everything()];
const V: &[Parameter] = &[Parameter::any("v").everything()];
const SAME: Returns = Returns::Is(Shape::Any);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "ephemeralasnull",
        "A value with null in place of everything in it that is ephemeral.",
        VALUE,
        SAME,
        |_, a| Ok(ephemeral_as_null(&a[0])),
    ),
    Function::new(
        "issensitive",
        "Whether a value is sensitive.",
        VALUE,
        Returns::Is(Shape::Bool),
        |_, a| {
            Ok(match a[0].marks().is_sensitive() {
                true => Value::bool(true),
                // What it will be may be sensitive.
                false if !a[0].is_known() => unknown_result(Type::Bool, false),
                false => Value::bool(false),
            })
        },
    ),
    Function::new(
        "nonsensitive",
        "A sensitive value, to be shown nevertheless.",
        VALUE,
        SAME,
        |_, a| {
            let (value, marks) = a[0].clone().unmark();
            Ok(value.mark(marks.without(Marks::SENSITIVE)))
        },
    ),
    Function::new("object", "Its argument.", VALUE, SAME, |_, a| {
        match a[0].ty() {
            Type::Object(_) | Type::Map(_) | Type::Dynamic => Ok(a[0].clone()),
            _ => Err(Fault::wrong_type(0, "an object is required")),
        }
    })
    .only_in_packages(),
    Function::new(
        "sensitive",
        "A value that is not to be shown.",
        VALUE,
        SAME,
        |_, a| Ok(a[0].clone().sensitive()),
    ),
    Function::new(
        "tobool",
        "A value as a bool.",
        V,
        Returns::Is(Shape::Bool),
        |_, a| to(a, &Type::Bool),
    ),
    Function::new(
        "tolist",
        "A value as a list, its elements of one type.",
        V,
        SAME,
        |_, a| to(a, &Type::list(Type::Dynamic)),
    )
    .declares(Shape::List(&Shape::Any)),
    Function::new(
        "tomap",
        "A value as a map, its elements of one type.",
        V,
        SAME,
        |_, a| to(a, &Type::map(Type::Dynamic)),
    )
    .declares(Shape::Map(&Shape::Any)),
    Function::new(
        "tonumber",
        "A value as a number.",
        V,
        Returns::Is(Shape::Number),
        |_, a| to(a, &Type::Number),
    ),
    Function::new(
        "toset",
        "A value as a set, its elements of one type and each once.",
        V,
        SAME,
        |_, a| to(a, &Type::set(Type::Dynamic)),
    )
    .declares(Shape::Set(&Shape::Any)),
    Function::new(
        "tostring",
        "A value as a string.",
        V,
        Returns::Is(Shape::String),
        |_, a| to(a, &Type::String),
    ),
];

fn to(args: &[Value], ty: &Type) -> Result<Value, Fault> {
    convert(&args[0], ty).map_err(|e| Fault::not_converted(0, "cannot-convert", &e))
}

/// Sets hide their elements' marks in their own, so an ephemeral set is null as a whole.
fn ephemeral_as_null(value: &Value) -> Value {
    if !value.marks_deep().is_ephemeral() {
        return value.clone();
    }
    let marks = value.marks();
    if marks.is_ephemeral() {
        return Value::null(value.ty()).mark(marks.without(Marks::EPHEMERAL));
    }
    let replaced: Value = match value.kind() {
        Kind::List(l) => Value::list(
            l.element.clone(),
            l.items.iter().map(ephemeral_as_null).collect(),
        ),
        Kind::Tuple(items) => Value::tuple(items.iter().map(ephemeral_as_null)),
        Kind::Map(m) => Value::map(
            m.element.clone(),
            m.entries
                .iter()
                .map(|(k, v)| (k.clone(), ephemeral_as_null(v))),
        ),
        Kind::Object(o) => Value::object(o.iter().map(|(k, v)| (k.clone(), ephemeral_as_null(v)))),
        _ => value
            .clone()
            .map_marks(&Path::root(), &mut |_, m| m.without(Marks::EPHEMERAL)),
    };
    replaced.mark(marks)
}
