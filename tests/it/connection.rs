//! The connection test against the stand-in warehouse: what succeeds, and how.

use crate::sandbox::warehouse::{self, Faults, Login, Options, Warehouse};
use jmc_site::messages::{Lang, connection as say};
use jmc_site::redshift::{Connected, Deadlines, Failure, Phase, SchemaUse, Target, TlsMode, test};
use jmc_site::secret::Secret;
use std::future::Future;
use std::io::Write;
use std::time::Duration;

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Says that a test had to be left out: a test that is not run must not look like one that passed.
#[expect(clippy::print_stderr, reason = "for whoever runs the tests")]
pub fn left_out(what: &str, why: &str) {
    eprintln!("left out: {what}: {why}");
}

/// A target that dials the stand-in and believes its CA; and the CA's file, which must be kept.
pub fn target(warehouse: &Warehouse) -> (Target, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(warehouse.ca_pem().as_bytes())
        .expect("a file");
    let mut target = Target::new(warehouse::HOST, "dev", warehouse::USER);
    target.dial = Some(("127.0.0.1".to_owned(), warehouse.port()));
    target.ca_file = Some(file.path().to_owned());
    target.deadlines = Deadlines::all(Duration::from_secs(5));
    (target, file)
}

/// Runs the connection test with the right password.
pub fn connect(target: &Target) -> Result<Connected, Failure> {
    connect_with(target, warehouse::PASSWORD)
}

/// Runs the connection test with a password.
pub fn connect_with(target: &Target, password: &str) -> Result<Connected, Failure> {
    block_on(test(target, &Secret::new(password.to_owned()), &mut |_| {}))
}

#[test]
fn sha256_login_inside_tls_succeeds_phase_by_phase() {
    let warehouse = Warehouse::start(Options::default());
    let (target, _file) = target(&warehouse);
    let mut heard = Vec::new();
    let password = Secret::new(warehouse::PASSWORD.to_owned());
    let connected = block_on(test(&target, &password, &mut |done| {
        heard.push((done.phase, done.detail.clone()));
    }))
    .expect("a connection");

    let dialled = format!("127.0.0.1:{}", warehouse.port());
    let expected = [
        (Phase::Resolve, "127.0.0.1"),
        (Phase::Connect, dialled.as_str()),
        (
            Phase::Tls,
            "*.c9x1abcd.ap-northeast-1.redshift.amazonaws.com",
        ),
        (Phase::Login, "jmc (SHA-256)"),
        (Phase::Query, "Redshift 1.0.98765"),
    ]
    .map(|(phase, detail)| (phase, detail.to_owned()));
    assert_eq!(heard, expected);
    assert_eq!(connected.version, "Redshift 1.0.98765");
    assert!(connected.redshift);
    assert_eq!(connected.user, "jmc");
    assert_eq!(connected.database, "dev");
    let certificate = connected.certificate.expect("a certificate");
    assert_eq!(
        certificate.names,
        ["*.c9x1abcd.ap-northeast-1.redshift.amazonaws.com"]
    );
    assert!(certificate.issuer.contains("Sandbox CA"));

    assert_eq!(warehouse.connections(), 1);
    let attempts = warehouse.attempts();
    assert_eq!(attempts.len(), 1);
    assert!(attempts[0].encrypted);
    assert_eq!(attempts[0].password, Some(true));
    let names: Vec<&str> = attempts[0]
        .parameters
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(
        names,
        ["client_encoding", "user", "database", "application_name"]
    );
    assert_eq!(say::connected().get(Lang::Ja), "接続に成功しました。");
}

