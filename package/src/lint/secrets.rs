//! Secrets that are written in the source: every customer gets the same, and whoever reads the package knows it.
//!
//! No finding repeats the secret.

use cloudapp_lang::syntax::ast::{Expr, ExprKind, Step, Template, TemplatePart};
use cloudapp_lang::{Diagnostic, Diagnostics, FileId, SourceMap, Span};

use super::LintInput;
use super::stack::{Argument, Stack, arguments, literal};
use super::types::key;
use crate::package::Package;

/// How the identifiers of the cloud's access keys begin, and how long they are at least.
const ACCESS_KEY: &str = "AKID";
const ACCESS_KEY_LENGTH: usize = 32;

/// Words before an equals sign or a colon behind which a secret stands.
const WORDS: [&str; 8] = [
    "password",
    "passwd",
    "pwd",
    "secret_key",
    "secretkey",
    "secret_id",
    "access_key",
    "private_key",
];

/// No secret is shorter.
const SHORTEST: usize = 4;

/// How deep expressions are followed.
const MAX_DEPTH: usize = 64;

pub(super) fn check(
    package: &Package,
    stack: &Stack,
    input: &LintInput<'_>,
    found: &mut Diagnostics,
) {
    for resource in stack.resources() {
        for argument in arguments(resource.block) {
            let path = &argument.path;
            if (input.is_sensitive)(&resource.kind.name, path)
                || is_secret_name(&argument.name.name)
            {
                literal_secret(&argument, found);
            } else {
                texts(argument.expr, input.sources, 0, found);
            }
        }
    }
    for variable in stack.variables() {
        let name = &variable.name.name;
        let asked = package.args().iter().filter(|a| a.name.value == *name);
        let is_secret =
            is_secret_name(name) || asked.clone().any(|a| a.widget.value.is_sensitive());
        let default = variable.default.filter(|d| literal(d).is_some_and(is_real));
        if let Some(default) = default.filter(|_| is_secret) {
            found.push(
                written(format!("The default of \"{name}\" is a secret that every installation has."))
                    .at(default.span)
                    .within(variable.block.header)
                    .hint("Remove the default: let the customer enter it, or make it with random_password."),
            );
        }
    }
    for argument in package
        .args()
        .iter()
        .filter(|a| a.widget.value.is_sensitive())
    {
        if let Some(node) = &argument.default_value
            && node.as_str().is_some_and(is_real)
        {
            found.push(
                written(format!(
                    "The form enters a secret for \"{}\" that every customer sees.",
                    argument.name.value
                ))
                .at(node.span)
                .hint("Remove the default."),
            );
        }
    }
    let files = std::iter::once(package.file).chain(input.stack.iter().copied());
    for file in files {
        access_keys(file, input.sources, found);
    }
}

fn written(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::warning("secret-in-source", "Secret in the source", detail)
}

/// Whether a name says that its value is secret.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS
        .iter()
        .any(|w| name == *w || name.ends_with(&format!("_{w}")))
}

/// Whether a text may be a secret rather than something to be filled in.
fn is_real(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let same = |c: char| text.chars().all(|x| x == c);
    text.chars().count() >= SHORTEST
        && !text.starts_with(['$', '<', '{', '%', '(', '[', '*'])
        && !same('x')
        && !same('X')
        && ![
            "true", "false", "null", "none", "your", "changeme", "example",
        ]
        .iter()
        .any(|w| lower.starts_with(w))
}

fn literal_secret(argument: &Argument<'_>, found: &mut Diagnostics) {
    if !literal(argument.expr).is_some_and(is_real) {
        return;
    }
    let detail = format!(
        "\"{}\" is written here, so every installation has the same, and whoever has the package knows it.",
        argument.name.name
    );
    found.push(
        written(detail)
            .at(argument.expr.span)
            .hint("Make it with random_password, or ask for it with the widget secret."),
    );
}

/// Looks into texts, and into objects whose keys say that a value is secret.
fn texts(expr: &Expr, sources: &SourceMap, depth: usize, found: &mut Diagnostics) {
    if depth > MAX_DEPTH {
        return;
    }
    let deeper = depth + 1;
    match &expr.kind {
        ExprKind::Literal(v) if v.as_str().is_some() => in_text(expr, sources, found),
        ExprKind::Template(Template { parts }) => {
            in_text(expr, sources, found);
            for part in parts {
                if let TemplatePart::Interpolation(e) = part {
                    texts(e, sources, deeper, found);
                }
            }
        }
        ExprKind::Wrapped(e) | ExprKind::Parentheses(e) => texts(e, sources, deeper, found),
        ExprKind::Tuple(items) => items.iter().for_each(|e| texts(e, sources, deeper, found)),
        ExprKind::Call(c) => c.args.iter().for_each(|e| texts(e, sources, deeper, found)),
        ExprKind::Conditional(c) => {
            texts(&c.then, sources, deeper, found);
            texts(&c.otherwise, sources, deeper, found);
        }
        ExprKind::Object(items) => {
            for item in items {
                let name = key(&item.key).unwrap_or("");
                match literal(&item.value) {
                    Some(text) if is_secret_name(name) => {
                        if is_real(text) {
                            found.push(
                                written(format!("\"{name}\" is written here, so every installation has the same."))
                                    .at(item.value.span)
                                    .hint("Make it with random_password, or ask for it with the widget secret."),
                            );
                        }
                    }
                    _ => texts(&item.value, sources, deeper, found),
                }
            }
        }
        ExprKind::Reference(r) => {
            for step in &r.steps {
                if let Step::Index(e) = step {
                    texts(e, sources, deeper, found);
                }
            }
        }
        _ => {}
    }
}

