"""Servers that are no store: they answer late, wrongly, with errors, or not at all; each in a process of its own."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from faults.children import Child

LATE = 30.0
"""Seconds after which the slow one answers."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    manner = ""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.manner == "hangs up":
            self.close_connection = True
            return
        if self.manner in {"slow", "silent"}:
            time.sleep(LATE if self.manner == "slow" else 3_600)
        page = b"<html><body>It works!</body></html>" if self.manner == "wrong" else b'{"experiments": 1, "runs": "x"}'
        self.send_response(500 if self.manner == "failing" else 200)
        self.send_header("Content-Type", "text/html" if self.manner == "wrong" else "application/json")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *given: object) -> None:
        pass


@contextmanager
def server(manner: str) -> Iterator[str]:
    """Give the address of a server: ``slow``, ``silent``, ``wrong``, ``odd``, ``failing``, ``hangs up``, ``absent``."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        if manner == "absent":
            yield address  # bound, so that nobody else takes it; nobody listens
            return
        listening.listen(64)

        def serve() -> None:
            told = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"manner": manner}), False)
            told.socket.close()
            told.socket = listening
            told.serve_forever()

        child = Child(serve)
        try:
            yield address
        finally:
            child.send(signal.SIGKILL)
            child.ended()
