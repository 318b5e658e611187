//! The operator's permissions: every command runs with the README's policy, and what it says of a
//! statement is so. The commands that it names miss the statement, each by the name of an action,
//! and no other does.

use crate::grow_lock::{hold_in, key_of};
use crate::readme::{block, rows, section};
use crate::sandbox::enforce::allows;
use crate::sandbox::state::{PolicyVersion, State};
use crate::sandbox::{REGION, Sandbox};
use crate::support::paper::Paper;
use crate::warehouse::{Options, PASSWORD, Temporary, Warehouse};
use jmc_site::error::Exit;
use jmc_site::messages::Lang;
use jmc_site::ui::{Output, Ui};
use jmc_site::{Environment, run};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

const CLUSTER: &str = "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com";
const WORKGROUP: &str = "csa-wg.123456789012.ap-northeast-1.redshift-serverless.amazonaws.com";
const SECRET: &str = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:jmc/sales-AbCdEf";

/// What a story begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    /// An installation without the site.
    Fresh,
    /// The site's file, but nothing of it in AWS.
    FileOnly,
    /// The site, set up and confirmed.
    SetUp,
}

/// A part of a story.
#[derive(Clone, Copy)]
enum Step {
    /// From here on there is a warehouse, and logins to it.
    LogsIn,
    /// A run under the policy.
    Run(&'static str),
    /// A run before that, under none.
    Given(&'static str),
    /// What happens in AWS meanwhile.
    Meanwhile(fn(&Sandbox)),
}

/// A use of a command, or of a flag, as the README names it.
struct Story {
    command: &'static str,
    host: &'static str,
    begin: Begin,
    steps: &'static [Step],
}

const INIT: &str = "init --name sales --database dev LOGIN \
    --notifications site --notify-on failure --source-code omit \
    --subscribe failure=email:ops@example.com --data-bucket sales-jmc-data --data-folder import \
    --sql-bucket sales-jmc-sql --program-bucket sales-jmc-program --yes --host HOST";
const ADD: &str = "add-bucket --bucket data=sales-jmc-more --data-folder export --yes";
const TEST: &str = "test-connection --database dev --host HOST --auth iam";

#[rustfmt::skip]
const STORIES: &[(&str, &str, Begin, &[Step])] = {
    use Begin::{FileOnly, Fresh, SetUp};
    use Step::{Given, LogsIn, Meanwhile, Run};
    &[
        ("init", CLUSTER, Fresh, &[Run(INIT)]),
        ("init", CLUSTER, SetUp, &[Run(INIT)]),
        ("init", WORKGROUP, Fresh, &[Run(INIT)]),
        ("init", WORKGROUP, SetUp, &[Run(INIT)]),
        ("init", CLUSTER, Fresh, &[LogsIn, Run(INIT)]),
        ("plan", CLUSTER, SetUp, &[Run("plan")]),
        ("plan", WORKGROUP, SetUp, &[Run("plan")]),
        ("apply", CLUSTER, FileOnly, &[Run("apply --yes")]),
        ("apply", CLUSTER, SetUp, &[Run("apply --yes")]),
        ("apply", WORKGROUP, FileOnly, &[Run("apply --yes")]),
        ("apply", WORKGROUP, SetUp, &[Run("apply --yes")]),
        ("check", CLUSTER, SetUp, &[Run("check --skip-connection-test")]),
        ("check", WORKGROUP, SetUp, &[Run("check --skip-connection-test")]),
        ("check", CLUSTER, Fresh, &[LogsIn, Given(INIT), Meanwhile(confirm), Run("check")]),
        ("add-bucket", CLUSTER, SetUp, &[Run(ADD)]),
        ("remove-bucket", CLUSTER, SetUp, &[Given(ADD), Run("remove-bucket --bucket sales-jmc-more --yes")]),
        ("undo", CLUSTER, SetUp, &[Run("undo --yes")]),
        ("lock", CLUSTER, SetUp, &[Meanwhile(hold), Run("lock show"), Run("lock release --id abc")]),
        ("test-connection", CLUSTER, SetUp, &[LogsIn, Run(TEST)]),
        ("test-connection", CLUSTER, SetUp, &[LogsIn, Run("test-connection --database dev --host HOST --auth iam --db-user jmc")]),
        ("test-connection", CLUSTER, SetUp, &[LogsIn, Run("test-connection --database dev --host HOST --user jmc --password-secret SECRET")]),
        ("test-connection", WORKGROUP, SetUp, &[LogsIn, Run(TEST)]),
        ("--policy-home", CLUSTER, SetUp, &[Run("apply --policy-home managed --yes"), Meanwhile(use_versions), Run(ADD), Run("apply --policy-home inline --yes")]),
    ]
};

/// Lets somebody hold the lock of a role.
fn hold(sandbox: &Sandbox) {
    hold_in(sandbox, &key_of("acme-jmc-app-role"), "abc", 100);
}

/// Lets everybody confirm their subscriptions.
fn confirm(sandbox: &Sandbox) {
    sandbox.state(|state| {
        let topics = state.topics.values_mut();
        for subscription in topics.flat_map(|topic| &mut topic.subscriptions) {
            subscription.pending = false;
        }
    });
}

/// Lets the site's managed policies have as many versions as IAM keeps.
fn use_versions(sandbox: &Sandbox) {
    sandbox.state(|state| {
        for policy in &mut state.policies {
            if policy.name.starts_with("jmc-sales-") {
                let first = policy.versions[0].clone();
                policy.default = 5;
                policy.next = 6;
                policy.versions = (1..=5)
                    .map(|number| PolicyVersion {
                        number,
                        ..first.clone()
                    })
                    .collect();
            }
        }
    });
}

/// An AWS and a folder with the site set up, to begin from.
struct Prepared {
    state: State,
    folder: TempDir,
}

impl Prepared {
    fn new(host: &str) -> Self {
        let (sandbox, folder) = (Sandbox::jmc(), tempfile::tempdir().expect("a folder"));
        let (exit, said) = tell(&sandbox, folder.path(), host, INIT, None);
        assert_eq!(exit, Exit::Done, "{said}");
        confirm(&sandbox);
        let state = sandbox.state(|state| state.clone());
        Self { state, folder }
    }

    fn of(host: &str) -> &'static Self {
        static PREPARED: LazyLock<[Prepared; 2]> =
            LazyLock::new(|| [CLUSTER, WORKGROUP].map(Prepared::new));
        &PREPARED[usize::from(host == WORKGROUP)]
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(std::fs::copy(&path, &to).expect("a file")),
        }
    }
}

