//! The stand-in warehouse against a judge that nobody here wrote: AWS's own driver for Python
//! logs in to it, and is refused by it, for every login that both know.

use crate::connection::left_out;
use crate::sandbox::warehouse::{self, Faults, Login, Options, Warehouse};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// The Python that has `redshift_connector`; `tests/run` sets it.
const PYTHON: &str = "JMC_SITE_TEST_ORACLE_PYTHON";

/// What the driver is asked to do, and what it should say: the release, or a part of its error.
struct Case {
    name: String,
    attempt: Value,
    connects: bool,
    says: &'static str,
    // Both end with the case.
    warehouse: Warehouse,
    _ca: tempfile::NamedTempFile,
}

impl Case {
    /// An attempt with the right user and password that succeeds.
    fn new(options: Options, tls: bool) -> Self {
        let name = format!("{:?}, TLS {tls}", options.login);
        let token = options.login == Login::Token;
        let warehouse = Warehouse::start(options);
        let mut ca = tempfile::NamedTempFile::new().expect("a file");
        ca.write_all(warehouse.ca_pem().as_bytes()).expect("a file");
        let attempt = json!({
            "host": warehouse::HOST,
            "dial": warehouse.port(),
            "user": warehouse::USER,
            "password": warehouse::PASSWORD,
            "database": "dev",
            "ca": tls.then(|| ca.path()),
            "token": token,
        });
        Self {
            name,
            attempt,
            connects: true,
            says: warehouse::RELEASE,
            warehouse,
            _ca: ca,
        }
    }

    /// The same with another value, or with none, that is refused.
    fn refused(mut self, change: Option<(&str, &str)>, says: &'static str) -> Self {
        if let Some((field, value)) = change {
            self.attempt[field] = value.into();
            self.name = format!("{}, {field} {value}", self.name);
        }
        self.connects = false;
        self.says = says;
        self
    }
}

fn cases() -> Vec<Case> {
    const REFUSED: &str = "password authentication failed for user";
    let logins = [
        Login::Trust,
        Login::Cleartext,
        Login::Md5,
        Login::Sha256 { algorithm: 0 },
        Login::Token,
    ];
    let mut cases = Vec::new();
    for tls in [true, false] {
        for login in logins {
            let case = || {
                let options = Options {
                    login,
                    ..Options::default()
                };
                Case::new(options, tls)
            };
            cases.push(case());
            cases.push(case().refused(
                Some(("database", "prod")),
                "database \"prod\" does not exist",
            ));
            if login != Login::Trust {
                cases.push(case().refused(Some(("password", "wrong")), REFUSED));
                cases.push(case().refused(Some(("user", "nobody")), REFUSED));
            }
        }
        let slow = Faults {
            chunk: Some(1),
            ..Faults::default()
        };
        let slow = Options {
            faults: slow,
            ..Options::default()
        };
        cases.push(Case::new(slow, tls));
        let full = Options {
            limit: Some((0, "53300".to_owned())),
            ..Options::default()
        };
        cases.push(Case::new(full, tls).refused(None, "connection limit \"0\" exceeded"));
    }
    let strict = || Options {
        require_ssl: true,
        ..Options::default()
    };
    cases.push(Case::new(strict(), true));
    cases.push(Case::new(strict(), false).refused(None, "SSL off"));
    let other_name = Options {
        names: vec!["*.example.com".to_owned()],
        ..Options::default()
    };
    cases.push(Case::new(other_name, true).refused(None, "Hostname mismatch"));
    let expired = Options {
        expired: true,
        ..Options::default()
    };
    cases.push(Case::new(expired, true).refused(None, "certificate has expired"));
    cases
}

#[test]
fn awss_own_driver_logs_in_to_the_stand_in_and_is_refused_by_it() {
    let Ok(python) = std::env::var(PYTHON) else {
        let why = format!("{PYTHON} is not set");
        left_out("redshift_connector as a judge of the stand-in", &why);
        return;
    };
    let cases = cases();
    let attempts: Vec<&Value> = cases.iter().map(|case| &case.attempt).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/log_in.py");
    let mut child = Command::new(python)
        .args(["-I", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python");
    let stdin = child.stdin.take().expect("a pipe");
    serde_json::to_writer(stdin, &attempts).expect("a question");
    let output = child.wait_with_output().expect("an answer");
    assert!(output.status.success());
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said["driver"], "2.2.0");
    let answers = said["answers"].as_array().expect("answers");
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(
            answer["connected"], case.connects,
            "{}: {answer}",
            case.name
        );
        // The driver shows a server's error as a Python dictionary, quotes and all.
        let says = answer["says"]
            .as_str()
            .expect("words")
            .replace("\\\"", "\"");
        assert!(says.contains(case.says), "{}: {says}", case.name);
        if case.connects {
            let attempts = case.warehouse.attempts();
            let tls = !case.attempt["ca"].is_null();
            assert_eq!(attempts[0].encrypted, tls, "{}", case.name);
        }
    }
}
