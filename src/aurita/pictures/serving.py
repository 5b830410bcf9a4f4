"""A page served to this machine alone, that follows the log of a run."""

import ipaddress
import json
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aurita._typing import PyTree
from aurita.errors import AuritaError
from aurita.pictures.progress import read_progress

HOST = "127.0.0.1"
SECONDS = 10.0
"""How long a client may take to say what it wants, and to take the answer."""
MOST_CLIENTS = 32
"""Clients that are answered at once; others wait, and those that wait too long are let go."""

_MOST_DIGITS = 18


def server(html: str, log: str | Path | None = None, port: int = 0) -> ThreadingHTTPServer:
    """A server of one page on the loopback address, not yet running.

    `/` is the page and `/progress?after=N` what the log holds after its first `N` bytes. Requests that name another
    host are refused, so that no page of the web can read the log through a name that leads here. Clients that say
    nothing, or leave before they are answered, cost a thread for a few seconds, of which there is a bounded number.

    Args:
        log: path of the log; it need not be there yet.
        port: 0 for a free one, which `server_address` tells.

    Raises:
        AuritaError: the port is taken, or may not be used.

    Example:
        >>> running = server("<p>aurita</p>")
        >>> running.server_address[0]
        '127.0.0.1'
        >>> running.server_close()
    """

    class Handler(_Handler):
        """Answers of this page."""

        page = html.encode("utf-8", "backslashreplace")
        followed = log

    try:
        return _Server((HOST, port), Handler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AuritaError(f"cannot serve at {HOST}:{port}: {reason}; give another --port, or 0") from None


class _Handler(BaseHTTPRequestHandler):
    """Answers to requests; what is wrong with one goes to the client that made it, and to nobody else."""

    timeout = SECONDS
    page: bytes
    followed: str | Path | None

    def do_GET(self) -> None:
        try:
            asked = urlsplit(self.path)
            queries = parse_qs(asked.query, max_num_fields=10)
        except ValueError:
            self._answer(HTTPStatus.BAD_REQUEST, "text/plain", b"this is no address")
            return
        if not is_here(self.headers.get_all("Host", [])):
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"this page is for this machine alone")
        elif asked.path == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", self.page)
        elif asked.path == "/progress" and self.followed is not None:
            self._progress(queries.get("after", ["0"])[0])
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there is no such page")

    def _progress(self, after: str) -> None:
        assert self.followed is not None
        known = int(after) if after.isascii() and after.isdecimal() and len(after) <= _MOST_DIGITS else 0
        try:
            records, following = read_progress(self.followed, known)
        except AuritaError as error:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", str(error).encode("utf-8", "replace"))
            return
        body = json.dumps({"records": records, "next": following}).encode()
        self._answer(HTTPStatus.OK, "application/json", body)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


class _Server(ThreadingHTTPServer):
    """A bounded number of threads, which end with the program; broken connections are nobody's business."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: PyTree) -> None:
        self._free = threading.BoundedSemaphore(MOST_CLIENTS)
        super().__init__(*arguments)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: PyTree) -> None:
        # Never for long: the loop that accepts has to see that it is to end.
        if not self._free.acquire(timeout=0.25):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: PyTree
    ) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: PyTree) -> None:
        """Say nothing: a client has left, or has sent what is no request."""


def is_here(hosts: list[str]) -> bool:
    """Whether a request names this machine as its host, once, in any way of writing it.

    Example:
        >>> is_here(["LOCALHOST:8765"]), is_here(["[::1]"]), is_here(["evil.example:8765"]), is_here([])
        (True, True, False, False)
    """
    if len(hosts) != 1:
        return False
    try:
        parts = urlsplit(f"//{hosts[0].strip()}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if name is None or parts.path or parts.query or parts.fragment or parts.username is not None:
        return False
    if name.rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
