"""What stands in pretix's own books, read from its tables and never from its API: `truth.py ORGANIZER > truth.json`.

Runs inside pretix. Amounts are text, times RFC 3339 in UTC. The revenue of an event:

- gross: all payments that pretix counts in an order's balance (confirmed, and refunded: the money did come in), of
  orders that are no tests, whatever became of the order.
- refunds: all refunds that pretix counts in that balance: done, and created or in transit, because the money is
  promised. Failed, canceled and not yet accepted external ones never left.
- Splitting an order books `offsetting` payments and refunds between its halves. Nobody paid these: gross and refunds
  leave them out. They do say how much of the money belongs to which half, so the tax below sees them.
- taxes: an order that stands is worth its lines that stand: positions, fees, or the cancellation fee that was kept. One
  that is cancelled or expired is worth nothing, as in pretix's own ledger (which is not read here: it leaves out a fee
  kept through the API). Of the tax in those lines counts what the money kept covers: tax x kept / worth, at most the
  whole tax. Half refunded halves it; an overpayment has no tax of its own.
"""

import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pretix.settings")
django.setup()

from django_scopes import scopes_disabled  # noqa: E402
from pretix.base.models import Checkin, Event, Item, ItemVariation, Order, OrderPosition, Quota  # noqa: E402
from pretix.base.models.orders import OrderPayment, OrderRefund  # noqa: E402

PAID = (OrderPayment.PAYMENT_STATE_CONFIRMED, OrderPayment.PAYMENT_STATE_REFUNDED)
GIVEN_BACK = (
    OrderRefund.REFUND_STATE_DONE,
    OrderRefund.REFUND_STATE_CREATED,
    OrderRefund.REFUND_STATE_TRANSIT,
)
ZERO = Decimal(0)


def moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


def amount(rows: Any) -> Decimal:
    """Added up here, because SQLite would add decimals as floats."""
    return sum((Decimal(value) for value in rows.values_list("amount", flat=True)), ZERO)


def facts(event: Event) -> dict[str, Any]:
    return {
        "name": event.name.localize("en"),
        "live": event.live,
        "currency": event.currency,
        "timezone": event.settings.timezone,
        "starts_at": moment(event.date_from),
        "ends_at": moment(event.date_to),
        "latitude": event.geo_lat,
        "longitude": event.geo_lon,
    }


def tickets(event: Event) -> dict[str, dict[str, Any]]:
    """By the product's id, or `product-variation`: what is offered and how much of it is gone.

    Each date of a series has quotas of its own: the tightest of a date counts, and the dates add up.
    """
    offered: dict[str, dict[str, Any]] = {}
    for item in event.items.all():
        for variation in list(item.variations.all()) or [None]:
            key = f"{item.pk}-{variation.pk}" if variation else str(item.pk)
            offered[key] = {
                "name": f"{item.name} – {variation.value}" if variation else str(item.name),
                "active": item.active,
                "hidden": item.hide_without_voucher,
                "admission": item.admission,
                "price": str(variation.price if variation else item.default_price),
                **quantities(event, variation or item),
            }
    return offered


def quantities(event: Event, sold_thing: Item | ItemVariation) -> dict[str, int | None]:
    dates = list(event.subevents.all()) if event.has_subevents else [None]
    totals = [tightest(sold_thing.quotas.filter(subevent=date)) for date in dates]
    left = [sold_thing.check_quotas(subevent=date)[1] if sold_thing.quotas.exists() else None for date in dates]
    field = "variation" if isinstance(sold_thing, ItemVariation) else "item"
    sold = OrderPosition.objects.filter(**{field: sold_thing}, order__status=Order.STATUS_PAID).count()
    return {"total": added(totals), "available": added(left), "sold": sold}


def tightest(quotas: Iterable[Quota]) -> int | None:
    return min((quota.size for quota in quotas if quota.size is not None), default=None)


