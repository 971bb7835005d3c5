//! Work that several wait for.

use crate::edge::wait::Boxed;
use js_sys::futures::spawn_local;
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Work that several wait for. It goes on though none of them does any more.
pub struct Joint<T>(Rc<RefCell<State<T>>>);

struct State<T> {
    outcome: Option<T>,
    waiting: Vec<Waker>,
}

impl<T> Clone for Joint<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Clone + 'static> Joint<T> {
    /// Begins the work.
    pub fn begin(work: Boxed<'static, T>) -> Self {
        let state = Rc::new(RefCell::new(State {
            outcome: None,
            waiting: Vec::new(),
        }));
        let joint = Self(Rc::clone(&state));
        spawn_local(async move {
            let outcome = work.await;
            let mut state = state.borrow_mut();
            state.outcome = Some(outcome);
            for waiting in state.waiting.drain(..) {
                waiting.wake();
            }
        });
        joint
    }

    /// What the work comes to.
    pub async fn outcome(self) -> T {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if let Some(outcome) = &state.outcome {
                return Poll::Ready(outcome.clone());
            }
            state.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}
