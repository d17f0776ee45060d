"""The connector reference, printed from the code: `make docs` writes connectors.md."""
