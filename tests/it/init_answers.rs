//! Answers that can't be used: each is asked again with its code, nothing is changed in AWS
//! meanwhile, and the right answer that follows ends as if nothing had happened.

use crate::init_wizard::{assert_sales, sales_file};
use crate::sandbox::seed::add_role;
use crate::support::wizard::Told;
use crate::support::{ENDPOINT, WRONG_PASSWORD, World};
use crate::warehouse::PASSWORD;
use jmc_site::prompt::scripted::Reply;
use jmc_site::prompt::{Event, QuestionId as Q};

/// Gives bad replies first, and asserts that the site ends as it should and with which codes
/// they were refused.
#[track_caller]
fn asked_again(id: Q, bad: &[(&str, &str)]) {
    let world = World::jmc();
    let mut run = world.sales();
    for (reply, _) in bad.iter().rev() {
        run = run.first(id, *reply);
    }
    let told = run.told();
    told.ended.exits(0);
    let codes: Vec<&str> = bad.iter().map(|(_, code)| *code).collect();
    assert_eq!(told.codes(id), codes);
    assert_eq!(told.refused.len(), codes.len());
    assert_eq!(world.saved(), sales_file(&world));
    assert_sales(&world);
}

#[test]
fn bucket_names() {
    let (short, long, longer) = ("ab", "a".repeat(64), "a".repeat(300));
    for id in [Q::DataBucket, Q::SqlBucket, Q::ProgramBucket] {
        asked_again(
            id,
            &[
                ("", "JMC-VALUE-EMPTY"),
                (short, "JMC-S3-NAME-LENGTH"),
                (&long, "JMC-S3-NAME-LENGTH"),
                (&longer, "JMC-S3-NAME-LENGTH"),
                ("Sales", "JMC-S3-NAME-CHARACTERS"),
                ("売上データ", "JMC-S3-NAME-CHARACTERS"),
                ("192.168.5.4", "JMC-S3-NAME-ADDRESS"),
                ("xn--sales", "JMC-S3-NAME-RESERVED"),
                ("sales--x-s3", "JMC-S3-NAME-RESERVED"),
                ("sales..data", "JMC-S3-NAME-DOTS"),
                ("s3://s3://sales", "JMC-S3-NAME-URL"),
                ("sales/s3://sales", "JMC-S3-NAME-URL"),
                ("s3://sales/folder", "JMC-S3-NAME-URL"),
                ("arn:aws:s3:::sales", "JMC-S3-NAME-ARN"),
                ("sales\u{7}", "invisible_character"),
                ("sales\u{200b}", "invisible_character"),
            ],
        );
    }
}

#[test]
fn names_and_addresses() {
    let long = "a".repeat(300);
    asked_again(
        Q::SiteName,
        &[
            ("", "JMC-VALUE-EMPTY"),
            ("-sales", "JMC-VALUE-SITE-NAME"),
            ("営業", "JMC-VALUE-SITE-NAME"),
            (&long, "JMC-VALUE-SITE-NAME"),
            ("sa\u{1b}les", "invisible_character"),
        ],
    );
    asked_again(
        Q::Host,
        &[
            ("", "JMC-ADDR-EMPTY"),
            (&long, "JMC-ADDR-HOST-LENGTH"),
            ("https://redshift.example.com", "JMC-ADDR-SCHEME"),
            ("redshift.example.com:70000", "JMC-ADDR-PORT-RANGE"),
            ("redshift.example.com:５４３９", "JMC-ADDR-FULL-WIDTH"),
            ("jmc:secret@redshift.example.com", "JMC-ADDR-PASSWORD"),
            ("redshift\u{7f}.example.com", "invisible_character"),
            (
                "dwh.c9x1abcd.cn-north-1.redshift.amazonaws.com.cn",
                "JMC-PARTITION",
            ),
            (
                "wg.123456789012.us-gov-west-1.redshift-serverless.amazonaws.com",
                "JMC-PARTITION",
            ),
        ],
    );
    asked_again(
        Q::User,
        &[("", "JMC-VALUE-EMPTY"), (&long, "JMC-VALUE-IDENTIFIER")],
    );
    asked_again(
        Q::DataFolder,
        &[
            ("/import", "JMC-S3-FOLDER"),
            ("s3://sales/import", "JMC-S3-FOLDER"),
            ("a/../b", "JMC-S3-FOLDER"),
        ],
    );
}

