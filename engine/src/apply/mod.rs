//! Apply: does what a plan says, as many things beside each other as their order allows, and records each step before and
//! after it is taken.

pub(crate) mod import;
mod operation;
mod provision;
pub(crate) mod recover;
mod rows;
pub(crate) mod schedule;
mod steps;
mod strays;
pub(crate) mod walk;
