"""Smartcar: signature, challenges, and events of generation 4.0."""

from . import published as p
from .case import (
    COMPUTED,
    NOW,
    PAST_ONLY,
    SAME_BYTES,
    challenge,
    event,
    events,
    iso,
    ms,
    refused,
    to_bytes,
    uid,
    vin_of,
)
from .signing import AMT, body_hash, hex_of, smartcar_headers

S7_VIN = "5YJ3E7EB1LF000001"
S7_VEHICLE = "9af13248-3b73-4c9d-9a4b-d937ce6bc8e2"
S6_VEHICLE = "a1d50709-3502-4faa-ba43-a5c7565e6a09"
AT = ms("2026-04-28T06:14:00Z")
POSITION = (59.437, 24.7536)


def add(suite):
    published(suite)
    challenges(suite)
    signatures(suite)
    captures(suite)
    signals(suite)
    places_and_times(suite)
    other_events(suite)
    bodies(suite)


def deliver(suite, name, about, body, expected, **rest):
    body = to_bytes(body)
    headers = rest.pop("headers", None)
    suite.add(
        "smartcar",
        name,
        about,
        body,
        smartcar_headers(body) if headers is None else headers,
        expected,
        **rest,
    )


def published(suite):
    deliver(
        suite,
        "published-s2-body-of-the-sdk-tests",
        "The published signature of verifyPayload fits; an object without a type is skipped.",
        b'{"pizza":"pasta"}',
        events(event(None, "unknown", "sc-" + body_hash(b'{"pizza":"pasta"}'), skip="unknown_event_type")),
        headers=[["SC-Signature", p.S_HEX["S2"]]],
        source=p.SMARTCAR_TAGS[1][4],
    )
    deliver(
        suite,
        "published-s6-state-without-location",
        "A vehicle state with an odometer and no location is nothing for Cartrack.",
        p.S6,
        events(
            event(S6_VEHICLE, "VEHICLE_STATE", "550e8400-e29b-41d4-a716-446655440000", skip="no_position")
        ),
        headers=[["SC-Signature", p.S_HEX["S6"]]],
        source=p.S_CAPTURE,
        now=ms("2025-09-18T23:39:44Z"),
    )
    deliver(
        suite,
        "published-s7-state-with-vin-location-and-miles",
        "The documented shape gives a position; the odometer in miles is converted and stays unsent.",
        p.S7,
        events(
            event(
                S7_VEHICLE,
                "VEHICLE_STATE",
                "7c8d9e10-f2a3-4b5c-6d7e-8f9a0b1c2d3e",
                at="2024-11-18T10:35:00Z",
                position=(37.4292, -122.1381),
                time_source="provider",
                vin=S7_VIN,
                odometer_km=1609.344,
            )
        ),
        headers=[["SC-Signature", p.S_HEX["S7"]]],
        source=p.S_STATE,
        now=ms("2024-11-18T10:35:04Z"),
    )
    deliver(
        suite,
        "published-s7-vin-of-the-mapping-differs",
        "The payload names another VIN than the mapping: accepted at the door, never sent.",
        p.S7,
        events(
            event(
                S7_VEHICLE,
                "VEHICLE_STATE",
                "7c8d9e10-f2a3-4b5c-6d7e-8f9a0b1c2d3e",
                at="2024-11-18T10:35:00Z",
                position=(37.4292, -122.1381),
                time_source="provider",
                vin=S7_VIN,
                odometer_km=1609.344,
                mapped="5YJ3E7EB1LF999999",
            )
        ),
        headers=[["SC-Signature", p.S_HEX["S7"]]],
        source=p.S_STATE,
        now=ms("2024-11-18T10:35:04Z"),
        known={S7_VEHICLE: "5YJ3E7EB1LF999999"},
        edge=SAME_BYTES,
    )
    deliver(
        suite,
        "published-s8-vehicle-error-resolved",
        "A vehicle error is recorded and not relayed, a resolved one too.",
        p.S8,
        events(
            event(S7_VEHICLE, "VEHICLE_ERROR", "8d9e0f1a-2b3c-4d5e-6f7a-8b9c0d1e2f3a", skip="provider_error")
        ),
        headers=[["SC-Signature", p.S_HEX["S8"]]],
        source=p.S_ERROR,
        now=ms("2025-10-31T08:12:32Z"),
    )
    request = "26c14915-0c26-43c5-8e42-9edfc2a66a0f"
    known = {
        "at": "2026-01-19T08:42:15Z",
        "position": (37.4292, -122.1381),
        "time_source": "provider",
        "odometer_km": 1609.344,
    }
    deliver(
        suite,
        "published-s9-schedule-imperial",
        "A schedule of generation 2.0 gives a position, its odometer in miles converted.",
        p.S9,
        events(event(S6_VEHICLE, "schedule", f"{request}:{S6_VEHICLE}", mapped="WVGZZZE1ZMP000001", **known)),
        headers=[["SC-Signature", p.S_HEX["S9"]]],
        source=p.S_SCHEDULE,
        now=ms("2026-01-19T08:42:20Z"),
        known={S6_VEHICLE: "WVGZZZE1ZMP000001"},
    )
    deliver(
        suite,
        "published-s9-schedule-unmapped",
        "The same without a mapping waits for one.",
        p.S9,
        events(event(S6_VEHICLE, "schedule", f"{request}:{S6_VEHICLE}", **known)),
        headers=[["SC-Signature", p.S_HEX["S9"]]],
        source=p.S_SCHEDULE,
        now=ms("2026-01-19T08:42:20Z"),
        edge=SAME_BYTES,
    )


# --- challenges --------------------------------------------------------------------------------------


