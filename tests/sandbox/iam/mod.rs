//! IAM: which module has which operation, and the rules that its names share.

mod attach;
mod inline;
mod managed;
mod role;
mod summary;

use super::call::Call;
use super::query::{Form, page};
use super::refusal::Refusal;
use super::state::{Role, State, Tags};
use super::xml::{el, maybe, text};

/// The characters of the inline policies of a role together, white space not counted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const ROLE_POLICY_SIZE: usize = 10_240;
/// The characters of a version of a managed policy.
pub const POLICY_SIZE: usize = 6_144;
/// The characters of a trust policy, unless raised.
pub const TRUST_POLICY_SIZE: usize = 2_048;
/// The managed policies attached to a role, unless raised.
pub const ATTACHED_POLICIES: usize = 10;
/// The versions of a managed policy.
pub const POLICY_VERSIONS: usize = 5;
/// The items of a page, unless `MaxItems` says otherwise.
const PAGE: usize = 100;

pub fn answer(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    within_account(call, form)?;
    match call.operation.as_str() {
        "GetRole" => role::get(state, call, form),
        "ListRoles" => role::list(state, call, form),
        "CreateRole" => role::create(state, call, form),
        "DeleteRole" => role::delete(state, call, form),
        "UpdateAssumeRolePolicy" => role::update_trust(state, call, form),
        "TagRole" => role::tag(state, call, form),
        "UntagRole" => role::untag(state, call, form),
        "ListRoleTags" => role::list_tags(state, call, form),
        "GetRolePolicy" => inline::get(state, call, form),
        "ListRolePolicies" => inline::list(state, call, form),
        "PutRolePolicy" => inline::put(state, call, form),
        "DeleteRolePolicy" => inline::delete(state, call, form),
        "ListAttachedRolePolicies" => attach::list(state, call, form),
        "AttachRolePolicy" => attach::attach(state, call, form),
        "DetachRolePolicy" => attach::detach(state, call, form),
        "CreatePolicy" => managed::create(state, call, form),
        "ListPolicies" => managed::list(state, call, form),
        "GetPolicy" => managed::get(state, form),
        "DeletePolicy" => managed::delete(state, form),
        "GetPolicyVersion" => managed::get_version(state, form),
        "CreatePolicyVersion" => managed::create_version(state, form),
        "ListPolicyVersions" => managed::list_versions(state, form),
        "SetDefaultPolicyVersion" => managed::set_default(state, form),
        "DeletePolicyVersion" => managed::delete_version(state, form),
        "GetAccountSummary" => Ok(summary::get(state, call)),
        other => Err(Refusal::not_implemented("iam", other)),
    }
}

/// Refuses a managed policy of another account, and a change of one of AWS's.
fn within_account(call: &Call, form: &Form) -> Result<(), Refusal> {
    let Some(arn) = form.get("PolicyArn").filter(|arn| arn.starts_with("arn:")) else {
        return Ok(());
    };
    let ours = arn.starts_with(&call.iam_arn("policy/"));
    let of_aws = arn.starts_with(&format!("arn:{}:iam::aws:policy/", call.partition));
    let reads = call.operation.starts_with("Get") || call.operation.starts_with("List");
    match call.operation.as_str() {
        // On a role, somebody else's policy is as good as none.
        "AttachRolePolicy" if !ours && !of_aws => Err(no_such(format!(
            "Policy {arn} does not exist or is not attachable."
        ))),
        "AttachRolePolicy" | "DetachRolePolicy" => Ok(()),
        _ if ours || (of_aws && reads) => Ok(()),
        _ => {
            let words = "Policy is outside your own account.";
            Err(Refusal::new(403, "AccessDenied", words))
        }
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}

fn no_such(message: impl Into<String>) -> Refusal {
    Refusal::new(404, "NoSuchEntity", message)
}

fn no_such_role(name: &str) -> Refusal {
    no_such(format!("The role with name {name} cannot be found."))
}

/// Finds a role as a read does: it may not be visible yet.
fn read_role<'a>(state: &'a mut State, call: &Call, form: &Form) -> Result<&'a mut Role, Refusal> {
    let name = role_name(form)?;
    let role = find_role(state, call, name)?;
    match role.visible.read() {
        Some(()) => Ok(role),
        None => Err(no_such_role(name)),
    }
}

/// Finds a role as a write does.
fn role<'a>(state: &'a mut State, call: &Call, form: &Form) -> Result<&'a mut Role, Refusal> {
    find_role(state, call, role_name(form)?)
}

