//! What a call needs permission for, and whether the enforced identity policy grants it.
//! Conditions are not evaluated: a statement that has one is taken as if it held.

use serde_json::Value;

use super::call::{Call, Service};
use super::query::Form;
use super::refusal::Refusal;
use super::s3::Target;
use super::secrets;
use super::state::State;
use super::wire::Request;

/// Refuses a call that the enforced policy does not allow.
pub fn check(state: &mut State, call: &Call, request: &Request) -> Result<(), Refusal> {
    let needs = needs(state, call, request);
    let Some(policy) = &state.identity_policy else {
        return Ok(());
    };
    let missing = needs
        .iter()
        .find(|(action, arn)| !allows(policy, action, arn));
    let refusal =
        missing.map(|(action, arn)| Refusal::denied(call.service, &call.caller(), action, arn));
    state.needed.extend(needs);
    refusal.map_or(Ok(()), Err)
}

/// Returns the actions of a call and the ARNs they are on.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>
pub fn needs(state: &State, call: &Call, request: &Request) -> Vec<(String, String)> {
    match call.service {
        Service::S3 => s3(state, call, request),
        Service::Iam => iam(state, call, &Form::of(request)),
        // It is granted to everybody.
        Service::Sts => Vec::new(),
        Service::Sns => sns(call, &Form::of(request)),
        Service::Redshift => redshift(call, &Form::of(request)),
        Service::RedshiftServerless => {
            let input = serde_json::from_slice(&request.body).unwrap_or_default();
            serverless(state, call, &input)
        }
        Service::SecretsManager => {
            let arn = secrets::arn(state, call, &secrets::resource(request));
            vec![(format!("secretsmanager:{}", call.operation), arn)]
        }
    }
}

fn s3(state: &State, call: &Call, request: &Request) -> Vec<(String, String)> {
    let target = Target::of(request);
    let bucket = target.bucket.unwrap_or_default();
    let on_bucket = format!("arn:{}:s3:::{bucket}", call.partition);
    let key = target.key.unwrap_or_default();
    let on_key = format!("{on_bucket}/{key}");
    let id = (call.partition.to_owned(), bucket);
    let missing = !state
        .buckets
        .get(&id)
        .is_some_and(|b| b.objects.contains_key(&key));
    let (action, resource) = match call.operation.as_str() {
        "ListBuckets" => ("ListAllMyBuckets", "*".to_owned()),
        "HeadBucket" | "ListObjectsV2" => ("ListBucket", on_bucket.clone()),
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => {
            ("PutBucketPublicAccessBlock", on_bucket.clone())
        }
        "DeleteBucketTagging" => ("PutBucketTagging", on_bucket.clone()),
        "GetPublicAccessBlock" => ("GetBucketPublicAccessBlock", on_bucket.clone()),
        "HeadObject" | "GetObject" => ("GetObject", on_key),
        "PutObject" | "DeleteObject" => (call.operation.as_str(), on_key),
        other => (other, on_bucket.clone()),
    };
    let mut needs = vec![(format!("s3:{action}"), resource.clone())];
    // Only who may list learns that a key is missing; others are denied.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    if action == "GetObject" && missing {
        needs.push(("s3:ListBucket".to_owned(), on_bucket.clone()));
    }
    let tagged = String::from_utf8_lossy(&request.body).contains("<Tags>");
    if action == "CreateBucket" && tagged {
        needs.push(("s3:TagResource".to_owned(), on_bucket));
    }
    let conditional = request.header("if-match").is_some_and(|m| m != "*");
    if conditional && matches!(action, "PutObject" | "DeleteObject") {
        needs.push(("s3:GetObject".to_owned(), resource));
    }
    needs
}

fn iam(state: &State, call: &Call, form: &Form) -> Vec<(String, String)> {
    let action = format!("iam:{}", call.operation);
    let resource = match (form.get("RoleName"), form.get("PolicyArn")) {
        (Some(name), _) => {
            let owner = call.iam_arn("role/");
            let known = state
                .roles
                .iter()
                .find(|r| r.name == name && r.arn.starts_with(&owner));
            let path = form.get("Path").unwrap_or("/");
            known.map_or_else(
                || call.iam_arn(&format!("role{path}{name}")),
                |r| r.arn.clone(),
            )
        }
        (None, Some(arn)) => arn.to_owned(),
        (None, None) => match call.operation.as_str() {
            "CreatePolicy" => {
                let path = form.get("Path").unwrap_or("/");
                let name = form.get("PolicyName").unwrap_or_default();
                call.iam_arn(&format!("policy{path}{name}"))
            }
            "ListRoles" => call.iam_arn("role/"),
            _ => "*".to_owned(),
        },
    };
    let mut needs = vec![(action, resource.clone())];
    let tagging = match call.operation.as_str() {
        "CreateRole" => Some("iam:TagRole"),
        "CreatePolicy" => Some("iam:TagPolicy"),
        _ => None,
    };
    if let Some(action) = tagging.filter(|_| form.mentions("Tags.member")) {
        needs.push((action.to_owned(), resource));
    }
    needs
}

