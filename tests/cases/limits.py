"""Limits of an installation: the age of positions and the size of bodies."""

from . import callback, smartcar, smartcar2, telematica, telemax
from .case import (
    BASE,
    NOW,
    PAST_ONLY,
    event,
    events,
    iso,
    refused,
    to_bytes,
    vin_of,
)

LIMIT = 2048
DAY = 24 * 3_600_000
LIMITED = {**BASE, "MAX_BODY_BYTES": str(LIMIT), "MAX_EVENT_AGE_HOURS": "24"}


def add(suite):
    ages(suite)
    sizes(suite)


def ages(suite):
    for name, about, age, skip in [
        ("age-of-24-hours-at-a-limit-of-24", "Exactly as old as the limit is not older.", DAY, None),
        ("age-of-a-millisecond-more", "A millisecond more is stale.", DAY + 1, "stale_position"),
        ("age-of-years", "Years are stale.", 20 * 365 * DAY, "stale_position"),
    ]:
        at, edge = iso(NOW - age), None if skip else PAST_ONLY
        signals = [smartcar.vin_signal(vin_of(name)), smartcar.location(meta={"oemUpdatedAt": NOW - age})]
        smartcar.deliver(
            suite,
            name,
            about,
            smartcar.state(name, *signals),
            smartcar.expect(name, at=at, skip=skip) if not skip else smartcar.expect(name, skip=skip),
            config=LIMITED,
            edge=edge,
        )
        telematica.deliver(
            suite,
            name,
            about,
            telematica.soc(name, location=telematica.location(lastUpdated=at)),
            telematica.position_of(name, at=at, skip=skip),
            config=LIMITED,
            edge=edge,
        )
        telemax.show(
            suite, name, about, telemax.alert(name, timestamp=at), at=at, skip=skip, config=LIMITED, edge=edge
        )
    name = "age-generation-2-stale"
    body = smartcar2.webhook(
        smartcar2.vehicle(name, smartcar2.vin(vin_of(name)), smartcar2.location(age=iso(NOW - 2 * DAY)))
    )
    smartcar.deliver(
        suite,
        name,
        "The limit holds in generation 2.0 too.",
        body,
        events(smartcar2.expect(name, skip="stale_position")),
        config=LIMITED,
    )
    name = "age-after-position"
    smartcar.deliver(
        suite,
        name,
        "Where there is no position, that is the reason, not its age.",
        smartcar.state(
            name,
            smartcar.vin_signal(vin_of(name)),
            smartcar.location(0, 0, meta={"oemUpdatedAt": NOW - 9 * DAY}),
        ),
        smartcar.expect(name, skip="no_position"),
        config=LIMITED,
    )
    name = "age-after-future"
    telemax.show(
        suite,
        name,
        "A limit of age changes nothing about the future.",
        telemax.alert(name, timestamp="2099-01-01T00:00:00Z"),
        skip="future_timestamp",
        config=LIMITED,
    )
    name = "callback-under-limits"
    callback.deliver(
        suite,
        name,
        "Mappings have no age.",
        callback.schema(name),
        callback.mapped(name),
        config=LIMITED,
    )


def padded(body, size):
    """An object with a filler that makes its body exactly this long."""
    body = {**body, "filler": ""}
    body["filler"] = "x" * (size - len(to_bytes(body)))
    assert len(to_bytes(body)) == size
    return body


def sizes(suite):
    about_at, about_over = (
        "A body of exactly the limit is read.",
        "A body of one byte more is refused, genuine or not.",
    )
    name = "body-of-exactly-the-limit"
    body = padded({"eventId": smartcar.uid(name, "event"), "eventType": "FILLER"}, LIMIT)
    smartcar.deliver(
        suite,
        name,
        about_at,
        body,
        events(event(None, "FILLER", smartcar.uid(name, "event"), skip="unknown_event_type")),
        config=LIMITED,
    )
    telematica.deliver(
        suite,
        name,
        about_at,
        padded({"type": "filler"}, LIMIT),
        telematica.skipped(name, "filler"),
        config=LIMITED,
    )
    body = padded({"alertType": "Filler"}, LIMIT)
    telemax.deliver(
        suite,
        name,
        about_at,
        body,
        telemax.expect(name, body, label="Filler", vehicle=None, skip="unknown_alert_type"),
        config=LIMITED,
    )
    name = "body-over-the-limit"
    too_large = refused("body_too_large")
    smartcar.deliver(
        suite, name, about_over, padded({"eventType": "FILLER"}, LIMIT + 1), too_large, config=LIMITED
    )
    telematica.deliver(
        suite, name, about_over, padded({"type": "filler"}, LIMIT + 1), too_large, config=LIMITED
    )
    telemax.deliver(
        suite, name, about_over, padded({"alertType": "Filler"}, LIMIT + 1), too_large, config=LIMITED
    )
    callback.deliver(
        suite,
        f"callback-{name}",
        about_over,
        padded({"user": "u", "vehicles": []}, LIMIT + 1),
        too_large,
        config=LIMITED,
    )
    smartcar.deliver(
        suite,
        "body-over-the-limit-unsigned",
        "The size comes before the signature.",
        padded({"eventType": "FILLER"}, LIMIT + 1),
        too_large,
        headers=[],
        config=LIMITED,
    )
    smartcar.deliver(
        suite,
        "body-over-the-limit-verify",
        "And before a challenge.",
        padded(smartcar.verify4("over-the-limit"), LIMIT + 1),
        too_large,
        headers=[],
        config=LIMITED,
    )
