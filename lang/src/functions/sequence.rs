//! Functions of lists and tuples: taking them apart, and putting them together.

use super::arguments::{Form, items, like, need_list, need_sequence, number, whole};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, is_dynamic, unknown_result};
use crate::eval::equal;
use crate::value::{Kind, Marks, Number, Type, Value, convert, unify};

const LIST: Shape = Shape::List(&Shape::Any);
const STRINGS: Shape = Shape::List(&Shape::String);
/// The most elements that `range` makes.
const MAX_RANGE: usize = 1024;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "chunklist",
        "A list cut into lists of a size.",
        &[
            Parameter::new("list", LIST).marked(),
            Parameter::number("size"),
        ],
        Returns::Of(|a| Ok(Type::list(a[0].ty()))),
        chunklist,
    )
    .declares(Shape::List(&LIST))
    .blames_call(),
    Function::new(
        "compact",
        "A list of strings without null and empty ones.",
        &[Parameter::new("list", STRINGS)],
        Returns::Is(STRINGS),
        compact,
    ),
    Function::new(
        "concat",
        "Lists one after another.",
        &[],
        Returns::Of(concat_type),
        concat,
    )
    .variadic(Parameter::any("seqs").unknown().marked()),
    Function::new(
        "distinct",
        "A list without the elements that are equal to an earlier one.",
        &[Parameter::new("list", LIST)],
        Returns::Of(|a| Ok(a[0].ty())),
        distinct,
    )
    .declares(LIST),
    Function::new(
        "element",
        "An element of a list by its index, which wraps around at the end.",
        &[
            Parameter::any("list").unknown().marked(),
            Parameter::number("index"),
        ],
        Returns::Of(element_type),
        element,
    )
    .blames_call()
    .or_null(),
    Function::new(
        "flatten",
        "The elements of nested lists in one list.",
        &[Parameter::any("list").marked()],
        Returns::Is(Shape::Any),
        flatten,
    )
    .blames_call(),
    Function::new(
        "index",
        "The index of the first element that equals a value.",
        &[Parameter::any("list"), Parameter::any("value")],
        Returns::Is(Shape::Number),
        index,
    )
    .declares(Shape::Any)
    .blames_call(),
    Function::new(
        "matchkeys",
        "The elements of a list whose counterparts in another list are among wanted ones.",
        &[
            Parameter::new("values", LIST),
            Parameter::new("keys", LIST),
            Parameter::new("searchset", LIST),
        ],
        Returns::Of(|a| Ok(a[0].ty())),
        matchkeys,
    )
    .declares(LIST)
    .blames_call(),
    Function::new(
        "range",
        "Numbers from a start up to a limit.",
        &[],
        Returns::Is(Shape::List(&Shape::Number)),
        range,
    )
    .variadic(Parameter::number("params")),
    Function::new(
        "reverse",
        "The elements of a list in reverse order.",
        &[Parameter::any("list").marked()],
        Returns::Of(reverse_type),
        reverse,
    ),
    Function::new(
        "slice",
        "The elements of a list from one index up to, but not including, another.",
        &[
            Parameter::any("list").unknown().marked(),
            Parameter::number("start_index"),
            Parameter::number("end_index"),
        ],
        Returns::Of(slice_type),
        slice,
    ),
    Function::new(
        "sort",
        "Strings in the order of their characters' code points.",
        &[Parameter::new("list", STRINGS)],
        Returns::Is(STRINGS),
        sort,
    )
    .blames_call(),
];

fn chunklist(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let size = usize::try_from(whole(args, 1)?)
        .map_err(|_| Fault::invalid(1, "the size must not be negative"))?;
    let items = items(args, 0);
    let chunks = if size == 0 {
        if items.is_empty() {
            Vec::new()
        } else {
            vec![like(&args[0], items.to_vec())]
        }
    } else {
        items
            .chunks(size)
            .map(|c| like(&args[0], c.to_vec()))
            .collect()
    };
    Ok(Value::list(args[0].ty(), chunks).mark(args[0].marks()))
}

fn compact(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    if !args[0].is_wholly_known() {
        return Ok(unknown_result(Type::list(Type::String), false));
    }
    let kept = items(args, 0)
        .iter()
        .filter(|v| v.as_str().is_some_and(|s| !s.is_empty()))
        .cloned()
        .collect();
    Ok(Value::list(Type::String, kept))
}

fn concat_type(args: &[Value]) -> Result<Type, Fault> {
    if args.is_empty() {
        return Err(Fault::call(
            "wrong-argument-count",
            "at least one list is required",
        ));
    }
    let lists: Vec<Type> = args
        .iter()
        .filter_map(|a| match a.ty() {
            Type::List(e) => Some(e.as_ref().clone()),
            _ => None,
        })
        .collect();
    if lists.len() == args.len()
        && let Some(element) = unify(&lists)
    {
        return Ok(Type::list(element));
    }
    let mut elements = Vec::new();
    for (i, arg) in args.iter().enumerate() {
        need_list(args, i)?;
        match (arg.ty(), arg.as_items()) {
            (Type::Tuple(es), _) => elements.extend(es.iter().cloned()),
            (Type::List(e), Some(items)) => {
                elements.extend(items.iter().map(|_| e.as_ref().clone()))
            }
            // How many elements there will be is not known.
            _ => return Ok(Type::Dynamic),
        }
    }
    Ok(Type::tuple(elements))
}

