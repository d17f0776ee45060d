"""The lenient reader: whatever a platform sends, a value of the declared kind or a named problem."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.models import Venue
from connectors.money import decimals, from_minor
from connectors.row import Row, Unreadable

numbers = st.integers() | st.decimals() | st.decimals(allow_nan=False, places=2)
texts = st.text() | st.sampled_from(
    "|****|0|-1|12|12.50|1e999999999|-1e-999999999|1_000|NaN|Infinity|yes|EUR|eur|€|FR|FRA|France|Europe/Paris|"
    "0001-01-01T00:00:00+05:00|9999-12-31T23:59:59-05:00|2027-03-01T19:00:00Z|2027-03-01|0000-00-00|"
    "<p>one</p>two|a < b|&amp;|\ud800|\x00| ".split("|")
)
values = st.none() | st.booleans() | numbers | texts | st.sampled_from([float("nan"), float("inf")])
keys = st.sampled_from(["a", "b", "id"])
records = st.recursive(values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner), max_leaves=8)
paths = st.sampled_from(["", "a", "b", "a.b", "a[0]", "a[-1].b", "a[]", "a[].b", "a[].b[].a", "a.id", "a?"])
CURRENCIES = ["EUR", "JPY", "KWD", "USD", "XYZ"]


def is_moment(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is UTC


def is_code(length: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value) == length and value.isascii() and value.isupper()


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def is_whole(value: Any) -> bool:
    return type(value) is int


def is_amount(value: Any) -> bool:
    return isinstance(value, Decimal) and value.is_finite()


def all_texts(found: Any) -> bool:
    return all(isinstance(value, str) for value in found)


# What each reader gives, None apart where it may.
READERS: dict[str, tuple[Callable[[Row, str], Any], Callable[[Any], bool]]] = {
    "text": (lambda row, path: row.text(path), is_text),
    "name": (lambda row, path: row.name(path, "b"), is_text),
    "plain": (lambda row, path: row.plain(path), is_text),
    "ref": (lambda row, path: row.ref(path), is_text),
    "whole": (lambda row, path: row.whole(path), is_whole),
    "flag": (lambda row, path: row.flag(path), lambda value: isinstance(value, bool)),
    "moment": (lambda row, path: row.moment(path), is_moment),
    "moment in a zone": (lambda row, path: row.moment(path, zone="Asia/Tokyo"), is_moment),
    "moment in a zone of its own": (lambda row, path: row.moment(path, zone=row.text("b")), is_moment),
    "unix": (lambda row, path: row.unix(path), is_moment),
    "minor": (lambda row, path: row.minor(path, currency="EUR"), is_amount),
    "minor per unit": (lambda row, path: row.minor(path, currency="JPY", per_unit=row.whole("b")), is_amount),
    "minor of no currency": (lambda row, path: row.minor(path, currency=None), is_amount),
    "major": (lambda row, path: row.major(path, currency="KWD"), is_amount),
    "major of no currency": (lambda row, path: row.major(path, currency=None), is_amount),
    "decimal": (lambda row, path: row.decimal(path), is_amount),
    "rate": (lambda row, path: row.rate(path), is_amount),
    "currency": (lambda row, path: row.currency(path), is_code(3)),
    "country": (lambda row, path: row.country(path), is_code(2)),
    "pairs": (lambda row, path: row.pairs(path, "a", "b"), lambda found: all_texts([*found, *found.values()])),
}
NEVER_NONE: dict[str, tuple[Callable[[Row, str], Any], Callable[[Any], bool]]] = {
    "id": (lambda row, path: row.id(path), is_text),
    "choice": (lambda row, path: row.choice(path, {"yes": "valid"}), lambda word: word in ("valid", "unknown")),
    "refs": (lambda row, path: row.refs(path), all_texts),
    "texts": (lambda row, path: row.texts(path), all_texts),
    "has": (lambda row, path: row.has(path), lambda value: isinstance(value, bool)),
    "at": (lambda row, path: row.at(path), lambda part: isinstance(part, Row) and isinstance(part.path, str)),
    "rows": (lambda row, path: list(row.rows(path)), lambda found: all(isinstance(part, Row) for part in found)),
    "descend": (lambda row, path: list(row.descend("a")), lambda found: all(isinstance(part, Row) for part in found)),
    "up": (lambda row, path: row.at(path).up, lambda above: isinstance(above, Row)),
    "venue": (
        lambda row, path: row.venue(path, name="a", country="b", latitude=("a", "id")),
        lambda place: isinstance(place, Venue),
    ),
}


@pytest.mark.parametrize("reader", [*READERS, *NEVER_NONE])
@given(record=records, path=paths)
def test_any_value_is_read_as_declared_or_is_a_problem(reader: str, record: Any, path: str) -> None:
    read, fits = (READERS | NEVER_NONE)[reader]
    try:
        value = read(Row(record), path)
    except Unreadable:
        return
    assert (value is None and reader in READERS) or fits(value)


@given(amount=st.integers(-(10**18), 10**18), currency=st.sampled_from(CURRENCIES))
def test_minor_units_lose_nothing(amount: int, currency: str) -> None:
    read = Row({"a": amount}).minor("a", currency=currency)
    assert read is not None
    assert read * 10 ** decimals(currency) == amount
    assert -read.as_tuple().exponent == decimals(currency)  # type: ignore[operator]


@given(amount=st.decimals(-(10**12), 10**12, places=5), currency=st.sampled_from(CURRENCIES))
def test_major_units_are_exact_or_unreadable(amount: Decimal, currency: str) -> None:
    fits = Fraction(amount) * 10 ** decimals(currency) % 1 == 0
    for written in (amount, str(amount), f"  {amount}\n"):
        row = Row({"a": written})
        if fits:
            read = row.major("a", currency=currency)
            assert read == amount
            assert read is not None
            assert -read.as_tuple().exponent == decimals(currency)  # type: ignore[operator]
        else:
            with pytest.raises(Unreadable, match=r"a: .* is not an amount of"):
                row.major("a", currency=currency)


@pytest.mark.parametrize(
    "value, currency, amount",
    [
        (1250, "EUR", "12.50"),
        (1250, "JPY", "1250"),
        (1250, "KWD", "1.250"),
        ("1250", "EUR", "12.50"),
        (Decimal("1250"), "EUR", "12.50"),
        (Decimal("1250.0"), "EUR", "12.50"),
        (-5, "EUR", "-0.05"),
        (0, "JPY", "0"),
        (10**18, "EUR", "10000000000000000.00"),
    ],
)
def test_minor_units(value: Any, currency: str, amount: str) -> None:
    assert str(Row({"a": value}).minor("a", currency=currency)) == amount


@pytest.mark.parametrize(
    "value, currency, amount",
    [
        ("12.5", "EUR", "12.50"),
        ("12", "EUR", "12.00"),
        (12, "KWD", "12.000"),
        (Decimal("4500.00"), "JPY", "4500"),
        ("4500", "JPY", "4500"),
        ("1e2", "EUR", "100.00"),
    ],
)
def test_major_units(value: Any, currency: str, amount: str) -> None:
    assert str(Row({"a": value}).major("a", currency=currency)) == amount


@pytest.mark.parametrize("value", ["4500.50", Decimal("4500.50"), "0.1"])
def test_a_yen_has_no_parts(value: Any) -> None:
    with pytest.raises(Unreadable, match="is not an amount of JPY"):
        Row({"a": value}).major("a", currency="JPY")


@pytest.mark.parametrize(
    "value",
    ["12,50", "€12", "12 EUR", "free", True, [], {}, float("nan"), "NaN", "1e19", 10**19, "1e999999999", 12.5],
)
@pytest.mark.parametrize("read", [Row.major, Row.minor])
def test_what_is_no_amount(read: Callable[..., Any], value: Any) -> None:
    with pytest.raises(Unreadable):
        read(Row({"a": value}), "a", currency="EUR")


@pytest.mark.parametrize("value", ["12.5", Decimal("0.5")])
def test_minor_units_are_whole(value: Any) -> None:
    with pytest.raises(Unreadable, match="is not a whole number"):
        Row({"a": value}).minor("a", currency="EUR")


def test_minor_units_without_a_currency_mean_nothing() -> None:
    with pytest.raises(Unreadable, match="without a currency"):
        Row({"a": 5}).minor("a", currency=None)
    assert Row({}).minor("a", currency=None) is None


@pytest.mark.parametrize("per_unit, amount", [(100, "12.50"), (1000, "1.25"), (1, "1250.00")])
def test_a_platform_may_say_how_many_minor_units_make_one(per_unit: int, amount: str) -> None:
    assert str(from_minor(1250, "EUR", per_unit)) == str(Decimal(amount).quantize(Decimal("0.01")))


@pytest.mark.parametrize("per_unit", [0, 3, 100_000])
def test_minor_units_that_do_not_come_out_even(per_unit: int) -> None:
    with pytest.raises(Unreadable):
        Row({"a": 1250}).minor("a", currency="EUR", per_unit=per_unit)


@pytest.mark.parametrize(
    "parts, total",
    [
        ([], None),
        ([{"b": 100}], "1.00"),
        ([{"b": 100}, {"b": "50"}], "1.50"),
        ([{"b": 100}, {"b": None}], None),
        ([{"b": 100}, {}], "1.00"),
        ([{}], None),
        (None, None),
        ("", None),
    ],
)
def test_a_sum_is_unknown_where_a_part_is_null(parts: Any, total: str | None) -> None:
    read = Row({"a": parts}).minor("a[].b", currency="EUR")
    assert (read if read is None else str(read)) == total


def test_a_list_of_numbers_adds_up() -> None:
    row = Row({"a": [1, "2"], "b": ["1.50", 2], "c": [1, None]})
    assert row.whole("a[]") == 3
    assert row.major("b[]", currency="EUR") == Decimal("3.50")


@pytest.mark.parametrize("value, flag", [(True, True), (0, False), ("1", True), ("TRUE", True), ("No", False)])
def test_flags(value: Any, flag: bool) -> None:
    assert Row({"a": value}).flag("a") is flag


@pytest.mark.parametrize("value", ["maybe", 2, [], Decimal(1), "y"])
def test_what_is_no_flag(value: Any) -> None:
    with pytest.raises(Unreadable, match="neither true nor false"):
        Row({"a": value}).flag("a")


@pytest.mark.parametrize(
    "said, moment",
    [
        ("2027-03-01T19:00:00Z", datetime(2027, 3, 1, 19, tzinfo=UTC)),
        ("2027-03-01T19:00:00+01:00", datetime(2027, 3, 1, 18, tzinfo=UTC)),
        ("2027-03-01T19:00:00.1234567+0100", datetime(2027, 3, 1, 18, 0, 0, 123456, tzinfo=UTC)),
        ("2027/03/01 19:00+01:00", datetime(2027, 3, 1, 18, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_utc(said: Any, moment: datetime | None) -> None:
    assert Row({"a": said}).moment("a") == moment


@pytest.mark.parametrize("said", ["2027-03-01T19:00:00", "2027-03-01", "20270301T190000", "2027/03/01 19:00"])
def test_a_time_without_a_zone_needs_one_beside_it(said: str) -> None:
    with pytest.raises(Unreadable, match="has no time zone"):
        Row({"a": said}).moment("a")
    assert Row({"a": said}).moment("a", zone="Europe/Paris") == datetime.fromisoformat(said.replace("/", "-")).replace(
        tzinfo=timezone(timedelta(hours=1))
    )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../etc/passwd", "", "\x00", "\ud800"])
def test_what_is_no_zone(zone: str) -> None:
    with pytest.raises(Unreadable):
        Row({"a": "2027-03-01T19:00:00"}).moment("a", zone=zone)


@pytest.mark.parametrize(
    "said",
    [
        "tomorrow",
        1740000000,
        "1740000000",
        [],
        "03/01/2027",
        "2027/3/1",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_what_is_no_time(said: Any) -> None:
    with pytest.raises(Unreadable, match="is not a time"):
        Row({"a": said}).moment("a")


def test_seconds_since_1970() -> None:
    assert Row({"a": 0}).unix("a") == datetime(1970, 1, 1, tzinfo=UTC)
    assert Row({"a": "1772391600"}).unix("a") == datetime(2026, 3, 1, 19, tzinfo=UTC)
    with pytest.raises(Unreadable, match="is not a time"):
        Row({"a": 10**15}).unix("a")


@pytest.mark.parametrize("said", ["Checked In", "checked in", "CHECKED IN", "cHECKED iN"])
def test_a_word_is_known_whatever_its_case(said: str) -> None:
    row = Row({"a": said})
    assert row.choice("a", {"Attending": "valid", "Checked In": "entered"}) == "entered"
    assert row.said == said


def test_a_word_that_is_not_listed_is_unknown_and_kept() -> None:
    row = Row({"a": "hovering"})
    assert row.choice("a", {"Attending": "valid"}) == "unknown"
    assert row.said == "hovering"
    assert Row({}).choice("a", {"Attending": "valid"}) == "unknown"


@pytest.mark.parametrize(
    "said, code",
    [
        ("fr", "FR"),
        ("FRA", "FR"),
        ("jpn", "JP"),
        ("France", "FR"),
        ("Japan", "JP"),
        ("UK", "GB"),
        ("CORSE", "FR"),
        ("United Kingdom", "GB"),
        ("United States", "US"),
        ("south korea", "KR"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_countries(said: str, code: str | None) -> None:
    assert Row({"a": said}).country("a") == code


@pytest.mark.parametrize("said", ["€", "EURO", "E1R", "ÉUR", "12"])
def test_what_is_no_currency(said: str) -> None:
    with pytest.raises(Unreadable, match="is not a currency"):
        Row({"a": said}).currency("a")


@pytest.mark.parametrize(
    "said, plain",
    [
        ("plain", "plain"),
        ("<p>One</p><p>two<br/>three</p>", "One\ntwo\nthree"),
        ("<ul><li>a</li>\n<li>b</li></ul>", "a\nb"),
        ("Fish &amp; chips&nbsp;&eacute;", "Fish & chips é"),
        ("<script>var a = '<p>x</p>'</script>done<style>p { }</style>", "done"),
        ("<!-- a > b -->seen<script>never ends", "seen"),
        ("Kids <12 free, adults >65 half", "Kids <12 free, adults >65 half"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("I <3 jazz", "I <3 jazz"),
        ("<a href='/x' title='y'>link</a> <IMG src=z>", "link"),
        ("&lt;b&gt;", "<b>"),
        ("<p> </p>", None),
        ("<", "<"),
    ],
)
def test_html_becomes_plain_text(said: str, plain: str | None) -> None:
    assert Row({"a": said}).plain("a") == plain


@pytest.mark.parametrize("sign", ["<", "<script>", "<script", "<!--", "<a ", "<br", "</p ", "&lt;", "<a <", "<a '"])
def test_text_that_looks_like_html_takes_no_longer(sign: str) -> None:
    """Where each sign is sought to the end of the text, this takes minutes."""
    assert len(Row({"a": sign * 500_000}).plain("a") or "") <= len(sign) * 500_000


@pytest.mark.parametrize("number", [10**7, 10**17])
def test_a_number_written_with_an_exponent_is_not_written_out(number: int) -> None:
    assert Row({"a": f"1e{len(str(number)) - 1}"}).whole("a") == number
    with pytest.raises(Unreadable, match="is not a number"):
        Row({"a": f"1e{number}"}).whole("a")


def test_masked_and_blank_text_is_unknown() -> None:
    assert Row({"a": "****", "b": "  ", "c": " x "}).text("a", "b", "c") == "x"
    assert Row({"a": "****"}).text("a") is None
    assert Row({"a": "**bold**"}).text("a") == "**bold**"
    assert Row({"a": True, "b": 7}).text("a") is None
    assert Row({"b": 7}).text("b") == "7"


def test_the_first_that_is_there_wins() -> None:
    row = Row({"a": None, "b": "", "c": 0, "d": 5})
    assert row.whole("a", "b", "c", "d") == 0
    assert row.value("a", "b", "missing", "d") == 5


def test_a_problem_names_its_path() -> None:
    row = next(iter(Row({"data": [{"start": {"at": "soon"}}]}).rows("data[]")))
    with pytest.raises(Unreadable) as raised:
        row.at("start").moment("at")
    assert (raised.value.path, raised.value.reason) == ("at", "'soon' is not a time")
    assert row.at("start").path == "data[0].start"


def test_a_row_knows_what_it_lies_in() -> None:
    order = {"code": "A", "tickets": [{"id": 1}, None, {"id": 2}]}
    rows = Row({"edges": [{"node": order}]}).rows("edges[].node.tickets[]")
    assert [row.data for row in rows] == [{"id": 1}, {"id": 2}]
    assert [row.path for row in rows] == ["edges[0].node.tickets[0]", "edges[0].node.tickets[2]"]
    assert [row.up.data for row in rows] == [order, order]
    assert rows[0].up.up.data == {"node": order}
    assert Row({}).up.data is None


def test_what_a_problem_shows_is_short() -> None:
    with pytest.raises(Unreadable) as raised:
        Row({"a": "x" * 1000}).whole("a")
    assert len(raised.value.reason) < 80


@given(st.decimals(-(10**9), 10**9, places=3))
def test_amounts_from_json_are_never_floats(amount: Decimal) -> None:
    body = json.loads(json.dumps({"a": "@"}).replace('"@"', str(amount)), parse_float=Decimal)
    assert Row(body).major("a", currency="KWD") == amount
