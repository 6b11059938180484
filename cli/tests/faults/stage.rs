//! One step of a story, as often as wanted: undisturbed, and with one call failing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloudapp_engine::address::Address;
use cloudapp_engine::event::{Event, Observer};
use cloudapp_engine::plan::{Action, Plan};
use cloudapp_engine::run::{PlanOptions, Runner};
use cloudapp_engine::store::{Change, InstanceRow, IntentRow, Lease, Outcome, State, Store};
use cloudapp_lang::{Diagnostics, SourceMap};
use cloudapp_providers::MockCloud;
use cloudapp_state::SqliteStore;

use crate::picture::{Chance, Picture};
use crate::provider::{Call, Made, Script, Way, scripted};
use crate::story::{Step, World, actions};
use crate::truth;

/// A step, and the world as it is before.
pub(crate) struct Stage<'s> {
    step: &'s Step,
    runner: Runner,
    options: PlanOptions,
    script: Arc<Script>,
    told: Arc<Told>,
    cloud: Arc<MockCloud>,
    before: Before,
}

struct Before {
    cloud: MockCloud,
    state: State,
    intents: Vec<IntentRow>,
    scratch: PathBuf,
}

/// Hears whether a provisioner failed.
#[derive(Default)]
struct Told(AtomicBool);

impl Observer for Told {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::ProvisionFailed { .. }) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Objects of the cloud by type and id.
pub(crate) type Objects = BTreeSet<(String, String)>;

/// What the step comes to when nothing fails.
pub(crate) struct Undisturbed {
    /// The provider calls of recovering, planning and applying.
    pub(crate) calls: Vec<Made>,
    pub(crate) picture: Picture,
    /// What the next plan says.
    next: String,
    store: Arc<dyn Store>,
    cloud: MockCloud,
    scratch: tempfile::TempDir,
}

/// A world in which the step is being played.
struct Play<'p> {
    stage: &'p Stage<'p>,
    runner: Runner,
    lease: Lease,
    scratch: tempfile::TempDir,
}

/// How far a run came.
struct Ran {
    plan: Option<Plan>,
    applied: bool,
    diags: Diagnostics,
}

impl<'s> Stage<'s> {
    /// None where the configuration has errors, so that nothing is called.
    pub(crate) async fn set(world: &World, step: &'s Step) -> Result<Option<Self>, String> {
        let mut sources = SourceMap::new();
        let told = Arc::new(Told::default());
        let (runner, diags) = world.runner(step, &mut sources, told.clone());
        let Some(mut runner) = runner.filter(|_| !diags.has_errors()) else {
            return Ok(None);
        };
        let (options, diags) = world.options(step, &runner, &mut sources)?;
        if diags.has_errors() || runner.validate().has_errors() {
            return Ok(None);
        }
        let script = Arc::new(Script::default());
        let provisioners = cloudapp_providers::provisioners(step.local_exec);
        runner.providers = scripted(&runner.providers, provisioners, &script);
        Ok(Some(Self {
            step,
            runner,
            options,
            script,
            told,
            cloud: world.cloud.clone(),
            before: Before {
                cloud: world.cloud.copy().map_err(|e| e.to_string())?,
                state: world.store.state().await.map_err(|e| e.to_string())?,
                intents: (world.store.open_intents().await).map_err(|e| e.to_string())?,
                scratch: world.scratch.path().to_owned(),
            },
        }))
    }

    /// Plays the step with nothing failing. None where it does not succeed by itself: there is then nothing that a run
    /// which failed could be compared with.
    pub(crate) async fn undisturbed(&self) -> Result<(Option<()>, Undisturbed), String> {
        let play = self.play().await?;
        self.script.begin(None);
        let ran = play.run(&self.options).await;
        let calls = self.script.made();
        let (second, found) = match ran.applied {
            true => play.runner.plan(&self.again()).await,
            false => (ran.plan.clone(), Diagnostics::new()),
        };
        let ok = !ran.diags.has_errors() && !found.has_errors();
        let state = play.state().await?;
        let undisturbed = Undisturbed {
            calls,
            picture: Picture::of(&state, &self.cloud),
            next: second.as_ref().map(gist).unwrap_or_default(),
            store: play.runner.store.clone(),
            cloud: self.cloud.copy().map_err(|e| e.to_string())?,
            scratch: play.end().await?,
        };
        Ok((ok.then_some(()), undisturbed))
    }

