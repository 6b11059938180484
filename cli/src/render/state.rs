//! The state for people: instances with their attributes, and outputs.

use cloudapp_engine::address::Address;
use cloudapp_engine::run::Providers;
use cloudapp_engine::store::{InstanceRow, State};
use cloudapp_engine::view;

use super::palette::Palette;
use super::value::text;

/// One instance as a block of the language.
pub(crate) fn instance(row: &InstanceRow, providers: &Providers, palette: Palette) -> String {
    let Ok(address) = row.address.parse::<Address>() else {
        return format!("# {} (this address cannot be read)\n", row.address);
    };
    let mut value = view::instance_value(row, &address, providers);
    let resource = &address.resource;
    if let Some(schema) = view::schema_of(providers, &row.provider, resource.mode, &resource.kind) {
        value = view::mark_sensitive(&value, &schema.block);
    }
    let value = view::conceal(value);
    let mut notes = String::new();
    if row.tainted {
        notes.push_str(" (tainted: it will be replaced)");
    }
    if !row.deposed.is_empty() {
        notes.push_str(&format!(
            " (deposed object {}: it will be destroyed)",
            row.deposed
        ));
    }
    let head = palette.bold(&format!("# {}{notes}", row.address));
    let kind = if resource.mode == cloudapp_engine::address::Mode::Data {
        "data"
    } else {
        "resource"
    };
    format!(
        "{head}\n{kind} \"{}\" \"{}\" {}\n",
        resource.kind,
        resource.name,
        text(&value, 0)
    )
}

/// The whole state.
pub(crate) fn render(state: &State, providers: &Providers, palette: Palette) -> String {
    if state.instances.is_empty() && state.outputs.is_empty() {
        return "The state is empty: nothing was applied here yet.\n".to_owned();
    }
    let mut out = state
        .instances
        .iter()
        .map(|r| instance(r, providers, palette))
        .collect::<Vec<_>>()
        .join("\n");
    if !state.outputs.is_empty() {
        out.push_str(&format!("\n{}\n\n", palette.bold("Outputs:")));
        out.push_str(&super::outputs::render(&state.outputs, palette));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn instances_hide_what_is_sensitive() {
        let row = InstanceRow {
            address: "tencentcloud_instance.web".into(),
            deposed: String::new(),
            provider: "tencentcloud".into(),
            schema_version: 0,
            attributes: "{\"id\":\"ins-1\",\"password\":\"hunter2\",\"user_data\":\"secret too\"}"
                .into(),
            sensitive: "[[\"user_data\"]]".into(),
            private: Vec::new(),
            dependencies: Vec::new(),
            tainted: true,
            create_before_destroy: false,
        };
        let text = instance(&row, &sample::providers(), Palette::PLAIN);
        assert!(text.contains("ins-1") && text.contains("tainted"), "{text}");
        assert!(
            !text.contains("hunter2") && !text.contains("secret too"),
            "{text}"
        );
    }

    #[test]
    fn an_empty_state_says_so() {
        assert!(render(&State::default(), &sample::providers(), Palette::PLAIN).contains("empty"));
    }
}
