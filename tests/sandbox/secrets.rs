//! Secrets Manager, as far as reading goes: GetSecretValue, in JSON.

use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::state::{Kept, State};
use super::wire::Request;

pub fn resource(request: &Request) -> String {
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    input["SecretId"].as_str().unwrap_or_default().to_owned()
}

/// Returns the ARN that a permission is about.
pub fn arn(state: &State, call: &Call, id: &str) -> String {
    match find(state, call, id) {
        Some((arn, _)) => arn.to_owned(),
        None if id.starts_with("arn:") => id.to_owned(),
        None => call.arn(&format!("secret:{id}")),
    }
}

/// Finds a secret by ARN or by name, in the region and account of the call.
fn find<'a>(state: &'a State, call: &Call, id: &str) -> Option<(&'a str, &'a Kept)> {
    let here = call.arn("secret:");
    let mut all = state.secrets.iter().filter_map(|(arn, kept)| {
        let full = arn.strip_prefix(&here)?;
        let name = full.rsplit_once('-').map_or(full, |(name, _)| name);
        (id == arn || id == name).then_some((arn.as_str(), kept))
    });
    all.next()
}

pub fn answer(state: &mut State, call: &Call, input: &Value) -> Result<Value, Refusal> {
    if call.operation != "GetSecretValue" {
        return Err(Refusal::not_implemented("secretsmanager", &call.operation));
    }
    let id = input["SecretId"].as_str().unwrap_or_default();
    if id.is_empty() {
        let words = "You must provide SecretId";
        return Err(Refusal::new(400, "InvalidParameterException", words));
    }
    let Some((arn, kept)) = find(state, call, id) else {
        let words = "Secrets Manager can't find the specified secret.";
        return Err(Refusal::new(400, "ResourceNotFoundException", words));
    };
    let (_, name) = arn.rsplit_once(":secret:").unwrap_or_default();
    let mut answer = json!({
        "ARN": arn,
        "Name": name.rsplit_once('-').map_or(name, |(name, _)| name),
        "VersionId": "01234567-5a5a-4b4b-8c8c-0123456789ab",
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": 1_711_962_000,
    });
    match kept {
        Kept::Text(text) => answer["SecretString"] = json!(text),
        Kept::Binary(base64) => answer["SecretBinary"] = json!(base64),
    }
    Ok(answer)
}
