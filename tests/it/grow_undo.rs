//! `undo`: policies as they were before the last run, and only where that run wrote the last word.

use crate::grow_buckets::{ROLES, assert_unlocked, policies, policy, sales};
use crate::grow_lock::{hold, key_of, release, until, waits_for};
use crate::sandbox::{OTHER_ACCOUNT, seed};
use crate::support::World;
use jmc_site::prompt::QuestionId as Q;
use jmc_site::prompt::scripted::Reply;
use serde_json::Value;
use std::path::PathBuf;

const ADD: [&str; 4] = [
    "add-bucket",
    "--bucket=data=sales-more-data",
    "--data-folder=in",
    "--yes",
];

/// Returns the permissions of a file.
#[cfg(unix)]
pub fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).expect("a file");
    metadata.permissions().mode() & 0o777
}

/// Returns what is kept for undo, by extension.
fn kept(world: &World, extension: &str) -> Vec<PathBuf> {
    let folder = world.path("jmc-site.json.undo");
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.expect("it").path()).collect();
    all.sort();
    all.retain(|path| path.extension().is_some_and(|known| known == extension));
    all
}

fn undo(world: &World) -> crate::support::Ended {
    world.sandbox.clear_journal();
    world.program(["undo", "--yes"]).end()
}

#[test]
fn every_policy_is_kept_before_it_is_replaced_and_for_its_owner_alone() {
    let world = sales();
    let files = kept(&world, "json");
    assert_eq!(files.len(), 3);
    let now = policies(&world);
    for file in &files {
        #[cfg(unix)]
        assert_eq!(mode(file), 0o600, "{}", file.display());
        let text = std::fs::read(file).expect("a file");
        let value: Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(value["account"], crate::sandbox::ACCOUNT);
        assert_eq!(value["command"], "init");
        assert!(
            value["time"]
                .as_str()
                .is_some_and(|time| time.ends_with('Z'))
        );
        assert!(now.iter().any(|text| value["after"] == **text), "{value}");
        let new = value["policy"] == "jmc-sales-s3-policy";
        assert_eq!(value["before"].is_null(), new, "{value}");
    }
    // Without a place to keep them no policy is written.
    let world = World::jmc();
    std::fs::write(world.path("jmc-site.json.undo"), "in the way").expect("a file");
    let before = policy_of_ecs(&world);
    world
        .init(&["--yes"])
        .end()
        .exits(1)
        .says("error JMC-FILE-WRITE: ");
    assert_eq!(policy_of_ecs(&world), before);
    assert_unlocked(&world);
}

fn policy_of_ecs(world: &World) -> String {
    policy(world, ROLES[1])
}

#[test]
fn the_last_run_is_undone_byte_for_byte_then_the_one_before_and_then_nothing() {
    let world = World::jmc();
    let manual = policy_of_ecs(&world);
    world.set_up();
    let before = policies(&world);
    world.program(ADD).end().exits(0);
    assert_ne!(policies(&world), before);
    let file = world.saved();

    world.sandbox.clear_journal();
    let dry = world.program(["undo", "--dry-run"]).end();
    dry.exits(0)
        .results("(add-bucket)")
        .results("acme-jmc-app-role  acme-app-s3-policy: ")
        .results("Dry run: nothing was changed");
    world
        .program(["undo"])
        .end()
        .exits(2)
        .says("error JMC-USAGE-YES: ");
    let declined = world.asks("undo").reply(Q::Apply, Reply::Say(false)).end();
    declined.exits(1).says("error JMC-DECLINED: ");
    world.assert_untouched();

    undo(&world)
        .exits(0)
        .results("3 policy document(s) put back.");
    assert_eq!(policies(&world), before);
    assert_unlocked(&world);
    assert_eq!(
        world.saved(),
        file,
        "the site file still describes the site"
    );
    assert_eq!(
        (kept(&world, "json").len(), kept(&world, "undone").len()),
        (3, 3)
    );
    // Every write was under the lock of its role.
    let writes: Vec<String> = world
        .sandbox
        .writes()
        .into_iter()
        .map(|entry| entry.call())
        .collect();
    let of = |call: &str| writes.iter().filter(|one| *one == call).count();
    assert_eq!(
        (
            of("iam:PutRolePolicy"),
            of("s3:PutObject"),
            of("s3:DeleteObject")
        ),
        (3, 3, 3)
    );

    // The run before that was `init`, whose new policy goes.
    let ended = world.asks("undo").reply(Q::Apply, Reply::Say(true)).end();
    ended
        .exits(0)
        .results("(init)")
        .results("jmc-sales-redshift-role  jmc-sales-s3-policy: was new, will be deleted");
    assert_eq!(policy_of_ecs(&world), manual);
    world.sandbox.state(|state| {
        let role = state.role(ROLES[0].0).expect("the role");
        assert!(role.inline.is_empty());
    });
    assert_unlocked(&world);

    undo(&world).exits(1).says("error JMC-UNDO-NOTHING: ");
    world.assert_untouched();
    assert_eq!(world.sandbox.journal(), []);
    // What was undone is a difference, and apply makes it whole again.
    world.program(["plan"]).end().exits(3);
    world.program(["apply", "--yes"]).end().exits(0);
    world.program(["plan"]).end().exits(0);
}

