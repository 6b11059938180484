//! A value: cheap to clone, with its type, and with marks on it and on what it holds.

use std::collections::HashSet;
use std::sync::Arc;

use litemap::LiteMap;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::number::Number;
use super::order::Key;
use super::path::{Path, PathStep};
use super::types::Type;
use super::unknown::{Refinements, Unknown};

/// A shared string. Strings in values are in NFC.
pub type Str = Arc<str>;

/// A string in NFC, as strings and keys in values are.
#[must_use]
pub fn normalize(text: &str) -> Str {
    if is_normal(text) {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

/// Names are mostly one string, shared by all that has the name.
pub(super) fn same(a: &Str, b: &Str) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// Most strings are plain ASCII, which is seen sooner than looked up.
fn is_normal(text: &str) -> bool {
    text.is_ascii() || is_nfc(text)
}

/// What must not happen to a value. A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Marks(u8);

impl Marks {
    pub const NONE: Marks = Marks(0);
    /// Never shown.
    pub const SENSITIVE: Marks = Marks(1);
    /// Never stored.
    pub const EPHEMERAL: Marks = Marks(2);

    #[must_use]
    pub fn with(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    #[must_use]
    pub fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    #[must_use]
    pub fn contains(self, other: Marks) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn is_sensitive(self) -> bool {
        self.contains(Marks::SENSITIVE)
    }

    #[must_use]
    pub fn is_ephemeral(self) -> bool {
        self.contains(Marks::EPHEMERAL)
    }
}

/// What a map or an object holds, sorted by name. It is made from a sequence ([`FromIterator`]): an insertion between
/// others moves what is behind it.
pub type Entries = LiteMap<Str, Value>;

/// What a value is, without its own marks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    Null(Type),
    Unknown(Arc<Unknown>),
    Bool(bool),
    Number(Number),
    String(Str),
    List(Arc<ListValue>),
    /// In the order of [`Value::set_order`], without duplicates. Marks of elements are on the set itself.
    Set(Arc<ListValue>),
    Map(Arc<MapValue>),
    Tuple(Arc<[Value]>),
    Object(Arc<Entries>),
}

/// The elements of a list or set, all of type `element`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListValue {
    pub element: Type,
    pub items: Vec<Value>,
}

/// The elements of a map, all of type `element`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MapValue {
    pub element: Type,
    pub entries: Entries,
}

/// A value of the language. Equality is structural: types, unknowns, refinements and marks count
/// (the language's `==` is [`crate::eval`]'s).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Value {
    kind: Kind,
    marks: Marks,
    within: Within,
}

/// What there is to know of a value without walking through it. Follows from its kind: sharing makes a value small in
/// memory and endless to walk through, and these are asked of every value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Within {
    /// Of all values inside, with [`Within::UNKNOWN`] where it or one of them is not known.
    flags: u8,
    /// How deep values are inside each other here.
    depth: u16,
    /// In units of [`Value::UNIT`], each value counted wherever it stands.
    size: u32,
}

impl Within {
    const UNKNOWN: u8 = 0x80;

    fn of(kind: &Kind) -> Self {
        let text = |s: &str| u32::try_from(s.len() / Value::UNIT).unwrap_or(u32::MAX);
        let mut w = Self {
            flags: 0,
            depth: 0,
            size: 1,
        };
        match kind {
            Kind::Null(_) | Kind::Bool(_) => {}
            Kind::Unknown(_) => w.flags = Self::UNKNOWN,
            Kind::Number(n) => w.add_size(n.text_length() / Value::UNIT),
            Kind::String(s) => w.size = w.size.saturating_add(text(s)),
            Kind::List(l) | Kind::Set(l) => l.items.iter().for_each(|v| w.add(v)),
            Kind::Tuple(t) => t.iter().for_each(|v| w.add(v)),
            Kind::Map(m) => w.add_entries(&m.entries),
            Kind::Object(o) => w.add_entries(o),
        }
        w
    }

    fn add_size(&mut self, units: usize) {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        self.size = self.size.saturating_add(units);
    }

    fn add(&mut self, v: &Value) {
        self.flags |= v.marks.0 | v.within.flags;
        self.depth = self.depth.max(v.within.depth.saturating_add(1));
        self.size = self.size.saturating_add(v.within.size);
    }

    fn add_entries(&mut self, entries: &Entries) {
        for (name, v) in entries {
            self.add_size(name.len() / Value::UNIT);
            self.add(v);
        }
    }
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        let within = Within::of(&kind);
        Self {
            kind,
            marks: Marks::NONE,
            within,
        }
    }
}

