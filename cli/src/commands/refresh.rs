//! `refresh`: takes what exists into the state, without asking.

use crate::args::{Global, RefreshArgs, VariableFlag};
use crate::failure::Ended;
use crate::session::{Session, Verb};
use crate::stack::Stack;
use crate::stream::Stream;
use crate::ui::Ui;

pub(super) async fn run(
    ui: &mut Ui,
    global: &Global,
    args: &RefreshArgs,
    variables: &[VariableFlag],
) -> Ended {
    ui.stream = args.run.json.then_some(Stream);
    ui.compact_warnings = args.run.compact_warnings;
    let ui = &*ui;
    let stack = Stack::open_ahead(ui, global, args.dir.as_deref())?;
    stack.announce(ui);
    let (configuration, found) = stack.configuration(ui)?;
    let session = Session::begin(ui, &stack, &args.run, configuration, Verb::Refresh).await?;
    let ended = async {
        let plan = session.plan(Verb::Refresh, variables, found).await?;
        session.apply(&plan).await
    }
    .await;
    session.end(ended).await
}
