//! The failure table through the command: every row produced for real, with its code, its
//! exit code, its time, and a hint in both languages.

use crate::sandbox::Sandbox;
use crate::support::binary::Program;
use crate::support::{ENDPOINT, Ended, WRONG_PASSWORD, World};
use crate::warehouse::{Faults, Login, Options, PASSWORD, Stage, Tls};
use std::time::{Duration, Instant};

/// The deadline of every phase in seconds; with it every row has to end a second later.
const DEADLINE: u64 = 2;

/// A row: code, phase, and words of a hint in English and Japanese.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Runs a row in both languages and as JSON.
#[track_caller]
fn assert_row<'w>(program: impl Fn(&[&str]) -> Program<'w>, exit: i32, row: Row<'_>) {
    let (code, phase, en, ja) = row;
    let timed = |run: Program<'w>| -> Ended {
        let start = Instant::now();
        let ended = run.end();
        let limit = Duration::from_secs(DEADLINE + 1);
        assert!(start.elapsed() < limit, "{code}: {:?}", start.elapsed());
        ended
    };
    let ended = timed(program(&[]));
    ended.exits(exit).says(&format!("error {code}: ")).says(en);
    assert_eq!(ended.out, "", "nothing was found");
    let ended = timed(program(&[]).ja());
    ended.exits(exit).says(&format!("エラー {code}: ")).says(ja);
    let ended = timed(program(&["--output", "json"]).ja());
    let value = ended.exits(exit).json();
    assert_eq!(value["status"], "failed", "{value}");
    assert_eq!(value["error"]["code"], code, "{value}");
    assert_eq!(value["failed"]["phase"], phase, "{value}");
    assert!(value["failed"]["ms"].is_u64());
    assert!(value["connected"].is_null());
    let hints = value["error"]["hints"].to_string();
    assert!(hints.contains(en), "{hints}");
    for done in value["phases"].as_array().expect("phases") {
        assert_ne!(done["phase"], phase);
    }
}

/// Produces a row with a warehouse of its own.
#[track_caller]
fn assert_warehouse(options: Options, more: &[&str], row: Row<'_>) {
    let world = World::of(Sandbox::jmc(), options);
    let timeout = DEADLINE.to_string();
    let program = |form: &[&str]| {
        let fixed = ["--connect-timeout", timeout.as_str()];
        world.plain(&[&fixed[..], more, form].concat())
    };
    assert_row(program, 1, row);
}

/// Returns an address where nothing listens.
pub fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// A listener whose queue is full: further connections meet silence, as behind a security group.
#[cfg(target_os = "linux")]
pub struct Silence {
    /// Where it does not answer.
    pub address: String,
    _listener: tokio::net::TcpListener,
    _queue: Vec<std::net::TcpStream>,
    _runtime: tokio::runtime::Runtime,
}

#[cfg(target_os = "linux")]
impl Silence {
    /// Listens, and lets the queue fill up.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let _inside = runtime.enter();
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        let any = "127.0.0.1:0".parse().expect("an address");
        socket.bind(any).expect("a port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let connect =
            |_| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(50)).ok();
        let queue = (0..8).filter_map(connect).collect();
        drop(_inside);
        Self {
            address: address.to_string(),
            _listener: listener,
            _queue: queue,
            _runtime: runtime,
        }
    }
}

/// Dials somewhere else, with a deadline of a second less than the table's.
fn dialling<'w>(world: &'w World, address: &str, more: &[&str]) -> Program<'w> {
    let fixed = ["--connect-timeout", "1"];
    world
        .plain(&[&fixed[..], more].concat())
        .env("JMC_SITE_REDSHIFT_DIAL", address)
}

