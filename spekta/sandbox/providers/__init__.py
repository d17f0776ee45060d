"""One module for each platform. A module here that has a `SERVICE` is in the sandbox."""

import pkgutil
from functools import cache
from importlib import import_module

from spekta.sandbox.service import Service


@cache
def services() -> dict[str, Service]:
    """Give every provider of the sandbox by slug."""
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.SERVICE.slug: module.SERVICE for module in modules}
