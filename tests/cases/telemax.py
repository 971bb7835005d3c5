"""Telemax: the signature and every alert type."""

from . import published as p
from .case import (
    BASE,
    FORMS,
    HEX_SECRET,
    NOW,
    PAST_ONLY,
    SAME_BYTES,
    event,
    events,
    iso,
    refused,
    to_bytes,
    uid,
    vin_of,
)
from .signing import AMT, TELEMAX_SECRET, body_hash, hex_of, telemax_headers

AT = "2026-04-28T06:14:22Z"
POSITION = (-33.8688, 151.2093)
VAN_VIN = "WDB9066331S000421"


def add(suite):
    published(suite)
    alerts(suite)
    payloads(suite)
    signatures(suite)
    bodies(suite)


def vehicle_of(name):
    """A whole number, as Telemax's legacy ids are; the events carry it as text."""
    return int(uid(name, "vehicle")[:7], 16) + 1_000_000


def deliver(suite, name, about, body, expected, *, headers=None, **rest):
    body = to_bytes(body)
    headers = telemax_headers(body, delivery=uid(name, "delivery")) if headers is None else headers
    suite.add("telemax", name, about, body, headers, expected, **rest)


def published(suite):
    van = {"vehicle": "88421", "at": AT, "position": POSITION, "time_source": "provider", "mapped": VAN_VIN}
    what = {
        "T1": ("ignition-on", "Ignition", {"moment": "IGNITION_ON", "ignition": True}),
        "T2": ("speeding", "Speeding", {"speed_kmh": 127.4}),
        "T3": ("geofence", "Geofence", {}),
        "T4": ("low-battery", "Low battery", {}),
    }
    for name, body, utf8, decoded in p.TELEMAX_TAGS:
        words, kind, rest = what[name]
        expected = {**van, **rest}
        vehicle = expected.pop("vehicle")
        one = events(event(vehicle, kind, "tmx-" + body_hash(body), **expected))
        deliver(
            suite,
            f"published-{name.lower()}-{words}",
            "The documented payload under the secret as text.",
            body,
            one,
            headers=[
                ["X-Telemax-Signature", f"sha256={utf8}"],
                ["X-Telemax-Delivery", uid(name, "delivery")],
            ],
            source=p.TELEMAX_SOURCE,
            known={"88421": VAN_VIN},
        )
        decoded = decoded or hex_of(bytes.fromhex(p.TELEMAX_SECRET), body)
        one = events(event(vehicle, kind, "tmx-" + body_hash(body), **expected))
        deliver(
            suite,
            f"published-{name.lower()}-{words}-hex-key",
            "The same under the bytes that the secret spells.",
            body,
            one,
            headers=[["X-Telemax-Signature", f"sha256={decoded}"]],
            source=p.TELEMAX_SOURCE,
            known={"88421": VAN_VIN},
            config=FORMS,
            edge=SAME_BYTES,
        )
    unmapped = {**van, "mapped": None, "ignition": True}
    unmapped.pop("vehicle")
    deliver(
        suite,
        "published-t1-unmapped",
        "Without a mapping the alert is accepted and waits.",
        p.T1,
        events(event("88421", "Ignition", "tmx-" + body_hash(p.T1), **unmapped)),
        headers=[["X-Telemax-Signature", f"sha256={p.TELEMAX_TAGS[0][2]}"]],
        source=p.TELEMAX_SOURCE,
        edge=SAME_BYTES,
    )
    deliver(
        suite,
        "published-t2-body-after-a-json-round-trip",
        "110.0 became 110: the signature of the bytes that were sent does not fit.",
        p.T2.replace(b"110.0", b"110"),
        refused("signature_mismatch"),
        headers=[["X-Telemax-Signature", f"sha256={p.TELEMAX_TAGS[1][2]}"]],
        source=p.TELEMAX_SOURCE,
    )
    deliver(
        suite,
        "published-t2-signature-after-a-json-round-trip",
        "Nor does the signature of the rewritten body fit the bytes that were sent.",
        p.T2,
        refused("signature_mismatch"),
        headers=[["X-Telemax-Signature", f"sha256={p.T2_ROUND_TRIP}"]],
        source=p.TELEMAX_SOURCE,
    )
    deliver(
        suite,
        "published-t1-hex-key-where-text-is-configured",
        "The two readings of the secret are two keys.",
        p.T1,
        refused("signature_mismatch"),
        headers=[["X-Telemax-Signature", f"sha256={p.TELEMAX_TAGS[0][3]}"]],
        source=p.TELEMAX_SOURCE,
    )
    deliver(
        suite,
        "published-t1-text-key-where-hex-is-configured",
        "The two readings of the secret are two keys.",
        p.T1,
        refused("signature_mismatch"),
        headers=[["X-Telemax-Signature", f"sha256={p.TELEMAX_TAGS[0][2]}"]],
        source=p.TELEMAX_SOURCE,
        config=FORMS,
    )


