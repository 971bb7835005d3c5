"""Smartcar, events of generation 2.0: schedule, dynamic and eventBased."""

from .case import NOW, event, events, iso, to_bytes, uid, vin_of
from .signing import body_hash
from .smartcar import deliver

AT = "2026-04-28T06:13:45.500Z"
POSITION = (37.4292, -122.1381)
OWN_CLOCK = "the time of the position is the time of receipt, which a live Worker takes from its own clock"


def add(suite):
    schedules(suite)
    several(suite)
    event_based(suite)
    modes(suite)


def path(name, body, code=200, age=AT, unit="metric", **rest):
    headers = {
        "sc-unit-system": unit,
        "sc-data-age": age,
        "sc-fetched-at": "2026-04-28T06:14:00Z",
        "sc-request-id": "r",
    }
    made = {
        "path": name,
        "code": code,
        "body": body,
        "headers": {key: value for key, value in headers.items() if value is not None},
        **rest,
    }
    return {member: value for member, value in made.items() if value is not ...}


def location(latitude=POSITION[0], longitude=POSITION[1], **rest):
    return path("/location", {"latitude": latitude, "longitude": longitude}, **rest)


def odometer(distance, unit="metric", **rest):
    return path("/odometer", {"distance": distance}, unit=unit, **rest)


def vin(text):
    return path("/vin", {"vin": text})


def vehicle(name, *data, **changes):
    made = {
        "vehicleId": uid(name, "vehicle"),
        "requestId": uid(name, "request"),
        "data": list(data),
        **changes,
    }
    return {member: value for member, value in made.items() if value is not ...}


def webhook(*vehicles, kind="schedule", mode="live"):
    made = {
        "version": "2.0",
        "webhookId": "abde94ff-d57d-43b9-8d09-6020db2d977a",
        "eventName": kind,
        "mode": mode,
        "payload": {"vehicles": list(vehicles)},
    }
    if mode is None:
        del made["mode"]
    return made


def expect(
    name,
    *,
    kind="schedule",
    event_id=None,
    vehicle=...,
    vin=...,
    at=AT,
    source="provider",
    position=POSITION,
    skip=None,
    **rest,
):
    vehicle = uid(name, "vehicle") if vehicle is ... else vehicle
    event_id = event_id or f"{uid(name, 'request')}:{vehicle}"
    if skip:
        return event(vehicle, kind, event_id, skip=skip)
    return event(
        vehicle,
        kind,
        event_id,
        at=at,
        position=position,
        time_source=source,
        vin=vin_of(name) if vin is ... else vin,
        **rest,
    )


ERROR = {
    "type": "PERMISSION",
    "code": None,
    "description": "…",
    "docURL": "https://smartcar.com/docs",
    "statusCode": 403,
    "requestId": "r",
    "resolution": None,
}


