//! What a change leads to, planned as the SDK of the real provider plans it: defaults, what is decided later, what forces
//! a replacement, and which differences are none.

use cloudapp_lang::value::Kind;
use cloudapp_lang::{Path, PathStep, Str, Type, Value};
use serde_json::Value as Json;

use super::schema::TIMEOUTS;
use super::spec::{Argument, Container, Element, Flags, TypeSpec};

/// The planned object and the paths that cannot change in place.
pub(crate) struct Planned {
    pub(crate) value: Value,
    pub(crate) requires_replace: Vec<Path>,
}

/// Plans a create (no prior object) or an update.
pub(crate) fn plan(
    kind: &str,
    spec: &TypeSpec,
    config: &Value,
    prior: Option<&Value>,
    region: &str,
) -> Planned {
    let planner = Planner {
        create: prior.is_none(),
        region,
    };
    let mut attributes = planner.arguments(&spec.arguments, config, prior, false);
    if !spec.timeouts.is_empty()
        && let Some(timeouts) = config.get(TIMEOUTS)
    {
        attributes.push((TIMEOUTS.into(), timeouts.clone()));
    }
    let value = Value::object(attributes);
    let mut requires_replace = Vec::new();
    if let Some(prior) = prior {
        replaced(
            &spec.arguments,
            prior,
            &value,
            spec.no_update,
            &Path::root(),
            &mut requires_replace,
        );
        special_replacements(kind, prior, &value, &mut requires_replace);
    }
    Planned {
        value,
        requires_replace,
    }
}

/// A list or set of plain values is known as a whole or not at all, and an empty map or set is the same as none, unless the
/// provider may fill it in.
fn as_the_sdk_writes(argument: &Argument, config: &Value) -> Value {
    let plain = matches!(argument.element, Element::Scalar(..));
    let empty = |v: &Value| {
        v.as_items().is_some_and(<[_]>::is_empty) || v.as_entries().is_some_and(|e| e.is_empty())
    };
    match argument.container {
        Container::List | Container::Set if plain && !config.is_wholly_known() => {
            Value::unknown(argument.ty())
        }
        Container::Map | Container::Set
            if plain && empty(config) && !argument.is(Flags::COMPUTED) =>
        {
            Value::null(argument.ty())
        }
        _ => config.clone(),
    }
}

/// The other name of the same thing: the cloud reports both whichever is set, so when one changes the other follows.
pub(crate) fn twin(name: &str) -> Option<&'static str> {
    match name {
        "security_groups" => Some("orderly_security_groups"),
        "orderly_security_groups" => Some("security_groups"),
        _ => None,
    }
}

/// Whether two collections hold the same, in whatever order.
fn same_elements(a: &Value, b: Option<&Value>) -> bool {
    let sorted = |v: &Value| {
        let mut items = v.as_items().unwrap_or_default().to_vec();
        items.sort_by(Value::set_order);
        items
    };
    b.is_some_and(|b| a.is_wholly_known() && sorted(a) == sorted(b))
}

struct Planner<'p> {
    create: bool,
    region: &'p str,
}

