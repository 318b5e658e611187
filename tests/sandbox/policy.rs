//! The grammar that IAM holds policy documents to, in its words.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An inline policy.
    Identity,
    /// A version of a managed policy.
    Managed,
    /// The trust policy of a role.
    Trust,
}

/// Returns the length that counts against the quotas: white space does not.
pub fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

/// Tells whether IAM stores this text: `[\t\n\r\u{20}-\u{ff}]`.
pub fn is_latin1(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'))
}

/// Checks a document as IAM does when it is stored.
pub fn check(document: &str, kind: Kind, field: &str) -> Result<(), Refusal> {
    if document.is_empty() || !is_latin1(document) {
        let words = format!(
            "The specified value for {field} is invalid. It must contain only printable ASCII \
             characters."
        );
        return Err(Refusal::new(400, "ValidationError", words));
    }
    grammar(document, kind).map_err(|words| Refusal::new(400, "MalformedPolicyDocument", words))
}

const SYNTAX: &str = "Syntax errors in policy.";

fn grammar(document: &str, kind: Kind) -> Result<(), String> {
    let text = match kind {
        Kind::Identity | Kind::Managed => SYNTAX,
        Kind::Trust => "This policy contains invalid Json",
    };
    let root: Value = serde_json::from_str(document).map_err(|_| text)?;
    let root = root.as_object().ok_or(SYNTAX)?;
    only(root, &["Version", "Id", "Statement"])?;
    match root.get("Version").map(Value::as_str) {
        None | Some(Some("2012-10-17" | "2008-10-17")) => {}
        Some(_) => return Err(SYNTAX.to_owned()),
    }
    // Inline policies of the old version are taken, and one without a version is old.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    let current = root.get("Version").is_some_and(|v| v == "2012-10-17");
    if kind == Kind::Managed && !current {
        return Err("Policy document must be version 2012-10-17 or greater.".to_owned());
    }
    if root.get("Id").is_some_and(|id| !id.is_string()) {
        return Err(SYNTAX.to_owned());
    }
    let statements = match root.get("Statement").ok_or(SYNTAX)? {
        Value::Array(all) if !all.is_empty() => all.iter().collect(),
        Value::Object(_) => root.get("Statement").into_iter().collect::<Vec<_>>(),
        _ => return Err(SYNTAX.to_owned()),
    };
    let mut sids = BTreeSet::new();
    for statement in statements {
        let statement = statement.as_object().ok_or(SYNTAX)?;
        check_statement(statement, kind)?;
        if let Some(sid) = statement.get("Sid") {
            let sid = sid.as_str().ok_or(SYNTAX)?;
            if !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(format!(
                    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies \
                     the regular expression [0-9A-Za-z]*: {sid}"
                ));
            }
            if !sid.is_empty() && !sids.insert(sid) {
                return Err("Statement IDs (SID) in a single policy must be unique.".to_owned());
            }
        }
    }
    Ok(())
}

fn only(object: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match object.keys().all(|k| known.contains(&k.as_str())) {
        true => Ok(()),
        false => Err(SYNTAX.to_owned()),
    }
}

const ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn check_statement(statement: &Map<String, Value>, kind: Kind) -> Result<(), String> {
    only(statement, ELEMENTS)?;
    if !matches!(
        statement.get("Effect").and_then(Value::as_str),
        Some("Allow" | "Deny")
    ) {
        return Err(SYNTAX.to_owned());
    }
    let actions = one_of(statement, "Action", "NotAction")?;
    let actions = strings(actions.ok_or("Policy statement must contain actions.")?)?;
    if actions.is_empty() {
        return Err("Policy statement must contain actions.".to_owned());
    }
    for action in actions {
        check_action(action, kind)?;
    }
    let principal = one_of(statement, "Principal", "NotPrincipal")?;
    let resource = one_of(statement, "Resource", "NotResource")?;
    match kind {
        Kind::Identity | Kind::Managed => {
            if principal.is_some() {
                return Err("Policy document should not specify a principal.".to_owned());
            }
            let resources = strings(resource.ok_or("Policy statement must contain resources.")?)?;
            if resources.is_empty() {
                return Err("Policy statement must contain resources.".to_owned());
            }
            for resource in resources {
                check_resource(resource)?;
            }
        }
        Kind::Trust => {
            if resource.is_some() {
                return Err("Has prohibited field Resource".to_owned());
            }
            check_principal(principal.ok_or("Missing required field Principal")?)?;
        }
    }
    statement.get("Condition").map_or(Ok(()), check_condition)
}

fn one_of<'a>(
    statement: &'a Map<String, Value>,
    one: &str,
    other: &str,
) -> Result<Option<&'a Value>, String> {
    match (statement.get(one), statement.get(other)) {
        (Some(_), Some(_)) => Err(SYNTAX.to_owned()),
        (found, None) | (None, found) => Ok(found),
    }
}

/// Returns the strings of an element that is one string or a list of them.
fn strings(value: &Value) -> Result<Vec<&str>, String> {
    match value {
        Value::String(one) => Ok(vec![one]),
        Value::Array(all) => {
            let strings: Option<Vec<&str>> = all.iter().map(Value::as_str).collect();
            strings.ok_or_else(|| SYNTAX.to_owned())
        }
        _ => Err(SYNTAX.to_owned()),
    }
}

