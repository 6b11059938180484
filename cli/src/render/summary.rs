//! The end of an apply: what was done, how long it took, what failed and what to do about it.

use std::collections::HashMap;
use std::time::Duration;

use cloudapp_engine::event::ApplySummary;
use cloudapp_engine::plan::{Action, PlanMode};

use super::palette::Palette;
use super::progress::{first_line, words};
use super::{count, elapsed};

/// An operation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) address: String,
    pub(crate) action: Action,
    pub(crate) elapsed: Duration,
    pub(crate) error: String,
}

/// An operation that was not begun, and the one whose failure is the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    pub(crate) address: String,
    pub(crate) because: String,
}

/// An output that this run gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MissingOutput {
    pub(crate) name: String,
    /// What failed and it needs.
    pub(crate) because: Vec<String>,
    /// Whether the value of an earlier run stays.
    pub(crate) kept: bool,
}

/// So many objects are named for one cause.
const NAMED: usize = 10;

/// What an observer kept for the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) failed: Vec<Failed>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) outputs: Vec<MissingOutput>,
}

/// One line: `Done in 12s: 3 added, 0 changed, 1 destroyed.`, and how well the time was used.
pub(crate) fn headline(summary: &ApplySummary, mode: PlanMode, complete: bool) -> String {
    let took = elapsed(Duration::from_millis(summary.elapsed_ms));
    let counts = match mode {
        PlanMode::Normal => {
            let imported = match summary.imported {
                0 => String::new(),
                n => format!("{n} imported, "),
            };
            format!(
                "{imported}{} added, {} changed, {} destroyed",
                summary.added, summary.changed, summary.destroyed
            )
        }
        PlanMode::Destroy => format!("{} destroyed", summary.destroyed),
        PlanMode::RefreshOnly => "the state is up to date".to_owned(),
    };
    let mut line = format!(
        "{} {took}: {counts}",
        if complete {
            "Done in"
        } else {
            "Not complete after"
        }
    );
    if summary.failed > 0 {
        line.push_str(&format!(", {} failed", summary.failed));
    }
    if summary.skipped > 0 {
        line.push_str(&format!(", {} skipped", summary.skipped));
    }
    line.push('.');
    // How well time was used is worth knowing where there was much of it.
    if summary.shortest_ms >= 1000 {
        let shortest = elapsed(Duration::from_millis(summary.shortest_ms));
        line.push_str(&format!(
            " In no order would the operations have taken less than {shortest}."
        ));
    }
    line
}

/// What failed and what was skipped for it; empty where nothing was.
pub(crate) fn failures(outcome: &Outcome, palette: Palette) -> String {
    let mut out = String::new();
    if !outcome.failed.is_empty() {
        out.push_str(&format!(
            "\n{}\n",
            palette.error(&format!(
                "{} failed:",
                count(outcome.failed.len(), "operation")
            ))
        ));
        for f in &outcome.failed {
            let doing = words(f.action).0;
            out.push_str(&format!(
                "  {} ({doing}, {}): {}\n",
                palette.bold(&f.address),
                elapsed(f.elapsed),
                first_line(&f.error)
            ));
        }
    }
    if !outcome.skipped.is_empty() {
        out.push_str(&format!(
            "\n{}\n",
            palette.changed(&format!(
                "{} skipped:",
                count(outcome.skipped.len(), "operation")
            ))
        ));
        for (because, all) in by_cause(&outcome.skipped) {
            for s in &all[..all.len().min(NAMED)] {
                let address = palette.bold(&s.address);
                out.push_str(&format!("  {address}, because {because} failed\n"));
            }
            if all.len() > NAMED {
                let more = all.len() - NAMED;
                out.push_str(&format!("  and {more} more, because {because} failed\n"));
            }
        }
    }
    out + &missing_outputs(&outcome.outputs, palette)
}

/// What was skipped for the same cause, in the order in which that was told.
fn by_cause(skipped: &[Skipped]) -> Vec<(&str, Vec<&Skipped>)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut out: Vec<(&str, Vec<&Skipped>)> = Vec::new();
    for s in skipped {
        let place = *places.entry(&s.because).or_insert_with(|| {
            out.push((&s.because, Vec::new()));
            out.len() - 1
        });
        out[place].1.push(s);
    }
    out
}

/// The outputs that say nothing of this run, and what they wait for.
fn missing_outputs(outputs: &[MissingOutput], palette: Palette) -> String {
    if outputs.is_empty() {
        return String::new();
    }
    let title = format!(
        "{} without a value from this run:",
        count(outputs.len(), "output")
    );
    let mut out = format!("\n{}\n", palette.changed(&title));
    let width = outputs.iter().map(|o| o.name.chars().count()).max();
    let width = width.unwrap_or(0);
    for o in outputs {
        let mut because = o.because[..o.because.len().min(NAMED)].join(", ");
        if o.because.len() > NAMED {
            because.push_str(&format!(" and {} more", o.because.len() - NAMED));
        }
        let note = if o.kept {
            "; its earlier value stays"
        } else {
            ""
        };
        let name = palette.bold(&format!("{:width$}", o.name));
        out.push_str(&format!("  {name} needs {because}{note}\n"));
    }
    out
}

/// What to do after an apply that did not complete.
pub(crate) const GO_ON: &str =
    "What was done is in the state. Run the command again to go on from there.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure() {
        let outcome = Outcome {
            failed: vec![Failed {
                address: "demo_vpc.main".into(),
                action: Action::Create,
                elapsed: Duration::from_secs(3),
                error: "quota exceeded\nrequest 1".into(),
            }],
            skipped: (0..12)
                .map(|i| Skipped {
                    address: format!("demo_subnet.a[{i}]"),
                    because: "demo_vpc.main".into(),
                })
                .chain([Skipped {
                    address: "demo_eip.b".into(),
                    because: "local.name".into(),
                }])
                .collect(),
            outputs: vec![
                MissingOutput {
                    name: "ip".into(),
                    because: vec!["demo_vpc.main".into()],
                    kept: false,
                },
                MissingOutput {
                    name: "subnets".into(),
                    because: (0..11).map(|i| format!("demo_vpc.v[{i}]")).collect(),
                    kept: true,
                },
            ],
        };
        let summary = ApplySummary {
            imported: 1,
            added: 2,
            changed: 0,
            destroyed: 1,
            failed: 1,
            skipped: 1,
            elapsed_ms: 65_000,
            shortest_ms: 63_000,
        };
        let text = failures(&outcome, Palette::PLAIN)
            + "\n"
            + &headline(&summary, PlanMode::Normal, false);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn after_success() {
        let summary = ApplySummary {
            added: 1,
            elapsed_ms: 1500,
            ..ApplySummary::default()
        };
        assert_eq!(
            headline(&summary, PlanMode::Normal, true),
            "Done in 1.5s: 1 added, 0 changed, 0 destroyed."
        );
        assert_eq!(
            headline(&summary, PlanMode::RefreshOnly, true),
            "Done in 1.5s: the state is up to date."
        );
    }
}