    /// Plays the step with one call failing, and then again without.
    pub(crate) async fn disturbed(
        &self,
        number: usize,
        way: Way,
        wanted: &Undisturbed,
        chance: &Chance,
    ) -> Result<(), String> {
        let play = self.play().await?;
        self.script.begin(Some((number, way)));
        self.told.0.store(false, Ordering::Relaxed);
        let ran = play.run(&self.options).await;
        let made = self.script.made();
        if !self.script.hit() {
            return Err("the call was not made".to_owned());
        }
        let excused = match made[number].call {
            // What a check looks at and cannot be read is a failure of the check only.
            Call::Data => ran.diags.iter().count() > 0,
            // With `on_failure = continue` it is shown as it happens.
            Call::Provision => self.told.0.load(Ordering::Relaxed),
            _ => false,
        };
        if !ran.diags.has_errors() && !excused {
            return Err("nobody was told of the failure".to_owned());
        }
        if ran.plan.is_none() {
            self.untouched(&play).await?;
        }
        let forgotten = ran.plan.as_ref().map(truth::forgotten).unwrap_or_default();
        let mut known: Objects = self.unmanaged()?.union(&forgotten).cloned().collect();
        self.nothing_lost(&play, &known).await?;
        self.recovery_may_fail(&play).await?;

        self.script.begin(None);
        let found = play.runner.recover(&play.lease).await;
        none_wrong("the next recovery", &found)?;
        if !play.intents().await?.is_empty() {
            return Err("an operation is still open after the next recovery".to_owned());
        }
        self.nothing_lost(&play, &known).await?;
        let Some(plan) = self.next_plan(&play).await? else {
            return play.end().await.map(drop);
        };
        known.extend(truth::forgotten(&plan));
        let state = play.state().await?;
        let got = Picture::of(&state, &self.cloud);
        let asked = self.still_to_replace(&play).await?.replace;
        let unneeded = truth::unneeded(&plan, &state, &self.cloud, |address| {
            !asked.iter().any(|a| a.to_string() == address)
                && wanted.picture.same_object(&got, address, chance)
        });
        refuse("the next plan changes what is as it should be", &unneeded)?;
        if self.options.refresh {
            refuse(
                "the next plan is not true",
                &truth::wrong(&plan, &self.cloud),
            )?;
        }
        if self.step.apply {
            self.script.begin(None);
            let (_, found) = play.runner.apply(&play.lease, &plan).await;
            none_wrong("the next apply", &found)?;
            let done: Vec<Made> = self.script.made();
            truth::done(
                &plan,
                done.into_iter().filter(|m| m.call.changes() && !m.in_vain),
            )?;
            self.nothing_lost(&play, &known).await?;
            let state = play.state().await?;
            refuse("the plan was not kept", &truth::not_kept(&plan, &state))?;
            let got = Picture::of(&state, &self.cloud);
            refuse("it did not converge", &wanted.picture.compare(&got, chance))?;
            if !play.intents().await?.is_empty() {
                return Err("an operation is still open after the next apply".to_owned());
            }
        }
        let (second, found) = play.runner.plan(&self.again()).await;
        none_wrong("the plan after that", &found)?;
        let next = second.as_ref().map(gist).unwrap_or_default();
        if next != wanted.next {
            return Err(format!(
                "the plan after that: expected {}, got {next}",
                wanted.next
            ));
        }
        play.end().await.map(drop)
    }

    /// The plan after a failure; none where nothing can go on without another configuration.
    async fn next_plan(&self, play: &Play<'_>) -> Result<Option<Plan>, String> {
        let options = self.still_to_replace(play).await?;
        let (plan, found) = play.runner.plan(&options).await;
        let errors: Vec<_> = found.iter().filter(|d| d.is_error()).collect();
        let all = |code: &str| !errors.is_empty() && errors.iter().all(|d| d.code == code);
        // The object was imported to be replaced and is destroyed; as in Terraform, its `import` block must go.
        if all("nothing-to-import") && errors.iter().all(|d| self.imports_what_is_gone(&d.detail)) {
            return Ok(None);
        }
        // A half-made object is tainted, and its lifecycle forbids to replace it. The hint says what to do.
        if all("destroy-prevented") && errors.iter().all(|d| d.hint.contains("cloudapp untaint")) {
            play.untaint().await?;
            let (plan, found) = play.runner.plan(&self.again()).await;
            none_wrong("the plan after untainting", &found)?;
            return Ok(plan);
        }
        none_wrong("the next plan", &found)?;
        plan.ok_or("there is no next plan".to_owned()).map(Some)
    }