#[test]
fn dns_and_tcp() {
    let world = World::jmc();
    let name = "no-such-cluster.invalid:5439";
    assert_row(
        |form| dialling(&world, name, form).env("RES_OPTIONS", "attempts:1"),
        1,
        (
            "JMC-CONN-DNS",
            "resolve",
            "private hosted zone",
            "プライベートホストゾーン",
        ),
    );
    let port = closed_port();
    assert_row(
        |form| dialling(&world, &port, form),
        1,
        (
            "JMC-CONN-REFUSED",
            "connect",
            "Compare the port",
            "ポート番号を",
        ),
    );
    #[cfg(target_os = "linux")]
    {
        let silence = Silence::new();
        assert_row(
            |form| dialling(&world, &silence.address, form),
            1,
            (
                "JMC-CONN-SILENT",
                "connect",
                "security group",
                "セキュリティグループ",
            ),
        );
    }
}

#[test]
fn tls() {
    let error = |sqlstate: &str, text: &str| Tls::Error {
        sqlstate: sqlstate.to_owned(),
        text: text.to_owned(),
    };
    let with = |tls| Options {
        tls,
        ..Options::default()
    };
    let other = (
        "JMC-CONN-TLS-REFUSED",
        "tls",
        "another database",
        "別のデータベース",
    );
    assert_warehouse(with(Tls::Refuse), &[], other);
    let starting = error("57P03", "the database system is starting up");
    let row = ("JMC-CONN-STARTING", "tls", "as available", "「利用可能」");
    assert_warehouse(with(starting), &[], row);
    let broken = error("XX000", "could not fork");
    let row = ("JMC-CONN-SERVER", "tls", "status and events", "イベント");
    assert_warehouse(with(broken), &[], row);
    let limit = error(
        "53300",
        "connection limit \"500\" exceeded for non-bootstrap users",
    );
    let row = (
        "JMC-CONN-LIMIT",
        "tls",
        "The limit is 500",
        "上限は 500 接続",
    );
    assert_warehouse(with(limit), &[], row);
    let row = (
        "JMC-CONN-TLS-NAME",
        "tls",
        "--tls-server-name <cluster>.c9x1abcd",
        "--tls-server-name <cluster>.c9x1abcd",
    );
    let cname = ["--host", "dwh.example.co.jp", "--database", "dev"];
    assert_flags(&cname, 1, row);
    let row = (
        "JMC-CONN-TLS-ISSUER",
        "tls",
        "--ca-file FILE",
        "--ca-file ファイル",
    );
    let world = World::jmc();
    let flags = ["test-connection", "--user", "jmc", "--host", ENDPOINT];
    let program = |form: &[&str]| {
        world
            .program([&flags[..], form].concat())
            .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
    };
    assert_row(program, 1, row);
    let expired = Options {
        expired: true,
        ..Options::default()
    };
    assert_warehouse(expired, &[], ("JMC-CONN-TLS-DATE", "tls", "clock", "時計"));
}

/// Produces a row by flags that come instead of those of `plain`.
#[track_caller]
fn assert_flags(flags: &[&str], exit: i32, row: Row<'_>) {
    let world = World::jmc();
    let ca_file = world.ca_file().display().to_string();
    let given = |flag: &str| flags.contains(&flag);
    let mut fixed = vec!["test-connection", "--user", "jmc"];
    if !given("--host") {
        fixed.extend(["--host", ENDPOINT]);
    }
    if !given("--ca-file") {
        fixed.extend(["--ca-file", &ca_file]);
    }
    let program = |form: &[&str]| {
        let all = [&fixed[..], flags, form].concat();
        world
            .program(all)
            .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
            .env_remove("AWS_ACCESS_KEY_ID")
    };
    assert_row(program, exit, row);
}

#[test]
fn misuse_of_tls() {
    let row = ("JMC-CONN-PLAINTEXT", "resolve", "loopback", "ループバック");
    let world = World::jmc();
    assert_row(
        |form| {
            dialling(
                &world,
                "192.0.2.1:5439",
                &[&["--tls", "disable"], form].concat(),
            )
        },
        2,
        row,
    );
    let row = ("JMC-CONN-CA-FILE", "tls", "PEM form", "PEM形式");
    assert_flags(&["--ca-file", "/dev/null"], 2, row);
    let row = (
        "JMC-CONN-TLS-SERVER-NAME",
        "tls",
        "--tls-server-name NAME",
        "--tls-server-name 名前",
    );
    assert_flags(&["--tls-server-name", "not a name"], 2, row);
}

