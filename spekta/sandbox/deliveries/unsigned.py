"""The platforms that do not sign: a secret comes along with Weeztix (Eventix) and FIXR, and none with the others."""

from collections.abc import Mapping

from spekta.sandbox.deliveries.sending import News, Row, Sender
from spekta.sandbox.providers import eventbrite, eventix, pretix
from spekta.sandbox.wire import minor, utc


def eventbrite_body(news: News, word: str) -> Row:
    """The record's address, and nothing of the record."""
    event = f"events/{eventbrite.event_id(news.event)}"
    paths = {
        "event.updated": event,
        "attendee.checked_in": f"{event}/attendees/{eventbrite.ticket_id(news.issued)}",
        "test": "users/me",
    }
    path = paths.get(word, f"orders/{eventbrite.order_id(news.order)}")
    config = {"action": word, "user_id": "165000000001", "webhook_id": "239000"}
    return {"api_url": f"https://www.eventbriteapi.com/v3/{path}/", "config": config}


def pretix_body(news: News, word: str) -> Row:
    code, number = pretix.order_id(news.order), news.issued.ticket.number
    entry = {"code": code, "orderposition_id": number, "checkin_list": 1, "type": "entry", "first_checkin": True}
    named: dict[str, Row] = {"pretix.event.changed": {}, "pretix.event.checkin": entry}
    event = {"organizer": pretix.ORGANIZER, "event": pretix.event_id(news.event)}
    return {"notification_id": 120_000 + news.number, **event, **named.get(word, {"code": code}), "action": word}


def eventix_body(news: News, word: str) -> Row:
    """An order's amounts have other names than in its API."""
    order = news.order
    if word == "event.updated":
        return eventix.event_row(news.event, listed=False)
    if not word.startswith("order."):
        return {"guid": eventix.ticket_type_id(news.box.ticket_type(news.issued.ticket.ticket_type))}
    return {
        "guid": eventix.order_id(order),
        "firstname": order.buyer.first_name,
        "lastname": order.buyer.last_name,
        "currency": order.currency,
        "price": minor(order.total, order.currency),
        "service_fee": minor(order.fee, order.currency),
        "tickets": [{"original_id": eventix.type_guid(ticket.ticket_type)} for ticket in order.tickets],
    }


def word_alone(news: News, word: str) -> Row:
    """Of what these send only the words for what happened are published."""
    return {"type": word}


def yurplan_body(news: News, word: str) -> Row:
    """The word is in the address, which a subscriber chooses; the names of the fields are not known."""
    tickets = [{"token": ticket.barcode} for ticket in news.order.tickets]
    return {"customer": {"first_name": news.order.buyer.first_name}, "tickets": tickets, "at": utc(news.box.now)}


def nonce(news: News, secret: str, body: bytes) -> Mapping[str, str]:
    return {"OpenTicket-Identifier": secret}


def bearer(news: News, secret: str, body: bytes) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {secret}"}


SENDERS = {
    "eventbrite": Sender(
        {
            "event_changed": "event.updated",
            "order_placed": "order.placed",
            "order_refunded": "order.refunded",
            "checked_in": "attendee.checked_in",
            "something_else": "test",
        },
        eventbrite_body,
        headers=lambda news, word: {"X-Eventbrite-Event": word, "X-Eventbrite-Delivery": str(news.number)},
    ),
    "pretix": Sender(
        {
            "event_changed": "pretix.event.changed",
            "order_placed": "pretix.event.order.placed",
            "order_refunded": "pretix.event.order.refund.done",
            "checked_in": "pretix.event.checkin",
            "something_else": "pretix.voucher.added",
        },
        pretix_body,
    ),
    "eventix": Sender(
        {
            "event_changed": "event.updated",
            "order_placed": "order.paid",
            "order_refunded": "order.updated",
            "checked_in": "ticket.scan",
            "something_else": "coupon.create",
        },
        eventix_body,
        nonce,
        lambda news, word: {"OpenTicket-Trigger": word, "OpenTicket-Dedupe-Key": f"dedupe-{news.number}"},
    ),
    "fixr": Sender(
        {"event_changed": "Event updated", "order_placed": "Ticket sold", "checked_in": "Ticket scanned"},
        word_alone,
        bearer,
    ),
    "accelevents": Sender({"order_placed": "ticket purchase", "checked_in": "attendee check-in"}, word_alone),
    "yurplan": Sender(
        {"order_placed": "order/confirmed", "ticket_voided": "ticket/canceled", "checked_in": "ticket/checked-in"},
        yurplan_body,
    ),
}
