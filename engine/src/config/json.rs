//! What the names in a JSON configuration are: arguments or blocks, and how their strings are read.
//!
//! Where Terraform takes a reference, a type or a keyword, JSON has a string with that text; where it takes a constant,
//! a string is just a string; all other strings are templates. What a provider's schema decides stays undecided here.

use cloudapp_lang::Diagnostics;
use cloudapp_lang::syntax::ast;
use cloudapp_lang::syntax::json::Node;
use cloudapp_lang::syntax::json_lower::{self, Member, Reading, Shape};

use crate::schema::{Block, Nesting};

const TEMPLATE: Member = Member::Argument(Reading::Template);
const LITERAL: Member = Member::Argument(Reading::Literal);
const EXPRESSION: Member = Member::Argument(Reading::Expression);

const fn shape(members: &'static [(&'static str, Member)], others: Member) -> Shape {
    Shape { members, others }
}

static TEMPLATES: Shape = shape(&[], TEMPLATE);
static LITERALS: Shape = shape(&[], LITERAL);
static OPEN: Shape = shape(&[], Member::Undecided);

static VARIABLE: Shape = shape(
    &[
        ("type", EXPRESSION),
        ("default", LITERAL),
        ("description", LITERAL),
        ("sensitive", LITERAL),
        ("nullable", LITERAL),
        ("ephemeral", LITERAL),
        ("validation", Member::Block(0, &TEMPLATES)),
    ],
    TEMPLATE,
);

static OUTPUT: Shape = shape(
    &[
        ("description", LITERAL),
        ("sensitive", LITERAL),
        ("ephemeral", LITERAL),
        ("depends_on", EXPRESSION),
        ("precondition", Member::Block(0, &TEMPLATES)),
    ],
    TEMPLATE,
);

static MODULE: Shape = shape(
    &[
        ("source", LITERAL),
        ("version", LITERAL),
        ("providers", EXPRESSION),
        ("depends_on", EXPRESSION),
    ],
    TEMPLATE,
);

static PROVIDER: Shape = shape(
    &[("alias", LITERAL), ("version", LITERAL)],
    Member::Undecided,
);

static LIFECYCLE: Shape = shape(
    &[
        ("create_before_destroy", LITERAL),
        ("prevent_destroy", LITERAL),
        ("destroy", LITERAL),
        ("ignore_changes", EXPRESSION),
        ("replace_triggered_by", EXPRESSION),
        ("precondition", Member::Block(0, &TEMPLATES)),
        ("postcondition", Member::Block(0, &TEMPLATES)),
    ],
    TEMPLATE,
);

static PROVISIONER: Shape = shape(
    &[
        ("when", EXPRESSION),
        ("on_failure", EXPRESSION),
        ("connection", Member::Block(0, &TEMPLATES)),
    ],
    TEMPLATE,
);

static RESOURCE: Shape = shape(
    &[
        ("count", TEMPLATE),
        ("for_each", TEMPLATE),
        ("provider", EXPRESSION),
        ("depends_on", EXPRESSION),
        ("lifecycle", Member::Block(0, &LIFECYCLE)),
        ("provisioner", Member::Block(1, &PROVISIONER)),
        ("connection", Member::Block(0, &TEMPLATES)),
    ],
    Member::Undecided,
);

static TERRAFORM: Shape = shape(
    &[
        ("required_version", LITERAL),
        ("experiments", EXPRESSION),
        ("required_providers", Member::Block(0, &LITERALS)),
        ("backend", Member::Block(1, &LITERALS)),
        ("cloud", Member::Block(0, &OPEN)),
        ("provider_meta", Member::Block(1, &TEMPLATES)),
    ],
    TEMPLATE,
);

static MOVED: Shape = shape(&[("from", EXPRESSION), ("to", EXPRESSION)], TEMPLATE);

static IMPORT: Shape = shape(&[("to", EXPRESSION), ("provider", EXPRESSION)], TEMPLATE);

static REMOVED: Shape = shape(
    &[
        ("from", EXPRESSION),
        ("lifecycle", Member::Block(0, &LIFECYCLE)),
        ("provisioner", Member::Block(1, &PROVISIONER)),
    ],
    TEMPLATE,
);

static CHECK: Shape = shape(
    &[
        ("data", Member::Block(2, &RESOURCE)),
        ("assert", Member::Block(0, &TEMPLATES)),
    ],
    TEMPLATE,
);

static DYNAMIC: Shape = shape(
    &[
        ("iterator", EXPRESSION),
        ("content", Member::Block(0, &OPEN)),
    ],
    TEMPLATE,
);

static ROOT: Shape = shape(
    &[
        ("terraform", Member::Block(0, &TERRAFORM)),
        ("provider", Member::Block(1, &PROVIDER)),
        ("variable", Member::Block(1, &VARIABLE)),
        ("locals", Member::Block(0, &TEMPLATES)),
        ("output", Member::Block(1, &OUTPUT)),
        ("module", Member::Block(1, &MODULE)),
        ("resource", Member::Block(2, &RESOURCE)),
        ("data", Member::Block(2, &RESOURCE)),
        ("ephemeral", Member::Block(2, &RESOURCE)),
        ("moved", Member::Block(0, &MOVED)),
        ("import", Member::Block(0, &IMPORT)),
        ("removed", Member::Block(0, &REMOVED)),
        ("check", Member::Block(1, &CHECK)),
    ],
    LITERAL,
);

/// The body of a file. What a configuration has no block for becomes a block without a body, to be refused as such.
pub(super) fn file(node: &Node) -> (ast::Body, Diagnostics) {
    let (mut body, diags) = json_lower::file(node, &ROOT);
    for a in std::mem::take(&mut body.attributes) {
        body.blocks.push(ast::Block {
            header: a.name.span,
            body: ast::Body {
                attributes: Vec::new(),
                blocks: Vec::new(),
                undecided: Vec::new(),
                span: a.expr.span,
            },
            open: a.expr.span,
            kind: a.name,
            labels: Vec::new(),
            span: a.span,
        });
    }
    (body, diags)
}

/// Decides by a schema what was left open.
pub(super) fn decide(body: &mut ast::Body, schema: &Block) -> Diagnostics {
    if body.undecided.is_empty() {
        return Diagnostics::new();
    }
    json_lower::decide(body, &|name| match schema.blocks.get(name) {
        Some(b) => Member::Block(usize::from(b.nesting == Nesting::Map), &OPEN),
        None if name == "dynamic" && !schema.attributes.contains_key(name) => {
            Member::Block(1, &DYNAMIC)
        }
        None => TEMPLATE,
    })
}

/// Takes what was left open as arguments, where there is no schema.
pub(super) fn decide_freely(body: &mut ast::Body) -> Diagnostics {
    json_lower::decide(body, &|_| TEMPLATE)
}
