//! The value model: types, numbers of 512 bits, strings in NFC, values that may be null, unknown or marked.

mod convert;
mod decimal;
mod defaults;
mod float;
mod json;
mod json_as;
mod number;
mod order;
mod path;
mod quote;
mod types;
mod unify;
mod unknown;
#[allow(clippy::module_inception)]
mod value;
mod wire;

pub use convert::{ConvertError, convert};
pub use defaults::Defaults;
pub use json::{
    JsonError, decode_json, encode_json, encode_json_for_html, encode_json_pretty, write_json,
    write_json_exact, write_json_string,
};
pub use json_as::decode_json_as;
pub use number::Number;
pub use path::{Path, PathStep};
pub use quote::{is_printable, quoted, write_quoted};
pub use types::{ObjectType, Type};
pub use unify::unify;
pub use unknown::{Refinements, Unknown};
pub use value::{Entries, Kind, ListValue, MapValue, Marks, Str, Value, normalize};
pub use wire::{WireError, decode, decode_as, decode_type, encode, encode_as, encode_type};
