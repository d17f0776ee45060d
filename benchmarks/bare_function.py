"""A function for the one route by hand: Powertools' resolver, a pydantic model and httpx2, and nothing else.

What our function costs at its start is measured against this. `python -m benchmarks.bare_function ADDRESS` answers one
request and prints how many orders it gave.
"""

import asyncio
import json
import sys
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx2
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel, TypeAdapter

from .request import Context, answered, request


class Order(BaseModel):
    id: str
    status: str
    created_at: datetime
    total: Decimal
    txn_id: str | None = None


class Page(BaseModel):
    data: list[Order]


app = APIGatewayHttpResolver()
given = TypeAdapter(list[Order])


@app.get("/v1/ticket-tailor/orders")
async def orders() -> Response[str]:
    async with httpx2.AsyncClient(auth=("sk_benchmark", ""), timeout=10) as client:
        answer = await client.get(f"{sys.argv[1]}/orders", params={"limit": "100"})
    page = Page.model_validate(json.loads(answer.content, parse_float=Decimal))
    content = {"data": given.dump_python(page.data, mode="json")}
    return Response(200, "application/json", json.dumps(content))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return asyncio.run(app.resolve_async(event, context))


if __name__ == "__main__":
    print(answered(handler(request(), Context())))
