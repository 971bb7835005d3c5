//! What providers' APIs answer, and what an event becomes with it.
//!
//! The answers are those of the vendors' pages that `src/lookup/*.rs` name, and what is left of
//! them when members are missing, of another type, or about something else.

use serde_json::{Value, json};
use weighbridge::cartrack::record::{Record, Unsendable};
use weighbridge::event::Event;
use weighbridge::json::FromJson;
use weighbridge::lookup::{Answer, Failure, Finding, Known, Sample, Sources, Token};
use weighbridge::lookup::{smartcar, telemax};
use weighbridge::mapping::{Mapping, Vin};
use weighbridge::timestamp::UtcMillis;

const VIN: &str = "1HGBH41JXMN109186";
const OTHER: &str = "WDB9066331S000421";
const ALERT_AT: &str = "2026-04-28T06:14:22Z";
const WINDOW: i64 = 60_000;

fn at(text: &str) -> UtcMillis {
    UtcMillis::parse_iso(text).unwrap()
}

/// Telemax's example of a position, with changes.
fn position(changes: &Value) -> Value {
    let mut position = json!({
        "id": 1_284_686_417, "utcTime": "2026-04-28T06:14:22", "userTime": "2026-04-28T16:14:22",
        "lat": -33.8688, "lng": 151.2093, "speed": 0, "course": 142, "ignition": false,
        "odometer": 45321.2, "voltage": 12.8, "deviceId": 88421, "deviceName": "Delivery Van 07",
        "imei": "353148090123456", "vin": VIN, "address": null, "isOnline": false,
    });
    for (name, value) in changes.as_object().unwrap() {
        position[name] = value.clone();
    }
    position
}

fn telemax_answer(changes: &Value) -> Answer {
    telemax::position(200, position(changes).to_string().as_bytes(), "88421")
}

fn event(changes: &Value) -> Event {
    let mut event = json!({
        "provider": "telemax", "vehicle": "88421", "type": "Geofence",
        "provider_event_id": "tmx-1", "received_at": "2026-04-28T06:14:30Z",
        "event_ts": ALERT_AT, "position": {"latitude": -33.8688, "longitude": 151.2093},
    });
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    Event::from_json(event.to_string().as_bytes()).unwrap()
}

fn finding(event: &Event, answer: &Answer) -> Finding {
    Finding::of(event, answer, at("2026-04-28T06:14:31Z"), WINDOW)
}

fn record(event: &Event, finding: &Finding, vin: Option<&str>) -> Result<Value, Unsendable> {
    let mapping = Mapping {
        vin: vin.and_then(Vin::parse),
        ..Mapping::default()
    };
    let record = Record::weigh(&finding.add_to(event.clone()), Some(&mapping))?;
    Ok(serde_json::from_str(&record.to_json()).unwrap())
}

#[test]
fn telemaxs_example_is_read_whole() {
    assert_eq!(
        telemax_answer(&json!({})),
        Ok(Known {
            vin: Vin::parse(VIN),
            sample: Some(Sample {
                // Telemax writes UTC without saying so.
                at: at(ALERT_AT),
                speed_kmh: Some(0.0),
                ignition: Some(false),
                odometer_km: Some(45321.2),
            }),
        })
    );
}

#[test]
fn what_cannot_be_true_is_absent() {
    let known = |changes: Value| telemax_answer(&changes).unwrap();
    for vin in [json!(null), json!(""), json!("1HGBH41JXMN10918"), json!(17)] {
        assert_eq!(known(json!({ "vin": vin })).vin, None, "{vin}");
    }
    assert_eq!(
        known(json!({"vin": " 1hgbh41jxmn109186 "})).vin,
        Vin::parse(VIN)
    );
    for time in [json!(null), json!("yesterday"), json!(1_777_356_862)] {
        assert_eq!(known(json!({ "utcTime": time })).sample, None, "{time}");
    }
    for value in [json!(null), json!("54"), json!(-1), json!(true)] {
        let sample = known(json!({"speed": value, "odometer": value}))
            .sample
            .unwrap();
        assert_eq!(
            (sample.speed_kmh, sample.odometer_km),
            (None, None),
            "{value}"
        );
    }
    for value in [json!(null), json!(1), json!("true")] {
        let sample = known(json!({ "ignition": value })).sample.unwrap();
        assert_eq!(sample.ignition, None, "{value}");
    }
}

