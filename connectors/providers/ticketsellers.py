"""TicketSellers. Nothing of an API is public, so the dialect is assumed, and the host with it.

It sells as the promoter's agent and adds a booking fee to the price: the promoter gets the face value. Terms:
www.theticketsellers.co.uk.
"""

from connectors import plain

provider = plain.provider(
    "ticketsellers", "TicketSellers", website="https://www.ticketsellers.co.uk",
    docs="https://api.ticketsellers.co.uk/docs", base="https://api.ticketsellers.co.uk/v1",
    where="TicketSellers account → Integrations → API key", header=("Authorization", "Token"),
    home=plain.Home(currency="GBP", zone="Europe/London"),
    limitations=("The company's site is theticketsellers.co.uk, so the assumed host may be wrong too.",))
