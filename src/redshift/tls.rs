//! Owns asking the warehouse for TLS, and whether its certificate is believed.
//! It knows nothing of logins and never falls back to plaintext.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// How much of TLS is insisted on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Check the certificate's issuer and name.
    #[default]
    VerifyFull,
    /// Check the certificate's issuer, not its name.
    VerifyCa,
    /// Encrypt, and believe any certificate.
    Require,
    /// No TLS; for loopback addresses only.
    Disable,
}

/// What a certificate says about its owner. It is the peer's word: shown, never trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The common name, or the first name, or the whole subject.
    pub subject: String,
    /// The host names and addresses it is for.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// The end of its validity (RFC 3339).
    pub not_after: String,
    #[serde(skip)]
    self_issued: bool,
}

impl Certificate {
    /// Reads a certificate, as far as it can be read.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names: Vec<String> = certificate
            .subject_alternative_name()
            .ok()
            .flatten()
            .map(|extension| extension.value.general_names.iter())
            .into_iter()
            .flatten()
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(printable(name)),
                GeneralName::IPAddress(bytes) => address(bytes),
                _ => None,
            })
            .collect();
        let common_name = certificate
            .subject()
            .iter_common_name()
            .next()
            .and_then(|name| name.as_str().ok())
            .map(printable);
        let subject = common_name
            .or_else(|| names.first().cloned())
            .unwrap_or_else(|| printable(&certificate.subject().to_string()));
        let not_after = certificate.validity().not_after.to_datetime();
        Some(Self {
            subject,
            names,
            issuer: printable(&certificate.issuer().to_string()),
            not_after: not_after
                .format(&time::format_description::well_known::Rfc3339)
                .unwrap_or_default(),
            self_issued: certificate.issuer() == certificate.subject(),
        })
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(v4).to_string());
    }
    let v6 = <[u8; 16]>::try_from(bytes).ok()?;
    Some(std::net::Ipv6Addr::from(v6).to_string())
}

/// Makes the peer's words safe for a terminal: no control characters, a bounded length.
pub(super) fn printable(text: &str) -> String {
    const KEPT: usize = 400;
    text.chars()
        .take(KEPT)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Why there is no TLS.
#[derive(Debug)]
pub(super) enum TlsFailure {
    /// The server answered `N`.
    Refused,
    /// The server answered with an error of its own.
    Server { sqlstate: String, message: String },
    /// The server answered with something that PostgreSQL would not say.
    NotPostgres,
    /// The name cannot stand in a certificate.
    ServerName,
    /// The file of CA certificates cannot be used.
    CaFile(String),
    /// The certificate is not believed.
    Certificate(Box<(CertificateError, Option<Certificate>)>),
    /// Anything else, also the end of the connection.
    Io(io::Error),
}

impl From<io::Error> for TlsFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads the roots that are believed: Mozilla's, which hold Amazon's, and the file's.
pub(super) fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, TlsFailure> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = ca_file {
        let failure =
            |error: &dyn std::fmt::Display| TlsFailure::CaFile(printable(&error.to_string()));
        let pem = std::fs::read(path).map_err(|error| failure(&error))?;
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| failure(&error))?;
            roots.add(certificate).map_err(|error| failure(&error))?;
            found += 1;
        }
        if found == 0 {
            return Err(TlsFailure::CaFile("no certificate found".to_owned()));
        }
    }
    Ok(roots)
}

/// Asks the server for TLS and shakes hands, all on a fresh connection.
pub(super) async fn negotiate<S>(
    mut stream: S,
    name: &str,
    mode: TlsMode,
    roots: RootCertStore,
) -> Result<(TlsStream<S>, Option<Certificate>), TlsFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = ServerName::try_from(name.to_owned()).map_err(|_| TlsFailure::ServerName)?;
    request(&mut stream).await?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Verifier::new(mode, roots, provider.clone())?);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier.clone())
        .with_no_client_auth();
    match TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
    {
        Ok(stream) => Ok((stream, verifier.certificate())),
        Err(error) => {
            let cause = error
                .get_ref()
                .and_then(|cause| cause.downcast_ref::<rustls::Error>());
            Err(match cause {
                Some(rustls::Error::InvalidCertificate(cause)) => {
                    TlsFailure::Certificate(Box::new((cause.clone(), verifier.certificate())))
                }
                _ => TlsFailure::Io(error),
            })
        }
    }
}

