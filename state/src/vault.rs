//! What is encrypted of a row, and how it is stored.
//!
//! A sensitive attribute is replaced, where it stands in the object's JSON, by a text: the Base64 of what it was, encrypted. All
//! others stay as they are, for whoever reads the file with other tools. What is encrypted is bound to workspace, table, row
//! and attribute, so that nobody can put the password of one object into another.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudapp_engine::seal::{DataKey, KeyError, Keys, WrappedKey, place};
use cloudapp_engine::store::{InstanceRow, OutputRow, Sensitive, Sensitivity};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// How a store protects what is sensitive.
#[derive(Clone, Debug, Default)]
pub struct Protection(Option<Means>);

#[derive(Clone, Debug)]
struct Means {
    keys: Arc<dyn Keys>,
    sensitivity: Arc<dyn Sensitivity>,
}

impl Protection {
    #[must_use]
    pub fn new(keys: Arc<dyn Keys>, sensitivity: Arc<dyn Sensitivity>) -> Self {
        Self(Some(Means { keys, sensitivity }))
    }

    /// Nothing is encrypted, and nothing that is can be read: for states that hold no secrets.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Whether there can be a key. Asked before anything is written.
    pub(crate) fn check(&self) -> Result<(), KeyError> {
        self.0.as_ref().map_or(Ok(()), |m| m.keys.check())
    }
}

/// The protection of one open file, with its data key once that is known.
#[derive(Debug)]
pub(crate) struct Vault {
    protection: Protection,
    /// What messages call the file.
    shown: String,
    /// With its name, which tells whether it still is the file's.
    key: Option<(String, Arc<dyn DataKey>)>,
}

impl Vault {
    pub(crate) fn new(protection: Protection, shown: String) -> Self {
        Self {
            protection,
            shown,
            key: None,
        }
    }

    pub(crate) fn protection(&self) -> &Protection {
        &self.protection
    }

    /// The file's data key; none where it has none.
    fn key(&mut self, connection: &Connection) -> rusqlite::Result<Option<Arc<dyn DataKey>>> {
        let Some((name, wrapped)) = stored_key(connection)? else {
            return Ok(None);
        };
        if let Some((known, key)) = &self.key
            && *known == name
        {
            return Ok(Some(key.clone()));
        }
        let Some(means) = &self.protection.0 else {
            return Err(key_failure(KeyError::Unusable {
                reason: "no key was given".to_owned(),
                wanted: Some((self.shown.clone(), wrapped.fingerprint)),
            }));
        };
        let key = means
            .keys
            .data_key(&self.shown, &wrapped)
            .map_err(key_failure)?;
        self.key = Some((name, key.clone()));
        Ok(Some(key))
    }

    /// Whether what is encrypted could be read. Who has no protection finds out with the first write.
    pub(crate) fn check(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if !self.protection.is_some() {
            return Ok(());
        }
        self.key(connection).map(drop)
    }

    /// For reading: the key is fetched where something turns out to be encrypted, so that a state without secrets needs none.
    pub(crate) fn reader<'v>(
        &'v mut self,
        connection: &'v Connection,
        workspace: &'v str,
    ) -> Reader<'v> {
        Reader {
            vault: self,
            connection,
            workspace,
            key: None,
        }
    }

    /// For writing: the data key is made where the file has none yet, whatever is written, so that it cannot be missing once
    /// a cloud has made something.
    pub(crate) fn sealer(&mut self, connection: &Connection) -> rusqlite::Result<Sealer> {
        let mut key = self.key(connection)?;
        if let (None, Some(means)) = (&key, &self.protection.0) {
            let (wrapped, made) = means.keys.new_data_key().map_err(key_failure)?;
            self.key = Some((store_key(connection, &wrapped)?, made.clone()));
            key = Some(made);
        }
        let sealing = key.zip(self.protection.0.as_ref().map(|m| m.sensitivity.clone()));
        Ok(Sealer(sealing))
    }

    /// Wraps the data key with the user's present key. With `anew`, replaces it: everything must be written again then.
    pub(crate) fn rotate(&mut self, connection: &Connection, anew: bool) -> rusqlite::Result<()> {
        let Some(means) = self.protection.0.clone() else {
            return Ok(());
        };
        let Some((name, wrapped)) = stored_key(connection)? else {
            return self.sealer(connection).map(drop);
        };
        if anew {
            let (wrapped, key) = means.keys.new_data_key().map_err(key_failure)?;
            self.key = Some((store_key(connection, &wrapped)?, key));
            return Ok(());
        }
        if let Some(new) = means
            .keys
            .rewrap(&self.shown, &wrapped)
            .map_err(key_failure)?
        {
            connection.execute(
                "UPDATE keys SET fingerprint = ?2, wrapped = ?3 WHERE data_key = ?1",
                params![name, new.fingerprint, new.wrapped],
            )?;
        }
        Ok(())
    }
}

