//! One call to the mock cloud from its beginning to its end: latency, fault, refusal, effect, answer.
//!
//! A change takes effect in the middle of its latency: a run that is killed or cancelled while it waits may leave an
//! object that nobody has recorded, as in a real cloud.

use std::sync::Arc;
use std::time::Duration;

use cloudapp_engine::provider::{ApplyError, ErrorClass, Object, OperationContext, ProviderError};
use cloudapp_lang::{Path, Value};
use serde_json::{Map, Value as Json};

use super::catalogue::Kind;
use super::cloud::{MockCloud, MockObject, Transaction, now_ms};
use super::config::{Fault, FaultClass, Moment, Operation};
use super::draw::Draw;
use super::harm::Harm;
use super::journal::MockCloudError;
use super::maker::{Maker, tags};
use super::references::{self, Refusal};
use super::schema::TIMEOUTS;
use super::{data, identity, json};
use crate::advice;

/// What a call needs: the cloud, who asks, and the type.
pub(crate) struct Caller<'c> {
    pub(crate) cloud: &'c MockCloud,
    pub(crate) cx: &'c OperationContext,
    pub(crate) name: &'c str,
    pub(crate) kind: &'c Kind,
    pub(crate) region: Arc<str>,
}

/// A call that is going on: its number in this process, and the second half of its latency.
struct Turn {
    call: u64,
    second: Duration,
}

/// How a call ended inside the cloud: the answer or the error, and the object that exists all the same.
type Ended<T> = Result<T, ApplyError>;

