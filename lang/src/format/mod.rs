//! The canonical style of configuration files, byte for byte that of Terraform's `fmt`.
//!
//! Source text becomes tokens that keep comments, heredocs and line ends ([`lexer`]); what a newer spelling replaces is
//! replaced ([`modernise`]); then only the blanks before tokens are set anew ([`layout`]). A text is never rewritten from a
//! syntax tree, so nothing that a person wrote can get lost.

mod layout;
mod lexer;
mod modernise;
mod token;

/// Formats a configuration file or a file of variables, which should be free of syntax errors: where it is not, only
/// blanks are affected. Formatting a formatted text changes nothing.
#[must_use]
pub fn source(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut tokens = modernise::modernise(lexer::tokens(text));
    layout::set_blanks(&mut tokens);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for t in &tokens {
        out.extend(std::iter::repeat_n(' ', t.blanks));
        out.push_str(t.text);
    }
    // Blanks at the very end stay, one space a byte, as Terraform keeps them; those of a comment are part of it.
    let blanks = |t: &str| t.len() - t.trim_end_matches([' ', '\t']).len();
    if tokens.last().is_none_or(|t| blanks(t.text) == 0) {
        out.extend(std::iter::repeat_n(' ', blanks(text)));
    }
    out
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]
mod tests {
    use super::*;

    /// Each `NAME.tf` formats to the `NAME.expected` beside it, which formats to itself.
    #[test]
    fn cases() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/language/format");
        let mut count = 0;
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "tf") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let expected = std::fs::read_to_string(path.with_extension("expected")).unwrap();
            assert_eq!(source(&text), expected, "{}", path.display());
            assert_eq!(source(&expected), expected, "{}, again", path.display());
            count += 1;
        }
        assert!(count > 0, "no cases in {dir}");
    }

    #[test]
    fn line_ends_stay_and_byte_order_marks_go() {
        assert_eq!(
            source("\u{feff}a=1\r\n\r\nbb=2 # x\r\n"),
            "a = 1\r\n\r\nbb = 2 # x\r\n"
        );
        assert_eq!(source("a=1"), "a = 1");
        assert_eq!(source(""), "");
        assert_eq!(source("a=1 \t"), "a = 1  ");
        assert_eq!(source("a=1 # b \t"), "a = 1 # b \t");
    }

    #[test]
    fn quotes_around_quotes_go_at_once() {
        for (text, once) in [
            (r#"a = "${"${b}"}""#, "a = b"),
            (r#"a = "${"${b}" /* c */ }" # d"#, "a = b /* c */ # d"),
            (r#"a = "${ /* c */ "${b}" }""#, "a = /* c */ b"),
            ("a = \"${ # c\n b }\"", "a = ( # c\nb)"),
            ("a = \"${ b # c\n }\"", "a = b # c\n"),
        ] {
            assert_eq!(source(text), once, "{text}");
            assert_eq!(source(once), once, "{text}, again");
        }
    }

    #[test]
    fn broken_text_loses_nothing_but_blanks() {
        for text in [
            "a = \"x ${\nb = 1",
            "a = <<EOT\n x ${ y\n",
            "}}]) = {{",
            "a /* b",
            "\"",
            "a = \"\\",
            "%{~ ~} € ´",
            "x \"a\" {",
            "<<-\n<<A",
        ] {
            let bare = |s: &str| s.replace([' ', '\n'], "");
            assert_eq!(bare(&source(text)), bare(text), "{text}");
        }
        let deep = "[".repeat(100_000) + &"{\n".repeat(2_000);
        assert_eq!(source(&deep).replace(' ', ""), deep);
    }
}
