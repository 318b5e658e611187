//! The connection test against a real PostgreSQL server: the logins and refusals that it shares
//! with Redshift, and a large result through the adapter.

use crate::connection::{block_on, connect_with, left_out};
use crate::postgres::Postgres;
use crate::sandbox::warehouse::{self, Certificates};
use jmc_site::messages::Lang;
use jmc_site::redshift::digest::DigestAuth;
use jmc_site::redshift::{Deadlines, SchemaUse, Target, TlsMode};
use md5::{Digest, Md5};
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::config::SslMode;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The folder with PostgreSQL's programs; `tests/run` sets it.
const PROGRAMS: &str = "JMC_SITE_TEST_POSTGRES";

/// A password with everything that .pgpass escapes.
const PASSWORD: &str = "Canary:pa\\55 word";

/// Who may come from where, and how.
const ACCESS: &str = "\
host    all  postgres  127.0.0.1/32  trust
hostssl all  tlsonly   127.0.0.1/32  scram-sha-256
host    all  scram     127.0.0.1/32  scram-sha-256
host    all  md5       127.0.0.1/32  md5
host    all  clear     127.0.0.1/32  password
host    all  trusted   127.0.0.1/32  trust
host    all  rejected  127.0.0.1/32  reject
host    all  locked    127.0.0.1/32  trust
host    all  limited   127.0.0.1/32  trust
";

fn set_up(port: u16) {
    let sql = format!(
        "set password_encryption = 'md5';
         create role md5 login password '{PASSWORD}';
         set password_encryption = 'scram-sha-256';
         create role scram login password '{PASSWORD}';
         create role clear login password '{PASSWORD}';
         create role tlsonly login password '{PASSWORD}';
         create role trusted login;
         create role rejected login;
         create role locked nologin;
         create role limited login connection limit 0;
         create schema shut;"
    );
    block_on(async {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(port).user("postgres");
        let (client, connection) = config.connect(NoTls).await.expect("a connection");
        let connection = tokio::spawn(connection);
        client
            .batch_execute("create database dev")
            .await
            .expect("dev");
        client
            .batch_execute("create database shut")
            .await
            .expect("shut");
        client
            .batch_execute("revoke connect on database shut from public")
            .await
            .expect("a database that is shut");
        drop(client);
        let _ = connection.await;
        let config = config.dbname("dev");
        let (client, connection) = config.connect(NoTls).await.expect("a connection");
        let connection = tokio::spawn(connection);
        client.batch_execute(&sql).await.expect("users");
        drop(client);
        let _ = connection.await;
    });
}

/// The test is one: making a cluster takes longer than everything that is asked of it.
#[test]
fn a_real_postgresql_lets_in_and_refuses_as_it_should() {
    let Ok(programs) = std::env::var(PROGRAMS) else {
        left_out("a real PostgreSQL", &format!("{PROGRAMS} is not set"));
        return;
    };
    let names = ["*.c9x1abcd.ap-northeast-1.redshift.amazonaws.com".to_owned()];
    let certificates = Certificates::new(&names, false);
    let postgres = Postgres::start(Path::new(&programs), &certificates, ACCESS)
        .unwrap_or_else(|why| panic!("no server: {why}"));
    set_up(postgres.port());
    let mut ca = tempfile::NamedTempFile::new().expect("a file");
    ca.write_all(certificates.ca_pem().as_bytes())
        .expect("a file");
    let mut target = Target::new(warehouse::HOST, "dev", "scram");
    target.dial = Some(("127.0.0.1".to_owned(), postgres.port()));
    target.ca_file = Some(ca.path().to_owned());
    target.deadlines = Deadlines::all(Duration::from_secs(10));

    logins(&target);
    refusals(&target);
    schemas(&target);
    password_file(&target, Path::new(&programs));
    a_large_result(&target, certificates.ca_pem());
    shutting_down(&target, &postgres);
}

