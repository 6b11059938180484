//! The console's prompt on a terminal: editing, the session's history, completion, and expressions of several lines.

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use cloudapp_lang::syntax;

/// The prompt. Its history is forgotten with it: expressions may hold secrets.
pub(super) struct Prompt(Editor<Words, MemHistory>);

impl Prompt {
    /// None where the terminal cannot be used so.
    pub(super) fn open(names: Vec<String>) -> Option<Self> {
        let config = Config::builder()
            .auto_add_history(true)
            .completion_type(CompletionType::List)
            .build();
        let mut editor = Editor::with_history(config, MemHistory::new()).ok()?;
        editor.set_helper(Some(Words(names)));
        Some(Self(editor))
    }

    /// The next expression; none at the end of input. An interrupt discards what was typed.
    pub(super) fn read(&mut self) -> Option<String> {
        loop {
            match self.0.readline("> ") {
                Ok(text) => return Some(text),
                Err(ReadlineError::Interrupted) => {}
                Err(_) => return None,
            }
        }
    }
}

/// All that an expression may begin with.
struct Words(Vec<String>);

impl Helper for Words {}
impl Highlighter for Words {}

impl Hinter for Words {
    type Hint = String;
}

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if syntax::is_incomplete(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let (start, found) = candidates(&self.0, line.get(..at).unwrap_or(line));
        Ok((start, found))
    }
}

/// Names that the word at the end of a text may become, and where that word starts. Names go up to the next dot only,
/// so that hundreds of resources do not hide which types there are.
fn candidates(names: &[String], typed: &str) -> (usize, Vec<String>) {
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let start = typed.len()
        - typed
            .chars()
            .rev()
            .take_while(|c| in_word(*c))
            .map(char::len_utf8)
            .sum::<usize>();
    let word = &typed[start..];
    let mut found: Vec<String> = names
        .iter()
        .filter_map(|n| {
            let rest = n.strip_prefix(word)?;
            let end = rest.find('.').map_or(rest.len(), |i| i + 1);
            Some(format!("{word}{}", &rest[..end]))
        })
        .collect();
    found.sort();
    found.dedup();
    (start, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_goes_from_dot_to_dot() {
        let names: Vec<String> = [
            "abs",
            "data.random_id.z",
            "random_id.a",
            "random_id.b",
            "var.n",
        ]
        .map(str::to_owned)
        .to_vec();
        let of = |typed: &str| {
            let (start, found) = candidates(&names, typed);
            format!("{start} {}", found.join(" "))
        };
        assert_eq!(of("1 + v"), "4 var.");
        assert_eq!(of("f(random_id."), "2 random_id.a random_id.b");
        assert_eq!(of("r"), "0 random_id.");
        assert_eq!(of("ä + abs"), "5 abs");
        assert_eq!(of("nope"), "0 ");
    }
}
