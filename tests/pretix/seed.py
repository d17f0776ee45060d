"""Stock a pretix with an invented box office through its REST API: `python -m tests.pretix.seed`.

Where it is comes from PRETIX_BASE_URL, PRETIX_API_KEY and PRETIX_ORGANIZER.
"""

import os

from . import orders, shows
from .api import Api


def seed(api: Api) -> None:
    gala, ids = shows.gala(api)
    orders.money(gala, ids)
    orders.contents(gala, ids)
    orders.people(gala, ids)
    orders.crowd(gala, ids, 120)
    orders.on_walks(*shows.walks(api))
    orders.at_matsuri(*shows.matsuri(api))
    orders.at_open_day(*shows.open_day(api))
    orders.at_rehearsal(*shows.rehearsal(api))


if __name__ == "__main__":
    seed(Api(*(os.environ[name] for name in ("PRETIX_BASE_URL", "PRETIX_API_KEY", "PRETIX_ORGANIZER"))))
