//! The mock cloud's memory: objects by type and id, who refers to whom, what has been called.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use cloudapp_engine::seal::Keys;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::config::{MockConfig, Operation, StateFaults};
use super::harm::Harm;
use super::journal::{Journal, MockCloudError};
use super::references;

/// An object in the mock cloud. Its attributes may be secret, so `Debug` shows none.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct MockObject {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    /// The address of the resource instance that it was last created or updated for.
    pub address: String,
    /// The run that created it.
    pub run: String,
    /// The stack that it was created for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stack: String,
    /// The operation that created it: a second create with the same token answers with this object.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub token: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its number among all objects ever made, from 1.
    pub number: u64,
    /// Grows with every change.
    pub revision: u64,
    /// From when reads see it, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seen_from: u64,
    /// All attributes, as the type's schema has them.
    pub attributes: Map<String, Json>,
}

impl std::fmt::Debug for MockObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MockObject")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("address", &self.address)
            .field("number", &self.number)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}

/// A call that the mock cloud has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MockCall {
    /// Counts all calls, from 1.
    pub seq: u64,
    pub op: Operation,
    #[serde(rename = "type")]
    pub kind: String,
    /// The object's id, if there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The operation's token; empty for reads.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// `ok`, or the error's code.
    pub outcome: String,
    /// When, in RFC 3339.
    pub at: String,
}

/// A line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Record {
    Put(Box<MockObject>),
    Delete {
        #[serde(rename = "type")]
        kind: String,
        id: String,
        /// Until when reads still see it, in milliseconds since 1970.
        #[serde(default, skip_serializing_if = "is_zero")]
        seen_until: u64,
    },
    Call(MockCall),
    /// What compaction keeps of what is no more.
    Summary {
        made: u64,
        calls: u64,
        counts: Vec<(Operation, String, u64)>,
        gone: Vec<String>,
    },
}

/// Calls that are remembered at most.
const CALLS_KEPT: usize = 20_000;
/// Bytes of calls that only read, kept before they are written on their own.
const PENDING_BYTES: usize = 1 << 16;

/// The key of an object: type and id.
pub(crate) type Key = (String, String);

/// The contents of a mock cloud.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    objects: BTreeMap<Key, MockObject>,
    by_id: HashMap<String, BTreeSet<String>>,
    by_token: HashMap<String, Key>,
    /// Who mentions an id: the attribute and the object.
    referrers: HashMap<String, BTreeSet<(String, Key)>>,
    by_kind: HashMap<String, u64>,
    /// Addresses in use, by subnet id.
    addresses: HashMap<String, HashSet<u32>>,
    /// Ids of objects that are no more.
    gone: HashSet<String>,
    /// Deleted objects that reads still see, and until when.
    ghosts: HashMap<Key, (MockObject, u64)>,
    made: u64,
    calls: u64,
    counts: HashMap<(Operation, String), u64>,
    log: Vec<MockCall>,
}

impl Contents {
    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&MockObject> {
        self.objects.get(&(kind.to_owned(), id.to_owned()))
    }

    /// The object as a read sees it at a time: late, where the cloud is.
    pub(crate) fn seen(&self, kind: &str, id: &str, now: u64) -> Option<&MockObject> {
        let key = (kind.to_owned(), id.to_owned());
        match self.objects.get(&key) {
            Some(object) => (object.seen_from <= now).then_some(object),
            None => self.ghosts.get(&key).filter(|g| now < g.1).map(|g| &g.0),
        }
    }

    /// Whether some object of this id has been made so recently that not everybody sees it.
    pub(crate) fn is_unseen(&self, id: &str, now: u64) -> bool {
        let kinds = self.by_id.get(id).into_iter().flatten();
        kinds
            .filter_map(|k| self.get(k, id))
            .any(|o| o.seen_from > now)
    }

    /// The objects that carry the mark of a stack.
    pub(crate) fn of_stack(&self, stack: &str) -> impl Iterator<Item = &MockObject> {
        self.objects.values().filter(move |o| o.stack == stack)
    }

    pub(crate) fn objects_of(&self, kind: &str) -> impl Iterator<Item = &MockObject> {
        let kind = kind.to_owned();
        self.objects
            .range((kind.clone(), String::new())..)
            .take_while(move |((k, _), _)| *k == kind)
            .map(|(_, o)| o)
    }

