//! The failure table: every row produced for real, within its deadline, with its code and
//! its hint in both languages.

use crate::connection::{connect, connect_with, target};
use crate::sandbox::warehouse::{self, Faults, Login, Options, Stage, Tls, Warehouse};
use jmc_site::messages::Lang;
use jmc_site::redshift::{Connected, Deadlines, Failure, Phase, Target, TlsMode};
use std::time::{Duration, Instant};

/// The deadline of every phase where one has to run out.
const DEADLINE: Duration = Duration::from_millis(700);

/// Asserts what a failure is, and that its first hint says this in both languages.
fn assert_failure(
    result: Result<Connected, Failure>,
    phase: Phase,
    code: &str,
    hint: (&str, &str),
) -> Failure {
    let failure = result.expect_err("a failure");
    assert_eq!(failure.error.code(), code, "{failure:?}");
    assert_eq!(failure.phase, phase, "{failure:?}");
    let before = Phase::ALL.iter().take_while(|other| **other != phase);
    let done: Vec<Phase> = failure.done.iter().map(|done| done.phase).collect();
    let without_tls = before
        .clone()
        .copied()
        .filter(|phase| *phase != Phase::Tls)
        .collect::<Vec<_>>();
    assert!(
        done == before.copied().collect::<Vec<_>>() || done == without_tls,
        "{done:?}"
    );
    let hints = failure.error.hints();
    for (lang, wanted) in [(Lang::En, hint.0), (Lang::Ja, hint.1)] {
        assert!(
            hints.iter().any(|hint| hint.get(lang).contains(wanted)),
            "{wanted} is not in {hints:?}"
        );
        assert!(!failure.error.text().get(lang).is_empty());
    }
    for text in [format!("{failure:?}"), json(&failure)] {
        assert!(!text.contains(warehouse::PASSWORD), "{text}");
        assert!(!text.contains(warehouse::DRIVER_TOKEN), "{text}");
    }
    failure
}

fn json(failure: &Failure) -> String {
    serde_json::to_string(failure).expect("JSON")
}

/// Runs a connection test that must end within the deadline of the phase plus a second.
fn timed(target: &Target) -> Result<Connected, Failure> {
    let start = Instant::now();
    let result = connect(target);
    assert!(start.elapsed() < DEADLINE + Duration::from_secs(1));
    result
}

fn stalled(stage: Stage) -> Result<Connected, Failure> {
    let warehouse = Warehouse::start(Options {
        faults: Faults {
            stall: Some(stage),
            ..Faults::default()
        },
        ..Options::default()
    });
    let (mut target, _file) = target(&warehouse);
    target.deadlines = Deadlines::all(DEADLINE);
    timed(&target)
}

#[test]
fn dns_a_name_that_does_not_resolve() {
    let mut target = Target::new("no-such-cluster.invalid", "dev", "jmc");
    target.deadlines.resolve = Duration::from_secs(20);
    let failure = assert_failure(
        connect(&target),
        Phase::Resolve,
        "JMC-CONN-DNS",
        ("private hosted zone", "プライベートホストゾーン"),
    );
    assert!(!failure.error.causes().is_empty());
    let text = failure.error.text().get(Lang::Ja);
    assert_eq!(
        text,
        "ホスト名 `no-such-cluster.invalid` の名前解決ができませんでした。"
    );
}

/// What the test below sets for itself where the only name server is one that never answers.
#[cfg(target_os = "linux")]
const SILENT_DNS: &str = "JMC_SITE_TEST_SILENT_DNS";

