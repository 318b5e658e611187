//! Every source of a login, through the command and through `init`; and what is said when AWS
//! does not give one.

use crate::sandbox::state::Kept;
use crate::sandbox::{ACCESS_KEY_ID, ACCOUNT, Fault, REGION, Rule, Sandbox};
use crate::support::binary::SALES;
use crate::support::{Ended, World};
use crate::warehouse::{Login, Options, PASSWORD};
use jmc_site::prompt::QuestionId;
use serde_json::{Value, json};

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jmc/dwh-AbCdEf";

/// Runs to the end as JSON and returns the value.
fn json(world: &World, more: &[&str]) -> Value {
    let more: Vec<&str> = ["--output", "json"]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    world.connection(&more).end().json()
}

/// Returns who logged in last, if the password was right.
fn logged_in(world: &World) -> Option<String> {
    let attempts = world.warehouse.attempts();
    let last = attempts.last()?;
    (last.password == Some(true)).then(|| last.user.clone())
}

#[test]
fn a_password_comes_from_standard_input_or_a_password_file() {
    let world = World::jmc();
    let ended = world
        .connection(&["--output", "json", "--password-stdin"])
        .stdin(&format!("{PASSWORD}\n"))
        .end();
    assert_eq!(ended.exits(0).json()["password"], "stdin");
    assert_eq!(logged_in(&world).as_deref(), Some("jmc"));

    let pgpass = world.secret_path("pgpass");
    let line = format!("*:5439:dev:jmc:{PASSWORD}\n");
    std::fs::write(&pgpass, line).expect("a file");
    let run = || {
        world
            .connection(&["--output", "json"])
            .env("PGPASSFILE", &pgpass.display().to_string())
            .end()
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&pgpass, mode(0o644)).expect("a mode");
        assert_eq!(run().exits(1).json()["error"]["code"], "JMC-PGPASS-MODE");
        std::fs::set_permissions(&pgpass, mode(0o600)).expect("a mode");
    }
    assert_eq!(run().exits(0).json()["password"], "pgpass");
    assert_eq!(world.sandbox.journal().len(), 0, "AWS was not needed");
}

#[test]
fn a_secret_holds_the_password_as_its_json_key_or_as_it_is() {
    let world = World::jmc();
    let object = json!({"username": "jmc", "password": PASSWORD, "port": 5439}).to_string();
    for text in [object.as_str(), PASSWORD, &format!("{PASSWORD}\n")] {
        world.sandbox.keep_secret(SECRET, text);
        let value = json(&world, &["--password-secret", SECRET]);
        assert_eq!(value["status"], "passed", "{value}");
        assert_eq!(value["password"], json!({"secrets-manager": SECRET}));
        assert_eq!(logged_in(&world).as_deref(), Some("jmc"));
    }
    let calls: Vec<String> = world.sandbox.journal().iter().map(|e| e.call()).collect();
    let each = ["sts:GetCallerIdentity", "secretsmanager:GetSecretValue"];
    assert_eq!(calls, [each, each, each].concat());
}

