//! Bodies of blocks: checked against a schema and bound once, evaluated for every instance.

use std::sync::Arc;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::eval::{self, EvalContext};
use cloudapp_lang::functions::Functions;
use cloudapp_lang::syntax::ast;
use cloudapp_lang::value::{Kind, convert};
use cloudapp_lang::{Diagnostic, Diagnostics, Marks, Path, PathStep, Span, Str, Type, Value};
use litemap::LiteMap;

use super::dialect::{self, Dialect};
use super::json;
use super::names::Names;
use crate::evaluation::{has_infinity, infinite};
use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::scope::Scope;

/// A block of configuration, bound and known to fit its schema but for what only values can show.
#[derive(Debug, Default)]
pub(crate) struct BlockConfig {
    pub(crate) attributes: LiteMap<Str, AttributeConfig>,
    pub(crate) blocks: LiteMap<Str, Vec<BlockItem>>,
    /// What an error about the whole block points to.
    pub(crate) header: Option<Span>,
}

#[derive(Debug)]
pub(crate) struct AttributeConfig {
    pub(crate) expr: ast::Expr,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum BlockItem {
    Static {
        label: Option<Str>,
        config: BlockConfig,
    },
    Dynamic(Box<DynamicBlock>),
}

/// `dynamic "name" { for_each = … content { … } }`
#[derive(Debug)]
pub(crate) struct DynamicBlock {
    pub(crate) for_each: ast::Expr,
    pub(crate) label: Option<ast::Expr>,
    pub(crate) content: BlockConfig,
}

impl BlockConfig {
    /// Whether blocks of it are repeated by values, perhaps not even once.
    pub(crate) fn has_dynamic_blocks(&self) -> bool {
        self.blocks.values().flatten().any(|b| match b {
            BlockItem::Static { config, .. } => config.has_dynamic_blocks(),
            BlockItem::Dynamic(_) => true,
        })
    }
}

/// Fits bodies to schemas while binding them.
pub(crate) struct BodyCompiler<'a, 'n> {
    pub(crate) names: &'a mut Names<'n>,
    pub(crate) functions: &'a Functions,
    pub(crate) diags: &'a mut Diagnostics,
    /// What the body belongs to, for messages: a resource type, or `provider tencentcloud`.
    pub(crate) owner: &'a str,
}

impl BodyCompiler<'_, '_> {
    /// Binds an expression, reporting what cannot be bound.
    pub(crate) fn bind(&mut self, mut expr: ast::Expr) -> ast::Expr {
        self.diags.append(eval::bind(&mut expr, self.names));
        self.diags
            .append(eval::check_functions(&expr, self.functions));
        expr
    }

    pub(crate) fn compile(
        &mut self,
        mut body: ast::Body,
        header: Span,
        schema: &Block,
    ) -> BlockConfig {
        self.diags.append(json::decide(&mut body, schema));
        let mut out = BlockConfig {
            header: Some(header),
            attributes: LiteMap::with_capacity(body.attributes.len()),
            ..BlockConfig::default()
        };
        for a in body.attributes {
            self.attribute(a, schema, &mut out);
        }
        for b in body.blocks {
            self.block(b, schema, &mut out);
        }
        self.check_complete(schema, &out, header);
        out
    }

    fn attribute(&mut self, a: ast::Attribute, schema: &Block, out: &mut BlockConfig) {
        let name = a.name.name.clone();
        let expr = self.bind(a.expr);
        match schema.attributes.get(&name) {
            Some(s) if s.is_settable() => {
                if s.deprecated {
                    self.diags.push(deprecated(&name, a.name.span));
                }
                out.attributes
                    .insert(name, AttributeConfig { expr, span: a.span });
            }
            Some(_) => self.refuse_read_only(&name, a.name.span, a.span),
            None => self.unknown_argument(&name, a.name.span, a.span, schema),
        }
    }

    fn refuse_read_only(&mut self, name: &str, span: Span, context: Span) {
        if self.names.dialect.is_package() {
            self.diags
                .push(dialect::unknown_argument(self.owner, name, span, None));
            return;
        }
        self.diags.push(
            Diagnostic::error(
                "read-only-argument",
                "Argument cannot be set",
                format!("\"{name}\" of {} is decided by the provider.", self.owner),
            )
            .at(span)
            .within(context)
            .hint("Remove the argument."),
        );
    }

