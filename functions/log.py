"""The one logger of the functions. Its lines hold no secret; requests are never written: they carry queries."""

import json
import os
import time
from typing import Any

from aws_lambda_powertools.logging import Logger

from connectors.redaction import cleaned


def line(document: dict[str, Any]) -> str:
    """A line of the log. It is cleaned here and by no filter: a filter sees neither lasting keys nor how exceptions
    are told.
    """
    return json.dumps(cleaned(document), ensure_ascii=False, default=str)


logger = Logger(json_serializer=line)


def counted(metric: str) -> dict[str, Any]:
    """What makes a line of the log count in a metric of the stack (CloudWatch's embedded metric format)."""
    namespace = f"Spekta/{os.environ.get('SPEKTA_STACK', 'spekta')}"
    told = {"Namespace": namespace, "Dimensions": [[]], "Metrics": [{"Name": metric, "Unit": "Count"}]}
    return {"_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [told]}, metric: 1}
