//! The smoke test: the real binary against a real LocalStack (S3, IAM, SNS, STS), with Redshift and its
//! SQL from our own stand-ins, since LocalStack has none. Runs where `tests/run` or CI has started one.
//!
//! What init says of its work is not believed: everything is read back with calls of the test's own.

use crate::sandbox::warehouse::{Options, PASSWORD, USER, Warehouse};
use crate::sandbox::{Sandbox, Serving, seed};
use crate::support::parts;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// An installation of JMC of this run's own: its account, its names, its cluster.
struct Installation {
    /// Twelve digits, which LocalStack takes for the account when they are the access key id.
    account: String,
    /// Stands in every name that must be free in all accounts.
    token: String,
    region: &'static str,
    localstack: String,
    redshift: Serving,
    sandbox: Sandbox,
    warehouse: Warehouse,
    folder: TempDir,
}

impl Installation {
    /// Makes the roles of JMC in LocalStack, and in the sandbox the cluster.
    async fn start(localstack: String, region: &'static str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("a clock after 1970").as_micros();
        let unique = now * 1000 + u128::from(std::process::id()) % 1000;
        let sandbox = Sandbox::jmc();
        let installation = Self {
            account: format!("9{:011}", unique % 100_000_000_000),
            token: format!("{unique:x}"),
            region,
            redshift: sandbox.serve().await.expect("a loopback port"),
            sandbox,
            warehouse: Warehouse::start(Options {
                names: vec![format!("*.c9x1abcd.{region}.redshift.amazonaws.com")],
                ..Options::default()
            }),
            localstack,
            folder: tempfile::tempdir().expect("a folder"),
        };
        let ca = installation.folder.path().join("ca.pem");
        std::fs::write(ca, installation.warehouse.ca_pem()).expect("a file");
        installation.seed_cluster().await;
        installation.seed_roles().await;
        for name in installation.csa_buckets() {
            installation.create_bucket(&name).await;
        }
        installation
    }

    fn site(&self) -> String {
        format!("smoke{}", &self.token[self.token.len() - 8..])
    }

    fn bucket(&self, kind: &str) -> String {
        format!("jmc-smoke-{}-{kind}", self.token)
    }

    /// The buckets of the installation, as the policies of its roles name them.
    fn csa_buckets(&self) -> [String; 2] {
        ["data", "system"].map(|kind| format!("{}-csa-{kind}-bucket", self.token))
    }

    fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.account)
    }

    fn topic_arn(&self, event: &str) -> String {
        let (region, account, site) = (self.region, &self.account, self.site());
        format!("arn:aws:sns:{region}:{account}:jmc-{site}-{event}")
    }

    fn redshift_role(&self) -> String {
        format!("jmc-{}-redshift-role", self.site())
    }

    /// The cluster belongs to this run's account. Redshift refuses a role that it does not know, and the
    /// sandbox cannot see LocalStack's: so it gets the one that init is going to make there.
    async fn seed_cluster(&self) {
        self.sandbox.state(|state| {
            let cluster = state.cluster("csa-dwh").expect("the seeded cluster");
            cluster.account.clone_from(&self.account);
            cluster.region = self.region.to_owned();
        });
        let sdk = self.sandbox.sdk_config_as(self.region, &self.account);
        let made = aws_sdk_iam::Client::new(&sdk)
            .create_role()
            .role_name(self.redshift_role())
            .assume_role_policy_document(trust("redshift.amazonaws.com"))
            .send();
        made.await.expect("a role in the sandbox");
        self.sandbox.clear_journal();
    }

    async fn seed_roles(&self) {
        let iam = aws_sdk_iam::Client::new(&self.sdk());
        for (role, service) in [
            ("jmc-app-role", "ecs-tasks.amazonaws.com"),
            ("jmc-api-role", "lambda.amazonaws.com"),
            ("jmc-web-role", "ec2.amazonaws.com"),
        ] {
            let role = format!("{}-{role}", self.token);
            let made = iam
                .create_role()
                .role_name(&role)
                .assume_role_policy_document(trust(service));
            made.send().await.expect("a role");
            for (name, document) in self.seeded_policies() {
                let put = iam
                    .put_role_policy()
                    .role_name(&role)
                    .policy_name(name)
                    .policy_document(document);
                put.send().await.expect("an inline policy");
            }
        }
    }

    /// The inline policies of every seeded role: the manual's, and one that is nobody's business.
    fn seeded_policies(&self) -> [(String, String); 2] {
        let [data, system] = self.csa_buckets();
        let app = seed::app_policy(&[&data, &system]);
        let app = serde_json::to_string_pretty(&app).expect("JSON");
        let logs = json!({
            "Version": "2012-10-17",
            "Statement": {"Sid": "Logs", "Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"},
        });
        [
            (format!("{}-app-s3-policy", self.token), app),
            (format!("{}-app-logs-policy", self.token), logs.to_string()),
        ]
    }

    async fn create_bucket(&self, name: &str) {
        let place = (self.region != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(self.region))
                .build()
        });
        let made = s3(&self.sdk()).create_bucket().bucket(name);
        let made = made.set_create_bucket_configuration(place).send().await;
        made.expect("a bucket");
    }

    /// Configures clients of the test's own; no profile and no variable has a say.
    fn sdk(&self) -> SdkConfig {
        let credentials = Credentials::new(&self.account, "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(self.region))
            .endpoint_url(&self.localstack)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    /// Runs the real binary with nothing in its environment but what is given here.
    fn run(&self, arguments: &[&str]) -> Output {
        let nowhere = self.folder.path().join("nowhere");
        let mut command = Command::new(env!("CARGO_BIN_EXE_jmc-site"));
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("AWS_CONFIG_FILE", &nowhere)
            .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", &self.account)
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_ENDPOINT_URL", &self.localstack)
            .env("AWS_ENDPOINT_URL_REDSHIFT", &self.redshift.url)
            .env(
                "JMC_SITE_REDSHIFT_DIAL",
                format!("127.0.0.1:{}", self.warehouse.port()),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        let mut child = command.spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        writeln!(stdin, "{PASSWORD}").expect("the password is taken");
        drop(stdin);
        child.wait_with_output().expect("the binary ends")
    }

    /// Reads all that a run could have changed, times and ETags included.
    async fn read_back(&self) -> Value {
        let sdk = self.sdk();
        json!({
            "buckets": buckets(&sdk, &self.token).await,
            "roles": roles(&sdk).await,
            "topics": topics(&sdk).await,
        })
    }
}

fn trust(service: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
        }],
    })
    .to_string()
}

fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

fn tags<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let all: BTreeMap<&str, &str> = all.into_iter().collect();
    json!(all)
}

/// Reads the buckets with a token in their names: where they are, who may read them, and what is in them.
async fn buckets(sdk: &SdkConfig, token: &str) -> Value {
    let s3 = s3(sdk);
    let mut found = BTreeMap::new();
    let listed = s3.list_buckets().send().await.expect("the buckets");
    let names = listed.buckets().iter().filter_map(|bucket| bucket.name());
    for name in names.filter(|name| name.contains(token)) {
        let location = s3.get_bucket_location().bucket(name).send().await;
        let location = location.expect("a location").location_constraint;
        let block = s3.get_public_access_block().bucket(name).send().await;
        let block = block.ok().and_then(|a| a.public_access_block_configuration);
        let block = block.expect("a public access block");
        let tagged = s3.get_bucket_tagging().bucket(name).send().await;
        let tagged = tagged.map(|answer| answer.tag_set).unwrap_or_default();
        let listed = s3.list_objects_v2().bucket(name).send().await;
        let listed = listed.expect("the objects");
        let objects: BTreeMap<&str, Value> = listed
            .contents()
            .iter()
            .map(|object| {
                let value = json!({
                    "size": object.size(),
                    "etag": object.e_tag(),
                    "modified": object.last_modified().map(ToString::to_string),
                });
                (object.key().unwrap_or_default(), value)
            })
            .collect();
        let value = json!({
            // S3 has no name for us-east-1.
            "region": location.map_or(String::new(), |location| location.to_string()),
            "public": [
                block.block_public_acls, block.ignore_public_acls,
                block.block_public_policy, block.restrict_public_buckets,
            ],
            "tags": tags(tagged.iter().map(|tag| (tag.key(), tag.value()))),
            "objects": objects,
        });
        found.insert(name.to_owned(), value);
    }
    json!(found)
}

fn decoded(document: &str) -> String {
    percent_decode_str(document)
        .decode_utf8()
        .expect("UTF-8")
        .into_owned()
}

