//! What changes in an object, attribute by attribute. What stays the same is counted, not shown.

use std::collections::HashSet;

use cloudapp_engine::schema::{Block, NestedBlock, Nesting};
use cloudapp_lang::value::{Kind, decode_json};
use cloudapp_lang::{Path, PathStep, Value};

use super::palette::Palette;
use super::value::{SENSITIVE, clean, key, text};

/// What happens to a part of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol {
    Same,
    Add,
    Remove,
    Change,
}

/// One line, or several for what has parts.
struct Entry {
    symbol: Symbol,
    name: String,
    /// What stands behind the name; for a block from the brace on.
    body: String,
    block: bool,
}

/// Compares two objects.
pub(crate) struct Differ<'a> {
    pub(crate) palette: Palette,
    /// Attributes whose change forces a replacement.
    pub(crate) replace: &'a [Path],
}

/// Attributes that are shown even where they stay as they are, because people know objects by them.
const IDENTIFYING: [&str; 2] = ["id", "name"];

impl Differ<'_> {
    /// The lines of an object's change, indented; empty where nothing changes. `before` or `after` may be null.
    pub(crate) fn object(
        &self,
        before: &Value,
        after: &Value,
        block: Option<&Block>,
        indent: usize,
    ) -> String {
        self.parts(before, after, block, &Path::root(), indent, true)
    }

    fn parts(
        &self,
        before: &Value,
        after: &Value,
        block: Option<&Block>,
        path: &Path,
        indent: usize,
        top: bool,
    ) -> String {
        let map = matches!(before.kind(), Kind::Map(_)) || matches!(after.kind(), Kind::Map(_));
        let empty = std::collections::BTreeMap::new();
        let (b, a) = (
            before.as_entries().unwrap_or(&empty),
            after.as_entries().unwrap_or(&empty),
        );
        let names: std::collections::BTreeSet<_> = b.keys().chain(a.keys()).collect();
        let none = Value::null(cloudapp_lang::Type::Dynamic);
        let (mut entries, mut blocks, mut same, mut same_blocks) = (Vec::new(), Vec::new(), 0, 0);
        for name in names {
            let (from, to) = (b.get(name).unwrap_or(&none), a.get(name).unwrap_or(&none));
            if let Some(nested) = block.and_then(|s| s.blocks.get(name)) {
                same_blocks += self.blocks(name, nested, from, to, path, indent, &mut blocks);
                continue;
            }
            let at = path.then(if map {
                PathStep::Key(name.clone())
            } else {
                PathStep::Attr(name.clone())
            });
            match self.value(from, to, &at, indent + 2) {
                Some((symbol, body)) => {
                    entries.push(Entry {
                        symbol,
                        name: key(name, map),
                        body,
                        block: false,
                    });
                }
                None if from.is_null() && to.is_null() => {}
                None if top && IDENTIFYING.contains(&&**name) => {
                    entries.push(Entry {
                        symbol: Symbol::Same,
                        name: key(name, map),
                        body: text(to, indent + 2),
                        block: false,
                    });
                }
                None => same += 1,
            }
        }
        entries.append(&mut blocks);
        let mut out = self.lines(&entries, indent);
        for (n, what) in [
            (same, "unchanged attribute"),
            (same_blocks, "unchanged block"),
        ] {
            if n > 0 {
                let note = format!("# {}", super::count(n, what));
                out.push_str(&format!(
                    "{}  {}\n",
                    " ".repeat(indent),
                    self.palette.dim(&note)
                ));
            }
        }
        out
    }

    fn lines(&self, entries: &[Entry], indent: usize) -> String {
        let width = entries
            .iter()
            .filter(|e| !e.block)
            .map(|e| e.name.chars().count())
            .max()
            .unwrap_or(0);
        let pad = " ".repeat(indent);
        let mut out = String::new();
        for e in entries {
            let symbol = self.symbol(e.symbol);
            if e.block {
                out.push_str(&format!("{pad}{symbol} {} {}\n", e.name, e.body));
            } else {
                out.push_str(&format!("{pad}{symbol} {:width$} = {}\n", e.name, e.body));
            }
        }
        out
    }

    fn symbol(&self, symbol: Symbol) -> String {
        match symbol {
            Symbol::Same => " ".to_owned(),
            Symbol::Add => self.palette.added("+"),
            Symbol::Remove => self.palette.removed("-"),
            Symbol::Change => self.palette.changed("~"),
        }
    }

    /// How a value changes, and the text behind its name; none where it does not.
    fn value(
        &self,
        before: &Value,
        after: &Value,
        path: &Path,
        indent: usize,
    ) -> Option<(Symbol, String)> {
        if before == after || (before.is_null() && after.is_null()) {
            return None;
        }
        let (symbol, mut body) = self.changed(before, after, path, indent);
        if self.replace.contains(path) {
            body.push_str(&self.palette.error("  # forces replacement"));
        }
        Some((symbol, body))
    }

    fn changed(
        &self,
        before: &Value,
        after: &Value,
        path: &Path,
        indent: usize,
    ) -> (Symbol, String) {
        if after.is_null() {
            return (Symbol::Remove, format!("{} -> null", text(before, indent)));
        }
        if before.is_null() {
            return (Symbol::Add, text(after, indent));
        }
        let secret = (before.marks().is_sensitive(), after.marks().is_sensitive());
        if secret.0 || secret.1 {
            let note = match secret {
                (false, true) => " # becomes sensitive",
                (true, false) => " # is no longer sensitive",
                _ => "",
            };
            return (Symbol::Change, format!("{SENSITIVE}{note}"));
        }
        let body = match (before.kind(), after.kind()) {
            (Kind::String(b), Kind::String(a)) => self.strings(b, a, path, indent),
            (Kind::Object(_) | Kind::Map(_), Kind::Object(_) | Kind::Map(_)) => {
                let inner = self.parts(before, after, None, path, indent + 2, false);
                Some(format!("{{\n{inner}{}}}", " ".repeat(indent)))
            }
            (Kind::Set(b), Kind::Set(a)) => Some(self.sets(&b.items, &a.items, indent)),
            _ => match (before.as_items(), after.as_items()) {
                (Some(b), Some(a)) => Some(self.lists(b, a, path, indent)),
                _ => None,
            },
        };
        (
            Symbol::Change,
            body.unwrap_or_else(|| format!("{} -> {}", text(before, indent), text(after, indent))),
        )
    }

    /// Long text by lines, JSON by its parts.
    fn strings(&self, before: &str, after: &str, path: &Path, indent: usize) -> Option<String> {
        let json = |s: &str| {
            s.trim_start()
                .starts_with(['{', '['])
                .then(|| decode_json(s).ok())
                .flatten()
        };
        if let (Some(b), Some(a)) = (json(before), json(after)) {
            return match self.value(&b, &a, path, indent) {
                Some((_, body)) => Some(format!("jsonencode({body})")),
                None => Some("(JSON with other spaces)".to_owned()),
            };
        }
        if !before.trim_end().contains('\n') && !after.trim_end().contains('\n') {
            return None;
        }
        let (b, a): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
        let mut lines: Vec<(Symbol, &str)> = Vec::new();
        walk(&b, &a, Pairing::Never, &mut |step| match step {
            Step::Same(s) => lines.push((Symbol::Same, s)),
            Step::Removed(s) => lines.push((Symbol::Remove, s)),
            Step::Added(_, s) | Step::Paired(_, _, s) => lines.push((Symbol::Add, s)),
        });
        let pad = " ".repeat(indent + 2);
        let mut out = "<<-EOT\n".to_owned();
        let mut skipped = false;
        for (i, (symbol, line)) in lines.iter().enumerate() {
            let around = &lines[i.saturating_sub(CONTEXT)..lines.len().min(i + CONTEXT + 1)];
            if around.iter().all(|(s, _)| *s == Symbol::Same) {
                if !std::mem::replace(&mut skipped, true) {
                    out.push_str(&format!("{pad}  {}\n", self.palette.dim("...")));
                }
                continue;
            }
            skipped = false;
            out.push_str(&format!("{pad}{} {}\n", self.symbol(*symbol), clean(line)));
        }
        Some(format!("{out}{}EOT", " ".repeat(indent)))
    }

    fn lists(&self, before: &[Value], after: &[Value], path: &Path, indent: usize) -> String {
        let pad = " ".repeat(indent + 2);
        let mut out = "[\n".to_owned();
        let mut same = 0;
        walk(before, after, Pairing::ByPlace, &mut |step| {
            let (symbol, body) = match step {
                Step::Same(_) => {
                    same += 1;
                    return;
                }
                Step::Paired(i, b, a) => {
                    match self.value(b, a, &path.then(PathStep::Index(i)), indent + 4) {
                        Some(change) => change,
                        None => {
                            same += 1;
                            return;
                        }
                    }
                }
                Step::Removed(v) => (Symbol::Remove, text(v, indent + 4)),
                Step::Added(i, v) => {
                    let forces = self.replace.contains(&path.then(PathStep::Index(i)));
                    let note = if forces {
                        self.palette.error("  # forces replacement")
                    } else {
                        String::new()
                    };
                    (Symbol::Add, text(v, indent + 4) + &note)
                }
            };
            out.push_str(&format!("{pad}{} {body},\n", self.symbol(symbol)));
        });
        out.push_str(&self.unchanged(same, &pad));
        format!("{out}{}]", " ".repeat(indent))
    }

    fn sets(&self, before: &[Value], after: &[Value], indent: usize) -> String {
        let pad = " ".repeat(indent + 2);
        let (b, a): (HashSet<&Value>, HashSet<&Value>) =
            (before.iter().collect(), after.iter().collect());
        let mut out = "[\n".to_owned();
        for v in before.iter().filter(|v| !a.contains(v)) {
            out.push_str(&format!(
                "{pad}{} {},\n",
                self.symbol(Symbol::Remove),
                text(v, indent + 4)
            ));
        }
        for v in after.iter().filter(|v| !b.contains(v)) {
            out.push_str(&format!(
                "{pad}{} {},\n",
                self.symbol(Symbol::Add),
                text(v, indent + 4)
            ));
        }
        out.push_str(&self.unchanged(after.iter().filter(|v| b.contains(v)).count(), &pad));
        format!("{out}{}]", " ".repeat(indent))
    }

    fn unchanged(&self, same: usize, pad: &str) -> String {
        match same {
            0 => String::new(),
            1 => format!("{pad}  {}\n", self.palette.dim("# 1 unchanged element")),
            n => format!(
                "{pad}  {}\n",
                self.palette.dim(&format!("# {n} unchanged elements"))
            ),
        }
    }

    /// The changes of the blocks of one type; how many of them stay as they are.
    #[allow(
        clippy::too_many_arguments,
        reason = "one call site; a struct would only rename the arguments"
    )]
    fn blocks(
        &self,
        name: &str,
        nested: &NestedBlock,
        before: &Value,
        after: &Value,
        path: &Path,
        indent: usize,
        out: &mut Vec<Entry>,
    ) -> usize {
        let at = path.then(PathStep::Attr(name.into()));
        let forced = self.replace.contains(&at);
        let mut push = |symbol, label: &str, body: String| {
            let name = if label.is_empty() {
                name.to_owned()
            } else {
                format!("{name} {label}")
            };
            let note = if forced {
                self.palette.error("  # forces replacement")
            } else {
                String::new()
            };
            out.push(Entry {
                symbol,
                name,
                body: format!("{body}{note}"),
                block: true,
            });
        };
        if !before.is_known()
            || !after.is_known()
            || before.marks().is_sensitive()
            || after.marks().is_sensitive()
        {
            if before != after {
                push(
                    Symbol::Change,
                    "",
                    format!("{{ {} }}", text(after, indent + 2)),
                );
            }
            return 0;
        }
        let none = Value::null(cloudapp_lang::Type::Dynamic);
        let mut same = 0;
        let mut one = |label: &str, b: &Value, a: &Value, at: &Path| {
            if b == a || b.is_null() && a.is_null() {
                same += usize::from(!b.is_null());
                return;
            }
            let symbol = match (b.is_null(), a.is_null()) {
                (true, _) => Symbol::Add,
                (_, true) => Symbol::Remove,
                _ => Symbol::Change,
            };
            let inner = self.parts(b, a, Some(&nested.block), at, indent + 4, false);
            push(
                symbol,
                label,
                format!("{{\n{inner}{}}}", " ".repeat(indent + 2)),
            );
        };
        match nested.nesting {
            Nesting::Single => one("", before, after, &at),
            Nesting::List => {
                let (b, a) = (
                    before.as_items().unwrap_or(&[]),
                    after.as_items().unwrap_or(&[]),
                );
                for i in 0..b.len().max(a.len()) {
                    let at = at.then(PathStep::Index(i));
                    one(
                        "",
                        b.get(i).unwrap_or(&none),
                        a.get(i).unwrap_or(&none),
                        &at,
                    );
                }
            }
            Nesting::Set => {
                let (b, a) = (
                    before.as_items().unwrap_or(&[]),
                    after.as_items().unwrap_or(&[]),
                );
                let (in_b, in_a): (HashSet<&Value>, HashSet<&Value>) =
                    (b.iter().collect(), a.iter().collect());
                let at = at.then(PathStep::Element);
                b.iter()
                    .filter(|v| !in_a.contains(v))
                    .for_each(|v| one("", v, &none, &at));
                for v in a {
                    one("", if in_b.contains(v) { v } else { &none }, v, &at);
                }
            }
            Nesting::Map => {
                let empty = std::collections::BTreeMap::new();
                let (b, a) = (
                    before.as_entries().unwrap_or(&empty),
                    after.as_entries().unwrap_or(&empty),
                );
                let names: std::collections::BTreeSet<_> = b.keys().chain(a.keys()).collect();
                for k in names {
                    let at = at.then(PathStep::Key(k.clone()));
                    one(
                        &key(k, true),
                        b.get(k).unwrap_or(&none),
                        a.get(k).unwrap_or(&none),
                        &at,
                    );
                }
            }
        }
        same
    }
}

