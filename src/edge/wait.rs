//! Waiting: for a promise of the platform's, but not for ever, and for several things at once.

use js_sys::futures::JsFuture;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use wasm_bindgen::JsValue;
use worker::Delay;

/// A future of any type, so that what waits for it is in the Worker once.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Puts a future where its type is forgotten.
pub fn boxed<'a, T>(future: impl Future<Output = T> + 'a) -> Boxed<'a, T> {
    Box::pin(future)
}

/// Why nothing came.
#[derive(Clone, Copy, Debug)]
pub enum Lost {
    /// It failed, or broke off.
    Broken,
    /// Nothing came in time.
    TimedOut,
}

/// What a promise comes to, unless the time is over before.
pub fn within(promise: JsFuture, limit: &mut Delay) -> Within<'_> {
    Within { promise, limit }
}

/// The future of [`within`].
pub struct Within<'a> {
    promise: JsFuture,
    limit: &'a mut Delay,
}

impl Future for Within<'_> {
    type Output = Result<JsValue, Lost>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(settled) = Pin::new(&mut self.promise).poll(context) {
            return Poll::Ready(settled.map_err(|_| Lost::Broken));
        }
        let limit = Pin::new(&mut *self.limit).poll(context);
        limit.map(|()| Err(Lost::TimedOut))
    }
}

/// What each of several futures comes to, in their order; they run side by side.
pub async fn together<T>(mut futures: Vec<Boxed<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut all = Poll::Ready(());
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *done = Some(value),
                    Poll::Pending => all = Poll::Pending,
                }
            }
        }
        all
    })
    .await;
    done.into_iter().flatten().collect()
}
