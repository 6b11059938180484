//! Identifiers of one kind where another belongs: a subnet's as a security group.

use cloudapp_lang::syntax::ast::{Expr, ExprKind, Reference};
use cloudapp_lang::{Diagnostic, Diagnostics};

use super::stack::{Stack, arguments, names, span};

/// What an identifier is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Vpc,
    Subnet,
    SecurityGroup,
    Image,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Kind::Vpc => "network",
            Kind::Subnet => "subnet",
            Kind::SecurityGroup => "security group",
            Kind::Image => "image",
        }
    }

    /// What an argument of this name takes.
    fn of_argument(name: &str) -> Option<Self> {
        Some(match name {
            "vpc_id" => Kind::Vpc,
            "subnet_id" | "subnet_ids" => Kind::Subnet,
            "security_group_id"
            | "security_group_ids"
            | "security_groups"
            | "orderly_security_groups"
            | "orderly_security_group_ids" => Kind::SecurityGroup,
            "image_id" => Kind::Image,
            _ => return None,
        })
    }

    /// What a reference gives, by its last names.
    fn of_reference(r: &Reference) -> Option<Self> {
        let all = names(r);
        let [.., before, last] = all[..] else {
            return None;
        };
        match last {
            "vpc_id" => Some(Kind::Vpc),
            "subnet_id" => Some(Kind::Subnet),
            "security_group_id" | "security_groups" => Some(Kind::SecurityGroup),
            "image_id" => Some(Kind::Image),
            "id" => match (all[0], before) {
                ("tencentcloud_vpc", _) => Some(Kind::Vpc),
                ("tencentcloud_subnet", _) => Some(Kind::Subnet),
                ("tencentcloud_security_group", _) => Some(Kind::SecurityGroup),
                ("var", "vpc") => Some(Kind::Vpc),
                ("var", "subnet") => Some(Kind::Subnet),
                ("var", "security_group") => Some(Kind::SecurityGroup),
                _ => None,
            },
            _ => None,
        }
    }
}

pub(super) fn check(stack: &Stack, found: &mut Diagnostics) {
    for resource in stack.resources() {
        for argument in arguments(resource.block) {
            if let Some(wanted) = Kind::of_argument(&argument.name.name) {
                look(argument.expr, wanted, &argument.name.name, 0, found);
            }
        }
    }
}

/// Looks at what becomes the value: not at conditions, nor at what functions get.
fn look(expr: &Expr, wanted: Kind, name: &str, depth: usize, found: &mut Diagnostics) {
    if depth > 64 {
        return;
    }
    let mut deeper = |e: &Expr| look(e, wanted, name, depth + 1, found);
    match &expr.kind {
        ExprKind::Wrapped(e) | ExprKind::Parentheses(e) => deeper(e),
        ExprKind::Tuple(items) => items.iter().for_each(deeper),
        ExprKind::Conditional(c) => {
            deeper(&c.then);
            deeper(&c.otherwise);
        }
        ExprKind::Reference(r) => {
            let Some(given) = Kind::of_reference(r).filter(|g| *g != wanted) else {
                return;
            };
            let detail = format!(
                "\"{name}\" takes a {}, but this is a {}.",
                wanted.noun(),
                given.noun()
            );
            let d = Diagnostic::warning("wrong-kind-of-id", "Identifier of another kind", detail);
            found.push(d.at(span(r)).hint(format!("Refer to a {}.", wanted.noun())));
        }
        _ => {}
    }
}
