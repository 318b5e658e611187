//! Redshift Serverless: workgroups and namespaces, in JSON.

use serde_json::{Value, json};

use super::call::Call;
use super::redshift::{assumable, busy, change, database_user, log_in};
use super::refusal::Refusal;
use super::state::{ApplyStatus, AttachedRole, Namespace, State, Workgroup, iso8601, settle};
use super::wire::Request;

/// The role of a namespace has to trust both.
/// <https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-iam.html>
const PRINCIPALS: &[&str] = &[
    "redshift-serverless.amazonaws.com",
    "redshift.amazonaws.com",
];

pub fn resource(request: &Request) -> String {
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let name = ["namespaceName", "workgroupName"]
        .iter()
        .find_map(|n| input[*n].as_str());
    name.unwrap_or_default().to_owned()
}

pub fn answer(state: &mut State, call: &Call, input: &Value) -> Result<Value, Refusal> {
    match call.operation.as_str() {
        "GetWorkgroup" => get_workgroup(state, call, input),
        "GetNamespace" => get_namespace(state, call, input),
        "UpdateNamespace" => update_namespace(state, call, input),
        "GetCredentials" => get_credentials(state, call, input),
        other => Err(Refusal::not_implemented("redshift-serverless", other)),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationException", message)
}

fn missing(kind: &str, name: &str) -> Refusal {
    let words = format!("{kind} {name} not found.");
    Refusal::new(400, "ResourceNotFoundException", words).detail("resourceName", name)
}

fn name<'a>(input: &'a Value, field: &str) -> Result<&'a str, Refusal> {
    let name = input[field].as_str().unwrap_or_default();
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    match (3..=64).contains(&name.len()) && name.bytes().all(legal) {
        true => Ok(name),
        false => Err(invalid(format!(
            "1 validation error detected: Value at '{field}' failed to satisfy constraint: Member \
             must satisfy regular expression pattern: [a-z0-9-]+"
        ))),
    }
}

fn workgroup<'a>(state: &'a State, call: &Call, name: &str) -> Result<&'a Workgroup, Refusal> {
    state
        .workgroups
        .iter()
        .find(|w| w.account == call.account() && w.region == call.region && w.name == name)
        .ok_or_else(|| missing("Workgroup", name))
}

fn namespace<'a>(
    state: &'a mut State,
    call: &Call,
    name: &str,
) -> Result<&'a mut Namespace, Refusal> {
    state
        .namespaces
        .iter_mut()
        .find(|n| n.account == call.account() && n.region == call.region && n.name == name)
        .ok_or_else(|| missing("Namespace", name))
}

fn get_workgroup(state: &mut State, call: &Call, input: &Value) -> Result<Value, Refusal> {
    let found = workgroup(state, call, name(input, "workgroupName")?)?;
    Ok(json!({"workgroup": {
        "workgroupName": found.name,
        "workgroupId": found.id,
        "workgroupArn": call.arn(&format!("workgroup/{}", found.id)),
        "namespaceName": found.namespace,
        "status": found.status,
        "baseCapacity": 8,
        "creationDate": iso8601(found.created),
        "enhancedVpcRouting": false,
        "endpoint": {"address": found.address, "port": found.port, "vpcEndpoints": []},
        "port": found.port,
        "publiclyAccessible": found.public,
        "securityGroupIds": found.security_groups,
        "subnetIds": found.subnets,
        "configParameters": [],
    }}))
}

fn get_namespace(state: &mut State, call: &Call, input: &Value) -> Result<Value, Refusal> {
    let found = namespace(state, call, name(input, "namespaceName")?)?;
    settle(&mut found.roles);
    let status = busy(&mut found.busy).unwrap_or_else(|| found.status.clone());
    let status = match found.roles.iter().any(|r| r.status != ApplyStatus::InSync) {
        true => "MODIFYING",
        false => &status,
    };
    Ok(json!({"namespace": render(call, found, status)}))
}

