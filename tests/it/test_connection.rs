//! `test-connection` when it succeeds, and what it asks for: as the real binary, and in this
//! process where a person is asked.

use crate::sandbox::Sandbox;
use crate::support::binary::Program;
use crate::support::{ENDPOINT, WRONG_PASSWORD, World};
use crate::warehouse::{Options, PASSWORD, USER};
use jmc_site::prompt::QuestionId;
use jmc_site::prompt::scripted::Reply;

impl World {
    /// Prepares the command for the seeded cluster, without a password.
    pub fn connection(&self, more: &[&str]) -> Program<'_> {
        let ca_file = self.ca_file().display().to_string();
        let fixed = ["test-connection", "--verbose", "--host", ENDPOINT];
        let fixed = fixed
            .into_iter()
            .chain(["--user", USER, "--ca-file", &ca_file]);
        self.program(fixed.chain(more.iter().copied()))
    }

    /// Does the same with the password in the environment, and without any access to AWS.
    pub fn plain(&self, more: &[&str]) -> Program<'_> {
        let program = self.connection(more).env("JMC_REDSHIFT_PASSWORD", PASSWORD);
        ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_REGION"]
            .into_iter()
            .fold(program, Program::env_remove)
    }
}

#[test]
fn a_password_alone_needs_nothing_of_aws() {
    let world = World::jmc();
    let ended = world.plain(&["--schema", "public"]).end();
    ended.exits(0);
    assert_eq!(world.sandbox.journal().len(), 0);
    for line in [
        "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com:5439/dev   password: JMC_",
        "  ok  DNS",
        "  ok  TLS",
        "jmc (SHA-256)",
        "  ok  Query",
        "Connected.",
    ] {
        ended.says(line);
    }
    let phases = ended.err.lines().filter(|line| line.ends_with(" ms"));
    assert_eq!(phases.count(), 5, "{}", ended.err);
    for line in [
        "  user           jmc\n",
        "  database       dev\n",
        "  version        Redshift 1.0.98765\n",
        "  TLS            on   *.c9x1abcd.ap-northeast-1.redshift.amazonaws.com (issued by",
        "  login          SHA-256\n",
        "  schema public  may be used\n",
    ] {
        ended.results(line);
    }

    let ended = world.plain(&["--schema", "public"]).ja().end();
    ended.exits(0).says("接続に成功しました。");
    for line in [
        "  ユーザー         jmc\n",
        "  データベース     dev\n",
        "  バージョン       Redshift 1.0.98765\n",
        "  TLS              有効   *.c9x1abcd",
        "  スキーマ public  使用できます\n",
    ] {
        ended.results(line);
    }
}

#[test]
fn json_is_one_value_with_every_phase_and_what_was_found() {
    let world = World::jmc();
    let ended = world
        .plain(&["--output", "json", "--schema", "public"])
        .ja()
        .end();
    ended.exits(0);
    assert!(ended.out.is_ascii(), "JSON is English: {}", ended.out);
    let value = ended.json();
    assert_eq!(value["command"], "test-connection");
    assert_eq!(value["status"], "passed");
    assert_eq!(value["password"], "env");
    assert_eq!(value["target"]["port"], 5439);
    assert_eq!(value["target"]["tls"], "verify-full");
    let phases: Vec<&str> = value["phases"]
        .as_array()
        .expect("phases")
        .iter()
        .map(|phase| {
            assert!(phase["ms"].is_u64());
            phase["phase"].as_str().expect("a phase")
        })
        .collect();
    assert_eq!(phases, ["resolve", "connect", "tls", "login", "query"]);
    let connected = &value["connected"];
    assert_eq!(connected["version"], "Redshift 1.0.98765");
    assert_eq!(connected["redshift"], true);
    assert_eq!(connected["user"], "jmc");
    assert_eq!(connected["database"], "dev");
    assert_eq!(connected["method"], "SHA-256");
    assert_eq!(connected["schema"], "usable");
    assert!(connected["certificate"]["issuer"].is_string());
    assert!(connected.get("phases").is_none());
    assert!(value["failed"].is_null() && value["error"].is_null());
}

