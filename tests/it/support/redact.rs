//! Makes what two runs print the same: places, ports, times, request ids, and the order in
//! which steps that run side by side end.

use super::{Ended, World};

impl World {
    /// Returns a run as a snapshot: exit code, then both streams.
    pub fn snapshot(&self, ended: &Ended) -> String {
        format!(
            "exit {}\n--- stdout\n{}--- stderr\n{}",
            ended.exit,
            self.redacted(&ended.out),
            self.redacted(&ended.err)
        )
    }

    fn redacted(&self, text: &str) -> String {
        let folder = self.path("");
        let folder = folder.display().to_string();
        let address = format!("127.0.0.1:{}", self.warehouse.port());
        let text = text
            .replace(folder.trim_end_matches('/'), "[folder]")
            .replace(self.url(), "[aws]")
            .replace(&address, "127.0.0.1:[port]");
        let mut lines = Vec::new();
        let mut steps: Vec<String> = Vec::new();
        for line in text.lines() {
            let line = without_time(&without_request_id(line));
            match step(&line) {
                Some(step) => steps.push(step),
                None => {
                    steps.sort();
                    lines.append(&mut steps);
                    lines.push(line);
                }
            }
        }
        steps.sort();
        lines.append(&mut steps);
        lines
            .iter()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
    }
}

/// Takes the running number from a line of progress, `  [ 3/11] create bucket x ... ok`.
fn step(line: &str) -> Option<String> {
    let (numbers, what) = line.strip_prefix("  [")?.split_once("] ")?;
    let (number, total) = numbers.split_once('/')?;
    number.trim().parse::<usize>().ok()?;
    Some(format!("  [n/{total}] {what}"))
}

/// Replaces the time at the end of a line: `33 ms`, `0.4 s`, `0.4 秒`.
fn without_time(line: &str) -> String {
    for unit in [" ms", " s", " 秒"] {
        if let Some(rest) = line.strip_suffix(unit) {
            let bare = rest.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            if bare.len() < rest.len() {
                return format!("{} [time]", bare.trim_end());
            }
        }
    }
    line.to_owned()
}

/// Replaces the request id at the end of a line.
fn without_request_id(line: &str) -> String {
    match line.split_once("request id ") {
        Some((head, _)) => format!("{head}request id [id]"),
        None => line.to_owned(),
    }
}
