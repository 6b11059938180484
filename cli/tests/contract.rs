//! Providers that break their contract: whatever they do, a run says which provider it was and what it did, and what
//! exists is not forgotten.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cloudapp_engine::Providers;
use cloudapp_engine::address::Mode;
use cloudapp_engine::event::Silent;
use cloudapp_engine::plan::PlanMode;
use cloudapp_engine::provider::{
    ApplyError, ApplyRequest, Object, OperationContext, PlanRequest, PlanResponse, Provider,
    ProviderDiagnostic, ProviderError,
};
use cloudapp_engine::provisioner::{
    NotAllowed, Output, ProvisionError, ProvisionRequest, Provisioner,
};
use cloudapp_engine::run::{Interrupt, PlanOptions, Runner};
use cloudapp_engine::schema::SharedSchema;
use cloudapp_lang::{Diagnostics, Type, Value};
use cloudapp_providers::{MockCloud, MockConfig};
use cloudapp_state::SqliteStore;
use support::configuration;

const STACK: &str = r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
"#;

const DATA: &str = r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
data "tencentcloud_vpc_instances" "all" {
  name = tencentcloud_vpc.main.name
}
"#;

/// What a provider does instead of what it promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breach {
    None,
    PlansNothing,
    PlansAnotherType,
    PlansAnotherArgument,
    PlansAnArgumentThatIsNotSet,
    ForgetsAnArgument,
    PlansOtherwiseWhileApplying,
    MakesSomethingElse,
    MakesNothing,
    LeavesItOpen,
    KeepsWhatItWasToDelete,
    ReadsAnotherType,
    ReadsHalf,
    ReadsHalfTheData,
    /// Having made the object.
    Panics,
    /// The provisioner, not the provider.
    PanicsAsProvisioner,
}

struct Liar {
    inner: Arc<dyn Provider>,
    breach: Arc<Mutex<Breach>>,
}

impl Liar {
    fn breach(&self) -> Breach {
        *self.breach.lock().unwrap()
    }
}

/// An object with another value of an attribute.
fn with(object: &Value, name: &str, value: Value) -> Value {
    let entries = object.as_entries().unwrap().iter();
    Value::object(entries.map(|(n, v)| {
        let v = if **n == *name { &value } else { v };
        (n.clone(), v.clone())
    }))
}

/// An object without an attribute.
fn without(object: &Value, name: &str) -> Value {
    let entries = object.as_entries().unwrap().iter();
    let others = entries.filter(|(n, _)| ***n != *name);
    Value::object(others.map(|(n, v)| (n.clone(), v.clone())))
}

#[async_trait]
impl Provider for Liar {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn source(&self) -> &str {
        self.inner.source()
    }
    fn version(&self) -> &str {
        self.inner.version()
    }
    fn config_schema(&self) -> SharedSchema {
        self.inner.config_schema()
    }
    fn schema(&self, mode: Mode, kind: &str) -> Option<SharedSchema> {
        self.inner.schema(mode, kind)
    }
    fn kinds(&self, mode: Mode) -> Vec<&str> {
        self.inner.kinds(mode)
    }
    fn is_local(&self) -> bool {
        self.inner.is_local()
    }
    fn validate_config(&self, config: &Value) -> Vec<ProviderDiagnostic> {
        self.inner.validate_config(config)
    }
    fn validate(&self, mode: Mode, kind: &str, config: &Value) -> Vec<ProviderDiagnostic> {
        self.inner.validate(mode, kind, config)
    }
    async fn configure(&self, config: &Value) -> Result<(), ProviderError> {
        self.inner.configure(config).await
    }

    async fn read(
        &self,
        cx: &OperationContext,
        kind: &str,
        object: Object,
    ) -> Result<Option<Object>, ProviderError> {
        let found = self.inner.read(cx, kind, object).await?;
        Ok(found.map(|o| Object {
            value: match self.breach() {
                Breach::ReadsAnotherType => with(&o.value, "name", Value::number(1)),
                Breach::ReadsHalf => with(&o.value, "name", Value::unknown(Type::String)),
                _ => o.value,
            },
            ..o
        }))
    }

