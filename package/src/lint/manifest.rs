//! The manifest against the package's files: the licence, the specifications, the front end.

use std::collections::HashMap;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::{Diagnostic, Diagnostics, Str};

use crate::package::Package;
use crate::policy::VERIFY_LICENSE;
use crate::yaml::{Spanned, Yaml};

/// How a page may run.
const RUNTIME_MODES: [&str; 1] = ["console"];

pub(super) fn check(package: &Package, found: &mut Diagnostics) {
    license(package, found);
    specifications(package, found);
    frontend(package, found);
}

/// What is sold by specification is licensed, and only who may ask for the licence learns which one it is.
fn license(package: &Package, found: &mut Diagnostics) {
    let manifest = &package.manifest;
    let Some(first) = manifest.specs.first() else {
        return;
    };
    if package.may_verify_license() {
        return;
    }
    let summary = "Licence cannot be verified";
    let d = match &manifest.policy {
        Some(policy) => Diagnostic::error(
            "verify-license-missing",
            summary,
            format!("The package declares \"specs\", but its policy does not allow {VERIFY_LICENSE}: the application cannot learn what was bought."),
        )
        .at(policy.span)
        .hint(format!("Add {VERIFY_LICENSE} to the actions of a statement that allows, with resource \"*\".")),
        None => Diagnostic::warning(
            "verify-license-missing",
            summary,
            format!("The package declares \"specs\", but no \"role\" with {VERIFY_LICENSE}: the application cannot learn what was bought."),
        )
        .at(first.key.span)
        .hint(format!("Declare role.policy with the action {VERIFY_LICENSE}.")),
    };
    found.push(d);
}

fn specifications(package: &Package, found: &mut Diagnostics) {
    let mut keys: HashMap<&Str, &Spanned<Str>> = HashMap::new();
    for spec in &package.manifest.specs {
        let name = &spec.key.value;
        if let Some(first) = keys.insert(name, &spec.key) {
            let detail = format!(
                "There are two specifications \"{name}\"; a customer could choose only one of them."
            );
            let d = Diagnostic::warning(
                "duplicate-specification",
                "Specification declared twice",
                detail,
            );
            found.push(
                d.at(spec.key.span)
                    .within(first.span.to(spec.key.span))
                    .hint("Give one of them another key, or put their values together."),
            );
        }
        if spec.values.is_empty() {
            let detail = format!("The specification \"{name}\" has no value to choose.");
            let d = Diagnostic::warning(
                "specification-without-values",
                "Specification without values",
                detail,
            );
            found.push(
                d.at(spec.key.span)
                    .hint("Add \"enum\", a list of \"value\" and \"name\"."),
            );
        }
        let mut seen = Vec::new();
        for value in &spec.values {
            if seen.contains(&&value.value.value) && !matches!(value.value.value, Yaml::Null) {
                let detail = format!("The specification \"{name}\" has this value twice.");
                let d = Diagnostic::warning(
                    "duplicate-specification",
                    "Specification declared twice",
                    detail,
                );
                found.push(d.at(value.value.span).hint("Keep one of the two."));
            }
            seen.push(&value.value.value);
        }
    }
}

fn frontend(package: &Package, found: &mut Diagnostics) {
    let Some(frontend) = &package.manifest.frontend else {
        return;
    };
    if let Some(mode) = &frontend.runtime_mode
        && !RUNTIME_MODES.contains(&&*mode.value)
    {
        let detail = format!("This version knows no mode \"{}\".", mode.value);
        let d = Diagnostic::warning(
            "unknown-runtime-mode",
            "Unknown mode of the front end",
            detail,
        );
        found.push(
            d.at(mode.span)
                .hint(match nearest(&mode.value, RUNTIME_MODES) {
                    Some(near) => format!("Did you mean \"{near}\"?"),
                    None => format!("Known are: {}.", RUNTIME_MODES.join(", ")),
                }),
        );
    }
    if let Some(src) = &frontend.src
        && !package.dir.join(&*src.value).is_dir()
    {
        let detail = format!("The package has no folder \"{}\".", src.value);
        let d = Diagnostic::warning("frontend-missing", "Front end is missing", detail);
        found.push(
            d.at(src.span)
                .hint("Put the page there, or correct the path; it counts from package.yaml."),
        );
    }
}
