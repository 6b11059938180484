//! `version`: answers at once, without reading anything.

use cloudapp_engine::view::LANGUAGE_VERSION;
use cloudapp_engine::view::json::{Object, pretty};

use crate::failure::Ended;
use crate::ui::Ui;

#[allow(clippy::unnecessary_wraps, reason = "every command ends the same way")]
pub(super) fn run(ui: &Ui, json: bool) -> Ended {
    ui.say(&text(json));
    Ok(0)
}

fn text(json: bool) -> String {
    let (own, os, arch) = (
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        architecture(),
    );
    if !json {
        return format!(
            "cloudapp {own} on {os}_{arch} (the language of Terraform {LANGUAGE_VERSION})\n"
        );
    }
    let mut out = String::new();
    let mut object = Object::new(&mut out);
    object
        .string("cloudapp_version", own)
        .string("terraform_version", LANGUAGE_VERSION);
    object
        .string("platform", &format!("{os}_{arch}"))
        .raw("provider_selections", "{}");
    object.bool("terraform_outdated", false);
    object.end();
    pretty(&out) + "\n"
}

/// As Go and therefore Terraform call it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_json() {
        let own = env!("CARGO_PKG_VERSION");
        let platform = format!("{}_{}", std::env::consts::OS, architecture());
        insta::assert_snapshot!(
            text(true)
                .replace(own, "0.0.0")
                .replace(&platform, "os_arch")
        );
    }
}
