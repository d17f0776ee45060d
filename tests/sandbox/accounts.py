"""How to ask each sandboxed platform, and how to walk a list of it to its end by its own rules."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import httpx2

from spekta.sandbox.providers import services

Client = httpx2.AsyncClient
Rows = list[dict[str, Any]]

TICKET_TAILOR = "/ticket-tailor/api/v1"
PRETIX = "/pretix/api/api/v1/organizers/lampions"
EVENTBRITE = "/eventbrite/api/v3"
HELLOASSO = "/helloasso/api/v5"
DICE = "/dice/api/graphql"
BILLETTO = "/billetto/api/api/v3"
ACCELEVENTS = "/accelevents/api/rest"
EVENTIX = "/eventix/api"
YURPLAN = "/yurplan/api/v1"
MAPADO = "/mapado/api/v1"
AXS = "/axs/api/v1"
AXS_PARTNER = "/axs/partner_base/api"
SHOTGUN = "/shotgun"
UNIVERSE = "/universe"
REGFOX = "/regfox/api/v2/public"
RESIDENT_ADVISOR = "/resident-advisor/graphql/graphql"
EQUATICKET = "/equaticket/api/api/v1"

ORGANIZATIONS = [f"{EVENTBRITE}/organizations/{number}" for number in ("710000000001", "710000000002")]
ASSOCIATION = f"{HELLOASSO}/organizations/les-lampions"


def credentials(slug: str) -> dict[str, str]:
    return dict(services()[slug].credentials)


class TicketTailor:
    auth = (credentials("ticket-tailor")["apiKey"], "")

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(TICKET_TAILOR + path, params=query, auth=self.auth)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        while True:
            answer = (await self.get(client, path, **query)).json()
            rows += answer["data"]
            if answer["links"]["next"] is None:
                return rows
            query["starting_after"] = answer["data"][-1]["id"]


class Pretix:
    headers: ClassVar = {"Authorization": f"Token {credentials('pretix')['apiKey']}"}

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(PRETIX + path, params=query or None, headers=self.headers)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        answer = (await self.get(client, path, **query)).json()
        while True:
            rows += answer["results"]
            if answer["next"] is None:
                return rows
            answer = (await client.get(answer["next"], headers=self.headers)).json()


class Eventbrite:
    headers: ClassVar = {"Authorization": f"Bearer {credentials('eventbrite')['accessToken']}"}

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(path, params=query, headers=self.headers)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        while True:
            answer = (await self.get(client, path, **query)).json()
            rows += answer[path.strip("/").rpartition("/")[2]]
            if not answer["pagination"]["has_more_items"]:
                return rows
            query["continuation"] = answer["pagination"]["continuation"]


class HelloAsso:
    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def signed_in(cls, client: Client) -> "HelloAsso":
        return cls((await token(client, grant_type="client_credentials")).json()["access_token"])

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(ASSOCIATION + path, params=query, headers=self.headers)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        while True:
            answer = (await self.get(client, path, **query)).json()
            rows += answer["data"]
            following = answer["pagination"].get("continuationToken")
            if not answer["data"] or following in (None, query.get("continuationToken")):
                return rows
            query["continuationToken"] = following


class Dice:
    headers: ClassVar = {"Authorization": f"Bearer {credentials('dice')['apiKey']}"}

    async def ask(self, client: Client, query: str, **variables: Any) -> httpx2.Response:
        return await client.post(DICE, json={"query": query, "variables": variables}, headers=self.headers)

    async def walk(self, client: Client, listing: str, fields: str, first: int = 50) -> Rows:
        query = f"""query ($first: Int!, $after: String) {{ viewer {{ {listing}(first: $first, after: $after) {{
            pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {fields} }} }} }} }} }}"""
        rows: Rows = []
        after = None
        while True:
            answer = (await self.ask(client, query, first=first, after=after)).json()["data"]["viewer"][listing]
            rows += [edge["node"] for edge in answer["edges"]]
            if not answer["pageInfo"]["hasNextPage"]:
                return rows
            after = answer["pageInfo"]["endCursor"]


class Axs:
    async def get(self, client: Client, **query: Any) -> httpx2.Response:
        return await client.get(f"{AXS}/events", params={"access_token": credentials("axs")["accessToken"], **query})


class Accelevents:
    headers: ClassVar = {"Key": credentials("accelevents")["apiKey"]}

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(ACCELEVENTS + path, params=query, headers=self.headers)

    async def walk(self, client: Client, path: str, rows: str, **query: Any) -> Rows:
        found: Rows = []
        while True:
            answer = (await self.get(client, path, **query)).json()
            found += answer[rows]
            if not answer[rows] or len(found) >= answer["recordsFiltered"]:
                return found
            query["page"] = query.get("page", 0) + 1


class Eventix:
    headers: ClassVar = {"Authorization": f"Bearer {credentials('eventix')['accessToken']}"}

    async def get(self, client: Client, path: str, **headers: str) -> httpx2.Response:
        return await client.get(EVENTIX + path, headers=self.headers | headers)

    async def search(self, client: Client, limit: int, offset: int = 0, **headers: str) -> httpx2.Response:
        asked = {"search": "", "limit": limit, "offset": offset}
        return await client.post(f"{EVENTIX}/statistics/search", json=asked, headers=self.headers | headers)

    async def walk(self, client: Client, limit: int, **headers: str) -> Rows:
        rows: Rows = []
        while True:
            found = (await self.search(client, limit, len(rows), **headers)).json()["hits"]
            rows += [hit["_source"] for hit in found["hits"]]
            if not found["hits"] or len(rows) >= found["total"]:
                return rows


class Shotgun:
    key = credentials("shotgun")["apiKey"]
    organizer = "170000"

    async def tickets(self, client: Client, **query: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        asked = {"organizer_id": self.organizer, **query}
        return await client.get(f"{SHOTGUN}/api/tickets", params=asked, headers=headers)

    async def events(self, client: Client, **query: Any) -> httpx2.Response:
        path = f"{SHOTGUN}/smartboard/api/shotgun/organizers/{self.organizer}/events"
        return await client.get(path, params={"key": self.key, **query})


class Universe:
    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    @classmethod
    async def signed_in(cls, client: Client) -> "Universe":
        return cls((await universe_token(client, grant_type="client_credentials")).json()["access_token"])

    async def ask(self, client: Client, query: str, **variables: Any) -> httpx2.Response:
        asked = {"query": query, "variables": variables}
        return await client.post(f"{UNIVERSE}/api/graphql", json=asked, headers=self.headers)


async def universe_token(client: Client, **form: str) -> httpx2.Response:
    """Ask Universe for tokens; what is not said is that of the sandbox's own client."""
    known = credentials("universe")
    said = {"client_id": known["clientId"], "client_secret": known["clientSecret"], **form}
    return await client.post(f"{UNIVERSE}/login/oauth/token", data=said)


