//! The commands that are disturbed: what each begins with, the calls that it makes when nothing
//! goes wrong, and where that leaves AWS and the site file.

use crate::grow_buckets::SYSTEM;
use crate::grow_check::{ECS, SITE_ROLE};
use crate::sandbox::seed::{POLICY, app_policy};
use crate::sandbox::state::State;
use crate::sandbox::{Entry, Fault, REGION, Rule, Service};
use crate::support::binary::SALES;
use crate::support::{Ended, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// The roles that others have granted things too, in policies that the site's buckets go into.
pub const SHARED_ROLES: [&str; 2] = [ECS, "acme-jmc-api-role"];

/// A statement of somebody else, written as nobody's formatter would write it.
pub const FOREIGN: &str = "{\"Sid\" :\"Foreign\",\"Action\":[ \"sqs:SendMessage\",\n\t\t\"sqs:Get*\"],\
    \"Effect\":\"Allow\",   \"Resource\":\"arn:aws:sqs:*:123456789012:caf\\u00e9-*\",\n \
    \"Condition\":{\"StringLike\":{\"aws:PrincipalTag/team\":[\"a\" , \"b\"]}}}";

/// A call among those of a run: which operation on what, and which of these in their order.
/// Steps run side by side, so that the place in the order of all calls means nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    pub service: Service,
    pub operation: String,
    pub resource: String,
    pub nth: u64,
    pub write: bool,
}

impl Address {
    /// Returns a rule for this one call.
    pub fn rule(&self, fault: Fault) -> Rule {
        Rule::on(self.service, &self.operation, fault)
            .resource(&self.resource)
            .nth(self.nth)
    }
}

impl Address {
    /// Says whether an entry of the journal is of the same operation on the same resource.
    pub fn is(&self, entry: &Entry) -> bool {
        entry.call() == self.call() && entry.resource == self.resource
    }

    /// Returns `service:Operation`.
    pub fn call(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            service,
            operation,
            resource,
            nth,
            ..
        } = self;
        write!(f, "{service}:{operation} {resource} #{nth}")
    }
}

/// A command, and what an undisturbed run of it does.
pub struct Scene {
    /// What it is called in a failure.
    pub title: &'static str,
    pub arguments: Vec<String>,
    before: State,
    file: Option<Vec<u8>>,
    /// The calls of an undisturbed run.
    pub calls: Vec<Address>,
    /// AWS before.
    pub began: Value,
    /// AWS after an undisturbed run.
    pub ended: Value,
    /// The site file as it may be at any moment: before, when changes begin, after.
    pub files: [Option<Vec<u8>>; 3],
}

impl Scene {
    /// Plays the command undisturbed.
    #[track_caller]
    fn of(
        title: &'static str,
        world: &World,
        (before, file): (&State, &Option<Vec<u8>>),
        arguments: &[&str],
    ) -> Self {
        let mut scene = Self {
            title,
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            before: before.clone(),
            file: file.clone(),
            calls: Vec::new(),
            began: Value::Null,
            ended: Value::Null,
            files: [file.clone(), None, None],
        };
        scene.set(world);
        scene.began = world.sandbox.snapshot();
        let refused = Rule::any(Fault::AccessDenied).writes().always();
        world.sandbox.fault(refused);
        run(world, &scene.arguments).exits(1);
        scene.files[1] = file_of(world);
        assert_eq!(world.sandbox.snapshot(), scene.began);

        scene.set(world);
        run(world, &scene.arguments).exits(0);
        scene.files[2] = file_of(world);
        scene.ended = world.sandbox.snapshot();
        scene.calls = addresses(&world.sandbox.journal());
        assert_ne!(scene.began, scene.ended);
        scene
    }

    /// Sets AWS and the folder to the beginning.
    pub fn set(&self, world: &World) {
        world.heal();
        world.sandbox.clear_journal();
        world.sandbox.state(|state| state.clone_from(&self.before));
        match &self.file {
            Some(bytes) => std::fs::write(world.site_file(), bytes).expect("a file"),
            None => drop(std::fs::remove_file(world.site_file())),
        }
        // There is none before the first edit.
        let _ = std::fs::remove_dir_all(world.path("jmc-site.json.undo"));
    }

