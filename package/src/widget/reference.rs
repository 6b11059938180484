//! `docs/widgets.md`, made from the descriptors.

use std::fmt::Write;

use cloudapp_lang::Type;

use super::{COMMON_FIELDS, Descriptor, Field, descriptors};

/// The reference of all widgets as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from(
        "# Widgets\n\n\
         The form components that an argument of `package.yaml` may name, made from their descriptors in \
         `package/src/widget/registry.rs` (`UPDATE=1 cargo test -p cloudapp-package widgets` writes this page anew). \
         How a form is evaluated is in [forms.md](forms.md).\n\n\
         Fields marked (ours) are not in the platform's manual.\n\n\
         ## Fields of every argument\n\n",
    );
    table(&mut out, COMMON_FIELDS);
    out.push_str("\n## At a glance\n\n| widget | value | choices |\n|---|---|---|\n");
    for d in descriptors() {
        let choices = d.options.map_or("", |o| o.name());
        let ty = short(&(d.value)());
        let _ = writeln!(out, "| [`{}`](#{}) | {} | {choices} |", d.id, d.id, ty);
    }
    for d in descriptors() {
        widget(&mut out, d);
    }
    out
}

fn widget(out: &mut String, d: &Descriptor) {
    let _ = write!(out, "\n## {}\n\n**{}.** {}\n", d.id, d.title, d.purpose);
    let mut notes = vec![format!("Shown as: {}.", d.rendering.name())];
    if let Some(kind) = d.options {
        notes.push(if kind.is_closed() {
            format!("The value is one of the {}.", kind.name())
        } else {
            format!(
                "The {} are suggestions; anything else may be entered too.",
                kind.name()
            )
        });
    }
    if !d.free.is_empty() {
        notes.push(format!(
            "`{}` may differ from what the choice suggests.",
            d.free.join("`, `")
        ));
    }
    if !d.default_value {
        notes.push("`defaultValue` has no effect.".into());
    }
    if d.sensitive {
        notes.push("The value is a secret: it is never shown.".into());
    }
    let _ = write!(out, "\n{}\n", notes.join(" "));
    let _ = write!(
        out,
        "\n```hcl\nvariable \"NAME\" {{\n  type = {}\n}}\n```\n",
        declaration(&(d.value)(), 1)
    );
    if !d.fields.is_empty() {
        out.push('\n');
        table(out, d.fields);
    }
}

fn table(out: &mut String, fields: &[Field]) {
    out.push_str("| field | takes | required | what it is for |\n|---|---|---|---|\n");
    for f in fields {
        let required = if f.required { "yes" } else { "" };
        let _ = writeln!(
            out,
            "| `{}` | {} | {required} | {} |",
            f.name,
            f.kind.name(),
            f.purpose
        );
    }
}

fn short(ty: &Type) -> String {
    match ty {
        Type::Object(object) => {
            let names: Vec<&str> = object.attributes.keys().map(|n| &**n).collect();
            format!("object with {}", names.join(", "))
        }
        Type::Dynamic => "that of the chosen option".into(),
        _ => ty.friendly(),
    }
}

/// The type as one writes it in a variable's declaration.
fn declaration(ty: &Type, depth: usize) -> String {
    match ty {
        Type::Object(object) => {
            let indent = "  ".repeat(depth);
            let mut out = String::from("object({\n");
            let width = object.attributes.keys().map(|n| n.len()).max().unwrap_or(0);
            for (name, ty) in &object.attributes {
                let ty = declaration(ty, depth + 1);
                let ty = if object.optional.contains(name) {
                    format!("optional({ty})")
                } else {
                    ty
                };
                let _ = writeln!(out, "{indent}  {name:width$} = {ty}");
            }
            let _ = write!(out, "{indent}}})");
            out
        }
        Type::List(element) => format!("list({})", declaration(element, depth)),
        Type::Dynamic => "any".into(),
        _ => ty.to_string(),
    }
}
