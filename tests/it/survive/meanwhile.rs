//! Somebody else makes a thing of the same name after we have looked: it is not taken for what an
//! attempt of ours has made whose answer got lost.

use super::scene::{Scene, run, scenes};
use crate::grow_check::SITE_ROLE;
use crate::sandbox::seed::add_role;
use crate::sandbox::state::State;
use crate::sandbox::{Fault, Rule, Service};
use crate::support::World;
use std::collections::BTreeMap;

/// The first of the managed policies that hold a site's grants.
const MANAGED: &str = "jmc-sales-redshift-s3-policy";

/// Hides what has a name until the command has tried to make it.
fn hide(world: &World, scene: &Scene, name: &str, create: &str) {
    let made = |call: &super::scene::Address| call.operation == create && call.resource == name;
    let end = scene.calls.iter().position(made).expect("it is made");
    let mut reads = BTreeMap::new();
    for call in &scene.calls[..end] {
        if call.service == Service::Iam && call.resource.ends_with(name) {
            let key = (call.operation.clone(), call.resource.clone());
            *reads.entry(key).or_insert(0) += 1;
        }
    }
    assert!(!reads.is_empty(), "nobody has looked for {name}");
    for ((operation, resource), times) in reads {
        let missing = Fault::Refused(404, "NoSuchEntity");
        let rule = Rule::on(Service::Iam, &operation, missing);
        world.sandbox.fault(rule.resource(&resource).times(times));
    }
}

#[track_caller]
fn left_alone(title: &str, create: &str, name: &str, make: fn(&mut State)) {
    let mut all = scenes().iter();
    let scene = all.find(|scene| scene.title == title).expect("a scene");
    let world = World::jmc();
    scene.set(&world);
    world.sandbox.state(make);
    let theirs = || {
        let all = world.sandbox.snapshot();
        let of = |kind: &str| {
            let all = all[kind].as_object().expect("things").clone();
            let mut all = all.into_iter();
            all.find(|(arn, _)| arn.ends_with(&format!("/{name}")))
        };
        (of("roles"), of("policies"))
    };
    let before = theirs();
    hide(&world, scene, name, create);
    let ended = run(&world, &scene.arguments);
    ended
        .exits(1)
        .says("EntityAlreadyExists")
        .says("continue with: ");
    let tried = world.sandbox.writes();
    let tried = tried.iter().filter(|entry| entry.operation == create);
    assert!(tried.into_iter().any(|entry| entry.status == Some(409)));
    assert_eq!(theirs(), before);
}

#[test]
fn a_role_that_somebody_else_makes_meanwhile_is_left_alone() {
    left_alone("init", "CreateRole", SITE_ROLE, |state| {
        add_role(state, SITE_ROLE, &["ec2.amazonaws.com"]);
    });
}

#[test]
fn a_policy_that_somebody_else_makes_meanwhile_is_left_alone() {
    left_alone(
        "apply, to managed policies",
        "CreatePolicy",
        MANAGED,
        |state| {
            let mut theirs = state.policies[0].clone();
            MANAGED.clone_into(&mut theirs.name);
            theirs.arn = format!("arn:aws:iam::{}:policy/{MANAGED}", crate::sandbox::ACCOUNT);
            "/".clone_into(&mut theirs.path);
            state.policies.push(theirs);
        },
    );
}
