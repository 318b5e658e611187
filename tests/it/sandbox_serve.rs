//! `sandbox --serve` for its users: the AWS CLI works with the variables that it prints, and the
//! pages of the sandbox tell what was asked and what came of it.

use crate::sandbox::{ACCESS_KEY_ID, Sandbox, surroundings};
use crate::support::parts;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

/// Runs the AWS CLI with nothing but the printed variables; its answer, or what it says.
fn aws(python: &str, url: &str, words: &str) -> Result<Value, String> {
    let mut command = Command::new(python);
    command.args(["-I", "-m", "awscli", "--output", "json"]);
    command.args(words.split(' ')).env_clear();
    let output = command.envs(surroundings(url, 1)).output().expect("Python");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| Value::String(text(&output.stdout)))),
        false => Err(text(&output.stderr)),
    }
}

/// Reads a page of the sandbox about itself.
fn page(address: SocketAddr, name: &str) -> Value {
    let mut stream = TcpStream::connect(address).expect("the door is open");
    let request = format!("GET /_sandbox/{name} HTTP/1.0\r\nHost: sandbox\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_works_with_what_serve_prints_and_the_pages_show_it() {
    let Some(python) = parts::oracle() else {
        return;
    };
    let sandbox = Sandbox::jmc();
    let serving = sandbox.serve().await.expect("a loopback port");
    let (url, address) = (serving.url.clone(), serving.address);
    let asked = tokio::task::spawn_blocking(move || {
        let ask = |words: &str| aws(&python, &url, words);
        let listed = ask("s3 ls").expect("the buckets");
        let listed = listed.as_str().expect("lines").to_owned();
        assert!(listed.contains(" acme-csa-system-bucket"), "{listed}");
        ask("s3 mb s3://csa-by-cli").expect("a bucket");
        ask("s3api put-object --bucket csa-by-cli --key sql/ --if-none-match *").expect("a folder");
        let role = ask("iam get-role --role-name acme-jmc-app-role").expect("a role");
        let trusted = &role["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"];
        assert_eq!(trusted["Service"], "ecs-tasks.amazonaws.com");
        let topic = ask("sns create-topic --name by-cli").expect("a topic");
        assert_eq!(
            topic["TopicArn"],
            "arn:aws:sns:ap-northeast-1:123456789012:by-cli"
        );
        let cluster = ask("redshift describe-clusters --cluster-identifier csa-dwh");
        let cluster = cluster.expect("a cluster");
        assert_eq!(cluster["Clusters"][0]["ClusterStatus"], "available");
        let missing = ask("iam get-role --role-name nobody").expect_err("there is none");
        assert!(missing.contains("(NoSuchEntity)"), "{missing}");
        let unknown = ask("iam list-users").expect_err("it is not there");
        assert!(
            unknown.contains("does not implement iam:ListUsers"),
            "{unknown}"
        );
    });
    asked.await.expect("answers");

    let journal = page(address, "journal");
    let entries = journal.as_array().expect("entries");
    let of = |operation: &str| {
        let mut all = entries.iter();
        let found = all.find(|entry| entry["operation"] == operation);
        found.unwrap_or_else(|| panic!("{operation} is not in {journal}"))
    };
    assert_eq!(of("CreateTopic")["resource"], "by-cli");
    assert_eq!(of("CreateTopic")["effect"], true);
    assert_eq!(of("ListUsers")["status"], 501);
    assert!(!journal.to_string().contains(ACCESS_KEY_ID));
    let state = page(address, "state");
    assert_eq!(
        state["buckets"]["arn:aws:s3:::csa-by-cli"]["objects"]["sql/"]["size"],
        0
    );
    assert_eq!(state, sandbox.snapshot());
}
