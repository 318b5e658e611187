//! Owns the connection test: one connection, phase by phase, each with its own deadline.
//! It tries a password once, sends simple queries only, and prints nothing.

use super::digest::{Asked, DigestAuth, Method};
use super::failure::{self, Failure};
use super::query::question;
use super::target::{Connected, Phase, PhaseDone, Target};
use super::tls::{self, Certificate, TlsMode};
use crate::error::Error;
use crate::secret::Secret;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, NoTls};

/// Connects once, from name resolution to a query, and says what it found.
///
/// `on_phase` hears of each phase as it succeeds.
pub async fn test(
    target: &Target,
    password: &Secret,
    on_phase: &mut (dyn FnMut(&PhaseDone) + Send),
) -> Result<Connected, Failure> {
    let mut run = Run {
        target,
        done: Vec::new(),
        on_phase,
    };
    let addresses = run.phase(Phase::Resolve, resolve(target)).await?;
    let stream = run.phase(Phase::Connect, dial(target, addresses)).await?;
    let (stream, certificate) = if target.tls == TlsMode::Disable {
        (Box::new(stream) as Box<dyn Wire>, None)
    } else {
        run.phase(Phase::Tls, encrypt(target, stream)).await?
    };
    let (client, connection, asked) = run
        .phase(Phase::Login, log_in(target, password, stream))
        .await?;
    let found = run
        .phase(Phase::Query, question(target, client, connection))
        .await?;
    Ok(Connected {
        phases: run.done,
        version: found.version,
        redshift: found.redshift,
        user: found.user,
        database: found.database,
        certificate,
        latency: found.latency,
        method: asked.method().unwrap_or(Method::Trust),
        schema: found.schema,
        role: found.role,
    })
}

/// A test on its way.
struct Run<'a> {
    target: &'a Target,
    done: Vec<PhaseDone>,
    on_phase: &'a mut (dyn FnMut(&PhaseDone) + Send),
}

impl Run<'_> {
    async fn phase<T>(
        &mut self,
        phase: Phase,
        work: impl Future<Output = Result<(String, T), Error>>,
    ) -> Result<T, Failure> {
        let deadline = self.target.deadlines.of(phase);
        let start = Instant::now();
        let result = match tokio::time::timeout(deadline, work).await {
            Ok(result) => result,
            Err(_) => Err(failure::late(self.target, phase, deadline)),
        };
        let took = start.elapsed();
        match result {
            Ok((detail, value)) => {
                let done = PhaseDone {
                    phase,
                    detail,
                    took,
                };
                (self.on_phase)(&done);
                self.done.push(done);
                Ok(value)
            }
            Err(error) => Err(Failure {
                phase,
                took,
                done: std::mem::take(&mut self.done),
                error,
            }),
        }
    }
}

/// Runs something that blocks on a thread of its own.
///
/// Not on the runtime's: the runtime would wait for it when the program ends, and a
/// name server that does not answer would hold the program beyond its deadline.
async fn detached<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, io::Error> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().spawn(move || {
        // Nobody listens any more after the deadline.
        let _ = sender.send(work());
    })?;
    receiver.await.map_err(io::Error::other)
}

async fn resolve(target: &Target) -> Result<(String, Vec<SocketAddr>), Error> {
    let name = (target.dialled_host().to_owned(), target.dialled_port());
    let addresses: Vec<SocketAddr> =
        detached(move || name.to_socket_addrs().map(Iterator::collect::<Vec<_>>))
            .await
            .and_then(|addresses| addresses)
            .map_err(|error| failure::unresolved(target, &error))?;
    if addresses.is_empty() {
        let error = io::Error::other("no address");
        return Err(failure::unresolved(target, &error));
    }
    let all_local = addresses.iter().all(|address| address.ip().is_loopback());
    if target.tls == TlsMode::Disable && !all_local {
        return Err(failure::plaintext(target));
    }
    let mut texts: Vec<String> = Vec::new();
    for address in &addresses {
        let text = address.ip().to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    Ok((texts.join(", "), addresses))
}

/// Connects to the first address that answers. Each gets a head start over the next,
/// so that one dead address does not use up the deadline (RFC 8305, section 5).
async fn dial(target: &Target, addresses: Vec<SocketAddr>) -> Result<(String, TcpStream), Error> {
    const HEAD_START: Duration = Duration::from_millis(250);
    let mut attempts: FuturesUnordered<_> = addresses
        .into_iter()
        .zip(0_u32..)
        .map(|(address, order)| async move {
            tokio::time::sleep(HEAD_START * order).await;
            TcpStream::connect(address).await
        })
        .collect();
    let mut last = io::Error::other("no address");
    while let Some(attempt) = attempts.next().await {
        match attempt {
            Ok(stream) => {
                // Small messages back and forth; a failure to set this costs only time.
                let _ = stream.set_nodelay(true);
                let detail = match &target.dial {
                    None => target.port.to_string(),
                    Some((host, port)) => format!("{host}:{port}"),
                };
                return Ok((detail, stream));
            }
            Err(error) => last = error,
        }
    }
    Err(failure::not_connected(target, &last))
}

/// The stream below the login, with TLS or without.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}

type Encrypted = (Box<dyn Wire>, Option<Certificate>);

async fn encrypt(target: &Target, stream: TcpStream) -> Result<(String, Encrypted), Error> {
    let ca_file = target.ca_file.clone();
    let roots = detached(move || tls::roots(ca_file.as_deref()))
        .await
        .map_err(tls::TlsFailure::Io)
        .and_then(|roots| roots)
        .map_err(|failure| failure::no_tls(target, failure))?;
    let (stream, certificate) = tls::negotiate(stream, target.tls_name(), target.tls, roots)
        .await
        .map_err(|failure| failure::no_tls(target, failure))?;
    let subject = certificate
        .as_ref()
        .map_or_else(|| "-".to_owned(), |certificate| certificate.subject.clone());
    Ok((subject, (Box::new(stream), certificate)))
}

pub(super) type Adapter = DigestAuth<Box<dyn Wire>>;
pub(super) type Connection = tokio_postgres::Connection<Adapter, tokio_postgres::tls::NoTlsStream>;

async fn log_in(
    target: &Target,
    password: &Secret,
    stream: Box<dyn Wire>,
) -> Result<(String, (Client, Connection, Asked)), Error> {
    let adapter = DigestAuth::new(stream, target.tls != TlsMode::Disable);
    let asked = adapter.asked();
    // No further start-up parameter: Redshift ends the session over one it does not know.
    let (client, connection) = tokio_postgres::Config::new()
        .user(&target.user)
        .password(password.expose())
        .dbname(&target.database)
        .application_name("jmc-site")
        .ssl_mode(SslMode::Disable)
        .connect_raw(adapter, NoTls)
        .await
        .map_err(|error| failure::postgres(target, Phase::Login, &error))?;
    let method = asked.method().unwrap_or(Method::Trust);
    let detail = format!("{} ({method})", target.user);
    Ok((detail, (client, connection, asked)))
}
