//! Who this process is, and whether another one on this machine still lives.

use std::fs;

/// Identifies a process well enough to ask later whether it is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProcessId {
    /// Host name, boot and process namespace: process numbers are comparable only where all three agree.
    pub(crate) machine: String,
    pub(crate) pid: u32,
    /// When it started, in the kernel's ticks; none where the system does not tell.
    pub(crate) ticks: Option<i64>,
}

impl ProcessId {
    pub(crate) fn own() -> Self {
        let pid = std::process::id();
        Self {
            machine: machine(),
            pid,
            ticks: start_ticks(pid).flatten(),
        }
    }

    /// Whether the process certainly lives no more. False where that cannot be told, as for another machine: then only
    /// the expiry of its lease says so.
    pub(crate) fn is_dead(&self) -> bool {
        if self.machine != machine() {
            return false;
        }
        match start_ticks(self.pid) {
            None => false,
            Some(None) => true,
            Some(ticks) => self.ticks.is_some() && self.ticks != ticks,
        }
    }
}

/// `user@host`.
pub(crate) fn who() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    format!("{}@{}", user.as_deref().unwrap_or("unknown"), host())
}

fn host() -> String {
    let of_file = |path| {
        fs::read_to_string(path)
            .ok()
            .map(|s| s.trim().to_owned())
            .filter(|s| !s.is_empty())
    };
    of_file("/proc/sys/kernel/hostname")
        .or_else(|| of_file("/etc/hostname"))
        .or_else(|| {
            ["HOSTNAME", "COMPUTERNAME"]
                .iter()
                .find_map(|n| std::env::var(n).ok())
        })
        .unwrap_or_else(|| "localhost".into())
}

/// Two containers may share a host name but not a process namespace, two machines may share a name but not a boot.
fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {} {}", host(), boot.trim(), namespace.display())
}

/// None: this system does not tell. `Some(None)`: there is no such process. A zombie counts as none: it will never
/// write again.
#[allow(clippy::option_option, reason = "three answers, each explained above")]
fn start_ticks(pid: u32) -> Option<Option<i64>> {
    if !std::path::Path::new("/proc/self/stat").exists() {
        return None;
    }
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return Some(None);
    };
    // The name in parentheses may hold anything; state is the 3rd field and the start the 22nd.
    let Some((_, after)) = stat.rsplit_once(')') else {
        return Some(None);
    };
    let mut fields = after.split_ascii_whitespace();
    if matches!(fields.next(), None | Some("Z" | "X" | "x")) {
        return Some(None);
    }
    Some(fields.nth(18).and_then(|t| t.parse().ok()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test is a panic")]
    use super::ProcessId;

    #[test]
    fn own_process_lives_and_a_finished_one_does_not() {
        let own = ProcessId::own();
        assert!(!own.is_dead());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        if cfg!(target_os = "linux") {
            assert!(
                ProcessId {
                    pid,
                    ticks: None,
                    ..own.clone()
                }
                .is_dead()
            );
            assert!(
                ProcessId {
                    ticks: Some(1),
                    ..own.clone()
                }
                .is_dead(),
                "the number was given to another process"
            );
        }
        assert!(
            !ProcessId {
                machine: "elsewhere".into(),
                pid,
                ticks: None
            }
            .is_dead(),
            "cannot be told"
        );
    }
}
