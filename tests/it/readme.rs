//! Holds README.md to the code: what it says of permissions, flags, files and codes is read from it and tried.

use jmc_site::answers::Answers;
use jmc_site::args;
use jmc_site::error::Exit;
use jmc_site::messages::{Lang, all_entries};
use jmc_site::site::Site;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// Read when the tests run, so that an edit of the page needs no compiling.
static README: LazyLock<String> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("README.md")
});

/// Returns the JSON of the block that opens with these words after the three backticks.
pub fn block(words: &str) -> Value {
    let (_, rest) = README
        .split_once(&format!("```{words}\n"))
        .unwrap_or_else(|| panic!("README.md has a block {words}"));
    let (text, _) = rest.split_once("\n```").expect("the block ends");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{words}: {error}"))
}

/// Returns the text between a heading and the next one of its level or above.
pub fn section(heading: &str) -> &'static str {
    let (_, rest) = README
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("README.md has a heading {heading}"));
    let level = heading.split(' ').next().unwrap_or_default().len();
    let ends = (1..=level).filter_map(|level| rest.find(&format!("\n{} ", "#".repeat(level))));
    &rest[..ends.min().unwrap_or(rest.len())]
}

/// Returns the cells of the rows of all tables in a text, without the heads.
pub fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_row = |line: &str| line.starts_with("| ");
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let is_head = lines
            .get(index + 1)
            .is_some_and(|next| next.starts_with("|---"));
        if is_row(line) && !is_head {
            let inner = line.trim_matches('|');
            found.push(inner.split(" | ").map(str::trim).collect());
        }
    }
    found
}

/// Fails with what only one side has, rather than with both.
fn assert_same<T: Ord + std::fmt::Debug>(told: &BTreeSet<T>, code: &BTreeSet<T>) {
    let only_told: Vec<_> = told.difference(code).collect();
    let only_code: Vec<_> = code.difference(told).collect();
    assert!(
        only_told.is_empty() && only_code.is_empty(),
        "only README.md has {only_told:#?}, only the code has {only_code:#?}"
    );
}

/// Returns how the README tells of a flag: under which heading, how it is written, what it means.
fn told(arg: &clap::Arg, command: &str) -> (String, String, String) {
    let heading = arg.get_help_heading().unwrap_or(command).to_owned();
    let short = arg.get_short().map(|short| format!("`-{short}`, "));
    let value = arg.get_action().takes_values().then(|| {
        let names = arg.get_value_names().unwrap_or_default();
        format!(" {}", names.join(" "))
    });
    let value = value.unwrap_or_default();
    let flag = match arg.get_long() {
        Some(long) => format!("{}`--{long}{value}`", short.unwrap_or_default()),
        None => format!("`{}`", value.trim()),
    };
    let mut help = arg.get_help().expect("help").to_string();
    let defaults: Vec<_> = arg
        .get_default_values()
        .iter()
        .filter_map(|v| v.to_str())
        .collect();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        help += &format!(" [default: {}]", defaults.join(", "));
    }
    let possible: Vec<_> = arg
        .get_possible_values()
        .iter()
        .map(|v| v.get_name().to_owned())
        .collect();
    if arg.get_action().takes_values() && !possible.is_empty() {
        help += &format!(" [possible values: {}]", possible.join(", "));
    }
    if matches!(arg.get_action(), clap::ArgAction::Append) {
        help += " (repeatable)";
    }
    (heading, flag, help)
}

/// Adds the table of a command's flags for each heading, and those of the commands below it.
fn tables(command: &clap::Command, name: &str, text: &mut String) {
    let mut heads: Vec<(String, String)> = Vec::new();
    for (heading, flag, help) in command.get_arguments().map(|arg| told(arg, name)) {
        let row = format!("| {flag} | {} |\n", help.replace('<', "\\<"));
        match heads.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, rows)) => rows.push_str(&row),
            None => heads.push((heading, row)),
        }
    }
    // The command's own come first, as in its help.
    heads.sort_by_key(|(heading, _)| heading != name);
    for (heading, rows) in heads {
        let title = match heading == name {
            true => heading,
            false => format!("{name}: {heading}"),
        };
        text.push_str(&format!(
            "### {title}\n\n| Flag | Meaning |\n|---|---|\n{rows}\n"
        ));
    }
    for below in command.get_subcommands() {
        let name = match name {
            ALL => below.get_name().to_owned(),
            _ => format!("{name} {}", below.get_name()),
        };
        tables(below, &name, text);
    }
}

/// The heading of the flags that every command takes.
const ALL: &str = "Every command";

/// With this set, the tables of flags are written anew.
const UPDATE: &str = "JMC_SITE_TEST_UPDATE_README";

