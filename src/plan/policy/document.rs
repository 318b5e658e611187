//! Owns a policy document: its text, and where its statements stand in it.

use super::json::{self, Fault, Kind, Node};
use crate::error::{Error, Result};
use crate::messages::policy as text;

/// A policy document, kept as the text that it was read from.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(super) text: String,
    /// The value of `Statement`.
    pub(super) container: Node,
    pub(super) statements: Vec<Statement>,
}

/// What one statement says, and where.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub node: Node,
    pub sid: Option<String>,
    pub effect: Effect,
    pub actions: Names,
    pub resources: Names,
    /// `Resource` as it stands in the text, where it is one string or a list of strings.
    pub resource: Option<Node>,
    /// `Condition`, `Principal`, anything unknown or malformed: more than the parts above decide.
    pub qualified: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
    /// Neither; IAM would not have accepted it.
    Other,
}

/// The actions or the resources of a statement.
#[derive(Clone, Debug)]
pub(super) enum Names {
    /// `Action`, `Resource`: these.
    Only(Vec<String>),
    /// `NotAction`, `NotResource`: all but these.
    AllBut(Vec<String>),
    /// Absent, given in both ways, or not made of strings.
    Malformed,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// Fields that are not known are kept and tolerated, wherever they stand.
    ///
    /// # Errors
    /// `JMC-POLICY-JSON` where the text is no JSON (also with a byte order mark),
    /// `JMC-POLICY-DUPLICATE` where an object has a key twice, `JMC-POLICY-SHAPE` where it is
    /// JSON but no policy. All say where.
    pub fn parse(text: &str) -> Result<Self> {
        let root = read(text)?;
        let shape = |node: &Node| {
            let (line, column) = json::position(text, node.span.start);
            Error::new(text::policy_not_a_policy(line, column))
        };
        let Some(container) = root.get("Statement") else {
            return Err(shape(&root));
        };
        let nodes = match &container.kind {
            Kind::Array(nodes) => nodes.as_slice(),
            Kind::Object(_) => std::slice::from_ref(container),
            _ => return Err(shape(container)),
        };
        let statements = nodes
            .iter()
            .map(|node| Statement::read(node).ok_or_else(|| shape(node)))
            .collect::<Result<_>>()?;
        Ok(Self {
            text: text.to_owned(),
            container: container.clone(),
            statements,
        })
    }

    /// Returns the document as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Says whether the document has no statement at all; IAM refuses to store that.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Checks that IAM would accept every character of a document.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>
    ///
    /// # Errors
    /// `JMC-POLICY-LATIN1`, with the first character that it would refuse.
    pub fn check_characters(text: &str) -> Result<()> {
        let accepted = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}');
        match text.char_indices().find(|(_, c)| !accepted(*c)) {
            None => Ok(()),
            Some((at, character)) => {
                let (line, column) = json::position(text, at);
                let character = character.escape_debug();
                Err(Error::new(text::policy_not_latin1(character, line, column)))
            }
        }
    }
}

/// Reads JSON with positions, and turns what is wrong into a catalogued error.
pub(super) fn read(text: &str) -> Result<Node> {
    json::read(text).map_err(|fault| match fault {
        Fault::Syntax { at, cause } => {
            let (line, column) = json::position(text, at);
            Error::new(text::policy_not_json(line, column)).cause(cause)
        }
        Fault::Duplicate { at, key } => {
            let (line, column) = json::position(text, at);
            Error::new(text::policy_duplicate_key(key, line, column))
        }
    })
}

impl Statement {
    /// Reads a statement, unless it is not even an object.
    fn read(node: &Node) -> Option<Self> {
        let Kind::Object(members) = &node.kind else {
            return None;
        };
        let known = [
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
        ];
        let sid = node.get("Sid");
        let resource = node.get("Resource");
        let names = strings(resource);
        Some(Self {
            sid: sid.and_then(Node::as_str).map(str::to_owned),
            effect: match node.get("Effect").and_then(Node::as_str) {
                Some("Allow") => Effect::Allow,
                Some("Deny") => Effect::Deny,
                _ => Effect::Other,
            },
            actions: Names::read(node, "Action", "NotAction"),
            resources: Names::read(node, "Resource", "NotResource"),
            resource: names.and(resource).cloned(),
            qualified: members
                .iter()
                .any(|member| !known.contains(&member.key.as_str()))
                || sid.is_some_and(|sid| sid.as_str().is_none()),
            node: node.clone(),
        })
    }

