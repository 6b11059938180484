//! Diagnostics for people (with the source and a pointer into it) and for programs (Terraform's JSON shape, with
//! `code` and `hint` besides).

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Message, Renderer, Snippet};
use cloudapp_engine::view::json::{Array, Object};
use cloudapp_lang::source::SourceFile;
use cloudapp_lang::{Diagnostic, Diagnostics, Position, Severity, SourceMap, Span};

use super::palette::Palette;

/// A subject of more lines than this is pointed at by its first line.
const LINES: u32 = 8;

/// One diagnostic as text, ending with a line break.
pub(crate) fn text(d: &Diagnostic, sources: &SourceMap, palette: Palette) -> String {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(d.summary).id(d.code);
    let shown = d
        .subject
        .and_then(|span| Excerpt::of(sources, span, d.context));
    let mut group = match &shown {
        Some(e) => title.element(e.snippet()),
        None => Group::with_title(title),
    };
    for note in notes(d) {
        group = group.element(note);
    }
    let renderer = if palette.is_coloured() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let decor = if palette.is_coloured() {
        DecorStyle::Unicode
    } else {
        DecorStyle::Ascii
    };
    renderer.decor_style(decor).render(&[group]) + "\n"
}

fn notes(d: &Diagnostic) -> Vec<Message<'_>> {
    let mut notes = Vec::new();
    if !d.detail.is_empty() {
        notes.push(Level::NOTE.no_name().message(&*d.detail));
    }
    for (expression, is) in &d.values {
        notes.push(
            Level::NOTE
                .with_name("where")
                .message(format!("{expression} {is}")),
        );
    }
    if let Some(address) = &d.address {
        notes.push(Level::NOTE.with_name("in").message(&**address));
    }
    if !d.hint.is_empty() {
        notes.push(Level::HELP.message(&*d.hint));
    }
    notes
}

/// The lines to show, as a text of their own, so that the cost does not depend on the file's size.
struct Excerpt<'s> {
    name: &'s str,
    text: &'s str,
    first_line: u32,
    subject: Range<usize>,
    /// The first line of the construct around the subject.
    context: Option<Range<usize>>,
}

impl<'s> Excerpt<'s> {
    fn of(sources: &'s SourceMap, subject: Span, context: Option<Span>) -> Option<Self> {
        let file = sources.file(subject.file)?;
        let start = file.position(subject.start);
        let mut end = file.position(subject.end.max(subject.start));
        if end.line - start.line >= LINES {
            end = end_of_line(file, start);
        }
        // A context that begins far above would fill the screen.
        let context = context
            .filter(|c| c.file == subject.file)
            .map(|c| file.position(c.start))
            .filter(|c| c.line < start.line && start.line - c.line <= LINES);
        let first_line = context.map_or(start.line, |c| c.line);
        let from = line_start(file, context.unwrap_or(start));
        let to = end_of_line(file, end).byte as usize;
        let text = file.text.get(from..to)?;
        let at = |byte: u32| (byte as usize).saturating_sub(from).min(text.len());
        Some(Self {
            name: &file.name,
            text,
            first_line,
            subject: at(start.byte)..at(end.byte),
            context: context.map(|c| at(c.byte)..at(end_of_line(file, c).byte)),
        })
    }

    fn snippet(&self) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
        let mut snippet = Snippet::source(self.text)
            .path(self.name)
            .line_start(self.first_line as usize)
            .fold(true)
            .annotation(AnnotationKind::Primary.span(self.subject.clone()));
        if let Some(context) = &self.context {
            snippet = snippet.annotation(AnnotationKind::Visible.span(context.clone()));
        }
        snippet
    }
}

fn line_start(file: &SourceFile, at: Position) -> usize {
    let byte = at.byte as usize;
    file.text[..byte].rfind('\n').map_or(0, |i| i + 1)
}

fn end_of_line(file: &SourceFile, at: Position) -> Position {
    let byte = at.byte as usize;
    let end = file.text[byte..]
        .find('\n')
        .map_or(file.text.len(), |i| byte + i);
    let end = if file.text[..end].ends_with('\r') && end > byte {
        end - 1
    } else {
        end
    };
    file.position(u32::try_from(end).unwrap_or(u32::MAX))
}

/// One line for a diagnostic: for `-compact-warnings`.
pub(crate) fn line(d: &Diagnostic, sources: &SourceMap, palette: Palette) -> String {
    let place = d
        .subject
        .and_then(|s| sources.locate(s))
        .map(|(file, start, _)| format!(" ({file}:{}:{})", start.line, start.column))
        .unwrap_or_default();
    format!("{}: {}{place}\n", palette.warning("warning"), d.summary)
}

/// Diagnostics as a JSON list.
pub(crate) fn json_list(out: &mut String, found: &Diagnostics, sources: &SourceMap) {
    let mut list = Array::new(out);
    for d in found {
        list.item().push_str(&json(d, sources));
    }
    list.end();
}

