//! `add-bucket` and `remove-bucket`: what a site gains and loses, write by write.

use crate::sandbox::seed::{self, OTHER_ACCESS_KEY_ID, add_bucket};
use crate::sandbox::{ACCOUNT, Fault, REGION, Rule, Service};
use crate::support::{Ended, World};
use jmc_site::prompt::QuestionId as Q;
use jmc_site::prompt::scripted::Reply;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The bucket that JMC's installation keeps for itself, and in which roles are locked.
pub const SYSTEM: &str = "acme-csa-system-bucket";

/// The roles of the site `sales`, each with the inline policy that holds its buckets.
pub const ROLES: [(&str, &str); 3] = [
    ("jmc-sales-redshift-role", "jmc-sales-s3-policy"),
    ("acme-jmc-app-role", seed::POLICY),
    ("acme-jmc-api-role", seed::POLICY),
];

/// A world with the site `sales` and no requests so far.
#[track_caller]
pub fn sales() -> World {
    let world = World::jmc();
    world.set_up();
    world
}

/// Returns a policy of the site, whatever clients see.
pub fn policy(world: &World, (role, name): (&str, &str)) -> String {
    world.sandbox.state(|state| {
        let role = state.role(role).expect("the role");
        role.policy(name).expect("the policy").to_owned()
    })
}

/// Returns the policies of [`ROLES`].
pub fn policies(world: &World) -> [String; 3] {
    ROLES.map(|role| policy(world, role))
}

/// Says which of [`ROLES`] reach a bucket and its objects.
pub fn reach(world: &World, bucket: &str) -> [bool; 3] {
    policies(world).map(|text| {
        let [own, objects] = [
            format!("\"arn:aws:s3:::{bucket}\""),
            format!("\"arn:aws:s3:::{bucket}/*\""),
        ];
        assert_eq!(text.contains(&own), text.contains(&objects), "{text}");
        text.contains(&own)
    })
}

/// Returns how often each policy was written.
fn puts(world: &World) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for entry in world.sandbox.writes() {
        if entry.operation == "PutRolePolicy" {
            *found.entry(entry.resource).or_default() += 1;
        }
    }
    found
}

/// Asserts that each of these roles' policies was written once and no other.
#[track_caller]
fn assert_puts(world: &World, roles: &[(&str, &str)]) {
    let wanted = roles
        .iter()
        .map(|(role, policy)| (format!("{role}/{policy}"), 1));
    assert_eq!(puts(world), wanted.collect());
}

/// Asserts that nothing was tried that takes a bucket, an object but a lock, or a role away.
#[track_caller]
pub fn assert_deletes_nothing(world: &World) {
    for entry in world.sandbox.journal() {
        let deletes =
            entry.operation.starts_with("Delete") || entry.operation.starts_with("Detach");
        let lock = entry.resource.contains("/jmc-site-locks/");
        assert!(!deletes || lock, "{entry:?}");
    }
}

/// Asserts that no lock is left in the system bucket.
#[track_caller]
pub fn assert_unlocked(world: &World) {
    world.sandbox.state(|state| {
        let bucket = state.bucket(SYSTEM).expect("the bucket");
        let left: Vec<&String> = bucket.objects.keys().collect();
        assert!(left.is_empty(), "{left:?}");
    });
}

/// Takes the buckets that a site file has, by name.
fn saved(world: &World, name: &str) -> Option<Value> {
    let buckets = world.saved()["buckets"].as_array().cloned();
    let mut buckets = buckets.expect("buckets").into_iter();
    buckets.find(|bucket| bucket["name"] == name)
}

const SEVERAL: [&str; 12] = [
    "add-bucket",
    "--bucket",
    "data=sales-more-data",
    "--bucket",
    "data=sales-most-data",
    "--bucket",
    "sql=sales-more-sql",
    "--bucket",
    "program=sales-more-program",
    "--data-folder",
    "import/daily",
    "--yes",
];

