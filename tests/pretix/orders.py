"""The orders: one of every awkward kind, and a crowd so that pages matter."""

from __future__ import annotations

from typing import Any

from .api import Event, Fields

CROWD = (
    ("Ayşe", "Yıldız"), ("Łukasz", "Żak"), ("Νίκη", "Παππά"), ("Ольга", "Ким"), ("花子", "田中"), ("하늘", "김"),
    ("ليلى", "حداد"), ("נועה", "לוי"), ("สมชาย", "ใจดี"), ("Zoë", "O’Neill-D'Arcy"), ("Ñandú", "Peña y Peña"),
    ("अनिता", "शर्मा"), ("🎈", "Bøe"), ("<b>Bo</b>", "=1+1"), ("Ða", "Nguyễn"),
)  # fmt: skip


def named(item: int, who: tuple[str, str] = ("Ann", "Lee"), **fields: Any) -> Fields:
    given, family = who
    name = {"_scheme": "given_family", "given_name": given, "family_name": family}
    return {"item": item, "attendee_name_parts": name, **fields}


def crowd(event: Event, ids: dict[str, int], size: int) -> None:
    """Plain paid orders of one or two tickets; every third buyer leaves no e-mail."""
    for number in range(size):
        who = CROWD[number % len(CROWD)]
        tickets = [named(ids["standing"], who)] * (1 + number % 2)
        more: Fields = {"email": None} if number % 3 == 0 else {}
        event.sell(f"CRWD{1000 + number}", *tickets, **more)


def money(event: Event, ids: dict[str, int]) -> None:
    """Every way in which money comes, goes back, stays or never arrives. A standing ticket costs 50.00."""
    standing = named(ids["standing"])
    event.sell("PAYED", standing, named(ids["seated"], variation=ids["adult"]))
    event.sell("PEND1", standing, paid=False, payment_provider="manual")
    event.sell("PENDP", standing, standing, paid=False).pay("25.00")
    event.sell("EXPRD", standing, paid=False).call("POST", "mark_expired/", {})
    late = event.sell("EXPMY", standing, paid=False)
    late.pay("10.00")
    late.call("POST", "mark_expired/", {})
    event.sell("CANUN", standing, paid=False, payment_provider="manual").cancel()

    event.sell("HALF1", standing).refund("25.00")
    event.sell("WH0LE", standing).refund("50.00", cancel=True)
    given = event.sell("WH0LP", standing)
    given.refund("50.00", "created")
    given.call("POST", "refunds/1/done/", {})
    kept = event.sell("KEEPF", standing, standing)
    kept.cancel(fee="20.00")
    kept.refund("80.00")
    event.sell("KEEPN", standing).cancel()
    owed = event.sell("0WEDF", standing, paid=False)
    owed.cancel(fee="5.00")

    states = event.sell("REFST", standing, standing)
    for amount, state in (("1.00", "done"), ("2.00", "created"), ("4.00", "transit"), ("8.00", "failed"),
                          ("16.00", "canceled"), ("32.00", "external")):  # fmt: skip
        states.refund(amount, state)

    event.sell("0VERP", standing).pay("15.00")
    failed = event.sell("FA1LD", standing, paid=False)
    failed.pay("50.00", "failed")
    failed.pay("50.00", "canceled")
    failed.pay("50.00")
    event.sell("FREE0", {"item": ids["guest"]}, named(ids["guest"]), payment_provider="free")
    event.sell("TEST1", standing, testmode=True)
    event.sell("TEST2", standing, testmode=True).refund("10.00")
    approval = event.sell("APPRV", standing, paid=False, require_approval=True)
    assert approval.call("GET")["require_approval"]
    event.sell("DENYD", standing, paid=False, require_approval=True).call("POST", "deny/", {"send_email": False})


