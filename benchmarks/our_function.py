"""Our function of Ticket Tailor, with its credentials at hand. `python -m benchmarks.our_function ADDRESS` answers one
request and prints how many orders it gave.
"""

import os
import sys

from .readers import KEY
from .request import Context, answered, request

os.environ |= {"SPEKTA_PROVIDER": "ticket-tailor", "TICKET_TAILOR_API_KEY": KEY, "TICKET_TAILOR_BASE_URL": sys.argv[1]}

from connectors.credentials.environment import EnvironmentStore
from functions import provider

if __name__ == "__main__":
    provider.routes.store = EnvironmentStore()
    print(answered(provider.handler(request(), Context())))
