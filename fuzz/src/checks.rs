//! What must hold of every value, every finding and every pair of answers. Each check panics with what it found.

use cloudapp_lang::diagnostic::Diagnostics;
use cloudapp_lang::value::{
    Kind, Refinements, convert, decode, decode_json, encode, encode_json, normalize,
};
use cloudapp_lang::{Span, Type, Value};

/// A value is what its constructors promise, survives the wire form, and converts to its own type unchanged.
pub fn value(v: &Value) {
    // The forms of what is very large take longer than finding out how it came to be.
    if v.size() > 4 << 20 {
        return;
    }
    well_formed(v);
    let text = encode(v);
    match decode(&text) {
        Ok(back) => assert!(
            back == *v,
            "the wire form reads back as another value: {text}"
        ),
        Err(e) => panic!("the wire form does not read back: {e}: {text}"),
    }
    let ty = v.ty();
    match convert(v, &ty) {
        // What is open in a type is settled by conversion.
        _ if ty.has_dynamic() => {}
        Ok(same) => assert!(
            same == *v,
            "converted to its own type, a value changes: {text}"
        ),
        Err(e) => panic!("a value does not convert to its own type: {e}: {text}"),
    }
    // Texts that are decoded may nest 256 levels deep, values deeper.
    if v.is_wholly_known() && is_finite(v) && v.depth() <= 250 {
        let json = encode_json(v);
        if let Err(e) = decode_json(&json) {
            panic!("the JSON form does not read back: {e}: {json}");
        }
    }
}

fn is_finite(v: &Value) -> bool {
    v.as_number().is_none_or(cloudapp_lang::Number::is_finite) && v.children().all(is_finite)
}

fn well_formed(v: &Value) {
    let typed = |items: &mut dyn Iterator<Item = &Value>, element: &Type| {
        for i in items {
            let own = i.ty();
            // Where the element type is open, elements may be of several types.
            assert!(
                own == *element || (element.has_dynamic() && type_covers(element, &own)),
                "an element of type {own} in a collection of {element}: {v:?}"
            );
        }
    };
    match v.kind() {
        Kind::String(s) => assert!(*normalize(s) == **s, "a string is not in NFC: {s:?}"),
        Kind::List(l) => typed(&mut l.items.iter(), &l.element),
        Kind::Set(l) => {
            typed(&mut l.items.iter(), &l.element);
            assert!(
                !l.items.iter().any(Value::has_marks),
                "marks in a set: {v:?}"
            );
            for pair in l.items.windows(2) {
                let order = Value::set_order(&pair[0], &pair[1]);
                assert!(order.is_le(), "a set is not in order: {v:?}");
                let twice = pair[0] == pair[1] && pair[0].is_wholly_known();
                assert!(!twice, "a set has an element twice: {v:?}");
            }
        }
        Kind::Map(m) => typed(&mut m.entries.values(), &m.element),
        Kind::Unknown(u) if u.ty == Type::Dynamic => assert!(
            u.refinements.prefix.is_none() && u.refinements.min_length.is_none(),
            "refinements of a value without a type: {v:?}"
        ),
        _ => {}
    }
    if let Some(entries) = v.as_entries() {
        for k in entries.keys() {
            assert!(*normalize(k) == **k, "a key is not in NFC: {k:?}");
        }
    }
    v.children().for_each(well_formed);
}

/// What was said while parts were unknown holds now that they are known. Where parts had no type either, their neighbours
/// stood in for them (`[0, unknown]` is a list of numbers, `[0, "a"]` one of strings); what was said then holds once it is
/// converted.
pub fn covers(before: &Value, after: &Value, untyped: bool) {
    let converted = untyped.then(|| convert(before, &after.ty()).ok()).flatten();
    if let Some(problem) = contradiction(converted.as_ref().unwrap_or(before), after) {
        panic!(
            "{problem}:\n  said while parts were unknown: {}\n  with all of them known: {}",
            encode(before),
            encode(after)
        );
    }
}

/// Whether something in it is unknown and has no type yet.
pub fn has_untyped(v: &Value) -> bool {
    match v.as_unknown() {
        Some(u) => u.ty.has_dynamic(),
        None => !v.is_wholly_known() && v.children().any(has_untyped),
    }
}