#[test]
fn an_answer_about_another_vehicle_tells_nothing() {
    for about in [json!(88422), json!(null), json!("eighty"), json!([88421])] {
        assert_eq!(
            telemax_answer(&json!({ "deviceId": about })),
            Err(Failure::UnreadableAnswer),
            "{about}"
        );
    }
    for body in ["", "[]", "{}", "\"88421\"", "{", "\u{0}"] {
        assert_eq!(
            telemax::position(200, body.as_bytes(), "88421"),
            Err(Failure::UnreadableAnswer),
            "{body}"
        );
    }
    assert_eq!(
        telemax::position(200, b"null", "88421"),
        Ok(Known::default())
    );
}

#[test]
fn telemaxs_refusals_are_told_apart() {
    for (status, failure) in [
        (401, Failure::KeyRefused),
        (403, Failure::NoPermission),
        (404, Failure::NotFound),
        (429, Failure::RateLimited),
        (500, Failure::Unavailable),
        (503, Failure::Unavailable),
        (302, Failure::UnreadableAnswer),
        (204, Failure::UnreadableAnswer),
    ] {
        assert_eq!(
            telemax::position(status, b"null", "1"),
            Err(failure),
            "{status}"
        );
        assert_eq!(telemax::company_page(status, b"{}").err(), Some(failure));
    }
}

#[test]
fn a_companys_page_names_each_vehicle_and_how_many_pages_there_are() {
    let page = json!({
        "items": [position(&json!({})), position(&json!({"deviceId": 7, "vin": OTHER})), {}, null],
        "totalResults": 52, "lastResultIndex": 50, "currentPage": 1, "numberOfPages": 2,
    });
    let (known, pages) = telemax::company_page(200, page.to_string().as_bytes()).unwrap();
    let vehicles: Vec<&str> = known.iter().map(|(vehicle, _)| vehicle.as_str()).collect();
    assert_eq!((vehicles, pages), (vec!["88421", "7"], 2));
    assert_eq!(known[1].1.vin, Vin::parse(OTHER));
    for body in [
        "[]",
        "{}",
        r#"{"numberOfPages": "two"}"#,
        r#"{"numberOfPages": 5000000000}"#,
    ] {
        let page = telemax::company_page(200, body.as_bytes());
        assert_eq!(page.err(), Some(Failure::UnreadableAnswer), "{body}");
    }
}

#[test]
fn a_company_is_asked_for_where_that_costs_fewer_calls() {
    for (vehicles, pages, asks) in [(0, 1, false), (1, 1, false), (2, 1, true), (5, 5, false)] {
        assert_eq!(
            telemax::asks_company(vehicles, pages),
            asks,
            "{vehicles} {pages}"
        );
    }
}

#[test]
fn a_sample_within_the_window_completes_the_record() {
    for time in ["2026-04-28T06:13:22", "2026-04-28T06:15:22"] {
        let event = event(&json!({}));
        let finding = finding(&event, &telemax_answer(&json!({ "utcTime": time })));
        assert_eq!(finding.result, "telemetry", "{time}");
        let record = record(&event, &finding, Some(VIN)).unwrap();
        let telemetry = json!({"speed": 0.0, "ignition": false, "odometer": 45321.2});
        assert_eq!(record["telemetry"], telemetry, "{time}");
    }
}

