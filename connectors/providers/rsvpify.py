"""RSVPify. Nothing of an API is public. A guest list is not a ticket list: no tickets, orders or money are normal.

Docs: none; the dialect is assumed, with guests in place of attendees. No filter by change is known.
"""

from connectors import plain

# An invited guest who said no, or nothing yet, has no right to enter; a place on the waiting list is not one either.
GUEST = {"attending": "valid", "accepted": "valid", "yes": "valid", "declined": "cancelled", "no": "cancelled",
         "not attending": "cancelled", "not_attending": "cancelled", "maybe": "pending", "invited": "pending",
         "no response": "pending", "no_response": "pending", "waitlist": "pending", "waitlisted": "pending"}

provider = plain.provider(
    "rsvpify", "RSVPify", website="https://rsvpify.com", docs="https://api.rsvpify.com/v1/docs",
    base="https://api.rsvpify.com/v1", where="RSVPify account → Settings → Integrations → API key",
    home=plain.Home(attendee={**plain.ATTENDEE, **GUEST}), words={**plain.WORDS, "attendees": "guests"}, changed=(),
    limitations=("An event may have guests but no tickets and no money: then its revenue is no orders, not unknown.",
                 "A guest who declined counts as cancelled, one who has not answered or waits for a place as pending."))
