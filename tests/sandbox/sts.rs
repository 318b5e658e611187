//! STS: who am I.

use super::call::Call;
use super::refusal::Refusal;
use super::state::State;
use super::xml::text;

pub fn answer(_: &mut State, call: &Call) -> Result<String, Refusal> {
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(text("Arn", call.caller())
            + &text("UserId", &call.principal.user_id)
            + &text("Account", call.account())),
        other => Err(Refusal::not_implemented("sts", other)),
    }
}
