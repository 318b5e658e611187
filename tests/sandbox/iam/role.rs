//! Roles themselves.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use time::OffsetDateTime;

use super::super::call::Call;
use super::super::consistency::Lagging;
use super::super::policy::{self, Kind};
use super::super::query::Form;
use super::super::refusal::Refusal;
use super::super::state::{Role, State, iso8601};
use super::super::xml::{el, maybe, text};
use super::{
    TRUST_POLICY_SIZE, description, find_role, invalid, limit, no_such, paged, path, read_role,
    role, role_name, tag_list, tags,
};

/// What IAM leaves as it is when it returns a document, by RFC 3986.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Returns a document as IAM answers with it: percent-encoded.
pub fn encoded(document: &str) -> String {
    utf8_percent_encode(document, UNRESERVED).to_string()
}

/// Renders a role; listings leave out tags, the boundary and the description's siblings.
fn render(role: &Role, whole: bool) -> String {
    let boundary = role.boundary.as_ref().filter(|_| whole).map(|arn| {
        el(
            "PermissionsBoundary",
            text("PermissionsBoundaryType", "Policy") + &text("PermissionsBoundaryArn", arn),
        )
    });
    let tags = (whole && !role.tags.is_empty()).then(|| tag_list(&role.tags));
    text("Path", &role.path)
        + &text("RoleName", &role.name)
        + &text("RoleId", &role.id)
        + &text("Arn", &role.arn)
        + &text("CreateDate", iso8601(role.created))
        + &text("AssumeRolePolicyDocument", encoded(&role.trust))
        + &maybe("Description", role.description.as_deref())
        + &text("MaxSessionDuration", role.max_session.to_string())
        + &boundary.unwrap_or_default()
        + &tags.unwrap_or_default()
}

pub fn get(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let role = read_role(state, call, form)?;
    Ok(el("Role", render(role, true) + &el("RoleLastUsed", "")))
}

pub fn list(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let prefix = form.get("PathPrefix").unwrap_or("/");
    let mut all: Vec<&Role> = state
        .roles_of(call)
        .filter_map(|r| r.visible.read().is_some().then_some(&*r))
        .filter(|r| r.path.starts_with(prefix))
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    paged(form, "Roles", &all, |r| render(r, false))
}

/// Creates a role.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
pub fn create(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let name = role_name(form)?;
    let path = path(form)?;
    let description = description(form)?;
    let tags = tags(form)?;
    let trust = trust(form, "AssumeRolePolicyDocument", "assumeRolePolicyDocument")?;
    let max_session = form.number("MaxSessionDuration")?.unwrap_or(3600);
    if !(3600..=43_200).contains(&max_session) {
        return Err(invalid(
            "1 validation error detected: Value at 'maxSessionDuration' failed to satisfy \
             constraint: Member must have value between 3600 and 43200",
        ));
    }
    let boundary = form.get("PermissionsBoundary").map(str::to_owned);
    if let Some(arn) = &boundary
        && !arn.starts_with("arn:")
    {
        return Err(invalid(format!(
            "The specified value for permissionsBoundary is invalid: ARN {arn} is not valid."
        )));
    }
    if let Some(arn) = &boundary
        && !state.policies.iter().any(|p| p.arn == *arn)
    {
        return Err(no_such(format!(
            "Scope ARN: {arn} does not exist or is not attachable."
        )));
    }
    if state
        .roles_of(call)
        .any(|r| r.name.eq_ignore_ascii_case(name))
    {
        let words = format!("Role with name {name} already exists.");
        return Err(Refusal::new(409, "EntityAlreadyExists", words));
    }
    let role = Role {
        name: name.to_owned(),
        path: path.to_owned(),
        arn: call.iam_arn(&format!("role{path}{name}")),
        id: state.iam_id("AROA"),
        created: OffsetDateTime::now_utc(),
        description,
        trust: trust.to_owned(),
        max_session: u32::try_from(max_session).unwrap_or(3600),
        boundary,
        tags,
        inline: BTreeMap::new(),
        attached: Vec::new(),
        visible: Lagging::created((), state.role_lag),
    };
    let answer = el("Role", render(&role, true));
    state.roles.push(role);
    Ok(answer)
}

fn trust<'a>(form: &'a Form, parameter: &str, field: &str) -> Result<&'a str, Refusal> {
    let document = form.get(parameter).unwrap_or_default();
    policy::check(document, Kind::Trust, field)?;
    match policy::size(document) > TRUST_POLICY_SIZE {
        true => Err(limit(format!(
            "Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_SIZE}"
        ))),
        false => Ok(document),
    }
}

pub fn delete(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let role = role(state, call, form)?;
    let conflict = |words: &str| Refusal::new(409, "DeleteConflict", words);
    if !role.attached.is_empty() {
        return Err(conflict(
            "Cannot delete entity, must detach all policies first.",
        ));
    }
    if !role.inline.is_empty() {
        return Err(conflict(
            "Cannot delete entity, must delete policies first.",
        ));
    }
    let arn = role.arn.clone();
    state.roles.retain(|r| r.arn != arn);
    Ok(String::new())
}

pub fn update_trust(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let name = role_name(form)?;
    find_role(state, call, name)?;
    let document = trust(form, "PolicyDocument", "policyDocument")?.to_owned();
    role(state, call, form)?.trust = document;
    Ok(String::new())
}

pub fn tag(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let new = tags(form)?;
    let role = role(state, call, form)?;
    let mut all = role.tags.clone();
    all.extend(new);
    if all.len() > 50 {
        return Err(limit("Cannot exceed quota for TagsPerRole: 50"));
    }
    role.tags = all;
    Ok(String::new())
}

pub fn untag(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let role = role(state, call, form)?;
    for key in form.list("TagKeys.member") {
        role.tags.remove(key);
    }
    Ok(String::new())
}

pub fn list_tags(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let role = read_role(state, call, form)?;
    let all: Vec<_> = role.tags.iter().collect();
    paged(form, "Tags", &all, |(k, v)| {
        text("Key", k) + &text("Value", v)
    })
}