#[test]
fn only_simple_queries_are_sent_and_the_session_is_ended() {
    let warehouse = Warehouse::start(Options::default());
    let (target, _file) = target(&warehouse);
    connect(&target).expect("a connection");
    let expected = [
        "select 1",
        "select current_user, current_database()",
        "select version()",
        "X",
    ];
    // The last message may still be on its way.
    for _ in 0..100 {
        if warehouse.queries().len() == expected.len() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(warehouse.queries(), expected);
}

#[test]
fn every_login_succeeds_with_and_without_tls_whatever_the_chunks() {
    let logins = [
        (Login::Trust, "no password"),
        (Login::Cleartext, "cleartext in TLS"),
        (Login::Md5, "MD5"),
        (Login::Sha256 { algorithm: 0 }, "SHA-256"),
    ];
    for (login, method) in logins {
        for chunk in [None, Some(1), Some(2), Some(3), Some(7), Some(64)] {
            for tls in [TlsMode::VerifyFull, TlsMode::Disable] {
                if (login, tls) == (Login::Cleartext, TlsMode::Disable) {
                    continue;
                }
                let warehouse = Warehouse::start(Options {
                    login,
                    faults: Faults {
                        chunk,
                        ..Faults::default()
                    },
                    ..Options::default()
                });
                let (mut target, _file) = target(&warehouse);
                target.tls = tls;
                let connected = connect(&target)
                    .unwrap_or_else(|failure| panic!("{login:?} {tls:?} {chunk:?}: {failure:?}"));
                assert_eq!(connected.method.to_string(), method);
                assert_eq!(connected.certificate.is_some(), tls == TlsMode::VerifyFull);
                assert_eq!(
                    warehouse.attempts()[0].encrypted,
                    tls == TlsMode::VerifyFull
                );
            }
        }
    }
}

#[test]
fn a_wrong_password_is_refused_and_tried_once() {
    for login in [Login::Cleartext, Login::Md5, Login::Sha256 { algorithm: 0 }] {
        for password in ["wrong", "", " ", "Canary-pa55word-3f9", "パスワード"] {
            let warehouse = Warehouse::start(Options {
                login,
                ..Options::default()
            });
            let (target, _file) = target(&warehouse);
            let failure = connect_with(&target, password).expect_err("no connection");
            assert_eq!(failure.phase, Phase::Login);
            assert_eq!(failure.error.code(), "JMC-CONN-PASSWORD", "{failure:?}");
            assert_eq!(warehouse.connections(), 1);
            assert_eq!(warehouse.attempts().len(), 1);
            assert_eq!(warehouse.attempts()[0].password, Some(false));
        }
    }
}

#[test]
fn the_json_of_a_success_has_every_phase_in_milliseconds_and_no_secret() {
    let warehouse = Warehouse::start(Options::default());
    let (mut target, _file) = target(&warehouse);
    target.schema = Some("public".to_owned());
    let connected = connect(&target).expect("a connection");
    let json = serde_json::to_value(&connected).expect("JSON");
    let phases: Vec<&str> = json["phases"]
        .as_array()
        .expect("phases")
        .iter()
        .map(|phase| {
            assert!(phase["ms"].is_u64());
            phase["phase"].as_str().expect("a phase")
        })
        .collect();
    assert_eq!(phases, ["resolve", "connect", "tls", "login", "query"]);
    assert_eq!(json["method"], "SHA-256");
    assert_eq!(json["schema"], "usable");
    for text in [json.to_string(), format!("{connected:?}")] {
        assert!(!text.contains(warehouse::PASSWORD));
        assert!(!text.contains(warehouse::DRIVER_TOKEN));
    }
}

#[test]
fn the_schema_that_was_asked_for_is_looked_at() {
    let warehouse = Warehouse::start(Options {
        schemas: vec![
            ("public".to_owned(), true),
            ("secret".to_owned(), false),
            ("o'brien".to_owned(), true),
        ],
        ..Options::default()
    });
    let (mut target, _file) = target(&warehouse);
    for (schema, expected) in [
        ("public", SchemaUse::Usable),
        ("secret", SchemaUse::NoUsage),
        ("o'brien", SchemaUse::Usable),
        ("nowhere", SchemaUse::Missing),
    ] {
        target.schema = Some(schema.to_owned());
        let connected = connect(&target).expect("a connection");
        assert_eq!(connected.schema, Some(expected), "{schema}");
    }
}

#[test]
fn a_server_that_is_only_postgresql_is_told_apart() {
    let warehouse = Warehouse::start(Options {
        redshift: false,
        login: Login::Md5,
        ..Options::default()
    });
    let (target, _file) = target(&warehouse);
    let connected = connect(&target).expect("a connection");
    assert!(!connected.redshift);
    assert_eq!(connected.version, "PostgreSQL 15.13");
}
