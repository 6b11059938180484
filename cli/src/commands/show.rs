//! `show`: the state, or a saved plan.

use cloudapp_engine::view;

use super::apply::read;
use crate::args::{Global, ShowArgs};
use crate::failure::Ended;
use crate::render;
use crate::stack::{Stack, is_plan_file};
use crate::ui::{self, Ui};

pub(super) async fn run(ui: &Ui, global: &Global, args: &ShowArgs) -> Ended {
    if let Some(path) = args.subject.as_deref().filter(|p| is_plan_file(Some(p))) {
        let file = read(global, path)?;
        let stack = Stack::open(ui, global, None)?;
        if args.json {
            // What the plan says does not depend on whether its sources can still be read here.
            let configuration = stack
                .saved_configuration(ui, file.dialect, file.sources)
                .ok();
            let configuration = configuration.as_ref().map(|(c, _)| &**c);
            ui.say(&(view::plan_json(&file.plan, configuration, &stack.providers) + "\n"));
        } else {
            ui::out_in_parts(|out| {
                render::plan::render(&file.plan, &stack.providers, ui.palette, out);
            });
        }
        return Ok(0);
    }
    let stack = Stack::open(ui, global, args.subject.as_deref())?;
    let state = stack.state().await?;
    ui.say(&if args.json {
        view::state_json(&state, &stack.providers) + "\n"
    } else {
        render::state::render(&state, &stack.providers, ui.palette)
    });
    Ok(0)
}