#[test]
fn the_flags_are_those_of_the_command_line() {
    let mut expected = String::new();
    tables(&args::definition(Lang::En), ALL, &mut expected);
    let found = section("## Flags");
    let found = &found[found.find("### ").expect("tables")..];
    if std::env::var_os(UPDATE).is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        std::fs::write(path, README.replace(found, &expected)).expect("README.md is written");
        return;
    }
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "{UPDATE}=1 writes the tables anew");
    }
    assert_eq!(found.trim_end(), expected.trim_end());
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    let told: Vec<String> = rows(section("## Exit codes"))
        .into_iter()
        .map(|row| row[0].to_owned())
        .collect();
    let all = [
        Exit::Done,
        Exit::Failed,
        Exit::Usage,
        Exit::Differences,
        Exit::Interrupted,
    ];
    assert_eq!(told, all.map(|exit| (exit as u8).to_string()));
}

/// Collects the paths of a file's values as the README's table writes them.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    match value {
        Value::Object(_) if path == "redshift.warehouse" => {
            found.insert(path.to_owned());
        }
        Value::Object(map) => {
            for (key, value) in map {
                let name = match path {
                    "notifications.topics" => "EVENT",
                    "tags" => "KEY",
                    _ => key,
                };
                paths(value, &below(name), found);
            }
        }
        Value::Array(items) => {
            for item in items {
                paths(item, &format!("{path}[]"), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// Visits every object of a file that is a struct, with a way to put a field into it.
fn objects(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let free = ["/tags", "/notifications/topics", "/redshift/warehouse"];
            if !free.contains(&pointer.as_str()) {
                found.push(pointer.clone());
            }
            for (key, value) in map {
                objects(value, format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                objects(value, format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn the_site_file_is_one_and_shows_every_field() {
    let file = block("json site");
    let site: Site = serde_json::from_value(file.clone()).expect("a site");
    assert_eq!(serde_json::to_value(&site).expect("JSON"), file);

    let mut used = BTreeSet::new();
    paths(&file, "", &mut used);
    let told: BTreeSet<String> = rows(section("## Site file"))
        .into_iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    assert_same(&told, &used);

    // A refused field names the fields that there are: each is in the example.
    let mut all = Vec::new();
    objects(&file, String::new(), &mut all);
    assert!(all.len() >= 10, "{all:?}");
    let known = |pointer: &str| -> Map<String, Value> {
        let object = file.pointer(pointer).and_then(Value::as_object);
        object.cloned().unwrap_or_default()
    };
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut fields: BTreeSet<String> = BTreeSet::new();
    for pointer in all {
        let mut wrong = file.clone();
        wrong.pointer_mut(&pointer).expect("an object")["no-field"] = Value::Null;
        let refusal = serde_json::from_value::<Site>(wrong)
            .expect_err(&pointer)
            .to_string();
        let (_, expected) = refusal.split_once("expected").expect(&refusal);
        let names = expected.split('`').skip(1).step_by(2);
        // Buckets and topics are several: together they show all fields.
        let kind = pointer.trim_end_matches(|c: char| c.is_ascii_digit() || c == '/');
        let kind = if kind.starts_with("/notifications/topics/") {
            "topic"
        } else {
            kind
        };
        fields.extend(names.map(|name| format!("{kind}.{name}")));
        seen.extend(known(&pointer).keys().map(|key| format!("{kind}.{key}")));
    }
    assert_same(&seen, &fields);
}

#[test]
fn the_answers_file_is_one() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = block("json answers").to_string();
    std::fs::write(file.path(), text).expect("a file");
    let answers = Answers::from_file(file.path()).expect("answers");
    assert!(answers.name.is_some() && answers.buckets.len() == 2);
    let missing = jmc_site::wizard::missing::missing(&answers, true);
    assert_eq!(missing, [], "the example is complete but for the password");
}

#[test]
fn the_error_codes_are_those_of_the_catalogue() {
    let codes: BTreeSet<&str> = all_entries().filter_map(|entry| entry.code).collect();
    let tables = [
        section("## When the connection test fails"),
        section("## Error codes"),
    ];
    let mut told = BTreeSet::new();
    for row in tables.into_iter().flat_map(rows) {
        for code in row[0].split(", ").filter(|cell| cell.starts_with('`')) {
            let code = code.trim_matches('`');
            assert!(told.insert(code), "{code} is told twice");
        }
    }
    assert_same(&told, &codes);
    let named = README
        .split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'))
        .filter(|word| word.starts_with("JMC-"));
    for code in named {
        assert!(codes.contains(code), "{code}");
    }
}

#[test]
fn the_first_two_commands_come_first_and_links_lead_somewhere() {
    let commands: Vec<&str> = README
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter_map(|line| line.split("  #").next())
        .map(str::trim)
        .take(2)
        .collect();
    assert_eq!(commands, ["cargo run --example sandbox", "tests/run"]);
    let anchors: BTreeSet<String> = README
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .map(|heading| {
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-');
            let kept: String = heading.chars().filter(kept).collect();
            kept.to_lowercase().replace(' ', "-")
        })
        .collect();
    for link in README.split("](#").skip(1) {
        let anchor = link.split(')').next().unwrap_or_default();
        assert!(anchors.contains(anchor), "{anchor}");
    }
}
