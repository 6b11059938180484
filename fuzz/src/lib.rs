//! What the fuzz targets share: values made from bytes, and what must hold of values whatever the input.
//!
//! A target fails by panicking; that is how libFuzzer learns of a finding.

pub mod checks;
pub mod provider;
pub mod values;
