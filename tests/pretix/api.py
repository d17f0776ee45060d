"""A writing client for pretix's REST API: enough to stock a box office."""

from __future__ import annotations

from typing import Any

import httpx2

Fields = dict[str, Any]


class Api:
    """The API of one organizer; answers that are not a success raise `AssertionError` with what pretix said."""

    def __init__(self, base_url: str, token: str, organizer: str) -> None:
        self.http = httpx2.Client(
            base_url=f"{base_url}/api/v1/organizers/{organizer}/",
            headers={"Authorization": f"Token {token}"},
            timeout=60,
            transport=httpx2.HTTPTransport(retries=6),  # the server may still be starting
        )

    def call(self, method: str, path: str, body: Fields | None = None) -> Fields:
        answer = self.http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path} {body}: {answer.status_code} {answer.text[:500]}"
        return dict(answer.json()) if answer.content else {}

    def event(self, slug: str, **fields: Any) -> Event:
        self.call("POST", "events/", {"slug": slug, **fields})
        return Event(self, slug)


class Event:
    """One event of the organizer."""

    def __init__(self, api: Api, slug: str) -> None:
        self.api = api
        self.slug = slug

    def call(self, method: str, path: str, body: Fields | None = None) -> Fields:
        return self.api.call(method, f"events/{self.slug}/{path}", body)

    def add(self, kind: str, **fields: Any) -> Fields:
        return self.call("POST", f"{kind}/", fields)

    def change(self, **fields: Any) -> None:
        self.call("PATCH", "", fields)

    def sell(self, code: str, *positions: Fields, paid: bool = True, **fields: Any) -> Order:
        """Place an order that is paid at once by hand, or (paid=False) left pending."""
        body = {"code": code, "email": f"{code.lower()}@example.org", "locale": "en", "positions": positions, **fields}
        if paid:
            body = {"payment_provider": "manual", **body, "status": "p"}
        self.add("orders", **body)
        return Order(self, code)


class Order:
    """One order of an event."""

    def __init__(self, event: Event, code: str) -> None:
        self.event = event
        self.code = code

    def call(self, method: str, path: str = "", body: Fields | None = None) -> Fields:
        return self.event.call(method, f"orders/{self.code}/{path}", body)

    def positions(self) -> list[Fields]:
        return list(self.call("GET")["positions"])

    def pay(self, amount: str, state: str = "confirmed") -> None:
        payment = {"state": state, "amount": amount, "provider": "manual", "payment_date": "2026-03-01T12:00:00Z"}
        self.call("POST", "payments/", payment | {"send_email": False})

    def refund(self, amount: str, state: str = "done", *, cancel: bool = False) -> None:
        refund = {"state": state, "amount": amount, "provider": "manual", "source": "admin", "payment": 1}
        self.call("POST", "refunds/", refund | {"mark_canceled": cancel})

    def cancel(self, fee: str | None = None) -> None:
        self.call("POST", "mark_canceled/", {"send_email": False, "cancellation_fee": fee})
