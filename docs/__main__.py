"""`python -m docs` prints the connector reference and the OpenAPI document anew."""

from pathlib import Path

from functions import openapi

from .page import printed

PAGE = Path(__file__).parent / "connectors.md"
OPENAPI = Path(__file__).parents[1] / "infra" / "openapi.json"

if __name__ == "__main__":
    PAGE.write_text(printed(PAGE.read_text()))
    OPENAPI.write_text(openapi.printed())