    fn unknown_argument(&mut self, name: &str, span: Span, context: Span, schema: &Block) {
        let settable = schema
            .attributes
            .iter()
            .filter(|(_, a)| a.is_settable())
            .map(|(n, _)| &**n);
        let suggestion = nearest(name, settable.chain(schema.blocks.keys().map(|n| &**n)));
        if self.names.dialect.is_package() {
            self.diags.push(dialect::unknown_argument(
                self.owner, name, span, suggestion,
            ));
            return;
        }
        let hint = if schema.blocks.contains_key(name) {
            format!("\"{name}\" is a block: write {name} {{ … }} without an equals sign.")
        } else {
            suggestion.map_or_else(
                || "Remove the argument.".to_owned(),
                |s| format!("Did you mean \"{s}\"?"),
            )
        };
        self.diags.push(
            Diagnostic::error(
                "unknown-argument",
                "Argument is not known",
                format!("{} has no argument \"{name}\".", self.owner),
            )
            .at(span)
            .within(context)
            .hint(hint),
        );
    }

    fn block(&mut self, b: ast::Block, schema: &Block, out: &mut BlockConfig) {
        if &*b.kind.name == "dynamic" && !schema.blocks.contains_key("dynamic") {
            return self.dynamic(b, schema, out);
        }
        let Some(nested) = schema.blocks.get(&b.kind.name) else {
            return self.unknown_block(&b, schema);
        };
        if nested.block.deprecated {
            self.diags.push(deprecated(&b.kind.name, b.kind.span));
        }
        let label = self.labels(&b, nested);
        let config = self.compile(b.body, b.header, &nested.block);
        out.blocks
            .entry(b.kind.name)
            .or_default()
            .push(BlockItem::Static { label, config });
    }

    fn labels(&mut self, b: &ast::Block, nested: &NestedBlock) -> Option<Str> {
        let wanted = usize::from(nested.nesting == Nesting::Map);
        if b.labels.len() != wanted {
            let hint = if wanted == 0 {
                "Remove the label."
            } else {
                "Write one label after the name."
            };
            self.diags.push(
                Diagnostic::error(
                    "block-labels",
                    "Wrong number of labels",
                    format!("\"{}\" takes {wanted} labels.", b.kind.name),
                )
                .at(b.labels.get(wanted).map_or(b.header, |l| l.span))
                .within(b.header)
                .hint(hint),
            );
        }
        b.labels.first().map(|l| l.name.clone())
    }

    fn unknown_block(&mut self, b: &ast::Block, schema: &Block) {
        let name = &*b.kind.name;
        let names = schema.blocks.keys().map(|n| &**n);
        let suggestion = nearest(name, names);
        if self.names.dialect.is_package() {
            self.bind_all(b.body.clone());
            self.diags.push(dialect::unknown_argument(
                self.owner,
                name,
                b.kind.span,
                suggestion,
            ));
            return;
        }
        let hint = if schema.attributes.contains_key(name) {
            format!("\"{name}\" is an argument: write {name} = … with an equals sign.")
        } else {
            suggestion.map_or_else(
                || "Remove the block.".to_owned(),
                |s| format!("Did you mean \"{s}\"?"),
            )
        };
        self.diags.push(
            Diagnostic::error(
                "unknown-block",
                "Block is not known",
                format!("{} has no block \"{name}\".", self.owner),
            )
            .at(b.kind.span)
            .within(b.header)
            .hint(hint),
        );
    }

    /// Binds what is ignored otherwise, so that its references still order the graph.
    fn bind_all(&mut self, mut body: ast::Body) {
        self.diags.append(json::decide_freely(&mut body));
        for a in body.attributes {
            self.bind(a.expr);
        }
        for b in body.blocks {
            self.bind_all(b.body);
        }
    }