#[test]
fn a_sample_that_does_not_belong_leaves_the_event_as_it_was() {
    let on = json!({"ignition": {"value": true, "at": ALERT_AT}, "moment": "IGNITION_ON"});
    for (stated, changes, result) in [
        (
            json!({}),
            json!({"utcTime": "2026-04-28T06:13:21"}),
            "outside_window",
        ),
        (
            json!({}),
            json!({"utcTime": "2026-04-28T06:15:23"}),
            "outside_window",
        ),
        (on.clone(), json!({"ignition": false}), "ignition_disagrees"),
        (on, json!({"ignition": null}), "incomplete"),
        (json!({}), json!({"speed": null}), "incomplete"),
        (json!({}), json!({"odometer": null}), "incomplete"),
        (json!({}), json!({"utcTime": null}), "vin"),
        (json!({}), json!({"utcTime": null, "vin": null}), "no_vin"),
    ] {
        let event = event(&stated);
        let finding = finding(&event, &telemax_answer(&changes));
        assert_eq!((finding.result.as_str(), finding.sample), (result, None));
        let plain = Finding::without(Failure::TimedOut, at(ALERT_AT));
        assert_eq!(
            record(&event, &finding, Some(VIN)),
            record(&event, &plain, Some(VIN)),
            "{result}"
        );
    }
}

#[test]
fn what_the_payload_says_stays() {
    let event = event(&json!({"speed_kmh": {"value": 127.4, "at": ALERT_AT}}));
    let finding = finding(
        &event,
        &telemax_answer(&json!({"speed": 54, "ignition": true})),
    );
    let sent = record(&event, &finding, Some(VIN)).unwrap();
    assert_eq!(
        sent["telemetry"],
        json!({"speed": 127.4, "ignition": true, "odometer": 45321.2})
    );
    assert_eq!(
        serde_json::to_value(Sources::of(&event, Some(&finding))).unwrap(),
        json!({
            "chassis_number": "mapping", "position": "payload",
            "telemetry": {"speed": "payload", "ignition": "lookup", "odometer": "lookup"},
        })
    );
}

#[test]
fn a_vin_that_was_looked_up_serves_the_event_unless_the_mapping_has_another() {
    let event = event(&json!({}));
    let found = finding(&event, &telemax_answer(&json!({})));
    let sent = record(&event, &found, None).unwrap();
    assert_eq!(sent["chassis_number"], VIN);
    assert_eq!(
        record(&event, &found, Some(OTHER)),
        Err(Unsendable::VinConflict)
    );
    let learned = Finding {
        learned: true,
        ..found
    };
    let sources = serde_json::to_value(Sources::of(&event, Some(&learned))).unwrap();
    assert_eq!(sources["chassis_number"], "lookup");
    let without = serde_json::to_value(Sources::of(&event, None)).unwrap();
    assert_eq!(
        without,
        json!({"chassis_number": "mapping", "position": "payload"})
    );
}

#[test]
fn a_finding_is_the_same_after_it_was_stored() {
    let event = event(&json!({}));
    for answer in [telemax_answer(&json!({})), Err(Failure::NoPermission)] {
        let found = finding(&event, &answer);
        let stored = serde_json::to_vec(&found).unwrap();
        assert_eq!(Finding::from_json(&stored), Some(found));
    }
}

#[test]
fn smartcars_signal_is_read_bare_and_within_data() {
    let signal = |status: Value, body: Value| {
        json!({
            "id": "vehicleidentification-vin", "type": "signal",
            "attributes": {"code": "vehicleidentification-vin", "name": "VIN",
                           "group": "VehicleIdentification", "status": status, "body": body},
            "meta": {"retrievedAt": 1_696_156_800, "oemUpdatedAt": 1_696_156_799},
        })
    };
    let read = |body: &Value| smartcar::vin(200, body.to_string().as_bytes());
    let known = Ok(Known {
        vin: Vin::parse(VIN),
        sample: None,
    });
    let bare = signal(json!({"value": "SUCCESS"}), json!({ "value": VIN }));
    assert_eq!(read(&bare), known);
    assert_eq!(read(&json!({ "data": bare })), known);
    assert_eq!(read(&signal(json!(null), json!({ "value": VIN }))), known);
    let none = read(&signal(
        json!({"value": "SUCCESS"}),
        json!({"value": "short"}),
    ));
    assert_eq!(none, Ok(Known::default()));
    let failed = json!({"value": "ERROR", "error": {"type": "PERMISSION", "code": null}});
    assert_eq!(
        read(&signal(failed, json!(null))),
        Err(Failure::NoPermission)
    );
    let failed = signal(json!({"value": "ERROR"}), json!({ "value": VIN }));
    assert_eq!(read(&failed), Err(Failure::Unavailable));
    for body in [json!([]), json!({}), json!({"data": []}), json!(null)] {
        assert_eq!(read(&body), Err(Failure::UnreadableAnswer), "{body}");
    }
}

