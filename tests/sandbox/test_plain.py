"""The assumed dialect as each of its platforms speaks it."""

from typing import Any

import httpx2
import pytest

from spekta.sandbox.providers import services
from tests.sandbox.accounts import credentials

pytestmark = pytest.mark.anyio

LAST_OF_3 = {"current_page": 2, "last_page": 3, "total": 12}
# Where the rows are, what a page says of those to come, how the key is sent.
PLATFORMS: dict[str, tuple[str, dict[str, Any], tuple[str, str]]] = {
    "seetickets-us": ("data", {"meta": {"page": 2, "per_page": 5, "total": 12}}, ("X-API-Key", "")),
    "festicket": ("results", {"has_more": True}, ("Authorization", "Bearer ")),
    "ticket-arena": ("", {"total": 12}, ("Authorization", "Bearer ")),
    "rsvpify": (
        "data",
        {"links": {"next": "http://sandbox/rsvpify/api/v1/events?page=3&per_page=5"}, "meta": LAST_OF_3},
        ("Authorization", "Bearer "),
    ),
    "resident-advisor": ("data", {"meta": {"page": 2, "per_page": 5, "total": 12}}, ("X-Api-Key", "")),
    "ticketsellers": (
        "data",
        {"meta": LAST_OF_3},
        ("Authorization", "Token "),
    ),
}

each_platform = pytest.mark.parametrize("slug", sorted(PLATFORMS))


def key_of(slug: str, key: str | None = None) -> dict[str, str]:
    name, scheme = PLATFORMS[slug][2]
    return {name: scheme + (key or credentials(slug)["apiKey"])}


async def get(client: httpx2.AsyncClient, slug: str, path: str, **query: Any) -> httpx2.Response:
    base = services()[slug].hosts["api"]
    return await client.get(f"/{slug}/api{base}{path}", params=query, headers=key_of(slug))


async def rows(client: httpx2.AsyncClient, slug: str, path: str, **query: Any) -> Any:
    answer = (await get(client, slug, path, **query)).json()
    name = PLATFORMS[slug][0] or path.rpartition("/")[2]
    return answer[name]


@each_platform
async def test_a_page_is_wrapped(client: httpx2.AsyncClient, slug: str) -> None:
    name, about, _ = PLATFORMS[slug]
    answer = (await get(client, slug, "/events", page=2, per_page=5)).json()

    assert [str(row["id"]) for row in answer.pop(name or "events")] == ["1006", "1007", "1008", "1009", "1010"]
    assert answer == about


@each_platform
@pytest.mark.parametrize("size, pages", [(7, [7, 5, 0]), (100, [12, 0])])
async def test_pages_end(client: httpx2.AsyncClient, slug: str, size: int, pages: list[int]) -> None:
    found = [await rows(client, slug, "/events", page=page + 1, per_page=size) for page in range(len(pages))]

    assert [len(page) for page in found] == pages


@each_platform
async def test_a_larger_page_than_there_is_is_cut(client: httpx2.AsyncClient, slug: str) -> None:
    assert len(await rows(client, slug, "/events/1012/orders", per_page=200)) == 50


@each_platform
@pytest.mark.parametrize("page", ["0", "many"])
async def test_a_page_out_of_bounds_is_refused(client: httpx2.AsyncClient, slug: str, page: str) -> None:
    answer = await get(client, slug, "/events", page=page)

    assert (answer.status_code, answer.json()) == (422, {"message": "page is not a number from 1 up."})


@each_platform
@pytest.mark.parametrize("key, status", [("sk_wrong", 401), ("sk_test_forbidden_1", 403)])
async def test_keys(client: httpx2.AsyncClient, slug: str, key: str, status: int) -> None:
    base = services()[slug].hosts["api"]
    answer = await client.get(f"/{slug}/api{base}/events", headers=key_of(slug, key))
    without = await client.get(f"/{slug}/api{base}/events")

    assert (answer.status_code, list(answer.json())) == (status, ["message"])
    assert without.status_code == 401


@each_platform
async def test_what_changed_is_asked_for_where_the_platform_knows_it(client: httpx2.AsyncClient, slug: str) -> None:
    found = await rows(client, slug, "/events", updated_since="2026-10-20T11:00:00Z")

    assert len(found) == (12 if slug in ("rsvpify",) else 2)


async def test_an_unknown_event_has_no_listings(client: httpx2.AsyncClient) -> None:
    for slug in PLATFORMS:
        for path in ("", "/tickets", "/orders"):
            assert (await get(client, slug, f"/events/9999{path}")).status_code == 404


async def test_a_report(client: httpx2.AsyncClient) -> None:
    report = (await get(client, "seetickets-us", "/events/1003/revenue")).json()["data"]

    assert report == {
        "event_id": "1003", "currency": "GBP", "gross_revenue": 414.7, "refunds": 70.4, "taxes": 0.0, "fees": 31.3,
        "net_revenue": 313.0, "tickets_sold": 14, "orders": 8,
    }  # fmt: skip
