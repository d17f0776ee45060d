"""What a query may say."""

from datetime import UTC, datetime

import pytest

from connectors.errors import InvalidArgument
from connectors.models import UnifiedOrder
from functions.errors import PersonalDataRefused
from functions.parameters import PLACES, SINCE
from functions.query import Query
from functions.query import read as read_query
from functions.routes import ROUTES

HEALTH, EVENT, ORDERS = ROUTES[0], ROUTES[2], ROUTES[-2]


def read(text: str) -> Query:
    return read_query(text, ORDERS.parameters(), ("status", "buyer_email"), UnifiedOrder.personal)


def test_nothing_asked() -> None:
    query = read("")
    assert (query.account, query.raw, query.personal_data, query.others) == ("default", False, False, {})
    assert query.of((*PLACES, SINCE)) == {}


def test_everything_asked() -> None:
    query = read("page_size=5&cursor=c&since=2027-03-01T01:00:00%2B01:00&status=paid&account=london")
    assert (query.account, query.others) == ("london", {"status": "paid"})
    assert query.of((*PLACES, SINCE)) == {
        "page_size": 5,
        "cursor": "c",
        "since": datetime(2027, 3, 1, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    "text, param, said",
    [
        ("pge=1", "pge", "account, buyer_email, cursor, page, page_size, personal_data, raw, since, status"),
        ("page=x", "page", "whole number"),
        ("page=", "page", "whole number"),
        ("page=٣", "page", "whole number"),
        ("page=1_0", "page", "whole number"),
        ("page=0", "page", "from 1 to 1000000"),
        ("page=-1", "page", "from 1 to 1000000"),
        (f"page={10**17}", "page", "from 1 to 1000000"),
        (f"page={'9' * 5000}", "page", "whole number"),
        ("page_size=1.5", "page_size", "whole number"),
        ("page_size=0", "page_size", "from 1 to 1000"),
        ("page_size=1001", "page_size", "from 1 to 1000"),
        ("page=1&page=2", "page", "twice"),
        ("cursor=", "cursor", "empty"),
        ("since=yesterday", "since", "not a time"),
        ("since=2027-03-01T01:00:00+01:00", "since", "%2B"),
        ("since=2027-03-01", "since", "no time zone"),
        ("since=0001-01-01T00:00:00%2B14:00", "since", "out of range"),
        ("raw=yes", "raw", "true nor false"),
        ("raw=true", "raw", "personal_data=true"),
        ("personal_data=", "personal_data", "true nor false"),
        ("buyer_email=a%40example.org", "buyer_email", "personal_data=true"),
    ],
)
def test_refused(text: str, param: str, said: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read(text)
    assert refused.value.param == param
    assert said in str(refused.value)


def test_a_single_answer_takes_no_page() -> None:
    with pytest.raises(InvalidArgument, match=r"Valid: account, personal_data, raw\."):
        read_query("page=1", EVENT.parameters())
    with pytest.raises(InvalidArgument, match=r"Valid: account\."):
        read_query("raw=true", HEALTH.parameters())


@pytest.mark.parametrize("setting", [None, "", "false", "1"])
def test_personal_data_only_where_the_stack_gives_it(monkeypatch: pytest.MonkeyPatch, setting: str | None) -> None:
    monkeypatch.delenv("SPEKTA_ALLOW_PERSONAL_DATA", raising=False)
    if setting is not None:
        monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", setting)
    with pytest.raises(PersonalDataRefused):
        read("personal_data=true&raw=true")
    monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")
    query = read("personal_data=true&raw=true")
    assert (query.personal_data, query.raw) == (True, True)
