//! JSON that the Worker puts together: replies, lines of the log, what lanes answer, sums of it.
//!
//! `serde_json::json!` would do the same with a value of its own, whose members are in a tree, and
//! with a conversion of each that could fail: at three dozen places a tenth of the Worker.

use crate::json::Value;
use crate::state::State;
use crate::timestamp::UtcMillis;
use serde::{Serialize, Serializer};

/// An object of these members; a value is whatever makes a [`Value`].
macro_rules! object {
    ({ $($name:literal: $value:expr),* $(,)? }) => {{
        #[allow(unused_mut, reason = "an object without members gets none")]
        let mut object = $crate::json::Value::Object(Vec::new());
        $(object.set($name, $value);)*
        object
    }};
}

pub(crate) use object;

/// The text of a value. What is put together here, and what the platform gave, has nothing that JSON lacks.
pub use crate::platform::to_json as text;

impl Value {
    /// Puts a member into an object.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Self>) {
        self.place(&[name], value.into());
    }

    /// The same where there is a value.
    pub(crate) fn set_known(&mut self, name: &str, value: Option<impl Into<Self>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Puts a value at the end of a path, in place of what is there. Where the path is new, objects
    /// lead there. Members that are added so are in the order of their names.
    pub(crate) fn put(&mut self, path: &[&str], value: impl Into<Self>) {
        self.place(path, value.into());
    }

    fn place(&mut self, path: &[&str], value: Self) {
        let Some((name, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if !matches!(self, Self::Object(_)) {
            *self = Self::Object(Vec::new());
        }
        let Self::Object(members) = self else { return };
        let place = members.partition_point(|(known, _)| known.as_str() < *name);
        if members.get(place).is_none_or(|(known, _)| known != name) {
            members.insert(place, ((*name).to_owned(), Self::Null));
        }
        if let Some((_, member)) = members.get_mut(place) {
            member.place(rest, value);
        }
    }

    /// Adds a number to the one at the end of a path.
    pub(crate) fn add(&mut self, path: &[&str], n: u64) {
        let known = self.find(path).and_then(Self::as_u64);
        self.put(path, known.unwrap_or_default() + n);
    }

    /// What is at the end of a path.
    pub(crate) fn find(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.get(name))
    }

    /// Has the members of these names, where they are times in UTC milliseconds, in ISO 8601.
    pub(crate) fn show_times(&mut self, names: &[&str]) {
        let Self::Object(members) = self else { return };
        for (name, value) in members {
            if names.contains(&name.as_str())
                && let Some(ms) = value.as_i64()
            {
                *value = UtcMillis::from_millis(ms).into();
            }
        }
    }

    /// The elements of an array by themselves; none of anything else.
    pub(crate) fn into_elements(self) -> Vec<Self> {
        match self {
            Self::Array(elements) => elements,
            _ => Vec::new(),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Negative(number) => serializer.serialize_i64(*number),
            Self::Null => serializer.serialize_unit(),
            Self::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
            Self::Text(text) => serializer.serialize_str(text),
            Self::Unsigned(number) => serializer.serialize_u64(*number),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        u64::try_from(number).map_or(Self::Negative(number), Self::Unsigned)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Unsigned(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Unsigned(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Unsigned(number as u64)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<State> for Value {
    fn from(state: State) -> Self {
        state.as_str().into()
    }
}

impl From<UtcMillis> for Value {
    fn from(time: UtcMillis) -> Self {
        Self::Text(time.to_iso())
    }
}

impl From<Vec<Self>> for Value {
    fn from(elements: Vec<Self>) -> Self {
        Self::Array(elements)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