/// One diagnostic as JSON.
pub(crate) fn json(d: &Diagnostic, sources: &SourceMap) -> String {
    let mut out = String::new();
    let mut object = Object::new(&mut out);
    object
        .string("severity", d.severity.as_str())
        .string("code", d.code)
        .string("summary", d.summary);
    object.string("detail", &d.detail);
    if !d.hint.is_empty() {
        object.string("hint", &d.hint);
    }
    if let Some(address) = &d.address {
        object.string("address", address);
    }
    if let Some(span) = d.subject
        && let Some(file) = sources.file(span.file)
    {
        range(object.key("range"), file, span);
        snippet(object.key("snippet"), d, file, span);
    } else if !d.values.is_empty() {
        values(object.key("values"), d);
    }
    object.end();
    out
}

/// The values of expressions, and what a cloud said of a failure.
fn values(out: &mut String, d: &Diagnostic) {
    let mut values = Array::new(out);
    for (expression, is) in &d.values {
        let mut one = Object::new(values.item());
        one.string("traversal", expression).string("statement", is);
        one.end();
    }
    values.end();
}

fn range(out: &mut String, file: &SourceFile, span: Span) {
    let mut object = Object::new(out);
    object.string("filename", &file.name);
    for (name, byte) in [("start", span.start), ("end", span.end)] {
        let p = file.position(byte);
        let mut place = Object::new(object.key(name));
        place
            .number("line", p.line.into())
            .number("column", p.column.into())
            .number("byte", p.byte.into());
        place.end();
    }
    object.end();
}

fn snippet(out: &mut String, d: &Diagnostic, file: &SourceFile, span: Span) {
    let (start, end) = (file.position(span.start), file.position(span.end));
    let from = line_start(file, start);
    let to = end_of_line(file, end).byte as usize;
    let code = file.text.get(from..to).unwrap_or_default();
    let offset = |p: Position| (p.byte as usize).saturating_sub(from).min(code.len()) as u64;
    let mut object = Object::new(out);
    match block_header(file, start.line) {
        Some(header) => object.string("context", header),
        None => object.raw("context", "null"),
    };
    object
        .string("code", code)
        .number("start_line", start.line.into());
    object
        .number("highlight_start_offset", offset(start))
        .number("highlight_end_offset", offset(end));
    values(object.key("values"), d);
    object.end();
}

/// The header of the top-level block that a line is in, found by its shape: files that cannot be parsed have one too.
fn block_header(file: &SourceFile, line: u32) -> Option<&str> {
    (1..=line)
        .rev()
        .map(|n| file.line(n))
        .take_while(|l| *l != "}")
        .find(|l| l.starts_with(|c: char| c.is_ascii_lowercase()) && l.ends_with('{'))
        .map(|l| l.trim_end_matches('{').trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "resource \"demo_vpc\" \"main\" {\n  name = var.nmae\n  cidr = \"10.0.0.0/16\"\n}\n";

    fn sample() -> (SourceMap, Diagnostic) {
        let mut sources = SourceMap::new();
        let file = sources.add("net/main.tf", SOURCE);
        let at = SOURCE.find("var.nmae").unwrap_or_default();
        let d = Diagnostic::error(
            "undeclared-variable",
            "Undeclared variable",
            "There is no variable \"nmae\".",
        )
        .at(Span::new(file, at, at + 8))
        .within(Span::new(file, 0, 27))
        .hint("Did you mean var.name?")
        .value("var.name", "is \"a\"")
        .address("demo_vpc.main");
        (sources, d)
    }

    #[test]
    fn with_a_place() {
        let (sources, d) = sample();
        insta::assert_snapshot!(text(&d, &sources, Palette::PLAIN));
    }

    #[test]
    fn without_a_place() {
        let d = Diagnostic::warning(
            "no-state",
            "There is no state",
            "Nothing was applied here yet.",
        );
        insta::assert_snapshot!(text(&d, &SourceMap::new(), Palette::PLAIN));
    }

    #[test]
    fn as_json() {
        let (sources, d) = sample();
        insta::assert_snapshot!(cloudapp_engine::view::json::pretty(&json(&d, &sources)));
    }

    #[test]
    fn what_a_cloud_said_is_in_json_without_a_place() {
        let d = Diagnostic::error("delete-failed", "S", "D").value("request id", "r-1");
        let json = json(&d, &SourceMap::new());
        assert!(
            json.contains(r#""values":[{"traversal":"request id","statement":"r-1"}]"#),
            "{json}"
        );
    }

    #[test]
    fn places_at_the_end_of_a_file_and_outside_of_it() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.tf", "é = [\r\n");
        for (start, end) in [(7, 8), (8, 8), (8, 100), (1, 1)] {
            let d = Diagnostic::error("c", "S", "D").at(Span::new(file, start, end));
            assert!(text(&d, &sources, Palette::PLAIN).contains("a.tf"));
            assert!(json(&d, &sources).contains("a.tf"));
        }
    }
}
