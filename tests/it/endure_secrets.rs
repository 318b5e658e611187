//! No secret leaves the program but where it must: every command in every form of output, held to
//! [`World::hold`], while its arguments, its children and its limits are watched.

use crate::endure::{Case, SITE};
use crate::grow_lock::{hold, key_of, until};
use crate::sandbox::{Fault, Rule, Service};
use crate::support::binary::{Program, Running};
use crate::support::{Ended, SECRETS, WRONG_PASSWORD, World};
use crate::warehouse::{PASSWORD, USER};
use jmc_site::messages::Text;
use jmc_site::prompt::scripted::Scripted;
use jmc_site::prompt::{Prompter, QuestionId, Rule as Check};
use jmc_site::{Environment, error, run, secret};
use std::cell::RefCell;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const SECRET: &str = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:jmc/dwh-AbCdEf";

/// The forms of output, as arguments and a variable.
const FORMS: [(&str, &[&str], (&str, &str)); 5] = [
    ("plain", &[], ("LANG", "C")),
    ("japanese", &["--verbose"], ("LANG", "ja_JP.UTF-8")),
    ("verbose", &["--verbose"], ("RUST_BACKTRACE", "full")),
    ("json", &["--output", "json", "--verbose"], ("LANG", "C")),
    ("trace", &["--verbose"], ("RUST_LOG", "trace")),
];

/// What was seen of processes while they ran.
#[derive(Debug, Default)]
struct Seen {
    looks: AtomicUsize,
}

/// Looks at a process on Linux: nothing secret in its arguments, no child, and no core file.
#[track_caller]
fn look(id: u32, seen: &Seen) {
    let read = |name: &str| std::fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
    let line = read("cmdline");
    let line = String::from_utf8_lossy(&line);
    // Before the program itself is there, and when it has ended, there is nothing to see.
    if !line.contains("jmc-site") || line.starts_with("/bin/sh") {
        return;
    }
    for secret in SECRETS {
        assert!(!line.contains(secret), "the arguments show {secret}");
    }
    let tasks = std::fs::read_dir(format!("/proc/{id}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let children = std::fs::read(task.path().join("children")).unwrap_or_default();
        assert!(children.is_empty(), "a child was started");
    }
    seen.looks.fetch_add(1, Ordering::Relaxed);
}

/// Runs to the end and is watched meanwhile.
#[track_caller]
fn watched(program: Program<'_>, seen: &Arc<Seen>) -> Ended {
    let running = program.start();
    let id = running.child.id();
    let over = Arc::new(AtomicBool::new(false));
    let (seen, end) = (Arc::clone(seen), Arc::clone(&over));
    let watcher = std::thread::spawn(move || {
        while !end.load(Ordering::Relaxed) {
            look(id, &seen);
            std::thread::sleep(std::time::Duration::from_millis(3));
        }
    });
    let ended = running.end();
    over.store(true, Ordering::Relaxed);
    watcher.join().expect("nothing was seen");
    ended
}

/// What a command needs, how it is called, what it reads, and how it may end.
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static [i32],
);

const P: &str = "Canary-pa55word-3f9c\n";

/// Every command, and every way to a password. The first word is the world that it starts in.
const ROWS: [Row; 24] = [
    ("init", "env", &["init"], "", &[0]),
    ("init", "", &["init", "--password-stdin"], P, &[0]),
    (
        "init",
        "",
        &["init", "--dry-run", "--password-stdin"],
        P,
        &[0],
    ),
    ("init", "pgpass", &["init"], "", &[0]),
    ("init", "", &["init", "--password-secret", SECRET], "", &[0]),
    ("init", "", &["init", "--auth", "iam"], "", &[0]),
    ("init", "wrong", &["init"], "", &[1]),
    ("init", "", &["init", "--no-input"], "", &[2]),
    (
        "init",
        "env",
        &["init", "--answers", "secret/leaky.json"],
        "",
        &[1],
    ),
    (
        "init",
        "env",
        &["init", "--host", "redshift://jmc:Canary-pa55word-3f9c@h/d"],
        "",
        &[2],
    ),
    (
        "add-bucket",
        "env",
        &["add-bucket", "--bucket=sql=sales-more-sql"],
        "",
        &[0],
    ),
    (
        "remove-bucket",
        "env",
        &["remove-bucket", "--bucket=sales-more-sql"],
        "",
        &[0],
    ),
    ("apply", "env", &["apply"], "", &[0]),
    ("apply", "env", &["plan", "--out", "plan.json"], "", &[3]),
    ("apply", "planned", &["apply", "plan.json"], "", &[0]),
    (
        "add-bucket",
        "env",
        &["check", "--junit", "junit.xml"],
        "",
        &[3],
    ),
    ("add-bucket", "", &["check", "--password-stdin"], P, &[3]),
    ("add-bucket", "wrong", &["check"], "", &[3]),
    ("remove-bucket", "undone", &["undo"], "", &[0]),
    ("add-bucket", "locked", &["lock", "show"], "", &[0]),
    (
        "add-bucket",
        "locked",
        &["lock", "release", "--id", "abc"],
        "",
        &[0],
    ),
    (
        "add-bucket",
        "env",
        &["test-connection", "--schema", "public"],
        "",
        &[0, 1],
    ),
    (
        "add-bucket",
        "",
        &["test-connection", "--password-stdin"],
        P,
        &[0],
    ),
    (
        "add-bucket",
        "",
        &["test-connection", "--auth", "iam"],
        "",
        &[0],
    ),
];

