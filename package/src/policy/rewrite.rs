//! The older form rewritten to the newer, in the text of `package.yaml`: only the lines of `scopes` change, and their
//! comments stay.

use std::collections::BTreeMap;

use cloudapp_lang::{Diagnostic, SourceMap, Span};

use super::{VERIFY_LICENSE, VERSION};
use crate::manifest::{self, Manifest};
use crate::reader::Reader;
use crate::yaml::{self, Entry, Node, Yaml};

/// How far a statement is indented in a policy that is written anew.
const INDENT: usize = 6;

/// The text with `scopes.cloudAPI` turned into a statement of `role.policy`, which allows the same; none where there is
/// nothing to rewrite.
///
/// # Errors
/// Where the lines cannot be moved as they are: what has to be done by hand, at its place. `name` is the file's name.
pub fn rewrite(
    name: &str,
    text: &str,
    sources: &mut SourceMap,
) -> Result<Option<String>, Diagnostic> {
    let (root, before) = parse(name, text, sources)?;
    let Some(scopes) = entry(&root, "scopes") else {
        return Ok(None);
    };
    let old = Old::find(text, scopes)?;
    let lines = Lines::of(text);
    let statement = |indent| old.statement(&lines, indent);
    let mut edits = Vec::new();
    match entry(&root, "role") {
        None => {
            let mut out = vec![format!("role:{}", lines.after(scopes.key.span))];
            out.push("  policy:".into());
            out.push(format!("    version: \"{VERSION}\""));
            out.push("    statement:".into());
            out.extend(statement(INDENT));
            edits.push((old.first..old.last + 1, out));
        }
        Some(role) => {
            let (after, indent) = end_of_statements(&lines, role)?;
            let mut out = Vec::new();
            let comment = lines.after(scopes.key.span).trim();
            if !comment.is_empty() {
                out.push(format!("{}{comment}", " ".repeat(indent)));
            }
            out.extend(statement(indent));
            edits.push((after + 1..after + 1, out));
            edits.push((old.first..old.last + 1, Vec::new()));
        }
    }
    let new = lines.edited(edits);
    let (_, after) = parse(name, &new, sources)?;
    let none = BTreeMap::new();
    let same = match (before.role_policy(&none), after.role_policy(&none)) {
        (Some(before), Some(after)) => after.changes_since(&before).is_empty(),
        _ => false,
    };
    if !same || after.scopes.is_some() {
        return Err(by_hand(
            scopes.key.span,
            "what would come of it is not the same policy",
        ));
    }
    Ok(Some(new))
}

fn parse(name: &str, text: &str, sources: &mut SourceMap) -> Result<(Node, Manifest), Diagnostic> {
    let file = sources.add(name, text);
    let root = yaml::parse(text, file).map_err(|d| *d)?;
    let manifest = manifest::read(&mut Reader::default(), &root, sources);
    Ok((root, manifest))
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    match &node.value {
        Yaml::Mapping(entries) => entries.iter().find(|e| &*e.key.value == key),
        _ => None,
    }
}

fn by_hand(at: Span, why: &str) -> Diagnostic {
    let detail = format!("Nothing was changed, because {why}.");
    Diagnostic::error("rewrite-by-hand", "Policy cannot be rewritten", detail)
        .at(at)
        .hint(format!("Write role.policy by hand: the same actions and {VERIFY_LICENSE}, resource \"*\", effect allow; then remove \"scopes\"."))
}

/// The older declaration in the text.
struct Old<'t> {
    /// Numbers of its first and last line.
    first: usize,
    last: usize,
    /// Where the list ends.
    end: u32,
    key: &'t Entry,
    items: &'t [Node],
    /// Written as `[a, b]`.
    flow: bool,
    text: &'t str,
}

impl<'t> Old<'t> {
    fn find(text: &'t str, scopes: &'t Entry) -> Result<Self, Diagnostic> {
        let at = scopes.key.span;
        let lines = Lines::of(text);
        let first = lines.number(at.start);
        if lines.column(at.start) != 0 {
            return Err(by_hand(at, "\"scopes\" does not begin a line"));
        }
        let key = match &scopes.value.value {
            Yaml::Mapping(entries) => match &entries[..] {
                [only] if &*only.key.value == "cloudAPI" => only,
                _ => return Err(by_hand(at, "\"scopes\" holds more than \"cloudAPI\"")),
            },
            _ => return Err(by_hand(at, "\"scopes\" is no mapping")),
        };
        if lines.number(key.key.span.start) == first {
            return Err(by_hand(at, "\"cloudAPI\" stands in the same line"));
        }
        let Yaml::Sequence(items) = &key.value.value else {
            return Err(by_hand(key.value.span, "\"cloudAPI\" is no list"));
        };
        if let Some(odd) = items.iter().find(|i| i.as_str().is_none()) {
            return Err(by_hand(odd.span, "an element is no text"));
        }
        let flow = text[key.value.span.start as usize..].starts_with('[');
        let mut end = key.value.span.end.max(key.key.span.end);
        if flow {
            // What the parser takes for the end of the list may be that of a comment behind it.
            let from = items.last().map_or(key.value.span.start, |i| i.span.end);
            let close = text[from as usize..].find(']').unwrap_or(0) + 1;
            end = from + u32::try_from(close).unwrap_or(0);
        }
        let written = &text[key.value.span.start as usize..end as usize];
        if flow && (written.contains('#') || written.contains(['&', '*'])) {
            return Err(by_hand(
                key.value.span,
                "a comment or an anchor stands in the list",
            ));
        }
        Ok(Self {
            first,
            last: lines.number(end.saturating_sub(1)),
            end,
            key,
            items,
            flow,
            text,
        })
    }

