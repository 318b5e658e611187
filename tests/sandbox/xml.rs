//! The little XML that AWS needs: elements out, a small tree in.

/// Returns an element around text that is XML already.
pub fn el(name: &str, inner: impl AsRef<str>) -> String {
    format!("<{name}>{}</{name}>", inner.as_ref())
}

/// Returns an element around plain text.
pub fn text(name: &str, value: impl AsRef<str>) -> String {
    el(name, escape(value.as_ref()))
}

/// Returns an element for a value that may be absent.
pub fn maybe(name: &str, value: Option<&str>) -> String {
    value.map(|v| text(name, v)).unwrap_or_default()
}

/// Escapes text for XML, including what a parser would normalize away.
pub fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
    out
}

/// An element of a parsed document, its name without prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// Parses a document; anything that is not well-formed is `None`.
    pub fn parse(document: &[u8]) -> Option<Self> {
        let document = std::str::from_utf8(document).ok()?;
        let mut stack: Vec<Element> = vec![Element::default()];
        let mut rest = document;
        while let Some(start) = rest.find('<') {
            stack.last_mut()?.text += &unescape(&rest[..start])?;
            rest = &rest[start + 1..];
            if let Some(after) = rest.strip_prefix("!--") {
                rest = &after[after.find("-->")? + 3..];
                continue;
            }
            let end = rest.find('>')?;
            let tag = &rest[..end];
            rest = &rest[end + 1..];
            if tag.starts_with(['?', '!']) {
                continue;
            }
            if let Some(name) = tag.strip_prefix('/') {
                let done = stack.pop()?;
                if done.name != local(name) {
                    return None;
                }
                stack.last_mut()?.children.push(done);
                continue;
            }
            let element = Element {
                name: local(tag.trim_end_matches('/')).to_owned(),
                ..Element::default()
            };
            match tag.ends_with('/') {
                true => stack.last_mut()?.children.push(element),
                false => stack.push(element),
            }
        }
        let root = stack.pop()?;
        match stack.is_empty() && rest.trim().is_empty() && root.text.trim().is_empty() {
            true => root.children.into_iter().next(),
            false => None,
        }
    }

    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|c| c.name == name)
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|c| c.text.as_str())
    }
}

fn local(tag: &str) -> &str {
    let name = tag.split_whitespace().next().unwrap_or("");
    name.rsplit(':').next().unwrap_or(name)
}

fn unescape(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        let end = start + rest[start..].find(';')?;
        let entity = &rest[start + 1..end];
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = entity.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}
