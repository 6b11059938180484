//! Opening a state file: is it one, can this version read it, and how it is to be written.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use cloudapp_engine::store::StoreError;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};

use crate::error::store_error;
use crate::vault::Protection;

/// Marks our files in SQLite's header: "ClAp".
pub const APPLICATION_ID: i32 = 0x436C_4170;

/// The format that this version writes, and the newest that it reads (`user_version` in SQLite's header).
pub const FORMAT: u32 = 6;

/// How long one statement waits for another process that is writing.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(10);

/// How much of a file SQLite keeps in memory, in KiB.
const CACHE: i32 = 320;

/// How often the making of the tables is tried where another process is making them too.
const ATTEMPTS: u32 = 40;

/// What makes each format of the one before it, the first of an empty file. Each says its number in `user_version`.
const MIGRATIONS: &[M<'_>] = &[
    M::up(include_str!("../migrations/V1__state.sql")),
    M::up(include_str!("../migrations/V2__checks.sql")),
    M::up(include_str!("../migrations/V3__keys.sql")),
    M::up(include_str!("../migrations/V4__durations.sql")),
    M::up(include_str!("../migrations/V5__policy.sql")),
    M::up(include_str!("../migrations/V6__values.sql")),
];

/// SQLite's locks on a file are dropped when any descriptor of it is closed in the same process, so no two threads may
/// make and open files at a time.
static OPENING: Mutex<()> = Mutex::new(());

/// Opens the file where it exists; with `create`, makes it, readable by its owner alone. Nothing is written where there can
/// be no key.
pub(crate) fn open(
    path: &Path,
    create: bool,
    protection: &Protection,
) -> Result<Option<Connection>, StoreError> {
    let shown = path.display().to_string();
    let _one_at_a_time = OPENING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let io = |e: std::io::Error| StoreError::Io {
        path: shown.clone(),
        message: e.to_string(),
    };
    let length = match std::fs::metadata(path) {
        Ok(m) if m.is_dir() => {
            return Err(StoreError::Foreign {
                path: shown,
                reason: "it is a directory".into(),
            });
        }
        // With a log beside it, the file need not be whole.
        Ok(_) if has_log(path) => 0,
        Ok(m) => m.len(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && create => {
            protection.check()?;
            let is_own = make(path).map_err(|e| full_or(&shown, e))?;
            return connect(path, &shown, protection)
                .map(Some)
                .inspect_err(|_| {
                    // An empty file is no state: whoever comes next would have to ask what became of what was in it.
                    if is_own && std::fs::metadata(path).is_ok_and(|m| m.len() == 0) {
                        std::fs::remove_file(path).ok();
                    }
                });
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io(e)),
    };
    let connection = connect(path, &shown, protection)?;
    // SQLite reads the missing end of a last page as zeros.
    let page: u64 = connection
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(|e| store_error(&shown, &e))?;
    if page > 0 && length % page != 0 {
        return Err(StoreError::Foreign {
            path: shown,
            reason: "it was cut short".into(),
        });
    }
    Ok(Some(connection))
}

/// Which file has a name now, so that another one of the same name can be told from it; none where there is none, or where the
/// system does not say.
#[cfg(unix)]
pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
pub(crate) fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(&log).is_ok_and(|m| m.len() > 0)
}

/// A state that lives as long as the process.
pub(crate) fn open_in_memory() -> Result<Connection, StoreError> {
    let shown = ":memory:";
    let mut connection = Connection::open_in_memory().map_err(|e| store_error(shown, &e))?;
    prepare(&mut connection, shown, &Protection::none()).map_err(|failure| failure.error)?;
    Ok(connection)
}

/// False where another process has made it meanwhile.
fn make(path: &Path) -> std::io::Result<bool> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        made => made.map(|_| true),
    }
}

fn full_or(path: &str, error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            StoreError::Full { path: path.into() }
        }
        _ => StoreError::Io {
            path: path.into(),
            message: error.to_string(),
        },
    }
}

/// Why a file could not be prepared, with SQLite's code where it was SQLite that failed.
struct Failure {
    code: Option<ErrorCode>,
    error: StoreError,
}