/// Runs itself in a name space with a resolv.conf of its own; nothing of this machine changes.
#[cfg(target_os = "linux")]
#[test]
fn dns_a_name_server_that_does_not_answer() {
    const SCRIPT: &str =
        "ip link set lo up && mount --bind \"$1\" /etc/resolv.conf && shift && exec \"$@\"";
    if std::env::var_os(SILENT_DNS).is_some() {
        let _silent = std::net::UdpSocket::bind("127.0.0.1:53").expect("a port");
        let mut target = Target::new("no-such-cluster.invalid", "dev", "jmc");
        target.deadlines.resolve = DEADLINE;
        let failure = assert_failure(
            timed(&target),
            Phase::Resolve,
            "JMC-CONN-DNS-SILENT",
            ("DNS settings", "DNSの設定"),
        );
        assert!(failure.took >= DEADLINE);
        return;
    }
    let mut settings = tempfile::NamedTempFile::new().expect("a file");
    std::io::Write::write_all(&mut settings, b"nameserver 127.0.0.1\n").expect("a file");
    let mut apart = std::process::Command::new("unshare");
    apart.args(["--map-root-user", "--mount", "--net", "--", "sh", "-ec"]);
    let can = std::process::Command::new(apart.get_program())
        .args(apart.get_args())
        .args([SCRIPT, "sh"])
        .arg(settings.path())
        .arg("true")
        .output();
    if !can.is_ok_and(|output| output.status.success()) {
        crate::connection::left_out(
            "a name server that is silent",
            "unshare is not allowed here",
        );
        return;
    }
    let start = Instant::now();
    let output = apart
        .args([SCRIPT, "sh"])
        .arg(settings.path())
        .arg(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "connection_failures::dns_a_name_server_that_does_not_answer",
        ])
        .env(SILENT_DNS, "1")
        .output()
        .expect("this test");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    // Nor does the program wait, at its end, for a look-up that goes on.
    assert!(start.elapsed() < DEADLINE + Duration::from_secs(2));
}

/// A listener whose queue of connections is full: Linux then drops every further SYN,
/// which is what a security group does.
#[cfg(target_os = "linux")]
#[test]
fn tcp_silence() {
    crate::connection::block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket
            .bind("127.0.0.1:0".parse().expect("an address"))
            .expect("a port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let mut queue = Vec::new();
        for _ in 0..8 {
            let connect = tokio::net::TcpStream::connect(address);
            queue.push(tokio::time::timeout(Duration::from_millis(50), connect).await);
        }
        let mut target = Target::new(warehouse::HOST, "dev", "jmc");
        target.dial = Some(("127.0.0.1".to_owned(), address.port()));
        target.deadlines = Deadlines::all(DEADLINE);
        let target_in_thread = target.clone();
        let result = std::thread::spawn(move || timed(&target_in_thread))
            .join()
            .expect("a result");
        let failure = assert_failure(
            result,
            Phase::Connect,
            "JMC-CONN-SILENT",
            ("security group", "セキュリティグループ"),
        );
        assert!(failure.took >= DEADLINE);
        assert!(failure.error.text().get(Lang::Ja).contains("0.7秒以内"));
    });
}

#[test]
fn tcp_a_port_where_nothing_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let mut target = Target::new("localhost", "dev", "jmc");
    target.port = port;
    assert_failure(
        timed(&target),
        Phase::Connect,
        "JMC-CONN-REFUSED",
        ("Compare the port", "ポート番号を"),
    );
}

#[test]
fn tls_the_server_refuses() {
    let warehouse = Warehouse::start(Options {
        tls: Tls::Refuse,
        ..Options::default()
    });
    let (target, _file) = target(&warehouse);
    for mode in [TlsMode::VerifyFull, TlsMode::VerifyCa, TlsMode::Require] {
        let target = Target {
            tls: mode,
            ..target.clone()
        };
        assert_failure(
            timed(&target),
            Phase::Tls,
            "JMC-CONN-TLS-REFUSED",
            ("proxy or another database", "別のデータベース"),
        );
    }
    assert_eq!(warehouse.attempts(), []);
}

#[test]
fn tls_an_error_instead_of_an_answer_keeps_its_text() {
    let limit = "connection limit \"500\" exceeded for non-bootstrap users";
    let error = |sqlstate: &str, text: &str| Tls::Error {
        sqlstate: sqlstate.to_owned(),
        text: text.to_owned(),
    };
    let old = |text: &str| Tls::OldError {
        text: text.to_owned(),
    };
    let rows = [
        (error("53300", limit), "JMC-CONN-LIMIT", limit),
        (error("", limit), "JMC-CONN-LIMIT", limit),
        (
            error("57P03", "the database system is starting up"),
            "JMC-CONN-STARTING",
            "the database system is starting up",
        ),
        (
            error("XX000", "could not fork"),
            "JMC-CONN-SERVER",
            "could not fork",
        ),
        (
            old("could not fork new process for connection: Resource temporarily unavailable\n"),
            "JMC-CONN-SERVER",
            "could not fork new process for connection: Resource temporarily unavailable",
        ),
    ];
    for (tls, code, text) in rows {
        for chunk in [None, Some(1)] {
            let warehouse = Warehouse::start(Options {
                tls: tls.clone(),
                faults: Faults {
                    chunk,
                    ..Faults::default()
                },
                ..Options::default()
            });
            let (target, _file) = target(&warehouse);
            let failure = assert_failure(timed(&target), Phase::Tls, code, ("", ""));
            assert_eq!(failure.error.causes(), [text]);
        }
    }
}

