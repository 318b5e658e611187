//! Owns the cluster or workgroup as AWS manages it: its status and its roles.
//! What is inside the database is not its business.

use super::error::{self, Call};
use super::observe::Observer;
use crate::error::{Error, Exit, Result};
use crate::messages::aws as msg;
use crate::plan::diff::is_available;
use crate::plan::observed::WarehouseState;
use crate::site::Warehouse;
use crate::site::arn::RoleArn;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a busy warehouse is waited for, and then a role that is being attached.
pub const WAIT: Duration = Duration::from_secs(300);

/// How often the status is asked for while waiting.
const POLL: Duration = Duration::from_secs(3);

/// Looks at a cluster or at the namespace behind a workgroup.
pub async fn observe(observer: &Observer<'_>, warehouse: &Warehouse) -> Result<WarehouseState> {
    match warehouse {
        Warehouse::Cluster(id) => cluster(observer, id.as_str()).await,
        Warehouse::Workgroup(name) => workgroup(observer, name.as_str()).await,
    }
}

async fn cluster(observer: &Observer<'_>, id: &str) -> Result<WarehouseState> {
    let region = observer.clients.region();
    let missing =
        || Error::new(msg::cluster_missing(id, region)).hint(msg::warehouse_missing_hint());
    let answer = observer
        .clients
        .redshift
        .describe_clusters()
        .cluster_identifier(id)
        .send()
        .await;
    let clusters = match answer {
        Ok(answer) => answer.clusters.unwrap_or_default(),
        Err(error)
            if matches!(
                error.code(),
                Some("ClusterNotFound" | "ClusterNotFoundFault")
            ) =>
        {
            return Err(missing());
        }
        Err(error) => {
            let call = Call::new("redshift:DescribeClusters", arn(observer, "cluster", id));
            return Err(observer.failed(&call, &error));
        }
    };
    let cluster = clusters.into_iter().next().ok_or_else(missing)?;
    let roles = cluster.iam_roles.unwrap_or_default();
    Ok(WarehouseState {
        status: cluster.cluster_status.unwrap_or_default(),
        roles: roles
            .into_iter()
            .map(|role| {
                (
                    role.iam_role_arn.unwrap_or_default(),
                    role.apply_status.unwrap_or_default(),
                )
            })
            .collect(),
        default_role: cluster.default_iam_role_arn,
        namespace: None,
    })
}

async fn workgroup(observer: &Observer<'_>, name: &str) -> Result<WarehouseState> {
    let serverless = &observer.clients.serverless;
    let region = observer.clients.region();
    let missing =
        || Error::new(msg::workgroup_missing(name, region)).hint(msg::warehouse_missing_hint());
    let workgroup = match serverless.get_workgroup().workgroup_name(name).send().await {
        Ok(answer) => answer.workgroup.ok_or_else(missing)?,
        Err(error) if error.code() == Some("ResourceNotFoundException") => return Err(missing()),
        Err(error) => {
            let call = Call::new("redshift-serverless:GetWorkgroup", "*");
            return Err(observer.failed(&call, &error));
        }
    };
    let namespace = workgroup.namespace_name.unwrap_or_default();
    let answer = serverless
        .get_namespace()
        .namespace_name(&namespace)
        .send()
        .await;
    let answer = answer.map_err(|error| {
        observer.failed(&Call::new("redshift-serverless:GetNamespace", "*"), &error)
    })?;
    let found = answer.namespace;
    let status = found
        .as_ref()
        .and_then(|found| found.status.as_ref().map(|s| s.as_str().to_owned()));
    let roles = found
        .as_ref()
        .and_then(|found| found.iam_roles.clone())
        .unwrap_or_default();
    Ok(WarehouseState {
        status: status.unwrap_or_default(),
        roles: roles.iter().map(|role| namespace_role(role)).collect(),
        default_role: found.and_then(|found| found.default_iam_role_arn),
        namespace: Some(namespace),
    })
}

/// Reads a role of a namespace: `IamRole(applyStatus=in-sync, iamRoleArn=arn:...)`
/// with the keys in either order, or a bare ARN.
fn namespace_role(text: &str) -> (String, String) {
    let inner = text
        .strip_prefix("IamRole(")
        .and_then(|text| text.strip_suffix(')'));
    let Some(inner) = inner else {
        return (text.to_owned(), "in-sync".to_owned());
    };
    let fields: BTreeMap<&str, &str> = inner
        .split(',')
        .filter_map(|field| field.trim().split_once('='))
        .collect();
    let field = |name: &str| fields.get(name).copied().unwrap_or_default().to_owned();
    (field("iamRoleArn"), field("applyStatus"))
}

/// How far a role has come that is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// The warehouse can use it.
    InSync,
    /// The warehouse is getting it, which is no longer waited for.
    UnderWay,
}

