"""`python -m docs` prints the connector reference anew."""

from pathlib import Path

from .page import printed

PAGE = Path(__file__).parent / "connectors.md"

if __name__ == "__main__":
    PAGE.write_text(printed(PAGE.read_text()))
