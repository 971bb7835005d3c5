//! Cartrack over HTTP.

use crate::cartrack::{Answer, REPLY_BYTES, Reply, Sink, TIMEOUT, retry_at};
use crate::edge::config::CartrackAccess;
use crate::edge::error::Result;
use crate::edge::fetch;
use crate::edge::wait::Lost;
use crate::timestamp::UtcMillis;
use std::time::Duration;
use web_sys::RequestInit;

/// Sends records with `fetch`.
pub struct HttpSink {
    endpoint: String,
    /// Everything about a request but its body and its end.
    request: RequestInit,
}

impl HttpSink {
    /// A sink for this endpoint and key.
    ///
    /// # Errors
    /// An error when the key cannot be sent in a header.
    pub fn new(access: &CartrackAccess) -> Result<Self> {
        let headers = [
            ("content-type", "application/json"),
            ("x-api-key", access.key.expose()),
        ];
        Ok(Self {
            endpoint: access.endpoint.clone(),
            request: fetch::request("POST", &headers)?,
        })
    }
}

impl Sink for HttpSink {
    async fn send(&self, record: &str) -> Reply {
        self.request.set_body(&record.into());
        let timeout = Duration::from_millis(TIMEOUT.unsigned_abs());
        match fetch::send(&self.endpoint, &self.request, timeout, REPLY_BYTES).await {
            Ok(fetched) => Reply {
                answer: Answer::Status(fetched.status),
                retry_at: (fetched.status >= 400)
                    .then(|| retry_at(|name| fetched.header(name), now()))
                    .flatten(),
                body: String::from_utf8_lossy(&fetched.body).into_owned(),
            },
            Err(lost) => Reply {
                answer: match lost {
                    Lost::Broken => Answer::Broken,
                    Lost::TimedOut => Answer::TimedOut,
                },
                retry_at: None,
                body: String::new(),
            },
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