impl Planner<'_> {
    fn arguments(
        &self,
        arguments: &[Argument],
        config: &Value,
        prior: Option<&Value>,
        in_set: bool,
    ) -> Vec<(Str, Value)> {
        arguments
            .iter()
            .map(|argument| {
                let siblings = config;
                let config = config.get(&argument.name);
                let prior = prior.and_then(|p| p.get(&argument.name));
                let planned = match argument.as_block() {
                    Some(inner) => self.blocks(argument, inner, config, prior, in_set),
                    None => self.attribute(argument, config, prior, siblings, in_set),
                };
                (argument.name.clone(), planned)
            })
            .collect()
    }

    fn attribute(
        &self,
        argument: &Argument,
        config: Option<&Value>,
        prior: Option<&Value>,
        siblings: &Value,
        in_set: bool,
    ) -> Value {
        if argument.is(Flags::WRITE_ONLY) {
            return Value::null(argument.ty());
        }
        match config {
            Some(config) if !config.is_null() => match prior {
                Some(prior) if is_suppressed(argument, prior, config) => prior.clone(),
                _ => as_the_sdk_writes(argument, config),
            },
            _ => self.unset(argument, prior, siblings, in_set),
        }
    }

    /// The value of an argument that the configuration leaves out.
    fn unset(
        &self,
        argument: &Argument,
        prior: Option<&Value>,
        siblings: &Value,
        in_set: bool,
    ) -> Value {
        let ty = || argument.ty();
        if let Some(default) = &argument.default
            && !default_is_suppressed(argument, siblings)
        {
            // To the SDK an empty text is the same as none, except among the elements of a set.
            return if default.as_str() == Some("") && !in_set {
                Value::null(ty())
            } else {
                default.clone()
            };
        }
        if argument.is(Flags::COMPUTED) {
            if argument.is_base && &*argument.name == "region" && self.create {
                return Value::string(self.region);
            }
            if let Some(twin) = twin(&argument.name)
                && let Some(set) = siblings.get(twin).filter(|v| !v.is_null())
                && !same_elements(set, prior)
            {
                return Value::unknown(ty());
            }
            return prior.cloned().unwrap_or_else(|| Value::unknown(ty()));
        }
        if in_set {
            // A set's element is written whole: what it lacks is written as empty.
            return match ty() {
                Type::String => Value::string(""),
                Type::List(of) => Value::list((*of).clone(), Vec::new()),
                Type::Set(of) => Value::set((*of).clone(), Vec::new()),
                ty => Value::null(ty),
            };
        }
        // What the cloud reports as empty is not there.
        prior
            .filter(|p| is_empty(p))
            .cloned()
            .unwrap_or_else(|| Value::null(ty()))
    }

    fn blocks(
        &self,
        argument: &Argument,
        inner: &[Argument],
        config: Option<&Value>,
        prior: Option<&Value>,
        in_set: bool,
    ) -> Value {
        let element = || argument.ty().element().cloned().unwrap_or(Type::Dynamic);
        let Some(items) = config.filter(|c| !c.is_null()) else {
            return self.no_blocks(argument, prior);
        };
        let Some(items) = items.as_items() else {
            return items.clone();
        };
        if items.is_empty() {
            return self.no_blocks(argument, prior);
        }
        let before = prior.and_then(Value::as_items).unwrap_or_default();
        if argument.container == Container::List {
            let plan = |(i, c): (usize, &Value)| self.element(inner, c, before.get(i), in_set);
            return Value::list(element(), items.iter().enumerate().map(plan).collect());
        }
        let mut left: Vec<&Value> = before.iter().collect();
        let planned = items.iter().map(|c| {
            let matching = left.iter().position(|p| same_element(inner, c, p));
            self.element(inner, c, matching.map(|i| left.swap_remove(i)), true)
        });
        let planned = planned.collect();
        Value::set(element(), planned)
    }

    fn element(
        &self,
        inner: &[Argument],
        config: &Value,
        prior: Option<&Value>,
        in_set: bool,
    ) -> Value {
        if config.is_known() && !config.is_null() {
            Value::object(self.arguments(inner, config, prior, in_set))
        } else {
            config.clone()
        }
    }

    fn no_blocks(&self, argument: &Argument, prior: Option<&Value>) -> Value {
        if argument.is(Flags::COMPUTED) {
            return prior
                .cloned()
                .unwrap_or_else(|| Value::unknown(argument.ty()));
        }
        match argument.ty() {
            Type::Set(of) => Value::set((*of).clone(), Vec::new()),
            Type::List(of) => Value::list((*of).clone(), Vec::new()),
            ty => Value::null(ty),
        }
    }
}

/// Whether a prior element of a set is what a configured one stands for.
fn same_element(arguments: &[Argument], config: &Value, prior: &Value) -> bool {
    arguments.iter().all(|argument| {
        let (Some(c), Some(p)) = (config.get(&argument.name), prior.get(&argument.name)) else {
            return true;
        };
        if let Some(inner) = argument.as_block() {
            return same_blocks(argument, inner, c, p);
        }
        if !c.is_null() {
            return c == p;
        }
        match &argument.default {
            Some(default) => default == p || is_empty(default) && is_empty(p),
            None => argument.is(Flags::COMPUTED) || is_empty(p),
        }
    })
}

fn same_blocks(argument: &Argument, inner: &[Argument], config: &Value, prior: &Value) -> bool {
    let (Some(c), Some(p)) = (config.as_items(), prior.as_items()) else {
        return config == prior;
    };
    if c.is_empty() && argument.is(Flags::COMPUTED) {
        return true;
    }
    if argument.container == Container::List {
        return c.len() == p.len() && c.iter().zip(p).all(|(c, p)| same_element(inner, c, p));
    }
    let mut left: Vec<&Value> = p.iter().collect();
    c.len() == p.len()
        && c.iter().all(
            |c| match left.iter().position(|p| same_element(inner, c, p)) {
                Some(i) => {
                    left.swap_remove(i);
                    true
                }
                None => false,
            },
        )
}

/// Null, an empty text or an empty collection: the SDK cannot tell them apart.
fn is_empty(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::String(s) => s.is_empty(),
        Kind::List(l) | Kind::Set(l) => l.items.is_empty(),
        Kind::Map(m) => m.entries.is_empty(),
        _ => false,
    }
}

/// Whether two values are the same to the cloud.
fn same(a: &Value, b: &Value) -> bool {
    a == b || is_empty(a) && is_empty(b)
}