def contents(event: Event, ids: dict[str, int]) -> None:
    """Orders whose lines are the difficulty: fees, add-ons, changed, split and emptied orders."""
    standing = named(ids["standing"])
    event.sell(
        "FEES1",
        standing,
        fees=[
            {
                "fee_type": "payment",
                "value": "2.38",
                "description": "Card",
                "internal_type": "",
                "tax_rule": ids["vat"],
            },
            {"fee_type": "service", "value": "1.00", "description": "", "internal_type": "desk", "tax_rule": None},
        ],
    )
    fee = {"fee_type": "shipping", "value": "4.00", "description": "Post", "internal_type": "", "tax_rule": None}
    unpost = event.sell("FEECX", standing, fees=[fee])
    unpost.call("POST", "change/", {"cancel_fees": [{"fee": unpost.call("GET")["fees"][0]["id"]}]})
    unpost.refund("4.00")

    booklet = {"item": ids["booklet"], "addon_to": 1}
    event.sell("ADD0N", standing | {"positionid": 1}, booklet | {"positionid": 2}, booklet | {"positionid": 3})
    event.sell("SH1RT", {"item": ids["shirt"]}, {"item": ids["gift"], "price": "7.77"})

    shrunk = event.sell(
        "SHRNK", standing, named(ids["standing"], CROWD[3]), named(ids["seated"], variation=ids["student"])
    )
    shrunk.call("POST", "change/", {"cancel_positions": [{"position": shrunk.positions()[1]["id"]}]})
    shrunk.refund("50.00")
    divided = event.sell("D1V1D", standing, named(ids["standing"], CROWD[5]))
    divided.call("POST", "change/", {"split_positions": [{"position": divided.positions()[1]["id"]}]})

    event.sell("EARLY", named(ids["early"], CROWD[1]), named(ids["early"], CROWD[2]))
    event.call("PATCH", f"items/{ids['early']}/", {"active": False})


def people(event: Event, ids: dict[str, int]) -> None:
    """Answers, addresses, several check-in lists: the balcony's four seats, all sold."""
    answers = [
        {"question": ids["diet"], "answer": "Vegan; no “nuts”", "options": []},
        {"question": ids["course"], "answer": "Soup", "options": [ids["soup"]]},
    ]
    address = {
        "is_business": True, "company": "Kranbau GmbH", "name_parts": {"given_name": "Ada", "family_name": "Öz"},
        "street": "Quay 1", "zipcode": "20457", "city": "Hamburg", "country": "DE", "vat_id": "",
    }  # fmt: skip
    seats = [
        named(ids["balcony"], CROWD[6], attendee_email="layla@example.org", answers=answers),
        named(ids["balcony"], CROWD[7]),
        named(ids["balcony"], CROWD[8]),
    ]
    balcony = event.sell("BALC1", *seats, phone="+493012345678", invoice_address=address)
    event.sell("BALC2", {"item": ids["balcony"]}, invoice_address=address, email=None)
    first, second, third = (place["id"] for place in balcony.positions())

    scan(event, ids["door"], first, "2031-05-02T17:05:00Z")
    scan(event, ids["stairs"], first, "2031-05-02T16:40:00Z")
    scan(event, ids["door"], first, "2031-05-02T18:00:00Z", "exit")
    scan(event, ids["door"], first, "2031-05-02T18:30:00Z")
    scan(event, ids["door"], second, "2031-05-02T19:00:00Z", "exit")
    scan(event, ids["stairs"], third, "2031-05-02T16:00:00Z")
    event.call("POST", f"orderpositions/{second}/add_block/", {"name": "api:lost"})

    gone = event.sell("G0NE1", named(ids["standing"]))
    scan(event, ids["door"], gone.positions()[0]["id"], "2031-05-02T17:00:00Z")
    gone.refund("50.00", cancel=True)


def scan(event: Event, list_id: int, position: int, moment: str, kind: str = "entry") -> None:
    body = {"type": kind, "datetime": moment, "force": True, "questions_supported": False}
    event.call("POST", f"checkinlists/{list_id}/positions/{position}/redeem/", body)


def on_walks(event: Event, ids: dict[str, int]) -> None:
    """One order over two dates, one on a date that was switched off, one partly given back, one unpaid."""
    first, second, third = ids["date1"], ids["date2"], ids["date3"]
    event.sell(
        "WALK1",
        {"item": ids["adult"], "subevent": first, "attendee_name": "Walker Only"},
        {"item": ids["child"], "subevent": second},
    )
    event.sell("WALK2", {"item": ids["adult"], "subevent": third})
    event.sell("WALK3", {"item": ids["adult"], "subevent": first}, {"item": ids["adult"], "subevent": first}).refund(
        "6.00"
    )
    event.sell("WALK4", {"item": ids["child"], "subevent": second}, paid=False)


def at_matsuri(event: Event, ids: dict[str, int]) -> None:
    """Whole yen: paid, half given back, and cancelled with 1,100 kept, 100 of it tax."""
    seat = {"item": ids["seat"], "attendee_name": "山田 太郎"}
    event.sell("MAT5A", seat, seat)
    event.sell("MAT5B", seat).refund("2200")
    kept = event.sell("MAT5C", seat)
    kept.cancel(fee="1100")
    kept.refund("3300")


def at_open_day(event: Event, ids: dict[str, int]) -> None:
    for number in range(3):
        event.sell(f"0PEN{number}", {"item": ids["entry"]}, payment_provider="free")


def at_rehearsal(event: Event, ids: dict[str, int]) -> None:
    event.sell("TRY11", {"item": ids["seat"]}, testmode=True)