fn entries_of<N: Into<Str>>(of: impl IntoIterator<Item = (N, Value)>) -> Entries {
    let of: Vec<(Str, Value)> = of.into_iter().map(|(n, v)| (n.into(), v)).collect();
    // Mostly they come from a schema or another value.
    if of.is_sorted_by(|a, b| a.0 < b.0) {
        Entries::from_sorted_store_unchecked(of)
    } else {
        of.into_iter().collect()
    }
}

/// # Making values
impl Value {
    #[must_use]
    pub fn null(ty: Type) -> Self {
        Kind::Null(ty).into()
    }

    #[must_use]
    pub fn unknown(ty: Type) -> Self {
        Kind::Unknown(Unknown::plain(ty, false)).into()
    }

    /// A value that will be known later, and not null.
    #[must_use]
    pub fn unknown_not_null(ty: Type) -> Self {
        Kind::Unknown(Unknown::plain(ty, true)).into()
    }

    #[must_use]
    pub fn unknown_with(ty: Type, refinements: Refinements) -> Self {
        let plain = Refinements::plain(refinements.not_null);
        let unknown = if refinements == plain {
            Unknown::plain(ty, plain.not_null)
        } else {
            Arc::new(Unknown { ty, refinements })
        };
        Kind::Unknown(unknown).into()
    }

    /// The value of an attribute that will be known after apply and whose type is not known either.
    #[must_use]
    pub fn dynamic() -> Self {
        Self::unknown(Type::Dynamic)
    }

    #[must_use]
    pub fn bool(b: bool) -> Self {
        Kind::Bool(b).into()
    }

    #[must_use]
    pub fn number(n: impl Into<Number>) -> Self {
        Kind::Number(n.into()).into()
    }

    /// A string, brought into NFC.
    #[must_use]
    pub fn string(s: impl AsRef<str> + Into<Str>) -> Self {
        let s: Str = if is_normal(s.as_ref()) {
            s.into()
        } else {
            s.as_ref().nfc().collect::<String>().into()
        };
        Kind::String(s).into()
    }

    /// A list. The items must be of type `element`.
    #[must_use]
    pub fn list(element: Type, items: Vec<Value>) -> Self {
        Kind::List(Arc::new(ListValue { element, items })).into()
    }

    /// A set: sorts, removes duplicates, and takes the elements' marks upon itself.
    /// The items must be of type `element`.
    #[must_use]
    pub fn set(element: Type, items: Vec<Value>) -> Self {
        let mut marks = Marks::NONE;
        let mut items: Vec<Value> = items
            .into_iter()
            .map(|v| {
                let (v, m) = v.unmark_deep();
                marks = m.iter().fold(marks, |a, (_, m)| a.with(*m));
                v
            })
            .collect();
        if items.len() > 1 {
            // Two unknown elements may turn out different, so only what is wholly known is a duplicate.
            let mut seen = HashSet::with_capacity(items.len());
            items.retain(|v| !v.is_wholly_known() || seen.insert(v.clone()));
            items.sort_by_cached_key(Key::of);
        }
        Self::from(Kind::Set(Arc::new(ListValue { element, items }))).mark(marks)
    }

    #[must_use]
    pub fn map<N: Into<Str>>(element: Type, entries: impl IntoIterator<Item = (N, Value)>) -> Self {
        let entries = entries_of(entries);
        Kind::Map(Arc::new(MapValue { element, entries })).into()
    }

    #[must_use]
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Self {
        Kind::Tuple(items.into_iter().collect()).into()
    }

    #[must_use]
    pub fn object<N: Into<Str>>(attributes: impl IntoIterator<Item = (N, Value)>) -> Self {
        Kind::Object(Arc::new(entries_of(attributes))).into()
    }
}

/// # Looking at values
impl Value {
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    #[must_use]
    pub fn into_kind(self) -> Kind {
        self.kind
    }

