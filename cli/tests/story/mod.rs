//! The format of the stories under `testdata/stacks/`, and how one is told. `stacks.rs` tells them as they are, `faults.rs`
//! with every single operation failing in turn.
//!
//! A case has steps; each plans a configuration, compares, applies, compares, and plans again, which must give nothing to
//! do. What a step does not mention is not compared.
#![allow(
    dead_code,
    reason = "each of the tests that include this uses a part of it"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloudapp_engine::Providers;
use cloudapp_engine::address::{Address, Mode};
use cloudapp_engine::config::{Dialect, LoadRequest, load};
use cloudapp_engine::event::{Event, Observer};
use cloudapp_engine::plan::{Action, CheckResult, Plan, PlanMode};
use cloudapp_engine::planfile;
use cloudapp_engine::run::{Interrupt, PlanOptions, Runner};
use cloudapp_engine::store::{Change, InstanceRow, Store};
use cloudapp_engine::variables::{VariableInput, collect};
use cloudapp_engine::view::plan_json;
use cloudapp_lang::value::{decode_json, encode_json};
use cloudapp_lang::{Diagnostics, SourceMap};
use cloudapp_providers::{MockCloud, MockConfig};
use cloudapp_state::SqliteStore;
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What the story is about, for the reader.
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) dialect: Dialect,
    #[serde(default)]
    pub(crate) mock: Json,
    pub(crate) steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// Folder of the configuration, relative to the case.
    #[serde(default = "here")]
    pub(crate) dir: String,
    #[serde(default = "normal")]
    pub(crate) mode: PlanMode,
    #[serde(default)]
    pub(crate) targets: Vec<String>,
    #[serde(default)]
    pub(crate) replace: Vec<String>,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, Json>,
    /// Objects that vanish from the cloud before the step, by address.
    #[serde(default)]
    pub(crate) vanish: Vec<String>,
    /// Addresses that enter the state before the step, as if a provider `elsewhere` that is not in this build had made them.
    #[serde(default)]
    pub(crate) foreign: Vec<String>,
    /// Objects that leave the state before the step but stay in the cloud, by address, and the variables that hold their
    /// ids from then on.
    #[serde(default)]
    pub(crate) forget: BTreeMap<String, String>,
    /// Whether objects are read first.
    #[serde(default = "yes")]
    pub(crate) refresh: bool,
    /// `code file:line` of every error of loading and planning. The step ends there.
    #[serde(default)]
    pub(crate) errors: Vec<String>,
    /// Codes of the warnings of loading and planning, each once, in order.
    pub(crate) warnings: Option<Vec<String>>,
    /// Codes of the warnings of applying, each once, in order.
    pub(crate) apply_warnings: Option<Vec<String>>,
    /// How conditions turned out while planning, by address: `pass`, `fail`, `unknown`. What a condition that does not
    /// hold says is appended.
    pub(crate) checks: Option<BTreeMap<String, String>>,
    /// The same after applying, by the state.
    pub(crate) checks_after: Option<BTreeMap<String, String>>,
    /// Actions by address, without no-ops: `create`, `delete-create`, `read`.
    pub(crate) plan: Option<BTreeMap<String, String>>,
    /// Attributes that force a replacement, by address.
    #[serde(default)]
    pub(crate) forced_by: BTreeMap<String, Vec<String>>,
    /// Reasons by address, in their JSON names.
    #[serde(default)]
    pub(crate) reasons: BTreeMap<String, String>,
    /// Where the state had each object that is moved, by its new address.
    pub(crate) previous: Option<BTreeMap<String, String>>,
    /// All addresses that objects are imported to. Ids are looked at for those that are no variables of `forget`.
    pub(crate) importing: Option<BTreeMap<String, String>>,
    /// How many objects the plan counts as imported, and the apply then has imported.
    pub(crate) import: Option<usize>,
    /// The attributes of resources that feed into the changes, as the plan's JSON has them: `a.b ["id"]`.
    pub(crate) relevant: Option<Vec<String>>,
    /// Attributes that are known only after apply, by address; others may be, too.
    #[serde(default)]
    pub(crate) unknown: BTreeMap<String, Vec<String>>,
    #[serde(default = "yes")]
    pub(crate) apply: bool,
    /// `code file:line` of every error of applying.
    #[serde(default)]
    pub(crate) apply_errors: Vec<String>,
    pub(crate) outputs: Option<BTreeMap<String, Json>>,
    /// Addresses in the state; `(tainted)` and `(deposed)` are appended.
    pub(crate) state: Option<Vec<String>>,
    /// Attributes of objects in the state.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, BTreeMap<String, Json>>,
    /// Number of objects in the cloud by type.
    pub(crate) cloud: Option<BTreeMap<String, usize>>,
    /// The next plan is not empty.
    #[serde(default)]
    pub(crate) unsettled: bool,
    /// `local-exec` may run; paths are then counted from a directory of the story's own.
    #[serde(default)]
    pub(crate) local_exec: bool,
    /// What `log.txt` in that directory holds after the apply, from the first step on.
    pub(crate) log: Option<String>,
    /// What provisioners say during the apply, as `address: line`.
    pub(crate) said: Option<Vec<String>>,
}

