"""Connectors to ticketing platforms: one interface, one model.

async with create_connector("eventbrite", {"type": "oauth2", "accessToken": "..."}) as connector:
    page = await connector.get_events(page=1, page_size=50)
    revenue = await connector.get_revenue(page.items[0].id)
"""

from . import providers as _providers  # noqa: F401 - first, so that the function of that name stands in its place
from .connector import Connector
from .errors import (
    AuthenticationFailed,
    ConfigurationError,
    DeadlineExceeded,
    InvalidArgument,
    InvalidResponse,
    NotAllowed,
    NotFound,
    NotificationRefused,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Rejected,
    Removed,
    SpektaError,
    Unavailable,
    Unsupported,
)
from .models import (
    HealthCheckResult,
    OrderLine,
    Outcome,
    PaginatedResult,
    Preview,
    Problem,
    UnifiedAttendee,
    UnifiedEvent,
    UnifiedOrder,
    UnifiedRevenue,
    UnifiedTicket,
    Venue,
)
from .portfolio import Portfolio
from .provider import Provider
from .registry import connect, create_connector, find_provider, providers

__all__ = [
    "AuthenticationFailed",
    "ConfigurationError",
    "Connector",
    "DeadlineExceeded",
    "HealthCheckResult",
    "InvalidArgument",
    "InvalidResponse",
    "NotAllowed",
    "NotFound",
    "NotificationRefused",
    "OrderLine",
    "Outcome",
    "PaginatedResult",
    "PermissionDenied",
    "Portfolio",
    "Preview",
    "Problem",
    "Provider",
    "ProviderError",
    "RateLimited",
    "Rejected",
    "Removed",
    "SpektaError",
    "Unavailable",
    "UnifiedAttendee",
    "UnifiedEvent",
    "UnifiedOrder",
    "UnifiedRevenue",
    "UnifiedTicket",
    "Unsupported",
    "Venue",
    "connect",
    "create_connector",
    "find_provider",
    "providers",
]
