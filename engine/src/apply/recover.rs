//! What became of operations that an earlier run began and did not finish recording.
//!
//! | open | what the cloud has | what is done |
//! |---|---|---|
//! | create | the object, by the operation's token | it is taken into the state; the plan that follows goes on from there |
//! | create | nothing, for as long as the cloud may show things late | the operation is closed as absent: the plan repeats it, with its token |
//! | update, delete | the object, or none | the row becomes what the cloud has: the plan repeats what is left to do |
//!
//! Whatever cannot be found out leaves the operation open, and the run ends there. After that come the objects that no
//! operation leads to: see `strays`.

use cloudapp_lang::{Diagnostic, Diagnostics};

use super::rows::{Desired, deposed_key, known};
use super::strays;
use crate::address::{Address, Mode};
use crate::calls::{Asked, Calls};
use crate::event::Event;
use crate::objects::{beyond_schema, decode_object, decode_paths, encode_object, encode_paths};
use crate::plan::Action;
use crate::plan::job::object_id;
use crate::provider::{CallKind, Object, Provider, ProviderError};
use crate::providers::base_name;
use crate::run::{self, Runner, store_diagnostic};
use crate::schema::SharedSchema;
use crate::secrets::Given;
use crate::store::{Change, InstanceRow, IntentRow, Lease, OperationAction, Outcome, State};

/// Resolves every open intent, oldest first, and records what it finds; then takes in what no intent leads to.
pub(crate) async fn recover(runner: &Runner, lease: &Lease) -> Diagnostics {
    let recovery = Recovery {
        runner,
        lease,
        calls: runner.calls(),
    };
    let mut diags = Diagnostics::new();
    let open = match runner.store.open_intents().await {
        Ok(o) => o,
        Err(e) => return store_diagnostic(&e).into(),
    };
    for (done, intent) in open.iter().enumerate() {
        match recovery.resolve(intent).await {
            Ok((changes, note)) => {
                diags.extend(note);
                if let Err(d) = recovery.commit(changes).await {
                    diags.push(d);
                    return diags;
                }
            }
            Err(_) if runner.interrupt.stop.is_cancelled() => {
                diags.push(interrupted(open.len() - done));
                return diags;
            }
            Err(d) => diags.push(d),
        }
    }
    if !diags.has_errors() {
        diags.append(strays::gather(&recovery).await);
    }
    diags
}

/// Whether there is nothing for [`recover`] to write, as far as can be seen without the lock; and what is noteworthy, where
/// that is so or cannot be told.
pub(crate) async fn is_settled(runner: &Runner) -> (bool, Diagnostics) {
    match runner.store.open_intents().await {
        Ok(open) if open.is_empty() => {}
        Ok(_) => return (false, Diagnostics::new()),
        Err(e) => return (true, store_diagnostic(&e).into()),
    }
    let mut diags = Diagnostics::new();
    if strays::find(runner, &mut diags).await.is_empty() {
        (true, diags)
    } else {
        // They are looked for again with the lock, and what is noteworthy is found again.
        (false, Diagnostics::new())
    }
}

/// What finding out needs.
pub(crate) struct Recovery<'r> {
    pub(crate) runner: &'r Runner,
    lease: &'r Lease,
    calls: Calls,
}

type Resolution = (Vec<Change>, Option<Diagnostic>);

/// What an intent is about, once it could be read.
struct Subject<'r> {
    address: Address,
    provider: &'r dyn Provider,
    schema: SharedSchema,
}

impl Subject<'_> {
    fn asks(&self, call: CallKind) -> Asked<'_> {
        Asked {
            provider: self.provider,
            call,
            kind: &self.address.resource.kind,
            address: &self.address,
            action: Action::Read,
        }
    }
}

impl<'r> Recovery<'r> {
    async fn commit(&self, changes: Vec<Change>) -> Result<(), Diagnostic> {
        let written = self.runner.store.commit(self.lease, changes).await;
        written.map(drop).map_err(|e| store_diagnostic(&e))
    }

