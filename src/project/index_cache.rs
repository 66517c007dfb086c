//! `index.sqlite`: the heads of the runs, each under the stamp of the file it was read from.
//!
//! No error leaves this module. A broken database is thrown away and made anew; one that is busy, read-only or on a
//! full disk is done without.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use super::RunInfo;

/// Raised when the table changes; a database of another version is made anew.
const VERSION: i64 = 1;

/// The open database, while it can be used.
pub struct Cache {
    database: Option<Connection>,
}

impl Cache {
    pub fn open(file: &Path) -> Self {
        let database = match connect(file) {
            Ok(database) => Some(database),
            Err(error) if is_broken(&error) => {
                // Only ever a copy of what the folders say.
                std::fs::remove_file(file).ok();
                connect(file).ok()
            }
            Err(_) => None,
        };
        Self { database }
    }

    /// The head of run `name`, if it was read from the file as it is now.
    pub fn get(&mut self, name: &str, stamp: &str) -> Option<RunInfo> {
        let query = "SELECT info FROM runs WHERE name = ?1 AND stamp = ?2";
        let found = self.attempt(|database| {
            let mut statement = database.prepare_cached(query)?;
            let row = statement.query_row([name, stamp], |row| row.get::<_, String>(0));
            row.optional()
        });
        serde_json::from_str(&found??).ok()
    }

    pub fn put(&mut self, name: &str, stamp: &str, info: &RunInfo) {
        let Ok(info) = serde_json::to_string(info) else {
            return;
        };
        let query = "INSERT OR REPLACE INTO runs (name, stamp, info) VALUES (?1, ?2, ?3)";
        self.attempt(|database| {
            database
                .prepare_cached(query)?
                .execute([name, stamp, &info])
        });
    }

    /// Forgets the runs that are gone and writes everything down.
    pub fn close(mut self, names: &[&str]) {
        let names = serde_json::to_string(names).unwrap_or_default();
        let query = "DELETE FROM runs WHERE name NOT IN (SELECT value FROM json_each(?1))";
        self.attempt(|database| database.execute(query, params![names]));
        self.attempt(|database| database.execute_batch("COMMIT"));
    }

    /// Does without the database from the first error on; a broken one goes, for the next listing to make anew.
    fn attempt<T>(&mut self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> Option<T> {
        match work(self.database.as_ref()?) {
            Ok(value) => Some(value),
            Err(error) => {
                let database = self.database.take()?;
                let file = database.path().map(str::to_owned);
                drop(database);
                if let (true, Some(file)) = (is_broken(&error), file) {
                    std::fs::remove_file(file).ok();
                }
                None
            }
        }
    }
}

/// Opens the database with its table and begins the one transaction of a listing.
fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let database = Connection::open(file)?;
    // The folders can always be read instead, so nobody waits long for another program.
    database.busy_timeout(Duration::from_millis(200))?;
    let version: i64 = database.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    database.execute_batch("BEGIN IMMEDIATE")?;
    if version != VERSION {
        database.execute_batch("DROP TABLE IF EXISTS runs")?;
        database.pragma_update(None, "user_version", VERSION)?;
    }
    database.execute_batch(
        "CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, stamp TEXT NOT NULL, info TEXT NOT NULL)",
    )?;
    Ok(database)
}

/// Whether the file itself is at fault, not who else uses it or where it lies.
fn is_broken(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory,
        ) => false,
        Some(_) => true,
        None => !matches!(error, rusqlite::Error::InvalidPath(_)),
    }
}