    /// Asserts what holds at any moment: the site file is whole, and of the policies nothing is
    /// lost that others have written.
    #[track_caller]
    pub fn assert_sound(&self, world: &World) {
        let file = file_of(world);
        assert!(
            self.files.contains(&file),
            "{}",
            String::from_utf8_lossy(&file.unwrap_or_default())
        );
        for name in SHARED_ROLES {
            let text = world.sandbox.state(|state| {
                let role = state.role(name).expect("the role");
                role.policy(POLICY).expect("the policy").to_owned()
            });
            assert!(text.contains(FOREIGN), "{text}");
        }
    }

    /// Says whether AWS and the site file are as an undisturbed run leaves them.
    pub fn is_complete(&self, world: &World) -> bool {
        world.sandbox.snapshot() == self.ended && file_of(world) == self.files[2]
    }

    /// Asserts that AWS and the site file are as an undisturbed run leaves them. AWS has no lock
    /// then.
    #[track_caller]
    pub fn assert_complete(&self, world: &World) {
        let now = world.sandbox.snapshot();
        assert!(
            now == self.ended,
            "is not as undisturbed:\n{}",
            difference(&now, &self.ended).join("\n")
        );
        assert!(locks(world).is_empty(), "{:?}", locks(world));
        assert_eq!(file_of(world), self.files[2]);
    }

    /// Lets the leases of the scene's own run be over, as time does.
    #[track_caller]
    pub fn end_leases(&self, world: &World) {
        world.sandbox.state(|state| {
            let bucket = state.bucket(SYSTEM).expect("the bucket");
            for object in bucket.objects.values_mut() {
                let mut holder: Value = serde_json::from_slice(&object.body).expect("a lock");
                // The one that goes on may hold locks of other roles already.
                if holder["command"] != *self.arguments[0] {
                    continue;
                }
                let (begin, end) = (holder["time"].as_u64(), holder["expires"].as_u64());
                let lease = begin.zip(end).map(|(begin, end)| end - begin);
                assert_eq!(lease, Some(120), "{holder}");
                holder["expires"] = begin.map(|time| time - 1).into();
                object.body = holder.to_string().into_bytes();
                object.checksum = None;
            }
        });
    }
}

/// Runs a command line in this process, with the deadlines that the program has, on a clock
/// that nobody has to wait for.
#[track_caller]
pub fn run(world: &World, arguments: &[String]) -> Ended {
    let (command, rest) = arguments.split_first().expect("a command");
    let sdk = world.sandbox.sdk_config(REGION).to_builder();
    let sdk = sdk.timeout_config(jmc_site::aws::deadlines()).build();
    let run = world.asks(command).arguments(rest).nobody();
    run.sdk(sdk).paused().end()
}

/// Returns the site file as it is.
pub fn file_of(world: &World) -> Option<Vec<u8>> {
    std::fs::read(world.site_file()).ok()
}

/// Returns the keys of the locks that there are.
pub fn locks(world: &World) -> Vec<String> {
    world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        bucket.objects.keys().cloned().collect()
    })
}

/// Returns where two values differ, by JSON pointer.
fn difference(now: &Value, wanted: &Value) -> Vec<String> {
    fn walk(path: &str, now: &Value, wanted: &Value, found: &mut Vec<String>) {
        if let (Value::Object(now), Value::Object(wanted)) = (now, wanted) {
            let keys: BTreeSet<&String> = now.keys().chain(wanted.keys()).collect();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| {
                    map.get(key).cloned().unwrap_or_default()
                };
                walk(&format!("{path}/{key}"), &of(now), &of(wanted), found);
            }
        } else if now != wanted {
            found.push(format!("{path}: {now} instead of {wanted}"));
        }
    }
    let mut found = Vec::new();
    walk("", now, wanted, &mut found);
    found
}