class RegFox:
    headers: ClassVar = {"apiKey": credentials("regfox")["apiKey"]}

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(REGFOX + path, params={"product": "regfox.com", **query}, headers=self.headers)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        while True:
            answer = (await self.get(client, path, **query)).json()
            rows += answer["data"]
            if not answer.get("hasMore"):
                return rows
            query["startingAfter"] = answer["startingAfter"]


async def token(client: Client, **form: str) -> httpx2.Response:
    """Ask HelloAsso for tokens; what is not said is that of the sandbox's own client."""
    known = credentials("helloasso")
    said = {"client_id": known["clientId"], "client_secret": known["clientSecret"], **form}
    return await client.post("/helloasso/login/oauth2/token", data=said)


class Billetto:
    headers: ClassVar = {"Api-Keypair": ":".join(credentials("billetto").values())}

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(f"{BILLETTO}/organiser{path}", params=query, headers=self.headers)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        answer = (await self.get(client, path, **query)).json()
        while True:
            rows += answer["data"]
            if not answer["has_more"]:
                return rows
            answer = (await client.get("/billetto/api" + answer["next_url"], headers=self.headers)).json()


class Yurplan:
    headers: ClassVar = {"Authorization": f"Bearer {credentials('yurplan')['apiKey']}"}

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(YURPLAN + path, params=query, headers=self.headers)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        while True:
            span = f"{len(rows)}-{len(rows) + 30}"
            answer = (await self.get(client, path, range=span, **query)).json()
            rows += answer["results"]
            if answer["paging"]["cursors"]["next"] is None:
                return rows


async def token_of_eventix(client: Client, **form: str) -> httpx2.Response:
    known = services()["eventix"].client
    said = {"client_id": known["clientId"], "client_secret": known["clientSecret"], **form}
    return await client.post("/eventix/auth/tokens", json=said)


