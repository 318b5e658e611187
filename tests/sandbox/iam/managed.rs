//! Customer-managed policies and their versions.

use time::OffsetDateTime;

use super::super::call::Call;
use super::super::policy::{self, Kind};
use super::super::query::Form;
use super::super::refusal::Refusal;
use super::super::state::{ManagedPolicy, PolicyVersion, State, iso8601};
use super::super::xml::{el, maybe, text};
use super::role::encoded;
use super::{
    POLICY_SIZE, POLICY_VERSIONS, description, invalid, limit, no_such, paged, path, policy_name,
    tag_list, tags,
};

pub fn arn(form: &Form) -> Result<&str, Refusal> {
    let arn = form.get("PolicyArn").unwrap_or_default();
    match arn.starts_with("arn:") && arn.len() >= 20 {
        true => Ok(arn),
        false => Err(Refusal::new(
            400,
            "InvalidInput",
            format!("ARN {arn} is not valid."),
        )),
    }
}

fn find<'a>(state: &'a mut State, form: &Form) -> Result<&'a mut ManagedPolicy, Refusal> {
    let arn = arn(form)?;
    let found = state.policies.iter_mut().find(|p| p.arn == arn);
    found.ok_or_else(|| no_such(format!("Policy {arn} was not found.")))
}

fn document(form: &Form) -> Result<&str, Refusal> {
    let document = form.get("PolicyDocument").unwrap_or_default();
    policy::check(document, Kind::Managed, "policyDocument")?;
    match policy::size(document) > POLICY_SIZE {
        true => Err(limit(format!(
            "Cannot exceed quota for PolicySize: {POLICY_SIZE}"
        ))),
        false => Ok(document),
    }
}

fn render(state: &State, policy: &ManagedPolicy, whole: bool) -> String {
    let attached = state
        .roles
        .iter()
        .filter(|r| r.attached.contains(&policy.arn))
        .count();
    let updated = policy.versions.last().map_or(policy.created, |v| v.created);
    let described = policy.description.as_deref().filter(|_| whole);
    let tags = match whole {
        true => tag_list(&policy.tags),
        false => String::new(),
    };
    text("PolicyName", &policy.name)
        + &text("PolicyId", &policy.id)
        + &text("Arn", &policy.arn)
        + &text("Path", &policy.path)
        + &text("DefaultVersionId", format!("v{}", policy.default))
        + &text("AttachmentCount", attached.to_string())
        + &text("PermissionsBoundaryUsageCount", "0")
        + &text("IsAttachable", "true")
        + &maybe("Description", described)
        + &text("CreateDate", iso8601(policy.created))
        + &text("UpdateDate", iso8601(updated))
        + &tags
}

fn render_version(policy: &ManagedPolicy, version: &PolicyVersion, whole: bool) -> String {
    let document = whole.then(|| encoded(&version.document));
    maybe("Document", document.as_deref())
        + &text("VersionId", format!("v{}", version.number))
        + &text(
            "IsDefaultVersion",
            (version.number == policy.default).to_string(),
        )
        + &text("CreateDate", iso8601(version.created))
}

pub fn create(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let name = policy_name(form)?;
    let path = path(form)?;
    let arn = call.iam_arn(&format!("policy{path}{name}"));
    let document = document(form)?.to_owned();
    let owner = call.iam_arn("policy/");
    let taken = |p: &ManagedPolicy| p.arn.starts_with(&owner) && p.name.eq_ignore_ascii_case(name);
    if state.policies.iter().any(taken) {
        let words =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(Refusal::new(409, "EntityAlreadyExists", words));
    }
    let created = OffsetDateTime::now_utc();
    let policy = ManagedPolicy {
        name: name.to_owned(),
        path: path.to_owned(),
        arn,
        id: state.iam_id("ANPA"),
        created,
        description: description(form)?,
        tags: tags(form)?,
        versions: vec![PolicyVersion {
            number: 1,
            document,
            created,
        }],
        default: 1,
        next: 2,
    };
    let answer = el("Policy", render(state, &policy, true));
    state.policies.push(policy);
    Ok(answer)
}

pub fn get(state: &mut State, form: &Form) -> Result<String, Refusal> {
    let policy = find(state, form)?.clone();
    Ok(el("Policy", render(state, &policy, true)))
}