#[test]
fn several_kinds_in_one_run_are_one_write_for_each_role() {
    let world = sales();
    world.program(SEVERAL).end().exits(0).results("Done.");
    assert_puts(&world, &ROLES);
    assert_deletes_nothing(&world);
    assert_unlocked(&world);
    for (name, reached, keys) in [
        ("sales-more-data", [true; 3], &["import/daily/"][..]),
        ("sales-most-data", [true; 3], &["import/daily/"]),
        ("sales-more-sql", [false, true, true], &["sql/"]),
        (
            "sales-more-program",
            [false, true, true],
            &["program/python/"],
        ),
    ] {
        assert_eq!(reach(&world, name), reached, "{name}");
        world.sandbox.state(|state| {
            let bucket = state.bucket(name).expect("the bucket");
            assert_eq!((&*bucket.account, &*bucket.region), (ACCOUNT, REGION));
            assert_eq!(bucket.objects.keys().collect::<Vec<_>>(), keys, "{name}");
            assert_eq!(bucket.tags.as_ref().expect("tags")["jmc-site"], "sales");
        });
    }
    assert_eq!(
        saved(&world, "sales-more-data"),
        Some(json!({
            "name": "sales-more-data",
            "kinds": ["data"],
            "folders": ["import/daily/"],
            "origin": "created",
        }))
    );
    // What the site had before is what it still has.
    assert_eq!(reach(&world, "sales-jmc-data"), [true; 3]);
    assert_eq!(reach(&world, "sales-jmc-sql"), [false, true, true]);
    assert_eq!(world.saved()["buckets"].as_array().map(Vec::len), Some(7));

    let (file, state) = (world.saved(), world.sandbox.snapshot());
    world.sandbox.clear_journal();
    let again = world.program(SEVERAL).end();
    again.exits(0).results("Nothing to change");
    world.assert_untouched();
    assert_eq!((world.saved(), world.sandbox.snapshot()), (file, state));
}

#[test]
fn a_bucket_for_another_kind_is_one_more_use_of_it() {
    let world = sales();
    let before = policies(&world);
    let add = ["add-bucket", "--bucket=program=sales-jmc-sql", "--yes"];
    world.program(add).end().exits(0);
    // Both uses need the same roles, so that only the marker is new.
    assert_eq!(
        world.changes(),
        ["s3:PutObject sales-jmc-sql/program/python/"]
    );
    let add = [
        "add-bucket",
        "--bucket=data=sales-jmc-sql",
        "--data-folder=in",
        "--yes",
    ];
    world.program(add).end().exits(0);
    assert_puts(&world, &ROLES[..1]);
    assert_eq!(reach(&world, "sales-jmc-sql"), [true; 3]);
    let kinds = &saved(&world, "sales-jmc-sql").expect("the bucket")["kinds"];
    assert_eq!(*kinds, json!(["data", "sql", "program"]));

    // One use goes, and with it only what no other use needs.
    world.sandbox.clear_journal();
    let remove = ["remove-bucket", "--bucket=data=sales-jmc-sql", "--yes"];
    world.program(remove).end().exits(0);
    assert_puts(&world, &ROLES[..1]);
    assert_eq!(policies(&world), before);
    let bucket = saved(&world, "sales-jmc-sql").expect("the bucket");
    assert_eq!(bucket["kinds"], json!(["sql", "program"]));
    assert_eq!(bucket.get("folders"), None);
}