/// The wrapped data key, and its name.
pub(crate) fn stored_key(
    connection: &Connection,
) -> rusqlite::Result<Option<(String, WrappedKey)>> {
    connection
        .prepare_cached("SELECT data_key, fingerprint, wrapped FROM keys")?
        .query_row([], |row| {
            let wrapped = WrappedKey {
                fingerprint: row.get(1)?,
                wrapped: row.get(2)?,
            };
            Ok((row.get(0)?, wrapped))
        })
        .optional()
}

fn store_key(connection: &Connection, wrapped: &WrappedKey) -> rusqlite::Result<String> {
    let name = uuid::Uuid::new_v4().to_string();
    connection.execute(
        "INSERT OR REPLACE INTO keys (id, data_key, fingerprint, wrapped) VALUES (1, ?1, ?2, ?3)",
        params![name, wrapped.fingerprint, wrapped.wrapped],
    )?;
    Ok(name)
}

/// Turns what is stored into what it was.
pub(crate) struct Reader<'v> {
    vault: &'v mut Vault,
    connection: &'v Connection,
    workspace: &'v str,
    key: Option<Arc<dyn DataKey>>,
}

impl Reader<'_> {
    fn open(
        &mut self,
        place: &[u8],
        what: impl Fn() -> String,
        sealed: &[u8],
    ) -> rusqlite::Result<Vec<u8>> {
        if self.key.is_none() {
            self.key = self.vault.key(self.connection)?;
        }
        let opened = self.key.as_ref().and_then(|key| key.open(place, sealed));
        opened.ok_or_else(|| {
            key_failure(KeyError::Damaged {
                what: format!("{} in {}", what(), self.vault.shown),
            })
        })
    }

    fn open_text(
        &mut self,
        place: &[u8],
        what: impl Fn() -> String,
        text: &str,
    ) -> rusqlite::Result<String> {
        // Anything else than Base64 is as damaged as Base64 of something else.
        let sealed = STANDARD.decode(text).unwrap_or_default();
        let plain = self.open(place, &what, &sealed)?;
        String::from_utf8(plain).map_err(|_| key_failure(KeyError::Damaged { what: what() }))
    }

    /// Decrypts the attributes that `sealed` names, and private data. Where it is none, the row is as it was.
    pub(crate) fn instance(
        &mut self,
        mut row: InstanceRow,
        sealed: Option<&str>,
    ) -> rusqlite::Result<InstanceRow> {
        let Some(sealed) = sealed else {
            return Ok(row);
        };
        let workspace = self.workspace;
        let damaged = || {
            key_failure(KeyError::Damaged {
                what: row.address.clone(),
            })
        };
        let names: Vec<String> = serde_json::from_str(sealed).map_err(|_| damaged())?;
        let of = |name: &str| instance_place(workspace, &row, name);
        let what = |name: &str| format!("{} of {}", name, row.address);
        let attributes = if names == [WHOLE] {
            let text: String = serde_json::from_str(&row.attributes).map_err(|_| damaged())?;
            self.open_text(&of(WHOLE), || row.address.clone(), &text)?
        } else {
            let members = members(&row.attributes).ok_or_else(damaged)?;
            let mut out = Vec::with_capacity(members.len());
            for (name, raw) in members {
                let raw = if names.contains(&name) {
                    let text: String = serde_json::from_str(raw.get()).map_err(|_| damaged())?;
                    self.open_text(&of(&name), || what(&name), &text)?
                } else {
                    raw.get().to_owned()
                };
                out.push((name, raw));
            }
            object(&out)
        };
        if !row.private.is_empty() {
            let private = private_place(workspace, &row);
            row.private = self.open(&private, || what("private data"), &row.private)?;
        }
        row.attributes = attributes;
        Ok(row)
    }

    pub(crate) fn output(
        &mut self,
        mut row: OutputRow,
        sealed: bool,
    ) -> rusqlite::Result<OutputRow> {
        if sealed {
            let place = output_place(self.workspace, &row.name);
            row.value = self.open_text(&place, || format!("output {}", row.name), &row.value)?;
        }
        Ok(row)
    }
}

/// Stands in a list of attributes for the whole object.
const WHOLE: &str = "";

/// Turns rows into what is stored. Nothing is encrypted where there is no protection.
#[derive(Clone)]
pub(crate) struct Sealer(Option<(Arc<dyn DataKey>, Arc<dyn Sensitivity>)>);

/// What is stored of a row in place of its attributes and private data.
pub(crate) struct Stored {
    pub(crate) attributes: String,
    pub(crate) private: Vec<u8>,
    pub(crate) sealed: Option<String>,
}

