//! What changes in an object, attribute by attribute. What stays the same is counted, not shown; what a new object gets
//! only later is named.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt::Display;
use std::sync::LazyLock;

use cloudapp_engine::schema::{Block, NestedBlock, Nesting};
use cloudapp_lang::value::{Entries, Kind};
use cloudapp_lang::{Path, PathStep, Str, Type, Value};

use super::pairing::{self, Step};
use super::palette::Palette;
use super::value::{SENSITIVE, key, text};

/// What happens to a part of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Symbol {
    Same,
    Add,
    Remove,
    Change,
}

/// One line, or several for what has parts.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Entry {
    symbol: Symbol,
    name: Str,
    /// What stands behind the name; for a block from the brace on.
    body: Cow<'static, str>,
    block: bool,
}

/// The change of an object, or of a part of one.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    entries: Vec<Entry>,
    /// Attributes that a new object gets from its cloud.
    later: Vec<Str>,
    same: usize,
    same_blocks: usize,
}

/// Compares two objects.
pub(crate) struct Differ<'a> {
    pub(crate) palette: Palette,
    /// Attributes whose change forces a replacement.
    pub(crate) replace: &'a [Path],
    /// Whether the object is made, or made anew: then what its cloud decides is no news, and only named.
    pub(crate) anew: bool,
}

/// Attributes that are shown even where they stay as they are, because people know objects by them.
const IDENTIFYING: [&str; 2] = ["id", "name"];

const FORCES_REPLACEMENT: &str = "  # forces replacement";

/// So few attributes that are known only later have a line each.
const LATER: usize = 3;

/// So few parts are said again, although an object before this one has the same.
const SAID_AGAIN: usize = 1;

/// Names are wrapped before this column.
const COLUMNS: usize = 96;

impl Changes {
    /// The lines, indented, at the end of a buffer. What is as in `model` (its address and its changes) is counted only.
    pub(crate) fn write(
        &self,
        palette: Palette,
        indent: usize,
        model: Option<(&dyn Display, &Changes)>,
        out: &mut String,
    ) {
        let (mut notes, mut later) = (Vec::new(), &self.later[..]);
        let mut entries = None;
        let mut rest = [
            (self.same, "unchanged attribute"),
            (self.same_blocks, "unchanged block"),
        ];
        if let Some((address, model)) = model {
            let own = self.own(model);
            let is_later = self.later == model.later;
            let all = self.entries.len();
            let shared = all - own.len() + if is_later { self.later.len() } else { 0 };
            if shared > SAID_AGAIN {
                if self.is_shaped_like(model) {
                    notes.push(format!("otherwise as {address}"));
                    rest = [(0, ""), (0, "")];
                } else {
                    notes.push(format!("{shared} more as in {address}"));
                }
                entries = Some(own);
                if is_later {
                    later = &[];
                }
            }
        }
        for (n, what) in rest.into_iter().filter(|(n, _)| *n > 0) {
            notes.push(super::count(n, what));
        }
        match entries {
            Some(own) => lines(own.iter().copied(), palette, indent, out),
            None => lines(self.entries.iter(), palette, indent, out),
        }
        let columns = COLUMNS.saturating_sub(indent + 2);
        for line in wrapped("# known after apply: ", later, columns) {
            spaces(indent + 2, out);
            palette.put_dim(out, |out| out.push_str(&line));
            out.push('\n');
        }
        for note in notes {
            spaces(indent + 2, out);
            palette.put_dim(out, |out| out.extend(["# ", &note]));
            out.push('\n');
        }
    }

    /// Whether the same happens to the same parts of another object of the type.
    pub(crate) fn is_like(&self, model: &Changes) -> bool {
        self.is_shaped_like(model) && self.own(model).is_empty()
    }

    /// What is not the same in another object; what people know this one by is always its own.
    fn own(&self, model: &Changes) -> Vec<&Entry> {
        let is_own = |e: &Entry, is_there: bool| e.symbol == Symbol::Same || !is_there;
        if self.has_names_of(model) {
            // Blocks may have the same name: each stands for the one in its place.
            let pairs = self.entries.iter().zip(&model.entries);
            return pairs
                .filter(|(e, there)| is_own(e, e == there))
                .map(|(e, _)| e)
                .collect();
        }
        let there: HashSet<&Entry> = model.entries.iter().collect();
        let entries = self.entries.iter();
        entries.filter(|e| is_own(e, there.contains(e))).collect()
    }

