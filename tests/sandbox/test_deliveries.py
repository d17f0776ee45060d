"""What subscribers receive: as the platform writes it, signed as it signs, about records that can be asked for."""

import hmac
import json

import httpx2
import pytest

from spekta.sandbox.app import Sandbox
from spekta.sandbox.box_office import Issued
from spekta.sandbox.deliveries import SENDERS, Delivery, News, What, deliver, told

from .accounts import EVENTBRITE, TicketTailor, credentials

pytestmark = pytest.mark.anyio
SECRET = "whsec_test_canary_1"
TIME = 1793610000  # of the box office's clock


def sent(sandbox: Sandbox, slug: str, what: What, secret: str | None = SECRET) -> Delivery:
    order = next(one for one in sandbox.box_office.orders if one.paid and one.currency == "EUR" and not one.test)
    return deliver(slug, News(sandbox.box_office, what, Issued(order, order.tickets[0]), 7), secret)


def signature(text: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(SECRET.encode(), text, algorithm).hexdigest()


@pytest.mark.parametrize("slug, what", [(slug, what) for slug in SENDERS for what in told(slug)])
async def test_every_delivery_is_a_json_object(sandbox: Sandbox, slug: str, what: What) -> None:
    delivery = sent(sandbox, slug, what)
    assert isinstance(json.loads(delivery.body), dict)
    assert delivery.headers["Content-Type"] == "application/json"
    unsigned = sent(sandbox, slug, what, None)
    assert unsigned.body == delivery.body
    assert SECRET not in str(unsigned)


async def test_how_each_platform_signs(sandbox: Sandbox) -> None:
    def header(slug: str, name: str) -> tuple[str, bytes]:
        delivery = sent(sandbox, slug, "order_placed")
        return delivery.headers[name], delivery.body

    said, body = header("ticket-tailor", "Tickettailor-Webhook-Signature")
    assert said == f"t={TIME},v1={signature(str(TIME).encode() + body)}"
    said, body = header("billetto", "Billetto-Signature")
    assert said.startswith(f"t={TIME}, v1=")
    assert said.endswith(f", v1={signature(f'{TIME}.'.encode() + body)}")
    said, body = header("universe", "X-Uniiverse-Signature")
    assert said == signature(body, "sha1")
    for slug, name in (("regfox", "X-Webconnex-Signature"), ("helloasso", "x-ha-signature")):
        said, body = header(slug, name)
        assert said == signature(body)
    assert header("eventix", "OpenTicket-Identifier")[0] == SECRET
    assert header("fixr", "Authorization")[0] == f"Bearer {SECRET}"


@pytest.mark.parametrize("what", ["event_changed", "order_placed", "order_refunded"])
async def test_eventbrite_gives_the_address_of_the_record(
    client: httpx2.AsyncClient, sandbox: Sandbox, what: What
) -> None:
    address = json.loads(sent(sandbox, "eventbrite", what).body)["api_url"]
    path = address.removeprefix("https://www.eventbriteapi.com/v3")
    assert path != address
    token = {"Authorization": f"Bearer {credentials('eventbrite')['accessToken']}"}
    assert (await client.get(EVENTBRITE + path, headers=token)).status_code == 200


async def test_ticket_tailor_gives_the_record_and_its_address(client: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    told_of = json.loads(sent(sandbox, "ticket-tailor", "order_placed").body)
    assert (told_of["id"], told_of["created_at"], told_of["event"]) == ("wh_7", "2026-11-02 09:00:00", "ORDER.CREATED")
    path = told_of["resource_url"].removeprefix("https://api.tickettailor.com/v1")
    assert (await TicketTailor().get(client, path)).json() == told_of["payload"]


async def test_pretix_gives_no_more_than_names(sandbox: Sandbox) -> None:
    told_of = json.loads(sent(sandbox, "pretix", "order_refunded").body)
    assert set(told_of) == {"notification_id", "organizer", "event", "code", "action"}
