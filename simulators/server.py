"""Starts all simulators in one process: one port for HTTP with a path for each, one for SMTP."""

import json
import logging
import threading
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from flask import Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from simulators.clock import Clock
from simulators.control import is_foreign_order
from simulators.mail.mailbox import MailSimulator
from simulators.sepay.bank import SepaySimulator
from simulators.settings import Settings
from simulators.simulator import HangUp, Simulator
from simulators.stripe.gateway import StripeSimulator
from simulators.viettelpost.carrier import ViettelPostSimulator

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_TICK_S = 0.5
_STATE_VERSION = 1
log = logging.getLogger("simulators")


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent: the journal of each simulator holds every call."""

    def connection_dropped(self, error: BaseException, environ: "WSGIEnvironment | None" = None) -> None:  # noqa: ARG002
        """Hang up for good: without this the server would wait for the next request on the same connection."""
        self.close_connection = True


class Simulators:
    """All simulators, running. Use as a context manager, or call ``stop``."""

    def __init__(self, settings: Settings) -> None:
        """Load what was saved and start to listen. Raises OSError when a port is taken."""
        self.settings = settings
        self.clock = Clock()
        self.viettelpost = ViettelPostSimulator(self.clock, settings)
        self.stripe = StripeSimulator(self.clock, settings)
        self.sepay = SepaySimulator(self.clock, settings)
        self.mail = MailSimulator(self.clock, settings)
        self.all: tuple[Simulator, ...] = (self.viettelpost, self.stripe, self.sepay, self.mail)
        self._stopping = threading.Event()
        self._saved_revisions: list[int] = []
        self._load()
        self._server = self._listen()
        self.url = f"http://{settings.host}:{self._server.server_port}"
        self.mail.start()
        self.smtp_port = self.mail.port
        for simulator in self.all:
            if simulator.webhooks is not None:
                simulator.webhooks.start()
        self._threads = [
            threading.Thread(target=self._server.serve_forever, name="http", daemon=True),
            threading.Thread(target=self._beat, name="beat", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        """Return the running simulators."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them."""
        self.stop()

    def stop(self) -> None:
        """Stop listening and sending, and save."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.mail.stop()
        for simulator in self.all:
            if simulator.webhooks is not None:
                simulator.webhooks.stop()
        for thread in self._threads:
            thread.join(timeout=3)
        self._save()

    def _listen(self) -> BaseWSGIServer:
        root = _root_app(self)
        mounts: dict[str, WSGIApplication] = {f"/{simulator.name}": simulator.app for simulator in self.all}
        app = HangUp(DispatcherMiddleware(root, mounts), self._stopping.wait)
        return make_server(self.settings.host, self.settings.port, app, threaded=True, request_handler=_QuietHandler)

    def _beat(self) -> None:
        while not self._stopping.wait(_TICK_S):
            for simulator in self.all:
                try:
                    simulator.tick()
                except Exception:  # a beat that dies would stop parcels for good
                    log.exception("the beat of %s failed", simulator.name)
            self._save()

    def _load(self) -> None:
        path = self.settings.state_path
        if path is None or not path.exists():
            return
        try:
            saved: dict[str, Any] = dict(json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError):
            log.warning("%s is not readable and is set aside", path.name)
            path.rename(path.with_suffix(".unreadable"))
            return
        if saved.get("version") != _STATE_VERSION:
            log.warning("%s comes from another version and is ignored", path.name)
            return
        self.clock.offset_s = float(saved["clock_offset_s"])
        for simulator in self.all:
            simulator.store.load(saved["simulators"].get(simulator.name, {}))
        self._saved_revisions = self._revisions()

    def _revisions(self) -> list[int]:
        return [simulator.store.revision for simulator in self.all] + [int(self.clock.offset_s)]

    def _save(self) -> None:
        path = self.settings.state_path
        revisions = self._revisions()
        if path is None or revisions == self._saved_revisions:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            file.write(f'{{"version":{_STATE_VERSION},"clock_offset_s":{self.clock.offset_s},"simulators":{{')
            for number, simulator in enumerate(self.all):
                file.write(f"{',' if number else ''}{json.dumps(simulator.name)}:")
                simulator.store.write(file)
            file.write("}}")
        draft.replace(path)
        self._saved_revisions = revisions


def _root_app(simulators: Simulators) -> Flask:
    """Build the front page and the style sheet that all pages share."""
    app = Flask("simulators.root", root_path=__file__.rsplit("/", 1)[0], static_url_path="/static")

    def front_page() -> ResponseReturnValue:
        return render_template("index.html", simulators=simulators)

    def reset_all() -> ResponseReturnValue:
        """Make all of them forget; a page goes back to where it came from, a program gets JSON."""
        if is_foreign_order():
            return {"error": "Control calls come from this page or from a program."}, HTTPStatus.FORBIDDEN
        for simulator in simulators.all:
            simulator.reset()
        return redirect("./", HTTPStatus.SEE_OTHER) if request.form else {"reset": True}

    def controls_of(name: str) -> ResponseReturnValue:
        """Lead to what a tester wants of a simulator: the bank's app, the mailbox, or the controls."""
        if name not in (simulator.name for simulator in simulators.all):
            abort(HTTPStatus.NOT_FOUND)
        return redirect(f"/{name}/" if name in ("sepay", "mail") else f"/{name}/__sim/")

    def healthz() -> ResponseReturnValue:
        return {"status": "ok", "smtp_port": simulators.smtp_port}

    app.add_url_rule("/", "front_page", front_page)
    app.add_url_rule("/__sim/", "front_page_again", front_page)
    app.add_url_rule("/__sim/<name>", "controls_of", controls_of, strict_slashes=False)
    app.add_url_rule("/__sim/reset", "reset_all", reset_all, methods=["POST"])
    app.add_url_rule("/healthz", "healthz", healthz)
    return app
