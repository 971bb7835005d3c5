//! Reading members of a provider's JSON. Every member is optional, and one of an unexpected type
//! counts as absent: providers add members and change types, and one odd value must not hide the
//! rest of an event.

use crate::json::Value;
use crate::rejection::Rejection;
use crate::timestamp::UtcMillis;
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};

/// Parses genuine bytes, which must be a JSON object.
///
/// # Errors
/// [`Rejection::MalformedBody`] for everything else, invalid UTF-8 and nesting beyond 128 levels
/// included.
pub fn parse_object(body: &[u8]) -> Result<Value, Rejection> {
    match Value::parse(body) {
        Some(object @ Value::Object(_)) => Ok(object),
        _ => Err(Rejection::MalformedBody),
    }
}

/// The member at `path`, as in `/data/vehicle/id`, unless it is null.
#[must_use]
pub fn member<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut names = path.split('/').skip(1);
    names
        .try_fold(value, |value, name| value.get(name))
        .filter(|member| **member != Value::Null)
}

/// The text at `path`, trimmed; an empty one is absent.
#[must_use]
pub fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    member(value, path)?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// The id at `path`: text or a whole number, 128 bytes at most.
#[must_use]
pub fn id(value: &Value, path: &str) -> Option<String> {
    let id = match member(value, path)? {
        Value::Negative(number) => number.to_string(),
        Value::Text(text) => text.trim().to_owned(),
        Value::Unsigned(number) => number.to_string(),
        _ => return None,
    };
    (1..=128).contains(&id.len()).then_some(id)
}

/// The number at `path`.
#[must_use]
pub fn number(value: &Value, path: &str) -> Option<f64> {
    member(value, path)?.as_f64()
}

/// The elements of the array at `path`; none when it is absent.
#[must_use]
pub fn array<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    member(value, path).map(Value::elements).unwrap_or_default()
}

/// The time at `path`: ISO 8601, or a number of UTC milliseconds in which 0 means unknown.
#[must_use]
pub fn time(value: &Value, path: &str) -> Option<UtcMillis> {
    match member(value, path)? {
        Value::Text(text) => UtcMillis::parse_iso(text),
        number => number
            .as_i64()
            .filter(|ms| *ms > 0)
            .map(UtcMillis::from_millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_another_type_are_absent() {
        let body = br#"{"a":{"id":7,"name":" x ","none":null,"at":0,"list":{}},"f":1.5}"#;
        let value = parse_object(body).unwrap();
        assert_eq!(id(&value, "/a/id").as_deref(), Some("7"));
        assert_eq!(text(&value, "/a/name"), Some("x"));
        assert_eq!(id(&value, "/f"), None);
        assert_eq!(text(&value, "/a/id"), None);
        assert!(member(&value, "/a/none").is_none());
        assert_eq!(time(&value, "/a/at"), None);
        assert!(array(&value, "/a/list").is_empty());
    }

    #[test]
    fn only_objects_are_events() {
        for body in [
            &b"[]"[..],
            b"\"x\"",
            b"1",
            b"",
            b"{",
            b"\xff",
            b"{} x",
            b"null",
        ] {
            assert_eq!(parse_object(body), Err(Rejection::MalformedBody));
        }
        let deep = format!("{}{}", "{\"a\":".repeat(200), "1");
        assert_eq!(parse_object(deep.as_bytes()), Err(Rejection::MalformedBody));
        assert!(parse_object(b" {} ").is_ok());
    }
}
