"""The function of one platform. Which one, SPEKTA_PROVIDER says."""

import os
from functools import cache
from typing import Any

from connectors import find_provider
from spekta.aws.secrets import SecretStore

from .log import logger
from .resolver import Resolver
from .routes import ProviderRoutes
from .stored import of_stack

SECONDS = 22.0  # under the function's 28 and the gateway's 30

routes = ProviderRoutes(find_provider(os.environ["SPEKTA_PROVIDER"]), SecretStore(), SECONDS, of_stack)


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    resolver = webhooks() if event["rawPath"].startswith("/webhooks/") else routes.resolver
    return resolver.run(event, context)


@cache
def webhooks() -> Resolver:
    """The routes of deliveries. Imported when the first one comes: most processes never see one."""
    from .webhooks import on_aws

    return on_aws(routes.provider, routes.store).resolver
