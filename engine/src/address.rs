//! Addresses of modules, resources and their instances. Parsed once; equality and order are those of the parts.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use cloudapp_lang::Str;
use cloudapp_lang::value::write_quoted;

/// The key of an instance of a resource or module.
#[derive(Default, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceKey {
    /// Neither `count` nor `for_each`.
    #[default]
    None,
    /// By `count`, from 0.
    Index(u64),
    /// By `for_each`.
    Key(Str),
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstanceKey::None => Ok(()),
            InstanceKey::Index(n) => write!(f, "[{n}]"),
            InstanceKey::Key(k) => {
                f.write_str("[")?;
                write_quoted(k, f)?;
                f.write_str("]")
            }
        }
    }
}

/// As the texts. What is in the configuration once is one text in memory for all of its instances, which need not be read.
fn by_text(a: &Str, b: &Str) -> Ordering {
    if Arc::ptr_eq(a, b) {
        return Ordering::Equal;
    }
    a.cmp(b)
}

/// A module instance: the way from the root, empty for the root itself. One in memory for the addresses of all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ModuleAddr(pub Arc<[(Str, InstanceKey)]>);

impl ModuleAddr {
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn child(&self, name: &Str, key: InstanceKey) -> Self {
        let last = (name.clone(), key);
        self.0.iter().cloned().chain([last]).collect()
    }

    /// The module instance that this one is in or is, so many steps from the root, or this one where it is not as deep.
    #[must_use]
    pub fn first(&self, steps: usize) -> Self {
        match self.0.get(..steps) {
            Some(first) if steps < self.0.len() => first.iter().cloned().collect(),
            _ => self.clone(),
        }
    }
}

impl FromIterator<(Str, InstanceKey)> for ModuleAddr {
    fn from_iter<T: IntoIterator<Item = (Str, InstanceKey)>>(steps: T) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl Ord for ModuleAddr {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        let steps = self.0.iter().zip(other.0.iter());
        steps
            .map(|((a, x), (b, y))| by_text(a, b).then_with(|| x.cmp(y)))
            .find(|o| o.is_ne())
            .unwrap_or_else(|| self.0.len().cmp(&other.0.len()))
    }
}

impl PartialOrd for ModuleAddr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ModuleAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, key)) in self.0.iter().enumerate() {
            f.write_str(if i > 0 { ".module." } else { "module." })?;
            f.write_str(name)?;
            key.fmt(f)?;
        }
        Ok(())
    }
}

/// Managed by the stack, or only read.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    // First in order, as Terraform lists them.
    Data,
    Managed,
}

/// A resource block in a module: `tencentcloud_vpc.main`, `data.tencentcloud_images.all`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceAddr {
    pub mode: Mode,
    pub kind: Str,
    pub name: Str,
}

impl ResourceAddr {
    /// The provider that a type belongs to by its name: `tencentcloud` of `tencentcloud_vpc`.
    #[must_use]
    pub fn implied_provider(&self) -> &str {
        self.kind.split('_').next().unwrap_or_default()
    }
}

impl Ord for ResourceAddr {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.mode.cmp(&other.mode))
            .then_with(|| by_text(&self.kind, &other.kind))
            .then_with(|| by_text(&self.name, &other.name))
    }
}

impl PartialOrd for ResourceAddr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ResourceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written piece by piece: addresses are printed several times for each object.
        if self.mode == Mode::Data {
            f.write_str("data.")?;
        }
        f.write_str(&self.kind)?;
        f.write_str(".")?;
        f.write_str(&self.name)
    }
}

/// One instance of a resource: `module.net["a"].tencentcloud_subnet.main[0]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub module: ModuleAddr,
    pub resource: ResourceAddr,
    pub key: InstanceKey,
}

impl Address {
    /// How long most addresses are at most, in bytes.
    const USUAL: usize = 64;

    /// The address as it is printed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(Self::USUAL);
        let _ = fmt::Write::write_fmt(&mut out, format_args!("{self}"));
        out
    }

    /// Takes what is equal in another address from there, so that it is in memory once.
    pub(crate) fn share(&mut self, other: &Address) {
        if self.module == other.module {
            self.module = other.module.clone();
        }
        let (own, resource) = (&mut self.resource, &other.resource);
        if own.kind == resource.kind {
            own.kind = resource.kind.clone();
        }
        if own.name == resource.name {
            own.name = resource.name.clone();
        }
    }

    /// The text of the address of the resource's block: without instance keys.
    #[must_use]
    pub fn without_keys(&self) -> String {
        let mut out = String::with_capacity(Self::USUAL);
        for (name, _) in self.module.0.iter() {
            out.extend(["module.", name, "."]);
        }
        if self.resource.mode == Mode::Data {
            out.push_str("data.");
        }
        out.extend([&*self.resource.kind, ".", &*self.resource.name]);
        out
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            self.module.fmt(f)?;
            f.write_str(".")?;
        }
        self.resource.fmt(f)?;
        self.key.fmt(f)
    }
}

/// An address that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not an address: {reason}")]
pub struct AddressError {
    pub text: String,
    pub reason: &'static str,
}

/// What a person may name on the command line: an instance, all instances of a resource, or a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    Module(ModuleAddr),
    /// `key` is [`InstanceKey::None`] for the whole resource as well as for an instance without a key.
    Resource(Address),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Module(m) => m.fmt(f),
            Target::Resource(r) => r.fmt(f),
        }
    }
}