    /// Says whether this is a statement as the manual writes it: it allows exactly these
    /// actions, on listed resources, and nothing qualifies it.
    ///
    /// Only such a statement may be extended: any other would grant too much or too little.
    pub fn grants_exactly(&self, actions: &[&str]) -> bool {
        let Names::Only(have) = &self.actions else {
            return false;
        };
        self.effect == Effect::Allow
            && !self.qualified
            && matches!(self.resources, Names::Only(_))
            && have
                .iter()
                .all(|name| actions.iter().any(|a| a.eq_ignore_ascii_case(name)))
            && actions
                .iter()
                .all(|a| have.iter().any(|name| a.eq_ignore_ascii_case(name)))
    }

    /// Returns the listed resources; empty for anything but a plain `Resource`.
    pub fn listed(&self) -> &[String] {
        match &self.resources {
            Names::Only(names) => names,
            _ => &[],
        }
    }
}

impl Names {
    fn read(statement: &Node, only: &str, all_but: &str) -> Self {
        let (only, all_but) = (statement.get(only), statement.get(all_but));
        match (only, all_but) {
            (Some(_), None) => strings(only).map_or(Self::Malformed, Self::Only),
            (None, Some(_)) => strings(all_but).map_or(Self::Malformed, Self::AllBut),
            _ => Self::Malformed,
        }
    }
}

/// Returns one string, or a list of strings, as a list.
pub(super) fn strings(node: Option<&Node>) -> Option<Vec<String>> {
    match &node?.kind {
        Kind::String(name) => Some(vec![name.clone()]),
        Kind::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn what_is_no_policy_is_refused_with_its_place() {
        for (text, code, message) in [
            ("", "JMC-POLICY-JSON", "line 1, column 1"),
            (
                "{\n \"Statement\": [}",
                "JMC-POLICY-JSON",
                "line 2, column 16",
            ),
            ("[]", "JMC-POLICY-SHAPE", "line 1, column 1"),
            ("{\"statement\":[]}", "JMC-POLICY-SHAPE", "line 1, column 1"),
            (
                "{\"Statement\":\"x\"}",
                "JMC-POLICY-SHAPE",
                "line 1, column 14",
            ),
            (
                "{\"Statement\":[{},\n1]}",
                "JMC-POLICY-SHAPE",
                "line 2, column 1",
            ),
            (
                "{\"Statement\":{\"Sid\":\"a\",\"Sid\":\"b\"}}",
                "JMC-POLICY-DUPLICATE",
                "`Sid`",
            ),
        ] {
            let error = Policy::parse(text).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            assert!(error.to_string().contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn only_an_exact_unqualified_allow_is_the_manuals_statement() {
        let wanted = ["s3:ListBucket", "s3:GetBucketLocation"];
        let both = "\"Action\":[\"S3:getbucketlocation\",\"s3:ListBucket\"]";
        for (body, expected) in [
            (format!("{both},\"Resource\":\"*\",\"Effect\":\"Allow\""), true),
            (format!("{both},\"Resource\":[],\"Effect\":\"Allow\",\"Sid\":\"x\""), true),
            (format!("{both},\"Resource\":\"*\",\"Effect\":\"Deny\""), false),
            (format!("{both},\"Resource\":\"*\""), false),
            (format!("{both},\"NotResource\":\"*\",\"Effect\":\"Allow\""), false),
            (format!("{both},\"Resource\":\"*\",\"Effect\":\"Allow\",\"Condition\":{{}}"), false),
            (format!("{both},\"Resource\":\"*\",\"Effect\":\"Allow\",\"Extra\":1"), false),
            ("\"Action\":\"s3:ListBucket\",\"Resource\":\"*\",\"Effect\":\"Allow\"".to_owned(), false),
            ("\"Action\":[\"s3:ListBucket\",\"s3:GetBucketLocation\",\"s3:GetObject\"],\"Resource\":\"*\",\"Effect\":\"Allow\"".to_owned(), false),
            ("\"NotAction\":[\"s3:ListBucket\",\"s3:GetBucketLocation\"],\"Resource\":\"*\",\"Effect\":\"Allow\"".to_owned(), false),
        ] {
            let policy = Policy::parse(&format!("{{\"Statement\":{{{body}}}}}")).unwrap();
            assert_eq!(policy.statements[0].grants_exactly(&wanted), expected, "{body}");
        }
    }

    #[test]
    fn characters_beyond_latin1_are_named_with_their_place() {
        assert!(Policy::check_characters("{\t\r\n\"caf\u{e9}\u{ff}\"}").is_ok());
        let error = Policy::check_characters("{\n \"バ\"}").unwrap_err();
        assert_eq!(error.code(), "JMC-POLICY-LATIN1");
        assert!(
            error.to_string().contains("`バ` at line 2, column 3"),
            "{error}"
        );
        assert!(Policy::check_characters("\u{0}").is_err());
    }
}
