//! The inline policies of roles, kept to the letter as they were given.

use super::super::call::Call;
use super::super::consistency::Lagging;
use super::super::policy::{self, Kind};
use super::super::query::Form;
use super::super::refusal::Refusal;
use super::super::state::State;
use super::super::xml::{escape, text};
use super::role::encoded;
use super::{ROLE_POLICY_SIZE, limit, no_such, paged, policy_name, read_role, role};

fn missing(name: &str) -> Refusal {
    no_such(format!("The role policy with name {name} cannot be found."))
}

pub fn get(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let name = policy_name(form)?;
    let role = read_role(state, call, form)?;
    let role_name = text("RoleName", &role.name);
    let policy = role.inline.get_mut(name).and_then(Lagging::read);
    let document = policy.ok_or_else(|| missing(name))?;
    Ok(role_name + &text("PolicyName", name) + &text("PolicyDocument", encoded(document)))
}

pub fn list(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let role = read_role(state, call, form)?;
    let all: Vec<&String> = role
        .inline
        .iter_mut()
        .filter_map(|(name, policy)| policy.read().is_some().then_some(name))
        .collect();
    paged(form, "PolicyNames", &all, escape_name)
}

fn escape_name(name: &&String) -> String {
    escape(name)
}

/// Stores a policy, replacing the whole of the one before.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>
pub fn put(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let name = policy_name(form)?.to_owned();
    let lag = state.policy_lag;
    let role = role(state, call, form)?;
    let document = form.get("PolicyDocument").unwrap_or_default();
    policy::check(document, Kind::Identity, "policyDocument")?;
    let others: usize = role
        .inline
        .iter()
        .filter(|(other, _)| **other != name)
        .map(|(_, policy)| policy::size(policy.now()))
        .sum();
    if others + policy::size(document) > ROLE_POLICY_SIZE {
        return Err(limit(format!(
            "Maximum policy size of {ROLE_POLICY_SIZE} bytes exceeded for role {}",
            role.name
        )));
    }
    let document = document.to_owned();
    let policy = match role.inline.remove(&name) {
        Some(before) => before.changed(document, lag),
        None => Lagging::created(document, lag),
    };
    role.inline.insert(name, policy);
    Ok(String::new())
}

pub fn delete(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let name = policy_name(form)?;
    let role = role(state, call, form)?;
    match role.inline.remove(name) {
        Some(_) => Ok(String::new()),
        None => Err(missing(name)),
    }
}
