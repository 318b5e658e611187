//! Site files and answers files as people, editors and accidents leave them: each of the corpus in
//! `tests/data/files` becomes what its list says, and whatever chance makes of them is read and
//! written back the same, or refused with a code. How to add one: `tests/data/README.md`.

use crate::fuzz::{answers_file, site_file};
use crate::support::World;
use jmc_site::answers::Answers;
use jmc_site::error::Error;
use jmc_site::messages::Lang;
use jmc_site::site::{Site, file};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/files")
}

/// Returns the rows of a list.
fn rows(list: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder().join(list)).expect("the list");
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split(" | ").map(str::to_owned).collect())
        .collect()
}

/// Returns every file of the corpus, by name.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).expect("the corpus");
    let mut all: Vec<_> = entries
        .map(|entry| entry.expect("a file").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read(&path).expect("a file"))
        })
        .collect();
    all.sort();
    all
}

/// Returns `ok`, or the code without its beginning.
fn told<T>(read: &Result<T, Error>) -> &str {
    match read {
        Ok(_) => "ok",
        Err(error) => error.code().trim_start_matches("JMC-FILE-"),
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn every_file_of_the_corpus_is_what_its_list_says() {
    let corpus = corpus();
    let rows = rows("files.txt");
    let listed: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let there: BTreeSet<&str> = corpus.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, there, "the list and the folder differ");
    for (name, bytes) in &corpus {
        let row = rows.iter().find(|row| row[0] == *name).expect("a row");
        let path = Path::new(name);
        let site = file::parse::<Site>(path, bytes);
        assert_eq!(told(&site), row[1], "{name}: {:?}", site.as_ref().err());
        let answers = file::parse::<Answers>(path, bytes);
        assert_eq!(
            told(&answers),
            row[2],
            "{name}: {:?}",
            answers.as_ref().err()
        );
        site_file(bytes);
        answers_file(bytes);
    }
    println!("{} files, each read as site and as answers", corpus.len());
}

/// Sets a field, or takes it away.
fn set(file: &mut Value, pointer: &str, value: &str) {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = file.pointer_mut(parent).expect(pointer);
    if value == "-" {
        parent
            .as_object_mut()
            .expect(pointer)
            .remove(field)
            .expect(pointer);
        return;
    }
    let value: Value = serde_json::from_str(value).expect(value);
    match field.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[field] = value,
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn every_field_with_another_value_is_taken_or_refused_by_its_path() {
    let full = std::fs::read(folder().join("ok-full.json")).expect("the file");
    let full: Value = serde_json::from_slice(&full).expect("JSON");
    let rows = rows("fields.txt");
    let mut wrong = Vec::new();
    for row in &rows {
        let mut changed = full.clone();
        set(&mut changed, &row[0], &row[1]);
        let text = changed.to_string();
        let path = Path::new("jmc-site.json");
        let site = file::parse::<Site>(path, text.as_bytes()).map(drop);
        let answers = file::parse::<Answers>(path, text.as_bytes()).map(drop);
        for (read, wanted) in [(site, &row[2]), (answers, &row[3])] {
            let found = match &read {
                Ok(()) => "ok".to_owned(),
                Err(error) if error.code() == "JMC-FILE-FIELD" => {
                    let text = error.text().get(Lang::En);
                    let (_, rest) = text.split_once("the field `").expect(text);
                    let (field, _) = rest.split_once("` can't be used: ").expect(text);
                    field.to_owned()
                }
                Err(error) => error.code().trim_start_matches("JMC-FILE-").to_owned(),
            };
            if found != *wanted {
                wrong.push(format!("{row:?}: {found}"));
            }
            let json = read.err().map(|error| error.to_json().to_string());
            let json = json.unwrap_or_default();
            assert!(!json.contains("Canary"), "{row:?}: {json}");
            assert!(!json.contains("20261124"), "{row:?}: {json}");
        }
        site_file(text.as_bytes());
        answers_file(text.as_bytes());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} fields with other values", rows.len());
}

#[test]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn the_program_refuses_every_broken_file_and_leaves_it_as_it_is() {
    let world = World::jmc();
    let mut count = 0;
    for row in rows("files.txt") {
        let bytes = std::fs::read(folder().join(&row[0])).expect("the file");
        for (wanted, file, arguments) in [
            (&row[1], "site.json", &["plan", "--site", "site.json"][..]),
            (
                &row[2],
                "answers.json",
                &["init", "--no-input", "--answers", "answers.json"],
            ),
        ] {
            if wanted == "ok" {
                continue;
            }
            std::fs::write(world.path(file), &bytes).expect("a file");
            let ended = world.program(arguments).end();
            ended
                .exits(1)
                .says(&format!("error JMC-FILE-{wanted}: `{file}`"));
            assert!(!ended.err.contains("panicked"), "{}", ended.err);
            assert_eq!(std::fs::read(world.path(file)).expect("it"), bytes);
            count += 1;
        }
    }
    assert!(world.sandbox.journal().is_empty(), "AWS was asked");
    println!("{count} runs refused a broken file");
}

/// A change of bytes: where (as a part of the length), how many, and what.
#[derive(Clone, Debug)]
enum Damage {
    Cut(f64),
    Remove(f64, usize),
    Repeat(f64, usize),
    Replace(f64, u8),
    Insert(f64, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || 0.0..1.0_f64;
    let words = prop::sample::select(vec![
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "true",
        "-1",
        "1e999",
        "\\u0000",
        "\\ud800",
        "\0",
        "\u{feff}",
        "営",
        "\"version\": 1, ",
        "\"use\": \"system\", ",
        "\r\n",
        "//",
    ]);
    prop_oneof![
        place().prop_map(Damage::Cut),
        (place(), 1..40_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        (place(), 1..40_usize).prop_map(|(at, count)| Damage::Repeat(at, count)),
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (place(), words).prop_map(|(at, word)| Damage::Insert(at, word)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let length = bytes.len();
        let place = |at: &f64| (length as f64 * at) as usize;
        match damage {
            Damage::Cut(at) => bytes.truncate(place(at)),
            Damage::Remove(at, count) => {
                let from = place(at);
                bytes.drain(from..(from + count).min(length));
            }
            Damage::Repeat(at, count) => {
                let from = place(at);
                let part = bytes[from..(from + count).min(length)].to_vec();
                bytes.splice(from..from, part);
            }
            Damage::Replace(at, byte) => {
                if let Some(old) = bytes.get_mut(place(at)) {
                    *old = *byte;
                }
            }
            Damage::Insert(at, word) => {
                let from = place(at);
                bytes.splice(from..from, word.bytes());
            }
        }
    }
    bytes
}

/// Runs a check on inputs that chance makes, and says how many could be read.
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
fn by_chance<S: Strategy<Value = Vec<u8>>>(what: &str, cases: u32, inputs: S) {
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    };
    let read = AtomicUsize::new(0);
    let ran = TestRunner::new(config).run(&inputs, |bytes| {
        site_file(&bytes);
        answers_file(&bytes);
        let sound = file::parse::<Answers>(Path::new("x"), &bytes).is_ok();
        read.fetch_add(usize::from(sound), Ordering::Relaxed);
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{what}: {error}");
    }
    let read = read.into_inner();
    println!("{what}: {cases} inputs, {read} of them could be read");
    assert!(read > 0 && read < cases as usize, "{what} proves nothing");
}

#[test]
fn files_that_chance_has_damaged_are_read_or_refused() {
    let files: Vec<Vec<u8>> = corpus().into_iter().map(|(_, bytes)| bytes).collect();
    let inputs = (
        prop::sample::select(files),
        prop::collection::vec(damage(), 0..4),
    );
    by_chance(
        "damaged bytes",
        1500,
        inputs.prop_map(|(bytes, damages)| damaged(bytes, &damages)),
    );
}

/// Any JSON, with words that mean something in these files among it.
fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "",
        " ",
        "sales",
        "system",
        "site",
        "data",
        "prompt",
        "iam",
        "email:a@b.example",
        "::1",
        "arn:aws:iam::123456789012:role/a",
        "arn:aws:sns:ap-northeast-1:123456789012:t",
        "a/",
        "ap-northeast-1",
        "123456789012",
        "s3://abc/",
        "sms:+819012345678",
        "営業",
        "\u{0}",
        "arn:aws:iam::123456789012:role//a/b",
        "https:https://a.example/b",
        "[::1]",
        "A.b.",
    ]);
    let keys = prop::sample::select(vec![
        "name",
        "kinds",
        "use",
        "topics",
        "topic",
        "role",
        "policy",
        "cluster",
        "workgroup",
        "failure",
        "secrets-manager",
        "subscriptions",
        "version",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..7000_u16).prop_map(Value::from),
        words.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, move |inner| {
        let fields = prop::collection::vec((keys.clone(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

/// Returns the pointers of everything in a value.
fn pointers(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                pointers(value, format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(pointer);
}

#[test]
fn fields_with_any_other_value_are_read_or_refused() {
    let full = std::fs::read(folder().join("ok-full.json")).expect("the file");
    let mut full: Value = serde_json::from_slice(&full).expect("JSON");
    full["tags"] = json!({ "owner": "sales" });
    let mut all = Vec::new();
    pointers(&full, String::new(), &mut all);
    let one = (prop::sample::select(all), any_json());
    let inputs = prop::collection::vec(one, 1..3).prop_map(move |changes| {
        let mut changed = full.clone();
        for (pointer, value) in changes {
            if let Some(place) = changed.pointer_mut(&pointer) {
                *place = value;
            }
        }
        changed.to_string().into_bytes()
    });
    by_chance("other values", 1500, inputs);
}
