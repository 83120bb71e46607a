"""Viettel Post as a carrier."""

import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from logistics.adapters.viettelpost import translate
from logistics.adapters.viettelpost.client import Account, Answer, ViettelPostClient
from logistics.adapters.viettelpost.places import PlaceBook, PlaceUnknown
from logistics.errors import ForgedWebhook, UnreadableWebhook
from logistics.ports import (
    Booking,
    Done,
    Label,
    NotSent,
    ParcelSpec,
    Quote,
    RefusedByCarrier,
    Unknown,
    Unsupported,
    Word,
)

_SEND_BACK, _CANCEL = 2, 4
_A6 = 2
_LABEL_LIFETIME_S = 7 * 24 * 3600
#: Where labels are printed, for the two hosts of the partner API; a simulator prints on its own host.
_PRINT_HOSTS = {
    "partner.viettelpost.vn": "https://digitalize.viettelpost.vn",
    "partnerdev.viettelpost.vn": "https://digitalize.viettelpost.vn",
}
#: How the carrier says that our code is taken. It does not hand the waybill back: the webhook will bring it.
_DUPLICATE = "blocking create order"
_INCORRECT = "203"


class ViettelPost:
    """The adapter of ``logistics.ports.Carrier``.

    ``webhook_secret`` is agreed with the carrier out of band.
    """

    def __init__(self, account: Account, webhook_secret: str) -> None:
        """Prepare; nothing is called yet."""
        self._client = ViettelPostClient(account)
        self._places = PlaceBook(self._client)
        self._secret = webhook_secret
        host = urlsplit(account.base_url).hostname or ""
        self._print_url = _PRINT_HOSTS.get(host, account.base_url.rstrip("/"))

    @property
    def code(self) -> str:
        """Short name in our tables."""
        return translate.CARRIER

    @property
    def title(self) -> str:
        """Name for people."""
        return "Viettel Post"

    def quote(self, spec: ParcelSpec) -> Done[Sequence[Quote]] | RefusedByCarrier | Unknown | NotSent:
        """Ask for the price list, or for the exact price of ``spec.service`` (getPriceAll, getPrice)."""
        places = self._find_places(spec)
        if not isinstance(places, tuple):
            return places
        body = translate.price_fields(spec, *places)
        if not spec.service:
            answer = self._client.post("/v2/order/getPriceAll", body, is_bare=True)
            return Done(translate.read_price_list(answer.value)) if isinstance(answer, Done) else answer
        answer = self._client.post("/v2/order/getPrice", body)
        if not isinstance(answer, Done):
            return answer
        price = translate.read_price(answer.value, spec.service)
        return Done([price]) if price else Unknown("a price without MONEY_TOTAL")

    def create(self, reference: str, spec: ParcelSpec) -> Done[Booking] | RefusedByCarrier | Unknown | NotSent:
        """Book a parcel (createOrder with CHECK_UNIQUE).

        A parcel that stands under our code is not doubled.
        """
        places = self._find_places(spec)
        if not isinstance(places, tuple):
            return places if not isinstance(places, Unknown) else NotSent(places.reason)
        try:
            body = translate.order_fields(reference, spec, *places)
        except ValueError as error:
            return RefusedByCarrier(_INCORRECT, f"Incorrect data: {error}")
        answer = self._client.post("/v2/order/createOrder", body)
        if isinstance(answer, RefusedByCarrier) and answer.reason.lower().startswith(_DUPLICATE):
            return Done(Booking(waybill=None))
        if not isinstance(answer, Done):
            return answer
        booking = translate.read_booking(answer.value)
        return Done(booking) if booking else Unknown("an order without ORDER_NUMBER")

    def cancel(self, waybill: str, reason: str) -> Done[None] | RefusedByCarrier | Unknown | NotSent:
        """Call a parcel off (UpdateOrder, TYPE 4): before state 200, not while the postman carries it."""
        return self._update(_CANCEL, waybill, reason)

    def send_back(self, waybill: str, reason: str) -> Done[None] | RefusedByCarrier | Unknown | NotSent:
        """Approve the return of a parcel (UpdateOrder, TYPE 2): from state 505 only, nothing else is documented."""
        return self._update(_SEND_BACK, waybill, reason)

    def label(self, waybill: str) -> Done[Label] | RefusedByCarrier | Unknown | NotSent:
        """Fetch the address of an A6 label (printing-code); it works for a week."""
        expires = int(time.time()) + _LABEL_LIFETIME_S
        body = {"EXPIRY_TIME": expires * 1000, "ORDER_ARRAY": [waybill]}
        answer = self._client.post("/v2/order/printing-code", body)
        if not isinstance(answer, Done):
            return answer
        query = urlencode({"type": _A6, "bill": str(answer.value), "showPostage": 1})
        url = f"{self._print_url}/DigitalizePrint/report.do?{query}"
        return Done(Label("text/html", url=url, expires_at=datetime.fromtimestamp(expires, UTC)))

    def track(self, waybill: str) -> Unsupported:  # noqa: ARG002 - part of the port
        """Say that there is nothing to ask: the partner API documents no call for the state of an order."""
        return Unsupported()

    def check_webhook(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """Compare the secret (field TOKEN, or header Authorization) in constant time.

        Return the message's key.
        """
        given = headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            message = translate.read_message(body)
        except UnreadableWebhook:
            message = {}
        told = message.get("TOKEN")
        candidates = (given, told if isinstance(told, str) else "")
        secret = self._secret.encode()
        # Both are compared whatever the first one says, so that time tells nothing.
        is_known = [hmac.compare_digest(candidate.encode(errors="replace"), secret) for candidate in candidates]
        if not secret or not any(is_known):
            raise ForgedWebhook
        return translate.message_key(message, body)

    def read_webhook(self, body: bytes) -> Sequence[Word]:
        """Return the one word of a message, or none for a kind that is not about an order."""
        word = translate.read_word(translate.read_message(body))
        return [word] if word else []

    def _update(self, kind: int, waybill: str, reason: str) -> Done[None] | RefusedByCarrier | Unknown | NotSent:
        body = {"TYPE": kind, "ORDER_NUMBER": waybill, "NOTE": translate.clip(reason)}
        answer = self._client.post("/v2/order/UpdateOrder", body)
        return Done(None) if isinstance(answer, Done) else answer

    def _find_places(
        self, spec: ParcelSpec
    ) -> tuple[tuple[int, int, int], tuple[int, int, int]] | RefusedByCarrier | Unknown | NotSent:
        sender = self._find_place(self._places.find(spec.sender, "SENDER"))
        if not isinstance(sender, tuple):
            return sender
        recipient = self._find_place(self._places.find(spec.recipient, "RECEIVER"))
        if not isinstance(recipient, tuple):
            return recipient
        return sender, recipient

    @staticmethod
    def _find_place(
        found: tuple[int, int, int] | PlaceUnknown | Answer,
    ) -> tuple[int, int, int] | RefusedByCarrier | Unknown | NotSent:
        if isinstance(found, PlaceUnknown):
            return RefusedByCarrier(_INCORRECT, f"Invalid [{found.field}]")
        if isinstance(found, Done):
            return Unknown("a catalogue that makes no sense")
        return found
