"""Reads all orders through the connector. `python -m benchmarks.by_connector ADDRESS` prints how many it read."""

from connectors import create_connector

from .readers import KEY, Take, count


async def read(address: str, take: Take) -> None:
    async with create_connector("ticket-tailor", {"apiKey": KEY}, base_url=address) as connector:
        async for order in connector.stream_orders():
            take(order)


if __name__ == "__main__":
    count(read)