fn concat(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let ty = concat_type(args)?;
    let marks = args.iter().fold(Marks::NONE, |m, a| m.with(a.marks()));
    if args.iter().any(|a| !a.is_known()) {
        return Ok(unknown_result(ty, false).mark(marks));
    }
    if let Type::List(element) = &ty {
        let mut all = Vec::new();
        for (i, arg) in args.iter().enumerate() {
            for item in arg.children() {
                all.push(convert(item, element).map_err(|e| Fault::wrong_type(i, e.message))?);
            }
        }
        return Ok(Value::list(element.as_ref().clone(), all).mark(marks));
    }
    Ok(Value::tuple(args.iter().flat_map(Value::children).cloned()).mark(marks))
}

fn distinct(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    if !args[0].is_wholly_known() {
        return Ok(unknown_result(args[0].ty(), false));
    }
    let mut seen = std::collections::HashSet::new();
    let kept = items(args, 0)
        .iter()
        .filter(|v| seen.insert((*v).clone()))
        .cloned()
        .collect();
    Ok(like(&args[0], kept))
}

fn element_type(args: &[Value]) -> Result<Type, Fault> {
    need_list(args, 0)?;
    match args[0].ty() {
        Type::Tuple(es) => {
            if !args[1].is_known() {
                return Ok(Type::Dynamic);
            }
            es.get(wrapped(args, es.len())?)
                .cloned()
                .ok_or_else(empty_list)
        }
        ty => Ok(ty.element().cloned().unwrap_or(Type::Dynamic)),
    }
}

fn empty_list() -> Fault {
    Fault::invalid(0, "the list must not be empty")
}

/// The index of an element, modulo the length.
fn wrapped(args: &[Value], len: usize) -> Result<usize, Fault> {
    let index = usize::try_from(whole(args, 1)?).map_err(|_| {
        Fault::invalid(1, "the index must not be negative")
            .hint("Take the last element with list[length(list) - 1].")
    })?;
    index.checked_rem(len).ok_or_else(empty_list)
}

fn element(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    need_list(args, 0)?;
    let marks = args[0].marks();
    let Some(items) = args[0].as_items() else {
        whole(args, 1)?;
        return Ok(Value::unknown(element_type(args)?).mark(marks));
    };
    let i = wrapped(args, items.len())?;
    items
        .get(i)
        .map(|v| v.clone().mark(marks))
        .ok_or_else(empty_list)
}

fn flatten(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    need_sequence(args, 0)?;
    let mut all = Vec::new();
    let mut marks = Marks::NONE;
    let known = gather(&args[0], &mut all, &mut marks);
    Ok(if known {
        Value::tuple(all)
    } else {
        Value::dynamic()
    }
    .mark(marks))
}

/// Collects what is not a sequence; no where a sequence is not known.
fn gather(sequence: &Value, all: &mut Vec<Value>, marks: &mut Marks) -> bool {
    *marks = marks.with(sequence.marks());
    // A set with unknown elements has no certain length.
    if matches!(sequence.kind(), Kind::Set(l) if l.items.len() > 1) && !sequence.is_wholly_known() {
        return false;
    }
    let mut known = true;
    for item in sequence.children() {
        if item.is_null() || !(Form::of(item).is_sequence() || is_dynamic(item)) {
            all.push(item.clone());
        } else if item.is_known() {
            known &= gather(item, all, marks);
        } else {
            *marks = marks.with(item.marks_deep());
            known = false;
        }
    }
    known
}

fn index(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    need_list(args, 0)?;
    for (i, item) in items(args, 0).iter().enumerate() {
        match equal(item, &args[1]) {
            Some(true) => return Ok(Value::number(Number::counted(i))),
            None => return Ok(unknown_result(Type::Number, false)),
            Some(false) => {}
        }
    }
    Err(Fault::call(
        "invalid-argument",
        "no element of the list equals the value",
    )
    .hint("Check with contains() first; a number and a string are never equal."))
}