    fn dynamic(&mut self, b: ast::Block, schema: &Block, out: &mut BlockConfig) {
        let [label] = &b.labels[..] else {
            self.diags.push(
                Diagnostic::error(
                    "block-labels",
                    "Wrong number of labels",
                    "\"dynamic\" takes one label: the block to make.",
                )
                .at(b.header)
                .hint("Write dynamic \"name\" { for_each = … content { … } }."),
            );
            return;
        };
        let name = label.name.clone();
        let Some(nested) = schema.blocks.get(&name) else {
            let as_block = ast::Block {
                kind: label.clone(),
                labels: Vec::new(),
                ..b
            };
            return self.unknown_block(&as_block, schema);
        };
        let mut parts = DynamicParts::default();
        for a in b.body.attributes {
            match &*a.name.name {
                "for_each" => parts.for_each = Some(a.expr),
                "iterator" => parts.iterator = self.iterator_name(&a.expr),
                "labels" => parts.labels = Some(a.expr),
                other => {
                    let text = other.to_owned();
                    self.unknown_in_dynamic(&text, a.name.span);
                }
            }
        }
        for inner in b.body.blocks {
            match &*inner.kind.name {
                "content" if parts.content.is_none() => parts.content = Some(inner),
                other => {
                    let text = other.to_owned();
                    self.unknown_in_dynamic(&text, inner.kind.span);
                }
            }
        }
        let (Some(for_each), Some(content)) = (parts.for_each, parts.content) else {
            self.diags.push(
                Diagnostic::error(
                    "incomplete-dynamic",
                    "Dynamic block is not complete",
                    "It needs \"for_each\" and one \"content\" block.",
                )
                .at(b.header)
                .hint("Write dynamic \"name\" { for_each = … content { … } }."),
            );
            return;
        };
        let for_each = self.bind(for_each);
        self.names
            .iterators
            .push(parts.iterator.unwrap_or_else(|| name.clone()));
        let label = parts.labels.map(|e| self.bind(e));
        let content = self.compile(content.body, b.header, &nested.block);
        self.names.iterators.pop();
        let item = BlockItem::Dynamic(Box::new(DynamicBlock {
            for_each,
            label,
            content,
        }));
        out.blocks.entry(name).or_default().push(item);
    }

    fn iterator_name(&mut self, expr: &ast::Expr) -> Option<Str> {
        match &expr.kind {
            ast::ExprKind::Reference(r) if r.steps.is_empty() => Some(r.root.name.clone()),
            _ => {
                self.diags.push(
                    Diagnostic::error(
                        "invalid-iterator",
                        "Iterator is not a name",
                        "\"iterator\" takes a plain name.",
                    )
                    .at(expr.span)
                    .hint("Write iterator = item."),
                );
                None
            }
        }
    }

    fn unknown_in_dynamic(&mut self, name: &str, span: Span) {
        self.diags.push(
            Diagnostic::error(
                "unknown-argument",
                "Argument is not known",
                format!("A dynamic block has no \"{name}\"."),
            )
            .at(span)
            .hint("It has for_each, iterator, labels and one content block."),
        );
    }