/// Reads every role of the account with its documents, as they are stored.
async fn roles(sdk: &SdkConfig) -> Value {
    let iam = aws_sdk_iam::Client::new(sdk);
    let listed = iam.list_roles().send().await.expect("the roles");
    let mut found = BTreeMap::new();
    for role in listed.roles() {
        let name = role.role_name();
        let got = iam.get_role().role_name(name).send().await.expect("a role");
        let got = got.role.expect("a role");
        let mut policies = BTreeMap::new();
        let names = iam.list_role_policies().role_name(name).send().await;
        for policy in names.expect("the inline policies").policy_names() {
            let read = iam.get_role_policy().role_name(name).policy_name(policy);
            let read = read.send().await.expect("an inline policy");
            policies.insert(policy.clone(), decoded(read.policy_document()));
        }
        let trust = got.assume_role_policy_document().unwrap_or_default();
        let value = json!({
            "arn": got.arn(),
            "trust": decoded(trust),
            "tags": tags(got.tags().iter().map(|tag| (tag.key(), tag.value()))),
            "policies": policies,
        });
        found.insert(name.to_owned(), value);
    }
    json!(found)
}

/// Reads every topic of the account and region with its subscriptions.
async fn topics(sdk: &SdkConfig) -> Value {
    let sns = aws_sdk_sns::Client::new(sdk);
    let listed = sns.list_topics().send().await.expect("the topics");
    let mut found = BTreeMap::new();
    for arn in listed.topics().iter().filter_map(|topic| topic.topic_arn()) {
        let attributes = sns.get_topic_attributes().topic_arn(arn).send().await;
        let attributes = attributes.expect("the attributes").attributes;
        let name = attributes.and_then(|mut all| all.remove("DisplayName"));
        let tagged = sns.list_tags_for_resource().resource_arn(arn).send().await;
        let tagged = tagged.expect("the tags");
        let listed = sns.list_subscriptions_by_topic().topic_arn(arn).send();
        let listed = listed.await.expect("the subscriptions");
        let subscriptions: BTreeMap<String, &str> = listed
            .subscriptions()
            .iter()
            .map(|s| {
                let (protocol, endpoint) = (s.protocol(), s.endpoint());
                let what = format!(
                    "{}:{}",
                    protocol.unwrap_or_default(),
                    endpoint.unwrap_or_default()
                );
                (what, s.subscription_arn().unwrap_or_default())
            })
            .collect();
        let value = json!({
            "display_name": name,
            "tags": tags(tagged.tags().iter().map(|tag| (tag.key(), tag.value()))),
            "subscriptions": subscriptions,
        });
        found.insert(arn.to_owned(), value);
    }
    json!(found)
}

/// Returns a document without its layout, its keys in their order.
fn compact(document: &Value) -> String {
    let text = document.as_str().expect("a document");
    let value: Value = serde_json::from_str(text).expect("JSON");
    value.to_string()
}

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn assert_done(output: &Output) {
    let (out, err) = (stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(0), "{err}\n{out}");
    assert!(!out.contains(PASSWORD) && !err.contains(PASSWORD));
}

