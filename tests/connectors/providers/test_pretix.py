"""What pretix alone does: merchandise among the items, whose variations need no identity as they are no tickets."""

import pytest

from connectors.providers import pretix
from connectors.row import Row, Unreadable


def sizes(admission: bool) -> list[Row]:
    """The variations of an item, as older documentation of pretix shows them: without ids."""
    large = {"value": {"en": "L"}, "price": "20.00", "active": True}
    item = {"id": 7, "name": {"en": "Shirt"}, "admission": admission, "active": True, "variations": [large]}
    return Row(item).rows("variations[]")


def test_merchandise_without_an_identity_is_no_problem() -> None:
    assert [pretix.variation(size) for size in sizes(admission=False)] == [None]


def test_a_ticket_without_an_identity_is_one() -> None:
    with pytest.raises(Unreadable, match="no identity"):
        pretix.variation(sizes(admission=True)[0])