def verify4(text, meta=True):
    body = {"eventId": uid("verify", text), "eventType": "VERIFY", "data": {"challenge": text}}
    if meta:
        body["meta"] = {
            "version": "4.0",
            "webhookId": "abde94ff-d57d-43b9-8d09-6020db2d977a",
            "webhookName": "gw",
            "deliveryId": uid("delivery", text),
            "deliveredAt": "2025-10-21T03:39:07.355Z",
        }
    return body


def verify2(text):
    return {
        "version": "2.0",
        "webhookId": "abde94ff-d57d-43b9-8d09-6020db2d977a",
        "eventName": "verify",
        "payload": {"challenge": text},
    }


def challenges(suite):
    def answered(name, about, body, hex_digits, **rest):
        deliver(suite, name, about, body, challenge(hex_digits), headers=rest.pop("headers", []), **rest)

    def refuse(name, about, body, **rest):
        deliver(
            suite, name, about, body, refused("challenge_refused"), headers=rest.pop("headers", []), **rest
        )

    docs = f"body: after {p.SMARTCAR_DOCS}/events/verify; answer: "
    answered(
        "verify-4-published-s1-answer",
        "The challenge of the SDK tests gets the published answer, unsigned.",
        verify4("challenge"),
        p.S_HEX["S1"],
        source=docs + p.SMARTCAR_TAGS[0][4],
    )
    answered(
        "verify-4-uuid-challenge",
        "A challenge in the form of a UUID is answered.",
        verify4("3a5c8f72-e6d9-4b1a-9f2e-8c7d6a5b4e3f"),
        p.S_HEX["S4"],
        source=docs + COMPUTED,
    )
    answered(
        "verify-4-captured-without-meta",
        "A VERIFY without meta, as captured, is answered.",
        verify4("any-abcd", meta=False),
        p.S_HEX["S5"],
        source=docs + COMPUTED,
    )
    body = verify4("delivered-at-ms")
    body["meta"]["deliveredAt"] = 1761017947355
    answered(
        "verify-4-delivered-at-in-milliseconds",
        "deliveredAt is a number in some captures.",
        body,
        hex_of(AMT, b"delivered-at-ms"),
    )
    body = to_bytes(verify4("signed-rightly"))
    answered(
        "verify-4-signed-rightly",
        "A VERIFY with a right signature is answered.",
        body,
        hex_of(AMT, b"signed-rightly"),
        headers=smartcar_headers(body),
    )
    answered(
        "verify-4-signed-wrongly",
        "A VERIFY with a wrong signature is answered all the same.",
        verify4("signed-wrongly"),
        hex_of(AMT, b"signed-wrongly"),
        headers=[["SC-Signature", "00" * 32]],
    )
    answered(
        "verify-4-signature-malformed",
        "A VERIFY with a signature that is none is answered all the same.",
        verify4("signature-malformed"),
        hex_of(AMT, b"signature-malformed"),
        headers=[["SC-Signature", "not hex"]],
    )
    body = verify4("test-mode")
    body["meta"]["mode"] = "TEST"
    answered(
        "verify-4-in-test-mode", "The mode does not matter to a challenge.", body, hex_of(AMT, b"test-mode")
    )
    answered(
        "verify-2",
        "The VERIFY of generation 2.0 is answered, unsigned.",
        verify2("9c9c9c9c"),
        hex_of(AMT, b"9c9c9c9c"),
    )
    answered(
        "verify-2-signed-wrongly",
        "The VERIFY of generation 2.0 is answered with a wrong signature too.",
        verify2("wrong2"),
        hex_of(AMT, b"wrong2"),
        headers=[["SC-Signature", "ff" * 32]],
    )
    answered(
        "verify-challenge-of-one-character",
        "The shortest challenge is answered.",
        verify4("x"),
        hex_of(AMT, b"x"),
    )
    answered(
        "verify-challenge-of-256-characters",
        "The longest safe challenge is answered.",
        verify4("c" * 256),
        hex_of(AMT, b"c" * 256),
    )
    answered(
        "verify-challenge-in-base64",
        "A challenge may hold + / and =.",
        verify4("ab+/cd=="),
        hex_of(AMT, b"ab+/cd=="),
    )
    punctuation = "!#$%&'()*+,-./:;<=>?@^_`|~"
    answered(
        "verify-challenge-of-safe-punctuation",
        "All printable characters are safe but braces, brackets, quote and backslash.",
        verify4(punctuation),
        hex_of(AMT, punctuation.encode()),
    )
    answered(
        "verify-key-and-challenge-not-swapped",
        "The token is the key, the challenge the message; the key of one is no answer for the other.",
        verify4("amt"),
        hex_of(AMT, b"amt"),
    )

    refuse(
        "verify-oracle-event-as-challenge",
        "A challenge that is an event would be signed for a forger.",
        verify4('{"eventType":"VEHICLE_STATE"}'),
    )
    refuse(
        "verify-2-oracle-event-as-challenge",
        "The same through generation 2.0.",
        verify2('{"version":"2.0","eventName":"schedule","payload":{}}'),
    )
    oracle = to_bytes(verify4('{"eventType":"VEHICLE_STATE","mode":"LIVE"}'))
    refuse(
        "verify-oracle-even-when-signed",
        "A right signature makes an unsafe challenge no safer.",
        oracle,
        headers=smartcar_headers(oracle),
    )
    refuse(
        "verify-oracle-as-object",
        "A challenge that is an object is no text.",
        verify4({"eventType": "VEHICLE_STATE"}),
    )
    for name, text in {
        "brace": "{",
        "closing-brace": "a}",
        "bracket": "[1]",
        "quote": 'a"b',
        "backslash": "a\\b",
        "space": "a b",
        "leading-space": " ab",
        "newline": "ab\n",
        "tab": "a\tb",
        "nul": "a\0b",
        "delete": "a\x7fb",
        "umlaut": "Märzhase",
        "full-width-brace": "\uff5b",
        "empty": "",
        "of-257-characters": "c" * 257,
    }.items():
        refuse(
            f"verify-unsafe-challenge-{name}",
            "Only 1 to 256 printable ASCII characters that no JSON object can consist of are answered.",
            verify4(text),
        )
    refuse("verify-challenge-a-number", "A challenge that is a number is no text.", verify4(12345678))
    refuse("verify-challenge-null", "A challenge that is null is none.", verify4(None))
    refuse(
        "verify-without-challenge",
        "A VERIFY without a challenge has nothing to answer.",
        {"eventType": "VERIFY", "data": {}},
    )
    body = state("verify-in-a-member")
    body["data"]["eventType"] = "VERIFY"
    body["data"]["challenge"] = "abc"
    deliver(
        suite,
        "verify-only-inside-is-no-challenge",
        "The word VERIFY in another place makes no challenge: without a signature it is refused.",
        body,
        refused("missing_header"),
        headers=[],
    )
    deliver(
        suite,
        "verify-not-json-is-no-challenge",
        "Text with the word verify that is no JSON has to be signed.",
        "eventType=VERIFY&challenge=abc",
        refused("missing_header"),
        headers=[],
    )