    pub(crate) fn by_token(&self, token: &str) -> Option<&MockObject> {
        self.by_token
            .get(token)
            .and_then(|key| self.objects.get(key))
    }

    pub(crate) fn count_of(&self, kind: &str) -> u64 {
        self.by_kind.get(kind).copied().unwrap_or(0)
    }

    /// Whether this cloud made an object of this id that is no more.
    pub(crate) fn is_gone(&self, id: &str) -> bool {
        self.gone.contains(id) && !self.by_id.contains_key(id)
    }

    /// The objects that mention an id, with the attribute that does.
    pub(crate) fn referrers(&self, id: &str) -> impl Iterator<Item = &(String, Key)> {
        self.referrers.get(id).into_iter().flatten()
    }

    /// Addresses in use in a subnet.
    pub(crate) fn addresses(&self, subnet: &str) -> Option<&HashSet<u32>> {
        self.addresses.get(subnet)
    }

    /// Objects ever made.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Put(object) => self.put(*object),
            Record::Delete {
                kind,
                id,
                seen_until,
            } => {
                let key = (kind, id.clone());
                if seen_until > 0
                    && let Some(object) = self.objects.get(&key)
                {
                    let ghost = (object.clone(), seen_until);
                    self.ghosts.insert(key.clone(), ghost);
                }
                self.remove(&key);
                self.gone.insert(id);
            }
            Record::Call(call) => self.count(call),
            Record::Summary {
                made,
                calls,
                counts,
                gone,
            } => {
                self.made = self.made.max(made);
                self.calls = self.calls.max(calls);
                self.counts
                    .extend(counts.into_iter().map(|(op, kind, n)| ((op, kind), n)));
                self.gone.extend(gone);
            }
        }
    }

    fn put(&mut self, object: MockObject) {
        let key = (object.kind.clone(), object.id.clone());
        self.remove(&key);
        self.made = self.made.max(object.number);
        self.by_id
            .entry(object.id.clone())
            .or_default()
            .insert(object.kind.clone());
        *self.by_kind.entry(object.kind.clone()).or_default() += 1;
        if !object.token.is_empty() {
            self.by_token.insert(object.token.clone(), key.clone());
        }
        references::each(&object.attributes, &mut |attribute, id| {
            if *id != object.id {
                self.referrers
                    .entry(id.to_owned())
                    .or_default()
                    .insert((attribute.to_owned(), key.clone()));
            }
        });
        if let Some((subnet, address)) = references::addresses(&object.attributes) {
            self.addresses.entry(subnet).or_default().insert(address);
        }
        self.objects.insert(key, object);
    }

    fn remove(&mut self, key: &Key) {
        let Some(object) = self.objects.remove(key) else {
            return;
        };
        if let Some(kinds) = self.by_id.get_mut(&object.id) {
            kinds.remove(&object.kind);
            if kinds.is_empty() {
                self.by_id.remove(&object.id);
            }
        }
        if let Some(n) = self.by_kind.get_mut(&object.kind) {
            *n -= 1;
        }
        self.by_token.remove(&object.token);
        references::each(&object.attributes, &mut |attribute, id| {
            if let Some(who) = self.referrers.get_mut(id) {
                who.remove(&(attribute.to_owned(), key.clone()));
                if who.is_empty() {
                    self.referrers.remove(id);
                }
            }
        });
        if let Some((subnet, address)) = references::addresses(&object.attributes)
            && let Some(used) = self.addresses.get_mut(&subnet)
        {
            used.remove(&address);
        }
    }

    fn count(&mut self, call: MockCall) {
        self.calls = self.calls.max(call.seq);
        for kind in [call.kind.as_str(), ""] {
            *self.counts.entry((call.op, kind.to_owned())).or_default() += 1;
        }
        if self.log.len() >= CALLS_KEPT {
            self.log.drain(..CALLS_KEPT / 2);
        }
        self.log.push(call);
    }

    /// Everything that must be known later.
    fn records(&self) -> Vec<Record> {
        let counts = self
            .counts
            .iter()
            .map(|((op, kind), n)| (*op, kind.clone(), *n))
            .collect::<BTreeSet<_>>();
        let gone = self.gone.iter().cloned().collect::<BTreeSet<_>>();
        let summary = Record::Summary {
            made: self.made,
            calls: self.calls,
            counts: counts.into_iter().collect(),
            gone: gone.into_iter().collect(),
        };
        let objects = self
            .objects
            .values()
            .map(|o| Record::Put(Box::new(o.clone())));
        std::iter::once(summary).chain(objects).collect()
    }
}

