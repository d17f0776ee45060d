"""The words that several provider files use: sums of rows, times, vocabularies, stocks, and shared descriptions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors import find_provider, stock
from connectors.mapping import Mapper
from connectors.models import OrderStatus, TicketStatus, UnifiedAttendee, UnifiedOrder, UnifiedTicket
from connectors.money import plus, sum_complete, sum_known, sum_or_zero
from connectors.provider import Stamps, Stream
from connectors.row import Row, Surroundings, Unreadable, earliest, in_major, in_minor, latest, vocabulary
from connectors.shared import app_credentials, refusal

ONE, TWO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
ROWS = [Row({"a": "1.50", "b": -2}), Row({"a": "2.25"}), Row({"a": None, "b": "3"})]


# Amounts


@pytest.mark.parametrize(
    "parts, known, or_zero, complete",
    [
        (["1.50", "2.00"], "3.50", "3.50", "3.50"),
        (["1.50", None], "1.50", "1.50", None),
        ([None], None, "0.00", None),
        ([], None, "0.00", "0.00"),
    ],
)
def test_three_sums(parts: list[str | None], known: str | None, or_zero: str, complete: str | None) -> None:
    amounts = [Decimal(part) if part else None for part in parts]
    told = [sum_known(amounts), sum_or_zero(amounts, "EUR"), sum_complete(amounts, "EUR")]
    assert [one if one is None else str(one) for one in told] == [known, or_zero, complete]


@pytest.mark.parametrize("amount, extra, whole", [("1", "2", 3), ("1", None, 1), (None, "2", None), (None, None, None)])
def test_what_is_charged_on_top(amount: str | None, extra: str | None, whole: int | None) -> None:
    assert plus(amount and Decimal(amount), extra and Decimal(extra)) == whole  # type: ignore[arg-type]


def test_amounts_of_rows() -> None:
    amount = in_major("EUR")
    assert (amount(ROWS[0], "c", "a"), amount(ROWS[2], "a")) == (Decimal("1.50"), None)
    assert (amount.first(ROWS[1:], "b"), amount.lowest(ROWS, "b", "a")) == (Decimal(3), Decimal(-2))
    assert (amount.sum_known(ROWS, "a", "b"), amount.sum_known(ROWS, "c")) == (Decimal("4.75"), None)
    assert (str(amount.sum_or_zero(ROWS, "c")), amount.sum_complete(ROWS, "a")) == ("0.00", None)
    assert amount.sum_complete(ROWS[:2], "a") == Decimal("3.75")
    assert in_major("EUR", unsigned=True).sum_known(ROWS, "b") == Decimal(5)
    assert in_minor("JPY")(Row({"a": 250}), "a") == Decimal(250)
    assert in_minor("EUR", 1000)(Row({"a": 2500}), "a") == Decimal("2.50")


def test_minor_units_without_a_currency_are_no_amount() -> None:
    with pytest.raises(Unreadable, match="without a currency"):
        in_minor(None)(Row({"a": 5}), "a")


# Times, words, numbers, links


def test_of_times_those_that_are_known() -> None:
    assert (earliest([TWO, None, ONE]), latest([None, ONE, TWO])) == (ONE, TWO)
    assert (earliest([None]), latest([])) == (None, None)


def test_a_vocabulary_is_ours_with_theirs() -> None:
    words = vocabulary(paid="placed done", pending=("not yet", "open"), unknown=())
    assert words == {"placed": "paid", "done": "paid", "not yet": "pending", "open": "pending"}


@pytest.mark.parametrize("said, number", [(3, 3), (-2, 2), ("-4", 4)])
def test_a_quantity_has_no_sign(said: Any, number: int) -> None:
    assert Row({"sold": said}).quantity("sold") == number


def test_a_quantity_that_is_missing_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no number"):
        Row({}).quantity("sold")


def beside(data: Any, *rows: Mapping[str, Any]) -> Row:
    return Row(data, Surroundings(joined={"types": {"7": [Row(row) for row in rows]}}))


def test_what_an_id_links_to() -> None:
    assert beside({"type": 7}, {"name": "here"}).linked("types", "type").text("name") == "here"
    assert beside({"type": {"id": 7, "name": "there"}}).linked("types", "type").text("name") == "there"
    assert beside({"type": 8}, {"name": "here"}).linked("types", "type").text("name") is None


def test_the_only_one_there_is() -> None:
    assert beside({}, {"name": "one"}).sole("types", "7").text("name") == "one"
    assert beside({}, {"name": "one"}, {"name": "two"}).sole("types", "7").text("name") is None
    assert beside({}).sole("types", "7").text("name") is None


def test_a_place_whose_fields_are_called_alike() -> None:
    place = Row({"venue": {"name": "Halle", "town": "Basel", "country": "ch", "latitude": "47.5"}})
    venue = place.venue("venue", "name", "country", "latitude", city="town")
    assert (venue.name, venue.city, venue.country, venue.latitude) == ("Halle", "Basel", "CH", Decimal("47.5"))


def test_answers_under_one_of_several_names() -> None:
    row = Row({"said": [{"question": {"name": "Size"}, "text": "M"}, {"question": "Diet", "answer": "none"}]})
    assert row.pairs("said", ("question.name", "question"), ("answer", "text")) == {"Size": "M", "Diet": "none"}


# Stocks


@pytest.mark.parametrize("total, taken, left", [(10, (3, None, 2), 5), (10, (), 10), (3, (5,), 0), (None, (3,), None)])
def test_what_is_left(total: int | None, taken: tuple[int | None, ...], left: int | None) -> None:
    assert stock.left(total, *taken) == left


@pytest.mark.parametrize(
    "said, left, status",
    [("on_sale", 0, "sold_out"), ("on_sale", 1, "on_sale"), ("on_sale", None, "on_sale"), ("hidden", 0, "hidden")],
)
def test_what_is_on_sale_with_nothing_left_is_sold_out(said: TicketStatus, left: int | None, status: str) -> None:
    assert stock.status(said, left) == status


# What follows from what a mapping told


def mapped(record: Any, row: Mapping[str, Any], stamps: Stamps | None = None) -> Any:
    provider = replace(find_provider("pretix"), stamps=stamps)
    (made,) = Mapper(provider, "default").map(Stream(map=lambda _: record), [Row(row)], "e1")
    return made


@pytest.mark.parametrize(
    "stamps, created, updated",
    [
        (Stamps("made", "changed"), ONE, TWO),
        (Stamps(updated="changed"), None, TWO),
        (Stamps("at", "later", unix=True), ONE, TWO),
        (None, None, None),
    ],
)
def test_when_a_record_was_made_and_changed(
    stamps: Stamps | None, created: datetime | None, updated: datetime | None
) -> None:
    row = {"made": "2026-01-01T00:00:00Z", "changed": "2026-01-02T00:00:00Z", "at": 1767225600, "later": 1767312000}
    found = mapped(UnifiedTicket(id="1"), row, stamps)
    assert (found.created_at, found.updated_at) == (created, updated)


def test_a_mapping_knows_better_and_a_purchase_was_made_when_it_was_placed() -> None:
    row = {"made": "2026-01-01T00:00:00Z"}
    assert mapped(UnifiedTicket(id="1", created_at=TWO), row, Stamps("made")).created_at == TWO
    assert mapped(UnifiedOrder(id="1", placed_at=TWO), {}).created_at == TWO
    assert mapped(UnifiedAttendee(id="1", purchased_at=TWO), {}).created_at == TWO
    assert mapped(UnifiedOrder(id="1", placed_at=TWO), row, Stamps("made")).created_at == ONE


@pytest.mark.parametrize(
    "said, paid, refunded, status",
    [
        ("paid", "10", "10", "refunded"),
        ("paid", "10", "4", "partially_refunded"),
        ("paid", "10", None, "paid"),
        ("cancelled", "10", "4", "cancelled"),
        ("partially_refunded", "10", None, "partially_refunded"),
        ("pending", None, None, "pending"),
    ],
)
def test_the_status_of_an_order_follows_from_its_money(
    said: OrderStatus, paid: str | None, refunded: str | None, status: str
) -> None:
    money = {"paid": paid and Decimal(paid), "refunded": refunded and Decimal(refunded)}
    assert mapped(UnifiedOrder(id="1", status=said, **money), {}).status == status


def test_a_stock_follows_from_what_was_sold_and_what_is_left() -> None:
    assert mapped(UnifiedTicket(id="1", quantity_sold=3, quantity_available=7), {}).quantity_total == 10
    assert mapped(UnifiedTicket(id="1", quantity_total=10, quantity_sold=3), {}).quantity_available == 7
    assert mapped(UnifiedTicket(id="1", quantity_available=7), {}).quantity_total is None


# Shared descriptions


@pytest.mark.parametrize(
    "status, body, fault",
    [
        (400, {"why": "Your JWT expired"}, "auth"),
        (400, {"why": "no such thing"}, None),
        (500, {"why": "jwt"}, None),
        (400, {}, None),
    ],
)
def test_a_refusal_is_known_by_a_word(status: int, body: dict[str, Any], fault: str | None) -> None:
    assert refusal("auth", "why", "jwt", status=(400, 401))(status, Row(body)) == fault


def test_the_credentials_of_an_application() -> None:
    found = {one.name: (one.where, one.secret) for one in app_credentials("Settings", "Key", "Secret", "There")}
    assert found == {
        "clientId": ("Settings → Key", False),
        "clientSecret": ("Settings → Secret", True),
        "accessToken": ("There", True),
        "refreshToken": ("Returned with the access token", True),
    }


def test_one_credential_is_enough_unless_more_are_named() -> None:
    assert find_provider("shotgun").enough == (("apiKey",),)
    assert find_provider("billetto").enough == (("apiKey", "apiSecret"),)
