"""Parameters that several tools take, described once."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

Connections = Annotated[list[str] | None, Field(description="Names; all if left out")]
EventReference = Annotated[str, Field(description="A reference, such as ticket-tailor:ev_11")]
Cursor = Annotated[str | None, Field(description="next_cursor; repeat the other arguments")]
Words = Annotated[str | None, Field(description="Part of the event's name, in any case", min_length=1)]
StartsAfter = Annotated[AwareDatetime | None, Field(description="At or after, as 2027-03-01T00:00:00Z")]
StartsBefore = Annotated[AwareDatetime | None, Field(description="Before")]
Detail = Literal["concise", "detailed"]
PersonalData = Annotated[bool, Field(description="With names and emails, if the operator allows")]