impl Failure {
    fn new(shown: &str, error: &rusqlite::Error) -> Self {
        Self {
            code: error.sqlite_error_code(),
            error: store_error(shown, error),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { code: None, error }
    }
}

fn connect(path: &Path, shown: &str, protection: &Protection) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).map_err(|e| Failure::new(shown, &e));
    let failure = match opened
        .and_then(|mut connection| prepare(&mut connection, shown, protection).map(|()| connection))
    {
        Ok(connection) => return Ok(connection),
        Err(failure) => failure,
    };
    // Where nothing can be written (a file system mounted read-only), what is there can still be read.
    if matches!(
        failure.code,
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)
    ) {
        match connect_read_only(path, shown) {
            Some(Err(StoreError::Io { .. })) | None => {}
            Some(answer) => return answer,
        }
    }
    Err(failure.error)
}

/// Reads without the shared-memory file that a write-ahead log needs. Only where there is no log: what is in one would
/// not be seen.
fn connect_read_only(path: &Path, shown: &str) -> Option<Result<Connection, StoreError>> {
    if has_log(path) {
        return None;
    }
    let absolute = std::path::absolute(path).ok()?;
    let escaped = absolute
        .to_str()?
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let opened = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags);
    Some(
        opened
            .map_err(|e| store_error(shown, &e))
            .and_then(|connection| {
                match inspect(&connection, shown).map_err(|failure| failure.error)? {
                    Found::Current => Ok(connection),
                    Found::Older => Err(StoreError::Io {
                        path: shown.into(),
                        message: "the file cannot be written".into(),
                    }),
                }
            }),
    )
}

/// Checks what was opened, sets how it is written, and makes or upgrades its tables.
fn prepare(
    connection: &mut Connection,
    shown: &str,
    protection: &Protection,
) -> Result<(), Failure> {
    connection
        .busy_timeout(BUSY_WAIT)
        .map_err(|e| Failure::new(shown, &e))?;
    connection.set_prepared_statement_cache_capacity(64);
    for attempt in 1.. {
        // Before anything else, for even setting the journal mode would write to a file of someone else's.
        let found = inspect(connection, shown)?;
        if matches!(found, Found::Older) {
            protection.check().map_err(StoreError::from)?;
        }
        let configured = configure(connection).map_err(|e| Failure::new(shown, &e));
        let failure = match (configured, found) {
            (Ok(()), Found::Current) => return Ok(()),
            (Ok(()), Found::Older) => match migrate(connection, shown) {
                Ok(()) => return Ok(()),
                Err(error) => error.into(),
            },
            (Err(failure), _) => failure,
        };
        // Another process may be making the same tables just now.
        let may_pass = matches!(
            failure.code,
            None | Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        );
        if !may_pass || !matches!(failure.error, StoreError::Io { .. }) || attempt == ATTEMPTS {
            return Err(failure);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    Ok(())
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    let _mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    // What is reported as written must survive a power cut.
    connection.pragma_update(None, "synchronous", "full")?;
    // What is deleted may have been stored before it was known to be sensitive.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is read is read once, from one end to the other, and what is written together is a few dozen pages.
    connection.pragma_update(None, "cache_size", -CACHE)
}

fn migrate(connection: &mut Connection, shown: &str) -> Result<(), StoreError> {
    let migrations = Migrations::from_slice(MIGRATIONS);
    migrations.to_latest(connection).map_err(|e| match &e {
        rusqlite_migration::Error::RusqliteError { err, .. } => store_error(shown, err),
        other => StoreError::Io {
            path: shown.into(),
            message: other.to_string(),
        },
    })
}

enum Found {
    Current,
    /// Empty, half made, or of an older format.
    Older,
}

fn inspect(connection: &Connection, shown: &str) -> Result<Found, Failure> {
    let read =
        |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let error = |e: rusqlite::Error| Failure::new(shown, &e);
    let (id, version) = (
        read("application_id").map_err(error)?,
        read("user_version").map_err(error)?,
    );
    // Earlier versions kept a table of migrations, and a process that died while making the file left at most that.
    let others: i64 = connection
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'refinery_schema_history'",
            [],
            |r| r.get(0),
        )
        .map_err(error)?;
    let found = u32::try_from(version).unwrap_or(u32::MAX);
    match id {
        APPLICATION_ID if found > FORMAT => Err(StoreError::TooNew {
            path: shown.into(),
            found,
            supported: FORMAT,
        }
        .into()),
        APPLICATION_ID if found == FORMAT => Ok(Found::Current),
        APPLICATION_ID => Ok(Found::Older),
        0 if others == 0 && version == 0 => Ok(Found::Older),
        _ => Err(StoreError::Foreign {
            path: shown.into(),
            reason: "it is an SQLite database of another application".into(),
        }
        .into()),
    }
}
