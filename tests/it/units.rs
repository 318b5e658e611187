//! Round trips on the critical path, counted where they can't be noise: on a clock that stands
//! still, every AWS call takes exactly one unit and everything else takes none. So a run's time is
//! how many answers of AWS it waited for one after the other.
//!
//! `cargo test --locked --test it units:: -- --nocapture` prints the tables.

use crate::sandbox::seed::{POLICY, app_policy};
use crate::sandbox::state::Attaching;
use crate::sandbox::{Fault, REGION, Rule as FaultRule, Sandbox, Service};
use crate::support::binary::SALES;
use jmc_site::error::Error;
use jmc_site::messages::{Lang, Text};
use jmc_site::prompt::scripted::{Reply, Scripted};
use jmc_site::prompt::{Prompter, QuestionId as Q, Rule};
use jmc_site::secret::Secret;
use jmc_site::ui::{Output, Ui};
use jmc_site::{Environment, run};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

/// How long every call takes.
const UNIT: Duration = Duration::from_secs(1);

/// How many requests a service may be sent at a time, whatever the size of a site.
const AT_ONCE: [(&str, usize); 3] = [("s3", 100), ("iam", 12), ("sns", 12)];

/// An AWS at one unit a call, and a folder for the site file.
struct World {
    sandbox: Sandbox,
    runtime: Arc<Runtime>,
    folder: TempDir,
}

/// How often each operation was called, by the unit in which it was.
type Timeline = BTreeMap<u64, BTreeMap<String, usize>>;

/// What a run took, in units.
struct Took {
    /// Up to the confirmation; all of it where there was none.
    before: Duration,
    /// From the confirmation to the end, which is the saved file.
    after: Duration,
    /// How many calls there were.
    calls: usize,
    /// The calls of each unit, by operation.
    timeline: Timeline,
}

/// A script that looks at the clock when the plan is confirmed.
struct Confirming<'a> {
    script: Scripted,
    runtime: &'a Runtime,
    confirmed: Option<Instant>,
}

impl Prompter for Confirming<'_> {
    fn text(
        &mut self,
        id: Q,
        question: &Text,
        default: Option<&str>,
        rule: Rule<'_>,
    ) -> Result<String, Error> {
        self.script.text(id, question, default, rule)
    }

    fn secret(&mut self, id: Q, question: &Text) -> Result<Option<Secret>, Error> {
        self.script.secret(id, question)
    }

    fn confirm(&mut self, id: Q, question: &Text, default: bool) -> Result<bool, Error> {
        if id == Q::Apply {
            self.confirmed = Some(now(self.runtime));
        }
        self.script.confirm(id, question, default)
    }

    fn select(&mut self, id: Q, q: &Text, items: &[Text], default: usize) -> Result<usize, Error> {
        self.script.select(id, q, items, default)
    }

    fn select_many(
        &mut self,
        id: Q,
        question: &Text,
        items: &[Text],
        defaults: &[bool],
    ) -> Result<Vec<usize>, Error> {
        self.script.select_many(id, question, items, defaults)
    }
}

/// Returns the time of the runtime's clock.
fn now(runtime: &Runtime) -> Instant {
    let _inside = runtime.enter();
    Instant::now()
}

fn units(time: Duration) -> u64 {
    assert_eq!(
        time.as_nanos() % UNIT.as_nanos(),
        0,
        "{time:?}: something waited that is no call"
    );
    time.as_secs() / UNIT.as_secs()
}