/// A cloud that exists in a file or in memory only. One is shared by all its providers.
#[derive(Debug)]
pub struct MockCloud {
    inner: Mutex<Inner>,
    pub(crate) config: MockConfig,
    pub(crate) harm: Harm,
}

#[derive(Debug)]
struct Inner {
    contents: Contents,
    /// None in memory, and until the file is there.
    journal: Option<Journal>,
    path: Option<PathBuf>,
    /// What the file is encrypted with.
    keys: Option<Arc<dyn Keys>>,
}

impl MockCloud {
    /// Opens a cloud. Without a path it lives in memory. The file is made when something is first written to it, so that
    /// who only looks leaves nothing behind.
    pub fn open(path: Option<PathBuf>, config: MockConfig) -> Result<Self, MockCloudError> {
        Self::open_with(path, config, None)
    }

    /// As [`MockCloud::open`], with a file whose objects are encrypted.
    pub fn open_sealed(
        path: PathBuf,
        config: MockConfig,
        keys: Arc<dyn Keys>,
    ) -> Result<Self, MockCloudError> {
        Self::open_with(Some(path), config, Some(keys))
    }

    fn open_with(
        path: Option<PathBuf>,
        config: MockConfig,
        keys: Option<Arc<dyn Keys>>,
    ) -> Result<Self, MockCloudError> {
        let mut inner = Inner {
            contents: Contents::default(),
            journal: None,
            path,
            keys,
        };
        if inner.is_there() {
            inner.begin()?;
        }
        Ok(Self {
            inner: Mutex::new(inner),
            harm: Harm::default(),
            config,
        })
    }

    /// A cloud in memory without latencies, faults and limits.
    #[must_use]
    pub fn in_memory() -> Self {
        let inner = Inner {
            contents: Contents::default(),
            journal: None,
            path: None,
            keys: None,
        };
        Self {
            inner: Mutex::new(inner),
            harm: Harm::default(),
            config: MockConfig::default(),
        }
    }

    /// Wraps the key of the file with the key that its [`Keys`] now encrypt with; with `anew`, encrypts everything with a new
    /// one. Does nothing in memory, or where there is no file.
    pub fn rotate_key(&self, anew: bool) -> Result<(), MockCloudError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !inner.is_there() {
            return Ok(());
        }
        inner.begin()?;
        inner.locked(|inner| {
            inner.catch_up()?;
            match &mut inner.journal {
                Some(journal) => journal.rotate_key(anew),
                None => Ok(()),
            }
        })
    }

    /// What is to happen to the state of whoever works on this cloud.
    #[must_use]
    pub fn state_faults(&self) -> StateFaults {
        self.config.state
    }

    /// All objects, by type and id.
    pub fn objects(&self) -> Result<Vec<MockObject>, MockCloudError> {
        self.look(|contents| contents.objects.values().cloned().collect())
    }

    /// Another cloud in memory, as this one is now.
    pub fn copy(&self) -> Result<Self, MockCloudError> {
        let copy = Self {
            config: self.config.clone(),
            ..Self::in_memory()
        };
        copy.become_like(self)?;
        Ok(copy)
    }

    /// Makes a cloud in memory what another one is now, so that a test can go back to where it was.
    pub fn become_like(&self, other: &Self) -> Result<(), MockCloudError> {
        let contents = other.look(Contents::clone)?;
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.contents = contents;
        Ok(())
    }

    /// The calls that are remembered, oldest first.
    pub fn calls(&self) -> Result<Vec<MockCall>, MockCloudError> {
        self.look(|contents| contents.log.clone())
    }

    /// Removes an object behind the back of whoever made it, as a person with a console would. Whether there was one.
    pub fn forget(&self, kind: &str, id: &str) -> Result<bool, MockCloudError> {
        self.transact(|t| {
            let found = t.contents.get(kind, id).is_some();
            if found {
                t.delete(kind, id);
            }
            found
        })
    }

    /// Changes attributes of an object behind the back of whoever made it. Whether there was one.
    pub fn tamper(
        &self,
        kind: &str,
        id: &str,
        attributes: Map<String, Json>,
    ) -> Result<bool, MockCloudError> {
        self.transact(|t| {
            let Some(mut object) = t.contents.get(kind, id).cloned() else {
                return false;
            };
            object.attributes.extend(attributes);
            t.put(object);
            true
        })
    }

    pub(crate) fn look<R>(&self, look: impl FnOnce(&Contents) -> R) -> Result<R, MockCloudError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.is_there() {
            inner.begin()?;
        }
        inner.locked(|inner| {
            inner.catch_up()?;
            Ok(look(&inner.contents))
        })
    }

    /// Does something with the contents; what it changes is written before others see it.
    pub(crate) fn transact<R>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> R,
    ) -> Result<R, MockCloudError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.begin()?;
        inner.locked(|inner| {
            inner.catch_up()?;
            let mut transaction = Transaction {
                contents: &mut inner.contents,
                config: &self.config,
                records: Vec::new(),
                only_calls: true,
            };
            let result = work(&mut transaction);
            let Transaction {
                records,
                only_calls,
                ..
            } = transaction;
            if let Some(journal) = &mut inner.journal
                && !records.is_empty()
            {
                if only_calls && journal.kept() < PENDING_BYTES {
                    journal.keep(&records);
                } else {
                    journal.append(&records)?;
                }
            }
            Ok(result)
        })
    }
}

