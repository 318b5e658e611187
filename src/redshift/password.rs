//! Owns where the warehouse's password comes from. It asks nobody, and saves nothing.

use crate::error::{Error, Result};
use crate::messages::{Text, connection as say, login};
use crate::secret::Secret;
use crate::site::names::Identifier;
use crate::site::secret::SecretArn;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The environment variable that may hold the password.
pub const VARIABLE: &str = "JMC_REDSHIFT_PASSWORD";

/// More than any password; a larger input is a wrong file.
const MAX_PASSWORD: usize = 4096;

/// Where the password comes from. This is what the site file says; never the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "Self")]
pub enum PasswordSource {
    /// The operator types it.
    Prompt,
    /// It is the first line of standard input.
    Stdin,
    /// It is in `JMC_REDSHIFT_PASSWORD`.
    Env,
    /// It is in the file of libpq, `.pgpass`.
    Pgpass,
    /// It is in a secret of AWS Secrets Manager.
    SecretsManager(SecretArn),
    /// There is none: AWS gives temporary credentials for the caller's own database user.
    Iam,
    /// There is none: AWS gives temporary credentials for this database user.
    IamDbUser(Identifier),
}

impl Serialize for PasswordSource {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        Self::serialize(self, to)
    }
}

impl<'de> Deserialize<'de> for PasswordSource {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        // The reason would repeat the value, and somebody may have written the password there.
        Self::deserialize(from).map_err(|_| {
            let text = say::source_unknown(SecretArn::FORM);
            serde::de::Error::custom(text.get(crate::messages::Lang::En))
        })
    }
}

impl PasswordSource {
    /// Returns the source in words.
    pub fn label(&self) -> Text {
        match self {
            Self::Prompt => say::source_prompt(),
            Self::Stdin => say::source_stdin(),
            Self::Env => say::source_env(),
            Self::Pgpass => say::source_pgpass(),
            Self::SecretsManager(arn) => login::source_secret(arn),
            Self::Iam => login::source_iam(),
            Self::IamDbUser(name) => login::source_iam_db_user(name),
        }
    }

    /// Says whether AWS has to be asked for it.
    pub fn is_from_aws(&self) -> bool {
        matches!(
            self,
            Self::SecretsManager(_) | Self::Iam | Self::IamDbUser(_)
        )
    }

    /// Says whether AWS names the user who logs in.
    pub fn is_iam(&self) -> bool {
        matches!(self, Self::Iam | Self::IamDbUser(_))
    }
}

/// Checks a password that was typed or read: one line, not empty, no control characters.
pub fn check(password: Secret) -> Result<Secret> {
    let value = password.expose();
    if value.is_empty() {
        return Err(Error::usage(say::password_empty()));
    }
    if value.len() > MAX_PASSWORD {
        return Err(Error::usage(say::password_long(MAX_PASSWORD)));
    }
    if value.chars().any(char::is_control) {
        return Err(Error::usage(say::password_lines()));
    }
    Ok(password)
}

/// Reads the password from standard input, taking exactly one line break off its end.
pub fn from_reader(reader: &mut dyn Read) -> Result<Secret> {
    // With its whole capacity from the start: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PASSWORD + 3));
    reader
        .take(MAX_PASSWORD as u64 + 3)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::new(say::password_unreadable()).source(&error))?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line
        .strip_suffix(b"\r")
        .filter(|_| line.len() < bytes.len())
        .unwrap_or(line);
    let text = std::str::from_utf8(line)
        .map_err(|error| Error::new(say::password_unreadable()).cause(error))?;
    check(Secret::new(text.to_owned()))
}

/// Reads the password from the environment; an empty variable counts as unset.
pub fn from_env(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Secret>> {
    variable(VARIABLE)
        .filter(|value| !value.is_empty())
        .map(|value| check(Secret::new(value)))
        .transpose()
}

/// Returns where libpq would look for the password file.
/// <https://www.postgresql.org/docs/current/libpq-pgpass.html>
pub fn pgpass_path(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(path) = set("PGPASSFILE") {
        return Some(PathBuf::from(path));
    }
    if cfg!(windows) {
        Some(
            Path::new(&set("APPDATA")?)
                .join("postgresql")
                .join("pgpass.conf"),
        )
    } else {
        Some(Path::new(&set("HOME")?).join(".pgpass"))
    }
}

/// What a line of the password file has to match.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// The host, as given in the address.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: &'a str,
    /// The user.
    pub user: &'a str,
}

