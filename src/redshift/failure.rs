//! Owns naming what went wrong: which row of the failure table it is, and what to do next.
//! It talks to nobody.

use super::digest::Refusal;
use super::target::{Phase, PhaseDone, Target, millis};
use super::tls::{Certificate, Doubt, TlsFailure, doubt, printable};
use crate::error::Error;
use crate::messages::connection as say;
use serde::Serialize;
use serde::ser::SerializeStruct;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

/// A connection test that did not succeed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The phase that failed.
    pub phase: Phase,
    /// How long that phase took.
    pub took: Duration,
    /// The phases before it, which succeeded.
    pub done: Vec<PhaseDone>,
    /// What happened, why, and what to do next.
    pub error: Error,
}

impl Serialize for Failure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Failure", 4)?;
        object.serialize_field("phase", &self.phase)?;
        object.serialize_field("ms", &millis(self.took))?;
        object.serialize_field("phases", &self.done)?;
        object.serialize_field("error", &self.error.to_json())?;
        object.end()
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for Failure {}

/// Writes a duration as seconds without needless zeros.
fn seconds(duration: Duration) -> String {
    let text = format!("{:.3}", duration.as_secs_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A phase that did not end within its deadline.
pub(super) fn late(target: &Target, phase: Phase, deadline: Duration) -> Error {
    let host = target.host.as_str();
    let after = seconds(deadline);
    match phase {
        Phase::Resolve => {
            Error::new(say::dns_silent(target.dialled_host(), after)).hint(say::dns_silent_hint())
        }
        Phase::Connect => Error::new(say::silent(host, target.dialled_port(), after))
            .hint(say::silent_hint_group(target.port))
            .hint(say::silent_hint_private())
            .hint(say::silent_hint_paused()),
        Phase::Tls | Phase::Login | Phase::Query => {
            let error = Error::new(say::stalled(host, phase.label(), after));
            let error = match phase {
                Phase::Query => error,
                _ => error.hint(say::stalled_hint_port()),
            };
            error.hint(say::stalled_hint_busy())
        }
    }
}

/// A name that did not resolve.
pub(super) fn unresolved(target: &Target, cause: &io::Error) -> Error {
    Error::new(say::dns(target.dialled_host()))
        .source(cause)
        .hint(say::dns_hint_name())
        .hint(say::dns_hint_private())
}

/// A connection that was not accepted.
pub(super) fn not_connected(target: &Target, cause: &io::Error) -> Error {
    let (host, port) = (target.host.as_str(), target.dialled_port());
    if cause.kind() == io::ErrorKind::ConnectionRefused {
        Error::new(say::refused(host, port))
            .source(cause)
            .hint(say::refused_hint_port())
            .hint(say::refused_hint_tunnel())
    } else if cause.kind() == io::ErrorKind::TimedOut {
        late(target, Phase::Connect, target.deadlines.connect).source(cause)
    } else {
        Error::new(say::unreachable(host, port))
            .source(cause)
            .hint(say::unreachable_hint())
    }
}

/// Plaintext to somewhere that is not this machine.
pub(super) fn plaintext(target: &Target) -> Error {
    Error::usage(say::plaintext(target.host.as_str())).hint(say::plaintext_hint())
}

/// A handshake that failed.
pub(super) fn no_tls(target: &Target, failure: TlsFailure) -> Error {
    let host = target.host.as_str();
    match failure {
        TlsFailure::Refused => Error::new(say::tls_refused(host)).hint(say::tls_refused_hint()),
        TlsFailure::Server { sqlstate, message } => {
            server(target, Phase::Tls, &sqlstate, &message, None)
        }
        TlsFailure::NotPostgres => {
            Error::new(say::protocol(host, Phase::Tls.label())).hint(say::protocol_hint())
        }
        TlsFailure::ServerName => {
            Error::usage(say::tls_server_name(target.tls_name())).hint(say::tls_server_name_hint())
        }
        TlsFailure::CaFile(cause) => {
            let path = target.ca_file.as_deref().unwrap_or("".as_ref());
            Error::usage(say::ca_file(path.display()))
                .cause(cause)
                .hint(say::ca_file_hint())
        }
        TlsFailure::Certificate(doubt) => doubtful(target, &doubt.0, doubt.1.as_ref()),
        TlsFailure::Io(cause) if is_end(&cause) => ended(target, Phase::Tls).source(&cause),
        TlsFailure::Io(cause) => Error::new(say::tls_handshake(host))
            .source(&cause)
            .hint(say::tls_handshake_hint()),
    }
}

fn doubtful(
    target: &Target,
    cause: &rustls::CertificateError,
    certificate: Option<&Certificate>,
) -> Error {
    match doubt(cause, certificate) {
        Doubt::Name => {
            let names = certificate.map_or(&[][..], |certificate| &certificate.names);
            // The wildcard's star cannot be given as a name; the cluster's own label can.
            let example = names.first().map_or_else(
                || "NAME".to_owned(),
                |name| name.replacen('*', "<cluster>", 1),
            );
            let names = match names {
                [] => "-".to_owned(),
                names => names.join(", "),
            };
            Error::new(say::tls_name(target.tls_name(), names))
                .hint(say::tls_name_hint(example))
                .hint(say::tls_name_hint_wrong())
        }
        Doubt::Issuer => {
            let issuer = certificate.map_or("-", |certificate| certificate.issuer.as_str());
            Error::new(say::tls_issuer(issuer))
                .cause(cause)
                .hint(say::tls_issuer_hint_proxy())
                .hint(say::tls_issuer_hint_amazon())
        }
        Doubt::Date => {
            Error::new(say::tls_date(printable(&cause.to_string()))).hint(say::tls_date_hint())
        }
        Doubt::Other => Error::new(say::tls_certificate(printable(&cause.to_string())))
            .hint(say::tls_issuer_hint_amazon()),
    }
}

/// Tells whether an error means that the other side has gone.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

/// The other side has gone in mid-test.
pub(super) fn ended(target: &Target, phase: Phase) -> Error {
    Error::new(say::eof(target.host.as_str(), phase.label()))
        .hint(say::eof_hint_busy())
        .hint(say::eof_hint_middle())
}

/// What is not the protocol.
pub(super) fn garbled(target: &Target, phase: Phase) -> Error {
    Error::new(say::protocol(target.host.as_str(), phase.label())).hint(say::protocol_hint())
}

/// An error of tokio-postgres, whose own text hides the cause.
pub(super) fn postgres(target: &Target, phase: Phase, error: &tokio_postgres::Error) -> Error {
    if let Some(error) = error.as_db_error() {
        return server(
            target,
            phase,
            error.code().code(),
            error.message(),
            error.detail(),
        );
    }
    if error.is_closed() {
        return ended(target, phase);
    }
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            let refusal = cause.get_ref().and_then(|cause| cause.downcast_ref());
            if let Some(refusal) = refusal {
                return refused(target, phase, refusal);
            }
            if is_end(cause) {
                return ended(target, phase).source(cause);
            }
        }
        next = cause.source();
    }
    // The one authentication error with a name of its own; see `authenticate_sasl`.
    if error
        .source()
        .is_some_and(|cause| cause.to_string() == "unsupported SASL mechanism")
    {
        return Error::new(say::auth_method(say::auth_sasl())).hint(say::auth_method_hint());
    }
    let mut garbled = garbled(target, phase);
    let mut next: Option<&dyn StdError> = Some(error);
    while let Some(cause) = next {
        garbled = garbled.cause(printable(&cause.to_string()));
        next = cause.source();
    }
    garbled
}

