//! What a failure of SQLite means to whoever uses a store.

use cloudapp_engine::seal::KeyError;
use cloudapp_engine::store::StoreError;
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// Linux' numbers; macOS agrees on the first.
const ENOSPC: i32 = 28;
const EDQUOT: i32 = 122;
/// The process may not make files larger (`ulimit -f`).
const EFBIG: i32 = 27;

/// Translates a failure. To be called at once: where SQLite only says "IO error", the reason is still in the thread's
/// last error of the operating system.
pub(crate) fn store_error(path: &str, error: &rusqlite::Error) -> StoreError {
    let os = std::io::Error::last_os_error().raw_os_error();
    let path = path.to_owned();
    if let rusqlite::Error::FromSqlConversionFailure(_, _, cause) = error
        && let Some(key) = cause.downcast_ref::<KeyError>()
    {
        return StoreError::Key(key.clone());
    }
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return StoreError::Io {
            path,
            message: error.to_string(),
        };
    };
    let said = message.clone().unwrap_or_else(|| failure.to_string());
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full { path },
        ErrorCode::SystemIoFailure
            if is_write(failure.extended_code) && matches!(os, Some(ENOSPC | EDQUOT | EFBIG)) =>
        {
            StoreError::Full { path }
        }
        ErrorCode::NotADatabase => StoreError::Foreign {
            path,
            reason: "it is not an SQLite database".into(),
        },
        ErrorCode::DatabaseCorrupt => StoreError::Foreign {
            path,
            reason: format!("it is damaged or cut short ({said})"),
        },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Io {
            path,
            message: format!(
                "another process kept the file busy for {} seconds ({said})",
                crate::file::BUSY_WAIT.as_secs()
            ),
        },
        ErrorCode::ReadOnly => StoreError::Io {
            path,
            message: format!("the file or its directory cannot be written ({said})"),
        },
        ErrorCode::CannotOpen => StoreError::Io {
            path,
            message: format!("the file cannot be opened or made in its directory ({said})"),
        },
        _ => StoreError::Io {
            path,
            message: said,
        },
    }
}

fn is_write(extended: i32) -> bool {
    matches!(
        extended,
        ffi::SQLITE_IOERR_WRITE
            | ffi::SQLITE_IOERR_FSYNC
            | ffi::SQLITE_IOERR_DIR_FSYNC
            | ffi::SQLITE_IOERR_TRUNCATE
            | ffi::SQLITE_IOERR_SHMSIZE
            | ffi::SQLITE_IOERR_SHMMAP
    )
}
