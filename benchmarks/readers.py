"""What the readers share: the key, and a process that reads what is at an address and keeps nothing."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from connectors import UnifiedOrder

KEY = "sk_test_benchmark"
Take = Callable[[UnifiedOrder], None]
Reader = Callable[[str, Take], Awaitable[None]]


def count(read: Reader) -> None:
    """Reads all orders at the address that was given as argument, and prints how many there were."""
    number = 0

    def take(order: UnifiedOrder) -> None:
        nonlocal number
        number += 1

    asyncio.run(_run(read, take))
    print(number)


async def _run(read: Reader, take: Take) -> None:
    await read(sys.argv[1], take)
