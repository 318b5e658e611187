//! Owns reading and writing the site file. A file is replaced as a whole or not
//! at all, and is never readable for others.

use super::{Site, VERSION};
use crate::error::{Error, Result};
use crate::messages::file as msg;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;
use tempfile::{Builder, NamedTempFile};

/// How the name of a file begins and ends that is being written.
const PART: (&str, &str) = (".jmc-site-", ".tmp");

/// After this long nobody is still writing such a file.
const WRITTEN: Duration = Duration::from_secs(60);

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
    let mut file = part_in(folder).map_err(|error| failed(path, &error))?;
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

/// Makes the file, with mode 0600, that takes another one's place when it is complete.
pub(super) fn part_in(folder: &Path) -> std::io::Result<NamedTempFile> {
    let (begin, end) = PART;
    Builder::new().prefix(begin).suffix(end).tempfile_in(folder)
}

/// Takes away what runs that were killed while they wrote have left in a folder.
pub fn tidy(folder: &Path) {
    let (begin, end) = PART;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|time| time.elapsed().ok());
        if name.starts_with(begin) && name.ends_with(end) && age.is_some_and(|age| age > WRITTEN) {
            // In nobody's way if it stays.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn failed(path: &Path, error: &dyn std::error::Error) -> Error {
    Error::new(msg::unwritable(path.display()))
        .source(error)
        .hint(msg::unwritable_hint())
}
