//! The colours of the terminal, or none.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

/// Paints text, or leaves it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    colour: bool,
}

impl Palette {
    pub(crate) const PLAIN: Palette = Palette { colour: false };
    pub(crate) const COLOURED: Palette = Palette { colour: true };

    pub(crate) fn is_coloured(self) -> bool {
        self.colour
    }

    fn paint(self, style: Style, text: &str) -> String {
        let mut out = String::new();
        self.put(style, &mut out, |out| out.push_str(text));
        out
    }

    /// Paints what `write_text` adds to the end of a buffer.
    fn put(self, style: Style, out: &mut String, write_text: impl FnOnce(&mut String)) {
        if !self.colour {
            return write_text(out);
        }
        let _ = write!(out, "{style}");
        write_text(out);
        let _ = write!(out, "{style:#}");
    }

    /// [`Palette::bold`] at the end of a buffer.
    pub(crate) fn put_bold(self, out: &mut String, write: impl FnOnce(&mut String)) {
        self.put(Style::new().bold(), out, write);
    }

    /// [`Palette::dim`] at the end of a buffer.
    pub(crate) fn put_dim(self, out: &mut String, write: impl FnOnce(&mut String)) {
        self.put(Style::new().dimmed(), out, write);
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub(crate) fn added(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    pub(crate) fn removed(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    pub(crate) fn changed(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    pub(crate) fn read(self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    pub(crate) fn error(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn warning(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default().bold(), text)
    }
}
