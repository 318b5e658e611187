//! A terminal that goes away, as when an ssh connection breaks: what was asked is given up, and
//! what was begun is finished in order.

use crate::endure::{Case, SITE, left_out};
use crate::grow_lock::until;
use crate::pty::Pty;
use crate::sandbox::{Fault, Rule, Service};
use crate::support::World;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Runs a command in a terminal whose other end is the returned process. The exit code is written
/// into the file `code`.
///
/// None where there is no `script` of util-linux to make a terminal with.
fn in_terminal(world: &World, command: &Command) -> Option<Child> {
    let there = Command::new("script").arg("--version").output();
    if !there.is_ok_and(|ran| String::from_utf8_lossy(&ran.stdout).contains("util-linux")) {
        left_out(
            "a terminal that goes away",
            "there is no `script` of util-linux",
        );
        return None;
    }
    let quoted = |text: &std::ffi::OsStr| {
        let text = text.to_str().expect("UTF-8").replace('\'', r"'\''");
        format!("'{text}'")
    };
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(quoted)
        .collect();
    // The kernel tells the first shell only, which ends; that tells what it has started. The
    // second shell goes on, by a handler: an ignored signal would be passed on to the program.
    let inner = format!("trap : HUP; {}; echo $? >code", words.join(" "));
    let line = format!("sh -c {}; true", quoted(inner.as_ref()));
    crate::support::binary::hear_hangup();
    let mut script = Command::new("script");
    script
        .args(["-q", "-e", "-f", "-c", &line, "typescript"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir(world.path(""));
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            script.env(name, value);
        }
    }
    Some(script.spawn().expect("a terminal"))
}

fn shown(world: &World) -> String {
    let bytes = std::fs::read(world.path("typescript")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes the terminal away and returns the exit code of what ran in it.
#[track_caller]
fn hang_up(world: &World, mut terminal: Child) -> String {
    terminal.kill().expect("a process");
    terminal.wait().expect("an end");
    let code = world.path("code");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    until("the program ends", || read(&code).ends_with('\n'));
    read(&code).trim().to_owned()
}

#[test]
fn a_terminal_that_goes_away_is_a_first_ctrl_c() {
    for command in ["init", "add-bucket"] {
        let case = Case::new(command);
        let slow = Duration::from_millis(200);
        case.world.sandbox.latency_everywhere(slow);
        let Some(terminal) = in_terminal(&case.world, &case.program(&[]).command) else {
            return;
        };
        until("a bucket is made", || {
            let all = case.world.sandbox.journal();
            let made = |entry: &&crate::sandbox::Entry| entry.operation == "CreateBucket";
            all.iter()
                .find(made)
                .is_some_and(|entry| entry.status.is_none())
        });
        assert_eq!(
            hang_up(&case.world, terminal),
            "130",
            "{}",
            shown(&case.world)
        );
        case.world.sandbox.latency_everywhere(Duration::ZERO);
        case.assert_unlocked();
        let journal = case.world.sandbox.journal();
        assert!(journal.iter().all(|entry| entry.status.is_some()));
        case.assert_no_edit();
        case.world
            .program(["apply", "--yes", "--site", SITE])
            .end()
            .exits(0);
        assert_eq!(case.state(), Case::goal(command), "{command}");
    }
}

#[test]
fn a_terminal_that_goes_away_at_a_question_ends_the_run() {
    let world = World::jmc();
    let program = world.program(["init", "--site", "jmc-site.json"]);
    let Some(terminal) = in_terminal(&world, &program.command) else {
        return;
    };
    until("the first question", || shown(&world).contains("(Y/n)"));
    let code = hang_up(&world, terminal);
    assert_eq!(code, "130", "{}", shown(&world));
    world.assert_untouched();
    assert!(!world.site_file().exists());
}

#[test]
fn two_ctrl_c_at_a_terminal_of_80_columns_leave_it_as_it_was() {
    for (lang, first, second) in [
        (
            "C",
            "Finishing the calls under way.",
            "hint: Some of the changes may have been made",
        ),
        (
            "ja_JP.UTF-8",
            "実行中の処理が完了してから終了します。",
            "対処: 変更の一部が反映されている",
        ),
    ] {
        let case = Case::new("add-bucket");
        let stalls = Rule::on(Service::Iam, "PutRolePolicy", Fault::Stall);
        case.world.sandbox.fault(stalls.always());
        let site = case.file().display().to_string();
        let program =
            case.world
                .program(["add-bucket", "--bucket=sql=sales-more-sql", "--site", &site]);
        let program = program.env("LANG", lang);
        let mut pty = Pty::start(&program.command, (80, 24));
        pty.expect("(y/N) ");
        pty.wait_for_no_echo();
        pty.send("y\r");
        until("a policy is written", || {
            let journal = case.world.sandbox.journal();
            journal
                .iter()
                .any(|entry| entry.operation == "PutRolePolicy")
        });
        pty.send("\x03");
        pty.expect(first);
        std::thread::sleep(Duration::from_millis(400));
        pty.send("\x03");
        let ended = pty.end();
        assert_eq!(ended.exit, 130, "{:#?}", ended.screen);
        assert!(ended.modes_kept && ended.cursor_shown);
        let told: Vec<&str> = ended.screen.iter().map(|row| row.trim()).collect();
        let told = told.join(" ");
        assert!(told.contains(second), "{told}");
        assert!(told.contains("jmc-site apply --site"), "{told}");
        for row in &ended.screen {
            assert!(row.width() <= 80 || row.contains('/'), "{row:?}");
        }
    }
}
