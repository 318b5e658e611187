//! What a sandbox begins with.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use super::call::Principal;
use super::consistency::Lagging;
use super::state::{
    AttachedRole, Bucket, Cluster, ManagedPolicy, Namespace, PolicyVersion, PublicAccessBlock,
    Role, State, Tags, Workgroup,
};
use super::{ACCESS_KEY_ID, ACCOUNT, OTHER_ACCOUNT, REGION};

/// When everything that is seeded was created.
const CREATED: OffsetDateTime = datetime!(2024-04-01 09:00 UTC);
/// The inline policy that JMC keeps its buckets in.
pub const POLICY: &str = "acme-app-s3-policy";
/// The access key id of somebody in the other account.
pub const OTHER_ACCESS_KEY_ID: &str = "AKIAI44QH8DHBEXAMPLE";

/// Returns an AWS with nothing but the people.
pub fn empty() -> State {
    let principal = |account: &str, name: &str, id: &str| Principal {
        account: account.to_owned(),
        resource: format!("user/{name}"),
        user_id: id.to_owned(),
    };
    let principals = BTreeMap::from([
        (
            ACCESS_KEY_ID.to_owned(),
            principal(ACCOUNT, "ops", "AIDAJQABLZS4A3QDU576Q"),
        ),
        (
            OTHER_ACCESS_KEY_ID.to_owned(),
            principal(OTHER_ACCOUNT, "else", "AIDACKCEVSQ6C2EXAMPLE"),
        ),
    ]);
    State {
        principals,
        ..State::default()
    }
}

/// Returns an AWS with a JMC installation as the manual leaves it, and its surroundings.
pub fn jmc() -> State {
    let mut state = empty();
    for (name, account, region) in [
        ("acme-csa-data-bucket", ACCOUNT, REGION),
        ("acme-csa-system-bucket", ACCOUNT, REGION),
        ("sales-elsewhere", ACCOUNT, "us-west-2"),
        ("someone-elses-bucket", OTHER_ACCOUNT, REGION),
    ] {
        add_bucket(&mut state, name, account, region);
    }
    add_roles(&mut state);
    add_warehouses(&mut state);
    state
}

/// Adds a bucket that was there before.
pub fn add_bucket(state: &mut State, name: &str, account: &str, region: &str) {
    let partition = super::call::partition_of(region);
    let bucket = Bucket {
        name: name.to_owned(),
        account: account.to_owned(),
        region: region.to_owned(),
        created: CREATED,
        tags: None,
        public_access_block: Some(PublicAccessBlock::ALL),
        objects: BTreeMap::new(),
    };
    state
        .buckets
        .insert((partition.to_owned(), name.to_owned()), bucket);
}

/// Adds a role of the sandbox's account that these services may assume.
pub fn add_role<'a>(state: &'a mut State, name: &str, services: &[&str]) -> &'a mut Role {
    let service = match services {
        [one] => json!(one),
        many => json!(many),
    };
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
        }],
    });
    let id = state.iam_id("AROA");
    state.roles.push(Role {
        name: name.to_owned(),
        path: "/".to_owned(),
        arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        id,
        created: CREATED,
        description: None,
        trust: trust.to_string(),
        max_session: 3600,
        boundary: None,
        tags: Tags::new(),
        inline: BTreeMap::new(),
        attached: Vec::new(),
        visible: Lagging::settled(()),
    });
    state.roles.last_mut().expect("it has just been added")
}

/// Returns the policy of the manual, in its order, for these buckets.
pub fn app_policy(buckets: &[&str]) -> Value {
    let arns = |suffix: &str| -> Vec<String> {
        let arn = |bucket: &&str| format!("arn:aws:s3:::{bucket}{suffix}");
        buckets.iter().map(arn).collect()
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                "Resource": arns(""),
                "Effect": "Allow",
            },
            {
                "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
                "Resource": arns("/*"),
                "Effect": "Allow",
            },
        ],
    })
}