class Mapado:
    headers: ClassVar = {"Authorization": f"Bearer {credentials('mapado')['apiKey']}"}

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(MAPADO + path, params=query, headers=self.headers)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        answer = (await self.get(client, path, **query)).json()
        while True:
            rows += answer["hydra:member"]
            if "hydra:nextPage" not in answer:
                return rows
            answer = (
                await client.get(MAPADO.removesuffix("/v1") + answer["hydra:nextPage"], headers=self.headers)
            ).json()


class Equaticket:
    """A key of the account; the live one with all scopes unless told otherwise."""

    def __init__(self, key: str = "") -> None:
        self.headers = {"Authorization": f"Bearer {key or credentials('equaticket')['apiKey']}"}

    async def get(self, client: Client, path: str, **query: Any) -> httpx2.Response:
        return await client.get(EQUATICKET + path, params=query, headers=self.headers)

    async def send(
        self, client: Client, method: str, path: str, body: Any = None, /, **headers: str
    ) -> httpx2.Response:
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.request(method, EQUATICKET + path, json=body, headers=sent)

    async def walk(self, client: Client, path: str, **query: Any) -> Rows:
        rows: Rows = []
        while True:
            answer = (await self.get(client, path, **query)).json()
            rows += answer["data"]
            if not answer["has_more"]:
                return rows
            query["cursor"] = answer["next_cursor"]


Ask = Callable[[Client], Coroutine[Any, Any, httpx2.Response]]


async def orders_of_ticket_tailor(client: Client) -> httpx2.Response:
    return await TicketTailor().get(client, "/orders", limit=20)


async def orders_of_pretix(client: Client) -> httpx2.Response:
    return await Pretix().get(client, "/orders/", page_size=20)


async def orders_of_eventbrite(client: Client) -> httpx2.Response:
    return await Eventbrite().get(client, f"{ORGANIZATIONS[0]}/orders/")


async def orders_of_helloasso(client: Client) -> httpx2.Response:
    return await (await HelloAsso.signed_in(client)).get(client, "/orders", pageSize=20)


async def orders_of_dice(client: Client) -> httpx2.Response:
    query = "{ viewer { orders(first: 20) { pageInfo { hasNextPage endCursor } edges { node { id } } } } }"
    return await Dice().ask(client, query)


async def orders_of_billetto(client: Client) -> httpx2.Response:
    return await Billetto().get(client, "/orders", limit=20)


async def orders_of_accelevents(client: Client) -> httpx2.Response:
    return await Accelevents().get(client, "/events/festival-des-quais/staff/orders", size=20)


async def orders_of_eventix(client: Client) -> httpx2.Response:
    return await Eventix().search(client, 20)


async def orders_of_yurplan(client: Client) -> httpx2.Response:
    return await Yurplan().get(client, "/orgas/31/orders", range="0-20")


async def orders_of_mapado(client: Client) -> httpx2.Response:
    return await Mapado().get(client, "/tickets", itemsPerPage=20, fields="@id,status,order")


async def orders_of_axs(client: Client) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {credentials('axs')['accessToken']}"}
    return await client.get(f"{AXS_PARTNER}/events/1012/orders", params={"rows": 20}, headers=headers)


async def orders_of_shotgun(client: Client) -> httpx2.Response:
    return await Shotgun().tickets(client)


async def orders_of_regfox(client: Client) -> httpx2.Response:
    return await RegFox().get(client, "/search/orders", limit=20)


async def orders_of_equaticket(client: Client) -> httpx2.Response:
    return await Equaticket().get(client, "/orders", limit=20)


ORDERS: dict[str, Ask] = {
    "ticket-tailor": orders_of_ticket_tailor,
    "pretix": orders_of_pretix,
    "eventbrite": orders_of_eventbrite,
    "helloasso": orders_of_helloasso,
    "dice": orders_of_dice,
    "billetto": orders_of_billetto,
    "accelevents": orders_of_accelevents,
    "eventix": orders_of_eventix,
    "yurplan": orders_of_yurplan,
    "mapado": orders_of_mapado,
    "axs": orders_of_axs,
    "shotgun": orders_of_shotgun,
    "regfox": orders_of_regfox,
    "equaticket": orders_of_equaticket,
}
