//! `init` without questions, as the real binary: flags, files, JSON, and nothing done twice.

use crate::init_wizard::assert_sales;
use crate::support::binary::SALES;
use crate::support::{ENDPOINT, World};
use crate::warehouse::PASSWORD;
use serde_json::Value;

#[test]
fn without_anything_every_missing_flag_is_named_at_once() {
    let world = World::jmc();
    let ended = world.program(["init", "--no-input"]).end();
    ended.exits(2).says(
        "error JMC-USAGE-MISSING: Answers are missing and nothing may be asked: --name --host \
         --database --user --password-stdin --notifications --data-bucket --data-folder \
         --sql-bucket --program-bucket\n",
    );
    // Nobody is at a terminal here, so that --no-input makes no difference.
    let same = world.program(["init"]).end();
    assert_eq!(same, ended);
    assert_eq!(world.warehouse.connections(), 0);
    world.assert_untouched();
    assert!(!world.site_file().exists());
}

#[test]
fn flags_alone_set_a_site_up_and_the_second_run_changes_nothing() {
    let world = World::jmc();
    world.set_up();
    assert_sales(&world);
    let (file, state) = (world.saved(), world.sandbox.snapshot());
    assert_eq!(file["redshift"]["password"], "env");
    let modified = std::fs::metadata(world.site_file()).and_then(|file| file.modified());
    let modified = modified.expect("a time");

    for yes in [&["--yes"][..], &[]] {
        let ended = world.init(yes).end();
        ended.exits(0).results("Nothing to change");
        world.assert_untouched();
        assert_eq!(world.sandbox.snapshot(), state);
        let now = std::fs::metadata(world.site_file()).and_then(|file| file.modified());
        assert_eq!(now.expect("a time"), modified, "the file was written again");
    }
    // The file alone holds the answers.
    let ended = world
        .program(["init", "--no-input", "--yes"])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    ended.exits(0).results("Nothing to change");
    world.assert_untouched();
    assert_eq!(world.saved(), file);
}

#[test]
fn a_site_file_is_an_answers_file_and_flags_win() {
    let world = World::jmc();
    world.set_up();
    let other = World::jmc();
    let answers = other.path("answers.json");
    std::fs::copy(world.site_file(), &answers).expect("a file");
    let answers = answers.display().to_string();
    let ca_file = other.ca_file().display().to_string();
    let run = |more: &[&str]| {
        let arguments = [
            "init",
            "--no-input",
            "--answers",
            &answers,
            "--ca-file",
            &ca_file,
        ];
        other
            .program(arguments.iter().chain(more))
            .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
            .end()
    };
    run(&["--dry-run", "--sql-bucket", "sales-other-sql"])
        .exits(0)
        .results("sales-other-sql");
    other.assert_untouched();
    run(&["--yes"]).exits(0);
    assert_sales(&other);
    let mut expected = world.saved();
    expected["redshift"]["tls"]["ca_file"] = ca_file.clone().into();
    assert_eq!(other.saved(), expected);

    let missing = other
        .program(["init", "--no-input", "--answers", "nowhere.json"])
        .end();
    missing
        .exits(2)
        .says("JMC-FILE-MISSING")
        .says("`nowhere.json`");
}

#[test]
fn a_dry_run_writes_nothing_anywhere() {
    let world = World::jmc();
    let before = world.sandbox.snapshot();
    for more in [&["--dry-run"][..], &["--dry-run", "--yes"]] {
        let ended = world.init(more).end();
        ended
            .exits(0)
            .results("+ create bucket")
            .results("Dry run: nothing was changed");
        world.assert_untouched();
        assert_eq!(world.sandbox.snapshot(), before);
        assert!(!world.site_file().exists());
    }
}

#[test]
fn without_yes_nothing_is_carried_out() {
    let world = World::jmc();
    let ended = world.init(&[]).end();
    ended
        .exits(2)
        .results("+ create bucket")
        .says("error JMC-USAGE-YES: ");
    world.assert_untouched();
    assert!(!world.site_file().exists());
}

