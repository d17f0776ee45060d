"""The example that a platform has until somebody writes a better one."""

from connectors.credentials.environment import constant
from connectors.provider import Provider

EXAMPLE = """```python
import os

from connectors import create_connector

credentials = {{{fields}}}
async with create_connector("{slug}", credentials) as connector:
    async for event in connector.stream_events():
        print(event.starts_at, event.name)
```"""


def standard(provider: Provider) -> str:
    """Lists the account's events, with the first credentials that are enough."""
    slug = provider.slug
    names = [(name, f"{constant(slug)}_{constant(name)}") for name in provider.enough[0]]
    fields = [f'"{name}": os.environ["{variable}"]' for name, variable in names]
    if len(fields) == 1:
        return EXAMPLE.format(slug=slug, fields=fields[0])
    return EXAMPLE.format(slug=slug, fields="".join(f"\n    {field}," for field in fields) + "\n")