#[test]
fn tls_a_certificate_for_another_name() {
    let warehouse = Warehouse::start(Options::default());
    let (target, _file) = target(&warehouse);
    let cname = Target {
        host: "dwh.example.co.jp".to_owned(),
        ..target
    };
    let failure = assert_failure(
        timed(&cname),
        Phase::Tls,
        "JMC-CONN-TLS-NAME",
        ("--tls-server-name", "--tls-server-name"),
    );
    for lang in [Lang::En, Lang::Ja] {
        let text = failure.error.text().get(lang);
        assert!(text.contains("dwh.example.co.jp"), "{text}");
        assert!(
            text.contains("*.c9x1abcd.ap-northeast-1.redshift.amazonaws.com"),
            "{text}"
        );
    }
    assert_eq!(warehouse.attempts(), []);

    // What the hint says is the cure, and so are the weaker modes.
    let cured = Target {
        server_name: Some(warehouse::HOST.to_owned()),
        ..cname.clone()
    };
    connect(&cured).expect("a connection");
    for tls in [TlsMode::VerifyCa, TlsMode::Require] {
        connect(&Target {
            tls,
            ..cname.clone()
        })
        .expect("a connection");
    }
    // An address is no name of this certificate either.
    let address = Target {
        host: "127.0.0.1".to_owned(),
        ..cname
    };
    assert_failure(
        timed(&address),
        Phase::Tls,
        "JMC-CONN-TLS-NAME",
        ("IP address", "IPアドレス"),
    );
}

#[test]
fn tls_an_unknown_issuer() {
    let warehouse = Warehouse::start(Options::default());
    let (target, _file) = target(&warehouse);
    for tls in [TlsMode::VerifyFull, TlsMode::VerifyCa] {
        let stranger = Target {
            ca_file: None,
            tls,
            ..target.clone()
        };
        let failure = assert_failure(
            timed(&stranger),
            Phase::Tls,
            "JMC-CONN-TLS-ISSUER",
            ("--ca-file", "--ca-file"),
        );
        let text = failure.error.text().get(Lang::En);
        assert!(text.contains("Sandbox CA, not Amazon"), "{text}");
    }
    assert_eq!(warehouse.attempts(), []);
    let anyone = Target {
        ca_file: None,
        tls: TlsMode::Require,
        ..target.clone()
    };
    connect(&anyone).expect("a connection");
}

#[test]
fn tls_a_certificate_that_has_expired() {
    let warehouse = Warehouse::start(Options {
        expired: true,
        ..Options::default()
    });
    let (target, _file) = target(&warehouse);
    assert_failure(
        timed(&target),
        Phase::Tls,
        "JMC-CONN-TLS-DATE",
        ("clock", "時計"),
    );
}

#[test]
fn tls_a_ca_file_that_cannot_be_used() {
    let warehouse = Warehouse::start(Options::default());
    let (target, _file) = target(&warehouse);
    let directory = tempfile::tempdir().expect("a directory");
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "not a certificate").expect("a file");
    let broken = directory.path().join("broken.pem");
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&broken, pem).expect("a file");
    for path in [directory.path().join("missing.pem"), empty, broken] {
        let target = Target {
            ca_file: Some(path),
            ..target.clone()
        };
        assert_failure(
            timed(&target),
            Phase::Tls,
            "JMC-CONN-CA-FILE",
            ("PEM form", "PEM形式"),
        );
    }
}

