//! Policies as they are found in accounts, each with what adding the bucket `jmc-site-data`
//! to it as an application role must do.

use super::{Policy, as_lists, undone, value};
use jmc_site::plan::policy::{Access, Place, Verdict, size, verdict};
use std::collections::BTreeSet;
use std::path::PathBuf;

const BUCKET: &str = "jmc-site-data";

/// What is expected. The two words are for the bucket and for its objects: the index of the
/// statement that is extended, `new`, or `-` where it is granted already; then the indexes of
/// the statements that deny it, with `?` where only perhaps; then the verdicts before, one
/// letter an action: Allowed, Missing, Denied, Unknown.
enum Expect {
    Edit(&'static str, &'static str, &'static str, &'static str),
    /// Reading it is refused, with this code and in this place.
    Unreadable(&'static str, &'static str),
    /// Reading it is possible, changing it is refused.
    Unwritable(&'static str),
}
use Expect::{Edit, Unreadable, Unwritable};

#[rustfmt::skip]
const EXPECTED: &[(&str, Expect)] = &[
    ("manual-redshift", Edit("0", "new", "", "MMMMM")),
    ("manual-app", Edit("0", "1", "", "MMMMM")),
    ("manual-app-two-spaces", Edit("0", "1", "", "MMMMM")),
    ("manual-app-minified", Edit("0", "1", "", "MMMMM")),
    ("cdk-grant-read-write", Edit("new", "new", "", "MMMMM")),
    ("cdk-this-bucket", Edit("-", "-", "", "AAAAA")),
    ("terraform-jsonencode", Edit("0", "1", "", "MMMMM")),
    ("terraform-document", Edit("0", "1", "", "MMMMM")),
    ("console-visual-editor", Edit("1", "0", "", "MMMMM")),
    ("console-full-access", Edit("-", "-", "", "AAAAA")),
    ("console-read-only", Edit("-", "new", "", "AAMAM")),
    ("administrator", Edit("-", "-", "", "AAAAA")),
    ("power-user", Edit("-", "-", "", "AAAAA")),
    ("sam-s3-crud", Edit("new", "new", "", "MMMMM")),
    ("sam-basic-execution", Edit("new", "new", "", "MMMMM")),
    ("single-object", Edit("0", "new", "", "MMMMM")),
    ("single-object-lines", Edit("new", "new", "", "MMMMM")),
    ("string-action", Edit("new", "new", "", "MMMMM")),
    ("string-resource-lines", Edit("0", "1", "", "MMMMM")),
    ("one-element-lists", Edit("0", "1", "", "MMMMM")),
    ("not-resource-allow", Edit("-", "-", "", "AAAAA")),
    ("not-resource-deny", Edit("0", "1", "2", "DDDDD")),
    ("not-action-deny", Edit("0", "1", "2", "MMDMD")),
    ("deny-insecure-transport", Edit("0", "1", "2?", "MMMMM")),
    ("deny-delete-some", Edit("1", "2", "0?", "MMMMM")),
    ("nested-conditions", Edit("new", "new", "", "MMMMM")),
    ("conditional-this-bucket", Edit("new", "-", "", "UUAAA")),
    ("policy-variables", Edit("0", "1", "", "UUUUU")),
    ("wildcard-prefix", Edit("-", "-", "", "AAAAA")),
    ("partial-prefix", Edit("-", "1", "", "AAMMM")),
    ("half-granted", Edit("new", "1", "", "AMMMM")),
    ("several-candidates", Edit("1", "4", "", "MMMMM")),
    ("warehouse-statement-in-app", Edit("0", "new", "", "MMMMM")),
    ("other-services", Edit("1", "3", "", "MMMMM")),
    ("crlf-tabs", Edit("0", "1", "", "MMMMM")),
    ("escaped-slashes", Edit("-", "-", "", "AAAAA")),
    ("unicode-escapes", Edit("-", "-", "", "AAAAA")),
    ("action-case", Edit("0", "1", "", "MMMMM")),
    ("latin1-sid", Edit("0", "1", "", "MMMMM")),
    ("china", Edit("0", "1", "", "MMMMM")),
    ("govcloud", Edit("-", "-", "", "AAAAA")),
    ("odd-spacing", Edit("0", "1", "", "MMMMM")),
    ("numbers-kept", Edit("0", "new", "", "UMMMM")),
    ("long-10200", Edit("0", "1", "", "MMMMM")),
    ("empty-statement-list", Edit("new", "new", "", "MMMMM")),
    ("with-principal", Edit("new", "1", "", "MMMMM")),
    ("unicode-sid", Unwritable("JMC-POLICY-LATIN1")),
    ("byte-order-mark", Unreadable("JMC-POLICY-JSON", "line 1, column 1.")),
    ("trailing-garbage", Unreadable("JMC-POLICY-JSON", "line 25, column 2.")),
    ("trailing-comma", Unreadable("JMC-POLICY-JSON", "line 24, column 5.")),
    ("comment", Unreadable("JMC-POLICY-JSON", "line 2, column 3.")),
    ("percent-encoded", Unreadable("JMC-POLICY-JSON", "line 1, column 1.")),
    ("duplicate-key", Unreadable("JMC-POLICY-DUPLICATE", "`Resource`")),
    ("duplicate-key-escaped", Unreadable("JMC-POLICY-DUPLICATE", "`Statement`")),
    ("no-statement", Unreadable("JMC-POLICY-SHAPE", "column 1)")),
    ("statement-string", Unreadable("JMC-POLICY-SHAPE", "column 37)")),
    ("statement-null-item", Unreadable("JMC-POLICY-SHAPE", "column 38)")),
    ("array-document", Unreadable("JMC-POLICY-SHAPE", "column 1)")),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/policies")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name).with_extension("json")).unwrap()
}

fn partition(name: &str) -> &'static str {
    match name {
        "china" => "aws-cn",
        "govcloud" => "aws-us-gov",
        _ => "aws",
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::Existing { at } => at.index.to_string(),
        Place::New { .. } => "new".to_owned(),
        Place::Whole { .. } => panic!("an addition removes nothing"),
    }
}