#[test]
fn ports_and_databases_where_the_address_has_none() {
    let world = World::jmc();
    let host = ENDPOINT.split(':').next().expect("a host");
    let told = world
        .sales()
        .instead(Q::Host, [host])
        .instead(Q::Port, ["５４３９", "0", "65536", "+5439", "5 439", ""])
        .instead(Q::Database, ["", "d\u{0}v", "dev"])
        .told();
    told.ended.exits(0);
    assert_eq!(
        told.codes(Q::Port),
        [
            "JMC-PORT-FULL-WIDTH",
            "JMC-PORT",
            "JMC-PORT",
            "JMC-PORT",
            "JMC-PORT"
        ]
    );
    assert_eq!(
        told.codes(Q::Database),
        ["JMC-VALUE-EMPTY", "invisible_character"]
    );
    assert_eq!(told.defaults(Q::Port), ["5439"]);
    assert_eq!(world.saved(), sales_file(&world));
}

#[test]
fn topics_and_subscriptions() {
    asked_again(
        Q::Topic(Event::Failure),
        &[
            ("jmc sales", "JMC-SNS-TOPIC-NAME"),
            ("jobs.fifo", "JMC-SNS-TOPIC-NAME"),
            ("arn:aws:sns:ap-northeast-1:12345:jobs", "JMC-ARN"),
            ("arn:aws:sqs:ap-northeast-1:123456789012:jobs", "JMC-ARN"),
            (
                "arn:aws-cn:sns:cn-north-1:123456789012:jobs",
                "JMC-ARN-PARTITION",
            ),
        ],
    );
    asked_again(
        Q::Subscription(Event::Failure),
        &[
            ("fax:1", "JMC-SNS-SUBSCRIPTION"),
            ("email:ops", "JMC-SNS-ENDPOINT"),
            ("sms:0901234", "JMC-SNS-ENDPOINT"),
        ],
    );
}

#[test]
fn choices() {
    asked_again(
        Q::Notifications,
        &[
            ("3", "answer_with_one_number"),
            ("x", "answer_with_one_number"),
        ],
    );
    asked_again(Q::Events, &[("4", "answer_with_numbers")]);
    asked_again(Q::SourceCode, &[("maybe", "answer_yes_or_no")]);
    asked_again(Q::Account, &[("1", "answer_yes_or_no")]);
    asked_again(Q::Apply, &[("ok", "answer_yes_or_no")]);
}

/// Runs with replies ahead of the right ones, which are taken but can't be used, and returns
/// the codes that were said.
#[track_caller]
fn looked_at(world: &World, id: Q, bad: &[&str]) -> Told {
    let mut run = world.sales();
    for reply in bad.iter().rev() {
        run = run.first(id, *reply);
    }
    let told = run.told();
    told.ended.exits(0);
    assert_eq!(told.times(id), bad.len() + 1);
    assert_eq!(world.saved(), sales_file(world));
    assert_sales(world);
    told
}

#[test]
fn buckets_elsewhere_and_of_others_are_asked_again_with_both_regions() {
    let world = World::jmc();
    let told = looked_at(
        &world,
        Q::SqlBucket,
        &["sales-elsewhere", "someone-elses-bucket"],
    );
    told.ended
        .says(
            "error JMC-S3-REGION: `sales-elsewhere` is in us-west-2, but this site's buckets must \
             be in ap-northeast-1: JMC has no cross-region COPY.",
        )
        .says("error JMC-S3-OWNER: `someone-elses-bucket` belongs to another AWS account");
}

#[test]
fn roles_that_redshift_may_not_use_are_asked_again() {
    let world = World::jmc();
    world.sandbox.state(|state| {
        add_role(state, "sales-redshift", &["ec2.amazonaws.com"]);
    });
    let account = "123456789012";
    let told = looked_at(
        &world,
        Q::RedshiftRole,
        &[
            "sales-redshift",
            &format!("arn:aws:iam::{account}:role/no-such-role"),
            &format!("arn:aws-cn:iam::{account}:role/csa-existing-role"),
            "arn:aws:iam::210987654321:role/csa-existing-role",
        ],
    );
    told.ended
        .says("error JMC-IAM-TRUST: The role `sales-redshift` can't be used by Redshift: its trust policy does not allow `redshift.amazonaws.com`.")
        .says("error JMC-IAM-ROLE-MISSING: The IAM role `arn:aws:iam::123456789012:role/no-such-role` does not exist.")
        .says("error JMC-ARN-PARTITION: ")
        .says("error JMC-ARN-ACCOUNT: ");

    asked_again(
        Q::RedshiftRole,
        &[
            ("arn:aws:iam::12345:role/x", "JMC-ARN"),
            ("arn:aws:iam::123456789012:user/x", "JMC-ARN"),
            ("role name", "JMC-IAM-ROLE-NAME"),
            (&"r".repeat(65), "JMC-IAM-ROLE-NAME"),
        ],
    );
}