fn here() -> String {
    ".".to_owned()
}

fn normal() -> PlanMode {
    PlanMode::Normal
}

fn yes() -> bool {
    true
}

pub(crate) struct World {
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    pub(crate) dialect: Dialect,
    /// Added to the seeds of the cloud and of what is drawn.
    pub(crate) seed: u64,
    config: MockConfig,
    pub(crate) cloud: Arc<MockCloud>,
    pub(crate) store: Arc<dyn Store>,
    /// Ids of objects that left the state, by variable.
    pub(crate) ids: BTreeMap<String, String>,
    /// Where commands run.
    pub(crate) scratch: tempfile::TempDir,
}

/// Hears what provisioners say.
#[derive(Default)]
struct Said(Mutex<Vec<String>>);

impl Observer for Said {
    fn event(&self, event: &Event<'_>) {
        if let Event::ProvisionProgress {
            address, output, ..
        } = event
        {
            self.0.lock().unwrap().push(format!("{address}: {output}"));
        }
    }
}

/// A folder under `testdata/stacks/`.
pub(crate) struct Story {
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    pub(crate) case: Case,
}

/// Every story, or the one that the environment variable `STACK` names.
pub(crate) fn all() -> Vec<Story> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/stacks");
    let mut dirs: Vec<_> = std::fs::read_dir(&root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    dirs.sort();
    let only = std::env::var("STACK").ok();
    let mut stories = Vec::new();
    for dir in dirs {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|o| *o != name) {
            continue;
        }
        let text = std::fs::read_to_string(dir.join("case.json"))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let case = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        stories.push(Story { name, dir, case });
    }
    stories
}

impl Story {
    /// Tells it from beginning to end.
    pub(crate) async fn tell(&self) -> Result<(), String> {
        let mut world = World::new(self, 0)?;
        for (i, step) in self.case.steps.iter().enumerate() {
            world
                .step(step)
                .await
                .map_err(|e| format!("step {}: {e}", i + 1))?;
        }
        Ok(())
    }
}

impl World {
    /// The cloud as it is now, without the faults of the story.
    pub(crate) fn calm_cloud(&self) -> Result<MockCloud, String> {
        let config = MockConfig {
            faults: Vec::new(),
            ..self.config.clone()
        };
        let calm = MockCloud::open(None, config).map_err(|e| e.to_string())?;
        calm.become_like(&self.cloud).map_err(|e| e.to_string())?;
        Ok(calm)
    }

    /// An empty world. What its cloud and its providers draw depends on `seed`, beside the seed of the story.
    pub(crate) fn new(story: &Story, seed: u64) -> Result<Self, String> {
        let mut config: MockConfig = if story.case.mock.is_null() {
            MockConfig::default()
        } else {
            serde_json::from_value(story.case.mock.clone()).map_err(|e| e.to_string())?
        };
        config.seed = config.seed.wrapping_add(seed);
        Ok(World {
            name: story.name.clone(),
            dir: story.dir.clone(),
            dialect: story.case.dialect,
            seed,
            cloud: Arc::new(MockCloud::open(None, config.clone()).map_err(|e| e.to_string())?),
            config,
            store: Arc::new(SqliteStore::open_in_memory().map_err(|e| e.to_string())?),
            ids: BTreeMap::new(),
            scratch: tempfile::tempdir().map_err(|e| e.to_string())?,
        })
    }

