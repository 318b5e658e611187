//! Owns trust policies: who may assume a role, and the one that a warehouse's role needs.

use super::document::{read, strings};
use super::json::{Kind, Node};
use super::pattern::{self, Reach};
use crate::error::{Error, Result};
use crate::messages::policy as text;
use serde::Serialize;

/// The service principal of Amazon Redshift.
pub const REDSHIFT: &str = "redshift.amazonaws.com";

/// The service principal of Amazon Redshift Serverless.
pub const REDSHIFT_SERVERLESS: &str = "redshift-serverless.amazonaws.com";

/// Whether a trust policy lets a service assume the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trusted {
    /// It does, whatever the request.
    Yes,
    /// It does not.
    No,
    /// It depends on the request, or AWS does not document it.
    Conditional,
}

/// Says whether a trust policy lets a service, such as `redshift.amazonaws.com`, assume the role.
///
/// # Errors
/// As [`super::Policy::parse`].
pub fn allows_service(document: &str, service: &str) -> Result<Trusted> {
    let root = read(document)?;
    let statements = match root.get("Statement").map(|node| (&node.kind, node)) {
        Some((Kind::Array(items), _)) => items.as_slice(),
        Some((Kind::Object(_), node)) => std::slice::from_ref(node),
        _ => return Err(Error::new(text::policy_not_a_policy(1, 1))),
    };
    let best = |effect: &str| {
        statements
            .iter()
            .filter(|node| node.get("Effect").and_then(Node::as_str) == Some(effect))
            .map(|node| applies(node, service))
            .max()
            .unwrap_or(Reach::No)
    };
    Ok(match (best("Allow"), best("Deny")) {
        (Reach::No, _) | (_, Reach::Yes) => Trusted::No,
        (Reach::Yes, Reach::No) => Trusted::Yes,
        _ => Trusted::Conditional,
    })
}

/// Writes the trust policy of a role for Redshift: of a provisioned cluster, or of Serverless,
/// where both service principals are needed.
///
/// <https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-redshift-service.html>
pub fn for_redshift(serverless: bool) -> String {
    let service = if serverless {
        format!(
            "[\n                    \"{REDSHIFT_SERVERLESS}\",\n                    \"{REDSHIFT}\"\n                ]"
        )
    } else {
        format!("\"{REDSHIFT}\"")
    };
    format!(
        r#"{{
    "Version": "2012-10-17",
    "Statement": [
        {{
            "Effect": "Allow",
            "Principal": {{
                "Service": {service}
            }},
            "Action": "sts:AssumeRole"
        }}
    ]
}}"#
    )
}

fn applies(statement: &Node, service: &str) -> Reach {
    let Kind::Object(members) = &statement.kind else {
        return Reach::No;
    };
    let qualified = members.iter().any(|member| {
        ![
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Principal",
            "NotPrincipal",
        ]
        .contains(&member.key.as_str())
    });
    let reach = assumes(statement).min(names(statement, service));
    if qualified {
        reach.min(Reach::Unsure)
    } else {
        reach
    }
}

/// Says whether a statement is about `sts:AssumeRole`.
fn assumes(statement: &Node) -> Reach {
    let any = |node: Option<&Node>| {
        strings(node).map(|names| {
            let reaches = names
                .iter()
                .map(|name| pattern::action(name, "sts:AssumeRole"));
            reaches.max().unwrap_or(Reach::No)
        })
    };
    match (
        any(statement.get("Action")),
        any(statement.get("NotAction")),
    ) {
        (Some(reach), None) => reach,
        (None, Some(Reach::No)) => Reach::Yes,
        (None, Some(Reach::Yes)) => Reach::No,
        _ => Reach::Unsure,
    }
}