/// Lists the policies of the account, of AWS, or both; their tags and descriptions are left out.
pub fn list(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let owner = call.iam_arn("policy/");
    let prefix = form.get("PathPrefix").unwrap_or("/");
    let wanted = |p: &&ManagedPolicy| {
        let ours = p.arn.starts_with(&owner);
        let scope = match form.get("Scope") {
            Some("Local") => ours,
            Some("AWS") => p.arn.contains(":iam::aws:"),
            _ => ours || p.arn.contains(":iam::aws:"),
        };
        let attached = || state.roles.iter().any(|r| r.attached.contains(&p.arn));
        scope && p.path.starts_with(prefix) && (!form.flag("OnlyAttached") || attached())
    };
    let all: Vec<ManagedPolicy> = state.policies.iter().filter(wanted).cloned().collect();
    paged(form, "Policies", &all, |p| render(state, p, false))
}

pub fn set_default(state: &mut State, form: &Form) -> Result<String, Refusal> {
    let number = version_number(form)?;
    let policy = find(state, form)?;
    if !policy.versions.iter().any(|v| v.number == number) {
        return Err(no_version(form));
    }
    policy.default = number;
    Ok(String::new())
}

pub fn delete(state: &mut State, form: &Form) -> Result<String, Refusal> {
    let policy = find(state, form)?;
    let conflict = |words: &str| Refusal::new(409, "DeleteConflict", words);
    if policy.versions.len() > 1 {
        return Err(conflict(
            "This policy has more than one version. Before you delete a policy, you must delete \
             the policy's versions. The default version is deleted with the policy.",
        ));
    }
    let arn = policy.arn.clone();
    if state.roles.iter().any(|r| r.attached.contains(&arn)) {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    state.policies.retain(|p| p.arn != arn);
    Ok(String::new())
}

fn version_number(form: &Form) -> Result<u32, Refusal> {
    let id = form.get("VersionId").unwrap_or_default();
    id.strip_prefix('v')
        .and_then(|n| n.parse().ok())
        .ok_or_else(|| {
            invalid(
                "1 validation error detected: Value at 'versionId' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?",
            )
        })
}

fn no_version(form: &Form) -> Refusal {
    no_such(format!(
        "Policy {} version {} does not exist or is not attachable.",
        form.get("PolicyArn").unwrap_or_default(),
        form.get("VersionId").unwrap_or_default()
    ))
}

pub fn get_version(state: &mut State, form: &Form) -> Result<String, Refusal> {
    let number = version_number(form)?;
    let policy = find(state, form)?;
    let found = policy.versions.iter().find(|v| v.number == number);
    let version = found.ok_or_else(|| no_version(form))?;
    Ok(el("PolicyVersion", render_version(policy, version, true)))
}

pub fn create_version(state: &mut State, form: &Form) -> Result<String, Refusal> {
    find(state, form)?;
    let document = document(form)?.to_owned();
    let policy = find(state, form)?;
    if policy.versions.len() >= POLICY_VERSIONS {
        return Err(limit(
            "A managed policy can have up to 5 versions. Before you create a new version, you \
             must delete an existing version.",
        ));
    }
    let version = PolicyVersion {
        number: policy.next,
        document,
        created: OffsetDateTime::now_utc(),
    };
    policy.next += 1;
    if form.flag("SetAsDefault") {
        policy.default = version.number;
    }
    let answer = el("PolicyVersion", render_version(policy, &version, false));
    policy.versions.push(version);
    Ok(answer)
}

pub fn list_versions(state: &mut State, form: &Form) -> Result<String, Refusal> {
    let policy = find(state, form)?;
    let newest_first: Vec<_> = policy.versions.iter().rev().collect();
    paged(form, "Versions", &newest_first, |v| {
        render_version(policy, v, false)
    })
}

pub fn delete_version(state: &mut State, form: &Form) -> Result<String, Refusal> {
    let number = version_number(form)?;
    let policy = find(state, form)?;
    if policy.default == number {
        let words = "Cannot delete the default version of a policy.";
        return Err(Refusal::new(409, "DeleteConflict", words));
    }
    let found = policy.versions.iter().position(|v| v.number == number);
    policy
        .versions
        .remove(found.ok_or_else(|| no_version(form))?);
    Ok(String::new())
}