def schedules(suite):
    def show(name, about, data, kind="schedule", sent=None, **expected):
        body = webhook(vehicle(name, *data), kind=sent or kind)
        rest = {key: expected.pop(key) for key in ("known", "edge") if key in expected}
        deliver(suite, name, about, body, events(expect(name, kind=kind, **expected)), **rest)

    def whole(name):
        return [vin(vin_of(name)), location()]

    name = "generation-2-schedule"
    show(name, "A schedule with a VIN and a location.", whole(name))
    name = "generation-2-scheduled"
    show(name, "Some pages write scheduled for schedule.", whole(name), sent="scheduled")
    name = "generation-2-dynamic"
    show(name, "A dynamic webhook has the shape of a schedule.", whole(name), kind="dynamic")
    for unit, km in [("metric", 1000), ("imperial", 1609.344)]:
        name = f"generation-2-odometer-{unit}"
        show(
            name,
            "The odometer is read in the unit system that its headers name.",
            [*whole(name), odometer(1000, unit)],
            odometer_km=km,
        )
    name = "generation-2-odometer-in-an-unknown-unit-system"
    show(
        name,
        "An odometer of an unknown unit system is dropped and noted.",
        [*whole(name), odometer(1000, "nautical")],
        notes=["unknown_unit"],
    )
    name = "generation-2-odometer-in-error"
    show(
        name,
        "A path that failed says nothing, the others count.",
        [*whole(name), path("/odometer", ERROR, code=403)],
    )
    name = "generation-2-header-names-in-title-case"
    data = [
        vin(vin_of(name)),
        path(
            "/location",
            {"latitude": POSITION[0], "longitude": POSITION[1]},
            headers={"Sc-Unit-System": "metric", "Sc-Data-Age": AT},
        ),
        path("/odometer", {"distance": 10}, headers={"SC-UNIT-SYSTEM": "imperial", "SC-DATA-AGE": AT}),
    ]
    show(name, "Header names within the payload have no case either.", data, odometer_km=16.09344)
    name = "generation-2-location-in-error"
    show(
        name,
        "A location that failed is no position.",
        [vin(vin_of(name)), path("/location", ERROR, code=409)],
        skip="no_position",
    )
    name = "generation-2-location-absent"
    show(name, "Without a location nothing is sent.", [vin(vin_of(name)), odometer(10)], skip="no_position")
    name = "generation-2-location-body-null"
    show(
        name,
        "A location whose body is null says nothing.",
        [vin(vin_of(name)), path("/location", None)],
        skip="no_position",
    )
    name = "generation-2-location-null-fix"
    show(name, "Exactly (0, 0) is no position.", [vin(vin_of(name)), location(0, 0)], skip="no_position")
    name = "generation-2-location-beyond-range"
    show(
        name,
        "A position that cannot be true is none.",
        [vin(vin_of(name)), location(91, 0)],
        skip="invalid_payload",
    )
    name = "generation-2-location-as-text"
    show(
        name,
        "Coordinates in text are none.",
        [vin(vin_of(name)), location("37.4292", "-122.1381")],
        skip="invalid_payload",
    )
    name = "generation-2-location-code-absent"
    show(
        name,
        "Every member is optional: a location without a code is one.",
        [vin(vin_of(name)), location(code=...)],
    )
    name = "generation-2-location-of-the-future"
    show(
        name,
        "A position of the year 2099 is not one.",
        [vin(vin_of(name)), location(age="2099-01-01T00:00:00Z")],
        skip="future_timestamp",
    )
    name = "generation-2-location-without-age"
    show(
        name,
        "Without sc-data-age the time of receipt counts, and is named as such.",
        [vin(vin_of(name)), location(age=None)],
        at=iso(NOW),
        source="received",
        edge=OWN_CLOCK,
    )
    name = "generation-2-location-without-headers"
    show(
        name,
        "So without any headers.",
        [vin(vin_of(name)), location(headers=...)],
        at=iso(NOW),
        source="received",
        edge=OWN_CLOCK,
    )
    name = "generation-2-vin-in-lower-case"
    show(name, "A VIN is capitalised.", [vin(vin_of(name).lower()), location()])
    name = "generation-2-vin-in-error"
    show(
        name,
        "A VIN that failed is none: the event waits.",
        [path("/vin", ERROR, code=403), location()],
        vin=None,
    )
    name = "generation-2-vin-of-the-mapping-only"
    show(
        name,
        "Without /vin the mapping gives the VIN.",
        [location()],
        vin=None,
        mapped=vin_of(name),
        known={uid(name, "vehicle"): vin_of(name)},
    )
    name = "generation-2-vin-conflicts-with-the-mapping"
    show(
        name,
        "Two VINs: accepted at the door, never sent.",
        whole(name),
        mapped="WBT0000000CONFL1C",
        known={uid(name, "vehicle"): "WBT0000000CONFL1C"},
    )
    name = "generation-2-other-paths"
    show(
        name,
        "Paths that Cartrack has no use for are passed over.",
        [
            path("/battery", {"range": 200, "percentRemaining": 0.5}),
            path("/fuel", {"range": 500, "percentRemaining": 0.3, "amountRemaining": 40}),
            path("/charge", {"state": "CHARGING", "isPluggedIn": True}),
            path("/tomorrow", {}),
            *whole(name),
        ],
    )

    name = "generation-2-request-id-absent"
    body = webhook(vehicle(name, *whole(name), requestId=...))
    deliver(
        suite,
        name,
        "Without a requestId the body's hash and the place take its place.",
        body,
        events(expect(name, event_id=f"sc2-{body_hash(to_bytes(body))}-0")),
    )
    name = "generation-2-event-name-unknown"
    body = webhook(vehicle(name, *whole(name)), kind="lunar")
    deliver(
        suite,
        name,
        "A name of tomorrow is skipped under itself.",
        body,
        events(event(None, "lunar", "sc-" + body_hash(to_bytes(body)), skip="unknown_event_type")),
    )
    name = "generation-2-event-name-absent"
    body = webhook(vehicle(name, *whole(name)))
    del body["eventName"]
    deliver(
        suite,
        name,
        "Without a name it is unknown.",
        body,
        events(event(None, "unknown", "sc-" + body_hash(to_bytes(body)), skip="unknown_event_type")),
    )


