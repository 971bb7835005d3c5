//! Reading back what this program wrote as JSON: stored events, rows, messages between its parts.
//!
//! serde would derive it, with the words of errors that nobody sees, and would be a twentieth of the
//! Worker. By hand each type is read as it is written, one member a line; what is built of them has to
//! have every field, and a test of each type sees that the names are those that it is written with.

use crate::json::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// A type that is read back from JSON.
pub trait FromJson: Sized {
    /// Reads a value; `None` where it is not of this type. A member that is absent is read as null.
    fn from_value(value: Value) -> Option<Self>;

    /// Reads a text.
    #[must_use]
    fn from_json(text: &[u8]) -> Option<Self> {
        Self::from_value(Value::parse(text)?)
    }
}

impl Value {
    /// Takes a member out of an object; null where there is none.
    #[must_use]
    pub fn remove(&mut self, name: &str) -> Self {
        if let Self::Object(members) = self
            && let Some(place) = members.iter().position(|(known, _)| known == name)
        {
            return members.remove(place).1;
        }
        Self::Null
    }

    /// Takes out a member and reads it.
    pub fn take<T: FromJson>(&mut self, name: &str) -> Option<T> {
        T::from_value(self.remove(name))
    }

    /// The same, where one that is absent has a meaning.
    pub fn take_or_default<T: FromJson + Default>(&mut self, name: &str) -> Option<T> {
        self.take(name).map(Option::unwrap_or_default)
    }
}

impl FromJson for bool {
    fn from_value(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl FromJson for f64 {
    fn from_value(value: Value) -> Option<Self> {
        value.as_f64()
    }
}

impl FromJson for i64 {
    fn from_value(value: Value) -> Option<Self> {
        value.as_i64()
    }
}

impl FromJson for u64 {
    fn from_value(value: Value) -> Option<Self> {
        value.as_u64()
    }
}

impl FromJson for u32 {
    fn from_value(value: Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl FromJson for u16 {
    fn from_value(value: Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl FromJson for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Array(elements) => elements.into_iter().map(T::from_value).collect(),
            _ => None,
        }
    }
}

/// Fails unless a value is the same after it was written and read back.
#[cfg(test)]
pub(crate) fn assert_reads_back<T: FromJson + serde::Serialize>(value: &T) {
    let written = serde_json::to_string(value).unwrap();
    let read = T::from_json(written.as_bytes()).unwrap_or_else(|| panic!("unreadable: {written}"));
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Debug, PartialEq, Serialize)]
    struct Named {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        nick: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        marks: Vec<u16>,
    }

    impl FromJson for Named {
        fn from_value(mut named: Value) -> Option<Self> {
            Some(Self {
                name: named.take("name")?,
                nick: named.take("nick")?,
                marks: named.take_or_default("marks")?,
            })
        }
    }

    #[test]
    fn members_are_read_in_any_order_beside_unknown_ones() {
        let text = br#"{"other":{},"marks":[1,2],"name":"a"}"#;
        let read = Named {
            name: "a".into(),
            nick: None,
            marks: vec![1, 2],
        };
        assert_eq!(Named::from_json(text), Some(read));
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_not_read() {
        for text in [
            "{}",
            "[]",
            "null",
            "",
            r#"{"name":null}"#,
            r#"{"name":1}"#,
            r#"{"name":"a","nick":1}"#,
            r#"{"name":"a","marks":{}}"#,
            r#"{"name":"a","marks":[-1]}"#,
            r#"{"name":"a","marks":[65536]}"#,
            r#"{"name":"a","marks":[1,null]}"#,
        ] {
            assert_eq!(Named::from_json(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn values_of_every_type_read_back() {
        assert_reads_back(&(i64::MIN));
        assert_reads_back(&(u64::MAX));
        assert_reads_back(&(u32::MAX));
        assert_reads_back(&[Some(true), None, Some(false)].to_vec());
        assert_reads_back(&vec![0.5, -1.0, 1e300]);
    }
}