def alert(name, label="Geofence", data=None, **changes):
    """An alert of the documented shape with a vehicle of its own; `...` removes a member."""
    made = {
        "alertType": label,
        "vehicleId": vehicle_of(name),
        "vehicleName": "Delivery Van 07",
        "position": {"lat": POSITION[0], "lng": POSITION[1]},
        "direction": 270,
        "timestamp": AT,
        "address": None,
        "data": data,
    }
    made.update(changes)
    return {member: value for member, value in made.items() if value is not ...}


def expect(
    name, body, *, label="Geofence", skip=None, vehicle=..., at=AT, position=POSITION, mapped=..., **rest
):
    vehicle = str(vehicle_of(name)) if vehicle is ... else vehicle
    event_id = "tmx-" + body_hash(to_bytes(body))
    if skip:
        return events(event(vehicle, label, event_id, skip=skip))
    mapped = vin_of(name) if mapped is ... else mapped
    return events(
        event(
            vehicle, label, event_id, at=at, position=position, time_source="provider", mapped=mapped, **rest
        )
    )


def show(suite, name, about, body, *, config=BASE, edge=None, headers=None, **expected):
    known = (
        None
        if expected.get("skip") or expected.get("mapped", ...) is None
        else {str(vehicle_of(name)): vin_of(name)}
    )
    deliver(
        suite,
        name,
        about,
        body,
        expect(name, body, **expected),
        known=known,
        config=config,
        edge=edge,
        headers=headers,
    )


ADDRESS = {
    "street": "42 George St",
    "suburb": "Sydney",
    "state": "NSW",
    "postcode": "2000",
    "country": "Australia",
}


