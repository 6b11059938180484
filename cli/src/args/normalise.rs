//! Terraform's way of writing flags, brought into clap's: `-flag` as well as `--flag`, and a flag that takes a value
//! takes the next argument whatever that looks like.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::Command;

/// Rewrites arguments (without the program's name) so that clap reads them as Terraform would.
pub(crate) fn normalise(args: impl IntoIterator<Item = OsString>, root: &Command) -> Vec<OsString> {
    let mut out = Vec::new();
    let mut path = vec![Cow::Borrowed(root)];
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let Some(text) = arg.to_str() else {
            out.push(arg);
            continue;
        };
        if text == "--" {
            out.push(arg);
            out.extend(args);
            break;
        }
        let Some(flag) = flag_of(text) else {
            if let Some(sub) = path.last().and_then(|c| c.find_subcommand(text)) {
                // Its arguments are defined when it is built.
                let mut sub = sub.clone();
                sub.build();
                path.push(Cow::Owned(sub));
            }
            out.push(arg);
            continue;
        };
        let flag = match flag {
            "h" => "help",
            "v" => "version",
            f => f,
        };
        if !flag.contains('=')
            && takes_value(&path, flag)
            && let Some(value) = args.next()
        {
            let mut joined = OsString::from(format!("--{flag}="));
            joined.push(value);
            out.push(joined);
        } else {
            out.push(format!("--{flag}").into());
        }
    }
    out
}

/// The name (and value) of a flag; none for `-`, which means standard input, and for anything that is no flag.
fn flag_of(text: &str) -> Option<&str> {
    text.strip_prefix("--")
        .or_else(|| text.strip_prefix('-'))
        .filter(|f| !f.is_empty())
}

/// Whether a flag needs a value after it. Booleans take one only after `=`.
fn takes_value(path: &[Cow<'_, Command>], flag: &str) -> bool {
    path.iter()
        .rev()
        .flat_map(|c| c.get_arguments())
        .find(|a| a.get_long() == Some(flag))
        .is_some_and(|a| a.get_action().takes_values() && !a.is_require_equals_set())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn check(line: &str, expected: &str) {
        let command = crate::args::Cli::command();
        let got = normalise(line.split(' ').map(OsString::from), &command);
        let got: Vec<_> = got
            .iter()
            .map(|a| a.to_string_lossy().into_owned())
            .collect();
        assert_eq!(got.join(" "), expected, "of: {line}");
    }

    #[test]
    fn one_dash_and_two_are_the_same() {
        check(
            "-chdir=x plan -out=p -json",
            "--chdir=x plan --out=p --json",
        );
        check("--chdir x plan --out p", "--chdir=x plan --out=p");
        check("-help", "--help");
        check("-h", "--help");
    }

    #[test]
    fn a_value_may_look_like_a_flag() {
        check("plan -var -x=1 -json", "plan --var=-x=1 --json");
        check("plan -var a=b=c", "plan --var=a=b=c");
    }

    #[test]
    fn booleans_do_not_take_the_next_argument() {
        check("plan -refresh dir", "plan --refresh dir");
        check("plan -refresh=false dir", "plan --refresh=false dir");
        check("apply -auto-approve p.plan", "apply --auto-approve p.plan");
    }

    #[test]
    fn what_follows_two_dashes_is_left_alone() {
        check("output -- -x", "output -- -x");
        check("show -", "show -");
    }

    #[test]
    fn unknown_flags_pass_through() {
        check("plan -nope", "plan --nope");
    }
}