impl Inner {
    /// Whether the file exists.
    fn is_there(&self) -> bool {
        self.path.as_deref().is_some_and(std::path::Path::exists)
    }

    /// Opens the file, making it where it is not there. Does nothing in memory, or where it is open.
    fn begin(&mut self) -> Result<(), MockCloudError> {
        let (Some(path), None) = (&self.path, &self.journal) else {
            return Ok(());
        };
        self.journal = Some(Journal::open(path, self.keys.clone())?);
        self.locked(|inner| {
            let lines = inner.catch_up()?;
            let live = inner.contents.objects.len();
            match &mut inner.journal {
                Some(journal) if lines > 2_000 + 3 * live => {
                    journal.compact(&inner.contents.records())?;
                    inner.contents.log.clear();
                    Ok(())
                }
                _ => Ok(()),
            }
        })
    }

    fn locked<R>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<R, MockCloudError>,
    ) -> Result<R, MockCloudError> {
        if let Some(journal) = &self.journal {
            journal.lock()?;
        }
        let result = work(self);
        if let Some(journal) = &self.journal {
            journal.unlock();
        }
        result
    }

    fn catch_up(&mut self) -> Result<usize, MockCloudError> {
        let Some(journal) = &mut self.journal else {
            return Ok(0);
        };
        let contents = std::cell::RefCell::new(&mut self.contents);
        journal.catch_up(
            || **contents.borrow_mut() = Contents::default(),
            |record| contents.borrow_mut().apply(record),
        )
    }
}

/// Calls that only read are written late: the last ones when the cloud is closed.
impl Drop for Inner {
    fn drop(&mut self) {
        let written = self.locked(|inner| {
            if inner.journal.as_ref().is_none_or(|j| j.kept() == 0) {
                return Ok(());
            }
            inner.catch_up()?;
            inner.journal.as_mut().map_or(Ok(()), |j| j.append(&[]))
        });
        if let Err(error) = written {
            tracing::warn!(%error, "the last calls of the mock cloud were not written");
        }
    }
}

/// One change of the cloud, seen by others as a whole.
pub(crate) struct Transaction<'c> {
    pub(crate) contents: &'c mut Contents,
    pub(crate) config: &'c MockConfig,
    records: Vec<Record>,
    only_calls: bool,
}

