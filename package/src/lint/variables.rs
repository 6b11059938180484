//! Arguments of the form, variables of the stack and values of widgets: the three must agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::syntax::ast::Step;
use cloudapp_lang::value::convert;
use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap, Span, Str, Type};

use super::stack::{Stack, Variable};
use super::types::{self, Disagreement, absent, disagreements};
use crate::argument::Argument;
use crate::interpolation;
use crate::package::Package;
use crate::policy;
use crate::variables::SYSTEM_VARIABLES;

pub(super) fn check(
    package: &Package,
    stack: &Stack,
    sources: &SourceMap,
    found: &mut Diagnostics,
) {
    let arguments = by_name(package.args());
    let used = used(package, stack, sources);
    for variable in stack.variables() {
        let name = &variable.name.name;
        let asked = arguments.get(&**name).map_or(&[][..], Vec::as_slice);
        for argument in asked {
            agree(&variable, argument, found);
            default_fits(&variable, argument, found);
        }
        let is_system = SYSTEM_VARIABLES.contains(&&**name);
        if !stack.is_incomplete && !used.contains(name) && !stack.json_mentions(name) {
            found.push(unused(&variable, !asked.is_empty()));
        } else if asked.is_empty() && !is_system && variable.default.is_none() {
            found.push(unsupplied(&variable, package, stack));
        }
    }
    attributes(&arguments, stack, found);
}

fn by_name(arguments: &[Argument]) -> BTreeMap<&str, Vec<&Argument>> {
    let mut all: BTreeMap<&str, Vec<&Argument>> = BTreeMap::new();
    for argument in arguments {
        all.entry(&argument.name.value).or_default().push(argument);
    }
    all
}

/// Every variable that the stack or the policy refers to.
fn used(package: &Package, stack: &Stack, sources: &SourceMap) -> BTreeSet<Str> {
    let mut used = BTreeSet::new();
    stack.each_reference(&mut |r| {
        // "ar.x" is a variable whose use is misspelt, not one that is not used.
        if let Some(Step::Attr(name)) = r.steps.first()
            && nearest(&r.root.name, ["var"]).is_some()
        {
            used.insert(name.name.clone());
        }
    });
    let statements = package.manifest.policy.iter().flat_map(|p| &p.statements);
    for (text, span) in statements.flat_map(policy::strings) {
        if let Ok(Some(parsed)) = policy::Text::parse(text, span, sources) {
            parsed.expr.for_each_reference(&mut |r| {
                if let Some((name, _)) = types::variable(r) {
                    used.insert(name.name.clone());
                }
            });
        }
    }
    used
}

/// The declared type against what the widget gives.
fn agree(variable: &Variable<'_>, argument: &Argument, found: &mut Diagnostics) {
    let Some(declared) = &variable.ty else { return };
    let Some(descriptor) = argument.widget.value.descriptor() else {
        return;
    };
    let at = variable.type_span.unwrap_or(variable.name.span);
    for d in disagreements(declared, &(descriptor.value)()) {
        found.push(
            disagreement(variable, argument, d)
                .at(at)
                .within(variable.block.header.to(at)),
        );
    }
}

fn disagreement(variable: &Variable<'_>, argument: &Argument, d: Disagreement) -> Diagnostic {
    let (name, widget) = (&variable.name.name, &argument.widget.value);
    let part = |path: &str| {
        if path.is_empty() {
            format!("\"{name}\"")
        } else {
            format!("\"{path}\" of \"{name}\"")
        }
    };
    match d {
        Disagreement::Never(path, declared, given) => Diagnostic::error(
            "variable-type",
            "Variable and widget disagree",
            format!("{} is declared as {declared}, but the widget \"{widget}\" gives {given}.", part(&path)),
        )
        .hint(format!("Declare it as {given}, or ask for it with another widget.")),
        Disagreement::Sometimes(path, declared, given) => Diagnostic::warning(
            "variable-type",
            "Variable and widget disagree",
            format!("{} is declared as {declared}, but the widget \"{widget}\" gives {given}, which need not be one.", part(&path)),
        )
        .hint(match declared.as_str() {
            "number" if path.is_empty() => "Ask for it with input-number.".to_owned(),
            "bool" if path.is_empty() => "Ask for it with switch.".to_owned(),
            _ => format!("Declare it as {given}."),
        }),
        Disagreement::Lacks(path, others) => {
            let last = path.rsplit('.').next().unwrap_or(&path);
            let d = Diagnostic::warning(
                "attribute-not-given",
                "Attribute that the widget does not give",
                format!("The type of \"{name}\" has \"{path}\", which the widget \"{widget}\" is not known to give."),
            );
            d.hint(match nearest(last, others.iter().map(|o| &**o)) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("Remove it, or make it optional. Given are: {}.", others.join(", ")),
            })
        }
    }
}

