//! Owns the state of the person's terminal: it is saved once, and can be put
//! back from anywhere, at any time and more than once.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};

static MODES: AtomicUsize = AtomicUsize::new(0);

/// Returns whether questions can be asked at all.
///
/// dialoguer looks at stderr only and reads `/dev/tty` when stdin is piped, so
/// that is decided here, once, for the whole program.
pub fn can_ask(no_input: bool) -> bool {
    !no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Saves the state to which [`restore`] returns; only the first call counts.
pub fn save() {
    modes::save();
}

/// Puts the terminal back as it was saved, and shows the cursor.
pub fn restore() {
    restore_modes();
    show_cursor();
}

/// Puts back the modes (echo, line editing, signals) without writing anything.
pub(crate) fn restore_modes() {
    modes::restore();
}

/// Shows the cursor, where there is one that can have been hidden.
pub(crate) fn show_cursor() {
    if std::io::stderr().is_terminal() && !console::is_dumb() {
        // A terminal that has gone away needs no cursor.
        let _ = console::Term::stderr().show_cursor();
    }
}

/// Returns whether a question has the terminal in a mode of its own.
pub(crate) fn is_asking() -> bool {
    MODES.load(Ordering::SeqCst) > 0
}

/// Keeps the terminal in another mode until it is dropped.
#[must_use]
pub(crate) struct Mode(#[cfg(unix)] Option<rustix::termios::Termios>);

impl Mode {
    /// Turns off the echo and the kernel's line editing while a line is typed.
    ///
    /// console 0.16 does so for each key and turns them on again in between:
    /// of a pasted line, what arrives in those moments would be shown twice.
    pub(crate) fn typing() -> Self {
        MODES.fetch_add(1, Ordering::SeqCst);
        modes::typing()
    }

    /// Lets Ctrl-D pass as a character, while a secret is typed.
    ///
    /// dialoguer takes it as the end of the line: an answer, although the
    /// person gave up.
    pub(crate) fn secret() -> Self {
        MODES.fetch_add(1, Ordering::SeqCst);
        modes::secret()
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        modes::leave(self);
        MODES.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(unix)]
mod modes {
    use super::Mode;
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };
    use std::io::stdin;
    use std::sync::OnceLock;

    static SAVED: OnceLock<Option<Termios>> = OnceLock::new();

    pub(super) fn save() {
        SAVED.get_or_init(|| tcgetattr(stdin()).ok());
    }

    pub(super) fn restore() {
        if let Some(Some(modes)) = SAVED.get() {
            set(modes);
        }
    }

    pub(super) fn typing() -> Mode {
        change(|modes| {
            modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON;
            modes.special_codes[SpecialCodeIndex::VMIN] = 1;
            modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        })
    }

    pub(super) fn secret() -> Mode {
        // Zero disables a special character on Linux; the BSDs use 0xff.
        let disabled = if cfg!(target_os = "linux") { 0 } else { 0xff };
        change(|modes| modes.special_codes[SpecialCodeIndex::VEOF] = disabled)
    }

    pub(super) fn leave(mode: &Mode) {
        if let Some(modes) = &mode.0 {
            set(modes);
        }
    }

    fn change(edit: impl FnOnce(&mut Termios)) -> Mode {
        save();
        Mode(tcgetattr(stdin()).ok().inspect(|before| {
            let mut modes = before.clone();
            edit(&mut modes);
            set(&modes);
        }))
    }

    /// Sets modes at once: to wait for the output to drain would hang on a
    /// terminal that was stopped with Ctrl-S.
    fn set(modes: &Termios) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, modes);
    }
}

#[cfg(not(unix))]
mod modes {
    use super::Mode;

    pub(super) fn save() {}
    pub(super) fn restore() {}
    pub(super) fn typing() -> Mode {
        Mode()
    }
    pub(super) fn secret() -> Mode {
        Mode()
    }
    pub(super) fn leave(_: &Mode) {}
}