impl Caller<'_> {
    pub(crate) async fn create(&self, planned: &Value) -> Result<Object, ApplyError> {
        let turn = self.begin(Operation::Create).await?;
        let ended = self.transact(|t| {
            let fault = self.fault(t, Operation::Create);
            let partial = fault.as_ref().is_some_and(|f| f.partial);
            let fault = fault.filter(|f| !f.partial);
            if let Some(fault) = fault.as_ref().filter(|f| !f.created) {
                return self.failed(t, Operation::Create, "", fault, None);
            }
            if let Some(unseen) = self.unseen(t, planned) {
                return self.not_yet(t, Operation::Create, "", unseen);
            }
            let object = match self.made(t, planned) {
                Ok(object) => object,
                Err(refusal) => return self.refused(t, Operation::Create, "", refusal),
            };
            let answer = self.answer(&object, planned.get(TIMEOUTS));
            if let Some(fault) = fault {
                return self.failed(t, Operation::Create, &object.id, &fault, Some(answer));
            }
            t.call(
                Operation::Create,
                self.name,
                &object.id,
                &self.cx.operation,
                "ok",
            );
            Ok(if partial {
                half(answer, planned)
            } else {
                answer
            })
        })?;
        self.end(turn, Operation::Create, ended).await
    }

    /// The object of this operation: the one that an earlier call with its token made, or a new one.
    fn made(&self, t: &mut Transaction<'_>, planned: &Value) -> Result<MockObject, Refusal> {
        if !self.cx.operation.is_empty()
            && let Some(object) = t.contents.by_token(&self.cx.operation)
            && object.kind == self.name
        {
            return Ok(object.clone());
        }
        let count = t.contents.count_of(self.name);
        if let Some(limit) = t
            .config
            .quota
            .get(self.name)
            .filter(|limit| count >= **limit)
        {
            return Err(Refusal {
                code: quota_code(self.name),
                message: format!(
                    "the quota of {limit} objects of type {} is used up.",
                    self.name
                ),
                hint: "Delete objects that are not needed, or have the quota raised.",
            });
        }
        if let Some(refusal) = references::missing(t.contents, &self.attributes(planned)) {
            return Err(refusal);
        }
        let number = t.contents.made() + 1;
        let mut draw = Draw::new(t.config.seed, number);
        let id = self.new_id(t, planned, &mut draw);
        let value = self.maker(t, &id, planned, draw).make(&self.kind.spec)?;
        let mut object = MockObject {
            kind: self.name.to_owned(),
            id,
            address: self.cx.address.clone(),
            run: self.cx.run.to_string(),
            stack: self.cx.stack.clone(),
            seen_from: match t.config.consistency_ms {
                0 => 0,
                late => now_ms() + late,
            },
            token: self.cx.operation.clone(),
            tags: tags(&value),
            number,
            revision: 0,
            attributes: self.attributes(&value),
        };
        object.revision = t.put(object.clone());
        Ok(object)
    }

    /// An id that no other object of the type has. Names given by people are kept even so: settings of one thing.
    fn new_id(&self, t: &Transaction<'_>, planned: &Value, draw: &mut Draw) -> String {
        let mut id = identity::id(self.name, planned, draw);
        for _ in 0..8 {
            if t.contents.get(self.name, &id).is_none() && !t.contents.is_gone(&id) {
                break;
            }
            id = identity::id(self.name, planned, draw);
        }
        if t.contents.get(self.name, &id).is_some() {
            format!("{id}#{}", draw.token(8))
        } else {
            id
        }
    }

    fn maker<'m>(
        &'m self,
        t: &'m Transaction<'_>,
        id: &'m str,
        planned: &'m Value,
        draw: Draw,
    ) -> Maker<'m> {
        Maker {
            contents: t.contents,
            kind: self.name,
            id,
            region: planned
                .get("region")
                .and_then(Value::as_str)
                .unwrap_or(&self.region),
            draw,
            now: jiff::Timestamp::now(),
            planned,
            private_ip: None,
            public_ip: None,
        }
    }

    pub(crate) async fn update(
        &self,
        prior: Object,
        planned: &Value,
    ) -> Result<Object, ApplyError> {
        let turn = self
            .begin(Operation::Update)
            .await
            .map_err(|e| ApplyError {
                object: Some(prior.clone()),
                ..e
            })?;
        let id = id_of(&prior.value);
        let ended = self.transact(|t| {
            let fault = self.fault(t, Operation::Update);
            if let Some(fault) = fault.as_ref().filter(|f| !f.created) {
                return self.failed(t, Operation::Update, &id, fault, Some(prior.clone()));
            }
            if let Some(unseen) = self.unseen(t, planned) {
                let ended = self.not_yet(t, Operation::Update, &id, unseen);
                return ended.map_err(|e| ApplyError {
                    object: Some(prior.clone()),
                    ..e
                });
            }
            let changed = match self.changed(t, &id, planned) {
                Ok(changed) => changed,
                Err(refusal) => return self.refused(t, Operation::Update, &id, refusal),
            };
            let answer = self.answer(&changed, planned.get(TIMEOUTS));
            if let Some(fault) = fault {
                return self.failed(t, Operation::Update, &id, &fault, Some(answer));
            }
            t.call(Operation::Update, self.name, &id, &self.cx.operation, "ok");
            Ok(answer)
        })?;
        self.end(turn, Operation::Update, ended).await
    }

    fn changed(
        &self,
        t: &mut Transaction<'_>,
        id: &str,
        planned: &Value,
    ) -> Result<MockObject, Refusal> {
        let Some(mut object) = t.contents.get(self.name, id).cloned() else {
            return Err(not_found(self.name, id));
        };
        if let Some(refusal) = references::missing(t.contents, &self.attributes(planned)) {
            return Err(refusal);
        }
        let draw = Draw::new(t.config.seed ^ object.revision, object.number);
        let value = self.maker(t, id, planned, draw).make(&self.kind.spec)?;
        object.tags = tags(&value);
        object.address.clone_from(&self.cx.address);
        object.attributes = self.attributes(&value);
        object.revision = t.put(object.clone());
        Ok(object)
    }

    pub(crate) async fn delete(&self, prior: Object) -> Result<(), ProviderError> {
        let turn = self.begin(Operation::Delete).await.map_err(|e| e.error)?;
        let id = id_of(&prior.value);
        let ended = self.transact(|t| {
            let fault = self.fault(t, Operation::Delete);
            if let Some(fault) = fault.as_ref().filter(|f| !f.created) {
                return self.failed(t, Operation::Delete, &id, fault, None);
            }
            // What is not there any more is deleted.
            if let Some(object) = t.contents.get(self.name, &id) {
                if let Some(refusal) = references::in_use(t.contents, object) {
                    return self.refused(t, Operation::Delete, &id, refusal);
                }
                t.delete(self.name, &id);
            }
            match fault {
                Some(fault) => self.failed(t, Operation::Delete, &id, &fault, None),
                None => {
                    t.call(Operation::Delete, self.name, &id, &self.cx.operation, "ok");
                    Ok(())
                }
            }
        });
        let ended = ended.map_err(|e| e.error)?;
        self.end(turn, Operation::Delete, ended)
            .await
            .map_err(|e| e.error)
    }

    pub(crate) async fn read(&self, object: Object) -> Result<Option<Object>, ProviderError> {
        let id = id_of(&object.value);
        let found = self.reading(Operation::Read, &id, |t| {
            t.contents
                .seen(self.name, &id, now_ms())
                .map(|o| self.fresh(o, &object))
        });
        found.await
    }

    pub(crate) async fn import(&self, id: &str) -> Result<Option<Object>, ProviderError> {
        let found = self.reading(Operation::Import, id, |t| {
            let seen = t.contents.seen(self.name, id, now_ms());
            seen.map(|o| self.answer(o, None))
        });
        found.await
    }

    pub(crate) async fn read_data(&self, config: &Value) -> Result<Value, ProviderError> {
        self.reading(Operation::Data, "", |t| {
            let draw = Draw::new(t.config.seed, 0);
            data::read(
                t.contents,
                self.name,
                &self.kind.spec,
                config,
                &self.region,
                draw,
            )
        })
        .await
    }

    /// Looks for what an operation made. It is asked once for every operation that a killed run left open: no latency.
    pub(crate) fn recover(&self) -> Result<Option<Object>, ProviderError> {
        let found = self.cloud.look(|contents| {
            let object = contents
                .by_token(&self.cx.operation)
                .filter(|o| o.kind == self.name && o.seen_from <= now_ms())?;
            Some(self.answer(object, None))
        });
        found.map_err(|e| file_error(&e))
    }

    async fn reading<T>(
        &self,
        operation: Operation,
        id: &str,
        look: impl FnOnce(&Transaction<'_>) -> T,
    ) -> Result<T, ProviderError> {
        let turn = self.begin(operation).await.map_err(|e| e.error)?;
        let ended = self.transact(|t| match self.fault(t, operation) {
            Some(fault) => self.failed(t, operation, id, &fault, None),
            None => {
                let found = look(t);
                t.call(operation, self.name, id, "", "ok");
                Ok(found)
            }
        });
        let ended = ended.map_err(|e| e.error)?;
        self.end(turn, operation, ended).await.map_err(|e| e.error)
    }

    /// What the engine is told of an object. Timeouts are the configuration's, not the cloud's.
    fn answer(&self, object: &MockObject, timeouts: Option<&Value>) -> Object {
        let ty = self.kind.schema.block.ty();
        let value = json::from_json(&Json::Object(object.attributes.clone()), &ty);
        Object {
            value: with_timeouts(value, timeouts),
            private: object.revision.to_le_bytes().to_vec(),
        }
    }

    /// The same, without work where the object has not changed since it was last answered.
    fn fresh(&self, object: &MockObject, last: &Object) -> Object {
        if last.private == object.revision.to_le_bytes() {
            last.clone()
        } else {
            self.answer(object, last.value.get(TIMEOUTS))
        }
    }

    /// The attributes of an object as the cloud keeps them.
    fn attributes(&self, value: &Value) -> Map<String, Json> {
        let entries = value
            .as_entries()
            .into_iter()
            .flatten()
            .filter(|(n, _)| &***n != TIMEOUTS);
        let attributes = &self.kind.schema.block.attributes;
        let blocks = &self.kind.schema.block.blocks;
        entries
            .filter_map(|(n, v)| {
                let ty = attributes
                    .get(n)
                    .map(|a| a.ty.without_optional())
                    .or_else(|| blocks.get(n).map(|b| b.ty()))?;
                Some((n.to_string(), json::to_json(v, &ty)))
            })
            .collect()
    }

    fn transact<T>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Ended<T>,
    ) -> Result<Ended<T>, ApplyError> {
        self.cloud.transact(work).map_err(|e| file_error(&e).into())
    }

    fn fault(&self, t: &Transaction<'_>, operation: Operation) -> Option<Fault> {
        let (of_type, of_any) = t.counts(operation, self.name);
        let told = t.config.fault(operation, self.name, of_type, of_any);
        told.cloned().or_else(|| by_chance(t, operation))
    }

    /// An object that is referred to and that not everybody sees yet.
    fn unseen(&self, t: &Transaction<'_>, planned: &Value) -> Option<String> {
        if t.config.consistency_ms == 0 {
            return None;
        }
        let (now, mut found) = (now_ms(), None);
        references::each(&self.attributes(planned), &mut |_, id| {
            if found.is_none() && t.contents.is_unseen(id, now) {
                found = Some(id.to_owned());
            }
        });
        found
    }

    /// Ends a call that will succeed once everybody sees what it refers to.
    fn not_yet<T>(
        &self,
        t: &mut Transaction<'_>,
        operation: Operation,
        id: &str,
        unseen: String,
    ) -> Ended<T> {
        let message = format!("there is no \"{unseen}\" yet.");
        self.refused(
            t,
            operation,
            id,
            Refusal {
                code: "ResourceNotFound",
                message,
                hint: "What was made a moment ago is not seen everywhere at once.",
            },
        )
        .map_err(|mut e: ApplyError| {
            e.error.class = ErrorClass::Retryable;
            e
        })
    }

    /// Ends a call with a fault. Where the caller cannot know what happened, it is not told of the object either.
    fn failed<T>(
        &self,
        t: &mut Transaction<'_>,
        operation: Operation,
        id: &str,
        fault: &Fault,
        object: Option<Object>,
    ) -> Ended<T> {
        let request_id = request_id(t);
        t.call(operation, self.name, id, &self.cx.operation, &fault.code);
        let class = match fault.class {
            FaultClass::Fatal => ErrorClass::Fatal,
            FaultClass::Retryable => ErrorClass::Retryable,
            FaultClass::Throttled => {
                ErrorClass::Throttled(Some(Duration::from_millis(fault.after_ms.unwrap_or(100))))
            }
            FaultClass::Unknown => ErrorClass::UnknownOutcome,
        };
        let message = fault
            .message
            .clone()
            .unwrap_or_else(|| format!("The mock cloud was told to fail with {}.", fault.code));
        let known = operation == Operation::Update || fault.class == FaultClass::Fatal;
        let error = ProviderError {
            class,
            code: Some(fault.code.clone()),
            request_id: Some(request_id),
            hint: advice::on(self.name, &fault.code, &message).map(str::to_owned),
            message,
            path: Path::root(),
        };
        Err(ApplyError {
            error,
            object: object.filter(|_| known),
        })
    }

    fn refused<T>(
        &self,
        t: &mut Transaction<'_>,
        operation: Operation,
        id: &str,
        refusal: Refusal,
    ) -> Ended<T> {
        let request_id = request_id(t);
        t.call(operation, self.name, id, &self.cx.operation, refusal.code);
        let error = ProviderError {
            class: ErrorClass::Fatal,
            code: Some(refusal.code.to_owned()),
            request_id: Some(request_id),
            message: format!("The cloud refused the call: {}", refusal.message),
            hint: Some(refusal.hint.to_owned()),
            path: Path::root(),
        };
        Err(error.into())
    }

    /// Begins a call: counts it, throttles it, and waits the first half of its latency. A call that is cancelled now
    /// never happens.
    async fn begin(&self, operation: Operation) -> Result<Turn, ApplyError> {
        let (config, harm) = (&self.cloud.config, &self.cloud.harm);
        let call = harm.count();
        Harm::strike(config, call, Moment::Before);
        if let Some(wait) = harm.throttle(config, operation, self.name) {
            return self.transact(|t| self.throttled(t, operation, wait))?;
        }
        let latency = self.latency(operation).map_err(|e| file_error(&e))?;
        let (first, second) = (latency / 2, latency - latency / 2);
        if !self.sleep(first).await {
            let message = "The call was cancelled before the cloud took it up.";
            return Err(ProviderError::interrupted(message).into());
        }
        Ok(Turn { call, second })
    }

    fn throttled<T>(
        &self,
        t: &mut Transaction<'_>,
        operation: Operation,
        wait: Duration,
    ) -> Ended<T> {
        let fault = Fault {
            op: operation,
            kind: None,
            nth: None,
            code: "RequestLimitExceeded".to_owned(),
            class: FaultClass::Throttled,
            message: Some("Too many calls of this account within a second.".to_owned()),
            after_ms: Some(wait.as_micros().div_ceil(1000) as u64),
            created: false,
            partial: false,
        };
        self.failed(t, operation, "", &fault, None)
    }

    /// Waits the second half of the latency, in which a cancelled call has taken effect already.
    async fn end<T>(&self, turn: Turn, operation: Operation, ended: Ended<T>) -> Ended<T> {
        Harm::strike(&self.cloud.config, turn.call, Moment::After);
        let wait = turn.second;
        let wait = match &ended {
            Err(e) => self
                .fault_delay(operation, e.error.code.as_deref())
                .unwrap_or(wait),
            Ok(_) => wait,
        };
        if self.sleep(wait).await
            || matches!(
                operation,
                Operation::Read | Operation::Data | Operation::Import
            )
        {
            return ended;
        }
        let error = ProviderError {
            class: ErrorClass::UnknownOutcome,
            code: Some("Cancelled".into()),
            request_id: None,
            message: "The call was cancelled while the cloud was at work.".into(),
            hint: Some("Run again: the next run finds out what the call did.".into()),
            path: Path::root(),
        };
        Err(error.into())
    }

    fn fault_delay(&self, operation: Operation, code: Option<&str>) -> Option<Duration> {
        let of = |f: &&Fault| f.op == operation && Some(f.code.as_str()) == code;
        self.cloud
            .config
            .faults
            .iter()
            .find(of)?
            .after_ms
            .map(Duration::from_millis)
    }

    fn latency(&self, operation: Operation) -> Result<Duration, MockCloudError> {
        let Some(&(shortest, longest)) = self.cloud.config.latency_ms.get(&operation) else {
            return Ok(Duration::ZERO);
        };
        // By the operation's token where there is one: the same for every order of concurrent calls.
        let stream = self.cx.address.bytes().fold(operation as u64, |h, b| {
            h.wrapping_mul(31).wrapping_add(b.into())
        });
        Ok(Duration::from_millis(
            Draw::new(self.cloud.config.seed, stream).number(shortest, longest),
        ))
    }

    /// Sleeps, at most until the deadline. Whether it slept to the end.
    async fn sleep(&self, time: Duration) -> bool {
        let time = self.cx.deadline.map_or(time, |d| time.min(d));
        if time.is_zero() {
            return !self.cx.cancel.is_cancelled();
        }
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.cx.cancel.cancelled() => false,
        }
    }
}

