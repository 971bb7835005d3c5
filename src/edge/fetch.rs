//! One request to another host: bounded in time and size, and never led on to a third one.

use crate::edge::error::Result;
use crate::edge::wait::{Lost, within};
use js_sys::futures::JsFuture;
use js_sys::{Reflect, Uint8Array};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortController, Headers, ReadableStream, ReadableStreamDefaultReader, RequestInit,
    RequestRedirect, Response, WorkerGlobalScope,
};
use worker::Delay;

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

/// Everything about a request but its body. It carries a key, so that it must not follow a redirect
/// to another host.
///
/// # Errors
/// An error when a value cannot be sent in a header.
pub fn request(method: &str, headers: &[(&str, &str)]) -> Result<RequestInit> {
    let all = Headers::new()?;
    for (name, value) in headers {
        all.set(name, value)?;
    }
    let request = RequestInit::new();
    request.set_method(method);
    request.set_headers(all.as_ref());
    request.set_redirect(RequestRedirect::Manual);
    Ok(request)
}

/// Sends a request and reads the first `most` bytes of the reply. The `worker` crate would make two
/// requests of each, and new headers.
///
/// # Errors
/// [`Lost`] when there is no status. The status is the answer, however slowly a body comes behind
/// it: of one that breaks off or takes too long, what came is given.
pub async fn send(
    url: &str,
    request: &RequestInit,
    timeout: Duration,
    most: usize,
) -> Result<Fetched, Lost> {
    let controller = AbortController::new().map_err(|_| Lost::Broken)?;
    request.set_signal(Some(&controller.signal()));
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    let promise = scope.fetch_with_str_and_init(url, request);
    let mut limit = Delay::from(timeout);
    let response = within(JsFuture::from(promise), &mut limit).await;
    let response: Response = match response {
        Ok(response) => response.unchecked_into(),
        Err(lost) => {
            controller.abort();
            return Err(lost);
        }
    };
    let mut fetched = Fetched {
        status: response.status(),
        headers: response.headers(),
        body: Vec::new(),
    };
    let length = fetched.header("content-length");
    let length = length.and_then(|length| length.parse::<usize>().ok());
    let whole = length.filter(|length| *length <= most.min(SHORT));
    if let Some(Ok(text)) = whole.map(|_| response.text()) {
        // As a whole, which costs much less than piece by piece.
        match within(JsFuture::from(text), &mut limit).await {
            Ok(text) => fetched.body = text.as_string().unwrap_or_default().into_bytes(),
            Err(_) => controller.abort(),
        }
        fetched.body.truncate(most);
        return Ok(fetched);
    }
    if let Some(pieces) = response.body().map(|body| Pieces::of(&body)) {
        while let Ok(read) = within(pieces.next(), &mut limit).await
            && let Some(piece) = bytes_of(&read)
        {
            let room = most - fetched.body.len();
            fetched.body.extend(piece.into_iter().take(room));
            if fetched.body.len() >= most {
                break;
            }
        }
    }
    // Nobody reads the rest, which may have no end.
    controller.abort();
    Ok(fetched)
}

/// A body of this many bytes is read as a whole. Compressed ones can get much larger.
const SHORT: usize = 4096;

/// A body that is read piece by piece.
pub struct Pieces(ReadableStreamDefaultReader);

impl Pieces {
    /// The pieces of a body of which nothing was read.
    pub fn of(body: &ReadableStream) -> Self {
        Self(body.get_reader().unchecked_into())
    }

    /// The next piece, as [`bytes_of`] reads it.
    pub fn next(&self) -> JsFuture {
        JsFuture::from(self.0.read())
    }

    /// Tells the platform that nobody reads the rest.
    pub fn cancel(self) {
        // As a future, so that its failure is not reported as one that nobody handles.
        drop(JsFuture::from(self.0.cancel()));
    }
}

/// The bytes of a piece; `None` at the end of the body.
pub fn bytes_of(piece: &JsValue) -> Option<Vec<u8>> {
    let value = Reflect::get(piece, &"value".into()).ok()?;
    Some(value.dyn_into::<Uint8Array>().ok()?.to_vec())
}
