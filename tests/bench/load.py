"""A small load client: a few visitors, each asking again as soon as the answer is there (a closed loop)."""

import socket
import statistics
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for. ``cookie`` is the browser's session; empty for somebody signed out."""

    name: str
    url: str
    cookie: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over rounds: answers a second and milliseconds for one; ``size`` is the body in bytes."""

    per_second: float
    milliseconds: float
    size: int


class Visitor:
    """One connection that is kept open. Packing is not asked for, so both sides send their pages as they are."""

    def __init__(self, page: Page) -> None:
        parts = urlsplit(page.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}"]
        if page.cookie:
            lines.append(f"Cookie: {page.cookie}")
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self._line = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=30)
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._name = page.name

    def ask(self) -> int:
        """Ask once; return the size of the answer's body."""
        self._line.sendall(self._request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            message = f"{self._name}: {head[:60]!r}"
            raise RuntimeError(message)
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        size = len(body)
        while size < length:
            size += len(self._receive())
        return length

    def _receive(self) -> bytes:
        chunk = self._line.recv(262_144)
        if not chunk:
            message = f"{self._name}: the server hung up"
            raise ConnectionError(message)
        return chunk

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def one_round(page: Page, *, visitors: int, seconds: float) -> Measured:
    """Let some visitors ask for a while."""
    times: list[list[float]] = [[] for _ in range(visitors)]
    sizes: list[int] = []
    until = time.perf_counter() + seconds

    def visit(mine: list[float]) -> None:
        visitor = Visitor(page)
        try:
            while (start := time.perf_counter()) < until:
                sizes.append(visitor.ask())
                mine.append(time.perf_counter() - start)
        finally:
            visitor.close()

    threads = [threading.Thread(target=visit, args=(mine,)) for mine in times]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    every = [one for mine in times for one in mine]
    return Measured(len(every) / took, statistics.median(every) * 1000, max(sizes))


def in_turns(first: Page, second: Page, *, rounds: int, visitors: int, seconds: float) -> tuple[Measured, Measured]:
    """Measure two pages in alternating rounds, so that a slow moment of the machine strikes both."""
    for page in (first, second):
        one_round(page, visitors=visitors, seconds=0.3)
    found: tuple[list[Measured], list[Measured]] = ([], [])
    for _ in range(rounds):
        for page, into in zip((first, second), found, strict=True):
            into.append(one_round(page, visitors=visitors, seconds=seconds))
    one, other = (
        Measured(
            statistics.median(each.per_second for each in rows),
            statistics.median(each.milliseconds for each in rows),
            rows[-1].size,
        )
        for rows in found
    )
    return one, other
