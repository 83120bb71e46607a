"""What every simulator has: a store, faults, a journal of calls, webhooks, and a Flask app around them."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulators.clock import Clock
from simulators.faults import Faults
from simulators.journal import Journal, redact_body, redact_headers
from simulators.store import Json, Store
from simulators.webhooks import WebhookSender

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Set by a fault on an answer that must never arrive: seconds of silence before hanging up.
HANG_UP_HEADER = "X-Sim-Hang-Up"
_CONTROL = "/__sim"
_MAX_BODY = 8 * 1024 * 1024
#: Pages of a simulator load nothing from elsewhere.
_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'self'"
)


class Simulator(ABC):
    """One outside system. Subclasses add their protocol to ``app`` and their own controls."""

    #: First part of the path, for example ``viettelpost``.
    name: str
    #: What the control page calls it, in Vietnamese.
    title: str
    webhooks: WebhookSender | None = None

    def __init__(self, clock: Clock) -> None:
        """Build the app with its journal and fault hooks."""
        self.clock = clock
        self.store = Store()
        self.faults = Faults()
        self.journal = Journal()
        #: Pages for people who test; no fault hits them and the journal leaves them out.
        self._pages: set[str] = set()
        self.app = Flask(
            f"simulators.{self.name}", root_path=str(_package_dir()), static_folder=None, template_folder="templates"
        )
        self.app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY
        self.app.json.ensure_ascii = False  # type: ignore[attr-defined]
        self.app.json.sort_keys = False  # type: ignore[attr-defined]
        self.app.jinja_env.trim_blocks = True
        self.app.jinja_env.lstrip_blocks = True
        self.app.jinja_env.filters["local_time"] = clock.local_text
        self.app.before_request(self._before)
        self.app.after_request(self._after)

    @abstractmethod
    def fault_answer(self, kind: str) -> ResponseReturnValue:
        """Word the fault "500", "429" or "expired_token" as this outside system does."""

    def tick(self) -> None:  # noqa: B027 - most of them do nothing by themselves
        """Do what happens by itself; called about twice a second."""

    def reset(self) -> None:
        """Forget everything."""
        self.store.clear()
        self.faults.clear()
        self.journal.clear()
        if self.webhooks is not None:
            self.webhooks.clear_faults()
            self.webhooks.is_paused = False

    def operations(self) -> list[str]:
        """Return the names of the operations that faults can be ordered for."""
        rules = self.app.url_map.iter_rules()
        return sorted({rule.endpoint for rule in rules if not rule.rule.startswith(_CONTROL)} - self._pages)

    def serve(self, path: str, view: Callable[..., ResponseReturnValue], operation: str, *methods: str) -> None:
        """Add a path of the protocol under the name that faults and the journal use."""
        self.app.add_url_rule(path, endpoint=operation, view_func=view, methods=list(methods) or ["GET"])

    def serve_page(self, path: str, view: Callable[..., ResponseReturnValue], name: str, *methods: str) -> None:
        """Add a page for people, beside the protocol."""
        self._pages.add(name)
        self.serve(path, view, name, *methods)

    def _is_beside_the_protocol(self) -> bool:
        """Say whether this is a call of the tester, or a browser that asks before it calls."""
        is_control = request.path.startswith(_CONTROL)
        return is_control or request.method == "OPTIONS" or request.endpoint in self._pages

    def _before(self) -> ResponseReturnValue | None:
        g.started = time.monotonic()
        if self._is_beside_the_protocol():
            return None
        g.asked = request.get_data(cache=True, as_text=True)
        g.fault = self.faults.take(request.endpoint or "")
        if g.fault is None:
            return None
        if g.fault.kind == "timeout_before":
            return _hang_up(g.fault.seconds)
        if g.fault.kind in ("500", "429", "expired_token"):
            return self.fault_answer(g.fault.kind)
        return None

    def _after(self, response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _CSP)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if self._is_beside_the_protocol():
            return response
        fault = g.get("fault")
        if fault is not None:
            response = self._spoil(response, fault.kind, fault.seconds)
        answer = "" if response.direct_passthrough else response.get_data(as_text=True)
        self.journal.write({
            "at": self.clock.epoch(), "operation": request.endpoint or "", "method": request.method,
            "path": request.path, "query": redact_body(request.query_string.decode("utf-8", "replace")),
            "headers": redact_headers(request.headers.items()), "body": redact_body(g.get("asked", "")),
            "status": response.status_code, "answer": redact_body(answer),
            "fault": fault.kind if fault else None, "ms": round((time.monotonic() - g.started) * 1000),
        })  # fmt: skip
        return response

    def _spoil(self, response: Response, kind: str, seconds: float) -> Response:
        if kind == "timeout_after":
            response.headers[HANG_UP_HEADER] = str(seconds)
        elif kind == "drop_after":
            response.headers[HANG_UP_HEADER] = "0"
        elif kind == "slow":
            time.sleep(seconds)
        elif kind == "500_after":
            return self.app.make_response(self.fault_answer("500"))
        return response


class HangUp:
    """WSGI layer that keeps an answer back and drops the connection when a fault says so."""

    def __init__(self, app: "WSGIApplication", wait: Callable[[float], object]) -> None:
        """Wrap an app; ``wait`` sleeps, and ends early when the simulators stop."""
        self._app = app
        self._wait = wait

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve a request. Raises ConnectionAbortedError, which the server takes for a dropped connection."""
        silence: list[float] = []

        def watch(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            silence.extend(float(value) for name, value in headers if name == HANG_UP_HEADER)
            return start_response(status, headers, exc_info)

        body = self._app(environ, watch)
        if silence:
            self._wait(silence[0])
            raise ConnectionAbortedError
        return body


def read_input() -> Json:
    """Return what a control call carries, as JSON or as a form. Raises 400 when it is neither."""
    if request.is_json:
        data = request.get_json()
        if not isinstance(data, dict):
            raise HTTPException(response=Response("a JSON object is expected", 400))
        return data
    return {key: value.strip() for key, value in request.form.items()}


def _hang_up(seconds: float) -> Response:
    return Response("", 504, {HANG_UP_HEADER: str(seconds)})


def _package_dir() -> str:
    return __file__.rsplit("/", 1)[0]
