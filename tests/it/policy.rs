//! What must hold of every policy document that is edited, whatever it looks like.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod corpus;
mod evaluator;
mod generator;

use evaluator::{Universe, minus, or};
use jmc_site::plan::policy::{Access, Edit, Place, Policy, Verdict, verdict};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

const PARTITION: &str = "aws";
const OURS: [&str; 2] = ["new-data", "new-sql"];

static UNIVERSE: LazyLock<Universe> = LazyLock::new(|| {
    let actions = [
        "s3:ListBucket",
        "s3:GetBucketLocation",
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:PutObjectAcl",
        "s3:DeleteBucket",
        "sns:Publish",
    ];
    let mut resources = vec![
        "arn:aws:sns:us-east-1:111122223333:t".to_owned(),
        "arn:aws-cn:s3:::new-data".to_owned(),
        "arn:aws-cn:s3:::new-data/k".to_owned(),
    ];
    for bucket in ["new-data", "new-sql", "new-data2", "old-a", "other"] {
        resources.push(format!("arn:aws:s3:::{bucket}"));
        for key in ["", "k", "in/x.csv", "x:s3:::new-data"] {
            resources.push(format!("arn:aws:s3:::{bucket}/{key}"));
        }
    }
    Universe {
        actions: actions.map(str::to_owned).to_vec(),
        resources,
    }
});

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The requests that the manual's policy for these buckets allows.
fn granted(access: Access, buckets: &[&str]) -> Vec<u64> {
    let mut all = UNIVERSE.nothing();
    for bucket in buckets {
        let arn = format!("arn:aws:s3:::{bucket}");
        let objects = format!("{arn}/");
        all = or(
            &all,
            &UNIVERSE.only(&["s3:ListBucket", "s3:GetBucketLocation"], |r| r == arn),
        );
        let actions: &[&str] = match access {
            Access::Warehouse => &["s3:PutObject", "s3:GetObject"],
            Access::Application => &["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
        };
        all = or(&all, &UNIVERSE.only(actions, |r| r.starts_with(&objects)));
    }
    all
}

/// Makes single values lists, so that `"x"` and `["x"]` compare equal.
fn as_lists(mut document: Value) -> Value {
    let wrap = |value: &mut Value| {
        if !value.is_array() {
            *value = Value::Array(vec![value.take()]);
        }
    };
    wrap(&mut document["Statement"]);
    for statement in document["Statement"].as_array_mut().unwrap() {
        if let Some(resource) = statement.get_mut("Resource") {
            wrap(resource);
        }
    }
    document
}

/// Takes from the document after an addition exactly what the edit says that it added.
fn undone(edit: &Edit, after: &Value) -> Value {
    let mut document = as_lists(after.clone());
    let statements = document["Statement"].as_array_mut().unwrap();
    for change in edit.added.iter().rev() {
        let (index, whole) = match &change.place {
            Place::Existing { at } => (at.index, false),
            Place::New { index } => (*index, true),
            Place::Whole { .. } => panic!("an addition removes nothing"),
        };
        let resources = statements[index]["Resource"].as_array_mut().unwrap();
        let rest = resources.len() - change.arns.len();
        assert_eq!(resources.split_off(rest), change.arns);
        if whole {
            assert!(rest == 0 && index + 1 == statements.len());
            statements.pop();
        }
    }
    document
}

fn is_subsequence(small: &str, big: &str) -> bool {
    let mut rest = big.bytes();
    small.bytes().all(|byte| rest.any(|other| other == byte))
}

/// Checks everything that holds of adding buckets to any document.
fn check_addition(text: &str, access: Access, buckets: &[&str]) -> Edit {
    let policy = Policy::parse(text).unwrap();
    let edit = policy.with_buckets(access, PARTITION, buckets).unwrap();
    assert_eq!(edit.before, text);
    assert_eq!(edit.changed, edit.after != text);
    assert_eq!(edit.changed, !edit.added.is_empty());

    // Nothing foreign is lost, changed or moved.
    let (document, changed) = (value(text), value(&edit.after));
    assert_eq!(undone(&edit, &changed), as_lists(document.clone()));
    assert!(is_subsequence(text, &edit.after));
    for arn in edit.added.iter().flat_map(|change| &change.arns) {
        let name = arn.strip_prefix("arn:aws:s3:::").unwrap();
        assert!(buckets.contains(&name.strip_suffix("/*").unwrap_or(name)));
    }

    // What was written reads back as it is, and doing it again changes nothing.
    let again = Policy::parse(&edit.after).unwrap();
    assert_eq!(again.text(), edit.after);
    let repeated = again.with_buckets(access, PARTITION, buckets).unwrap();
    assert_eq!(repeated.after, edit.after);
    assert!(!repeated.changed);

    // The order of the buckets does not matter, nor naming one twice.
    let mut turned: Vec<&str> = buckets.iter().rev().copied().collect();
    turned.extend(buckets);
    let other = policy.with_buckets(access, PARTITION, &turned).unwrap();
    assert_eq!(other, edit);

    // Exactly the buckets' permissions are new.
    let mut expected = UNIVERSE.judge(&document);
    expected.allowed = or(&expected.allowed, &granted(access, buckets));
    assert_eq!(UNIVERSE.judge(&changed), expected);
    edit
}

/// Checks everything that holds of removing buckets from any document.
fn check_removal(text: &str, access: Access, buckets: &[&str]) {
    let policy = Policy::parse(text).unwrap();
    let edit = policy.without_buckets(access, PARTITION, buckets).unwrap();
    assert_eq!(edit.changed, !edit.removed.is_empty());
    if !edit.empty {
        assert!(is_subsequence(&edit.after, text));
    }
    let again = Policy::parse(&edit.after).unwrap();
    assert!(
        !again
            .without_buckets(access, PARTITION, buckets)
            .unwrap()
            .changed
    );

    // Put the removed ARNs back by hand: every other value must be where it was.
    let (document, changed) = (value(text), value(&edit.after));
    let mut expected = as_lists(document.clone());
    let statements = expected["Statement"].as_array_mut().unwrap();
    for change in edit.removed.iter().rev() {
        match &change.place {
            Place::Whole { at } => {
                statements.remove(at.index);
            }
            Place::Existing { at } => {
                let resources = statements[at.index]["Resource"].as_array_mut().unwrap();
                resources.retain(|arn| !change.arns.iter().any(|gone| arn == gone));
            }
            Place::New { .. } => panic!("a removal adds nothing"),
        }
        for arn in &change.arns {
            let name = arn.strip_prefix("arn:aws:s3:::").unwrap();
            assert!(buckets.contains(&name.strip_suffix("/*").unwrap_or(name)));
        }
    }
    assert_eq!(as_lists(changed.clone()), expected);

    // Only the buckets' permissions can go; what is left of them is reported.
    let (before, after) = (UNIVERSE.judge(&document), UNIVERSE.judge(&changed));
    let ours = granted(access, buckets);
    assert_eq!(minus(&before.allowed, &ours), minus(&after.allowed, &ours));
    assert_eq!(minus(&after.allowed, &before.allowed), UNIVERSE.nothing());
    assert_eq!(before.maybe_allowed, after.maybe_allowed);
    assert_eq!(
        (before.denied, before.maybe_denied),
        (after.denied, after.maybe_denied)
    );
    for (index, matched) in UNIVERSE.statements(&changed).iter().enumerate() {
        let reaches = minus(&ours, &or(&matched.surely, &matched.perhaps)) != ours;
        let reported = edit.kept.iter().any(|kept| kept.at.index == index);
        assert!(!(matched.allow && reaches) || reported, "statement {index}");
    }
}

/// Compares the verdicts and the denies of the engine with the evaluator's.
fn check_verdicts(text: &str, access: Access, bucket: &str) {
    let policy = Policy::parse(text).unwrap();
    let document = value(text);
    let judged = UNIVERSE.judge(&document);
    let statements = UNIVERSE.statements(&document);
    let denies = policy.denies(access, PARTITION, &[bucket]).unwrap();
    for cell in verdict(&[&policy], access, PARTITION, bucket).unwrap() {
        assert_eq!(policy.allows(cell.action, &cell.arn), cell.verdict);
        let asked = UNIVERSE.only(&[cell.action], |resource| {
            match cell.arn.strip_suffix('*') {
                Some(prefix) => resource.starts_with(prefix),
                None => resource == cell.arn,
            }
        });
        let all_in = |set: &[u64]| minus(&asked, set) == UNIVERSE.nothing();
        let none_in = |set: &[u64]| minus(&asked, set) == asked;
        match &cell.verdict {
            Verdict::Allowed { at } => {
                assert!(all_in(&statements[at.index].surely));
                assert!(none_in(&judged.denied) && none_in(&judged.maybe_denied));
            }
            Verdict::Denied { at } => {
                assert!(all_in(&statements[at.index].surely));
            }
            Verdict::Missing => {
                let allows = statements.iter().filter(|statement| statement.allow);
                assert!(
                    allows
                        .into_iter()
                        .all(|s| !all_in(&or(&s.surely, &s.perhaps)))
                );
            }
            Verdict::Unknown { .. } => {
                assert!(!none_in(&or(&judged.allowed, &judged.maybe_allowed)));
            }
        }
        for (index, statement) in statements.iter().enumerate() {
            let reached = or(&statement.surely, &statement.perhaps);
            if !statement.allow && !none_in(&reached) {
                let deny = denies.iter().find(|deny| deny.at.index == index).unwrap();
                assert!(deny.actions.contains(&cell.action) && deny.arns.contains(&cell.arn));
                let surely = all_in(&statement.surely);
                assert!(deny.certain || !surely, "statement {index} surely denies");
            }
        }
    }
    let ours = granted(access, &[bucket]);
    for deny in denies.iter().filter(|deny| deny.certain) {
        let denied = &statements[deny.at.index].surely;
        assert!(
            minus(&ours, denied) != ours,
            "statement {} denies nothing",
            deny.at
        );
    }
}

/// Random documents; `named` says whether they may name `new-data` and `new-sql` already.
fn document(named: bool) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<u8>(), 0..160)
        .prop_map(move |bytes| generator::document(&bytes, named))
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![Just(Access::Warehouse), Just(Access::Application)]
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 10_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn adding_grants_exactly_the_buckets_and_moves_nothing(
        text in document(true), access in access(), count in 1..=2_usize,
    ) {
        check_addition(&text, access, &OURS[..count]);
    }

    #[test]
    fn removing_what_was_just_added_restores_every_byte(
        text in document(false), access in access(), twice in any::<bool>(),
    ) {
        let with = |text: &str, buckets: &[&str]| {
            Policy::parse(text).unwrap().with_buckets(access, PARTITION, buckets).unwrap().after
        };
        let without = |text: &str, buckets: &[&str]| {
            Policy::parse(text).unwrap().without_buckets(access, PARTITION, buckets).unwrap().after
        };
        let one = with(&text, &["new-sql"]);
        prop_assert_eq!(without(&one, &["new-sql"]), text.as_str());
        if twice {
            let two = with(&one, &["new-data", "new-third"]);
            prop_assert_eq!(without(&two, &["new-third", "new-data"]), one);
            prop_assert_eq!(without(&two, &["new-third", "new-sql", "new-data"]), text);
        }
    }

    #[test]
    fn removing_takes_only_the_buckets_own_arns(
        text in document(true), access in access(), count in 1..=2_usize,
    ) {
        check_removal(&text, access, &OURS[..count]);
    }

    #[test]
    fn verdicts_and_denies_agree_with_the_documented_rules(text in document(true), access in access()) {
        check_verdicts(&text, access, "new-data");
    }
}
