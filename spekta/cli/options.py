"""The arguments that several commands share."""

from datetime import UTC, datetime
from typing import Annotated

import typer

HELP = {"help_option_names": ["-h", "--help"]}


def moment(said: str) -> datetime:
    """A time of the command line; UTC where it names no offset."""
    try:
        read = datetime.fromisoformat(said)
    except ValueError:
        raise typer.BadParameter(f"{said!r} is not a time. Give it as 2027-03-01 or 2027-03-01T18:00+01:00.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def pair(said: str) -> tuple[str, str]:
    """`name=value` as its two parts."""
    name, equals, value = said.partition("=")
    if not (name and equals):
        raise typer.BadParameter("Give it as name=value.")
    return name.strip(), value.strip()


def _time(help: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(parser=moment, metavar="TIME", help=help)
    return option


Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Raw = Annotated[bool, typer.Option("--raw", help="JSON with each platform's own record in it.")]
PersonalData = Annotated[
    bool, typer.Option("--personal-data", help="Show names, addresses and whatever else belongs to a person.")
]
Since = Annotated[datetime | None, _time("Only what changed at or after this time (UTC where it names no offset).")]
StartsAfter = Annotated[datetime | None, _time("Only events that start at or after this time.")]
StartsBefore = Annotated[datetime | None, _time("Only events that start before this time.")]
Words = Annotated[str | None, typer.Option("--q", metavar="WORDS", help="Only events with these words in their name.")]
Filters = Annotated[
    list[str] | None,
    typer.Option("--filter", metavar="NAME=VALUE", help="A filter of the platform's own; may be repeated."),
]
Cursor = Annotated[str | None, typer.Option(help="Go on where an earlier answer ended.")]
Page = Annotated[int | None, typer.Option(min=1, help="A page further on, counted from 1.")]
PageSize = Annotated[int, typer.Option(min=1, max=1000, help="Records on a page.")]
All = Annotated[bool, typer.Option("--all", help="Everything, however long it takes.")]
Synced = Annotated[
    bool | None,
    typer.Option(
        "--synced/--live",
        help="Answer from what `spekta sync` has copied, or ask the platforms. Without either: from the copy, where it "
        "lacks no connection and is not older than two days.",
    ),
]
Reference = Annotated[str, typer.Argument(metavar="REFERENCE", help="An event, as `spekta events` names it.")]
Target = Annotated[
    str, typer.Argument(metavar="REFERENCE|CONNECTION", help="An event, or a connection for its whole account.")
]
Connections = Annotated[
    list[str] | None, typer.Argument(metavar="[CONNECTION]...", help="All connections if none is named.")
]


def named(filters: list[str] | None, **common: object) -> dict[str, object]:
    """All filters by name, without those that were not given."""
    own: dict[str, object] = dict(pair(said) for said in filters or ())
    return own | {name: value for name, value in common.items() if value is not None}
