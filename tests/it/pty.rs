//! A terminal for tests: a program runs in it, the test is the person, and the
//! terminal's modes are compared before and after.

use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};
use std::process::Command;
use std::time::Duration;
use unicode_width::UnicodeWidthChar;

/// Long enough for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the program under a shell, which outlives it and so can tell what it
/// left behind: the kernel resets a terminal whose session leader ends.
///
/// It waits for a line first: expectrl sets a size when the shell is running already.
const SHELL: &str = r#"
    trap : INT QUIT
    read -r go
    stty sane iutf8 2>/dev/null || stty sane
    stty cols "$1" rows "$2"
    shift 2
    printf '[before %s]\n' "$(stty -g)"
    "$@" 3>&1 >/dev/null
    printf '\n[exit %s]\n' "$?"
    printf '[after %s]\n' "$(stty -g)"
"#;

/// A program in a terminal.
pub struct Pty {
    session: OsSession,
    columns: usize,
    seen: Vec<u8>,
}

/// What is left when the program has ended.
pub struct Ended {
    /// Everything that was written to the terminal by the program.
    pub output: String,
    /// What the rows of the terminal show, as far as the program wrote on them.
    pub screen: Vec<String>,
    /// The exit code.
    pub exit: u8,
    /// Whether the modes are the same as before.
    pub modes_kept: bool,
    /// Whether the cursor is shown.
    pub cursor_shown: bool,
}

impl Pty {
    /// Starts a program; its stdout is thrown away, and descriptor 3 is the terminal.
    pub fn start(program: &Command, (columns, rows): (usize, usize)) -> Self {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", SHELL, "sh"])
            .args([columns.to_string(), rows.to_string()])
            .arg(program.get_program())
            .args(program.get_args())
            .env_remove("NO_COLOR")
            .env_remove("ACCESSIBLE")
            .env("TERM", "xterm-256color");
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let mut session = Session::spawn(shell).expect("a shell in a terminal");
        session.set_expect_timeout(Some(PATIENCE));
        let mut pty = Self {
            session,
            columns,
            seen: Vec::new(),
        };
        pty.send("\n");
        pty.expect("[before ");
        pty
    }

    /// Waits until the program writes this.
    pub fn expect(&mut self, text: &str) {
        match self.session.expect(text) {
            Ok(found) => self.seen.extend_from_slice(found.as_bytes()),
            Err(error) => {
                let _ = self
                    .session
                    .check(expectrl::NBytes(usize::MAX))
                    .map(|rest| self.seen.extend_from_slice(rest.as_bytes()));
                panic!(
                    "{error}: waited for {text:?} after {:?}",
                    String::from_utf8_lossy(&self.seen)
                )
            }
        }
    }

    /// Waits until the program has written this, now or before.
    pub fn expect_once(&mut self, text: &str) {
        if !String::from_utf8_lossy(&self.seen).contains(text) {
            self.expect(text);
        }
    }

    /// Types, all at once like a paste.
    pub fn send(&mut self, keys: &str) {
        self.session.send(keys).expect("the keys are taken");
    }

    /// Types one key after the other, as slowly as a fast person.
    pub fn send_slowly(&mut self, keys: &str) {
        for key in keys.chars() {
            self.send(key.encode_utf8(&mut [0; 4]));
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    /// Waits until the echo is off, as it is when a password is asked for.
    pub fn wait_for_no_echo(&mut self) {
        for _ in 0..400 {
            if !self.session.get_process().get_echo().expect("the modes") {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the echo stays on");
    }

    /// Returns the number that the program wrote between two strings.
    pub fn number(&mut self, before: &str, after: &str) -> i32 {
        self.expect(before);
        let start = self.seen.len();
        self.expect(after);
        let found = &self.seen[start..self.seen.len() - after.len()];
        let found = String::from_utf8_lossy(found);
        found.trim().parse().expect("a number")
    }

    /// Waits for the end of the program.
    pub fn end(mut self) -> Ended {
        self.expect("[after ");
        let rest = self.session.expect(Eof).expect("the end");
        self.seen.extend_from_slice(rest.as_bytes());
        let seen = String::from_utf8(std::mem::take(&mut self.seen)).expect("UTF-8");

        let (head, rest) = seen.split_once("]\r\n").expect("the modes before");
        let before = head.rsplit_once("[before ").expect("the modes before").1;
        let (output, rest) = rest.rsplit_once("\r\n[exit ").expect("the exit code");
        let (exit, rest) = rest.split_once("]\r\n[after ").expect("the modes after");
        let after = rest.split_once(']').expect("the modes after").0;
        let shown = output.rfind("\x1b[?25h");
        Ended {
            screen: screen(output, self.columns.max(10)),
            exit: exit.parse().expect("a number"),
            modes_kept: before == after,
            cursor_shown: shown >= output.rfind("\x1b[?25l"),
            output: output.to_owned(),
        }
    }
}

/// Returns what an unbounded terminal of so many columns shows, without the
/// second cells of wide characters.
fn screen(output: &str, columns: usize) -> Vec<String> {
    const WIDE: char = '\0';
    let mut rows = vec![vec![' '; columns]];
    let (mut row, mut column) = (0, 0);
    let mut rest = output.chars();
    while let Some(c) = rest.next() {
        match c {
            '\r' => column = 0,
            '\n' => row += 1,
            '\x08' => column = column.min(columns - 1).saturating_sub(1),
            '\x1b' => {
                assert_eq!(rest.next(), Some('['), "a control sequence");
                let mut argument = String::new();
                let kind = loop {
                    match rest.next().expect("the whole sequence") {
                        c if c.is_ascii_alphabetic() => break c,
                        c => argument.push(c),
                    }
                };
                let count = argument.parse().unwrap_or(1);
                match kind {
                    'A' => row -= count.min(row),
                    'B' => row += count,
                    'C' => column = (column + count).min(columns - 1),
                    'D' => column = column.min(columns - 1).saturating_sub(count),
                    'J' => {
                        rows.truncate(row + 1);
                        rows[row][column.min(columns - 1)..].fill(' ');
                    }
                    'K' if argument == "2" => rows[row].fill(' '),
                    'K' => rows[row][column.min(columns - 1)..].fill(' '),
                    'm' | 'h' | 'l' => {}
                    _ => panic!("an unknown sequence {argument}{kind}"),
                }
            }
            c => {
                let width = c.width().unwrap_or(0);
                if column + width > columns {
                    row += 1;
                    column = 0;
                }
                if rows.len() <= row {
                    rows.resize(row + 1, vec![' '; columns]);
                }
                if width > 0 {
                    rows[row][column] = c;
                }
                if width == 2 {
                    rows[row][column + 1] = WIDE;
                }
                column += width;
            }
        }
        if rows.len() <= row {
            rows.resize(row + 1, vec![' '; columns]);
        }
    }
    let row = |row: Vec<char>| {
        let row: String = row.into_iter().filter(|&c| c != WIDE).collect();
        row.trim_end().to_owned()
    };
    let mut rows: Vec<String> = rows.into_iter().map(row).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}
