//! The prior state, indexed for planning.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::BuildHasher as _;

use cloudapp_lang::{Marks, Path, Value};
use litemap::LiteMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::address::{Address, InstanceKey, Mode, ModuleAddr, ResourceAddr};
use crate::objects::{decode_object, decode_paths, mark_sensitive};
use crate::provider::Object;
use crate::schema::Schema;
use crate::store::{InstanceRow, State};

/// The rows of a state by resource.
#[derive(Debug, Default)]
pub(crate) struct PriorState {
    /// In their order, so that those of a resource are found.
    addresses: Vec<Address>,
    /// By the same index.
    rows: Vec<InstanceRow>,
    /// Where the rows of a resource begin, by the hash of its address; of two with the same hash one of them. A search among
    /// the addresses looks at a dozen of them, which lie apart from each other.
    first: FxHashMap<u64, usize>,
    /// Addresses by provider, type and id; none until somebody asks for them.
    by_id: OnceCell<HashMap<(String, String, String), Address>>,
    /// Rows whose address cannot be read, with the reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

fn hash(module: &ModuleAddr, resource: &ResourceAddr) -> u64 {
    FxBuildHasher.hash_one((module, resource))
}

/// The `id` that a row's object has.
pub(crate) fn id_of(row: &InstanceRow) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct WithId {
        id: Option<String>,
    }
    serde_json::from_str::<WithId>(&row.attributes).ok()?.id
}

/// A row, decoded.
#[derive(Clone, Debug)]
pub(crate) struct PriorObject {
    pub(crate) object: Object,
    /// Sensitive parts beyond what the schema says.
    pub(crate) marks: Vec<(Path, Marks)>,
    pub(crate) tainted: bool,
}

impl PriorState {
    pub(crate) fn new(state: State) -> Self {
        let mut rows = state.instances;
        let mut out = Self {
            addresses: Vec::with_capacity(rows.len()),
            ..Self::default()
        };
        rows.retain(|row| match row.address.parse::<Address>() {
            Ok(mut a) => {
                // Instances of a resource mostly lie beside each other.
                if let Some(last) = out.addresses.last() {
                    a.share(last);
                }
                out.addresses.push(a);
                true
            }
            Err(e) => {
                out.unreadable.push((row.address.clone(), e.to_string()));
                false
            }
        });
        out.rows = rows;
        // Mostly they are, as the store has them.
        if !out.addresses.is_sorted() {
            let mut both: Vec<_> = out.addresses.into_iter().zip(out.rows).collect();
            both.sort_by(|a, b| a.0.cmp(&b.0));
            (out.addresses, out.rows) = both.into_iter().unzip();
        }
        out.first.reserve(out.addresses.len());
        for (i, a) in out.addresses.iter().enumerate() {
            out.first.entry(hash(&a.module, &a.resource)).or_insert(i);
        }
        out
    }

    pub(crate) fn address(&self, index: usize) -> &Address {
        &self.addresses[index]
    }

    pub(crate) fn row(&self, index: usize) -> &InstanceRow {
        &self.rows[index]
    }

    /// A row, which is then not here any more: whoever plans its object needs it once.
    pub(crate) fn take(&mut self, index: usize) -> InstanceRow {
        std::mem::take(&mut self.rows[index])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Address, &InstanceRow)> {
        self.addresses.iter().zip(&self.rows)
    }

    /// Where the object of a provider with this type and id is, if it is not deposed.
    pub(crate) fn managing(&self, provider: &str, kind: &str, id: &str) -> Option<&Address> {
        self.ids()
            .get(&(provider.to_owned(), kind.to_owned(), id.to_owned()))
    }

    /// Finds out which objects there are. To be asked for before rows are taken.
    pub(crate) fn ids(&self) -> &HashMap<(String, String, String), Address> {
        self.by_id.get_or_init(|| {
            let current = self.iter().filter(|(_, row)| row.deposed.is_empty());
            current
                .filter(|(a, _)| a.resource.mode == Mode::Managed)
                .filter_map(|(a, row)| {
                    let key = (
                        row.provider.clone(),
                        a.resource.kind.to_string(),
                        id_of(row)?,
                    );
                    Some((key, a.clone()))
                })
                .collect()
        })
    }

    /// Current instances of a resource by key, and its deposed objects.
    pub(crate) fn of(
        &self,
        module: &ModuleAddr,
        resource: &ResourceAddr,
    ) -> (LiteMap<InstanceKey, usize>, Vec<usize>) {
        let place = |a: &Address| (&a.module, &a.resource).cmp(&(module, resource));
        let first = match self.first.get(&hash(module, resource)) {
            None => self.addresses.len(),
            Some(first) if place(&self.addresses[*first]).is_eq() => *first,
            Some(_) => self.addresses.partition_point(|a| place(a).is_lt()),
        };
        let own = self.addresses[first..].iter();
        // Most have one.
        let mut current = LiteMap::with_capacity(1);
        let mut deposed = Vec::new();
        for (i, address) in (first..).zip(own.take_while(|a| place(a).is_eq())) {
            if self.row(i).deposed.is_empty() {
                current.insert(address.key.clone(), i);
            } else {
                deposed.push(i);
            }
        }
        (current, deposed)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl PriorObject {
    pub(crate) fn decode(row: &InstanceRow, schema: &Schema) -> Result<Self, String> {
        let value =
            decode_object(&row.attributes, &schema.block.ty()).map_err(|e| e.to_string())?;
        Ok(Self {
            object: Object {
                value,
                private: row.private.clone(),
            },
            marks: decode_paths(&row.sensitive),
            tainted: row.tainted,
        })
    }
}

/// A value with all sensitive parts marked: those that the schema names, and those that the configuration brought.
pub(crate) fn with_marks(schema: &Schema, value: Value, marks: &[(Path, Marks)]) -> Value {
    if value.is_null() {
        return value;
    }
    mark_sensitive(&schema.block, value).mark_paths(marks)
}
