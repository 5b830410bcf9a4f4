"""A page served to this machine alone, that follows the log of a run."""

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aurita.errors import AuritaError
from aurita.pictures.progress import read_progress

HOST = "127.0.0.1"
_NAMES = {"127.0.0.1", "localhost", "[::1]"}


def server(html: str, log: str | Path | None = None, port: int = 0) -> ThreadingHTTPServer:
    """A server of one page on the loopback address, not yet running.

    `/` is the page and `/progress?after=N` what the log says behind its first `N` bytes. Requests that name another
    host are refused, so that no page of the web can read the log through a name that leads here.

    Args:
        html: the page.
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

    class Handler(BaseHTTPRequestHandler):
        """Answers of this page."""

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            name = self.headers.get("Host", "").rsplit(":", 1)[0]
            if name not in _NAMES:
                self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"this page is for this machine alone")
            elif asked.path == "/":
                self._answer(HTTPStatus.OK, "text/html; charset=utf-8", html.encode())
            elif asked.path == "/progress" and log is not None:
                after = parse_qs(asked.query).get("after", ["0"])[0]
                records, following = read_progress(log, int(after) if after.isdecimal() else 0)
                self._answer(
                    HTTPStatus.OK, "application/json", json.dumps({"records": records, "next": following}).encode()
                )
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there is no such page")

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

    class Server(ThreadingHTTPServer):
        """Its threads end with the program."""

        daemon_threads = True

    try:
        return Server((HOST, port), Handler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AuritaError(f"cannot serve at {HOST}:{port}: {reason}; give another --port, or 0") from None
