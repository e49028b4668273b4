"""A language model at a local endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = tuple[int, dict[str, str], bytes]


def listing(*answers: str) -> Reply:
    """Return a reply that lists these answers."""
    return completion({"content": json.dumps(answers)})


def completion(message: dict[str, object]) -> Reply:
    """Return a chat completion with this message."""
    return 200, {}, json.dumps({"choices": [{"message": message}]}).encode()


class Endpoint:
    """What a server received; it gives its replies one after the other, the last one again."""

    def __init__(self, replies: list[Reply | Callable[[], Reply]]) -> None:
        self.replies = replies
        self.keys: list[str | None] = []
        self.bodies: list[dict[str, object]] = []
        self.url = ""

    def reply(self) -> Reply:
        found = self.replies[min(len(self.bodies), len(self.replies)) - 1]
        return found() if callable(found) else found


@contextmanager
def serving(*replies: Reply | Callable[[], Reply]) -> Iterator[Endpoint]:
    """Serve replies, each of them or what it returns, on a port of this machine."""
    endpoint = Endpoint(list(replies))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            endpoint.keys.append(self.headers.get("authorization"))
            endpoint.bodies.append(json.loads(self.rfile.read(length)))
            status, headers, data = endpoint.reply()
            self.send_response(status)
            for name, value in {"content-length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # the caller may have closed the connection
                self.wfile.write(data)

        def log_message(
            self, format: str, *args: object
        ) -> None:  # the name in the standard library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
