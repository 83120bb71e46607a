"""The world outside on free ports: carrier, card gateway, bank and mail, and somebody who takes their webhooks.

>>> with running_simulators(tmp_path) as world:
...     settings = from_environment(world.env)
...     world.webhooks_to("http://127.0.0.1:5000")
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from simulators.server import Simulators
from simulators.settings import Settings

STRIPE_SECRET_KEY = "sk_test_so_bi_mat"
STRIPE_PUBLISHABLE_KEY = "pk_test_ai_cung_biet"
STRIPE_WEBHOOK_SECRET = "whsec_chi_hai_ben_biet"
VIETTELPOST_USERNAME, VIETTELPOST_PASSWORD = "choque", "mat-khau-buu-cuc"
VIETTELPOST_WEBHOOK_SECRET = "bi-mat-buu-cuc"
SEPAY_API_KEY = "khoa-ngan-hang"
BANK = {"SEPAY_BANK_BIN": "970436", "SEPAY_ACCOUNT_NUMBER": "0123456789", "SEPAY_ACCOUNT_NAME": "CHO QUE"}
#: A minute between two attempts takes ten milliseconds.
_RETRY_SCALE = 1 / 6000


@dataclass
class World:
    """Running simulators. ``simulators`` is the server itself, ``http`` a client that talks to it."""

    simulators: Simulators
    http: httpx.Client
    env: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where all of them answer."""
        return self.simulators.url

    def webhooks_to(self, url: str) -> None:
        """Send every webhook to ``url``/webhooks/<name> from now on, also those that waited."""
        for simulator in self.simulators.all:
            if simulator.webhooks is not None:
                simulator.webhooks.url = f"{url.rstrip('/')}/webhooks/{simulator.name}"
                simulator.webhooks.is_paused = False
                simulator.webhooks.poke()

    def get(self, name: str, path: str, **query: object) -> Any:
        """Ask the control surface of a simulator, for example ``get("viettelpost", "parcels", reference="DH-1")``."""
        answer = self.http.get(f"/{name}/__sim/{path}", params=query)  # type: ignore[arg-type]
        answer.raise_for_status()
        return answer.json()

    def order(self, name: str, path: str, **data: object) -> Any:
        """Give an order to the control surface, for example ``order("stripe", "faults", kind="500")``."""
        answer = self.http.post(f"/{name}/__sim/{path}", json=data)
        answer.raise_for_status()
        return answer.json()

    def deliveries(self, name: str) -> list[dict[str, Any]]:
        """Return the webhooks of a simulator, oldest first, sent or not."""
        return list(self.get(name, "webhooks")["deliveries"])

    def settle(self, name: str, *, everything: bool = False) -> bool:
        """Wait until nothing due is unsent; with ``everything`` retries and late ones go at once."""
        return bool(self.order(name, "webhooks/drain", timeout_seconds=10, everything=everything)["is_idle"])

    def letters(self, to: str = "") -> list[dict[str, Any]]:
        """Return letters, newest first."""
        return list(self.http.get("/mail/api/messages", params={"to": to}).json()["messages"])

    def reset(self) -> None:
        """Forget everything that happened; webhooks wait until ``webhooks_to`` says where they go."""
        for simulator in self.simulators.all:
            simulator.reset()
            if simulator.webhooks is not None:
                simulator.webhooks.is_paused = True


@contextmanager
def running_simulators(tmp_path: Path, *, state_name: str = "simulators.json", **changes: Any) -> Iterator[World]:
    """Run all simulators on free ports; their state lies in ``tmp_path``. Webhooks wait for ``webhooks_to``.

    ``changes`` replace fields of ``simulators.settings.Settings``.
    """
    wanted: dict[str, Any] = {
        "port": 0,
        "smtp_port": 0,
        "state_path": tmp_path / state_name,
        "webhook_timeout_s": 2.0,
        "retry_scale": _RETRY_SCALE,
        "viettelpost_username": VIETTELPOST_USERNAME,
        "viettelpost_password": VIETTELPOST_PASSWORD,
        "viettelpost_webhook_secret": VIETTELPOST_WEBHOOK_SECRET,
        "stripe_secret_key": STRIPE_SECRET_KEY,
        "stripe_publishable_key": STRIPE_PUBLISHABLE_KEY,
        "stripe_webhook_secret": STRIPE_WEBHOOK_SECRET,
        "sepay_api_key": SEPAY_API_KEY,
        "sepay_bank_bin": BANK["SEPAY_BANK_BIN"],
        "sepay_account_number": BANK["SEPAY_ACCOUNT_NUMBER"],
        "sepay_account_name": BANK["SEPAY_ACCOUNT_NAME"],
    }
    simulators = Simulators(Settings(**(wanted | changes)))
    for simulator in simulators.all:
        if simulator.webhooks is not None:
            simulator.webhooks.is_paused = True
    url = simulators.url
    env = {
        **BANK,
        "SIMULATORS_URL": url,
        "STRIPE_API_BASE": f"{url}/stripe",
        "STRIPE_JS_URL": f"{url}/stripe/v3/",
        "STRIPE_SECRET_KEY": STRIPE_SECRET_KEY,
        "STRIPE_PUBLISHABLE_KEY": STRIPE_PUBLISHABLE_KEY,
        "STRIPE_WEBHOOK_SECRET": STRIPE_WEBHOOK_SECRET,
        "VIETTELPOST_BASE_URL": f"{url}/viettelpost",
        "VIETTELPOST_USERNAME": VIETTELPOST_USERNAME,
        "VIETTELPOST_PASSWORD": VIETTELPOST_PASSWORD,
        "VIETTELPOST_WEBHOOK_SECRET": VIETTELPOST_WEBHOOK_SECRET,
        "SEPAY_API_KEY": SEPAY_API_KEY,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(simulators.smtp_port),
    }
    with simulators, httpx.Client(base_url=url, trust_env=False, timeout=15) as http:
        yield World(simulators, http, env)


@dataclass
class Call:
    """One webhook as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Somebody who takes webhooks and writes them down. ``answers`` are used up one by one before ``answer``."""

    url: str = ""
    answer: tuple[int, bytes] = (200, b'{"success": true}')
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, call: Call) -> tuple[int, bytes]:
        """Write a call down and say what it is answered with."""
        with self._lock:
            self.calls.append(call)
            return self.answers.pop(0) if self.answers else self.answer


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listen on a free port and write down every POST."""
    taken = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.title(): value for name, value in self.headers.items()}
            status, answer = taken.take(Call(self.path, headers, body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=3)
