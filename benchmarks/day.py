"""What an assistant asks for twelve questions of an organiser.

`python -m benchmarks.day` prints as JSON: question, calls, bytes of all answers, bytes of the largest.
"""

import asyncio
import json
import os

from tests.mcp_server.day import TASKS, desk


async def main() -> None:
    rows = []
    for question, play in TASKS.items():
        async with desk(os.environ.__setitem__) as one:
            answer, right = await play(one)
        assert answer == right, question
        sizes = [call.bytes for call in one.calls]
        rows.append((question, len(sizes), sum(sizes), max(sizes)))
    print(json.dumps(rows))


if __name__ == "__main__":
    asyncio.run(main())
