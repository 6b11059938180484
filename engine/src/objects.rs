//! Objects between configuration, provider and store: what is proposed, what was promised, and how they are written down.

use std::sync::Arc;

use cloudapp_lang::value::{
    Entries, JsonError, Kind, decode_json_as, write_json_exact, write_json_string,
};
use cloudapp_lang::{Marks, Path, PathStep, Str, Type, Value};

use crate::schema::{Block, NestedBlock, Nesting};

/// The configuration with computed attributes that it leaves open carried over from the prior object.
pub(crate) fn proposed_new(schema: &Block, prior: Option<&Value>, config: &Value) -> Value {
    if !config.is_known() || config.is_null() {
        return config.clone();
    }
    let prior = prior.filter(|p| p.is_known() && !p.is_null());
    let parts = schema.attributes.len() + schema.blocks.len();
    if let Some(entries) = config.as_entries().filter(|e| e.len() == parts) {
        // It is of the schema's type and whole.
        return match prior {
            None => config.clone(),
            Some(prior) => carried_over(schema, prior, entries.clone()),
        };
    }
    let get = |v: Option<&Value>, n: &str| v.and_then(|v| v.get(n)).cloned();
    let attributes = schema.attributes.iter().map(|(name, a)| {
        let configured =
            get(Some(config), name).unwrap_or_else(|| Value::null(a.ty.without_optional()));
        let value = match get(prior, name) {
            Some(p) if a.computed && configured.is_null() => p,
            _ => configured,
        };
        (name.clone(), value)
    });
    let blocks = schema.blocks.iter().map(|(name, b)| {
        let configured = get(Some(config), name).unwrap_or_else(|| b.none());
        (
            name.clone(),
            proposed_blocks(b, get(prior, name).as_ref(), &configured),
        )
    });
    Value::object(attributes.chain(blocks))
}

/// A whole configuration with what it leaves open as it was.
fn carried_over(schema: &Block, prior: &Value, mut entries: Entries) -> Value {
    for (name, _) in schema.attributes.iter().filter(|(_, a)| a.computed) {
        if let (Some(v), Some(p)) = (entries.get_mut(name), prior.get(name))
            && v.is_null()
        {
            *v = p.clone();
        }
    }
    for (name, b) in &schema.blocks {
        if let Some(v) = entries.get_mut(name) {
            *v = proposed_blocks(b, prior.get(name), v);
        }
    }
    Kind::Object(Arc::new(entries)).into()
}

fn proposed_blocks(nested: &NestedBlock, prior: Option<&Value>, config: &Value) -> Value {
    let Some(prior) = prior.filter(|p| p.is_known() && !p.is_null()) else {
        return config.clone();
    };
    match config.kind() {
        Kind::Object(_) if nested.nesting == Nesting::Single => {
            proposed_new(&nested.block, Some(prior), config)
        }
        Kind::Object(o) => Value::object(
            o.iter()
                .map(|(k, v)| (k.clone(), proposed_new(&nested.block, prior.get(k), v)))
                .collect::<Vec<_>>(),
        ),
        Kind::Map(m) => Value::map(
            m.element.clone(),
            m.entries
                .iter()
                .map(|(k, v)| (k.clone(), proposed_new(&nested.block, prior.get(k), v))),
        ),
        Kind::List(l) => {
            let before = prior.as_items().unwrap_or_default();
            let items = l
                .items
                .iter()
                .enumerate()
                .map(|(i, v)| proposed_new(&nested.block, before.get(i), v))
                .collect();
            Value::list(l.element.clone(), items)
        }
        Kind::Tuple(t) => {
            let before = prior.as_items().unwrap_or_default();
            Value::tuple(
                t.iter()
                    .enumerate()
                    .map(|(i, v)| proposed_new(&nested.block, before.get(i), v)),
            )
        }
        Kind::Set(s) => {
            let mut before: Vec<&Value> = prior.as_items().unwrap_or_default().iter().collect();
            let items = s
                .items
                .iter()
                .map(|v| {
                    let found = before
                        .iter()
                        .position(|p| could_come_from(&nested.block, p, v));
                    let p = found.map(|i| before.remove(i));
                    proposed_new(&nested.block, p, v)
                })
                .collect();
            Value::set(s.element.clone(), items)
        }
        _ => config.clone(),
    }
}

