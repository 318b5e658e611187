//! What `check` prints and writes: what can't be read, one code alone, many sites, JUnit, both
//! languages.

use crate::grow_check::{bad, found, healthy, run};
use crate::sandbox::{Fault, Rule, Service};
use crate::support::World;
use crate::warehouse::PASSWORD;
use jmc_site::check::{Finding, State, junit};
use jmc_site::messages::check as say;
use serde_json::Value;
use std::collections::BTreeSet;

/// Returns which findings can't be told where an operation is refused.
fn depends(operation: &str) -> &'static [&'static str] {
    match operation {
        "HeadBucket"
        | "HeadObject"
        | "ListObjectsV2"
        | "GetPublicAccessBlock"
        | "GetBucketTagging" => &["BUCKET", "FOLDER", "SETTINGS"],
        "GetRole" | "ListRolePolicies" | "GetRolePolicy" => &["ROLE", "TRUST", "GRANT"],
        "ListAttachedRolePolicies" => &["GRANT"],
        // Only the Lambda role has a managed policy here.
        "GetPolicy" | "GetPolicyVersion" => &["GRANT acme-jmc-api-role"],
        "DescribeClusters" => &["ATTACHED"],
        "GetTopicAttributes" | "ListTagsForResource" | "ListSubscriptionsByTopic" => {
            &["TOPIC", "SUBSCRIPTION"]
        }
        other => panic!("check reads with {other}, which this test does not know"),
    }
}

#[test]
fn what_cannot_be_read_is_unknown_with_the_reason_and_never_ok() {
    let world = healthy();
    let all = found(&run(&world, &[]));
    let read: BTreeSet<(String, String)> = world
        .sandbox
        .journal()
        .into_iter()
        .map(|entry| (entry.service, entry.operation))
        .filter(|(_, operation)| operation != "GetCallerIdentity")
        .collect();
    assert!(read.len() >= 13, "{read:?}");
    for (service, operation) in read {
        let named = Service::named(&service).expect("a service");
        let rule = Rule::on(named, &operation, Fault::AccessDenied);
        world.sandbox.fault(rule.always());
        let ended = run(&world, &[]);
        let seen = found(&ended);
        // Of a bucket that may not be looked at S3 says the same as of a foreign one.
        let foreign = operation == "HeadBucket";
        let state = if foreign { "wrong" } else { "unknown" };
        ended.exits(3);
        // Who says so takes doubt for good.
        let expected = if foreign { 3 } else { 0 };
        run(&world, &["--allow-unknown"]).exits(expected);
        for ((code, subject), finding) in &seen {
            let kind = &code["JMC-CHECK-".len()..];
            let touched = format!("{kind} {subject}");
            if depends(&operation)
                .iter()
                .any(|one| touched.starts_with(one))
            {
                assert_eq!(finding["state"], state, "{operation}: {finding}");
                let evidence = finding["evidence"].as_str().expect("evidence");
                let reason = if foreign {
                    "JMC-S3-OWNER"
                } else {
                    "JMC-AWS-DENIED"
                };
                assert!(evidence.contains(reason), "{evidence}");
                assert!(finding["fix"].is_string(), "{finding}");
            } else {
                assert_eq!(finding["state"], "ok", "{operation}: {finding}");
            }
        }
        if !foreign {
            assert!(seen.keys().eq(all.keys()), "{operation} hides a finding");
        }
        world.heal();
    }
    assert_eq!(bad(&found(&run(&world, &[]))), [""; 0]);
}

#[test]
fn the_connection_is_a_finding_too() {
    let world = healthy();
    let of = |more: &[&str]| {
        let ended = run(&world, more);
        let all = found(&ended);
        let connection = all
            .values()
            .find(|one| one["code"] == "JMC-CHECK-CONNECTION");
        (ended.exit, connection.cloned().expect("the connection"))
    };
    let (exit, one) = of(&["--skip-connection-test"]);
    assert_eq!((exit, &one["state"]), (0, &Value::from("unknown")));
    assert_eq!(one["evidence"], "left out");

    let check = |name: &str, value: &str| {
        let ended = world
            .program(["check", "--output", "json"])
            .env(name, value)
            .end();
        (ended.exit, found(&ended)[&key()].clone())
    };
    let (exit, one) = check("NO_SUCH", "");
    assert_eq!((exit, &one["state"]), (3, &Value::from("unknown")));
    assert_eq!(one["evidence"], "no password was found to log in with");
    let (exit, one) = check("JMC_REDSHIFT_PASSWORD", crate::support::WRONG_PASSWORD);
    assert_eq!((exit, &one["state"]), (3, &Value::from("wrong")));
    assert!(one["fix"].is_string(), "{one}");

    // Nobody listens on the port of a listener that is gone.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let ended = world
        .program(["check", "--output", "json"])
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .env("JMC_SITE_REDSHIFT_DIAL", &nobody)
        .end();
    let one = found(ended.exits(3))[&key()].clone();
    assert_eq!(one["state"], "wrong");
    let evidence = one["evidence"].as_str().expect("evidence");
    assert!(evidence.contains("JMC-CONN-REFUSED"), "{evidence}");
    assert!(one["fix"].is_string(), "{one}");
}

