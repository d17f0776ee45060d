"""The routes of listings that one platform alone has. What stands in <> in a path is an input of the listing."""

from collections.abc import Mapping

ROUTES: Mapping[str, Mapping[str, str]] = {
    "evvnt": {
        "/categories": "categories",
        "/publishers/<publisherId>/categories": "publisher_categories",
        "/publishers/<publisherId>/published-events": "published_events",
    }
}