impl World {
    fn jmc() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        let sandbox = Sandbox::jmc();
        sandbox.latency_everywhere(UNIT);
        Self {
            sandbox,
            runtime: Arc::new(runtime.expect("a runtime")),
            folder: TempDir::new().expect("a folder"),
        }
    }

    /// The site `sales` with its three topics.
    fn sales() -> Self {
        let world = Self::jmc();
        world.init();
        world
    }

    /// Runs `init` with every answer in flags, so that nothing but to go on is asked. The connection
    /// test is left out: it is no call of AWS, and its sockets are real.
    #[track_caller]
    fn init(&self) -> Took {
        let all = SALES.map(|flag| match flag {
            "failure" => "success,failure,maintenance",
            flag => flag,
        });
        let more = [
            "--skip-connection-test",
            "--redshift-role=jmc-sales-redshift-role",
            "--topic=success=jmc-sales-success",
            "--topic=failure=jmc-sales-failure",
            "--topic=maintenance=jmc-sales-maintenance",
            "--subscribe=success=email:ops@example.com",
            "--subscribe=maintenance=email:ops@example.com",
        ];
        let replies = [
            (Q::Account, Reply::Say(true)),
            (Q::Review, Reply::Enter),
            (Q::Apply, Reply::Say(true)),
        ];
        let arguments = ["init"].into_iter().chain(all).chain(more);
        let took = self.run(arguments, replies, 0);
        assert!(self.folder.path().join("jmc-site.json").exists());
        took
    }

    /// Runs `add-bucket` with so many new ones.
    #[track_caller]
    fn add(&self, buckets: usize) -> Took {
        let names = (0..buckets).map(|n| format!("--bucket=data=more-{n:03}"));
        let arguments = ["add-bucket", "--data-folder=in"].map(str::to_owned);
        let replies = [(Q::Apply, Reply::Say(true))];
        self.run(arguments.into_iter().chain(names), replies, 0)
    }

    /// Plays the readers of the confirmation messages.
    fn confirm_subscriptions(&self) {
        self.sandbox.state(|state| {
            for topic in state.topics.values_mut() {
                for subscription in &mut topic.subscriptions {
                    subscription.pending = false;
                }
            }
        });
    }

    #[track_caller]
    fn run<A: Into<String>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        replies: impl IntoIterator<Item = (Q, Reply)>,
        exit: i32,
    ) -> Took {
        let path = |name: &str| self.folder.path().join(name);
        let talk = File::create(path("stderr")).expect("a file");
        let site = [
            "--site".to_owned(),
            path("jmc-site.json").display().to_string(),
        ];
        let argv = ["jmc-site".to_owned()]
            .into_iter()
            .chain(arguments.into_iter().map(Into::into))
            .chain(site);
        let mut prompter = Confirming {
            script: Scripted::new(replies),
            runtime: &self.runtime,
            confirmed: None,
        };
        self.sandbox.clear_journal();
        let began = now(&self.runtime);
        let ended = {
            let environment = Environment {
                variable: Box::new(|_| None),
                sdk: Some(self.sandbox.sdk_config(REGION)),
                stdin: None,
                can_ask: Some(true),
                prompter: Some(RefCell::new(&mut prompter)),
                ui: Some(Ui::to(
                    Lang::En,
                    Output::Human,
                    Box::new(std::io::sink()),
                    Box::new(talk),
                )),
                signals: false,
                runtime: Some(Arc::clone(&self.runtime)),
            };
            run(argv.map(Into::into).collect(), &environment)
        };
        let end = now(&self.runtime);
        let talk = std::fs::read_to_string(path("stderr")).expect("text");
        assert_eq!(ended as i32, exit, "{talk}");
        prompter.script.finish().expect("every reply is used");
        let confirmed = prompter.confirmed.unwrap_or(end);
        Took {
            before: confirmed - began,
            after: end - confirmed,
            calls: self.sandbox.journal().len(),
            timeline: self.timeline(began),
        }
    }

    /// Returns the calls of each unit.
    fn timeline(&self, began: Instant) -> Timeline {
        let mut all = Timeline::new();
        for entry in self.sandbox.journal() {
            let unit = (entry.came - began).as_secs() + 1;
            *all.entry(unit)
                .or_default()
                .entry(entry.call())
                .or_default() += 1;
        }
        all
    }
}

impl Took {
    #[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
    fn print(&self, what: &str) {
        println!("{what}");
        for (unit, calls) in &self.timeline {
            let calls = calls.iter().map(|(call, count)| format!("{count} {call}"));
            println!("{unit:>4}  {}", calls.collect::<Vec<_>>().join(", "));
        }
        println!();
    }