#[test]
fn without_a_flag_kind_name_and_folder_are_asked_for() {
    let world = sales();
    let told = world
        .asks("add-bucket")
        .reply(Q::BucketKind, Reply::Pick(0))
        .reply(Q::DataBucket, "someone-elses-bucket")
        .reply(Q::DataBucket, "sales-elsewhere")
        .reply(Q::DataBucket, "sales-more-data")
        .reply(Q::AnotherBucket, Reply::Say(true))
        .reply(Q::BucketKind, Reply::Pick(1))
        .reply(Q::SqlBucket, "s3://sales-more-sql/")
        .reply(Q::AnotherBucket, Reply::Say(false))
        .reply(Q::DataFolder, Reply::Enter)
        .reply(Q::DataFolder, "-")
        .reply(Q::DataFolder, "daily")
        .reply(Q::DataFolder, Reply::Enter)
        .reply(Q::Apply, Reply::Say(true))
        .told();
    told.ended
        .exits(0)
        .says("error JMC-S3-OWNER: `someone-elses-bucket`")
        .says("error JMC-S3-REGION: `sales-elsewhere` is in us-west-2");
    // The folders of the site are offered, each to be taken or left out.
    assert_eq!(told.defaults(Q::DataFolder), ["export/", "import/", "", ""]);
    assert_puts(&world, &ROLES);
    let bucket = saved(&world, "sales-more-data").expect("the bucket");
    assert_eq!(bucket["folders"], json!(["daily/", "export/"]));
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);

    let world = sales();
    let before = (world.saved(), world.sandbox.snapshot());
    let declined = world
        .asks("add-bucket")
        .reply(Q::BucketKind, Reply::Pick(2))
        .reply(Q::ProgramBucket, "sales-more-program")
        .reply(Q::AnotherBucket, Reply::Say(false))
        .reply(Q::Apply, Reply::Say(false))
        .end();
    declined.exits(1).says("JMC-DECLINED");
    world.assert_untouched();
    assert_eq!((world.saved(), world.sandbox.snapshot()), before);
}

#[test]
fn a_bucket_that_was_there_is_adopted_as_it_is() {
    let world = sales();
    world
        .sandbox
        .state(|state| add_bucket(state, "old-data", ACCOUNT, REGION));
    let add = [
        "add-bucket",
        "--bucket=data=old-data",
        "--data-folder=in",
        "--yes",
    ];
    world.program(add).end().exits(0);
    let s3: Vec<String> = world
        .changes()
        .into_iter()
        .filter(|change| change.contains("old-data"))
        .collect();
    assert_eq!(s3, ["s3:PutObject old-data/in/"]);
    assert_eq!(saved(&world, "old-data").expect("it")["origin"], "adopted");
    assert_eq!(reach(&world, "old-data"), [true; 3]);
}

/// Runs a command that must be refused, and asserts that nothing was written anywhere.
#[track_caller]
fn refused(world: &World, arguments: &[&str], exit: i32, code: &str) -> Ended {
    let before = (world.saved(), world.sandbox.snapshot());
    let ended = world.program(arguments).end();
    ended.exits(exit).says(&format!("error {code}: "));
    world.assert_untouched();
    assert_eq!((world.saved(), world.sandbox.snapshot()), before);
    ended
}

#[test]
fn what_cannot_be_added_blocks_and_nothing_is_written() {
    let world = sales();
    let add = |bucket: &'static str| {
        let one = format!("--bucket=data={bucket}").leak();
        [
            "add-bucket",
            one,
            "--bucket=sql=sales-fine",
            "--data-folder=in",
            "--yes",
        ]
    };
    refused(&world, &add("sales-elsewhere"), 1, "JMC-S3-REGION").says("us-west-2");
    refused(&world, &add("someone-elses-bucket"), 1, "JMC-S3-OWNER").says("123456789012");
    for (arguments, code) in [
        (&["add-bucket", "--yes"][..], "JMC-USAGE-MISSING"),
        (
            &["add-bucket", "--bucket=data=x1y", "--yes"],
            "JMC-USAGE-MISSING",
        ),
        (&["add-bucket", "--bucket=x1y", "--yes"], "JMC-USAGE-VALUE"),
        (
            &["add-bucket", "--bucket=tape=x1y", "--yes"],
            "JMC-USAGE-VALUE",
        ),
        (
            &["add-bucket", "--bucket=sql=X", "--yes"],
            "JMC-USAGE-VALUE",
        ),
        (&["add-bucket", "--bucket=sql=x1y"], "JMC-USAGE-YES"),
        (
            &["remove-bucket", "--bucket=nowhere", "--yes"],
            "JMC-BUCKET-ABSENT",
        ),
        (
            &["remove-bucket", "--bucket=sql=sales-jmc-data", "--yes"],
            "JMC-BUCKET-ABSENT",
        ),
        (
            &["remove-bucket", "--bucket=sales-jmc-data", "--yes"],
            "JMC-BUCKET-LAST",
        ),
        (
            &["remove-bucket", "--bucket=sql=sales-jmc-sql", "--yes"],
            "JMC-BUCKET-LAST",
        ),
        (
            &[
                "remove-bucket",
                "--bucket=sales-jmc-sql",
                "--also=none.json",
            ],
            "JMC-BUCKET-LAST",
        ),
    ] {
        refused(&world, arguments, 2, code);
    }
    let without = world.program([
        "add-bucket",
        "--bucket=sql=x1y",
        "--yes",
        "--site=none.json",
    ]);
    without.end().exits(2).says("JMC-FILE-MISSING");
}

