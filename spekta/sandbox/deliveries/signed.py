"""The platforms that sign: Ticket Tailor, Billetto, Universe, RegFox, HelloAsso for partners, Equaticket."""

from collections.abc import Callable, Mapping
from functools import partial

from spekta.sandbox.box_office import Issued
from spekta.sandbox.deliveries.sending import News, Row, Sender, hexadecimal, of_body
from spekta.sandbox.providers import billetto, helloasso, regfox, ticket_tailor, universe
from spekta.sandbox.providers.equaticket import rows as equaticket
from spekta.sandbox.wire import minor, utc


def ticket_tailor_body(news: News, word: str) -> Row:
    box, order = news.box, news.order
    payload = news.one_of(
        partial(ticket_tailor.event_row, box, news.event),
        partial(ticket_tailor.order_row, box, order),
        partial(ticket_tailor.issued_ticket_row, box, news.issued),
    )
    address = f"https://api.tickettailor.com/v1/{payload['object']}s/{payload['id']}"
    told = {"id": f"wh_{news.number}", "created_at": f"{box.now:%Y-%m-%d %H:%M:%S}", "event": word}
    return {**told, "resource_url": address, "payload": payload}


def ticket_tailor_sign(news: News, secret: str, body: bytes) -> Mapping[str, str]:
    """Nothing stands between the time and the body."""
    signed = hexadecimal(secret, str(news.seconds).encode() + body)
    return {"Tickettailor-Webhook-Signature": f"t={news.seconds},v1={signed}"}


def billetto_body(news: News, word: str) -> Row:
    data = news.one_of(
        partial(billetto.event_row, news.ask, news.event),
        partial(billetto.order_row, news.ask, news.order),
        partial(billetto.attendee_row, news.ask, news.issued),
    )
    return {"action": word, "data": data}


def billetto_sign(news: News, secret: str, body: bytes) -> Mapping[str, str]:
    """A signature for each of the webhook's secrets, of which the subscriber's is the last."""
    signed = f"{news.seconds}.".encode() + body
    each = [f"v1={hexadecimal(one, signed)}" for one in ("whsec_sandbox_retired", secret)]
    return {"Billetto-Signature": ", ".join([f"t={news.seconds}", *each])}


def universe_body(news: News, word: str) -> Row:
    """An order is a ticket here, and what was bought with it are its cost items."""
    order, event_id = news.order, universe.event_id(news.event)
    state = universe.order_state(news.ask, order).lower()
    items = [
        {
            "id": f"5f{ticket.number:022}",
            "event_id": event_id,
            "rate_id": universe.ticket_type_id(news.box.ticket_type(ticket.ticket_type)),
            "rate_type": "Rate",
            "is_add_on": False,
            "first_name": ticket.holder.first_name,
            "last_name": ticket.holder.last_name,
            "guest_email": ticket.holder.email,
            "qr_code": ticket.barcode,
            "state": universe.item_state(news.ask, Issued(order, ticket)).lower(),
        }
        for ticket in order.tickets
    ]
    ticket = {
        "id": universe.order_id(order),
        "event_id": event_id,
        "cost_item_ids": [item["id"] for item in items],
        "state": state,
        "payment_state": state,
        "buyer_email": order.buyer.email,
        "created_at": utc(order.placed_at),
        "src_currency": order.currency,
        "host_field_ids": [],
    }
    return {"event": word, "tickets": [ticket], "cost_items": items, "host_fields": [], "answers": []}


def regfox_body(news: News, word: str) -> Row:
    form = int(regfox.event_id(news.event))
    common = {"eventType": word, "accountId": 1, "formId": form, "meta": {"name": "Spekta", "appKey": ""}}
    if word == "inventory_100":
        kind = news.box.ticket_type(news.issued.ticket.ticket_type)
        stock = {"quantity": kind.quantity_total, "sold": news.box.sold(kind)}
        path = f"registrants.registrationOptions.{regfox.ticket_type_id(kind)}"
        data = {"itemName": kind.name, "itemPath": path, "inventory": stock, "formLookupId": form}
        return {**common, "eventId": kind.number, "data": {**data, "lookupId": kind.number}}
    if word != "registration":
        return {**common, "eventId": form, "data": {"formLookupId": form}}
    order, number = news.order, int(regfox.order_id(news.order))
    data = {
        "id": f"01SBXORDER{order.number:09}",
        "lookupId": number,
        "orderNumber": f"FORM{news.event.number}-{order.number:07}",
        "orderStatus": regfox.order_status(order),
        "total": float(order.total),
        "currency": order.currency,
        "registrationTimestamp": utc(order.placed_at),
        "registrants": [{"id": one.barcode, "amount": float(one.total), "data": []} for one in order.tickets],
    }
    return {**common, "eventId": number, "customerId": 8000 + order.number, "data": data}