#[test]
fn the_site_file_says_where_to_connect_and_flags_win() {
    let role = "arn:aws:iam::123456789012:role/jmc-sales-redshift-role";
    let world = World::of(
        Sandbox::jmc(),
        Options {
            copy_roles: Some(vec![role.to_owned()]),
            databases: vec!["dev".to_owned(), "other".to_owned()],
            ..Options::default()
        },
    );
    world.set_up();
    let file = world.saved();
    let run = |more: &[&str]| {
        let all = ["test-connection"].into_iter().chain(more.iter().copied());
        let program = world.program(all).env("JMC_REDSHIFT_PASSWORD", PASSWORD);
        program.end()
    };
    let ended = run(&[]);
    // The stand-in says that COPY may use the role, and UNLOAD may not.
    ended
        .exits(0)
        .results("  role jmc-sales-redshift-role  may not be used for UNLOAD\n")
        .says(&format!("GRANT ASSUMEROLE ON '{role}' TO jmc FOR UNLOAD"));
    let value = run(&["--output", "json", "--database", "other"])
        .exits(0)
        .json();
    assert_eq!(value["target"]["database"], "other");
    assert_eq!(value["connected"]["role"]["copy"], true);
    assert_eq!(value["connected"]["role"]["unload"], false);
    world.assert_untouched();
    assert_eq!(world.saved(), file, "the command saves nothing");

    // Another host has another name in its certificate, and the role is not its.
    let value = run(&["--output", "json", "--host", "localhost"])
        .exits(1)
        .json();
    assert_eq!(value["error"]["code"], "JMC-CONN-TLS-NAME");
    assert_eq!(value["target"]["database"], "dev");
}

#[test]
fn what_the_database_does_not_say_of_the_role_is_unknown() {
    let world = World::jmc();
    world.set_up();
    let ended = world
        .program(["test-connection"])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .ja()
        .end();
    ended
        .exits(0)
        .results("  ロール jmc-sales-redshift-role  確認できません\n");
}

#[test]
fn every_missing_answer_is_named_at_once() {
    let world = World::jmc();
    let ended = world.program(["test-connection"]).end();
    ended.exits(2).says(
        "error JMC-USAGE-MISSING: Answers are missing and nothing may be asked: --host --database \
         --user --password-stdin\n",
    );
    let ended = world.program(["test-connection", "--auth", "iam"]).end();
    ended.exits(2).says("may be asked: --host --database\n");
    let custom = [
        "test-connection",
        "--auth",
        "iam",
        "--host",
        "dwh.example.com",
    ];
    let custom = world.program(custom).end();
    custom
        .exits(2)
        .says("may be asked: --database --region --cluster\n");
    let ended = world
        .program(["test-connection", "--site", "nowhere.json"])
        .ja()
        .end();
    ended
        .exits(2)
        .says("JMC-FILE-MISSING")
        .says("`nowhere.json`");
    let ended = world
        .connection(&["--region", "us-east-1", "--no-input"])
        .end();
    ended.exits(2).says("JMC-REGION");
    assert_eq!(world.warehouse.connections(), 0);
    assert_eq!(world.sandbox.journal().len(), 0);
}

#[test]
fn every_bad_flag_is_told_at_once_and_no_password_is_repeated() {
    let world = World::jmc();
    let run = |more: &[&str]| world.connection(more).end();
    run(&[
        "--port",
        "none",
        "--auth",
        "magic",
        "--connect-timeout",
        "0",
    ])
    .exits(2)
    .says("--port: ")
    .says("--auth: ")
    .says("--connect-timeout: ");
    run(&["--password-secret", PASSWORD])
        .exits(2)
        .says("--password-secret: not the ARN of a secret");
    run(&["--auth", "iam", "--password-stdin"])
        .exits(2)
        .says("--auth: with `iam` there is no password");
    run(&["--auth", "password", "--db-user", "jmc"])
        .exits(2)
        .says("--db-user: ");
    let url = format!("jdbc:redshift://{USER}:{PASSWORD}@example.com:5439/dev");
    run(&["--database", "dev", "--host", &url]).exits(2);
    run(&["--schema", " "]).exits(2).says("--schema: ");
    let value = run(&["--output", "json", "--tls", "off"]).exits(2).json();
    assert_eq!(value["error"]["code"], "JMC-USAGE-VALUE");
}

#[test]
fn a_person_is_asked_for_the_password_and_for_nothing_else() {
    let world = World::jmc();
    world.set_up();
    let before = world.warehouse.connections();
    let told = world
        .asked("test-connection")
        .reply(QuestionId::Password, Reply::Enter)
        .reply(QuestionId::Password, Reply::Type(PASSWORD.to_owned()))
        .told();
    told.ended.exits(0).says("password: typed, never saved");
    assert_eq!(told.asked.len(), 2);

    let told = world
        .asked("test-connection")
        .reply(QuestionId::Password, Reply::Type(WRONG_PASSWORD.to_owned()))
        .told();
    told.ended.exits(1).says("JMC-CONN-PASSWORD");
    assert_eq!(told.asked.len(), 1);
    let tried = world.warehouse.connections() - before;
    assert_eq!(tried, 2, "a wrong password is tried once");
    assert_eq!(world.saved()["redshift"]["password"], "env");
}
