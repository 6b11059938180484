use super::*;
pub(super) fn parse(_: &str, _: FileId) -> (Body, Diagnostics) { unimplemented!() }
