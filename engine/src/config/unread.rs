//! Blocks of which a part could not be read. What seems to be missing there may well be in that part, so that nothing
//! is said of it: one mistake is one error.

use std::collections::HashSet;

use cloudapp_lang::syntax::ast::{Block, Body};
use cloudapp_lang::{Diagnostics, Span};

/// The blocks of a configuration that have a syntax error somewhere inside.
#[derive(Debug, Default)]
pub(super) struct Unread {
    headers: HashSet<Span>,
    /// Whether a local value may be among what was not read.
    locals: bool,
}

impl Unread {
    /// Notes the blocks of a file in which there are errors.
    pub(super) fn note(&mut self, body: &Body, errors: &Diagnostics) {
        let places: Vec<Span> = errors.iter().filter_map(|d| d.subject).collect();
        if !places.is_empty() {
            self.within(&body.blocks, &places);
        }
    }

    fn within(&mut self, blocks: &[Block], places: &[Span]) {
        for b in blocks {
            let inside: Vec<Span> = places
                .iter()
                .filter(|p| b.span.start <= p.start && p.start <= b.span.end)
                .copied()
                .collect();
            if !inside.is_empty() {
                self.headers.insert(b.header);
                self.locals |= &*b.kind.name == "locals";
                self.within(&b.body.blocks, &inside);
            }
        }
    }

    /// Leaves out what is said to be missing from such blocks.
    pub(super) fn excuse(&self, found: Diagnostics) -> Diagnostics {
        if self.headers.is_empty() {
            return found;
        }
        found
            .into_iter()
            .filter(|d| match d.code {
                "missing-argument" | "missing-block" => {
                    d.subject.is_none_or(|at| !self.headers.contains(&at))
                }
                "undeclared-local" => !self.locals,
                _ => true,
            })
            .collect()
    }
}
