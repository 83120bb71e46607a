"""An SMTP server that keeps every letter, and a mailbox page to read them."""

import asyncio
import email
import email.policy
import re
import socket
from email.message import EmailMessage
from html import unescape
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from simulators.clock import Clock
from simulators.control import add_controls
from simulators.settings import Settings
from simulators.simulator import Simulator
from simulators.store import Json

_SHOWN = 200
#: Faults in the words of SMTP (RFC 5321, 4.2): 4xx asks to come back later, 5xx is for good.
_REFUSALS = {
    "429": "451 Too many messages, slow down",
    "500": "550 Mailbox unavailable",
    "expired_token": "530 Authentication required",
}
_KEPT_BUT_REFUSED = "451 Local error in processing"
_SILENT = ("timeout_before", "timeout_after", "slow")
_HANG_UP = ("timeout_before", "timeout_after", "drop_after")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
#: Links of a letter open a page of their own, as mail programs do; inside the frame nothing could follow them.
_OPEN_OUTSIDE = '<base target="_blank">'
_LETTER_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


class MailSimulator(Simulator):
    """One mail server that every address leads to."""

    name = "mail"
    title = "Hộp thư"

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Prepare; ``start`` begins to listen."""
        super().__init__(clock)
        self._host = settings.host
        self._controller: Controller | None = None
        self.port = settings.smtp_port
        self.serve_page("/", self._list, "mailbox", "GET")
        self.serve_page("/api/messages", self._messages, "messages", "GET")
        self.serve_page("/api/messages", self._clear, "clear_messages", "DELETE")
        self.serve_page("/<number>", self._letter, "letter", "GET")
        self.serve_page("/<number>/html", self._html, "letter_html", "GET")
        self.serve_page("/<number>/text", self._text, "letter_text", "GET")
        self.serve_page("/clear", self._clear, "clear", "POST")
        self.app.register_blueprint(add_controls(self))

    def start(self) -> None:
        """Listen for letters. Raises OSError when the port is taken."""
        if self.port == 0:
            self.port = _free_port(self._host)
        self._controller = Controller(_Taker(self), hostname=self._host, port=self.port, ready_timeout=10)
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def fault_answer(self, kind: str) -> ResponseReturnValue:
        """Faults of mail are refusals in SMTP; this one is for its pages."""
        return {"error": kind}, 500

    def keep(self, sender: str, recipients: list[str], content: bytes) -> None:
        """Put a letter into the mailbox."""
        message = email.message_from_bytes(content, policy=email.policy.default)
        number = str(self.store.next_number("mail"))
        self.store.put("mails", number, {
            "id": number, "at": self.clock.epoch(), "sender": sender, "to": recipients,
            "subject": str(message.get("Subject", "")), "message_id": str(message.get("Message-ID", "")),
            "text": _part(message, "plain"), "html": _part(message, "html"),
        })  # fmt: skip

    def operations(self) -> list[str]:
        """Return what faults can be ordered for: taking letters."""
        return [*super().operations(), "smtp"]

    def _rows(self) -> list[Json]:
        wanted = request.args.get("to", "").strip().lower()
        rows = [
            row for row in reversed(self.store.list_rows("mails")) if not wanted or wanted in map(str.lower, row["to"])
        ]
        return rows[:_SHOWN]

    def _list(self) -> ResponseReturnValue:
        return render_template("mail/mailbox.html", rows=self._rows(), wanted=request.args.get("to", ""))

    def _messages(self) -> ResponseReturnValue:
        return jsonify({"messages": [{**row, "links": list_links(row)} for row in self._rows()]})

    def _letter(self, number: str) -> ResponseReturnValue:
        return render_template("mail/letter.html", row=self._find(number))

    def _html(self, number: str) -> ResponseReturnValue:
        row = self._find(number)
        page = _with_base(row["html"])
        return Response(page, mimetype="text/html", headers={"Content-Security-Policy": _LETTER_CSP})

    def _text(self, number: str) -> ResponseReturnValue:
        page = render_template("mail/text.html", row=self._find(number))
        return Response(page, mimetype="text/html", headers={"Content-Security-Policy": _LETTER_CSP})

    def _clear(self) -> ResponseReturnValue:
        self.store.clear("mails")
        return redirect(f"{request.script_root}/", 303) if request.form else {"messages": []}

    def _find(self, number: str) -> Json:
        row = self.store.find("mails", number)
        return row if row is not None else abort(404)


class _Taker:
    """What aiosmtpd calls for each letter."""

    def __init__(self, mail: MailSimulator) -> None:
        self._mail = mail

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        fault = self._mail.faults.take("smtp")
        kind = fault.kind if fault else ""
        if kind in _REFUSALS:
            return _REFUSALS[kind]
        if kind != "timeout_before":
            content: Any = envelope.original_content or envelope.content or b""
            self._mail.keep(envelope.mail_from or "", list(envelope.rcpt_tos), bytes(content))
        if fault is not None and kind in _SILENT:
            await asyncio.sleep(fault.seconds)
        if kind in _HANG_UP and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return _KEPT_BUT_REFUSED if kind == "500_after" else "250 OK"


def list_links(row: Json) -> list[str]:
    """Return the addresses in a letter, in order, each once: those of its HTML, then those of its text."""
    found = [unescape(link) for link in _ADDRESS.findall(row["html"])] + _ADDRESS.findall(row["text"])
    return list(dict.fromkeys(link.rstrip(".,;:)") for link in found))


def _with_base(page: str) -> str:
    """Put the target of links into the head of a letter, or before everything when it has none."""
    head = re.search(r"<head[^>]*>", page, re.IGNORECASE)
    at = head.end() if head else 0
    return f"{page[:at]}{_OPEN_OUTSIDE}{page[at:]}"


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])