fn check_action(action: &str, kind: Kind) -> Result<(), String> {
    if action == "*" && kind != Kind::Trust {
        return Ok(());
    }
    let Some((vendor, name)) = action.split_once(':') else {
        return Err(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned(),
        );
    };
    if kind == Kind::Trust && !vendor.eq_ignore_ascii_case("sts") {
        return Err("AssumeRole policy may only specify STS AssumeRole actions.".to_owned());
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if vendor.is_empty() || !vendor.bytes().all(plain) {
        return Err(format!("Vendor {vendor} is not valid"));
    }
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'*' || b == b'?';
    match !name.is_empty() && name.bytes().all(legal) {
        true => Ok(()),
        false => Err("Actions/Condition can contain only one colon.".to_owned()),
    }
}

fn check_resource(resource: &str) -> Result<(), String> {
    const PARTITIONS: &[&str] = &[
        "aws",
        "aws-cn",
        "aws-us-gov",
        "aws-eusc",
        "aws-iso",
        "aws-iso-b",
        "aws-iso-e",
        "aws-iso-f",
        "*",
    ];
    if resource == "*" {
        return Ok(());
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    if parts.first() != Some(&"arn") {
        return Err(format!(
            "Resource {resource} must be in ARN format or \"*\"."
        ));
    }
    if let Some(partition) = parts.get(1)
        && !PARTITIONS.contains(partition)
    {
        return Err(format!(
            "Partition \"{partition}\" is not valid for resource \"{resource}\"."
        ));
    }
    match parts.get(2) {
        Some(vendor) if !vendor.is_empty() && !vendor.contains(['*', '?']) => {}
        _ => {
            return Err(
                "Resource vendor must be fully qualified and cannot contain regexes.".to_owned(),
            );
        }
    }
    match parts.get(5) {
        Some(rest) if !rest.is_empty() => Ok(()),
        _ => Err("The policy failed legacy parsing".to_owned()),
    }
}

fn check_principal(principal: &Value) -> Result<(), String> {
    let map = match principal {
        Value::String(all) if all == "*" => return Ok(()),
        Value::Object(map) if !map.is_empty() => map,
        _ => return Err(SYNTAX.to_owned()),
    };
    for (kind, value) in map {
        for name in strings(value)? {
            let known = match kind.as_str() {
                "Service" => is_service_principal(name),
                "AWS" => {
                    name == "*"
                        || (name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit()))
                        || name.starts_with("arn:aws")
                }
                "Federated" | "CanonicalUser" => !name.is_empty(),
                _ => return Err(SYNTAX.to_owned()),
            };
            if !known {
                let kind = kind.to_ascii_uppercase();
                return Err(format!(
                    "Invalid principal in policy: \"{kind}\":\"{name}\""
                ));
            }
        }
    }
    Ok(())
}

fn is_service_principal(name: &str) -> bool {
    const SUFFIXES: &[&str] = &[".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"];
    let service = SUFFIXES.iter().find_map(|s| name.strip_suffix(s));
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    service.is_some_and(|s| !s.is_empty() && s.bytes().all(legal))
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
fn is_operator(word: &str) -> bool {
    const COMPARED: &[&str] = &[
        "Equals",
        "NotEquals",
        "LessThan",
        "LessThanEquals",
        "GreaterThan",
        "GreaterThanEquals",
    ];
    const TEXTS: &[&str] = &[
        "Equals",
        "NotEquals",
        "EqualsIgnoreCase",
        "NotEqualsIgnoreCase",
        "Like",
        "NotLike",
    ];
    const ARNS: &[&str] = &["Equals", "NotEquals", "Like", "NotLike"];
    const WHOLE: &[&str] = &["Bool", "BinaryEquals", "IpAddress", "NotIpAddress"];
    if word == "Null" {
        return true;
    }
    let name = word
        .strip_prefix("ForAllValues:")
        .or_else(|| word.strip_prefix("ForAnyValue:"))
        .unwrap_or(word);
    let name = name.strip_suffix("IfExists").unwrap_or(name);
    let of =
        |kind: &str, forms: &[&str]| name.strip_prefix(kind).is_some_and(|f| forms.contains(&f));
    of("String", TEXTS)
        || of("Numeric", COMPARED)
        || of("Date", COMPARED)
        || of("Arn", ARNS)
        || WHOLE.contains(&name)
}

fn check_condition(condition: &Value) -> Result<(), String> {
    for (operator, keys) in condition.as_object().ok_or(SYNTAX)? {
        if !is_operator(operator) {
            return Err(format!("Invalid Condition type : {operator}."));
        }
        for (key, value) in keys.as_object().ok_or(SYNTAX)? {
            if !key.contains(':') {
                return Err(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                        .to_owned(),
                );
            }
            let scalar = |v: &Value| v.is_string() || v.is_boolean() || v.is_number();
            let legal = scalar(value) || value.as_array().is_some_and(|a| a.iter().all(scalar));
            if !legal {
                return Err(SYNTAX.to_owned());
            }
        }
    }
    Ok(())
}

/// Tells whether a trust policy lets a service principal assume the role.
pub fn trusts(trust: &str, service: &str) -> bool {
    let Ok(root) = serde_json::from_str::<Value>(trust) else {
        return false;
    };
    let statements = match &root["Statement"] {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    statements.into_iter().any(|s| {
        let named = strings(&s["Principal"]["Service"]).unwrap_or_default();
        let actions = strings(&s["Action"]).unwrap_or_default();
        s["Effect"] == "Allow"
            && actions
                .iter()
                .any(|a| a.eq_ignore_ascii_case("sts:AssumeRole") || *a == "sts:*")
            && named.contains(&service)
    })
}