    fn check_complete(&mut self, schema: &Block, out: &BlockConfig, header: Span) {
        for (name, a) in &schema.attributes {
            if a.required && !out.attributes.contains_key(name) {
                // What a provider can decide by itself, real packages leave out.
                let left_out = a.computed && self.names.dialect.is_package();
                self.diags.push(if left_out {
                    dialect::argument_left_out(self.owner, name, header)
                } else {
                    missing_argument(name, a, self.owner, header)
                });
            }
        }
        for (name, nested) in &schema.blocks {
            let items = out.blocks.get(name).map_or(&[][..], Vec::as_slice);
            let fixed = items
                .iter()
                .filter(|i| matches!(i, BlockItem::Static { .. }))
                .count();
            if items.is_empty() && nested.min_items > 0 && self.names.dialect.is_package() {
                self.diags
                    .push(dialect::argument_left_out(self.owner, name, header));
            } else if fixed == items.len() {
                if let Err(d) = check_count(name, nested, fixed, items) {
                    self.diags.push(d.or_at(header));
                }
            } else if nested.max_items > 0 && fixed as u64 > nested.max_items {
                self.diags.push(too_many(name, nested, fixed).or_at(header));
            }
        }
    }
}

/// The values of several blocks of one kind, with their labels.
type LabelledBlocks = Vec<(Option<Str>, Value)>;

#[derive(Default)]
struct DynamicParts {
    for_each: Option<ast::Expr>,
    iterator: Option<Str>,
    labels: Option<ast::Expr>,
    content: Option<ast::Block>,
}

fn check_count(
    name: &str,
    nested: &NestedBlock,
    count: usize,
    items: &[BlockItem],
) -> Result<(), Diagnostic> {
    if (count as u64) < nested.min_items {
        return Err(Diagnostic::error(
            "missing-block",
            "Required block is missing",
            format!(
                "At least {} \"{name}\" block{} must stand here; there {} {count}.",
                nested.min_items,
                plural(nested.min_items),
                if count == 1 { "is" } else { "are" }
            ),
        )
        .hint(format!("Add {name} {{ … }}.")));
    }
    let max = if nested.nesting == Nesting::Single {
        1
    } else {
        nested.max_items
    };
    if max > 0 && count as u64 > max {
        let d = too_many(name, nested, count);
        return Err(match items.get(max as usize) {
            Some(BlockItem::Static {
                config: BlockConfig {
                    header: Some(h), ..
                },
                ..
            }) => d.at(*h),
            _ => d,
        });
    }
    Ok(())
}

fn too_many(name: &str, nested: &NestedBlock, count: usize) -> Diagnostic {
    let max = nested.max_items.max(1);
    Diagnostic::error(
        "too-many-blocks",
        "Too many blocks",
        format!(
            "At most {max} \"{name}\" block{} may stand here; there are {count}.",
            plural(max)
        ),
    )
    .hint("Remove the others.")
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn missing_argument(name: &str, a: &Attribute, owner: &str, header: Span) -> Diagnostic {
    Diagnostic::error(
        "missing-argument",
        "Required argument is missing",
        format!("{owner} needs \"{name}\", a {}.", a.ty.friendly()),
    )
    .at(header)
    .hint(format!("Add {name} = …"))
}

fn deprecated(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        "deprecated-argument",
        "Argument is deprecated",
        format!("The provider means to drop \"{name}\"."),
    )
    .at(span)
    .hint("See the provider's documentation for what replaces it.")
}

/// Evaluates bodies.
#[derive(Clone, Copy)]
pub(crate) struct BodyEvaluator<'a> {
    pub(crate) functions: &'a Functions,
    pub(crate) dialect: Dialect,
    pub(crate) owner: &'a str,
}

