//! What `init` prints, whole, in both languages: standard output, standard error and exit code.

use crate::sandbox::{Fault, Rule, Service};
use crate::support::binary::Program;
use crate::support::{WRONG_PASSWORD, World};
use insta::assert_snapshot;
use std::time::Duration;

/// Prints a run in both languages, each in a world of its own.
fn both(name: &str, prepare: impl Fn(&World), run: impl Fn(&World) -> Program<'_>) {
    for lang in ["en", "ja"] {
        let world = World::jmc();
        prepare(&world);
        let program = run(&world);
        let program = if lang == "ja" { program.ja() } else { program };
        let ended = program.end();
        assert_snapshot!(format!("{name}_{lang}"), world.snapshot(&ended));
    }
}

fn nothing(_: &World) {}

#[test]
fn a_site_that_is_set_up() {
    both("done", nothing, |world| world.init(&["--yes"]));
}

#[test]
fn a_site_that_is_as_it_should_be() {
    both(
        "unchanged",
        |world| drop(world.set_up()),
        |world| world.init(&["--yes"]),
    );
}

#[test]
fn a_dry_run() {
    both("dry_run", nothing, |world| {
        world.init(&["--dry-run", "--sql-bucket", "acme-csa-system-bucket"])
    });
}

#[test]
fn a_plan_that_is_not_confirmed() {
    both("no_yes", nothing, |world| world.init(&[]));
}

#[test]
fn answers_that_are_missing() {
    both("missing", nothing, |world| {
        world.program(["init", "--no-input", "--name", "sales"])
    });
}

#[test]
fn flags_that_can_not_be_used() {
    both("bad_flags", nothing, |world| {
        world.program([
            "init",
            "--no-input",
            "--port",
            "５４３９",
            "--sql-bucket",
            "Sales",
        ])
    });
}

#[test]
fn a_command_that_is_not_understood() {
    both("misuse", nothing, |world| {
        world.program(["init", "--pasword"])
    });
}

#[test]
fn a_plan_with_blockers() {
    both(
        "blocked",
        |world| world.sandbox.state(|state| state.clusters.clear()),
        |world| {
            world.init(&[
                "--yes",
                "--sql-bucket=sales-elsewhere",
                "--program-bucket=someone-elses-bucket",
            ])
        },
    );
}

#[test]
fn a_wrong_password() {
    both("wrong_password", nothing, |world| {
        world
            .init(&["--yes"])
            .env("JMC_REDSHIFT_PASSWORD", WRONG_PASSWORD)
    });
}

#[test]
fn a_call_that_is_refused_while_applying() {
    both(
        "denied",
        |world| {
            // The buckets are still being made when the role is refused, so that every run
            // has begun and left out the same steps.
            world
                .sandbox
                .latency(Service::S3, Duration::from_millis(250));
            let rule = Rule::on(Service::Iam, "CreateRole", Fault::AccessDenied);
            world.sandbox.fault(rule.always());
        },
        |world| world.init(&["--yes"]),
    );
}

#[test]
fn credentials_that_have_expired() {
    both(
        "expired",
        |world| world.sandbox.fault(Rule::any(Fault::ExpiredToken).always()),
        |world| world.init(&["--yes"]),
    );
}

#[test]
fn files_that_can_not_be_used() {
    for (name, content) in [
        ("file_version", r#"{"version": 99}"#),
        ("file_truncated", r#"{"version": 1, "name": "sa"#),
        (
            "file_field",
            r#"{"version": 1, "name": "sales", "colour": "red"}"#,
        ),
    ] {
        let file = |world: &World| std::fs::write(world.site_file(), content).expect("a file");
        both(name, file, |world| world.init(&["--yes"]));
    }
}

#[test]
fn help() {
    both("help", nothing, |world| world.program(["--help"]));
    both("help_init", nothing, |world| {
        world.program(["init", "--help"])
    });
    both("version", nothing, |world| world.program(["--version"]));
}