    /// Whether an id was in the cloud when the step began and is no more.
    fn imports_what_is_gone(&self, detail: &str) -> bool {
        let has = |c: &MockCloud| {
            let all = c.objects().unwrap();
            all.iter()
                .any(|o| detail.contains(&format!("\"{}\"", o.id)))
        };
        has(&self.before.cloud) && !has(&self.cloud)
    }

    /// Nobody asks twice for the same replacement.
    fn again(&self) -> PlanOptions {
        PlanOptions {
            replace: Vec::new(),
            ..self.options.clone()
        }
    }

    /// Who asked for a replacement that did not come about asks for it again.
    async fn still_to_replace(&self, play: &Play<'_>) -> Result<PlanOptions, String> {
        let state = play.state().await?;
        let untouched = |a: &&Address| {
            let row = |s: &State| {
                let rows = s.instances.iter();
                rows.filter(|r| r.address == a.to_string())
                    .cloned()
                    .collect::<Vec<_>>()
            };
            row(&state) == row(&self.before.state)
        };
        let asked = self.options.replace.iter();
        Ok(PlanOptions {
            replace: asked.filter(untouched).cloned().collect(),
            ..self.options.clone()
        })
    }

    async fn play(&self) -> Result<Play<'_>, String> {
        let before = &self.before;
        let io = |e: std::io::Error| e.to_string();
        let scratch = tempfile::tempdir().map_err(io)?;
        copy_folder(&before.scratch, scratch.path()).map_err(io)?;
        self.cloud
            .become_like(&before.cloud)
            .map_err(|e| e.to_string())?;
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open_in_memory().map_err(|e| e.to_string())?);
        let lease = store.lock("test", Duration::ZERO).await;
        let lease = lease.map_err(|e| e.to_string())?;
        let rows = before.rows();
        if !rows.is_empty() {
            store
                .commit(&lease, rows)
                .await
                .map_err(|e| e.to_string())?;
        }
        let base_dir = if self.step.local_exec {
            scratch.path().to_owned()
        } else {
            self.runner.base_dir.clone()
        };
        let runner = Runner {
            store,
            base_dir,
            ..self.runner.clone()
        };
        Ok(Play {
            stage: self,
            runner,
            lease,
            scratch,
        })
    }

    /// Objects of the cloud that the stack has nothing to do with.
    fn unmanaged(&self) -> Result<Objects, String> {
        Ok(truth::not_in(
            &self.before.state,
            &self.before.intents,
            &self.before.cloud,
        ))
    }

    /// A run that failed before it applied anything has changed nothing, if there was nothing to recover.
    async fn untouched(&self, play: &Play<'_>) -> Result<(), String> {
        let before = &self.before;
        if before.intents.is_empty() && play.state().await? != before.state {
            return Err("the state changed although nothing was applied".to_owned());
        }
        let objects = |c: &MockCloud| c.objects().map_err(|e| e.to_string());
        if objects(&self.cloud)? != objects(&before.cloud)? {
            return Err("the cloud changed although nothing was applied".to_owned());
        }
        Ok(())
    }

    /// Every object of the cloud is in the state, or an open operation leads to it.
    async fn nothing_lost(&self, play: &Play<'_>, known: &Objects) -> Result<(), String> {
        let (state, intents) = (play.state().await?, play.intents().await?);
        let lost: Vec<_> = truth::not_in(&state, &intents, &self.cloud)
            .difference(known)
            .map(|(kind, id)| format!("{kind} {id}"))
            .collect();
        refuse("objects are lost", &lost)
    }

    /// Where something is open, a recovery that fails leaves it open and says so.
    async fn recovery_may_fail(&self, play: &Play<'_>) -> Result<(), String> {
        let open = play.intents().await?;
        if open.is_empty() {
            return Ok(());
        }
        let state = play.state().await?;
        self.script.begin(Some((0, Way::Refused)));
        let found = play.runner.recover(&play.lease).await;
        if !self.script.hit() {
            return Ok(());
        }
        if !found.has_errors() {
            return Err("nobody was told that the recovery failed".to_owned());
        }
        let left = play.intents().await?;
        if !left.contains(&open[0]) {
            return Err("a recovery that failed closed the operation".to_owned());
        }
        if open.len() == 1 && play.state().await? != state {
            return Err("a recovery that failed changed the state".to_owned());
        }
        Ok(())
    }
}

