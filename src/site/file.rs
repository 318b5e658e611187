//! Owns reading and writing the site file. A file is replaced as a whole or not at
//! all, never where somebody else has changed it, and is never readable for others.

use super::{Site, VERSION};
use crate::error::{Error, Result};
use crate::messages::file as msg;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError as Busy};
use std::time::{Duration, Instant};
use tempfile::{Builder, NamedTempFile};

/// How the name of a file begins and ends that is being written.
const PART: (&str, &str) = (".jmc-site-", ".tmp");

/// After this long nobody is still writing such a file.
const WRITTEN: Duration = Duration::from_secs(60);

/// How many links in a row are followed, as in Linux itself.
const LINKS: usize = 40;

/// How long another jmc-site is waited for that writes in the same folder; it needs milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Held while a file is written, so that the end of the process leaves no part of one behind.
static WRITING: Mutex<()> = Mutex::new(());

/// Reads a site file; `None` where there is none.
pub fn read(path: &Path) -> Result<Option<Site>> {
    read_as(path)
}

/// Reads a file of the site file's shape into another type, such as answers.
pub fn read_as<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    bytes_of(path)?.map(|bytes| parse(path, &bytes)).transpose()
}

fn bytes_of(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new(msg::unreadable(path.display())).source(&error)),
    }
}

/// Reads the content of a file; its path is for the messages.
pub fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T> {
    let shown = &path.display();
    // Editors on Windows begin a file with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value = super::json::read(bytes).map_err(|error| {
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
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        Error::new(msg::field(shown, path, error.inner())).hint(msg::mend_hint())
    })
}

/// A site file as a run knows it: as it was read, and as the run itself has written it since.
#[derive(Debug)]
pub struct SiteFile {
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    bytes: Option<Vec<u8>>,
    /// Whether this run has written it.
    own: bool,
}

impl SiteFile {
    /// Reads a site file and remembers what it was; there may be none.
    pub fn open(path: &Path) -> Result<(Self, Option<Site>)> {
        let bytes = bytes_of(path)?;
        let site = bytes
            .as_deref()
            .map(|bytes| parse(path, bytes))
            .transpose()?;
        let file = Self {
            path: path.to_path_buf(),
            known: Mutex::new(Known { bytes, own: false }),
        };
        Ok((file, site))
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the site, unless somebody else has changed the file since this run saw it.
    ///
    /// Says whether the file now holds the site. It does not where this run has written the
    /// same before and somebody else has gone on from there: then theirs is the newer one.
    pub fn save(&self, site: &Site) -> Result<bool> {
        let text = to_json(&self.path, site)?;
        let failed = |error: &dyn std::error::Error| failed(&self.path, error);
        let target = target_of(&self.path);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let _writing = writing();
        let folder = folder_of(&target);
        let _alone = alone(folder);
        let now = match std::fs::read(&target) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&error)),
        };
        let written = known.own && known.bytes.as_deref() == Some(text.as_bytes());
        // A file of our own that has gone is lost, not changed.
        let lost = known.own && now.is_none();
        if now != known.bytes && !lost {
            return match written {
                true => Ok(false),
                false => Err(Error::new(msg::changed(self.path.display()))),
            };
        }
        if now.as_deref() != Some(text.as_bytes()) {
            let file = temporary(folder, &text).map_err(|error| failed(&error))?;
            let placed = match now {
                Some(_) => file.persist(&target),
                None => file.persist_noclobber(&target),
            };
            match placed {
                Ok(_) => {}
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                    return Err(Error::new(msg::changed(self.path.display())));
                }
                Err(error) => return Err(failed(&error.error)),
            }
            sync(folder);
        }
        known.bytes = Some(text.into_bytes());
        known.own = true;
        Ok(true)
    }

    /// Makes sure that a file can be made beside this one.
    pub fn probe(&self) -> Result<()> {
        let _writing = writing();
        probe(folder_of(&target_of(&self.path))).map_err(|error| failed(&self.path, &error))
    }
}

/// Writes a value as JSON atomically, whatever stands there.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    write_text(path, &to_json(path, value)?)
}

fn to_json<T: Serialize>(path: &Path, value: &T) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| failed(path, &error))?;
    Ok(format!("{text}\n"))
}

/// Writes a text atomically: a temporary file beside it, fsync, rename; mode 0600.
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    let _writing = writing();
    let target = target_of(path);
    let folder = folder_of(&target);
    let file = temporary(folder, text).map_err(|error| failed(path, &error))?;
    file.persist(&target)
        .map_err(|error| failed(path, &error.error))?;
    sync(folder);
    Ok(())
}

/// Makes and removes a file in a folder, to find out whether that is possible.
pub(super) fn probe(folder: &Path) -> std::io::Result<()> {
    part_in(folder).and_then(NamedTempFile::close)
}

/// Waits until no file is being written, for so long, and lets no other one begin.
pub(crate) fn come_to_rest(patience: Duration) -> Option<impl Drop> {
    let deadline = Instant::now() + patience;
    loop {
        match WRITING.try_lock() {
            Ok(rest) => return Some(rest),
            Err(Busy::Poisoned(rest)) => return Some(rest.into_inner()),
            Err(Busy::WouldBlock) if Instant::now() >= deadline => return None,
            Err(Busy::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a temporary file with the mode 0600; it is removed unless it is put in its place.
fn temporary(folder: &Path, text: &str) -> std::io::Result<NamedTempFile> {
    let mut file = part_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Makes a rename survive a crash; not every file system can sync a folder.
fn sync(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Keeps other jmc-sites from writing in a folder between a look at a file and its
/// replacement. Where folders can't be locked, the look has to do.
fn alone(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(_) => return None,
        }
    }
}

/// Follows symbolic links, so that they stay ones, also where they lead to no file yet.
fn target_of(path: &Path) -> PathBuf {
    let mut target = path.to_path_buf();
    for _ in 0..LINKS {
        let Ok(next) = std::fs::read_link(&target) else {
            break;
        };
        target = match target.parent() {
            Some(folder) => folder.join(next),
            None => next,
        };
    }
    target
}

fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes the file, with mode 0600, that takes another one's place when it is complete.
fn part_in(folder: &Path) -> std::io::Result<NamedTempFile> {
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