    async fn plan_change(
        &self,
        cx: &OperationContext,
        request: PlanRequest,
    ) -> Result<PlanResponse, ProviderError> {
        let mut plan = self.inner.plan_change(cx, request).await?;
        plan.legacy_type_system = false;
        let planned = &plan.planned;
        let text = |text: &str| Value::string(text);
        plan.planned = match self.breach() {
            Breach::PlansNothing => Value::null(planned.ty()),
            Breach::PlansAnotherType => without(planned, "name"),
            Breach::PlansAnotherArgument => with(planned, "cidr_block", text("10.9.0.0/16")),
            Breach::PlansAnArgumentThatIsNotSet => with(
                planned,
                "tags",
                Value::map(Type::String, [("x", text("y"))]),
            ),
            Breach::ForgetsAnArgument => with(planned, "name", Value::unknown(Type::String)),
            // A plan leaves the operation's token empty.
            Breach::PlansOtherwiseWhileApplying if !cx.operation.is_empty() => {
                with(planned, "name", text("other"))
            }
            _ => return Ok(plan),
        };
        Ok(plan)
    }

    async fn apply_change(
        &self,
        cx: &OperationContext,
        request: ApplyRequest,
    ) -> Result<Option<Object>, ApplyError> {
        let prior = request.prior.clone();
        let made = self.inner.apply_change(cx, request).await?;
        let changed = |name: &str, value: Value| {
            made.clone().map(|o| Object {
                value: with(&o.value, name, value),
                ..o
            })
        };
        Ok(match self.breach() {
            Breach::MakesSomethingElse => changed("name", Value::string("other")),
            Breach::MakesNothing => None,
            Breach::LeavesItOpen => changed("id", Value::unknown(Type::String)),
            Breach::KeepsWhatItWasToDelete => made.or(prior),
            Breach::Panics => panic!("{SECRET}"),
            _ => made,
        })
    }

    async fn import(
        &self,
        cx: &OperationContext,
        kind: &str,
        id: &str,
    ) -> Result<Option<Object>, ProviderError> {
        self.inner.import(cx, kind, id).await
    }

    async fn read_data(
        &self,
        cx: &OperationContext,
        kind: &str,
        config: &Value,
    ) -> Result<Value, ProviderError> {
        let found = self.inner.read_data(cx, kind, config).await?;
        Ok(match self.breach() {
            Breach::ReadsHalfTheData => with(&found, "id", Value::unknown(Type::String)),
            _ => found,
        })
    }

    async fn recover(
        &self,
        cx: &OperationContext,
        kind: &str,
    ) -> Result<Option<Object>, ProviderError> {
        self.inner.recover(cx, kind).await
    }
}

/// Does nothing but panic, where it is to.
struct Panicking {
    inner: Arc<dyn Provisioner>,
    breach: Arc<Mutex<Breach>>,
}

#[async_trait]
impl Provisioner for Panicking {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn schema(&self) -> SharedSchema {
        self.inner.schema()
    }
    fn allowed(&self) -> Result<(), NotAllowed> {
        self.inner.allowed()
    }
    async fn run(
        &self,
        request: ProvisionRequest,
        output: &Output<'_>,
    ) -> Result<(), ProvisionError> {
        let breach = *self.breach.lock().unwrap();
        assert!(breach != Breach::PanicsAsProvisioner, "it was {SECRET}");
        self.inner.run(request, output).await
    }
}

const SECRET: &str = "hunter2";

struct World {
    runner: Runner,
    breach: Arc<Mutex<Breach>>,
}

/// What a run found, and whether it got as far as applying.
struct Told {
    found: Diagnostics,
    applied: bool,
}

