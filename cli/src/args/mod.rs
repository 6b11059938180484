//! The command line: Terraform's verbs and flags where it has one.

mod normalise;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

/// Deploys resource stacks written in Terraform's language, and installation packages.
#[derive(Debug, Parser)]
#[command(
    name = "cloudapp",
    disable_version_flag = true,
    disable_help_subcommand = true,
    args_override_self = true
)]
pub(crate) struct Cli {
    /// Change to this directory before anything else.
    #[arg(long, value_name = "DIR")]
    pub(crate) chdir: Option<PathBuf>,
    /// Print the version, as the command of that name does.
    #[arg(long)]
    pub(crate) version: bool,
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Global {
    /// The state: a SQLite file [default: cloudapp.db in the stack's directory].
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) db: Option<PathBuf>,
    /// A file with the key that secrets are encrypted with [default: beside the state, made when needed; environment:
    /// CLOUDAPP_KEY, CLOUDAPP_KEY_FILE].
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) key_file: Option<PathBuf>,
    /// Which cloud: mock or tencent [default: mock; environment: CLOUDAPP_CLOUD].
    #[arg(long, value_name = "CLOUD", global = true)]
    pub(crate) cloud: Option<String>,
    /// Faults, latencies and limits of the mock cloud, as YAML or JSON.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) mock_config: Option<PathBuf>,
    /// Let local-exec provisioners run commands on this machine [environment: CLOUDAPP_ALLOW_LOCAL_EXEC].
    #[arg(long, global = true)]
    pub(crate) allow_local_exec: bool,
    /// No colours.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// Only the arguments of the command that is asked for are defined: there are hundreds.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Check a configuration without calling any cloud.
    Validate(ValidateArgs),
    /// Show what an apply would do.
    Plan(PlanArgs),
    /// Make the cloud match the configuration, or apply a saved plan.
    Apply(ApplyArgs),
    /// Destroy everything that the stack manages.
    Destroy(ApplyArgs),
    /// Bring the state up to date with what exists.
    Refresh(RefreshArgs),
    /// Take an object that exists into the state.
    Import(ImportArgs),
    /// Show the state or a saved plan.
    Show(ShowArgs),
    /// Show outputs.
    Output(OutputArgs),
    /// Look into the state.
    #[command(subcommand)]
    State(StateCommand),
    /// Have the next apply replace an instance.
    Taint(TaintArgs),
    /// Undo a taint.
    Untaint(TaintArgs),
    /// Evaluate expressions, typed or from standard input.
    Console(ConsoleArgs),
    /// Rewrite files in the canonical style.
    Fmt(FmtArgs),
    /// Fill in the form of a package, or show what it makes of values.
    Form(FormArgs),
    /// Show what needs what, as a graph in the DOT language or as a tree.
    Graph(GraphArgs),
    /// Show what the language offers, for editors.
    #[command(subcommand)]
    Metadata(MetadataCommand),
    /// Show which providers the configuration needs.
    Providers(ProvidersArgs),
    /// Look into the mock cloud.
    #[command(subcommand)]
    Cloud(CloudCommand),
    /// Print the version.
    Version(VersionArgs),
    /// Make a package from a template. (A stack needs no init.)
    Init(Box<InitArgs>),
    /// Keep several states of one configuration.
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Take the lock away from a run that is gone.
    ForceUnlock(ForceUnlockArgs),
    /// The key that secrets are encrypted with.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Check a package and put it into one file.
    Pack(PackArgs),
    /// Write the package that an archive holds.
    Unpack(UnpackArgs),
    /// Check an archive and say what it holds.
    Verify(VerifyArgs),
    /// Print the values that a package was last installed with, for another installation.
    Values(ValuesArgs),
    /// Log in to the developer centre.
    Login(LoginArgs),
    /// Check, pack and push a package.
    Push(PushArgs),
    /// Print the command that logs docker in to the package's image registry.
    Docker(DockerArgs),
    /// Find what is wrong with a package, or likely to go wrong where it is installed.
    Lint(LintArgs),
    /// Show what the application that a package installs may call.
    Policy(PolicyArgs),
}

// Flags that several commands share. They have comments instead of documentation, which clap would show as that of the
// commands.