/// Attaches a role and waits until it is in sync, or until whoever waits is to stop. Roles of
/// others stay attached.
pub async fn attach(
    observer: &Observer<'_>,
    warehouse: &Warehouse,
    role: &RoleArn,
    attached: bool,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<Attached> {
    attach_within(observer, warehouse, role, attached, stopping, WAIT).await
}

/// Does the same, waiting at most so long for either.
pub async fn attach_within(
    observer: &Observer<'_>,
    warehouse: &Warehouse,
    role: &RoleArn,
    attached: bool,
    stopping: &(dyn Fn() -> bool + Sync),
    wait: Duration,
) -> Result<Attached> {
    let deadline = Instant::now() + wait;
    if !attached {
        request(observer, warehouse, role, stopping, deadline).await?;
    }
    let wanted = role.to_string();
    let deadline = Instant::now() + wait;
    loop {
        let state = observe(observer, warehouse).await?;
        let status = state.roles.get(&wanted).map(String::as_str);
        if status == Some("in-sync") {
            return Ok(Attached::InSync);
        }
        if stopping() && status.is_some() {
            return Ok(Attached::UnderWay);
        }
        if Instant::now() >= deadline {
            let status = status.unwrap_or("missing");
            let late = msg::in_sync_timeout(&role.name, warehouse.id(), wait.as_secs(), status);
            return Err(Error::new(late).hint(msg::in_sync_hint()));
        }
        sleep(POLL).await;
    }
}

/// Asks for the attachment until the warehouse takes it, the deadline has passed, or whoever
/// waits is to stop.
async fn request(
    observer: &Observer<'_>,
    warehouse: &Warehouse,
    role: &RoleArn,
    stopping: &(dyn Fn() -> bool + Sync),
    deadline: Instant,
) -> Result<()> {
    loop {
        let refused = match warehouse {
            Warehouse::Cluster(id) => modify_cluster(observer, id.as_str(), role).await?,
            Warehouse::Workgroup(name) => update_namespace(observer, name.as_str(), role).await?,
        };
        let Some(reason) = refused else { return Ok(()) };
        if stopping() {
            return Err(reason.exit(Exit::Interrupted));
        }
        if Instant::now() >= deadline {
            return Err(reason);
        }
        sleep(POLL).await;
    }
}

/// Says whether a refusal passes by itself: the warehouse is busy, or the role was
/// made a moment ago and is not known everywhere yet.
fn passes(code: &str, message: &str) -> bool {
    matches!(
        code,
        "InvalidClusterState" | "InvalidClusterStateFault" | "ConflictException"
    ) || (matches!(
        code,
        "InvalidParameterValue" | "ValidationException" | "InvalidParameterCombination"
    ) && message.to_ascii_lowercase().contains("role"))
}

async fn modify_cluster(
    observer: &Observer<'_>,
    id: &str,
    role: &RoleArn,
) -> Result<Option<Error>> {
    let answer = observer
        .clients
        .redshift
        .modify_cluster_iam_roles()
        .cluster_identifier(id)
        .add_iam_roles(role.to_string())
        .send()
        .await;
    let Err(error) = answer else { return Ok(None) };
    let call = Call::new(
        "redshift:ModifyClusterIamRoles",
        arn(observer, "cluster", id),
    );
    let code = error::code(&error);
    let failure = if code.starts_with("InvalidClusterState") {
        let state = cluster(observer, id).await?;
        Error::new(msg::warehouse_busy(id, state.status)).hint(msg::warehouse_busy_hint())
    } else {
        observer.failed(&call, &error)
    };
    let retry = passes(&code, error.message().unwrap_or_default());
    if retry {
        Ok(Some(failure))
    } else {
        Err(failure)
    }
}

/// `UpdateNamespace` replaces the list, so that the roles of others and the default
/// role are sent along, as they are at this moment.
async fn update_namespace(
    observer: &Observer<'_>,
    name: &str,
    role: &RoleArn,
) -> Result<Option<Error>> {
    let state = workgroup(observer, name).await?;
    let busy =
        || Error::new(msg::warehouse_busy(name, &state.status)).hint(msg::warehouse_busy_hint());
    if !is_available(&state.status) {
        return Ok(Some(busy()));
    }
    if state.roles.contains_key(&role.to_string()) {
        return Ok(None);
    }
    let roles = state
        .roles
        .keys()
        .cloned()
        .chain([role.to_string()])
        .collect();
    let answer = observer
        .clients
        .serverless
        .update_namespace()
        .namespace_name(state.namespace.clone().unwrap_or_default())
        .set_iam_roles(Some(roles))
        .set_default_iam_role_arn(state.default_role.clone())
        .send()
        .await;
    let Err(error) = answer else { return Ok(None) };
    let code = error::code(&error);
    let retry = passes(&code, error.message().unwrap_or_default());
    let failure = observer.failed(
        &Call::new("redshift-serverless:UpdateNamespace", "*"),
        &error,
    );
    if retry {
        Ok(Some(failure))
    } else {
        Err(failure)
    }
}

/// Returns an ARN of Redshift in the caller's account and the clients' region.
pub(super) fn arn(observer: &Observer<'_>, kind: &str, id: &str) -> String {
    let caller = observer.caller;
    let region = observer.clients.region();
    format!(
        "arn:{}:redshift:{region}:{}:{kind}:{id}",
        caller.partition, caller.account
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_names_its_roles_with_the_keys_in_either_order() {
        let arn = "arn:aws:iam::123456789012:role/jmc".to_owned();
        for text in [
            "IamRole(applyStatus=in-sync, iamRoleArn=arn:aws:iam::123456789012:role/jmc)",
            "IamRole(iamRoleArn=arn:aws:iam::123456789012:role/jmc, applyStatus=in-sync)",
        ] {
            assert_eq!(namespace_role(text), (arn.clone(), "in-sync".to_owned()));
        }
        assert_eq!(namespace_role(&arn), (arn.clone(), "in-sync".to_owned()));
    }
}
