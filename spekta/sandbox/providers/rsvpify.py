"""RSVPify, as it is assumed to be: guests with answers to an invitation, pages with links, no filter by change."""

from spekta.sandbox import plain

SERVICE = plain.service(
    plain.Dialect(
        "rsvpify",
        "sk_test_sandbox_rsvpify",
        words={**plain.WORDS, "attendees": "guests"},
        statuses={"valid": "attending", "cancelled": "declined", "pending": "invited"},
        changed=(),
        envelope=plain.with_links,
        next="links.next",
        money=plain.in_text,
    )
)
