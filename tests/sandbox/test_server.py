from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.applications import Starlette

from spekta.sandbox.app import create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.cases import revenue_cases
from spekta.sandbox.providers import services
from spekta.sandbox.server import connections, environment, running

ORIGIN = "http://127.0.0.1:8080"


def test_it_answers_on_loopback(app: Starlette) -> None:
    with running(app) as origin:
        answer = httpx2.get(f"{origin}/ticket-tailor/api/v1/ping", auth=("sk_test_sandbox_ticket_tailor", ""))
        linked = httpx2.get(
            f"{origin}/pretix/api/api/v1/organizers/lampions/orders/",
            headers={"Authorization": "Token sandboxteamtoken0000pretix"},
        )

    assert urlsplit(origin).hostname == "127.0.0.1"
    assert answer.json() == {"ping": "pong"}
    assert linked.json()["next"].startswith(f"{origin}/pretix/api/api/v1/")


def test_the_environment_points_every_connector_here() -> None:
    said = environment(ORIGIN)

    assert said["TICKET_TAILOR_API_KEY"] == "sk_test_sandbox_ticket_tailor"
    assert said["TICKET_TAILOR_BASE_URL"] == f"{ORIGIN}/ticket-tailor/api/v1"
    assert said["PRETIX_BASE_URL"] == f"{ORIGIN}/pretix/api"
    assert said["PRETIX_ORGANIZER"] == "lampions"
    assert said["EVENTBRITE_BASE_URL"] == f"{ORIGIN}/eventbrite/api/v3"
    assert said["EVENTBRITE_LOGIN_URL"] == f"{ORIGIN}/eventbrite/login"
    assert {"EVENTBRITE_ACCESS_TOKEN", "HELLOASSO_CLIENT_ID", "HELLOASSO_CLIENT_SECRET", "PRETIX_API_KEY"} <= set(said)
    assert said["HELLOASSO_BASE_URL"] == f"{ORIGIN}/helloasso/api/v5"
    assert said["HELLOASSO_LOGIN_URL"] == f"{ORIGIN}/helloasso/login"
    assert said["HELLOASSO_AUTH_URL"] == f"{ORIGIN}/helloasso/auth"
    assert said["DICE_BASE_URL"] == f"{ORIGIN}/dice/api/graphql"


def test_connections_tell_credentials_and_addresses() -> None:
    credentials, addresses = connections(ORIGIN)["helloasso"]

    assert set(credentials) == {"clientId", "clientSecret"}
    assert addresses == {
        "api": f"{ORIGIN}/helloasso/api/v5",
        "login": f"{ORIGIN}/helloasso/login",
        "auth": f"{ORIGIN}/helloasso/auth",
    }


@pytest.mark.parametrize("slug", sorted(services()))
def test_what_is_not_carried_has_a_reason(slug: str) -> None:
    service = services()[slug]

    assert service.not_carried
    for name, reason in service.not_carried.items():
        assert name.partition(".")[0] in {"event", "ticket", "attendee", "order", "revenue"}
        assert reason


@pytest.mark.needs("revenue")
@pytest.mark.parametrize("case", sorted(revenue_cases()))
@pytest.mark.parametrize("slug", sorted(services()))
def test_every_provider_tells_every_revenue_case(slug: str, case: str) -> None:
    box = revenue_cases()[case]
    service = services()[slug]
    carried = [order.number for order in box.orders if service.carries_order(order)]

    assert service.carries_event(box.events[0])
    assert carried == [1] if case != "never_paid" else 3 not in carried or slug == "pretix"


def test_a_box_office_may_be_empty() -> None:
    assert create_app(BoxOffice()).state.sandbox.box_office.events == []