def alerts(suite):
    def each(name, about, label, data=None, **expected):
        show(suite, name, about, alert(name, label, data), label=label, **expected)

    on = {"moment": "IGNITION_ON", "ignition": True}
    off = {"moment": "IGNITION_OFF", "ignition": False}
    each("ignition-on", "Ignition, started: the start of a trip.", "Ignition", {"isStarted": True}, **on)
    each("ignition-off", "Ignition, not started: the end of a trip.", "Ignition", {"isStarted": False}, **off)
    each(
        "ignition-on-unmapped",
        "Without a mapping it waits.",
        "Ignition",
        {"isStarted": True},
        mapped=None,
        ignition=True,
    )
    for name, data in [
        ("null", None),
        ("empty", {}),
        ("is-started-null", {"isStarted": None}),
        ("is-started-text", {"isStarted": "true"}),
        ("is-started-number", {"isStarted": 1}),
        ("in-a-list", [True]),
    ]:
        each(
            f"ignition-data-{name}",
            "Whether it was switched on or off is never guessed.",
            "Ignition",
            data,
            skip="invalid_payload",
        )
    name = "ignition-data-absent"
    show(
        suite,
        name,
        "Whether it was switched on or off is never guessed.",
        alert(name, "Ignition", ...),
        label="Ignition",
        skip="invalid_payload",
    )

    each(
        "speeding",
        "Speeding gives a speed, which alone fills no telemetry.",
        "Speeding",
        {"speed": 127.4, "maxSpeed": 110.0},
        speed_kmh=127.4,
    )
    each(
        "speeding-whole-number",
        "A speed may be a whole number.",
        "Speeding",
        {"speed": 121, "maxSpeed": 110},
        speed_kmh=121,
    )
    each("speeding-without-data", "Without data it is a point of a track.", "Speeding")
    each("speeding-speed-as-text", "A speed that is no number is none.", "Speeding", {"speed": "127.4"})
    each(
        "speeding-by-its-long-name",
        "The alert's other name.",
        "Exceed Maximum Speed",
        {"speed": 90.5, "maxSpeed": 80},
        speed_kmh=90.5,
    )
    each(
        "geofence-entered",
        "A geofence gives a point of a track.",
        "Geofence",
        {"geofenceName": "Depot", "isExit": False},
    )
    each(
        "geofence-left",
        "A geofence gives a point of a track.",
        "Geofence",
        {"geofenceName": "Depot", "isExit": True},
    )
    each(
        "geofence-unmapped",
        "Without a mapping it waits.",
        "Geofence",
        {"geofenceName": "Depot", "isExit": True},
        mapped=None,
    )
    each(
        "low-battery",
        "A low battery gives a point of a track.",
        "Low battery",
        {"voltage": 11.4, "threshold": 11.8},
    )
    each("device-reconnected", "A device that is back gives a point of a track.", "Device Reconnected")
    each(
        "device-disconnected",
        "The position is the last fix, the time that of the alarm.",
        "Device Disconnected",
        skip="position_not_current",
    )
    for label in (
        "Engine Code",
        "Fatigue",
        "Geofence Speed",
        "Idle",
        "Mileage",
        "Above Speed Limit",
        "Doors Unlocked",
        "Tire Pressure",
        "Charging",
        "Exceed RPM",
        "Exceed Engine Temp",
        "Reminder",
    ):
        each(
            f"other-{label.lower().replace(' ', '-')}",
            "An alert that comes only through isGlobal and means nothing to Cartrack.",
            label,
            skip="unknown_alert_type",
        )
    each(
        "other-alert-of-tomorrow",
        "A label that is not known is recorded, never a failure.",
        "Teleported",
        skip="unknown_alert_type",
    )
    each(
        "other-type-number-as-text",
        "The payload names labels; a number is none.",
        "8",
        {"isStarted": True},
        skip="unknown_alert_type",
    )
    each(
        "other-longer-than-a-known-label",
        "A label is compared as a whole.",
        "Ignition Off",
        {"isStarted": False},
        skip="unknown_alert_type",
    )
    each("other-part-of-a-known-label", "A label is compared as a whole.", "Geo", skip="unknown_alert_type")
    for name, label, data, more in [
        ("in-capitals", "IGNITION", {"isStarted": True}, on),
        ("in-lower-case", "ignition", {"isStarted": False}, off),
        ("low-battery-in-title-case", "Low Battery", {"voltage": 11.4, "threshold": 11.8}, {}),
        ("low-battery-with-underscore", "LOW_BATTERY", None, {}),
        ("low-battery-as-one-word", "LowBattery", None, {}),
        ("device-reconnected-with-hyphen", "device-reconnected", None, {}),
        ("device-reconnected-with-punctuation", "Device reconnected!", None, {}),
        ("exceed-maximum-speed-as-one-word", "ExceedMaximumSpeed", {"speed": 100.25}, {"speed_kmh": 100.25}),
        ("speeding-with-full-stop", "Speeding.", {"speed": 99}, {"speed_kmh": 99}),
    ]:
        each(
            f"label-{name}",
            "Case, spaces and punctuation of a label do not count; it is kept as it was sent.",
            label,
            data,
            **more,
        )
    each(
        "label-device-disconnected-in-lower-case",
        "So with a disconnected device.",
        "device disconnected",
        skip="position_not_current",
    )
    name = "label-of-100-characters"
    show(
        suite,
        name,
        "A long label is kept to 64 characters.",
        alert(name, "L" * 100),
        label="L" * 64,
        skip="unknown_alert_type",
    )
    for name, label in [
        ("absent", ...),
        ("null", None),
        ("empty", ""),
        ("a-number", 8),
        ("an-object", {"id": 8}),
    ]:
        name = f"label-{name}"
        show(
            suite,
            name,
            "Without a label in text the type is unknown.",
            alert(name, label),
            label="unknown",
            skip="unknown_event_type",
        )


