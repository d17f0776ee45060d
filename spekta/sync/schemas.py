"""`python -m spekta.sync.schemas FOLDER`: writes the JSON Schema of each kind of change."""

import json
import sys
from pathlib import Path

from .changes import CHANGES, schema


def documents() -> dict[str, str]:
    """The schemas by file name."""
    return {f"{word}.json": json.dumps(schema(word), indent=2) + "\n" for word in CHANGES}


if __name__ == "__main__":
    for name, document in documents().items():
        (Path(sys.argv[1]) / name).write_text(document)