    #[must_use]
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Null(t) => t.clone(),
            Kind::Unknown(u) => u.ty.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(l) => Type::list(l.element.clone()),
            Kind::Set(l) => Type::set(l.element.clone()),
            Kind::Map(m) => Type::map(m.element.clone()),
            Kind::Tuple(t) => Type::tuple(t.iter().map(Value::ty)),
            Kind::Object(o) => Type::object(o.iter().map(|(n, v)| (n.clone(), v.ty()))),
        }
    }

    /// Whether [`Value::ty`] is this type, without making it.
    #[must_use]
    pub fn is_of(&self, ty: &Type) -> bool {
        match (&self.kind, ty) {
            (Kind::Null(t), _) => t == ty,
            (Kind::Unknown(u), _) => u.ty == *ty,
            (Kind::Bool(_), Type::Bool)
            | (Kind::Number(_), Type::Number)
            | (Kind::String(_), Type::String) => true,
            (Kind::List(l), Type::List(e)) | (Kind::Set(l), Type::Set(e)) => l.element == **e,
            (Kind::Map(m), Type::Map(e)) => m.element == **e,
            (Kind::Tuple(items), Type::Tuple(es)) => {
                items.len() == es.len() && items.iter().zip(&**es).all(|(v, t)| v.is_of(t))
            }
            (Kind::Object(o), Type::Object(t)) => {
                let mut both = o.iter().zip(&t.attributes);
                o.len() == t.attributes.len()
                    && t.optional.is_empty()
                    && both.all(|((n, v), (m, t))| same(n, m) && v.is_of(t))
            }
            _ => false,
        }
    }

    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Unknown(_))
    }

    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        self.within.flags & Within::UNKNOWN == 0
    }

    /// What size is counted in, in bytes: about what a value takes besides its text.
    pub const UNIT: usize = 16;

    /// How much it is to walk through or to write, in bytes: the text and [`Value::UNIT`] for each value in it, with
    /// those that are shared counted wherever they stand.
    #[must_use]
    pub fn size(&self) -> usize {
        self.within.size as usize * Self::UNIT
    }

    /// How deep values are inside each other in it: 0 for a string.
    #[must_use]
    pub fn depth(&self) -> usize {
        usize::from(self.within.depth)
    }

    /// The values directly inside: items, or entries in key order.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match &self.kind {
            Kind::List(l) | Kind::Set(l) => Box::new(l.items.iter()),
            Kind::Map(m) => Box::new(m.entries.values()),
            Kind::Tuple(t) => Box::new(t.iter()),
            Kind::Object(o) => Box::new(o.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Kind::String(s) = &self.kind {
            Some(s)
        } else {
            None
        }
    }

    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Kind::Bool(b) = &self.kind {
            Some(*b)
        } else {
            None
        }
    }

    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        if let Kind::Number(n) = &self.kind {
            Some(n)
        } else {
            None
        }
    }

    /// The items of a known list, set or tuple.
    #[must_use]
    pub fn as_items(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(l) | Kind::Set(l) => Some(&l.items),
            Kind::Tuple(t) => Some(t),
            _ => None,
        }
    }

    /// The entries of a known map or object.
    #[must_use]
    pub fn as_entries(&self) -> Option<&Entries> {
        match &self.kind {
            Kind::Map(m) => Some(&m.entries),
            Kind::Object(o) => Some(o),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_unknown(&self) -> Option<&Unknown> {
        if let Kind::Unknown(u) = &self.kind {
            Some(u)
        } else {
            None
        }
    }

    /// An attribute of a known object or an entry of a known map, without this value's own marks.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_entries().and_then(|e| e.get(name))
    }

    /// The order in which a set keeps its elements, as [`super::order`] has it.
    #[must_use]
    pub fn set_order(a: &Value, b: &Value) -> std::cmp::Ordering {
        Key::of(a).cmp(&Key::of(b))
    }
}

/// # Marks
impl Value {
    /// The marks on this value itself, not on what it holds.
    #[must_use]
    pub fn marks(&self) -> Marks {
        self.marks
    }

    #[must_use]
    pub fn mark(mut self, marks: Marks) -> Self {
        self.marks = self.marks.with(marks);
        self
    }

    #[must_use]
    pub fn sensitive(self) -> Self {
        self.mark(Marks::SENSITIVE)
    }

    /// Takes this value's own marks off.
    #[must_use]
    pub fn unmark(mut self) -> (Value, Marks) {
        let marks = std::mem::take(&mut self.marks);
        (self, marks)
    }

    /// All marks on this value and in it, together.
    #[must_use]
    pub fn marks_deep(&self) -> Marks {
        Marks(self.marks.0 | self.within.flags & !Within::UNKNOWN)
    }

    #[must_use]
    pub fn has_marks(&self) -> bool {
        !self.marks_deep().is_empty()
    }

    /// Takes all marks off and says where they were, outermost first.
    #[must_use]
    pub fn unmark_deep(self) -> (Value, Vec<(Path, Marks)>) {
        if !self.has_marks() {
            return (self, Vec::new());
        }
        let mut found = Vec::new();
        let v = self.map_marks(&Path::root(), &mut |path, marks| {
            if !marks.is_empty() {
                found.push((path.clone(), marks));
            }
            Marks::NONE
        });
        (v, found)
    }

