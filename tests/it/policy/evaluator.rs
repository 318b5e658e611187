//! Judges policy documents by AWS's documented rules, for the tests: written for itself on
//! plain JSON values, with nothing of the engine's code.
//!
//! Rules: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>,
//! and the pages of the single elements beside it.

use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    /// What patterns match of the universe: the same few come ten thousand times.
    static SEEN: RefCell<HashMap<(String, usize), u64>> = RefCell::default();
}

/// A set of requests: one bit for every resource, one word for every action.
pub type Requests = Vec<u64>;

/// The requests that are asked: every action on every concrete resource.
pub struct Universe {
    pub actions: Vec<String>,
    pub resources: Vec<String>,
}

/// What one statement matches.
pub struct Matched {
    pub allow: bool,
    /// Matched whatever the rest of the request.
    pub surely: Requests,
    /// Matched, or not, by a condition, a principal or a variable.
    pub perhaps: Requests,
}

/// What a document says of all requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub allowed: Requests,
    pub maybe_allowed: Requests,
    pub denied: Requests,
    pub maybe_denied: Requests,
}

pub fn or(one: &[u64], two: &[u64]) -> Requests {
    one.iter().zip(two).map(|(a, b)| a | b).collect()
}

pub fn minus(one: &[u64], two: &[u64]) -> Requests {
    one.iter().zip(two).map(|(a, b)| a & !b).collect()
}

impl Universe {
    pub fn nothing(&self) -> Requests {
        vec![0; self.actions.len()]
    }

    pub fn only(&self, actions: &[&str], resource: impl Fn(&str) -> bool) -> Requests {
        let bits = bits(&self.resources, resource);
        let wanted = |action: &String| actions.contains(&action.as_str());
        self.actions
            .iter()
            .map(|action| if wanted(action) { bits } else { 0 })
            .collect()
    }

    pub fn statements(&self, document: &Value) -> Vec<Matched> {
        let list = match &document["Statement"] {
            Value::Array(list) => list.as_slice(),
            other => std::slice::from_ref(other),
        };
        list.iter()
            .map(|statement| self.statement(statement))
            .collect()
    }

    pub fn judge(&self, document: &Value) -> Judged {
        let mut judged = Judged {
            allowed: self.nothing(),
            maybe_allowed: self.nothing(),
            denied: self.nothing(),
            maybe_denied: self.nothing(),
        };
        for matched in self.statements(document) {
            let (surely, perhaps) = if matched.allow {
                (&mut judged.allowed, &mut judged.maybe_allowed)
            } else {
                (&mut judged.denied, &mut judged.maybe_denied)
            };
            *surely = or(surely, &matched.surely);
            *perhaps = or(perhaps, &matched.perhaps);
        }
        judged
    }

    fn statement(&self, statement: &Value) -> Matched {
        let plain = [
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
        ];
        let fields = statement.as_object().unwrap();
        let (patterns, inverted) = match (fields.get("Action"), fields.get("NotAction")) {
            (Some(these), None) => (list(these), false),
            (None, Some(these)) => (list(these), true),
            _ => panic!("the generator writes one of the two"),
        };
        let hit = patterns
            .iter()
            .fold(0, |bits, pattern| bits | self.actions_like(pattern));
        let words: Vec<bool> = (0..self.actions.len())
            .map(|i| (hit >> i & 1 == 1) != inverted)
            .collect();
        let (patterns, inverted) = match (fields.get("Resource"), fields.get("NotResource")) {
            (Some(these), None) => (list(these), false),
            (None, Some(these)) => (list(these), true),
            _ => panic!("the generator writes one of the two"),
        };
        let (variable, fixed): (Vec<String>, Vec<String>) = patterns
            .into_iter()
            .partition(|pattern| pattern.contains("${"));
        let fixed = fixed
            .iter()
            .fold(0, |bits, pattern| bits | self.resources_like(pattern));
        // Whatever the variables stand for.
        let variable = variable.iter().fold(0, |bits, pattern| {
            let (before, rest) = pattern.split_once("${").unwrap();
            let (_, after) = rest.split_once('}').unwrap();
            bits | self.resources_like(&format!("{before}*{after}"))
        });
        let (mut surely, mut perhaps) = if inverted {
            (
                bits(&self.resources, |_| true) & !fixed & !variable,
                variable & !fixed,
            )
        } else {
            (fixed, variable)
        };
        if !fields.keys().all(|key| plain.contains(&key.as_str())) {
            perhaps |= surely;
            surely = 0;
        }
        let spread = |bits: u64| {
            words
                .iter()
                .map(|hit| if *hit { bits } else { 0 })
                .collect()
        };
        Matched {
            allow: fields["Effect"] == "Allow",
            surely: spread(surely),
            perhaps: spread(perhaps),
        }
    }

    fn actions_like(&self, pattern: &str) -> u64 {
        self.seen(pattern, 0, || {
            bits(&self.actions, |action| {
                glob(&pattern.to_lowercase(), &action.to_lowercase())
            })
        })
    }

    fn resources_like(&self, pattern: &str) -> u64 {
        self.seen(pattern, 1, || {
            bits(&self.resources, |resource| glob(pattern, resource))
        })
    }

    fn seen(&self, pattern: &str, kind: usize, find: impl FnOnce() -> u64) -> u64 {
        // The address tells one universe from another.
        let key = (
            pattern.to_owned(),
            std::ptr::from_ref(self) as usize * 2 + kind,
        );
        SEEN.with_borrow_mut(|seen| *seen.entry(key).or_insert_with(find))
    }
}

fn bits(names: &[String], hit: impl Fn(&str) -> bool) -> u64 {
    names
        .iter()
        .enumerate()
        .filter(|(_, name)| hit(name))
        .fold(0, |bits, (i, _)| bits | 1 << i)
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        other => serde_json::from_value(other.clone()).unwrap(),
    }
}

/// `*` is any text, also none; `?` is one character.
fn glob(pattern: &str, text: &str) -> bool {
    let mut chars = pattern.chars();
    match chars.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = chars.as_str();
            (0..=text.len()).any(|at| glob(rest, &text[at..]))
        }
        Some(c) => {
            let mut others = text.chars();
            others.next().is_some_and(|first| {
                (c == '?' || c == first) && glob(chars.as_str(), others.as_str())
            })
        }
    }
}

#[test]
fn the_evaluator_follows_the_documented_examples() {
    let universe = Universe {
        actions: vec!["s3:GetObject".into(), "s3:DeleteBucket".into()],
        resources: vec!["arn:aws:s3:::a".into(), "arn:aws:s3:::a/k/x".into()],
    };
    let judge = |statement: &str| universe.judge(&serde_json::from_str(statement).unwrap());
    let judged = judge(
        r#"{"Statement":[{"Effect":"Allow","NotAction":"s3:deletebucket","Resource":"arn:aws:s3:::?/*"},
        {"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::a/*","Condition":{}}]}"#,
    );
    assert_eq!(judged.allowed, [0b10, 0]);
    assert_eq!(judged.maybe_denied, [0b01, 0b01]);
    assert_eq!(judged.denied, [0, 0]);
}