    /// The lines of the statement.
    fn statement(&self, lines: &Lines<'_>, indent: usize) -> Vec<String> {
        let pad = |n: usize| " ".repeat(indent + n);
        let head = lines.number(self.key.key.span.start);
        let mut out = lines.texts(self.first + 1..head);
        if self.flow {
            let tail = lines.rest(self.end);
            out.push(format!("{}- action:{tail}", pad(0)));
            for item in self.items {
                let written = &self.text[item.span.start as usize..item.span.end as usize];
                out.push(format!("{}- {}", pad(4), written.trim_end()));
            }
        } else {
            out.push(format!(
                "{}- action:{}",
                pad(0),
                lines.after(self.key.key.span)
            ));
            let body = lines.texts(head + 1..self.last + 1);
            let from = body
                .iter()
                .find(|l| l.trim_start().starts_with('-'))
                .map_or(0, |l| width(l));
            out.extend(body.iter().map(|line| moved(line, from, indent + 4)));
        }
        if !self
            .items
            .iter()
            .any(|i| i.as_str() == Some(VERIFY_LICENSE))
        {
            out.push(format!("{}- {VERIFY_LICENSE}", pad(4)));
        }
        out.push(format!("{}resource: \"*\"", pad(2)));
        out.push(format!("{}effect: allow", pad(2)));
        out
    }
}

/// The last line of the statements of a policy, and how far their dashes are indented.
fn end_of_statements(lines: &Lines<'_>, role: &Entry) -> Result<(usize, usize), Diagnostic> {
    let statements = role.value.get("policy").and_then(|p| p.get("statement"));
    let list = statements.and_then(|s| match &s.value {
        Yaml::Sequence(items) => Some((items.first()?, items.last()?)),
        _ => None,
    });
    match list {
        Some((first, last)) if lines.dash(first.span.start).is_some() => Ok((
            lines.number(last.span.end.saturating_sub(1)),
            lines.dash(first.span.start).unwrap_or(0),
        )),
        _ => Err(by_hand(
            role.key.span,
            "there is a \"role\" whose statements are not a list with a dash for each",
        )),
    }
}

/// The spaces at the beginning of a line.
fn width(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A line that was indented by `from` and now is by `to`.
fn moved(line: &str, from: usize, to: usize) -> String {
    if line.trim().is_empty() {
        return line.into();
    }
    let indent = (width(line) + to).saturating_sub(from);
    format!("{}{}", " ".repeat(indent), line.trim_start_matches(' '))
}

/// A text by lines.
struct Lines<'t> {
    text: &'t str,
    lines: Vec<&'t str>,
    starts: Vec<usize>,
    /// What ends a line.
    ending: &'static str,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let (mut lines, mut starts, mut at) = (Vec::new(), Vec::new(), 0);
        for line in text.split_inclusive('\n') {
            starts.push(at);
            lines.push(line);
            at += line.len();
        }
        let ending = match lines.first() {
            Some(first) if first.ends_with("\r\n") => "\r\n",
            _ => "\n",
        };
        Self {
            text,
            lines,
            starts,
            ending,
        }
    }

    fn number(&self, byte: u32) -> usize {
        self.starts
            .partition_point(|s| *s <= byte as usize)
            .saturating_sub(1)
    }

    fn column(&self, byte: u32) -> usize {
        byte as usize - self.starts.get(self.number(byte)).copied().unwrap_or(0)
    }

    /// The column of the dash of a list's element, where nothing but the dash stands before it in its line.
    fn dash(&self, element: u32) -> Option<usize> {
        let from = self.starts.get(self.number(element))?;
        let before = self.text.get(*from..element as usize)?;
        (before.trim() == "-").then(|| width(before))
    }

    /// From an offset to the end of its line.
    fn rest(&self, byte: u32) -> &'t str {
        let rest = &self.text[byte as usize..];
        rest.split('\n').next().unwrap_or("").trim_end()
    }

    /// What follows a key and its colon in the line.
    fn after(&self, key: Span) -> &'t str {
        let rest = self.rest(key.end);
        rest.split_once(':').map_or("", |(_, rest)| rest)
    }

    /// Lines without their endings.
    fn texts(&self, range: std::ops::Range<usize>) -> Vec<String> {
        let lines = self.lines.get(range).unwrap_or(&[]);
        lines
            .iter()
            .map(|l| l.trim_end_matches(['\r', '\n']).to_owned())
            .collect()
    }

    /// The text with lines in the place of others.
    fn edited(&self, mut edits: Vec<(std::ops::Range<usize>, Vec<String>)>) -> String {
        edits.sort_by_key(|e| e.0.start);
        let (mut out, mut at) = (String::with_capacity(self.text.len() + 256), 0);
        for (range, new) in edits {
            out.extend(self.lines[at..range.start].iter().copied());
            for line in new {
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push_str(self.ending);
                }
                out.push_str(&line);
                out.push_str(self.ending);
            }
            at = range.end;
        }
        out.extend(self.lines[at..].iter().copied());
        out
    }
}
