//! Templates of charts: whether every action and every block in them ends.

use cloudapp_lang::{Diagnostic, Diagnostics, FileId, Span};

/// Words that begin a block, which `end` ends.
const BLOCKS: [&str; 5] = ["if", "range", "with", "define", "block"];

/// Reports the first fault of a template: what follows it means nothing.
pub(super) fn check(text: &str, file: FileId, found: &mut Diagnostics) {
    if let Err(fault) = scan(text) {
        let d = Diagnostic::error(
            "chart-template",
            "Template of a chart is not balanced",
            fault.detail,
        );
        found.push(
            d.at(Span::new(file, fault.at, fault.at + fault.length))
                .hint(fault.hint),
        );
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Fault {
    at: usize,
    length: usize,
    detail: String,
    hint: &'static str,
}

fn scan(text: &str) -> Result<(), Fault> {
    let mut open: Vec<(usize, usize, &str)> = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|i| at + i) {
        let Some(end) = action(text, start + 2) else {
            return Err(Fault {
                at: start,
                length: 2,
                detail: "The action that begins here has no \"}}\".".into(),
                hint: "Close it with \"}}\", or write {{ \"{{\" }} for the characters themselves.",
            });
        };
        let body = text[start + 2..end - 2]
            .trim_start_matches('-')
            .trim_start();
        let word = body
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or("");
        if BLOCKS.contains(&word) {
            open.push((start, end - start, word));
        } else if word == "end" && open.pop().is_none() {
            return Err(Fault {
                at: start,
                length: end - start,
                detail: "There is nothing that this \"end\" ends.".into(),
                hint: "Remove it, or add the beginning of the block.",
            });
        }
        at = end;
    }
    match open.pop() {
        None => Ok(()),
        Some((at, length, word)) => Err(Fault {
            at,
            length,
            detail: format!("The \"{word}\" that begins here has no \"end\"."),
            hint: "Add {{ end }} where it is to end.",
        }),
    }
}

/// The end of an action: braces in its texts and comments do not count.
fn action(text: &str, from: usize) -> Option<usize> {
    let body = &text[from..];
    let trimmed = body.strip_prefix('-').unwrap_or(body).trim_start();
    if trimmed.starts_with("/*") {
        let offset = text.len() - trimmed.len();
        let comment = text[offset..].find("*/")? + 2;
        return text[offset + comment..]
            .find("}}")
            .map(|i| offset + comment + i + 2);
    }
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at + 2),
            b'`' => at += 1 + text[at + 1..].find('`')?,
            quote @ (b'"' | b'\'') => at = quoted(bytes, at + 1, quote)?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where a text in quotes ends; it cannot go on in the next line.
fn quoted(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' => return None,
            b if b == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::scan;

    #[test]
    fn actions_and_blocks_end() {
        for good in [
            "plain } {",
            "{{ .Values.a }}",
            "{{- if .a -}}x{{- else if .b }}{{ else }}y{{ end -}}",
            "{{/* }} {{ */}}",
            "{{- /* note */ -}}",
            "{{ \"}}\" }}{{ `}}` }}{{ '\\'' }}",
            "{{ printf \"%s-{{\" .x }}",
            "{{ define \"a\" }}{{ range $i, $x := .y }}{{ with . }}{{ end }}{{ end }}{{ end }}",
            "网络 {{ .x }} }}",
            "{{ .Values.iffy }}{{ ending }}",
        ] {
            assert_eq!(scan(good), Ok(()), "{good}");
        }
        for (bad, at) in [
            ("a {{ .x }", 2),
            ("{{ \"x }}\n\" }}", 0),
            ("{{ if .x }}", 0),
            ("{{ end }}", 0),
            ("{{ if .x }}{{ range .y }}{{ end }}", 0),
            ("{{/* open }}", 0),
            ("{{ `x }}", 0),
        ] {
            assert_eq!(scan(bad).map_err(|f| f.at), Err(at), "{bad}");
        }
    }
}