#[test]
fn a_secret_that_is_no_use_is_told_without_its_text() {
    let world = World::jmc();
    let code = |world: &World| {
        let value = json(world, &["--password-secret", SECRET]);
        assert_eq!(world.warehouse.connections(), 0);
        value["error"]["code"].as_str().expect("a code").to_owned()
    };
    assert_eq!(code(&world), "JMC-SECRET-MISSING");
    let wrong_key = json!({"Password": PASSWORD}).to_string();
    world.sandbox.keep_secret(SECRET, &wrong_key);
    assert_eq!(code(&world), "JMC-SECRET-PASSWORD");
    world
        .sandbox
        .keep_secret(SECRET, &format!("{PASSWORD}\n\n"));
    assert_eq!(code(&world), "JMC-PASSWORD-LINES");
    let binary = Kept::Binary("AAEC".to_owned());
    world
        .sandbox
        .state(|s| s.secrets.insert(SECRET.to_owned(), binary));
    assert_eq!(code(&world), "JMC-SECRET-BINARY");

    let allowed = json!({"Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}});
    world.sandbox.enforce(&allowed.to_string());
    world.sandbox.keep_secret(SECRET, PASSWORD);
    let value = json(&world, &["--password-secret", SECRET]);
    assert_denied(&value, "secretsmanager:GetSecretValue", SECRET);
}

/// Asserts that the action, the resource and the statement that is missing are named.
#[track_caller]
fn assert_denied(value: &Value, action: &str, resource: &str) {
    let error = &value["error"];
    assert_eq!(error["code"], "JMC-AWS-DENIED", "{value}");
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.contains(&format!("`{action}` on `{resource}`")),
        "{message}"
    );
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let hint = error["hints"][0].as_str().expect("a hint");
    assert!(hint.contains(&statement.to_string()), "{hint}");
}

#[test]
fn aws_gives_temporary_credentials_for_the_caller_or_for_a_database_user() {
    let world = World::jmc();
    for login in [Login::Md5, Login::Sha256 { algorithm: 0 }] {
        let world = World::of(
            Sandbox::jmc(),
            Options {
                login,
                ..Options::default()
            },
        );
        let value = json(&world, &["--auth", "iam"]);
        assert_eq!(value["status"], "passed", "{value}");
        assert_eq!(value["password"], "iam");
        assert_eq!(value["target"]["user"], "IAM:ops");
        assert_eq!(logged_in(&world).as_deref(), Some("IAM:ops"));
    }
    let value = json(&world, &["--auth", "iam", "--db-user", "jmc"]);
    assert_eq!(value["status"], "passed", "{value}");
    assert_eq!(value["password"], json!({"iam-db-user": "jmc"}));
    assert_eq!(logged_in(&world).as_deref(), Some("IAM:jmc"));
    let calls: Vec<String> = world.sandbox.journal().iter().map(|e| e.call()).collect();
    assert_eq!(
        calls,
        ["sts:GetCallerIdentity", "redshift:GetClusterCredentials"]
    );

    // An assumed role logs in as another kind of user.
    world.sandbox.state(|s| {
        let mut role = s.principals[ACCESS_KEY_ID].clone();
        "assumed-role/admin/session".clone_into(&mut role.resource);
        s.principals.insert(ACCESS_KEY_ID.to_owned(), role);
    });
    let ended = world.connection(&["--auth", "iam"]).ja().end();
    ended
        .exits(0)
        .says("パスワード: AWSの一時的な認証情報\n")
        .results("IAMR:admin");
}

#[test]
fn a_workgroup_gives_temporary_credentials_too() {
    let domain = format!("{ACCOUNT}.{REGION}.redshift-serverless.amazonaws.com");
    let world = World::of(
        Sandbox::jmc(),
        Options {
            names: vec![format!("*.{domain}")],
            ..Options::default()
        },
    );
    let host = format!("csa-wg.{domain}");
    let ca_file = world.ca_file().display().to_string();
    let run = |more: &[&str]| -> Ended {
        let fixed = ["test-connection", "--output", "json", "--ca-file", &ca_file];
        let fixed = fixed
            .into_iter()
            .chain(["--auth", "iam", "--database", "dev"]);
        world.program(fixed.chain(more.iter().copied())).end()
    };
    let value = run(&["--host", &host]).exits(0).json();
    assert_eq!(value["connected"]["user"], "IAM:ops");
    assert_eq!(logged_in(&world).as_deref(), Some("IAM:ops"));
    let value = run(&["--host", &host, "--db-user", "jmc"]).exits(2).json();
    assert_eq!(value["error"]["code"], "JMC-LOGIN-SERVERLESS");
    let gone = format!("gone.{domain}");
    let value = run(&["--host", &gone]).exits(1).json();
    assert_eq!(value["error"]["code"], "JMC-REDSHIFT-WORKGROUP-MISSING");
    // A name of one's own says nothing: it is told by flags.
    let custom = ["--host", "dwh.example.com", "--tls-server-name", &host];
    let custom = [&custom[..], &["--region", REGION, "--workgroup", "csa-wg"]].concat();
    run(&custom).exits(0);
}

#[test]
fn temporary_credentials_that_aws_does_not_give_are_told_by_what_is_missing() {
    let world = World::jmc();
    let allowed = json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}});
    world.sandbox.enforce(&allowed.to_string());
    let arn = |what: &str| format!("arn:aws:redshift:{REGION}:{ACCOUNT}:{what}");
    let value = json(&world, &["--auth", "iam"]);
    let action = "redshift:GetClusterCredentialsWithIAM";
    assert_denied(&value, action, &arn("dbname:csa-dwh/dev"));
    let value = json(&world, &["--auth", "iam", "--db-user", "jmc"]);
    let action = "redshift:GetClusterCredentials";
    assert_denied(&value, action, &arn("dbuser:csa-dwh/jmc"));

    let world = World::jmc();
    world.sandbox.state(|s| s.clusters.clear());
    let value = json(&world, &["--auth", "iam"]);
    assert_eq!(value["error"]["code"], "JMC-REDSHIFT-MISSING");
    world.sandbox.fault(Rule::any(Fault::ExpiredToken));
    let value = json(&world, &["--auth", "iam"]);
    assert_eq!(value["error"]["code"], "JMC-AWS-EXPIRED");
    let ended = world
        .connection(&["--auth", "iam"])
        .env_remove("AWS_ACCESS_KEY_ID")
        .ja()
        .end();
    ended.exits(1).says("エラー JMC-AWS-CREDENTIALS: ");
    assert_eq!(world.warehouse.connections(), 0);
}