    /// What happens in the world before the stack is planned.
    pub(crate) async fn before(&mut self, step: &Step) -> Result<(), String> {
        for address in &step.vanish {
            self.vanish(address).await?;
        }
        self.enter(&step.foreign).await?;
        for (address, variable) in &step.forget {
            let id = self.forget(address).await?;
            self.ids.insert(variable.clone(), id);
        }
        Ok(())
    }

    pub(crate) async fn step(&mut self, step: &Step) -> Result<(), String> {
        self.before(step).await?;
        let mut sources = SourceMap::new();
        let said = Arc::new(Said::default());
        let (runner, mut diags) = self.runner(step, &mut sources, said.clone());
        let Some(runner) = runner else {
            return expect_places(&step.errors, &diags, &sources, "errors");
        };
        let (options, more) = self.options(step, &runner, &mut sources)?;
        diags.append(more);
        if diags.has_errors() {
            return expect_places(&step.errors, &diags, &sources, "errors");
        }
        let checked = runner.validate();
        if checked.has_errors() {
            diags.append(checked);
            return expect_places(&step.errors, &diags, &sources, "errors");
        }
        let lease = self
            .store
            .lock("test", Duration::ZERO)
            .await
            .map_err(|e| e.to_string())?;
        diags.append(runner.recover(&lease).await);
        let (plan, more) = runner.plan(&options).await;
        diags.append(more);
        let result = match plan {
            None => expect_places(&step.errors, &diags, &sources, "errors"),
            Some(plan) => {
                self.planned(step, &runner, &options, &plan, &diags, &sources, &lease)
                    .await
            }
        };
        self.store.unlock(&lease).await.map_err(|e| e.to_string())?;
        result?;
        if let Some(want) = &step.said {
            expect("said", want, &said.0.lock().unwrap())?;
        }
        if let Some(want) = &step.log {
            let log = std::fs::read_to_string(self.scratch.path().join("log.txt"));
            expect("log", want, &log.unwrap_or_default())?;
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "one call")]
    async fn planned(
        &self,
        step: &Step,
        runner: &Runner,
        options: &PlanOptions,
        plan: &Plan,
        diags: &Diagnostics,
        sources: &SourceMap,
        lease: &cloudapp_engine::store::Lease,
    ) -> Result<(), String> {
        expect_places(&step.errors, diags, sources, "errors")?;
        compare_plan(step, plan)?;
        if let Some(want) = &step.relevant {
            expect("relevant attributes", want, &relevant(plan, runner))?;
        }
        self.compare_imports(step, plan)?;
        if let Some(want) = &step.warnings {
            expect("warnings", want, &warnings(diags))?;
        }
        // A plan that went through a file says the same.
        let keys = cloudapp_state::Keyring::temporary().map_err(|e| e.to_string())?;
        let inputs = runner.configuration.inputs();
        let bytes = planfile::write(plan, inputs, self.dialect, &keys);
        let bytes = bytes.map_err(|e| e.to_string())?;
        let read = planfile::read(&bytes, "the plan", &keys).map_err(|e| e.to_string())?;
        if read.plan != *plan {
            return Err("a plan changes when it is saved and read".to_owned());
        }
        let request = LoadRequest {
            dir: self.dir.join(&step.dir),
            dialect: read.dialect,
            package_dir: self.package_dir(),
            files: Some(read.sources),
        };
        let (again, found) = load(&request, &runner.providers, &mut SourceMap::new());
        let digest = again.as_ref().map(|c| c.digest());
        if digest != Some(runner.configuration.digest()) {
            return Err(format!(
                "a configuration changes when it is saved and read: {found:?}"
            ));
        }
        if !step.apply {
            return Ok(());
        }
        let (summary, found) = runner.apply(lease, &read.plan).await;
        let imported = summary.unwrap_or_default().imported;
        expect("imported", &read.plan.counts().import, &imported)?;
        expect_places(&step.apply_errors, &found, sources, "apply errors")?;
        if let Some(want) = &step.apply_warnings {
            expect("warnings of applying", want, &warnings(&found))?;
        }
        self.compare_state(step).await?;
        if step.apply_errors.is_empty() && step.mode == PlanMode::Normal && step.targets.is_empty()
        {
            let again = PlanOptions {
                replace: Vec::new(),
                ..options.clone()
            };
            let (second, found) = runner.plan(&again).await;
            let empty = second.as_ref().is_some_and(Plan::is_empty);
            if empty == step.unsettled {
                let actions = second.as_ref().map(actions).unwrap_or_default();
                return Err(format!(
                    "the second plan is {}empty: {actions:?} {found:?}",
                    if empty { "" } else { "not " }
                ));
            }
        }
        Ok(())
    }

