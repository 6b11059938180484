//! The deployment engine: configuration in, plan out; plan in, resources and outputs out.
//!
//! The way of one run: [`config`] loads files into modules of typed blocks and binds every reference to a slot;
//! [`plan`](mod@plan) walks the graph of those objects with the providers and the prior state and makes a [`Plan`], a document;
//! [`apply`](mod@apply) does what the plan says, journalled through the [`Store`] port; [`event`]s are all that a terminal, a
//! log or a page ever reads.
//!
//! This crate does no network or database IO, prints nothing and names no cloud.

pub mod address;
pub mod event;
pub mod plan;
pub mod provider;
pub mod schema;
pub mod store;
