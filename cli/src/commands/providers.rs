//! `providers` and `providers schema -json`.

use cloudapp_engine::view;

use crate::args::{Global, ProvidersArgs, ProvidersCommand};
use crate::failure::Ended;
use crate::stack::Stack;
use crate::ui::Ui;

pub(super) fn run(ui: &Ui, global: &Global, args: &ProvidersArgs) -> Ended {
    let stack = Stack::open(ui, global, None)?;
    let (configuration, _) = stack.configuration(ui)?;
    let names = configuration.provider_names();
    match &args.command {
        None => {
            let mut out = String::from("Providers that the configuration needs:\n");
            for name in &names {
                match stack.providers.get(name) {
                    Some(p) => out.push_str(&format!("  {name}  {} {}\n", p.source(), p.version())),
                    None => out.push_str(&format!("  {name}  (not in this build)\n")),
                }
            }
            ui.say(if names.is_empty() {
                "The configuration needs no providers.\n"
            } else {
                &out
            });
        }
        Some(ProvidersCommand::Schema { .. }) => {
            let needed = |p: &&std::sync::Arc<dyn cloudapp_engine::provider::Provider>| {
                names.is_empty() || names.iter().any(|n| n == p.name())
            };
            let providers = stack.providers.iter().map(|(_, p)| p).filter(needed);
            ui.say(&(view::provider_schemas_json(providers) + "\n"));
        }
    }
    Ok(0)
}
