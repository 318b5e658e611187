//! The sandbox and two emulators against what AWS documents: one list of calls, made by a foreign
//! client. The sandbox has to answer as documented, always; where an emulator does not, the table
//! `tests/data/conformance/known.json` says so, and says nothing else.

use crate::sandbox::Sandbox;
use crate::support::parts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A step as it was answered, and as AWS documents it.
#[derive(Debug, Deserialize)]
struct Step {
    step: String,
    source: String,
    aws: Value,
    answer: Value,
}

/// A line of the table: what an emulator answers in place of AWS.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
struct Known {
    step: String,
    emulator: String,
    answers: Value,
    aws: Value,
    source: String,
}

/// The fewest steps that this is worth something with.
const STEPS: usize = 350;

fn script(name: &str) -> String {
    format!("{}/tests/oracle/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Python with nothing of this process's environment, and so of nobody's AWS profile.
fn python(program: &str, script: &str) -> Command {
    let mut command = Command::new(program);
    command
        .args(["-I", "-B", script])
        .env_clear()
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command
}

/// Has all steps asked of an endpoint.
fn ask(program: &str, endpoint: &str) -> Vec<Step> {
    let mut command = python(program, &script("conformance"));
    let output = command.arg(endpoint).output().expect("Python");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    let step = |line| serde_json::from_str(line).expect("a step");
    out.lines().map(step).collect()
}

/// Returns the differences that are known of an emulator, by step.
fn known(emulator: &str) -> BTreeMap<String, Known> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/conformance/known.json"
    );
    let text = std::fs::read_to_string(path).expect("the table");
    let all: Vec<Known> = serde_json::from_str(&text).expect("the table's form");
    let mut found = BTreeMap::new();
    for entry in all {
        let emulators = ["localstack", "moto"];
        assert!(emulators.contains(&entry.emulator.as_str()), "{entry:?}");
        if entry.emulator == emulator {
            let before = found.insert(entry.step.clone(), entry);
            assert_eq!(before, None, "the table has a step twice");
        }
    }
    found
}

/// Compares the answers with AWS's and the table's, and fails with all that does not fit.
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn judge(name: &str, steps: &[Step], mut known: BTreeMap<String, Known>, began: Instant) {
    let mut wrong = Vec::new();
    for step in steps {
        assert!(
            step.source.starts_with("https://docs.aws.amazon.com/"),
            "{step:?}"
        );
        let entry = Known {
            step: step.step.clone(),
            emulator: name.to_owned(),
            answers: step.answer.clone(),
            aws: step.aws.clone(),
            source: step.source.clone(),
        };
        match (step.answer == step.aws, known.remove(&step.step)) {
            (true, None) => {}
            (false, Some(told)) if told == entry => {}
            (true, Some(_)) => wrong.push(format!("no longer differs: {}", step.step)),
            (false, told) => {
                let how = if told.is_some() { "otherwise" } else { "newly" };
                wrong.push(format!("differs {how}: {}", json!(entry)));
            }
        }
    }
    wrong.extend(known.into_keys().map(|step| format!("no step: {step}")));
    let differ = steps.iter().filter(|step| step.answer != step.aws).count();
    println!(
        "conformance of {name}: {} steps, {differ} known differences, {:.1} s",
        steps.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(
        wrong.is_empty(),
        "{name}, {}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(steps.len() >= STEPS, "{}", steps.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_answers_as_aws_documents() {
    let Some(program) = parts::oracle() else {
        return;
    };
    let began = Instant::now();
    let serving = Sandbox::new().serve().await.expect("a loopback port");
    let url = serving.url.clone();
    let steps = tokio::task::spawn_blocking(move || ask(&program, &url));
    judge(
        "the sandbox",
        &steps.await.expect("answers"),
        BTreeMap::new(),
        began,
    );
}

#[test]
fn localstack_differs_from_aws_only_as_the_table_says() {
    let (Some(program), Some(url)) = (parts::oracle(), parts::localstack()) else {
        return;
    };
    let began = Instant::now();
    judge(
        "localstack",
        &ask(&program, &url),
        known("localstack"),
        began,
    );
}

/// A moto of this test's own; it ends with the pipe that it reads.
struct Moto {
    process: Child,
    url: String,
}

impl Moto {
    fn start(program: &str) -> Self {
        let mut command = python(program, &script("serve_moto.py"));
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.expect("Python");
        let stdout = process.stdout.as_mut().expect("a pipe");
        let mut url = String::new();
        let read = BufReader::new(stdout).read_line(&mut url);
        assert!(read.expect("a line") > 0, "moto does not start");
        Self {
            process,
            url: url.trim().to_owned(),
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[test]
fn moto_differs_from_aws_only_as_the_table_says() {
    let Some(program) = parts::oracle() else {
        return;
    };
    let began = Instant::now();
    let moto = Moto::start(&program);
    judge("moto", &ask(&program, &moto.url), known("moto"), began);
}
