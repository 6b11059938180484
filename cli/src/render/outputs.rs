//! Outputs for people.

use cloudapp_engine::store::OutputRow;
use cloudapp_lang::value::{decode_json, decode_json_as};
use cloudapp_lang::{Type, Value};

use super::palette::Palette;
use super::value::{SENSITIVE, text};

/// The output that an installation shows first: where to find what was installed.
const ENTRY: &str = "main";

/// An output's value, of its recorded type.
pub(crate) fn value(row: &OutputRow) -> Value {
    let ty = serde_json::from_str(&row.ty)
        .ok()
        .and_then(|json| Type::from_json(&json));
    ty.and_then(|ty| decode_json_as(&row.value, &ty).ok())
        .or_else(|| decode_json(&row.value).ok())
        .unwrap_or_else(|| Value::null(Type::Dynamic))
}

/// All outputs, the entry address first, then by name. Sensitive ones are named only.
pub(crate) fn render(outputs: &[OutputRow], palette: Palette) -> String {
    let width = outputs
        .iter()
        .map(|o| o.name.chars().count())
        .max()
        .unwrap_or(0);
    let (entry, rest): (Vec<_>, Vec<_>) = outputs.iter().partition(|o| o.name == ENTRY);
    let mut out = String::new();
    for o in entry.into_iter().chain(rest) {
        let shown = if o.sensitive {
            SENSITIVE.into()
        } else {
            text(&value(o), 0)
        };
        let note = if o.name == ENTRY {
            palette.dim("  # entry address")
        } else {
            String::new()
        };
        let name = format!("{:width$}", o.name);
        out.push_str(&format!(
            "{} = {shown}{note}\n",
            if o.name == ENTRY {
                palette.bold(&name)
            } else {
                name
            }
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_address_comes_first() {
        let row = |name: &str, ty: &str, value: &str, sensitive| OutputRow {
            name: name.into(),
            ty: ty.into(),
            value: value.into(),
            sensitive,
            description: String::new(),
        };
        let rows = [
            row("apps", "[\"list\",\"string\"]", "[\"a\",\"b\"]", false),
            row("main", "\"string\"", "\"http://1.2.3.4\"", false),
            row("password", "\"string\"", "\"hunter2\"", true),
        ];
        insta::assert_snapshot!(render(&rows, Palette::PLAIN));
    }
}
