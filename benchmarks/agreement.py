"""Whether both readers make the same of the same orders. `python -m benchmarks.agreement ADDRESS` fails if not."""

import asyncio
import sys
from typing import Any

from connectors import UnifiedOrder

from . import by_connector, by_hand


async def main(address: str) -> None:
    by: dict[Any, list[UnifiedOrder]] = {by_hand: [], by_connector: []}
    for reader, orders in by.items():
        await reader.read(address, orders.append)
    pairs = zip(by[by_hand], by[by_connector], strict=True)
    different = [(one.dump(raw=True), other.dump(raw=True)) for one, other in pairs if not _alike(one, other)]
    if different:
        sys.exit("By hand {}\nand by the connector {}".format(*different[0]))
    print(len(by[by_hand]))


def _alike(one: UnifiedOrder, other: UnifiedOrder) -> bool:
    """The dump tells 1.5 from 1.50, which are equal."""
    return one == other and one.dump(raw=True) == other.dump(raw=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
