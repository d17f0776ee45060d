"""Festicket, as it is assumed to have been: names in camelCase, amounts in cents under names that say so."""

from spekta.sandbox import plain

SERVICE = plain.service(
    plain.Dialect(
        "festicket",
        "sk_test_sandbox_festicket",
        base="/api/v1",
        envelope=plain.with_has_more,
        rows="results",
        money=plain.in_cents,
        camel=True,
    )
)