/// Sends SSLRequest and reads the one byte of the answer, or the error instead of it.
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>
async fn request<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Result<(), TlsFailure> {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    stream.write_all(&SSL_REQUEST).await?;
    stream.flush().await?;
    // One byte exactly: whatever follows belongs to TLS, and is not to be believed before it.
    match stream.read_u8().await? {
        b'S' => Ok(()),
        b'N' => Err(TlsFailure::Refused),
        b'E' => {
            const KEPT: u64 = 8 * 1024;
            let mut body = Vec::new();
            let mut rest = stream.take(KEPT);
            let mut bytes = [0; 1024];
            while !is_whole(&body) {
                match rest.read(&mut bytes).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => body.extend_from_slice(&bytes[..count]),
                }
            }
            let (sqlstate, message) = error_fields(&body);
            Err(TlsFailure::Server { sqlstate, message })
        }
        _ => Err(TlsFailure::NotPostgres),
    }
}

/// Tells whether an error without its `E` is there as a whole.
fn is_whole(body: &[u8]) -> bool {
    match message_end(body) {
        Some(end) => body.len() >= end,
        None => body.len() > 4 && body.contains(&0),
    }
}

/// Returns where a protocol 3 error ends; protocol 2 has no length but begins with text.
fn message_end(body: &[u8]) -> Option<usize> {
    let length = body.first_chunk::<4>()?;
    (length[0] == 0).then(|| u32::from_be_bytes(*length) as usize)
}

/// Reads SQLSTATE and text from the body of an error, of protocol 3 or 2.
pub(super) fn error_fields(body: &[u8]) -> (String, String) {
    let text = |bytes: &[u8]| printable(&String::from_utf8_lossy(bytes));
    if message_end(body).is_none() {
        let end = body
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(body.len());
        return (String::new(), text(&body[..end]));
    }
    let (mut sqlstate, mut message) = (String::new(), String::new());
    for field in body.get(4..).unwrap_or_default().split(|byte| *byte == 0) {
        match field.split_first() {
            Some((b'C', rest)) => sqlstate = text(rest),
            Some((b'M', rest)) => message = text(rest),
            _ => {}
        }
    }
    (sqlstate, message)
}

/// Checks as much of a certificate as the mode asks for, and keeps it for the report.
#[derive(Debug)]
struct Verifier {
    mode: TlsMode,
    webpki: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<CertificateDer<'static>>>,
}

impl Verifier {
    fn new(mode: TlsMode, roots: RootCertStore, provider: Arc<CryptoProvider>) -> io::Result<Self> {
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(io::Error::other)?;
        Ok(Self {
            mode,
            webpki,
            seen: Mutex::new(None),
        })
    }

    fn certificate(&self) -> Option<Certificate> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_deref().and_then(Certificate::from_der)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(certificate.clone().into_owned());
        if self.mode == TlsMode::Require {
            return Ok(ServerCertVerified::assertion());
        }
        match self
            .webpki
            .verify_server_cert(certificate, chain, name, ocsp, now)
        {
            // The name is looked at last: the chain has been found good by then.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.mode == TlsMode::VerifyCa => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// What a refusal of a certificate comes down to.
pub(super) enum Doubt {
    /// It is for other names.
    Name,
    /// Nobody who is trusted issued it.
    Issuer,
    /// It is too old or too new.
    Date,
    /// Anything else.
    Other,
}

/// Sorts a refusal of a certificate.
pub(super) fn doubt(error: &CertificateError, certificate: Option<&Certificate>) -> Doubt {
    match error {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Doubt::Name
        }
        CertificateError::UnknownIssuer => Doubt::Issuer,
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Doubt::Date,
        // webpki's words for a self-signed certificate vary with what else it finds in it.
        _ if certificate.is_some_and(|certificate| certificate.self_issued) => Doubt::Issuer,
        _ => Doubt::Other,
    }
}