impl BodyEvaluator<'_> {
    /// The value of a block, conforming to its schema. Findings may be warnings.
    pub(crate) fn block(
        &self,
        config: &BlockConfig,
        schema: &Block,
        scope: &Scope<'_>,
    ) -> (Value, Diagnostics) {
        let mut diags = Diagnostics::new();
        let v = self.block_value(config, schema, scope, &mut diags);
        (v, diags)
    }

    fn block_value(
        &self,
        config: &BlockConfig,
        schema: &Block,
        scope: &Scope<'_>,
        diags: &mut Diagnostics,
    ) -> Value {
        let empty = schema.empty();
        let mut out = empty.as_entries().cloned().unwrap_or_default();
        // All are in name order and what is configured is in the schema: one walk through each finds it.
        let (mut places, mut known) = (out.iter_mut(), schema.attributes.iter());
        for (name, c) in &config.attributes {
            let (place, a) = (places.find(|p| p.0 == name), known.find(|k| k.0 == name));
            if let (Some((_, place)), Some((_, a))) = (place, a) {
                *place = self.attribute(name, a, c, scope, diags);
            }
        }
        let (mut places, mut known) = (out.iter_mut(), schema.blocks.iter());
        for (name, items) in &config.blocks {
            let (place, nested) = (places.find(|p| p.0 == name), known.find(|k| k.0 == name));
            if let (Some((_, place)), Some((_, nested))) = (place, nested) {
                let header = config.header;
                *place = self.nested(name, nested, items, place, scope, diags, header);
            }
        }
        Kind::Object(Arc::new(out)).into()
    }

    fn attribute(
        &self,
        name: &str,
        a: &Attribute,
        c: &AttributeConfig,
        scope: &Scope<'_>,
        diags: &mut Diagnostics,
    ) -> Value {
        let cx = EvalContext {
            scope,
            functions: self.functions,
        };
        let value = diags
            .take(eval::evaluate(&c.expr, cx))
            .and_then(|v| self.fit(name, v, &a.ty, c, diags));
        let Some(value) = value else {
            return Value::unknown(a.ty.without_optional());
        };
        if a.required && value.is_null() {
            diags.push(
                Diagnostic::error(
                    "argument-is-null",
                    "Required argument has no value",
                    format!("{} needs \"{name}\", but its value is null.", self.owner),
                )
                .at(c.expr.span)
                .within(c.span)
                .hint("Give the value, or the variable that it comes from."),
            );
        }
        if has_infinity(&value) {
            let what = format!("\"{name}\" of {}", self.owner);
            diags.push(infinite(&what, c.expr.span));
        }
        if value.marks_deep().is_ephemeral() && !a.write_only && scope.is_stored() {
            diags.push(
                Diagnostic::error("ephemeral-value", "Ephemeral value cannot be stored", format!("\"{name}\" of {} is kept in the state, which an ephemeral value must not enter.", self.owner))
                    .at(c.expr.span)
                    .hint("Use a value that is not ephemeral."),
            );
        }
        value
    }

    fn fit(
        &self,
        name: &str,
        value: Value,
        ty: &Type,
        c: &AttributeConfig,
        diags: &mut Diagnostics,
    ) -> Option<Value> {
        let error = match convert(&value, ty) {
            Ok(v) => return Some(v),
            Err(e) => e,
        };
        if self.dialect.is_package()
            && ty.is_primitive()
            && let Some([only]) = value.as_items()
            && let Ok(v) = convert(&only.clone().mark(value.marks()), ty)
        {
            diags.push(
                Diagnostic::warning(
                    "single-element-list",
                    "A list stands for one value",
                    format!(
                        "\"{name}\" of {} is a {}; the list's only element is taken.",
                        self.owner,
                        ty.friendly()
                    ),
                )
                .at(c.expr.span)
                .hint("Write the element without brackets."),
            );
            return Some(v);
        }
        let at = if error.path.0.is_empty() {
            String::new()
        } else {
            format!(" (at {})", error.path)
        };
        diags.push(
            Diagnostic::error(
                "wrong-type",
                "Wrong type of value",
                format!(
                    "\"{name}\" of {} takes a {}{at}: {error}.",
                    self.owner,
                    ty.friendly()
                ),
            )
            .at(c.expr.span)
            .within(c.span)
            .hint(format!("Give a {}.", ty.friendly())),
        );
        None
    }

    /// `none` is the value of no blocks.
    #[allow(clippy::too_many_arguments)] // each is another thing
    fn nested(
        &self,
        name: &str,
        nested: &NestedBlock,
        items: &[BlockItem],
        none: &Value,
        scope: &Scope<'_>,
        diags: &mut Diagnostics,
        header: Option<Span>,
    ) -> Value {
        let mut made: LabelledBlocks = Vec::with_capacity(items.len());
        let mut marks = Marks::NONE;
        let mut unknown = false;
        for item in items {
            match item {
                BlockItem::Static { label, config } => {
                    let v = self.block_value(config, &nested.block, scope, diags);
                    made.push((label.clone(), v));
                }
                BlockItem::Dynamic(d) => match self.dynamic(d, nested, scope, diags) {
                    Some((more, m)) => {
                        made.extend(more);
                        marks = marks.with(m);
                    }
                    None => unknown = true,
                },
            }
        }
        if unknown {
            let ty = nested.ty();
            let dynamic = ty.has_dynamic();
            return Value::unknown(if dynamic { Type::Dynamic } else { ty });
        }
        if items.iter().any(|i| matches!(i, BlockItem::Dynamic(_)))
            && let Err(d) = check_count(name, nested, made.len(), items)
        {
            diags.push(match header {
                Some(h) => d.or_at(h),
                None => d,
            });
        }
        let named = |made: LabelledBlocks| {
            let label = |l: Option<Str>| l.unwrap_or_else(|| "".into());
            made.into_iter().map(move |(l, v)| (label(l), v))
        };
        let value = match none.kind() {
            Kind::Map(m) => Value::map(m.element.clone(), named(made)),
            Kind::Object(_) => Value::object(named(made)),
            kind => {
                let mut values = made.into_iter().map(|(_, v)| v);
                match kind {
                    Kind::List(l) => Value::list(l.element.clone(), values.collect()),
                    Kind::Set(l) => Value::set(l.element.clone(), values.collect()),
                    Kind::Tuple(_) => Value::tuple(values),
                    // A single block.
                    _ => values.next().unwrap_or_else(|| none.clone()),
                }
            }
        };
        value.mark(marks)
    }

    /// The blocks that a dynamic block makes; none where that is not known.
    fn dynamic(
        &self,
        d: &DynamicBlock,
        nested: &NestedBlock,
        scope: &Scope<'_>,
        diags: &mut Diagnostics,
    ) -> Option<(LabelledBlocks, Marks)> {
        let cx = EvalContext {
            scope,
            functions: self.functions,
        };
        let value = diags.take(eval::evaluate(&d.for_each, cx))?;
        let (value, marks) = value.unmark();
        let pairs: Vec<(Value, Value)> = match value.kind() {
            Kind::Unknown(_) => {
                // Still evaluated once, so that mistakes in the content show before the value is known.
                let inner = scope.with_iterator(Value::dynamic(), Value::dynamic());
                self.block_value(&d.content, &nested.block, &inner, diags);
                return None;
            }
            Kind::Map(_) | Kind::Object(_) => value
                .as_entries()
                .into_iter()
                .flatten()
                .map(|(k, v)| (Value::string(k.clone()), v.clone()))
                .collect(),
            Kind::Set(s) => s.items.iter().map(|v| (v.clone(), v.clone())).collect(),
            Kind::List(_) | Kind::Tuple(_) => value
                .as_items()
                .into_iter()
                .flatten()
                .enumerate()
                .map(|(i, v)| (Value::number(i), v.clone()))
                .collect(),
            _ => {
                diags.push(
                    Diagnostic::error(
                        "invalid-for-each",
                        "Value cannot be repeated over",
                        format!(
                            "\"for_each\" takes a list, set, map or object; this is {}.",
                            describe(&value)
                        ),
                    )
                    .at(d.for_each.span)
                    .hint("Give a collection; an empty one makes no block."),
                );
                return Some((Vec::new(), marks));
            }
        };
        let mut out = Vec::with_capacity(pairs.len());
        for (key, element) in pairs {
            let inner = scope.with_iterator(key.mark(marks), element.mark(marks));
            let label = match &d.label {
                Some(e) => diags
                    .take(eval::evaluate(
                        e,
                        EvalContext {
                            scope: &inner,
                            functions: self.functions,
                        },
                    ))
                    .and_then(|v| v.as_items().and_then(|i| i.first().cloned()))
                    .and_then(|v| v.as_str().map(Into::into)),
                None => None,
            };
            out.push((
                label,
                self.block_value(&d.content, &nested.block, &inner, diags),
            ));
        }
        Some((out, marks))
    }
}