/// Reads the password from libpq's password file: the first line that matches.
///
/// A missing file is no password. A file that others may access is refused; libpq
/// only warns about it and goes on without, which leaves the operator guessing.
pub fn from_pgpass(
    variable: &dyn Fn(&str) -> Option<String>,
    login: Login<'_>,
) -> Result<Option<Secret>> {
    let Some(path) = pgpass_path(variable) else {
        return Ok(None);
    };
    let unreadable = || Error::new(say::pgpass_unreadable(path.display()));
    // A look before opening: opening a named pipe would wait for its writer.
    let metadata = match std::fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable().source(&error)),
    };
    if !metadata.is_file() {
        return Err(unreadable().cause("not a regular file"));
    }
    let mut file = std::fs::File::open(&path).map_err(|error| unreadable().source(&error))?;
    let metadata = file
        .metadata()
        .map_err(|error| unreadable().source(&error))?;
    refuse_if_open(&path, &metadata)?;
    let mut contents = Zeroizing::new(Vec::with_capacity(
        usize::try_from(metadata.len()).unwrap_or_default() + 1,
    ));
    file.read_to_end(&mut contents)
        .map_err(|error| unreadable().source(&error))?;
    match look_up(&contents, login) {
        None => Ok(None),
        Some(password) => {
            let text = std::str::from_utf8(&password).map_err(|error| unreadable().cause(error))?;
            check(Secret::new(text.to_owned())).map(Some)
        }
    }
}

#[cfg(unix)]
fn refuse_if_open(path: &Path, metadata: &std::fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(
        Error::new(say::pgpass_open(path.display(), format!("{mode:04o}")))
            .hint(say::pgpass_open_hint(path.display())),
    )
}

// libpq checks no permissions on Windows either.
#[cfg(not(unix))]
fn refuse_if_open(_: &Path, _: &std::fs::Metadata) -> Result<()> {
    Ok(())
}

/// Finds the password in the contents of a password file, by libpq's rules.
///
/// One difference: the host is compared without regard to case, because ours has
/// been put in lower case and DNS has no case.
pub fn look_up(contents: &[u8], login: Login<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let port = login.port.to_string();
    let host = login.host.to_ascii_lowercase();
    contents.split(|byte| *byte == b'\n').find_map(|line| {
        let end = line
            .iter()
            .rposition(|byte| *byte != b'\r')
            .map_or(0, |at| at + 1);
        let line = &line[..end];
        if line.first() == Some(&b'#') {
            return None;
        }
        let rest = field(line, host.as_bytes(), |byte| byte.to_ascii_lowercase())?;
        let rest = field(rest, port.as_bytes(), |byte| byte)?;
        let rest = field(rest, login.database.as_bytes(), |byte| byte)?;
        let rest = field(rest, login.user.as_bytes(), |byte| byte)?;
        Some(unescape(rest))
    })
}

/// Matches one field and its colon, and returns what follows.
fn field<'a>(line: &'a [u8], wanted: &[u8], fold: fn(u8) -> u8) -> Option<&'a [u8]> {
    if let Some(rest) = line.strip_prefix(b"*:") {
        return Some(rest);
    }
    let mut wanted = wanted.iter();
    let mut at = 0;
    loop {
        let mut byte = *line.get(at)?;
        if byte == b':' {
            // A colon ends the field; when more was wanted, the field is another one.
            return wanted.as_slice().is_empty().then(|| &line[at + 1..]);
        }
        if byte == b'\\' {
            at += 1;
            byte = *line.get(at)?;
        }
        if fold(byte) != *wanted.next()? {
            return None;
        }
        at += 1;
    }
}

/// Reads the password field: to the next bare colon or the end, without its backslashes.
fn unescape(field: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut password = Zeroizing::new(Vec::with_capacity(field.len()));
    let mut bytes = field.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b':' => break,
            b'\\' => password.push(bytes.next().unwrap_or(b'\\')),
            byte => password.push(byte),
        }
    }
    password
}
