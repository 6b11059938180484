//! Where things end: the extent of an expression, found without reading it. Knows strings with their interpolations,
//! heredocs, comments and brackets, so that one broken line does not hide what is wrong with the next.

use unicode_ident::{is_xid_continue, is_xid_start};

use super::template;

/// What the brackets and quotes of a text can be wrong about. Places are byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quoted string that its line ends.
    String {
        quote: usize,
    },
    /// `${` or `%{` that the line or the string ends.
    Interpolation {
        marker: usize,
    },
    Heredoc {
        start: usize,
    },
    Comment {
        start: usize,
    },
    /// An opening bracket that nothing closes.
    Unclosed {
        open: usize,
    },
    /// A bracket closed by one of another kind.
    Mismatch {
        open: usize,
        close: usize,
    },
    /// A closing bracket that nothing opened.
    Stray {
        close: usize,
    },
}

impl Fault {
    pub(super) fn place(self) -> usize {
        match self {
            Fault::String { quote } => quote,
            Fault::Interpolation { marker } => marker,
            Fault::Heredoc { start } | Fault::Comment { start } => start,
            Fault::Unclosed { open } | Fault::Mismatch { open, .. } => open,
            Fault::Stray { close } => close,
        }
    }

    /// Whether the text ended before what was open was closed.
    pub(super) fn reached_end(self) -> bool {
        matches!(
            self,
            Fault::Heredoc { .. } | Fault::Comment { .. } | Fault::Unclosed { .. }
        )
    }
}

/// The extent of an expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Behind its last token.
    pub(super) end: usize,
    /// The newline, `}` or end of text that ends it; behind a fault, where to go on reading.
    pub(super) next: usize,
    pub(super) fault: Option<Fault>,
}

#[derive(Clone, Copy)]
enum Frame {
    Bracket { close: u8, at: usize },
    Quote { at: usize },
    Interpolation { at: usize },
    Heredoc { marker: (usize, usize), at: usize },
}

impl Frame {
    fn fault(self) -> Fault {
        match self {
            Frame::Bracket { at, .. } => Fault::Unclosed { open: at },
            Frame::Quote { at } => Fault::String { quote: at },
            Frame::Interpolation { at } => Fault::Interpolation { marker: at },
            Frame::Heredoc { at, .. } => Fault::Heredoc { start: at },
        }
    }
}

pub(super) fn is_ident_start(c: char) -> bool {
    c == '_' || is_xid_start(c)
}

pub(super) fn is_ident_continue(c: char) -> bool {
    c == '-' || is_xid_continue(c)
}

/// The end of the identifier that starts at `at`; `at` itself where none does.
pub(super) fn ident_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    if !rest.starts_with(is_ident_start) {
        return at;
    }
    // Most are plain ASCII, which is seen sooner than looked up.
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let plain = rest.bytes().take_while(plain).count();
    rest[plain..]
        .find(|c| !is_ident_continue(c))
        .map_or(text.len(), |n| at + plain + n)
}

/// Where the line of an offset begins, which is mostly near.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at];
    before
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |n| n + 1)
}

/// The end of the line at `at`: the offset of its newline, or of the end of the text.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text.get(at..)
        .and_then(|r| r.find('\n'))
        .map_or(text.len(), |n| at + n)
}

/// The first offset from `at` that is neither blank nor in a comment of one line; newlines count as blank if
/// `newlines`. An unterminated comment is a fault.
pub(super) fn skip_blank(text: &str, mut at: usize, newlines: bool) -> Result<usize, Fault> {
    let b = text.as_bytes();
    loop {
        match b.get(at) {
            Some(b' ' | b'\t') => at += 1,
            Some(b'\r') if newlines || b.get(at + 1) == Some(&b'\n') => at += 1,
            Some(b'\n') if newlines => at += 1,
            Some(b'#') if newlines => at = line_end(text, at),
            Some(b'/') if b.get(at + 1) == Some(&b'/') && newlines => at = line_end(text, at),
            Some(b'/') if b.get(at + 1) == Some(&b'*') => at = comment_end(text, at)?,
            _ => return Ok(at),
        }
    }
}