    /// Puts marks back at paths. A path that does not exist marks the nearest value that does.
    #[must_use]
    pub fn mark_paths<'p>(self, paths: impl IntoIterator<Item = &'p (Path, Marks)>) -> Self {
        paths
            .into_iter()
            .fold(self, |v, (path, marks)| v.mark_at(&path.0, *marks))
    }

    fn mark_at(self, path: &[PathStep], marks: Marks) -> Self {
        let Some((step, rest)) = path.split_first() else {
            return self.mark(marks);
        };
        let own = self.marks;
        let kind = match (step, self.kind) {
            (PathStep::Attr(n), Kind::Object(mut o)) if o.contains_key(n) => {
                if let Some(v) = Arc::make_mut(&mut o).get_mut(n) {
                    *v = std::mem::replace(v, Value::bool(false)).mark_at(rest, marks);
                }
                Kind::Object(o)
            }
            (PathStep::Key(n) | PathStep::Attr(n), Kind::Map(mut m))
                if m.entries.contains_key(n) =>
            {
                if let Some(v) = Arc::make_mut(&mut m).entries.get_mut(n) {
                    *v = std::mem::replace(v, Value::bool(false)).mark_at(rest, marks);
                }
                Kind::Map(m)
            }
            (PathStep::Index(i), Kind::List(mut l)) if *i < l.items.len() => {
                let v = &mut Arc::make_mut(&mut l).items[*i];
                *v = std::mem::replace(v, Value::bool(false)).mark_at(rest, marks);
                Kind::List(l)
            }
            (PathStep::Index(i), Kind::Tuple(t)) if *i < t.len() => {
                let mut items = t.to_vec();
                items[*i] =
                    std::mem::replace(&mut items[*i], Value::bool(false)).mark_at(rest, marks);
                Kind::Tuple(items.into())
            }
            (PathStep::Element, Kind::List(l)) => Kind::List(Arc::new(ListValue {
                element: l.element.clone(),
                items: l
                    .items
                    .iter()
                    .map(|v| v.clone().mark_at(rest, marks))
                    .collect(),
            })),
            (_, kind) => {
                return Self::from(kind).mark(own.with(marks));
            }
        };
        Self::from(kind).mark(own)
    }

    /// Rebuilds the value with the marks that `f` gives for each place; a set's elements are not visited.
    #[must_use]
    pub fn map_marks(self, at: &Path, f: &mut impl FnMut(&Path, Marks) -> Marks) -> Self {
        let marks = f(at, self.marks);
        let kind = match self.kind {
            Kind::List(l) => Kind::List(Arc::new(ListValue {
                element: l.element.clone(),
                items: l
                    .items
                    .iter()
                    .enumerate()
                    .map(|(i, v)| v.clone().map_marks(&at.then(PathStep::Index(i)), f))
                    .collect(),
            })),
            Kind::Tuple(t) => Kind::Tuple(
                t.iter()
                    .enumerate()
                    .map(|(i, v)| v.clone().map_marks(&at.then(PathStep::Index(i)), f))
                    .collect(),
            ),
            Kind::Map(m) => Kind::Map(Arc::new(MapValue {
                element: m.element.clone(),
                entries: m
                    .entries
                    .iter()
                    .map(|(k, v)| {
                        (
                            k.clone(),
                            v.clone().map_marks(&at.then(PathStep::Key(k.clone())), f),
                        )
                    })
                    .collect(),
            })),
            Kind::Object(o) => Kind::Object(Arc::new(
                o.iter()
                    .map(|(k, v)| {
                        (
                            k.clone(),
                            v.clone().map_marks(&at.then(PathStep::Attr(k.clone())), f),
                        )
                    })
                    .collect(),
            )),
            kind => kind,
        };
        Self::from(kind).mark(marks)
    }
}

/// Never shows what is sensitive: a value may end up in a log by way of `Debug`.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.marks.is_sensitive() {
            return f.write_str("(sensitive value)");
        }
        match &self.kind {
            Kind::Null(t) => write!(f, "null({t})"),
            Kind::Unknown(u) => write!(f, "unknown({})", u.ty),
            Kind::Bool(b) => write!(f, "{b}"),
            Kind::Number(n) => write!(f, "{n}"),
            Kind::String(s) => write!(f, "{s:?}"),
            Kind::List(l) => f.debug_list().entries(&l.items).finish(),
            Kind::Set(l) => f.debug_set().entries(&l.items).finish(),
            Kind::Map(m) => f.debug_map().entries(&m.entries).finish(),
            Kind::Tuple(t) => f.debug_list().entries(t.iter()).finish(),
            Kind::Object(o) => f.debug_map().entries(o.iter()).finish(),
        }
    }
}
