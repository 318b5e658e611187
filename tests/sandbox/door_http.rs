//! The door on loopback: HTTP/1.1 for the real binary and for foreign clients. Written on the
//! socket, because a server crate would turn on features in crates that the SDK is built on,
//! and so build the SDK twice: once for the binary, once for the tests.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::Sandbox;
use super::gate::{self, Outcome};
use super::wire::{Request, Response};

/// The longest line of a head, and the most lines.
const LINE: u64 = 64 * 1024;
const LINES: usize = 200;

/// An open door; it closes, with all its connections, when this is dropped.
#[derive(Debug)]
pub struct Serving {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    pub address: SocketAddr,
    accepting: JoinHandle<Infallible>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Listens on a free loopback port.
pub async fn serve(sandbox: Sandbox) -> std::io::Result<Serving> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok(Serving {
        url: format!("http://{address}"),
        address,
        accepting: tokio::spawn(accept(listener, sandbox)),
    })
}

async fn accept(listener: TcpListener, sandbox: Sandbox) -> Infallible {
    // The set aborts its connections when this task is aborted.
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(connection(stream, sandbox.clone()));
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Answers one request after the other; ends with the client, or where a fault hangs up.
async fn connection(stream: TcpStream, sandbox: Sandbox) {
    // Small answers should not wait for Nagle; a socket that is gone already is no matter.
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while let Ok(Some((request, last))) = receive(&mut stream).await {
        let head = request.method == "HEAD";
        let Outcome::Answer(response) = gate::pass(&sandbox, request).await else {
            return;
        };
        let sent = stream.write_all(&render(response, head, last)).await;
        if sent.is_err() || last {
            return;
        }
    }
}

/// Reads a request, and whether it is the last of its connection; none at the end.
async fn receive(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<(Request, bool)>> {
    let Some(start) = line(stream).await? else {
        return Ok(None);
    };
    let mut words = start.split(' ');
    let (Some(method), Some(uri), Some(version)) = (words.next(), words.next(), words.next())
    else {
        return Err(std::io::ErrorKind::InvalidData.into());
    };
    let mut headers = Vec::new();
    while let Some(line) = line(stream).await?.filter(|l| !l.is_empty()) {
        let Some((name, value)) = line.split_once(':').filter(|_| headers.len() < LINES) else {
            return Err(std::io::ErrorKind::InvalidData.into());
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let header = |name: &str| {
        headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    if header("expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue")) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let mut body = Vec::new();
    match (header("transfer-encoding"), header("content-length")) {
        (Some(_), _) => loop {
            let size = line(stream).await?.unwrap_or_default();
            let size = size.split(';').next().unwrap_or_default();
            let invalid = |_| std::io::Error::from(std::io::ErrorKind::InvalidData);
            let size = u64::from_str_radix(size.trim(), 16).map_err(invalid)?;
            take(stream, size, &mut body).await?;
            line(stream).await?;
            if size == 0 {
                break;
            }
        },
        (None, Some(length)) => {
            let invalid = |_| std::io::Error::from(std::io::ErrorKind::InvalidData);
            take(stream, length.parse().map_err(invalid)?, &mut body).await?;
        }
        (None, None) => {}
    }
    let close = header("connection").is_some_and(|c| c.eq_ignore_ascii_case("close"));
    let last = close || version == "HTTP/1.0";
    let request = Request::new(method, uri, headers.clone(), body);
    Ok(Some((request, last)))
}

/// Reads a line without its end; none at the end of the stream.
async fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = stream.take(LINE).read_until(b'\n', &mut bytes).await?;
    match bytes.last() {
        Some(b'\n') => {
            let text = String::from_utf8_lossy(&bytes);
            Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
        _ if read == 0 => Ok(None),
        _ => Err(std::io::ErrorKind::InvalidData.into()),
    }
}

async fn take(
    stream: &mut BufReader<TcpStream>,
    length: u64,
    body: &mut Vec<u8>,
) -> std::io::Result<()> {
    let read = stream.take(length).read_to_end(body).await?;
    match u64::try_from(read) == Ok(length) {
        true => Ok(()),
        false => Err(std::io::ErrorKind::UnexpectedEof.into()),
    }
}

fn render(response: Response, head: bool, last: bool) -> Vec<u8> {
    let bodiless = matches!(response.status, 204 | 304);
    let mut text = format!(
        "HTTP/1.1 {} {}\r\n",
        response.status,
        reason(response.status)
    );
    let mut measured = bodiless;
    for (name, value) in &response.headers {
        measured |= name == "content-length";
        text += &format!("{name}: {}\r\n", value.replace(['\r', '\n'], " "));
    }
    if !measured {
        text += &format!("content-length: {}\r\n", response.body.len());
    }
    if last {
        text += "connection: close\r\n";
    }
    let mut bytes = (text + "\r\n").into_bytes();
    if !head && !bodiless {
        bytes.extend_from_slice(&response.body);
    }
    bytes
}

/// Returns the phrase that clients show for an answer without a body.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        412 => "Precondition Failed",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}
