//! What people see of a panic: where it was, and not what it says, since that may hold what is secret.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::Location;

use crate::ui;

/// From here on, panics are told in our words.
pub(crate) fn tell() {
    std::panic::set_hook(Box::new(|panic| {
        ui::err(&told(panic.location(), &Backtrace::capture()));
    }));
}

fn told(place: Option<&Location<'_>>, trace: &Backtrace) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let mut text = format!(
        "error: cloudapp panicked at {place}\n  This is a defect of cloudapp or of a provider. What it said is left out: it may hold secrets.\n"
    );
    if trace.status() == BacktraceStatus::Captured {
        text.push_str(&format!("  Report it with what follows.\n{trace}\n"));
    } else {
        text.push_str("  Report it with what RUST_BACKTRACE=1 adds to this.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_named_and_how_to_learn_more() {
        let place = Location::caller();
        let short = told(Some(place), &Backtrace::disabled());
        assert!(short.starts_with(&format!("error: cloudapp panicked at {place}\n")));
        assert!(short.ends_with("RUST_BACKTRACE=1 adds to this.\n"));
        let long = told(Some(place), &Backtrace::force_capture());
        assert!(long.contains("the_place_is_named_and_how_to_learn_more"));
    }
}