/// Runs a command line in this process, and returns how it ended and what it said.
fn tell(
    sandbox: &Sandbox,
    folder: &Path,
    host: &str,
    line: &str,
    warehouse: Option<&Warehouse>,
) -> (Exit, String) {
    let site = folder.join("jmc-site.json").display().to_string();
    let ca_file = folder.join("ca.pem").display().to_string();
    let mut argv = vec!["jmc-site"];
    for word in line.split_whitespace() {
        match word {
            "HOST" => argv.push(host),
            "SECRET" => argv.push(SECRET),
            "LOGIN" if warehouse.is_some() => argv.extend(["--user", "jmc", "--auth", "iam"]),
            "LOGIN" => argv.extend(["--user", "jmc", "--skip-connection-test"]),
            word => argv.push(word),
        }
    }
    argv.extend(["--site", &site, "--no-input"]);
    let mut dial = None;
    if let Some(warehouse) = warehouse {
        std::fs::write(&ca_file, warehouse.ca_pem()).expect("a file");
        // Others find it in the site file.
        if line.starts_with("init") || line.starts_with("test-connection") {
            argv.extend(["--ca-file", &ca_file]);
        }
        dial = Some(format!("127.0.0.1:{}", warehouse.port()));
    }
    let paper = Paper::default();
    let environment = Environment {
        variable: Box::new(move |name| dial.clone().filter(|_| name == "JMC_SITE_REDSHIFT_DIAL")),
        sdk: Some(sandbox.sdk_config(REGION)),
        stdin: None,
        can_ask: Some(false),
        prompter: None,
        ui: Some(Ui::to(
            Lang::En,
            Output::Human,
            Box::new(paper.clone()),
            Box::new(paper.clone()),
        )),
        signals: false,
        runtime: None,
    };
    let exit = run(argv.into_iter().map(Into::into).collect(), &environment);
    (exit, paper.text())
}

