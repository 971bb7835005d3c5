//! Routes and replies.

use crate::edge::error::{Error, Result};
use crate::edge::lanes::Lanes;
use crate::edge::object::{object, text};
use crate::edge::wait::boxed;
use crate::edge::{admin, hooks};
use crate::fault::Fault;
use crate::provider;
use crate::rejection::Rejection;
use js_sys::Uint8Array;
use js_sys::futures::JsFuture;
use serde::Serialize;
use std::cell::{Cell, OnceCell};
use web_sys::{Headers, Request, Response, ResponseInit, console};
use worker::{Context, Env};

/// Answers a request by its path.
pub async fn route(request: Request, env: Env, context: Context) -> Result<Response> {
    let path = path(&request);
    #[cfg(feature = "faults")]
    {
        if path == "/faults" {
            return crate::edge::faults::route(request).await;
        }
        crate::edge::faults::point("fetch", None).await?;
    }
    wake_lanes(&env, &context);
    if let Some(hook) = path.strip_prefix("/hooks/") {
        return if hook == hooks::CALLBACK {
            hooks::callback(request, &env, &context).await
        } else if let Some(provider) = provider::named(hook) {
            hooks::delivery(provider, request, &env, &context).await
        } else {
            unknown_route()
        };
    }
    match path.as_str() {
        "/healthz" if is_read(&request) => json_reply(
            200,
            &object!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }),
        ),
        "/healthz" => method_not_allowed("GET"),
        "/metrics" => admin::metrics(request, &env).await,
        _ if path == "/api" || path.starts_with("/api/") => admin::route(request, &env).await,
        _ => unknown_route(),
    }
}

/// The path of a request, as its URL writes it.
pub fn path(request: &Request) -> String {
    let url = request.url();
    // Behind the scheme, two slashes and the host.
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    format!("/{}", path.split(['?', '#']).next().unwrap_or_default())
}

/// The whole body of a request of which nothing was read.
///
/// # Errors
/// When the connection breaks.
pub async fn body(request: &Request) -> Result<Vec<u8>> {
    let body = JsFuture::from(request.array_buffer()?).await?;
    Ok(Uint8Array::new(&body).to_vec())
}

/// A reply with a JSON body.
pub fn json_reply(status: u16, body: &impl Serialize) -> Result<Response> {
    let headers = JSON_HEADERS.with(|headers| match headers.get() {
        Some(headers) => Ok(headers.clone()),
        None => headers_of("application/json").map(|made| headers.get_or_init(|| made).clone()),
    })?;
    reply(status, &headers, Some(&text(body)))
}

/// A reply with a text of any type as its body.
pub fn text_reply(status: u16, content_type: &str, text: &str) -> Result<Response> {
    reply(status, &headers_of(content_type)?, Some(text))
}

/// A reply of these parts; it has a copy of the headers.
pub fn reply(status: u16, headers: &Headers, body: Option<&str>) -> Result<Response> {
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(headers);
    Ok(Response::new_with_opt_str_and_init(body, &init)?)
}

fn headers_of(content_type: &str) -> Result<Headers> {
    let headers = Headers::new()?;
    headers.set("content-type", content_type)?;
    headers.set("cache-control", "no-store")?;
    headers.set("x-content-type-options", "nosniff")?;
    Ok(headers)
}

/// An error in the form that every error has.
pub fn error_reply(status: u16, code: &str, message: &str) -> Result<Response> {
    json_reply(status, &object!({ "error": code, "message": message }))
}

/// What a refused delivery is answered with.
pub fn rejection_reply(rejection: &Rejection) -> Result<Response> {
    error_reply(rejection.status(), rejection.code(), &rejection.to_string())
}

/// What a failure on our side is answered with.
pub fn fault_reply(fault: Fault) -> Result<Response> {
    let response = error_reply(503, fault.code(), &fault.to_string())?;
    response.headers().set("retry-after", "5")?;
    Ok(response)
}

/// What is answered when the platform fails where nothing else is known to be done.
pub fn failure_reply(error: Error) -> Response {
    console::error_1(&error.into());
    fault_reply(Fault::Storage("platform")).unwrap_or_else(|_| Response::error())
}

/// The answer to a path that does not exist.
pub fn unknown_route() -> Result<Response> {
    error_reply(
        404,
        "unknown_route",
        "There is nothing at this path. See the README for what there is.",
    )
}

/// The answer to a method that a path does not take.
pub fn method_not_allowed(allow: &str) -> Result<Response> {
    let message = format!("This path takes {allow} only.");
    let response = error_reply(405, "method_not_allowed", &message)?;
    response.headers().set("allow", allow)?;
    Ok(response)
}

fn is_read(request: &Request) -> bool {
    matches!(request.method().as_str(), "GET" | "HEAD")
}

thread_local! {
    static AWAKE: Cell<bool> = const { Cell::new(false) };
    /// The headers that every reply with JSON has; a copy of them is made at once.
    static JSON_HEADERS: OnceCell<Headers> = const { OnceCell::new() };
}

/// Touches every lane once in the life of an isolate: the local runtime forgets alarms when it is
/// restarted, and a lane sets its own again as soon as it is asked for anything.
fn wake_lanes(env: &Env, context: &Context) {
    if !AWAKE.replace(true) {
        let env = env.clone();
        context.wait_until(boxed(async move { Lanes::of(&env).touch().await }));
    }
}
