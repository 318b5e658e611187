//! What AWS tells about a warehouse that cannot be reached, and when it is said.

use crate::connection::{block_on, connect, connect_with, target};
use crate::sandbox::warehouse::{self, Options, Warehouse as StandIn};
use crate::sandbox::{REGION, Sandbox};
use jmc_site::aws::Clients;
use jmc_site::messages::Lang;
use jmc_site::redshift::facts::look;
use jmc_site::redshift::{Facts, Failure, Target};
use jmc_site::site::Warehouse;

fn facts(sandbox: &Sandbox, warehouse: &str) -> Option<Facts> {
    let clients = Clients::new(&sandbox.sdk_config(REGION), None, None);
    let warehouse: Warehouse = serde_json::from_str(warehouse).expect("a warehouse");
    block_on(look(&clients, &warehouse))
}

fn hints(failure: &Failure, lang: Lang) -> String {
    let hints = failure.error.hints().iter();
    hints
        .map(|hint| hint.get(lang))
        .collect::<Vec<_>>()
        .join("\n")
}

fn refused() -> (Target, Failure) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let mut target = Target::new(warehouse::HOST, "dev", "jmc");
    target.dial = Some(("127.0.0.1".to_owned(), port));
    let failure = connect(&target).expect_err("a failure");
    (target, failure)
}

#[test]
fn a_cluster_that_cannot_be_reached_is_looked_up() {
    let sandbox = Sandbox::jmc();
    let facts = facts(&sandbox, r#"{"cluster": "csa-dwh"}"#).expect("facts");
    assert!(facts.exists);
    assert_eq!(facts.status, "available");
    assert_eq!(facts.endpoint, Some((warehouse::HOST.to_owned(), 5439)));
    let (target, failure) = refused();
    let failure = failure.explain(&target, &facts);
    let en = hints(&failure, Lang::En);
    assert!(en.contains("VPC vpc-0a1b2c3d4e5f60718; security groups sg-0123456789abcdef0"));
    assert!(en.contains("not publicly accessible"), "{en}");
    // The endpoint is the one that was tried: nothing to say about it.
    assert!(!en.contains("AWS says that the endpoint"), "{en}");
    let ja = hints(&failure, Lang::Ja);
    assert!(ja.contains("パブリックアクセス無効"), "{ja}");
}

#[test]
fn a_workgroup_that_cannot_be_reached_is_looked_up() {
    let sandbox = Sandbox::jmc();
    let facts = facts(&sandbox, r#"{"workgroup": "csa-wg"}"#).expect("facts");
    assert_eq!(facts.status, "available");
    let (target, failure) = refused();
    let failure = failure.explain(&target, &facts);
    let en = hints(&failure, Lang::En);
    assert!(en.contains("sg-0fedcba9876543210"), "{en}");
    // This host is not the workgroup's.
    assert!(
        en.contains("endpoint of `csa-wg` is csa-wg.123456789012"),
        "{en}"
    );
}

#[test]
fn a_paused_a_busy_and_a_missing_cluster_are_named_as_such() {
    let rows = [
        (
            "paused",
            "aws redshift resume-cluster --cluster-identifier csa-dwh",
            "一時停止中",
        ),
        ("resizing", "`resizing`", "`resizing`"),
        (
            "available, prep-for-resize",
            "security groups",
            "セキュリティグループ",
        ),
    ];
    for (status, en, ja) in rows {
        let sandbox = Sandbox::jmc();
        sandbox.state(|state| state.clusters[0].status = status.to_owned());
        let facts = facts(&sandbox, r#"{"cluster": "csa-dwh"}"#).expect("facts");
        let (target, failure) = refused();
        let failure = failure.explain(&target, &facts);
        assert!(hints(&failure, Lang::En).contains(en), "{failure:?}");
        assert!(hints(&failure, Lang::Ja).contains(ja), "{failure:?}");
    }
    let sandbox = Sandbox::jmc();
    for missing in [r#"{"cluster": "other"}"#, r#"{"workgroup": "other"}"#] {
        let facts = facts(&sandbox, missing).expect("facts");
        assert!(!facts.exists);
        let (target, failure) = refused();
        let failure = failure.explain(&target, &facts);
        assert!(hints(&failure, Lang::En).contains("AWS knows no `other` in ap-northeast-1"));
        assert!(hints(&failure, Lang::Ja).contains("`other` は存在しません"));
    }
}

#[test]
fn a_wrong_password_is_not_blamed_on_the_network() {
    let sandbox = Sandbox::jmc();
    let facts = facts(&sandbox, r#"{"cluster": "csa-dwh"}"#).expect("facts");
    let warehouse = StandIn::start(Options::default());
    let (target, _file) = target(&warehouse);
    let failure = connect_with(&target, "wrong").expect_err("a failure");
    let before = failure.error.hints().len();
    assert_eq!(failure.explain(&target, &facts).error.hints().len(), before);
}
