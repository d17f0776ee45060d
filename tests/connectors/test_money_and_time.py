"""Amounts have the decimals of their currency, and nights in which the clocks change are as long as they are."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.registry import SLUGS
from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice, Person
from spekta.sandbox.clerk import PLACED, Clerk

from . import expected
from .conftest import Account
from .test_contract import differences, key, read, value, word

pytestmark = pytest.mark.anyio
BUYER = Person("Ada", "Roe", "ada@example.org")
PRICES = {"EUR": "12.34", "JPY": "1234", "KWD": "12.345"}
ROUNDED = {("pretix", "KWD"): "12.340"}  # its amounts have two decimals, whatever the currency
AMOUNTS = {
    "tickets": ("price",),
    "attendees": ("price",),
    "orders": ("total", "paid", "refunded"),
    "revenue": ("gross_revenue", "refunds", "net_revenue"),
}


def takings(currency: str, price: str) -> BoxOffice:
    """Three tickets in two orders; one was given back."""
    clerk = Clerk()
    event = clerk.event("gala", {"Entry": price}, currency=currency)
    kind = event.ticket_types[0]
    two, one = (clerk.order(event, BUYER, *(clerk.ticket(kind, BUYER) for _ in range(count))) for count in (2, 1))
    return BoxOffice([event], [clerk.give_back(two, PLACED, two.tickets[0]), one])


@pytest.mark.parametrize("kind", AMOUNTS)
@pytest.mark.parametrize("currency", PRICES)
@pytest.mark.parametrize("slug", SLUGS)
async def test_amounts_are_exact_in_each_currency(slug: str, currency: str, kind: str) -> None:
    """Where a platform tells no currency, an option may; without it, amounts are in the one that it is known to use."""
    account = Account(slug, create_app(takings(currency, ROUNDED.get((slug, currency), PRICES[currency]))))
    wanted = expected.records(account.service, account.box, kind)
    if not wanted:
        pytest.skip("its account in the sandbox sells in one currency")
    told_by_option = {one.name: currency for one in account.provider.options if one.type == "currency"}
    async with account.connect(told_by_option) as connector:
        found = await read(connector, kind)
    assert sorted(map(key, found)) == sorted(wanted)
    told = [record for record in found if record.currency == currency]
    silent = {entry.partition("=")[0] for entry in account.service.not_carried}
    assert told or {f"{word(kind)}.currency", "event.currency"} & silent
    for record in told:
        assert list(differences(account, kind, record, wanted[key(record)])) == []
        amounts = [amount for name in AMOUNTS[kind] if (amount := value(record, name)) is not None]
        assert {amount.as_tuple().exponent for amount in amounts} <= {Decimal(PRICES[currency]).as_tuple().exponent}


# Each in the evening before, to the morning after, and one in the hour that there is twice.
NIGHTS = {
    "Europe/London": ("2027-03-27T22:00", "2027-03-28T05:00", "2027-10-31T01:30"),
    "Europe/Paris": ("2027-03-27T22:00", "2027-03-28T05:00", "2027-10-31T02:30"),
    "America/New_York": ("2027-03-13T22:00", "2027-03-14T05:00", "2027-11-07T01:30"),
}
MOMENTS = {
    "Europe/London": ("2027-03-27T22:00", "2027-03-28T04:00", "2027-10-31T00:30"),
    "Europe/Paris": ("2027-03-27T21:00", "2027-03-28T03:00", "2027-10-31T00:30"),
    "America/New_York": ("2027-03-14T03:00", "2027-03-14T09:00", "2027-11-07T05:30"),
}


@pytest.mark.parametrize("zone", NIGHTS)
@pytest.mark.parametrize("slug", SLUGS)
async def test_nights_in_which_the_clocks_change(slug: str, zone: str) -> None:
    clerk, (begins, ends, twice) = Clerk(), NIGHTS[zone]
    night = clerk.event("spring-forward", {"Entry": 10}, starts=begins, ends=ends, timezone=zone)
    late = clerk.event("fall-back", {"Entry": 10}, starts=twice, ends=f"{twice[:10]}T06:00", timezone=zone)
    account = Account(slug, create_app(BoxOffice([night, late], [])))
    async with account.connect() as connector:
        found = {event.id: event for event in (await connector.get_events()).items}
    moments = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in MOMENTS[zone]]
    spring, fall = (found[account.service.event_id(event)] for event in (night, late))
    assert (spring.starts_at, fall.starts_at) == (moments[0], moments[2])
    assert spring.ends_at == (None if "event.ends_at" in account.service.not_carried else moments[1])
