//! The stack that a command is about: which directory, which dialect, which providers, which state. The only place that
//! names implementations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cloudapp_engine::config::{Configuration, Dialect, LoadRequest, SourceInput, load};
use cloudapp_engine::run::{Providers, store_diagnostic};
use cloudapp_engine::secrets::SchemaSensitivity;
use cloudapp_engine::store::{State, Store, StoreError};
use cloudapp_engine::variables::VariableInput;
use cloudapp_lang::{Diagnostic, Diagnostics, Str, Value};
use cloudapp_package::form::{self, Form};
use cloudapp_package::{Package, SystemVariables, is_package_dir};
use cloudapp_providers::mock::MockCloudError;
use cloudapp_providers::{MockCloud, MockConfig, Options, provisioners, registry};
use cloudapp_state::{Keyring, Protection, SqliteStore};

use crate::args::Global;
use crate::choices::MockChoices;
use crate::failure::{Failure, io};
use crate::faulty_store::FaultyStore;
use crate::files;
use crate::keys::{self, keyring};
use crate::ui::Ui;
use crate::workspaces;

/// The state of a directory, where `--db` names no other.
const STATE_FILE: &str = "cloudapp.db";

/// What the mock cloud's file adds to the name of the state.
const MOCK_CLOUD: &str = ".mock-cloud";

/// How long a lease on the state lasts, in seconds.
const LEASE: &str = "CLOUDAPP_LEASE";

/// A holder that renews its lease must be able to be late.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// Names of the clouds that `--cloud` takes.
const CLOUDS: [&str; 2] = ["mock", "tencent"];

/// A stack, before its configuration is read.
pub(crate) struct Stack {
    /// The root module's directory, or the package's.
    pub(crate) dir: PathBuf,
    pub(crate) package: Option<Package>,
    /// What was chosen of the package's specs.
    specification: OnceLock<BTreeMap<Str, Str>>,
    /// What is noteworthy about the package itself and the key; shown with what the configuration gives.
    noticed: Diagnostics,
    pub(crate) providers: Providers,
    pub(crate) store: Arc<dyn Store>,
    /// The same, for what only this kind of store has.
    pub(crate) sqlite: Arc<SqliteStore>,
    pub(crate) keys: Arc<Keyring>,
    /// How another workspace of the state is to be opened.
    pub(crate) protection: Protection,
    mock: Arc<MockCloud>,
    pub(crate) database: PathBuf,
    pub(crate) workspace: String,
    pub(crate) cloud: String,
}

impl Stack {
    /// Opens the stack of a directory.
    pub(crate) fn open(ui: &Ui, global: &Global, dir: Option<&Path>) -> Result<Self, Failure> {
        let database = database(global, dir.unwrap_or(Path::new(".")));
        Self::open_with(ui, global, dir, keyring(global, &database))
    }

    /// Opens it for a run: the state is opened and read while the configuration is.
    pub(crate) fn open_ahead(
        ui: &Ui,
        global: &Global,
        dir: Option<&Path>,
    ) -> Result<Self, Failure> {
        let database = database(global, dir.unwrap_or(Path::new(".")));
        let keys = keyring(global, &database);
        Self::open_by(ui, global, dir, keys, |database, workspace, keys| {
            SqliteStore::open_ahead(database, workspace, keys)
        })
    }

    /// Opens it with these keys.
    pub(crate) fn open_with(
        ui: &Ui,
        global: &Global,
        dir: Option<&Path>,
        keys: Keyring,
    ) -> Result<Self, Failure> {
        Self::open_by(ui, global, dir, keys, |database, workspace, keys| {
            SqliteStore::open(database, workspace, keys)
        })
    }