/// How a story ended.
struct Told {
    exit: Exit,
    /// What its last run said.
    said: String,
    /// The actions and ARNs that its calls needed.
    needed: BTreeSet<(String, String)>,
}

impl Story {
    fn all() -> Vec<Self> {
        let story = |&(command, host, begin, steps)| Self {
            command,
            host,
            begin,
            steps,
        };
        STORIES.iter().map(story).collect()
    }

    fn name(&self) -> String {
        let runs = self.steps.iter().filter_map(|step| match step {
            Step::Run(line) => Some(*line),
            _ => None,
        });
        let runs: Vec<&str> = runs.collect();
        format!("{} from {:?} at {}", runs.join("; "), self.begin, self.host)
    }

    /// Tells the story under a policy, up to its first run that fails.
    fn under(&self, policy: &Value) -> Told {
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox = Sandbox::jmc();
        if self.begin != Begin::Fresh {
            copy(Prepared::of(self.host).folder.path(), folder.path());
        }
        if self.begin == Begin::SetUp {
            sandbox.state(|state| *state = Prepared::of(self.host).state.clone());
        }
        sandbox.keep_secret(SECRET, PASSWORD);
        let logins = sandbox.clone();
        let (_, domain) = self.host.split_once('.').expect("a name in a domain");
        let logs_in = matches!(self.steps, [Step::LogsIn, ..]);
        let warehouse = logs_in.then(|| {
            Warehouse::start(Options {
                names: vec![format!("*.{domain}")],
                temporary: Temporary::found_by(move |user| logins.login(user)),
                ..Options::default()
            })
        });
        let run = |line: &str| tell(&sandbox, folder.path(), self.host, line, warehouse.as_ref());
        let (mut exit, mut said) = (Exit::Done, String::new());
        for step in self.steps {
            match step {
                Step::LogsIn => {}
                Step::Meanwhile(happens) => happens(&sandbox),
                Step::Given(line) => {
                    let (exit, said) = run(line);
                    assert_eq!(exit, Exit::Done, "{said}");
                }
                Step::Run(line) => {
                    sandbox.enforce(&policy.to_string());
                    (exit, said) = run(line);
                    sandbox.state(|state| state.identity_policy = None);
                    if exit != Exit::Done {
                        break;
                    }
                }
            }
        }
        let needed = sandbox.state(|state| std::mem::take(&mut state.needed));
        Told { exit, said, needed }
    }
}

fn statements(policy: &Value) -> &[Value] {
    policy["Statement"].as_array().expect("statements")
}

