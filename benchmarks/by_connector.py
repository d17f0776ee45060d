"""Reads all orders through the connector. `python -m benchmarks.by_connector ADDRESS` prints how many it read."""

from collections.abc import AsyncIterator

from connectors import UnifiedOrder, create_connector

from .reading import KEY, count


async def orders(address: str) -> AsyncIterator[UnifiedOrder]:
    async with create_connector("ticket-tailor", {"apiKey": KEY}, base_url=address) as connector:
        async for order in connector.stream_orders():
            yield order


if __name__ == "__main__":
    count(orders)