/// `password=…` and its like in the source of a text.
fn in_text(expr: &Expr, sources: &SourceMap, found: &mut Diagnostics) {
    let source = sources.text(expr.span);
    let start = expr.span.start as usize;
    for (at, length) in assignments(source) {
        let span = Span::new(expr.span.file, start + at, start + at + length);
        found.push(
            written("A password is written in this text, so every installation has the same, and whoever has the package knows it.")
                .at(span)
                .hint("Put in a value instead, such as ${random_password.NAME.result}."),
        );
    }
}

/// Places and lengths of the secrets in a text.
fn assignments(text: &str) -> Vec<(usize, usize)> {
    let mut all: Vec<(usize, usize)> = Vec::new();
    let lower = text.to_ascii_lowercase();
    for word in WORDS {
        for (i, _) in lower.match_indices(word) {
            let end = i + word.len();
            // A word of its own, or the last part of one: "db_password", not "password_policy".
            let rest = &text[end..];
            let next = rest
                .trim_start_matches(['"', '\'', '\\'])
                .trim_start_matches([' ', '\t']);
            let Some(value) = next.strip_prefix(['=', ':']) else {
                continue;
            };
            let value = value.strip_prefix('=').unwrap_or(value);
            if let Some(found) = value_at(text, value) {
                all.push(found);
            }
        }
    }
    for (i, _) in lower.match_indices("identified by") {
        let value = &text[i + "identified by".len()..];
        if let Some(found) = value_at(text, value) {
            all.push(found);
        }
    }
    for line in lower.split_inclusive('\n').filter(|l| l.contains("mysql")) {
        let offset = line.as_ptr() as usize - lower.as_ptr() as usize;
        for (i, _) in line.match_indices(" -p") {
            let value = &text[offset + i + 3..];
            if !value.starts_with([' ', '\n', '\r'])
                && let Some(found) = value_at(text, value)
            {
                all.push(found);
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The value at the beginning of a rest of a text, if it may be a secret.
fn value_at(text: &str, rest: &str) -> Option<(usize, usize)> {
    let rest = rest
        .trim_start_matches([' ', '\t'])
        .trim_start_matches(['"', '\'', '\\']);
    let end = rest
        .find(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ';' | '&' | '|' | ',' | ')' | '`')
        })
        .unwrap_or(rest.len());
    let value = &rest[..end];
    let real =
        is_real(value) && !value.contains("${") && !value.contains("$(") && !value.starts_with('/');
    real.then(|| (text.len() - rest.len(), end))
}

/// The cloud's access keys anywhere in a file.
pub(super) fn access_keys(file: FileId, sources: &SourceMap, found: &mut Diagnostics) {
    let Some(source) = sources.file(file) else {
        return;
    };
    for (i, _) in source.text.match_indices(ACCESS_KEY) {
        let rest = &source.text[i..];
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let alone = !source.text[..i].ends_with(|c: char| c.is_ascii_alphanumeric());
        let body = &rest[ACCESS_KEY.len()..length];
        let same = body.bytes().all(|b| b == body.as_bytes()[0]);
        if alone && length >= ACCESS_KEY_LENGTH && !same {
            let detail = "An access key of the cloud is written here: whoever has the package can use its account.";
            let d = Diagnostic::warning("access-key-in-source", "Access key in the source", detail);
            found.push(
                d.at(Span::new(file, i, i + length))
                    .hint("Remove it, and have it revoked. The application gets its permissions from its role."),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::assignments;

    #[test]
    fn secrets_are_found_in_texts() {
        for (text, expected) in [
            ("export DB_PASSWORD=hunter22", &["hunter22"][..]),
            ("password: \"s3cret!\"", &["s3cret!"]),
            ("{\"password\": \"s3cret\"}", &["s3cret"]),
            ("{\\\"password\\\": \\\"s3cret\\\"}", &["s3cret"]),
            ("PASSWORD=${random_password.a.result}", &[]),
            ("PASSWORD=$DB_PASSWORD", &[]),
            ("PASSWORD=$(cat /run/secret)", &[]),
            ("password=<yours>", &[]),
            ("password=xxxxxx", &[]),
            ("password_policy=strong", &[]),
            ("enter the password here", &[]),
            ("password: |", &[]),
            ("mysql -uroot -phunter22 -e x", &["hunter22"]),
            ("mysql -uroot -p -e x", &[]),
            ("CREATE USER a IDENTIFIED BY 'hunter22';", &["hunter22"]),
            ("secret_key = abcdef\npwd=/root/x", &["abcdef"]),
            ("密码 password=网络密码吧", &["网络密码吧"]),
        ] {
            let found: Vec<&str> = assignments(text)
                .iter()
                .map(|(at, n)| &text[*at..at + n])
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