/// Runs `init` with a source that is not the environment, and then its own replay command.
fn init_and_replay(world: &World, source: &[&str], saved: Value) -> Ended {
    let ca_file = world.ca_file().display().to_string();
    let fixed = ["init", "--no-input", "--yes", "--ca-file", &ca_file];
    let all = fixed.into_iter().chain(SALES).chain(source.iter().copied());
    let ended = world.program(all).end();
    ended.exits(0);
    let file = world.saved();
    assert_eq!(file["redshift"]["password"], saved);
    assert_eq!(file["redshift"]["user"], "jmc");
    let replay = ended
        .out
        .lines()
        .find_map(|line| line.split_once("jmc-site init "))
        .map(|(_, arguments)| arguments.to_owned())
        .expect("a replay command");
    assert!(!replay.contains("--password"), "{replay}");
    let again = world
        .program(["init"].into_iter().chain(replay.split(' ')))
        .end();
    again.exits(0).results("Nothing to change");
    assert_eq!(world.saved(), file);
    world.program(["test-connection"]).end().exits(0);
    ended
}

#[test]
fn init_keeps_which_source_it_is_and_never_what_it_gives() {
    let world = World::jmc();
    world.sandbox.keep_secret(SECRET, PASSWORD);
    let source = ["--password-secret", SECRET];
    init_and_replay(&world, &source, json!({"secrets-manager": SECRET}));

    let world = World::jmc();
    let ended = init_and_replay(&world, &["--auth", "iam"], json!("iam"));
    ended.says("The test logged in as `IAM:ops`. JMC will log in as `jmc`");
    assert!(ended.err.contains("not tried"));

    let world = World::jmc();
    let source = ["--auth", "iam", "--db-user", "jmc"];
    init_and_replay(&world, &source, json!({"iam-db-user": "jmc"}));
    // The flag takes back what the file says.
    let ended = world
        .program(["test-connection", "--auth", "password"])
        .end();
    ended.exits(2).says("--password-stdin");
}

#[test]
fn the_wizard_asks_for_no_password_that_aws_gives() {
    let world = World::jmc();
    let told = world
        .sales()
        .without(&[QuestionId::Password])
        .arguments(["--auth", "iam"])
        .told();
    told.ended
        .exits(0)
        .says("  password: temporary credentials of AWS\n");
    assert_eq!(told.times(QuestionId::Password), 0);
    assert_eq!(world.saved()["redshift"]["password"], "iam");

    let world = World::jmc();
    let told = world
        .sales()
        .without(&[QuestionId::Password])
        .arguments(["--password-secret", SECRET])
        .reply(QuestionId::AfterFailedTest, 2)
        .told();
    told.ended.exits(0).says("JMC-SECRET-MISSING");
    assert_eq!(world.saved()["redshift"]["connection_test"], "skipped");
}
