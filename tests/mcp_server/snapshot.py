"""The whole listing as a file, so that no change of what assistants read goes unseen.

`python -m tests.mcp_server.snapshot` writes it anew.
"""

import json
from pathlib import Path
from typing import Any

import anyio

from tests.mcp_server.conftest import state_for, tools_of

LISTING = Path(__file__).with_name("listing.json")


async def listing() -> list[dict[str, Any]]:
    """All tools, those that change something too."""
    return await tools_of(state_for({}, writes=True))


if __name__ == "__main__":
    LISTING.write_text(json.dumps(anyio.run(listing), indent=1, ensure_ascii=False) + "\n")