impl Sealer {
    /// What is to be stored. None where nothing is sensitive: the row as it is.
    ///
    /// What `old`, the stored row, has encrypted already stays as it is if it is the same, so that writing a row again
    /// changes nothing.
    pub(crate) fn instance(
        &self,
        workspace: &str,
        row: &InstanceRow,
        old: impl FnOnce() -> rusqlite::Result<Option<Stored>>,
    ) -> rusqlite::Result<Option<Stored>> {
        let Some((key, sensitivity)) = &self.0 else {
            return Ok(None);
        };
        let names = match sensitivity.of(row) {
            Sensitive::None => return Ok(None),
            Sensitive::Attributes(names) => names,
            Sensitive::All => vec![WHOLE.to_owned()],
        };
        let old = old()?.filter(|o| o.sealed.is_some());
        let whole = [(WHOLE.to_owned(), row.attributes.as_str())];
        let split = if names == [WHOLE] {
            None
        } else {
            members(&row.attributes)
        };
        let (names, members) = match &split {
            Some(m) => (names, m.iter().map(|(n, r)| (n.clone(), r.get())).collect()),
            None => (vec![WHOLE.to_owned()], whole.to_vec()),
        };
        let before = old.as_ref().and_then(|o| members_or_whole(&o.attributes));
        let mut out = Vec::with_capacity(members.len());
        for (name, raw) in members {
            if !names.contains(&name) {
                out.push((name, raw.to_owned()));
                continue;
            }
            let place = instance_place(workspace, row, &name);
            let known = before
                .as_ref()
                .and_then(|b| b.iter().find(|(n, _)| *n == name));
            let known = known.and_then(|(_, raw)| serde_json::from_str::<String>(raw.get()).ok());
            let known = known.filter(|text| {
                let sealed = STANDARD.decode(text).unwrap_or_default();
                key.open(&place, &sealed)
                    .is_some_and(|plain| plain == raw.as_bytes())
            });
            let text = match known {
                Some(text) => text,
                None => STANDARD.encode(key.seal(&place, raw.as_bytes()).map_err(key_failure)?),
            };
            // Base64 has nothing to escape.
            out.push((name, format!("\"{text}\"")));
        }
        let attributes = if names == [WHOLE] {
            out.pop().map(|(_, text)| text).unwrap_or_default()
        } else {
            object(&out)
        };
        let private = if row.private.is_empty() {
            Vec::new()
        } else {
            let place = private_place(workspace, row);
            match old {
                Some(o) if key.open(&place, &o.private).as_ref() == Some(&row.private) => o.private,
                _ => key.seal(&place, &row.private).map_err(key_failure)?,
            }
        };
        Ok(Some(Stored {
            attributes,
            private,
            sealed: serde_json::to_string(&names).ok(),
        }))
    }

    /// The text to be stored for a sensitive output. None where it is stored as it is.
    pub(crate) fn output(
        &self,
        workspace: &str,
        row: &OutputRow,
        old: impl FnOnce() -> rusqlite::Result<Option<String>>,
    ) -> rusqlite::Result<Option<String>> {
        let (true, Some((key, _))) = (row.sensitive, &self.0) else {
            return Ok(None);
        };
        let place = output_place(workspace, &row.name);
        let old = old()?.filter(|text| {
            let sealed = STANDARD.decode(text).unwrap_or_default();
            key.open(&place, &sealed)
                .is_some_and(|plain| plain == row.value.as_bytes())
        });
        let sealed = match old {
            Some(text) => text,
            None => {
                let sealed = key
                    .seal(&place, row.value.as_bytes())
                    .map_err(key_failure)?;
                STANDARD.encode(sealed)
            }
        };
        Ok(Some(sealed))
    }
}

fn instance_place(workspace: &str, row: &InstanceRow, attribute: &str) -> Vec<u8> {
    place(&[
        workspace,
        "instances",
        &row.address,
        &row.deposed,
        "attributes",
        attribute,
    ])
}

fn private_place(workspace: &str, row: &InstanceRow) -> Vec<u8> {
    place(&[
        workspace,
        "instances",
        &row.address,
        &row.deposed,
        "private",
    ])
}

fn output_place(workspace: &str, name: &str) -> Vec<u8> {
    place(&[workspace, "outputs", name, "value"])
}

/// A failure of encryption, on its way through SQLite's errors.
fn key_failure(error: KeyError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error))
}

type Members<'t> = Vec<(String, &'t RawValue)>;

/// The attributes of an object as they are written; none where it is no object.
fn members(text: &str) -> Option<Members<'_>> {
    struct Split;

    impl<'d> Visitor<'d> for Split {
        type Value = Members<'d>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(member) = map.next_entry()? {
                all.push(member);
            }
            Ok(all)
        }
    }

    serde_json::Deserializer::from_str(text)
        .deserialize_map(Split)
        .ok()
}

fn members_or_whole(text: &str) -> Option<Members<'_>> {
    members(text).or_else(|| Some(vec![(WHOLE.to_owned(), serde_json::from_str(text).ok()?)]))
}

fn object(members: &[(String, String)]) -> String {
    let mut out = String::with_capacity(
        members
            .iter()
            .map(|(n, r)| n.len() + r.len() + 4)
            .sum::<usize>()
            + 2,
    );
    out.push('{');
    for (i, (name, raw)) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&serde_json::Value::from(name.as_str()).to_string());
        out.push(':');
        out.push_str(raw);
    }
    out.push('}');
    out
}
