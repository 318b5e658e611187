//! Managed policies on roles.

use super::super::call::Call;
use super::super::query::Form;
use super::super::refusal::Refusal;
use super::super::state::State;
use super::super::xml::text;
use super::{ATTACHED_POLICIES, limit, no_such, paged, read_role, role};

pub fn list(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let all = read_role(state, call, form)?.attached.clone();
    paged(form, "AttachedPolicies", &all, |arn| {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        text("PolicyName", name) + &text("PolicyArn", arn)
    })
}

pub fn attach(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let arn = super::managed::arn(form)?.to_owned();
    role(state, call, form)?;
    if !state.policies.iter().any(|p| p.arn == arn) {
        let words = format!("Policy {arn} does not exist or is not attachable.");
        return Err(no_such(words));
    }
    let most = state.attached_quota.unwrap_or(ATTACHED_POLICIES);
    let role = role(state, call, form)?;
    if role.attached.contains(&arn) {
        return Ok(String::new());
    }
    if role.attached.len() >= most {
        let words = format!("Cannot exceed quota for PoliciesPerRole: {most}");
        return Err(limit(words));
    }
    role.attached.push(arn);
    Ok(String::new())
}

pub fn detach(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let arn = super::managed::arn(form)?;
    let role = role(state, call, form)?;
    let Some(at) = role.attached.iter().position(|a| a == arn) else {
        return Err(no_such(format!("Policy {arn} was not found.")));
    };
    role.attached.remove(at);
    Ok(String::new())
}
