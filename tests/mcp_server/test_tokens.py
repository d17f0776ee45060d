"""Tokens: which are valid, and how little the issuer is asked."""

import base64
import json
import time
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from connectors import ProviderError, Unavailable
from mcp_server.authorization import Authorization
from mcp_server.tokens import Issuer, OneToken
from tests.mcp_server.conftest import state_for
from tests.mcp_server.website import ISSUER, RESOURCE, serving

pytestmark = pytest.mark.anyio

KEYS = {kid: ec.generate_private_key(ec.SECP256R1()) for kid in ("first", "second")}
FAR = 4_000_000_000
CLAIMS = {"iss": ISSUER, "aud": RESOURCE, "exp": FAR, "sub": "somebody", "client_id": "a-client", "scope": "read write"}


class Realm:
    """An issuer that publishes its keys."""

    def __init__(self, *kids: str) -> None:
        self.kids = list(kids)
        self.asked: list[str] = []
        self.metadata: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": "https://login.example/keys"}
        self.down = False

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(str(request.url))
        if self.down:
            return httpx2.Response(503)
        if request.url.path.endswith("/.well-known/openid-configuration"):
            return httpx2.Response(200, json=self.metadata)
        if request.url.path == "/keys":
            return httpx2.Response(200, json={"keys": [public(kid) for kid in self.kids]})
        return httpx2.Response(404)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def public(kid: str) -> dict[str, Any]:
    key = jwt.algorithms.ECAlgorithm.to_jwk(KEYS[kid].public_key(), as_dict=True)
    return {**key, "kid": kid, "alg": "ES256", "use": "sig"}


def signed(kid: str | None = "first", key: Any = None, algorithm: str = "ES256", **changes: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims, key or KEYS[kid or "first"], algorithm=algorithm, headers=headers)


@pytest.fixture
def realm() -> Realm:
    return Realm("first")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(realm: Realm, clock: Clock) -> Issuer:
    return Issuer(ISSUER, RESOURCE, httpx2.MockTransport(realm.answer), clock)


async def test_a_valid_token(issuer: Issuer) -> None:
    found = await issuer.verify_token(signed())
    assert found
    assert (found.client_id, found.subject, found.scopes) == ("a-client", "somebody", ["read", "write"])
    assert (found.resource, found.expires_at, found.token) == (RESOURCE, FAR, "")


@pytest.mark.parametrize(
    "changes, scopes",
    [
        ({"scope": None, "scp": ["read"]}, ["read"]),
        ({"scope": None, "scp": "read write"}, ["read", "write"]),
        ({"scope": None}, []),
        ({"scope": 7}, []),
        ({"aud": ["https://other.example", RESOURCE]}, ["read", "write"]),
        ({"client_id": None, "azp": "a-client"}, ["read", "write"]),
    ],
)
async def test_issuers_write_them_differently(issuer: Issuer, changes: dict[str, Any], scopes: list[str]) -> None:
    found = await issuer.verify_token(signed(**changes))
    assert found
    assert (found.client_id, found.scopes) == ("a-client", scopes)


BAD = {
    "ended": {"exp": int(time.time()) - 3600},
    "without an end": {"exp": None},
    "for another resource": {"aud": "https://spekta.example"},
    "for nobody": {"aud": None},
    "of another issuer": {"iss": "https://login.example"},
    "not yet": {"nbf": FAR},
    "of an unknown key": {"kid": "second"},
    "under another's name": {"kid": "first", "key": KEYS["second"]},
    "signed with what is public": {"algorithm": "HS256", "key": json.dumps(CLAIMS)},
}


@pytest.mark.parametrize("wrong", BAD.values(), ids=BAD)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
async def test_tokens_that_are_not_valid(issuer: Issuer, wrong: dict[str, Any]) -> None:
    assert await issuer.verify_token(signed(**wrong)) is None


UNSIGNED = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "none", "kid": "first"}, CLAIMS, "")
)


@pytest.mark.parametrize("text", [UNSIGNED, "", "a", "a.b.c", "é", "a" * 10_000, ".." * 100])
async def test_what_is_no_token(issuer: Issuer, text: str) -> None:
    assert await issuer.verify_token(text) is None


async def test_a_token_without_a_key_id_is_that_of_the_only_key(issuer: Issuer, realm: Realm) -> None:
    assert await issuer.verify_token(signed(None))
    realm.kids = ["first", "second"]
    assert await Issuer(ISSUER, RESOURCE, httpx2.MockTransport(realm.answer)).verify_token(signed(None)) is None


async def test_keys_are_kept_and_new_ones_found(issuer: Issuer, realm: Realm, clock: Clock) -> None:
    for _ in range(5):
        assert await issuer.verify_token(signed())
    assert len(realm.asked) == 2
    realm.kids = ["second"]
    assert await issuer.verify_token(signed("second")) is None  # asked a moment ago
    clock.now += 61
    assert await issuer.verify_token(signed("second"))
    assert await issuer.verify_token(signed("first")) is None
    assert len(realm.asked) == 4


async def test_an_issuer_that_is_down_is_not_taken_for_a_bad_token(issuer: Issuer, realm: Realm, clock: Clock) -> None:
    realm.down = True
    with pytest.raises(Unavailable):
        await issuer.verify_token(signed())
    async with serving(state_for({}), Authorization(issuer, RESOURCE, ISSUER)) as site:
        answer = await site.post("tools/list", token=signed())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    realm.down = False
    assert await issuer.verify_token(signed())
    realm.down, clock.now = True, clock.now + 3601
    assert await issuer.verify_token(signed())


@pytest.mark.parametrize(
    "metadata", [{"issuer": "https://login.example/"}, {"issuer": ISSUER}, {"issuer": ISSUER, "jwks_uri": "/nothing"}]
)
async def test_metadata_of_somebody_else(issuer: Issuer, realm: Realm, metadata: dict[str, Any]) -> None:
    realm.metadata = metadata
    with pytest.raises(ProviderError):
        await issuer.verify_token(signed())
    async with serving(state_for({}), Authorization(issuer, RESOURCE, ISSUER)) as site:
        assert (await site.post("tools/list", token=signed())).status_code == 503


async def test_metadata_where_oauth_has_it(realm: Realm) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/.well-known/oauth-authorization-server/realm":
            return httpx2.Response(200, json=realm.metadata)
        return realm.answer(request) if request.url.path == "/keys" else httpx2.Response(404)

    assert await Issuer(ISSUER, RESOURCE, httpx2.MockTransport(answer)).verify_token(signed())


@pytest.mark.parametrize("token, valid", [("only", True), ("onlY", False), ("", False), ("é", False)])
async def test_the_only_token(token: str, valid: bool) -> None:
    found = await OneToken("only").verify_token(token)
    assert (found is not None) is valid
