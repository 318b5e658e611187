//! Owns interruption: what Ctrl-C, SIGTERM and SIGHUP mean at each stage of a run. It
//! prints nothing itself; what is to be said goes to the callback.
//!
//! While asking, the first Ctrl-C ends the run. While changes are being made it
//! only asks the executor to stop after the calls under way, and the second one
//! ends the run. Either way the terminal is as it was before, and the exit code
//! is 130.
//!
//! SIGHUP, with which a lost connection ends, is a first Ctrl-C and never a second one:
//! the kernel and the shell each send it. A run under `nohup` does not listen to it.

use crate::error::{Error, Exit};
use crate::messages::{self, Text};
use crate::site::file;
use crate::terminal;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The longest that the last sentence may hold up the exit, for example on a
/// terminal that was stopped with Ctrl-S.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The longest wait for the thread that asks to come to rest. It does so at once
/// unless it waits for a key, and then it does not touch the terminal.
const COMES_TO_REST: Duration = Duration::from_millis(100);

/// How much later a signal must come to count as another one: console answers a
/// SIGTERM in the middle of a question by raising SIGINT.
const ANOTHER: Duration = Duration::from_millis(300);

/// What is to be said to the person.
#[derive(Clone, Debug)]
pub enum Say {
    /// A remark; the run goes on.
    Note(Text),
    /// The run ends with this error as soon as it has been printed.
    End(Error),
}

/// Prints what there is to say.
pub type Voice = Box<dyn Fn(Say) + Send + Sync>;

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was changed yet.
    Asking,
    /// Changes are being made, or read back.
    Applying,
}

// Signals, panics and the terminal belong to the process, and so do these.
static STAGE: AtomicU8 = AtomicU8::new(Stage::Asking as u8);
static ENDING: AtomicBool = AtomicBool::new(false);
static AT_REST: AtomicBool = AtomicBool::new(false);
static RESUME: Mutex<String> = Mutex::new(String::new());

fn stage() -> Stage {
    match STAGE.load(Ordering::SeqCst) {
        0 => Stage::Asking,
        _ => Stage::Applying,
    }
}

/// Claims the end of the run: whoever gets `true` prints the error and exits.
fn claim() -> bool {
    !ENDING.swap(true, Ordering::SeqCst)
}

/// Returns whether the run is ending, so that a question should not go on.
#[cfg(unix)]
pub(crate) fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst)
}

/// Listens for signals from its installation to the end of the process.
#[derive(Debug)]
pub struct Signals {
    cancel: watch::Sender<bool>,
}

impl Signals {
    /// Saves the terminal's state, and from now on handles signals and panics.
    ///
    /// The runtime needs a worker thread besides the one that asks. The process
    /// should install this once, before the first question.
    ///
    /// # Errors
    ///
    /// Fails when the system refuses the handlers.
    pub fn install(runtime: &tokio::runtime::Handle, voice: Voice) -> std::io::Result<Self> {
        terminal::save();
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            terminal::restore();
            previous(panic);
        }));

        let (cancel, _) = watch::channel(false);
        let voice: Arc<dyn Fn(Say) + Send + Sync> = Arc::from(voice);
        let mut interrupts = {
            let _inside = runtime.enter();
            Interrupts::listen()?
        };
        let sender = cancel.clone();
        runtime.spawn(async move {
            let mut lost: Option<Instant> = None;
            while let Some(signal) = interrupts.next().await {
                let applying = stage() == Stage::Applying;
                if applying && !sender.send_replace(true) {
                    say(&voice, Say::Note(messages::prompt::finishing_calls()));
                } else if applying && signal == Interrupt::Hangup {
                    // The calls under way are being finished already.
                } else if claim() || lost.is_some_and(|at| at.elapsed() > ANOTHER) {
                    end(&voice);
                } else {
                    // The thread that asked is about to end the run, unless it
                    // is held up: then the next signal does.
                    lost.get_or_insert_with(Instant::now);
                }
            }
        });
        STAGE.store(Stage::Asking as u8, Ordering::SeqCst);
        Ok(Self { cancel })
    }

    /// Declares that questions are asked and nothing was changed yet.
    pub fn asking(&self) {
        STAGE.store(Stage::Asking as u8, Ordering::SeqCst);
    }

    /// Declares that changes are made from now on, and returns what tells to stop.
    ///
    /// Who ends the run by force is told to go on with the command `resume`.
    pub fn applying(&self, resume: String) -> Cancel {
        *RESUME.lock().unwrap_or_else(PoisonError::into_inner) = resume;
        STAGE.store(Stage::Applying as u8, Ordering::SeqCst);
        Cancel(self.cancel.subscribe())
    }
}

