//! Plans and states as other programs read them: Terraform's JSON formats (`show -json`, `state pull`,
//! `providers schema -json`), so that tools made for Terraform work here too.
//!
//! Everything is written as text, never through a tree of JSON values: numbers keep all their digits, and the cost is
//! one pass over the values. [`value`] writes values and says which parts of them are unknown or sensitive; [`plan_json`]
//! and [`state_json`] put them into place; [`json`] is the writer.

mod checks;
mod configuration;
pub mod json;
mod module_tree;
mod plan;
mod relevant;
mod schema;
mod sensitivity;
mod state;
pub mod value;

pub use plan::{ResourceExtra, change_json, plan_json, resource_json, sensitive_output};
pub use schema::provider_schemas_json;
pub(crate) use sensitivity::{SHORTEST_SECRET, secrets};
pub use sensitivity::{conceal, mark_sensitive, provider_of, schema_of};
pub use state::{instance_value, outputs_json, state_file_json, state_json};

/// The version of the language and of the formats that these views follow. Tools compare it with what they support.
pub const LANGUAGE_VERSION: &str = "1.11.4";
