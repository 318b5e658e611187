//! The AWS Query protocol: a form in, wrapped XML out.
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

use super::refusal::Refusal;
use super::wire::{Request, form_decode};
use super::xml::{el, text};

/// The fields of a Query request, decoded.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a POST, or the query of a GET.
    pub fn of(request: &Request) -> Self {
        match request.body.is_empty() {
            true => Self(request.query.clone()),
            false => Self(form_decode(&String::from_utf8_lossy(&request.body))),
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Returns a field that may not be missing, or the service's validation error.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| {
            let message = format!("The request must contain the parameter {name}.");
            Refusal::new(400, "MissingParameter", message)
        })
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }

    pub fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        value.parse().map(Some).map_err(|_| {
            let message = format!("{name} must be a number.");
            Refusal::new(400, "MalformedInput", message)
        })
    }

    /// Returns `prefix.1`, `prefix.2`, ...
    pub fn list(&self, prefix: &str) -> Vec<&str> {
        (1..)
            .map_while(|i| self.get(&format!("{prefix}.{i}")))
            .collect()
    }

    /// Returns the pairs `prefix.1.key`/`prefix.1.value`, ...
    pub fn pairs(&self, prefix: &str, key: &str, value: &str) -> Vec<(String, String)> {
        (1..)
            .map_while(|i| {
                let name = self.get(&format!("{prefix}.{i}.{key}"))?;
                let value = self.get(&format!("{prefix}.{i}.{value}")).unwrap_or("");
                Some((name.to_owned(), value.to_owned()))
            })
            .collect()
    }

    /// Tells whether a list or a map was sent at all, even an empty one.
    pub fn mentions(&self, prefix: &str) -> bool {
        self.0
            .iter()
            .any(|(n, _)| n == prefix || n.starts_with(&format!("{prefix}.")))
    }
}

/// Wraps the result of an operation.
pub fn wrap(operation: &str, xmlns: &str, result: &str, request_id: &str) -> String {
    let metadata = el("ResponseMetadata", text("RequestId", request_id));
    format!(
        "<{operation}Response xmlns=\"{xmlns}\">{}{metadata}</{operation}Response>",
        el(&format!("{operation}Result"), result)
    )
}

/// One page of a listing: its items and where the next one begins.
pub struct Page<'a, T> {
    pub items: &'a [T],
    pub next: Option<String>,
}

/// Cuts a page out of a whole listing; markers are offsets in a readable wrapping.
pub fn page<'a, T>(
    all: &'a [T],
    marker: Option<&str>,
    size: usize,
) -> Result<Page<'a, T>, Refusal> {
    let start = match marker {
        None | Some("") => 0,
        Some(marker) => marker
            .strip_prefix("after-")
            .and_then(|n| n.parse().ok())
            .filter(|n| *n <= all.len())
            .ok_or_else(|| Refusal::new(400, "ValidationError", "Invalid Marker."))?,
    };
    let end = all.len().min(start + size);
    Ok(Page {
        items: &all[start..end],
        next: (end < all.len()).then(|| format!("after-{end}")),
    })
}