fn describe(v: &Value) -> String {
    if v.is_null() {
        "null".to_owned()
    } else {
        format!("a {}", v.ty().friendly())
    }
}

impl BlockConfig {
    /// The place in the files of what a path into the block's value speaks of.
    pub(crate) fn locate(&self, path: &Path) -> Option<Span> {
        let mut steps = path.0.iter();
        let mut block = self;
        loop {
            let Some(PathStep::Attr(name)) = steps.next() else {
                return block.header;
            };
            if let Some(a) = block.attributes.get(name) {
                return Some(locate_in(&a.expr, steps.as_slice()));
            }
            let Some(items) = block.blocks.get(name) else {
                return block.header;
            };
            let rest = steps.as_slice();
            let index = match rest.first() {
                Some(PathStep::Index(i)) => {
                    steps.next();
                    *i
                }
                Some(PathStep::Element | PathStep::Key(_)) => {
                    steps.next();
                    0
                }
                _ => 0,
            };
            block = match items.get(index).or_else(|| items.last()) {
                Some(BlockItem::Static { config, .. }) => config,
                Some(BlockItem::Dynamic(d)) => &d.content,
                None => return block.header,
            };
        }
    }
}

/// Follows a path into literal tuples and objects.
fn locate_in(expr: &ast::Expr, path: &[PathStep]) -> Span {
    let Some((step, rest)) = path.split_first() else {
        return expr.span;
    };
    let inner = match (&expr.kind, step) {
        (ast::ExprKind::Tuple(items), PathStep::Index(i)) => items.get(*i),
        (ast::ExprKind::Object(items), PathStep::Attr(n) | PathStep::Key(n)) => items
            .iter()
            .find(|i| matches!(&i.key.kind, ast::ExprKind::Literal(v) if v.as_str() == Some(n)))
            .map(|i| &i.value),
        _ => None,
    };
    inner.map_or(expr.span, |e| locate_in(e, rest))
}