/// Runs init three times and reads back; `sql_bucket_exists` lets one bucket be there before, with content.
async fn init_is_done_and_repeated(region: &'static str, sql_bucket_exists: bool) {
    let Some(localstack) = parts::localstack() else {
        return;
    };
    let installation = Installation::start(localstack, region).await;
    let (data, sql, program) = (
        installation.bucket("data"),
        installation.bucket("sql"),
        installation.bucket("program"),
    );
    if sql_bucket_exists {
        create_bucket_of_others(&installation, &sql).await;
    }

    let site = installation.site();
    let host = format!("csa-dwh.c9x1abcd.{region}.redshift.amazonaws.com:5439/dev");
    let init = installation.run(&[
        "init",
        "--ca-file",
        "ca.pem",
        "--name",
        &site,
        "--host",
        &host,
        "--user",
        USER,
        "--password-stdin",
        "--notifications",
        "site",
        "--notify-on",
        "success,failure",
        "--source-code",
        "include",
        "--subscribe",
        "success=sms:+819012345678",
        "--subscribe",
        "failure=email:ops@example.com",
        "--subscribe",
        "failure=email:night@example.com",
        "--data-bucket",
        &data,
        "--data-folder",
        "import",
        "--data-folder",
        "export/daily",
        "--sql-bucket",
        &sql,
        "--program-bucket",
        &program,
        "--tag",
        "Owner=分析基盤",
        // LocalStack 4.14 answers a conditional delete, by which a lock is given back, with NotImplemented.
        "--no-lock",
        "--no-input",
        "--yes",
    ]);
    assert_done(&init);
    let first = installation.read_back().await;
    check_buckets(&installation, &first["buckets"], sql_bucket_exists);
    check_roles(&installation, &first["roles"]);
    check_topics(&installation, &first["topics"]);
    check_cluster(&installation);

    // The command that the first run printed, and what it prints in its turn.
    let out = stdout(&init);
    let replay = out
        .lines()
        .find_map(|line| line.split_once("jmc-site init "));
    let (_, replay) = replay.expect("the command to run it again");
    let replay: Vec<&str> = ["init"].into_iter().chain(replay.split(' ')).collect();
    let mut told = replay.clone();
    told.push("--verbose");
    let again = installation.run(&told);
    assert_done(&again);
    assert!(
        stdout(&again).contains("Nothing to change"),
        "{}",
        stdout(&again)
    );
    let calls = calls(&again);
    assert!(calls.len() > 10, "{calls:?}");
    for call in calls {
        let reads = ["Get", "Head", "List", "Describe"];
        assert!(reads.iter().any(|read| call.starts_with(read)), "{call}");
    }
    assert_eq!(installation.read_back().await, first);

    let mut json = replay;
    json.extend(["--output", "json"]);
    let third = installation.run(&json);
    assert_done(&third);
    let value: Value = serde_json::from_str(&stdout(&third)).expect("one JSON value");
    assert_eq!(value["status"], "unchanged");
    assert_eq!(value["account"], installation.account);
    assert_eq!(installation.read_back().await, first);
    let writes = installation.sandbox.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
}

/// Returns the operations that `--verbose` told of.
fn calls(output: &Output) -> Vec<String> {
    stderr(output)
        .lines()
        .filter_map(|line| line.strip_prefix("aws "))
        .filter_map(|line| {
            // `aws S3 HeadBucket 200 4442587FB7D0A2F9`; a service's name can have a blank.
            let mut words = line.rsplit(' ');
            words.nth(2).map(str::to_owned)
        })
        .collect()
}

/// Makes a bucket as an operator did long ago: tagged, and with an object in it.
async fn create_bucket_of_others(installation: &Installation, name: &str) {
    installation.create_bucket(name).await;
    let s3 = s3(&installation.sdk());
    let tag = aws_sdk_s3::types::Tag::builder()
        .key("Team")
        .value("dwh")
        .build();
    let tagging = aws_sdk_s3::types::Tagging::builder().tag_set(tag.expect("a tag"));
    let tagged = s3.put_bucket_tagging().bucket(name);
    let tagged = tagged.tagging(tagging.build().expect("tags")).send().await;
    tagged.expect("the tags are taken");
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"select 1");
    let put = s3.put_object().bucket(name).key("sql/old.sql").body(body);
    put.send().await.expect("an object");
}

fn check_buckets(installation: &Installation, buckets: &Value, sql_bucket_exists: bool) {
    // us-east-1 is the one region that S3 names by saying nothing.
    let place = if installation.region == "us-east-1" {
        ""
    } else {
        installation.region
    };
    let ours = json!({"jmc-site": installation.site(), "Owner": "分析基盤"});
    assert_eq!(buckets.as_object().expect("buckets").len(), 5);
    // What the installation keeps in its own buckets is not ours to touch.
    for name in installation.csa_buckets() {
        assert_eq!(keys(&buckets[&name]["objects"]), [""; 0], "{name}");
    }
    for (kind, markers) in [
        ("data", vec!["export/daily/", "import/"]),
        ("sql", vec!["sql/"]),
        ("program", vec!["program/python/"]),
    ] {
        let bucket = &buckets[installation.bucket(kind)];
        let adopted = kind == "sql" && sql_bucket_exists;
        assert_eq!(bucket["region"], place, "{kind}");
        assert_eq!(bucket["public"], json!([true, true, true, true]), "{kind}");
        let tags = if adopted {
            json!({"Team": "dwh"})
        } else {
            ours.clone()
        };
        assert_eq!(bucket["tags"], tags, "{kind}");
        let mut expected = markers.clone();
        if adopted {
            expected.push("sql/old.sql");
        }
        assert_eq!(keys(&bucket["objects"]), expected, "{kind}");
        for marker in markers {
            assert_eq!(bucket["objects"][marker]["size"], 0, "{kind} {marker}");
        }
    }
}

