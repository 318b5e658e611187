//! Inserts into and cuts from JSON lists in the text, in the style of what is around.
//!
//! What an insertion writes, the matching cut takes away to the byte. The hard case is a
//! single value that has to become a list: after the cut, `["x"]` could have been written
//! as `"x"` or as `["x"]`. So the two leave different traces. A list of one keeps the white
//! space after its bracket as its separator (`["x","new"]`, or `[ "x", "new" ]`); a single
//! value is bracketed tightly and separated by a space (`["x", "new"]`), which a list of one
//! never becomes. [`unbracket`] recognises that trace. Somebody else may have typed the same
//! trace: then a list whose only remaining value is the first one turns into that value,
//! which means the same to IAM.

use super::json::{Kind, Member, Node};
use std::ops::Range;

/// Replacements of ranges of a text, applied together.
#[derive(Debug, Default)]
pub(super) struct Cuts(Vec<(Range<usize>, String)>);

impl Cuts {
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.0.push((at..at, text.into()));
    }

    pub fn remove(&mut self, range: Range<usize>) {
        self.0.push((range, String::new()));
    }

    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    /// Returns the text with all replacements done. The ranges must not overlap.
    pub fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + 256);
        let mut at = 0;
        for (range, new) in self.0 {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(&new);
            at = range.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

/// Appends values to a list, or makes a list of a single value first.
///
/// An empty list gets the values right behind its bracket; `lead` then goes before the first.
pub(super) fn append(text: &str, list: &Node, values: &[String], lead: &str, cuts: &mut Cuts) {
    let join = |separator: &str| -> String {
        values
            .iter()
            .flat_map(|value| [",", separator, value])
            .collect()
    };
    let Kind::Array(items) = &list.kind else {
        cuts.insert(list.span.start, "[");
        cuts.insert(list.span.end, join(" ") + "]");
        return;
    };
    let Some(last) = items.last() else {
        let all = join(lead);
        cuts.insert(list.span.start + 1, all.strip_prefix(',').unwrap_or(&all));
        return;
    };
    let before = match items.len().checked_sub(2).and_then(|i| items.get(i)) {
        Some(previous) => after_comma(&text[previous.span.end..last.span.start]),
        None => &text[list.span.start + 1..last.span.start],
    };
    cuts.insert(last.span.end, join(before));
}

/// Cuts the values that are `gone` out of a list, each with one comma.
pub(super) fn strike(text: &str, list: &Node, gone: &[bool], cuts: &mut Cuts) {
    let Kind::Array(items) = &list.kind else {
        return;
    };
    let Some(first_kept) = gone.iter().position(|gone| !gone) else {
        if let Some(last) = items.last() {
            cuts.remove(list.span.start + 1..last.span.end);
        }
        return;
    };
    for (i, item) in items.iter().enumerate().filter(|(i, _)| gone[*i]) {
        if i < first_kept {
            cuts.remove(item.span.start..items[i + 1].span.start);
        } else {
            cuts.remove(items[i - 1].span.end..item.span.end);
        }
    }
    let alone = first_kept == 0 && gone.iter().skip(1).all(|gone| *gone);
    if alone && gone.len() > 1 {
        unbracket(text, list, items, cuts);
    }
}

/// Takes the brackets off a list of which only the first value stays, if [`append`] put them on.
fn unbracket(text: &str, list: &Node, items: &[Node], cuts: &mut Cuts) {
    let [first, second, ..] = items else { return };
    let end = items.last().map_or(list.span.end, |last| last.span.end);
    let tight = list.span.start + 1 == first.span.start && end + 1 == list.span.end;
    let spaced = &text[first.span.end..second.span.start] == ", ";
    if tight && spaced {
        cuts.remove(list.span.start..first.span.start);
        cuts.remove(end..list.span.end);
    }
}

fn after_comma(between: &str) -> &str {
    between.split_once(',').map_or("", |(_, after)| after)
}

/// How an object is laid out: the white space at each place.
#[derive(Debug)]
pub(super) struct Style {
    open: String,
    between: String,
    colon: String,
    close: String,
}

impl Style {
    /// Takes the style of an object; `None` where it has no member to show one.
    pub fn of(text: &str, object: &Node) -> Option<Self> {
        let Kind::Object(members) = &object.kind else {
            return None;
        };
        let (first, last) = (members.first()?, members.last()?);
        let open = &text[object.span.start + 1..first.key_span.start];
        let between = match members.get(1) {
            Some(Member { key_span, .. }) => {
                after_comma(&text[first.value.span.end..key_span.start])
            }
            None => open,
        };
        Some(Self {
            open: open.to_owned(),
            between: between.to_owned(),
            colon: text[first.key_span.end..first.value.span.start].to_owned(),
            close: text[last.value.span.end..object.span.end - 1].to_owned(),
        })
    }

    /// Makes a style with one member a line, for an object that begins on a line with this
    /// indentation.
    pub fn lines(newline: &str, indent: &str, unit: &str) -> Self {
        let inner = format!("{newline}{indent}{unit}");
        Self {
            between: inner.clone(),
            open: inner,
            colon: ": ".to_owned(),
            close: format!("{newline}{indent}"),
        }
    }

    /// Makes the style `{ "a": 1, "b": 2 }` on one line.
    pub fn one_line() -> Self {
        Self {
            open: " ".to_owned(),
            between: " ".to_owned(),
            colon: ": ".to_owned(),
            close: " ".to_owned(),
        }
    }

    /// Writes a statement as the manual does: actions, resources, effect.
    pub fn statement(&self, actions: &[&str], arns: &[&str]) -> String {
        let Self {
            open,
            between,
            colon,
            close,
        } = self;
        let actions = self.list(actions);
        let arns = self.list(arns);
        format!(
            "{{{open}\"Action\"{colon}{actions},{between}\"Resource\"{colon}{arns},\
             {between}\"Effect\"{colon}\"Allow\"{close}}}"
        )
    }

    /// Writes a list of texts that need no escaping; one a line where members are.
    fn list(&self, values: &[&str]) -> String {
        let (before, after) = match (self.between.rfind('\n'), self.close.rfind('\n')) {
            (Some(inner), Some(outer)) => {
                let own = &self.between[inner + 1..];
                let unit = own
                    .strip_prefix(&self.close[outer + 1..])
                    .filter(|unit| !unit.is_empty())
                    .unwrap_or("  ");
                let newline = newline_of(&self.between);
                (format!("{newline}{own}{unit}"), format!("{newline}{own}"))
            }
            _ => (String::new(), String::new()),
        };
        let separator = if before.is_empty() && !self.between.is_empty() {
            ", ".to_owned()
        } else {
            format!(",{before}")
        };
        let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        format!("[{before}{}{after}]", quoted.join(&separator))
    }
}

/// Returns the line ending that a text uses; line feed if it has none.
pub(super) fn newline_of(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Returns the white space that begins the line of a byte.
pub(super) fn indent_of(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[line..]
        .find(|c| c != ' ' && c != '\t')
        .map_or(text.len(), |length| line + length);
    &text[line..end]
}
