"""Festicket. It no longer trades, and nothing of its API was public: the dialect is assumed.

It entered administration in 2022; Lyte bought its assets and closed in September 2024.
"""

from connectors import plain

provider = plain.provider(
    "festicket", "Festicket", website="https://www.festicket.com", docs="https://api.festicket.com/api/v1/docs/",
    base="https://api.festicket.com/api/v1", where="Festicket Partner Portal → Integrations → API key",
    home=plain.Home(currency="EUR"),
    closed="Festicket entered administration in 2022, and the buyer of its assets closed in September 2024.")
