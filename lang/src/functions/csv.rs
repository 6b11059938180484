//! Tables of comma-separated values, as RFC 4180 has them, and as strictly.

use std::collections::BTreeSet;

use super::signature::Fault;
use crate::value::{Type, Value};

/// The rows of a table as objects, named by the first row.
pub(super) fn decode(text: &str) -> Result<Value, Fault> {
    let mut rows = Rows {
        text,
        at: 0,
        line: 1,
    };
    let header = rows.next()?.ok_or_else(|| {
        Fault::invalid(
            0,
            "the first line must hold the names of the columns, and there is none",
        )
    })?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = header.iter().find(|n| !seen.insert(n.as_str())) {
        return Err(Fault::invalid(0, "each column must have a name of its own")
            .about(format!("{twice:?}")));
    }
    let element = Type::object(header.iter().map(|n| (n.as_str(), Type::String)));
    let mut out = Vec::new();
    loop {
        let line = rows.line;
        let Some(row) = rows.next()? else { break };
        if row.len() != header.len() {
            return Err(Fault::invalid(
                0,
                format!(
                    "there are {} columns, but {} fields in the row of line {line}",
                    header.len(),
                    row.len()
                ),
            ));
        }
        out.push(Value::object(
            header
                .iter()
                .zip(row)
                .map(|(n, v)| (n.as_str(), Value::string(v))),
        ));
    }
    Ok(Value::list(element, out))
}

struct Rows<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Rows<'_> {
    /// The next row that is not an empty line.
    fn next(&mut self) -> Result<Option<Vec<String>>, Fault> {
        while self.newline() {}
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let mut row = Vec::new();
        loop {
            row.push(if self.text[self.at..].starts_with('"') {
                self.quoted()?
            } else {
                self.bare()?
            });
            if self.text[self.at..].starts_with(',') {
                self.at += 1;
            } else {
                self.newline();
                return Ok(Some(row));
            }
        }
    }

    fn newline(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let len = if rest.starts_with("\r\n") {
            2
        } else {
            usize::from(rest.starts_with('\n'))
        };
        self.at += len;
        self.line += usize::from(len > 0);
        len > 0
    }

    fn bare(&mut self) -> Result<String, Fault> {
        let rest = &self.text[self.at..];
        let end = rest.find([',', '\n']).unwrap_or(rest.len());
        self.at += end;
        let field = &rest[..end];
        let field = if rest[end..].starts_with('\n') || rest[end..].is_empty() {
            let bare = field.strip_suffix('\r').unwrap_or(field);
            self.at -= field.len() - bare.len();
            // A carriage return at the very end belongs to the line ending as well.
            if rest[end..].is_empty() {
                self.at += field.len() - bare.len();
            }
            bare
        } else {
            field
        };
        if field.contains('"') {
            return Err(Fault::invalid(
                0,
                format!(
                    "a quote stands within a field that does not begin with one, in line {}",
                    self.line
                ),
            )
            .hint("Put the whole field in quotes, and double the quotes in it."));
        }
        Ok(field.to_owned())
    }

    fn quoted(&mut self) -> Result<String, Fault> {
        let start = self.line;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find('"') else {
                return Err(Fault::invalid(
                    0,
                    format!("the quoted field that begins in line {start} has no end"),
                ));
            };
            out.push_str(&rest[..end]);
            self.line += rest[..end].matches('\n').count();
            self.at += end + 1;
            let rest = &self.text[self.at..];
            if rest.starts_with('"') {
                out.push('"');
                self.at += 1;
            } else if rest.is_empty() || rest.starts_with([',', '\n']) || rest.starts_with("\r\n") {
                return Ok(out.replace("\r\n", "\n"));
            } else {
                return Err(Fault::invalid(
                    0,
                    format!(
                        "a comma must follow the closing quote, in line {}",
                        self.line
                    ),
                ));
            }
        }
    }
}