impl Transaction<'_> {
    pub(crate) fn put(&mut self, mut object: MockObject) -> u64 {
        object.revision += 1;
        let revision = object.revision;
        self.change(Record::Put(Box::new(object)));
        revision
    }

    pub(crate) fn delete(&mut self, kind: &str, id: &str) {
        let late = self.config.consistency_ms;
        self.change(Record::Delete {
            kind: kind.to_owned(),
            id: id.to_owned(),
            seen_until: if late > 0 { now_ms() + late } else { 0 },
        });
    }

    fn change(&mut self, record: Record) {
        self.only_calls = false;
        self.contents.apply(record.clone());
        self.records.push(record);
    }

    /// How many calls of an operation there have been for a type and for any, the one that is going on included.
    pub(crate) fn counts(&self, op: Operation, kind: &str) -> (u64, u64) {
        let of = |kind: &str| {
            self.contents
                .counts
                .get(&(op, kind.to_owned()))
                .copied()
                .unwrap_or(0)
                + 1
        };
        (of(kind), of(""))
    }

    /// The number of the call that is going on.
    pub(crate) fn sequence(&self) -> u64 {
        self.contents.calls + 1
    }

    /// Writes down the call that is going on.
    pub(crate) fn call(
        &mut self,
        op: Operation,
        kind: &str,
        id: &str,
        operation: &str,
        outcome: &str,
    ) {
        tracing::debug!(?op, kind, id, outcome, "call");
        let call = MockCall {
            seq: self.sequence(),
            op,
            kind: kind.to_owned(),
            id: id.to_owned(),
            operation: operation.to_owned(),
            outcome: outcome.to_owned(),
            at: jiff::Timestamp::now().to_string(),
        };
        self.contents.count(call.clone());
        self.records.push(Record::Call(call));
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    fn object(id: &str, number: u64) -> MockObject {
        MockObject {
            kind: "tencentcloud_vpc".into(),
            id: id.into(),
            address: "tencentcloud_vpc.a".into(),
            run: "run".into(),
            stack: String::new(),
            seen_from: 0,
            token: format!("token-{id}"),
            tags: BTreeMap::new(),
            number,
            revision: 0,
            attributes: Map::new(),
        }
    }

    fn put(cloud: &MockCloud, id: &str) {
        cloud
            .transact(|t| {
                let number = t.contents.made() + 1;
                t.put(object(id, number));
                t.call(Operation::Create, "tencentcloud_vpc", id, "op", "ok");
            })
            .unwrap();
    }

    fn ids(cloud: &MockCloud) -> Vec<String> {
        cloud.objects().unwrap().into_iter().map(|o| o.id).collect()
    }

    #[test]
    fn two_processes_see_one_cloud() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cloud.json");
        let open = || MockCloud::open(Some(path.clone()), MockConfig::default()).unwrap();
        let (a, b) = (open(), open());
        put(&a, "vpc-1");
        put(&b, "vpc-2");
        assert_eq!(ids(&a), ["vpc-1", "vpc-2"]);
        assert_eq!(b.look(Contents::made).unwrap(), 2, "numbers go on");
        assert!(a.forget("tencentcloud_vpc", "vpc-1").unwrap());
        assert!(b.look(|c| c.is_gone("vpc-1")).unwrap());
        assert_eq!(ids(&open()), ["vpc-2"]);
        assert_eq!(open().calls().unwrap().len(), 2);
    }

    #[test]
    fn a_torn_line_never_happened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cloud.json");
        let open = || MockCloud::open(Some(path.clone()), MockConfig::default()).unwrap();
        put(&open(), "vpc-1");
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"put\":{\"type\":\"tenc");
        std::fs::write(&path, text).unwrap();
        let cloud = open();
        put(&cloud, "vpc-2");
        assert_eq!(ids(&open()), ["vpc-1", "vpc-2"]);
    }

    #[test]
    fn compaction_loses_nothing_and_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cloud.json");
        let open = || MockCloud::open(Some(path.clone()), MockConfig::default()).unwrap();
        let old = open();
        put(&old, "vpc-keep");
        for i in 0..800 {
            put(&old, &format!("vpc-{i}"));
            old.forget("tencentcloud_vpc", &format!("vpc-{i}")).unwrap();
        }
        let size = std::fs::metadata(&path).unwrap().len();
        let new = open();
        assert!(
            std::fs::metadata(&path).unwrap().len() < size / 10,
            "it was compacted"
        );
        put(&new, "vpc-later");
        assert_eq!(ids(&old), ["vpc-keep", "vpc-later"]);
        put(&old, "vpc-last");
        assert_eq!(ids(&new).len(), 3);
        assert_eq!(
            new.look(|c| (c.made(), c.is_gone("vpc-5"))).unwrap(),
            (803, true)
        );
        let counts = new
            .transact(|t| t.counts(Operation::Create, "tencentcloud_vpc").0)
            .unwrap();
        assert_eq!(counts, 804);
    }

    #[test]
    fn foreign_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cloud.json");
        for (text, said) in [
            ("{\"a\": 1}\n", "damaged at byte 0"),
            ("{\"mock_cloud\": 9}\n", "has format 9"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = MockCloud::open(Some(path.clone()), MockConfig::default()).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
