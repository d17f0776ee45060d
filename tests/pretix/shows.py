"""The invented events and what they sell."""

from __future__ import annotations

from typing import Any

from .api import Api, Event


def product(event: Event, name: str, price: str, **fields: Any) -> int:
    item = event.add("items", **{"name": {"en": name}, "default_price": price, "admission": True, **fields})
    return int(item["id"])


def quota(event: Event, name: str, size: int | None, *items: int, variations: tuple[int, ...] = (), **more: Any) -> int:
    made = event.add("quotas", name=name, size=size, items=items, variations=variations, **more)
    return int(made["id"])


def gala(api: Api) -> tuple[Event, dict[str, int]]:
    """Euro, Berlin, 19 % and 7 % tax: shared, doubled, unlimited, closed and used-up quotas."""
    event = api.event(
        "gala",
        name={"en": "Lantern Gala", "de": "Laternengala"},
        currency="EUR",
        timezone="Europe/Berlin",
        date_from="2031-05-02T19:00:00+02:00",
        date_to="2031-05-03T02:00:00+02:00",
        date_admission="2031-05-02T18:00:00+02:00",
        presale_end="2031-05-02T12:00:00+02:00",
        location={"en": "Old Granary\nQuay 7\n20457 Hamburg"},
        geo_lat=53.5431,
        geo_lon=9.9883,
        is_public=True,
    )
    event.call(
        "PATCH", "settings/", {"name_scheme": "given_family", "locales": ["en", "de"], "order_phone_asked": True}
    )
    vat = event.add("taxrules", name={"en": "VAT"}, rate="19.00", price_includes_tax=True)["id"]
    books = event.add("taxrules", name={"en": "Books"}, rate="7.00", price_includes_tax=True)["id"]
    extras = event.add("categories", name={"en": "Extras"}, is_addon=True)["id"]

    ids = {"vat": vat}
    ids["standing"] = product(event, "Standing", "50.00", tax_rule=vat, description={"en": "Bring **shoes**."})
    kinds = [{"value": {"en": "Adult"}, "default_price": None}, {"value": {"en": "Student"}, "default_price": "40.00"}]
    ids["seated"] = product(event, "Seated", "80.00", tax_rule=vat, variations=kinds)
    variations = event.call("GET", f"items/{ids['seated']}/")["variations"]
    ids["adult"], ids["student"] = (variation["id"] for variation in variations)
    ids["balcony"] = product(event, "Balcony", "120.00", tax_rule=vat, available_until="2031-04-01T00:00:00Z")
    ids["early"] = product(event, "Early bird", "30.00", tax_rule=vat)
    ids["late"] = product(event, "After midnight", "15.00", tax_rule=vat, available_from="2031-05-01T00:00:00Z")
    ids["press"] = product(event, "Press", "0.00", hide_without_voucher=True, require_voucher=True)
    ids["guest"] = product(event, "Guest list", "0.00")
    ids["shirt"] = product(event, "T-shirt", "25.00", tax_rule=vat, admission=False)
    ids["booklet"] = product(event, "Programme", "10.70", tax_rule=books, admission=False, category=extras)
    ids["gift"] = product(event, "Donation", "5.00", admission=False, free_price=True)
    event.add(f"items/{ids['standing']}/addons", addon_category=extras, min_count=0, max_count=5)

    both = (ids["adult"], ids["student"])
    quota(event, "Hall", 400, ids["standing"], ids["seated"], ids["early"], variations=both)
    quota(event, "Students", 5, ids["seated"], variations=(ids["student"],))
    quota(event, "Balcony", 4, ids["balcony"])
    quota(event, "Late", 50, ids["late"], closed=True)
    quota(event, "Shirts", 30, ids["shirt"])
    quota(event, "No end", None, ids["booklet"], ids["gift"], ids["guest"])
    ids["door"] = int(event.add("checkinlists", name="Main door", all_products=True)["id"])
    ids["stairs"] = int(
        event.add("checkinlists", name="Balcony stairs", all_products=False, limit_products=[ids["balcony"]])["id"]
    )
    asked = [ids["standing"], ids["balcony"]]
    ids["diet"] = int(
        event.add("questions", question={"en": "Diet"}, type="S", items=asked, identifier="DIET", required=False)["id"]
    )
    course = event.add(
        "questions",
        question={"en": "Course"},
        type="C",
        items=asked,
        identifier="COURSE",
        required=False,
        options=[{"identifier": name.upper(), "answer": {"en": name}} for name in ("Soup", "Fish")],
    )
    ids |= {"course": course["id"], "soup": course["options"][0]["id"]}
    event.change(live=True)
    return event, ids


def walks(api: Api) -> tuple[Event, dict[str, int]]:
    """Pounds, London: a series of three dates, one of them switched off."""
    event = api.event(
        "harbour-walks",
        name={"en": "Harbour Walks"},
        currency="GBP",
        timezone="Europe/London",
        date_from="2031-01-01T00:00:00Z",
        has_subevents=True,
        location={"en": "Pier 3"},
        is_public=False,
    )
    vat = event.add("taxrules", name={"en": "VAT"}, rate="20.00", price_includes_tax=True)["id"]
    ids = {
        "adult": product(event, "Adult", "12.00", tax_rule=vat),
        "child": product(event, "Child", "6.00", tax_rule=vat),
    }
    for number, day in enumerate(("2031-06-07T10:00:00Z", "2031-06-14T10:00:00Z", "2031-12-13T10:00:00Z"), start=1):
        date = event.add(
            "subevents",
            name={"en": f"Walk {number}"},
            date_from=day,
            active=number < 3,
            item_price_overrides=[],
            variation_price_overrides=[],
            meta_data={},
        )
        ids[f"date{number}"] = int(date["id"])
        quota(event, f"Places {number}", 20, ids["adult"], ids["child"], subevent=date["id"])
    event.change(live=True)
    return event, ids


def matsuri(api: Api) -> tuple[Event, dict[str, int]]:
    """Yen, Tokyo: a currency without decimals; kept cancellation money is taxed like the tickets."""
    event = api.event(
        "matsuri",
        name={"ja": "港まつり", "en": "Harbour Matsuri"},
        currency="JPY",
        timezone="Asia/Tokyo",
        date_from="2031-08-01T18:00:00+09:00",
        location={"ja": "中央公園"},
    )
    event.call("PATCH", "settings/", {"locales": ["ja", "en"], "locale": "ja", "tax_rule_cancellation": "split"})
    tax = event.add("taxrules", name={"ja": "消費税"}, rate="10.00", price_includes_tax=True)["id"]
    ids = {"seat": product(event, "席", "4400", tax_rule=tax)}
    quota(event, "Seats", 100, ids["seat"])
    event.change(live=True)
    return event, ids


def open_day(api: Api) -> tuple[Event, dict[str, int]]:
    """Free, over, with no place and no end."""
    event = api.event(
        "open-day", name={"en": "Open Day"}, currency="EUR", timezone="UTC", date_from="2024-02-29T09:00:00Z"
    )
    ids = {"entry": product(event, "Entry", "0.00")}
    quota(event, "Entry", None, ids["entry"])
    event.change(live=True)
    return event, ids


def rehearsal(api: Api) -> tuple[Event, dict[str, int]]:
    """Never switched live: only tests."""
    event = api.event(
        "rehearsal",
        name={"en": "Dress rehearsal"},
        currency="EUR",
        timezone="Europe/Berlin",
        date_from="2031-04-30T19:00:00+02:00",
        testmode=True,
    )
    ids = {"seat": product(event, "Seat", "9.99")}
    quota(event, "Seats", 10, ids["seat"])
    return event, ids