/// Says whether a statement is about the service. Whether `*` includes services is not
/// documented for trust policies, so it is never taken for a yes in an allow; a deny by `*`
/// is a doubt as well.
fn names(statement: &Node, service: &str) -> Reach {
    let listed = |principal: &Node| {
        if principal.as_str() == Some("*") {
            return Reach::Unsure;
        }
        let everyone = strings(principal.get("AWS")).unwrap_or_default();
        let services = strings(principal.get("Service")).unwrap_or_default();
        if services.iter().any(|name| name == service) {
            Reach::Yes
        } else if everyone.iter().chain(&services).any(|name| name == "*") {
            Reach::Unsure
        } else {
            Reach::No
        }
    };
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), None) => listed(principal),
        (None, Some(principal)) => match listed(principal) {
            Reach::Yes => Reach::No,
            _ => Reach::Unsure,
        },
        _ => Reach::Unsure,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn trusted(statements: &str) -> Trusted {
        let document = format!("{{\"Version\":\"2012-10-17\",\"Statement\":{statements}}}");
        allows_service(&document, REDSHIFT).unwrap()
    }

    #[test]
    fn what_is_written_for_redshift_is_trusted() {
        for (serverless, service, expected) in [
            (false, REDSHIFT, Trusted::Yes),
            (false, REDSHIFT_SERVERLESS, Trusted::No),
            (true, REDSHIFT, Trusted::Yes),
            (true, REDSHIFT_SERVERLESS, Trusted::Yes),
            (true, "ec2.amazonaws.com", Trusted::No),
        ] {
            let document = for_redshift(serverless);
            assert_eq!(allows_service(&document, service).unwrap(), expected);
        }
    }

    #[test]
    fn trust_follows_action_principal_condition_and_deny() {
        let allow = r#""Effect":"Allow","Principal":{"Service":"redshift.amazonaws.com"}"#;
        let deny = r#""Effect":"Deny","Principal":{"Service":["redshift.amazonaws.com"]}"#;
        let assume = r#""Action":"sts:AssumeRole""#;
        for (statements, expected) in [
            (format!("{{{allow},{assume}}}"), Trusted::Yes),
            (
                format!("{{{allow},\"Action\":[\"sts:TagSession\",\"STS:assume*\"]}}"),
                Trusted::Yes,
            ),
            (format!("{{{allow},\"Action\":\"*\"}}"), Trusted::Yes),
            (
                format!("{{{allow},\"Action\":\"sts:AssumeRoleWithSAML\"}}"),
                Trusted::No,
            ),
            (
                format!("{{{allow},{assume},\"Condition\":{{}}}}"),
                Trusted::Conditional,
            ),
            (
                format!("[{{{allow},{assume}}},{{{deny},{assume}}}]"),
                Trusted::No,
            ),
            (
                format!(
                    "[{{{allow},{assume}}},{{{deny},{assume},\"Condition\":{{\"Bool\":{{}}}}}}]"
                ),
                Trusted::Conditional,
            ),
            (
                format!(
                    "[{{{allow},{assume}}},{{\"Effect\":\"Deny\",\"NotPrincipal\":{{\"Service\":\"redshift.amazonaws.com\"}},{assume}}}]"
                ),
                Trusted::Yes,
            ),
            (
                format!(
                    "{{\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":\"arn:aws:iam::111122223333:root\"}},{assume}}}"
                ),
                Trusted::No,
            ),
            (
                format!("{{\"Effect\":\"Allow\",\"Principal\":\"*\",{assume}}}"),
                Trusted::Conditional,
            ),
            ("[]".to_owned(), Trusted::No),
        ] {
            assert_eq!(trusted(&statements), expected, "{statements}");
        }
    }

    #[test]
    fn what_is_no_trust_policy_is_refused() {
        let code = |text| allows_service(text, REDSHIFT).unwrap_err().code();
        assert_eq!(code("{}"), "JMC-POLICY-SHAPE");
        assert_eq!(code("{\"Statement\":1}"), "JMC-POLICY-SHAPE");
        assert_eq!(code("%7B%7D"), "JMC-POLICY-JSON");
    }
}
