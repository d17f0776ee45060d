"""Tables on the terminal. Not by rich: see `process.run`."""

from collections.abc import Sequence


def show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Names to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        name, *figures = row
        print(
            "  ".join(
                [name.ljust(widths[0]), *(text.rjust(width) for text, width in zip(figures, widths[1:], strict=True))]
            )
        )


def verdict(name: str, figure: float, most: float) -> None:
    """A figure beside the most that it should be."""
    print(f"{'ok' if figure <= most else 'MISSED'}: {name} is {figure:.2f}, and should be at most {most:g}")
