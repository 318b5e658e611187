//! The door on loopback: HTTP/1.1 for the real binary and for foreign clients.

use std::convert::Infallible;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::Sandbox;
use super::gate::{self, Outcome};
use super::wire::Request;

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

/// The connection is dropped on purpose.
#[derive(Debug)]
struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sandbox drops the connection")
    }
}

impl std::error::Error for Hangup {}

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

async fn connection(stream: TcpStream, sandbox: Sandbox) {
    // Small answers should not wait for Nagle; a socket that is gone already is no matter.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, sandbox.clone()));
    // An error here is a client that went away, or a Hangup.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: http::Request<Incoming>,
    sandbox: Sandbox,
) -> Result<http::Response<Full<Bytes>>, Hangup> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Hangup)?.to_bytes();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let uri = parts.uri.to_string();
    let request = Request::new(parts.method.as_str(), &uri, headers, body.to_vec());
    let head = request.method == "HEAD";
    match gate::pass(&sandbox, request).await {
        Outcome::Dropped => Err(Hangup),
        Outcome::Answer(response) => {
            let mut builder = http::Response::builder().status(response.status);
            for (name, value) in &response.headers {
                builder = builder.header(name, value);
            }
            let body = if head { Vec::new() } else { response.body };
            builder.body(Full::from(body)).map_err(|_| Hangup)
        }
    }
}
