"""See Tickets US. The only API that it describes is a feed of listings for marketplaces; that of promoters is assumed.

Another platform than See Tickets in the United Kingdom, with keys and event codes of its own. What an event brought in
is taken from a report of the platform.
"""

from connectors import plain

home = plain.Home(currency="USD")
provider = plain.provider(
    "seetickets-us", "SeeTickets US", website="https://www.seetickets.us", docs="https://api.seetickets.us/docs",
    base="https://api.seetickets.us/v1", where="SeeTickets US account → API → Generate key",
    header=("X-API-Key", ""), home=home, changed=("events",),
    sales={"sales": plain.report(home)},
    limitations=("Revenue is a report of the platform, which counts by its own rules.",))
