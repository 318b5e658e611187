//! Addresses as operators paste them, and what their names tell.

use jmc_site::messages::{Lang, Text};
use jmc_site::redshift::address::{parse_database, parse_host, parse_port, parse_user};
use jmc_site::redshift::endpoint::partition_of;
use jmc_site::redshift::target::dial_override;
use jmc_site::redshift::{Address, Endpoint};
use proptest::prelude::*;

const CLUSTER: &str = "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com";

fn address(host: &str, port: Option<u16>, database: Option<&str>, user: Option<&str>) -> Address {
    Address {
        host: host.to_owned(),
        port,
        database: database.map(str::to_owned),
        user: user.map(str::to_owned),
    }
}

fn code(result: Result<impl std::fmt::Debug, Text>) -> &'static str {
    let text = result.expect_err("an error");
    for lang in [Lang::En, Lang::Ja] {
        assert!(!text.get(lang).is_empty());
    }
    text.code().expect("a code")
}

#[test]
fn every_way_to_write_an_address_is_read() {
    let (port, db, user) = (Some(5439), Some("dev"), Some("jmc"));
    let rows = [
        (CLUSTER.to_owned(), address(CLUSTER, None, None, None)),
        (
            format!("  {CLUSTER}\t\n"),
            address(CLUSTER, None, None, None),
        ),
        (
            format!("\u{3000}{CLUSTER}\u{3000}"),
            address(CLUSTER, None, None, None),
        ),
        (format!("{CLUSTER}."), address(CLUSTER, None, None, None)),
        (CLUSTER.to_uppercase(), address(CLUSTER, None, None, None)),
        (
            format!("{CLUSTER}:5439"),
            address(CLUSTER, port, None, None),
        ),
        (
            format!("{CLUSTER}.:5439"),
            address(CLUSTER, port, None, None),
        ),
        (
            format!("{CLUSTER}:5439/dev"),
            address(CLUSTER, port, db, None),
        ),
        (format!("{CLUSTER}/dev"), address(CLUSTER, None, db, None)),
        (
            format!("{CLUSTER}:5439/"),
            address(CLUSTER, port, None, None),
        ),
        (
            format!("jdbc:redshift://{CLUSTER}:5439/dev"),
            address(CLUSTER, port, db, None),
        ),
        (
            format!("JDBC:Redshift://{CLUSTER}:5439/dev"),
            address(CLUSTER, port, db, None),
        ),
        (
            format!("jdbc:redshift:iam://{CLUSTER}:5439/dev"),
            address(CLUSTER, port, db, None),
        ),
        (
            format!("jdbc:redshift://{CLUSTER}:5439/dev?ssl=true&user=jmc"),
            address(CLUSTER, port, db, user),
        ),
        (
            format!("jdbc:redshift://{CLUSTER}:5439/dev;UID=jmc;ssl=true"),
            address(CLUSTER, port, db, user),
        ),
        (
            format!("postgres://jmc@{CLUSTER}:5439/dev"),
            address(CLUSTER, port, db, user),
        ),
        (
            format!("postgresql://jmc@{CLUSTER}/dev"),
            address(CLUSTER, None, db, user),
        ),
        (
            format!("postgresql://jmc:@{CLUSTER}/dev"),
            address(CLUSTER, None, db, user),
        ),
        (
            format!("redshift://jmc@{CLUSTER}/dev"),
            address(CLUSTER, None, db, user),
        ),
        (
            "postgresql://%E5%B1%B1%E7%94%B0@h/%E5%9C%A8%20%E5%BA%AB".to_owned(),
            address("h", None, Some("在 庫"), Some("山田")),
        ),
        (
            "localhost:15439".to_owned(),
            address("localhost", Some(15439), None, None),
        ),
        (
            "10.0.12.34:5439/dev".to_owned(),
            address("10.0.12.34", port, db, None),
        ),
        ("::1".to_owned(), address("::1", None, None, None)),
        ("[::1]".to_owned(), address("::1", None, None, None)),
        (
            "[2001:DB8::1]:5439/dev".to_owned(),
            address("2001:db8::1", port, db, None),
        ),
        ("h:1".to_owned(), address("h", Some(1), None, None)),
        ("h:65535".to_owned(), address("h", Some(65535), None, None)),
        ("h:05439".to_owned(), address("h", port, None, None)),
    ];
    for (text, expected) in rows {
        assert_eq!(Address::parse(&text), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_address_is_refused_with_its_own_code() {
    let long = format!("{}.example.com", "a.".repeat(130));
    let label = format!("{}.example.com", "a".repeat(64));
    let rows = [
        ("", "JMC-ADDR-EMPTY"),
        ("  \u{3000} ", "JMC-ADDR-EMPTY"),
        (":5439", "JMC-ADDR-EMPTY"),
        (".", "JMC-ADDR-EMPTY"),
        ("/dev", "JMC-ADDR-EMPTY"),
        ("jdbc:redshift://", "JMC-ADDR-EMPTY"),
        ("csa\u{0}dwh", "JMC-ADDR-CONTROL"),
        ("csa\ndwh", "JMC-ADDR-CONTROL"),
        ("csa\u{7f}dwh", "JMC-ADDR-CONTROL"),
        ("csa\u{85}dwh", "JMC-ADDR-CONTROL"),
        ("h\u{1b}[2J", "JMC-ADDR-CONTROL"),
        ("https://h/dev", "JMC-ADDR-SCHEME"),
        ("jdbc:mysql://h/dev", "JMC-ADDR-SCHEME"),
        ("h:0", "JMC-ADDR-PORT-RANGE"),
        ("h:65536", "JMC-ADDR-PORT-RANGE"),
        ("h:99999999999999999999", "JMC-ADDR-PORT-RANGE"),
        ("h:", "JMC-ADDR-PORT"),
        ("h:-1", "JMC-ADDR-PORT"),
        ("h:+5439", "JMC-ADDR-PORT"),
        ("h:0x1f", "JMC-ADDR-PORT"),
        ("h:5439:5439", "JMC-ADDR-PORT"),
        ("h:５４３９", "JMC-ADDR-FULL-WIDTH"),
        ("h：5439", "JMC-ADDR-FULL-WIDTH"),
        ("ｃｓａ－ｄｗｈ", "JMC-ADDR-FULL-WIDTH"),
        ("h。example。com", "JMC-ADDR-FULL-WIDTH"),
        ("h host", "JMC-ADDR-HOST"),
        ("倉庫.example.com", "JMC-ADDR-HOST"),
        ("a..b", "JMC-ADDR-HOST"),
        ("h..", "JMC-ADDR-HOST"),
        ("-h.example.com", "JMC-ADDR-HOST"),
        ("h$.example.com", "JMC-ADDR-HOST"),
        ("256.1.1.1", "JMC-ADDR-HOST"),
        ("1.2.3", "JMC-ADDR-HOST"),
        ("[::1", "JMC-ADDR-HOST"),
        ("[::1]x", "JMC-ADDR-HOST"),
        ("[h]:1", "JMC-ADDR-HOST"),
        (long.as_str(), "JMC-ADDR-HOST-LENGTH"),
        (label.as_str(), "JMC-ADDR-HOST"),
        ("postgres://h/%ff", "JMC-ADDR-ENCODING"),
        ("postgres://h/a%00b", "JMC-CONN-NAME-CONTROL"),
        ("postgres://h/%20", "JMC-CONN-NAME-EMPTY"),
    ];
    for (text, expected) in rows {
        assert_eq!(code(Address::parse(text)), expected, "{text}");
    }
}

#[test]
fn a_password_in_an_address_is_refused_and_not_repeated() {
    const CANARY: &str = "hunter2-canary";
    for text in [
        format!("postgres://jmc:{CANARY}@h:5439/dev"),
        format!("jmc:{CANARY}@h"),
        format!("postgres://jmc:a/{CANARY}@h:5439/dev"),
        format!("postgres://jmc:a@{CANARY}@h:5439/dev"),
        format!("postgres://jmc:a?{CANARY}#b@h:5439/dev"),
        format!("https://jmc:{CANARY}@h"),
        format!("postgres://:{CANARY}@h"),
        format!("jdbc:redshift://h:5439/dev?user=jmc&password={CANARY}"),
        format!("jdbc:redshift://h:5439/dev;UID=jmc;PWD={CANARY}"),
        format!("jdbc:redshift:iam://h:5439/dev?AccessKeyID=a&SecretAccessKey={CANARY}"),
        format!("jdbc:redshift:iam://h:5439/dev?SessionToken={CANARY}"),
    ] {
        let error = Address::parse(&text).expect_err("an error");
        assert_eq!(error.code(), Some("JMC-ADDR-PASSWORD"), "{text}");
        for lang in [Lang::En, Lang::Ja] {
            assert!(!error.get(lang).contains(CANARY), "{text}");
        }
    }
}

#[test]
fn the_parts_have_their_own_rules() {
    assert_eq!(parse_port(" 5439 "), Ok(5439));
    assert_eq!(code(parse_port("")), "JMC-ADDR-PORT");
    assert_eq!(code(parse_port("５４３９")), "JMC-ADDR-FULL-WIDTH");
    assert_eq!(code(parse_port("54\u{7}39")), "JMC-ADDR-CONTROL");
    assert_eq!(parse_host("H.Example.COM."), Ok("h.example.com".to_owned()));
    assert_eq!(parse_database(" dev "), Ok("dev".to_owned()));
    assert_eq!(code(parse_database("")), "JMC-CONN-NAME-EMPTY");
    assert_eq!(code(parse_user("a\tb")), "JMC-CONN-NAME-CONTROL");
    assert_eq!(code(parse_user(&"u".repeat(300))), "JMC-CONN-NAME-LENGTH");
    assert_eq!(code(parse_user(&"あ".repeat(43))), "JMC-CONN-NAME-LENGTH");
    assert_eq!(parse_user(&"u".repeat(127)).map(|user| user.len()), Ok(127));
    let text = parse_user("").expect_err("an error");
    assert_eq!(text.get(Lang::Ja), "ユーザー名が空です。");
    assert_eq!(text.get(Lang::En), "The user is empty.");
}

#[test]
fn the_address_to_dial_instead_needs_a_port() {
    let dial = |value: Option<&str>| {
        let value = value.map(str::to_owned);
        dial_override(&move |name| {
            assert_eq!(name, "JMC_SITE_REDSHIFT_DIAL");
            value.clone()
        })
    };
    assert_eq!(dial(None), Ok(None));
    assert_eq!(dial(Some("")), Ok(None));
    assert_eq!(
        dial(Some("127.0.0.1:15439")),
        Ok(Some(("127.0.0.1".to_owned(), 15439)))
    );
    assert_eq!(dial(Some("[::1]:1")), Ok(Some(("::1".to_owned(), 1))));
    for wrong in ["127.0.0.1", "127.0.0.1:x", ":1", "h:1/dev", "u@h:1"] {
        assert_eq!(code(dial(Some(wrong))), "JMC-CONN-DIAL", "{wrong}");
    }
}

#[test]
fn a_name_tells_what_the_warehouse_is() {
    let provisioned = |cluster: &str, region: &str| Endpoint::Provisioned {
        cluster: cluster.to_owned(),
        region: region.to_owned(),
    };
    let serverless = |workgroup: &str, region: &str| Endpoint::Serverless {
        workgroup: workgroup.to_owned(),
        account: "123456789012".to_owned(),
        region: region.to_owned(),
    };
    let rows = [
        (CLUSTER, provisioned("csa-dwh", "ap-northeast-1"), "aws"),
        (
            "CSA-DWH.C9X1ABCD.ap-northeast-1.redshift.amazonaws.com.",
            provisioned("csa-dwh", "ap-northeast-1"),
            "aws",
        ),
        (
            "c.abc123.us-gov-west-1.redshift.amazonaws.com",
            provisioned("c", "us-gov-west-1"),
            "aws-us-gov",
        ),
        (
            "c.abc123.cn-north-1.redshift.amazonaws.com.cn",
            provisioned("c", "cn-north-1"),
            "aws-cn",
        ),
        (
            "c.abc123.eusc-de-east-1.redshift.amazonaws.eu",
            provisioned("c", "eusc-de-east-1"),
            "aws-eusc",
        ),
        (
            "c.abc123.us-iso-east-1.redshift.c2s.ic.gov",
            provisioned("c", "us-iso-east-1"),
            "aws-iso",
        ),
        (
            "c.abc123.us-isob-east-1.redshift.sc2s.sgov.gov",
            provisioned("c", "us-isob-east-1"),
            "aws-iso-b",
        ),
        (
            "c.abc123.eu-isoe-west-1.redshift.cloud.adc-e.uk",
            provisioned("c", "eu-isoe-west-1"),
            "aws-iso-e",
        ),
        (
            "c.abc123.us-isof-south-1.redshift.csp.hci.ic.gov",
            provisioned("c", "us-isof-south-1"),
            "aws-iso-f",
        ),
        (
            "csa-dwh-endpoint-0a1b2c3d.c9x1abcd.ap-northeast-1.redshift.amazonaws.com",
            Endpoint::ProvisionedVpcEndpoint {
                region: "ap-northeast-1".to_owned(),
            },
            "aws",
        ),
        (
            "csa-wg.123456789012.ap-northeast-3.redshift-serverless.amazonaws.com",
            serverless("csa-wg", "ap-northeast-3"),
            "aws",
        ),
        (
            "csa-wg.123456789012.cn-northwest-1.redshift-serverless.amazonaws.com.cn",
            serverless("csa-wg", "cn-northwest-1"),
            "aws-cn",
        ),
        (
            "csa-wg-endpoint-0a1b2c.123456789012.us-east-1.redshift-serverless.amazonaws.com",
            Endpoint::ServerlessVpcEndpoint {
                account: "123456789012".to_owned(),
                region: "us-east-1".to_owned(),
            },
            "aws",
        ),
        (
            "vpce-0a1b-2c3d.vpce-svc-0123abcd.us-east-1.vpce.amazonaws.com",
            Endpoint::PrivateLink {
                region: "us-east-1".to_owned(),
            },
            "aws",
        ),
    ];
    for (host, expected, partition) in rows {
        let endpoint = Endpoint::classify(host);
        assert_eq!(endpoint, expected, "{host}");
        assert_eq!(endpoint.partition(), Some(partition), "{host}");
        assert_eq!(
            endpoint.region().map(partition_of),
            Some(partition),
            "{host}"
        );
    }
}

#[test]
fn anything_else_is_custom_and_never_guessed() {
    for host in [
        "",
        ".",
        "localhost",
        "10.0.12.34",
        "::1",
        "dwh.example.co.jp",
        "amazonaws.com",
        "redshift.amazonaws.com",
        "x.redshift.amazonaws.com.evil.org",
        "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com.evil.org",
        "csa-dwh.c9x1abcd.ap-northeast-1.redshift.evilamazonaws.com",
        "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com..",
        "a.csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com",
        "c9x1abcd.ap-northeast-1.redshift.amazonaws.com",
        ".c9x1abcd.ap-northeast-1.redshift.amazonaws.com",
        "csa-dwh..ap-northeast-1.redshift.amazonaws.com",
        // A region of another partition than the domain's.
        "csa-dwh.c9x1abcd.cn-north-1.redshift.amazonaws.com",
        "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com.cn",
        "csa-dwh.c9x1abcd.us-gov-west-1.redshift.amazonaws.eu",
        // No region at all.
        "csa-dwh.c9x1abcd.tokyo.redshift.amazonaws.com",
        "csa-dwh.c9x1abcd.ap-1.redshift.amazonaws.com",
        "csa-dwh.c9x1abcd.1-2-3.redshift.amazonaws.com",
        "csa-wg.12345678901.ap-northeast-1.redshift-serverless.amazonaws.com",
        "csa-wg.1234567890123.ap-northeast-1.redshift-serverless.amazonaws.com",
        "csa-wg.12345678901x.ap-northeast-1.redshift-serverless.amazonaws.com",
        "csa-dwh.c9x1abcd.ap-northeast-1.rds.amazonaws.com",
        "vpce-1.svc-1.us-east-1.vpce.amazonaws.com",
    ] {
        let endpoint = Endpoint::classify(host);
        assert_eq!(endpoint, Endpoint::Custom, "{host}");
        assert_eq!(endpoint.region(), None);
        assert_eq!(endpoint.partition(), None);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in any::<String>()) {
        crate::fuzz::address(text.as_bytes());
    }

    #[test]
    fn any_text_of_the_characters_of_addresses_is_too(
        text in "(jdbc:redshift://|postgres://)?[a-z0-9:@/?.%;=&#\\[\\]-]{0,40}"
    ) {
        crate::fuzz::address(text.as_bytes());
    }

    #[test]
    fn what_was_read_is_written_and_read_again_as_the_same(
        host in "[a-z][a-z0-9-]{0,10}[a-z0-9](\\.[a-z]{2,8}){0,4}",
        port in proptest::option::of(1_u16..),
        database in proptest::option::of("[a-z_][a-z0-9_]{0,20}"),
        user in proptest::option::of("[a-z_][a-z0-9_]{0,20}"),
    ) {
        let mut text = String::from("postgresql://");
        if let Some(user) = &user { text.push_str(&format!("{user}@")); }
        text.push_str(&host);
        if let Some(port) = port { text.push_str(&format!(":{port}")); }
        if let Some(database) = &database { text.push_str(&format!("/{database}")); }
        prop_assert_eq!(Address::parse(&text), Ok(Address { host, port, database, user }));
    }

    #[test]
    fn a_region_is_only_believed_at_the_very_end(
        prefix in "[a-z0-9.-]{0,30}",
        suffix in "\\.[a-z]{1,10}",
    ) {
        let host = format!("{prefix}csa.abc.ap-northeast-1.redshift.amazonaws.com{suffix}");
        if suffix != ".cn" {
            prop_assert_eq!(Endpoint::classify(&host), Endpoint::Custom);
        }
    }
}