#[test]
fn tls_not_a_database_at_all() {
    let rows: [(Stage, &[u8], &str); 3] = [
        (Stage::Greeting, b"SSH-2.0-OpenSSH_9.6\r\n", "JMC-CONN-TLS"),
        (
            Stage::Greeting,
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "JMC-CONN-PROTOCOL",
        ),
        (Stage::Handshake, b"HTTP/1.1 400 Bad\r\n", "JMC-CONN-TLS"),
    ];
    for (stage, bytes, code) in rows {
        let warehouse = Warehouse::start(Options {
            faults: Faults {
                garbage: Some((stage, bytes.to_vec())),
                ..Faults::default()
            },
            ..Options::default()
        });
        let (target, _file) = target(&warehouse);
        assert_failure(
            timed(&target),
            Phase::Tls,
            code,
            ("host and port", "ホストとポート"),
        );
    }
}

#[test]
fn auth_a_wrong_password_and_an_unknown_user() {
    let warehouse = Warehouse::start(Options::default());
    let (target, _file) = target(&warehouse);
    let hint = ("PASSWORD DISABLE", "PASSWORD DISABLE");
    let failure = assert_failure(
        connect_with(&target, "wrong"),
        Phase::Login,
        "JMC-CONN-PASSWORD",
        hint,
    );
    assert_eq!(
        failure.error.causes(),
        ["password authentication failed for user \"jmc\""]
    );
    let stranger = Target {
        user: "nobody".to_owned(),
        ..target
    };
    assert_failure(timed(&stranger), Phase::Login, "JMC-CONN-PASSWORD", hint);
}

#[test]
fn auth_tls_is_required_and_we_came_without() {
    let warehouse = Warehouse::start(Options {
        require_ssl: true,
        ..Options::default()
    });
    let (mut target, _file) = target(&warehouse);
    target.tls = TlsMode::Disable;
    assert_failure(
        timed(&target),
        Phase::Login,
        "JMC-CONN-TLS-REQUIRED",
        ("require_ssl", "require_ssl"),
    );
}

#[test]
fn auth_cleartext_outside_tls_is_not_answered() {
    let warehouse = Warehouse::start(Options {
        login: Login::Cleartext,
        ..Options::default()
    });
    let (mut target, _file) = target(&warehouse);
    target.tls = TlsMode::Disable;
    assert_failure(
        timed(&target),
        Phase::Login,
        "JMC-CONN-CLEARTEXT",
        ("--tls disable", "--tls disable"),
    );
    assert_eq!(warehouse.attempts()[0].password, None);
}

#[test]
fn auth_plaintext_to_another_machine_is_not_even_tried() {
    let mut target = Target::new("192.0.2.1", "dev", "jmc");
    target.tls = TlsMode::Disable;
    assert_failure(
        timed(&target),
        Phase::Resolve,
        "JMC-CONN-PLAINTEXT",
        ("loopback", "ループバック"),
    );
}

#[test]
fn auth_what_the_cluster_asks_for_is_named() {
    let rows = [
        (Login::Token, "code 14", "認証コード14"),
        (Login::Code(2), "code 2", "認証コード2"),
        (Login::Code(7), "code 7", "認証コード7"),
        (Login::Code(99), "code 99", "認証コード99"),
        (Login::Code(-1), "code -1", "認証コード-1"),
        (
            Login::Sha256 { algorithm: 1 },
            "digest algorithm 1",
            "ダイジェスト方式1",
        ),
    ];
    for (login, en, ja) in rows {
        let warehouse = Warehouse::start(Options {
            login,
            ..Options::default()
        });
        let (target, _file) = target(&warehouse);
        let failure = assert_failure(
            timed(&target),
            Phase::Login,
            "JMC-CONN-AUTH-METHOD",
            ("CREATE USER ... PASSWORD", "CREATE USER ... PASSWORD"),
        );
        assert!(failure.error.text().get(Lang::En).contains(en));
        assert!(failure.error.text().get(Lang::Ja).contains(ja));
    }
}

#[test]
fn db_a_database_that_is_not_there() {
    let warehouse = Warehouse::start(Options::default());
    let (mut target, _file) = target(&warehouse);
    target.database = "prod".to_owned();
    let failure = assert_failure(
        timed(&target),
        Phase::Login,
        "JMC-CONN-DATABASE",
        ("`prod`", "`prod`"),
    );
    assert_eq!(
        failure.error.text().get(Lang::Ja),
        "データベース `prod` は存在しません。"
    );
}