/// Runs and returns the one value of standard output.
fn json(world: &World, more: &[&str], exit: i32) -> Value {
    let arguments: Vec<&str> = ["--output", "json"]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let ended = world.init(&arguments).ja().end();
    ended.exits(exit);
    let value = ended.json();
    assert!(ended.out.is_ascii(), "JSON is English: {}", ended.out);
    value
}

#[test]
fn json_is_one_value_in_english_however_it_ends() {
    let world = World::jmc();

    let value = json(&world, &["--dry-run"], 0);
    assert_eq!(value["status"], "dry-run");
    assert_eq!(value["report"], Value::Null);
    let steps = value["plan"]["steps"].as_array().expect("steps").len();
    assert_eq!(steps, 9);
    world.assert_untouched();

    let value = json(&world, &[], 2);
    assert_eq!(value["error"]["code"], "JMC-USAGE-YES");

    let value = json(&world, &["--yes", "--sql-bucket", "sales-elsewhere"], 1);
    assert_eq!(value["error"]["code"], "JMC-PLAN-BLOCKED");
    assert_eq!(value["plan"]["blockers"][0]["code"], "JMC-S3-REGION");
    world.assert_untouched();

    let value = json(&world, &["--yes", "--port", "none"], 2);
    assert_eq!(value["error"]["code"], "JMC-USAGE-VALUE");

    let value = json(&world, &["--yes"], 0);
    assert_eq!(value["status"], "done");
    assert_eq!(value["account"], "123456789012");
    assert_eq!(value["report"].as_array().expect("a report").len(), steps);
    for (row, redshift) in value["matrix"]
        .as_array()
        .expect("rows")
        .iter()
        .zip(["ok", "none", "none"])
    {
        assert_eq!(row["roles"]["redshift"], redshift);
        assert_eq!(row["roles"]["ecs-task"], "ok");
        assert_eq!(row["roles"]["lambda"], "ok");
    }
    let roles = &value["screens"]["components"];
    assert_eq!(
        roles["ec2_role"],
        "arn:aws:iam::123456789012:role/acme-jmc-app-role"
    );
    assert_eq!(
        value["pending_subscriptions"][0]["subscription"],
        "email:ops@example.com"
    );
    assert_eq!(value["connection"]["version"], "Redshift 1.0.98765");

    let value = json(&world, &["--yes"], 0);
    assert_eq!(value["status"], "unchanged");
    assert_eq!(value["plan"]["steps"], Value::Array(Vec::new()));
}

#[test]
fn misuse_is_one_json_value_too() {
    let world = World::jmc();
    let ended = world
        .program(["init", "--output", "json", "--no-such-flag"])
        .end();
    ended.exits(2);
    assert_eq!(ended.json()["error"]["code"], "JMC-USAGE");
}

#[test]
fn every_bad_flag_is_told_at_once() {
    let world = World::jmc();
    let long = "a".repeat(300);
    let ended = world
        .program([
            "init",
            "--no-input",
            "--name=-sales",
            "--host=redshift.example.com:70000",
            "--port=５４３９",
            "--data-bucket=s3://a/b",
            "--sql-bucket=Sales",
            "--program-bucket",
            &long,
            "--redshift-role=arn:aws:iam::12:role/x",
            "--subscribe=failure=fax:1",
            "--topic=never=x",
            "--tag=aws:x=1",
            "--connect-timeout=0",
        ])
        .end();
    ended.exits(2);
    for told in [
        "--name: `-sales` can't be a site name",
        "--host: The port 70000 is outside",
        "--port: `５４３９` has full-width digits; type `5439`.",
        "--data-bucket: `s3://a/b` is not a bucket name",
        "--sql-bucket: `Sales` is not a bucket name",
        "has 300 characters; a bucket name has 3 to 63",
        "--redshift-role: `arn:aws:iam::12:role/x` is not an ARN",
        "--subscribe: `fax:1` is not a subscription",
        "--topic: `never` is not one of: success, failure, maintenance",
        "--tag: `aws:x=1` is not a tag",
        "--connect-timeout: ",
    ] {
        ended.says(told);
    }
    assert_eq!(world.sandbox.journal(), []);
}