/// A call that fails by chance, if this one does.
fn by_chance(t: &Transaction<'_>, operation: Operation) -> Option<Fault> {
    let errors = t.config.errors.as_ref()?;
    let mut draw = Draw::new(t.config.seed ^ 0x6572_726f, t.sequence());
    if draw.number(0, 99) >= errors.percent {
        return None;
    }
    let changes = matches!(
        operation,
        Operation::Create | Operation::Update | Operation::Delete
    );
    Some(Fault {
        op: operation,
        kind: None,
        nth: None,
        code: errors.code.clone(),
        class: errors.class,
        message: None,
        after_ms: None,
        created: changes && draw.number(0, 99) < errors.created_percent,
        partial: false,
    })
}

/// An answer without what the cloud decided, but for the id. Its revision is none that the cloud knows, so that it is read
/// anew.
fn half(answer: Object, planned: &Value) -> Object {
    let entries = answer.value.as_entries().into_iter().flatten();
    let value = Value::object(entries.map(|(name, v)| {
        let told = &**name == "id" || planned.get(name).is_none_or(Value::is_wholly_known);
        let v = if told { v.clone() } else { Value::null(v.ty()) };
        (name.clone(), v)
    }));
    Object {
        value,
        private: Vec::new(),
    }
}

fn with_timeouts(value: Value, timeouts: Option<&Value>) -> Value {
    let (Some(timeouts), Some(entries)) = (timeouts, value.as_entries()) else {
        return value;
    };
    let mut entries = entries.clone();
    entries.insert(TIMEOUTS.into(), timeouts.clone());
    Value::object(entries)
}

fn id_of(value: &Value) -> String {
    value
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn request_id(t: &Transaction<'_>) -> String {
    Draw::new(t.config.seed, u64::MAX - t.sequence()).uuid()
}

fn not_found(kind: &str, id: &str) -> Refusal {
    Refusal {
        code: "ResourceNotFound",
        message: format!("there is no {kind} \"{id}\"."),
        hint: "Run a plan with refresh, so that the missing object is noticed and made again.",
    }
}

fn quota_code(kind: &str) -> &'static str {
    match kind {
        "tencentcloud_eip" => "AddressQuotaLimitExceeded",
        "tencentcloud_instance" => "InstancesQuotaLimitExceeded",
        "tencentcloud_vpc" => "VpcLimitExceeded",
        _ => "LimitExceeded",
    }
}

pub(crate) fn file_error(error: &MockCloudError) -> ProviderError {
    let cause = std::error::Error::source(error)
        .map(|s| format!(": {s}"))
        .unwrap_or_default();
    let mut shown = ProviderError::fatal(format!("The mock cloud cannot be used: {error}{cause}."));
    shown.code = Some("MockCloud".into());
    shown.hint = Some("Remove the file to begin with an empty cloud, or name another one.".into());
    shown
}