    fn open_by(
        ui: &Ui,
        global: &Global,
        dir: Option<&Path>,
        keys: Keyring,
        open: impl FnOnce(&Path, &str, Protection) -> Result<SqliteStore, StoreError>,
    ) -> Result<Self, Failure> {
        let dir = dir.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        if !dir.is_dir() {
            return Err(Diagnostic::error(
                "no-directory",
                "Directory does not exist",
                format!("\"{}\" is not a directory.", dir.display()),
            )
            .into());
        }
        let cloud = cloud(global)?;
        let database = database(global, &dir);
        let workspace = workspaces::current(&database)?;
        check_emptied(&database)?;
        let (package, mut noticed) = if is_package_dir(&dir) {
            let (package, findings) = load_package(ui, &dir)?;
            (Some(package), findings)
        } else {
            (None, Diagnostics::new())
        };
        keys::exposed(&keys)
            .into_iter()
            .for_each(|d| noticed.push(d));
        let keys = Arc::new(keys);
        let mock = mock_cloud(global, &database, &keys)?;
        let providers = Providers::new(registry(&Options {
            cloud: mock.clone(),
            base_properties: package.is_some(),
            random_seed: None,
        }))
        .with_provisioners(provisioners(allows_local_exec(global)));
        let sensitivity = Arc::new(SchemaSensitivity::new(providers.clone()));
        let protection = Protection::new(keys.clone(), sensitivity);
        let sqlite = open(&database, &workspace, protection.clone())?;
        if let Some(lease) = lease_time()? {
            sqlite.set_lease(lease);
        }
        let sqlite = Arc::new(sqlite);
        let store = FaultyStore::wrap(sqlite.clone(), mock.state_faults());
        Ok(Self {
            dir,
            package,
            specification: OnceLock::new(),
            noticed,
            providers,
            store,
            sqlite,
            keys,
            protection,
            mock,
            database,
            workspace,
            cloud,
        })
    }

    /// Says on every run that nothing real happens, where that is so.
    pub(crate) fn announce(&self, ui: &Ui) {
        if let Some(stream) = ui.stream {
            stream.send(crate::stream::version(&self.cloud));
        } else if self.cloud == "mock" {
            let file = mock_cloud_file(&self.database);
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            ui.note(&format!(
                "Mock cloud: nothing real is created; its objects are in {name}.\n\n"
            ));
        }
    }

    /// The directory of the root module, from which paths in the configuration are counted.
    pub(crate) fn root(&self) -> PathBuf {
        self.package
            .as_ref()
            .map_or_else(|| self.dir.clone(), Package::infrastructure_dir)
    }

    fn package_dir(&self) -> Option<PathBuf> {
        self.package.as_ref().map(|p| p.dir.clone())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        if self.package.is_some() {
            Dialect::Package
        } else {
            Dialect::Strict
        }
    }

    /// Reads the configuration. Findings that are no errors are returned beside it.
    pub(crate) fn configuration(
        &self,
        ui: &Ui,
    ) -> Result<(Arc<Configuration>, Diagnostics), Failure> {
        let files = self.package.as_ref().map(package_files).transpose()?;
        self.read(
            ui,
            LoadRequest {
                dir: self.root(),
                dialect: self.dialect(),
                package_dir: self.package_dir(),
                files,
            },
        )
    }

    /// Reads the configuration that a saved plan carries.
    pub(crate) fn saved_configuration(
        &self,
        ui: &Ui,
        dialect: Dialect,
        sources: Vec<SourceInput>,
    ) -> Result<(Arc<Configuration>, Diagnostics), Failure> {
        self.read(
            ui,
            LoadRequest {
                dir: self.root(),
                dialect,
                package_dir: self.package_dir(),
                files: Some(sources),
            },
        )
    }

    fn read(
        &self,
        ui: &Ui,
        request: LoadRequest,
    ) -> Result<(Arc<Configuration>, Diagnostics), Failure> {
        let (configuration, more) = load(&request, &self.providers, &mut ui.sources.borrow_mut());
        let mut found = self.noticed.clone();
        found.append(more);
        if let (Some(package), Some(c)) = (&self.package, &configuration) {
            let declared: Vec<_> = c
                .variables()
                .iter()
                .map(|v| (v.name.clone(), v.span))
                .collect();
            found.append(package.check_arguments(&declared));
        }
        match configuration {
            Some(c) if !found.has_errors() => Ok((Arc::new(c), found)),
            _ => Err(found.into()),
        }
    }

