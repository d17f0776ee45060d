import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx2
import pytest
from typer.testing import Result

from connectors import find_provider
from connectors.registry import SLUGS
from tests.cli.conftest import Run, Served

CLIENTS = {
    "eventbrite": ("SANDBOXAPIKEY", "sk_test_sandbox_eventbrite"),
    "eventix": ("sandbox-weeztix-client", "sk_test_sandbox_weeztix"),
    "helloasso": ("sandbox-helloasso-client", "sk_test_sandbox_helloasso"),
    "universe": ("sandbox-universe-client", "sk_test_sandbox_universe"),
}
IN_BROWSER = [slug for slug in SLUGS if (oauth := find_provider(slug).oauth) and oauth.authorize]


def hosts(served: Served, slug: str) -> list[str]:
    return [part for name, url in served.addresses(slug).items() for part in ("--host", f"{name}={url}")]


def fields(served: Served, slug: str) -> str:
    return "".join(f"{name}={value}\n" for name, value in served.credentials(slug).items())


def client(slug: str) -> list[str]:
    return ["--field", f"clientId={CLIENTS[slug][0]}", "--field", f"client_secret={CLIENTS[slug][1]}"]


def stored(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def allow(url: str) -> httpx2.Response:
    """A person who follows the link on the page of consent."""
    return httpx2.get(f"{url}&approve=1", follow_redirects=True)


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[httpx2.Response]:
    """The pages at which a browser that always allows access ended up."""
    seen: list[httpx2.Response] = []

    def browse(url: str) -> bool:
        seen.append(allow(url))
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    return seen


@pytest.mark.parametrize("slug", SLUGS)
def test_fields_on_stdin_connect(bare: Run, served: Served, credentials_file: Path, slug: str) -> None:
    done = bare("connect", slug, *hosts(served, slug), input=fields(served, slug))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(f"{slug} works (")
    assert f"Next: spekta events {slug}\n" in done.stdout
    assert served.credentials(slug).items() <= stored(credentials_file)[slug]["credentials"].items()
    events = json.loads(bare("events", slug, "--json").stdout)["events"]
    assert {event["provider"] for event in events} == {slug}


PUBLIC = ("api_mode=public_graphql", "promoter_id=77", "area_id=44")


@pytest.mark.parametrize("piped", [True, False])
def test_a_mode_may_need_no_credentials(bare: Run, served: Served, credentials_file: Path, piped: bool) -> None:
    given = [] if piped else [part for field in PUBLIC for part in ("--field", field)]
    said = "\n".join(PUBLIC) if piped else ""
    done = bare("connect", "resident-advisor", *hosts(served, "resident-advisor"), *given, input=said)
    assert done.exit_code == 0, done.stderr
    assert stored(credentials_file)["resident-advisor"]["credentials"] == {}
    done = bare("events", "resident-advisor", "--json", "--since", "2026-01-01")
    assert [event["id"] for event in json.loads(done.stdout)["events"]] == ["1011", "1001"]
    assert "Resident Advisor cannot be asked for changes" in done.stderr


@pytest.mark.parametrize("mode, missing", [("api_mode=partner", "apiKey"), (PUBLIC[0], "promoter_id")])
def test_what_a_mode_lacks_is_named(bare: Run, served: Served, mode: str, missing: str) -> None:
    done = bare("connect", "resident-advisor", *hosts(served, "resident-advisor"), "--field", mode, input="")
    assert done.exit_code != 0
    assert missing in done.stderr


def test_only_the_owner_can_read_what_is_stored(bare: Run, served: Served, credentials_file: Path) -> None:
    bare("connect", "dice", *hosts(served, "dice"), input=fields(served, "dice"))
    assert stat.S_IMODE(credentials_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(credentials_file.parent.stat().st_mode) == 0o700


def test_base_url_a_second_account_and_options(bare: Run, served: Served, credentials_file: Path) -> None:
    api = served.addresses("dice")["api"]
    key = f"api_key={served.credentials('dice')['apiKey']}"
    done = bare("connect", "dice/paris", "--base-url", api, "--field", key, "--field", "holders=true", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["connection"] == "dice/paris"
    connection = stored(credentials_file)["dice/paris"]
    assert connection["options"] == {"holders": "true"}
    assert connection["addresses"] == {"api": api}
    assert bare("attendees", "dice/paris", "--page-size", "1").exit_code == 0


def test_what_does_not_work_is_not_stored(bare: Run, served: Served, credentials_file: Path) -> None:
    done = bare("connect", "dice", *hosts(served, "dice"), "--field", "apiKey=sk_test_canary_connect")
    assert done.exit_code == 1
    assert done.stderr.startswith(
        "spekta: dice does not work, and is not stored. DICE does not accept the credentials."
    )
    assert done.stderr.endswith("To store it anyway: --force\n")
    assert "canary" not in done.output
    assert not credentials_file.exists()


def test_force_stores_it_anyway(bare: Run, served: Served, credentials_file: Path) -> None:
    done = bare("connect", "dice", *hosts(served, "dice"), "--field", "apiKey=sk_test_canary_connect", "--force")
    assert done.exit_code == 0
    assert done.stdout.startswith("dice is stored, although it does not work: ")
    assert "dice" in stored(credentials_file)


@pytest.mark.parametrize(
    "args, said",
    [
        (["ticket-tailor"], "TicketTailor needs apiKey: Box office settings → API → Create API key."),
        (["ticket-tailor", "--field", "colour=red"], "TicketTailor has no field 'colour'. It takes: apiKey,"),
        (["ticket-tailor", "--browser"], "TicketTailor has no consent in the browser."),
        (["eventbrite", "--browser"], "Eventbrite needs clientId and clientSecret"),
        (["ticket-tailor", "--field", "apiKey=x", "--base-url", "http://example.org"], "base_url is not https."),
        (["ticket-tailor", "--field", "apiKey=x", "--host", "login=https://example.org"], "has no host 'login'"),
        (["eventbrite", *client("eventbrite"), "--redirect", "https://example.org/back"], "Add --paste"),
    ],
)
def test_what_is_missing_or_wrong_is_named(bare: Run, args: list[str], said: str, credentials_file: Path) -> None:
    done = bare("connect", *args, input="")
    assert done.exit_code == 2
    assert said in done.stderr
    assert not credentials_file.exists()


def test_the_environment_goes_first_and_that_is_said(spekta: Run, served: Served) -> None:
    done = spekta("connect", "dice", *hosts(served, "dice"), input=fields(served, "dice"))
    assert done.stderr == "Environment variables set up dice too, and they go first.\n"


def test_a_person_is_asked(bare: Run, served: Served, credentials_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spekta.cli.asking.interactive", lambda: True)
    token = served.credentials("eventbrite")["accessToken"]
    done = bare("connect", "eventbrite", *hosts(served, "eventbrite"), input=f"7\n1\n{token}\n710000000001\n")
    assert done.exit_code == 0, done.output
    assert "There are 3 ways to connect Eventbrite:\n  1  give accessToken\n" in done.stderr
    assert "3  give clientId, clientSecret, and allow access in the browser" in done.stderr
    assert "Account Settings → Developer Links → API Keys → Private token" in done.stderr
    assert token not in done.output
    assert stored(credentials_file)["eventbrite"]["options"] == {"organization_id": "710000000001"}


@pytest.mark.parametrize("slug", IN_BROWSER)
def test_consent_in_the_browser(
    bare: Run, served: Served, credentials_file: Path, visits: list[httpx2.Response], slug: str
) -> None:
    """A client alone may be enough: then a person has to ask for the browser."""
    forced = ["--browser"] if ("clientId", "clientSecret") in find_provider(slug).enough else []
    done = bare("connect", slug, *hosts(served, slug), *client(slug), *forced)
    assert done.exit_code == 0, done.stderr
    assert visits[0].status_code == 200
    assert "Close this window" in visits[0].text
    assert visits[0].url.host == "127.0.0.1"
    credentials = stored(credentials_file)[slug]["credentials"]
    assert credentials["accessToken"].startswith(f"at_test_{slug}_")
    assert parse_qs(visits[0].url.query.decode())["code"][0] not in done.output
    assert bare("health", slug).exit_code == 0


def test_a_client_that_is_enough_needs_no_browser(bare: Run, served: Served, visits: list[httpx2.Response]) -> None:
    done = bare("connect", "helloasso", *hosts(served, "helloasso"), *client("helloasso"))
    assert done.exit_code == 0, done.stderr
    assert visits == []


def test_pkce_is_s256_where_the_platform_takes_it(bare: Run, served: Served, visits: list[httpx2.Response]) -> None:
    for slug, forced in (("eventbrite", []), ("helloasso", ["--browser"])):
        bare("connect", slug, *hosts(served, slug), *client(slug), *forced)
    asked = [parse_qs(visit.history[0].request.url.query.decode()) for visit in visits]
    assert "code_challenge" not in asked[0]
    assert asked[1]["code_challenge_method"] == ["S256"]
    assert len(asked[1]["code_challenge"][0]) == 43
    assert all(len(query["state"][0]) >= 32 for query in asked)


def changed(url: str, **query: str) -> str:
    """Where the platform would send the browser, with something else in it."""
    back = parse_qs(urlsplit(url).query)["redirect_uri"][0]
    state = parse_qs(urlsplit(url).query)["state"][0]
    return f"{back}?{urlencode({'code': 'code_canary_1', 'state': state} | query)}"


@pytest.mark.parametrize(
    "answer, said",
    [
        (lambda url: changed(url, state="another"), "its state is not the one we sent. Nothing was stored"),
        (lambda url: changed(url, state=""), "its state is not the one we sent."),
        (lambda url: changed(url).replace("code=", "error=access_denied&x="), "did not allow access: access_denied."),
        (changed, "The platform does not accept the authorization code."),
    ],
    ids=["another state", "no state", "refused", "unknown code"],
)
def test_an_answer_that_is_not_ours_is_refused(
    bare: Run,
    served: Served,
    credentials_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[str], str],
    said: str,
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: httpx2.get(answer(url)).is_success)
    done = bare("connect", "eventbrite", *hosts(served, "eventbrite"), *client("eventbrite"))
    assert done.exit_code == 1
    assert said in done.stderr
    assert "canary" not in done.output
    assert not credentials_file.exists()


def test_other_visits_are_no_answer(bare: Run, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def browse(url: str) -> bool:
        back = urlsplit(parse_qs(urlsplit(url).query)["redirect_uri"][0])
        seen.append(httpx2.get(urlunsplit(back._replace(path="/favicon.ico"))).status_code)
        seen.append(allow(url).status_code)
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    done = bare("connect", "eventbrite", *hosts(served, "eventbrite"), *client("eventbrite"))
    assert (done.exit_code, seen) == (0, [404, 200])


def test_the_wait_has_an_end(bare: Run, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    done = bare("connect", "eventbrite", *hosts(served, "eventbrite"), *client("eventbrite"), "--timeout", "0.01")
    assert done.exit_code == 1
    assert f"{served.addresses('eventbrite')['login']}/oauth/authorize?response_type=code" in done.stderr
    assert "No answer came within 0 seconds." in done.stderr


class Copied:
    """Somebody who opens the printed address in a browser elsewhere, and copies the one that it ends at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str] = lambda url: url) -> None:
        self.change = change
        monkeypatch.setattr("typer.prompt", self.answer)
        monkeypatch.setattr("typer.echo", self.hear)
        self.heard: list[str] = []
        self.asked: list[str] = []

    def hear(self, text: str, **_: Any) -> None:
        self.heard.append(text)

    def answer(self, text: str, **_: Any) -> str:
        self.asked.append(text)
        given = httpx2.get(f"{self.heard[-1]}&approve=1")
        return self.change(given.headers["location"])


def pasted(bare: Run, served: Served, *more: str) -> Result:
    return bare("connect", "eventbrite", *hosts(served, "eventbrite"), *client("eventbrite"), "--paste", *more)


def test_paste(bare: Run, served: Served, credentials_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Copied(monkeypatch)
    done = pasted(bare, served, "--redirect", "https://example.org/back")
    assert done.exit_code == 0, done.stderr
    assert parse_qs(urlsplit(person.heard[0]).query)["redirect_uri"] == ["https://example.org/back"]
    assert person.asked == ["Address"]
    assert "accessToken" in stored(credentials_file)["eventbrite"]["credentials"]


def test_paste_of_another_address(bare: Run, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    Copied(monkeypatch, lambda url: url.replace("state=", "state=not"))
    done = pasted(bare, served)
    assert done.exit_code == 1
    assert "its state is not the one we sent." in done.stderr