    /// The folder of the story is the package, where it is one.
    fn package_dir(&self) -> Option<PathBuf> {
        self.dialect.is_package().then(|| self.dir.clone())
    }

    pub(crate) fn runner(
        &self,
        step: &Step,
        sources: &mut SourceMap,
        observer: Arc<dyn Observer>,
    ) -> (Option<Runner>, Diagnostics) {
        let dir = self.dir.join(&step.dir);
        let options = cloudapp_providers::Options {
            cloud: self.cloud.clone(),
            base_properties: self.dialect.is_package(),
            random_seed: Some(1 + self.seed),
        };
        let providers = Providers::new(cloudapp_providers::registry(&options))
            .with_provisioners(cloudapp_providers::provisioners(step.local_exec));
        let request = LoadRequest {
            dir: dir.clone(),
            dialect: self.dialect,
            package_dir: self.package_dir(),
            files: None,
        };
        let (configuration, diags) = load(&request, &providers, sources);
        let runner = configuration.map(|c| Runner {
            configuration: Arc::new(c),
            providers,
            store: self.store.clone(),
            observer,
            parallelism: 10,
            interrupt: Interrupt::default(),
            base_dir: if step.local_exec {
                self.scratch.path().to_owned()
            } else {
                dir
            },
            workspace: "default".to_owned(),
        });
        (runner, diags)
    }

    pub(crate) fn options(
        &self,
        step: &Step,
        runner: &Runner,
        sources: &mut SourceMap,
    ) -> Result<(PlanOptions, Diagnostics), String> {
        let inputs: Vec<_> = step
            .variables
            .iter()
            .map(|(n, v)| {
                let value = decode_json(&v.to_string()).map_err(|e| e.to_string())?;
                Ok(VariableInput::Given {
                    name: n.as_str().into(),
                    value,
                })
            })
            .collect::<Result<Vec<_>, String>>()?;
        let declared = |name: &String| {
            let all = runner.configuration.variables();
            all.iter().any(|v| *v.name == **name)
        };
        let ids = self.ids.iter().filter(|(name, _)| declared(name));
        let inputs: Vec<_> = ids
            .map(|(name, id)| VariableInput::Given {
                name: name.as_str().into(),
                value: cloudapp_lang::Value::string(id.as_str()),
            })
            .chain(inputs)
            .collect();
        let (variables, diags) = collect(&runner.configuration, &inputs, sources);
        let options = PlanOptions {
            mode: step.mode,
            refresh: step.refresh,
            targets: step
                .targets
                .iter()
                .map(|t| t.parse().map_err(|e| format!("{e}")))
                .collect::<Result<_, _>>()?,
            replace: step
                .replace
                .iter()
                .map(|t| t.parse().map_err(|e| format!("{e}")))
                .collect::<Result<_, _>>()?,
            variables,
        };
        Ok((options, diags))
    }

    async fn enter(&self, addresses: &[String]) -> Result<(), String> {
        if addresses.is_empty() {
            return Ok(());
        }
        let row = |address: &String| {
            Change::PutInstance(InstanceRow {
                address: address.clone(),
                deposed: String::new(),
                provider: "elsewhere".to_owned(),
                schema_version: 0,
                attributes: r#"{"id":"1","password":"secret"}"#.to_owned(),
                sensitive: "[]".to_owned(),
                private: Vec::new(),
                dependencies: Vec::new(),
                tainted: false,
                create_before_destroy: false,
            })
        };
        let store = &self.store;
        let written = async {
            let lease = store.lock("test", Duration::ZERO).await?;
            let rows = addresses.iter().map(row).collect();
            store.commit(&lease, rows).await?;
            store.unlock(&lease).await
        };
        written.await.map_err(|e| e.to_string())
    }

