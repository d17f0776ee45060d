"""Ticket Arena, as it is assumed to have been: lists under their names, numbers for ids, times without an offset."""

from spekta.sandbox import plain

SERVICE = plain.service(
    plain.Dialect(
        "ticket-arena",
        "sk_test_sandbox_ticket_arena",
        envelope=plain.by_name,
        rows=None,
        money=plain.in_object,
        moment=plain.on_the_wall,
        ident=int,
    )
)
