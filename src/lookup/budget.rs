//! How often an API may be asked, so that its limits are never reached.

use crate::timestamp::UtcMillis;

/// So many calls in any span of a length, wherever it begins.
#[derive(Clone, Debug)]
pub struct Window {
    limit: usize,
    length: i64,
    taken: Vec<UtcMillis>,
}

impl Window {
    /// `limit` calls in any `length` milliseconds.
    #[must_use]
    pub const fn new(limit: usize, length: i64) -> Self {
        Self {
            limit,
            length,
            taken: Vec::new(),
        }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// When the next call may be made, where there is no room for one; nothing is counted then.
    pub fn take(&mut self, now: UtcMillis) -> Result<(), UtcMillis> {
        let over = now.plus_millis(-self.length);
        self.taken.retain(|at| *at > over);
        if self.taken.len() >= self.limit {
            let first = self.taken.first().copied().unwrap_or(now);
            return Err(first.plus_millis(self.length));
        }
        self.taken.push(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_of_the_length_has_more_calls_than_the_limit() {
        let at = |ms: i64| UtcMillis::from_millis(1_777_000_000_000 + ms);
        let mut window = Window::new(3, 60_000);
        for ms in [0, 10_000, 59_999] {
            assert_eq!(window.take(at(ms)), Ok(()), "{ms}");
        }
        assert_eq!(window.take(at(59_999)), Err(at(60_000)));
        assert_eq!(window.take(at(60_000)), Ok(()));
        assert_eq!(window.take(at(60_001)), Err(at(70_000)));
    }
}