    /// Whether no other parts change than in another object.
    fn is_shaped_like(&self, model: &Changes) -> bool {
        self.later == model.later
            && (self.same, self.same_blocks) == (model.same, model.same_blocks)
            && self.has_names_of(model)
    }

    fn has_names_of(&self, model: &Changes) -> bool {
        let (own, there) = (&self.entries, &model.entries);
        own.len() == there.len()
            && own
                .iter()
                .zip(there)
                .all(|(e, t)| (e.block, &e.name) == (t.block, &t.name))
    }

    /// Few attributes that are known later are shown like the others.
    fn settle(&mut self, later: Vec<Entry>) {
        if later.len() > LATER {
            self.later = later.into_iter().map(|e| e.name).collect();
            return;
        }
        self.entries.extend(later);
        // A stable order: attributes by name, then blocks as they are.
        fn place(e: &Entry) -> (bool, Option<&Str>) {
            (e.block, (!e.block).then_some(&e.name))
        }
        self.entries.sort_by(|a, b| place(a).cmp(&place(b)));
    }
}

/// Names separated by commas, on as many lines as it takes.
fn wrapped(title: &str, names: &[Str], columns: usize) -> Vec<String> {
    let mut out = Vec::new();
    if names.is_empty() {
        return out;
    }
    let mut line = title.to_owned();
    for (i, name) in names.iter().enumerate() {
        let comma = if i + 1 < names.len() { "," } else { "" };
        if i > 0 && line.chars().count() + name.chars().count() > columns {
            out.push(std::mem::replace(&mut line, "#   ".to_owned()));
        } else if i > 0 {
            line.push(' ');
        }
        line.extend([&**name, comma]);
    }
    out.push(line);
    out
}

fn spaces(n: usize, out: &mut String) {
    const SPACES: &str = "                                ";
    let mut left = n;
    while left > 0 {
        let some = left.min(SPACES.len());
        out.push_str(&SPACES[..some]);
        left -= some;
    }
}

fn lines<'e>(
    entries: impl Iterator<Item = &'e Entry> + Clone,
    palette: Palette,
    indent: usize,
    out: &mut String,
) {
    let named = entries.clone().filter(|e| !e.block);
    let width = named.map(|e| e.name.chars().count()).max().unwrap_or(0);
    for e in entries {
        spaces(indent, out);
        e.symbol.write(palette, out);
        out.push(' ');
        out.push_str(&e.name);
        if !e.block {
            spaces(width - e.name.chars().count(), out);
            out.push_str(" =");
        }
        out.push(' ');
        out.push_str(&e.body);
        out.push('\n');
    }
}

impl Symbol {
    pub(super) fn write(self, palette: Palette, out: &mut String) {
        let (symbol, painted): (_, fn(Palette, &str) -> String) = match self {
            Symbol::Same => return out.push(' '),
            Symbol::Add => ("+", Palette::added),
            Symbol::Remove => ("-", Palette::removed),
            Symbol::Change => ("~", Palette::changed),
        };
        if palette.is_coloured() {
            out.push_str(&painted(palette, symbol));
        } else {
            out.push_str(symbol);
        }
    }
}

/// The parts of two objects in the order of their names, each beside the other's of the name.
fn beside<'v>(
    before: &'v Entries,
    after: &'v Entries,
) -> impl Iterator<Item = (&'v Str, Option<&'v Value>, Option<&'v Value>)> {
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (before.peek(), after.peek()) {
            (Some((b, _)), Some((a, _))) => b.cmp(a),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let from = if order.is_le() { before.next() } else { None };
        let to = if order.is_ge() { after.next() } else { None };
        let name = from.or(to)?.0;
        Some((name, from.map(|f| f.1), to.map(|t| t.1)))
    })
}

