//! Files that can't be used: each is refused with its code, before AWS is asked for anything
//! but the caller, and is left as it is.

use crate::support::{Ended, World};
use crate::warehouse::PASSWORD;
use serde_json::{Value, json};

/// Runs `init` with a site file of this content and returns how it ended.
fn with_file(world: &World, content: &str) -> Ended {
    std::fs::write(world.site_file(), content).expect("a file");
    let ended = world
        .program(["init", "--no-input", "--yes"])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    let left = std::fs::read_to_string(world.site_file()).expect("the file");
    assert_eq!(left, content, "the file is left as it is");
    world.assert_untouched();
    ended
}

#[test]
fn a_file_that_is_cut_off_at_any_place_is_refused() {
    let world = World::jmc();
    world.set_up();
    let whole = std::fs::read_to_string(world.site_file()).expect("the file");
    for part in [1, 2, 3] {
        let cut = &whole[..whole.len() * part / 4];
        with_file(&world, cut)
            .exits(1)
            .says("error JMC-FILE-TRUNCATED: `jmc-site.json` ends");
    }
    with_file(&world, "").exits(1).says("JMC-FILE-TRUNCATED");
    with_file(&world, "{} x")
        .exits(1)
        .says("JMC-FILE-JSON")
        .says("line 1, column 4");
    with_file(&world, "{}").exits(1).says("JMC-FILE-NO-VERSION");
    with_file(&world, "[1]")
        .exits(1)
        .says("JMC-FILE-NO-VERSION");
    with_file(&world, r#"{"version": 99, "new": 1}"#)
        .exits(1)
        .says(
            "error JMC-FILE-VERSION: `jmc-site.json` has version 99; this program reads version 1.",
        )
        .says("hint: Use the jmc-site that wrote the file, or a newer one.");
    with_file(&world, r#"{"version": "1"}"#)
        .exits(1)
        .says("JMC-FILE-VERSION");
}

#[test]
fn a_field_that_is_unknown_or_wrong_is_named_by_its_path() {
    let world = World::jmc();
    world.set_up();
    let whole = world.saved();
    for (pointer, value, path) in [
        ("/redshift/port", json!("5439"), "redshift.port"),
        ("/redshift/port", json!(0), "redshift.port"),
        ("/redshift/colour", json!("red"), "redshift.colour"),
        ("/name", json!("-"), "name"),
        ("/region", json!("tokyo"), "region"),
        ("/account", json!("1"), "account"),
        ("/buckets/1/name", json!("Sales"), "buckets[1].name"),
        ("/buckets/0/kinds/0", json!("other"), "buckets[0].kinds[0]"),
        ("/buckets", json!({}), "buckets"),
        (
            "/roles/lambda/role",
            json!("arn:aws:iam::1:role/x"),
            "roles.lambda.role",
        ),
        ("/roles/ecs_task/extra", json!(1), "roles.ecs_task.extra"),
        (
            "/notifications/source_code",
            json!("maybe"),
            "notifications",
        ),
        (
            "/notifications/topics/failure/topic",
            json!("a b"),
            "notifications",
        ),
        ("/password", json!("x"), "password"),
    ] {
        let mut file = whole.clone();
        set(&mut file, pointer, value);
        let ended = with_file(&world, &file.to_string());
        ended.exits(1).says("error JMC-FILE-FIELD: ");
        let told = format!("the field `{path}");
        ended.says(&told);
    }
}

/// Sets a value, also of a field that is not there.
fn set(file: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = file.pointer_mut(parent).expect("the parent");
    match field.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[field] = value,
    }
}

#[test]
fn a_file_of_another_account_is_refused() {
    let world = World::jmc();
    world.set_up();
    let mut file = world.saved();
    file["account"] = "210987654321".into();
    with_file(&world, &file.to_string()).exits(1).says(
        "error JMC-ACCOUNT: `jmc-site.json` is for account 210987654321, but the caller is in \
         account 123456789012.",
    );
    std::fs::rename(world.site_file(), world.path("answers.json")).expect("a file");
    let ended = world
        .program(["init", "--no-input", "--yes", "--answers", "answers.json"])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    ended
        .exits(1)
        .says("error JMC-ACCOUNT: `answers.json` is for account 210987654321");
    world.assert_untouched();
}

#[test]
fn an_answers_file_may_leave_answers_out_but_has_no_unknown_ones() {
    let world = World::jmc();
    let run = |content: &str| {
        std::fs::write(world.path("answers.json"), content).expect("a file");
        world
            .program(["init", "--no-input", "--answers", "answers.json"])
            .end()
    };
    let some = run(r#"{"version": 1, "name": "sales", "redshift": {"user": "jmc"}}"#);
    some.exits(2)
        .says("may be asked: --host --database --password-stdin");
    let unknown = run(r#"{"version": 1, "redshift": {"password_text": "x"}}"#);
    unknown.exits(1).says("`redshift.password_text");
}

#[cfg(unix)]
#[test]
fn a_folder_that_can_not_be_written_ends_the_run_before_anything_is_changed() {
    let world = World::jmc();
    // Where the tests run as root, permissions don't hold: a folder that is not there does.
    for site in ["no/such/folder/site.json", "/proc/jmc-site.json"] {
        let ended = world.init(&["--yes", "--site", site]).end();
        ended
            .exits(1)
            .says("error JMC-FILE-WRITE: Can't write")
            .says("hint: Check the folder");
        world.assert_untouched();
    }
    let folder = world.path("a-folder");
    std::fs::create_dir(&folder).expect("a folder");
    world
        .init(&["--yes", "--site", "a-folder"])
        .end()
        .exits(1)
        .says("JMC-FILE-READ");
    world.assert_untouched();
}

#[cfg(unix)]
#[test]
fn the_file_is_replaced_as_a_whole_and_only_its_owner_may_read_it() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    let world = World::jmc();
    let real = world.path("real.json");
    world.set_up();
    std::fs::rename(world.site_file(), &real).expect("a file");
    symlink(&real, world.site_file()).expect("a link");
    world
        .init(&["--yes", "--data-bucket", "sales-other-data"])
        .end()
        .exits(0);
    let link = std::fs::symlink_metadata(world.site_file()).expect("a link");
    assert!(link.file_type().is_symlink(), "a link stays one");
    let before = std::fs::metadata(&real).expect("the file");
    assert_eq!(before.permissions().mode() & 0o777, 0o600);
    world
        .init(&["--yes", "--data-bucket", "sales-more-data"])
        .end()
        .exits(0);
    let after = std::fs::metadata(&real).expect("the file");
    assert_ne!(before.ino(), after.ino());
    assert_eq!(after.permissions().mode() & 0o777, 0o600);
}
