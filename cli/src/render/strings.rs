//! Changes inside of strings: JSON by its parts, text of several lines by its lines.

use std::borrow::Cow;

use cloudapp_lang::value::{Kind, decode_json, quoted};
use cloudapp_lang::{Path, Value};

use super::diff::{Differ, Symbol};
use super::pairing::{self, Step};
use super::value::{clean, text};

/// Unchanged lines that are shown around a changed one.
const CONTEXT: usize = 2;

const WHITE_SPACE: &str = "  # only white space changes";

/// The value of a string that holds a JSON object or array.
fn json(s: &str) -> Option<Value> {
    s.trim_start()
        .starts_with(['{', '['])
        .then(|| decode_json(s).ok())
        .flatten()
}

impl Differ<'_> {
    /// A value that comes or goes as a whole; JSON is shown by its parts.
    pub(super) fn whole(&self, value: &Value, indent: usize) -> Cow<'static, str> {
        let parsed = match value.kind() {
            Kind::String(s) if !value.marks().is_sensitive() => json(s),
            _ => None,
        };
        match parsed {
            Some(v) => format!("jsonencode({})", text(&v, indent)).into(),
            None => text(value, indent),
        }
    }

    /// How one string becomes another; none where they are best shown as they are.
    pub(super) fn strings(
        &self,
        before: &str,
        after: &str,
        path: &Path,
        indent: usize,
    ) -> Option<String> {
        if let (Some(b), Some(a)) = (json(before), json(after)) {
            return Some(match self.value(&b, &a, path, indent) {
                Some((_, body)) => format!("jsonencode({body})"),
                None => format!("jsonencode(...){}", self.palette.dim(WHITE_SPACE)),
            });
        }
        let note = if before.split_whitespace().eq(after.split_whitespace()) {
            self.palette.dim(WHITE_SPACE)
        } else {
            String::new()
        };
        let long = |s: &str| s.trim_end_matches('\n').contains('\n');
        if long(before) || long(after) {
            return Some(self.lines(before, after, indent) + &note);
        }
        (!note.is_empty()).then(|| format!("{} -> {}{note}", quoted(before), quoted(after)))
    }

    fn lines(&self, before: &str, after: &str, indent: usize) -> String {
        // The line break at the end is not a line, unless only one of them has it.
        let (before, after) = match (before.strip_suffix('\n'), after.strip_suffix('\n')) {
            (Some(b), Some(a)) => (b, a),
            _ => (before, after),
        };
        let (b, a): (Vec<&str>, Vec<&str>) =
            (before.split('\n').collect(), after.split('\n').collect());
        let steps = pairing::lines(&b, &a);
        let shown = near_changes(&steps);
        let pad = " ".repeat(indent + 2);
        let mut out = "<<-EOT\n".to_owned();
        let mut skipped = 0;
        for (step, shown) in steps.iter().zip(shown) {
            let (symbol, line) = match step {
                Step::Same(_) if !shown => {
                    skipped += 1;
                    continue;
                }
                Step::Same(s) => (Symbol::Same, s),
                Step::Removed(s) => (Symbol::Remove, s),
                Step::Added(_, s) | Step::Changed(_, _, s) => (Symbol::Add, s),
            };
            out.push_str(&self.skipped(std::mem::take(&mut skipped), &pad));
            let start = out.len();
            out.push_str(&pad);
            symbol.write(self.palette, &mut out);
            out.extend([" ", &clean(line)]);
            out.truncate(start + out[start..].trim_end().len());
            out.push('\n');
        }
        out.push_str(&self.skipped(skipped, &pad));
        format!("{out}{}EOT", " ".repeat(indent))
    }

    fn skipped(&self, lines: usize, pad: &str) -> String {
        if lines == 0 {
            return String::new();
        }
        let note = format!("# {}", super::count(lines, "unchanged line"));
        format!("{pad}  {}\n", self.palette.dim(&note))
    }
}

/// For each line whether it changes or is near one that does.
fn near_changes(steps: &[Step<'_, &str>]) -> Vec<bool> {
    let mut shown = vec![false; steps.len()];
    for (i, step) in steps.iter().enumerate() {
        if !matches!(step, Step::Same(_)) {
            let end = steps.len().min(i + CONTEXT + 1);
            shown[i.saturating_sub(CONTEXT)..end].fill(true);
        }
    }
    shown
}
