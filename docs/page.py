"""The page as a whole: what the code knows is printed between marks, what people wrote beside it stays where it is."""

from connectors.matrix import AUTH, COLUMNS, cell, matrix
from connectors.registry import providers

from .example import standard
from .markdown import table
from .section import section

OVERVIEW = "platforms"


def printed(page: str) -> str:
    """The page printed anew. A platform that it has not yet gets a section with a standard example."""
    introduction = page.partition(_begin(OVERVIEW))[0]
    parts = [_between_marks(OVERVIEW, overview())]
    for provider in providers():
        parts.append(_between_marks(provider.slug, section(provider)))
        parts.append(_written(page, provider.slug) or standard(provider))
    return introduction + "\n\n".join(parts) + "\n"


def overview() -> str:
    """The contents: every platform with its marks, the reference's first."""
    heads = ["", "Platform", "Authentication", *(name.capitalize() for name in COLUMNS)]
    return table(
        heads,
        [
            [str(number), f"[{row.name}](#{_anchor(row.name)})", AUTH[row.auth], *map(cell, row.support)]
            for number, row in enumerate(matrix(), 1)
        ],
    )


def _anchor(heading: str) -> str:
    """What a heading is called in links."""
    return "".join(sign for sign in heading.lower().replace(" ", "-") if sign.isalnum() or sign == "-")


def _written(page: str, name: str) -> str:
    """What stands beneath a printed part, up to the next one."""
    return page.partition(_end(name))[2].partition("<!--")[0].strip()


def _between_marks(name: str, text: str) -> str:
    return f"{_begin(name)}\n\n{text}\n\n{_end(name)}"


def _begin(name: str) -> str:
    return f"<!-- {name}: `make docs` prints it -->"


def _end(name: str) -> str:
    return f"<!-- /{name} -->"
