//! The fuzz targets as plain functions: each takes any bytes, panics when a law is broken, and
//! does nothing otherwise.
//!
//! What a target is handed is a body, or a body behind a line of text, so that the folders of
//! cases are seeds as they are.

use weighbridge::cartrack::record::Record;
use weighbridge::challenge::Challenge;
use weighbridge::event::Event;
use weighbridge::import::{self, Form};
use weighbridge::inbound::Inbound;
use weighbridge::json::FromJson;
use weighbridge::mapping::{Mapping, Vin};
use weighbridge::provider::smartcar::Smartcar;
use weighbridge::provider::telematica::Telematica;
use weighbridge::provider::telemax::Telemax;
use weighbridge::provider::{Provider, Reading};
use weighbridge::receive::{self, CallbackProof, Limits, Received};
use weighbridge::secret::{BearerRing, Keyring, Keys};
use weighbridge::timestamp::UtcMillis;

/// A delivery to Smartcar's hook.
pub fn smartcar(data: &[u8]) {
    delivery(&Smartcar, "a-management-token", data);
}

/// A delivery to Telematica's Svix hook.
pub fn telematica(data: &[u8]) {
    delivery(&Telematica, WHSEC, data);
}

/// A delivery to Telemax's hook.
pub fn telemax(data: &[u8]) {
    delivery(&Telemax, "a-webhook-secret", data);
}

/// A delivery to the legacy callback, by its bearer token.
pub fn telematica_callback(data: &[u8]) {
    let tokens = BearerRing::from_list("a-token").expect("a token");
    let inbound = inbound(&[("authorization", "Bearer a-token")], data);
    let proof = CallbackProof::Bearer(&tokens);
    if let Ok(reading) = receive::receive_callback(&inbound, proof, Limits::default()) {
        weigh_all(&reading);
    }
}

/// The text of a challenge: what is answered can be no event.
pub fn challenge(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if Challenge::parse(text).is_ok() {
        assert!(text.is_ascii() && !text.is_empty() && text.len() <= 256);
        let value = serde_json::from_str::<serde_json::Value>(text);
        assert!(!value.is_ok_and(|value| value.is_object()), "{text}");
    }
    let inbound = inbound(&[], data);
    let ring = ring(&Smartcar, "a-management-token");
    if let Ok(Received::Challenge(reply)) =
        receive::receive(&Smartcar, &inbound, &ring, Limits::default())
    {
        // Used as a signature the answer must open nothing, the text itself least of all.
        let headers = [("sc-signature", reply.challenge.as_str())];
        let forged = self::inbound(&headers, data);
        assert!(receive::verify(&Smartcar, &forged, &ring, Limits::default()).is_err());
    }
}