    async fn vanish(&self, address: &str) -> Result<(), String> {
        let state = self.store.state().await.map_err(|e| e.to_string())?;
        let row = state
            .instances
            .iter()
            .find(|r| r.address == address)
            .ok_or(format!("{address} is not in the state"))?;
        let attributes: Json = serde_json::from_str(&row.attributes).map_err(|e| e.to_string())?;
        let kind = address
            .parse::<Address>()
            .map_err(|e| e.to_string())?
            .resource
            .kind;
        let gone = self
            .cloud
            .forget(&kind, attributes["id"].as_str().unwrap_or_default())
            .map_err(|e| e.to_string())?;
        if gone {
            Ok(())
        } else {
            Err(format!("{address} is not in the cloud of {}", self.name))
        }
    }

    /// Takes an object out of the state, and gives its id.
    async fn forget(&self, address: &str) -> Result<String, String> {
        let state = self.store.state().await.map_err(|e| e.to_string())?;
        let row = state
            .instances
            .iter()
            .find(|r| r.address == address)
            .ok_or(format!("{address} is not in the state"))?;
        let attributes: Json = serde_json::from_str(&row.attributes).map_err(|e| e.to_string())?;
        let lease = self
            .store
            .lock("test", Duration::ZERO)
            .await
            .map_err(|e| e.to_string())?;
        let removal = cloudapp_engine::store::Change::RemoveInstance {
            address: address.to_owned(),
            deposed: String::new(),
        };
        let removed = self.store.commit(&lease, vec![removal]).await;
        self.store.unlock(&lease).await.map_err(|e| e.to_string())?;
        removed.map_err(|e| e.to_string())?;
        Ok(attributes["id"].as_str().unwrap_or_default().to_owned())
    }

    fn compare_imports(&self, step: &Step, plan: &Plan) -> Result<(), String> {
        if let Some(want) = &step.importing {
            let got: BTreeMap<String, String> = plan
                .changes
                .iter()
                .filter_map(|c| Some((c.address.to_string(), c.importing.as_ref()?.id.clone())))
                .collect();
            let id = |name: &String| self.ids.get(name).unwrap_or(name).clone();
            let want = want.iter().map(|(a, name)| (a.clone(), id(name))).collect();
            expect("importing", &want, &got)?;
        }
        match step.import {
            Some(want) => expect("import", &want, &plan.counts().import),
            None => Ok(()),
        }
    }

    async fn compare_state(&self, step: &Step) -> Result<(), String> {
        let state = self.store.state().await.map_err(|e| e.to_string())?;
        if let Some(want) = &step.checks_after {
            let results = serde_json::from_str(&state.checks).unwrap_or_default();
            expect("checks after applying", want, &checks(results))?;
        }
        if let Some(want) = &step.state {
            let got: Vec<String> = state
                .instances
                .iter()
                .map(|r| {
                    let tainted = if r.tainted { " (tainted)" } else { "" };
                    let deposed = if r.deposed.is_empty() {
                        ""
                    } else {
                        " (deposed)"
                    };
                    format!("{}{deposed}{tainted}", r.address)
                })
                .collect();
            expect("state", want, &got)?;
        }
        for (address, wanted) in &step.values {
            let row = state
                .instances
                .iter()
                .find(|r| r.address == *address)
                .ok_or(format!("{address} is not in the state"))?;
            let got: Json = serde_json::from_str(&row.attributes).map_err(|e| e.to_string())?;
            for (name, want) in wanted {
                expect(&format!("{address}.{name}"), want, &got[name])?;
            }
        }
        if let Some(want) = &step.outputs {
            let got: BTreeMap<String, Json> = state
                .outputs
                .iter()
                .map(|o| {
                    (
                        o.name.clone(),
                        serde_json::from_str(&o.value).unwrap_or(Json::Null),
                    )
                })
                .map(|(n, v)| {
                    (
                        n,
                        v.get("value")
                            .filter(|_| v.get("type").is_some())
                            .cloned()
                            .unwrap_or(v),
                    )
                })
                .collect();
            expect("outputs", want, &got)?;
        }
        if let Some(want) = &step.cloud {
            let mut got: BTreeMap<String, usize> = BTreeMap::new();
            for o in self.cloud.objects().map_err(|e| e.to_string())? {
                *got.entry(o.kind.to_string()).or_default() += 1;
            }
            expect("cloud", want, &got)?;
        }
        Ok(())
    }
}