impl Differ<'_> {
    /// What changes in an object. `before` or `after` may be null.
    pub(crate) fn object(
        &self,
        before: &Value,
        after: &Value,
        block: Option<&Block>,
        indent: usize,
    ) -> Changes {
        self.parts(before, after, block, &Path::root(), indent, true)
    }

    /// A change of a value that stands alone, such as an output's, behind its name.
    pub(crate) fn alone(&self, before: &Value, after: &Value, indent: usize) -> Cow<'static, str> {
        self.changed(before, after, &Path::root(), indent).1
    }

    fn parts(
        &self,
        before: &Value,
        after: &Value,
        block: Option<&Block>,
        path: &Path,
        indent: usize,
        top: bool,
    ) -> Changes {
        let map = matches!(before.kind(), Kind::Map(_)) || matches!(after.kind(), Kind::Map(_));
        let empty = Entries::default();
        let (b, a) = (
            before.as_entries().unwrap_or(&empty),
            after.as_entries().unwrap_or(&empty),
        );
        let none = Value::null(Type::Dynamic);
        let mut out = Changes::default();
        let (mut blocks, mut later) = (Vec::new(), Vec::new());
        for (name, from, to) in beside(b, a) {
            let (from, to) = (from.unwrap_or(&none), to.unwrap_or(&none));
            let at = self.then(path, || {
                if map {
                    PathStep::Key(name.clone())
                } else {
                    PathStep::Attr(name.clone())
                }
            });
            let is_later = top && self.is_later(to, block, name, &at);
            if let Some(nested) = block.and_then(|s| s.blocks.get(name)) {
                let mut found = Vec::new();
                out.same_blocks += self.blocks(name, nested, from, to, &at, indent, &mut found);
                if is_later {
                    later.append(&mut found);
                } else {
                    blocks.append(&mut found);
                }
                continue;
            }
            let (symbol, body) = match self.value(from, to, &at, indent + 2) {
                Some(change) => change,
                None if from.is_null() && to.is_null() => continue,
                None if top && IDENTIFYING.contains(&&**name) => {
                    (Symbol::Same, text(to, indent + 2))
                }
                None => {
                    out.same += 1;
                    continue;
                }
            };
            let entry = Entry {
                symbol,
                name: key(name, map),
                body,
                block: false,
            };
            if is_later {
                later.push(entry);
            } else {
                out.entries.push(entry);
            }
        }
        out.entries.append(&mut blocks);
        out.settle(later);
        out
    }

    /// The path of a part. It is only made where paths matter.
    fn then(&self, path: &Path, step: impl FnOnce() -> PathStep) -> Path {
        if self.replace.is_empty() {
            Path::root()
        } else {
            path.then(step())
        }
    }

    /// The path of an element. A set's elements have no places.
    fn element(&self, path: &Path, is_set: bool, place: usize) -> Path {
        self.then(path, || {
            if is_set {
                PathStep::Element
            } else {
                PathStep::Index(place)
            }
        })
    }

    /// Whether the cloud decides a part of an object that is made.
    fn is_later(&self, to: &Value, block: Option<&Block>, name: &str, at: &Path) -> bool {
        let Some(block) = block.filter(|_| self.anew && !to.is_known()) else {
            return false;
        };
        let is_computed = match block.attributes.get(name) {
            Some(a) => a.computed,
            None => block.blocks.contains_key(name),
        };
        is_computed && !to.marks().is_sensitive() && !self.replace.contains(at)
    }

    /// How a value changes, and the text behind its name; none where it does not.
    pub(super) fn value(
        &self,
        before: &Value,
        after: &Value,
        path: &Path,
        indent: usize,
    ) -> Option<(Symbol, Cow<'static, str>)> {
        if before == after || (before.is_null() && after.is_null()) {
            return None;
        }
        let (symbol, body) = self.changed(before, after, path, indent);
        Some((symbol, body + self.forces(path)))
    }

    fn forces(&self, path: &Path) -> &'static str {
        if !self.replace.contains(path) {
            return "";
        }
        static PAINTED: LazyLock<String> =
            LazyLock::new(|| Palette::COLOURED.error(FORCES_REPLACEMENT));
        if self.palette.is_coloured() {
            &PAINTED
        } else {
            FORCES_REPLACEMENT
        }
    }

    fn changed(
        &self,
        before: &Value,
        after: &Value,
        path: &Path,
        indent: usize,
    ) -> (Symbol, Cow<'static, str>) {
        if after.is_null() {
            return (Symbol::Remove, self.whole(before, indent) + " -> null");
        }
        if before.is_null() {
            return (Symbol::Add, self.whole(after, indent));
        }
        let secret = (before.marks().is_sensitive(), after.marks().is_sensitive());
        if secret.0 || secret.1 {
            let note = match secret {
                (false, true) => " # becomes sensitive",
                (true, false) => " # is no longer sensitive",
                _ => "",
            };
            return (Symbol::Change, Cow::Borrowed(SENSITIVE) + note);
        }
        let body = match (before.kind(), after.kind()) {
            (Kind::String(b), Kind::String(a)) => self.strings(b, a, path, indent),
            (Kind::Object(_) | Kind::Map(_), Kind::Object(_) | Kind::Map(_)) => {
                Some(self.braces(before, after, None, path, indent))
            }
            (Kind::Set(b), Kind::Set(a)) => {
                let steps = pairing::set(&b.items, &a.items);
                Some(self.items(&steps, true, path, indent))
            }
            // What goes is known, and what comes is not: a long text would only be in the way.
            (_, Kind::Unknown(_)) => {
                let (old, new) = (text(before, indent), text(after, indent));
                Some(if old.contains('\n') {
                    new.into_owned()
                } else {
                    format!("{old} -> {new}")
                })
            }
            _ => match (before.as_items(), after.as_items()) {
                (Some(b), Some(a)) => {
                    Some(self.items(&pairing::sequence(b, a), false, path, indent))
                }
                _ => None,
            },
        };
        let body =
            body.unwrap_or_else(|| format!("{} -> {}", text(before, indent), text(after, indent)));
        (Symbol::Change, body.into())
    }

    /// The parts of an object in braces.
    fn braces(
        &self,
        before: &Value,
        after: &Value,
        block: Option<&Block>,
        path: &Path,
        indent: usize,
    ) -> String {
        let inner = self.parts(before, after, block, path, indent + 2, false);
        let mut out = "{\n".to_owned();
        inner.write(self.palette, indent + 2, None, &mut out);
        spaces(indent, &mut out);
        out.push('}');
        out
    }

    /// The elements of a list or a set.
    fn items(&self, steps: &[Step<'_, Value>], is_set: bool, path: &Path, indent: usize) -> String {
        let mut out = "[\n".to_owned();
        let mut same = 0;
        for step in steps {
            let (symbol, body) = match *step {
                Step::Same(_) => {
                    same += 1;
                    continue;
                }
                Step::Changed(i, b, a) => {
                    match self.value(b, a, &self.element(path, is_set, i), indent + 4) {
                        Some(change) => change,
                        None => {
                            same += 1;
                            continue;
                        }
                    }
                }
                Step::Removed(v) => (Symbol::Remove, self.whole(v, indent + 4)),
                Step::Added(i, v) => {
                    let body = self.whole(v, indent + 4);
                    (
                        Symbol::Add,
                        body + self.forces(&self.element(path, is_set, i)),
                    )
                }
            };
            spaces(indent + 2, &mut out);
            symbol.write(self.palette, &mut out);
            out.extend([" ", &*body, ",\n"]);
        }
        if same > 0 {
            let note = format!("# {}", super::count(same, "unchanged element"));
            spaces(indent + 4, &mut out);
            out.extend([&*self.palette.dim(&note), "\n"]);
        }
        spaces(indent, &mut out);
        out.push(']');
        out
    }

    /// The changes of the blocks of one type; how many of them stay as they are.
    #[allow(
        clippy::too_many_arguments,
        reason = "one call site; a struct would only rename the arguments"
    )]
    fn blocks(
        &self,
        name: &Str,
        nested: &NestedBlock,
        before: &Value,
        after: &Value,
        at: &Path,
        indent: usize,
        out: &mut Vec<Entry>,
    ) -> usize {
        let mut push = |symbol, label: &str, body: String| {
            let name = if label.is_empty() {
                name.clone()
            } else {
                format!("{name} {label}").into()
            };
            out.push(Entry {
                symbol,
                name,
                body: Cow::Owned(body) + self.forces(at),
                block: true,
            });
        };
        let is_open = |v: &Value| !v.is_known() || v.marks().is_sensitive();
        if is_open(before) || is_open(after) {
            if before != after {
                let absent = before.is_null() || before.as_items().is_some_and(<[_]>::is_empty);
                let symbol = if absent { Symbol::Add } else { Symbol::Change };
                push(symbol, "", format!("{{ {} }}", text(after, indent + 2)));
            }
            return 0;
        }
        let none = Value::null(Type::Dynamic);
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
            push(
                symbol,
                label,
                self.braces(b, a, Some(&nested.block), at, indent + 2),
            );
        };
        match nested.nesting {
            Nesting::Single => one("", before, after, at),
            Nesting::List | Nesting::Set => {
                let is_set = nested.nesting == Nesting::Set;
                let (b, a) = (
                    before.as_items().unwrap_or(&[]),
                    after.as_items().unwrap_or(&[]),
                );
                let steps = if is_set {
                    pairing::set(b, a)
                } else {
                    pairing::sequence(b, a)
                };
                for step in steps {
                    match step {
                        Step::Same(v) => one("", v, v, at),
                        Step::Removed(v) => one("", v, &none, at),
                        Step::Added(i, v) => one("", &none, v, &self.element(at, is_set, i)),
                        Step::Changed(i, b, a) => one("", b, a, &self.element(at, is_set, i)),
                    }
                }
            }
            Nesting::Map => {
                let empty = Entries::default();
                let (b, a) = (
                    before.as_entries().unwrap_or(&empty),
                    after.as_entries().unwrap_or(&empty),
                );
                for (k, b, a) in beside(b, a) {
                    let at = self.then(at, || PathStep::Key(k.clone()));
                    one(&key(k, true), b.unwrap_or(&none), a.unwrap_or(&none), &at);
                }
            }
        }
        same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: Value, after: Value) -> String {
        let object = |v| Value::object([("x", v)]);
        let differ = Differ {
            palette: Palette::PLAIN,
            replace: &[],
            anew: false,
        };
        let changes = differ.object(&object(before), &object(after), None, 0);
        let mut out = String::new();
        changes.write(Palette::PLAIN, 0, None, &mut out);
        out
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
                entries.iter().map(|(k, v)| (*k, Value::string(*v))),
            )
        };
        let rule = |name: &str, port: i64| {
            Value::object([("name", Value::string(name)), ("port", Value::number(port))])
        };
        let rules = |items: &[(&str, i64)]| {
            let all: Vec<Value> = items.iter().map(|(n, p)| rule(n, *p)).collect();
            Value::set(all[0].ty(), all)
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
                rules(&[("ssh", 22), ("web", 80), ("old", 1)]),
                rules(&[("web", 443), ("ssh", 22), ("new", 2)]),
            ),
            diff(
                Value::string("a").sensitive(),
                Value::string("b").sensitive(),
            ),
            diff(Value::string("a"), Value::string("a").sensitive()),
            diff(Value::string("1"), Value::number(1)),
        ];
        insta::assert_snapshot!(shown.join("---\n"));
    }

    #[test]
    fn texts() {
        let lines: Vec<String> = (0..20).map(|i| format!("line {i}")).collect();
        let mut changed = lines.clone();
        changed[10] = "other".to_owned();
        changed.remove(2);
        let string = |s: &str| Value::string(s.to_owned());
        let none = || Value::null(Type::String);
        let shown = [
            diff(string(&lines.join("\n")), string(&changed.join("\n"))),
            diff(string("{\"a\": 1}"), string("{\"a\":1}")),
            diff(
                string("{\"a\": [1, 2]}"),
                string("{\"a\": [1, 3], \"b\": null}"),
            ),
            diff(none(), string("{\"a\": {\"b\": true}}")),
            diff(string("[\"a\"]"), none()),
            diff(string("a: 1\nb:\n  - c\n"), string("a: 1\nb:\n  - d\n")),
            diff(string("a\nb"), string("a\nb\n")),
            diff(string("a b"), string("a  b")),
            diff(string("one"), string("one\ntwo\n")),
        ];
        insta::assert_snapshot!(shown.join("---\n"));
    }

    #[test]
    fn what_an_object_before_has_too_is_not_said_again() {
        let disk = |size: i64| Entry {
            symbol: Symbol::Add,
            name: "disk".into(),
            body: format!("{{ {size} }}").into(),
            block: true,
        };
        let changes = |sizes: &[i64]| Changes {
            entries: sizes.iter().map(|s| disk(*s)).collect(),
            ..Changes::default()
        };
        let model = changes(&[1, 2, 3]);
        let shown = |sizes: &[i64]| {
            let c = changes(sizes);
            let mut text = String::new();
            c.write(Palette::PLAIN, 0, Some((&"a[0]", &model)), &mut text);
            (c.is_like(&model), text)
        };
        let text = |s: &str| s.to_owned();
        assert!(shown(&[1, 2, 3]).0);
        let other = shown(&[1, 2, 2]);
        assert_eq!(
            other,
            (false, text("+ disk { 2 }\n  # otherwise as a[0]\n"))
        );
        let fewer = shown(&[1, 3]);
        assert_eq!(fewer, (false, text("  # 2 more as in a[0]\n")));
    }

    #[test]
    fn what_is_the_same_is_not_shown() {
        assert_eq!(
            diff(Value::number(1), Value::number(1)),
            "  # 1 unchanged attribute\n"
        );
    }

    #[test]
    fn names_are_wrapped() {
        let names: Vec<Str> = (0..12).map(|i| format!("attribute_{i}").into()).collect();
        let lines = wrapped("# known after apply: ", &names, 60);
        assert!(
            lines.len() > 2 && lines.iter().all(|l| l.chars().count() <= 61),
            "{lines:?}"
        );
        assert!(lines[0].ends_with(',') && !lines[lines.len() - 1].ends_with(','));
    }
}