fn check_roles(installation: &Installation, roles: &Value) {
    let token = &installation.token;
    let [app, api, web] = ["app", "api", "web"].map(|name| format!("{token}-jmc-{name}-role"));
    let ours = installation.redshift_role();
    let names: BTreeSet<&str> = keys(roles).into_iter().collect();
    let expected: BTreeSet<&str> = [&app, &api, &web, &ours]
        .into_iter()
        .map(String::as_str)
        .collect();
    assert_eq!(names, expected);

    // The manual's documents with our buckets at the end of each list, and nothing else touched.
    let [(app_policy, seeded), (logs_policy, logs)] = installation.seeded_policies();
    let (data, sql, program) = (
        installation.bucket("data"),
        installation.bucket("sql"),
        installation.bucket("program"),
    );
    let [csa_data, csa_system] = installation.csa_buckets();
    let extended = seed::app_policy(&[&csa_data, &csa_system, &data, &program, &sql]);
    for role in [&app, &api] {
        let policies = &roles[role]["policies"];
        assert_eq!(keys(policies).len(), 2, "{role}");
        assert_eq!(
            compact(&policies[&app_policy]),
            extended.to_string(),
            "{role}"
        );
        assert_eq!(policies[&logs_policy], logs, "{role}");
        assert_eq!(roles[role]["tags"], json!({}), "{role}");
    }
    assert_eq!(roles[&web]["policies"][&app_policy], seeded);

    let redshift = &roles[&ours];
    assert_eq!(redshift["arn"], installation.role_arn(&ours));
    assert_eq!(
        compact(&redshift["trust"]),
        compact(&json!(trust("redshift.amazonaws.com")))
    );
    assert_eq!(
        redshift["tags"],
        json!({"jmc-site": installation.site(), "Owner": "分析基盤"})
    );
    let policy = format!("jmc-{}-s3-policy", installation.site());
    assert_eq!(keys(&redshift["policies"]), [&policy]);
    let minimal = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                "Resource": [format!("arn:aws:s3:::{data}")],
                "Effect": "Allow",
            },
            {
                "Action": ["s3:PutObject", "s3:GetObject"],
                "Resource": [format!("arn:aws:s3:::{data}/*")],
                "Effect": "Allow",
            },
        ],
    });
    assert_eq!(compact(&redshift["policies"][&policy]), minimal.to_string());
}

fn check_topics(installation: &Installation, topics: &Value) {
    assert_eq!(topics.as_object().expect("topics").len(), 2);
    for (event, subscriptions) in [
        (
            "failure",
            vec!["email:night@example.com", "email:ops@example.com"],
        ),
        ("success", vec!["sms:+819012345678"]),
    ] {
        let topic = &topics[installation.topic_arn(event)];
        assert_eq!(
            topic["display_name"],
            format!("JMC {}", installation.site())
        );
        assert_eq!(
            topic["tags"],
            json!({"jmc-site": installation.site(), "Owner": "分析基盤"})
        );
        assert_eq!(keys(&topic["subscriptions"]), subscriptions, "{event}");
    }
}

/// Nothing but Redshift came to the sandbox: all else was LocalStack's.
fn check_cluster(installation: &Installation) {
    for entry in installation.sandbox.journal() {
        assert_eq!(entry.service, "redshift", "{entry:?}");
        assert_eq!(entry.account, installation.account, "{entry:?}");
        assert_eq!(entry.region, installation.region, "{entry:?}");
    }
    let roles = installation.sandbox.state(|state| {
        let cluster = state.cluster("csa-dwh").expect("the cluster");
        let roles = cluster
            .roles
            .iter()
            .map(|role| (role.arn.clone(), role.status.as_str()));
        roles.collect::<Vec<_>>()
    });
    let there_before = "arn:aws:iam::123456789012:role/csa-existing-role".to_owned();
    let ours = installation.role_arn(&installation.redshift_role());
    assert_eq!(roles, [(there_before, "in-sync"), (ours, "in-sync")]);
    let attempts = installation.warehouse.attempts();
    assert!(
        !attempts.is_empty()
            && attempts
                .iter()
                .all(|a| a.encrypted && a.password == Some(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_in_tokyo_with_an_adopted_bucket_is_done_and_repeated() {
    init_is_done_and_repeated("ap-northeast-1", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_in_us_east_1_is_done_and_repeated() {
    init_is_done_and_repeated("us-east-1", false).await;
}
