//! Cartrack over HTTP.

use crate::cartrack::record::Record;
use crate::cartrack::{Answer, REPLY_BYTES, Reply, Sink, TIMEOUT, retry_at};
use crate::edge::config::CartrackAccess;
use crate::timestamp::UtcMillis;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
};

/// Sends records with `fetch`.
#[derive(Debug)]
pub struct HttpSink {
    access: CartrackAccess,
}

impl HttpSink {
    /// A sink for this endpoint and key.
    pub const fn new(access: CartrackAccess) -> Self {
        Self { access }
    }

    fn request(&self, record: &Record) -> worker::Result<Request> {
        let headers = Headers::new();
        headers.set("content-type", "application/json")?;
        headers.set("x-api-key", self.access.key.expose())?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post)
            .with_headers(headers)
            .with_body(Some(record.to_json().into()))
            // The key must not follow a redirect to another host.
            .with_redirect(RequestRedirect::Manual);
        Request::new_with_init(&self.access.endpoint, &init)
    }
}

impl Sink for HttpSink {
    async fn send(&self, record: &Record) -> Reply {
        let nothing = |answer| Reply {
            answer,
            retry_at: None,
            body: String::new(),
        };
        let Ok(request) = self.request(record) else {
            return nothing(Answer::Broken);
        };
        let controller = AbortController::default();
        let signal = controller.signal();
        let mut timeout = Delay::from(Duration::from_millis(TIMEOUT.unsigned_abs()));
        let fetch = Fetch::Request(request);
        let mut response = match select(pin!(fetch.send_with_signal(&signal)), &mut timeout).await {
            Either::Left((Ok(response), _)) => response,
            Either::Left((Err(_), _)) => return nothing(Answer::Broken),
            Either::Right(_) => {
                controller.abort();
                return nothing(Answer::TimedOut);
            }
        };
        let headers = response.headers().clone();
        let retry_at = retry_at(|name| headers.get(name).ok().flatten(), now());
        let mut body = Vec::new();
        // The status is the answer, however slowly a body comes behind it.
        select(pin!(beginning(&mut response, &mut body)), timeout).await;
        // Nobody reads the rest, which may have no end.
        controller.abort();
        Reply {
            answer: Answer::Status(response.status_code()),
            retry_at,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

/// Reads the first bytes of a body. One that breaks off counts for what came.
async fn beginning(response: &mut Response, body: &mut Vec<u8>) {
    if let Ok(mut stream) = response.stream() {
        while let Some(Ok(chunk)) = stream.next().await {
            body.extend(chunk.into_iter().take(REPLY_BYTES - body.len()));
            if body.len() >= REPLY_BYTES {
                break;
            }
        }
    }
}

/// The platform's clock, which stands still between I/O.
pub fn now() -> UtcMillis {
    let now =
        UtcMillis::from_millis(i64::try_from(worker::Date::now().as_millis()).unwrap_or_default());
    #[cfg(feature = "faults")]
    let now = now.plus_millis(crate::edge::faults::clock_ms());
    now
}
