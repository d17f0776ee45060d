"""What a query may say."""

from datetime import UTC, datetime

import pytest

from connectors.errors import InvalidArgument
from functions.errors import PersonalDataRefused
from functions.query import Query, read, read_page

FILTERS = ("status", "buyer_email")


def test_nothing_asked() -> None:
    assert read("") == Query("default", raw=False, personal_data=False)
    assert read_page("", "orders", FILTERS) == Query("default", False, False, {"filters": {}})


def test_everything_asked() -> None:
    query = read_page(
        "page_size=5&cursor=c&since=2027-03-01T01:00:00%2B01:00&status=paid&account=london", "orders", FILTERS
    )
    assert query.account == "london"
    assert query.page == {
        "page_size": 5,
        "cursor": "c",
        "since": datetime(2027, 3, 1, tzinfo=UTC),
        "filters": {"status": "paid"},
    }


@pytest.mark.parametrize(
    "text, param, said",
    [
        ("pge=1", "pge", "account, buyer_email, cursor, page, page_size, personal_data, raw, since, status"),
        ("page=x", "page", "whole number"),
        ("page=", "page", "whole number"),
        ("page_size=1.5", "page_size", "whole number"),
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
        read_page(text, "orders", FILTERS)
    assert refused.value.param == param
    assert said in str(refused.value)


def test_a_single_answer_takes_no_page() -> None:
    with pytest.raises(InvalidArgument, match=r"Valid: account, personal_data, raw\."):
        read("page=1")
    with pytest.raises(InvalidArgument, match=r"Valid: account\."):
        read("raw=true", records=False)


@pytest.mark.parametrize("setting", [None, "", "false", "1"])
def test_personal_data_only_where_the_stack_gives_it(monkeypatch: pytest.MonkeyPatch, setting: str | None) -> None:
    monkeypatch.delenv("SPEKTA_ALLOW_PERSONAL_DATA", raising=False)
    if setting is not None:
        monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", setting)
    with pytest.raises(PersonalDataRefused):
        read("personal_data=true&raw=true")
    monkeypatch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")
    assert read("personal_data=true&raw=true") == Query("default", raw=True, personal_data=True)
