//! A plan for people: what it comes to first, then what goes and why, then what comes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use cloudapp_engine::address::Address;
use cloudapp_engine::plan::{Action, OutputChange, Plan, PlanMode, Reason, ResourceChange};
use cloudapp_engine::run::Providers;
use cloudapp_engine::view;
use cloudapp_lang::Value;

use super::diff::{Changes, Differ, Symbol};
use super::palette::Palette;
use super::value::{SENSITIVE, text};

/// So many objects are counted by their resource first.
const MANY: usize = 40;

/// The whole plan, part by part, ending with a line break.
pub(crate) fn render(
    plan: &Plan,
    providers: &Providers,
    palette: Palette,
    out: &mut dyn FnMut(&str),
) {
    let view = View { providers, palette };
    // New addresses are nothing to ask for in a refresh, but something to see.
    let only_moves = plan.mode == PlanMode::RefreshOnly && plan.moves_objects();
    if plan.is_empty() && !only_moves {
        out(&(palette.bold(nothing_to_do(plan.mode)) + "\n"));
        view.drift(out, plan);
        return;
    }
    out(&(palette.bold(&headline(plan)) + "\n"));
    let changes: Vec<&ResourceChange> = plan.changes.iter().filter(|c| !c.is_empty()).collect();
    if changes.len() > MANY {
        out(&view.overview(&changes));
    }
    let (gone, rest): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|c| c.action.is_replace() || c.action == Action::Delete);
    view.section(out, "Destroyed or replaced:", &gone);
    let (let_go, rest): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|c| c.action == Action::Forget);
    view.section(out, "Let go, not destroyed:", &let_go);
    let (kept, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|c| c.action == Action::NoOp);
    view.section(out, "Created or changed:", &rest);
    view.section(out, "Moved or imported, without a change:", &kept);
    out(&view.outputs(&plan.outputs));
    if plan.mode == PlanMode::RefreshOnly {
        out(&view.moves(plan));
    }
    view.drift(out, plan);
}

fn nothing_to_do(mode: PlanMode) -> &'static str {
    match mode {
        PlanMode::Normal => "Nothing to do: what exists is what the configuration says.",
        PlanMode::Destroy => "Nothing to destroy: this stack manages no objects.",
        PlanMode::RefreshOnly => "Nothing to update: the state is what exists.",
    }
}

/// The counts in one line: `Plan: 2 to add, 1 to change, 1 to destroy.`
pub(crate) fn headline(plan: &Plan) -> String {
    let n = plan.counts();
    let mut line = if n.import > 0 {
        format!("Plan: {} to import, ", n.import)
    } else {
        "Plan: ".to_owned()
    };
    line += &format!(
        "{} to add, {} to change, {} to destroy",
        n.add, n.change, n.destroy
    );
    if n.forget > 0 {
        line.push_str(&format!(", {} to forget", n.forget));
    }
    if plan.mode == PlanMode::RefreshOnly {
        let moved = plan.moves.iter().map(|(_, to)| to);
        let touched: BTreeSet<_> = plan.drift.iter().map(|d| &d.address).chain(moved).collect();
        line = format!(
            "Plan: the state of {} is updated",
            super::count(touched.len(), "object")
        );
    }
    let outputs = plan
        .outputs
        .iter()
        .filter(|o| o.action != Action::NoOp)
        .count();
    if outputs > 0 {
        line.push_str(&format!("; {} changed", super::count(outputs, "output")));
    }
    line + "."
}

struct View<'a> {
    providers: &'a Providers,
    palette: Palette,
}

/// The first of several instances of a resource: what the others have as it has is not said again.
struct Model<'c> {
    change: &'c ResourceChange,
    changes: Changes,
    /// Whether the one that was shown last is just like it.
    listed: bool,
}

impl Model<'_> {
    fn is_for(&self, c: &ResourceChange) -> bool {
        let (own, other) = (&self.change.address, &c.address);
        self.change.action == c.action
            && own.resource == other.resource
            && own.module == other.module
    }
}

