//! Many rounds on a few threads, each of which has a world of its own, with an end to every round.

use crate::support::World;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// More than there are cores: rounds with processes wait for them.
const THREADS: usize = 4;

/// How long no round may end before that counts as a hang. Each takes far less than a second.
const HANG: Duration = Duration::from_secs(120);

/// After so many failures the rest would say the same.
const ENOUGH: usize = 12;

/// Two sets of rounds at once would only be in each other's way.
static ONE_SET: Mutex<()> = Mutex::new(());

/// Plays every round and fails with what the failed ones said; tells whoever runs the tests what was
/// done and how long it took.
///
/// A round that hangs can't be ended; its thread is left behind and the test fails.
#[track_caller]
#[expect(clippy::print_stdout, reason = "for whoever runs the tests")]
pub fn play<R: Display + Send + Sync + 'static>(what: &str, rounds: Vec<R>, play: fn(&World, &R)) {
    let _one_set = ONE_SET.lock().unwrap_or_else(PoisonError::into_inner);
    let began = Instant::now();
    let total = rounds.len();
    let rounds = Arc::new(rounds);
    let (next, under_way) = (Arc::default(), Arc::default());
    let (say, hear) = mpsc::channel();
    for thread in 0..THREADS {
        let (rounds, say) = (Arc::clone(&rounds), say.clone());
        let (next, under_way) = (Arc::clone(&next), Arc::clone(&under_way));
        thread::spawn(move || work(thread, &rounds, play, &next, &under_way, &say));
    }
    drop(say);
    let mut failures = Vec::new();
    for _ in 0..total {
        match hear.recv_timeout(HANG) {
            Ok(None) => {}
            Ok(Some(failure)) => failures.push(failure),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                failures.push(format!("no end: {:?}", all(&under_way)));
                break;
            }
        }
        if failures.len() >= ENOUGH {
            next.store(total, Ordering::SeqCst);
            break;
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {total} rounds failed:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    let seconds = began.elapsed().as_secs_f64();
    println!("{what}: {total} rounds, {seconds:.1} s");
}

type UnderWay = Mutex<[Option<String>; THREADS]>;

fn all(under_way: &UnderWay) -> Vec<String> {
    let names = under_way.lock().unwrap_or_else(PoisonError::into_inner);
    names.iter().flatten().cloned().collect()
}

fn work<R: Display>(
    thread: usize,
    rounds: &[R],
    play: fn(&World, &R),
    next: &AtomicUsize,
    under_way: &UnderWay,
    say: &mpsc::Sender<Option<String>>,
) {
    let name = |text: Option<String>| {
        under_way.lock().unwrap_or_else(PoisonError::into_inner)[thread] = text;
    };
    let world = World::jmc();
    while let Some(round) = rounds.get(next.fetch_add(1, Ordering::SeqCst)) {
        name(Some(round.to_string()));
        let played = catch_unwind(AssertUnwindSafe(|| play(&world, round)));
        let failure = played.err().map(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            format!("{round}: {}", text.unwrap_or_default())
        });
        if say.send(failure).is_err() {
            return;
        }
    }
    name(None);
}
