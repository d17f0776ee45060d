"""Which addresses may be connected to. On Lambda a platform may be at public ones alone: a connection's settings can
name any host, and next to the functions there are services that trust whoever can reach them.
"""

import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import ConfigurationError

EXCEPTIONS = "SPEKTA_ALLOWED_PRIVATE_HOSTS"
# They give out the credentials of the machine that asks. Most are link-local; this is where EC2 has them in IPv6.
METADATA = ipaddress.ip_network("fd00:ec2::/32")
NAT64 = ipaddress.ip_network("64:ff9b::/96")

SITE_LOCAL = ipaddress.ip_network("fec0::/10")  # given up by RFC 3879, so that Python takes it for public

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets public addresses through, and for the named (host, port) private ones too. Link-local ones never."""

    exceptions: frozenset[tuple[str, int]] = frozenset()

    def permitted(self, host: str, port: int, addresses: Iterable[str]) -> list[str]:
        """Those of a host's addresses that may be connected to. Raises ConfigurationError where none may be."""
        known = (host.strip("[]").lower(), port) in self.exceptions
        found = [address for address in addresses if _allows(_meant(address), known)]
        if not found:
            raise ConfigurationError(
                f"{host} is not at a public address, and so not asked from here.",
                f"Correct the address, or have the operator name {host}:{port} in {EXCEPTIONS}.",
                "base_url",
            )
        return found


def here() -> Guard | None:
    """The guard of this process: on Lambda there is one. A laptop may ask a pretix of its own network."""
    return Guard(exceptions(os.environ.get(EXCEPTIONS, ""))) if "AWS_LAMBDA_FUNCTION_NAME" in os.environ else None


def exceptions(text: str) -> frozenset[tuple[str, int]]:
    """`pretix.internal:443, [fd00::7]:8443` as hosts and ports. Raises ConfigurationError."""
    return frozenset(_exception(one.strip()) for one in text.split(",") if one.strip())


def _exception(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigurationError(f"{EXCEPTIONS} holds {text!r}.", "Give it as host:port, host:port.", EXCEPTIONS)
    return host.strip("[]").lower(), int(port)


def _meant(text: str) -> Address:
    """The address that a packet would end at: IPv6 has several ways to write one of IPv4."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _allows(address: Address, known: bool) -> bool:
    if address.is_link_local or address in METADATA or address.is_multicast or address.is_unspecified:
        return False
    return known or (address.is_global and not address.is_reserved and address not in SITE_LOCAL)