/// The signature header of Standard Webhooks: a line of header, then the body. Without the key
/// nothing verifies.
pub fn standard_webhooks(data: &[u8]) {
    let (line, body) = line_and_rest(data);
    let seconds = (NOW / 1000).to_string();
    let mut parts = line.splitn(3, '|');
    let signature = parts.next().unwrap_or_default();
    let id = parts.next().unwrap_or("msg_1");
    let timestamp = parts.next().unwrap_or(&seconds);
    let headers = [
        ("svix-id", id),
        ("svix-timestamp", timestamp),
        ("svix-signature", signature),
    ];
    let inbound = inbound(&headers, body);
    let ring = ring(&Telematica, WHSEC);
    if receive::verify(&Telematica, &inbound, &ring, Limits::default()).is_ok() {
        let mac = ring.sign(&[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
        assert!(signature.contains(&base64(&mac)), "a forgery was believed");
    }
}

/// An event, and what becomes of it on the scales.
pub fn record(data: &[u8]) {
    let Some(event) = Event::from_json(data) else {
        return;
    };
    weigh(&event);
}

/// A file of mappings as CSV.
pub fn csv_import(data: &[u8]) {
    lines(data, Form::Csv);
}

/// A file of mappings as NDJSON.
pub fn ndjson_import(data: &[u8]) {
    lines(data, Form::Ndjson);
}

/// Every target by its name.
pub const TARGETS: [(&str, fn(&[u8])); 9] = [
    ("challenge", challenge),
    ("csv_import", csv_import),
    ("ndjson_import", ndjson_import),
    ("record", record),
    ("smartcar", smartcar),
    ("standard_webhooks", standard_webhooks),
    ("telematica", telematica),
    ("telematica_callback", telematica_callback),
    ("telemax", telemax),
];

/// First as a stranger's, which must be refused or be a challenge; then signed, which must be read.
fn delivery(provider: &dyn Provider, secret: &str, body: &[u8]) {
    let ring = ring(provider, secret);
    let limits = Limits::default();
    let zeros = format!("sha256={}", "0".repeat(64));
    for headers in [
        vec![],
        vec![("sc-signature", zeros.trim_start_matches("sha256="))],
        vec![("x-telemax-signature", zeros.as_str())],
    ] {
        let stranger = receive::receive(provider, &inbound(&headers, body), &ring, limits);
        assert!(
            !matches!(stranger, Ok(Received::Reading(..))),
            "a stranger was believed"
        );
    }
    let seconds = (NOW / 1000).to_string();
    let hex = hex(&ring.sign(&[body]));
    let prefixed = format!("sha256={hex}");
    let svix = ring.sign(&[b"msg_1.", seconds.as_bytes(), b".", body]);
    let svix = format!("v1,{}", base64(&svix));
    let signed = [
        ("sc-signature", hex.as_str()),
        ("svix-id", "msg_1"),
        ("svix-timestamp", seconds.as_str()),
        ("svix-signature", svix.as_str()),
        ("x-telemax-signature", prefixed.as_str()),
        ("x-telemax-delivery", "delivery-1"),
    ];
    let signed = inbound(&signed, body);
    receive::verify(provider, &signed, &ring, limits).expect("what was signed verifies");
    if let Ok(Received::Reading(reading, _)) = receive::receive(provider, &signed, &ring, limits) {
        weigh_all(&reading);
    }
}

fn weigh_all(reading: &Reading) {
    for event in &reading.events {
        assert!(!event.provider_event_id.is_empty(), "an event has an id");
        weigh(event);
        // What is stored has to come back the same.
        let text = serde_json::to_string(event).expect("an event is JSON");
        let again = Event::from_json(text.as_bytes());
        assert_eq!(again.as_ref(), Some(event), "and comes back");
    }
}

fn weigh(event: &Event) {
    let mapping = Mapping {
        vin: Vin::parse("WDB9066331S000421"),
        ..Mapping::default()
    };
    for mapping in [None, Some(&mapping)] {
        let Ok(record) = Record::weigh(event, mapping) else {
            continue;
        };
        let json: serde_json::Value = serde_json::from_str(&record.to_json()).expect("JSON");
        let number = |path| json.pointer(path).and_then(serde_json::Value::as_f64);
        let (latitude, longitude) = (number("/position/latitude"), number("/position/longitude"));
        assert!(latitude.is_some_and(|degrees| (-90.0..=90.0).contains(&degrees)));
        assert!(longitude.is_some_and(|degrees| (-180.0..=180.0).contains(&degrees)));
        let vin = json["chassis_number"].as_str().unwrap_or_default();
        assert!(
            vin.len() == 17
                && vin
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        );
    }
}

fn lines(data: &[u8], form: Form) {
    let mut last = 0;
    for line in import::read(data, form) {
        let number = match &line {
            Ok(entry) => {
                assert!(import::is_vehicle(&entry.vehicle) && entry.mapping.vin.is_some());
                entry.line
            }
            Err(error) => error.line,
        };
        assert!(number >= last, "lines come in order");
        last = number;
    }
}

fn inbound<'a>(headers: &[(&str, &str)], body: &'a [u8]) -> Inbound<'a> {
    Inbound {
        headers: headers.iter().copied().collect(),
        body,
        received_at: UtcMillis::from_millis(NOW),
    }
}

fn ring(provider: &dyn Provider, secret: &str) -> Keyring {
    Keyring::from_list(secret, provider.key_format()).expect("a key")
}

fn line_and_rest(data: &[u8]) -> (String, &[u8]) {
    let end = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let (line, rest) = data.split_at(end);
    (
        String::from_utf8_lossy(line).into_owned(),
        rest.get(1..).unwrap_or_default(),
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let part = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for place in 0..4 {
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize])
            });
        }
    }
    text
}

/// When everything arrives.
const NOW: i64 = 1_777_356_870_000;

const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