fn find_role<'a>(state: &'a mut State, call: &Call, name: &str) -> Result<&'a mut Role, Refusal> {
    state
        .roles_of(call)
        .find(|r| r.name == name)
        .ok_or_else(|| no_such_role(name))
}

fn role_name(form: &Form) -> Result<&str, Refusal> {
    named(form, "RoleName", "roleName", 64)
}

fn policy_name(form: &Form) -> Result<&str, Refusal> {
    named(form, "PolicyName", "policyName", 128)
}

/// Returns a name of IAM's alphabet, `[\w+=,.@-]+`.
fn named<'a>(
    form: &'a Form,
    parameter: &str,
    field: &str,
    longest: usize,
) -> Result<&'a str, Refusal> {
    let name = form.get(parameter).unwrap_or_default();
    let fails = |rule: String| {
        invalid(format!(
            "1 validation error detected: Value at '{field}' failed to satisfy constraint: {rule}"
        ))
    };
    if form.get(parameter).is_none() {
        return Err(fails("Member must not be null".to_owned()));
    }
    if name.is_empty() {
        return Err(fails(
            "Member must have length greater than or equal to 1".to_owned(),
        ));
    }
    if name.chars().count() > longest {
        return Err(fails(format!(
            "Member must have length less than or equal to {longest}"
        )));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    match name.chars().all(legal) {
        true => Ok(name),
        false => Err(invalid(format!(
            "The specified value for {field} is invalid. It must contain only alphanumeric \
             characters and/or the following: +=,.@_-"
        ))),
    }
}

/// Returns the path of a new role or policy: `/` or `/any/thing/`.
fn path(form: &Form) -> Result<&str, Refusal> {
    let path = form.get("Path").unwrap_or("/");
    let legal = path.starts_with('/')
        && path.ends_with('/')
        && path.len() <= 512
        && path.bytes().all(|b| (0x21..=0x7e).contains(&b));
    match legal {
        true => Ok(path),
        false => Err(invalid(
            "The specified value for path is invalid. It must begin and end with / and contain \
             only alphanumeric characters and/or / characters.",
        )),
    }
}

/// Returns a description, which is Latin-1 only.
fn description(form: &Form) -> Result<Option<String>, Refusal> {
    let Some(words) = form.get("Description") else {
        return Ok(None);
    };
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    if words.chars().all(legal) && words.chars().count() <= 1000 {
        return Ok(Some(words.to_owned()));
    }
    Err(invalid(
        "1 validation error detected: Value at 'description' failed to satisfy constraint: Member \
         must satisfy regular expression pattern: \
         [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
    ))
}

/// Reads tags by IAM's rules; letters of every language are legal.
fn tags(form: &Form) -> Result<Tags, Refusal> {
    const MOST: usize = 50;
    let mut tags = Tags::new();
    for (key, value) in form.pairs("Tags.member", "Key", "Value") {
        let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        let fits = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !fits || !key.chars().chain(value.chars()).all(legal) {
            return Err(invalid(
                "1 validation error detected: Value at 'tags' is invalid",
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Refusal::new(
                400,
                "InvalidInput",
                "Tag keys may not begin with aws:",
            ));
        }
        if tags.insert(key, value).is_some() {
            return Err(Refusal::new(
                400,
                "InvalidInput",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
    }
    match tags.len() > MOST {
        true => Err(limit("Cannot exceed quota for TagsPerResource: 50")),
        false => Ok(tags),
    }
}

fn limit(message: impl Into<String>) -> Refusal {
    Refusal::new(409, "LimitExceeded", message)
}

fn tag_list(tags: &Tags) -> String {
    let members: String = tags
        .iter()
        .map(|(k, v)| el("member", text("Key", k) + &text("Value", v)))
        .collect();
    el("Tags", members)
}

/// Renders a listing, paged as IAM does.
fn paged<T>(
    form: &Form,
    name: &str,
    all: &[T],
    member: impl Fn(&T) -> String,
) -> Result<String, Refusal> {
    let size = match form.number("MaxItems")? {
        None => PAGE,
        Some(n @ 1..=1000) => n,
        Some(_) => {
            return Err(invalid(
                "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: \
                 Member must have value less than or equal to 1000",
            ));
        }
    };
    let page = page(all, form.get("Marker"), size)?;
    let members: String = page.items.iter().map(|i| el("member", member(i))).collect();
    Ok(el(name, members)
        + &text("IsTruncated", page.next.is_some().to_string())
        + &maybe("Marker", page.next.as_deref()))
}