#[test]
fn auth() {
    let world = World::jmc();
    assert_row(
        |form| {
            world
                .plain(form)
                .env("JMC_REDSHIFT_PASSWORD", WRONG_PASSWORD)
        },
        1,
        (
            "JMC-CONN-PASSWORD",
            "login",
            "PASSWORD DISABLE",
            "PASSWORD DISABLE",
        ),
    );
    assert_eq!(world.warehouse.attempts().len(), 3, "once for each run");
    let with = |login| Options {
        login,
        ..Options::default()
    };
    let plaintext = ["--tls", "disable"];
    let strict = Options {
        require_ssl: true,
        ..Options::default()
    };
    let row = (
        "JMC-CONN-TLS-REQUIRED",
        "login",
        "require_ssl",
        "require_ssl",
    );
    assert_warehouse(strict, &plaintext, row);
    let row = (
        "JMC-CONN-CLEARTEXT",
        "login",
        "--tls disable",
        "--tls disable",
    );
    assert_warehouse(with(Login::Cleartext), &plaintext, row);
    let user = "CREATE USER ... PASSWORD";
    let row = ("JMC-CONN-AUTH-METHOD", "login", user, user);
    for login in [Login::Token, Login::Code(7), Login::Sha256 { algorithm: 1 }] {
        assert_warehouse(with(login), &[], row);
    }
}

#[test]
fn database_and_limit() {
    let row = ("JMC-CONN-DATABASE", "login", "`prod`", "`prod`");
    assert_warehouse(Options::default(), &["--database", "prod"], row);
    let full = Options {
        limit: Some((0, "53300".to_owned())),
        ..Options::default()
    };
    let row = ("JMC-CONN-LIMIT", "login", "The limit is 0", "上限は 0 接続");
    assert_warehouse(full, &[], row);
}

#[test]
fn mid() {
    let with = |faults| Options {
        faults,
        ..Options::default()
    };
    let close = |close_after| {
        with(Faults {
            close_after: Some(close_after),
            ..Faults::default()
        })
    };
    let row = |phase| ("JMC-CONN-EOF", phase, "resized", "サイズ変更");
    assert_warehouse(close(1), &[], row("tls"));
    assert_warehouse(close(10), &[], row("login"));
    for (stage, phase) in [(Stage::Greeting, "tls"), (Stage::Query, "query")] {
        let faults = Faults {
            stall: Some(stage),
            ..Faults::default()
        };
        let row = ("JMC-CONN-STALLED", phase, "maintenance", "メンテナンス");
        assert_warehouse(with(faults), &[], row);
    }
    let faults = Faults {
        garbage: Some((Stage::Startup, b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
        ..Faults::default()
    };
    let row = (
        "JMC-CONN-PROTOCOL",
        "login",
        "Another service",
        "別のサービス",
    );
    assert_warehouse(with(faults), &[], row);
}

#[test]
fn a_schema_that_cannot_be_used_is_a_failure_after_a_success() {
    let world = World::jmc();
    for (schema, code, en, ja) in [
        (
            "secret",
            "JMC-CONN-SCHEMA-DENIED",
            "GRANT USAGE ON SCHEMA secret TO jmc",
            "GRANT USAGE ON SCHEMA secret TO jmc",
        ),
        (
            "nowhere",
            "JMC-CONN-SCHEMA-MISSING",
            "SVV_ALL_SCHEMAS",
            "SVV_ALL_SCHEMAS",
        ),
    ] {
        let flags = ["--schema", schema];
        world.plain(&flags).end().exits(1).says(code).says(en);
        world.plain(&flags).ja().end().exits(1).says(code).says(ja);
        let flags = ["--schema", schema, "--output", "json"];
        let value = world.plain(&flags).end().exits(1).json();
        assert_eq!(value["status"], "failed");
        assert_eq!(value["error"]["code"], code);
        assert_eq!(value["connected"]["user"], "jmc");
        assert!(value["failed"].is_null());
    }
}