    fn subject(&self, address: &str, provider: &str) -> Result<Subject<'r>, String> {
        let parsed: Address = address.parse().map_err(|e| format!("{e}"))?;
        let name = base_name(provider);
        let found = (self.runner.providers.get(name))
            .ok_or_else(|| format!("there is no provider \"{name}\""))?;
        let kind = &parsed.resource.kind;
        let schema = found
            .schema(Mode::Managed, kind)
            .ok_or_else(|| format!("there is no type \"{kind}\""))?;
        Ok(Subject {
            address: parsed,
            provider: &**found,
            schema,
        })
    }

    async fn resolve(&self, intent: &IntentRow) -> Result<Resolution, Diagnostic> {
        let subject = (self.subject(&intent.address, &intent.provider))
            .map_err(|reason| failed(intent, &reason))?;
        match intent.action {
            OperationAction::Create => self.create(intent, &subject).await,
            OperationAction::Update | OperationAction::Delete => {
                self.existing(intent, &subject).await
            }
        }
    }

    async fn create(
        &self,
        intent: &IntentRow,
        subject: &Subject<'_>,
    ) -> Result<Resolution, Diagnostic> {
        let found = self.created(intent, subject).await;
        let found = found.map_err(|e| failed(intent, &e.message))?;
        let rows = rows_at(self.runner, &intent.address).await?;
        let Some(object) = found else {
            let mut changes = put_back(intent, &rows);
            changes.push(outcome(intent, Outcome::Absent));
            return Ok((changes, None));
        };
        let row = self.found(intent, subject, &object);
        let note = Diagnostic::warning(
            "operation-recovered",
            "Object of an interrupted run was found",
            format!(
                "An earlier run created {} ({}) and ended before recording it; it is in the state now.",
                intent.address,
                object_id(&object.value).unwrap_or("without id")
            ),
        )
        .address(intent.address.clone());
        let mut changes = make_way(intent, &rows, &row);
        changes.push(Change::PutInstance(row));
        changes.push(outcome(intent, Outcome::Succeeded));
        Ok((changes, Some(note)))
    }

    /// What an operation created, by its token; looked for until the cloud has settled.
    async fn created(
        &self,
        intent: &IntentRow,
        subject: &Subject<'_>,
    ) -> Result<Option<Object>, ProviderError> {
        let (token, address) = (intent.operation.clone(), intent.address.clone());
        let cx = self.runner.context(&*intent.run, token, address);
        let kind = &subject.address.resource.kind;
        let asked = subject.asks(CallKind::Recover);
        let look = || {
            self.calls
                .make(asked, || subject.provider.recover(&cx, kind))
        };
        self.calls.settled(subject.provider, look).await
    }

    /// The row of an object that was found.
    fn found(&self, intent: &IntentRow, subject: &Subject<'_>, object: &Object) -> InstanceRow {
        let id = object_id(&object.value);
        self.runner.observer.event(&Event::Recovered {
            address: &intent.address,
            id,
        });
        InstanceRow {
            // Its provisioners have not run.
            tainted: self.runner.configuration.is_provisioned(&subject.address),
            ..row(intent, &subject.schema, object)
        }
    }

    /// An object that was being changed or deleted is in the state: reading it shows what came of it.
    async fn existing(
        &self,
        intent: &IntentRow,
        subject: &Subject<'_>,
    ) -> Result<Resolution, Diagnostic> {
        let rows = rows_at(self.runner, &intent.address).await?;
        let stored = rows.into_iter().find(|r| r.deposed == intent.deposed);
        let Some(stored) = stored else {
            return Ok((vec![outcome(intent, Outcome::Succeeded)], None));
        };
        let found = (self.read(subject, &stored, intent.action).await)
            .map_err(|reason| failed(intent, &reason))?;
        Ok(match found {
            None => {
                let gone = remove(&stored);
                (vec![gone, outcome(intent, Outcome::Succeeded)], None)
            }
            Some(o) => {
                let row = as_it_is(intent, &subject.schema, stored, &o);
                (
                    vec![Change::PutInstance(row), outcome(intent, Outcome::Failed)],
                    None,
                )
            }
        })
    }

    /// The object of a row as it is; none where it is gone, for which a cloud that shows things late is given time unless
    /// it was to go anyway.
    async fn read(
        &self,
        subject: &Subject<'_>,
        stored: &InstanceRow,
        action: OperationAction,
    ) -> Result<Option<Object>, String> {
        let value = decode_object(&stored.attributes, &subject.schema.block.ty())
            .map_err(|e| e.to_string())?;
        let cx = (self.runner).context("recover", String::new(), stored.address.clone());
        let object = Object {
            value,
            private: stored.private.clone(),
        };
        let kind = &subject.address.resource.kind;
        let asked = subject.asks(CallKind::Read);
        let look = || {
            self.calls
                .make(asked, || subject.provider.read(&cx, kind, object.clone()))
        };
        let found = match action {
            OperationAction::Delete => look().await,
            _ => self.calls.settled(subject.provider, look).await,
        };
        found.map_err(|mut e: ProviderError| {
            let given = Given {
                schema: subject.schema.clone(),
                values: vec![
                    object
                        .value
                        .clone()
                        .mark_paths(&decode_paths(&stored.sensitive)),
                ],
                config: None,
            };
            given.secrets().redact_error(&mut e);
            e.message
        })
    }

    /// The object of a row as it is, if it is.
    pub(crate) async fn object_of(&self, row: &InstanceRow) -> Result<Option<Object>, String> {
        let subject = self.subject(&row.address, &row.provider)?;
        self.read(&subject, row, OperationAction::Update).await
    }

    /// Takes in an object that no intent of this state leads to. `gone` has the rows whose place it takes. What it is, or
    /// none where it is no longer there.
    pub(crate) async fn take_in(
        &self,
        intent: &IntentRow,
        gone: &[InstanceRow],
    ) -> Result<Option<Object>, Diagnostic> {
        let subject = (self.subject(&intent.address, &intent.provider))
            .map_err(|reason| failed(intent, &reason))?;
        let found = self.created(intent, &subject).await;
        let Some(object) = found.map_err(|e| failed(intent, &e.message))? else {
            return Ok(None);
        };
        let row = self.found(intent, &subject, &object);
        let mut changes: Vec<Change> = gone.iter().map(remove).collect();
        changes.push(Change::Intent(intent.clone()));
        changes.push(Change::PutInstance(row));
        changes.push(outcome(intent, Outcome::Succeeded));
        self.commit(changes).await.map(|()| Some(object))
    }
}