fn key() -> (String, String) {
    let endpoint = crate::support::ENDPOINT.trim_end_matches("/dev");
    ("JMC-CHECK-CONNECTION".to_owned(), endpoint.to_owned())
}

#[test]
fn one_code_can_be_asked_for_alone() {
    let world = healthy();
    world.sandbox.state(|state| state.topics.clear());
    let buckets = found(run(&world, &["--only=JMC-CHECK-BUCKET"]).exits(0));
    assert_eq!(buckets.len(), 3);
    let topics = ["--only=JMC-CHECK-TOPIC", "--only=JMC-CHECK-SUBSCRIPTION"];
    assert_eq!(found(run(&world, &topics).exits(3)).len(), 2);
    let unknown = run(&world, &["--only=JMC-CHECK-TOPICS"]);
    unknown.exits(2).says(
        "error JMC-CHECK-ONLY: `JMC-CHECK-TOPICS` is not a code of check: JMC-CHECK-CONNECTION, ",
    );
    assert_eq!(world.sandbox.journal(), []);
}

#[test]
fn twenty_site_files_have_one_summary() {
    let world = healthy();
    world.sandbox.state(|state| {
        let bucket = state.bucket("sales-jmc-data").expect("the bucket");
        bucket.objects.clear();
    });
    let mut names = Vec::new();
    for n in 0..20 {
        let mut site = world.saved();
        site["name"] = format!("sales{n}").into();
        // The tags of the shared buckets are those of one site.
        for bucket in site["buckets"].as_array_mut().expect("buckets") {
            bucket["origin"] = "adopted".into();
        }
        site["notifications"] = serde_json::json!({ "use": "system" });
        names.push(format!("site-{n}.json"));
        std::fs::write(world.path(&names[n]), site.to_string()).expect("a file");
    }
    let files: Vec<&str> = names.iter().map(String::as_str).collect();
    let ended = run(&world, &files);
    let value = ended.exits(3).json();
    let sites = value["sites"].as_array().expect("sites");
    assert_eq!(sites.len(), 20);
    for (n, site) in sites.iter().enumerate() {
        assert_eq!(site["site"], format!("sales{n}"));
        assert_eq!(site["file"], names[n]);
        let findings = site["findings"].as_array().expect("findings");
        let fix = format!("jmc-site apply --site {}", names[n]);
        let bad = findings.iter().filter(|one| one["state"] != "ok");
        assert!(bad.clone().all(|one| one["fix"] == *fix));
        assert_eq!(bad.count(), 2);
    }
    assert_eq!(value["summary"]["missing"], 40);

    let told = world
        .program(["check"].into_iter().chain(files.iter().copied()))
        .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
        .end();
    told.exits(3).results("sales7  (site-7.json)");
    let summaries = told.out.lines().filter(|line| line.contains("site(s): "));
    let summaries: Vec<&str> = summaries.collect();
    let ok = &value["summary"]["ok"];
    assert_eq!(
        summaries,
        [format!(
            "20 site(s): {ok} ok, 40 missing, 0 wrong, 0 unknown"
        )]
    );
    // One file that is not there ends the run before any call.
    world.sandbox.clear_journal();
    let missing = world
        .program(["check", "site-1.json", "nowhere.json"])
        .end();
    missing.exits(2).says("JMC-FILE-MISSING");
    assert_eq!(world.sandbox.journal(), []);
}

#[test]
fn a_person_reads_a_table_in_either_language() {
    let world = healthy();
    world.sandbox.state(|state| {
        let bucket = state.bucket("sales-jmc-sql").expect("the bucket");
        bucket.objects.clear();
    });
    let check = || world.program(["check", "--skip-connection-test"]);
    check()
        .end()
        .exits(3)
        .results("  missing  folder             sales-jmc-sql/sql/\n")
        .results("           JMC-CHECK-FOLDER: does not exist\n")
        .results("           -> jmc-site apply --site jmc-site.json\n")
        .results("1 site(s): 23 ok, 1 missing, 0 wrong, 1 unknown\n");
    check()
        .ja()
        .end()
        .exits(3)
        .results("  不足     フォルダ        sales-jmc-sql/sql/\n")
        .results("           JMC-CHECK-FOLDER: 存在しません\n")
        .results("1 サイト: 正常 23、不足 1、不正 0、不明 1\n");
}

