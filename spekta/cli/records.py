"""Records as the JSON that commands print."""

from typing import Any

from connectors.models import UnifiedRecord


def as_json(record: UnifiedRecord, *, raw: bool = False, personal_data: bool = True) -> dict[str, Any]:
    """The record with its reference. Without `personal_data`, whatever belongs to a person is left out."""
    return {"reference": record.reference} | record.dump(raw=raw, personal_data=personal_data)