fn contradiction(before: &Value, after: &Value) -> Option<String> {
    if let Some(u) = before.as_unknown() {
        if !type_covers(&u.ty, &after.ty()) && !after.is_null() {
            return Some(format!("{} became {}", u.ty, after.ty()));
        }
        return refuted(&u.refinements, after);
    }
    // Some answers are unknown whatever the arguments are: the time of the run, for instance.
    if !after.is_known() {
        return None;
    }
    match (before.kind(), after.kind()) {
        (Kind::Null(_), Kind::Null(_)) => None,
        (Kind::Bool(a), Kind::Bool(b)) if a == b => None,
        (Kind::Number(a), Kind::Number(b)) if a == b => None,
        (Kind::String(a), Kind::String(b)) if a == b => None,
        (Kind::Set(a), Kind::Set(b)) => {
            let (most, least) = (a.items.len(), a.items.len().min(1));
            let wholly = before.is_wholly_known() && after.is_wholly_known();
            if wholly && a.items != b.items {
                return Some("a set changed".into());
            }
            let fits = (least..=most).contains(&b.items.len());
            (!fits).then(|| "a set has another size".into())
        }
        (Kind::List(_), Kind::List(_))
        | (Kind::Tuple(_), Kind::Tuple(_))
        | (Kind::Map(_), Kind::Map(_))
        | (Kind::Object(_), Kind::Object(_)) => {
            let keys = |v: &Value| {
                v.as_entries()
                    .map(|e| e.keys().cloned().collect::<Vec<_>>())
            };
            if keys(before) != keys(after) || before.children().count() != after.children().count()
            {
                return Some("other elements".into());
            }
            let mut pairs = before.children().zip(after.children());
            pairs.find_map(|(a, b)| contradiction(a, b))
        }
        _ => Some("another value".into()),
    }
}

fn type_covers(before: &Type, after: &Type) -> bool {
    match (before, after) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (Type::List(a), Type::List(b))
        | (Type::Set(a), Type::Set(b))
        | (Type::Map(a), Type::Map(b)) => type_covers(a, b),
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| type_covers(a, b))
        }
        (Type::Object(a), Type::Object(b)) => {
            a.attributes.keys().eq(b.attributes.keys())
                && a.attributes
                    .values()
                    .zip(b.attributes.values())
                    .all(|(a, b)| type_covers(a, b))
        }
        _ => before == after,
    }
}

fn refuted(r: &Refinements, after: &Value) -> Option<String> {
    if r.not_null && after.is_null() {
        return Some("what could not be null is null".into());
    }
    if after.is_null() || !after.is_known() {
        return None;
    }
    if let (Some(prefix), Some(s)) = (&r.prefix, after.as_str())
        && !s.starts_with(&**prefix)
    {
        return Some(format!("it does not begin with {prefix:?}"));
    }
    if let Some(n) = after.as_number() {
        let below = r
            .min
            .as_ref()
            .is_some_and(|(m, own)| n < m || (n == m && !own));
        let above = r
            .max
            .as_ref()
            .is_some_and(|(m, own)| n > m || (n == m && !own));
        if below || above {
            return Some("it is out of its bounds".into());
        }
    }
    let length = after.children().count() as u64;
    let collection = after.ty().is_collection();
    // Of a set with unknown elements not even the size is known.
    let sized = collection && (after.is_wholly_known() || !matches!(after.kind(), Kind::Set(_)));
    let short = r.min_length.is_some_and(|m| length < m);
    let long = r.max_length.is_some_and(|m| length > m);
    (sized && (short || long)).then(|| "it has another length".into())
}

/// Findings point into the text, at whole characters, and say something.
pub fn findings(found: &Diagnostics, text: &str) {
    for d in found {
        assert!(!d.code.is_empty() && !d.summary.is_empty(), "{d:?}");
        assert!(!d.detail.is_empty(), "no detail: {d:?}");
        for s in d.subject.into_iter().chain(d.context) {
            span(s, text, d.code);
        }
    }
}

/// A span lies in a text, at whole characters.
pub fn span(s: Span, text: &str, of: &str) {
    assert!(
        text.get(s.start as usize..s.end as usize).is_some(),
        "the span {}..{} of {of} is not one of a text of {} bytes",
        s.start,
        s.end,
        text.len()
    );
}
