//! `format` and `formatlist`: strings with verbs in them, each of which shows an argument.

use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{Form, need_writable, string, text, text_size};
use super::format_number;
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, unknown_result};
use crate::value::{Kind, Refinements, Type, Value, convert, encode_json_for_html};

const FORMAT: &[Parameter] = &[Parameter::string("format")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "format",
        "A string in which verbs such as %s and %d are replaced by arguments.",
        FORMAT,
        Returns::Is(Shape::String),
        format,
    )
    .declares(Shape::Any)
    .variadic(Parameter::any("args").nullable().unknown()),
    Function::new(
        "formatlist",
        "A list of strings, in which verbs are replaced by the elements of lists.",
        FORMAT,
        Returns::Is(Shape::List(&Shape::String)),
        formatlist,
    )
    .declares(Shape::Any)
    .variadic(Parameter::any("args").nullable().unknown()),
];

/// How wide a verb may make its text, and how many digits it may ask for.
const MAX_WIDTH: usize = 10_000;

/// `%-08.3f`, read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verb {
    pub(super) letter: char,
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) space: bool,
    pub(super) sharp: bool,
    pub(super) zero: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    /// The argument that it shows, from 0.
    pub(super) argument: usize,
}

impl Verb {
    /// Fills up to the width, counted in grapheme clusters.
    pub(super) fn pad(&self, text: String) -> String {
        let Some(width) = self.width else {
            return text;
        };
        let missing = width.saturating_sub(text.graphemes(true).count());
        if missing == 0 {
            text
        } else if self.minus {
            text + &" ".repeat(missing)
        } else {
            let fill = if self.zero { "0" } else { " " };
            fill.repeat(missing) + &text
        }
    }
}

enum Piece<'f> {
    Literal(&'f str),
    Verb(Verb),
}

fn format(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    if !args.iter().skip(1).all(Value::is_wholly_known) {
        return Ok(with_prefix(text(args, 0)));
    }
    let pieces = parse(text(args, 0)).map_err(Fault::of_call)?;
    string(fill(&pieces, &args[1..])?)
}

/// An unknown string that begins with what stands before the first percent sign.
fn with_prefix(format: &str) -> Value {
    let before = format.split_once('%').map_or("", |(before, _)| before);
    Value::unknown_with(Type::String, Refinements::begins_with(before))
}

fn formatlist(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let rest = &args[1..];
    let is_list = |v: &Value| Form::of(v).is_sequence() && !v.is_null();
    let mut length: Option<usize> = None;
    let mut all_known = true;
    for (i, arg) in rest.iter().enumerate().filter(|(_, a)| is_list(a)) {
        all_known &= arg.is_known();
        let len = match (arg.ty(), arg.as_items()) {
            (Type::Tuple(es), None) => es.len(),
            (_, None) => continue,
            // Unknown elements of a set may turn out to be equal.
            (Type::Set(_), Some(items)) if items.len() > 1 && !arg.is_wholly_known() => {
                all_known = false;
                continue;
            }
            (_, Some(items)) => items.len(),
        };
        match length {
            Some(l) if l != len => {
                return Err(Fault::invalid(
                    i + 1,
                    format!(
                        "all lists must have the same length; this has {len}, an earlier one {l}"
                    ),
                ));
            }
            _ => length = Some(len),
        }
    }
    if !all_known {
        return Ok(unknown_result(Type::list(Type::String), false));
    }
    let mut out = Vec::new();
    let mut size = 0usize;
    for n in 0..length.unwrap_or(1) {
        let row: Vec<Value> = rest
            .iter()
            .map(|a| match a.as_items() {
                Some(items) if is_list(a) => items[n].clone(),
                _ => a.clone(),
            })
            .collect();
        if !row.iter().all(Value::is_wholly_known) {
            out.push(unknown_result(Type::String, false));
            continue;
        }
        let text = parse(text(args, 0))
            .and_then(|pieces| fill(&pieces, &row))
            .map_err(Fault::of_call)?;
        size = size.saturating_add(text.len());
        text_size([size])?;
        out.push(Value::string(text));
    }
    Ok(Value::list(Type::String, out))
}