def helloasso_body(news: News, word: str) -> Row:
    data: Mapping[str, Callable[[], Row]] = {
        "Form": partial(helloasso.public_row, news.event),
        "Order": partial(helloasso.order_row, news.ask, news.order),
        "Payment": lambda: helloasso.payment_row(news.ask, (news.order, news.order.payments[0])),
        "Organization": lambda: {"organizationSlug": helloasso.ORGANIZATION, "name": "Les Lampions"},
    }
    return {"data": data[word](), "eventType": word}


def equaticket_body(news: News, word: str) -> Row:
    order, event_id = news.order, equaticket.ident("event", news.event.number)
    bought = {"order_id": equaticket.ident("order", order.number), "event_id": event_id}
    amount = {"total_amount": minor(order.paid, order.currency), "currency": order.currency.lower()}
    buyer = {"buyer_name": order.buyer.name, "buyer_email": order.buyer.email}
    ticket = news.issued.ticket
    data = {
        "order.created": {**bought, "order_number": f"EQ-{2000 + order.number}", **buyer, **amount},
        "order.refunded": {**bought, "status": equaticket.order_status(order), "currency": amount["currency"]},
        "event.sold_out": {"event_id": event_id, "event_title": news.event.name},
        "ticket.checked_in": {
            "ticket_id": equaticket.ident("attendee", ticket.number),
            "ticket_code": ticket.barcode,
            "event_id": event_id,
            "buyer_name": order.buyer.name,
        },
    }
    stamp = f"{news.box.now:%Y-%m-%dT%H:%M:%S}.000Z"
    return {"id": f"evt_{news.number}", "type": word, "created_at": stamp, "data": data[word]}


SENDERS = {
    "ticket-tailor": Sender(
        {
            "event_changed": "EVENT.UPDATED",
            "order_placed": "ORDER.CREATED",
            "order_refunded": "ORDER.UPDATED",
            "ticket_voided": "ISSUED_TICKET.UPDATED",
            "something_else": "WAITLIST_SIGNUP.CREATED",
        },
        ticket_tailor_body,
        ticket_tailor_sign,
    ),
    "billetto": Sender(
        {
            "event_changed": "event.updated",
            "order_placed": "order.created",
            "order_refunded": "order.updated",
            "checked_in": "attendee.updated",
            "something_else": "ledger_entry.created",
        },
        billetto_body,
        billetto_sign,
    ),
    "helloasso": Sender(
        {
            "event_changed": "Form",
            "order_placed": "Order",
            "order_refunded": "Payment",
            "something_else": "Organization",
        },
        helloasso_body,
        of_body("x-ha-signature"),
    ),
    "universe": Sender(
        {"order_placed": "ticket_purchase", "order_refunded": "ticket_update"},
        universe_body,
        of_body("X-Uniiverse-Signature", "sha1"),
        lambda news, word: {"X-Uniiverse-Event": word},
    ),
    "regfox": Sender(
        {
            "event_changed": "publish",
            "sold_out": "inventory_100",
            "order_placed": "registration",
            "something_else": "test",
        },
        regfox_body,
        of_body("X-Webconnex-Signature"),
        lambda news, word: {"X-Webconnex-Event": word, "X-Webconnex-Delivery": f"d{news.number:08}"},
    ),
    "equaticket": Sender(
        {
            "sold_out": "event.sold_out",
            "order_placed": "order.created",
            "order_refunded": "order.refunded",
            "checked_in": "ticket.checked_in",
        },
        equaticket_body,
        of_body("X-Equaticket-Signature"),
    ),
}
