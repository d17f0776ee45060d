"""Make the organizer, its team and an API token in a fresh pretix, and print the token.

The API offers none of the three, and cannot switch a payment method on; events inherit that from their organizer.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pretix.settings")
django.setup()

from django_scopes import scopes_disabled  # noqa: E402
from pretix.base.models import Organizer, TeamAPIToken  # noqa: E402


def open_account(slug: str) -> str:
    """Return the token of a team that may do everything in the new organizer `slug`."""
    organizer = Organizer.objects.create(name="Hafen & Söhne", slug=slug)
    organizer.settings.payment_manual__enabled = True
    team = organizer.teams.create(
        name="Box office",
        all_events=True,
        all_event_permissions=True,
        all_organizer_permissions=True,
    )
    token: TeamAPIToken = team.tokens.create(name="Box office")
    return str(token.token)


if __name__ == "__main__":
    with scopes_disabled():
        sys.stdout.write(open_account(sys.argv[1]))
