//! Owns reading and writing the site file. A file is replaced as a whole or not
//! at all, and is never readable for others.

use super::{Site, VERSION};
use crate::error::{Error, Result};
use crate::messages::file as msg;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Reads a site file; `None` where there is none.
pub fn read(path: &Path) -> Result<Option<Site>> {
    read_as(path)
}

/// Reads a file of the site file's shape into another type, such as answers.
pub fn read_as<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let shown = &path.display();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::new(msg::unreadable(shown)).source(&error)),
    };
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| {
        let text = if error.is_eof() {
            msg::truncated(shown, error.line())
        } else {
            msg::not_json(shown, error.line(), error.column())
        };
        Error::new(text).cause(error).hint(msg::mend_hint())
    })?;
    // The version comes first: every other complaint about a newer file would mislead.
    match value.get("version") {
        Some(version) if version.as_u64() == Some(VERSION) => {}
        Some(version) => {
            return Err(Error::new(msg::version(shown, version, VERSION)).hint(msg::version_hint()));
        }
        None => return Err(Error::new(msg::no_version(shown)).hint(msg::mend_hint())),
    }
    serde_path_to_error::deserialize(value)
        .map(Some)
        .map_err(|error| {
            let path = error.path().to_string();
            Error::new(msg::field(shown, path, error.inner())).hint(msg::mend_hint())
        })
}

/// Writes a site file atomically: a temporary file beside it, fsync, rename; mode 0600.
pub fn write(path: &Path, site: &Site) -> Result<()> {
    write_json(path, site)
}

/// Writes a value as JSON in the same way.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| failed(path, &error))?;
    write_text(path, &format!("{text}\n"))
}

/// Writes a text in the same way. A symbolic link is followed, so that it stays one.
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // NamedTempFile is created with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(path, &error))?;
    file.write_all(text.as_bytes())
        .map_err(|error| failed(path, &error))?;
    file.as_file()
        .sync_all()
        .map_err(|error| failed(path, &error))?;
    file.persist(&target)
        .map_err(|error| failed(path, &error.error))?;
    // The rename itself must survive a crash; not every file system can sync a folder.
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn failed(path: &Path, error: &dyn std::error::Error) -> Error {
    Error::new(msg::unwritable(path.display()))
        .source(error)
        .hint(msg::unwritable_hint())
}
