"""What both readers share."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable

from connectors import UnifiedOrder

KEY = "sk_test_benchmark"
Reader = Callable[[str], AsyncIterator[UnifiedOrder]]


def count(orders: Reader) -> None:
    """Reads what is at the address given as argument, keeps nothing, and prints how many orders there were."""

    async def run() -> int:
        number = 0
        async for _ in orders(sys.argv[1]):
            number += 1
        return number

    print(asyncio.run(run()))
