//! What went wrong, as a value: fixed words, a place, the values involved, and what to do.

use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

impl Severity {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One finding. `code` and `summary` are fixed for a kind of finding, so that they can be searched for and tested;
/// everything particular is in `detail` and `values`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable, lower case with hyphens, such as `unknown-attribute`.
    pub code: &'static str,
    pub summary: &'static str,
    /// What is wrong and why, in whole sentences.
    pub detail: String,
    /// What to do about it, as an action. Empty where `detail` says all there is to say.
    pub hint: String,
    /// The tightest place a person would point to.
    pub subject: Option<Span>,
    /// The construct around the subject that a reader needs to see.
    pub context: Option<Span>,
    /// The expressions in the subject and what they were: `("var.zone", "is \"ap-guangzhou-3\"")`.
    /// Never a sensitive value.
    pub values: Vec<(String, String)>,
    /// Address of the resource or object concerned, where there is one.
    pub address: Option<String>,
}

impl Diagnostic {
    #[must_use]
    pub fn error(code: &'static str, summary: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, summary, detail)
    }

    #[must_use]
    pub fn warning(code: &'static str, summary: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, summary, detail)
    }

    #[must_use]
    pub fn new(
        severity: Severity,
        code: &'static str,
        summary: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code,
            summary,
            detail: detail.into(),
            hint: String::new(),
            subject: None,
            context: None,
            values: Vec::new(),
            address: None,
        }
    }

    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.subject = Some(span);
        self
    }

    /// Sets the subject where there is none yet.
    #[must_use]
    pub fn or_at(mut self, span: Span) -> Self {
        self.subject.get_or_insert(span);
        self
    }

    #[must_use]
    pub fn within(mut self, span: Span) -> Self {
        self.context = Some(span);
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    #[must_use]
    pub fn value(mut self, expression: impl Into<String>, is: impl Into<String>) -> Self {
        self.values.push((expression.into(), is.into()));
        self
    }

    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Findings in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, d: Diagnostic) {
        self.0.push(d);
    }

    pub fn append(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Diagnostic> {
        self.0.iter_mut()
    }

    /// Keeps each warning once: the instances of a repeated block all find the same.
    pub fn merge_warnings(&mut self) {
        let mut seen = std::collections::HashSet::new();
        self.0
            .retain(|d| d.is_error() || seen.insert((d.code, d.subject, d.detail.clone())));
    }

    /// Takes the value of a step, keeping the findings of a step that failed.
    pub fn take<T>(&mut self, result: Result<T, impl Into<Diagnostics>>) -> Option<T> {
        match result {
            Ok(v) => Some(v),
            Err(e) => {
                self.append(e.into());
                None
            }
        }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(d: Diagnostic) -> Self {
        Self(vec![d])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        self.0.extend(iter);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// The candidate that a misspelt name most likely meant, if one is near enough to be worth suggesting.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = match name.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        n => 2 + n / 6,
    };
    let mut best: Option<(usize, &str)> = None;
    for c in candidates {
        let d = distance(name, c, limit);
        if d <= limit && d < c.chars().count() && best.is_none_or(|(b, t)| (d, c) < (b, t)) {
            best = Some((d, c));
        }
    }
    best.map(|(_, c)| c)
}

/// Edits (insert, delete, replace, swap of neighbours) between two names; anything over `limit` is `limit + 1`.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let (mut before, mut last) = (vec![0; b.len() + 1], (0..=b.len()).collect::<Vec<_>>());
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()].min(limit + 1)
}