impl World {
    fn new(text: &str) -> Self {
        let breach = Arc::new(Mutex::new(Breach::None));
        let cloud = Arc::new(MockCloud::open(None, MockConfig::default()).unwrap());
        let options = cloudapp_providers::Options {
            cloud,
            base_properties: false,
            random_seed: Some(1),
        };
        let all = cloudapp_providers::registry(&options).into_iter();
        let all = all.map(|inner| -> Arc<dyn Provider> {
            let breach = breach.clone();
            Arc::new(Liar { inner, breach })
        });
        let provisioners = cloudapp_providers::provisioners(true).into_iter();
        let provisioners = provisioners.map(|inner| -> Arc<dyn Provisioner> {
            let breach = breach.clone();
            Arc::new(Panicking { inner, breach })
        });
        let providers = Providers::new(all.collect()).with_provisioners(provisioners.collect());
        let runner = Runner {
            configuration: configuration(text, &providers),
            providers,
            store: Arc::new(SqliteStore::open_in_memory().unwrap()),
            observer: Arc::new(Silent),
            parallelism: 4,
            interrupt: Interrupt::default(),
            base_dir: PathBuf::from("."),
            workspace: "default".into(),
        };
        Self { runner, breach }
    }

    async fn run(&self, mode: PlanMode, breach: Breach) -> Told {
        *self.breach.lock().unwrap() = breach;
        let runner = &self.runner;
        let lease = runner.store.lock("test", Duration::ZERO).await.unwrap();
        let mut found = runner.recover(&lease).await;
        let options = PlanOptions {
            mode,
            refresh: true,
            ..PlanOptions::default()
        };
        let (plan, more) = runner.plan(&options).await;
        found.append(more);
        let applied = plan.is_some();
        if let Some(plan) = plan {
            found.append(runner.apply(&lease, &plan).await.1);
        }
        runner.store.unlock(&lease).await.unwrap();
        Told { found, applied }
    }

    /// The addresses of the state; what is to be replaced is said.
    async fn state(&self) -> Vec<String> {
        let rows = self.runner.store.state().await.unwrap().instances;
        rows.into_iter()
            .map(|r| r.address + if r.tainted { " (tainted)" } else { "" })
            .collect()
    }
}

/// The one error names the provider and says what it did.
fn blamed(told: &Told, breach: Breach, what: &str) {
    let errors: Vec<_> = told.found.iter().filter(|d| d.is_error()).collect();
    assert_eq!(errors.len(), 1, "{breach:?}: {errors:?}");
    let e = errors[0];
    assert_eq!(e.code, "provider-broke-contract", "{breach:?}: {e:?}");
    let expected = format!("Provider tencentcloud {what}. This is a defect of the provider.");
    assert!(e.detail.starts_with(&expected), "{breach:?}: {}", e.detail);
    assert!(e.subject.is_some(), "{breach:?}: it has a place");
    assert!(e.address.is_some(), "{breach:?}: it names the instance");
}

const VPC: &str = "tencentcloud_vpc.main";

#[tokio::test]
async fn plans_that_break_the_contract_are_refused() {
    for (breach, what) in [
        (Breach::PlansNothing, "planned an object of another type"),
        (
            Breach::PlansAnotherType,
            "planned an object of another type",
        ),
        (
            Breach::PlansAnotherArgument,
            "planned something else than the configuration says at cidr_block",
        ),
        (
            Breach::PlansAnArgumentThatIsNotSet,
            "planned something else than the configuration says at tags",
        ),
        (
            Breach::ForgetsAnArgument,
            "planned something else than the configuration says at name",
        ),
    ] {
        let world = World::new(STACK);
        let told = world.run(PlanMode::Normal, breach).await;
        assert!(!told.applied, "{breach:?}");
        blamed(&told, breach, what);
        let kept = world.run(PlanMode::Normal, Breach::None).await;
        assert!(!kept.found.has_errors(), "{breach:?}: {:?}", kept.found);
        assert_eq!(world.state().await, [VPC], "{breach:?}");
    }
}

#[tokio::test]
async fn what_is_made_against_the_contract_is_kept_to_be_replaced() {
    let tainted = format!("{VPC} (tainted)");
    for (breach, what, left) in [
        (
            Breach::PlansOtherwiseWhileApplying,
            "now plans something else than when the plan was made at name",
            None,
        ),
        (
            Breach::MakesSomethingElse,
            "made something else than it planned at name",
            Some(&tainted),
        ),
        (
            Breach::LeavesItOpen,
            "returned an object that is not wholly known at id",
            Some(&tainted),
        ),
        (Breach::MakesNothing, "returned no object", None),
    ] {
        let world = World::new(STACK);
        let told = world.run(PlanMode::Normal, breach).await;
        assert!(told.applied, "{breach:?}: {:?}", told.found);
        blamed(&told, breach, what);
        let left: Vec<String> = left.into_iter().cloned().collect();
        assert_eq!(world.state().await, left, "{breach:?}");
    }
}

