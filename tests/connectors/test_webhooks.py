"""Deliveries of webhooks: what is believed, what is refused, and that the record it is about can be read again."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import (
    ConfigurationError,
    Connector,
    InvalidArgument,
    NotificationRefused,
    Unsupported,
    find_provider,
    providers,
)
from connectors.notification import LARGEST
from connectors.paths import put
from connectors.redaction import redact
from connectors.seen import KEPT, SeenInMemory
from connectors.webhook import SECRET, Change
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import Order
from spekta.sandbox.deliveries import SENDERS, Delivery, What, deliver, told

from .conftest import Account
from .sandboxed import shown
from .webhooks import (
    KNOWN,
    NOW,
    OPTIONS,
    PLATFORMS,
    PROVING,
    SIGNING,
    TOKEN,
    delivery,
    each,
    each_proving,
    each_signing,
    each_timed,
    happen,
    news,
    resigned,
    season,
    secret,
    taken,
)

pytestmark = pytest.mark.anyio

TRUST = {
    "eventbrite": "token",
    "ticket-tailor": "signature",
    "fixr": "token",
    "billetto": "signature",
    "eventix": "token",
    "yurplan": "token",
    "helloasso": "signature or token",
    "universe": "signature or token",
    "accelevents": "token",
    "regfox": "signature",
    "pretix": "token",
    "equaticket": "signature",
}
KINDS: dict[str, str] = {
    "event_changed": "event",
    "order_placed": "order",
    "order_refunded": "order",
    "ticket_voided": "attendee",
    "checked_in": "attendee",
}
UNTOLD: dict[tuple[str, str], str] = {
    ("regfox", "sold_out"): "ticket",
    ("equaticket", "sold_out"): "event",
    ("eventix", "checked_in"): "account",
    **{(slug, what): "account" for slug in ("fixr", "accelevents", "yurplan") for what in told(slug)},
}
each_known = pytest.mark.parametrize("slug", KNOWN)
TOLD = [(slug, what) for slug in PLATFORMS for what in told(slug)]
READ = [(slug, what) for slug, what in TOLD if what != "something_else"]
IGNORED = [(slug, what) for slug, what in TOLD if what == "something_else"]


def refused(slug: str, sent: Delivery, **more: Any) -> NotificationRefused:
    """The refusal, which shows neither what is secret nor what would have been right."""
    with pytest.raises(NotificationRefused) as raised:
        taken(slug, sent, **more)
    error = raised.value
    right = [value for name, value in resigned(slug, sent.body).headers.items() if "ignature" in name]
    hidden = [TOKEN, secret(slug), *[part.split("=")[-1] for value in right for part in value.split(",")]]
    assert not [value for value in hidden if value and value in shown(error)]
    assert error.provider == slug
    assert find_provider(slug).name in error.message
    return error


# What platforms have


def test_which_platforms_have_webhooks_and_what_is_believed_of_them() -> None:
    assert {slug: webhook.trust for slug, webhook in PLATFORMS.items()} == TRUST
    assert set(SENDERS) == set(TRUST)


@each_proving
def test_who_sends_a_secret_along_has_a_place_for_it(slug: str) -> None:
    field = next(one for one in find_provider(slug).credentials if one.name == SECRET)
    assert field.secret
    assert field.where
    assert not any(SECRET in fields for fields in find_provider(slug).enough)


@each_signing
def test_what_is_not_signed_of_a_delivery_does_not_say_what_happened(slug: str) -> None:
    assert not (PLATFORMS[slug].type or "").startswith("header:")


@pytest.mark.parametrize("slug", [one.slug for one in providers() if not one.webhook])
def test_a_platform_without_webhooks_says_so(slug: str) -> None:
    with pytest.raises(Unsupported) as raised:
        taken(slug, Delivery({}, b"{}"), secret="whsec_test_canary")
    assert raised.value.capability == "webhooks"


# What is right


async def read(connector: Connector, change: Change) -> list[Any]:
    """The records that a change names, as they are now."""
    if change.kind == "account":
        return [event async for event in connector.stream_events()]
    if change.kind == "event":
        assert change.id
        return [await connector.get_event(change.id)]
    stream = getattr(connector, f"stream_{change.kind}s")
    return [one async for one in stream(change.event_id) if change.id in (one.id, None)]


@pytest.mark.parametrize("slug, what", READ)
async def test_the_record_that_changed_is_named_and_can_be_read(slug: str, what: What) -> None:
    app = create_app()
    account = Account(slug, app)
    happened = happen(account.box, what)
    notification = taken(slug, deliver(slug, happened, secret(slug)))
    (change,) = notification.changes
    assert notification.verified == ("signature" if slug in SIGNING else "token")
    assert notification.is_hint is (slug not in SIGNING)
    assert change.kind == UNTOLD.get((slug, what), KINDS.get(what))
    assert (notification.provider, notification.connection) == (slug, slug)
    async with account.connect() as connector:
        records = await read(connector, change)
    service = account.service
    ids = {
        "event": service.event_id(happened.event),
        "order": service.order_id(happened.order),
        "attendee": service.ticket_id(happened.issued),
    }
    if change.kind in ids:
        assert change.id == ids[change.kind]
        assert [one.id for one in records] == [change.id]
        assert change.event_id in (ids["event"], None)
        check_changed(what, records[0], happened.order)
    assert records


def check_changed(what: What, record: Any, order: Order) -> None:
    """The record as it is read tells what happened to it, as far as its platform tells that at all."""
    if what == "event_changed":
        assert record.name == "Another name"
    elif what in ("order_refunded", "ticket_voided"):
        assert record.status in ("refunded", "cancelled")
    elif what == "checked_in":
        assert record.checked_in
    elif what == "order_placed":
        assert record.placed_at == order.placed_at


@pytest.mark.parametrize("slug, what", IGNORED)
def test_what_is_about_nothing_that_is_read_is_no_error(slug: str, what: What) -> None:
    notification = taken(slug, delivery(slug, what))
    assert notification.is_ignored
    assert notification.type_raw == SENDERS[slug].words[what]


@pytest.mark.parametrize(
    "slug, occurred_at",
    [("ticket-tailor", NOW), ("equaticket", NOW), ("billetto", NOW), ("regfox", None), ("pretix", None)],
)
def test_when_it_happened_is_told_where_the_platform_tells_it(slug: str, occurred_at: datetime | None) -> None:
    assert taken(slug, delivery(slug)).occurred_at == occurred_at


@each
def test_headers_may_be_written_in_any_case(slug: str) -> None:
    sent = delivery(slug)
    for change in (str.lower, str.upper):
        headers = {change(name): value for name, value in sent.headers.items()}
        assert taken(slug, replace(sent, headers=headers)) == taken(slug, sent)


@each
def test_nothing_secret_is_shown_of_a_notification(slug: str) -> None:
    notification = taken(slug, delivery(slug))
    assert not [value for value in (TOKEN, secret(slug)) if value and value in repr(notification)]
    assert TOKEN not in redact(f"POST /webhooks/{slug}/default/{TOKEN}")


# What is not


@each_signing
def test_a_body_that_was_changed_is_refused(slug: str) -> None:
    sent = delivery(slug)
    for body in (sent.body + b" ", sent.body[:-1], b"", sent.body.replace(b"1", b"2"), b"{}"):
        assert refused(slug, replace(sent, body=body)).check == "signature"


@each_signing
@given(data=st.data())
def test_no_bit_of_a_signed_body_can_be_changed(slug: str, data: st.DataObject) -> None:
    sent = delivery(slug)
    at = data.draw(st.integers(0, len(sent.body) - 1))
    body = bytearray(sent.body)
    body[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(NotificationRefused) as raised:
        taken(slug, replace(sent, body=bytes(body)))
    assert raised.value.check == "signature"


@each_proving
@pytest.mark.parametrize("wrong", ["whsec_test_canary_wrong", "#", "whsec_test_cañary"])
def test_another_secret_is_refused(slug: str, wrong: str) -> None:
    error = refused(slug, delivery(slug), secret=wrong)
    assert error.check == "signature"
    assert wrong not in shown(error)
    assert SECRET in error.advice


@each_proving
@pytest.mark.parametrize("instead", [None, "", "   ", "é\udcff", "t=,v1=", "t=1,v1=", "=" * 5000, "," * 5000])
def test_a_delivery_without_its_proof_is_refused(slug: str, instead: str | None) -> None:
    """Also where not every account has one: the connection has."""
    sent = delivery(slug)
    names = set(resigned(slug, sent.body).headers) - set(deliver(slug, news(season(), told(slug)[0])).headers)
    kept = {name: value for name, value in sent.headers.items() if name not in names}
    headers = kept if instead is None else {**kept, **dict.fromkeys(names, instead)}
    assert refused(slug, replace(sent, headers=headers)).check == "signature"


@each_timed
@pytest.mark.parametrize("seconds, is_refused", [(-300, False), (300, False), (-301, True), (301, True), (10**6, True)])
def test_what_was_signed_long_before_or_after_is_refused(slug: str, seconds: int, is_refused: bool) -> None:
    now = NOW + timedelta(seconds=seconds)
    if not is_refused:
        assert taken(slug, delivery(slug), now=now).verified == "signature"
        return
    error = refused(slug, delivery(slug), now=now)
    assert error.check == "timestamp"
    assert f"{abs(seconds)} seconds {'ago' if seconds > 0 else 'from now'}" in error.message


@each_timed
@pytest.mark.parametrize("change", [lambda t: str(int(t) + 1), lambda t: f"+{t}", lambda t: f"{t}.0", lambda t: "٣",
                                    lambda t: f"{t},t={t}", lambda t: "9" * 12, lambda t: "now"])  # fmt: skip
def test_the_time_of_a_signature_cannot_be_changed(slug: str, change: Callable[[str], str]) -> None:
    sent = delivery(slug)
    time = str(int(NOW.timestamp()))
    headers = {name: value.replace(f"t={time}", f"t={change(time)}") for name, value in sent.headers.items()}
    assert headers != sent.headers
    assert refused(slug, replace(sent, headers=headers)).check == "signature"


def test_the_time_cannot_take_a_part_of_the_body() -> None:
    """Ticket Tailor signs both without anything between."""
    sent, time = delivery("ticket-tailor"), str(int(NOW.timestamp()))
    moved = {name: value.replace(f"t={time}", f"t={time}{{") for name, value in sent.headers.items()}
    assert refused("ticket-tailor", Delivery(moved, sent.body[1:])).check == "signature"
    moved = {name: value.replace(f"t={time}", f"t={time[:-1]}") for name, value in sent.headers.items()}
    assert refused("ticket-tailor", Delivery(moved, time[-1:].encode() + sent.body)).check == "timestamp"


@each
@pytest.mark.parametrize("wrong", ["", "wh_test_canary", f"{TOKEN}x", TOKEN.upper(), "é\udcff"])
def test_a_url_with_another_token_is_refused(slug: str, wrong: str) -> None:
    error = refused(slug, delivery(slug), url_token=wrong)
    assert error.check == "token"
    assert not wrong or wrong not in error.message


@each
def test_what_another_platform_sends_is_refused(slug: str) -> None:
    for other in set(PLATFORMS) - {slug}:
        sent = delivery(other)
        with pytest.raises(NotificationRefused) as raised:
            taken(slug, sent, url_token=f"{TOKEN} of {other}")
        assert raised.value.check == "token"
        if slug in PROVING:
            with pytest.raises(NotificationRefused) as raised:
                taken(slug, sent)
            assert raised.value.check == "signature"


@each
@pytest.mark.parametrize(
    "body",
    [b"", b"garbage", b"a=b&c=d", b"[]", b'"text"', b"null", b"{", b"\xff\xfe{\x00}\x00", b'{"a": "\xff"}',
     b"[" * 100_000, b'{"a":' * 50_000, b'{"a": ' + b"9" * 10_000 + b"}"])  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(slug: str, body: bytes) -> None:
    error = refused(slug, resigned(slug, body))
    assert error.check == "content"
    assert error.advice


@pytest.mark.parametrize("slug", [slug for slug, one in PLATFORMS.items() if one.type and ":" not in one.type])
def test_a_body_that_does_not_say_what_happened_is_refused(slug: str) -> None:
    for body in (b"{}", b'{"event": null, "config": [], "action": ""}'):
        error = refused(slug, resigned(slug, body))
        assert error.check == "content"
        assert str(PLATFORMS[slug].type) in error.message


def test_a_delivery_whose_headers_do_not_say_what_happened_is_refused() -> None:
    sent = delivery("eventix")
    del sent.headers["OpenTicket-Trigger"]
    assert refused("eventix", sent).check == "content"


def unnamed(slug: str, what: What) -> bytes:
    """A body without the id of the record that it is about."""
    body, about = json.loads(delivery(slug, what).body), PLATFORMS[slug].about(SENDERS[slug].words[what])
    assert about
    for row in body[about.rows.removesuffix("[]")] if about.rows else [body]:
        put(row, about.id if isinstance(about.id, str) else "api_url", None)
    return json.dumps(body).encode()


@pytest.mark.parametrize("slug, what", [one for one in READ if UNTOLD.get(one, "event") == "event"])
def test_a_body_that_does_not_name_the_record_is_refused(slug: str, what: What) -> None:
    body = unnamed(slug, what)
    error = refused(slug, resigned(slug, body, what))
    assert error.check == "content"
    assert "no id" in error.message


@pytest.mark.parametrize("id", ["", "x" * 201, "a\nb", "\u202e1", "\ud800"])
def test_an_id_that_cannot_be_one_is_refused(id: str) -> None:
    body = json.dumps({"notification_id": 1, "event": "gala", "code": id, "action": "pretix.event.order.paid"}).encode()
    assert refused("pretix", Delivery({}, body)).check == "content"


@each
def test_a_body_that_is_too_long_is_not_read(slug: str) -> None:
    sent = delivery(slug)
    longest = resigned(slug, sent.body.ljust(LARGEST))
    assert taken(slug, longest).changes == taken(slug, sent).changes
    error = refused(slug, resigned(slug, sent.body.ljust(LARGEST + 1)))
    assert error.check == "content"
    assert str(LARGEST) in error.message


# The same again


@each_known
def test_a_delivery_is_accepted_once(slug: str) -> None:
    seen, sent = SeenInMemory(), delivery(slug)
    first = taken(slug, sent, seen=seen)
    assert refused(slug, sent, seen=seen).check == "replay"
    assert taken(slug, delivery(slug, told(slug)[-1], number=2), seen=seen).key != first.key
    assert taken(slug, sent, "london", seen=seen).connection == f"{slug}/london"
    assert first.key
    seen.discard(first.key)
    assert taken(slug, sent, seen=seen).key == first.key


@pytest.mark.parametrize("slug", [slug for slug in PLATFORMS if slug not in KNOWN])
def test_a_hint_without_an_id_of_its_own_may_come_again(slug: str) -> None:
    """Yurplan says what happened in the address alone: a ticket sold and the same one cancelled look alike."""
    seen = SeenInMemory()
    assert [taken(slug, delivery(slug), seen=seen).key for _ in range(2)] == [None, None]


@each_known
def test_what_is_refused_is_not_remembered(slug: str) -> None:
    seen, sent = SeenInMemory(), delivery(slug)
    assert refused(slug, sent, seen=seen, url_token="").check == "token"
    assert refused(slug, resigned(slug, b"garbage"), seen=seen).check == "content"
    assert taken(slug, sent, seen=seen).key
    assert refused(slug, sent, seen=seen).check == "replay"


def test_a_signed_body_cannot_come_again_under_another_id() -> None:
    """RegFox tells the delivery's id in a header, which is not signed."""
    seen, sent = SeenInMemory(), delivery("regfox")
    assert taken("regfox", sent, seen=seen).delivery_id == "d00000001"
    again = replace(sent, headers={**sent.headers, "X-Webconnex-Delivery": "d00000002"})
    assert refused("regfox", again, seen=seen).check == "replay"


