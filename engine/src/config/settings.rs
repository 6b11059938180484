//! `terraform` blocks: which versions and providers a module asks for.

use std::collections::BTreeMap;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::syntax::ast::{self, Expr, ExprKind};
use cloudapp_lang::syntax::is_identifier;
use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str};

use super::ProviderKey;
use super::blocks::provider_reference;
use super::load::literal;
use super::version::{Constraints, LANGUAGE, Version};

const ARGUMENTS: [&str; 2] = ["required_version", "experiments"];
const BLOCKS: [&str; 4] = ["required_providers", "backend", "cloud", "provider_meta"];

/// What `required_providers` says of a module.
#[derive(Debug, Default)]
pub(super) struct Required {
    /// The provider that each local name stands for, where it is given a source: the last part of it.
    pub(super) providers: BTreeMap<Str, Str>,
    /// What the module's callers must pass: `configuration_aliases`.
    pub(super) aliases: Vec<ProviderKey>,
}

/// Checks the `terraform` blocks of a module and gives what they require. A place for the state that this engine does not
/// have is put into `refused`, if the blocks are the root module's; a called module keeps no state.
pub(super) fn read(
    blocks: &[ast::Block],
    is_root: bool,
    diags: &mut Diagnostics,
    refused: &mut Diagnostics,
) -> Required {
    let mut s = Settings {
        diags,
        required: Required::default(),
        is_required: false,
        places: BTreeMap::new(),
        backends: Vec::new(),
    };
    for b in blocks {
        s.block(b);
    }
    s.one_backend();
    let backend = s.backends.first().filter(|_| is_root);
    refused.extend(backend.map(refused_backend));
    let Required { providers, aliases } = s.required;
    let aliases = aliases.into_iter().map(|k| k.resolve(&providers)).collect();
    Required { providers, aliases }
}

/// The state is kept in one place only.
fn refused_backend(b: &ast::Block) -> Diagnostic {
    let name = b.labels.first();
    let detail = match name {
        Some(l) => format!("the backend \"{}\"", l.name),
        None => format!("\"{}\"", b.kind.name),
    };
    Diagnostic::error(
        "unsupported-backend",
        "State is not kept in a backend",
        format!("This engine keeps the state in a database file; {detail} is not supported."),
    )
    .at(name.map_or(b.kind.span, |l| l.span))
    .within(b.header)
    .hint("Remove the block; name another database with --db.")
}

struct Settings<'d> {
    diags: &'d mut Diagnostics,
    /// `backend` and `cloud` blocks.
    backends: Vec<ast::Block>,
    required: Required,
    /// Whether there was a `required_providers` block.
    is_required: bool,
    /// Where each local name stands.
    places: BTreeMap<Str, Span>,
}