#[test]
fn what_somebody_has_changed_since_is_left() {
    let world = sales();
    let before = policies(&world);
    world.program(ADD).end().exits(0);
    let written = policy(&world, ROLES[2]);
    let foreign = format!("{written} ");
    let set = |text: &str| {
        world.sandbox.state(|state| {
            let role = state.role(ROLES[2].0).expect("the role");
            role.set_policy(seed::POLICY, text);
        });
    };
    set(&foreign);
    let ended = undo(&world);
    ended
        .exits(1)
        .results("2 policy document(s) put back.")
        .says(
            "error JMC-UNDO-CHANGED: The inline policy `acme-app-s3-policy` of `acme-jmc-api-role`",
        )
        .says("The text from before is in jmc-site.json.undo/");
    let [redshift, ecs, _] = before.clone();
    assert_eq!(policies(&world), [redshift, ecs, foreign]);
    // Nothing is left that could be put back, until the foreign change is gone.
    undo(&world).exits(1).says("error JMC-UNDO-NOTHING: ");
    world.assert_untouched();
    set(&written);
    undo(&world)
        .exits(0)
        .results("1 policy document(s) put back.");
    assert_eq!(policies(&world), before);
}

#[test]
fn a_change_between_the_look_and_the_lock_is_left_too() {
    let world = sales();
    world.program(ADD).end().exits(0);
    // Somebody holds the lock of one role for a while, and writes under it.
    let key = key_of(ROLES[1].0);
    hold(&world, &key, "abc", 60);
    let foreign = format!("{} ", policy(&world, ROLES[1]));
    let running = world.program(["undo", "--yes"]).start();
    until("undo waits for the lock", || waits_for(&world, &key));
    world.sandbox.state(|state| {
        let role = state.role(ROLES[1].0).expect("the role");
        role.set_policy(seed::POLICY, &foreign);
    });
    release(&world, &key);
    let ended = running.end();
    ended.exits(1).says("error JMC-UNDO-CHANGED: ");
    assert_eq!(policy(&world, ROLES[1]), foreign);
    assert_unlocked(&world);
}

#[test]
fn what_is_kept_for_another_account_is_refused() {
    let world = sales();
    world.program(ADD).end().exits(0);
    for file in kept(&world, "json") {
        let text = std::fs::read_to_string(&file).expect("a file");
        let account = format!("\"account\": \"{}\"", crate::sandbox::ACCOUNT);
        assert!(text.contains(&account), "{text}");
        let text = text.replace(&account, &format!("\"account\": \"{OTHER_ACCOUNT}\""));
        std::fs::write(&file, text).expect("a file");
    }
    let state = world.sandbox.snapshot();
    undo(&world)
        .exits(1)
        .says("error JMC-UNDO-ACCOUNT: The kept policies are of account 210987654321");
    world.assert_untouched();
    assert_eq!(world.sandbox.snapshot(), state);
    // A file that can't be read is named.
    std::fs::write(kept(&world, "json")[0].clone(), "{").expect("a file");
    undo(&world).exits(1).says("error JMC-FILE-READ: ");

    let fresh = World::jmc();
    fresh.set_up();
    std::fs::remove_dir_all(fresh.path("jmc-site.json.undo")).expect("the folder");
    undo(&fresh).exits(1).says("error JMC-UNDO-NOTHING: ");
}
