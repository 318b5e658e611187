//! Owns writing an inline policy: read again, edit what is there now, one
//! `PutRolePolicy`. IAM replaces documents as a whole and knows no versions, so
//! nothing older than this moment may be written back.

use super::apply::until_known;
use super::error::Call;
use super::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::aws as msg;
use crate::plan::Grant;
use crate::plan::policy::Policy;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Grants the buckets of a plan's step.
pub async fn grant(observer: &Observer<'_>, partition: &str, grant: &Grant) -> Result<()> {
    let buckets: Vec<&str> = grant.buckets.iter().map(String::as_str).collect();
    let now = observer
        .inline_policy(&grant.role, grant.policy.as_str())
        .await?;
    let after = match now {
        Some(text) => {
            let edit = Policy::parse(&text)?.with_buckets(grant.access, partition, &buckets)?;
            if !edit.changed {
                return Ok(());
            }
            edit.after
        }
        None if grant.before.is_some() => {
            let missing = msg::policy_missing(&grant.role.name, &grant.policy);
            return Err(Error::new(missing));
        }
        None => grant.after.clone(),
    };
    let put = until_known(
        || {
            observer
                .clients
                .iam
                .put_role_policy()
                .role_name(grant.role.name.as_str())
                .policy_name(grant.policy.as_str())
                .policy_document(&after)
                .send()
        },
        // A role that was made a moment ago is not known everywhere yet.
        |error| error.code() == Some("NoSuchEntity"),
    );
    let call = Call::new("iam:PutRolePolicy", grant.role.to_string());
    put.await.map_err(|error| observer.failed(&call, &error))?;
    Ok(())
}
