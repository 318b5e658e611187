//! Reads JSON and remembers where each value stands in the text, so that an edit
//! can touch only what it must. It knows nothing of policies.

use std::collections::HashSet;
use std::ops::Range;

/// A value and the bytes that it takes up.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub span: Range<usize>,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Object(Vec<Member>),
    Array(Vec<Node>),
    String(String),
    /// A number, `true`, `false` or `null`: nothing that an edit looks into.
    Scalar,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub key: String,
    pub key_span: Range<usize>,
    pub value: Node,
}

/// Why a text could not be read, and at which byte.
#[derive(Debug)]
pub(super) enum Fault {
    Syntax { at: usize, cause: String },
    Duplicate { at: usize, key: String },
}

impl Node {
    /// Returns the member of an object.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Object(members) => members
                .iter()
                .find(|member| member.key == key)
                .map(|member| &member.value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads one JSON value that fills the whole text.
///
/// serde_json judges first whether the text is JSON at all; the reader below only
/// adds positions, and refuses a key that appears twice in one object, of which
/// serde_json would silently keep the last.
pub(super) fn read(text: &str) -> Result<Node, Fault> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return Err(Fault::Syntax {
            at: offset(text, error.line(), error.column()),
            cause: error.to_string(),
        });
    }
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    let node = reader.value()?;
    reader.space();
    if reader.at == text.len() {
        Ok(node)
    } else {
        Err(reader.unexpected())
    }
}

/// Returns the line and the column, both from 1 and the column in characters, of a byte.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

/// Turns serde_json's line (from 1) and column (in bytes, of the last byte read) into a byte.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = if line <= 1 {
        0
    } else {
        text.match_indices('\n')
            .nth(line - 2)
            .map_or(text.len(), |(newline, _)| newline + 1)
    };
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// How deep values may be nested, as in serde_json. IAM's own grammar needs six levels.
const DEPTH: usize = 127;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Skips white space and then one byte, if it is the one wanted.
    fn take(&mut self, wanted: u8) -> bool {
        self.space();
        let found = self.peek() == Some(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Fault> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> Fault {
        Fault::Syntax {
            at: self.at,
            cause: "unexpected character".to_owned(),
        }
    }

    fn value(&mut self) -> Result<Node, Fault> {
        self.space();
        let start = self.at;
        if self.depth == DEPTH {
            return Err(Fault::Syntax {
                at: start,
                cause: "nested too deeply".to_owned(),
            });
        }
        self.depth += 1;
        let kind = match self.peek() {
            Some(b'{') => Kind::Object(self.members()?),
            Some(b'[') => Kind::Array(self.items()?),
            Some(b'"') => Kind::String(self.string()?),
            Some(_) => {
                while matches!(self.peek(), Some(byte) if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
                {
                    self.at += 1;
                }
                if self.at == start {
                    return Err(self.unexpected());
                }
                Kind::Scalar
            }
            None => return Err(self.unexpected()),
        };
        self.depth -= 1;
        Ok(Node {
            span: start..self.at,
            kind,
        })
    }

    fn members(&mut self) -> Result<Vec<Member>, Fault> {
        self.expect(b'{')?;
        let mut members = Vec::new();
        if self.take(b'}') {
            return Ok(members);
        }
        let mut keys = HashSet::new();
        loop {
            self.space();
            let start = self.at;
            let key = self.string()?;
            let key_span = start..self.at;
            if !keys.insert(key.clone()) {
                return Err(Fault::Duplicate { at: start, key });
            }
            self.expect(b':')?;
            let value = self.value()?;
            members.push(Member {
                key,
                key_span,
                value,
            });
            if !self.take(b',') {
                self.expect(b'}')?;
                return Ok(members);
            }
        }
    }

    fn items(&mut self) -> Result<Vec<Node>, Fault> {
        self.expect(b'[')?;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value()?);
            if !self.take(b',') {
                self.expect(b']')?;
                return Ok(items);
            }
        }
    }

    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        self.expect(b'"')?;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        let literal = self.text.get(start..self.at).unwrap_or_default();
        if let Some(plain) = literal.get(1..literal.len() - 1)
            && !plain.contains('\\')
        {
            return Ok(plain.to_owned());
        }
        serde_json::from_str(literal).map_err(|error| Fault::Syntax {
            at: start,
            cause: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn spans_cover_exactly_the_value() {
        let text = " {\"a\\u0062\" : [1.50e+3 ,\"x\\\"y\"],\n\t\"c\":{ } } ";
        let node = read(text).unwrap();
        let array = node.get("ab").unwrap();
        assert_eq!(&text[array.span.clone()], "[1.50e+3 ,\"x\\\"y\"]");
        let Kind::Array(items) = &array.kind else {
            panic!("an array")
        };
        assert_eq!(&text[items[0].span.clone()], "1.50e+3");
        assert_eq!(items[1].as_str(), Some("x\"y"));
        assert_eq!(&text[node.get("c").unwrap().span.clone()], "{ }");
    }

    #[test]
    fn a_key_written_twice_is_refused_however_it_is_spelled() {
        let text = "{\"x\":{\"Action\":1,\"\\u0041ction\":2}}";
        assert!(matches!(read(text), Err(Fault::Duplicate { at: 17, key }) if key == "Action"));
    }

    #[test]
    fn a_fault_knows_its_place() {
        for (text, place) in [
            ("", (1, 1)),
            ("{\n  \"a\": 1,\n  \"b\" 2\n}", (3, 7)),
            ("{} x", (1, 4)),
            ("\u{feff}{}", (1, 1)),
            ("{\"a\": \"\u{3042}\u{3044}\" ]", (1, 12)),
        ] {
            match read(text) {
                Err(Fault::Syntax { at, .. }) => assert_eq!(position(text, at), place, "{text:?}"),
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn nesting_without_end_is_refused_and_does_not_overflow() {
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_err());
    }
}