/// Whether a prior element of a set is the one that the configuration now writes, but for computed attributes.
fn could_come_from(schema: &Block, prior: &Value, config: &Value) -> bool {
    schema
        .attributes
        .iter()
        .all(|(name, a)| match (prior.get(name), config.get(name)) {
            (Some(p), Some(c)) => (a.computed && c.is_null()) || p == c,
            _ => true,
        })
}

/// The first place where an actual value is not what was promised; none where every known part was kept.
pub(crate) fn broken_promise(promised: &Value, actual: &Value) -> Option<Path> {
    fn at(promised: &Value, actual: &Value, path: &Path) -> Option<Path> {
        if !promised.is_known() {
            return None;
        }
        if !actual.is_known() {
            // A plan may turn known into unknown nowhere.
            return Some(path.clone());
        }
        if let (Some(p), Some(a)) = (promised.as_entries(), actual.as_entries()) {
            if p.len() != a.len() {
                return Some(path.clone());
            }
            let is_map = matches!(promised.kind(), Kind::Map(_));
            return p.iter().find_map(|(n, pv)| {
                let step = if is_map {
                    PathStep::Key(n.clone())
                } else {
                    PathStep::Attr(n.clone())
                };
                match a.get(n) {
                    Some(av) => at(pv, av, &path.then(step)),
                    None => Some(path.then(step)),
                }
            });
        }
        if let (Some(p), Some(a)) = (promised.as_items(), actual.as_items()) {
            if matches!(promised.kind(), Kind::Set(_)) {
                let whole = promised.is_wholly_known();
                return (whole && p != a || !whole && a.len() > p.len()).then(|| path.clone());
            }
            if p.len() != a.len() {
                return Some(path.clone());
            }
            return p
                .iter()
                .zip(a)
                .enumerate()
                .find_map(|(i, (p, a))| at(p, a, &path.then(PathStep::Index(i))));
        }
        match (promised.kind(), actual.kind()) {
            (Kind::Null(_), Kind::Null(_)) => None,
            (p, a) => (p != a).then(|| path.clone()),
        }
    }
    at(promised, actual, &Path::root())
}

/// What keeps a value that a provider returned from being an object of a type as it is, and where.
pub(crate) fn unsound(schema: &Block, value: &Value) -> Option<(&'static str, Path)> {
    if let Some(path) = misfit(schema, value, &Path::root()) {
        return Some(("returned an object of another type", path));
    }
    let open = value.as_entries().into_iter().flatten();
    let mut open = open.filter(|(_, v)| !v.is_wholly_known());
    open.next().map(|(name, _)| {
        let what = "returned an object that is not wholly known";
        (what, Path::attr(name))
    })
}

/// The first place where a value is not of its type. Types of whole objects are not made for this: they can be large.
fn misfit(schema: &Block, value: &Value, at: &Path) -> Option<Path> {
    let Some(entries) = value.as_entries() else {
        return Some(at.clone());
    };
    if entries.len() != schema.attributes.len() + schema.blocks.len() {
        return Some(at.clone());
    }
    let step = |name: &Str| at.then(PathStep::Attr(name.clone()));
    for (name, a) in &schema.attributes {
        let fits =
            |v: &Value| v.is_null() || a.ty.has_dynamic() || v.is_of(&a.ty.without_optional());
        if !entries.get(name).is_some_and(fits) {
            return Some(step(name));
        }
    }
    schema.blocks.iter().find_map(|(name, b)| {
        let path = step(name);
        match entries.get(name) {
            None => Some(path),
            Some(v) if v.is_null() => None,
            Some(v) if b.nesting == Nesting::Single => misfit(&b.block, v, &path),
            Some(v) => match (v.as_items(), v.as_entries()) {
                (Some(items), _) => items.iter().find_map(|i| misfit(&b.block, i, &path)),
                (_, Some(all)) => all.values().find_map(|i| misfit(&b.block, i, &path)),
                _ => Some(path),
            },
        }
    })
}