fn sns(call: &Call, form: &Form) -> Vec<(String, String)> {
    let resource = match call.operation.as_str() {
        "ListTopics" | "Unsubscribe" | "GetSubscriptionAttributes" => "*".to_owned(),
        _ => ["TopicArn", "ResourceArn"]
            .iter()
            .find_map(|n| form.get(n))
            .map_or_else(
                || call.arn(form.get("Name").unwrap_or_default()),
                str::to_owned,
            ),
    };
    let mut needs = vec![(format!("sns:{}", call.operation), resource.clone())];
    if call.operation == "CreateTopic" && form.mentions("Tags.member") {
        needs.push(("sns:TagResource".to_owned(), resource));
    }
    needs
}

fn redshift(call: &Call, form: &Form) -> Vec<(String, String)> {
    let id = form.get("ClusterIdentifier").unwrap_or("*");
    let cluster = call.arn(&format!("cluster:{id}"));
    let resource = match call.operation.as_str() {
        "GetClusterCredentials" => {
            let user = form.get("DbUser").unwrap_or_default();
            call.arn(&format!("dbuser:{id}/{user}"))
        }
        "GetClusterCredentialsWithIAM" => {
            let database = form.get("DbName").unwrap_or("*");
            call.arn(&format!("dbname:{id}/{database}"))
        }
        _ => cluster,
    };
    let mut needs = vec![(format!("redshift:{}", call.operation), resource)];
    // https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentials.html
    if let (Some(database), "GetClusterCredentials") = (form.get("DbName"), call.operation.as_str())
    {
        let arn = call.arn(&format!("dbname:{id}/{database}"));
        needs.push(("redshift:GetClusterCredentials".to_owned(), arn));
    }
    for arn in form.list("AddIamRoles.IamRoleArn") {
        needs.push(("iam:PassRole".to_owned(), arn.to_owned()));
    }
    needs
}

fn serverless(state: &State, call: &Call, input: &Value) -> Vec<(String, String)> {
    let named = |field: &str| input[field].as_str().unwrap_or_default();
    let namespace = state
        .namespaces
        .iter()
        .find(|n| n.name == named("namespaceName"));
    let workgroup = state
        .workgroups
        .iter()
        .find(|w| w.name == named("workgroupName"));
    let resource = match call.operation.as_str() {
        "GetNamespace" | "UpdateNamespace" => {
            format!("namespace/{}", namespace.map_or("unknown", |n| &n.id))
        }
        _ => format!("workgroup/{}", workgroup.map_or("unknown", |w| &w.id)),
    };
    let mut needs = vec![(
        format!("redshift-serverless:{}", call.operation),
        call.arn(&resource),
    )];
    let roles = input["iamRoles"].as_array();
    for arn in roles.into_iter().flatten().filter_map(Value::as_str) {
        needs.push(("iam:PassRole".to_owned(), arn.to_owned()));
    }
    needs
}

/// Evaluates an identity policy: an explicit deny wins, and nothing is allowed by default.
pub fn allows(policy: &Value, action: &str, resource: &str) -> bool {
    let statements: Vec<&Value> = match &policy["Statement"] {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let applies = |s: &&&Value| {
        let fold = |p: &str| matches(&p.to_ascii_lowercase(), &action.to_ascii_lowercase());
        let on = |p: &str| matches(p, resource);
        let actions = any(&s["Action"], &fold).or_else(|| any(&s["NotAction"], &fold).map(|m| !m));
        let resources =
            any(&s["Resource"], &on).or_else(|| any(&s["NotResource"], &on).map(|m| !m));
        actions.unwrap_or(false) && resources.unwrap_or(false)
    };
    let mut allowed = false;
    for statement in statements.iter().filter(applies) {
        match statement["Effect"].as_str() {
            Some("Deny") => return false,
            Some("Allow") => allowed = true,
            _ => {}
        }
    }
    allowed
}

/// Tells whether any pattern of an element fits; none if the element is missing.
fn any(element: &Value, fits: &dyn Fn(&str) -> bool) -> Option<bool> {
    match element {
        Value::String(one) => Some(fits(one)),
        Value::Array(all) => Some(all.iter().filter_map(Value::as_str).any(fits)),
        _ => None,
    }
}

/// Matches `*` and `?` of a policy against a text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                // The last star takes one character more.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}
