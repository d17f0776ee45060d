"""What boto3 raises, as errors of ours that say what to do. AWS's own messages name roles and addresses."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from connectors.errors import ConfigurationError, SpektaError, Unavailable

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

LOG_IN = "Log in to AWS (`aws configure`, `aws sso login`), or name a profile with AWS_PROFILE."
REGION = "Name it: AWS_REGION=eu-central-1."
REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
UNKNOWN_USER = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "UnrecognizedClientException",
}
LOGGED_OUT = {
    "CredentialRetrievalError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
}


@contextlib.contextmanager
def failing(what: str = "") -> Iterator[None]:
    """Raises ConfigurationError for what an operator has to mend, Unavailable for what may pass. `what` is what is
    asked of, such as the name of a secret.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _refusal(error, what) from None
    except BotoCoreError as error:
        raise _failure(error) from None


def _refusal(error: "ClientError", what: str) -> SpektaError:
    code = error.response.get("Error", {}).get("Code", "no code")
    if code in REFUSED:
        allowed = f"Give the role or user the right to {error.operation_name}{' on ' if what else ''}{what}."
        return ConfigurationError(f"AWS does not allow {error.operation_name} ({code}).", allowed)
    if code in UNKNOWN_USER:
        return ConfigurationError(f"AWS does not accept the credentials ({code}).", LOG_IN)
    return Unavailable(f"AWS refuses {error.operation_name} ({code}).", "Try again later.")


def _failure(error: "BotoCoreError") -> SpektaError:
    kind = type(error).__name__
    if kind in LOGGED_OUT:
        return ConfigurationError(f"There are no AWS credentials ({kind}).", LOG_IN)
    if kind == "NoRegionError":
        return ConfigurationError("No AWS region is set.", REGION)
    if kind == "InvalidRegionError":
        return ConfigurationError("The AWS region is not one.", REGION)
    if kind == "EndpointConnectionError":
        return Unavailable(f"AWS cannot be reached ({kind}).", "Check the region and the network, or try again later.")
    return Unavailable(f"AWS cannot be reached ({kind}).", "Try again later.")
