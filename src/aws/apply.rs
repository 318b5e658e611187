//! Owns carrying a plan out: every step after those that it needs (but for the lock of an edit, which
//! is taken meanwhile), independent ones side by side. A failed step is reported, never thrown; no step
//! is undone.

use super::edit::{self, Editor};
use super::error::Call;
use super::lock::Lock;
use super::observe::Observer;
use super::warehouse::{self, Attached};
use super::write::Writer;
use crate::error::{Error, Exit, Result};
use crate::plan::order::Order;
use crate::plan::{Action, Plan};
use futures_util::future::join;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How many steps may hold a place at a time. A step holds one to its end, but an edit only until its
/// lock is taken, and a new bucket until it is made: what it is given then makes no demand on anything
/// that buckets share, so that the next one can be made meanwhile. IAM has at most a few steps in any
/// plan, one or two for each of three roles; of S3, which may have hundreds, the requests are bounded
/// too ([`Clients::s3_turn`]).
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
    /// AWS goes on with it; its end was not waited for.
    UnderWay,
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
    /// Why locks could not be given back, which end by themselves then.
    pub unreleased: Vec<Error>,
}

impl Report {
    /// Says whether every step is done, and every lock given back.
    pub fn is_done(&self) -> bool {
        let mut outcomes = self.outcomes.iter();
        outcomes.all(|outcome| matches!(outcome, Outcome::Done)) && self.unreleased.is_empty()
    }

    /// Returns what went wrong, the steps first.
    pub fn failures(&self) -> impl Iterator<Item = &Error> {
        let of_steps = self.outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Failed(error) => Some(error),
            _ => None,
        });
        of_steps.chain(&self.unreleased)
    }
}

/// Hears of each step as it ends.
pub type OnStep<'a> = &'a mut (dyn FnMut(usize, &Outcome, Duration) + Send);

/// Carries a plan out. After a failure, or when the person asks to stop, what is under way is
/// finished and nothing else is begun. After a plan that is done as a whole something else is done,
/// which does not wait for the last locks to be given back.
pub async fn apply<T>(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    partition: &str,
    plan: &Plan,
    on_step: OnStep<'_>,
    afterwards: impl AsyncFnOnce() -> T,
) -> (Report, Option<T>) {
    let mut report = Report {
        outcomes: vec![Outcome::NotRun; plan.steps.len()],
        took: vec![Duration::ZERO; plan.steps.len()],
        unreleased: Vec::new(),
    };
    // In a run that has failed nobody waits for somebody else's lock, either.
    let failed = AtomicBool::new(false);
    let asked = editor.cancelled;
    let stopping = || failed.load(Ordering::Relaxed) || asked();
    let editor = &Editor {
        cancelled: &stopping,
        ..*editor
    };
    let mut order: Order<'_, (Option<Lock>, Instant)> = Order::of(plan);
    let mut running = FuturesUnordered::new();
    let mut releasing = FuturesUnordered::new();
    let mut places = PLACES;
    let run = |index: usize, part: Part, began: Instant| async move {
        let has_place = matches!(part, Part::First);
        let action = &plan.steps[index].action;
        let ended = step(observer, editor, asked, partition, action, part).await;
        (index, has_place, began, ended)
    };
    let release = |edited: Option<usize>, lock: Option<Lock>| async move {
        (edited, edit::release(observer, lock).await)
    };
    loop {
        while !stopping()
            && places > 0
            && let Some(index) = order.begin()
        {
            places -= 1;
            running.push(run(index, Part::First, Instant::now()));
        }
        if stopping() {
            for (_, (lock, _)) in order.given_up() {
                releasing.push(release(None, lock));
            }
        } else {
            for (index, (lock, began)) in order.continued() {
                running.push(run(index, Part::Edit(lock), began));
            }
        }
        // The last locks are given back while something else is done.
        if running.is_empty() && (stopping() || order.is_all_begun()) {
            break;
        }
        let (index, has_place, began, ended) = tokio::select! {
            biased;
            Some(next) = running.next() => next,
            Some((edited, released)) = releasing.next() => {
                // Another edit of the same role would take this lock for its own until now.
                if let Some(index) = edited {
                    order.done(index);
                }
                failed.fetch_or(released.is_err(), Ordering::Relaxed);
                report.unreleased.extend(released.err());
                continue;
            }
            else => break,
        };
        if has_place {
            places += 1;
        }
        let outcome = match ended {
            Ok(Follows::SetUp) => {
                // A bucket that is made is known to be ours, and more no other step waits for.
                order.done(index);
                running.push(run(index, Part::SetUp, began));
                continue;
            }
            Ok(Follows::Edit(lock)) => {
                order.hold(index, (lock, began));
                continue;
            }
            Ok(Follows::End(None)) => {
                order.done(index);
                Outcome::Done
            }
            Ok(Follows::End(lock)) => {
                releasing.push(release(Some(index), lock));
                Outcome::Done
            }
            Ok(Follows::UnderWay) => {
                report.outcomes[index] = Outcome::UnderWay;
                report.took[index] = began.elapsed();
                continue;
            }
            // It was still waiting for its turn when the run was to stop.
            Err(error) if error.exit_code() == Exit::Interrupted => continue,
            Err(error) => {
                failed.store(true, Ordering::Relaxed);
                Outcome::Failed(error)
            }
        };
        let took = began.elapsed();
        on_step(index, &outcome, took);
        report.took[index] = took;
        report.outcomes[index] = outcome;
    }
    let is_done = report.is_done();
    let afterwards = async {
        match is_done {
            true => Some(afterwards().await),
            false => None,
        }
    };
    let released = async {
        while let Some((_, released)) = releasing.next().await {
            report.unreleased.extend(released.err());
        }
    };
    let (after, ()) = join(afterwards, released).await;
    (report, after)
}

/// The parts of a step.
#[derive(Debug)]
enum Part {
    /// The one that holds a place; for most steps there is no other.
    First,
    /// What a bucket is given once it is made.
    SetUp,
    /// The edit of a policy whose role is locked, where roles are.
    Edit(Option<Lock>),
}

/// What follows on a part of a step.
enum Follows {
    /// A bucket is given what belongs to it.
    SetUp,
    /// A policy is edited, as soon as what the edit waits for is done.
    Edit(Option<Lock>),
    /// AWS finishes the step, which nobody waits for.
    UnderWay,
    /// The step is done, and its lock can be given back.
    End(Option<Lock>),
}

async fn step(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    asked: &(dyn Fn() -> bool + Sync),
    partition: &str,
    action: &Action,
    part: Part,
) -> Result<Follows> {
    let writer = Writer {
        observer,
        partition,
    };
    match action {
        Action::CreateBucket { bucket, region, .. } if matches!(part, Part::First) => {
            writer.create_bucket(bucket.as_str(), region).await?;
            return Ok(Follows::SetUp);
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
        Action::EditPolicy(change) => {
            return match part {
                Part::Edit(lock) => edit::apply(observer, editor, partition, change, lock)
                    .await
                    .map(Follows::End),
                _ => edit::lock(observer, editor, &change.role.name)
                    .await
                    .map(Follows::Edit),
            };
        }
        Action::AttachRole {
            warehouse,
            role,
            attached,
            ..
        } => {
            return match warehouse::attach(observer, warehouse, role, *attached, asked).await? {
                Attached::InSync => Ok(Follows::End(None)),
                Attached::UnderWay => Ok(Follows::UnderWay),
            };
        }
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
    .map(|()| Follows::End(None))
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