    /// Chooses among the package's specs, by key and value. Without this, the first value of each is chosen.
    pub(crate) fn choose(&self, choices: &[(String, String)]) -> Result<(), Failure> {
        let Some(package) = &self.package else {
            return if choices.is_empty() {
                Ok(())
            } else {
                Err(specification_without_package())
            };
        };
        let chosen = package.specification(choices)?;
        // A run reads its flags more than once; they do not change.
        let _ = self.specification.set(chosen);
        Ok(())
    }

    /// What the platform would supply.
    fn system_variables(&self, package: &Package) -> SystemVariables {
        let mut system = SystemVariables::mock(package);
        if let Some(chosen) = self.specification.get() {
            system.spec.clone_from(chosen);
        }
        system
    }

    /// Variables that nobody sets by hand: an installation's own.
    pub(crate) fn given_variables(&self) -> Vec<VariableInput> {
        let Some(package) = &self.package else {
            return Vec::new();
        };
        self.system_variables(package)
            .values()
            .into_iter()
            .map(|(name, value)| VariableInput::Given { name, value })
            .collect()
    }

    /// What the form of a package makes of what is entered; none for a stack that is no package.
    pub(crate) fn form(&self, entered: &BTreeMap<Str, Value>) -> Option<Form> {
        let package = self.package.as_ref().filter(|p| !p.args().is_empty())?;
        let system = self.system_variables(package).values();
        let choices = MockChoices(&self.mock);
        Some(form::evaluate(package.args(), entered, &system, &choices))
    }

    /// Wraps the key of the mock cloud's file with the present key; with `anew`, encrypts it with another.
    pub(crate) fn rotate_cloud_key(&self, anew: bool) -> Result<(), Failure> {
        self.mock.rotate_key(anew).map_err(|e| cloud_failure(&e))
    }

    pub(crate) async fn state(&self) -> Result<State, Failure> {
        Ok(self.store.state().await?)
    }
}

fn specification_without_package() -> Failure {
    Diagnostic::error(
        "specification-without-package",
        "Only packages have specifications",
        "-spec chooses among the specs of a package.yaml, and there is none here.",
    )
    .hint("Leave -spec out, or name the directory of a package.")
    .into()
}

fn load_package(ui: &Ui, dir: &Path) -> Result<(Package, Diagnostics), Failure> {
    let (package, found) = Package::load(dir, &mut ui.sources.borrow_mut());
    match package {
        Some(p) if !found.has_errors() => Ok((p, found)),
        _ => Err(found.into()),
    }
}

/// The stack's files, named as a person would name them from here.
pub(crate) fn package_files(package: &Package) -> Result<Vec<SourceInput>, Failure> {
    let mut files = Vec::with_capacity(package.infrastructure.len());
    for path in &package.infrastructure {
        let text = std::fs::read_to_string(path).map_err(|e| io("The file", path, &e))?;
        let name = path.strip_prefix(".").unwrap_or(path).display().to_string();
        files.push(SourceInput {
            name,
            text,
            module: String::new(),
        });
    }
    Ok(files)
}

/// How long a lease on the state lasts, where the environment says so.
fn lease_time() -> Result<Option<Duration>, Failure> {
    let Ok(text) = std::env::var(LEASE).map(|t| t.trim().to_owned()) else {
        return Ok(None);
    };
    let seconds = text.parse::<f64>().ok();
    let time = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
    match time.filter(|t| *t >= SHORTEST_LEASE) {
        Some(t) => Ok(Some(t)),
        None if text.is_empty() => Ok(None),
        None => Err(Diagnostic::error(
            "invalid-lease",
            "Lease time is not valid",
            format!("{LEASE} is \"{text}\": seconds are expected, at least 1."),
        )
        .hint("Leave it out for 30 seconds.")
        .into()),
    }
}

/// The file of the state of a directory.
pub(crate) fn database(global: &Global, dir: &Path) -> PathBuf {
    global.db.clone().unwrap_or_else(|| dir.join(STATE_FILE))
}