/// Unchanged lines that are shown around a changed one.
const CONTEXT: usize = 2;

/// Whether items that differ may stand for one another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pairing {
    /// Where as many go as come, each place is compared with itself.
    ByPlace,
    /// An old one goes and a new one comes.
    Never,
}

/// What became of an item, with its place in the new sequence.
enum Step<'t, T> {
    Same(&'t T),
    Removed(&'t T),
    Added(usize, &'t T),
    Paired(usize, &'t T, &'t T),
}

/// Walks two sequences: what they begin and end with is the same; between, old and new are paired or exchanged.
/// Linear, however long.
fn walk<'t, T: PartialEq>(
    before: &'t [T],
    after: &'t [T],
    pairing: Pairing,
    each: &mut dyn FnMut(Step<'t, T>),
) {
    let (start, end) = common(before, after);
    after[..start].iter().for_each(|v| each(Step::Same(v)));
    let (b, a) = (
        &before[start..before.len() - end],
        &after[start..after.len() - end],
    );
    if b.len() == a.len() && pairing == Pairing::ByPlace {
        for (i, (b, a)) in b.iter().zip(a).enumerate() {
            each(Step::Paired(start + i, b, a));
        }
    } else {
        b.iter().for_each(|v| each(Step::Removed(v)));
        a.iter()
            .enumerate()
            .for_each(|(i, v)| each(Step::Added(start + i, v)));
    }
    after[after.len() - end..]
        .iter()
        .for_each(|v| each(Step::Same(v)));
}

/// How many items two sequences have in common at the beginning and, of the rest, at the end.
fn common<T: PartialEq>(before: &[T], after: &[T]) -> (usize, usize) {
    let start = before.iter().zip(after).take_while(|(b, a)| b == a).count();
    let end = before[start..]
        .iter()
        .rev()
        .zip(after[start..].iter().rev())
        .take_while(|(b, a)| b == a)
        .count();
    (start, end)
}

#[cfg(test)]
mod tests {
    use cloudapp_lang::Type;

    use super::*;

    fn diff(before: Value, after: Value) -> String {
        let object = |v| Value::object([("x", v)]);
        Differ {
            palette: Palette::PLAIN,
            replace: &[],
        }
        .object(&object(before), &object(after), None, 0)
    }

    fn strings(items: &[&str]) -> Vec<Value> {
        items.iter().map(|s| Value::string(*s)).collect()
    }

    #[test]
    fn collections() {
        let list = |items: &[&str]| Value::list(Type::String, strings(items));
        let set = |items: &[&str]| Value::set(Type::String, strings(items));
        let map = |entries: &[(&str, &str)]| {
            Value::map(
                Type::String,
                entries
                    .iter()
                    .map(|(k, v)| ((*k).into(), Value::string(*v)))
                    .collect(),
            )
        };
        let shown = [
            diff(list(&["a", "b", "c"]), list(&["a", "x", "c"])),
            diff(list(&["a", "b"]), list(&["b"])),
            diff(set(&["a", "b"]), set(&["b", "c"])),
            diff(
                map(&[("a", "1"), ("b c", "2")]),
                map(&[("b c", "3"), ("d", "4")]),
            ),
            diff(
                Value::string("a").sensitive(),
                Value::string("b").sensitive(),
            ),
            diff(Value::string("a"), Value::string("a").sensitive()),
            diff(Value::string("1"), Value::number(1)),
            diff(Value::string("{\"a\": 1}"), Value::string("{\"a\":1}")),
        ];
        insta::assert_snapshot!(shown.join("---\n"));
    }

    #[test]
    fn long_text_shows_only_what_is_near_a_change() {
        let lines: Vec<String> = (0..20).map(|i| format!("line {i}")).collect();
        let mut changed = lines.clone();
        changed[10] = "other".to_owned();
        insta::assert_snapshot!(diff(
            Value::string(lines.join("\n")),
            Value::string(changed.join("\n"))
        ));
    }

    #[test]
    fn what_is_the_same_is_not_shown() {
        assert_eq!(
            diff(Value::number(1), Value::number(1)),
            "  # 1 unchanged attribute\n"
        );
    }
}