/// What our own adapter would not go on with.
fn refused(target: &Target, phase: Phase, refusal: &Refusal) -> Error {
    let asked = match refusal {
        Refusal::Cleartext => {
            return Error::new(say::cleartext(target.host.as_str())).hint(say::cleartext_hint());
        }
        Refusal::Method(14) => say::auth_token(),
        Refusal::Method(code) => say::auth_code(code),
        Refusal::Algorithm(algorithm) => say::auth_algorithm(algorithm),
        Refusal::TooLong(_) | Refusal::Malformed(_) => {
            return garbled(target, phase).cause(refusal);
        }
    };
    Error::new(say::auth_method(asked)).hint(say::auth_method_hint())
}

/// An error that the server itself reports. One SQLSTATE has several causes: the text
/// tells them apart, as Redshift and PostgreSQL put it in English.
pub(super) fn server(
    target: &Target,
    phase: Phase,
    sqlstate: &str,
    message: &str,
    detail: Option<&str>,
) -> Error {
    let host = target.host.as_str();
    let (user, database) = (target.user.as_str(), target.database.as_str());
    let says = |text: &str| message.contains(text);
    let error = if says("connection limit") || sqlstate == "53300" {
        let error = Error::new(say::limit(host));
        match number(message) {
            Some(limit) => error.hint(say::limit_hint_number(limit)),
            None => error.hint(say::limit_hint()),
        }
    } else if says("no pg_hba.conf entry") && (says("SSL off") || says("no encryption")) {
        Error::new(say::tls_required(host)).hint(say::tls_required_hint())
    } else if says("no pg_hba.conf entry") || says("pg_hba.conf rejects") {
        Error::new(say::host_not_allowed(user, database)).hint(say::host_not_allowed_hint())
    } else if sqlstate == "28P01" || says("password authentication failed") {
        Error::new(say::password(user))
            .hint(say::password_hint_same())
            .hint(say::password_hint_once())
    } else if sqlstate.starts_with("28") {
        Error::new(say::login_refused(user)).hint(say::login_refused_hint())
    } else if sqlstate == "3D000" {
        Error::new(say::database(database)).hint(say::database_hint(database))
    } else if sqlstate == "42501" && phase == Phase::Login {
        Error::new(say::database_denied(user, database))
            .hint(say::database_denied_hint(user, database))
    } else if matches!(sqlstate, "57P01" | "57P02" | "57P03") {
        Error::new(say::starting(host)).hint(say::starting_hint())
    } else {
        let sqlstate = match printable(sqlstate) {
            empty if empty.is_empty() => "-".to_owned(),
            sqlstate => sqlstate,
        };
        if phase == Phase::Query {
            Error::new(say::query_failed(sqlstate)).hint(say::query_failed_hint())
        } else {
            Error::new(say::server_error(host, sqlstate)).hint(say::server_error_hint())
        }
    };
    error
        .cause(printable(message))
        .cause(printable(detail.unwrap_or_default()))
}

/// Finds the limit in `connection limit "500" exceeded`.
fn number(message: &str) -> Option<u64> {
    let (_, rest) = message.split_once("limit")?;
    rest.trim_start_matches(|c: char| !c.is_ascii_digit())
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
