//! Runs of the real binary, over HTTP, with nothing of this process's environment.

use super::{ENDPOINT, Ended, World};
use crate::sandbox::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, SESSION_TOKEN};
use crate::warehouse::{PASSWORD, USER};
use std::io::Write;
use std::process::{Child, Command, Stdio};

/// A run that is being prepared.
pub struct Program<'w> {
    world: &'w World,
    /// The command, to be altered.
    pub command: Command,
    stdin: Vec<u8>,
}

/// The answers of the site `sales` as flags, but for the password and `--yes`.
pub const SALES: [&str; 22] = [
    "--name",
    "sales",
    "--host",
    ENDPOINT,
    "--user",
    USER,
    "--notifications",
    "site",
    "--notify-on",
    "failure",
    "--source-code",
    "omit",
    "--subscribe",
    "failure=email:ops@example.com",
    "--data-bucket",
    "sales-jmc-data",
    "--data-folder=import",
    "--data-folder=export",
    "--sql-bucket",
    "sales-jmc-sql",
    "--program-bucket",
    "sales-jmc-program",
];

impl World {
    /// Prepares the binary with the environment that reaches this world, in English.
    pub fn program<A: AsRef<str>>(&self, arguments: impl IntoIterator<Item = A>) -> Program<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jmc-site"));
        command
            .args(
                arguments
                    .into_iter()
                    .map(|argument| argument.as_ref().to_owned()),
            )
            .current_dir(self.path(""))
            .env_clear()
            .env("LANG", "C")
            .env("HOME", self.path(""))
            .env("AWS_ENDPOINT_URL", self.url())
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
            .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env(
                "JMC_SITE_REDSHIFT_DIAL",
                format!("127.0.0.1:{}", self.warehouse.port()),
            );
        Program {
            world: self,
            command,
            stdin: Vec::new(),
        }
    }

    /// Prepares `init` with all answers of the site `sales` and the password in the environment.
    pub fn init(&self, more: &[&str]) -> Program<'_> {
        let ca_file = self.ca_file().display().to_string();
        let arguments = ["init", "--no-input", "--ca-file", &ca_file]
            .into_iter()
            .chain(SALES)
            .chain(more.iter().copied());
        self.program(arguments)
            .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
    }

    /// Sets the site `sales` up and forgets the requests.
    #[track_caller]
    pub fn set_up(&self) -> Ended {
        let ended = self.init(&["--yes"]).end();
        ended.exits(0);
        self.sandbox.clear_journal();
        ended
    }
}

impl<'w> Program<'w> {
    /// Sets a variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes a variable.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Lets the program speak Japanese.
    pub fn ja(self) -> Self {
        self.env("LANG", "ja_JP.UTF-8")
    }

    /// Runs the program by a script of the shell, which starts it as `"$0" "$@"`.
    pub fn through(mut self, script: &str) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", script])
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            );
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                shell.env(name, value);
            }
        }
        if let Some(folder) = self.command.get_current_dir() {
            shell.current_dir(folder);
        }
        self.command = shell;
        self
    }

    /// Gives the program something to read.
    pub fn stdin(mut self, text: &str) -> Self {
        text.as_bytes().clone_into(&mut self.stdin);
        self
    }

    /// Runs to the end.
    #[track_caller]
    pub fn end(self) -> Ended {
        self.start().end()
    }

    /// Starts and goes on.
    #[track_caller]
    pub fn start(mut self) -> Running<'w> {
        #[cfg(unix)]
        hear_hangup();
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        let mut stdin = child.stdin.take().expect("a pipe");
        // The program need not read it.
        let _ = stdin.write_all(&self.stdin);
        let world = self.world;
        Running { world, child }
    }
}

/// Lets programs hear of a hangup although the tests themselves run under `nohup` or in a CI system
/// that ignores it: a signal that is ignored stays so in a new program, one with a handler does not.
#[cfg(unix)]
pub fn hear_hangup() {
    use tokio::signal::unix::{SignalKind, signal};
    static HEARS: std::sync::Once = std::sync::Once::new();
    HEARS.call_once(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().expect("a runtime");
        let _inside = runtime.enter();
        // The handler stays for good once it is there.
        drop(signal(SignalKind::hangup()).expect("a handler"));
    });
}

/// A run that is under way.
pub struct Running<'w> {
    world: &'w World,
    /// The process.
    pub child: Child,
}

#[cfg(unix)]
impl Running<'_> {
    /// Sends the program a signal.
    #[track_caller]
    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).expect("an id");
        let id = rustix::process::Pid::from_raw(id).expect("an id");
        rustix::process::kill_process(id, signal).expect("a signal");
    }
}

impl Running<'_> {
    /// Waits for the end.
    #[track_caller]
    pub fn end(self) -> Ended {
        let output = self.child.wait_with_output().expect("an end");
        let ended = Ended {
            exit: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        };
        self.world.hold(&ended);
        ended
    }
}
