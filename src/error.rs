//! Owns what a failure is: a catalogued sentence with a stable code, its causes,
//! what to do next, and the exit code. It prints nothing; `ui` does.

use crate::messages::{Lang, Text};
use serde_json::{Value, json};

/// How the program ends. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to change.
    Done = 0,
    /// Failed, also in part, or refused by a blocker.
    Failed = 1,
    /// Wrong usage, also missing answers.
    Usage = 2,
    /// `plan` or `check` found differences.
    Differences = 3,
    /// Interrupted by Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failure that a person can act on.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    exit: Exit,
    text: Text,
    causes: Vec<String>,
    hints: Vec<Text>,
}

/// The result of anything that can fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Makes a failure (exit code 1) of a catalogued sentence that has a code.
    pub fn new(text: Text) -> Self {
        debug_assert!(text.code().is_some(), "{} has no code", text.key());
        Self(Box::new(Inner {
            exit: Exit::Failed,
            text,
            causes: Vec::new(),
            hints: Vec::new(),
        }))
    }

    /// Makes a usage error (exit code 2).
    pub fn usage(text: Text) -> Self {
        Self::new(text).exit(Exit::Usage)
    }

    /// Sets the exit code.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.0.exit = exit;
        self
    }

    /// Adds what was underneath, outermost first. Causes are technical and not translated.
    #[must_use]
    pub fn cause(mut self, cause: impl std::fmt::Display) -> Self {
        let cause = cause.to_string();
        if !cause.is_empty() && self.0.causes.last() != Some(&cause) {
            self.0.causes.push(cause);
        }
        self
    }

    /// Adds an error and everything below it as causes.
    #[must_use]
    pub fn source(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self = self.cause(error);
            next = error.source();
        }
        self
    }

    /// Adds what the operator can do next.
    #[must_use]
    pub fn hint(mut self, hint: Text) -> Self {
        self.0.hints.push(hint);
        self
    }

    /// Returns the stable code, such as `JMC-S3-REGION`.
    pub fn code(&self) -> &'static str {
        self.0.text.code().unwrap_or("JMC-INTERNAL")
    }

    /// Returns how the program should end.
    pub fn exit_code(&self) -> Exit {
        self.0.exit
    }

    /// Returns the sentence.
    pub fn text(&self) -> &Text {
        &self.0.text
    }

    /// Returns the causes, outermost first.
    pub fn causes(&self) -> &[String] {
        &self.0.causes
    }

    /// Returns what can be done next.
    pub fn hints(&self) -> &[Text] {
        &self.0.hints
    }

    /// Returns the error as it stands in JSON output; always English.
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code(),
            "message": self.0.text.get(Lang::En),
            "causes": self.0.causes,
            "hints": self.0.hints.iter().map(|hint| hint.get(Lang::En)).collect::<Vec<_>>(),
        })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code(), self.0.text.get(Lang::En))
    }
}

impl std::error::Error for Error {}
