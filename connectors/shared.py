"""Parts of a description that several platforms share."""

from .provider import Credential, Fault, Faults, Option
from .row import Row


def app_credentials(
    place: str,
    id: str,
    secret: str,
    token: str = "Made for you from the client; or returned after the OAuth flow",
    refresh: str = "Returned with the access token",
) -> tuple[Credential, ...]:
    """The credentials of an OAuth application. `id` and `secret` are what they are called at the place, `token` and
    `refresh` where the tokens come from.
    """
    return (
        Credential("clientId", f"{place} → {id}", secret=False),
        Credential("clientSecret", f"{place} → {secret}"),
        Credential("accessToken", token),
        Credential("refreshToken", refresh),
    )


def refusal(fault: Fault, path: str, *words: str, status: tuple[int, ...] = ()) -> Faults:
    """For `faults`: answers, of these statuses if told, that have one of the words in the text at the path, in whatever
    case.
    """

    def named(said: int, body: Row) -> Fault | None:
        text = (body.text(path) or "").casefold() if not status or said in status else ""
        return fault if any(word.casefold() in text for word in words) else None

    return named


COUNT_SOLD = Option("count_sold", "Count sold tickets by reading all of them", False, "flag")
CALL_TO_COUNT = Option("count_sold", "One more call per ticket type, for how many were sold", False, "flag")