def test_a_signature_cannot_come_again_in_another_list() -> None:
    seen, sent = SeenInMemory(), delivery("billetto")
    taken("billetto", sent, seen=seen)
    for change in (lambda text: f"{text}, v1=00", lambda text: ",".join(reversed(text.split(", ")))):
        headers = sent.headers | {"Billetto-Signature": change(sent.headers["Billetto-Signature"])}
        assert refused("billetto", replace(sent, headers=headers), seen=seen).check == "replay"


def test_memory_forgets_what_is_old_and_the_oldest_of_too_much() -> None:
    seen = SeenInMemory(most=3)
    assert seen.add("a", NOW)
    assert not seen.add("a", NOW + KEPT - timedelta(seconds=1))
    assert seen.add("a", NOW + KEPT)
    assert [seen.add(key, NOW + KEPT) for key in "bcd"] == [True, True, True]
    assert [seen.add(key, NOW + KEPT) for key in "bcd"] == [False, False, False]
    assert seen.add("a", NOW + KEPT)


# What the connection has


@each
def test_a_connection_without_a_secret_or_token_is_told_what_it_lacks(slug: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        taken(slug, delivery(slug), secret=None, token=None)
    assert raised.value.field in (SECRET, "token")
    assert find_provider(slug).name in raised.value.message


@pytest.mark.parametrize("slug", [slug for slug in PROVING if not PLATFORMS[slug].optional])
def test_a_token_does_not_stand_in_for_the_proof_that_a_platform_always_gives(slug: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        taken(slug, delivery(slug), secret=None)
    assert raised.value.field == SECRET


@pytest.mark.parametrize("slug", [slug for slug in PROVING if PLATFORMS[slug].optional])
def test_an_account_that_has_no_proof_gives_hints(slug: str) -> None:
    sent = deliver(slug, news(season(), told(slug)[0]))
    assert taken(slug, sent, secret=None).is_hint


@each_proving
def test_a_secret_is_enough_without_a_token(slug: str) -> None:
    assert taken(slug, delivery(slug), token=None, url_token="").changes


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_how_equaticket_signs_can_be_chosen(algorithm: str, encoding: str) -> None:
    body = delivery("equaticket").body
    digest = hmac.new(secret("equaticket").encode(), body, algorithm).digest()  # type: ignore[union-attr]
    text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    options = {"webhook_header": "Webhook-Signature", "webhook_algorithm": algorithm, "webhook_encoding": encoding}
    sent = Delivery({"Webhook-Signature": text}, body)
    assert taken("equaticket", sent, options=options).verified == "signature"
    wrong = {**options, "webhook_algorithm": "sha512" if algorithm != "sha512" else "sha256"}
    assert refused("equaticket", sent, options=wrong).check == "signature"


def test_equaticket_needs_to_be_told_which_header() -> None:
    with pytest.raises(ConfigurationError) as raised:
        taken("equaticket", delivery("equaticket"), options=None)
    assert raised.value.field == "webhook_header"
    with pytest.raises(ConfigurationError):
        taken("equaticket", delivery("equaticket"), options={**OPTIONS["equaticket"], "webhook_algorithm": "md5"})


def test_every_secret_of_a_billetto_webhook_signs() -> None:
    sent = delivery("billetto")
    time = int(NOW.timestamp())
    for known, fits in (("whsec_sandbox_retired", True), ("whsec_test_canary_new", False)):
        right = hmac.new(known.encode(), f"{time}.".encode() + sent.body, hashlib.sha256).hexdigest()
        assert (right in sent.headers["Billetto-Signature"]) is fits
    assert taken("billetto", sent, secret="whsec_sandbox_retired").verified == "signature"


@pytest.mark.parametrize("form", ["Membership", "Donation", "Shop"])
def test_what_helloasso_tells_of_other_forms_is_ignored(form: str) -> None:
    for what in told("helloasso"):
        body = delivery("helloasso", what).body.replace(b'"formType":"Event"', f'"formType":"{form}"'.encode())
        assert taken("helloasso", resigned("helloasso", body)).is_ignored


@pytest.mark.parametrize("body", ["{}", bytearray(b"{}"), {"event": "x"}, None])
def test_only_the_raw_body_can_be_verified(body: Any) -> None:
    with pytest.raises(InvalidArgument) as raised:
        taken("pretix", Delivery({}, body))
    assert raised.value.param == "raw_body"


def test_the_time_has_a_zone() -> None:
    with pytest.raises(InvalidArgument) as raised:
        taken("pretix", delivery("pretix"), now=datetime(2026, 11, 2, tzinfo=UTC).replace(tzinfo=None))
    assert raised.value.param == "now"


@pytest.mark.parametrize("account", ["London", "a" * 41, "a/b"])
def test_an_account_has_a_name_that_can_be_one(account: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        taken("pretix", delivery("pretix"), account)
    assert raised.value.field == "account"


def test_an_unknown_provider() -> None:
    with pytest.raises(ConfigurationError):
        taken("no-such", Delivery({}, b"{}"), secret=None)
