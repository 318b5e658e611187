//! A small strict AWS on the inside of a test: one implementation behind two doors, in process
//! (behind the SDK's `HttpClient`) and HTTP on loopback. It owns what AWS would remember and
//! refuse; it never reads a profile, the environment or the metadata service, and never reaches
//! beyond loopback.
//!
//! ```text
//! door_sdk  (SdkConfig) ─┐
//!                        ├─> gate: journal, latency, faults ─> dispatch ─> one module a service
//! door_http (loopback) ──┘
//! ```
#![allow(
    dead_code,
    unused_imports,
    reason = "the tests and the example are two crates, and each uses a part of it"
)]

pub mod call;
pub mod consistency;
pub mod dispatch;
pub mod door_http;
pub mod door_sdk;
pub mod enforce;
pub mod faults;
pub mod gate;
pub mod iam;
pub mod journal;
pub mod parameters;
pub mod policy;
pub mod query;
pub mod redshift;
pub mod refusal;
pub mod s3;
pub mod secrets;
pub mod seed;
pub mod serverless;
pub mod snapshot;
pub mod sns;
pub mod state;
pub mod sts;
pub mod warehouse;
pub mod wire;
pub mod xml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_types::SdkConfig;

pub use call::Service;
pub use door_http::Serving;
pub use faults::{Fault, Rule};
pub use journal::Entry;
pub use state::State;

/// The access key id of the seeded principal, of the AWS documentation's example form.
pub const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// The secret key that belongs to [`ACCESS_KEY_ID`]; signatures are not verified.
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// The token of a temporary session; it is sent as `x-amz-security-token` and nowhere else.
pub const SESSION_TOKEN: &str = "FwoGZXIvYXdzEXAMPLE/canary+token//////////wEaDA==";
/// The account that the seeded principal belongs to.
pub const ACCOUNT: &str = "123456789012";
/// The other seeded account, for everything that is somebody else's.
pub const OTHER_ACCOUNT: &str = "210987654321";
/// The region of the seeded installation.
pub const REGION: &str = "ap-northeast-1";

/// Returns the variables with which a program reaches a sandbox that serves, and nothing else.
pub fn surroundings(url: &str, warehouse: u16) -> [(&'static str, String); 10] {
    [
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        // The first AWS CLI knows only this one.
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        // The user's own profile stays out of it.
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("JMC_SITE_REDSHIFT_DIAL", format!("127.0.0.1:{warehouse}")),
        ("JMC_REDSHIFT_PASSWORD", warehouse::PASSWORD.to_owned()),
    ]
}

/// One AWS of its own; clones share it.
#[derive(Clone, Debug)]
pub struct Sandbox {
    inner: Arc<Mutex<Inner>>,
}

/// Everything behind the mutex: what AWS remembers, and how it misbehaves.
#[derive(Debug, Default)]
pub struct Inner {
    pub state: State,
    pub journal: Vec<Entry>,
    /// How many requests have arrived, forgotten ones included.
    pub arrivals: u64,
    pub faults: faults::Faults,
    /// What no request may carry, but where a signature needs it.
    pub canaries: Vec<String>,
    /// Where requests carried it all the same.
    pub leaks: Vec<String>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// Creates an AWS with the principal `user/ops` in account 123456789012 and nothing else.
    pub fn new() -> Self {
        Self::of(seed::empty())
    }

    /// Creates an AWS that holds a JMC installation as the manual describes it.
    pub fn jmc() -> Self {
        Self::of(seed::jmc())
    }

    fn of(state: State) -> Self {
        let inner = Inner {
            state,
            ..Inner::default()
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Returns a configuration whose clients answer from this sandbox, in process, with the
    /// SDK's real retry behaviour.
    pub fn sdk_config(&self, region: &str) -> SdkConfig {
        door_sdk::sdk_config(self, region, ACCESS_KEY_ID)
    }

    /// Returns the same for another access key id (twelve digits are the account itself).
    pub fn sdk_config_as(&self, region: &str, access_key_id: &str) -> SdkConfig {
        door_sdk::sdk_config(self, region, access_key_id)
    }

    /// Opens the HTTP door on a free loopback port, closed when the result is dropped.
    pub async fn serve(&self) -> std::io::Result<Serving> {
        door_http::serve(self.clone()).await
    }

    /// Returns every request so far, in the order of arrival.
    pub fn journal(&self) -> Vec<Entry> {
        self.lock().journal.clone()
    }

    /// Returns the requests that would change something, refused ones included.
    pub fn writes(&self) -> Vec<Entry> {
        self.journal().into_iter().filter(|e| e.write).collect()
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        self.lock().journal.clear();
    }

    /// Returns all that AWS remembers, comparable between runs; also at `/_sandbox/state`.
    pub fn snapshot(&self) -> serde_json::Value {
        snapshot::of(&self.lock().state)
    }

    /// Reads or alters what AWS remembers. The sandbox waits meanwhile: what is called inside
    /// must not ask the sandbox itself.
    pub fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.lock().state)
    }

    /// Adds a rule by which calls go wrong.
    pub fn fault(&self, rule: Rule) {
        self.lock().faults.rules.push(rule);
    }

    /// Lets every call of a service take this long.
    pub fn latency(&self, service: Service, latency: Duration) {
        self.lock().faults.latency.insert(service, latency);
    }

    /// Lets every call of every service take this long.
    pub fn latency_everywhere(&self, latency: Duration) {
        for service in Service::ALL {
            self.latency(service, latency);
        }
    }

    /// Grants the callers of the sandbox's account only what this identity policy allows.
    pub fn enforce(&self, policy: &str) {
        self.lock().state.identity_policy =
            Some(serde_json::from_str(policy).expect("the enforced policy is JSON"));
    }

    /// Returns the token that the confirmation message to an endpoint would carry.
    pub fn confirmation_token(&self, topic: &str, endpoint: &str) -> Option<String> {
        self.state(|s| {
            s.subscription(topic, endpoint)
                .map(|found| found.token.clone())
        })
    }

    /// Keeps a text in Secrets Manager.
    pub fn keep_secret(&self, arn: &str, text: &str) {
        let kept = state::Kept::Text(text.to_owned());
        self.state(|s| s.secrets.insert(arn.to_owned(), kept));
    }

    /// Returns the password of a temporary database login that has not ended.
    pub fn login(&self, user: &str) -> Option<String> {
        let now = time::OffsetDateTime::now_utc();
        self.state(|s| {
            let mut all = s.logins.iter().rev();
            let found = all.find(|login| login.user == user && login.expires > now);
            found.map(|login| login.password.clone())
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked while looking has not left the state half written.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