fn logins(target: &Target) {
    let rows = [
        ("scram", "SCRAM-SHA-256"),
        ("md5", "MD5"),
        ("clear", "cleartext in TLS"),
        ("trusted", "no password"),
    ];
    for (user, method) in rows {
        for tls in [
            TlsMode::VerifyFull,
            TlsMode::VerifyCa,
            TlsMode::Require,
            TlsMode::Disable,
        ] {
            let target = Target {
                user: user.to_owned(),
                tls,
                ..target.clone()
            };
            let result = connect_with(&target, PASSWORD);
            if (user, tls) == ("clear", TlsMode::Disable) {
                let failure = result.expect_err("a failure");
                assert_eq!(failure.error.code(), "JMC-CONN-CLEARTEXT");
                continue;
            }
            let connected = result.unwrap_or_else(|failure| panic!("{user} {tls:?} {failure:?}"));
            assert_eq!(connected.method.to_string(), method);
            assert_eq!(connected.user, user);
            assert_eq!(connected.database, "dev");
            assert!(!connected.redshift);
            assert!(connected.version.starts_with("PostgreSQL "));
            assert_eq!(connected.certificate.is_some(), tls != TlsMode::Disable);
        }
    }
}

fn refusals(target: &Target) {
    let full = TlsMode::VerifyFull;
    let rows = [
        ("scram", "dev", full, "wrong", "JMC-CONN-PASSWORD"),
        ("scram", "dev", full, "", "JMC-CONN-PASSWORD"),
        ("md5", "dev", full, "wrong", "JMC-CONN-PASSWORD"),
        ("md5", "dev", TlsMode::Disable, "wrong", "JMC-CONN-PASSWORD"),
        ("clear", "dev", full, "wrong", "JMC-CONN-PASSWORD"),
        ("scram", "prod", full, PASSWORD, "JMC-CONN-DATABASE"),
        ("scram", "shut", full, PASSWORD, "JMC-CONN-DATABASE-DENIED"),
        ("limited", "dev", full, PASSWORD, "JMC-CONN-LIMIT"),
        (
            "tlsonly",
            "dev",
            TlsMode::Disable,
            PASSWORD,
            "JMC-CONN-TLS-REQUIRED",
        ),
        ("rejected", "dev", full, PASSWORD, "JMC-CONN-HOST"),
        ("stranger", "dev", full, PASSWORD, "JMC-CONN-HOST"),
        ("locked", "dev", full, PASSWORD, "JMC-CONN-LOGIN"),
    ];
    for (user, database, tls, password, code) in rows {
        let target = Target {
            user: user.to_owned(),
            database: database.to_owned(),
            tls,
            ..target.clone()
        };
        let failure = connect_with(&target, password).expect_err("a failure");
        assert_eq!(failure.error.code(), code, "{user} {database} {failure:?}");
        assert!(!failure.error.causes().is_empty(), "{failure:?}");
        assert!(!failure.error.hints().is_empty(), "{failure:?}");
    }
    let tlsonly = Target {
        user: "tlsonly".to_owned(),
        ..target.clone()
    };
    connect_with(&tlsonly, PASSWORD).expect("a connection");
}

fn schemas(target: &Target) {
    for (schema, expected) in [
        ("public", SchemaUse::Usable),
        ("shut", SchemaUse::NoUsage),
        ("nowhere", SchemaUse::Missing),
        ("it's\\one", SchemaUse::Missing),
    ] {
        let target = Target {
            schema: Some(schema.to_owned()),
            ..target.clone()
        };
        let connected = connect_with(&target, PASSWORD).expect("a connection");
        assert_eq!(connected.schema, Some(expected), "{schema}");
    }
}

/// Our reading of .pgpass against libpq's own: psql gets in exactly when we find the password.
fn password_file(target: &Target, programs: &Path) {
    use jmc_site::redshift::password::{Login, look_up};
    let psql = programs.join("psql");
    if !psql.exists() {
        left_out("libpq's own reading of .pgpass", "there is no psql");
        return;
    }
    let (_, port) = target.dial.clone().expect("a port");
    let escaped = PASSWORD.replace('\\', "\\\\").replace(':', "\\:");
    let folder = tempfile::tempdir().expect("a folder");
    let lines = [
        format!("127.0.0.1:{port}:dev:scram:{escaped}"),
        format!("127.0.0.1:{port}:dev:scram:{escaped}\r"),
        format!("*:*:*:*:{escaped}"),
        format!("*:*:*:*:{escaped}:more"),
        format!("*:*:*:*:{PASSWORD}"),
        format!("*:*:*:*:wrong\n*:*:*:*:{escaped}"),
        format!("*:*:*:other:wrong\n\n*:*:*:*:{escaped}"),
        format!("#*:*:*:*:wrong\n*:*:*:*:{escaped}"),
        format!(" #*:*:*:*:wrong\n*:*:*:*:{escaped}"),
        format!("*:*:*v:*:{escaped}"),
        format!("*:*:\\*:*:{escaped}"),
        format!("*:*:de:*:{escaped}"),
        format!("*:*:devs:*:{escaped}"),
        format!("*:*:d\\ev:s\\cram:{escaped}"),
        format!("*:*:dev:scram\\:{escaped}"),
        format!("*:*:DEV:*:{escaped}"),
        format!("*:1:*:*:{escaped}"),
        "*:*:*:*".to_owned(),
        String::new(),
    ];
    for line in lines {
        let path = folder.path().join("pgpass");
        std::fs::write(&path, &line).expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&path, mode).expect("a mode");
        }
        let login = Login {
            host: "127.0.0.1",
            port,
            database: "dev",
            user: "scram",
        };
        let ours = look_up(line.as_bytes(), login);
        let theirs = std::process::Command::new(&psql)
            .args(["-X", "-w", "-h", "127.0.0.1", "-p", &port.to_string()])
            .args(["-U", "scram", "-d", "dev", "-c", "select 1"])
            .env("PGPASSFILE", &path)
            .output()
            .expect("psql");
        let ours = ours.is_some_and(|password| &password[..] == PASSWORD.as_bytes());
        assert_eq!(ours, theirs.status.success(), "{line:?}: {theirs:?}");
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Wire for S {}