impl View<'_> {
    fn section(&self, out: &mut dyn FnMut(&str), title: &str, changes: &[&ResourceChange]) {
        if changes.is_empty() {
            return;
        }
        out(&format!("\n{}\n", self.palette.bold(title)));
        let mut model = None;
        let mut text = String::new();
        for c in changes {
            text.clear();
            self.change(c, &mut model, &mut text);
            out(&text);
        }
    }

    /// How many objects of each resource are created, destroyed and so on.
    fn overview(&self, changes: &[&ResourceChange]) -> String {
        struct Row<'c> {
            of: String,
            word: &'static str,
            first: &'c ResourceChange,
            n: usize,
        }
        let mut rows: Vec<Row<'_>> = Vec::new();
        for c in changes {
            let word = word(c.action);
            // Instances stand beside each other mostly.
            match rows.last_mut() {
                Some(r) if r.word == word && is_same_block(&r.first.address, &c.address) => {
                    r.n += 1;
                }
                _ => rows.push(Row {
                    of: c.address.without_keys(),
                    word,
                    first: c,
                    n: 1,
                }),
            }
        }
        rows.sort_by(|a, b| (&a.of, a.word).cmp(&(&b.of, b.word)));
        rows.dedup_by(|b, a| {
            let same = a.word == b.word && a.of == b.of;
            a.n += if same { b.n } else { 0 };
            same
        });
        let most = rows.iter().map(|r| r.n).max().unwrap_or(0);
        let width = most.to_string().len();
        let mut out = format!("\n{}\n\n", self.palette.bold("By resource:"));
        for row in rows {
            self.symbol(row.first.action, &mut out);
            let _ = write!(out, " {:width$} ", row.n);
            out.push_str(&row.of);
            out.push(' ');
            self.palette.put_dim(&mut out, |out| out.push_str(row.word));
            out.push('\n');
        }
        out
    }

    /// What happens to one object. `model` is an instance of the same resource that was shown before, if there is one.
    fn change<'c>(&self, c: &'c ResourceChange, model: &mut Option<Model<'c>>, out: &mut String) {
        let start = out.len();
        out.push('\n');
        self.symbol(c.action, out);
        out.push(' ');
        self.palette.put_bold(out, |out| {
            let _ = write!(out, "{}", c.address);
        });
        if let Some(k) = &c.deposed {
            let _ = write!(out, " (deposed object {k})");
        }
        out.push(' ');
        self.palette.put_dim(out, |out| out.push_str(&cause(c)));
        out.push('\n');
        if matches!(c.action, Action::Forget | Action::NoOp) {
            return;
        }
        let (before, after, schema) = self.marked(c);
        let differ = Differ {
            palette: self.palette,
            replace: &c.replace_paths,
            anew: c.action == Action::Create || c.action.is_replace(),
        };
        let changes = differ.object(&before, &after, schema.as_ref().map(|s| &s.block), 4);
        let like = model.as_ref().filter(|m| m.is_for(c));
        let like = like.map(|m| (&m.change.address as &dyn Display, &m.changes));
        let is_model = like.is_none();
        let is_like = like.is_some_and(|(_, m)| changes.is_like(m));
        if let Some((address, _)) = like.filter(|_| is_like) {
            out.truncate(out.trim_end().len());
            out.push(' ');
            self.palette.put_dim(out, |out| {
                let _ = write!(out, "(as {address})");
            });
            out.push('\n');
        } else {
            changes.write(self.palette, 4, like, out);
        }
        // One after the other, those that are alike are a list.
        let is_next = model.as_mut().is_some_and(|m| {
            let was_like = std::mem::replace(&mut m.listed, is_like);
            was_like && is_like
        });
        if is_next {
            out.remove(start);
        }
        if is_model {
            *model = Some(Model {
                change: c,
                changes,
                listed: false,
            });
        }
    }

    /// The values with what the schema declares sensitive marked.
    fn marked(
        &self,
        c: &ResourceChange,
    ) -> (Value, Value, Option<cloudapp_engine::schema::SharedSchema>) {
        let resource = &c.address.resource;
        let schema = view::schema_of(self.providers, &c.provider, resource.mode, &resource.kind);
        let mark = |v: &Value| {
            schema
                .as_ref()
                .map_or_else(|| v.clone(), |s| view::mark_sensitive(v, &s.block))
        };
        (
            view::conceal(mark(&c.before)),
            view::conceal(mark(&c.after)),
            schema,
        )
    }

    fn symbol(&self, action: Action, out: &mut String) {
        let p = self.palette;
        match action {
            Action::NoOp => out.push_str("   "),
            Action::Create => {
                out.push_str("  ");
                Symbol::Add.write(p, out);
            }
            Action::Read => {
                out.push(' ');
                out.push_str(&p.read("<="));
            }
            Action::Update => {
                out.push_str("  ");
                Symbol::Change.write(p, out);
            }
            Action::Delete => {
                out.push_str("  ");
                Symbol::Remove.write(p, out);
            }
            Action::Replace => {
                Symbol::Remove.write(p, out);
                out.push('/');
                Symbol::Add.write(p, out);
            }
            Action::ReplaceCreateFirst => {
                Symbol::Add.write(p, out);
                out.push('/');
                Symbol::Remove.write(p, out);
            }
            Action::Forget => {
                out.push_str("  ");
                p.put_dim(out, |out| out.push('.'));
            }
        }
    }

    fn outputs(&self, outputs: &[OutputChange]) -> String {
        let changed: Vec<_> = outputs
            .iter()
            .filter(|o| o.action != Action::NoOp)
            .collect();
        if changed.is_empty() {
            return String::new();
        }
        let width = changed
            .iter()
            .map(|o| o.name.chars().count())
            .max()
            .unwrap_or(0);
        let mut out = format!("\n{}\n\n", self.palette.bold("Outputs:"));
        for o in changed {
            let mut symbol = String::new();
            self.symbol(o.action, &mut symbol);
            let (symbol, value) = (symbol.trim(), self.output(o));
            let _ = writeln!(out, "  {symbol} {:width$} = {value}", o.name);
        }
        out
    }

    fn differ(&self) -> Differ<'static> {
        Differ {
            palette: self.palette,
            replace: &[],
            anew: false,
        }
    }

    fn output(&self, o: &OutputChange) -> String {
        if view::sensitive_output(o) {
            return SENSITIVE.to_owned();
        }
        match o.action {
            Action::Create => text(&o.after, 2).into_owned(),
            Action::Delete => format!("{} -> null", text(&o.before, 2)),
            _ => self.differ().alone(&o.before, &o.after, 2).into_owned(),
        }
    }

    /// The new addresses, where nothing else is planned for what has them.
    fn moves(&self, plan: &Plan) -> String {
        if plan.moves.is_empty() {
            return String::new();
        }
        let mut out = format!("\n{}\n\n", self.palette.bold("Moved:"));
        for (from, to) in &plan.moves {
            let to = self.palette.bold(&to.to_string());
            let from = self.palette.dim(&format!("is moved from {from}"));
            out.push_str(&format!("  {to} {from}\n"));
        }
        out
    }

    fn drift(&self, out: &mut dyn FnMut(&str), plan: &Plan) {
        if plan.drift.is_empty() {
            return;
        }
        let title = match plan.mode {
            PlanMode::RefreshOnly => "Changed outside of this stack, to be taken into the state:",
            _ => "Changed outside of this stack since the last run:",
        };
        out(&format!("\n{}\n", self.palette.bold(title)));
        for c in &plan.drift {
            let what = if c.after.is_null() {
                "no longer exists"
            } else {
                "is different now"
            };
            let mut text = "\n".to_owned();
            self.symbol(c.action, &mut text);
            let address = self.palette.bold(&c.address.to_string());
            let _ = writeln!(text, " {address} {}", self.palette.dim(what));
            if !c.after.is_null() {
                let (before, after, schema) = self.marked(c);
                let differ = self.differ();
                let changes = differ.object(&before, &after, schema.as_ref().map(|s| &s.block), 4);
                changes.write(self.palette, 4, None, &mut text);
            }
            out(&text);
        }
    }
}

