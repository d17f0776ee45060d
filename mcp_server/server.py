"""The MCP server, without a transport: its tools, what it says of itself, and how its calls fail."""

import logging
import traceback
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mcp.server import CacheHint, MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, CallToolResult, GetPromptResult, InputRequiredResult
from pydantic import AnyUrl, ValidationError

from connectors import SpektaError
from connectors.redaction import redact

from .caller import caller_of
from .failures import INTERNAL, Failure, failed, misreading, refusal
from .instructions import instructions
from .prompts import add_prompts
from .resources import add_resources
from .state import TOOLS, State, check
from .tools import TOOLS as ALWAYS
from .tools import all_tools
from .values import shown

logger = logging.getLogger(__name__)
FIVE_MINUTES = 300_000


class Server(MCPServer[State]):
    """Says every failure in one form. What was not foreseen goes to the log alone."""

    def __init__(self, state: State, tools: Mapping[str, Tool], **more: Any) -> None:
        super().__init__(tools=[*tools.values()], middleware=[_listed], **more)
        self.state = state
        self.writing = frozenset(name for name in tools if _writes(name))
        self._by_name = tools

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[State, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        if name not in self._by_name or context is None or not _shown(context.request_context, self._by_name[name]):
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {shown(name, 60)}")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError) and not isinstance(error, UnexpectedToolError):
                return failed(misreading(cause, name, self._by_name[name].parameters))
            return failed(self._failure(cause or error, name, arguments))

    def _failure(self, cause: BaseException | None, what: str, arguments: Mapping[str, Any] | None = None) -> Failure:
        if isinstance(cause, SpektaError):
            return refusal(cause, arguments or {})
        logger.error("%s failed.\n%s", what, redact("".join(traceback.format_exception(cause))))
        return INTERNAL

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[State, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        try:
            return await super().read_resource(uri, context)
        except ResourceNotFoundError:
            raise MCPError(INVALID_PARAMS, "There is no such resource.", {"uri": shown(str(uri))}) from None
        except ResourceError as error:
            failure = self._failure(error.__cause__, "resources/read")
            code = INTERNAL_ERROR if failure is INTERNAL else INVALID_PARAMS
            data = {"uri": shown(str(uri)), **failure.model_dump(exclude_none=True)}
            raise MCPError(code, failure.message, data) from None

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[State, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        prompt = next((one for one in await self.list_prompts() if one.name == name), None)
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {shown(name, 60)}")
        known, given = {one.name: one.required for one in prompt.arguments or ()}, arguments or {}
        wrong = [word for word in given if word not in known]
        wrong += [word for word, required in known.items() if required and word not in given]
        if wrong:
            said = f"Arguments of {name}: {', '.join(known)}. Wrong or missing: {shown(wrong[0], 60)}"
            raise MCPError(INVALID_PARAMS, said)
        return await super().get_prompt(name, arguments, context)


def create_server(state: State, *, shared: bool = False) -> Server:
    """A server for any transport. shared: whether callers of several kinds ask it, so that what one may see of it is
    not what another may. Raises ConfigurationError where an unknown tool is among those allowed.
    """

    @asynccontextmanager
    async def lifespan(_: MCPServer[State]) -> AsyncIterator[State]:
        yield state

    every = all_tools(writes=state.writes)
    if state.tools is not None:
        check(TOOLS, state.tools, [tool.name for tool in all_tools(writes=True)])
    same_for_all = CacheHint(ttl_ms=FIVE_MINUTES, scope="public")
    server = Server(
        state,
        {tool.name: tool for tool in every if state.shows(tool.name, writes=_writes(tool.name))},
        name="spekta",
        title="Spekta",
        version=_version(),
        instructions=instructions(writes=state.writes),
        lifespan=lifespan,
        subscriptions=False,
        log_level="WARNING",
        cache_hints={
            "tools/list": replace(same_for_all, scope="private") if shared else same_for_all,
            "prompts/list": same_for_all,
            "resources/list": same_for_all,
            "resources/templates/list": same_for_all,
        },
    )
    add_resources(server, state)
    add_prompts(server)
    return server


async def _listed(ctx: ServerRequestContext[State, Any], call_next: CallNext) -> HandlerResult:
    """Leaves out of a listing what its caller may not call."""
    found = await call_next(ctx)
    if ctx.method != "tools/list" or not isinstance(found, dict):
        return found
    state = ctx.lifespan_context.narrowed(caller_of(ctx.request))
    tools = [
        tool for tool in found["tools"] if _allowed(state, tool["name"], read_only=tool["annotations"]["readOnlyHint"])
    ]
    return {**found, "tools": tools}


def _shown(ctx: ServerRequestContext[State, Any], tool: Tool) -> bool:
    state = ctx.lifespan_context.narrowed(caller_of(ctx.request))
    return _allowed(state, tool.name, read_only=bool(tool.annotations and tool.annotations.read_only_hint))


def _allowed(state: State, name: str, *, read_only: bool) -> bool:
    """Whether a caller may call a tool. Who said to be read-only is kept from what has Spekta do something, too."""
    return state.shows(name, writes=_writes(name)) and (read_only or not state.caller.read_only)


def _writes(name: str) -> bool:
    """Whether a tool changes something on a platform."""
    return all(tool.name != name for tool in ALWAYS)


def _version() -> str:
    try:
        return version("spekta")
    except PackageNotFoundError:  # copied somewhere, not installed
        return ""
