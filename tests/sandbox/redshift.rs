//! Provisioned clusters of Redshift: what they are, their roles, and temporary logins.

use time::{Duration, OffsetDateTime};

use super::call::Call;
use super::policy;
use super::query::{Form, page};
use super::refusal::Refusal;
use super::state::{ApplyStatus, AttachedRole, Attaching, Cluster, Login, State, iso8601, settle};
use super::xml::{el, maybe, text};

/// The roles of a cluster, in most regions.
/// <https://docs.aws.amazon.com/redshift/latest/mgmt/amazon-redshift-limits.html>
const ROLES: usize = 50;
/// The roles of a cluster in the regions that allow fewer.
const FEW_ROLES: usize = 10;

pub fn answer(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    match call.operation.as_str() {
        "DescribeClusters" => describe(state, call, form),
        "ModifyClusterIamRoles" => modify_roles(state, call, form),
        "GetClusterCredentials" => credentials(state, call, form),
        "GetClusterCredentialsWithIAM" => credentials_with_iam(state, call, form),
        other => Err(Refusal::not_implemented("redshift", other)),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterValue", message)
}

/// Finds a cluster of the caller's account and region.
fn cluster<'a>(state: &'a mut State, call: &Call, id: &str) -> Result<&'a mut Cluster, Refusal> {
    state
        .clusters
        .iter_mut()
        .find(|c| c.account == call.account() && c.region == call.region && c.id == id)
        .ok_or_else(|| Refusal::new(404, "ClusterNotFound", format!("Cluster {id} not found.")))
}

fn describe(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let size = form.number("MaxRecords")?.unwrap_or(100);
    if !(20..=100).contains(&size) {
        return Err(invalid(
            "Invalid value for MaxRecords: it must be between 20 and 100",
        ));
    }
    if let Some(id) = form.get("ClusterIdentifier") {
        let cluster = cluster(state, call, &id.to_ascii_lowercase())?;
        return Ok(el("Clusters", el("Cluster", read(cluster))));
    }
    let all: Vec<String> = state
        .clusters
        .iter_mut()
        .filter(|c| c.account == call.account() && c.region == call.region)
        .map(|c| el("Cluster", read(c)))
        .collect();
    let page = page(&all, form.get("Marker"), size)?;
    Ok(el("Clusters", page.items.concat()) + &maybe("Marker", page.next.as_deref()))
}

/// Renders a cluster for a reader, whose look moves the roles on.
fn read(cluster: &mut Cluster) -> String {
    settle(&mut cluster.roles);
    let status = busy(&mut cluster.busy).unwrap_or_else(|| cluster.status.clone());
    render(cluster, &status)
}

/// Returns the passing status of a cluster or namespace, one read less from now.
pub fn busy(busy: &mut Option<(String, u32)>) -> Option<String> {
    let (status, reads) = busy.as_mut()?;
    if *reads == 0 {
        *busy = None;
        return None;
    }
    *reads -= 1;
    Some(status.clone())
}

fn render(cluster: &Cluster, status: &str) -> String {
    let roles: String = cluster
        .roles
        .iter()
        .map(|r| {
            let inner = text("IamRoleArn", &r.arn) + &text("ApplyStatus", r.status.as_str());
            el("ClusterIamRole", inner)
        })
        .collect();
    let groups: String = cluster
        .security_groups
        .iter()
        .map(|id| {
            let inner = text("VpcSecurityGroupId", id) + &text("Status", "active");
            el("VpcSecurityGroup", inner)
        })
        .collect();
    let endpoint = text("Address", &cluster.address) + &text("Port", cluster.port.to_string());
    let availability = match status.starts_with("available") {
        true => "Available",
        false => "Modifying",
    };
    text("ClusterIdentifier", &cluster.id)
        + &text("NodeType", "ra3.large")
        + &text("ClusterStatus", status)
        + &text("ClusterAvailabilityStatus", availability)
        + &text("MasterUsername", &cluster.admin)
        + &text("DBName", &cluster.database)
        + &el("Endpoint", endpoint)
        + &text("ClusterCreateTime", iso8601(cluster.created))
        + &text("VpcId", &cluster.vpc)
        + &el("VpcSecurityGroups", groups)
        + &text("PubliclyAccessible", cluster.public.to_string())
        + &text("Encrypted", "true")
        + &text("NumberOfNodes", "2")
        + &text("EnhancedVpcRouting", "false")
        + &el("IamRoles", roles)
        + &maybe("DefaultIamRoleArn", cluster.default_role.as_deref())
        + &text(
            "ClusterNamespaceArn",
            format!(
                "arn:{}:redshift:{}:{}:namespace:{}",
                super::call::partition_of(&cluster.region),
                cluster.region,
                cluster.account,
                cluster.id
            ),
        )
}