def several(suite):
    name = "generation-2-three-vehicles"
    a, b, c = (f"{name} {letter}" for letter in "abc")
    body = webhook(
        vehicle(a, vin(vin_of(a)), location()), vehicle(b, odometer(5)), vehicle(c, location(1.25, 2.5))
    )
    deliver(
        suite,
        name,
        "One event for each vehicle: sent, without a position, waiting for a mapping.",
        body,
        events(expect(a), expect(b, skip="no_position"), expect(c, vin=None, position=(1.25, 2.5))),
    )
    name = "generation-2-two-vehicles-none-of-use"
    a, b = (f"{name} {letter}" for letter in "ab")
    body = webhook(vehicle(a, location(0, 0)), vehicle(b, location("x", "y")))
    deliver(
        suite,
        name,
        "Each is skipped for its own reason, and so is the delivery.",
        body,
        events(expect(a, skip="no_position"), expect(b, skip="invalid_payload")),
    )
    name = "generation-2-two-vehicles-one-request-id"
    a, b = (f"{name} {letter}" for letter in "ab")
    shared = uid(name, "request")
    body = webhook(*(vehicle(each, vin(vin_of(each)), location(), requestId=shared) for each in (a, b)))
    deliver(
        suite,
        name,
        "A requestId that two vehicles share is made their own by the vehicle.",
        body,
        events(*(expect(each, event_id=f"{shared}:{uid(each, 'vehicle')}") for each in (a, b))),
    )
    name = "generation-2-two-vehicles-without-request-ids"
    a, b = (f"{name} {letter}" for letter in "ab")
    body = webhook(*(vehicle(each, vin(vin_of(each)), location(), requestId=...) for each in (a, b)))
    digest = body_hash(to_bytes(body))
    deliver(
        suite,
        name,
        "Without requestIds they are told apart by their place.",
        body,
        events(*(expect(each, event_id=f"sc2-{digest}-{index}") for index, each in enumerate((a, b)))),
    )
    name = "generation-2-twelve-vehicles"
    names = [f"{name} {number}" for number in range(12)]
    body = webhook(
        *(vehicle(each, vin(vin_of(each)), location(10 + n, 20 + n)) for n, each in enumerate(names))
    )
    deliver(
        suite,
        name,
        "A delivery may be about many vehicles.",
        body,
        events(*(expect(each, position=(10 + n, 20 + n)) for n, each in enumerate(names))),
    )


def based(name, kind, mode="live", **changes):
    payload = {
        "eventId": uid(name, "event"),
        "vehicleId": uid(name, "vehicle"),
        "eventType": kind,
        "eventTime": AT,
        **changes,
    }
    return {
        "version": "2.0",
        "webhookId": "abde94ff-d57d-43b9-8d09-6020db2d977a",
        "eventName": "eventBased",
        "mode": mode,
        "payload": {member: value for member, value in payload.items() if value is not ...},
    }


def event_based(suite):
    for kind in ("CHARGING_STARTED", "CHARGING_STOPPED", "CHARGING_COMPLETED"):
        name = f"generation-2-event-based-{kind.lower().replace('_', '-')}"
        deliver(
            suite,
            name,
            "Charging has no position and is no ignition.",
            based(name, kind),
            events(event(uid(name, "vehicle"), "eventBased", uid(name, "event"), skip="no_position")),
        )
    name = "generation-2-event-based-test"
    deliver(
        suite,
        name,
        "A trial comes before the missing position.",
        based(name, "CHARGING_STARTED", mode="test"),
        events(event(uid(name, "vehicle"), "eventBased", uid(name, "event"), skip="test_mode")),
    )


def modes(suite):
    for mode in ("test", "simulated"):
        for kind in ("schedule", "dynamic"):
            name = f"generation-2-{kind}-{mode}"
            body = webhook(vehicle(name, vin(vin_of(name)), location()), kind=kind, mode=mode)
            deliver(
                suite,
                name,
                "What is not live is acknowledged and not relayed.",
                body,
                events(expect(name, kind=kind, skip="test_mode")),
            )
    name = "generation-2-two-vehicles-test"
    a, b = (f"{name} {letter}" for letter in "ab")
    body = webhook(vehicle(a, location()), vehicle(b), mode="test")
    deliver(
        suite,
        name,
        "A trial comes before every other reason.",
        body,
        events(expect(a, skip="test_mode"), expect(b, skip="test_mode")),
    )
    name = "generation-2-mode-absent"
    deliver(
        suite,
        name,
        "Without a mode it is live.",
        webhook(vehicle(name, vin(vin_of(name)), location()), mode=None),
        events(expect(name)),
    )