# --- signature ---------------------------------------------------------------------------------------


def signatures(suite):
    def refuse(name, about, code, change=None, headers=None, body=None):
        body = to_bytes(body or state(name))
        headers = [["SC-Signature", change(hex_of(AMT, body))]] if change else headers
        deliver(suite, name, about, body, refused(code), headers=headers)

    deliver(
        suite,
        "signature-header-in-capitals",
        "Header names have no case.",
        *one("signature-header-in-capitals"),
        headers=[["SC-SIGNATURE", smartcar_headers(to_bytes(state("signature-header-in-capitals")))[0][1]]],
    )
    deliver(
        suite,
        "signature-header-in-lower-case",
        "Header names have no case.",
        *one("signature-header-in-lower-case"),
        headers=[["sc-signature", smartcar_headers(to_bytes(state("signature-header-in-lower-case")))[0][1]]],
    )
    deliver(
        suite,
        "signature-digits-in-capitals",
        "Hex is hex in either case.",
        *one("signature-digits-in-capitals"),
        headers=[
            ["SC-Signature", smartcar_headers(to_bytes(state("signature-digits-in-capitals")))[0][1].upper()]
        ],
    )

    refuse(
        "signature-absent",
        "Without a signature nothing but a challenge passes.",
        "missing_header",
        headers=[],
    )
    refuse("signature-empty", "An empty signature counts as absent.", "missing_header", change=lambda tag: "")
    refuse(
        "signature-under-another-name",
        "A signature in another header is none.",
        "missing_header",
        headers=[["X-SC-Signature", hex_of(AMT, to_bytes(state("signature-under-another-name")))]],
    )
    refuse(
        "signature-first-digit-changed",
        "One digit is enough.",
        "signature_mismatch",
        change=lambda tag: ("0" if tag[0] != "0" else "1") + tag[1:],
    )
    refuse(
        "signature-last-digit-changed",
        "One digit is enough.",
        "signature_mismatch",
        change=lambda tag: tag[:-1] + ("0" if tag[-1] != "0" else "1"),
    )
    refuse(
        "signature-all-zero",
        "64 zeros are well formed and wrong.",
        "signature_mismatch",
        change=lambda tag: "0" * 64,
    )
    refuse(
        "signature-of-63-digits", "A digit is missing.", "malformed_signature", change=lambda tag: tag[:-1]
    )
    refuse("signature-of-62-digits", "A byte is missing.", "malformed_signature", change=lambda tag: tag[:-2])
    refuse("signature-of-66-digits", "A byte too many.", "malformed_signature", change=lambda tag: tag + "00")
    refuse(
        "signature-with-a-prefix",
        "Smartcar writes no prefix.",
        "malformed_signature",
        change=lambda tag: "sha256=" + tag,
    )
    refuse("signature-with-0x", "Nor this one.", "malformed_signature", change=lambda tag: "0x" + tag)
    refuse(
        "signature-with-a-letter-beyond-f",
        "g is no hex digit.",
        "malformed_signature",
        change=lambda tag: tag[:-1] + "g",
    )
    refuse(
        "signature-in-base64",
        "The right bytes in base64 are not the scheme's form.",
        "malformed_signature",
        headers=[["SC-Signature", "MAAUhMFm1kGXhhB1fZ8gJKq0pCkJTTlwYbWQ5nB2d8E="]],
    )
    tag = hex_of(AMT, to_bytes(state("signature-header-twice")))
    refuse(
        "signature-header-twice",
        "A header that decides may come once only, even with the same right value.",
        "malformed_signature",
        headers=[["SC-Signature", tag], ["SC-Signature", tag]],
    )
    tag = hex_of(AMT, to_bytes(state("signature-header-folded")))
    refuse(
        "signature-header-folded",
        "The same, already folded into one line.",
        "malformed_signature",
        headers=[["SC-Signature", f"{'0' * 64}, {tag}"]],
    )
    tag = hex_of("another-token", to_bytes(state("signature-under-another-key")))
    refuse(
        "signature-under-another-key",
        "Made with a token that is not configured.",
        "signature_mismatch",
        headers=[["SC-Signature", tag]],
    )
    refuse(
        "signature-key-and-body-swapped",
        "What an implementation gives that takes the body as the key.",
        "signature_mismatch",
        headers=[["SC-Signature", hex_of(to_bytes(state("signature-key-and-body-swapped")), AMT.encode())]],
    )
    for name, about, change in [
        (
            "body-one-byte-changed",
            "One byte of the body is another.",
            lambda body: body.replace(b"59.437", b"59.438"),
        ),
        (
            "body-one-byte-appended",
            "A line feed after the body, as an editor leaves it.",
            lambda body: body + b"\n",
        ),
        ("body-cut", "The last byte is missing.", lambda body: body[:-1]),
        (
            "body-written-again-with-spaces",
            "The same JSON, written again by a serialiser that puts spaces in.",
            lambda body: body.replace(b'":', b'": ').replace(b',"', b', "'),
        ),
        ("body-emptied", "An empty body under the signature of another one.", lambda body: b""),
    ]:
        signed = to_bytes(state(name))
        deliver(
            suite,
            name,
            about,
            change(signed),
            refused("signature_mismatch"),
            headers=smartcar_headers(signed),
        )
    deliver(
        suite,
        "signature-s1-swapped",
        "The digest of an implementation that swaps key and message does not fit.",
        b"challenge",
        refused("signature_mismatch"),
        headers=[["SC-Signature", p.SMARTCAR_SWAPPED["S1"]]],
    )
    deliver(
        suite,
        "signature-of-a-challenge-is-no-event",
        "The published answer to a challenge fits the same bytes as a body, and these are no event.",
        b"challenge",
        refused("malformed_body"),
        headers=[["SC-Signature", p.S_HEX["S1"]]],
        source=p.SMARTCAR_TAGS[0][4],
    )