#[test]
fn the_password_comes_from_standard_input_the_environment_or_pgpass() {
    let world = World::jmc();
    let flags = |more: &[&str]| {
        let ca_file = world.ca_file().display().to_string();
        let arguments = ["init", "--no-input", "--dry-run", "--ca-file", &ca_file];
        world.program(
            arguments
                .into_iter()
                .chain(SALES)
                .chain(more.iter().copied()),
        )
    };
    let stdin = format!("{PASSWORD}\r\n");
    flags(&["--password-stdin"]).stdin(&stdin).end().exits(0);
    flags(&[])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end()
        .exits(0);
    // What is given for this run wins over what lies around.
    flags(&["--password-stdin"])
        .stdin(PASSWORD)
        .env("JMC_REDSHIFT_PASSWORD", "something else")
        .end()
        .exits(0);

    let pgpass = world.secret_path("pgpass");
    let line = format!("*:*:*:jmc:{PASSWORD}\n");
    std::fs::write(&pgpass, line).expect("a file");
    let with_file = || {
        flags(&[])
            .env("PGPASSFILE", &pgpass.display().to_string())
            .end()
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::set_permissions(&pgpass, PermissionsExt::from_mode(mode));
        mode(0o644).expect("a mode");
        with_file().exits(1).says("0644");
        mode(0o600).expect("a mode");
    }
    with_file().exits(0);

    flags(&[]).end().exits(2).says("--password-stdin");
    for given in ["", "\n", "two\nlines\n"] {
        flags(&["--password-stdin"]).stdin(given).end().exits(2);
    }
    // There is no flag that takes it.
    for password in [format!("--password={PASSWORD}"), "--password".to_owned()] {
        flags(&[&password, PASSWORD])
            .end()
            .exits(2)
            .says("--password");
    }
    world.assert_untouched();
}

#[test]
fn a_closed_pipe_ends_quietly() {
    use std::process::Stdio;
    let world = World::jmc();
    for (arguments, exit) in [(&["init", "--help"][..], 0), (&["init", "--no-input"], 2)] {
        let mut child = world
            .program(arguments)
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().expect("an end").code(), Some(exit));
    }
}

#[test]
fn without_a_connection_test_no_password_is_needed_and_the_file_says_so() {
    let world = World::jmc();
    let ended = world
        .program(
            ["init", "--no-input", "--yes", "--skip-connection-test"]
                .into_iter()
                .chain(SALES),
        )
        .end();
    ended
        .exits(0)
        .says("The connection test is left out, as asked.");
    assert_eq!(world.saved()["redshift"]["connection_test"], "skipped");
    assert_eq!(world.warehouse.connections(), 0);
}

#[test]
fn a_failed_connection_changes_nothing() {
    let world = World::jmc();
    let wrong = world
        .init(&["--yes"])
        .env("JMC_REDSHIFT_PASSWORD", crate::support::WRONG_PASSWORD)
        .end();
    wrong
        .exits(1)
        .says("JMC-CONN-PASSWORD")
        .says("Nothing was changed in AWS.");
    let silent = world.init(&["--yes", "--connect-timeout=1"]);
    let silent = silent.env("JMC_SITE_REDSHIFT_DIAL", "127.0.0.1:1").end();
    silent
        .exits(1)
        .says("JMC-CONN-REFUSED")
        .says("--skip-connection-test");
    world.assert_untouched();
    assert!(!world.site_file().exists());
}

#[test]
fn the_replayed_command_is_the_one_that_was_told() {
    let world = World::jmc();
    let ended = world.set_up();
    let line = ended
        .out
        .lines()
        .find_map(|line| line.strip_prefix("Run it again: "));
    let command: Vec<&str> = line.expect("the command").split(' ').collect();
    assert_eq!(
        command,
        [
            "jmc-site",
            "init",
            "--site",
            "jmc-site.json",
            "--no-input",
            "--yes"
        ]
    );
    let again = world
        .program(&command[1..])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    again.exits(0).results("Nothing to change");
    world.assert_untouched();
    assert!(ENDPOINT.starts_with(world.saved()["redshift"]["host"].as_str().expect("a host")));
}
