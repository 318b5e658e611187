//! Owns the policies as they were before they were replaced: one file each, in a
//! folder beside the site file, readable for its owner only.

use crate::error::{Error, Result};
use crate::messages::file as msg;
use crate::site::arn::{PolicyArn, RoleArn};
use crate::site::file;
use crate::site::names::{AccountId, PolicyName};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A policy before and after one edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The id of the run that made the edit.
    pub run: String,
    /// When, in UTC (RFC 3339).
    pub time: String,
    /// The command.
    pub command: String,
    /// The account.
    pub account: AccountId,
    /// The role.
    pub role: RoleArn,
    /// The policy.
    pub policy: PolicyName,
    /// The managed policy; none where the policy is inline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<PolicyArn>,
    /// The document before; none where the policy was new.
    pub before: Option<String>,
    /// The document as it was written; none where the policy was deleted.
    pub after: Option<String>,
}

/// Returns the folder beside a site file.
pub fn folder_of(site: &Path) -> PathBuf {
    let mut name = site.file_name().unwrap_or_default().to_os_string();
    name.push(".undo");
    site.with_file_name(name)
}

/// Makes the folder where it is not there yet, and makes sure that files can be made in it.
pub fn prepare(site: &Path) -> Result<()> {
    let folder = folder_of(site);
    let made = create_private(&folder).and_then(|()| file::probe(&folder));
    made.map_err(|error| unwritable(&folder, &error))
}

fn unwritable(path: &Path, error: &dyn std::error::Error) -> Error {
    Error::new(msg::unwritable(path.display()))
        .source(error)
        .hint(msg::unwritable_hint())
}

/// Writes what an edit is about to replace. Without this no policy is written.
pub fn keep(site: &Path, kept: &Kept) -> Result<PathBuf> {
    let folder = folder_of(site);
    create_private(&folder).map_err(|error| unwritable(&folder, &error))?;
    let stamp: String = kept
        .time
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect();
    let path = folder.join(format!("{stamp}-{}-{}.json", kept.role.name, kept.policy));
    file::write_json(&path, kept)?;
    Ok(path)
}

/// Makes a folder for its owner only, where it is not there yet, and no folder above it.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    match builder.create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Returns the edits of the last run that was not undone yet, each with its file.
pub fn last(site: &Path) -> Result<Vec<(PathBuf, Kept)>> {
    let folder = folder_of(site);
    let unreadable = |path: &Path, error: &dyn std::error::Error| {
        Error::new(msg::unreadable(path.display())).source(error)
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(&folder, &error)),
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        let kept: Kept =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(&path, &error))?;
        all.push((path, kept));
    }
    all.sort_by(|(_, a), (_, b)| a.time.cmp(&b.time));
    let Some(run) = all.last().map(|(_, kept)| kept.run.clone()) else {
        return Ok(Vec::new());
    };
    all.retain(|(_, kept)| kept.run == run);
    Ok(all)
}

/// Marks an edit as undone: its file stays, under another name.
pub fn mark_undone(path: &Path) -> Result<()> {
    std::fs::rename(path, path.with_extension("undone")).map_err(|error| unwritable(path, &error))
}