fn render(call: &Call, found: &Namespace, status: &str) -> Value {
    // AWS writes the two keys in either order.
    let roles: Vec<String> = found
        .roles
        .iter()
        .enumerate()
        .map(|(i, role)| {
            let (status, arn) = (role.status.as_str(), &role.arn);
            match i % 2 {
                0 => format!("IamRole(applyStatus={status}, iamRoleArn={arn})"),
                _ => format!("IamRole(iamRoleArn={arn}, applyStatus={status})"),
            }
        })
        .collect();
    let mut out = json!({
        "namespaceName": found.name,
        "namespaceId": found.id,
        "namespaceArn": call.arn(&format!("namespace/{}", found.id)),
        "status": status,
        "adminUsername": found.admin,
        "dbName": found.database,
        "creationDate": iso8601(found.created),
        "iamRoles": roles,
        "kmsKeyId": "AWS_OWNED_KMS_KEY",
        "logExports": [],
    });
    if let Some(default) = &found.default_role {
        out["defaultIamRoleArn"] = json!(default);
    }
    out
}

/// Replaces the roles of a namespace: a role that is not in the list is lost, and so is the
/// default if it is not sent along.
/// <https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_UpdateNamespace.html>
fn update_namespace(state: &mut State, call: &Call, input: &Value) -> Result<Value, Refusal> {
    let name = name(input, "namespaceName")?;
    let takes = state.attaching;
    let found = namespace(state, call, name)?;
    let status = found.busy.as_ref().filter(|(_, reads)| *reads > 0);
    let status = status.map_or(found.status.as_str(), |(status, _)| status);
    let moving = found.roles.iter().any(AttachedRole::is_moving);
    if moving || status != "AVAILABLE" {
        let status = if moving { "MODIFYING" } else { status };
        let words = format!("There is an operation running on the namespace {name} ({status}).");
        return Err(Refusal::new(400, "ConflictException", words));
    }
    let default = input["defaultIamRoleArn"].as_str();
    let Some(list) = input.get("iamRoles").filter(|v| !v.is_null()) else {
        if default.is_some() {
            let words = "defaultIamRoleArn must be updated together with iamRoles.";
            return Err(invalid(words));
        }
        let status = found.status.clone();
        return Ok(json!({"namespace": render(call, found, &status)}));
    };
    let list: Option<Vec<&str>> = list
        .as_array()
        .and_then(|all| all.iter().map(Value::as_str).collect());
    let list = list.ok_or_else(|| invalid("iamRoles is a list of ARNs."))?;
    let kept: Vec<String> = found.roles.iter().map(|r| r.arn.clone()).collect();
    for arn in list.iter().filter(|a| !kept.iter().any(|k| k == *a)) {
        assumable(state, call, arn, PRINCIPALS).map_err(invalid)?;
    }
    let default = default.filter(|d| !d.is_empty());
    if default.is_some_and(|d| !list.contains(&d)) {
        return Err(invalid("The default IAM role must be one of iamRoles."));
    }
    let found = namespace(state, call, name)?;
    let dropped: Vec<&str> = kept
        .iter()
        .map(String::as_str)
        .filter(|k| !list.contains(k))
        .collect();
    change(&mut found.roles, &list, &dropped, takes);
    found.default_role = default.map(str::to_owned);
    let moving = found.roles.iter().any(|r| r.status != ApplyStatus::InSync);
    let status = if moving { "MODIFYING" } else { "AVAILABLE" };
    Ok(json!({"namespace": render(call, found, status)}))
}

fn get_credentials(state: &mut State, call: &Call, input: &Value) -> Result<Value, Refusal> {
    let name = name(input, "workgroupName")?;
    workgroup(state, call, name)?;
    let seconds = input["durationSeconds"].as_i64().unwrap_or(900);
    if !(900..=3600).contains(&seconds) {
        return Err(invalid("durationSeconds must be between 900 and 3600"));
    }
    let login = log_in(state, name, database_user(call), seconds);
    Ok(json!({
        "dbUser": login.user,
        "dbPassword": login.password,
        "expiration": login.expires.unix_timestamp(),
        "nextRefreshTime": login.expires.unix_timestamp(),
    }))
}
