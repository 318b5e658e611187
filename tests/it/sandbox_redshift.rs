//! The sandbox's Redshift, provisioned and Serverless, held to what AWS documents.

use std::time::Duration;

use aws_sdk_redshift::Client;
use aws_sdk_redshiftserverless::Client as Serverless;

use crate::sandbox::state::Attaching;
use crate::sandbox::{Sandbox, seed};
use crate::sandbox_doors::{in_region, once, refusal, refused, through_both};

const EXISTING: &str = "arn:aws:iam::123456789012:role/csa-existing-role";
const DEFAULT: &str = "arn:aws:iam::123456789012:role/csa-serverless-role";
const ECS: &str = "arn:aws:iam::123456789012:role/acme-jmc-app-role";

/// Adds a role that both kinds of Redshift may assume, and returns its ARN.
fn new_role(sandbox: &Sandbox, name: &str) -> String {
    let services = [
        "redshift-serverless.amazonaws.com",
        "redshift.amazonaws.com",
    ];
    sandbox.state(|s| seed::add_role(s, name, &services).arn.clone())
}

/// Returns the roles of the cluster and their states.
async fn roles(redshift: &Client) -> Vec<(String, String)> {
    let describe = redshift.describe_clusters().cluster_identifier("csa-dwh");
    let described = describe.send().await.expect("described");
    let roles = described.clusters()[0].iam_roles().iter();
    roles
        .map(|r| {
            let text = |t: Option<&str>| t.unwrap_or_default().to_owned();
            (text(r.iam_role_arn()), text(r.apply_status()))
        })
        .collect()
}

#[tokio::test]
async fn cluster_tells_where_it_is() {
    through_both(|_, config| async move {
        let redshift = Client::new(&config);
        let describe = redshift.describe_clusters().cluster_identifier("csa-dwh");
        let described = describe.send().await.expect("described");
        let cluster = &described.clusters()[0];
        assert_eq!(cluster.cluster_status(), Some("available"));
        let endpoint = cluster.endpoint().expect("an endpoint");
        assert_eq!(
            endpoint.address(),
            Some("csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com")
        );
        assert_eq!(endpoint.port(), Some(5439));
        assert_eq!(cluster.publicly_accessible(), Some(false));
        assert!(cluster.vpc_id().is_some());
        assert_eq!(cluster.vpc_security_groups().len(), 1);
        assert_eq!(cluster.iam_roles().len(), 1);
        let all = redshift.describe_clusters().send().await.expect("all");
        assert_eq!(all.clusters().len(), 1);
        let none = redshift.describe_clusters().cluster_identifier("none");
        assert_eq!(refusal(none.send().await), refused(404, "ClusterNotFound"));
        let west = Client::new(&in_region(&config, "us-west-2"));
        let other = west.describe_clusters().cluster_identifier("csa-dwh");
        assert_eq!(refusal(other.send().await), refused(404, "ClusterNotFound"));
    })
    .await;
}

