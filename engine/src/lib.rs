//! The deployment engine: configuration in, plan out; plan in, resources and outputs out.
//!
//! The way of one run: [`config`] loads files into modules of typed blocks and binds every reference to a slot;
//! [`run::Runner::plan`] walks the graph of those objects with the providers and the prior state and makes a
//! [`plan::Plan`], a document; [`run::Runner::apply`] does what the plan says, journalled through the [`store::Store`]
//! port; [`event`]s are all that a terminal, a log or a page ever reads.
//!
//! This crate does no network or database IO, starts no process, prints nothing and names no cloud.

pub mod address;
mod apply;
#[doc(hidden)]
pub mod benchmark;
mod bodies;
mod calls;
mod conditions;
pub mod config;
pub mod console;
mod evaluation;
pub mod event;
mod generate;
mod graph;
mod guard;
mod limits;
pub mod moves;
mod objects;
pub mod plan;
pub mod planfile;
pub mod provider;
mod providers;
pub mod provisioner;
pub mod run;
pub mod schema;
mod scope;
pub mod seal;
pub mod secrets;
pub mod state_file;
pub mod store;
mod validate;
pub mod variables;
pub mod view;

pub use apply::recover::{Found, settle};
pub use objects::{decode_object, decode_paths, encode_object, encode_paths};
pub use providers::Providers;