def payloads(suite):
    def each(name, about, label="Geofence", data=None, expected=None, **changes):
        show(suite, name, about, alert(name, label, data, **changes), label=label, **(expected or {}))

    skip = {"skip": "invalid_payload"}
    name = "vehicle-id-as-text"
    each(name, "An id may come as text.", vehicleId=str(vehicle_of(name)))
    each(
        "vehicle-id-absent",
        "An alert of no vehicle is of no use.",
        vehicleId=...,
        expected={"vehicle": None, **skip},
    )
    each(
        "vehicle-id-null",
        "An alert of no vehicle is of no use.",
        vehicleId=None,
        expected={"vehicle": None, **skip},
    )
    each(
        "vehicle-id-an-object",
        "An id that is neither a whole number nor text is none.",
        vehicleId={},
        expected={"vehicle": None, **skip},
    )
    each(
        "vehicle-id-beyond-safe-integers",
        "A large whole number keeps every digit.",
        vehicleId=9007199254740993,
        expected={"vehicle": "9007199254740993", "mapped": None},
    )
    each(
        "position-absent",
        "Without a position nothing is sent.",
        position=...,
        expected={"skip": "no_position"},
    )
    each(
        "position-null",
        "Without a position nothing is sent.",
        position=None,
        expected={"skip": "no_position"},
    )
    each(
        "position-null-on-ignition",
        "No last-known position takes its place: that would make up the start of a trip.",
        "Ignition",
        {"isStarted": True},
        position=None,
        expected={"skip": "no_position"},
    )
    each(
        "position-null-fix",
        "Exactly (0, 0) is what receivers send without a fix.",
        position={"lat": 0, "lng": 0},
        expected={"skip": "no_position"},
    )
    each(
        "position-on-the-equator",
        "One zero alone is a position.",
        position={"lat": 0.0, "lng": 151.5},
        expected={"position": (0.0, 151.5)},
    )
    each(
        "position-at-the-limits",
        "The limits themselves are positions.",
        position={"lat": -90, "lng": 180},
        expected={"position": (-90, 180)},
    )
    each(
        "position-latitude-beyond-range",
        "A position that cannot be true is none.",
        position={"lat": -90.5, "lng": 151},
        expected=skip,
    )
    each(
        "position-longitude-beyond-range",
        "A position that cannot be true is none.",
        position={"lat": -33, "lng": 1512093},
        expected=skip,
    )
    each(
        "position-as-text",
        "Coordinates in text are none.",
        position={"lat": "-33.8688", "lng": "151.2093"},
        expected=skip,
    )
    each(
        "position-and-time-both-wrong-position-first",
        "The position is looked at before the time's distance from now.",
        position={"lat": 0, "lng": 0},
        timestamp="2099-01-01T00:00:00Z",
        expected={"skip": "no_position"},
    )
    each(
        "time-absent",
        "Without a time nothing is sent; the time of receipt does not take its place.",
        timestamp=...,
        expected=skip,
    )
    each("time-null", "So with null.", timestamp=None, expected=skip)
    each("time-as-words", "So with a time that cannot be read.", timestamp="28/04/2026 06:14", expected=skip)
    each(
        "time-without-zone",
        "A time that does not say its zone is not guessed to be UTC.",
        timestamp="2026-04-28T06:14:22",
        expected=skip,
    )
    each(
        "time-with-milliseconds",
        "Milliseconds are kept.",
        timestamp="2026-04-28T06:14:22.120Z",
        expected={"at": "2026-04-28T06:14:22.120Z"},
    )
    each(
        "time-with-offset", "A time with an offset is brought to UTC.", timestamp="2026-04-28T16:14:22+10:00"
    )
    each(
        "time-of-the-future",
        "An alert of the year 2099 is not one.",
        timestamp="2099-01-01T00:00:00Z",
        expected={"skip": "future_timestamp"},
    )
    each(
        "time-of-the-future-on-ignition",
        "So with an ignition.",
        "Ignition",
        {"isStarted": True},
        timestamp="2099-01-01T00:00:00Z",
        expected={"skip": "future_timestamp"},
    )
    each(
        "time-60-seconds-ahead",
        "A minute ahead is accepted, and the time never rewritten.",
        timestamp=iso(NOW + 60_000),
        expected={"at": iso(NOW + 60_000), "edge": PAST_ONLY},
    )
    each(
        "time-61-seconds-ahead",
        "More is the future.",
        timestamp=iso(NOW + 61_000),
        expected={"skip": "future_timestamp", "edge": PAST_ONLY},
    )
    each(
        "time-years-old-without-a-limit",
        "Without a limit any age is accepted.",
        timestamp="2009-01-01T00:00:00Z",
        expected={"at": "2009-01-01T00:00:00Z"},
    )
    each("address-given", "An address is not sent on.", address=ADDRESS)
    each(
        "address-beyond-ascii",
        "Text of any script is passed over byte for byte.",
        address={**ADDRESS, "street": "Märzhase é 🚗 車\u0000"},
        vehicleName="Überlandwagen 7 🚚",
    )
    each(
        "members-missing",
        "Members that are not needed may be missing.",
        direction=...,
        address=...,
        vehicleName=...,
        data=...,
    )
    each(
        "members-unknown",
        "Unknown members, a VIN among them, are passed over.",
        vin="5YJ3E7EB1LF000001",
        odometer=12345,
        ignition=True,
        speed=0,
    )
    each(
        "kind-before-position",
        "What the alert is decides before its position.",
        "Idle",
        position=None,
        expected={"skip": "unknown_alert_type"},
    )
    each(
        "kind-before-time",
        "What the alert is decides before its time.",
        "Device Disconnected",
        timestamp="2099-01-01T00:00:00Z",
        expected={"skip": "position_not_current"},
    )