/// Defaults that the provider's functions hide while the configuration says nothing.
fn default_is_suppressed(argument: &Argument, siblings: &Value) -> bool {
    let Some(function) = &argument.suppression else {
        return false;
    };
    if function.contains("nodeOsType") {
        // The system of a custom image is the image's own.
        return siblings
            .get("node_os")
            .and_then(Value::as_str)
            .is_some_and(|os| os.starts_with("img-"));
    }
    [
        "dockerGraphPath",
        "unschedulable",
        "TencentMsyqlBasicInfo.func1",
        "TencentMsyqlBasicInfo.func3",
    ]
    .into_iter()
    .chain(["MysqlDrInstance.func1", "MysqlDrInstance.func3"])
    .any(|known| function.contains(known))
}

/// Whether the provider takes two values of an argument for the same.
fn is_suppressed(argument: &Argument, prior: &Value, config: &Value) -> bool {
    let Some(function) = &argument.suppression else {
        return false;
    };
    if let (Some(a), Some(b)) = (prior.as_str(), config.as_str()) {
        let documents = [
            "json",
            "JSON",
            "CamPolicy",
            "CamRole",
            "CosBucketPolicy",
            "PluginConfig",
            "SchedulerPolicy",
        ];
        if documents.iter().any(|d| function.contains(d)) {
            return same_json(a, b);
        }
        if function.contains("MongodbBasicInfo") {
            // The cloud renamed two machine types.
            let today = |s: &str| s.replace("TGIO", "HIO10G").replace("GIO", "HIO");
            return today(a) == today(b);
        }
    }
    if function.contains("StringListDiffSuppressIgnoreOrder")
        && let (Some(a), Some(b)) = (prior.as_items(), config.as_items())
    {
        let sorted = |items: &[Value]| {
            let mut items = items.to_vec();
            items.sort_by(Value::set_order);
            items
        };
        return config.is_wholly_known() && sorted(a) == sorted(b);
    }
    false
}

fn same_json(a: &str, b: &str) -> bool {
    match (
        serde_json::from_str::<Json>(a),
        serde_json::from_str::<Json>(b),
    ) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Collects what cannot change in place. `all`: the type has no update, so nothing can.
fn replaced(
    arguments: &[Argument],
    prior: &Value,
    planned: &Value,
    all: bool,
    at: &Path,
    found: &mut Vec<Path>,
) {
    for argument in arguments.iter().filter(|a| !a.is_base && &*a.name != "id") {
        let (Some(p), Some(n)) = (prior.get(&argument.name), planned.get(&argument.name)) else {
            continue;
        };
        if same(p, n) {
            continue;
        }
        let path = at.then(PathStep::Attr(argument.name.clone()));
        let forces = argument.is(Flags::FORCE_NEW) || all && argument.is_settable();
        match argument.as_block() {
            None if forces => found.push(path),
            None => {}
            Some(inner) => replaced_blocks(argument, inner, (p, n), all, path, found),
        }
    }
}

/// In the SDK a block's own flag is about the number of blocks; a change inside counts by the inner arguments' flags.
fn replaced_blocks(
    argument: &Argument,
    inner: &[Argument],
    (prior, planned): (&Value, &Value),
    all: bool,
    path: Path,
    found: &mut Vec<Path>,
) {
    let forces = argument.is(Flags::FORCE_NEW) || all;
    let (Some(before), Some(after)) = (prior.as_items(), planned.as_items()) else {
        if forces {
            found.push(path);
        }
        return;
    };
    let moved: Vec<&Value> = if argument.container == Container::List {
        let shorter = before.len().min(after.len());
        for (i, (b, a)) in before.iter().zip(after).enumerate() {
            replaced(inner, b, a, all, &path.then(PathStep::Index(i)), found);
        }
        before[shorter..].iter().chain(&after[shorter..]).collect()
    } else {
        let gone = before.iter().filter(|b| !after.contains(b));
        gone.chain(after.iter().filter(|a| !before.contains(a)))
            .collect()
    };
    let inside = || moved.iter().any(|element| has_forcing(inner, element));
    if forces && before.len() != after.len() || inside() {
        found.push(path);
    }
}

/// Whether an element that comes or goes sets an argument that forces a replacement.
fn has_forcing(arguments: &[Argument], element: &Value) -> bool {
    arguments.iter().any(|argument| {
        let Some(value) = element.get(&argument.name).filter(|v| !is_empty(v)) else {
            return false;
        };
        match (&argument.element, argument.as_block()) {
            (Element::Block(_), Some(inner)) => value
                .as_items()
                .is_some_and(|items| items.iter().any(|e| has_forcing(inner, e))),
            _ => argument.is(Flags::FORCE_NEW) && argument.is_settable(),
        }
    })
}

/// Rules of single types that the schema cannot say.
fn special_replacements(kind: &str, prior: &Value, planned: &Value, found: &mut Vec<Path>) {
    if kind == "tencentcloud_instance"
        && planned
            .get("user_data_replace_on_change")
            .and_then(Value::as_bool)
            == Some(true)
    {
        for name in ["user_data", "user_data_raw"] {
            if let (Some(p), Some(n)) = (prior.get(name), planned.get(name))
                && !same(p, n)
            {
                found.push(Path::attr(name));
            }
        }
    }
}
