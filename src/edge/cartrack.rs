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
    AbortController, AbortSignal, Delay, Fetch, Headers, Method, Request, RequestInit,
    RequestRedirect, Response,
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
        let reply = {
            let exchange = pin!(exchange(request, &signal));
            let timeout = pin!(Delay::from(Duration::from_millis(TIMEOUT.unsigned_abs())));
            match select(exchange, timeout).await {
                Either::Left((Ok(reply), _)) => return reply,
                Either::Left((Err(_), _)) => return nothing(Answer::Broken),
                Either::Right(_) => nothing(Answer::TimedOut),
            }
        };
        controller.abort();
        reply
    }
}

async fn exchange(request: Request, signal: &AbortSignal) -> worker::Result<Reply> {
    let mut response = Fetch::Request(request).send_with_signal(signal).await?;
    let headers = response.headers().clone();
    let retry_at = retry_at(|name| headers.get(name).ok().flatten(), now());
    Ok(Reply {
        answer: Answer::Status(response.status_code()),
        retry_at,
        body: beginning(&mut response).await,
    })
}

/// The first bytes of a body; the rest is not read. A body that breaks off counts for what came.
async fn beginning(response: &mut Response) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut stream) = response.stream() {
        while let Some(Ok(chunk)) = stream.next().await {
            bytes.extend(chunk.into_iter().take(REPLY_BYTES - bytes.len()));
            if bytes.len() >= REPLY_BYTES {
                break;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The platform's clock, which stands still between I/O.
pub fn now() -> UtcMillis {
    let now =
        UtcMillis::from_millis(i64::try_from(worker::Date::now().as_millis()).unwrap_or_default());
    #[cfg(feature = "faults")]
    let now = now.plus_millis(crate::edge::faults::clock_ms());
    now
}
