//! A plan for people: what it comes to first, then what goes and why, then what comes.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_engine::address::{ModuleAddr, ResourceAddr};
use cloudapp_engine::plan::{Action, OutputChange, Plan, PlanMode, Reason, ResourceChange};
use cloudapp_engine::run::Providers;
use cloudapp_engine::view;
use cloudapp_lang::Value;

use super::diff::{Changes, Differ};
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
    if plan.is_empty() {
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
    of: (&'c ModuleAddr, &'c ResourceAddr, Action),
    address: String,
    changes: Changes,
    /// Whether the one that was shown last is just like it.
    listed: bool,
}

impl View<'_> {
    fn section(&self, out: &mut dyn FnMut(&str), title: &str, changes: &[&ResourceChange]) {
        if changes.is_empty() {
            return;
        }
        out(&format!("\n{}\n", self.palette.bold(title)));
        let mut model = None;
        for c in changes {
            out(&self.change(c, &mut model));
        }
    }

    /// How many objects of each resource are created, destroyed and so on.
    fn overview(&self, changes: &[&ResourceChange]) -> String {
        let mut rows: BTreeMap<(String, &str), (Action, usize)> = BTreeMap::new();
        for c in changes {
            let of = (block(&c.address), word(c.action));
            rows.entry(of).or_insert((c.action, 0)).1 += 1;
        }
        let width = |n: &usize| n.to_string().len();
        let width = rows.values().map(|(_, n)| width(n)).max().unwrap_or(0);
        let mut out = format!("\n{}\n\n", self.palette.bold("By resource:"));
        for ((of, word), (action, n)) in rows {
            let symbol = self.symbol(action);
            out.push_str(&format!(
                "{symbol} {n:width$} {of} {}\n",
                self.palette.dim(word)
            ));
        }
        out
    }

    /// What happens to one object. `model` is an instance of the same resource that was shown before, if there is one.
    fn change<'c>(&self, c: &'c ResourceChange, model: &mut Option<Model<'c>>) -> String {
        let deposed = c
            .deposed
            .as_ref()
            .map_or(String::new(), |k| format!(" (deposed object {k})"));
        let mut out = format!(
            "\n{} {}{deposed} {}\n",
            self.symbol(c.action),
            self.palette.bold(&c.address.to_string()),
            self.palette.dim(&cause(c))
        );
        if matches!(c.action, Action::Forget | Action::NoOp) {
            return out;
        }
        let (before, after, schema) = self.marked(c);
        let differ = Differ {
            palette: self.palette,
            replace: &c.replace_paths,
            anew: c.action == Action::Create || c.action.is_replace(),
        };
        let changes = differ.object(&before, &after, schema.as_ref().map(|s| &s.block), 4);
        let of = (&c.address.module, &c.address.resource, c.action);
        let like = model.as_ref().filter(|m| m.of == of);
        let like = like.map(|m| (m.address.as_str(), &m.changes));
        let is_model = like.is_none();
        let is_like = like.is_some_and(|(_, m)| changes.is_like(m));
        if let Some((address, _)) = like.filter(|_| is_like) {
            let note = self.palette.dim(&format!("(as {address})"));
            out = format!("{} {note}\n", out.trim_end());
        } else {
            out.push_str(&changes.text(self.palette, 4, like));
        }
        // One after the other, those that are alike are a list.
        let is_next = model.as_mut().is_some_and(|m| {
            let was_like = std::mem::replace(&mut m.listed, is_like);
            was_like && is_like
        });
        if is_next {
            out.remove(0);
        }
        if is_model {
            *model = Some(Model {
                of,
                address: c.address.to_string(),
                changes,
                listed: false,
            });
        }
        out
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

    fn symbol(&self, action: Action) -> String {
        let p = self.palette;
        match action {
            Action::NoOp => "   ".to_owned(),
            Action::Create => format!("  {}", p.added("+")),
            Action::Read => format!(" {}", p.read("<=")),
            Action::Update => format!("  {}", p.changed("~")),
            Action::Delete => format!("  {}", p.removed("-")),
            Action::Replace => format!("{}/{}", p.removed("-"), p.added("+")),
            Action::ReplaceCreateFirst => format!("{}/{}", p.added("+"), p.removed("-")),
            Action::Forget => format!("  {}", p.dim(".")),
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
            out.push_str(&format!(
                "  {} {:width$} = {}\n",
                self.symbol(o.action).trim(),
                o.name,
                self.output(o)
            ));
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
            Action::Create => text(&o.after, 2),
            Action::Delete => format!("{} -> null", text(&o.before, 2)),
            _ => self.differ().alone(&o.before, &o.after, 2),
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
            out(&format!(
                "\n{} {} {}\n",
                self.symbol(c.action),
                self.palette.bold(&c.address.to_string()),
                self.palette.dim(what)
            ));
            if !c.after.is_null() {
                let (before, after, schema) = self.marked(c);
                let differ = self.differ();
                let changes = differ.object(&before, &after, schema.as_ref().map(|s| &s.block), 4);
                out(&changes.text(self.palette, 4, None));
            }
        }
    }
}

/// The address of a change's resource block, without instance keys.
fn block(a: &cloudapp_engine::address::Address) -> String {
    let modules = a.module.0.iter();
    let path: String = modules.map(|(name, _)| format!("module.{name}.")).collect();
    path + &a.resource.to_string()
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
fn cause(c: &ResourceChange) -> String {
    let what = match c.action {
        Action::NoOp => "stays as it is",
        Action::Create => "is created",
        Action::Read => "is read while applying",
        Action::Update => "is changed in place",
        Action::Delete => "is destroyed",
        Action::Replace => "is destroyed, then created anew",
        Action::ReplaceCreateFirst => "is created anew, then the old one is destroyed",
        Action::Forget => {
            return "leaves the state, as a removed block says; the object itself stays".to_owned();
        }
    };
    let what = match (&c.previous_address, &c.importing) {
        (Some(from), _) if c.action == Action::NoOp => return format!("is moved from {from}"),
        (Some(from), _) => format!("is moved from {from}, {what}"),
        (_, Some(i)) if c.action == Action::NoOp => return format!("is imported as {:?}", i.id),
        (_, Some(i)) => format!("is imported as {:?}, {what}", i.id),
        _ => what.to_owned(),
    };
    let Some(reason) = c.reason else {
        return if c.deposed.is_some() {
            format!("{what}: it was left over by a replacement")
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
    format!("{what}: {why}")
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