def signatures(suite):
    def refuse(name, about, code, value=None, headers=None):
        body = to_bytes(alert(name))
        headers = [["X-Telemax-Signature", value(hex_of(TELEMAX_SECRET, body))]] if value else headers
        deliver(suite, name, about, body, refused(code), headers=headers)

    def accept(name, about, headers_of, **rest):
        body = alert(name)
        show(suite, name, about, body, headers=headers_of(to_bytes(body)), **rest)

    accept(
        "signature-digits-in-capitals",
        "The case of the digits is not documented: both are hex.",
        lambda b: [["X-Telemax-Signature", "sha256=" + hex_of(TELEMAX_SECRET, b).upper()]],
    )
    accept(
        "signature-header-in-capitals",
        "Header names have no case.",
        lambda b: [["X-TELEMAX-SIGNATURE", "sha256=" + hex_of(TELEMAX_SECRET, b)]],
    )
    accept(
        "signature-header-in-lower-case",
        "Header names have no case.",
        lambda b: [["x-telemax-signature", "sha256=" + hex_of(TELEMAX_SECRET, b)]],
    )
    accept("delivery-id-absent", "The delivery's id is not needed.", lambda b: telemax_headers(b))
    accept(
        "delivery-id-empty",
        "An empty one is like none.",
        lambda b: telemax_headers(b) + [["X-Telemax-Delivery", ""]],
    )
    accept(
        "delivery-id-twice",
        "The delivery's id decides nothing about the signature.",
        lambda b: (
            telemax_headers(b)
            + [
                ["X-Telemax-Delivery", uid("delivery-id-twice", "a")],
                ["X-Telemax-Delivery", uid("delivery-id-twice", "b")],
            ]
        ),
    )
    accept(
        "hex-key",
        "A key that is the bytes which the secret spells.",
        lambda b: [["X-Telemax-Signature", "sha256=" + hex_of(bytes.fromhex(TELEMAX_SECRET), b)]],
        config=FORMS,
    )
    accept(
        "hex-key-in-lower-case",
        "The secret's hex digits have no case; it is the second of the list.",
        lambda b: [["X-Telemax-Signature", "sha256=" + hex_of(bytes.fromhex(HEX_SECRET), b)]],
        config=FORMS,
    )

    refuse(
        "signature-absent",
        "Without a signature nothing passes.",
        "missing_header",
        headers=[["X-Telemax-Delivery", uid("signature-absent")]],
    )
    refuse("signature-empty", "An empty signature counts as absent.", "missing_header", value=lambda tag: "")
    refuse(
        "signature-under-another-name",
        "A signature in another provider's header is none.",
        "missing_header",
        headers=[["SC-Signature", hex_of(TELEMAX_SECRET, to_bytes(alert("signature-under-another-name")))]],
    )
    refuse(
        "signature-of-the-other-provider-key",
        "Smartcar's token is no key here.",
        "signature_mismatch",
        headers=[
            [
                "X-Telemax-Signature",
                "sha256=" + hex_of(AMT, to_bytes(alert("signature-of-the-other-provider-key"))),
            ]
        ],
    )
    refuse(
        "signature-without-prefix",
        "The prefix sha256= belongs to it.",
        "malformed_signature",
        value=lambda tag: tag,
    )
    refuse(
        "signature-prefix-in-capitals",
        "The prefix is exactly sha256=.",
        "malformed_signature",
        value=lambda tag: "SHA256=" + tag,
    )
    refuse(
        "signature-prefix-sha1",
        "Another algorithm is another scheme.",
        "malformed_signature",
        value=lambda tag: "sha1=" + tag[:40],
    )
    refuse(
        "signature-prefix-sha512",
        "Another algorithm is another scheme.",
        "malformed_signature",
        value=lambda tag: "sha512=" + tag + tag,
    )
    refuse(
        "signature-prefix-only",
        "A prefix without digits.",
        "malformed_signature",
        value=lambda tag: "sha256=",
    )
    refuse(
        "signature-prefix-twice",
        "A prefix too many.",
        "malformed_signature",
        value=lambda tag: "sha256=sha256=" + tag,
    )
    refuse(
        "signature-space-after-prefix",
        "No space belongs there.",
        "malformed_signature",
        value=lambda tag: "sha256= " + tag,
    )
    refuse(
        "signature-with-hyphen-for-equals",
        "The prefix is exactly sha256=.",
        "malformed_signature",
        value=lambda tag: "sha256-" + tag,
    )
    refuse(
        "signature-of-63-digits",
        "A digit is missing.",
        "malformed_signature",
        value=lambda tag: "sha256=" + tag[:-1],
    )
    refuse(
        "signature-of-66-digits",
        "A byte too many.",
        "malformed_signature",
        value=lambda tag: "sha256=" + tag + "00",
    )
    refuse(
        "signature-with-a-letter-beyond-f",
        "g is no hex digit.",
        "malformed_signature",
        value=lambda tag: "sha256=" + tag[:-1] + "g",
    )
    refuse(
        "signature-in-base64",
        "Base64 is the form of another provider.",
        "malformed_signature",
        value=lambda tag: "sha256=" + "A" * 43 + "=",
    )
    refuse(
        "signature-first-digit-changed",
        "One digit is enough.",
        "signature_mismatch",
        value=lambda tag: "sha256=" + ("0" if tag[0] != "0" else "1") + tag[1:],
    )
    refuse(
        "signature-last-digit-changed",
        "One digit is enough.",
        "signature_mismatch",
        value=lambda tag: "sha256=" + tag[:-1] + ("0" if tag[-1] != "0" else "1"),
    )
    refuse(
        "signature-all-zero",
        "64 zeros are well formed and wrong.",
        "signature_mismatch",
        value=lambda tag: "sha256=" + "0" * 64,
    )
    for name, about, join in [
        (
            "signature-header-twice",
            "A header that decides may come once only, even with the same right value.",
            False,
        ),
        ("signature-header-folded", "The same, already folded into one line.", True),
    ]:
        value = "sha256=" + hex_of(TELEMAX_SECRET, to_bytes(alert(name)))
        refuse(
            name,
            about,
            "malformed_signature",
            headers=[["X-Telemax-Signature", f"{value}, {value}"]]
            if join
            else [["X-Telemax-Signature", value]] * 2,
        )
    for name, about, change in [
        (
            "body-one-byte-changed",
            "The vehicle's latitude changed by one digit.",
            lambda b: b.replace(b"-33.8688", b"-33.8689"),
        ),
        ("body-one-byte-appended", "A line feed after the body.", lambda b: b + b"\n"),
        ("body-cut", "The last byte is missing.", lambda b: b[:-1]),
        (
            "body-written-again-with-spaces",
            "The same JSON, written again with spaces in it.",
            lambda b: b.replace(b'":', b'": '),
        ),
        ("body-emptied", "An empty body under the signature of another one.", lambda b: b""),
    ]:
        signed = to_bytes(alert(name))
        deliver(
            suite, name, about, change(signed), refused("signature_mismatch"), headers=telemax_headers(signed)
        )


