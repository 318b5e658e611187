//! Owns turning a role as it was given, by name, by ARN or not at all, into the
//! ARN of a role. It asks nothing.

use super::Wizard;
use crate::aws::error::Call;
use crate::aws::find::{self, ListedRoles};
use crate::aws::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::aws as msg;
use crate::plan::observed::{PresentRole, RoleState};
use crate::site::arn::{RoleArn, RoleRef};
use crate::site::names::RolePath;
use crate::site::{Origin, RoleKind};
use futures_util::future::{join, join3};

/// Returns the ARN that a name would have in the caller's account.
fn arn_of(wizard: &Wizard<'_>, role: &RoleRef, path: Option<RolePath>) -> Result<RoleArn> {
    match role {
        RoleRef::Arn(arn) => {
            wizard.check_partition(&arn.to_string(), &arn.partition)?;
            wizard.check_account(&arn.to_string(), arn.account.as_str())?;
            Ok(arn.clone())
        }
        RoleRef::Name(name) => Ok(RoleArn {
            partition: wizard.caller.partition.clone(),
            account: wizard.caller.account.clone(),
            path: match path {
                Some(path) => path,
                None => RolePath::parse("/").map_err(Error::usage)?,
            },
            name: name.clone(),
        }),
    }
}

/// Resolves the Redshift role; with what is there, if it exists.
///
/// A role given by ARN must exist: only a name can be created. What else is to be looked at is looked
/// at meanwhile.
pub fn redshift_role<T>(
    wizard: &mut Wizard<'_>,
    role: &RoleRef,
    meanwhile: impl AsyncFnOnce(&Observer<'_>) -> T,
) -> Result<(RoleArn, Option<PresentRole>, T)> {
    let path = wizard.answers.roles.redshift.path.clone();
    let arn = arn_of(wizard, role, path)?;
    if let Some(boundary) = wizard.answers.roles.redshift.permissions_boundary.clone() {
        wizard.check_partition(&boundary.to_string(), boundary.partition())?;
    }
    let (state, other) =
        wizard.look(async |observer| join(observer.role(&arn), meanwhile(observer)).await);
    let state = state?;
    // A role that a site file says is ours is given by its ARN, and may be gone.
    let known = [&wizard.answers, &wizard.defaults].map(|answers| &answers.roles.redshift);
    let ours = known.iter().any(|known| {
        known.origin == Some(Origin::Created)
            && known
                .role
                .as_ref()
                .is_some_and(|role| *role.name() == arn.name)
    });
    match (state, role) {
        (RoleState::Present(present), _) => Ok((present.arn.clone(), Some(present), other)),
        (RoleState::Missing, RoleRef::Name(_)) => Ok((arn, None, other)),
        (RoleState::Missing, RoleRef::Arn(_)) if ours => Ok((arn, None, other)),
        (RoleState::Missing, RoleRef::Arn(_)) => {
            Err(Error::new(msg::role_missing(&arn)).hint(msg::role_flag_hint("--redshift-role")))
        }
    }
}

/// Resolves a role that must exist.
pub fn existing_role(wizard: &mut Wizard<'_>, role: &RoleRef) -> Result<RoleArn> {
    let arn = arn_of(wizard, role, None)?;
    let state = wizard.look(async |observer| observer.role(&arn).await)?;
    match state {
        RoleState::Present(present) => Ok(present.arn),
        RoleState::Missing => {
            Err(Error::new(msg::role_missing(&arn)).hint(msg::role_missing_hint()))
        }
    }
}

/// The roles that an installation of JMC brings along.
pub const APP_ROLES: [RoleKind; 2] = [RoleKind::EcsTask, RoleKind::Lambda];

/// What each of the installation's two roles can be, in the order of [`APP_ROLES`].
pub type Candidates = [Result<Vec<Candidate>>; 2];

/// A role, and the names of its inline policies where it is the only candidate.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The role.
    pub role: RoleArn,
    /// Its inline policies.
    pub policies: Option<Result<Vec<String>>>,
}

impl Candidate {
    /// A role whose policies are not known yet.
    pub fn of(role: RoleArn) -> Self {
        let policies = None;
        Self { role, policies }
    }

    /// Returns the role and its inline policies.
    pub async fn with_policies(self, observer: &Observer<'_>) -> (RoleArn, Result<Vec<String>>) {
        let policies = match self.policies {
            Some(policies) => policies,
            None => find::inline_policies(observer, &self.role).await,
        };
        (self.role, policies)
    }
}

/// Returns the roles that each role of the installation can be: the given one, or all that end as
/// the manual says, which may have been listed already.
pub async fn candidates(
    observer: &Observer<'_>,
    given: [Option<&RoleRef>; 2],
    listed: Option<ListedRoles>,
) -> Candidates {
    // One list of the account's roles, which may have many pages, serves both.
    let listed = async {
        let listed = match (given.contains(&None), listed) {
            (false, _) => Ok(Vec::new()),
            (true, Some(listed)) => listed,
            (true, None) => find::list_roles(observer.clients).await,
        };
        listed.map_err(|error| observer.failed(&Call::new("iam:ListRoles", "*"), &error))
    };
    let named = async |role: Option<&RoleRef>| match role {
        Some(role) => Some(self::named(observer, role).await),
        None => None,
    };
    let [ecs, lambda] = given;
    let (listed, ecs, lambda) = join3(listed, named(ecs), named(lambda)).await;
    let ending = |kind: RoleKind| {
        let suffix = find::role_suffix(kind).unwrap_or_default();
        let mut found = listed.clone()?;
        found.retain(|role| role.name.as_str().ends_with(suffix));
        Ok(found)
    };
    let [for_ecs, for_lambda] = APP_ROLES;
    let found = [
        ecs.unwrap_or_else(|| ending(for_ecs)),
        lambda.unwrap_or_else(|| ending(for_lambda)),
    ];
    let of_each = async |found: Result<Vec<RoleArn>>| {
        let mut found: Vec<Candidate> = found?.into_iter().map(Candidate::of).collect();
        if let [only] = found.as_mut_slice() {
            only.policies = Some(find::inline_policies(observer, &only.role).await);
        }
        Ok(found)
    };
    let [ecs, lambda] = found;
    join(of_each(ecs), of_each(lambda)).await.into()
}

/// Returns the role that was given.
async fn named(observer: &Observer<'_>, given: &RoleRef) -> Result<Vec<RoleArn>> {
    let missing = || Error::new(msg::role_missing(given)).hint(msg::role_missing_hint());
    if let RoleRef::Arn(arn) = given {
        let caller = observer.caller;
        let foreign = if arn.partition != caller.partition {
            let (value, found) = (arn.to_string(), &arn.partition);
            Some(crate::messages::names::arn_partition(
                value,
                found,
                &caller.partition,
            ))
        } else if arn.account != caller.account {
            let (value, found) = (arn.to_string(), &arn.account);
            Some(crate::messages::names::arn_account(
                value,
                found,
                &caller.account,
            ))
        } else {
            None
        };
        return match foreign {
            Some(text) => Err(Error::usage(text)),
            None => Ok(vec![arn.clone()]),
        };
    }
    // The path of a role is not part of its name: IAM has to be asked for the ARN.
    let guess = RoleArn {
        partition: observer.caller.partition.clone(),
        account: observer.caller.account.clone(),
        path: RolePath::parse("/").map_err(Error::usage)?,
        name: given.name().clone(),
    };
    match observer.role(&guess).await? {
        RoleState::Present(present) => Ok(vec![present.arn]),
        RoleState::Missing => Err(missing()),
    }
}
