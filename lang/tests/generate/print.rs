//! Expressions as source text, in one of many ways to write them.

use cloudapp_lang::syntax::ast::UnaryOp;

use super::choices::Choices;
use super::tree::{For, Key, Part, Step, Tree, symbol};

/// Source text of an expression. `style` decides on blanks, comments, separators and the marks that strip blanks.
pub(crate) fn source(tree: &Tree, style: &mut Choices<'_>) -> String {
    let mut p = Printer {
        out: String::new(),
        style,
        brackets: 0,
    };
    p.tree(tree);
    p.out
}

struct Printer<'s, 'b> {
    out: String,
    style: &'s mut Choices<'b>,
    /// Newlines mean nothing inside of these.
    brackets: usize,
}

impl Printer<'_, '_> {
    /// Blanks, or nothing.
    fn gap(&mut self) {
        let all: &[&str] = if self.brackets > 0 {
            &[
                "",
                " ",
                "\n",
                " /* a comment */ ",
                " # to the end\n  ",
                "\t",
            ]
        } else {
            &["", " ", " /* a comment */ ", "  "]
        };
        let gap = self.style.of(all);
        self.out.push_str(gap);
    }

    fn tree(&mut self, t: &Tree) {
        match t {
            Tree::Null => self.out.push_str("null"),
            Tree::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Tree::Number(n) => self.out.push_str(n),
            Tree::Name(n) => self.out.push_str(n),
            Tree::Text(s) => {
                self.out.push('"');
                self.quoted(s, false);
                self.out.push('"');
            }
            Tree::Wrapped(e) => {
                self.out.push('"');
                self.interpolation("${", e, "}");
                self.out.push('"');
            }
            Tree::Template(parts) => {
                self.out.push('"');
                self.parts(parts, Form::Quoted);
                self.out.push('"');
            }
            Tree::Heredoc(parts) => {
                self.out.push_str("<<EOT\n");
                self.parts(parts, Form::Lines);
                self.out.push_str("EOT\n");
            }
            Tree::Steps(source, steps) => {
                self.tree(source);
                self.steps(steps);
            }
            Tree::Splat(source, each) => {
                self.tree(source);
                self.out.push_str("[*]");
                self.steps(each);
            }
            Tree::AttributeSplat(source, each) => {
                self.tree(source);
                self.out.push_str(".*");
                self.steps(each);
            }
            Tree::Call { name, args, expand } => {
                self.out.push_str(name);
                self.brackets += 1;
                self.out.push('(');
                self.gap();
                self.list(args);
                if *expand {
                    self.out.push_str("...");
                }
                self.gap();
                self.out.push(')');
                self.brackets -= 1;
            }
            Tree::Conditional(c) => {
                self.tree(&c[0]);
                self.out.push_str(" ?");
                self.out.push(' ');
                self.tree(&c[1]);
                self.out.push_str(" : ");
                self.tree(&c[2]);
            }
            Tree::Unary(op, e) => {
                self.out.push(if *op == UnaryOp::Not { '!' } else { '-' });
                // Not a newline, which hcl-edit does not expect here even between brackets.
                let gap = *self.style.of(&["", " "]);
                self.out.push_str(gap);
                self.tree(e);
            }
            Tree::Binary(op, a, b) => {
                self.tree(a);
                self.out.push(' ');
                self.out.push_str(symbol(*op));
                // Not a newline, which hcl-edit does not expect here even between some brackets.
                let gap = *self.style.of(&[" ", "  ", " /* a comment */ "]);
                self.out.push_str(gap);
                self.tree(b);
            }
            Tree::Tuple(items) => {
                self.brackets += 1;
                self.out.push('[');
                self.gap();
                self.list(items);
                let comma = !items.is_empty() && self.style.one_in(3);
                if comma {
                    self.out.push(',');
                }
                self.gap();
                self.out.push(']');
                self.brackets -= 1;
            }
            Tree::Object(items) => self.object(items),
            Tree::For(f) => self.for_expr(f),
            Tree::Parentheses(e) => {
                self.brackets += 1;
                self.out.push('(');
                self.gap();
                self.tree(e);
                self.gap();
                self.out.push(')');
                self.brackets -= 1;
            }
        }
    }

    fn list(&mut self, items: &[Tree]) {
        for (i, e) in items.iter().enumerate() {
            if i > 0 {
                self.out.push(',');
                self.gap();
            }
            self.tree(e);
        }
    }

    fn object(&mut self, items: &[(Key, Tree)]) {
        // A newline ends an item, so none may stand in one.
        let outside = std::mem::take(&mut self.brackets);
        let lines = self.style.one_in(2);
        self.out.push('{');
        self.out.push_str(if lines { "\n" } else { " " });
        for (i, (key, value)) in items.iter().enumerate() {
            // hcl-edit goes on in the next line where that begins with a parenthesis: `x = null` and `(y) = 1` are a
            // call there.
            let parenthesis = matches!(key, Key::Is(Tree::Parentheses(_)));
            match i {
                0 => {}
                _ if lines && parenthesis => self.out.push_str(",\n"),
                _ if lines => self.out.push('\n'),
                _ => self.out.push_str(", "),
            }
            match key {
                Key::Name(n) => self.out.push_str(n),
                Key::Is(e) => self.tree(e),
            }
            let sign = *self.style.of(&[" = ", "=", ": ", " : "]);
            self.out.push_str(sign);
            self.tree(value);
        }
        self.out.push_str(if lines { "\n}" } else { " }" });
        self.brackets = outside;
    }