// Where variables come from, and who may be asked.
#[derive(Clone, Debug, Args)]
pub(crate) struct VariableFlags {
    /// Set a variable. May be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) var: Vec<String>,
    /// Read variables from a file. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) var_file: Vec<String>,
    /// Choose what is installed of a package's specs. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) spec: Vec<String>,
    /// Ask for what is missing.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", value_parser = boolean, action = clap::ArgAction::Set)]
    pub(crate) input: bool,
}

// Flags of everything that reads or writes the state for long.
#[derive(Clone, Debug, Args)]
pub(crate) struct LockFlags {
    /// Lock the state meanwhile.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", value_parser = boolean, action = clap::ArgAction::Set)]
    pub(crate) lock: bool,
    /// How long to wait for the lock, such as 30s or 5m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub(crate) lock_timeout: Duration,
}

// Flags of planning and applying.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunFlags {
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    #[command(flatten)]
    pub(crate) lock: LockFlags,
    /// One JSON object a line instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Plan to destroy everything.
    #[arg(long)]
    pub(crate) destroy: bool,
    /// Only bring the state up to date with what exists.
    #[arg(long)]
    pub(crate) refresh_only: bool,
    /// Read every object from its cloud first.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", value_parser = boolean, action = clap::ArgAction::Set)]
    pub(crate) refresh: bool,
    /// Only this resource, instance or module, and what it needs. May be repeated.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) target: Vec<String>,
    /// Replace this instance. May be repeated.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) replace: Vec<String>,
    /// How many operations at once.
    #[arg(long, value_name = "N", default_value = "10", value_parser = parallelism, allow_negative_numbers = true)]
    pub(crate) parallelism: u16,
    /// Show warnings as one line each where there are no errors.
    #[arg(long)]
    pub(crate) compact_warnings: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// The result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Accepted as Terraform has it; there are no test files to leave out.
    #[arg(long, hide = true)]
    pub(crate) no_tests: bool,
    /// Show warnings as one line each where there are no errors.
    #[arg(long)]
    pub(crate) compact_warnings: bool,
    /// The stack or package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// The findings as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 1 where there is a warning, too.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Show warnings as one line each where there are no errors.
    #[arg(long)]
    pub(crate) compact_warnings: bool,
    /// The package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// As JSON.
    #[arg(long, conflicts_with = "rewrite")]
    pub(crate) json: bool,
    /// Rewrite the older scopes.cloudAPI in package.yaml to role.policy.
    #[arg(long)]
    pub(crate) rewrite: bool,
    /// The package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) run: RunFlags,
    /// Save the plan, to be applied exactly so.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write configuration for what import blocks take in without any to a new file.
    #[arg(long, value_name = "FILE")]
    pub(crate) generate_config_out: Option<PathBuf>,
    /// Exit with 2 where there is something to do.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// The stack or package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) run: RunFlags,
    /// Do not ask.
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// A saved plan, or the stack or package [default: the current directory].
    #[arg(value_name = "PLAN_OR_DIR")]
    pub(crate) subject: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RefreshArgs {
    #[command(flatten)]
    pub(crate) run: RunFlags,
    /// The stack or package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    #[command(flatten)]
    pub(crate) lock: LockFlags,
    /// The stack or package [default: the current directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) config: Option<PathBuf>,
    /// How many operations at once.
    #[arg(long, value_name = "N", default_value = "10", value_parser = parallelism, allow_negative_numbers = true)]
    pub(crate) parallelism: u16,
    /// Accepted as Terraform has it; there are no other versions at the far end.
    #[arg(long, hide = true)]
    pub(crate) ignore_remote_version: bool,
    /// The address of an instance that the configuration declares, such as random_id.a[0].
    pub(crate) address: String,
    /// What the provider finds the object by.
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// As JSON, in Terraform's format.
    #[arg(long)]
    pub(crate) json: bool,
    /// A saved plan, or the stack or package whose state to show [default: the current directory].
    #[arg(value_name = "PLAN_OR_DIR")]
    pub(crate) subject: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// As JSON, with the values of sensitive outputs.
    #[arg(long)]
    pub(crate) json: bool,
    /// The text alone, for scripts.
    #[arg(long, conflicts_with = "json", requires = "name")]
    pub(crate) raw: bool,
    /// Only this output.
    pub(crate) name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// The addresses of all instances.
    List {
        /// Only what is at or in these addresses.
        addresses: Vec<String>,
    },
    /// One instance.
    Show {
        /// As JSON, in the form of `show -json`.
        #[arg(long)]
        json: bool,
        /// The instance's address, such as random_id.a[0].
        address: String,
    },
    /// The whole state as a Terraform state file, on standard output.
    Pull,
    /// Put a state file of Terraform's form in the place of the state.
    Push {
        #[command(flatten)]
        lock: LockFlags,
        /// Even where it is of another stack or older than the state.
        #[arg(long)]
        force: bool,
        /// Accepted as Terraform has it; there are no other versions at the far end.
        #[arg(long, hide = true)]
        ignore_remote_version: bool,
        /// The file, or - for standard input.
        path: PathBuf,
    },
    /// Give an instance, a resource or a module another address, without touching the object.
    Mv {
        #[command(flatten)]
        edit: EditFlags,
        /// The address now.
        from: String,
        /// The address from now on.
        to: String,
    },
    /// Take instances out of the state: the objects stay in the cloud, and nobody manages them any more.
    Rm {
        #[command(flatten)]
        edit: EditFlags,
        /// Instances, resources or modules.
        #[arg(required = true)]
        addresses: Vec<String>,
    },
    /// The operations of which nobody knows yet what became of them.
    Operations {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what became of an open operation, where no provider can find it out any more.
    Resolve(ResolveArgs),
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("found").required(true).args(["absent", "present"])))]
pub(crate) struct ResolveArgs {
    #[command(flatten)]
    pub(crate) lock: LockFlags,
    /// The object is not in the cloud.
    #[arg(long)]
    pub(crate) absent: bool,
    /// The object is in the cloud; of an update or a delete only.
    #[arg(long)]
    pub(crate) present: bool,
    /// How that is known, for whoever looks at the runs of the stack later.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// The operation's id, as the message about it and `state operations` show it.
    pub(crate) operation: String,
}