impl Settings<'_> {
    fn one_backend(&mut self) {
        for b in self.backends.iter().skip(1) {
            self.diags.push(
                Diagnostic::error(
                    "declared-twice",
                    "Name is declared twice",
                    "A state is kept in one place, but this is the second that is named.",
                )
                .at(b.header)
                .hint("Remove both blocks; name another database with --db."),
            );
        }
    }

    fn block(&mut self, b: &ast::Block) {
        for a in &b.body.attributes {
            match &*a.name.name {
                "required_version" => self.language(&a.expr),
                "experiments" => self.diags.push(
                    Diagnostic::error(
                        "unsupported-experiments",
                        "Experiments are not supported",
                        "This engine implements the language without experiments.",
                    )
                    .at(a.name.span)
                    .within(a.span)
                    .hint("Remove the argument, and what it was needed for."),
                ),
                _ => self.unknown(&a.name, &ARGUMENTS),
            }
        }
        for inner in &b.body.blocks {
            match &*inner.kind.name {
                "required_providers" => {
                    if std::mem::replace(&mut self.is_required, true) {
                        self.diags.push(
                            Diagnostic::error(
                                "too-many-blocks",
                                "Too many blocks",
                                "This module has a \"required_providers\" block already.",
                            )
                            .at(inner.header)
                            .hint("Put everything into one of them."),
                        );
                    }
                    for a in &inner.body.attributes {
                        self.provider(a);
                    }
                    for nested in &inner.body.blocks {
                        self.unknown(&nested.kind, &[]);
                    }
                }
                "backend" | "cloud" => self.backends.push(inner.clone()),
                // For one provider only, which may ignore it.
                "provider_meta" => {}
                _ => self.unknown(&inner.kind, &BLOCKS),
            }
        }
    }

    fn unknown(&mut self, name: &ast::Ident, known: &[&str]) {
        let hint = nearest(&name.name, known.iter().copied()).map_or_else(
            || "Remove it.".to_owned(),
            |n| format!("Did you mean \"{n}\"?"),
        );
        self.diags.push(
            Diagnostic::error(
                "unknown-argument",
                "Argument is not known",
                format!("A terraform block has no \"{}\" here.", name.name),
            )
            .at(name.span)
            .hint(hint),
        );
    }

    fn constraints(&mut self, expr: &Expr, what: &str) -> Option<(Constraints, Str)> {
        let Some(text) = literal(expr) else {
            self.constant(expr, what);
            return None;
        };
        match Constraints::parse(&text) {
            Ok(c) => Some((c, text)),
            Err(part) => {
                let detail = format!("\"{part}\" in \"{what}\" is not a version constraint.");
                self.diags.push(
                    Diagnostic::error("invalid-version", "Not a version constraint", detail)
                        .at(expr.span)
                        .hint("Write versions after =, !=, >, >=, <, <= or ~>, with commas between them, such as \">= 1.3, < 2.0\"."),
                );
                None
            }
        }
    }

    fn language(&mut self, expr: &Expr) {
        let Some((wanted, text)) = self.constraints(expr, "required_version") else {
            return;
        };
        if Version::parse(LANGUAGE).is_some_and(|v| !wanted.allow(&v)) {
            self.diags.push(
                Diagnostic::error(
                    "language-version",
                    "Language version does not fit",
                    format!("The configuration asks for version {text}; this engine implements version {LANGUAGE} of the language."),
                )
                .at(expr.span)
                .hint(format!("If the configuration works with {LANGUAGE}, widen required_version.")),
            );
        }
    }

    fn constant(&mut self, expr: &Expr, what: &str) {
        self.diags.push(
            Diagnostic::error(
                "not-a-constant",
                "Constant expected",
                format!("\"{what}\" takes a quoted text, without references."),
            )
            .at(expr.span)
            .hint(format!("Write {what} = \"…\".")),
        );
    }

    fn provider(&mut self, a: &ast::Attribute) {
        let name = a.name.name.clone();
        if self.places.insert(name.clone(), a.name.span).is_some() {
            self.diags.push(
                Diagnostic::error(
                    "declared-twice",
                    "Name is declared twice",
                    format!("Provider \"{name}\" is already required in this module."),
                )
                .at(a.name.span)
                .hint("Remove one of them."),
            );
            return;
        }
        if !is_identifier(&name) {
            self.diags.push(
                Diagnostic::error("invalid-name", "Not a valid name", format!("\"{name}\" cannot be a name."))
                    .at(a.name.span)
                    .hint("A name begins with a letter or underscore and goes on with letters, digits, underscores and hyphens."),
            );
        }
        match &a.expr.kind {
            // As it was written before sources existed: only a version.
            ExprKind::Literal(_) => {
                self.constraints(&a.expr, &name);
            }
            ExprKind::Object(items) => {
                if name.chars().any(char::is_uppercase) {
                    self.diags.push(
                        Diagnostic::error(
                            "invalid-name",
                            "Not a valid name",
                            format!(
                                "\"{name}\" has capitals, which names of providers do not have."
                            ),
                        )
                        .at(a.expr.span)
                        .hint(format!("Write {}.", name.to_lowercase())),
                    );
                }
                for i in items {
                    self.requirement(&name, i);
                }
            }
            _ => self.diags.push(
                Diagnostic::error(
                    "invalid-required-provider",
                    "Not a provider requirement",
                    format!("\"{name}\" takes an object with \"source\" and \"version\"."),
                )
                .at(a.expr.span)
                .hint(format!(
                    "Write {name} = {{ source = \"…\", version = \"…\" }}."
                )),
            ),
        }
    }

    fn requirement(&mut self, name: &Str, item: &ast::ObjectItem) {
        match literal(&item.key).as_deref() {
            Some("version") => {
                self.constraints(&item.value, "version");
            }
            Some("source") => match literal(&item.value) {
                None => self.constant(&item.value, "source"),
                Some(s) => match provider_type(&s) {
                    Some(p) => {
                        self.required.providers.insert(name.clone(), p.into());
                    }
                    None => self.diags.push(
                        Diagnostic::error(
                            "invalid-source",
                            "Not a provider's source",
                            format!("\"{s}\" does not name a provider."),
                        )
                        .at(item.value.span)
                        .hint("Write [HOST/]NAMESPACE/NAME, such as \"tencentcloudstack/tencentcloud\"."),
                    ),
                },
            },
            Some("configuration_aliases") => self.aliases(name, &item.value),
            _ => self.diags.push(
                Diagnostic::error(
                    "unknown-argument",
                    "Argument is not known",
                    format!("The requirement of provider \"{name}\" has no such argument."),
                )
                .at(item.key.span)
                .hint("It has source, version and configuration_aliases."),
            ),
        }
    }
}

impl Settings<'_> {
    /// What the callers of a module pass it, each as `name.alias`.
    fn aliases(&mut self, name: &Str, value: &Expr) {
        let items = match &value.kind {
            ExprKind::Tuple(items) => Some(items),
            _ => None,
        };
        let keys = items.and_then(|i| i.iter().map(provider_reference).collect());
        let fits = |k: &ProviderKey| k.provider == *name && k.alias.is_some();
        match keys {
            Some::<Vec<_>>(keys) if keys.iter().all(fits) => self.required.aliases.extend(keys),
            _ => self.diags.push(
                Diagnostic::error(
                    "invalid-required-provider",
                    "Not a provider requirement",
                    format!("\"configuration_aliases\" takes a list of aliases of {name}."),
                )
                .at(value.span)
                .hint(format!("Write configuration_aliases = [{name}.alias].")),
            ),
        }
    }
}

/// The last part of `[HOST/]NAMESPACE/NAME` or `NAME`.
fn provider_type(source: &str) -> Option<&str> {
    let parts: Vec<&str> = source.split('/').collect();
    let (name, before) = parts.split_last()?;
    let word = |p: &str, also: &str| {
        !p.is_empty()
            && p.chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_' || also.contains(c))
    };
    let fits = match before {
        [] => true,
        [namespace] => word(namespace, ""),
        [host, namespace] => word(host, ".:") && word(namespace, ""),
        _ => false,
    };
    (fits && word(name, "")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::provider_type;

    #[test]
    fn sources_name_providers() {
        for (source, want) in [
            ("tencentcloudstack/tencentcloud", Some("tencentcloud")),
            ("registry.example.com:8443/a/random", Some("random")),
            ("null", Some("null")),
            ("terraform.io/builtin/terraform", Some("terraform")),
            ("", None),
            ("a//b", None),
            ("a/b/c/d", None),
            ("a/b c", None),
            ("https://example.com/x", None),
        ] {
            assert_eq!(provider_type(source), want, "{source}");
        }
    }
}