fn add_roles(state: &mut State) {
    let app = app_policy(&["acme-csa-data-bucket", "acme-csa-system-bucket"]);
    // As the console stores it: indented.
    let app = serde_json::to_string_pretty(&app).expect("a JSON value is written");
    let logs = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "Logs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/acme-jmc:*"),
        }],
    });
    let ecs = add_role(state, "acme-jmc-app-role", &["ecs-tasks.amazonaws.com"]);
    ecs.set_policy(POLICY, &app);
    ecs.set_policy("acme-app-logs-policy", &logs.to_string());
    let api = add_role(state, "acme-jmc-api-role", &["lambda.amazonaws.com"]);
    api.set_policy(POLICY, &app);
    api.attached.push(BASIC_EXECUTION.to_owned());
    add_role(state, "csa-existing-role", &["redshift.amazonaws.com"]);
    add_role(
        state,
        "csa-serverless-role",
        &[
            "redshift-serverless.amazonaws.com",
            "redshift.amazonaws.com",
        ],
    );
    for (name, service) in [
        ("acme-batch-role", "batch.amazonaws.com"),
        ("acme-build-role", "codebuild.amazonaws.com"),
        ("acme-ecs-execution-role", "ecs-tasks.amazonaws.com"),
        ("acme-events-role", "events.amazonaws.com"),
        ("acme-glue-role", "glue.amazonaws.com"),
        ("acme-jmc-web-role", "ec2.amazonaws.com"),
        ("acme-stepfunctions-role", "states.amazonaws.com"),
        ("csa-backup-role", "backup.amazonaws.com"),
    ] {
        add_role(state, name, &[service]);
    }
    for arn in [
        BASIC_EXECUTION,
        "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        "arn:aws:iam::aws:policy/PowerUserAccess",
    ] {
        add_aws_policy(state, arn);
    }
}

const BASIC_EXECUTION: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

fn add_aws_policy(state: &mut State, arn: &str) {
    let (_, full) = arn.split_once(":policy").unwrap_or_default();
    let (path, name) = full.rsplit_once('/').unwrap_or_default();
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    });
    let id = state.iam_id("ANPA");
    state.policies.push(ManagedPolicy {
        name: name.to_owned(),
        path: format!("{path}/"),
        arn: arn.to_owned(),
        id,
        created: CREATED,
        description: None,
        tags: Tags::new(),
        versions: vec![PolicyVersion {
            number: 1,
            document: document.to_string(),
            created: CREATED,
        }],
        default: 1,
        next: 2,
    });
}

fn add_warehouses(state: &mut State) {
    let role = |name: &str| AttachedRole::settled(format!("arn:aws:iam::{ACCOUNT}:role/{name}"));
    state.clusters.push(Cluster {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        id: "csa-dwh".to_owned(),
        status: "available".to_owned(),
        busy: None,
        address: format!("csa-dwh.c9x1abcd.{REGION}.redshift.amazonaws.com"),
        port: 5439,
        database: "dev".to_owned(),
        admin: "csa_admin".to_owned(),
        vpc: "vpc-0a1b2c3d4e5f60718".to_owned(),
        security_groups: vec!["sg-0123456789abcdef0".to_owned()],
        public: false,
        roles: vec![role("csa-existing-role")],
        default_role: None,
        created: CREATED,
    });
    state.workgroups.push(Workgroup {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        name: "csa-wg".to_owned(),
        id: "5b1c9d2e-1111-4222-8333-444455556666".to_owned(),
        namespace: "csa-ns".to_owned(),
        status: "AVAILABLE".to_owned(),
        address: format!("csa-wg.{ACCOUNT}.{REGION}.redshift-serverless.amazonaws.com"),
        port: 5439,
        security_groups: vec!["sg-0fedcba9876543210".to_owned()],
        subnets: vec!["subnet-0a0a0a0a".to_owned(), "subnet-0b0b0b0b".to_owned()],
        public: false,
        created: CREATED,
    });
    let default = role("csa-serverless-role");
    state.namespaces.push(Namespace {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        name: "csa-ns".to_owned(),
        id: "7d3e8f4a-aaaa-4bbb-8ccc-ddddeeeeffff".to_owned(),
        status: "AVAILABLE".to_owned(),
        busy: None,
        database: "dev".to_owned(),
        admin: "csa_admin".to_owned(),
        default_role: Some(default.arn.clone()),
        roles: vec![default],
        created: CREATED,
    });
}