// Flags of commands that change the state by hand.
#[derive(Clone, Debug, Args)]
pub(crate) struct EditFlags {
    #[command(flatten)]
    pub(crate) lock: LockFlags,
    /// Only say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TaintArgs {
    #[command(flatten)]
    pub(crate) lock: LockFlags,
    /// Nothing at the address is no failure.
    #[arg(long)]
    pub(crate) allow_missing: bool,
    /// The instance's address, such as random_id.a[0].
    pub(crate) address: String,
}

#[derive(Debug, Args)]
pub(crate) struct ConsoleArgs {
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    /// One `{"expr": …}` a line in, one answer a line out.
    #[arg(long)]
    pub(crate) json: bool,
    /// The stack or package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Print the names of files whose formatting differs.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", value_parser = boolean, action = clap::ArgAction::Set)]
    pub(crate) list: bool,
    /// Write the files; never with -check or for standard input.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", value_parser = boolean, action = clap::ArgAction::Set)]
    pub(crate) write: bool,
    /// Show what changes.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Write nothing, and exit with 3 where a file is not formatted.
    #[arg(long)]
    pub(crate) check: bool,
    /// Directories in directories too.
    #[arg(long)]
    pub(crate) recursive: bool,
    /// Files and directories, or - for standard input to standard output [default: the current directory].
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FormArgs {
    /// Read what is entered from a file: JSON, YAML, or assignments as in .tfvars. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) values: Vec<String>,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    /// The whole form as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write what the stack receives, without secrets, to a file: JSON, or assignments where it ends in .tfvars.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The package [default: the current directory].
    #[arg(value_name = "PKG")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// Every object of the configuration (plan), not resources alone.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<GraphType>,
    /// As an indented tree for people: every object above what it needs.
    #[arg(long)]
    pub(crate) tree: bool,
    /// The stack or package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum GraphType {
    Plan,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MetadataCommand {
    /// The signatures of all functions.
    Functions {
        /// As JSON: the only form there is.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ProvidersArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ProvidersCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProvidersCommand {
    /// The schemas of the providers that the configuration needs; of all where it needs none.
    Schema {
        /// As JSON: the only form there is.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CloudCommand {
    /// The objects that the mock cloud has, by type and id.
    Objects {
        /// As JSON, with all attributes, secret ones too.
        #[arg(long)]
        json: bool,
    },
    /// The calls that the mock cloud answered, oldest first.
    Calls {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// As JSON, in Terraform's format.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder to make the package in.
    pub(crate) name: Option<PathBuf>,
    /// Which template, as -list shows them [default: cvm-ip].
    #[arg(long, alias = "t", short = 't', value_name = "TEMPLATE")]
    pub(crate) template: Option<String>,
    /// The package's id, as the developer centre shows it.
    #[arg(long, value_name = "PKG_ID")]
    pub(crate) id: Option<String>,
    /// List the templates.
    #[arg(long)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) ignored: TerraformInit,
}

// Flags that scripts written for Terraform pass to its `init`: they are accepted, and nothing is done about them.
#[derive(Debug, Args)]
#[allow(dead_code, reason = "only accepted")]
pub(crate) struct TerraformInit {
    #[arg(long, hide = true)]
    backend_config: Vec<String>,
    #[arg(long, hide = true)]
    from_module: Vec<String>,
    #[arg(long, hide = true)]
    lock_timeout: Vec<String>,
    #[arg(long, hide = true)]
    lockfile: Vec<String>,
    #[arg(long, hide = true)]
    plugin_dir: Vec<String>,
    #[arg(long, hide = true)]
    test_directory: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    backend: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    cloud_backend: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    compact_warnings: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    force_copy: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    get: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    get_plugins: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    ignore_remote_version: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    input: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    json: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    lock: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    migrate_state: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    reconfigure: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    upgrade: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    verify_plugins: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PackArgs {
    /// The file to write [default: the package's id and .cloudapp.tar.gz].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Below which address the charts will be published [default: they are in the archive].
    #[arg(long, value_name = "URL")]
    pub(crate) chart_url: Option<String>,
    /// The package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct UnpackArgs {
    /// The archive.
    pub(crate) file: PathBuf,
    /// A folder that does not exist yet, or is empty.
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The archive.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ValuesArgs {
    /// The file to write, as JSON if its name ends with .json [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The id and the secret of the developer's key.
    // Everything is taken, because a parser's complaint would repeat what it does not take.
    #[arg(
        value_name = "SECRET_ID@SECRET_KEY",
        allow_hyphen_values = true,
        trailing_var_arg = true
    )]
    pub(crate) key: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// The package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DockerArgs {
    /// Print the address to push images to instead.
    #[arg(long, conflicts_with = "auth")]
    pub(crate) url: bool,
    /// Print a file for docker with the credentials instead, for builds.
    #[arg(long)]
    pub(crate) auth: bool,
    /// The package [default: the current directory].
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorkspaceCommand {
    /// All workspaces; the current one is marked.
    List,
    /// The name of the current one.
    Show,
    /// Make one and switch to it.
    New {
        /// What to call it.
        name: String,
    },
    /// Switch to one.
    Select {
        /// Which one, as `workspace list` shows it.
        name: String,
        /// Make it where it is missing.
        #[arg(long)]
        or_create: bool,
    },
    /// Forget an empty one.
    Delete {
        /// Which one, as `workspace list` shows it.
        name: String,
        /// Even one that manages objects: they stay in the cloud.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ForceUnlockArgs {
    /// Do not ask.
    #[arg(long)]
    pub(crate) force: bool,
    /// Why, for whoever looks at the runs of the stack later.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// The id of the lock, as the message about it shows.
    pub(crate) id: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Name the key, and where it is from. The name tells nothing about the key.
    Show,
    /// Put a new key in the place of the present one.
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    pub(crate) lock: LockFlags,
    /// Where the new key is, or is to be made [default: the present file, where this program made it].
    #[arg(long, value_name = "FILE")]
    pub(crate) new_key_file: Option<PathBuf>,
    /// Encrypt all secrets anew, with another data key, so that copies of the state that were made before help nobody who
    /// knows the old key.
    #[arg(long)]
    pub(crate) reencrypt: bool,
}

/// `-var`, `-var-file` and `-spec` in the order in which they were given: later ones win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VariableFlag {
    Value(String),
    File(String),
    Spec(String),
}

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) cli: Cli,
    pub(crate) variables: Vec<VariableFlag>,
}

/// Reads the arguments, without the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Parsed, clap::Error> {
    let command = Cli::command();
    let args = normalise::normalise(args, &command);
    let matches =
        command.try_get_matches_from(std::iter::once(OsString::from("cloudapp")).chain(args))?;
    let cli = Cli::from_arg_matches(&matches)?;
    let variables = matches
        .subcommand()
        .map(|(_, m)| variables_in_order(m))
        .unwrap_or_default();
    Ok(Parsed { cli, variables })
}

fn variables_in_order(matches: &ArgMatches) -> Vec<VariableFlag> {
    let mut found = Vec::new();
    for (id, make) in [
        ("var", VariableFlag::Value as fn(String) -> _),
        ("var_file", VariableFlag::File),
        ("spec", VariableFlag::Spec),
        ("values", VariableFlag::File),
    ] {
        let Ok(Some(values)) = matches.try_get_many::<String>(id) else {
            continue;
        };
        if let Some(indices) = matches.indices_of(id) {
            found.extend(indices.zip(values).map(|(i, v)| (i, make(v.clone()))));
        }
    }
    found.sort_by_key(|(i, _)| *i);
    found.into_iter().map(|(_, v)| v).collect()
}

/// As Go reads booleans.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

/// A number of operations: at least one, or nothing would ever be done.
fn parallelism(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| format!("expected a whole number from 1 to {}", u16::MAX))
}

/// `30s`, `1m30s`, `500ms`, `2h`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is not a duration such as 30s or 5m");
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(wrong)?;
        let n: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let seconds = match &rest[..letters] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        total += Duration::try_from_secs_f64(n * seconds).map_err(|_| wrong())?;
        rest = &rest[letters..];
    }
    Ok(total)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect"
)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Parsed {
        parse(line.split(' ').map(OsString::from)).unwrap_or_else(|e| panic!("{line}: {e}"))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn variables_keep_their_order_across_kinds() {
        let p = parsed("plan -var a=1 -var-file=x.tfvars -json -var b=2");
        assert_eq!(
            p.variables,
            [
                VariableFlag::Value("a=1".into()),
                VariableFlag::File("x.tfvars".into()),
                VariableFlag::Value("b=2".into())
            ]
        );
    }

    #[test]
    fn flags_may_follow_the_directory_and_the_last_one_counts() {
        let p = parsed(
            "apply dir -auto-approve -refresh=false -refresh=true -no-color -lock-timeout 1m30s",
        );
        let Some(Command::Apply(a)) = p.cli.command else {
            panic!("an apply")
        };
        assert!(a.auto_approve && a.run.refresh && p.cli.global.no_color);
        assert_eq!(a.subject, Some("dir".into()));
        assert_eq!(a.run.lock.lock_timeout, Duration::from_secs(90));
    }

    #[test]
    fn init_takes_whatever_terraform_takes() {
        for line in [
            "init -input=false -backend-config=x -no-color",
            "init -backend-config x -upgrade -reconfigure -get=true -lock-timeout 30s",
        ] {
            let Some(Command::Init(a)) = parsed(line).cli.command else {
                panic!("an init")
            };
            assert_eq!(a.name, None);
        }
        let Some(Command::Init(a)) = parsed("init hello -t CT_001").cli.command else {
            panic!("an init")
        };
        assert_eq!(
            (a.name, a.template.as_deref()),
            (Some("hello".into()), Some("CT_001"))
        );
    }

    #[test]
    fn misspelt_names_get_a_suggestion() {
        let e = parse(["aply".into()]).unwrap_err().to_string();
        assert!(e.contains("apply"), "{e}");
        let e = parse([
            "plan".into(),
            "-auto-aprove".into(),
            "-detailed-exitcod".into(),
        ])
        .unwrap_err()
        .to_string();
        assert!(e.contains("unexpected argument"), "{e}");
    }
}
