//! How the work of `add-bucket` grows: not at all for IAM, and in proportion for S3.

use crate::grow_buckets::{ROLES, assert_unlocked, policy, sales};
use std::time::Instant;

/// What adding some buckets took.
struct Grown {
    buckets: usize,
    iam_writes: usize,
    iam_calls: usize,
    calls: usize,
    /// Calls on the buckets that were added.
    own_calls: usize,
    seconds: f64,
}

fn grow(buckets: usize) -> Grown {
    let world = sales();
    let names = (0..buckets).map(|n| format!("--bucket=data=grow-{n:03}"));
    let arguments = ["add-bucket", "--data-folder=in", "--yes"].map(str::to_owned);
    let began = Instant::now();
    let ended = world.program(arguments.into_iter().chain(names)).end();
    let seconds = began.elapsed().as_secs_f64();
    ended.exits(0);
    assert_unlocked(&world);
    for role in ROLES {
        let text = policy(&world, role);
        for n in 0..buckets {
            assert!(text.contains(&format!("\"arn:aws:s3:::grow-{n:03}/*\"")));
        }
    }
    let journal = world.sandbox.journal();
    let iam = journal.iter().filter(|entry| entry.service == "iam");
    Grown {
        buckets,
        iam_writes: iam.clone().filter(|entry| entry.write).count(),
        iam_calls: iam.count(),
        calls: journal.len(),
        own_calls: journal
            .iter()
            .filter(|entry| entry.resource.starts_with("grow-"))
            .count(),
        seconds,
    }
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the table is for whoever runs the tests"
)]
fn a_hundred_buckets_are_three_policy_writes() {
    let grown = [1, 10, 100].map(grow);
    println!("buckets  calls  IAM calls  IAM writes  calls per bucket  seconds");
    for one in &grown {
        println!(
            "{:>7}  {:>5}  {:>9}  {:>10}  {:>16}  {:>7.1}",
            one.buckets,
            one.calls,
            one.iam_calls,
            one.iam_writes,
            one.own_calls / one.buckets,
            one.seconds
        );
    }
    let [first, ..] = &grown;
    for one in &grown {
        assert_eq!(one.iam_writes, 3);
        assert_eq!(one.iam_calls, first.iam_calls);
        assert_eq!(one.own_calls, first.own_calls * one.buckets);
        // Whatever is not about one of the buckets does not grow at all.
        assert_eq!(one.calls - one.own_calls, first.calls - first.own_calls);
    }
}
