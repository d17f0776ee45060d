"""The page on which a person lets an OAuth client in."""

from html import escape
from urllib.parse import urlencode

from spekta.sandbox.service import Ask
from spekta.sandbox.wire import Answer, Refusal

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Sandbox: allow access?</title>
<p>{client} wants to read your events and orders.</p>
<p><a id="allow" href="?{allow}">Allow</a></p>
"""


def authorize(ask: Ask, client: str, *, pkce: bool = False) -> Answer:
    """Show the page; follow its link, or add `approve=1`, to go back to the client with a code and its state."""
    said = ask.query
    redirect, challenge = said.get("redirect_uri", ""), said.get("code_challenge", "")
    if said.get("client_id") != client or not redirect:
        raise Refusal(400, "invalid_request", "Unknown client or no redirect address")
    if pkce and (not challenge or said.get("code_challenge_method") != "S256"):
        raise Refusal(400, "invalid_request", "A code challenge of method S256 is needed")
    if said.get("approve") != "1":
        allow = escape(urlencode([*said.multi_items(), ("approve", "1")]))
        return Answer(PAGE.format(client=escape(client), allow=allow), media_type="text/html")
    back = {"code": ask.grants.code(redirect, challenge)} | ({"state": said["state"]} if "state" in said else {})
    return Answer("", 302, {"Location": f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(back)}"}, "text/html")
