//! Owns values that must never be shown: it gives no way to print or save them.

use zeroize::Zeroizing;

/// Keeps the memory of this process out of core files, which a crash, or Ctrl-\ at the
/// question for a password, would leave on the disk.
pub fn leave_no_core() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limits = Rlimit {
            current: Some(0),
            ..getrlimit(Resource::Core)
        };
        // Lowering a limit is always allowed.
        let _ = setrlimit(Resource::Core, limits);
    }
}

/// A password or a token: no `Debug` of its content, no `Serialize`, zeroed on drop.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value into custody.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Lends the value to the code that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}
