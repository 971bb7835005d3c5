//! Telemax's `last-position`: VIN, speed, ignition and odometer in one sample.
//!
//! <https://docs.telemax.com.au/v2/api-reference/get-vehicles-id-last-position>,
//! <https://docs.telemax.com.au/v2/api-reference/get-companies-id-vehicles-last-position>,
//! <https://docs.telemax.com.au/v2/errors>

use crate::json::Value;
use crate::lookup::{Answer, Failure, Known, Sample, quantity};
use crate::mapping::Vin;
use crate::payload;
use crate::timestamp::UtcMillis;

/// Where an API key is exchanged for a token.
pub const TOKEN_PATH: &str = "/api/v2/authentication/token/api-key";

/// The sample of one vehicle; `id` is escaped already.
#[must_use]
pub fn position_path(id: &str) -> String {
    format!("/api/v2/vehicles/{id}/last-position")
}

/// One page of the samples of a company's vehicles, from 1 on; `id` is escaped already.
#[must_use]
pub fn company_path(id: &str, page: u32) -> String {
    format!("/api/v2/companies/{id}/vehicles/last-position?page={page}&pageSize={PAGE}")
}

/// Reads the answer for one vehicle. One about another vehicle is not believed.
///
/// # Errors
/// The [`Failure`] that the status or the body tells.
pub fn position(status: u16, body: &[u8], vehicle: &str) -> Answer {
    refusal(status)?;
    let body = Value::parse(body).ok_or(Failure::UnreadableAnswer)?;
    if body == Value::Null {
        // Documented: there is no record of the vehicle yet.
        return Ok(Known::default());
    }
    match record(&body) {
        Some((about, known)) if about == vehicle => Ok(known),
        _ => Err(Failure::UnreadableAnswer),
    }
}

/// One page of a company's vehicles, each with its id, and how many pages there are.
///
/// # Errors
/// The [`Failure`] that the status or the body tells.
pub fn company_page(status: u16, body: &[u8]) -> Result<(Vec<(String, Known)>, u32), Failure> {
    refusal(status)?;
    let body = payload::parse_object(body).map_err(|_| Failure::UnreadableAnswer)?;
    let pages = payload::member(&body, "/numberOfPages").and_then(Value::as_u64);
    let pages = pages
        .and_then(|pages| u32::try_from(pages).ok())
        .ok_or(Failure::UnreadableAnswer)?;
    let items = payload::array(&body, "/items");
    Ok((items.iter().filter_map(record).collect(), pages))
}

/// Whether a company's pages cost fewer calls than its vehicles one by one.
#[must_use]
pub fn asks_company(vehicles: usize, pages: u32) -> bool {
    u32::try_from(vehicles).is_ok_and(|vehicles| vehicles > pages)
}

fn refusal(status: u16) -> Result<(), Failure> {
    match status {
        200 => Ok(()),
        401 => Err(Failure::KeyRefused),
        403 => Err(Failure::NoPermission),
        404 => Err(Failure::NotFound),
        429 => Err(Failure::RateLimited),
        500.. => Err(Failure::Unavailable),
        _ => Err(Failure::UnreadableAnswer),
    }
}

/// A record with the id of the vehicle that it is about: `deviceId`, which alerts call
/// `vehicleId`. `id` is that of the record.
fn record(record: &Value) -> Option<(String, Known)> {
    let about = payload::id(record, "/deviceId")?;
    let sample = payload::text(record, "/utcTime")
        .and_then(utc_time)
        .map(|at| Sample {
            at,
            speed_kmh: quantity(record, "/speed"),
            ignition: payload::member(record, "/ignition").and_then(Value::as_bool),
            odometer_km: quantity(record, "/odometer"),
        });
    let vin = payload::text(record, "/vin").and_then(Vin::parse);
    Some((about, Known { vin, sample }))
}

/// Telemax writes times in UTC without saying so.
fn utc_time(text: &str) -> Option<UtcMillis> {
    UtcMillis::parse_iso(text).or_else(|| UtcMillis::parse_iso(&format!("{text}Z")))
}

/// The default of Telemax's other lists; the largest page is not documented.
const PAGE: u32 = 50;