#[test]
fn every_policy_of_the_corpus_has_an_expectation() {
    let stored: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let expected: BTreeSet<String> = EXPECTED
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(stored, expected);
}

#[test]
fn every_policy_of_the_corpus_is_edited_as_expected() {
    let access = Access::Application;
    for (name, expect) in EXPECTED {
        let text = read(name);
        let (bucket, objects, denies, verdicts) = match expect {
            Edit(bucket, objects, denies, verdicts) => (*bucket, *objects, *denies, *verdicts),
            Unreadable(code, message) => {
                let error = Policy::parse(&text).unwrap_err();
                assert_eq!(error.code(), *code, "{name}");
                assert!(error.to_string().contains(message), "{name}: {error}");
                continue;
            }
            Unwritable(code) => {
                let policy = Policy::parse(&text).unwrap();
                let error = policy.with_buckets(access, "aws", &[BUCKET]).unwrap_err();
                assert_eq!(error.code(), *code, "{name}");
                continue;
            }
        };
        let policy = Policy::parse(&text).unwrap();
        let partition = partition(name);
        let edit = policy.with_buckets(access, partition, &[BUCKET]).unwrap();
        let places = |objects: bool| {
            edit.added
                .iter()
                .find(|change| change.arns[0].ends_with("/*") == objects)
                .map_or("-".to_owned(), |change| place(&change.place))
        };
        assert_eq!(
            (places(false), places(true)),
            (bucket.to_owned(), objects.to_owned()),
            "{name}"
        );
        let found: Vec<String> = edit
            .denies
            .iter()
            .map(|deny| format!("{}{}", deny.at.index, if deny.certain { "" } else { "?" }))
            .collect();
        assert_eq!(found.join(" "), denies, "{name}");
        let cells = verdict(&[&policy], access, partition, BUCKET).unwrap();
        let letters: String = cells
            .iter()
            .map(|cell| match cell.verdict {
                Verdict::Allowed { .. } => 'A',
                Verdict::Missing => 'M',
                Verdict::Denied { .. } => 'D',
                Verdict::Unknown { .. } => 'U',
            })
            .collect();
        assert_eq!(letters, verdicts, "{name}");

        assert_eq!(
            undone(&edit, &value(&edit.after)),
            as_lists(value(&text)),
            "{name}"
        );
        let after = Policy::parse(&edit.after).unwrap();
        assert!(
            !after
                .with_buckets(access, partition, &[BUCKET])
                .unwrap()
                .changed,
            "{name}"
        );
        if bucket != "-" && objects != "-" {
            let back = after.without_buckets(access, partition, &[BUCKET]).unwrap();
            assert_eq!(back.after, text, "{name}");
        }
    }
}

#[test]
fn a_policy_near_the_limit_is_counted_as_iam_counts() {
    let text = read("long-10200");
    assert_eq!(size(&text), 10_200);
    assert!(text.len() > 11_000);
    let minified = serde_json::to_string(&value(&text)).unwrap();
    assert_eq!(size(&minified), minified.chars().count());
}

/// The text after an edit, to be looked at: style is a matter of taste, so it is shown.
#[test]
fn edits_look_like_what_is_around_them() {
    let after = |name: &str| {
        let policy = Policy::parse(&read(name)).unwrap();
        policy
            .with_buckets(Access::Application, "aws", &[BUCKET])
            .unwrap()
            .after
    };
    let shown: Vec<String> = [
        "single-object-lines",
        "string-resource-lines",
        "console-read-only",
        "crlf-tabs",
        "empty-statement-list",
        "terraform-jsonencode",
    ]
    .iter()
    .map(|name| format!("== {name}\n{}", after(name)))
    .collect();
    insta::assert_snapshot!(shown.join("\n").replace('\r', ""));
}