#[tokio::test]
async fn roles_are_added_and_removed_in_time() {
    through_both(|sandbox, config| async move {
        sandbox.state(|s| s.attaching.reads = 2);
        let arn = new_role(&sandbox, "csa-new-role");
        let redshift = Client::new(&config);
        let modify = || {
            redshift
                .modify_cluster_iam_roles()
                .cluster_identifier("csa-dwh")
        };
        let answer = modify().add_iam_roles(&arn).send().await.expect("added");
        let answer = answer.cluster().expect("a cluster");
        assert_eq!(answer.iam_roles()[1].apply_status(), Some("adding"));
        let state = |word: &str| {
            vec![
                (EXISTING.to_owned(), "in-sync".to_owned()),
                (arn.clone(), word.to_owned()),
            ]
        };
        assert_eq!(roles(&redshift).await, state("adding"));
        assert_eq!(roles(&redshift).await, state("adding"));
        assert_eq!(roles(&redshift).await, state("in-sync"));
        modify()
            .add_iam_roles(&arn)
            .send()
            .await
            .expect("there already");
        assert_eq!(roles(&redshift).await, state("in-sync"));
        modify()
            .remove_iam_roles(&arn)
            .send()
            .await
            .expect("removed");
        assert_eq!(roles(&redshift).await, state("removing"));
        assert_eq!(roles(&redshift).await, state("removing"));
        assert_eq!(roles(&redshift).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn attaching_can_take_a_duration() {
    let sandbox = Sandbox::jmc();
    // Far more than a loaded machine needs between two calls.
    let time = Duration::from_secs(1);
    sandbox.state(|s| s.attaching = Attaching { reads: 0, time });
    let arn = new_role(&sandbox, "csa-new-role");
    let redshift = Client::new(&sandbox.sdk_config("ap-northeast-1"));
    let modify = redshift
        .modify_cluster_iam_roles()
        .cluster_identifier("csa-dwh");
    modify.add_iam_roles(&arn).send().await.expect("added");
    assert_eq!(roles(&redshift).await[1].1, "adding");
    tokio::time::sleep(time).await;
    assert_eq!(roles(&redshift).await[1].1, "in-sync");
}

#[tokio::test]
async fn role_that_redshift_cannot_assume_is_refused() {
    through_both(|sandbox, config| async move {
        let redshift = Client::new(&config);
        let invalid = refused(400, "InvalidParameterValue");
        for arn in [
            ECS,
            "arn:aws:iam::123456789012:role/none",
            "csa-existing-role",
        ] {
            let modify = redshift.modify_cluster_iam_roles();
            let modify = modify.cluster_identifier("csa-dwh").add_iam_roles(arn);
            assert_eq!(refusal(modify.send().await), invalid, "{arn}");
        }
        assert_eq!(roles(&redshift).await.len(), 1);
        for i in 0..50 {
            new_role(&sandbox, &format!("many-{i}"));
        }
        let many = (0..50).map(|i| format!("arn:aws:iam::123456789012:role/many-{i}"));
        let modify = redshift
            .modify_cluster_iam_roles()
            .cluster_identifier("csa-dwh");
        let modify = modify.set_add_iam_roles(Some(many.collect())).send().await;
        assert_eq!(refusal(modify), refused(400, "InvalidParameterCombination"));
    })
    .await;
}

#[tokio::test]
async fn busy_cluster_refuses_and_recovers() {
    through_both(|sandbox, config| async move {
        let arn = new_role(&sandbox, "csa-new-role");
        sandbox.state(|s| {
            let cluster = s.cluster("csa-dwh").expect("it is seeded");
            cluster.busy = Some(("resizing".to_owned(), 2));
        });
        let redshift = Client::new(&config);
        let modify = || {
            let modify = redshift.modify_cluster_iam_roles();
            modify
                .cluster_identifier("csa-dwh")
                .add_iam_roles(&arn)
                .send()
        };
        let status = || async {
            let describe = redshift.describe_clusters().cluster_identifier("csa-dwh");
            let described = describe.send().await.expect("described");
            described.clusters()[0].cluster_status().map(str::to_owned)
        };
        assert_eq!(refusal(modify().await), refused(400, "InvalidClusterState"));
        assert_eq!(status().await.as_deref(), Some("resizing"));
        assert_eq!(status().await.as_deref(), Some("resizing"));
        modify().await.expect("it has recovered");
        assert_eq!(status().await.as_deref(), Some("available"));
    })
    .await;
}

#[tokio::test]
async fn temporary_logins_are_given_out() {
    through_both(|sandbox, config| async move {
        let redshift = Client::new(&config);
        let get = |seconds| {
            let get = redshift
                .get_cluster_credentials()
                .cluster_identifier("csa-dwh");
            get.db_user("csa_admin").duration_seconds(seconds).send()
        };
        let login = get(900).await.expect("a login");
        assert_eq!(login.db_user(), Some("IAM:csa_admin"));
        assert!(login.expiration().is_some());
        assert_eq!(
            refusal(get(60).await),
            refused(400, "InvalidParameterValue")
        );
        let get = redshift.get_cluster_credentials_with_iam();
        let login = get
            .cluster_identifier("csa-dwh")
            .send()
            .await
            .expect("a login");
        assert_eq!(login.db_user(), Some("IAM:ops"));
        let serverless = Serverless::new(&config);
        let get = |name: &str| serverless.get_credentials().workgroup_name(name).send();
        let login = get("csa-wg").await.expect("a login");
        assert_eq!(login.db_user(), Some("IAM:ops"));
        assert!(login.expiration().is_some());
        let given = sandbox.state(|s| s.logins.clone());
        assert_eq!(given.len(), 3);
        assert_eq!(Some(given[2].password.as_str()), login.db_password());
        let none = get("none").await;
        assert_eq!(refusal(none), refused(400, "ResourceNotFoundException"));
    })
    .await;
}

#[tokio::test]
async fn workgroup_leads_to_its_namespace() {
    through_both(|_, config| async move {
        let serverless = Serverless::new(&config);
        let got = serverless
            .get_workgroup()
            .workgroup_name("csa-wg")
            .send()
            .await;
        let got = got.expect("a workgroup");
        let workgroup = got.workgroup().expect("a workgroup");
        assert_eq!(workgroup.namespace_name(), Some("csa-ns"));
        assert_eq!(workgroup.status().map(|s| s.as_str()), Some("AVAILABLE"));
        let endpoint = workgroup.endpoint().expect("an endpoint");
        assert_eq!(endpoint.port(), Some(5439));
        let got = serverless
            .get_namespace()
            .namespace_name("csa-ns")
            .send()
            .await;
        let got = got.expect("a namespace");
        let namespace = got.namespace().expect("a namespace");
        assert_eq!(namespace.default_iam_role_arn(), Some(DEFAULT));
        assert_eq!(
            namespace.iam_roles(),
            [format!(
                "IamRole(applyStatus=in-sync, iamRoleArn={DEFAULT})"
            )]
        );
        let none = serverless
            .get_workgroup()
            .workgroup_name("none")
            .send()
            .await;
        assert_eq!(refusal(none), refused(400, "ResourceNotFoundException"));
        let none = serverless
            .get_namespace()
            .namespace_name("none")
            .send()
            .await;
        assert_eq!(refusal(none), refused(400, "ResourceNotFoundException"));
    })
    .await;
}

#[tokio::test]
async fn namespace_roles_are_replaced_whole() {
    through_both(|sandbox, config| async move {
        sandbox.state(|s| s.attaching.reads = 1);
        let arn = new_role(&sandbox, "csa-new-role");
        let serverless = Serverless::new(&config);
        let update = || serverless.update_namespace().namespace_name("csa-ns");
        let read = || async {
            let got = serverless
                .get_namespace()
                .namespace_name("csa-ns")
                .send()
                .await;
            got.expect("a namespace")
                .namespace()
                .expect("a namespace")
                .clone()
        };
        let both = update().iam_roles(DEFAULT).iam_roles(&arn);
        let both = both.default_iam_role_arn(DEFAULT).send().await;
        let both = both.expect("updated");
        let shown = both.namespace().expect("a namespace").iam_roles();
        assert_eq!(
            shown[1],
            format!("IamRole(iamRoleArn={arn}, applyStatus=adding)")
        );
        let early = update()
            .iam_roles(DEFAULT)
            .default_iam_role_arn(DEFAULT)
            .send();
        assert_eq!(refusal(early.await), refused(400, "ConflictException"));
        let shown = read().await;
        assert_eq!(shown.status().map(|s| s.as_str()), Some("MODIFYING"));
        let shown = read().await;
        assert_eq!(
            shown.iam_roles()[1],
            format!("IamRole(iamRoleArn={arn}, applyStatus=in-sync)")
        );
        assert_eq!(shown.default_iam_role_arn(), Some(DEFAULT));

        update()
            .iam_roles(&arn)
            .send()
            .await
            .expect("the other is lost");
        read().await;
        let shown = read().await;
        assert_eq!(shown.iam_roles().len(), 1);
        assert_eq!(shown.default_iam_role_arn(), None);
        let invalid = refused(400, "ValidationException");
        let alone = update().default_iam_role_arn(&arn).send().await;
        assert_eq!(refusal(alone), invalid);
        let ecs = update().iam_roles(ECS).send().await;
        assert_eq!(refusal(ecs), invalid);
        let one_principal = update().iam_roles(EXISTING).send().await;
        assert_eq!(refusal(one_principal), invalid);
        let absent = update().iam_roles(&arn).default_iam_role_arn(DEFAULT);
        assert_eq!(refusal(absent.send().await), invalid);
    })
    .await;
}

#[tokio::test]
async fn busy_namespace_refuses() {
    let sandbox = Sandbox::jmc();
    sandbox.state(|s| {
        let namespace = s.namespace("csa-ns").expect("it is seeded");
        namespace.busy = Some(("MODIFYING".to_owned(), 1));
    });
    let serverless = Serverless::new(&once(&sandbox.sdk_config("ap-northeast-1")));
    let update = || {
        let update = serverless.update_namespace().namespace_name("csa-ns");
        update
            .iam_roles(DEFAULT)
            .default_iam_role_arn(DEFAULT)
            .send()
    };
    assert_eq!(refusal(update().await), refused(400, "ConflictException"));
    let got = serverless
        .get_namespace()
        .namespace_name("csa-ns")
        .send()
        .await;
    let got = got.expect("a namespace");
    let status = got.namespace().and_then(|n| n.status()).map(|s| s.as_str());
    assert_eq!(status, Some("MODIFYING"));
    update().await.expect("it has recovered");
}