fn addresses(journal: &[Entry]) -> Vec<Address> {
    let mut seen = BTreeMap::new();
    let address = |entry: &Entry| {
        let key = (entry.call(), entry.resource.clone());
        let nth = seen.entry(key).and_modify(|nth| *nth += 1).or_insert(1);
        Address {
            service: Service::named(&entry.service).expect("a service"),
            operation: entry.operation.clone(),
            resource: entry.resource.clone(),
            nth: *nth,
            write: entry.write,
        }
    };
    journal.iter().map(address).collect()
}

/// Returns the commands that change something, and `apply` to the other home of the grants and
/// back, each of which has been played once.
pub fn scenes() -> &'static [Arc<Scene>] {
    static SCENES: OnceLock<Vec<Arc<Scene>>> = OnceLock::new();
    SCENES.get_or_init(|| all().into_iter().map(Arc::new).collect())
}

/// Returns one scene for each command, without those that only write something else.
pub fn commands() -> &'static [Arc<Scene>] {
    &scenes()[..4]
}

/// Puts a statement of somebody else into the policies that the site's buckets go into.
fn share(state: &mut State) {
    let text = app_policy(&["acme-csa-data-bucket", SYSTEM]).to_string();
    let begin = "\"Statement\":[";
    let text = text.replacen(begin, &format!("{begin} {FOREIGN},\n"), 1);
    assert!(text.contains(FOREIGN), "{text}");
    for role in SHARED_ROLES {
        let role = state.role(role).expect("the role");
        role.set_policy(POLICY, &text);
    }
}

fn all() -> [Scene; 6] {
    let world = World::jmc();
    world.sandbox.state(share);
    let now = || {
        let state = world.sandbox.state(|state| state.clone());
        (state, file_of(&world))
    };
    let play = |title, from: &(State, Option<Vec<u8>>), arguments: &[&str]| {
        Scene::of(title, &world, (&from.0, &from.1), arguments)
    };

    // One bucket less: every run looks at all of them, twice.
    let flags = SALES.map(|flag| match flag {
        "sales-jmc-program" => "sales-jmc-sql",
        flag => flag,
    });
    let init: Vec<&str> = ["init", "--no-input", "--skip-connection-test", "--yes"]
        .into_iter()
        .chain(flags)
        .collect();
    let init = play("init", &now(), &init);
    let site = now();
    let add = [
        "add-bucket",
        "--bucket=data=sales-more-data",
        "--bucket=sql=sales-more-sql",
        "--data-folder=import/daily",
        "--yes",
    ];
    let add = play("add-bucket", &site, &add);
    let remove = [
        "remove-bucket",
        "--bucket=sales-more-data",
        "--bucket=sales-more-sql",
        "--yes",
    ];
    let remove = play("remove-bucket", &now(), &remove);
    let (mut broken, file) = site.clone();
    ruin(&mut broken);
    let mend = play("apply", &(broken, file), &["apply", "--yes"]);
    let to = |home| ["apply", "--policy-home", home, "--yes"];
    let away = play("apply, to managed policies", &site, &to("managed"));
    let back = play("apply, to inline policies", &now(), &to("inline"));
    [init, add, remove, mend, away, back]
}

/// Breaks the site in every way that `apply` mends.
fn ruin(state: &mut State) {
    let key = ("aws".to_owned(), "sales-jmc-sql".to_owned());
    state.buckets.remove(&key).expect("the bucket");
    let data = state.bucket("sales-jmc-data").expect("the bucket");
    data.objects.clear();
    data.public_access_block = None;
    data.tags = None;
    state.topics.clear();
    state.roles.retain(|role| role.name != SITE_ROLE);
    let cluster = state.cluster("csa-dwh").expect("the cluster");
    cluster.roles.retain(|role| !role.arn.ends_with(SITE_ROLE));
    for (role, lost) in SHARED_ROLES
        .into_iter()
        .zip(["sales-jmc-sql", "sales-jmc-data"])
    {
        let role = state.role(role).expect("the role");
        let text = role.policy(POLICY).expect("the policy").to_owned();
        role.set_policy(
            POLICY,
            &text.replace(&format!(":::{lost}"), ":::acme-csa-data-bucket"),
        );
    }
}
