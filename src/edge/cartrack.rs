//! Cartrack over HTTP.

use crate::cartrack::{Answer, REPLY_BYTES, Reply, Sink, TIMEOUT, retry_at};
use crate::edge::config::CartrackAccess;
use crate::edge::error::Result;
use crate::edge::fetch;
use crate::timestamp::UtcMillis;
use futures_util::future::{Either, select};
use js_sys::futures::JsFuture;
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::WorkerGlobalScope;
use worker::{AbortController, AbortSignal, Delay, Headers, Response};

/// Sends records with `fetch`.
pub struct HttpSink {
    endpoint: String,
    /// Everything about a request but its body and its end.
    init: web_sys::RequestInit,
}

impl HttpSink {
    /// A sink for this endpoint and key.
    ///
    /// # Errors
    /// An error when the key cannot be sent in a header.
    pub fn new(access: &CartrackAccess) -> Result<Self> {
        let headers = Headers::new();
        headers.set("content-type", "application/json")?;
        headers.set("x-api-key", access.key.expose())?;
        let init = web_sys::RequestInit::new();
        init.set_method("POST");
        init.set_headers(headers.as_ref());
        // The key must not follow a redirect to another host.
        init.set_redirect(web_sys::RequestRedirect::Manual);
        Ok(Self {
            endpoint: access.endpoint.clone(),
            init,
        })
    }

    /// Posts a record. The `worker` crate would make two requests of each, and new headers.
    async fn post(&self, record: &str, signal: &AbortSignal) -> Result<web_sys::Response> {
        self.init.set_body(&record.into());
        self.init.set_signal(Some(signal));
        let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
        let promise = scope.fetch_with_str_and_init(&self.endpoint, &self.init);
        let response = JsFuture::from(promise).await?;
        Ok(response.unchecked_into())
    }
}

impl Sink for HttpSink {
    async fn send(&self, record: &str) -> Reply {
        let nothing = |answer| Reply {
            answer,
            retry_at: None,
            body: String::new(),
        };
        let controller = AbortController::default();
        let signal = controller.signal();
        let mut timeout = Delay::from(Duration::from_millis(TIMEOUT.unsigned_abs()));
        let posted = pin!(self.post(record, &signal));
        let response = match select(posted, &mut timeout).await {
            Either::Left((Ok(response), _)) => response,
            Either::Left((Err(_), _)) => return nothing(Answer::Broken),
            Either::Right(_) => {
                controller.abort();
                return nothing(Answer::TimedOut);
            }
        };
        let status = response.status();
        let header = |name: &str| response.headers().get(name).ok().flatten();
        let retry_at = (status >= 400).then(|| retry_at(header, now())).flatten();
        let length = header("content-length").and_then(|length| length.parse().ok());
        let mut body = Vec::new();
        // The status is the answer, however slowly a body comes behind it.
        if length.is_some_and(|length: usize| length <= REPLY_BYTES) {
            // As a whole, which costs much less than piece by piece.
            match select(pin!(whole(&response)), timeout).await {
                Either::Left((text, _)) => body = text.unwrap_or_default().into_bytes(),
                Either::Right(_) => controller.abort(),
            }
            body.truncate(REPLY_BYTES);
        } else {
            let mut response = Response::from(response);
            let beginning = fetch::beginning(&mut response, &mut body, REPLY_BYTES);
            select(pin!(beginning), timeout).await;
            // Nobody reads the rest, which may have no end.
            controller.abort();
        }
        Reply {
            answer: Answer::Status(status),
            retry_at,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

/// The text of a whole body. `Response::text` of the `worker` crate would read it piece by piece.
pub async fn whole(response: &web_sys::Response) -> Result<String> {
    let text = JsFuture::from(response.text()?).await?;
    Ok(text.as_string().unwrap_or_default())
}

/// The platform's clock, which stands still between I/O.
pub fn now() -> UtcMillis {
    let now =
        UtcMillis::from_millis(i64::try_from(worker::Date::now().as_millis()).unwrap_or_default());
    #[cfg(feature = "faults")]
    let now = now.plus_millis(crate::edge::faults::clock_ms());
    now
}