/// What a data source will be: its arguments, and everything that it computes unknown.
pub(crate) fn to_be_read(schema: &Block, config: &Value) -> Value {
    let attributes = schema.attributes.iter().map(|(n, a)| {
        let v = config
            .get(n)
            .cloned()
            .unwrap_or_else(|| Value::null(a.ty.without_optional()));
        (
            n.clone(),
            if a.computed && v.is_null() {
                Value::unknown(a.ty.without_optional())
            } else {
                v
            },
        )
    });
    let blocks = schema.blocks.iter().map(|(n, b)| {
        (
            n.clone(),
            config.get(n).cloned().unwrap_or_else(|| b.none()),
        )
    });
    Value::object(attributes.chain(blocks))
}

/// Marks what the schema calls sensitive.
pub(crate) fn mark_sensitive(schema: &Block, value: Value) -> Value {
    if !schema.has_sensitive() {
        return value;
    }
    let mut paths = Vec::new();
    sensitive_paths(schema, &value, &Path::root(), &mut paths);
    value.mark_paths(&paths)
}

/// The marks that the schema does not already put there.
pub(crate) fn beyond_schema(
    schema: &Block,
    value: &Value,
    marks: &[(Path, Marks)],
) -> Vec<(Path, Marks)> {
    if marks.is_empty() {
        return Vec::new();
    }
    let mut known = Vec::new();
    sensitive_paths(schema, value, &Path::root(), &mut known);
    let is_known = |p: &Path| known.iter().any(|(k, _)| p.starts_with(k));
    let mut out: Vec<_> = marks
        .iter()
        .filter(|(p, m)| m.is_sensitive() && !is_known(p))
        .cloned()
        .collect();
    out.sort();
    out
}

fn sensitive_paths(schema: &Block, value: &Value, at: &Path, out: &mut Vec<(Path, Marks)>) {
    for (name, a) in &schema.attributes {
        if a.sensitive && value.get(name).is_some_and(|v| !v.is_null()) {
            out.push((at.then(PathStep::Attr(name.clone())), Marks::SENSITIVE));
        }
    }
    for (name, b) in &schema.blocks {
        let Some(v) = value.get(name) else { continue };
        if !b.block.has_sensitive() {
            continue;
        }
        let path = at.then(PathStep::Attr(name.clone()));
        match v.kind() {
            // A set's elements cannot be marked by themselves.
            Kind::Set(s) if !s.items.is_empty() => out.push((path, Marks::SENSITIVE)),
            Kind::Object(_) if b.nesting == Nesting::Single => {
                sensitive_paths(&b.block, v, &path, out)
            }
            _ => {
                if let Some(items) = v.as_items() {
                    for (i, item) in items.iter().enumerate() {
                        sensitive_paths(&b.block, item, &path.then(PathStep::Index(i)), out);
                    }
                }
                for (k, item) in v.as_entries().into_iter().flatten() {
                    let step = if matches!(v.kind(), Kind::Map(_)) {
                        PathStep::Key(k.clone())
                    } else {
                        PathStep::Attr(k.clone())
                    };
                    sensitive_paths(&b.block, item, &path.then(step), out);
                }
            }
        }
    }
}

/// An object as JSON that conforms to a type: where the type is dynamic, the value's own type is written beside it.
pub fn encode_object(value: &Value, ty: &Type) -> String {
    let mut out = String::new();
    encode(value, ty, &mut out);
    out
}