impl std::str::FromStr for Target {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fail = |reason| AddressError {
            text: text.to_owned(),
            reason,
        };
        let mut parts = Parts { rest: text };
        let mut next = |missing: &'static str| match parts.next() {
            Some(Ok(part)) => Ok(Some(part)),
            Some(Err(Unclosed)) => Err(fail("a bracket or quote is not closed")),
            None if missing.is_empty() => Ok(None),
            None => Err(fail(missing)),
        };
        let mut steps = Vec::new();
        let mut first = next("")?;
        while matches!(first, Some(("module", _))) {
            let step = next("a module name is missing")?;
            steps.extend(step.map(|(name, key)| (Str::from(name), key)));
            first = next("")?;
        }
        let module = ModuleAddr::from_iter(steps);
        let (mode, kind) = match first {
            None if module.is_root() => return Err(fail("it is empty")),
            None => return Ok(Target::Module(module)),
            Some(("data", _)) => (Mode::Data, next("a data source type is missing")?),
            Some(("resource", _)) => (Mode::Managed, next("a resource type is missing")?),
            kind => (Mode::Managed, kind),
        };
        let name = next("expected a resource type, a dot and a name")?;
        if next("")?.is_some() {
            return Err(fail("nothing may follow the resource's name and key"));
        }
        let ((kind, _), (name, key)) = kind.zip(name).unwrap_or_default();
        let resource = ResourceAddr {
            mode,
            kind: kind.into(),
            name: name.into(),
        };
        Ok(Target::Resource(Address {
            module,
            resource,
            key,
        }))
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.parse()? {
            Target::Resource(a) => Ok(a),
            Target::Module(_) => Err(AddressError {
                text: text.to_owned(),
                reason: "it names a module, not a resource instance",
            }),
        }
    }
}

/// What stands between dots outside brackets, each with its key.
struct Parts<'t> {
    rest: &'t str,
}

/// Why there is no further part, though the text goes on.
struct Unclosed;

impl<'t> Iterator for Parts<'t> {
    type Item = Result<(&'t str, InstanceKey), Unclosed>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.rest.is_empty()).then(|| self.part().ok_or(Unclosed))
    }
}

impl<'t> Parts<'t> {
    fn part(&mut self) -> Option<(&'t str, InstanceKey)> {
        let end = (self.rest.bytes())
            .position(|b| matches!(b, b'.' | b'['))
            .unwrap_or(self.rest.len());
        let (name, mut rest) = self.rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        let mut key = InstanceKey::None;
        if let Some(inner) = rest.strip_prefix('[') {
            if let Some(quoted) = inner.strip_prefix('"') {
                let (text, after) = unquote(quoted)?;
                key = InstanceKey::Key(text.into());
                rest = after.strip_prefix(']')?;
            } else {
                let close = inner.find(']')?;
                key = InstanceKey::Index(inner[..close].trim().parse().ok()?);
                rest = &inner[close + 1..];
            }
        }
        if !rest.is_empty() {
            rest = rest.strip_prefix('.').filter(|r| !r.is_empty())?;
        }
        self.rest = rest;
        Some((name, key))
    }
}

/// The character whose number the next digits are.
fn code(chars: &mut impl Iterator<Item = (usize, char)>, digits: usize) -> Option<char> {
    let number = chars
        .take(digits)
        .try_fold(0, |n: u32, (_, c)| Some((n << 4) | c.to_digit(16)?))?;
    char::from_u32(number)
}

fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[i + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'u' => out.push(code(&mut chars, 4)?),
                'U' => out.push(code(&mut chars, 8)?),
                c => out.push(c),
            },
            '$' | '%' if text[i..].starts_with(if c == '$' { "$${" } else { "%%{" }) => {
                out.push(c);
                chars.next();
            }
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_they_were_read() {
        for text in [
            "terraform_data.a",
            "terraform_data.a[3]",
            r#"terraform_data.a["x"]"#,
            r#"terraform_data.a["with \"quotes\" and $${braces}"]"#,
            r#"terraform_data.a["\u001b[2J\u202e\U0010ffff"]"#,
            "data.tencentcloud_images.all",
            r#"module.net["a"].module.inner[0].tencentcloud_vpc.main[2]"#,
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!(
            "resource.a.b".parse::<Address>().unwrap().to_string(),
            "a.b"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "a",
            "a.b.c",
            "a.b[",
            "a.b[x]",
            "a.b[-1]",
            "a..b",
            ".a.b",
            "a.b.",
            "module",
            "data.a",
            r#"a.b["x]"#,
            r#"a.b["\u12"]"#,
            r#"a.b["\uzzzz"]"#,
            r#"a.b["\U00110000"]"#,
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        assert!(
            "module.a".parse::<Address>().is_err(),
            "a module is no instance"
        );
        assert!(
            matches!("module.a[1]".parse(), Ok(Target::Module(m)) if m.to_string() == "module.a[1]")
        );
    }

    #[test]
    fn instances_are_ordered_by_number_then_by_key() {
        let mut keys = ["a.b[\"2\"]", "a.b[10]", "a.b[9]", "a.b", "data.z.z"]
            .map(|t| t.parse::<Address>().unwrap());
        keys.sort();
        assert_eq!(
            keys.map(|k| k.to_string()),
            ["data.z.z", "a.b", "a.b[9]", "a.b[10]", "a.b[\"2\"]"]
        );
    }
}
