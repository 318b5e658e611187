//! Owns a stand-in for a Redshift warehouse on a loopback port: its own CA, TLS, logins,
//! a few answers, and faults on demand. It is no database, and refuses what it does not know.

#![allow(dead_code, reason = "the sandbox needs less of it than the tests do")]

mod certificate;
mod session;
mod wire;

pub use certificate::Certificates;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The host name of the seeded cluster.
pub const HOST: &str = "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com";

/// The user that the stand-in knows unless told otherwise.
pub const USER: &str = "jmc";

/// That user's password, which no output may ever show.
pub const PASSWORD: &str = "Canary-pa55word-3f9c";

/// A secret that Redshift sends to every client in a ParameterStatus.
pub const DRIVER_TOKEN: &str = "canary-driver-token-7d1f";

/// The release that the stand-in claims to be.
pub const RELEASE: &str = "1.0.98765";

/// How the stand-in answers the request for TLS.
#[derive(Clone, Debug)]
pub enum Tls {
    /// `S`, and a handshake.
    Offer,
    /// `N`.
    Refuse,
    /// An error message of protocol 3.
    Error { sqlstate: String, text: String },
    /// An error message of protocol 2, as a server sends that cannot start a session.
    OldError { text: String },
}

/// How the stand-in lets users in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// Code 0 at once.
    Trust,
    /// Code 3.
    Cleartext,
    /// Code 5.
    Md5,
    /// Code 13 with the digest algorithm; only 0 can be answered.
    Sha256 { algorithm: i32 },
    /// Code 14: a token of an identity provider.
    Token,
    /// Any other code, without a body.
    Code(i32),
}

/// A point in a session at which something can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Instead of the answer to SSLRequest.
    Greeting,
    /// Instead of the TLS handshake.
    Handshake,
    /// Instead of the first authentication request.
    Startup,
    /// Instead of the verdict on the password.
    Password,
    /// Instead of the parameters after the login.
    Ready,
    /// Instead of the answer to a query.
    Query,
}

/// What goes wrong, on purpose.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Sends at most so many bytes at a time.
    pub chunk: Option<usize>,
    /// Says nothing more from here on, and keeps the connection open.
    pub stall: Option<Stage>,
    /// Closes the connection after so many bytes of the protocol have been sent.
    pub close_after: Option<usize>,
    /// Sends these bytes instead, and closes.
    pub garbage: Option<(Stage, Vec<u8>)>,
}

/// Returns the password of a user.
type Find = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Finds the password of a user who is not known yet.
#[derive(Clone, Default)]
pub struct Temporary(Option<Arc<Find>>);

impl Temporary {
    /// Looks users up with this.
    pub fn found_by(find: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(find)))
    }

    fn password(&self, user: &str) -> Option<String> {
        self.0.as_ref().and_then(|find| find(user))
    }
}

impl std::fmt::Debug for Temporary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Temporary")
    }
}

/// What the stand-in is.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port to listen on; 0 for any.
    pub port: u16,
    /// The names and addresses in the certificate; the first is its subject.
    pub names: Vec<String>,
    /// Whether the certificate's validity is over.
    pub expired: bool,
    /// How it answers the request for TLS.
    pub tls: Tls,
    /// Whether it lets nobody in without TLS.
    pub require_ssl: bool,
    /// How it lets users in.
    pub login: Login,
    /// Users and their passwords.
    pub users: Vec<(String, String)>,
    /// Further users, looked up as they come: the temporary ones that AWS gives out.
    pub temporary: Temporary,
    /// The IAM roles that users may use for COPY; without any, the database does not say.
    pub copy_roles: Option<Vec<String>>,
    /// Databases.
    pub databases: Vec<String>,
    /// Schemas, and whether a user may use them.
    pub schemas: Vec<(String, bool)>,
    /// The number of sessions that it allows, and the SQLSTATE of its refusal.
    pub limit: Option<(usize, String)>,
    /// Whether it is Redshift or only PostgreSQL.
    pub redshift: bool,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            names: vec!["*.c9x1abcd.ap-northeast-1.redshift.amazonaws.com".to_owned()],
            expired: false,
            tls: Tls::Offer,
            require_ssl: false,
            login: Login::Sha256 { algorithm: 0 },
            users: vec![(USER.to_owned(), PASSWORD.to_owned())],
            temporary: Temporary::default(),
            copy_roles: None,
            databases: vec!["dev".to_owned()],
            schemas: vec![("public".to_owned(), true), ("secret".to_owned(), false)],
            limit: None,
            redshift: true,
            faults: Faults::default(),
        }
    }
}

/// An attempt to log in, for the tests to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who.
    pub user: String,
    /// Into which database.
    pub database: String,
    /// Whether TLS was on.
    pub encrypted: bool,
    /// The parameters of the start-up message, in order.
    pub parameters: Vec<(String, String)>,
    /// Whether a password came, and was right.
    pub password: Option<bool>,
}

/// What the sessions share.
#[derive(Debug, Default)]
struct Journal {
    connections: AtomicUsize,
    sessions: AtomicUsize,
    attempts: Mutex<Vec<Attempt>>,
    queries: Mutex<Vec<String>>,
}

/// A running stand-in. It ends when it is dropped.
#[derive(Debug)]
pub struct Warehouse {
    address: SocketAddr,
    certificates: Certificates,
    journal: Arc<Journal>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Warehouse {
    /// Starts a stand-in on a thread and a runtime of its own.
    pub fn start(options: Options) -> Self {
        let certificates = Certificates::new(&options.names, options.expired);
        let tls = certificates.acceptor();
        let journal = Arc::new(Journal::default());
        let (stop, stopped) = oneshot::channel();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .expect("a loopback port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("a listener");
        let (shared, options) = (journal.clone(), Arc::new(options));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                let accept = async {
                    loop {
                        let Ok((stream, _)) = listener.accept().await else {
                            continue;
                        };
                        shared.connections.fetch_add(1, Ordering::Relaxed);
                        let (options, tls, journal) =
                            (options.clone(), tls.clone(), shared.clone());
                        tokio::spawn(async move {
                            let _ = session::serve(stream, tls, &options, &journal).await;
                        });
                    }
                };
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            certificates,
            journal,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the certificate of the CA that issued its certificate, as PEM.
    pub fn ca_pem(&self) -> &str {
        self.certificates.ca_pem()
    }

    /// Returns how many connections have been accepted.
    pub fn connections(&self) -> usize {
        self.journal.connections.load(Ordering::Relaxed)
    }

    /// Returns who has tried to log in.
    pub fn attempts(&self) -> Vec<Attempt> {
        let attempts = self.journal.attempts.lock();
        attempts.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns every message that a session received after its login: simple queries as
    /// their text, anything else as its type.
    pub fn queries(&self) -> Vec<String> {
        let queries = self.journal.queries.lock();
        queries.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Warehouse {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
