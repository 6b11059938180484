//! The provider `random`: values that are drawn once and kept in the state until an argument or a keeper changes.
//!
//! The types, their arguments and their ids are those of hashicorp/random 3.

mod import;
mod schemas;
mod source;
mod text;
mod validate;
mod words;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cloudapp_engine::provider::{ErrorClass, ProviderDiagnostic, ProviderError};
use cloudapp_engine::schema::{Schema, SharedSchema};
use cloudapp_lang::{Number, Path, Type, Value};

pub(crate) use source::Source;

use crate::state_only::{Local, StateOnly, not_importable, plan_replaced, with};
use schemas::Schemas;
use text::Alphabet;

/// What the provider consists of.
#[derive(Debug)]
pub struct Random {
    schemas: Schemas,
    seed: Option<u64>,
    /// How many values were drawn with the seed.
    drawn: std::sync::atomic::AtomicU64,
}

/// The provider `random`.
pub(crate) type RandomProvider = StateOnly<Random>;

impl RandomProvider {
    /// With `base_properties`, its resources have the properties of a package's resources, which mean nothing here.
    pub(crate) fn new(base_properties: bool, seed: Option<u64>) -> Self {
        StateOnly(Random {
            schemas: Schemas::new(base_properties),
            seed,
            drawn: 0.into(),
        })
    }
}

impl Local for Random {
    const NAME: &'static str = "random";
    const SOURCE: &'static str = "registry.terraform.io/hashicorp/random";
    const KINDS: &'static [&'static str] = &[
        "random_bytes",
        "random_id",
        "random_integer",
        "random_password",
        "random_pet",
        "random_shuffle",
        "random_string",
        "random_uuid",
    ];

    fn schema(&self, kind: &str) -> Option<SharedSchema> {
        self.schemas.get(kind)
    }

    fn validate(&self, kind: &str, config: &Value) -> Vec<ProviderDiagnostic> {
        validate::validate(kind, config)
    }

    fn plan(
        &self,
        kind: &str,
        schema: &Schema,
        config: &Value,
        prior: Option<&Value>,
    ) -> (Value, Vec<Path>) {
        let default = |name: &str| default(kind, name, config);
        let (planned, mut changed) = plan_replaced(schema, config, prior, default);
        changed.retain(|p| !schemas::BASE.iter().any(|base| *p == Path::attr(base)));
        (planned, changed)
    }

    fn make(&self, kind: &str, planned: &Value) -> Result<Value, ProviderError> {
        if planned.is_wholly_known() {
            return Ok(planned.clone());
        }
        let source = self.source(planned);
        let made = self
            .draw(kind, planned, source)
            .map_err(|e| no_entropy(kind, &e))?;
        let made = match planned.get("create_time") {
            Some(time) if !time.is_known() => {
                let now = jiff::Timestamp::now()
                    .strftime("%Y-%m-%d %H:%M:%S")
                    .to_string();
                with(&made, [("create_time", Value::string(now))])
            }
            _ => made,
        };
        if kind == "random_password" {
            hashed(&made)
        } else {
            Ok(made)
        }
    }

    fn import(&self, kind: &str, id: &str) -> Result<Value, ProviderError> {
        let schema = self.schema(kind).ok_or_else(|| not_importable(kind))?;
        import::import(kind, id, &schema)
    }
}

impl Random {
    fn source(&self, planned: &Value) -> Source {
        if let Some(seed) = planned
            .get("seed")
            .and_then(Value::as_str)
            .filter(|s| !s.is_empty())
        {
            return Source::from_seed(seed);
        }
        match self.seed {
            None => Source::from_system(),
            Some(seed) => {
                let n = self
                    .drawn
                    .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Source::from_seed(&format!("{seed}/{n}"))
            }
        }
    }

    fn draw(
        &self,
        kind: &str,
        planned: &Value,
        mut source: Source,
    ) -> Result<Value, getrandom::Error> {
        let length = || count(planned, "length");
        let text = |s: String| Value::string(s);
        Ok(match kind {
            "random_password" => {
                let result = Alphabet::of(planned).draw(length(), &mut source)?;
                with(
                    planned,
                    [("id", Value::string("none")), ("result", text(result))],
                )
            }
            "random_string" => {
                let result = Alphabet::of(planned).draw(length(), &mut source)?;
                with(
                    planned,
                    [("id", text(result.clone())), ("result", text(result))],
                )
            }
            "random_bytes" => with(planned, bytes(&source.bytes(length())?)),
            "random_id" => with(
                planned,
                id(planned, &source.bytes(count(planned, "byte_length"))?),
            ),
            "random_integer" => {
                let (min, max) = (
                    whole(planned, "min").unwrap_or(0),
                    whole(planned, "max").unwrap_or(0),
                );
                let span = max.abs_diff(min).saturating_add(1);
                let n = min.saturating_add_unsigned(source.below(span)?);
                with(
                    planned,
                    [("id", text(n.to_string())), ("result", Value::number(n))],
                )
            }
            "random_pet" => with(planned, [("id", text(pet(planned, &mut source)?))]),
            "random_shuffle" => {
                let result = shuffled(planned, &mut source)?;
                with(
                    planned,
                    [
                        ("id", Value::string("-")),
                        ("result", Value::list(Type::String, result)),
                    ],
                )
            }
            _ => {
                let bytes = source.bytes(16)?;
                let bytes = <[u8; 16]>::try_from(bytes).unwrap_or_default();
                let uuid = uuid::Builder::from_random_bytes(bytes)
                    .into_uuid()
                    .to_string();
                with(
                    planned,
                    [("id", text(uuid.clone())), ("result", text(uuid))],
                )
            }
        })
    }
}