fn matchkeys(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let (values, keys, wanted) = (items(args, 0), items(args, 1), items(args, 2));
    if values.len() != keys.len() {
        return Err(Fault::invalid(
            1,
            "values and keys must have the same length",
        ));
    }
    let ty = unify(&[args[1].ty(), args[2].ty()])
        .ok_or_else(|| Fault::wrong_type(2, "keys and searchset must be of the same type"))?;
    if !wanted.is_empty() && !args.iter().all(Value::is_wholly_known) {
        return Ok(unknown_result(args[0].ty(), false));
    }
    let element = ty.element().cloned().unwrap_or(Type::Dynamic);
    let to =
        |v: &Value, i: usize| convert(v, &element).map_err(|e| Fault::wrong_type(i, e.message));
    let wanted = wanted
        .iter()
        .map(|v| to(v, 2))
        .collect::<Result<std::collections::HashSet<_>, _>>()?;
    let mut kept = Vec::new();
    for (v, k) in values.iter().zip(keys) {
        if wanted.contains(&to(k, 1)?) {
            kept.push(v.clone());
        }
    }
    Ok(like(&args[0], kept))
}

fn range(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let (start, limit, step) = match args.len() {
        1 => (Number::ZERO, number(args, 0), None),
        2 => (number(args, 0), number(args, 1), None),
        3 => (number(args, 0), number(args, 1), Some(number(args, 2))),
        n => {
            return Err(Fault::call(
                "wrong-argument-count",
                format!("it takes 1 to 3 arguments, but {n} came"),
            )
            .hint("Call it as range(limit), range(start, limit) or range(start, limit, step)."));
        }
    };
    let down = limit < start;
    let step = step.unwrap_or_else(|| Number::from(if down { -1 } else { 1 }));
    if limit == start {
        return Ok(Value::list(Type::Number, Vec::new()));
    }
    if step.is_zero() {
        return Err(Fault::invalid(2, "the step must not be zero"));
    }
    if step.is_negative() != down {
        return Err(Fault::invalid(
            1,
            "the step must lead from the start to the limit",
        ));
    }
    let mut numbers = Vec::new();
    let mut n = start;
    while if down { n > limit } else { n < limit } {
        if numbers.len() == MAX_RANGE {
            return Err(Fault::call(
                "invalid-argument",
                format!("a range must not have more than {MAX_RANGE} elements"),
            )
            .hint("Take a larger step."));
        }
        let next = n.add(&step);
        numbers.push(Value::number(std::mem::replace(&mut n, next)));
    }
    Ok(Value::list(Type::Number, numbers))
}

fn reverse_type(args: &[Value]) -> Result<Type, Fault> {
    match args[0].ty() {
        Type::Tuple(es) => Ok(Type::tuple(es.iter().rev().cloned())),
        Type::List(e) | Type::Set(e) => Ok(Type::list(e.as_ref().clone())),
        _ => Err(Fault::wrong_type(0, "a list, a set or a tuple is required")),
    }
}

fn reverse(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    need_sequence(args, 0)?;
    let marks = args[0].marks();
    if matches!(args[0].kind(), Kind::Set(l) if l.items.len() > 1) && !args[0].is_wholly_known() {
        return Ok(unknown_result(reverse_type(args)?, false).mark(marks));
    }
    Ok(like(&args[0], items(args, 0).iter().rev().cloned().collect()).mark(marks))
}

fn slice_type(args: &[Value]) -> Result<Type, Fault> {
    need_list(args, 0)?;
    match args[0].ty() {
        Type::Tuple(_) if !args[1].is_known() || !args[2].is_known() => Ok(Type::Dynamic),
        Type::Tuple(es) => {
            let (start, end) = bounds(args, Some(es.len()))?;
            Ok(Type::tuple(es[start..end].iter().cloned()))
        }
        ty => Ok(ty),
    }
}

/// The indexes of a slice, checked against a length where that is known.
fn bounds(args: &[Value], len: Option<usize>) -> Result<(usize, usize), Fault> {
    let at = |i: usize| -> Result<usize, Fault> {
        let n = usize::try_from(whole(args, i)?)
            .map_err(|_| Fault::invalid(i, "the index must not be negative"))?;
        match len {
            Some(len) if n > len => Err(Fault::invalid(
                i,
                format!("the index must not be past the end, which is {len}"),
            )),
            _ => Ok(n),
        }
    };
    let (start, end) = (at(1)?, at(2)?);
    if start > end {
        return Err(Fault::invalid(1, "the start must not be after the end"));
    }
    Ok((start, end))
}

fn slice(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    need_list(args, 0)?;
    let marks = args[0].marks();
    let Some(items) = args[0].as_items() else {
        bounds(args, None)?;
        return Ok(unknown_result(slice_type(args)?, false).mark(marks));
    };
    let (start, end) = bounds(args, Some(items.len()))?;
    Ok(like(&args[0], items[start..end].to_vec()).mark(marks))
}

fn sort(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let mut items = items(args, 0).to_vec();
    if items.iter().any(Value::is_null) {
        return Err(Fault::invalid(0, "no element may be null")
            .hint("Take nulls out first, with compact()."));
    }
    if items.iter().any(|v| !v.is_known()) {
        // There are as many as before, but where each belongs is not known.
        return Ok(Value::list(
            Type::String,
            vec![unknown_result(Type::String, false); items.len()],
        ));
    }
    items.sort_by(Value::set_order);
    Ok(Value::list(Type::String, items))
}
