//! `import`: takes an object that exists into the state.

use cloudapp_engine::address::Address;
use cloudapp_lang::Diagnostic;

use crate::args::{Global, ImportArgs, RunFlags, VariableFlag};
use crate::failure::{Ended, Failure};
use crate::session::{Session, Verb};
use crate::stack::Stack;
use crate::ui::Ui;

pub(super) async fn run(
    ui: &Ui,
    global: &Global,
    args: &ImportArgs,
    variables: &[VariableFlag],
) -> Ended {
    let address: Address = args.address.parse().map_err(|e| {
        Failure::from(
            Diagnostic::error(
                "malformed-address",
                "Address is malformed",
                format!("import: {e}."),
            )
            .hint("Write it as in a plan, in quotes: 'demo_vpc.main[\"a\"]'."),
        )
    })?;
    let stack = Stack::open(ui, global, args.config.as_deref())?;
    stack.announce(ui);
    let (configuration, found) = stack.configuration(ui)?;
    let flags = RunFlags {
        variables: args.variables.clone(),
        lock: args.lock.clone(),
        json: false,
        destroy: false,
        refresh_only: false,
        refresh: true,
        target: Vec::new(),
        replace: Vec::new(),
        parallelism: args.parallelism,
        compact_warnings: false,
    };
    let session = Session::begin(ui, &stack, &flags, configuration, Verb::Import).await?;
    let imported = session.import(&address, &args.id, variables, found).await;
    session.end(imported).await?;
    ui.say(&format!(
        "{address} is imported as {:?}: the state has it now, and the next plan says what the configuration would change.\n",
        args.id
    ));
    Ok(0)
}
