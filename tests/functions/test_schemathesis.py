"""Requests that schemathesis makes from the API's own document, good and bad: never a 500, and never an answer that the
document does not tell of.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from connectors import connect
from connectors.credentials.environment import EnvironmentStore
from connectors.references import encode_id
from connectors.registry import SLUGS
from functions import openapi
from functions.local import Api
from spekta.sandbox.app import create_app
from spekta.sandbox.server import environment, running
from spekta.sync.sqlite import SqliteStore
from spekta.sync.sqlite.reading import reading
from spekta.sync.watching import Sync

SCHEMA = schemathesis.openapi.from_dict(openapi.document())
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)}
# A page by number and one by cursor, GraphQL, what platforms alone have, and what spans them.
FEW = ("ticket-tailor", "pretix", "dice", "equaticket", "evvnt", "portfolio", "providers", "sync")
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
MODES = {"good": GenerationMode.POSITIVE, "bad": GenerationMode.NEGATIVE}
# What takes nothing can be asked nothing bad.
CASES = [(label, mode) for label in OPERATIONS for mode in MODES if (label, mode) != ("GET /v1/providers", "bad")]


def place(label: str) -> str:
    return label.split("/")[2]


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the API over a sandbox, with these platforms connected, two synced, and everything switched on."""
    file = tmp_path_factory.mktemp("served") / "store.sqlite"
    with pytest.MonkeyPatch.context() as patch, running(create_app()) as sandbox:
        patch.setenv("SPEKTA_ALLOW_PERSONAL_DATA", "true")
        patch.setenv("SPEKTA_WRITES", "true")
        connections = Only(environment(sandbox), request.param)
        with SqliteStore(file) as store:
            asyncio.run(Sync(lambda name: connect(connections, name), store, "test").run(["pretix", "evvnt"]))
        with running(Api(connections, reading=partial(reading, file))) as origin:
            yield origin


class Only(EnvironmentStore):
    """A store that knows the connections to some platforms alone."""

    def __init__(self, environment: Mapping[str, str], slugs: Collection[str]) -> None:
        super().__init__(environment)
        self.slugs = slugs

    def connections(self) -> list[str]:
        return [name for name in super().connections() if name in self.slugs]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def events(served: str) -> dict[str, list[str]]:
    """Events that there are, as paths have them: made up, an id is never one."""
    return {slug: [] for slug in SLUGS}


def known(served: str, events: dict[str, list[str]], slug: str) -> list[str]:
    if slug in events and not events[slug]:
        found = httpx2.get(f"{served}/v1/{slug}/events", params={"page_size": 3}, timeout=30).json()["data"]
        events[slug] = [encode_id(one["id"]) for one in found]
    return events.get(slug, [])


def check(label: str, mode: str, served: str, session: requests.Session, ids: list[str], examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.data())
    def ask(data: Any) -> None:
        case = data.draw(OPERATIONS[label].as_strategy(generation_mode=MODES[mode]))
        if ids and "event_id" in (case.path_parameters or {}) and data.draw(st.booleans()):
            case.path_parameters["event_id"] = data.draw(st.sampled_from(ids))
        response = case.call(base_url=served, session=session)
        assert response.status_code != 500
        case.validate_response(response, checks=CHECKS)

    ask()


@pytest.mark.parametrize("served", [FEW], indirect=True, ids=["few"])
@pytest.mark.parametrize("label, mode", [case for case in CASES if place(case[0]) in FEW])
def test_a_few_of_some(
    label: str, mode: str, served: str, session: requests.Session, events: dict[str, list[str]]
) -> None:
    check(label, mode, served, session, known(served, events, place(label)), 4)


@pytest.mark.long
@pytest.mark.parametrize("served", [SLUGS], indirect=True, ids=["all"])
@pytest.mark.parametrize("label, mode", CASES)
def test_many_of_all(
    label: str, mode: str, served: str, session: requests.Session, events: dict[str, list[str]]
) -> None:
    check(label, mode, served, session, known(served, events, place(label)), 60)