/// The error that the operating system gives no random numbers.
pub(crate) fn no_entropy(kind: &str, error: &getrandom::Error) -> ProviderError {
    let mut shown = ProviderError::fatal(format!(
        "The operating system gave no random numbers for `{kind}`: {error}."
    ));
    shown.class = ErrorClass::Retryable;
    shown
}

/// Adds the hash by which a password may be stored. The algorithm reads 72 bytes at most.
fn hashed(made: &Value) -> Result<Value, ProviderError> {
    let password = made
        .get("result")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let bytes = &password.as_bytes()[..password.len().min(72)];
    let hash = bcrypt::hash(bytes, 10).map_err(|e| {
        ProviderError::fatal(format!("The password's bcrypt hash cannot be made: {e}."))
    })?;
    Ok(with(made, [("bcrypt_hash", Value::string(hash))]))
}

fn whole(object: &Value, name: &str) -> Option<i64> {
    object
        .get(name)
        .and_then(Value::as_number)
        .and_then(Number::as_i64)
}

fn count(object: &Value, name: &str) -> usize {
    whole(object, name)
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0)
}

fn bytes(bytes: &[u8]) -> [(&'static str, Value); 2] {
    [
        ("base64", Value::string(STANDARD.encode(bytes))),
        ("hex", Value::string(hex(bytes))),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn id(planned: &Value, bytes: &[u8]) -> [(&'static str, Value); 5] {
    let prefix = planned
        .get("prefix")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let with_prefix = |s: String| Value::string(format!("{prefix}{s}"));
    let url = URL_SAFE_NO_PAD.encode(bytes);
    [
        ("id", Value::string(url.clone())),
        ("b64_url", with_prefix(url)),
        ("b64_std", with_prefix(STANDARD.encode(bytes))),
        ("hex", with_prefix(hex(bytes))),
        ("dec", with_prefix(decimal(bytes))),
    ]
}

/// The number that bytes are, most significant first, in decimal notation.
fn decimal(bytes: &[u8]) -> String {
    // Groups of nine digits, least significant first.
    let mut groups: Vec<u32> = vec![0];
    for byte in bytes {
        let mut carry = u64::from(*byte);
        for group in &mut groups {
            let n = u64::from(*group) * 256 + carry;
            *group = (n % 1_000_000_000) as u32;
            carry = n / 1_000_000_000;
        }
        if carry > 0 {
            groups.push(carry as u32);
        }
    }
    let mut out = groups.pop().unwrap_or(0).to_string();
    groups
        .iter()
        .rev()
        .for_each(|g| out.push_str(&format!("{g:09}")));
    out
}

fn pet(planned: &Value, source: &mut Source) -> Result<String, getrandom::Error> {
    let length = count(planned, "length");
    let separator = planned
        .get("separator")
        .and_then(Value::as_str)
        .unwrap_or("-");
    let mut name: Vec<&str> = planned
        .get("prefix")
        .and_then(Value::as_str)
        .into_iter()
        .collect();
    for place in 0..length {
        let words: &[&str] = match length - place {
            1 => &words::ANIMALS,
            2 => &words::ADJECTIVES,
            _ => &words::ADVERBS,
        };
        name.push(words[source.index(words.len())?]);
    }
    Ok(name.join(separator))
}

/// The input in another order: as many as are asked for, beginning anew where there are fewer.
fn shuffled(planned: &Value, source: &mut Source) -> Result<Vec<Value>, getrandom::Error> {
    let input = planned
        .get("input")
        .and_then(Value::as_items)
        .unwrap_or_default();
    let wanted =
        whole(planned, "result_count").map_or(input.len(), |n| usize::try_from(n).unwrap_or(0));
    let mut out = Vec::with_capacity(wanted.min(1 << 16));
    while out.len() < wanted && !input.is_empty() {
        let mut round = input.to_vec();
        source.shuffle(&mut round)?;
        round.truncate(wanted - out.len());
        out.extend(round);
    }
    Ok(out)
}

/// Values of arguments that the configuration leaves out.
fn default(kind: &str, name: &str, config: &Value) -> Option<Value> {
    let is_text = matches!(kind, "random_password" | "random_string");
    Some(match name {
        "upper" | "lower" | "special" if is_text => Value::bool(true),
        // Two names for one switch.
        "number" | "numeric" if is_text => {
            let twin = if name == "number" {
                "numeric"
            } else {
                "number"
            };
            config
                .get(twin)
                .filter(|v| !v.is_null())
                .cloned()
                .unwrap_or_else(|| Value::bool(true))
        }
        "min_lower" | "min_numeric" | "min_special" | "min_upper" if is_text => Value::number(0),
        "length" if kind == "random_pet" => Value::number(2),
        "separator" => Value::string("-"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