fn comment_end(text: &str, at: usize) -> Result<usize, Fault> {
    match text.get(at + 2..).and_then(|r| r.find("*/")) {
        Some(n) => Ok(at + 2 + n + 2),
        None => Err(Fault::Comment { start: at }),
    }
}

/// Finds where the expression that starts at `from` ends.
pub(super) fn expression(text: &str, from: usize) -> Extent {
    let mut scan = Scan {
        text,
        b: text.as_bytes(),
        at: from,
        end: from,
        stack: Vec::new(),
        fault: None,
    };
    while scan.step() {}
    Extent {
        end: scan.end,
        next: scan.at,
        fault: scan.fault,
    }
}

struct Scan<'t> {
    text: &'t str,
    b: &'t [u8],
    at: usize,
    end: usize,
    stack: Vec<Frame>,
    fault: Option<Fault>,
}

impl Scan<'_> {
    fn peek(&self, n: usize) -> u8 {
        self.b.get(self.at + n).copied().unwrap_or(0)
    }

    /// Reads one token, or a piece of a string; false at the end.
    fn step(&mut self) -> bool {
        if self.at >= self.b.len() {
            if let Some(frame) = self.blamed() {
                self.record(frame.fault());
            }
            return false;
        }
        match self.stack.last().copied() {
            Some(Frame::Quote { .. }) => self.quoted(),
            Some(Frame::Heredoc { marker, .. }) => self.heredoc(marker),
            top => self.code(top),
        }
    }

    /// Of what is still open at the end of the text, the frame that a person would call unclosed: whatever stands
    /// inside an open heredoc or string was swallowed by it.
    fn blamed(&self) -> Option<Frame> {
        // A quote right inside an interpolation is more likely the end of the string around it.
        if let [
            ..,
            Frame::Quote { .. },
            open @ Frame::Interpolation { .. },
            Frame::Quote { .. },
        ] = self.stack.as_slice()
        {
            return Some(*open);
        }
        let text_like = |f: &&Frame| matches!(f, Frame::Quote { .. } | Frame::Heredoc { .. });
        match self.stack.iter().find(text_like) {
            Some(f) => Some(*f),
            None => self.stack.last().copied(),
        }
    }

    fn record(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn advance(&mut self, n: usize) -> bool {
        self.at += n;
        self.end = self.at;
        true
    }

    fn quoted(&mut self) -> bool {
        match self.peek(0) {
            b'"' => {
                self.stack.pop();
                self.advance(1)
            }
            b'\\' if !matches!(self.peek(1), b'\n' | b'\r' | 0) => self.advance(2),
            b'\n' => self.broken_string(),
            _ => self.text_piece(),
        }
    }

    /// A character of a string, or the start of an interpolation.
    fn text_piece(&mut self) -> bool {
        let (a, b, c) = (self.peek(0), self.peek(1), self.peek(2));
        if matches!(a, b'$' | b'%') {
            if b == a && c == b'{' {
                return self.advance(3);
            }
            if b == b'{' {
                self.stack.push(Frame::Interpolation { at: self.at });
                return self.advance(2);
            }
        }
        self.advance(1)
    }

    /// A line ended inside a string. Goes on behind the string once, to find out where the expression ends.
    fn broken_string(&mut self) -> bool {
        let outermost = self
            .stack
            .iter()
            .position(|f| matches!(f, Frame::Quote { .. }))
            .unwrap_or(0);
        let fault = match self.stack.as_slice() {
            [.., open @ Frame::Interpolation { .. }, Frame::Quote { .. }] => open.fault(),
            stack => stack
                .last()
                .map_or(Fault::String { quote: self.at }, |f| f.fault()),
        };
        if self.fault.is_some() {
            return false;
        }
        self.record(fault);
        self.stack.truncate(outermost);
        true
    }

    fn heredoc(&mut self, marker: (usize, usize)) -> bool {
        if self.at > 0
            && self.b[self.at - 1] == b'\n'
            && let Some(end) =
                template::heredoc_end(self.text, self.at, &self.text[marker.0..marker.1])
        {
            self.stack.pop();
            return self.advance(end - self.at);
        }
        self.text_piece()
    }

    fn code(&mut self, top: Option<Frame>) -> bool {
        match self.peek(0) {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' if top.is_none() => return false,
            b'\n' => self.at += 1,
            b'#' => self.at = line_end(self.text, self.at),
            b'/' if self.peek(1) == b'/' => self.at = line_end(self.text, self.at),
            b'/' if self.peek(1) == b'*' => match comment_end(self.text, self.at) {
                Ok(end) => self.at = end,
                Err(fault) => {
                    self.record(fault);
                    self.at = self.b.len();
                    return false;
                }
            },
            b'"' => {
                self.stack.push(Frame::Quote { at: self.at });
                self.advance(1);
            }
            b'<' if self.peek(1) == b'<' => return self.heredoc_start(),
            b'(' => self.open(b')'),
            b'[' => self.open(b']'),
            b'{' => self.open(b'}'),
            c @ (b')' | b']' | b'}') => return self.close(top, c),
            _ => return self.advance(1),
        }
        true
    }

    fn open(&mut self, close: u8) {
        self.stack.push(Frame::Bracket { close, at: self.at });
        self.advance(1);
    }

    fn close(&mut self, top: Option<Frame>, c: u8) -> bool {
        let at = self.at;
        match top {
            Some(Frame::Bracket { close, .. }) if close == c => {}
            Some(Frame::Interpolation { .. }) if c == b'}' => {}
            None if c == b'}' => return false,
            None => {
                self.record(Fault::Stray { close: at });
                self.at = line_end(self.text, at);
                return false;
            }
            Some(frame) => {
                self.record(match frame {
                    Frame::Bracket { at: open, .. } => Fault::Mismatch { open, close: at },
                    other => other.fault(),
                });
                // A brace alone on its line most likely closes the block around; anything else is just wrong.
                let line = line_start(self.text, at);
                let first = self.text[line..at].trim().is_empty();
                self.at = if first && c == b'}' {
                    at
                } else {
                    line_end(self.text, at)
                };
                return false;
            }
        }
        self.stack.pop();
        self.advance(1)
    }

    fn heredoc_start(&mut self) -> bool {
        let Some((name, end, line)) = template::heredoc_start(self.text, self.at) else {
            return self.advance(2);
        };
        self.stack.push(Frame::Heredoc {
            marker: (name, end),
            at: self.at,
        });
        self.advance(line - self.at)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail by panicking
mod tests {
    use super::*;

    fn extent(text: &str) -> (&str, Option<Fault>) {
        let e = expression(text, 0);
        (&text[..e.end], e.fault)
    }

    #[test]
    fn an_expression_ends_at_its_newline_or_brace() {
        assert_eq!(extent("a + 1 # c\nb"), ("a + 1", None));
        assert_eq!(extent("[1,\n 2] }"), ("[1,\n 2]", None));
        assert_eq!(
            extent("\"a ${f(\"}\")} b\"\nc"),
            ("\"a ${f(\"}\")} b\"", None)
        );
        assert_eq!(
            extent("<<EOT\n } \" ${\"EOT\"}\n  EOT\nrest"),
            ("<<EOT\n } \" ${\"EOT\"}\n  EOT", None)
        );
        assert_eq!(extent("\"$${ } \\\" \"\n"), ("\"$${ } \\\" \"", None));
    }

    #[test]
    fn faults_name_the_place_a_person_points_to() {
        assert_eq!(extent("\"abc\n").1.unwrap(), Fault::String { quote: 0 });
        assert_eq!(
            extent("f(\"a ${b\"\n)").1.unwrap(),
            Fault::Interpolation { marker: 5 }
        );
        assert_eq!(
            extent("f(1, [2)\n").1.unwrap(),
            Fault::Mismatch { open: 5, close: 7 }
        );
        assert_eq!(extent("f(1\n\n").1.unwrap(), Fault::Unclosed { open: 1 });
        assert_eq!(extent("1)\n").1.unwrap(), Fault::Stray { close: 1 });
        assert_eq!(
            extent("<<EOT\n ${x\n").1.unwrap(),
            Fault::Heredoc { start: 0 }
        );
    }
}