/// Reads XML strictly enough for these reports: returns the elements, each with its attributes.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let legal = |c: char| {
        matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !('\u{fffe}'..='\u{ffff}').contains(&c))
    };
    assert!(xml.chars().all(legal), "{xml:?}");
    let entities = |text: &str| {
        for part in text.split('&').skip(1) {
            let (name, _) = part.split_once(';').expect("an entity ends");
            assert!(
                ["amp", "lt", "gt", "quot", "apos"].contains(&name),
                "{name}"
            );
        }
    };
    let rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut rest = rest.expect("a declaration");
    let (mut open, mut found) = (Vec::new(), Vec::new());
    while let Some((text, tag)) = rest.split_once('<') {
        entities(text);
        assert!(
            !open.is_empty() || text.trim().is_empty(),
            "{text:?} outside"
        );
        let (mut tag, after) = tag.split_once('>').expect("a tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{xml}");
            continue;
        }
        let empty = tag.ends_with('/');
        tag = tag.trim_end_matches('/');
        let (name, mut left) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes: Vec<(String, String)> = Vec::new();
        while let Some((attribute, value)) = left.split_once("=\"") {
            let (value, next) = value.split_once('"').expect("a value ends");
            entities(value);
            let attribute = attribute.trim().to_owned();
            assert!(attributes.iter().all(|(known, _)| *known != attribute));
            attributes.push((attribute, value.to_owned()));
            left = next;
        }
        assert_eq!(left.trim(), "", "{xml}");
        found.push((name.to_owned(), attributes));
        if !empty {
            open.push(name.to_owned());
        }
    }
    assert_eq!((open, rest.trim()), (Vec::new(), ""), "{xml}");
    found
}

/// Counts elements of a name, and asserts what the suites say of themselves.
fn count(xml: &str, name: &str) -> usize {
    elements(xml)
        .iter()
        .filter(|(known, _)| known == name)
        .count()
}

fn junit_of(world: &World, more: &[&str]) -> String {
    let report = ["--junit=report.xml"];
    let arguments: Vec<&str> = report.iter().chain(more).copied().collect();
    run(world, &arguments);
    std::fs::read_to_string(world.path("report.xml")).expect("a report")
}

#[test]
fn a_ci_system_reads_junit_with_a_case_for_each_finding() {
    let world = healthy();
    let xml = junit_of(&world, &[]);
    assert_eq!(count(&xml, "testcase"), 25);
    assert_eq!((count(&xml, "failure"), count(&xml, "skipped")), (0, 0));
    world.sandbox.state(|state| {
        state.bucket("sales-jmc-sql").expect("the bucket").tags = None;
        let buckets = &mut state.bucket("sales-jmc-data").expect("the bucket").objects;
        buckets.clear();
    });
    world
        .sandbox
        .fault(Rule::on(Service::Redshift, "DescribeClusters", Fault::AccessDenied).always());
    let xml = junit_of(&world, &["--skip-connection-test"]);
    assert_eq!(count(&xml, "testcase"), 25);
    let counts = ["failure", "error", "skipped"].map(|name| count(&xml, name));
    assert_eq!(counts, [3, 1, 1]);
    let suite = elements(&xml)
        .into_iter()
        .find(|(name, _)| name == "testsuite");
    let (_, attributes) = suite.expect("a suite");
    let attributes: Vec<String> = attributes
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        attributes,
        [
            "name=sales",
            "tests=25",
            "failures=3",
            "errors=1",
            "skipped=1"
        ]
    );
    world.heal();
    let xml = junit_of(
        &world,
        &["jmc-site.json", "jmc-site.json", "--only=JMC-CHECK-FOLDER"],
    );
    assert_eq!(
        (
            count(&xml, "testsuite"),
            count(&xml, "testcase"),
            count(&xml, "failure")
        ),
        (2, 8, 4)
    );
}

#[test]
fn junit_stays_well_formed_whatever_stands_in_a_finding() {
    let nasty = "a<b> & \"c\" 'd' ]]> \u{1}\u{7f}\u{85}\u{fffe}\u{ffff}\t\n\u{1f600} 日本";
    let finding = |(state, accepted)| Finding {
        what: say::bucket(),
        subject: nasty.to_owned(),
        state,
        evidence: say::status(nasty),
        fix: Some(say::status(nasty)),
        accepted,
    };
    let states = [
        (State::Ok, false),
        (State::Missing, false),
        (State::Wrong, false),
        (State::Unknown, false),
        (State::Unknown, true),
    ];
    let xml = junit::report(&[(nasty.to_owned(), states.map(finding).into())]);
    assert_eq!(count(&xml, "testcase"), 5);
    let counts = ["failure", "error", "skipped"].map(|name| count(&xml, name));
    assert_eq!(counts, [2, 1, 1]);
    assert!(xml.contains("日本"));
}
