"""Functions that are asked by events, and so have nobody to answer: what fails is raised, and Lambda tries again."""

import contextlib
from collections.abc import Iterator

from connectors.errors import SpektaError
from connectors.redaction import located

from .errors import Internal
from .log import logger


@contextlib.contextmanager
def failing() -> Iterator[None]:
    """Raises Internal in place of what may show a record: the runtime writes what is raised to the log."""
    try:
        yield
    except SpektaError:
        raise
    except Exception as error:
        logger.error(located(error))
        raise Internal("Spekta failed.", "The log tells where.") from None