def added(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def attendees(event: Event) -> dict[str, dict[str, Any]]:
    """Every position ever sold, canceled ones too, by its id."""
    entries: dict[int, datetime] = {}
    for position, entered in Checkin.all.filter(
        position__order__event=event, successful=True, type=Checkin.TYPE_ENTRY
    ).values_list("position_id", "datetime"):
        entries[position] = min(entered, entries.get(position, entered))
    return {
        str(position.pk): {
            "order": position.order.code,
            "ticket": f"{position.item_id}-{position.variation_id}" if position.variation_id else str(position.item_id),
            "admission": position.item.admission,
            "name": holder(position),
            "given_name": position.attendee_name_parts.get("given_name"),
            "family_name": position.attendee_name_parts.get("family_name"),
            "email": position.attendee_email or position.order.email or None,
            "order_status": position.order.status,
            "canceled": position.canceled,
            "phone": str(position.order.phone) if position.order.phone else None,
            "bought_at": moment(position.order.datetime),
            "barcode": position.secret,
            "price": str(position.price),
            "checked_in_at": moment(entries.get(position.pk)),
            "answers": {answer.question.identifier: answer.answer for answer in position.answers.all()},
        }
        for position in OrderPosition.all.filter(order__event=event).select_related("order", "item")
    }


def holder(position: OrderPosition) -> str | None:
    """An add-on is its ticket's; for want of a name pretix shows the one of the invoice."""
    named = [position, position.addon_to] if position.addon_to else [position]
    invoice = getattr(position.order, "invoice_address", None)
    return next((each.attendee_name for each in named if each.attendee_name), invoice.name if invoice else None)


def orders(event: Event) -> dict[str, dict[str, Any]]:
    """By code. `paid` and `refunded` are money that moved, so without the offsets of split orders."""
    return {
        order.code: {
            "status": order.status,
            "test": order.testmode,
            "total": str(order.total),
            "paid": str(amount(order.payments.filter(state__in=PAID).exclude(provider="offsetting"))),
            "refunded": str(amount(order.refunds.filter(state__in=GIVEN_BACK).exclude(provider="offsetting"))),
            "email": order.email,
            "placed_at": moment(order.datetime),
            "cancelled_at": moment(order.cancellation_date),
            "positions": order.positions.count(),
            "tickets": standing(order),
        }
        for order in event.orders.all()
    }


def standing(order: Order) -> int:
    """How many tickets stand: goods are none, and an order that is cancelled or ran out gives none."""
    stands = order.status in (Order.STATUS_PAID, Order.STATUS_PENDING)
    return order.positions.filter(item__admission=True).count() if stands else 0


def revenue(event: Event) -> dict[str, Any]:
    real = event.orders.filter(testmode=False)
    paid = OrderPayment.objects.filter(order__in=real, state__in=PAID).exclude(provider="offsetting")
    given_back = OrderRefund.objects.filter(order__in=real, state__in=GIVEN_BACK).exclude(provider="offsetting")
    gross, refunds = amount(paid), amount(given_back)
    taxes = sum((tax_of_kept(order) for order in real), ZERO)
    counted = [order for order in real if sold(order)]
    return {
        "gross": str(gross),
        "refunds": str(refunds),
        "taxes": str(taxes),
        "net": str(gross - refunds - taxes),
        "orders": len(counted),
        "tickets": sum(standing(order) for order in counted if order.status == Order.STATUS_PAID),
    }


def sold(order: Order) -> bool:
    """Money came in, or the order is good without any."""
    return amount(order.payments.filter(state__in=PAID)) > 0 or (order.status == Order.STATUS_PAID and not order.total)


def tax_of_kept(order: Order) -> Decimal:
    if order.status not in (Order.STATUS_PENDING, Order.STATUS_PAID) or not order.total:
        return ZERO
    lines = [*order.positions.all(), *order.fees.all()]
    assert order.total == sum(line.price for line in lines), order.code
    tax = sum((Decimal(line.tax_value) for line in lines), ZERO)
    kept = amount(order.payments.filter(state__in=PAID)) - amount(order.refunds.filter(state__in=GIVEN_BACK))
    return tax * min(Decimal(1), kept / Decimal(order.total))


def truth(organizer: str) -> dict[str, dict[str, Any]]:
    return {
        event.slug: {
            "event": facts(event),
            "tickets": tickets(event),
            "attendees": attendees(event),
            "orders": orders(event),
            "revenue": revenue(event),
        }
        for event in Event.objects.filter(organizer__slug=organizer)
    }


if __name__ == "__main__":
    with scopes_disabled():
        json.dump(truth(sys.argv[1]), sys.stdout, indent=1, ensure_ascii=False)
