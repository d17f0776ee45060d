"""Which providers there are, and that each describes itself whole."""

import re
from dataclasses import FrozenInstanceError

import pytest

from connectors import Provider, find_provider, providers
from connectors.auth import OAuth2
from connectors.calls import addresses, checked, placeholders
from connectors.errors import ConfigurationError
from connectors.provider import CAPABILITIES, Call
from connectors.registry import SLUGS
from spekta.sandbox.providers import services

from .sandboxed import each_provider

KINDS = {*CAPABILITIES, "orders", "event", "sales"}


def calls(provider: Provider) -> list[Call]:
    """Every request that a provider may need."""
    streams = [stream for kind in {*provider.streams, *provider.listings} for stream in provider.parts(kind)]
    found = [provider.health, *(scope.call for scope in provider.scopes)]
    found += [call for stream in streams for call in (stream.call, stream.wide)]
    found += [lookup.call for stream in streams for lookup in stream.lookup.values()]
    return [call for call in found if call]


def modes(slug: str) -> list[Provider]:
    """A provider and what else of it an option may choose."""
    provider = find_provider(slug)
    return [provider, *provider.modes.values()]


def test_providers_stand_in_the_order_of_the_reference() -> None:
    assert [provider.slug for provider in providers()] == list(SLUGS)
    assert len(set(SLUGS)) == len(SLUGS)


def test_every_provider_is_in_the_sandbox() -> None:
    assert set(services()) == set(SLUGS)


def test_a_provider_is_made_once_and_stays_as_it_is() -> None:
    assert find_provider("dice") is find_provider("dice")
    with pytest.raises(FrozenInstanceError):
        find_provider("dice").slug = "other"  # type: ignore[misc]


@each_provider
def test_a_provider_says_who_it_is(slug: str) -> None:
    provider = find_provider(slug)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert provider.name
    assert checked(provider.website, "website")
    assert checked(provider.docs, "docs")
    assert provider.limitations
    assert provider.reference <= set(CAPABILITIES)


@each_provider
def test_what_was_promised_is_offered_or_said_to_be_missing(slug: str) -> None:
    provider = find_provider(slug)
    assert provider.reference <= provider.capabilities | set(provider.unsupported)
    for capability in {*CAPABILITIES} - provider.reference:
        assert provider.unsupported.get(capability)
        assert capability not in provider.capabilities or provider.needs(capability)
    assert {provider.evidence(one) for one in provider.capabilities} <= {"documented", "partial", "assumed"}


@each_provider
def test_every_credential_says_where_to_find_it(slug: str) -> None:
    provider = find_provider(slug)
    names = [credential.name for credential in provider.credentials]
    assert len(set(names)) == len(names)
    assert all(credential.where for credential in provider.credentials)
    assert provider.enough
    assert {name for fields in provider.enough for name in fields} <= set(names)
    assert any(credential.secret for credential in provider.credentials)
    assert all(option.description for option in provider.options)


@each_provider
def test_every_placeholder_has_something_to_stand_for(slug: str) -> None:
    for provider in modes(slug):
        named = [[one.name for one in provider.credentials], [one.name for one in provider.options]]
        inputs = [one.inputs.model_fields for one in provider.listings.values()]
        known = {"event", *(scope.name for scope in provider.scopes)}.union(*named, *inputs)
        for call in calls(provider):
            assert {name for name in placeholders(call) if "." not in name} <= known
            assert call.host in {"api", *provider.hosts}


@each_provider
def test_streams_name_what_is_there(slug: str) -> None:
    provider = find_provider(slug)
    options = {option.name for option in provider.options}
    for kind in provider.streams:
        for stream in provider.parts(kind):
            assert stream.map or kind not in KINDS  # of a sibling only the rows are read
            assert {join.stream for join in stream.join.values()} <= set(provider.streams)
            assert {stream.when, *(join.when for join in stream.join.values())} <= {None, *options}
            assert {lookup.when for lookup in stream.lookup.values()} <= {None, *options}
            assert stream.since.mode in ("none", "client") or stream.since.parameter or stream.since.by
            assert stream.inside or stream.call


@each_provider
def test_a_connection_may_choose_each_mode_and_gives_it_what_it_gives_the_first(slug: str) -> None:
    provider, *others = modes(slug)
    choices = next((option.choices for option in provider.options if option.name == "api_mode"), ())
    assert list(choices[1:]) == list(provider.modes)
    for other in others:
        assert (other.slug, other.auth, other.hosts) == (provider.slug, provider.auth, provider.hosts)
        assert other.credentials == provider.credentials
        assert [option.name for option in other.options] == [option.name for option in provider.options]
        assert provider.capabilities <= other.capabilities | set(other.unsupported)


@each_provider
def test_addresses_are_https(slug: str) -> None:
    provider = find_provider(slug)
    found = addresses(provider, {"baseUrl": "https://example.org"}, None)
    assert set(found) == {"api", *(host for host, address in provider.hosts.items() if address)}
    assert all(address.startswith("https://") and not address.endswith("/") for address in found.values())
    if isinstance(provider.sign, OAuth2):
        for address in filter(None, (provider.sign.token, provider.sign.authorize)):
            assert address.partition(":")[0] in found


@pytest.mark.parametrize(
    "base, api, login",
    [
        ("https://proxy.example.org/v5", "https://proxy.example.org/v5", "https://proxy.example.org"),
        ("https://proxy.example.org/v5/", "https://proxy.example.org/v5", "https://proxy.example.org"),
        ("http://127.0.0.1:8000/helloasso/v5", "http://127.0.0.1:8000/helloasso/v5", "http://127.0.0.1:8000/helloasso"),
    ],
)
def test_a_moved_api_takes_the_hosts_of_its_origin_along(base: str, api: str, login: str) -> None:
    found = addresses(find_provider("helloasso"), {}, base)
    assert found == {"api": api, "login": login, "auth": "https://auth.helloasso.com"}


def test_a_mapping_moves_single_hosts() -> None:
    found = addresses(find_provider("helloasso"), {}, {"auth": "https://auth.example.org/"})
    assert found["auth"] == "https://auth.example.org"
    assert found["api"] == "https://api.helloasso.com/v5"


@pytest.mark.parametrize(
    "own", ["https://shop.example.org", "https://shop.example.org/", "https://shop.example.org/api/v1/"]
)
def test_an_address_of_ones_own_may_be_given_in_any_form(own: str) -> None:
    assert addresses(find_provider("pretix"), {"baseUrl": own}, None) == {"api": "https://shop.example.org/api/v1"}


def test_an_address_of_ones_own_is_checked() -> None:
    with pytest.raises(ConfigurationError) as raised:
        addresses(find_provider("pretix"), {"baseUrl": "http://shop.example.org"}, None)
    assert raised.value.field == "baseUrl"
