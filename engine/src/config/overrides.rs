//! Override files: blocks that change what other files of the module declare.
//!
//! `override.tf`, `*_override.tf` and the same with `.json` are read after all others, in the order of their names. A
//! block there finds the one with its header; its arguments replace those of the same name, and its nested blocks of a
//! kind replace all of that kind. `lifecycle` is merged argument by argument, `required_providers` entry by entry.

use cloudapp_lang::syntax::ast::{self, Body};
use cloudapp_lang::{Diagnostic, Diagnostics};

use super::ProviderKey;
use super::load::{RawModule, literal};

/// Whether a file overrides others, by its name.
pub(super) fn is_override(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let stem = base
        .strip_suffix(".tf.json")
        .or_else(|| base.strip_suffix(".tf"));
    stem.is_some_and(|s| s == "override" || s.ends_with("_override"))
}

/// Merges one block of an override file into what it overrides. Its labels fit its kind.
pub(super) fn apply(
    mut b: ast::Block,
    raw: &mut RawModule,
    calls: &mut [ast::Block],
    terraform: &mut Vec<ast::Block>,
    diags: &mut Diagnostics,
) {
    if let Some(a) = b.body.attribute("depends_on") {
        diags.push(
            Diagnostic::error(
                "depends-on-in-override",
                "Dependencies cannot be overridden",
                "\"depends_on\" must not stand in an override file.",
            )
            .at(a.name.span)
            .within(a.span)
            .hint("Set it where the block is declared."),
        );
        b.body.attributes.retain(|a| &*a.name.name != "depends_on");
    }
    refuse_conditions(&mut b.body, diags);
    let label = |i: usize| b.labels.get(i).map(|l| l.name.clone());
    let same = |c: &&mut ast::Block| c.labels.first().map(|l| &l.name) == label(0).as_ref();
    let found = match &*b.kind.name {
        "locals" => return locals(b, raw, diags),
        "terraform" => return settings(b, terraform),
        "variable" => raw.variables.iter_mut().find(same),
        "output" => raw.outputs.iter_mut().find(same),
        "module" => calls.iter_mut().find(same),
        "provider" => match provider(&b) {
            Some(key) => match raw.providers.iter_mut().find(|(k, _)| *k == key) {
                Some((_, base)) => Some(base),
                // Without a block a provider has an empty one.
                None if key.alias.is_none() => return raw.providers.push((key, b)),
                None => None,
            },
            None => None,
        },
        // There is nothing that it could override.
        "removed" => return raw.removed.push(b),
        "moved" | "import" | "check" => {
            let d = Diagnostic::error(
                "not-overridable",
                "Block cannot be overridden",
                format!(
                    "\"{}\" blocks must not stand in an override file.",
                    b.kind.name
                ),
            )
            .at(b.header);
            return diags.push(d.hint("Move the block into a file that does not override."));
        }
        _ => raw
            .resources
            .iter_mut()
            .map(|(_, r)| r)
            .find(|r| r.kind.name == b.kind.name && names(r).eq(names(&b))),
    };
    match found {
        Some(base) => merge(&mut base.body, b.body),
        None => diags.push(without_base(&b)),
    }
}

/// Conditions are promises of the block that declares them: an override can neither add to them nor take them away.
fn refuse_conditions(body: &mut Body, diags: &mut Diagnostics) {
    for b in &mut body.blocks {
        if &*b.kind.name == "lifecycle" {
            refuse_conditions(&mut b.body, diags);
        }
    }
    body.blocks.retain(|b| {
        let is_condition = matches!(
            &*b.kind.name,
            "validation" | "precondition" | "postcondition"
        );
        if is_condition {
            diags.push(
                Diagnostic::error(
                    "condition-in-override",
                    "Conditions cannot be overridden",
                    format!(
                        "A \"{}\" block must not stand in an override file.",
                        b.kind.name
                    ),
                )
                .at(b.header)
                .hint("Set it where the block is declared."),
            );
        }
        !is_condition
    });
}

fn names(b: &ast::Block) -> impl Iterator<Item = &cloudapp_lang::Str> {
    b.labels.iter().map(|l| &l.name)
}

fn provider(b: &ast::Block) -> Option<ProviderKey> {
    Some(ProviderKey {
        provider: b.labels.first()?.name.clone(),
        alias: b.body.attribute("alias").and_then(|a| literal(&a.expr)),
    })
}