fn remove(row: &InstanceRow) -> Change {
    Change::RemoveInstance {
        address: row.address.clone(),
        deposed: row.deposed.clone(),
    }
}

/// The row of an object that was to be changed or deleted, as a read found it.
fn as_it_is(
    intent: &IntentRow,
    schema: &SharedSchema,
    stored: InstanceRow,
    object: &Object,
) -> InstanceRow {
    let found = InstanceRow {
        deposed: stored.deposed.clone(),
        tainted: stored.tainted,
        ..row(intent, schema, object)
    };
    // Where the object is another than before, the change took place, and the row says what it would have said.
    let changed = intent.action == OperationAction::Update && found.attributes != stored.attributes;
    if changed {
        return found;
    }
    InstanceRow {
        attributes: found.attributes,
        private: found.private,
        ..stored
    }
}

/// The rows of an instance: its object and the deposed ones.
async fn rows_at(runner: &Runner, address: &str) -> Result<Vec<InstanceRow>, Diagnostic> {
    let state = runner.store.state().await;
    let rows = state.map_err(|e| store_diagnostic(&e))?.instances;
    Ok(rows.into_iter().filter(|r| r.address == address).collect())
}

/// Where nothing was created, what was put aside for it takes its place again.
fn put_back(intent: &IntentRow, rows: &[InstanceRow]) -> Vec<Change> {
    let is_free = rows.iter().all(|r| !r.deposed.is_empty());
    let aside = rows
        .iter()
        .find(|r| !r.deposed.is_empty() && r.deposed == intent.deposed);
    let Some(old) = aside.filter(|_| is_free) else {
        return Vec::new();
    };
    vec![
        Change::RemoveInstance {
            address: old.address.clone(),
            deposed: old.deposed.clone(),
        },
        Change::PutInstance(InstanceRow {
            deposed: String::new(),
            ..old.clone()
        }),
    ]
}