async fn encrypt(mut stream: TcpStream, ca_pem: &str) -> Box<dyn Wire> {
    let ssl_request = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    stream.write_all(&ssl_request).await.expect("a request");
    assert_eq!(stream.read_u8().await.expect("an answer"), b'S');
    let mut roots = rustls::RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes()).expect("a CA");
    roots.add(ca).expect("a CA");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(warehouse::HOST).expect("a name");
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    Box::new(connector.connect(name, stream).await.expect("TLS"))
}

fn a_large_result(target: &Target, ca_pem: &str) {
    const ROWS: usize = 100_000;
    const SQL: &str = "select i, repeat(md5(i::text), 3), nullif(i % 7, 0), repeat('表', i % 50)
                       from generate_series(1, 100000) as i";
    let (_, port) = target.dial.clone().expect("a port");
    for tls in [true, false] {
        block_on(async {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("TCP");
            let stream: Box<dyn Wire> = if tls {
                encrypt(stream, ca_pem).await
            } else {
                Box::new(stream)
            };
            let (client, connection) = tokio_postgres::Config::new()
                .user("scram")
                .password(PASSWORD)
                .dbname("dev")
                .ssl_mode(SslMode::Disable)
                .connect_raw(DigestAuth::new(stream, tls), NoTls)
                .await
                .expect("a login");
            let connection = tokio::spawn(connection);
            let messages = client.simple_query(SQL).await.expect("rows");
            let mut count = 0;
            for message in &messages {
                let SimpleQueryMessage::Row(row) = message else {
                    continue;
                };
                count += 1;
                let number = count.to_string();
                let hex: String = Md5::digest(number.as_bytes())
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                let seventh = (count % 7 != 0).then(|| (count % 7).to_string());
                assert_eq!(row.get(0), Some(number.as_str()));
                assert_eq!(row.get(1), Some(hex.repeat(3).as_str()));
                assert_eq!(row.get(2), seventh.as_deref());
                assert_eq!(row.get(3), Some("表".repeat(count % 50).as_str()));
            }
            assert_eq!(count, ROWS);
            drop(client);
            let _ = connection.await;
        });
    }
}

/// Last, because there is no way back: a session keeps the server from ending at once.
fn shutting_down(target: &Target, postgres: &Postgres) {
    block_on(async {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(postgres.port());
        config.user("postgres");
        let (client, connection) = config.connect(NoTls).await.expect("a connection");
        let connection = tokio::spawn(connection);
        postgres.stop_when_idle();
        let target = target.clone();
        let attempt = move || connect_with(&target, PASSWORD);
        for _ in 0..50 {
            let attempt = tokio::task::spawn_blocking(attempt.clone());
            match attempt.await.expect("an attempt") {
                // The signal may not have arrived yet.
                Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(failure) => {
                    assert_eq!(failure.error.code(), "JMC-CONN-STARTING", "{failure:?}");
                    let causes = failure.error.causes().join("\n");
                    assert!(causes.contains("shutting down"), "{causes}");
                    assert!(failure.error.hints()[0].get(Lang::Ja).contains("利用可能"));
                    drop(client);
                    let _ = connection.await;
                    return;
                }
            }
        }
        panic!("the server did not shut down");
    });
}
