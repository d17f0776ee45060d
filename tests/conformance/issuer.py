"""An issuer of access tokens on loopback, made for one run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from spekta.sandbox.server import running

KID = "first"


@dataclass(frozen=True)
class Issuer:
    address: str
    key: ec.EllipticCurvePrivateKey

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    def token(self, resource: str, *scopes: str) -> str:
        """A token for one server, good for an hour."""
        claims = {
            "iss": self.address,
            "aud": resource,
            "exp": time.time() + 3600,
            "sub": "somebody",
            "client_id": "a-client",
        }
        return jwt.encode({**claims, "scope": " ".join(scopes)}, self.key, algorithm="ES256", headers={"kid": KID})


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Serves an issuer's metadata and its one key."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)

    def metadata(request: Request) -> JSONResponse:
        origin = str(request.base_url).rstrip("/")
        return JSONResponse({"issuer": origin, "jwks_uri": f"{origin}/keys"})

    def keys(request: Request) -> JSONResponse:
        return JSONResponse({"keys": [{**public, "kid": KID, "alg": "ES256", "use": "sig"}]})

    routes = [Route("/.well-known/openid-configuration", metadata), Route("/keys", keys)]
    with running(Starlette(routes=routes)) as origin:
        yield Issuer(origin, key)
