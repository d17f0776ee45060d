"""The function of one platform. Which one, SPEKTA_PROVIDER says."""

import os
from typing import Any

from connectors import find_provider
from spekta.aws.secrets import SecretStore

from .log import logger
from .routes import ProviderRoutes
from .stored import of_stack

SECONDS = 22.0  # under the function's 28 and the gateway's 30

routes = ProviderRoutes(find_provider(os.environ["SPEKTA_PROVIDER"]), SecretStore(), SECONDS, of_stack)


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return routes.resolver.run(event, context)