/// Prepares one row.
fn prepared(case: &Case, (_, how, words, stdin, _): Row) -> Program<'_> {
    let world = &case.world;
    let asked_for_yes = ["add-bucket", "remove-bucket", "apply", "undo"];
    let mut arguments: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    arguments.extend(["--site".to_owned(), SITE.to_owned()]);
    if asked_for_yes.contains(&words[0]) {
        arguments.push("--yes".to_owned());
    }
    if words[0] == "init" {
        let mut flags: Vec<&str> = crate::support::binary::SALES.to_vec();
        if words.contains(&"--host") {
            flags.drain(2..4);
        }
        arguments.extend(flags.into_iter().map(str::to_owned));
        let rest = ["--ca-file", "ca.pem", "--no-input", "--yes"];
        let rest = rest.into_iter().filter(|word| !words.contains(word));
        arguments.extend(rest.map(str::to_owned));
    }
    let program = world.program(arguments).stdin(stdin);
    match how {
        "env" => program.env("JMC_REDSHIFT_PASSWORD", PASSWORD),
        "wrong" => program.env("JMC_REDSHIFT_PASSWORD", WRONG_PASSWORD),
        "pgpass" => {
            use std::os::unix::fs::PermissionsExt as _;
            let file = world.secret_path("pgpass");
            let line = format!("*:5439:dev:{USER}:{PASSWORD}\n");
            std::fs::write(&file, line).expect("a file");
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&file, mode).expect("a mode");
            program.env("PGPASSFILE", &file.display().to_string())
        }
        "planned" => {
            let plan = ["plan", "--out", "plan.json", "--site", SITE];
            world.program(plan).end().exits(3);
            program
        }
        "undone" => {
            case.program(&[]).end().exits(0);
            program
        }
        "locked" => {
            hold(world, &key_of("acme-jmc-app-role"), "abc", 60);
            program
        }
        _ => program,
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn no_command_in_any_form_shows_sends_or_keeps_a_secret() {
    let seen = Arc::new(Seen::default());
    let (mut count, mut logins) = (0, 0);
    for row in ROWS {
        let (start, _, words, _, exits) = row;
        for (form, flags, (name, value)) in FORMS {
            let case = Case::new(start);
            case.world.sandbox.keep_secret(SECRET, PASSWORD);
            // Where somebody has written the password into the wrong place.
            let text = format!(r#"{{"version": 1, "redshift": {{"password": "{PASSWORD}"}}}}"#);
            std::fs::write(case.world.secret_path("leaky.json"), text).expect("a file");
            let mut program = prepared(&case, row).env(name, value);
            program.command.args(flags);
            // The arguments of one show the password, which the program must not repeat.
            let ended = match words.iter().any(|word| word.contains(PASSWORD)) {
                true => program.end(),
                false => watched(program, &seen),
            };
            let told = format!("{words:?} as {form}: {ended:?}");
            assert!(exits.contains(&ended.exit), "{told}");
            assert!(!ended.err.contains("panicked"), "{told}");
            if form == "json" && ended.exit != 2 {
                ended.json();
            }
            logins += case.world.sandbox.state(|state| state.logins.len());
            let sessions = case.world.warehouse.attempts();
            if words[0] == "init" && exits == [0] {
                assert!(
                    !sessions.is_empty(),
                    "the password was not even used: {told}"
                );
            }
            count += 1;
        }
    }
    let looks = seen.looks.load(Ordering::Relaxed);
    println!(
        "{count} runs ({} commands, {} forms), {logins} temporary logins, {looks} looks at processes",
        ROWS.len(),
        FORMS.len()
    );
    assert!(logins > 0, "no temporary login was made");
    assert!(
        looks > count || !cfg!(target_os = "linux"),
        "nothing was seen"
    );
}

/// Waits until a policy is being written, which never ends.
#[track_caller]
fn stalled(case: &Case) -> Running<'_> {
    let stalls = Rule::on(Service::Iam, "PutRolePolicy", Fault::Stall);
    case.world.sandbox.fault(stalls.always());
    let program = case.program(&[]).env("JMC_REDSHIFT_PASSWORD", PASSWORD);
    // Where cores are written, unless somebody minds.
    let script = r#"ulimit -S -c "$(ulimit -H -c)"; exec "$0" "$@""#;
    let running = program.through(script).start();
    until("a policy is written", || {
        let journal = case.world.sandbox.journal();
        let written = |entry: &crate::sandbox::Entry| entry.operation == "PutRolePolicy";
        journal.iter().any(written)
    });
    running
}