impl Undisturbed {
    /// Lets a world go on from where the step ended.
    pub(crate) fn go_on(self, world: &mut World) -> Result<(), String> {
        world.store = self.store;
        world.scratch = self.scratch;
        world
            .cloud
            .become_like(&self.cloud)
            .map_err(|e| e.to_string())
    }
}

impl Before {
    /// What makes an empty store what it was.
    fn rows(&self) -> Vec<Change> {
        let instances = self.state.instances.iter().cloned();
        let outputs = self.state.outputs.iter().cloned();
        let open = self.intents.iter().flat_map(|i| {
            let unknown = Change::Outcome {
                operation: i.operation.clone(),
                outcome: Outcome::Unknown,
                error: None,
            };
            [Change::Intent(i.clone()), unknown]
        });
        let mut rows: Vec<Change> = instances
            .map(Change::PutInstance)
            .chain(outputs.map(Change::PutOutput))
            .chain(open)
            .collect();
        if !self.state.lineage.is_empty() {
            rows.push(Change::PutChecks {
                json: self.state.checks.clone(),
            });
            rows.push(Change::Adopt {
                lineage: self.state.lineage.clone(),
                serial: self.state.serial,
            });
        }
        rows
    }
}

impl Play<'_> {
    /// Recovers, plans and applies, as the command line does: what fails ends it.
    async fn run(&self, options: &PlanOptions) -> Ran {
        let mut ran = Ran {
            plan: None,
            applied: false,
            diags: self.runner.recover(&self.lease).await,
        };
        if ran.diags.has_errors() {
            return ran;
        }
        let (plan, found) = self.runner.plan(options).await;
        ran.diags.append(found);
        if let Some(plan) = plan {
            if self.stage.step.apply {
                let (_, found) = self.runner.apply(&self.lease, &plan).await;
                ran.diags.append(found);
                ran.applied = true;
            }
            ran.plan = Some(plan);
        }
        ran
    }

    async fn untaint(&self) -> Result<(), String> {
        let rows = self.state().await?.instances.into_iter();
        let whole = rows.filter(|r| r.tainted).map(|r| {
            Change::PutInstance(InstanceRow {
                tainted: false,
                ..r
            })
        });
        let written = self.runner.store.commit(&self.lease, whole.collect()).await;
        written.map(drop).map_err(|e| e.to_string())
    }

    async fn state(&self) -> Result<State, String> {
        self.runner.store.state().await.map_err(|e| e.to_string())
    }

    async fn intents(&self) -> Result<Vec<IntentRow>, String> {
        let open = self.runner.store.open_intents().await;
        open.map_err(|e| e.to_string())
    }

    async fn end(self) -> Result<tempfile::TempDir, String> {
        let unlocked = self.runner.store.unlock(&self.lease).await;
        unlocked.map_err(|e| e.to_string())?;
        Ok(self.scratch)
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&copy)?;
            copy_folder(&entry.path(), &copy)?;
        } else {
            std::fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

/// What a plan does, in short.
fn gist(plan: &Plan) -> String {
    let outputs: BTreeMap<&str, &[&str]> = plan
        .outputs
        .iter()
        .filter(|o| o.action != Action::NoOp)
        .map(|o| (&*o.name, o.action.as_json()))
        .collect();
    let drift: Vec<String> = plan.drift.iter().map(|d| d.address.to_string()).collect();
    format!(
        "{:?} outputs {outputs:?} drift {drift:?} moves {}",
        actions(plan),
        plan.moves.len()
    )
}

fn none_wrong(what: &str, found: &Diagnostics) -> Result<(), String> {
    let errors: Vec<String> = found
        .iter()
        .filter(|d| d.is_error())
        .map(|d| format!("{} {}", d.code, d.detail))
        .collect();
    refuse(&format!("{what} fails"), &errors)
}

fn refuse(what: &str, found: &[String]) -> Result<(), String> {
    if found.is_empty() {
        Ok(())
    } else {
        Err(format!("{what}:\n      {}", found.join("\n      ")))
    }
}