#[test]
fn an_event_and_a_folder_are_needed() {
    let world = World::jmc();
    let told = world
        .sales()
        .first(Q::Events, Reply::PickSome(vec![]))
        .first(Q::DataFolder, Reply::Enter)
        .told();
    told.ended
        .exits(0)
        .says("Choose at least one event")
        .says("Name at least one folder");
    assert_eq!(world.saved(), sales_file(&world));
}

#[test]
fn a_password_is_needed_and_a_wrong_one_leads_back_to_the_answers() {
    let world = World::jmc();
    let told = world
        .sales()
        .instead(Q::User, ["nobody", "jmc"])
        .instead(Q::Password, ["", WRONG_PASSWORD, PASSWORD])
        .reply(Q::AfterFailedTest, Reply::Pick(0))
        .reply(Q::SiteName, Reply::Enter)
        .reply(Q::Host, Reply::Enter)
        .reply(Q::Port, Reply::Enter)
        .reply(Q::Database, Reply::Enter)
        .told();
    told.ended
        .exits(0)
        .says("A password is needed")
        .says("error JMC-CONN-PASSWORD");
    let host = ENDPOINT.split(':').next().expect("a host");
    assert_eq!(told.defaults(Q::Host), ["", host]);
    assert_eq!(told.defaults(Q::SiteName), ["", "sales"]);
    assert_eq!(told.defaults(Q::Database), ["dev"]);
    assert_eq!(told.defaults(Q::User), ["", "nobody"]);
    assert_eq!(world.warehouse.attempts().len(), 2);
    assert_eq!(world.saved(), sales_file(&world));
    assert_sales(&world);
}

#[test]
fn the_test_can_be_tried_again_with_another_password() {
    let world = World::jmc();
    let told = world
        .sales()
        .instead(Q::Password, [WRONG_PASSWORD, PASSWORD])
        .reply(Q::AfterFailedTest, Reply::Pick(1))
        .told();
    told.ended.exits(0);
    assert_eq!(told.times(Q::Host), 1);
    assert_eq!(world.saved(), sales_file(&world));
}

#[test]
fn going_on_after_a_failed_test_is_recorded() {
    let world = World::jmc();
    let told = world
        .sales()
        .instead(Q::Password, [WRONG_PASSWORD])
        .reply(Q::AfterFailedTest, Reply::Pick(2))
        .told();
    told.ended.exits(0);
    let mut expected = sales_file(&world);
    expected["redshift"]["connection_test"] = "skipped".into();
    assert_eq!(world.saved(), expected);
    assert_sales(&world);
}

#[test]
fn quitting_after_a_failed_test_changes_nothing() {
    let world = World::jmc();
    let ended = world
        .wizard()
        .reply(Q::Account, true)
        .reply(Q::SiteName, "sales")
        .reply(Q::Host, ENDPOINT)
        .reply(Q::User, "jmc")
        .reply(Q::Password, WRONG_PASSWORD)
        .reply(Q::AfterFailedTest, Reply::Pick(3))
        .end();
    ended.exits(130);
    world.assert_untouched();
    assert!(!world.site_file().exists());
}

#[test]
fn a_region_that_is_not_the_warehouses_is_refused() {
    let world = World::jmc();
    let run = world.sales().arguments(["--region", "us-east-1"]);
    let ended = run
        .instead(Q::Host, [Reply::Type(ENDPOINT.to_owned()), Reply::GiveUp])
        .without(&[
            Q::User,
            Q::Password,
            Q::Notifications,
            Q::Events,
            Q::SourceCode,
            Q::Topic(Event::Failure),
            Q::Subscription(Event::Failure),
            Q::DataBucket,
            Q::DataFolder,
            Q::SqlBucket,
            Q::ProgramBucket,
            Q::RedshiftRole,
            Q::Review,
            Q::Apply,
        ])
        .told();
    ended.ended.exits(130);
    assert_eq!(ended.codes(Q::Host), ["JMC-REGION"]);
    world.assert_untouched();
}
