"""The store of a stack: one table of DynamoDB, for all connections.

What a connection has is in partitions whose names begin with its own, so that the role of a platform's function can be
held to them: `eventbrite#*` and `eventbrite/*`.

| question | partition | sort key |
| --- | --- | --- |
| a row; all of a kind | `<connection>#<kind>` | its key |
| the rest of a large row | the same | `<key>#<write>#<number>` |
| records of an event, or listed by one | `<connection>#event#<event>` | `<kind>#<key>`, a link |
| an order that is listed by event | `<connection>#order#<id>` | `orders#<key>`, a link |
| what a whole walk met | `<connection>#seen#<kind>#<parent>` | `<walk>#<answer>`, digests; ends by itself |
| how far a copy has come | `<connection>#progress#<kind>` | `=<parent>` |
| how a connection stands, and its lease | `<connection>#status` | `status` |
| events to be added up | `<connection>#touched` | event |
| what events brought in | `<connection>#totals` | event |
| records that could not be read | `<connection>#quarantine` | `<kind>#<parent>#<id>` |
| who is forgotten | `people` | `salt`, `forgotten#<digest>` |

Two indexes hold keys alone, and only of what has their attributes. They lag, so what they name is then read from the
table itself:

| question | index | partition | sort key |
| --- | --- | --- | --- |
| changes to announce | `unannounced` | `<connection>#unannounced` | `sk` |
| events by start over all connections | `everywhere` | `events` | `<start>#<connection>#<key>` |
| how all connections stand | `everywhere` | `statuses` | connection |
| all records that could not be read | `everywhere` | `quarantine` | `<connection>#<kind>#<parent>#<id>` |

A link says only where to look; whether it still holds, the row says. It is written before its row.
"""

import os

from .store import DynamoStore
from .table import TABLE

__all__ = ["DynamoStore", "configured"]


def configured(*, patient: bool = False) -> DynamoStore | None:
    """The store in the table that SPEKTA_STATE_TABLE names. `patient` is for work that nobody waits for: it asks more
    often where the table is busy.
    """
    table = os.environ.get(TABLE)
    return DynamoStore(table, patient=patient) if table else None
