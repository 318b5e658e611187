//! Eventual consistency: a value whose last change the next reads do not see yet.

/// A value and, for some reads more, what was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lagging<T> {
    now: T,
    before: Option<T>,
    blind_reads: u32,
}

impl<T> Lagging<T> {
    /// Returns a value that every read sees.
    pub fn settled(now: T) -> Self {
        Self {
            now,
            before: None,
            blind_reads: 0,
        }
    }

    /// Returns a new value that the next reads miss altogether.
    pub fn created(now: T, blind_reads: u32) -> Self {
        Self {
            now,
            before: None,
            blind_reads,
        }
    }

    /// Returns the value after a change, of which the next reads still see the old one.
    pub fn changed(self, now: T, blind_reads: u32) -> Self {
        Self {
            now,
            before: Some(self.now),
            blind_reads,
        }
    }

    /// Reads as a client does: counts, and may see what was there before.
    pub fn read(&mut self) -> Option<&T> {
        if self.blind_reads == 0 {
            return Some(&self.now);
        }
        self.blind_reads -= 1;
        self.before.as_ref()
    }

    /// Returns what was written last, whatever clients see.
    pub fn now(&self) -> &T {
        &self.now
    }
}
