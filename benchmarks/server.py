"""A Ticket Tailor on loopback that lists orders, and as little more than that as possible: a client is what is
measured.

`python -m benchmarks.server 50000` encodes every answer, prints its address, and serves until it is ended.
"""

import asyncio
import sys
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from .orders import pages

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


async def main(records: int) -> None:
    answers = {after: HEAD.format(len(body)).encode() + body for after, body in pages(records)}

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(answers, head.split(b" ", 2)[1].decode()))
                await writer.drain()
        except (IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def _answer(answers: Mapping[str, bytes], target: str) -> bytes:
    url = urlsplit(target)
    after = parse_qs(url.query).get("starting_after", [""])[0]
    return answers.get(after, MISSING) if url.path == "/v1/orders" else MISSING


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