/// Whether two instances are of one resource block, whatever the keys of their modules are.
fn is_same_block(a: &Address, b: &Address) -> bool {
    a.resource == b.resource
        && a.module.0.len() == b.module.0.len()
        && a.module
            .0
            .iter()
            .zip(b.module.0.iter())
            .all(|((a, _), (b, _))| a == b)
}

/// An action in one word.
fn word(action: Action) -> &'static str {
    match action {
        Action::NoOp => "moved or imported",
        Action::Create => "created",
        Action::Read => "read",
        Action::Update => "changed",
        Action::Delete => "destroyed",
        Action::Replace | Action::ReplaceCreateFirst => "replaced",
        Action::Forget => "let go",
    }
}

/// What happens, and why where that is not plain.
fn cause(c: &ResourceChange) -> Cow<'static, str> {
    let what = match c.action {
        Action::NoOp => "stays as it is",
        Action::Create => "is created",
        Action::Read => "is read while applying",
        Action::Update => "is changed in place",
        Action::Delete => "is destroyed",
        Action::Replace => "is destroyed, then created anew",
        Action::ReplaceCreateFirst => "is created anew, then the old one is destroyed",
        Action::Forget => {
            return "leaves the state, as a removed block says; the object itself stays".into();
        }
    };
    let what = match (&c.previous_address, &c.importing) {
        (Some(from), _) if c.action == Action::NoOp => {
            return format!("is moved from {from}").into();
        }
        (Some(from), _) => format!("is moved from {from}, {what}").into(),
        (_, Some(i)) if c.action == Action::NoOp => {
            return format!("is imported as {:?}", i.id).into();
        }
        (_, Some(i)) => format!("is imported as {:?}, {what}", i.id).into(),
        _ => Cow::Borrowed(what),
    };
    let Some(reason) = c.reason else {
        return if c.deposed.is_some() {
            what + ": it was left over by a replacement"
        } else {
            what
        };
    };
    let why = match reason {
        Reason::ReplaceBecauseTainted => "its creation did not complete (it is tainted)".to_owned(),
        Reason::ReplaceBecauseCannotUpdate if c.replace_paths.is_empty() => {
            "it cannot be changed in place".to_owned()
        }
        Reason::ReplaceBecauseCannotUpdate => {
            let mut names: Vec<String> = c.replace_paths.iter().map(ToString::to_string).collect();
            names.dedup();
            format!("{} cannot be changed in place", names.join(", "))
        }
        Reason::ReplaceByRequest => "-replace asks for it".to_owned(),
        Reason::ReplaceByTriggers => "something in its replace_triggered_by changes".to_owned(),
        Reason::DeleteBecauseNoResourceConfig => {
            "the configuration has no such resource any more".to_owned()
        }
        Reason::DeleteBecauseWrongRepetition => {
            "the resource's count or for_each was added or taken away".to_owned()
        }
        Reason::DeleteBecauseCountIndex => "its index is beyond the resource's count".to_owned(),
        Reason::DeleteBecauseEachKey => "its key is not in the resource's for_each".to_owned(),
        Reason::DeleteBecauseNoModule => "the configuration has no such module any more".to_owned(),
        Reason::DeleteBecauseNoMoveTarget => {
            "it was moved to where the configuration has no such resource".to_owned()
        }
        Reason::ReadBecauseCheckNested => "it belongs to a check".to_owned(),
        Reason::ReadBecauseConfigUnknown => "its arguments are known only then".to_owned(),
        Reason::ReadBecauseDependencyPending => "something that it depends on changes".to_owned(),
    };
    format!("{what}: {why}").into()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn rendered(plan: &Plan, palette: Palette) -> String {
        let mut all = String::new();
        render(plan, &sample::providers(), palette, &mut |part| {
            all.push_str(part);
        });
        all
    }

    #[test]
    fn everything() {
        insta::assert_snapshot!(rendered(&sample::plan(), Palette::PLAIN));
    }

    #[test]
    fn no_secret_is_shown() {
        let text = rendered(&sample::plan(), Palette::COLOURED);
        assert!(text.contains("password"));
        assert!(
            !text.contains("\"old\"") && !text.contains("\"new\""),
            "{text}"
        );
    }

    #[test]
    fn a_refresh_shows_what_it_moves() {
        let address =
            |kind: &str| sample::change(kind, Action::NoOp, sample::null(), sample::null()).address;
        let plan = Plan {
            mode: PlanMode::RefreshOnly,
            moves: vec![(address("a.b"), address("a.c"))],
            ..sample::empty()
        };
        let text = rendered(&plan, Palette::PLAIN);
        assert_eq!(
            text,
            "Plan: the state of 1 object is updated.\n\nMoved:\n\n  a.c is moved from a.b\n"
        );
    }

    #[test]
    fn nothing() {
        for mode in [PlanMode::Normal, PlanMode::Destroy, PlanMode::RefreshOnly] {
            let text = rendered(
                &Plan {
                    mode,
                    ..sample::empty()
                },
                Palette::PLAIN,
            );
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(text.starts_with("Nothing to"), "{text}");
        }
    }

    #[test]
    fn every_reason_has_words() {
        use Reason::*;
        for reason in [
            ReplaceBecauseTainted,
            ReplaceBecauseCannotUpdate,
            ReplaceByRequest,
            ReplaceByTriggers,
            DeleteBecauseNoResourceConfig,
            DeleteBecauseWrongRepetition,
            DeleteBecauseCountIndex,
            DeleteBecauseEachKey,
            DeleteBecauseNoModule,
            ReadBecauseConfigUnknown,
            ReadBecauseDependencyPending,
        ] {
            let mut c = sample::change(
                "terraform_data.a",
                Action::Replace,
                sample::null(),
                sample::null(),
            );
            c.reason = Some(reason);
            assert!(cause(&c).contains(": "));
        }
    }
}
