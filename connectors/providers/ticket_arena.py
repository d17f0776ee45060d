"""Ticket Arena. It no longer trades, and nothing of its API was public: the dialect is assumed.

It was a part of Event Genius, which Festicket owned from 2019; what was left of both closed in September 2024. The feed
of single venues that Event Genius had (`index.json`) listed events only and is gone too.
"""

from connectors import plain

provider = plain.provider(
    "ticket-arena", "Ticket Arena", website="https://www.ticketarena.co.uk", docs="https://api.ticketarena.co.uk/docs",
    base="https://api.ticketarena.co.uk/v1", where="Ticket Arena Promoter → Settings → API credentials",
    home=plain.Home(currency="GBP", zone="Europe/London"),
    closed="Ticket Arena's owner Festicket entered administration in 2022, and the buyer of its assets closed in "
    "September 2024.")