/// Refuses an empty file where there was a state: with it everything would be made once more. The key is made with the first
/// write; an empty file without one, such as `mktemp` makes, is as good as none.
fn check_emptied(database: &Path) -> Result<(), Failure> {
    let is_empty = std::fs::metadata(database).is_ok_and(|m| m.is_file() && m.len() == 0);
    let key = keys::beside(database);
    if !is_empty || !key.exists() {
        return Ok(());
    }
    let reason = format!("it is empty, but there is a key for it, {}", key.display());
    let path = database.display().to_string();
    let found = store_diagnostic(&StoreError::Foreign { path, reason });
    let hint = "Put a copy of the state in its place; if there never was anything in it, delete the empty file.";
    Err(found.hint(hint).into())
}

/// The whole name is kept: two states in one directory may differ only behind its last dot.
fn mock_cloud_file(database: &Path) -> PathBuf {
    files::beside(database, MOCK_CLOUD)
}

fn unusable(e: &dyn std::fmt::Display, hint: &str) -> Failure {
    Diagnostic::error(
        "mock-cloud-unusable",
        "Mock cloud cannot be used",
        format!("{e}."),
    )
    .hint(hint)
    .into()
}

pub(crate) fn cloud_failure(e: &MockCloudError) -> Failure {
    match e {
        MockCloudError::Key(e) => e.clone().into(),
        MockCloudError::Io { .. } => {
            unusable(e, "Check the file, those beside it, and their permissions.")
        }
        e => unusable(
            e,
            "The mock cloud's file lies beside the state; move it away to begin anew.",
        ),
    }
}

/// The mock cloud of the current directory.
pub(crate) fn current_mock_cloud(global: &Global) -> Result<Arc<MockCloud>, Failure> {
    mock_cloud_of(global, Path::new("."))
}

/// The mock cloud of a directory.
pub(crate) fn mock_cloud_of(global: &Global, dir: &Path) -> Result<Arc<MockCloud>, Failure> {
    cloud(global)?;
    let database = database(global, dir);
    mock_cloud(global, &database, &Arc::new(keyring(global, &database)))
}

fn mock_cloud(
    global: &Global,
    database: &Path,
    keys: &Arc<Keyring>,
) -> Result<Arc<MockCloud>, Failure> {
    let config = match &global.mock_config {
        Some(path) => MockConfig::load(path)
            .map_err(|e| unusable(&e, "Check the file that --mock-config names."))?,
        None => MockConfig::default(),
    };
    MockCloud::open_sealed(mock_cloud_file(database), config, keys.clone())
        .map(Arc::new)
        .map_err(|e| cloud_failure(&e))
}

/// Whether configurations may run commands here: by the flag, else by the environment.
fn allows_local_exec(global: &Global) -> bool {
    let yes = |v: String| matches!(v.to_ascii_lowercase().as_str(), "1" | "true" | "yes");
    global.allow_local_exec || std::env::var("CLOUDAPP_ALLOW_LOCAL_EXEC").is_ok_and(yes)
}

/// Which cloud: the flag, else the environment, else the mock.
fn cloud(global: &Global) -> Result<String, Failure> {
    let from_environment = || {
        std::env::var("CLOUDAPP_CLOUD")
            .ok()
            .filter(|c| !c.is_empty())
    };
    let cloud = global
        .cloud
        .clone()
        .or_else(from_environment)
        .unwrap_or_else(|| "mock".to_owned());
    match cloud.as_str() {
        "mock" => Ok(cloud),
        "tencent" => Err(Diagnostic::error(
            "cloud-not-available",
            "Cloud is not in this build",
            "The Tencent Cloud provider is not in this build yet.",
        )
        .hint("Use --cloud mock to plan and apply against the mock cloud.")
        .into()),
        _ => {
            let hint = cloudapp_lang::diagnostic::nearest(&cloud, CLOUDS).map_or_else(
                || "Use mock or tencent.".to_owned(),
                |n| format!("Did you mean {n}?"),
            );
            Err(Diagnostic::error(
                "unknown-cloud",
                "Unknown cloud",
                format!("There is no cloud \"{cloud}\"."),
            )
            .hint(hint)
            .into())
        }
    }
}

/// Whether a path names a saved plan rather than a directory.
pub(crate) fn is_plan_file(subject: Option<&Path>) -> bool {
    subject.is_some_and(|p| !p.is_dir())
}
