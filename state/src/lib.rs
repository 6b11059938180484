//! The state of stacks in SQLite: one file, rows per instance, a journal of operations, and a lock that fences.
//!
//! [`SqliteStore`] is the port [`cloudapp_engine::store::Store`] over a file. A thread of its own owns the connection
//! (`writer`); what it opens is checked first (`file`); a lease is a row with an expiry and an epoch (`lock`), held by
//! a process that can be asked whether it still lives (`process`); `rows` writes and `read` reads. What is sensitive is
//! encrypted (`vault`, with `seal` for the cipher and `keyring` for the keys); `upgrade` rewrites whole files. `docs/state.md`
//! describes the tables, what is durable when, and who may take a lock over.
//!
//! This crate never interprets a value: attributes, outputs and events are text to it, of which it is told what is
//! sensitive.

mod error;
mod file;
mod keyring;
mod lock;
mod order;
mod process;
mod read;
mod rows;
mod seal;
mod store;
mod upgrade;
mod vault;
mod writer;

pub use file::{APPLICATION_ID, FORMAT};
pub use keyring::{KeySource, Keyring};
pub use lock::LEASE;
pub use store::SqliteStore;
pub use vault::Protection;
