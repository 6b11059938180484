//! Reads state files of Terraform (version 4): what [`crate::view::state_file_json`] writes, and what other tools keep.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudapp_lang::{Marks, Path, PathStep};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::address::{Address, InstanceKey, Mode, ModuleAddr, ResourceAddr, Target};
use crate::objects::encode_paths;
use crate::providers::Providers;
use crate::store::{InstanceRow, OutputRow, State};

/// Why a text is no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateFileError {
    #[error("it is not JSON in the form of a state: {0}")]
    Form(String),
    #[error("it is of version {0}, and only version 4 is read")]
    Version(u64),
    #[error("{0} cannot be read: {1}")]
    Resource(String, String),
    #[error("{0} is there twice")]
    Twice(String),
}

#[derive(Deserialize)]
struct File<'a> {
    version: u64,
    #[serde(default)]
    serial: u64,
    #[serde(default)]
    lineage: String,
    #[serde(default, borrow)]
    outputs: std::collections::BTreeMap<String, Output<'a>>,
    #[serde(default, borrow)]
    resources: Vec<Resource<'a>>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(rename = "type", borrow)]
    ty: &'a RawValue,
    #[serde(default)]
    sensitive: bool,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(default)]
    module: String,
    mode: Mode,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    provider: String,
    #[serde(default, borrow)]
    instances: Vec<Instance<'a>>,
}

