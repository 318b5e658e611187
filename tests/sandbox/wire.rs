//! Requests and responses as both doors hand them to the gate: bytes and headers, no client
//! library. It must not know any service.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// An HTTP request, its body collected.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// The host without the port.
    pub host: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the request of a method and a URI (absolute or only path and query).
    pub fn new(method: &str, uri: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        let after_scheme = uri.split_once("://").map(|(_, rest)| rest);
        let (authority, target) = match after_scheme {
            Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
            None => ("", uri),
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: method.to_owned(),
            host: String::new(),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            query: form_decode(query),
            headers,
            body,
        };
        let host = match request.header("host") {
            Some(host) if authority.is_empty() => host,
            _ => authority,
        };
        request.host = host
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
            .map_or(host, |(name, _)| name)
            .to_ascii_lowercase();
        request.unchunk();
        request
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Strips the aws-chunked framing, whose trailers become headers.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>
    fn unchunk(&mut self) {
        let streaming = |r: &Self| {
            r.header("x-amz-content-sha256")
                .is_some_and(|v| v.starts_with("STREAMING-"))
                || r.header("content-encoding")
                    .is_some_and(|v| v.split(',').any(|e| e.trim() == "aws-chunked"))
        };
        if !streaming(self) {
            return;
        }
        let Some((body, trailers)) = unchunk(&self.body) else {
            return;
        };
        self.body = body;
        self.headers.extend(trailers);
    }
}

/// An HTTP response, whole.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The error code, for the journal; in the body already.
    pub code: Option<String>,
}

impl Response {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut response = Self {
            status,
            body,
            ..Self::default()
        };
        if !response.body.is_empty() {
            response = response.with("content-type", content_type);
        }
        response
    }

    pub fn xml(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "text/xml", body)
    }

    pub fn empty(status: u16) -> Self {
        Self::new(status, "", Vec::new())
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Decodes percent-encoding to bytes and those as UTF-8.
pub fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Decodes `application/x-www-form-urlencoded` pairs.
pub fn form_decode(text: &str) -> Vec<(String, String)> {
    let plain = |part: &str| -> String {
        let part: Cow<'_, str> = match part.contains('+') {
            true => part.replace('+', " ").into(),
            false => part.into(),
        };
        decode(&part)
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (plain(name), plain(value))
        })
        .collect()
}

type Trailers = Vec<(String, String)>;

fn unchunk(mut rest: &[u8]) -> Option<(Vec<u8>, Trailers)> {
    let mut body = Vec::new();
    loop {
        let (line, after) = split_line(rest)?;
        let size = line.split(';').next()?.trim().to_owned();
        let size = usize::from_str_radix(&size, 16).ok()?;
        rest = after;
        if size == 0 {
            break;
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    let mut trailers = Vec::new();
    while let Some((line, after)) = split_line(rest) {
        rest = after;
        if let Some((name, value)) = line.split_once(':') {
            trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Some((body, trailers))
}

fn split_line(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.windows(2).position(|w| w == b"\r\n")?;
    let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
    Some((line, &bytes[end + 2..]))
}