    fn for_expr(&mut self, f: &For) {
        let (open, close) = if f.key.is_some() {
            ('{', '}')
        } else {
            ('[', ']')
        };
        // hcl-edit ends an expression of an object's `for` at a newline, where Terraform goes on.
        let outside = self.brackets;
        self.brackets = if f.key.is_some() { 0 } else { outside + 1 };
        self.out.push(open);
        self.gap();
        self.out.push_str("for ");
        if let Some(k) = &f.key_var {
            self.out.push_str(k);
            self.out.push_str(", ");
        }
        self.out.push_str(&f.value_var);
        self.out.push_str(" in ");
        self.tree(&f.collection);
        self.out.push_str(" :");
        self.out.push(' ');
        if let Some(key) = &f.key {
            self.tree(key);
            self.out.push_str(" => ");
        }
        self.tree(&f.value);
        if f.group {
            self.out.push_str("...");
        }
        if let Some(c) = &f.condition {
            self.out.push_str(" if ");
            self.tree(c);
        }
        self.gap();
        self.out.push(close);
        self.brackets = outside;
    }

    fn steps(&mut self, steps: &[Step]) {
        for s in steps {
            match s {
                Step::Attr(n) => {
                    self.out.push('.');
                    self.out.push_str(n);
                }
                Step::Legacy(n) => {
                    self.out.push_str(&format!(".{n}"));
                }
                Step::Index(e) => {
                    self.brackets += 1;
                    self.out.push('[');
                    self.gap();
                    self.tree(e);
                    self.gap();
                    self.out.push(']');
                    self.brackets -= 1;
                }
                Step::Splat(each) => {
                    self.out.push_str("[*]");
                    self.steps(each);
                }
            }
        }
    }

    fn interpolation(&mut self, open: &str, e: &Tree, close: &str) {
        // Whether a newline may stand between these is not agreed upon; it may not here.
        let outside = std::mem::take(&mut self.brackets);
        // Nor a comment: the formatter would find a string that is only an interpolation when it comes again.
        self.out.push_str(open);
        let gap = *self.style.of(&["", " "]);
        self.out.push_str(gap);
        self.tree(e);
        self.out.push_str(gap);
        self.out.push_str(close);
        self.brackets = outside;
    }

    fn parts(&mut self, parts: &[Part], form: Form) {
        for (i, p) in parts.iter().enumerate() {
            match p {
                Part::Literal(s) => {
                    let last = i + 1 == parts.len();
                    match form {
                        Form::Quoted => self.quoted(s, !last),
                        Form::Lines => self.line(s, !last),
                    }
                }
                Part::Is(e) => {
                    // A mark takes away blanks that are put there for it alone.
                    let before = form == Form::Quoted && i > 0 && ends_solid(&parts[i - 1]);
                    let after = form == Form::Quoted && parts.get(i + 1).is_some_and(starts_solid);
                    let before = before && self.style.one_in(4);
                    let after = after && self.style.one_in(4);
                    if before {
                        self.out.push_str("  ");
                    }
                    let open = if before { "${~" } else { "${" };
                    let close = if after { "~}" } else { "}" };
                    self.interpolation(open, e, close);
                    if after {
                        self.out.push_str("\\n ");
                    }
                }
                Part::If(condition, then, otherwise) => {
                    self.interpolation("%{ if ", condition, " }");
                    self.nested(then, form);
                    if let Some(parts) = otherwise {
                        self.out.push_str("%{ else }");
                        self.nested(parts, form);
                    }
                    self.out.push_str("%{ endif }");
                }
                Part::For {
                    key_var,
                    value_var,
                    collection,
                    body,
                } => {
                    let key = key_var.as_ref().map_or(String::new(), |k| format!("{k}, "));
                    let open = format!("%{{ for {key}{value_var} in ");
                    self.interpolation(&open, collection, " }");
                    self.nested(body, form);
                    self.out.push_str("%{ endfor }");
                }
            }
        }
    }

    /// What stands inside of a directive: a marker follows whatever is last.
    fn nested(&mut self, parts: &[Part], form: Form) {
        match parts.split_last() {
            Some((Part::Literal(s), before)) => {
                self.parts(before, form);
                match form {
                    Form::Quoted => self.quoted(s, true),
                    Form::Lines => self.line(s, true),
                }
            }
            _ => self.parts(parts, form),
        }
    }

    fn quoted(&mut self, s: &str, before_marker: bool) {
        let mut rest = s.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '$' | '%' if rest.peek() == Some(&'{') => {
                    self.out.push(c);
                    self.out.push(c);
                }
                // Before a brace or its double it would say something else.
                '$' | '%' if before_marker && rest.peek().is_none_or(|n| *n == c) => {
                    self.out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                '$' | '%' if rest.peek() == Some(&c) => {
                    self.out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c if !c.is_ascii() && self.style.one_in(4) => {
                    self.out.push_str(&format!("\\U{:08x}", u32::from(c)));
                }
                c => self.out.push(c),
            }
        }
    }

    fn line(&mut self, s: &str, before_marker: bool) {
        let s = if before_marker {
            s.trim_end_matches(['$', '%'])
        } else {
            s
        };
        self.out
            .push_str(&s.replace("${", "$${").replace("%{", "%%{"));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Quoted,
    Lines,
}

fn ends_solid(p: &Part) -> bool {
    matches!(p, Part::Literal(s) if !s.ends_with(char::is_whitespace))
}

fn starts_solid(p: &Part) -> bool {
    matches!(p, Part::Literal(s) if !s.starts_with(char::is_whitespace))
}