#[derive(Deserialize)]
struct Instance<'a> {
    #[serde(default)]
    index_key: Option<Key>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    deposed: String,
    #[serde(default)]
    schema_version: u64,
    #[serde(default, borrow)]
    attributes: Option<&'a RawValue>,
    #[serde(default)]
    sensitive_attributes: Vec<Vec<StepForm>>,
    #[serde(default)]
    private: String,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    create_before_destroy: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Key {
    Index(u64),
    Name(String),
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
enum StepForm {
    GetAttr(String),
    Index(IndexForm),
}

#[derive(Deserialize)]
struct IndexForm {
    value: serde_json::Value,
}

/// Reads a state file.
pub fn read_state_file(text: &str, providers: &Providers) -> Result<State, StateFileError> {
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    let form = |e: serde_json::Error| StateFileError::Form(e.to_string());
    // First the version alone: other versions have other forms.
    let Version { version } = serde_json::from_str(text).map_err(form)?;
    if version != 4 {
        return Err(StateFileError::Version(version));
    }
    let file: File<'_> = serde_json::from_str(text).map_err(form)?;
    debug_assert_eq!(file.version, version);
    let mut rows: Vec<(Address, InstanceRow)> = Vec::new();
    for r in &file.resources {
        for i in &r.instances {
            let failed =
                |reason: String| StateFileError::Resource(format!("{}.{}", r.kind, r.name), reason);
            rows.push(row(r, i, providers).map_err(failed)?);
        }
    }
    rows.sort_by(|(a, x), (b, y)| (a, &x.deposed).cmp(&(b, &y.deposed)));
    if let Some(pair) = rows
        .windows(2)
        .find(|p| p[0].0 == p[1].0 && p[0].1.deposed == p[1].1.deposed)
    {
        return Err(StateFileError::Twice(pair[0].1.address.clone()));
    }
    let outputs = file.outputs.into_iter().map(|(name, o)| OutputRow {
        name,
        ty: compact(o.ty.get()),
        value: compact(o.value.get()),
        sensitive: o.sensitive,
        description: String::new(),
    });
    Ok(State {
        lineage: file.lineage,
        serial: file.serial,
        instances: rows.into_iter().map(|(_, r)| r).collect(),
        outputs: outputs.collect(),
        // The next run finds out again.
        checks: String::new(),
        policy: String::new(),
        values: String::new(),
    })
}

fn row(
    r: &Resource<'_>,
    i: &Instance<'_>,
    providers: &Providers,
) -> Result<(Address, InstanceRow), String> {
    let module = if r.module.is_empty() {
        ModuleAddr::root()
    } else {
        match r.module.parse() {
            Ok(Target::Module(m)) => m,
            Ok(Target::Resource(_)) => return Err(format!("\"{}\" is no module", r.module)),
            Err(e) => return Err(e.to_string()),
        }
    };
    let address = Address {
        module,
        resource: ResourceAddr {
            mode: r.mode,
            kind: r.kind.as_str().into(),
            name: r.name.as_str().into(),
        },
        key: match &i.index_key {
            None => InstanceKey::None,
            Some(Key::Index(n)) => InstanceKey::Index(*n),
            Some(Key::Name(k)) => InstanceKey::Key(k.as_str().into()),
        },
    };
    let attributes = i.attributes.map(RawValue::get).unwrap_or_default();
    if !attributes.starts_with('{') {
        return Err("it has no attributes".to_owned());
    }
    let private = STANDARD
        .decode(&i.private)
        .map_err(|e| format!("its private data is not Base64: {e}"))?;
    let row = InstanceRow {
        address: address.to_string(),
        deposed: i.deposed.clone(),
        provider: provider_name(&r.provider, providers)?,
        schema_version: i.schema_version,
        attributes: compact(attributes),
        sensitive: encode_paths(&sensitive(&i.sensitive_attributes)),
        private,
        dependencies: i.dependencies.clone(),
        tainted: i.status == "tainted",
        create_before_destroy: i.create_before_destroy,
    };
    Ok((address, row))
}

fn sensitive(paths: &[Vec<StepForm>]) -> Vec<(Path, Marks)> {
    let step = |s: &StepForm| match s {
        StepForm::GetAttr(name) => Some(PathStep::Attr(name.as_str().into())),
        StepForm::Index(i) => match i.value.as_u64() {
            Some(n) => usize::try_from(n).ok().map(PathStep::Index),
            None => i.value.as_str().map(|k| PathStep::Key(k.into())),
        },
    };
    paths
        .iter()
        .filter_map(|p| p.iter().map(step).collect::<Option<Vec<_>>>())
        .map(|p| (Path(p), Marks::SENSITIVE))
        .collect()
}

/// `provider["registry.terraform.io/hashicorp/random"].alias` is `random.alias`.
fn provider_name(reference: &str, providers: &Providers) -> Result<String, String> {
    let wrong = || format!("\"{reference}\" is no provider");
    let (_, rest) = reference.split_once("provider[\"").ok_or_else(wrong)?;
    let (source, alias) = rest.split_once("\"]").ok_or_else(wrong)?;
    let known = providers.iter().find(|(_, p)| p.source() == source);
    let name = known.map_or_else(
        || source.rsplit('/').next().unwrap_or(source),
        |(name, _)| name,
    );
    Ok(format!("{name}{alias}"))
}

/// JSON without what only makes it readable, so that equal values are equal texts.
fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_string = c == '"';
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::view::{json::pretty, state_file_json};

    fn sample() -> State {
        let row = |address: &str, deposed: &str, tainted| InstanceRow {
            address: address.into(),
            deposed: deposed.into(),
            provider: "demo.beijing".into(),
            schema_version: 2,
            attributes: r#"{"a \\\" b":"x \"{ } ","big":12345678901234567890.5,"list":[1,null]}"#
                .into(),
            sensitive: r#"[["password"],["tags",{"key":"a"},0]]"#.into(),
            private: b"notes".to_vec(),
            dependencies: vec!["demo_vpc.main".into()],
            tainted,
            create_before_destroy: !tainted,
        };
        State {
            lineage: "l".into(),
            serial: 7,
            checks: String::new(),
            policy: String::new(),
            values: String::new(),
            instances: vec![
                row("demo_a.x[0]", "", false),
                row("demo_a.x[0]", "00000001", true),
                row("demo_a.x[1]", "", false),
                row("module.m[\"k\"].module.n.demo_b.y[\"z\"]", "", true),
            ],
            outputs: vec![OutputRow {
                name: "main".into(),
                ty: "\"number\"".into(),
                value: "1.50000000000000000000001".into(),
                sensitive: true,
                description: String::new(),
            }],
        }
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let none = Providers::default();
        for text in [
            state_file_json(&sample(), &none),
            pretty(&state_file_json(&sample(), &none)),
        ] {
            assert_eq!(read_state_file(&text, &none).unwrap(), sample());
        }
    }

    #[test]
    fn what_is_no_state_is_refused() {
        let none = Providers::default();
        let read = |text: &str| read_state_file(text, &none).unwrap_err();
        assert!(matches!(read("{"), StateFileError::Form(_)));
        assert!(matches!(read("[]"), StateFileError::Form(_)));
        assert_eq!(
            read(r#"{"version":3,"modules":[]}"#),
            StateFileError::Version(3)
        );
        let one = r#"{"mode":"managed","type":"a","name":"b","provider":"provider[\"x/y/z\"]","instances":[{"attributes":{}}]}"#;
        let file = |r: &str| format!(r#"{{"version":4,"resources":[{r}]}}"#);
        assert_eq!(
            read(&file(&format!("{one},{one}"))),
            StateFileError::Twice("a.b".into())
        );
        for broken in [
            one.replace("\"attributes\":{}", "\"attributes\":null"),
            one.replace("provider[", "provide["),
            one.replace("\"mode\"", "\"module\":\"a.b\",\"mode\""),
            one.replace("{}", "{},\"private\":\"%\""),
        ] {
            assert!(
                matches!(read(&file(&broken)), StateFileError::Resource(..)),
                "{broken}"
            );
        }
    }
}