fn actions(statement: &Value) -> Vec<&str> {
    match &statement["Action"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// A policy from which something was taken away.
struct Less {
    what: String,
    policy: Value,
    actions: Vec<String>,
}

/// Takes each statement away, or each action of those that have several.
fn less(policy: &Value, by_action: bool) -> Vec<Less> {
    let mut all = Vec::new();
    for (index, statement) in statements(policy).iter().enumerate() {
        let sid = statement["Sid"].as_str().expect("a Sid").to_owned();
        let own = actions(statement);
        if !by_action {
            let mut policy = policy.clone();
            let statements = policy["Statement"].as_array_mut().expect("statements");
            statements.remove(index);
            let actions = own.into_iter().map(str::to_owned).collect();
            all.push(Less {
                what: sid,
                policy,
                actions,
            });
        } else if own.len() > 1 {
            for action in &own {
                let mut policy = policy.clone();
                let left: Vec<&&str> = own.iter().filter(|other| *other != action).collect();
                policy["Statement"][index]["Action"] = left.into_iter().copied().collect();
                let actions = vec![(*action).to_owned()];
                let what = format!("{action} of {sid}");
                all.push(Less {
                    what,
                    policy,
                    actions,
                });
            }
        }
    }
    all
}

impl Less {
    /// Says whether a story misses what was taken away. A story that fails has to name it, and one
    /// that does not fail gets on without.
    fn misses(&self, story: &Story, needed: &BTreeSet<(String, String)>) -> Result<bool, String> {
        // Otherwise it would be told as it was with the whole policy.
        if needed
            .iter()
            .all(|(action, arn)| allows(&self.policy, action, arn))
        {
            return Ok(false);
        }
        let told = story.under(&self.policy);
        if told.exit == Exit::Done {
            return Ok(false);
        }
        // S3 answers a look at a bucket without a word of why; the hint then names the action.
        let denied = ["JMC-AWS-DENIED", "JMC-S3-OWNER"];
        let denied = denied.iter().any(|code| told.said.contains(code));
        if denied && self.actions.iter().any(|action| told.said.contains(action)) {
            return Ok(true);
        }
        Err(format!(
            "without {}: {}: {}",
            self.what,
            story.name(),
            told.said
        ))
    }
}

/// Does something for all of a list, on as many threads as there are processors.
fn for_all<T: Sync>(all: &[T], each: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    each(one);
                }
            });
        }
    });
}

/// Returns every story with what it needs, told under the whole policy.
fn told_in_full(policy: &Value) -> Vec<(Story, BTreeSet<(String, String)>)> {
    let tell = |story: Story| {
        let told = story.under(policy);
        assert_eq!(told.exit, Exit::Done, "{}: {}", story.name(), told.said);
        (story, told.needed)
    };
    Story::all().into_iter().map(tell).collect()
}

/// Returns the README's table: each statement and the commands that need it.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let words = |cell: &str| -> BTreeSet<String> {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(str::to_owned).collect()
    };
    let rows = rows(section("## Permissions of the operator"));
    rows.into_iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), words(row[1])))
        .collect()
}

#[test]
fn every_command_runs_with_the_policy_and_misses_what_the_table_says() {
    let policy = block("json policy");
    let stories = told_in_full(&policy);
    let table = table();
    let sids: BTreeSet<&str> = statements(&policy)
        .iter()
        .filter_map(|statement| statement["Sid"].as_str())
        .collect();
    assert_eq!(
        table.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        sids
    );
    let wrong = std::sync::Mutex::new(Vec::new());
    for_all(&less(&policy, false), |less| {
        let mut missed = BTreeSet::new();
        for (story, needed) in &stories {
            match less.misses(story, needed) {
                Ok(true) => drop(missed.insert(story.command.to_owned())),
                Ok(false) => {}
                Err(said) => wrong.lock().expect("the list").push(said),
            }
        }
        if table[&less.what] != missed {
            let missed: Vec<String> = missed.iter().map(|name| format!("`{name}`")).collect();
            let row = format!("| `{}` | {} |", less.what, missed.join(", "));
            wrong.lock().expect("the list").push(row);
        }
    });
    let wrong = wrong.into_inner().expect("the list");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_action_of_the_policy_is_missed_by_some_command() {
    let policy = block("json policy");
    let stories = told_in_full(&policy);
    let idle = std::sync::Mutex::new(Vec::new());
    for_all(&less(&policy, true), |less| {
        let missed = |(story, needed): &(Story, _)| less.misses(story, needed) == Ok(true);
        if !stories.iter().any(missed) {
            idle.lock().expect("the list").push(less.what.clone());
        }
    });
    let idle = idle.into_inner().expect("the list");
    assert!(idle.is_empty(), "{idle:?}");
}