    /// Asserts that no service was sent more at a time than it is meant to take.
    #[track_caller]
    fn assert_bounded(&self, what: &str) {
        for (unit, calls) in &self.timeline {
            for (service, most) in AT_ONCE {
                let of_service = calls.iter().filter(|(call, _)| call.starts_with(service));
                let sent: usize = of_service.map(|(_, count)| count).sum();
                assert!(sent <= most, "{what}: {sent} of {service} in unit {unit}");
            }
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn few_answers_of_aws_are_waited_for() {
    let world = World::jmc();
    let init = world.init();
    let apply = world.run(["apply"], [], 0);
    world.confirm_subscriptions();
    let check = world.run(["check", "--skip-connection-test"], [], 0);
    let [one, ten, hundred] = [1, 10, 100].map(|buckets| World::sales().add(buckets));
    let all = |took: &Took| units(took.before + took.after);
    let (before, after) = (units(init.before), units(init.after));
    let rows = [
        ("init, before the confirmation", before, 6, &init),
        ("init, from there to the saved file", after, 12, &init),
        ("add-bucket of 1", all(&one), 20, &one),
        ("add-bucket of 10", all(&ten), 20, &ten),
        ("add-bucket of 100", all(&hundred), 20, &hundred),
        ("apply with nothing to do", all(&apply), 5, &apply),
        ("check", all(&check), 5, &check),
    ];

    for (what, _, _, took) in &rows[1..] {
        took.print(what);
    }
    println!("{:36}{:>6}{:>9}{:>7}", "", "units", "at most", "calls");
    for (what, units, most, took) in &rows {
        println!("{what:36}{units:>6}{most:>9}{:>7}", took.calls);
    }
    for (what, units, most, took) in rows {
        assert!(units <= most, "{what}: {units} units");
        took.assert_bounded(what);
    }
}

#[test]
fn the_policies_of_a_role_are_read_a_few_at_a_time() {
    let world = World::sales();
    world.sandbox.state(|state| {
        for name in ["acme-jmc-app-role", "acme-jmc-api-role"] {
            let role = state.role(name).expect("the role");
            for n in 0..20 {
                role.set_policy(&format!("other-{n}"), &app_policy(&["else"]).to_string());
            }
        }
    });
    let took = world.run(["apply"], [], 0);
    let reads = |calls: &BTreeMap<String, usize>| calls.get("iam:GetRolePolicy").copied();
    let reads: Vec<usize> = took.timeline.values().filter_map(reads).collect();
    // The three of the site, one for logs, and these.
    assert_eq!(reads.iter().sum::<usize>(), 4 + 2 * 20);
    assert!(reads.iter().all(|reads| *reads <= 8), "{reads:?}");
    assert_eq!(reads.len(), 6, "{reads:?}");
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn attaching_a_role_is_waited_for_beside_everything_else() {
    let at_once = World::jmc().init();
    let world = World::jmc();
    let attaching = Attaching {
        reads: 2,
        time: Duration::ZERO,
    };
    world.sandbox.state(|state| state.attaching = attaching);
    let later = world.init();
    println!("from the confirmation to the saved file, with the role");
    let (at_once, later) = (units(at_once.after), units(later.after));
    println!("  in sync at once           {at_once:>3} units");
    println!("  in sync at the third look {later:>3} units");
    // The role is made and attached, looked at three times with pauses of 3 s, and read back with all
    // else, which happened meanwhile.
    assert_eq!(later, 1 + 1 + 3 + 2 * 3 + 1);
}

/// Returns the writes to a role's lock and policy, in order.
fn writes_of(world: &World, role: &str) -> Vec<String> {
    let mut journal = world.sandbox.journal();
    let (lock, policy) = (format!("/{role}.json"), format!("{role}/{POLICY}"));
    journal.retain(|entry| {
        entry.write && (entry.resource.ends_with(&lock) || entry.resource == policy)
    });
    journal.into_iter().map(|entry| entry.operation).collect()
}

#[test]
fn a_lock_that_has_grown_old_is_taken_anew_before_anything_is_written() {
    let world = World::sales();
    // The bucket takes three attempts while the roles are locked, and to read a policy takes the rest.
    let busy = Fault::Refused(503, "SlowDown");
    let rule = FaultRule::on(Service::S3, "CreateBucket", busy);
    world.sandbox.fault(rule.times(2));
    world.sandbox.latency(Service::S3, Duration::from_secs(12));
    world.sandbox.latency(Service::Iam, Duration::from_secs(20));
    world.add(1);
    let wanted = [
        "PutObject",
        "DeleteObject",
        "PutObject",
        "PutRolePolicy",
        "DeleteObject",
    ];
    assert_eq!(writes_of(&world, "acme-jmc-app-role"), wanted);
}

#[test]
fn a_policy_that_can_not_be_read_while_its_lock_holds_is_left_as_it_is() {
    let world = World::sales();
    world.sandbox.latency(Service::Iam, Duration::from_secs(50));
    let add = ["add-bucket", "--bucket=data=more", "--data-folder=in"];
    let replies = [(Q::Apply, Reply::Say(true))];
    world.run(add, replies, 1);
    let talk = std::fs::read_to_string(world.folder.path().join("stderr")).expect("text");
    assert!(talk.contains("error JMC-LOCK-LATE: "), "{talk}");
    let wanted = ["PutObject", "DeleteObject"].repeat(3);
    assert_eq!(writes_of(&world, "acme-jmc-app-role"), wanted);
}
