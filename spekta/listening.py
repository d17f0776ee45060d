"""The socket that a server of ours listens on."""

import socket


def listen(host: str, port: int) -> socket.socket:
    """A socket whose connections send at once; port 0 takes a free one. Raises OSError.

    asyncio sees to that only for sockets that were made for TCP by name, which those of create_server are not: the
    second part of an answer would wait 40 ms for the first to be acknowledged.
    """
    listening = socket.create_server((host, port))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
