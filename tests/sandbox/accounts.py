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
MAPADO = "/mapado/api/v1"
REGFOX = "/regfox/api/v2/public"

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


async def orders_of_mapado(client: Client) -> httpx2.Response:
    return await Mapado().get(client, "/tickets", itemsPerPage=20, fields="@id,status,order")


async def orders_of_regfox(client: Client) -> httpx2.Response:
    return await RegFox().get(client, "/search/orders", limit=20)


ORDERS: dict[str, Ask] = {
    "ticket-tailor": orders_of_ticket_tailor,
    "pretix": orders_of_pretix,
    "eventbrite": orders_of_eventbrite,
    "helloasso": orders_of_helloasso,
    "dice": orders_of_dice,
    "billetto": orders_of_billetto,
    "accelevents": orders_of_accelevents,
    "mapado": orders_of_mapado,
    "regfox": orders_of_regfox,
}
