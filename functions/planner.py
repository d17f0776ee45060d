"""Tells connections on the bus that it is their turn: every minute those that are due, and at once those that somebody
asks for.
"""

from dataclasses import asdict
from typing import Any

from connectors.errors import SpektaError
from connectors.redaction import quoted
from spekta.aws import bus, details
from spekta.aws.planner import Plan, Planner
from spekta.aws.secrets import SecretStore

from .failing import failing
from .log import logger
from .state import state

TICK = "Scheduled Event"
MOST, LONGEST = 20, 60  # names of a line that are none, and their characters

planner = Planner(SecretStore().connections, state, bus.configured)


@logger.inject_lambda_context(log_event=False)
def handler(event: Any, context: Any) -> None:
    """Raises what AWS fails with, so that a request is tried again and not lost."""
    with failing():
        try:
            if details.type_of(event) == TICK:
                tick()
            else:
                told(planner.request(details.requested(event)))
        except details.Refused as error:
            logger.warning("event_refused", reason=str(error))


def tick() -> None:
    """One that fails is not tried again: the next comes in a minute."""
    try:
        told(planner.tick())
    except SpektaError as error:
        logger.error("tick_failed", reason=str(error))


def told(plan: Plan) -> None:
    """Logs what was decided, if anything was."""
    if plan.unknown:
        unknown = [quoted(name, LONGEST) for name in plan.unknown[:MOST]]
        logger.warning("unknown_connections", **{**asdict(plan), "unknown": unknown})
    elif plan.due or plan.parked or plan.waiting:
        logger.info("planned", **asdict(plan))
