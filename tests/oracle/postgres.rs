//! Owns a real PostgreSQL server for a test: its own cluster in a temporary folder, on a free
//! loopback port, never as root. It is stopped when it is dropped.

use crate::sandbox::warehouse::Certificates;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The user and group that runs the server where the tests run as root, which PostgreSQL
/// refuses. On every Linux it is nobody.
const NOBODY: u32 = 65534;

/// A running server.
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    server: Child,
    as_nobody: bool,
}

impl Postgres {
    /// Makes a cluster with a certificate and access rules, and starts it.
    ///
    /// Fails with the reason where this machine cannot do it.
    pub fn start(
        programs: &Path,
        certificates: &Certificates,
        access: &str,
    ) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let as_nobody = is_root();
        give(folder.path(), as_nobody);
        let data = folder.path().join("data");
        let made = command(programs, "initdb", as_nobody)
            .arg("-D")
            .arg(&data)
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8"])
            .args(["--locale=C", "--no-sync", "--no-instructions"])
            .output()
            .map_err(|error| format!("initdb: {error}"))?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned());
        }
        let (certificate, key) = certificates.pem();
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        let settings = format!(
            "listen_addresses = '127.0.0.1'\n\
             port = {port}\n\
             unix_socket_directories = ''\n\
             ssl = on\n\
             fsync = off\n\
             max_connections = 20\n"
        );
        for (name, text) in [
            ("server.crt", certificate),
            ("server.key", key),
            ("pg_hba.conf", access),
            ("postgresql.auto.conf", &settings),
        ] {
            write_private(&data.join(name), text, as_nobody);
        }
        let server = command(programs, "postgres", as_nobody)
            .arg("-D")
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("postgres: {error}"))?;
        let mut postgres = Self {
            programs: programs.to_owned(),
            folder,
            port,
            server,
            as_nobody,
        };
        postgres.wait().map(|()| postgres)
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Asks the server to shut down once its last session has ended.
    pub fn stop_when_idle(&self) {
        self.stop("smart");
    }

    fn stop(&self, mode: &str) {
        let _ = command(&self.programs, "pg_ctl", self.as_nobody)
            .args(["stop", "--no-wait", "--silent", "-m", mode, "-D"])
            .arg(self.folder.path().join("data"))
            .stderr(Stdio::null())
            .status();
    }

    fn wait(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            if let Ok(Some(status)) = self.server.try_wait() {
                return Err(format!("postgres ended with {status}"));
            }
            let ready = command(&self.programs, "pg_ctl", self.as_nobody)
                .args(["status", "-D"])
                .arg(self.folder.path().join("data"))
                .output();
            let listens = std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            if listens && ready.is_ok_and(|output| output.status.success()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("postgres did not start within 30 s".to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop("immediate");
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if !matches!(self.server.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Builds a command of PostgreSQL's, run by nobody where we are root.
fn command(programs: &Path, name: impl AsRef<OsStr>, as_nobody: bool) -> Command {
    let program = programs.join(name.as_ref());
    let mut command = if as_nobody {
        let mut command = Command::new("setpriv");
        let id = NOBODY.to_string();
        command
            .args(["--reuid", &id, "--regid", &id, "--clear-groups", "--"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    // Nobody may not be allowed to look into the folder that the tests run in.
    command.current_dir("/");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let metadata = file.as_file().metadata().expect("metadata");
    metadata.uid() == 0
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn give(path: &Path, to_nobody: bool) {
    #[cfg(unix)]
    if to_nobody {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("a new owner");
    }
    #[cfg(not(unix))]
    let _ = (path, to_nobody);
}

/// Writes a file as PostgreSQL wants its key: for its owner only.
fn write_private(path: &Path, text: &str, to_nobody: bool) {
    std::fs::write(path, text).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, mode).expect("a mode");
    }
    give(path, to_nobody);
}
