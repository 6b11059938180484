//! Installation packages: `package.yaml` with the place of everything in it, the files of the stack, and the variables
//! that an installation supplies.
//!
//! [`Package::load`] is the way in: it reads the manifest into a tree with positions (`yaml`), that tree into typed
//! parts (`manifest`, `argument`, `widget`), and finds the files of the stack. [`SystemVariables`] and [`form`] say what an
//! installation passes to it; [`Package::check_arguments`] compares the form with the variables that the stack declares.
//! `docs/packages.md` describes the format, `docs/forms.md` how a form is evaluated.
//!
//! This crate never plans or applies, and knows no cloud: what can be chosen in a form comes through
//! [`widget::OptionSource`].

mod argument;
mod check;
pub mod form;
mod interpolation;
pub mod lint;
mod manifest;
mod package;
pub mod policy;
mod reader;
mod variables;
pub mod widget;
mod yaml;

pub use argument::{Argument, ChoiceOption, Condition};
pub use manifest::{Frontend, Manifest, Specification, SpecificationValue};
pub use package::{INFRASTRUCTURE, MANIFEST, Package, is_package_dir};
pub use variables::{SYSTEM_VARIABLES, SystemVariables};
pub use widget::Widget;
pub use yaml::{Entry, Node, Spanned, Yaml};