#[tokio::test]
async fn what_is_read_against_the_contract_changes_nothing() {
    for (breach, what) in [
        (
            Breach::ReadsAnotherType,
            "returned an object of another type at name",
        ),
        (
            Breach::ReadsHalf,
            "returned an object that is not wholly known at name",
        ),
    ] {
        let world = World::new(STACK);
        world.run(PlanMode::Normal, Breach::None).await;
        let before = world.runner.store.state().await.unwrap();
        for mode in [PlanMode::Normal, PlanMode::RefreshOnly, PlanMode::Destroy] {
            let told = world.run(mode, breach).await;
            assert!(!told.applied, "{breach:?}");
            blamed(&told, breach, what);
        }
        assert_eq!(world.runner.store.state().await.unwrap(), before);
    }
    let world = World::new(DATA);
    let breach = Breach::ReadsHalfTheData;
    let told = world.run(PlanMode::Normal, breach).await;
    blamed(
        &told,
        breach,
        "returned an object that is not wholly known at id",
    );
}

#[tokio::test]
async fn what_is_not_deleted_stays_in_the_state() {
    let world = World::new(STACK);
    world.run(PlanMode::Normal, Breach::None).await;
    let breach = Breach::KeepsWhatItWasToDelete;
    let told = world.run(PlanMode::Destroy, breach).await;
    assert!(told.applied);
    blamed(&told, breach, "returned an object that it was to delete");
    assert_eq!(world.state().await, [VPC]);
    let again = world.run(PlanMode::Destroy, Breach::None).await;
    assert!(!again.found.has_errors(), "{:?}", again.found);
    assert!(world.state().await.is_empty());
}

/// Whether a cloud is asked or not: the one runs beside others, the other in the walk itself.
#[tokio::test]
async fn who_panics_says_nothing_and_is_found_again() {
    let local = "resource \"terraform_data\" \"main\" {\n  input = 1\n}\n";
    for (stack, address) in [(STACK, VPC), (local, "terraform_data.main")] {
        let world = World::new(stack);
        let told = world.run(PlanMode::Normal, Breach::Panics).await;
        assert!(told.applied);
        let errors: Vec<_> = told.found.iter().filter(|d| d.is_error()).collect();
        let [e] = errors[..] else {
            panic!("{address}: {errors:?}")
        };
        assert_eq!(e.code, "create-failed");
        let told = "It panicked in the middle of the call.";
        assert!(e.detail.ends_with(told), "{}", e.detail);
        assert!(!format!("{e:?}").contains(SECRET), "{e:?}");
        assert!(world.state().await.is_empty(), "{address}");
        let again = world.run(PlanMode::Normal, Breach::None).await;
        assert!(!again.found.has_errors(), "{address}: {:?}", again.found);
        assert_eq!(world.state().await, [address]);
    }
}

#[tokio::test]
async fn a_provisioner_that_panics_leaves_its_object_tainted_and_others_whole() {
    let world = World::new(
        r#"
resource "terraform_data" "prepared" {
  provisioner "local-exec" {
    command = "true"
  }
}
resource "terraform_data" "other" {
}
"#,
    );
    let told = (world.run(PlanMode::Normal, Breach::PanicsAsProvisioner)).await;
    let errors: Vec<_> = told.found.iter().filter(|d| d.is_error()).collect();
    let [e] = errors[..] else {
        panic!("{errors:?}")
    };
    assert_eq!(e.code, "provisioner-failed");
    assert_eq!(e.detail, "Provisioner local-exec: It panicked at its work.");
    let left = ["terraform_data.other", "terraform_data.prepared (tainted)"];
    assert_eq!(world.state().await, left);
    let again = world.run(PlanMode::Normal, Breach::None).await;
    assert!(!again.found.has_errors(), "{:?}", again.found);
    assert_eq!(
        world.state().await,
        ["terraform_data.other", "terraform_data.prepared"]
    );
}
