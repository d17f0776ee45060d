"""TicketSellers, as it is assumed to be: `Token` before the key, amounts as text, the last page told by its number."""

from spekta.sandbox import plain

SERVICE = plain.service(
    plain.Dialect(
        "ticketsellers",
        "sk_test_sandbox_ticketsellers",
        scheme="Token ",
        envelope=plain.with_last_page,
        money=plain.in_text,
    )
)