/// Tells the executor that no further call should be started.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Receiver<bool>);

impl Cancel {
    /// Makes one that is set by hand, for tests; it can no longer be set when
    /// the sender is gone.
    pub fn by_hand() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Makes one that is never set.
    pub fn never() -> Self {
        Self::by_hand().1
    }

    /// Returns whether the person asked to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the person asks to stop.
    pub async fn cancelled(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Returns the error with which an interrupted run ends: exit code 130, and a
/// hint that says how much was changed.
pub fn interruption() -> Error {
    Error::new(messages::error::interrupted())
        .exit(Exit::Interrupted)
        .hint(match stage() {
            Stage::Asking => messages::prompt::nothing_was_changed(),
            Stage::Applying => {
                let resume = RESUME.lock().unwrap_or_else(PoisonError::into_inner);
                messages::prompt::some_changes_may_be_made(resume.as_str())
            }
        })
}

/// Ends a question that was interrupted: restores the terminal and returns the
/// error, which the caller must print.
///
/// The handler may be at the same point on its own thread. Whoever comes first
/// prints; if it was the handler, this does not return, as the process exits.
pub(crate) fn interrupted_question() -> Error {
    terminal::restore();
    if claim() {
        return interruption();
    }
    AT_REST.store(true, Ordering::SeqCst);
    loop {
        std::thread::park();
    }
}

/// Speaks on a thread of its own, because a stopped terminal blocks the writer.
fn say(voice: &Arc<dyn Fn(Say) + Send + Sync>, what: Say) -> mpsc::Receiver<()> {
    let (done, wait) = mpsc::channel();
    let voice = Arc::clone(voice);
    std::thread::spawn(move || {
        if let Say::End(_) = what {
            terminal::show_cursor();
            new_line();
        }
        voice(what);
        let _ = done.send(());
    });
    wait
}

/// Leaves the line on which a question may stand.
fn new_line() {
    let term = console::Term::stderr();
    if term.is_term() {
        let _ = term.write_line("");
    }
}

fn end(voice: &Arc<dyn Fn(Say) + Send + Sync>) -> ! {
    terminal::restore_modes();
    let _ = say(voice, Say::End(interruption())).recv_timeout(LAST_WORDS);
    // The thread that asks sets the modes of its question again with every key.
    let start = Instant::now();
    while terminal::is_asking()
        && !AT_REST.load(Ordering::SeqCst)
        && start.elapsed() < COMES_TO_REST
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    terminal::restore_modes();
    // A file that is half written would stay behind.
    let _rest = file::come_to_rest(LAST_WORDS);
    std::process::exit(i32::from(Exit::Interrupted as u8))
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interrupt {
    /// Somebody wants the run to end.
    Stop,
    /// The terminal or the connection went away.
    Hangup,
}

#[cfg(unix)]
struct Interrupts {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Interrupts {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // A file that grows beyond the limit of `ulimit -f` must fail to be written, which is
        // told, and not kill the run in silence. A handler stays for good once it is there.
        let too_large = rustix::process::Signal::XFSZ.as_raw();
        drop(signal(SignalKind::from_raw(too_large))?);
        let hangup = SignalKind::hangup();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: match is_ignored(hangup.as_raw_value()) {
                true => None,
                false => Some(signal(hangup)?),
            },
        })
    }

    async fn next(&mut self) -> Option<Interrupt> {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let (came, what) = tokio::select! {
            came = self.interrupt.recv() => (came, Interrupt::Stop),
            came = self.terminate.recv() => (came, Interrupt::Stop),
            came = hangup => (came, Interrupt::Hangup),
        };
        came.map(|()| what)
    }
}

/// Says whether the process was started with a signal ignored, where the system tells
/// (Linux: <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>, `SigIgn`).
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(signal - 1).ok();
    mask.zip(bit)
        .is_some_and(|(mask, bit)| mask.checked_shr(bit).unwrap_or(0) & 1 == 1)
}

#[cfg(windows)]
struct Interrupts {
    interrupt: tokio::signal::windows::CtrlC,
    close: tokio::signal::windows::CtrlClose,
}

#[cfg(windows)]
impl Interrupts {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
            close: tokio::signal::windows::ctrl_close()?,
        })
    }

    async fn next(&mut self) -> Option<Interrupt> {
        let (came, what) = tokio::select! {
            came = self.interrupt.recv() => (came, Interrupt::Stop),
            came = self.close.recv() => (came, Interrupt::Hangup),
        };
        came.map(|()| what)
    }
}