pub(crate) fn actions(plan: &Plan) -> BTreeMap<String, String> {
    plan.changes
        .iter()
        .filter(|c| {
            c.action != Action::NoOp
                && (c.address.resource.mode == Mode::Managed || c.action == Action::Read)
        })
        .map(|c| {
            let deposed = if c.deposed.is_some() {
                " (deposed)"
            } else {
                ""
            };
            (
                format!("{}{deposed}", c.address),
                c.action.as_json().join("-"),
            )
        })
        .collect()
}

fn warnings(diags: &Diagnostics) -> Vec<String> {
    let found = diags.iter().filter(|d| !d.is_error());
    let mut codes: Vec<String> = found.map(|d| d.code.to_owned()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// Each instance with its status and what it says.
fn checks(results: Vec<CheckResult>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for r in results {
        let status = |s| {
            serde_json::to_value(s)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        };
        if r.instances.is_empty() {
            out.insert(r.address, status(r.status));
            continue;
        }
        for i in r.instances {
            let text = [vec![status(i.status)], i.problems].concat().join(": ");
            out.insert(i.address, text);
        }
    }
    out
}

fn relevant(plan: &Plan, runner: &Runner) -> Vec<String> {
    let json = plan_json(plan, Some(&runner.configuration), &runner.providers);
    let json: Json = serde_json::from_str(&json).unwrap();
    let all = json["relevant_attributes"].as_array().unwrap();
    all.iter()
        .map(|r| format!("{} {}", r["resource"].as_str().unwrap(), r["attribute"]))
        .collect()
}

fn compare_plan(step: &Step, plan: &Plan) -> Result<(), String> {
    if let Some(want) = &step.checks {
        expect("checks", want, &checks(plan.checks.clone()))?;
    }
    if let Some(want) = &step.plan {
        expect("plan", want, &actions(plan))?;
    }
    let change = |address: &String| {
        plan.changes
            .iter()
            .find(|c| c.address.to_string() == *address)
            .ok_or(format!("{address} is not in the plan"))
    };
    for (address, want) in &step.forced_by {
        let got: Vec<String> = change(address)?
            .replace_paths
            .iter()
            .map(ToString::to_string)
            .collect();
        expect(&format!("what forces {address}"), want, &got)?;
    }
    for (address, want) in &step.reasons {
        let got = change(address)?.reason.map(|r| r.as_json().to_owned());
        expect(&format!("reason of {address}"), &Some(want.clone()), &got)?;
    }
    if let Some(want) = &step.previous {
        let got = plan.changes.iter().filter_map(|c| {
            let previous = c.previous_address.as_ref()?;
            Some((c.address.to_string(), previous.to_string()))
        });
        expect("previous addresses", want, &got.collect())?;
    }
    for (address, names) in &step.unknown {
        for n in names {
            let v = change(address)?.after.get(n).cloned();
            if v.as_ref().is_none_or(|v| v.is_known()) {
                return Err(format!(
                    "{address}.{n} is already known: {}",
                    v.map(|v| encode_json(&v)).unwrap_or_default()
                ));
            }
        }
    }
    Ok(())
}

fn expect_places(
    want: &[String],
    diags: &Diagnostics,
    sources: &SourceMap,
    what: &str,
) -> Result<(), String> {
    let mut got: Vec<String> = diags
        .iter()
        .filter(|d| d.is_error())
        .map(|d| match d.subject.and_then(|s| sources.locate(s)) {
            Some((file, start, _)) => format!("{} {file}:{}", d.code, start.line),
            None => d.code.to_owned(),
        })
        .collect();
    got.sort();
    let mut want = want.to_vec();
    want.sort();
    if want == got {
        Ok(())
    } else {
        Err(format!(
            "{what}: expected {want:?}, got {got:?}: {}",
            diags
                .iter()
                .map(|d| format!("\n    {} {}", d.code, d.detail))
                .collect::<String>()
        ))
    }
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, want: &T, got: &T) -> Result<(), String> {
    if want == got {
        Ok(())
    } else {
        Err(format!("{what}: expected {want:?}, got {got:?}"))
    }
}