fn without_base(b: &ast::Block) -> Diagnostic {
    let labels: String = b
        .labels
        .iter()
        .map(|l| format!(" \"{}\"", l.name))
        .collect();
    Diagnostic::error(
        "nothing-to-override",
        "There is nothing to override",
        format!("No other file declares {}{labels}.", b.kind.name),
    )
    .at(b.header)
    .hint("Move the block into a file that does not override, or correct its name.")
}

fn locals(b: ast::Block, raw: &mut RawModule, diags: &mut Diagnostics) {
    for a in b.body.attributes {
        match raw.locals.iter_mut().find(|l| l.name.name == a.name.name) {
            Some(base) => *base = a,
            None => diags.push(
                Diagnostic::error(
                    "nothing-to-override",
                    "There is nothing to override",
                    format!("No other file declares local \"{}\".", a.name.name),
                )
                .at(a.name.span)
                .within(a.span)
                .hint("Move it into a file that does not override, or correct its name."),
            ),
        }
    }
}

/// A module has any number of `terraform` blocks: what this one sets is taken out of the others.
fn settings(mut b: ast::Block, terraform: &mut Vec<ast::Block>) {
    let stored = |k: &str| matches!(k, "backend" | "cloud");
    let backend = b.body.blocks.iter().any(|n| stored(&n.kind.name));
    for base in terraform.iter_mut() {
        let own = &b.body;
        base.body
            .attributes
            .retain(|a| own.attribute(&a.name.name).is_none());
        if backend {
            base.body.blocks.retain(|n| !stored(&n.kind.name));
        }
    }
    let required = |n: &ast::Block| &*n.kind.name == "required_providers";
    let blocks = terraform.iter_mut().flat_map(|t| &mut t.body.blocks);
    // A module has one such block; what stands in an override belongs to it.
    if let Some(base) = blocks.into_iter().find(|n| required(n)) {
        for over in b.body.blocks.extract_if(.., |n| required(n)) {
            merge(&mut base.body, over.body);
        }
    }
    terraform.push(b);
}

/// Puts a body over another.
fn merge(base: &mut Body, over: Body) {
    for a in over.attributes {
        remove(base, &a.name.name);
        base.attributes.push(a);
    }
    for p in &over.undecided {
        remove(base, &p.name.name);
        for name in dynamic_properties(p) {
            remove(base, &name);
        }
    }
    base.undecided.extend(over.undecided);
    let (lifecycles, blocks): (Vec<_>, Vec<_>) = over
        .blocks
        .into_iter()
        .partition(|b| &*b.kind.name == "lifecycle");
    for b in &blocks {
        remove(base, made(b));
    }
    base.blocks.extend(blocks);
    for l in lifecycles {
        match base
            .blocks
            .iter_mut()
            .find(|b| &*b.kind.name == "lifecycle")
        {
            Some(b) => merge(&mut b.body, l.body),
            None => base.blocks.push(l),
        }
    }
}

/// The kind of block that stands here in the end.
fn made(b: &ast::Block) -> &str {
    match (&*b.kind.name, &b.labels[..]) {
        ("dynamic", [label]) => &label.name,
        (kind, _) => kind,
    }
}

/// The kinds of blocks that a JSON property `dynamic` makes.
fn dynamic_properties(p: &cloudapp_lang::syntax::json::Property) -> Vec<String> {
    match &p.value.kind {
        cloudapp_lang::syntax::json::NodeKind::Object(inner) if &*p.name.name == "dynamic" => {
            inner.iter().map(|i| i.name.name.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

fn remove(base: &mut Body, name: &str) {
    base.attributes.retain(|a| &*a.name.name != name);
    base.blocks.retain(|b| made(b) != name);
    base.undecided.retain(|p| &*p.name.name != name);
}

#[cfg(test)]
mod tests {
    use super::is_override;

    #[test]
    fn names_of_override_files() {
        for (name, want) in [
            ("override.tf", true),
            ("net/override.tf.json", true),
            ("dev_override.tf", true),
            ("a_override.tf.json", true),
            ("overrides.tf", false),
            ("myoverride.tf", false),
            ("override/main.tf", false),
        ] {
            assert_eq!(is_override(name), want, "{name}");
        }
    }
}