# --- events of generation 4.0 ------------------------------------------------------------------------


def location(latitude=POSITION[0], longitude=POSITION[1], meta=None, **rest):
    meta = {"oemUpdatedAt": AT, "fetchedAt": AT + 2000} if meta is None else meta
    return {
        "code": "location-preciselocation",
        "name": "PreciseLocation",
        "group": "Location",
        "body": {"latitude": latitude, "longitude": longitude},
        "meta": meta,
        "status": {"value": "SUCCESS"},
        **rest,
    }


def measured(code, value, unit=None, **rest):
    body = {"value": value} if unit is None else {"value": value, "unit": unit}
    return {
        "code": code,
        "body": body,
        "meta": {"oemUpdatedAt": AT, "fetchedAt": AT + 2000},
        "status": {"value": "SUCCESS"},
        **rest,
    }


def vin_signal(vin):
    return measured("vehicleidentification-vin", vin, meta={"oemUpdatedAt": 0, "fetchedAt": 0})


def odometer(value, unit):
    return measured("odometer-traveleddistance", value, unit)


def speed(value, unit):
    return measured("motion-currentspeed", value, unit)


def state(name, *signals, vehicle=None):
    """A vehicle state of the documented shape whose ids belong to the case; with its VIN and a
    location unless other signals are given."""
    vehicle = vehicle or uid(name, "vehicle")
    return {
        "eventId": uid(name, "event"),
        "eventType": "VEHICLE_STATE",
        "vehicleId": vehicle,
        "data": {
            "user": {"id": uid(name, "user")},
            "vehicle": {"id": vehicle, "make": "TESLA", "model": "Model 3", "year": 2020},
            "triggers": [
                {"code": "location-preciselocation", "name": "PreciseLocation", "group": "Location"}
            ],
            "signals": list(signals) or [vin_signal(vin_of(name)), location()],
        },
        "meta": {
            "version": "4.0",
            "deliveryId": uid(name, "delivery"),
            "deliveredAt": AT + 3000,
            "webhookId": "abde94ff-d57d-43b9-8d09-6020db2d977a",
            "webhookName": "gw",
            "signalCount": 2,
            "mode": "LIVE",
        },
    }


def expect(
    name,
    *,
    skip=None,
    at=iso(AT),
    source="provider",
    position=POSITION,
    vin=...,
    kind="VEHICLE_STATE",
    event_id=None,
    vehicle=...,
    **known,
):
    vehicle = uid(name, "vehicle") if vehicle is ... else vehicle
    event_id = event_id or uid(name, "event")
    if skip:
        return events(event(vehicle, kind, event_id, skip=skip, **known))
    return events(
        event(
            vehicle,
            kind,
            event_id,
            at=at,
            position=position,
            time_source=source,
            vin=vin_of(name) if vin is ... else vin,
            **known,
        )
    )


def one(name):
    """The plain state of a case and what it must give."""
    return state(name), expect(name)


