//! Smartcar's signal `vehicleidentification-vin`, of version 3 of its API.
//!
//! <https://smartcar.com/docs/api-reference/get-signal>,
//! <https://smartcar.com/docs/api-reference/authorization/overview>,
//! <https://smartcar.com/docs/api-reference/api-errors>. Errors were seen in `errors` and, as that
//! page has them, bare.

use crate::json::Value;
use crate::lookup::{Answer, Failure, Known};
use crate::mapping::Vin;
use crate::payload;

/// The VIN's signal; `vehicle` is escaped already.
#[must_use]
pub fn vin_path(vehicle: &str) -> String {
    format!("/vehicles/{vehicle}/signals/vehicleidentification-vin")
}

/// Reads the answer for one vehicle.
///
/// # Errors
/// The [`Failure`] that the status or the body tells.
pub fn vin(status: u16, body: &[u8]) -> Answer {
    let body = Value::parse(body).unwrap_or(Value::Null);
    if status != 200 {
        return Err(refusal(status, &body));
    }
    // The reference shows the signal bare; clients have seen it within `data`.
    let signal = payload::member(&body, "/data").unwrap_or(&body);
    let attributes = payload::member(signal, "/attributes").ok_or(Failure::UnreadableAnswer)?;
    if payload::text(attributes, "/status/value").is_some_and(|value| value != "SUCCESS") {
        let error = payload::member(attributes, "/status/error");
        return Err(error.map_or(Failure::Unavailable, error_of));
    }
    let vin = payload::text(attributes, "/body/value").and_then(Vin::parse);
    Ok(Known { vin, sample: None })
}

/// Whether a 429 is about this vehicle alone, and not about all requests.
#[must_use]
pub fn limits_vehicle_only(body: &[u8]) -> bool {
    let body = Value::parse(body).unwrap_or(Value::Null);
    let error = error_in(&body);
    payload::text(error, "/code") == Some("VEHICLE")
        || payload::text(error, "/type") == Some("UPSTREAM")
}

fn refusal(status: u16, body: &Value) -> Failure {
    match status {
        401 => Failure::KeyRefused,
        403 => Failure::NoPermission,
        404 => Failure::NotFound,
        429 => Failure::RateLimited,
        430 | 501 => Failure::Unsupported,
        400 | 409 => error_of(error_in(body)),
        500.. => Failure::Unavailable,
        _ => Failure::UnreadableAnswer,
    }
}

/// The first error of a reply.
fn error_in(body: &Value) -> &Value {
    payload::array(body, "/errors").first().unwrap_or(body)
}

/// What an error means, by its documented type and code.
fn error_of(error: &Value) -> Failure {
    let code = payload::text(error, "/code");
    match payload::text(error, "/type") {
        Some("BILLING" | "COMPATIBILITY") => Failure::Unsupported,
        Some("CONNECTED_SERVICES_ACCOUNT") if code == Some("PERMISSION") => Failure::NoPermission,
        Some("CONNECTED_SERVICES_ACCOUNT") => Failure::Disconnected,
        Some("PERMISSION") => Failure::NoPermission,
        Some("RATE_LIMIT") => Failure::RateLimited,
        Some("RESOURCE_NOT_FOUND") => Failure::NotFound,
        Some("SERVER" | "UPSTREAM" | "VEHICLE_STATE") => Failure::Unavailable,
        _ => Failure::UnreadableAnswer,
    }
}
