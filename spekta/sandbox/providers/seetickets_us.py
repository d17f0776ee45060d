"""See Tickets US, as it is assumed to be: a key in a header of its own, amounts as numbers, a report on revenue."""

from spekta.sandbox import plain

SERVICE = plain.service(
    plain.Dialect(
        "seetickets-us",
        "sk_test_sandbox_seetickets_us",
        header="x-api-key",
        scheme="",
        changed=("events",),
        money=plain.in_number,
    ),
    report=True,
)