#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_core_file() {
    let case = Case::new("add-bucket");
    let running = stalled(&case);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.child.id()));
    let limits = limits.expect("the limits");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let soft = core.and_then(|line| line.split_whitespace().nth(4));
    assert_eq!(soft, Some("0"), "{limits}");
    running.signal(rustix::process::Signal::ABORT);
    let ended = running.end();
    assert_eq!(ended.exit, -1, "it crashed: {ended:?}");
}

/// Says that [`child`] is started by its test.
const CHILD: &str = "JMC_TEST_PANICS";

/// A person whose answers end in a crash of the program at the last question.
struct Crash(Scripted);

impl Prompter for Crash {
    fn text(
        &mut self,
        id: QuestionId,
        question: &Text,
        default: Option<&str>,
        rule: Check<'_>,
    ) -> Result<String, error::Error> {
        self.0.text(id, question, default, rule)
    }

    fn secret(
        &mut self,
        id: QuestionId,
        question: &Text,
    ) -> Result<Option<secret::Secret>, error::Error> {
        self.0.secret(id, question)
    }

    fn confirm(
        &mut self,
        id: QuestionId,
        question: &Text,
        default: bool,
    ) -> Result<bool, error::Error> {
        assert_ne!(id, QuestionId::Apply, "a crash on purpose");
        self.0.confirm(id, question, default)
    }

    fn select(
        &mut self,
        id: QuestionId,
        question: &Text,
        items: &[Text],
        default: usize,
    ) -> Result<usize, error::Error> {
        self.0.select(id, question, items, default)
    }

    fn select_many(
        &mut self,
        id: QuestionId,
        question: &Text,
        items: &[Text],
        defaults: &[bool],
    ) -> Result<Vec<usize>, error::Error> {
        self.0.select_many(id, question, items, defaults)
    }
}

/// The program that crashes.
#[test]
#[ignore = "a program, run by the test below"]
fn child() {
    let Ok(arguments) = std::env::var(CHILD) else {
        return;
    };
    let mut script = Scripted::default();
    for (id, reply) in crate::support::wizard::sales() {
        script = script.reply(id, reply);
    }
    let mut crash = Crash(script);
    let environment = Environment {
        can_ask: Some(true),
        prompter: Some(RefCell::new(&mut crash)),
        ..Environment::of_process()
    };
    run(arguments.split(' ').map(Into::into).collect(), &environment);
}

#[test]
fn a_panic_with_a_full_backtrace_shows_no_secret() {
    let world = World::jmc();
    let arguments = ["jmc-site", "init", "--verbose", "--ca-file", "ca.pem"].join(" ");
    // The environment of the real binary.
    let program = world.program(["init"]);
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args([
            "endure_secrets::child",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env_clear()
        .env(CHILD, arguments)
        .env("RUST_BACKTRACE", "full")
        .env("RUST_LOG", "trace")
        .current_dir(world.path(""))
        .stdin(Stdio::null());
    for (name, value) in program.command.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let output = command.output().expect("a program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ended = Ended {
        exit: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    };
    assert_eq!(ended.exit, 101, "{ended:?}");
    ended
        .says("a crash on purpose")
        .says("Connected.")
        .says("stack backtrace:")
        .says("jmc_site::commands::init");
    world.hold(&ended);
    world.assert_untouched();
    let attempts = world.warehouse.attempts();
    assert!(
        attempts
            .iter()
            .any(|attempt| attempt.password == Some(true))
    );
}

#[test]
fn what_holds_every_run_finds_a_secret_wherever_it_is() {
    let caught = |place: &str, spill: &dyn Fn(&World, &mut Ended)| {
        let world = World::jmc();
        let mut ended = Ended {
            exit: 0,
            out: String::new(),
            err: String::new(),
        };
        world.hold(&ended);
        spill(&world, &mut ended);
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.hold(&ended)));
        assert!(held.is_err(), "a secret in {place} is not found");
    };
    for secret in SECRETS {
        caught("stdout", &|_, ended| ended.out.push_str(secret));
        caught("stderr", &|_, ended| ended.err.push_str(secret));
        caught("a file", &|world, _| {
            std::fs::create_dir(world.path("below")).expect("a folder");
            std::fs::write(world.path("below/file"), secret).expect("a file");
        });
        caught("an object", &|world, _| {
            hold(world, &key_of("acme-jmc-app-role"), secret, 60);
        });
        caught("a tag of a role", &|world, _| {
            world.sandbox.state(|state| {
                let role = state.role("acme-jmc-app-role").expect("the role");
                role.description = Some(secret.to_owned());
            });
        });
    }
    caught("a request", &|world, _| {
        let config = world.sandbox.sdk_config(crate::sandbox::REGION);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let client = aws_sdk_sns::Client::new(&config);
        let call = client
            .create_topic()
            .name("t")
            .attributes("DisplayName", PASSWORD);
        // Whatever AWS says to it, it was sent.
        let _ = runtime.block_on(call.send());
        world.sandbox.state(|state| state.topics.clear());
    });
}