/// What has the address of an object that was found is not forgotten for it.
fn make_way(intent: &IntentRow, rows: &[InstanceRow], found: &InstanceRow) -> Vec<Change> {
    let current = rows.iter().find(|r| r.deposed.is_empty());
    let other = current.filter(|r| r.attributes != found.attributes);
    let put_aside = |r: &InstanceRow| {
        Change::PutInstance(InstanceRow {
            deposed: deposed_key(&intent.operation, 0),
            ..r.clone()
        })
    };
    other.map(put_aside).into_iter().collect()
}

fn row(intent: &IntentRow, schema: &SharedSchema, object: &Object) -> InstanceRow {
    let desired = Desired::decode(&intent.desired);
    let marks = decode_paths(&desired.sensitive.to_string());
    let marks = beyond_schema(&schema.block, &object.value, &marks);
    InstanceRow {
        address: intent.address.clone(),
        deposed: String::new(),
        provider: intent.provider.clone(),
        schema_version: schema.version,
        attributes: encode_object(&known(&object.value), &schema.block.ty()),
        sensitive: encode_paths(&marks),
        private: object.private.clone(),
        dependencies: intent.dependencies.clone(),
        tainted: false,
        create_before_destroy: desired.create_before_destroy,
    }
}

/// What a person found in the cloud of an object that an open operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is not there.
    Absent,
    /// It is there.
    Present,
}

/// The changes that settle an open operation as somebody says who has looked, for where no provider can tell any more. None
/// where that cannot be written down: of an object that was created and is there, only its provider knows the attributes.
/// `state` must be read with the lock.
pub fn settle(intent: &IntentRow, found: Found, state: &State) -> Option<Vec<Change>> {
    let rows = || {
        state
            .instances
            .iter()
            .filter(|r| r.address == intent.address)
    };
    let (mut changes, as_said) = match (intent.action, found) {
        (OperationAction::Create, Found::Present) => return None,
        (OperationAction::Create, Found::Absent) => {
            let rows: Vec<InstanceRow> = rows().cloned().collect();
            (put_back(intent, &rows), Outcome::Absent)
        }
        (_, Found::Absent) => {
            let gone = rows().filter(|r| r.deposed == intent.deposed).map(remove);
            (gone.collect(), Outcome::Succeeded)
        }
        // Its row stays; the next refresh shows what came of it.
        (_, Found::Present) => (Vec::new(), Outcome::Failed),
    };
    changes.push(outcome(intent, as_said));
    Some(changes)
}

fn outcome(intent: &IntentRow, outcome: Outcome) -> Change {
    Change::Outcome {
        operation: intent.operation.clone(),
        outcome,
        error: None,
    }
}

/// Of so many operations it was not found out what came of them.
fn interrupted(open: usize) -> Diagnostic {
    let operations = match open {
        1 => "one operation that an earlier run began; it stays open".to_owned(),
        n => format!("{n} operations that an earlier run began; they stay open"),
    };
    run::interrupted(format!("It was not found out what came of {operations}."))
        .hint("Run the command again: it begins with finding that out.")
}

fn failed(intent: &IntentRow, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "operation-not-resolved",
        "Interrupted operation cannot be resolved",
        format!("An earlier run began an operation on {} and it is not known what came of it: {reason}.", intent.address),
    )
    .address(intent.address.clone())
    .hint(format!(
        "Make the provider usable again and run the command once more. Where that cannot be, look into the cloud and say what \
         you found: cloudapp state resolve {}",
        intent.operation
    ))
}