#[test]
fn a_removed_bucket_is_out_of_the_policies_and_nothing_else_is_gone() {
    let world = sales();
    let before = (world.saved(), policies(&world));
    world.program(SEVERAL).end().exits(0);
    let buckets = world.sandbox.snapshot()["buckets"].clone();
    world.sandbox.clear_journal();
    let ended = world
        .program([
            "remove-bucket",
            "--bucket=data=sales-more-data",
            "--bucket=sales-most-data",
            "--bucket=sales-more-sql",
            "--bucket=sales-more-program",
            "--yes",
        ])
        .end();
    ended
        .exits(0)
        .results("Sites whose files were not given with --also are not known here")
        .results("no bucket and no object is deleted");
    assert_puts(&world, &ROLES);
    assert_deletes_nothing(&world);
    assert_unlocked(&world);
    assert_eq!((world.saved(), policies(&world)), before);
    assert_eq!(world.sandbox.snapshot()["buckets"], buckets);
    world.sandbox.clear_journal();
    world.program(["plan"]).end().exits(0);
    world.assert_untouched();
}

#[test]
fn what_another_site_needs_is_not_revoked() {
    let world = sales();
    world.program(SEVERAL).end().exits(0);
    world.sandbox.clear_journal();
    let mut other = world.saved();
    other["name"] = "stock".into();
    std::fs::write(world.path("stock.json"), other.to_string()).expect("a file");
    let remove = ["remove-bucket", "--bucket=sales-more-sql", "--yes"];
    let also: Vec<&str> = remove.into_iter().chain(["--also=stock.json"]).collect();
    refused(&world, &also, 1, "JMC-BUCKET-SHARED")
        .says("`sales-more-sql` is still needed by the site stock (`stock.json`)");
    // Through other roles it is no concern of that site.
    for (role, of) in [("ecs_task", "app"), ("lambda", "api")] {
        other["roles"][role]["role"] = format!("arn:aws:iam::{ACCOUNT}:role/b-{of}").into();
    }
    std::fs::write(world.path("stock.json"), other.to_string()).expect("a file");
    world.program(also).end().exits(0);
    assert_eq!(reach(&world, "sales-more-sql"), [false; 3]);
}

#[test]
fn a_removal_that_fails_in_the_middle_is_finished_by_apply() {
    for nth in 1..=3 {
        let world = sales();
        let before = (world.saved(), policies(&world));
        world.program(SEVERAL).end().exits(0);
        let rule = Rule::on(Service::Iam, "PutRolePolicy", Fault::AccessDenied);
        world.sandbox.fault(rule.nth(nth).always());
        let remove = [
            "remove-bucket",
            "--bucket=sales-more-data",
            "--bucket=sales-most-data",
            "--bucket=sales-more-sql",
            "--bucket=sales-more-program",
            "--yes",
        ];
        let ended = world.program(remove).end();
        ended
            .exits(1)
            .says("error JMC-AWS-DENIED: ")
            .says("continue with: jmc-site apply --site jmc-site.json");
        let removing = world.saved()["removing"].clone();
        assert_eq!(removing.as_array().map(Vec::len), Some(4), "{removing}");
        assert_eq!(
            removing[0],
            json!({ "name": "sales-more-data", "kinds": ["data"] })
        );
        assert_ne!(policies(&world), before.1);
        assert_unlocked(&world);
        // Whoever checks the site meanwhile is told what has been left.
        let check = ["check", "--only=JMC-CHECK-GRANT"];
        world.program(check).end().exits(3).results("still allowed");

        world.heal();
        // The same command again is understood as well.
        let finish = match nth {
            1 => &remove[..],
            _ => &["apply", "--yes"],
        };
        world.program(finish).end().exits(0);
        assert_eq!((world.saved(), policies(&world)), before, "{nth}");
        assert_deletes_nothing(&world);
    }
}