def changed(name, path, value, *signals):
    """The state of a case with one member set, or removed for `...`."""
    body = state(name, *signals)
    *way, last = path.split(".")
    at = body
    for step in way:
        at = at[int(step) if step.isdigit() else step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return body


def captures(suite):
    def show(name, about, body, expected=None, **rest):
        deliver(suite, name, about, body, expected or expect(name), **rest)

    name = "shape-vehicle-id-only-in-data"
    show(name, "Captured deliveries have no vehicleId at the top.", changed(name, "vehicleId", ...))
    name = "shape-vehicle-id-only-at-the-top"
    show(name, "The vehicle's id stands only at the top.", changed(name, "data.vehicle", ...))
    name = "shape-vehicle-ids-differ"
    body = changed(name, "vehicleId", "another-vehicle-at-the-top")
    show(name, "data.vehicle.id comes before the vehicleId at the top.", body)
    name = "shape-triggers-at-the-top"
    body = changed(name, "data.triggers", ...)
    body["triggers"] = [
        {
            "type": "SIGNAL_UPDATED",
            "signal": {"name": "PreciseLocation", "code": "location-preciselocation", "group": "Location"},
        }
    ]
    show(name, "Captured deliveries have their triggers at the top.", body)
    name = "shape-trigger-signal-as-text"
    body = changed(name, "data.triggers", ...)
    body["triggers"] = [{"type": "SIGNAL_UPDATED", "signal": "Location.PreciseLocation"}]
    show(name, "A trigger may name its signal as Group.Name.", body)
    name = "shape-first-delivery-trigger"
    body = changed(name, "data.triggers", ...)
    body["triggers"] = [{"type": "FIRST_DELIVERY"}]
    show(name, "The first delivery is a delivery like any other.", body)
    name = "shape-without-triggers"
    show(name, "Triggers decide nothing and may be absent.", changed(name, "data.triggers", ...))
    name = "shape-status-absent"
    signal = location()
    del signal["status"]
    show(
        name,
        "A signal without a status and with a body is usable.",
        state(name, vin_signal(vin_of(name)), signal),
    )
    name = "shape-status-error-with-body"
    bad = location(status={"value": "ERROR", "error": {"type": "VEHICLE_STATE", "code": "UNREACHABLE"}})
    show(
        name,
        "A signal in error is not usable, whatever its body says.",
        state(name, vin_signal(vin_of(name)), bad),
        expect(name, skip="no_position"),
    )
    name = "shape-status-error-without-body"
    bad = location(status={"value": "ERROR", "error": {"type": "PERMISSION", "code": None}})
    del bad["body"]
    show(
        name,
        "A signal in error has no body; the code of an error may be null.",
        state(name, vin_signal(vin_of(name)), bad),
        expect(name, skip="no_position"),
    )
    name = "shape-vin-signal-in-error"
    bad = vin_signal(vin_of(name))
    bad["status"] = {"value": "ERROR", "error": {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"}}
    show(
        name,
        "A VIN in error is no VIN: the event waits.",
        state(name, bad, location()),
        expect(name, vin=None),
    )
    name = "shape-mode-absent"
    show(name, "Without a mode it is live.", changed(name, "meta.mode", ...))
    name = "shape-delivered-at-as-text"
    body = changed(
        name, "meta.deliveredAt", "2026-04-28T06:14:03.000Z", vin_signal(vin_of(name)), location(meta={})
    )
    show(
        name,
        "deliveredAt may be ISO text; it is the last resort for the time.",
        body,
        expect(name, at="2026-04-28T06:14:03Z", source="delivered"),
    )
    name = "shape-user-absent"
    show(name, "A state without its user is whole.", changed(name, "data.user", ...))
    name = "shape-unknown-members"
    body = state(name)
    body["future"] = {"shape": [1, 2, {"x": None}]}
    body["data"]["signals"][1]["body"]["heading"] = 12.5
    body["data"]["signals"][1]["body"]["locationType"] = "LAST_PARKED"
    show(name, "Unknown members are passed over.", body)
    name = "shape-unknown-signals"
    show(
        name,
        "Unknown signals, and signals that are none, are passed over.",
        state(
            name,
            {"code": "future-signal", "body": {"value": 1}},
            "text",
            None,
            7,
            {},
            vin_signal(vin_of(name)),
            location(),
        ),
    )


def signals(suite):
    for name, value, unit, km in [
        ("odometer-in-km", 62041, "km", 62041),
        ("odometer-in-kilometers", 62041.5, "kilometers", 62041.5),
        ("odometer-in-kilometres", 12, "kilometres", 12),
        ("odometer-in-mi", 1, "mi", 1.609344),
        ("odometer-in-miles", 1000, "miles", 1609.344),
        ("odometer-zero", 0, "km", 0),
    ]:
        deliver(
            suite,
            name,
            "The odometer is brought to km; alone it fills no telemetry.",
            state(name, vin_signal(vin_of(name)), location(), odometer(value, unit)),
            expect(name, odometer_km=km),
        )
    name = "odometer-in-an-unknown-unit"
    deliver(
        suite,
        name,
        "An odometer in an unknown unit is dropped and noted; the position is sent.",
        state(name, vin_signal(vin_of(name)), location(), odometer(100, "furlongs")),
        expect(name, notes=["unknown_unit"]),
    )
    name = "odometer-as-text"
    deliver(
        suite,
        name,
        "A value of another type counts as absent.",
        state(name, vin_signal(vin_of(name)), location(), odometer("62041", "km")),
        expect(name),
    )
    name = "odometer-in-miles-beyond-what-a-double-holds"
    deliver(
        suite,
        name,
        "A conversion that overflows gives no value rather than an infinite one.",
        state(name, vin_signal(vin_of(name)), location(), odometer(1.7e308, "miles")),
        expect(name),
    )
    for name, value, unit, kmh in [
        ("speed-in-kph", 54, "kph", 54),
        ("speed-in-km-per-h", 54.5, "km/h", 54.5),
        ("speed-in-mph", 100, "mph", 160.9344),
        ("speed-zero", 0, "kph", 0),
    ]:
        deliver(
            suite,
            name,
            "The speed is brought to km/h; without an ignition state no telemetry is sent.",
            state(name, vin_signal(vin_of(name)), location(), speed(value, unit), odometer(10, "km")),
            expect(name, speed_kmh=kmh, odometer_km=10),
        )
    name = "speed-in-an-unknown-unit"
    deliver(
        suite,
        name,
        "A speed in knots is dropped and noted.",
        state(name, vin_signal(vin_of(name)), location(), speed(10, "kn")),
        expect(name, notes=["unknown_unit"]),
    )
    name = "speed-and-odometer-in-unknown-units"
    deliver(
        suite,
        name,
        "One note for the two of them.",
        state(name, vin_signal(vin_of(name)), location(), speed(10, "kn"), odometer(1, "au")),
        expect(name, notes=["unknown_unit"]),
    )
    name = "vin-in-lower-case-with-spaces"
    deliver(
        suite,
        name,
        "A VIN is trimmed and capitalised.",
        state(name, vin_signal(f" {vin_of(name).lower()} "), location()),
        expect(name),
    )
    for name, vin in [
        ("vin-of-16-characters", "5YJ3E7EB1LF00000"),
        ("vin-with-a-hyphen", "5YJ3E7EB1LF-00001"),
        ("vin-empty", ""),
        ("vin-a-number", 12345678901234567),
        ("vin-in-greek-capitals", "5YJ3E7EB1LF0000Α1"),
    ]:
        deliver(
            suite,
            name,
            "What is not 17 letters and digits is no VIN: the event waits for a mapping.",
            state(name, vin_signal(vin), location()),
            expect(name, vin=None),
        )
    name = "vin-bad-and-mapping-known"
    deliver(
        suite,
        name,
        "Where the payload's VIN is none, the mapping's is used.",
        state(name, vin_signal("UNKNOWN"), location()),
        expect(name, vin=None, mapped=vin_of(name)),
        known={uid(name, "vehicle"): vin_of(name)},
    )
    name = "vin-of-the-mapping-only"
    deliver(
        suite,
        name,
        "Without a VIN signal the mapping gives the VIN.",
        state(name, location()),
        expect(name, vin=None, mapped=vin_of(name)),
        known={uid(name, "vehicle"): vin_of(name)},
    )
    name = "vin-of-nobody"
    deliver(
        suite,
        name,
        "Without a VIN the event is accepted and waits.",
        state(name, location()),
        expect(name, vin=None),
    )
    name = "vin-agrees-with-the-mapping"
    deliver(
        suite,
        name,
        "The payload's VIN in lower case and the mapping's are the same.",
        state(name, vin_signal(vin_of(name).lower()), location()),
        expect(name, mapped=vin_of(name)),
        known={uid(name, "vehicle"): vin_of(name)},
    )
    name = "vin-conflicts-with-the-mapping"
    deliver(
        suite,
        name,
        "Two VINs: accepted at the door, never sent.",
        state(name),
        expect(name, mapped="WBT0000000CONFL1C"),
        known={uid(name, "vehicle"): "WBT0000000CONFL1C"},
    )


def places_and_times(suite):
    def show(name, about, signal, expected, **rest):
        deliver(suite, name, about, state(name, vin_signal(vin_of(name)), signal), expected, **rest)

    for name, place in [
        ("position-at-the-north-pole", (90, 0)),
        ("position-at-the-south-pole", (-90.0, 180.0)),
        ("position-on-the-date-line", (1.5, -180)),
        ("position-on-the-equator", (0, 24.5)),
        ("position-on-the-prime-meridian", (51.5, 0.0)),
    ]:
        show(
            name,
            "The limits themselves, and one zero alone, are positions.",
            location(*place),
            expect(name, position=place),
        )
    for name, place in [
        ("position-beyond-the-north-pole", (90.0001, 10)),
        ("position-latitude-beyond-range", (-91, 10)),
        ("position-longitude-beyond-range", (10, 180.5)),
        ("position-longitude-far-beyond-range", (10, -1e300)),
        ("position-latitude-as-text", ("59.437", 24.7536)),
        ("position-longitude-a-boolean", (59.437, True)),
        ("position-latitude-an-object", ({}, 24.7536)),
    ]:
        show(
            name,
            "A position that cannot be true is an invalid payload.",
            location(*place),
            expect(name, skip="invalid_payload"),
        )
    for name, place in [("position-null-fix", (0, 0)), ("position-null-fix-in-floats", (0.0, -0.0))]:
        show(
            name,
            "Exactly (0, 0) is what receivers send without a fix.",
            location(*place),
            expect(name, skip="no_position"),
        )
    name = "position-body-null"
    show(
        name,
        "A location whose body is null says nothing.",
        location(body=None),
        expect(name, skip="no_position"),
    )

    oem, fetched = AT, AT + 2000
    for name, about, meta, at, source in [
        (
            "time-oem-as-iso-text",
            "oemUpdatedAt may be ISO text.",
            {"oemUpdatedAt": "2026-04-28T06:13:59.250Z", "fetchedAt": fetched},
            "2026-04-28T06:13:59.250Z",
            "provider",
        ),
        (
            "time-oem-with-milliseconds",
            "Milliseconds are kept.",
            {"oemUpdatedAt": oem + 7, "fetchedAt": fetched},
            iso(oem + 7),
            "provider",
        ),
        (
            "time-oem-zero-then-fetched",
            "0 means unknown; then the time of the fetch counts.",
            {"oemUpdatedAt": 0, "fetchedAt": fetched},
            iso(fetched),
            "fetched",
        ),
        (
            "time-oem-missing-then-fetched",
            "A missing oemUpdatedAt means unknown.",
            {"fetchedAt": fetched},
            iso(fetched),
            "fetched",
        ),
        (
            "time-oem-null-then-fetched",
            "So does null.",
            {"oemUpdatedAt": None, "fetchedAt": fetched},
            iso(fetched),
            "fetched",
        ),
        (
            "time-oem-missing-then-retrieved",
            "Captures call the time of the fetch retrievedAt.",
            {"retrievedAt": fetched},
            iso(fetched),
            "fetched",
        ),
        (
            "time-oem-zero-and-retrieved-as-text",
            "retrievedAt may be ISO text.",
            {"oemUpdatedAt": 0, "retrievedAt": "2026-04-28T06:14:02Z"},
            iso(fetched),
            "fetched",
        ),
        (
            "time-meta-empty-then-delivered",
            "A captured meta is empty; then the delivery's time counts.",
            {},
            iso(AT + 3000),
            "delivered",
        ),
        (
            "time-meta-zeros-then-delivered",
            "Zeros count as unknown everywhere.",
            {"oemUpdatedAt": 0, "fetchedAt": 0},
            iso(AT + 3000),
            "delivered",
        ),
    ]:
        show(name, about, location(meta=meta), expect(name, at=at, source=source))
    name = "time-meta-absent-then-delivered"
    signal = location()
    del signal["meta"]
    show(
        name,
        "A signal without meta takes the delivery's time.",
        signal,
        expect(name, at=iso(AT + 3000), source="delivered"),
    )
    name = "time-unknown-everywhere"
    body = state(name, vin_signal(vin_of(name)), location(meta={}))
    del body["meta"]["deliveredAt"]
    deliver(suite, name, "No time at all: nothing is made up.", body, expect(name, skip="invalid_payload"))
    name = "time-unknown-and-no-meta"
    body = state(name, vin_signal(vin_of(name)), location(meta={}))
    del body["meta"]
    deliver(suite, name, "The same without the delivery's meta.", body, expect(name, skip="invalid_payload"))

    name = "time-far-in-the-future"
    show(
        name,
        "A position of the year 2099 is not one.",
        location(meta={"oemUpdatedAt": ms("2099-01-01T00:00:00Z")}),
        expect(name, skip="future_timestamp"),
    )
    name = "time-beyond-the-calendar"
    show(
        name,
        "A time of a number that no calendar has is in the future, not a crash.",
        location(meta={"oemUpdatedAt": 9_000_000_000_000_000_000}),
        expect(name, skip="future_timestamp"),
    )
    name = "time-60-seconds-ahead"
    show(
        name,
        "A lead of 60 s is accepted and the time kept as it is.",
        location(meta={"oemUpdatedAt": NOW + 60_000}),
        expect(name, at=iso(NOW + 60_000)),
        edge=PAST_ONLY,
    )
    name = "time-60001-milliseconds-ahead"
    show(
        name,
        "More is the future.",
        location(meta={"oemUpdatedAt": NOW + 60_001}),
        expect(name, skip="future_timestamp"),
        edge=PAST_ONLY,
    )
    name = "time-years-old-without-a-limit"
    show(
        name,
        "Without a limit any age is accepted.",
        location(meta={"oemUpdatedAt": ms("2001-09-09T01:46:40Z")}),
        expect(name, at="2001-09-09T01:46:40Z"),
    )


def other_events(suite):
    def show(name, about, body, expected):
        deliver(suite, name, about, body, expected)

    def error(name, **problem):
        body = state(name)
        body["eventType"] = "VEHICLE_ERROR"
        del body["data"]["signals"]
        body["data"]["errors"] = [problem] if problem else []
        return body

    kind = {"kind": "VEHICLE_ERROR", "skip": "provider_error"}
    name = "vehicle-error-unreachable"
    show(
        name,
        "A vehicle that cannot be reached is recorded.",
        error(
            name,
            type="VEHICLE_STATE",
            code="UNREACHABLE",
            state="ERROR",
            description="…",
            suggestedUserMessage="…",
            docURL="https://smartcar.com/docs",
            resolution={"type": "RETRY_LATER"},
            signals=[{"code": "location-preciselocation", "name": "PreciseLocation", "group": "Location"}],
        ),
        expect(name, **kind),
    )
    name = "vehicle-error-code-null"
    show(
        name,
        "An error's code may be null.",
        error(name, type="PERMISSION", code=None, state="ERROR", resolution={"type": None}),
        expect(name, **kind),
    )
    name = "vehicle-error-signals-as-text"
    show(
        name,
        "An error may name its signals as text.",
        error(
            name,
            type="CONNECTED_SERVICES_ACCOUNT",
            code="AUTHENTICATION_FAILED",
            state="ERROR",
            resolution={"type": "REAUTHENTICATE"},
            signals=["Location.PreciseLocation", "VehicleUserAccount.Role"],
        ),
        expect(name, **kind),
    )
    name = "vehicle-error-without-resolution-and-signals"
    show(
        name,
        "Resolution and signals may be absent.",
        error(name, type="COMPATIBILITY", code="MAKE_NOT_COMPATIBLE", state="ERROR"),
        expect(name, **kind),
    )
    name = "vehicle-error-without-errors"
    show(name, "An error without errors is one all the same.", error(name), expect(name, **kind))
    name = "vehicle-error-in-test-mode"
    body = error(name, type="VEHICLE_STATE", code="ASLEEP", state="ERROR")
    body["meta"]["mode"] = "TEST"
    show(
        name,
        "A trial comes before every other reason.",
        body,
        expect(name, kind="VEHICLE_ERROR", skip="test_mode"),
    )

    name = "mode-test"
    show(
        name,
        "A trial is acknowledged and not relayed.",
        changed(name, "meta.mode", "TEST"),
        expect(name, skip="test_mode"),
    )
    name = "mode-test-without-location"
    show(
        name,
        "A trial comes before the missing position.",
        changed(name, "meta.mode", "TEST", odometer(1, "km")),
        expect(name, skip="test_mode"),
    )
    name = "mode-simulated"
    show(
        name,
        "A simulated vehicle is not relayed.",
        changed(name, "meta.mode", "SIMULATED"),
        expect(name, skip="test_mode"),
    )
    name = "mode-test-of-an-unknown-type"
    body = changed(name, "meta.mode", "TEST")
    body["eventType"] = "VEHICLE_DREAM"
    show(
        name,
        "A trial comes before the unknown type.",
        body,
        expect(name, kind="VEHICLE_DREAM", skip="test_mode"),
    )

    name = "type-unknown"
    show(
        name,
        "A type of tomorrow is skipped under its own name.",
        changed(name, "eventType", "VEHICLE_TELEPORTED"),
        expect(name, kind="VEHICLE_TELEPORTED", skip="unknown_event_type"),
    )
    name = "type-absent"
    show(
        name,
        "Without a type it is unknown.",
        changed(name, "eventType", ...),
        expect(name, kind="unknown", skip="unknown_event_type"),
    )
    name = "type-a-number"
    show(
        name,
        "A type that is no text is none.",
        changed(name, "eventType", 4),
        expect(name, kind="unknown", skip="unknown_event_type"),
    )
    name = "type-of-100-characters"
    show(
        name,
        "A long type is kept to 64 characters.",
        changed(name, "eventType", "VEHICLE_" + "X" * 92),
        expect(name, kind="VEHICLE_" + "X" * 56, skip="unknown_event_type"),
    )
    name = "event-id-absent"
    body = changed(name, "eventId", ...)
    show(
        name,
        "Without an eventId the body's hash takes its place.",
        body,
        expect(name, event_id="sc-" + body_hash(to_bytes(body))),
    )
    name = "vehicle-id-absent"
    body = changed(name, "vehicleId", ...)
    del body["data"]["vehicle"]
    show(
        name,
        "A position of no vehicle is of no use.",
        body,
        expect(name, vehicle=None, skip="invalid_payload"),
    )
    name = "signals-absent"
    show(
        name,
        "A state without signals has no position.",
        changed(name, "data.signals", ...),
        expect(name, skip="no_position"),
    )
    name = "signals-an-object"
    show(
        name,
        "Signals that are no list are none.",
        changed(name, "data.signals", {"location-preciselocation": location()}),
        expect(name, skip="no_position"),
    )
    name = "data-absent"
    show(
        name,
        "A state without data has no position.",
        changed(name, "data", ...),
        expect(name, skip="no_position"),
    )


def bodies(suite):
    def malformed(name, about, body):
        deliver(suite, name, about, body, refused("malformed_body"))

    plain = to_bytes(state("body-malformed"))
    malformed("body-an-array", "Genuine bytes, but an array.", b"[" + plain + b"]")
    malformed("body-a-text", "Genuine bytes, but a JSON text.", b'"VEHICLE_STATE"')
    malformed("body-a-number", "Genuine bytes, but a number.", b"42")
    malformed("body-null", "Genuine bytes, but null.", b"null")
    malformed("body-empty", "An empty body with its own right signature.", b"")
    malformed("body-of-spaces", "White space only.", b" \n\t ")
    malformed("body-truncated", "JSON that ends in the middle, signed so.", plain[: len(plain) // 2])
    malformed("body-two-objects", "Two objects one after the other.", plain + plain)
    malformed("body-not-utf-8", "Latin-1 in a text.", b'{"eventType":"VEHICLE_STATE","name":"M\xe4rz"}')
    malformed(
        "body-number-beyond-doubles",
        "1e400 is no number that there is.",
        b'{"eventType":"VEHICLE_STATE","x":1e400}',
    )
    malformed(
        "body-nested-200-deep",
        "Nesting that would exhaust a parser's stack.",
        b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
    )
    malformed("body-nested-10000-deep", "Nesting that would exhaust a stack.", b'{"a":' * 10_000)
    malformed("body-a-form", "A form is not JSON.", b"eventType=VEHICLE_STATE&vehicleId=1")
    malformed("body-with-a-trailing-comma", "Nearly JSON.", b'{"eventType":"VEHICLE_STATE",}')
    malformed("body-with-nan", "NaN is not JSON.", b'{"eventType":"VEHICLE_STATE","x":NaN}')

    name = "body-with-white-space-around"
    raw = b"\n  " + to_bytes(state(name)) + b"\r\n"
    deliver(
        suite,
        name,
        "White space around an object belongs to the signed bytes and to JSON.",
        raw,
        expect(name),
    )
    name = "body-with-proto-keys"
    body = state(name)
    body["__proto__"] = {"eventType": "VERIFY", "mode": "TEST"}
    body["constructor"] = {"prototype": {"vehicleId": "polluted"}}
    body["data"]["vehicle"]["__proto__"] = {"id": "polluted"}
    deliver(suite, name, "Keys that are dangerous in JavaScript are keys like any other.", body, expect(name))
    name = "body-with-huge-numbers"
    body = state(name)
    body["data"]["vehicle"]["year"] = 123456789012345678901234567890
    body["data"]["vehicle"]["weight"] = 1e308
    deliver(
        suite,
        name,
        "Numbers that fit no integer disturb nothing where they do not matter.",
        body,
        expect(name),
    )
    name = "body-nested-100-deep"
    body = state(name)
    deep = 0
    for _ in range(100):
        deep = [deep]
    body["deep"] = deep
    deliver(suite, name, "Deep nesting within reason is passed over.", body, expect(name))
    name = "body-in-many-scripts"
    body = state(name)
    body["data"]["vehicle"]["nickname"] = "Märzhase é 🚗 ‮אב‬ 車\u0000"
    deliver(
        suite,
        name,
        "Text of any script, a null character and a change of direction included.",
        body,
        expect(name),
    )
    name = "body-with-escaped-keys"
    raw = to_bytes(state(name)).replace(b'"eventType"', b'"event\\u0054ype"')
    deliver(suite, name, "An escaped key is the key that it spells.", raw, expect(name))