/// A default or the choices against a declared type that is a text, a number or a boolean.
fn default_fits(variable: &Variable<'_>, argument: &Argument, found: &mut Diagnostics) {
    let Some(ty) = variable.ty.as_ref().filter(|t| t.is_primitive()) else {
        return;
    };
    let default = argument.default_value.as_ref();
    let options = argument.options.iter().map(|o| &o.value);
    for node in default.into_iter().chain(options) {
        let mut evaluates = false;
        node.each_string(&mut |s, _| evaluates |= interpolation::is_template(s));
        let value = node.to_value();
        // An empty text stands for nothing.
        let blank = value.is_null() || value.as_str() == Some("");
        if evaluates || blank || convert(&value, ty).is_ok() {
            continue;
        }
        let detail = format!(
            "The variable \"{}\" takes {}, but this is {}.",
            variable.name.name,
            indefinite(ty),
            node.kind()
        );
        let d = Diagnostic::error("choice-type", "Value does not fit the variable", detail);
        found.push(
            d.at(node.span)
                .within(argument.name.span.to(node.span))
                .hint(format!(
                    "Write {}, or change the variable's type.",
                    indefinite(ty)
                )),
        );
    }
}

fn indefinite(ty: &Type) -> &'static str {
    match ty {
        Type::Number => "a number",
        Type::Bool => "true or false",
        _ => "a string",
    }
}

fn unsupplied(variable: &Variable<'_>, package: &Package, stack: &Stack) -> Diagnostic {
    let name = &variable.name.name;
    let detail = format!(
        "Neither the form nor the platform supplies \"{name}\", and it has no default: it is null when the package is installed."
    );
    let d = Diagnostic::warning(
        "variable-without-source",
        "Variable that nothing supplies",
        detail,
    )
    .at(variable.name.span)
    .within(variable.block.header);
    let declared: BTreeSet<Str> = stack.variables().map(|v| v.name.name.clone()).collect();
    let free = package.args().iter().map(|a| &a.name.value);
    let free = free.filter(|a| !declared.contains(&***a));
    d.hint(match nearest(name, free.map(|a| &**a)) {
        Some(near) => format!("The form asks for \"{near}\": use one name for both."),
        None => format!("Give it a default, or add an argument \"{name}\" to package.yaml."),
    })
}

fn unused(variable: &Variable<'_>, asked: bool) -> Diagnostic {
    let name = &variable.name.name;
    let (detail, hint) = if asked {
        (
            format!("The form asks for \"{name}\", but nothing uses what is answered."),
            "Use it, or remove the argument and the variable.",
        )
    } else {
        (
            format!("\"{name}\" is declared, but nothing uses it."),
            "Remove the declaration.",
        )
    };
    Diagnostic::warning("unused-variable", "Variable is not used", detail)
        .at(variable.name.span)
        .within(variable.block.header)
        .hint(hint)
}

/// References in the stack to attributes that neither the declared type nor any widget of the name has.
fn attributes(arguments: &BTreeMap<&str, Vec<&Argument>>, stack: &Stack, found: &mut Diagnostics) {
    let declared: HashMap<Str, Option<Type>> = stack
        .variables()
        .map(|v| (v.name.name.clone(), v.ty))
        .collect();
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    stack.each_reference(&mut |r| {
        let Some((name, steps)) = types::variable(r) else {
            return;
        };
        let Some(asked) = arguments.get(&*name.name) else {
            return;
        };
        // What the declared type has is looked at where it is declared.
        let in_type = declared.get(&name.name).and_then(Option::as_ref);
        // That a text has no attributes is the engine's to say.
        if in_type.is_some_and(|t| t.is_primitive() || absent(t, steps).is_none()) {
            return;
        }
        let Some(missing) = not_given(asked, steps) else {
            return;
        };
        if seen.insert(missing.span) {
            found.push(attribute(&name.name, asked, &missing));
        }
    });
}

/// What none of the widgets that ask for a name gives.
pub(super) fn not_given(asked: &[&Argument], steps: &[Step]) -> Option<types::Absent> {
    let mut last = None;
    for argument in asked {
        let descriptor = argument.widget.value.descriptor()?;
        last = Some(absent(&(descriptor.value)(), steps)?);
    }
    last
}

/// The finding about an attribute that is not given.
pub(super) fn attribute(name: &str, asked: &[&Argument], missing: &types::Absent) -> Diagnostic {
    let widget = asked.first().map_or("", |a| a.widget.value.id());
    let detail = format!(
        "The widget \"{widget}\", which asks for \"{name}\", is not known to give \"{}\".",
        missing.name
    );
    let d = Diagnostic::warning(
        "attribute-not-given",
        "Attribute that the widget does not give",
        detail,
    );
    d.at(missing.span).hint(
        match nearest(&missing.name, missing.others.iter().map(|o| &**o)) {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None if missing.others.is_empty() => {
                "What stands before it has no attributes: leave this one out.".into()
            }
            None => format!("Given are: {}.", missing.others.join(", ")),
        },
    )
}
