//! One request to another host: bounded in time and size, and never led on to a third one.

use crate::edge::error::Result;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
};

/// What came back.
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    headers: Headers,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug)]
pub enum Lost {
    /// The connection failed or broke.
    Broken,
    /// Nothing came in time.
    TimedOut,
}

/// A request that carries a key: it must not follow a redirect to another host.
pub fn request(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<String>,
) -> Result<Request> {
    let all = Headers::new();
    for (name, value) in headers {
        all.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(method)
        .with_headers(all)
        .with_body(body.map(Into::into))
        .with_redirect(RequestRedirect::Manual);
    Ok(Request::new_with_init(url, &init)?)
}

/// Sends a request and reads the first `bytes` of the reply.
///
/// # Errors
/// [`Lost`] when there is no status. The status is the answer, however slowly a body comes behind
/// it: of one that breaks off or takes too long, what came is given.
pub async fn send(request: Request, timeout: Duration, bytes: usize) -> Result<Fetched, Lost> {
    let controller = AbortController::default();
    let signal = controller.signal();
    let mut timeout = Delay::from(timeout);
    let fetch = Fetch::Request(request);
    let mut response = match select(pin!(fetch.send_with_signal(&signal)), &mut timeout).await {
        Either::Left((Ok(response), _)) => response,
        Either::Left((Err(_), _)) => return Err(Lost::Broken),
        Either::Right(_) => {
            controller.abort();
            return Err(Lost::TimedOut);
        }
    };
    let mut body = Vec::new();
    select(pin!(beginning(&mut response, &mut body, bytes)), timeout).await;
    // Nobody reads the rest, which may have no end.
    controller.abort();
    Ok(Fetched {
        status: response.status_code(),
        headers: response.headers().clone(),
        body,
    })
}

/// Reads the first bytes of a body. One that breaks off counts for what came.
pub async fn beginning(response: &mut Response, body: &mut Vec<u8>, bytes: usize) {
    if let Ok(mut stream) = response.stream() {
        while let Some(Ok(chunk)) = stream.next().await {
            body.extend(chunk.into_iter().take(bytes - body.len()));
            if body.len() >= bytes {
                break;
            }
        }
    }
}
