//! The form against the stack: what is asked for must be declared.

use std::collections::HashSet;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str};

use crate::package::Package;
use crate::variables::SYSTEM_VARIABLES;

/// Names that the platform keeps for itself.
const RESERVED: &str = "cloudapp_";

impl Package {
    /// Compares the form with the variables that the stack declares: an argument that no variable takes, and a variable
    /// in the platform's name space that it does not supply, are warnings. (Whether every variable has a value is for
    /// the plan to say, which also knows the values that were given.)
    #[must_use]
    pub fn check_arguments(&self, declared: &[(Str, Span)]) -> Diagnostics {
        let names: HashSet<&str> = declared.iter().map(|(n, _)| &**n).collect();
        let mut found = Diagnostics::new();
        let mut reported = HashSet::new();
        for argument in self.args() {
            let name = &argument.name.value;
            if names.contains(&**name) || !reported.insert(&**name) {
                continue;
            }
            let detail =
                format!("The form asks for \"{name}\", but the stack declares no such variable.");
            let d = Diagnostic::warning(
                "argument-without-variable",
                "Argument without a variable",
                detail,
            );
            let hint = match nearest(name, unasked(self, declared)) {
                Some(near) => format!("The stack declares \"{near}\": use one name for both."),
                None => format!("Declare it in the stack: variable \"{name}\" {{}}."),
            };
            found.push(d.at(argument.name.span).within(argument.span).hint(hint));
        }
        for (name, span) in declared {
            if name.starts_with(RESERVED)
                && !SYSTEM_VARIABLES.contains(&&**name)
                && !self.asks_for(name)
            {
                let detail = format!("The platform supplies no variable \"{name}\".");
                let d = Diagnostic::warning(
                    "unknown-system-variable",
                    "Unknown system variable",
                    detail,
                );
                found.push(d.at(*span).hint(match nearest(name, SYSTEM_VARIABLES) {
                    Some(near) => format!("Did you mean \"{near}\"?"),
                    None => format!("Those it supplies are: {}.", SYSTEM_VARIABLES.join(", ")),
                }));
            }
        }
        found
    }

    fn asks_for(&self, name: &str) -> bool {
        self.args().iter().any(|a| &*a.name.value == name)
    }
}

/// The declared variables that nothing asks for: one of them may be what a misspelt argument meant.
fn unasked<'d>(package: &'d Package, declared: &'d [(Str, Span)]) -> impl Iterator<Item = &'d str> {
    declared
        .iter()
        .map(|(n, _)| &**n)
        .filter(|n| !package.asks_for(n) && !n.starts_with(RESERVED))
}