/// The pieces with arguments for the verbs; that there is one too many is seen in the end.
fn fill(pieces: &[Piece<'_>], args: &[Value]) -> Result<String, Fault> {
    let mut out = String::new();
    let mut used = 0;
    for piece in pieces {
        match piece {
            Piece::Literal(l) => out.push_str(l),
            Piece::Verb(verb) => {
                let arg = args
                    .get(verb.argument)
                    .ok_or_else(|| too_few(verb, args.len()))?;
                out.push_str(&shown(verb, arg).map_err(Fault::of_call)?);
                used = used.max(verb.argument + 1);
            }
        }
        text_size([out.len()])?;
    }
    if used < args.len() {
        let message = format!("the format shows {used} of {} arguments", args.len());
        return Err(Fault::invalid(used + 1, message));
    }
    Ok(out)
}

fn too_few(verb: &Verb, count: usize) -> Fault {
    let are = if count == 1 { "is" } else { "are" };
    let message = format!(
        "the format shows argument {}, and there {are} {count}",
        verb.argument + 1
    );
    Fault::invalid(0, message)
        .of_call()
        .hint("Pass one argument for each verb; a percent sign itself is written %%.")
}

fn shown(verb: &Verb, value: &Value) -> Result<String, Fault> {
    let at = verb.argument + 1;
    if verb.letter == 'v' {
        return as_is(verb, value, at);
    }
    let (ty, what) = match verb.letter {
        't' => (Type::Bool, "a bool"),
        's' | 'q' => (Type::String, "a string"),
        _ => (Type::Number, "a number"),
    };
    let converted = convert(value, &ty).map_err(|_| {
        Fault::wrong_type(
            at,
            format!("%{} shows {what}, and this is not one", verb.letter),
        )
    })?;
    match converted.kind() {
        Kind::Null(_) => Err(
            Fault::invalid(at, format!("%{} cannot show null", verb.letter))
                .hint("Show nulls with %v, or choose a default with coalesce()."),
        ),
        Kind::Bool(b) => Ok(b.to_string()),
        Kind::Number(n) => format_number::number(verb, n).ok_or_else(|| {
            Fault::invalid(at, format!("%{} shows whole numbers only", verb.letter))
                .hint("Round it with floor() or ceil(), or show it with %g.")
        }),
        Kind::String(s) => {
            let cut: String = match verb.precision {
                Some(p) => s.graphemes(true).take(p).collect(),
                None => s.to_string(),
            };
            let cut = if verb.letter == 'q' {
                encode_json_for_html(&Value::string(cut))
            } else {
                cut
            };
            Ok(verb.pad(cut))
        }
        _ => Ok(String::new()),
    }
}

/// `%v`: strings and numbers bare, everything else as JSON.
fn as_is(verb: &Verb, value: &Value, at: usize) -> Result<String, Fault> {
    let text = match value.kind() {
        Kind::String(s) if !verb.sharp => s.to_string(),
        Kind::Number(n) if !verb.sharp => format_number::general(n, None, false),
        Kind::Number(n) if !n.is_finite() => {
            return Err(Fault::invalid(at, "infinity cannot be shown as JSON"));
        }
        _ => {
            need_writable(value)?;
            encode_json_for_html(value)
        }
    };
    Ok(verb.pad(text))
}

fn parse(format: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let mut pieces = Vec::new();
    let mut rest = format;
    let mut next = 0;
    while let Some(percent) = rest.find('%') {
        if percent > 0 {
            pieces.push(Piece::Literal(&rest[..percent]));
        }
        rest = &rest[percent + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            pieces.push(Piece::Literal("%"));
            rest = after;
            continue;
        }
        let (verb, len) = parse_verb(rest, next)?;
        next = verb.argument + 1;
        pieces.push(Piece::Verb(verb));
        rest = &rest[len..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    Ok(pieces)
}

/// Reads what follows a percent sign; `next` is the argument that it shows unless it says so.
fn parse_verb(text: &str, next: usize) -> Result<(Verb, usize), Fault> {
    let bytes = text.as_bytes();
    let mut verb = Verb {
        argument: next,
        ..Verb::default()
    };
    let mut at = 0;
    while let Some(flag) = bytes.get(at) {
        match flag {
            b'+' => verb.plus = true,
            b'-' => verb.minus = true,
            b' ' => verb.space = true,
            b'#' => verb.sharp = true,
            b'0' => verb.zero = true,
            _ => break,
        }
        at += 1;
    }
    let number = |at: &mut usize| -> Result<Option<usize>, Fault> {
        let start = *at;
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        if *at == start {
            return Ok(None);
        }
        let n = text[start..*at].parse().ok().filter(|n| *n <= MAX_WIDTH);
        n.map(Some)
            .ok_or_else(|| Fault::invalid(0, format!("a width must not be more than {MAX_WIDTH}")))
    };
    verb.width = number(&mut at)?;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        verb.precision = Some(number(&mut at)?.unwrap_or(0));
    }
    if bytes.get(at) == Some(&b'[') {
        at += 1;
        let n = number(&mut at)?.filter(|n| *n > 0);
        match (n, bytes.get(at)) {
            (Some(n), Some(b']')) => verb.argument = n - 1,
            _ => {
                return Err(Fault::invalid(
                    0,
                    "the number of an argument, from 1, must stand between brackets",
                ));
            }
        }
        at += 1;
    }
    match text[at..].chars().next() {
        Some(letter) if "vtbdoxXeEfgGsq".contains(letter) => {
            verb.letter = letter;
            Ok((verb, at + 1))
        }
        Some(letter) => Err(Fault::invalid(0, format!("there is no verb %{}", if letter.is_control() { '?' } else { letter }))
            .hint("The verbs are %s, %q, %d, %f, %g, %e, %t, %v, %b, %o and %x; a percent sign itself is %%.")),
        None => Err(Fault::invalid(0, "the format ends within a verb").hint("A percent sign itself is written %%.")),
    }
}
