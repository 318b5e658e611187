//! Owns carrying a plan out: every step after those that it needs, independent
//! ones side by side. A failed step is reported, never thrown; no step is undone.

use super::error::Call;
use super::observe::Observer;
use super::write::Writer;
use super::{edit, warehouse};
use crate::error::{Error, Exit, Result};
use crate::plan::{Action, Plan};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How many steps may hold a place at a time. A step holds one to its end, but a new bucket only until
/// it is made: what it is given then makes no demand on anything that buckets share, so that the next
/// one can be made meanwhile. IAM has at most a few steps in any plan, one or two for each of three
/// roles; of S3, which may have hundreds, the requests are bounded too ([`Clients::s3_turn`]).
///
/// [`Clients::s3_turn`]: super::Clients::s3_turn
const PLACES: usize = 32;

/// How long something that was just made is waited for until AWS knows it everywhere.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>.
pub(super) const PROPAGATION: Duration = Duration::from_secs(40);

/// How a step ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It failed.
    Failed(Error),
    /// It was not begun.
    NotRun,
}

/// How every step of a plan ended, in the plan's order.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The outcomes.
    pub outcomes: Vec<Outcome>,
    /// How long each step took; zero where it was not begun.
    pub took: Vec<Duration>,
}

impl Report {
    /// Says whether every step is done.
    pub fn is_done(&self) -> bool {
        self.outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Done))
    }

    /// Returns the first failure.
    pub fn failure(&self) -> Option<&Error> {
        self.outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Failed(error) => Some(error),
            _ => None,
        })
    }
}

/// Hears of each step as it begins (no outcome) and ends.
pub type OnStep<'a> = &'a mut (dyn FnMut(usize, Option<(&Outcome, Duration)>) + Send);

/// Carries a plan out. After a failure, or when `cancelled` says so, the steps that
/// are under way are finished and no other is begun.
pub async fn apply(
    observer: &Observer<'_>,
    editor: &edit::Editor<'_>,
    partition: &str,
    plan: &Plan,
    cancelled: &(dyn Fn() -> bool + Sync),
    on_step: OnStep<'_>,
) -> Report {
    let mut report = Report {
        outcomes: vec![Outcome::NotRun; plan.steps.len()],
        took: vec![Duration::ZERO; plan.steps.len()],
    };
    let mut waiting: BTreeSet<usize> = (0..plan.steps.len()).collect();
    let mut done = BTreeSet::new();
    let mut running = FuturesUnordered::new();
    let mut places = PLACES;
    let mut stop = false;
    let run = |index: usize, part: Part, began: Instant| async move {
        let result = step(observer, editor, partition, &plan.steps[index].action, part).await;
        (index, part, began, result)
    };
    loop {
        stop = stop || cancelled();
        while !stop && places > 0 {
            let ready = waiting.iter().copied().find(|index| {
                plan.steps[*index]
                    .needs
                    .iter()
                    .all(|need| done.contains(need))
            });
            let Some(index) = ready else { break };
            waiting.remove(&index);
            on_step(index, None);
            places -= 1;
            running.push(run(index, Part::First, Instant::now()));
        }
        let Some((index, part, began, result)) = running.next().await else {
            break;
        };
        if part == Part::First {
            places += 1;
        }
        let outcome = match result {
            Ok(Next::Part(part)) => {
                // A bucket that is made is known to be ours, and more no other step waits for.
                done.insert(index);
                running.push(run(index, part, began));
                continue;
            }
            Ok(Next::End) => {
                done.insert(index);
                Outcome::Done
            }
            // It was still waiting for its turn when the person asked to stop.
            Err(error) if error.exit_code() == Exit::Interrupted => {
                stop = true;
                Outcome::NotRun
            }
            Err(error) => {
                stop = true;
                Outcome::Failed(error)
            }
        };
        let took = began.elapsed();
        on_step(index, Some((&outcome, took)));
        report.took[index] = took;
        report.outcomes[index] = outcome;
    }
    report
}

/// The parts of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The one that holds a place; for most steps there is no other.
    First,
    /// What a bucket is given once it is made.
    SetUp,
}

/// What follows on a part of a step.
enum Next {
    Part(Part),
    End,
}

async fn step(
    observer: &Observer<'_>,
    editor: &edit::Editor<'_>,
    partition: &str,
    action: &Action,
    part: Part,
) -> Result<Next> {
    let writer = Writer {
        observer,
        partition,
    };
    match action {
        Action::CreateBucket { bucket, region, .. } if part == Part::First => {
            writer.create_bucket(bucket.as_str(), region).await?;
            return Ok(Next::Part(Part::SetUp));
        }
        Action::CreateBucket {
            bucket,
            tags,
            folders,
            ..
        } => writer.set_up_bucket(bucket.as_str(), tags, folders).await,
        Action::CreateFolders { bucket, folders } => {
            writer.create_folders(bucket.as_str(), folders).await
        }
        Action::BlockPublicAccess { bucket } => writer.block_public_access(bucket.as_str()).await,
        Action::TagBucket { bucket, tags } => writer.tag_bucket(bucket.as_str(), tags).await,
        Action::CreateRole {
            role,
            trust,
            permissions_boundary,
            tags,
        } => {
            writer
                .create_role(role, trust, permissions_boundary.as_ref(), tags)
                .await
        }
        Action::EditPolicy(change) => edit::apply(observer, editor, partition, change).await,
        Action::AttachRole {
            warehouse,
            role,
            attached,
            ..
        } => warehouse::attach(observer, warehouse, role, *attached).await,
        Action::CreateTopic {
            topic,
            arn,
            display_name,
            tags,
            subscriptions,
            ..
        } => {
            let created = observer
                .clients
                .sns
                .create_topic()
                .name(topic.as_str())
                .send()
                .await;
            created.map_err(|error| {
                observer.failed(&Call::new("sns:CreateTopic", arn.clone()), &error)
            })?;
            observer.clients.seen.note(arn);
            let (named, subscribed) = futures_util::future::join(
                writer.update_topic(arn, Some(display_name), tags),
                writer.subscribe(arn, subscriptions),
            )
            .await;
            named.and(subscribed)
        }
        Action::UpdateTopic {
            arn,
            display_name,
            tags,
        } => writer.update_topic(arn, display_name.as_ref(), tags).await,
        Action::Subscribe { arn, subscriptions } => writer.subscribe(arn, subscriptions).await,
    }
    .map(|()| Next::End)
}

/// Repeats a call while it says that something is not known yet, until [`PROPAGATION`] has passed.
pub(super) async fn until_known<T, E, F: Future<Output = std::result::Result<T, E>>>(
    mut call: impl FnMut() -> F,
    not_yet: impl Fn(&E) -> bool,
) -> std::result::Result<T, E> {
    let deadline = Instant::now() + PROPAGATION;
    let mut pause = Duration::from_millis(250);
    loop {
        match call().await {
            Err(error) if not_yet(&error) && Instant::now() < deadline => {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(4));
            }
            result => return result,
        }
    }
}