def bodies(suite):
    def malformed(name, about, body):
        deliver(suite, name, about, body, refused("malformed_body"))

    plain = to_bytes(alert("body-malformed"))
    malformed("body-an-array", "Genuine bytes, but an array of alerts.", b"[" + plain + b"]")
    malformed("body-a-text", "Genuine bytes, but a text.", b'"Ignition"')
    malformed("body-empty", "An empty body with its own right signature.", b"")
    malformed("body-truncated", "JSON that ends in the middle, signed so.", plain[:-20])
    malformed("body-not-utf-8", "Latin-1 in a text.", b'{"alertType":"Ignition","vehicleName":"M\xe4rz"}')
    malformed(
        "body-number-beyond-doubles",
        "1e400 is no number that there is.",
        b'{"alertType":"Speeding","data":{"speed":1e400}}',
    )
    malformed(
        "body-nested-200-deep",
        "Nesting that would exhaust a parser's stack.",
        b'{"data":' * 200 + b"1" + b"}" * 200,
    )
    name = "body-a-verify-is-no-challenge"
    body = {"eventType": "VERIFY", "data": {"challenge": "abc"}}
    deliver(
        suite,
        name,
        "Only Smartcar sends challenges: unsigned, it is refused.",
        body,
        refused("missing_header"),
        headers=[],
    )
    name = "body-an-empty-object"
    deliver(
        suite,
        name,
        "An empty object is an object of no known type.",
        b"{}",
        expect(name, b"{}", label="unknown", vehicle=None, skip="unknown_event_type"),
    )
    name = "body-with-white-space-around"
    raw = b" \n" + to_bytes(alert(name)) + b"\n"
    show(suite, name, "White space around an object belongs to the signed bytes and to JSON.", raw)
    name = "body-with-proto-keys"
    body = alert(name, "Ignition", {"isStarted": True, "__proto__": {"isStarted": False}})
    body["__proto__"] = {"alertType": "Idle"}
    body["constructor"] = None
    show(
        suite,
        name,
        "Keys that are dangerous in JavaScript are keys like any other.",
        body,
        label="Ignition",
        moment="IGNITION_ON",
        ignition=True,
    )
    name = "body-with-huge-numbers"
    body = to_bytes(alert(name)).replace(b'"direction":270', b'"direction":' + b"9" * 300)
    show(suite, name, "A number of 300 digits disturbs nothing where it does not matter.", body)
