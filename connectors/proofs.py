"""Whether a delivery is a platform's: its signature, its time, a secret that both know. Compared in constant time."""

import base64
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .auth import fill
from .errors import Check, NotificationRefused
from .provider import Provider
from .webhook import SECRET, Hmac, Shared

TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came from a platform: headers by their names in small letters, and the raw body."""

    provider: Provider
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def refused(self, check: Check, what: str, advice: str = "") -> NotificationRefused:
        return NotificationRefused(check, self.provider.slug, f"A delivery from {self.provider.name} {what}.", advice)

    def check_token(self, given: str, known: str) -> None:
        if not _same(given, known):
            advice = "Give the platform the address of this connection's webhook."
            raise self.refused("token", "came to a URL with another token than the connection's", advice)

    def check_shared(self, proof: Shared, secret: str) -> None:
        if not _same(self._header(proof.header), fill(proof.form, {SECRET: secret})):
            raise self._forged(f"does not have the {proof.header} that was agreed on")

    def check_signed(self, proof: Hmac, secret: str, now: datetime) -> tuple[str, datetime | None]:
        """The signature that fits, and when it was made, where that is told."""
        text = self._header(proof.header)
        time, given = self._listed(proof, text) if proof.time else ("", [text])
        signed = f"{time}{proof.between}".encode() + self.body if time else self.body
        digest = hmac.digest(secret.encode(), signed, proof.algorithm)
        right = digest.hex() if proof.encoding == "hex" else base64.b64encode(digest).decode()
        if not any(_same(one, right) for one in given):
            raise self._forged(f"does not fit its {proof.header}")
        return right, self._moment(int(time), now) if time else None

    def _header(self, name: str) -> str:
        found = self.headers.get(name.lower(), "").strip()
        if not found:
            raise self._forged(f"has no header {name}")
        return found

    def _listed(self, proof: Hmac, text: str) -> tuple[str, list[str]]:
        """The time and the signatures of a header that lists both."""
        parts = [part.strip().partition("=") for part in text.split(",")]
        times = [value for name, _, value in parts if name == proof.time]
        # Only digits: where nothing is between, the beginning of a body could be passed off as the end of its time.
        if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) < 12):
            raise self._forged(f"has no time in its {proof.header}")
        return times[0], [value for name, _, value in parts if name == proof.value]

    def _moment(self, seconds: int, now: datetime) -> datetime:
        late = now.timestamp() - seconds
        if abs(late) > TOLERANCE.total_seconds():
            when = "ago" if late > 0 else "from now"
            advice = "Somebody else sends it again, or one of the two clocks is wrong."
            raise self.refused("timestamp", f"was signed {abs(late):.0f} seconds {when}", advice)
        return datetime.fromtimestamp(seconds, now.tzinfo)

    def _forged(self, what: str) -> NotificationRefused:
        where = next((one.where for one in self.provider.credentials if one.name == SECRET), "")
        return self.refused("signature", what, f"If it is the platform's, correct {SECRET} ({where}).")


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), known.encode())
