//! Values of variables: files in both syntaxes, the command line and the environment; and their conversion to a type
//! constraint with defaults.
//!
//! Run with `-timeout=5 -rss_limit_mb=2048 -max_len=65536 -dict=fuzz/dictionaries/tfvars.dict`.
//!
//! The input: the type constraint of the variable `v` in the first line, then a file that gives values to `v`, `any`
//! and `text`. It is read as JSON if it begins with a brace.
#![no_main]

use std::collections::BTreeMap;

use cloudapp_engine::Providers;
use cloudapp_engine::config::{Configuration, Dialect, LoadRequest, SourceInput, load};
use cloudapp_engine::variables::{VariableInput, collect, missing};
use cloudapp_fuzz::checks;
use cloudapp_lang::{SourceMap, Str, Value};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    // Files outside the test data may be endless.
    if text.contains("file") {
        return Corpus::Reject;
    }
    let (ty, values) = text.split_once('\n').unwrap_or((text, ""));
    let mut sources = SourceMap::new();
    let Some(configuration) = declared(ty, &mut sources) else {
        return Corpus::Keep;
    };
    let is_json = values
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{');
    let name = if is_json { "v.tfvars.json" } else { "v.tfvars" };
    let file = VariableInput::File {
        name: name.into(),
        text: values.into(),
        automatic: false,
    };
    let flag = VariableInput::Flag {
        name: "v".into(),
        text: values.into(),
    };
    let environment = VariableInput::Environment {
        name: "v".into(),
        text: values.into(),
    };
    for inputs in [vec![file], vec![flag], vec![environment]] {
        let given = answers(&configuration, &inputs, &mut sources);
        assert!(
            given == answers(&configuration, &inputs, &mut SourceMap::new()),
            "the same inputs give other values"
        );
        let _ = missing(&configuration, &inputs);
        let again: Vec<_> = given
            .iter()
            .map(|(name, value)| VariableInput::Given {
                name: name.clone(),
                value: value.clone(),
            })
            .collect();
        let converted = answers(&configuration, &again, &mut SourceMap::new());
        // A variable whose value was refused has none the first time, and its default the second.
        assert!(
            given.iter().all(|(n, v)| converted.get(n) == Some(v)),
            "converted again, values change: {given:?} to {converted:?}"
        );
    }
    Corpus::Keep
});

fn declared(ty: &str, sources: &mut SourceMap) -> Option<Configuration> {
    let text = format!(
        "variable \"v\" {{\n  type = {ty}\n  default = null\n}}\n\
         variable \"any\" {{\n  default = null\n}}\n\
         variable \"text\" {{\n  type = string\n  default = null\n}}\n"
    );
    let request = LoadRequest {
        dir: concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz_targets").into(),
        package_dir: None,
        dialect: Dialect::default(),
        files: Some(vec![SourceInput {
            name: "main.tf".into(),
            text: text.clone(),
            module: String::new(),
        }]),
    };
    let (configuration, found) = load(&request, &Providers::default(), sources);
    checks::findings(&found, &text);
    configuration
}

fn answers(
    configuration: &Configuration,
    inputs: &[VariableInput],
    sources: &mut SourceMap,
) -> BTreeMap<Str, Value> {
    let (values, _) = collect(configuration, inputs, sources);
    for v in values.values() {
        checks::value(v);
    }
    for decl in configuration.variables() {
        if let Some(v) = values.get(&decl.name)
            && !decl.ty.has_dynamic()
        {
            assert_eq!(v.ty(), decl.ty.without_optional(), "{}", decl.name);
        }
    }
    values
}