fn encode(value: &Value, ty: &Type, out: &mut String) {
    if !ty.has_dynamic() || value.is_null() {
        write_json_exact(value, out);
        return;
    }
    if *ty == Type::Dynamic {
        out.push_str("{\"value\":");
        write_json_exact(value, out);
        out.push_str(",\"type\":");
        out.push_str(&value.ty().to_json().to_string());
        out.push('}');
        return;
    }
    match (value.as_items(), value.as_entries()) {
        (Some(items), _) => {
            out.push('[');
            for (i, v) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                let of = match ty {
                    Type::Tuple(ts) => ts.get(i).unwrap_or(&Type::Dynamic),
                    t => t.element().unwrap_or(&Type::Dynamic),
                };
                encode(v, of, out);
            }
            out.push(']');
        }
        (_, Some(entries)) => {
            out.push('{');
            for (i, (n, v)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json_string(n, out);
                out.push(':');
                let of = match ty {
                    Type::Object(o) => o.attributes.get(n).unwrap_or(&Type::Dynamic),
                    t => t.element().unwrap_or(&Type::Dynamic),
                };
                encode(v, of, out);
            }
            out.push('}');
        }
        _ => write_json_exact(value, out),
    }
}

/// Reads what [`encode_object`] wrote.
pub fn decode_object(text: &str, ty: &Type) -> Result<Value, JsonError> {
    decode_json_as(text, ty)
}

/// Paths of sensitive parts as JSON: `[["password"],["disks",0,"key"]]`.
#[must_use]
pub fn encode_paths(paths: &[(Path, Marks)]) -> String {
    let steps = |p: &Path| {
        p.0.iter()
            .map(|s| match s {
                PathStep::Attr(n) => serde_json::json!(&**n),
                PathStep::Index(i) => serde_json::json!(i),
                PathStep::Key(k) => serde_json::json!({ "key": &**k }),
                PathStep::Element => serde_json::Value::Null,
            })
            .collect::<Vec<_>>()
    };
    let list: Vec<_> = paths
        .iter()
        .filter(|(_, m)| m.is_sensitive())
        .map(|(p, _)| steps(p))
        .collect();
    serde_json::json!(list).to_string()
}

