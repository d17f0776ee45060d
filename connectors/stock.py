"""Stocks of ticket types: what is left of them, and what that means."""

from .models import TicketStatus


def left(total: int | None, *taken: int | None) -> int | None:
    """How many are left when so many are taken; None of an unlimited stock."""
    return None if total is None else max(0, total - sum(filter(None, taken)))


def status(said: TicketStatus, left: int | None) -> TicketStatus:
    """What is on sale with nothing left is sold out, whatever the platform calls it."""
    return "sold_out" if said == "on_sale" and left == 0 else said