/// Adds and removes roles, which takes a while.
/// <https://docs.aws.amazon.com/redshift/latest/APIReference/API_ModifyClusterIamRoles.html>
fn modify_roles(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let id = form.need("ClusterIdentifier")?;
    let takes = state.attaching;
    let found = cluster(state, call, id)?;
    let status = found.busy.as_ref().filter(|(_, reads)| *reads > 0);
    let status = status.map_or(found.status.as_str(), |(status, _)| status);
    if !status.starts_with("available") {
        let words = format!(
            "There is an operation running on the Cluster. Please try to perform another \
             operation at a later time. (status: {status})"
        );
        return Err(Refusal::new(400, "InvalidClusterState", words));
    }
    let (add, remove) = (
        form.list("AddIamRoles.IamRoleArn"),
        form.list("RemoveIamRoles.IamRoleArn"),
    );
    for arn in &add {
        assumable(state, call, arn, &["redshift.amazonaws.com"]).map_err(invalid)?;
    }
    let cluster = cluster(state, call, id)?;
    let mut roles = cluster.roles.clone();
    change(&mut roles, &add, &remove, takes);
    let most = match call.region.as_str() {
        "ap-northeast-3" | "af-south-1" | "eu-south-1" | "me-south-1" => FEW_ROLES,
        _ => ROLES,
    };
    if roles.len() > most {
        let words = format!("You can associate at most {most} IAM roles with the cluster {id}.");
        return Err(Refusal::new(400, "InvalidParameterCombination", words));
    }
    if let Some(default) = form.get("DefaultIamRoleArn") {
        let attached = roles
            .iter()
            .any(|r| r.arn == default && r.status != ApplyStatus::Removing);
        if !default.is_empty() && !attached {
            let words = "The default IAM role must be associated with the cluster.";
            return Err(invalid(words));
        }
        cluster.default_role = Some(default.to_owned()).filter(|d| !d.is_empty());
    }
    if let Some(default) = &cluster.default_role
        && remove.contains(&default.as_str())
    {
        cluster.default_role = None;
    }
    cluster.roles = roles;
    let status = cluster.status.clone();
    Ok(el("Cluster", render(cluster, &status)))
}

/// Begins to add and to remove roles.
pub fn change(roles: &mut Vec<AttachedRole>, add: &[&str], remove: &[&str], takes: Attaching) {
    for role in roles
        .iter_mut()
        .filter(|r| remove.contains(&r.arn.as_str()))
    {
        *role = AttachedRole::moving(&role.arn, ApplyStatus::Removing, takes);
    }
    for arn in add {
        match roles.iter_mut().find(|r| r.arn == *arn) {
            Some(role) if role.status != ApplyStatus::Removing => {}
            Some(role) => *role = AttachedRole::moving(arn, ApplyStatus::Adding, takes),
            None => roles.push(AttachedRole::moving(arn, ApplyStatus::Adding, takes)),
        }
    }
}

/// Checks that a role of the caller's account exists and trusts each of these services; the
/// reason if not.
pub fn assumable(
    state: &mut State,
    call: &Call,
    arn: &str,
    services: &[&str],
) -> Result<(), String> {
    if !arn.starts_with(&format!("arn:{}:iam::", call.partition)) || !arn.contains(":role/") {
        return Err(format!("Invalid IAM role ARN: {arn}"));
    }
    let role = state
        .roles_of(call)
        .find(|r| r.arn == arn)
        .and_then(|r| r.visible.read().is_some().then_some(&*r));
    match role {
        None => Err(format!("The IAM role {arn} does not exist.")),
        Some(role) if services.iter().all(|s| policy::trusts(&role.trust, s)) => Ok(()),
        Some(_) => Err(format!(
            "The IAM role {arn} is not valid. Its trust policy does not allow Amazon Redshift to \
             assume it."
        )),
    }
}

fn seconds(form: &Form) -> Result<i64, Refusal> {
    let seconds = form.number("DurationSeconds")?.unwrap_or(900);
    match i64::try_from(seconds) {
        Ok(seconds @ 900..=3600) => Ok(seconds),
        _ => Err(invalid("DurationSeconds must be between 900 and 3600")),
    }
}

fn credentials(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let id = form.need("ClusterIdentifier")?;
    let user = form.need("DbUser")?;
    cluster(state, call, id)?;
    let prefix = if form.flag("AutoCreate") {
        "IAMA"
    } else {
        "IAM"
    };
    let login = log_in(state, id, format!("{prefix}:{user}"), seconds(form)?);
    Ok(text("DbUser", login.user)
        + &text("DbPassword", login.password)
        + &text("Expiration", iso8601(login.expires)))
}

fn credentials_with_iam(state: &mut State, call: &Call, form: &Form) -> Result<String, Refusal> {
    let id = form.need("ClusterIdentifier")?;
    cluster(state, call, id)?;
    let login = log_in(state, id, database_user(call), seconds(form)?);
    Ok(text("DbUser", login.user)
        + &text("DbPassword", login.password)
        + &text("Expiration", iso8601(login.expires))
        + &text("NextRefreshTime", iso8601(login.expires)))
}

/// Returns the database user that an IAM identity is: `IAM:name` or `IAMR:role`.
pub fn database_user(call: &Call) -> String {
    let mut parts = call.principal.resource.split('/');
    match (parts.next(), parts.next()) {
        (Some("assumed-role"), Some(role)) => format!("IAMR:{role}"),
        (_, Some(name)) => format!("IAM:{name}"),
        _ => "IAM:root".to_owned(),
    }
}

/// Gives out a temporary login.
pub fn log_in(state: &mut State, warehouse: &str, user: String, seconds: i64) -> Login {
    let login = Login {
        warehouse: warehouse.to_owned(),
        user,
        password: format!("sandbox-temporary-password-{}", state.number()),
        expires: OffsetDateTime::now_utc() + Duration::seconds(seconds),
    };
    state.logins.push(login.clone());
    login
}
