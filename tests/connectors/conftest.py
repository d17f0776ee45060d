"""A sandbox in process, and every provider's account in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from connectors import Connector, Provider, create_connector, find_provider
from connectors.registry import SLUGS
from spekta.sandbox.app import Sandbox, create_app
from spekta.sandbox.box_office import BoxOffice
from spekta.sandbox.providers import services
from spekta.sandbox.service import Service

LISTINGS = ("events", "tickets", "attendees", "orders")
ORIGIN = "http://127.0.0.1:1"


def gates(provider: Provider, service: Service) -> dict[str, Any]:
    """The options that switch listings on: flags, or the address of the host that has the listing."""
    needed = {option for kind in (*LISTINGS, "revenue") if (option := provider.needs(kind))}
    places = {provider.hosts[host].strip("{}"): url for host, url in service.addresses(ORIGIN).items() if host != "api"}
    return {option: places.get(option, True) for option in needed}


@dataclass(frozen=True)
class Account:
    """One provider's account in a sandbox: what stands in it, and how it is read."""

    slug: str
    app: Starlette

    @property
    def provider(self) -> Provider:
        return find_provider(self.slug)

    @property
    def service(self) -> Service:
        return services()[self.slug]

    @property
    def sandbox(self) -> Sandbox:
        sandbox: Sandbox = self.app.state.sandbox
        return sandbox

    @property
    def box(self) -> BoxOffice:
        return self.sandbox.box_office

    def connect(
        self,
        options: Mapping[str, Any] | None = None,
        *,
        wrap: Callable[[httpx2.AsyncBaseTransport], httpx2.AsyncBaseTransport] | None = None,
    ) -> Connector:
        """A connector of this account; a listing that an option switches on is on unless told otherwise."""
        platform: httpx2.AsyncBaseTransport = httpx2.ASGITransport(app=self.app)
        on = gates(self.provider, self.service)
        chosen = {**on, **(options or {})}
        return create_connector(
            self.slug,
            self.service.credentials,
            base_url=self.service.addresses(ORIGIN),
            transport=wrap(platform) if wrap else platform,
            options={name: value for name, value in chosen.items() if value or name not in on},
        )


@pytest.fixture(scope="session")
def season() -> Starlette:
    """The season, for tests that change nothing in it."""
    return create_app()


@pytest.fixture(params=SLUGS)
def account(request: pytest.FixtureRequest, season: Starlette) -> Account:
    return Account(request.param, season)


@pytest.fixture(params=SLUGS)
def own_account(request: pytest.FixtureRequest) -> Account:
    """One in a sandbox of its own, for tests that change it or let it misbehave."""
    return Account(request.param, create_app())
