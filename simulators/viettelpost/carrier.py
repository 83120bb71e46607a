"""The partner API itself: paths, envelope and quirks of Viettel Post."""

import hmac
import math
import secrets
from collections.abc import Callable
from functools import wraps

import segno
from flask import Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from simulators.clock import Clock
from simulators.settings import Settings
from simulators.simulator import Simulator
from simulators.store import Json
from simulators.viettelpost import control, states
from simulators.viettelpost.barcode import code128_svg
from simulators.viettelpost.orders import (
    TOKEN_REFUSED,
    Refusal,
    check_note,
    check_order,
    price_journey,
    read_journey,
)
from simulators.viettelpost.parcels import ParcelBook, full_address
from simulators.viettelpost.places import Place, catalogue
from simulators.viettelpost.prices import EXTRAS, SERVICES, list_prices
from simulators.viettelpost.states import Step
from simulators.viettelpost.tokens import Tokens
from simulators.webhooks import Protocol, WebhookSender, to_wire

#: Five retries; the carrier does not say how far apart.
_RETRY_DELAYS_S = (60.0, 120.0, 300.0, 600.0, 1800.0)
_MAX_PRINTED = 100
_PAPER = {"1": "a5", "2": "a6", "100": "a7", "1001": "a7"}


class ViettelPostSimulator(Simulator):
    """One partner account with its addresses, parcels and webhook."""

    name = "viettelpost"
    title = "Viettel Post"
    webhooks: WebhookSender

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Build the carrier with the account from the settings."""
        super().__init__(clock)
        self._account = (settings.viettelpost_username, settings.viettelpost_password)
        self.webhook_secret = settings.viettelpost_webhook_secret
        #: Some accounts get the secret in the header Authorization as well.
        self.has_authorization_header = False
        self._automatic_at_start_s = settings.viettelpost_automatic_s
        self.tokens = Tokens(self.store)
        self.webhooks = WebhookSender(
            store=self.store, clock=clock, url=settings.viettelpost_webhook_url,
            protocol=Protocol(self._sign, _RETRY_DELAYS_S), timeout_s=settings.webhook_timeout_s,
            retry_scale=settings.retry_scale,
        )  # fmt: skip
        self.parcels = ParcelBook(self.store, clock, self.webhooks)
        self._add_routes()
        self.app.register_blueprint(control.build(self))

    def reset(self) -> None:
        """Forget all parcels and go back to how the process started."""
        super().reset()
        self.has_authorization_header = False

    @property
    def automatic_s(self) -> float:
        """Return the seconds between two steps of a parcel that moves by itself; 0 when none does."""
        row = self.store.find("settings", "automatic")
        return float(row["seconds"]) if row else self._automatic_at_start_s

    @automatic_s.setter
    def automatic_s(self, seconds: float) -> None:
        self.store.put("settings", "automatic", {"seconds": seconds})

    def tick(self) -> None:
        """Move parcels by themselves when that is switched on."""
        if self.automatic_s > 0:
            self.parcels.move_due(self.automatic_s)

    def fault_answer(self, kind: str) -> ResponseReturnValue:
        """Word faults as the carrier does: an expired token is HTTP 200."""
        if kind == "expired_token":
            return envelope(TOKEN_REFUSED, "Token invalid or expired")
        if kind == "429":
            return envelope(429, "Too many requests"), 429
        return envelope(500, "System error"), 500

    def _sign(self, data: Json, is_forged: bool, _now: float) -> tuple[dict[str, str], bytes]:
        secret = secrets.token_hex(8) if is_forged else self.webhook_secret
        headers = {"Content-Type": "application/json", "User-Agent": "ViettelPost-Simulator"}
        if self.has_authorization_header:
            headers["Authorization"] = secret
        return headers, to_wire({"DATA": data, "TOKEN": secret})

    def _add_routes(self) -> None:
        post, get = "POST", "GET"
        self.serve("/v2/user/Login", self._guard(self._login, None), "Login", post)
        self.serve("/v2/user/ownerconnect", self._guard(self._login_long, "any"), "ownerconnect", post)
        self.serve("/v2/user/LoginVTP", self._guard(self._login_portal, None), "LoginVTP", post)
        self.serve("/v2/user/listInventory", self._guard(self._list_inventory, "long"), "listInventory", get)
        self.serve(
            "/v2/user/registerInventory", self._guard(self._register_inventory, "long"), "registerInventory", post
        )
        self.serve("/v2/categories/listProvinceById", self._guard(self._provinces, None), "listProvinceById", get)
        self.serve("/v2/categories/listDistrict", self._guard(self._districts, None), "listDistrict", get)
        self.serve("/v2/categories/listWards", self._guard(self._wards, None), "listWards", get)
        self.serve("/v3/categories/listProvinceNew", self._guard(self._provinces_new, None), "listProvinceNew", get)
        self.serve("/v3/categories/listWardsNew", self._guard(self._wards_new, None), "listWardsNew", get)
        self.serve("/v2/categories/listService", self._guard(self._services, "any"), "listService", post)
        self.serve("/v2/categories/listServiceExtra", self._guard(self._extras, "any"), "listServiceExtra", get)
        self.serve("/v2/order/getPriceAll", self._guard(self._price_all, "any"), "getPriceAll", post)
        self.serve("/v2/order/getPriceAllNlp", self._guard(self._price_all_text, "any"), "getPriceAllNlp", post)
        self.serve("/v2/order/getPrice", self._guard(lambda: self._price(is_text=False), "any"), "getPrice", post)
        self.serve("/v2/order/getPriceNlp", self._guard(lambda: self._price(is_text=True), "any"), "getPriceNlp", post)
        self.serve(
            "/v2/order/createOrder", self._guard(lambda: self._create(is_text=False), "long"), "createOrder", post
        )
        self.serve(
            "/v2/order/createOrderNlp", self._guard(lambda: self._create(is_text=True), "long"), "createOrderNlp", post
        )
        self.serve("/v2/order/edit", self._guard(self._edit, "long"), "edit", post)
        self.serve("/v2/order/UpdateOrder", self._guard(self._update, "long"), "UpdateOrder", post)
        self.serve("/v2/order/printing-code", self._guard(self._printing_code, "long"), "printing-code", post)
        self.serve("/v2/order/encryptLinkPrint", self._guard(self._printing_code, "long"), "encryptLinkPrint", post)
        self.serve("/DigitalizePrint/report.do", self._label, "label", get)

    def _guard(self, view: Callable[[], ResponseReturnValue], needs: str | None) -> Callable[[], ResponseReturnValue]:
        """Check the token ("any", "long" or None) and put every refusal into the envelope, HTTP 200."""

        @wraps(view)
        def guarded() -> ResponseReturnValue:
            try:
                if needs is not None:
                    self._check_token(needs)
                with self.store.lock:
                    return view()
            except Refusal as refusal:
                return envelope(refusal.status, refusal.message)

        return guarded

    def _check_token(self, needs: str) -> None:
        token = request.headers.get("Token", "")
        if not token:
            raise Refusal("Header Token is required", TOKEN_REFUSED)
        kind = self.tokens.check(token, self.clock.epoch())
        if kind is None:
            raise Refusal("Token invalid or expired", TOKEN_REFUSED)
        if needs == "long" and kind != "long":
            raise Refusal("Token invalid", TOKEN_REFUSED)

    # Accounts

    def _login(self, kind: str = "short") -> ResponseReturnValue:
        data = read_json()
        given = f"{data.get('USERNAME')}\n{data.get('PASSWORD')}"
        if not hmac.compare_digest(given.encode(), "\n".join(self._account).encode()):
            raise Refusal("Invalid owner account or password!")
        return self._token(kind)

    def _login_long(self) -> ResponseReturnValue:
        return self._login("long")

    def _login_portal(self) -> ResponseReturnValue:
        if not str(read_json().get("token") or ""):
            raise Refusal("Token invalid", TOKEN_REFUSED)
        return self._token("long")

    def _token(self, kind: str) -> ResponseReturnValue:
        token, expires_ms = self.tokens.issue(self._account[0], kind, self.clock.epoch())
        return ok({
            "userId": 7_310_001, "token": token, "partner": 7_310_001, "phone": "0900000000", "postcode": None,
            "expired": expires_ms, "encrypted": None, "source": 5,
        })  # fmt: skip

    def _list_inventory(self) -> ResponseReturnValue:
        return ok(self.store.list_rows("inventories"))

    def _register_inventory(self) -> ResponseReturnValue:
        data = read_json()
        ids = [int(data.get(name) or 0) for name in ("PROVINCE_ID", "DISTRICT_ID", "WARDS_ID")]
        if catalogue().find(ids[0], ids[1], ids[2]) is None:
            raise Refusal("Incorrect data: WARDS_ID")
        for field in ("PHONE", "NAME", "ADDRESS"):
            check_note(data.get(field))
        number = 16_300_000 + self.store.next_number("inventory")
        self.store.put("inventories", str(number), {
            "groupaddressId": number, "cusId": 7_310_001, "name": data.get("NAME"), "phone": data.get("PHONE"),
            "address": data.get("ADDRESS"), "provinceId": ids[0], "districtId": ids[1], "wardsId": ids[2],
        })  # fmt: skip
        return ok(self.store.list_rows("inventories"))

    # Catalogues

    def _provinces(self) -> ResponseReturnValue:
        wanted = request.args.get("provinceId", -1, int)
        return ok([
            {"PROVINCE_ID": one.id, "PROVINCE_CODE": one.code, "PROVINCE_NAME": one.name}
            for one in catalogue().provinces.values() if wanted in (-1, one.id)
        ])  # fmt: skip

    def _districts(self) -> ResponseReturnValue:
        return ok([
            {"DISTRICT_ID": one.id, "DISTRICT_VALUE": one.value, "DISTRICT_NAME": one.name.upper(),
             "PROVINCE_ID": one.province_id}
            for one in catalogue().list_districts(request.args.get("provinceId", -1, int))
        ])  # fmt: skip

    def _wards(self) -> ResponseReturnValue:
        return ok([
            {"WARDS_ID": one.id, "WARDS_NAME": one.name.upper(), "DISTRICT_ID": one.district_id}
            for one in catalogue().list_wards(request.args.get("districtId", -1, int))
        ])  # fmt: skip

    def _provinces_new(self) -> ResponseReturnValue:
        return ok([
            {"PROVINCE_ID": one.id, "PROVINCE_CODE": one.code, "PROVINCE_NAME": one.full_name}
            for one in catalogue().provinces.values()
        ])  # fmt: skip

    def _wards_new(self) -> ResponseReturnValue:
        province = catalogue().provinces.get(request.args.get("provinceId", 0, int))
        wards = catalogue().list_wards(province.new_district_id) if province else []
        return ok([{"WARDS_ID": one.id, "WARDS_NAME": one.name, "PROVINCE_ID": one.province_id} for one in wards])

    def _services(self) -> ResponseReturnValue:
        return ok([{"SERVICE_CODE": one.code, "SERVICE_NAME": one.name} for one in SERVICES])

    def _extras(self) -> ResponseReturnValue:
        return ok(extra_services())

    # Prices

    def _price_all(self) -> ResponseReturnValue:
        """Answer a bare array, without the envelope."""
        return jsonify(self._price_list(is_text=False)[1])

    def _price_all_text(self) -> ResponseReturnValue:
        """Answer a bare object, without the envelope."""
        places, rows = self._price_list(is_text=True)
        return jsonify({"SENDER_ADDRESS": places[0], "RECEIVER_ADDRESS": places[1], "RESULT": rows})

    def _price_list(self, *, is_text: bool) -> tuple[list[Json], list[Json]]:
        data = read_json()
        journey = read_journey(data, is_text=is_text)
        prices = list_prices(
            journey.sender.province, journey.receiver.province,
            weight_g=journey.weight_g, volume_g=journey.volume_g, cod=journey.cod,
        )  # fmt: skip
        if not prices or data.get("TYPE", 1) != 1:
            raise Refusal("Price does not apply to this itinerary!", 204)
        rows = [
            {
                "MA_DV_CHINH": price.service.code, "TEN_DICHVU": price.service.name, "GIA_CUOC": price.listed,
                "THOI_GIAN": f"{price.hours} giờ", "EXCHANGE_WEIGHT": price.exchange_weight_g,
                "EXTRA_SERVICE": extra_services(),
            }
            for price in prices
        ]  # fmt: skip
        return [_understood(journey.sender), _understood(journey.receiver)], rows

    def _price(self, *, is_text: bool) -> ResponseReturnValue:
        data = read_json()
        if data.get("NATIONAL_TYPE", 1) != 1:
            raise Refusal("Price does not apply to this itinerary!", 204)
        return ok(price_journey(data, read_journey(data, is_text=is_text)).as_fields())

    # Orders

    def _create(self, *, is_text: bool) -> ResponseReturnValue:
        data = read_json()
        groups = {int(row["groupaddressId"]) for row in self.store.list_rows("inventories")}
        order, journey, price = check_order(data, is_text=is_text, known_groups=groups)
        if data.get("CHECK_UNIQUE") is True and self.parcels.has_live(order["ORDER_NUMBER"]):
            # The trap of this carrier: the duplicate is blocked, but the old waybill is not handed back.
            raise Refusal("Blocking create order: ORDER_NUMBER already exists on the system")
        parcel = self.parcels.create(order, journey.sender, journey.receiver, price)
        place = parcel["receiver"]
        answer = {
            "ORDER_NUMBER": parcel["waybill"], "MONEY_COLLECTION": order["MONEY_COLLECTION"], **price.as_fields(),
            "RECEIVER_PROVINCE": place["province_id"], "RECEIVER_DISTRICT": place["district_id"],
            "RECEIVER_WARD": place["ward_id"],
        }  # fmt: skip
        answer.pop("MONEY_TOTAL_OLD")
        if data.get("ENABLE_SORT_CODE"):
            answer["SORT_CODE"] = sort_code(parcel)
        return ok(answer)

    def _edit(self) -> ResponseReturnValue:
        data = read_json()
        parcel = self._parcel(data)
        if parcel["status"] >= states.ACCEPTED or parcel["status"] == states.CANCELLED:
            raise Refusal("Order status does not allow this change")
        changes = {key: value for key, value in data.items() if key != "ORDER_NUMBER"}
        is_text = "SENDER_PROVINCE" not in parcel["order"]
        groups = {int(row["groupaddressId"]) for row in self.store.list_rows("inventories")}
        order, journey, price = check_order({**parcel["order"], **changes}, is_text=is_text, known_groups=groups)
        self.parcels.rewrite(parcel, order, journey.sender, journey.receiver, price)
        return ok(
            {"ORDER_NUMBER": parcel["waybill"], "MONEY_COLLECTION": order["MONEY_COLLECTION"], **price.as_fields()}
        )

    def _update(self) -> ResponseReturnValue:
        data = read_json()
        parcel = self._parcel(data)
        check_note(data.get("NOTE"))
        status, action = parcel["status"], data.get("TYPE")
        match action:
            case 1 if status in (-100, states.CREATED):
                self.parcels.enter(parcel, Step(103), states.steps_after("happy", 103))
            case 2 if status == states.RETURN_ASKED:
                self.parcels.enter(parcel, Step(states.RETURN_APPROVED), states.RETURN_TAIL)
            case 3 if status in (states.RETURN_ASKED, 506, 507, 510):
                self.parcels.enter(parcel, Step(states.REDELIVER), states.REDELIVERY_TAIL)
            case 4 if status < states.ACCEPTED and status not in (*states.NOT_CANCELLABLE, *states.FINAL):
                self.parcels.enter(parcel, Step(states.CANCELLED), ())
            case 11 if status == states.CANCELLED:
                self.parcels.delete(parcel)
            case 1 | 2 | 3 | 4 | 11:
                raise Refusal("Order status already exists on the system")
            case _:
                raise Refusal("Incorrect data: TYPE")
        return ok(None)

    def _parcel(self, data: Json) -> Json:
        parcel = self.parcels.find(str(data.get("ORDER_NUMBER") or ""))
        if parcel is None:
            raise Refusal("Order does not exist")
        return parcel

    # Labels

    def _printing_code(self) -> ResponseReturnValue:
        """Answer the print code in ``message``, where nobody looks for it."""
        data = read_json()
        waybills, expires_ms = data.get("ORDER_ARRAY"), data.get("EXPIRY_TIME")
        if not isinstance(waybills, list) or not 1 <= len(waybills) <= _MAX_PRINTED:
            raise Refusal("Incorrect data: ORDER_ARRAY")
        if isinstance(expires_ms, bool) or not isinstance(expires_ms, int) or expires_ms <= self.clock.epoch() * 1000:
            raise Refusal("Incorrect data: EXPIRY_TIME")
        if any(self.parcels.find(str(waybill)) is None for waybill in waybills):
            raise Refusal("Order does not exist")
        code = secrets.token_hex(24).upper()
        self.store.put(
            "print_codes", code, {"code": code, "waybills": [str(one) for one in waybills], "expires_ms": expires_ms}
        )
        return envelope(200, code, is_error=False)

    def _label(self) -> ResponseReturnValue:
        """Show labels to print; the code is the only key, as with the carrier."""
        row = self.store.find("print_codes", request.args.get("bill", ""))
        if row is None:
            abort(404)
        if row["expires_ms"] < self.clock.epoch() * 1000:
            abort(410)
        parcels = [parcel for waybill in row["waybills"] if (parcel := self.parcels.find(waybill))]
        return render_template(
            "viettelpost/label.html", parcels=parcels, paper=_PAPER.get(request.args.get("type", "1"), "a5"),
            has_postage=request.args.get("showPostage") == "1", full_address=full_address, barcode=code128_svg,
            qr=_qr, sort_code=sort_code,
        )  # fmt: skip


def envelope(status: int, message: str, data: object = None, *, is_error: bool = True) -> Response:
    """Wrap an answer; business errors are HTTP 200 with ``error: true``."""
    return jsonify({"status": status, "error": is_error, "message": message, "data": data})


def ok(data: object) -> Response:
    """Wrap a good answer."""
    return envelope(200, "OK", data, is_error=False)


def read_json() -> Json:
    """Return the body. Raises Refusal when it is no JSON object."""
    data = request.get_json(force=True, silent=True)
    if not isinstance(data, dict):
        raise Refusal("System error: body is not JSON", 500)
    return data


def extra_services() -> list[Json]:
    """Return the extra services as the catalogue and the price list show them."""
    return [
        {"SERVICE_CODE": code, "SERVICE_NAME": name, "DESCRIPTION": description}
        for code, (name, description, _price) in EXTRAS.items()
    ]


def sort_code(parcel: Json) -> str:
    """Return the code by which sorting centres read a label."""
    receiver = parcel["receiver"]
    return f"{receiver['province_code']}-{math.trunc(receiver['ward_id']) % 1000:03d}"


def _understood(place: Place) -> Json:
    ward = place.ward
    return {
        "PROVINCE_ID": place.province.id, "DISTRICT_ID": ward.district_id if ward else 0,
        "WARD_ID": ward.id if ward else 0, "ADDRESS": place.address,
    }  # fmt: skip


def _qr(text: str) -> Markup:
    return Markup(  # noqa: S704 - the library draws this picture itself
        segno.make(text, error="m").svg_inline(scale=1, border=2, svgclass="qr", lineclass=None, omitsize=True)
    )