#[test]
fn smartcars_errors_are_told_apart_in_both_forms() {
    for (status, kind, code, failure) in [
        (
            400,
            "CONNECTED_SERVICES_ACCOUNT",
            "VEHICLE_MISSING",
            Failure::Disconnected,
        ),
        (
            400,
            "CONNECTED_SERVICES_ACCOUNT",
            "AUTHENTICATION_FAILED",
            Failure::Disconnected,
        ),
        (
            400,
            "CONNECTED_SERVICES_ACCOUNT",
            "PERMISSION",
            Failure::NoPermission,
        ),
        (400, "VALIDATION", "PARAMETER", Failure::UnreadableAnswer),
        (401, "AUTHENTICATION", "", Failure::KeyRefused),
        (403, "PERMISSION", "", Failure::NoPermission),
        (
            404,
            "RESOURCE_NOT_FOUND",
            "VEHICLE_NOT_FOUND",
            Failure::NotFound,
        ),
        (409, "VEHICLE_STATE", "ASLEEP", Failure::Unavailable),
        (429, "RATE_LIMIT", "SMARTCAR_API", Failure::RateLimited),
        (430, "BILLING", "VEHICLE_LIMIT", Failure::Unsupported),
        (500, "SERVER", "INTERNAL", Failure::Unavailable),
        (
            501,
            "COMPATIBILITY",
            "VEHICLE_NOT_CAPABLE",
            Failure::Unsupported,
        ),
        (502, "UPSTREAM", "NO_RESPONSE", Failure::Unavailable),
    ] {
        let error = json!({"type": kind, "code": code, "statusCode": status});
        for body in [error.clone(), json!({"errors": [error]})] {
            let answer = smartcar::vin(status, body.to_string().as_bytes());
            assert_eq!(answer, Err(failure), "{body}");
        }
    }
    assert_eq!(smartcar::vin(503, b"<html>"), Err(Failure::Unavailable));
    let limit = |code: &str| json!({"errors": [{"type": "RATE_LIMIT", "code": code}]}).to_string();
    assert!(smartcar::limits_vehicle_only(limit("VEHICLE").as_bytes()));
    assert!(!smartcar::limits_vehicle_only(
        limit("SMARTCAR_API").as_bytes()
    ));
    assert!(!smartcar::limits_vehicle_only(b""));
}

#[test]
fn a_token_is_renewed_before_its_end_and_never_printed() {
    let now = at(ALERT_AT);
    let read = |body: Value| Token::read(body.to_string().as_bytes(), now);
    for (seconds, renewed_after) in [(86_399, 86_099_000), (3600, 3_300_000), (300, 150_000)] {
        let token = read(json!({"access_token": "eyJ.a.b", "expires_in": seconds})).unwrap();
        assert_eq!(token.renew_at, now.plus_millis(renewed_after), "{seconds}");
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
    for body in [
        json!({"access_token": "eyJ.a.b"}),
        json!({"expires_in": 3600}),
        json!({"access_token": "", "expires_in": 3600}),
        json!({"access_token": "a\r\nb", "expires_in": 3600}),
        json!({"access_token": "a", "expires_in": 0}),
        json!({"access_token": "a", "expires_in": "3600"}),
        json!([]),
    ] {
        assert_eq!(read(body.clone()), None, "{body}");
    }
}
