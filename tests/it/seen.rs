//! What was seen is asked for at once the next time; what is answered is what is there then.

use crate::sandbox::seed::{POLICY, app_policy};
use crate::sandbox::{REGION, Sandbox};
use jmc_site::aws::Clients;
use jmc_site::aws::observe::Observer;
use jmc_site::plan::observed::{BucketState, RoleState};
use jmc_site::site::Bucket;
use jmc_site::site::arn::RoleArn;
use jmc_site::site::names::{BucketName, Region};
use std::collections::BTreeSet;

const ROLE: &str = "acme-jmc-app-role";

async fn policies(observer: &Observer<'_>, role: &RoleArn) -> Vec<String> {
    match observer.role(role).await.expect("an answer") {
        RoleState::Present(present) => present.policies.into_keys().collect(),
        RoleState::Missing => Vec::new(),
    }
}

#[tokio::test]
async fn what_has_changed_since_it_was_seen_is_seen_as_it_is_now() {
    let sandbox = Sandbox::jmc();
    let region = Region::parse(REGION).expect("a region");
    let clients = Clients::new(&sandbox.sdk_config(REGION), Some(&region), None);
    let caller = clients.caller(None).await.expect("a caller");
    let observer = Observer {
        clients: &clients,
        caller: &caller,
        profile: None,
    };
    let role = format!("arn:aws:iam::{}:role/{ROLE}", caller.account);
    let role = RoleArn::parse(&role).expect("an ARN");
    let bucket = Bucket {
        name: BucketName::parse("acme-csa-data-bucket").expect("a name"),
        kinds: BTreeSet::new(),
        folders: BTreeSet::new(),
        origin: None,
    };
    for _ in 0..2 {
        let seen = policies(&observer, &role).await;
        assert_eq!(seen, ["acme-app-logs-policy", POLICY]);
        let seen = observer.bucket(&bucket, REGION).await;
        assert!(matches!(seen, Ok(BucketState::Ours(_))), "{seen:?}");
    }

    sandbox.state(|state| {
        let role = state.role(ROLE).expect("the role");
        role.inline.remove("acme-app-logs-policy");
        role.set_policy("later", &app_policy(&["else"]).to_string());
        let key = ("aws".to_owned(), bucket.name.to_string());
        state.buckets.remove(&key).expect("the bucket");
    });
    assert_eq!(policies(&observer, &role).await, [POLICY, "later"]);
    let seen = observer.bucket(&bucket, REGION).await;
    assert_eq!(seen.ok(), Some(BucketState::Missing));

    sandbox.state(|state| state.roles.retain(|role| role.name != ROLE));
    assert_eq!(policies(&observer, &role).await, [""; 0]);
}