/// Reads what [`encode_paths`] wrote; anything else is no path.
#[must_use]
pub fn decode_paths(text: &str) -> Vec<(Path, Marks)> {
    if text == "[]" {
        return Vec::new();
    }
    use serde_json::Value as J;
    let step = |j: &J| -> Option<PathStep> {
        Some(match j {
            J::String(s) => PathStep::Attr(Str::from(s.as_str())),
            J::Number(n) => PathStep::Index(usize::try_from(n.as_u64()?).ok()?),
            J::Object(o) => PathStep::Key(o.get("key")?.as_str()?.into()),
            J::Null => PathStep::Element,
            _ => return None,
        })
    };
    let Ok(J::Array(list)) = serde_json::from_str(text) else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|p| p.as_array()?.iter().map(step).collect::<Option<Vec<_>>>())
        .map(|p| (Path(p), Marks::SENSITIVE))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::schema::Attribute;

    fn schema() -> Block {
        let disk = Block {
            attributes: [
                ("id".into(), Attribute::computed(Type::String)),
                ("size".into(), Attribute::required(Type::Number)),
                ("key".into(), Attribute::optional(Type::String).sensitive()),
            ]
            .into(),
            ..Block::default()
        };
        let nested = |nesting| NestedBlock {
            nesting,
            block: disk.clone(),
            min_items: 0,
            max_items: 0,
        };
        Block {
            attributes: [
                ("any".into(), Attribute::optional(Type::Dynamic)),
                ("id".into(), Attribute::computed(Type::String)),
                ("name".into(), Attribute::optional_computed(Type::String)),
            ]
            .into(),
            blocks: [
                ("disks".into(), nested(Nesting::List)),
                ("parts".into(), nested(Nesting::Set)),
            ]
            .into(),
            ..Block::default()
        }
    }

    fn disk(id: Option<&str>, size: i64) -> Value {
        let text = |t: Option<&str>| t.map_or_else(|| Value::null(Type::String), Value::string);
        Value::object([
            ("id", text(id)),
            ("key", text(None)),
            ("size", Value::number(size)),
        ])
    }

    fn object(id: Option<&str>, name: Option<&str>, disks: Vec<Value>) -> Value {
        let text = |t: Option<&str>| t.map_or_else(|| Value::null(Type::String), Value::string);
        let of = disk(None, 0).ty();
        Value::object([
            ("any", Value::null(Type::Dynamic)),
            ("disks", Value::list(of.clone(), disks.clone())),
            ("id", text(id)),
            ("name", text(name)),
            ("parts", Value::set(of, disks)),
        ])
    }

    #[test]
    fn computed_attributes_are_carried_over_where_the_configuration_leaves_them_open() {
        let prior = object(
            Some("i-1"),
            Some("old"),
            vec![disk(Some("d-1"), 1), disk(Some("d-2"), 2)],
        );
        let config = object(None, None, vec![disk(None, 1), disk(None, 3)]);
        let proposed = proposed_new(&schema(), Some(&prior), &config);
        assert_eq!(proposed.get("id"), Some(&Value::string("i-1")));
        assert_eq!(proposed.get("name"), Some(&Value::string("old")));
        let disks = proposed.get("disks").and_then(Value::as_items).unwrap();
        assert_eq!(
            disks,
            [disk(Some("d-1"), 1), disk(Some("d-2"), 3)],
            "lists by position"
        );
        let parts = proposed.get("parts").and_then(Value::as_items).unwrap();
        assert!(
            parts.contains(&disk(Some("d-1"), 1)),
            "sets by what is written"
        );
        assert!(
            parts.contains(&disk(None, 3)),
            "what is new has nothing to carry over"
        );
        assert_eq!(proposed_new(&schema(), None, &config), config);
    }

    #[test]
    fn a_promise_holds_where_everything_known_was_kept() {
        let promised = Value::object([
            ("a", Value::unknown(Type::String)),
            ("b", Value::tuple([Value::number(1)])),
        ]);
        let with = |a: Value, b: Value| Value::object([("a", a), ("b", Value::tuple([b]))]);
        assert_eq!(
            broken_promise(&promised, &with(Value::string("x"), Value::number(1))),
            None
        );
        let broken = broken_promise(&promised, &with(Value::string("x"), Value::number(2)));
        assert_eq!(broken.unwrap().to_string(), "b[0]");
        let unknown = broken_promise(
            &promised,
            &with(Value::string("x"), Value::unknown(Type::Number)),
        );
        assert_eq!(unknown.unwrap().to_string(), "b[0]");
    }

    #[test]
    fn objects_are_read_as_they_were_written() {
        for any in [
            Value::list(Type::String, vec![Value::string("x")]),
            // Names that mean something where unknowns and marks are written, and nothing here.
            Value::object([
                ("$value", Value::number(1)),
                ("$$b", Value::object([("$type", Value::string("e"))])),
            ]),
        ] {
            let read = written_and_read(&any);
            assert_eq!(read.get("any"), Some(&any));
        }
    }

    fn written_and_read(any: &Value) -> Value {
        let ty = schema().ty();
        let mut entries: Vec<_> = object(Some("i"), None, vec![disk(None, 1)])
            .as_entries()
            .unwrap()
            .clone()
            .into_iter()
            .collect();
        entries[0].1 = any.clone();
        let value = Value::object(entries);
        let text = encode_object(&value, &ty);
        let beside = format!("\"type\":{}", any.ty().to_json());
        assert!(text.contains(&beside), "{text}");
        let read = decode_object(&text, &ty).unwrap();
        assert_eq!(read, value);
        read
    }

    #[test]
    fn sensitive_attributes_are_marked_wherever_they_are() {
        let keyed = Value::object([
            ("id", Value::null(Type::String)),
            ("key", Value::string("k")),
            ("size", Value::number(1)),
        ]);
        let marked = mark_sensitive(&schema(), object(None, None, vec![keyed]));
        let (_, paths) = marked.unmark_deep();
        let paths: Vec<String> = paths.iter().map(|(p, _)| p.to_string()).collect();
        assert_eq!(paths, ["disks[0].key", "parts"]);
        let text = encode_paths(&[(
            Path(vec![
                PathStep::Attr("a".into()),
                PathStep::Index(1),
                PathStep::Key("k".into()),
            ]),
            Marks::SENSITIVE,
        )]);
        assert_eq!(text, r#"[["a",1,{"key":"k"}]]"#);
        assert_eq!(decode_paths(&text)[0].0.to_string(), r#"a[1]["k"]"#);
    }
}