#[test]
fn limit_the_number_is_said_whatever_the_sqlstate() {
    for sqlstate in ["53300", "XX000", "28000"] {
        let warehouse = Warehouse::start(Options {
            limit: Some((0, sqlstate.to_owned())),
            ..Options::default()
        });
        let (target, _file) = target(&warehouse);
        let failure = assert_failure(
            timed(&target),
            Phase::Login,
            "JMC-CONN-LIMIT",
            ("STV_SESSIONS", "STV_SESSIONS"),
        );
        let hint = failure.error.hints()[0].get(Lang::Ja);
        assert!(hint.contains("上限は 0 接続"), "{hint}");
    }
}

#[test]
fn mid_a_server_that_stops_talking() {
    let rows = [
        (Stage::Greeting, Phase::Tls),
        (Stage::Handshake, Phase::Tls),
        (Stage::Startup, Phase::Login),
        (Stage::Password, Phase::Login),
        (Stage::Ready, Phase::Login),
        (Stage::Query, Phase::Query),
    ];
    for (stage, phase) in rows {
        let failure = assert_failure(
            stalled(stage),
            phase,
            "JMC-CONN-STALLED",
            ("maintenance", "メンテナンス"),
        );
        assert!(failure.took >= DEADLINE, "{stage:?}");
    }
}

#[test]
fn mid_garbage_at_every_stage_is_named_and_does_not_panic() {
    let stages = [
        Stage::Greeting,
        Stage::Handshake,
        Stage::Startup,
        Stage::Password,
        Stage::Ready,
        Stage::Query,
    ];
    let gibberish: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"R\x40\0\0\0\0\0\0\0",
        b"R\0\0\0\x03",
        b"R\0\0\0\x08\0\0\0",
        b"R\0\0\0\x0c\0\0\0\x0d\0\0\0\0",
        b"E\0\0\0\x05\0",
    ];
    for stage in stages {
        for bytes in gibberish {
            let warehouse = Warehouse::start(Options {
                faults: Faults {
                    garbage: Some((stage, bytes.to_vec())),
                    ..Faults::default()
                },
                ..Options::default()
            });
            let (target, _file) = target(&warehouse);
            let failure = timed(&target).expect_err("a failure");
            let code = failure.error.code();
            let codes = [
                "JMC-CONN-EOF",
                "JMC-CONN-PROTOCOL",
                "JMC-CONN-TLS",
                "JMC-CONN-SERVER",
                "JMC-CONN-AUTH-METHOD",
            ];
            assert!(codes.contains(&code), "{stage:?} {bytes:?}: {failure:?}");
        }
    }
}

#[test]
fn mid_a_gibibyte_before_the_login_is_refused_at_once() {
    for tag in *b"REN" {
        let mut bytes = vec![tag];
        bytes.extend_from_slice(&(1_u32 << 30).to_be_bytes());
        bytes.extend_from_slice(&[0; 64]);
        let warehouse = Warehouse::start(Options {
            faults: Faults {
                garbage: Some((Stage::Startup, bytes)),
                ..Faults::default()
            },
            ..Options::default()
        });
        let (target, _file) = target(&warehouse);
        let failure = assert_failure(
            timed(&target),
            Phase::Login,
            "JMC-CONN-PROTOCOL",
            ("Another service", "別のサービス"),
        );
        let causes = failure.error.causes().join("\n");
        assert!(causes.contains("1073741824 bytes"), "{causes}");
    }
}

#[test]
fn mid_the_connection_ends_at_every_byte_of_the_start_up() {
    for tls in [TlsMode::VerifyFull, TlsMode::Disable] {
        let mut closed_in = Vec::new();
        for close_after in 1.. {
            let warehouse = Warehouse::start(Options {
                faults: Faults {
                    close_after: Some(close_after),
                    ..Faults::default()
                },
                ..Options::default()
            });
            let (mut target, _file) = target(&warehouse);
            target.tls = tls;
            match timed(&target) {
                Ok(_) => break,
                Err(failure) => {
                    assert_eq!(
                        failure.error.code(),
                        "JMC-CONN-EOF",
                        "{tls:?} {close_after}: {failure:?}"
                    );
                    if closed_in.last() != Some(&failure.phase) {
                        closed_in.push(failure.phase);
                    }
                }
            }
        }
        match tls {
            TlsMode::Disable => assert_eq!(closed_in, [Phase::Login, Phase::Query]),
            _ => assert_eq!(closed_in, [Phase::Tls, Phase::Login, Phase::Query]),
        }
    }
}
