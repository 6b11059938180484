//! What formatting needs to tell apart.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of a line that no comment ends.
    Newline,
    /// One that runs to the end of its line includes the newline.
    Comment,
    Ident,
    Number,
    OpenQuote,
    CloseQuote,
    /// The marker's line, with its newline.
    OpenHeredoc,
    /// The marker, with what blanks stand around it.
    CloseHeredoc,
    /// Text of a quoted string or a heredoc.
    Literal,
    /// `${` or `%{`, with a strip marker.
    OpenTemplate,
    /// The `}` that ends an interpolation or a directive.
    CloseTemplate,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    Equal,
    Dot,
    Comma,
    Colon,
    DoubleColon,
    Ellipsis,
    Question,
    Bang,
    Minus,
    /// `+ * / %`
    Arithmetic,
    /// `== != < > <= >=`
    Comparison,
    /// `&& ||`
    Logical,
    /// `=>`, and whatever the language does not know.
    Other,
}

impl Kind {
    /// What a token adds to the number of open brackets.
    pub(super) fn bracket_change(self) -> i32 {
        match self {
            Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen | Kind::OpenTemplate => 1,
            Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen | Kind::CloseTemplate => -1,
            _ => 0,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// Spaces before it.
    pub(super) blanks: usize,
}

impl<'t> Token<'t> {
    pub(super) fn new(kind: Kind, text: &'t str) -> Self {
        Self {
            kind,
            text,
            blanks: 0,
        }
    }

    pub(super) fn ends_line(&self) -> bool {
        match self.kind {
            Kind::Newline => true,
            Kind::Comment => self.text.ends_with('\n'),
            _ => false,
        }
    }
}
