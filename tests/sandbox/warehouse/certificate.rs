//! Owns the stand-in's CA and certificate, made anew for each instance and kept in memory.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A CA and a server certificate.
#[derive(Debug)]
pub struct Certificates {
    ca_pem: String,
    pem: String,
    key_pem: String,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Certificates {
    /// Makes a CA and a certificate for the names; the first becomes the subject.
    pub fn new(names: &[String], expired: bool) -> Self {
        let ca_key = KeyPair::generate().expect("a key");
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        ca.distinguished_name = subject("Sandbox CA, not Amazon");
        let ca = CertifiedIssuer::self_signed(ca, ca_key).expect("a CA");

        let key = KeyPair::generate().expect("a key");
        let mut server = CertificateParams::new(names).expect("names");
        server.distinguished_name = subject(names.first().map_or("nobody", String::as_str));
        server.use_authority_key_identifier_extension = true;
        if expired {
            server.not_before = rcgen::date_time_ymd(2019, 1, 1);
            server.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let certificate = server.signed_by(&key, &ca).expect("a certificate");
        Self {
            ca_pem: ca.pem(),
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        }
    }

    /// Returns the CA's certificate as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Returns the server's certificate and key as PEM, for another server to use.
    pub fn pem(&self) -> (&str, &str) {
        (&self.pem, &self.key_pem)
    }

    /// Returns the server's side of TLS.
    pub fn acceptor(&self) -> TlsAcceptor {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![self.certificate.clone()],
                PrivateKeyDer::Pkcs8(self.key.clone_key()),
            )
            .expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }
}

fn subject(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}