#[test]
fn a_bucket_that_is_added_again_is_no_longer_leaving() {
    let world = sales();
    world.program(SEVERAL).end().exits(0);
    let rule = Rule::on(Service::Iam, "PutRolePolicy", Fault::AccessDenied);
    world.sandbox.fault(rule.always());
    let remove = ["remove-bucket", "--bucket=sales-more-sql", "--yes"];
    world.program(remove).end().exits(1);
    assert!(saved(&world, "sales-more-sql").is_none());
    world.heal();
    world.sandbox.clear_journal();
    let add = ["add-bucket", "--bucket=sql=sales-more-sql", "--yes"];
    world
        .program(add)
        .end()
        .exits(0)
        .results("Nothing to change");
    world.assert_untouched();
    assert_eq!(world.saved().get("removing"), None);
    assert!(saved(&world, "sales-more-sql").is_some());
    assert_eq!(reach(&world, "sales-more-sql"), [false, true, true]);
}

#[test]
fn an_addition_that_fails_in_the_middle_is_finished_by_apply() {
    for nth in 1..=3 {
        let world = sales();
        let rule = Rule::on(Service::Iam, "PutRolePolicy", Fault::AccessDenied);
        world.sandbox.fault(rule.nth(nth).always());
        world.program(SEVERAL).end().exits(1).says("jmc-site apply");
        assert!(saved(&world, "sales-more-program").is_some());
        assert_unlocked(&world);
        world.heal();
        world.program(["apply", "--yes"]).end().exits(0);
        let whole = sales();
        whole.program(SEVERAL).end().exits(0);
        assert_eq!(reach(&world, "sales-most-data"), [true; 3]);
        assert_eq!(
            world.sandbox.snapshot()["buckets"],
            whole.sandbox.snapshot()["buckets"]
        );
        assert_eq!(policies(&world), policies(&whole));
    }
}

#[test]
fn a_caller_of_another_account_gets_no_further_than_who_they_are() {
    let world = sales();
    world.program(SEVERAL).end().exits(0);
    let before = (world.saved(), world.sandbox.snapshot());
    for arguments in [
        &SEVERAL[..],
        &["remove-bucket", "--bucket=sales-more-sql", "--yes"],
        &["plan"],
        &["apply", "--yes"],
        &["check"],
        &["undo", "--yes"],
        &["lock", "show"],
        &["lock", "release", "--id=x"],
    ] {
        world.sandbox.clear_journal();
        let ended = world
            .program(arguments)
            .env("AWS_ACCESS_KEY_ID", OTHER_ACCESS_KEY_ID)
            .end();
        ended
            .exits(1)
            .says("error JMC-ACCOUNT: `jmc-site.json` is for account 123456789012, but the caller");
        let asked = world.sandbox.journal();
        let asked: Vec<String> = asked.iter().map(|entry| entry.call()).collect();
        assert_eq!(asked, ["sts:GetCallerIdentity"], "{arguments:?}");
        let elsewhere = world.program(arguments.iter().chain(&["--region=us-west-2"]));
        elsewhere.end().exits(2).says("error JMC-REGION: ");
        assert_eq!(world.sandbox.journal().len(), 1, "{arguments:?}");
    }
    assert_eq!((world.saved(), world.sandbox.snapshot()), before);
}
