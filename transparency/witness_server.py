"""The HTTP face of a witness: ``POST /add-checkpoint`` and ``GET /<hash of a log's name>/checkpoint``."""

import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from transparency.witness import MAX_BODY_BYTES, Refusal, Witness

_TEXT = "text/plain; charset=utf-8"
_MONITOR = re.compile(r"/([0-9a-f]{64})/checkpoint")


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness. Put a proxy with TLS before it."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = witness


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept open between requests."""

    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "witness"
    sys_version = ""
    #: Seconds that a silent caller may hold a thread.
    timeout = 15

    def do_POST(self) -> None:
        """Cosign, or say why not."""
        length = self.headers.get("Content-Length", "")
        if self.path.rstrip("/") != "/add-checkpoint":
            self._answer(404, "there is only /add-checkpoint\n", close=True)
        elif not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self._answer(400, f"a body of at most {MAX_BODY_BYTES} bytes is expected\n", close=True)
        else:
            body = self.rfile.read(int(length))
            try:
                self._answer(200, self.server.witness.add_checkpoint(body, int(time.time())))
            except Refusal as refusal:
                self._answer(refusal.status, refusal.text, refusal.content_type)

    def do_GET(self) -> None:
        """Show the last cosigned checkpoint of a log, or the witness's key."""
        asked = _MONITOR.fullmatch(self.path)
        note = self.server.witness.find_note(asked[1]) if asked else None
        if self.path == "/":
            self._answer(200, f"{self.server.witness.verifier.to_text()}\n")
        elif note is None:
            self._answer(404, "nothing was cosigned under this name\n")
        else:
            self._answer(200, note)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Write no line for each request: a log asks every second."""

    def _answer(self, status: int, text: str, content_type: str = _TEXT, *, close: bool = False) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
