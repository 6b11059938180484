//! A directory in which the binary runs, as a person would run it.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use cloudapp_engine::Providers;
use cloudapp_engine::config::{Configuration, Dialect, LoadRequest, SourceInput, load};
use cloudapp_lang::SourceMap;
use tempfile::TempDir;

/// A configuration of one file, without mistakes.
pub(crate) fn configuration(text: &str, providers: &Providers) -> Arc<Configuration> {
    let file = SourceInput {
        name: "main.tf".to_owned(),
        text: text.to_owned(),
        module: String::new(),
    };
    let request = LoadRequest {
        dir: PathBuf::from("."),
        dialect: Dialect::Strict,
        package_dir: None,
        files: Some(vec![file]),
    };
    let (configuration, found) = load(&request, providers, &mut SourceMap::new());
    assert!(!found.has_errors(), "{found:?}");
    Arc::new(configuration.unwrap())
}

/// A stack of its own, gone when this is dropped.
pub(crate) struct TestDir {
    dir: TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl TestDir {
    /// A directory with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let dir = Self {
            dir: TempDir::new().unwrap(),
        };
        for (name, text) in files {
            dir.write(name, text);
        }
        dir
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The binary with these arguments (separated by spaces), in this directory, with nobody at the keyboard and
    /// nothing inherited that would change what it does.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloudapp"));
        command
            .args(args.split(' ').filter(|a| !a.is_empty()))
            .current_dir(self.path())
            .stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("TF_") || text.starts_with("CLOUDAPP_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Waits until a file is there; what it holds.
    pub(crate) fn wait_for(&self, name: &str) -> String {
        let path = self.path().join(name);
        for _ in 0..600 {
            if let Ok(text) = std::fs::read_to_string(&path) {
                return text;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{name} did not come to be")
    }

    pub(crate) fn run(&self, args: &str) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    /// Runs a command that must succeed; its standard output.
    pub(crate) fn ok(&self, args: &str) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args}: {ran:?}");
        ran.stdout
    }
}

impl From<Output> for Ran {
    fn from(o: Output) -> Self {
        Self {
            code: o.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&o.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&o.stderr).into_owned(),
        }
    }
}
