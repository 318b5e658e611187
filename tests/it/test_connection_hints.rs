//! What AWS adds to a connection test that fails, in the command and in the wizard, and when it
//! is not asked.

use crate::sandbox::Service;
use crate::support::{WRONG_PASSWORD, World};
#[cfg(target_os = "linux")]
use crate::test_connection_failures::Silence;
use crate::test_connection_failures::closed_port;
use crate::warehouse::PASSWORD;
use std::time::{Duration, Instant};

/// Returns the hints of a run that reaches AWS and not the warehouse.
fn hints(world: &World, address: &str) -> String {
    let run = |ja: bool| {
        let timeout = ["--connect-timeout", "1"];
        let program = world
            .connection(&timeout)
            .env("JMC_REDSHIFT_PASSWORD", PASSWORD)
            .env("JMC_SITE_REDSHIFT_DIAL", address);
        let program = if ja { program.ja() } else { program };
        program.end().exits(1).err.clone()
    };
    run(false) + &run(true)
}

#[test]
fn aws_says_what_it_knows_of_a_warehouse_that_is_not_reached() {
    let world = World::jmc();
    #[cfg(target_os = "linux")]
    {
        let silence = Silence::new();
        let said = hints(&world, &silence.address);
        for words in [
            "hint: AWS says: VPC vpc-0a1b2c3d4e5f60718; security groups sg-0123456789abcdef0; not \
             publicly accessible.",
            "対処: AWS上の設定: VPC vpc-0a1b2c3d4e5f60718、",
        ] {
            assert!(said.contains(words), "{said}");
        }
    }
    let port = closed_port();
    world.sandbox.state(|s| {
        let cluster = s.cluster("csa-dwh").expect("it is seeded");
        "paused".clone_into(&mut cluster.status);
    });
    let said = hints(&world, &port);
    assert!(said.contains("`csa-dwh` is paused"), "{said}");
    assert!(said.contains("`csa-dwh` は一時停止中です"), "{said}");
    world.sandbox.state(|s| s.clusters.clear());
    let said = hints(&world, "no-such-cluster.invalid:5439");
    assert!(said.contains("AWS knows no `csa-dwh`"), "{said}");
    assert!(said.contains("`csa-dwh` は存在しません"), "{said}");

    // Who may not look, hears the plain hints and no second failure.
    let nothing = r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
    world.sandbox.enforce(nothing);
    let said = hints(&world, &port);
    assert!(said.contains("JMC-CONN-REFUSED"), "{said}");
    assert!(
        !said.contains("AWS says") && !said.contains("AWS knows"),
        "{said}"
    );
    assert!(!said.contains("JMC-AWS"), "{said}");

    // A wrong password is not AWS's business.
    world.sandbox.clear_journal();
    let wrong = world
        .connection(&[])
        .env("JMC_REDSHIFT_PASSWORD", WRONG_PASSWORD)
        .end();
    wrong.exits(1).says("JMC-CONN-PASSWORD");
    assert_eq!(world.sandbox.journal().len(), 0);
}

#[test]
fn the_wizard_says_what_aws_knows_too() {
    let world = World::jmc();
    let ended = world
        .init(&["--yes"])
        .env("JMC_SITE_REDSHIFT_DIAL", &closed_port())
        .end();
    ended
        .exits(1)
        .says("JMC-CONN-REFUSED")
        .says("AWS says: VPC vpc-0a1b2c3d4e5f60718");
    world.assert_untouched();
}

#[test]
fn a_hint_is_not_waited_for() {
    let world = World::jmc();
    world
        .sandbox
        .latency(Service::Redshift, Duration::from_secs(30));
    let start = Instant::now();
    let said = hints(&world, &closed_port());
    assert!(said.contains("JMC-CONN-REFUSED"), "{said}");
    // Two runs, and for each no more than AWS gets to shed light on it.
    assert!(start.elapsed() < Duration::from_secs(12));
}
