//! What tests of a command share: a world of its own (AWS, a warehouse, a folder), runs in it,
//! and what every run is held to, whatever it is about.

pub mod binary;
pub mod paper;
pub mod parts;
pub mod redact;
pub mod wizard;

use crate::sandbox::{self, Sandbox, Serving};
use crate::warehouse::{self, Options, Temporary, Warehouse};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A password that the warehouse does not know, and that no output may show either.
pub const WRONG_PASSWORD: &str = "Canary-wr0ng-51aa";

/// What no run may print or save.
pub const SECRETS: [&str; 5] = [
    warehouse::PASSWORD,
    WRONG_PASSWORD,
    warehouse::DRIVER_TOKEN,
    sandbox::SECRET_ACCESS_KEY,
    sandbox::SESSION_TOKEN,
];

/// The warehouse's endpoint as its console shows it.
pub const ENDPOINT: &str = "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com:5439/dev";

/// An AWS, a warehouse and a folder that belong to one test.
pub struct World {
    /// AWS.
    pub sandbox: Sandbox,
    /// The warehouse behind the seeded cluster.
    pub warehouse: Warehouse,
    folder: TempDir,
    // In this order: the door closes before its runtime ends.
    door: OnceLock<(Serving, Runtime)>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code.
    pub exit: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl World {
    /// A JMC installation as the manual leaves it.
    pub fn jmc() -> Self {
        Self::of(Sandbox::jmc(), Options::default())
    }

    /// Any other.
    pub fn of(sandbox: Sandbox, mut warehouse: Options) -> Self {
        // What AWS gives out is good for the warehouse.
        let logins = sandbox.clone();
        warehouse.temporary = Temporary::found_by(move |user| logins.login(user));
        let world = Self {
            sandbox,
            warehouse: Warehouse::start(warehouse),
            folder: TempDir::new().expect("a folder"),
            door: OnceLock::new(),
        };
        world.sandbox.lock().canaries = SECRETS.map(str::to_owned).into();
        std::fs::write(world.ca_file(), world.warehouse.ca_pem()).expect("a file");
        world
    }

    /// Returns a path in the folder, which is also the home and the working directory of binaries.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the folder for what holds a secret on purpose, such as `.pgpass`.
    pub fn secret_path(&self, name: &str) -> PathBuf {
        let folder = self.path("secret");
        std::fs::create_dir_all(&folder).expect("a folder");
        folder.join(name)
    }

    /// Returns the certificate authority of the warehouse.
    pub fn ca_file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// Returns the site file.
    pub fn site_file(&self) -> PathBuf {
        self.path("jmc-site.json")
    }

    /// Reads the site file as JSON.
    pub fn saved(&self) -> Value {
        let text = std::fs::read(self.site_file()).expect("the site file");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// Returns where AWS answers over HTTP.
    pub fn url(&self) -> &str {
        let (serving, _) = self.door.get_or_init(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a runtime");
            let serving = runtime.block_on(self.sandbox.serve()).expect("a port");
            (serving, runtime)
        });
        &serving.url
    }

    /// Returns every change that a service carried out, as `service:Operation resource`.
    pub fn changes(&self) -> Vec<String> {
        self.sandbox
            .writes()
            .into_iter()
            .filter(|entry| entry.effect)
            .map(|entry| format!("{} {}", entry.call(), entry.resource))
            .collect()
    }

    /// Asserts that no call that would change something was even tried.
    #[track_caller]
    pub fn assert_untouched(&self) {
        let writes = self.sandbox.writes();
        assert!(writes.is_empty(), "{writes:?}");
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.sandbox.lock().faults.rules.clear();
    }

    /// What every run is held to: no secret in what it printed, sent to AWS or left behind
    /// there or here, and no temporary file of the site file beside it, unless a signal ended the run.
    #[track_caller]
    pub fn hold(&self, ended: &Ended) {
        let temporary: Vec<String> = self.sandbox.state(|s| {
            let logins = s.logins.iter();
            logins.map(|login| login.password.clone()).collect()
        });
        let secretless = |what: &str, text: &str| {
            let temporary = temporary.iter().map(String::as_str);
            for secret in SECRETS.into_iter().chain(temporary) {
                assert!(!text.contains(secret), "{what} shows {secret}: {text}");
            }
        };
        secretless("stdout", &ended.out);
        secretless("stderr", &ended.err);
        for path in files(self.folder.path()) {
            let bytes = std::fs::read(&path).unwrap_or_default();
            secretless(
                &path.display().to_string(),
                &String::from_utf8_lossy(&bytes),
            );
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let part = name.starts_with(".tmp") || name.ends_with(".tmp");
            // What a signal ended in the middle of writing is tidied up by the next `apply`.
            assert!(!part || ended.exit == -1, "{name} is left behind");
        }
        let leaks = self.sandbox.lock().leaks.clone();
        assert!(leaks.is_empty(), "secrets were sent to AWS: {leaks:?}");
        for entry in self.sandbox.journal() {
            secretless("the journal", &entry.json().to_string());
        }
        secretless("AWS", &self.sandbox.snapshot().to_string());
        self.sandbox.state(|state| {
            for ((_, name), bucket) in &state.buckets {
                for (key, object) in &bucket.objects {
                    let body = String::from_utf8_lossy(&object.body);
                    secretless(&format!("{name}/{key}"), &body);
                }
            }
        });
    }
}

/// Returns the files of a folder and below, without those that hold a secret on purpose.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "secret" {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

impl Ended {
    /// Returns the one JSON value of standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(
            self.exit, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }

    /// Asserts that standard error says this.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(
            self.err.contains(text),
            "{text:?} is not in stderr:\n{}",
            self.err
        );
        self
    }

    /// Asserts that standard output says this.
    #[track_caller]
    pub fn results(&self, text: &str) -> &Self {
        assert!(
            self.out.contains(text),
            "{text:?} is not in stdout:\n{}",
            self.out
        );
        self
    }
}
