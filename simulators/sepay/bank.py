"""A bank account that SePay watches: a page to transfer as a buyer, and the webhook that tells of it.

Source: developer.sepay.vn, "webhooks": fields of the body, ``Authorization: Apikey``, ``{"success": true}`` as answer.
"""

import hashlib
import hmac
import json
import secrets

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from simulators.clock import VN_TZ, Clock
from simulators.control import add_controls, answer
from simulators.sepay.accidents import ACCIDENTS, plan
from simulators.sepay.qr import read_vietqr
from simulators.settings import Settings
from simulators.simulator import Simulator, read_input
from simulators.store import Json
from simulators.webhooks import Protocol, WebhookSender, to_wire

#: SePay repeats seven times at growing distances (Fibonacci minutes).
_RETRY_DELAYS_S = (60.0, 60.0, 120.0, 180.0, 300.0, 480.0, 780.0)
_BANKS = {"970436": "Vietcombank", "970422": "MBBank", "970407": "Techcombank", "970415": "VietinBank"}
_MAX_AMOUNT = 10**12
_MAX_CONTENT = 200
_OK_LOW, _OK_HIGH = 200, 300


class SepaySimulator(Simulator):
    """One bank account with its watcher."""

    name = "sepay"
    title = "Ngân hàng (SePay)"
    webhooks: WebhookSender

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Build the account from the settings."""
        super().__init__(clock)
        self._settings = settings
        self.webhooks = WebhookSender(
            store=self.store, clock=clock, url=settings.sepay_webhook_url,
            protocol=Protocol(self._sign, _RETRY_DELAYS_S, _is_accepted), timeout_s=settings.webhook_timeout_s,
            retry_scale=settings.retry_scale,
        )  # fmt: skip
        self.serve_page("/", self._page, "page", "GET")
        self.serve_page("/transfer", self._transfer_by_form, "transfer", "POST")
        self.serve("/userapi/transactions/list", self._list, "list_transactions", "GET")
        sim = add_controls(self)

        @sim.post("/transfers")
        def transfer() -> ResponseReturnValue:
            """Transfer money: {"amount", "content", "direction": in|out, "accident", "seconds"}."""
            data = read_input()
            rows = self.transfer_with_accident(data, str(data.get("direction") or "in"))
            return answer({**rows[0], "transfers": rows}, 201)

        @sim.get("/transfers")
        def list_transfers() -> ResponseReturnValue:
            return {"transfers": self.store.list_rows("transactions")}

        self.app.register_blueprint(sim)

    def fault_answer(self, kind: str) -> ResponseReturnValue:
        """Word faults as SePay does."""
        status = {"429": 429, "expired_token": 401}.get(kind, 500)
        return {"status": status, "error": kind, "messages": {"success": False}}, status

    def transfer_with_accident(self, data: Json, direction: str = "in") -> list[Json]:
        """Transfer as a buyer does, with the accident asked for. Raises ValueError for what no bank takes."""
        accident = str(data.get("accident") or "none")
        moves = plan(_amount(data.get("amount")), str(data.get("content") or "").strip(), accident)
        if min(amount for amount, _content in moves) < 1:
            message = "amount is too small for this accident"
            raise ValueError(message)
        fault = {"late": "delay", "repeated": "duplicate"}.get(accident)
        seconds = float(data.get("seconds") or 60)
        return [self.transfer(amount, content, direction, fault, seconds) for amount, content in moves]

    def transfer(
        self, amount: int, content: str, direction: str = "in", fault: str | None = None, seconds: float = 60.0
    ) -> Json:
        """Move money and tell of it. Raises ValueError for an amount or text that no bank takes."""
        row = self._move(amount, content, direction)
        self.webhooks.send(row, label=f"{amount} {content[:30]}", accident=fault, seconds=seconds)
        return row

    def _move(self, amount: int, content: str, direction: str) -> Json:
        if direction not in ("in", "out") or not content or len(content) > _MAX_CONTENT:
            message = f"content must have 1 to {_MAX_CONTENT} characters and direction be in or out"
            raise ValueError(message)
        number = 92_000 + self.store.next_number("transaction")
        reference = f"FT{26000 + number}{secrets.token_hex(3).upper()}"
        now = self.clock.now().astimezone(VN_TZ)
        row: Json = {
            "id": number, "gateway": _BANKS.get(self._settings.sepay_bank_bin, "Vietcombank"),
            "transactionDate": f"{now:%Y-%m-%d %H:%M:%S}", "accountNumber": self._settings.sepay_account_number,
            "code": None, "content": f"MBVCB.{number}.{content}.CT tu 1020304050 NGUYEN VAN A",
            "transferType": direction,
            "transferAmount": amount, "accumulated": self._balance() + (amount if direction == "in" else -amount),
            "subAccount": None, "referenceCode": reference, "description": f"BankAPINotify {content}",
        }  # fmt: skip
        return self.store.put("transactions", str(number), row)

    def _balance(self) -> int:
        rows = self.store.list_rows("transactions")
        return sum(row["transferAmount"] * (1 if row["transferType"] == "in" else -1) for row in rows)

    def _sign(self, row: Json, is_forged: bool, now: float) -> tuple[dict[str, str], bytes]:
        body = to_wire(row)
        headers = {"Content-Type": "application/json", "User-Agent": "SePay-Simulator"}
        if self._settings.sepay_mode == "apikey":
            headers["Authorization"] = f"Apikey {secrets.token_hex(16) if is_forged else self._settings.sepay_api_key}"
        elif self._settings.sepay_mode == "hmac":
            key = secrets.token_bytes(16) if is_forged else self._settings.sepay_hmac_secret.encode()
            stamp = str(int(now))
            headers["X-SePay-Timestamp"] = stamp
            headers["X-SePay-Signature"] = (
                "sha256=" + hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            )
        return headers, body

    def _page(self) -> ResponseReturnValue:
        given = read_vietqr(request.args.get("qr", ""))
        return self._show(
            {
                "account": request.args.get("account") or given.get("account", self._settings.sepay_account_number),
                "amount": request.args.get("amount") or given.get("amount", ""),
                "content": request.args.get("content") or given.get("content", ""),
            },
            "Không đọc được mã VietQR này." if request.args.get("qr") and not given else "",
        )

    def _transfer_by_form(self) -> ResponseReturnValue:
        data = read_input()
        account = "".join(str(data.get("account") or self._settings.sepay_account_number).split())
        if account != self._settings.sepay_account_number:
            return self._show(data, "Không có tài khoản này ở ngân hàng mô phỏng."), 422
        try:
            rows = self.transfer_with_accident(data)
        except ValueError:
            return self._show(data, "Hãy ghi số tiền và nội dung chuyển khoản."), 422
        done = ",".join(str(row["id"]) for row in rows)
        return redirect(f"{request.script_root}/?done={done}", 303)

    def _show(self, values: Json, problem: str) -> str:
        keys = request.args.get("done", "").split(",")[:2]
        done = [row for key in keys if (row := self.store.find("transactions", key)) is not None]
        return render_template(
            "sepay/bank.html", values=values, problem=problem, done=done, settings=self._settings,
            bank=_BANKS.get(self._settings.sepay_bank_bin, "Vietcombank"), accidents=ACCIDENTS,
            rows=self.store.list_rows("transactions")[:-31:-1], balance=self._balance(),
        )  # fmt: skip

    def _list(self) -> ResponseReturnValue:
        """List transactions, newest first, as SePay's API for those who poll does."""
        if request.headers.get("Authorization") != f"Bearer {self._settings.sepay_api_key}":
            return {"status": 401, "error": "Unauthorized", "messages": {"success": False}}, 401
        since = request.args.get("since_id", 0, int)
        day = request.args.get("transaction_date_min", "")
        account = request.args.get("account_number", "")
        rows = [
            row
            for row in reversed(self.store.list_rows("transactions"))
            if row["id"] > since and row["transactionDate"] >= day and account in ("", row["accountNumber"])
        ]
        listed = [
            {
                "id": str(row["id"]), "bank_brand_name": row["gateway"], "account_number": row["accountNumber"],
                "transaction_date": row["transactionDate"], "transaction_content": row["content"], "code": row["code"],
                "amount_in": f"{row['transferAmount'] if row['transferType'] == 'in' else 0}.00",
                "amount_out": f"{row['transferAmount'] if row['transferType'] == 'out' else 0}.00",
                "accumulated": f"{row['accumulated']}.00", "reference_number": row["referenceCode"],
            }
            for row in rows[: request.args.get("limit", 100, int)]
        ]  # fmt: skip
        return {"status": 200, "error": None, "messages": {"success": True}, "transactions": listed}


def _amount(value: object) -> int:
    digits = "".join(ch for ch in str(value or "") if ch.isdigit())
    amount = int(digits or 0)
    if not 0 < amount < _MAX_AMOUNT:
        message = "amount must be a positive number of đồng"
        raise ValueError(message)
    return amount


def _is_accepted(status: int, body: bytes) -> bool:
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return _OK_LOW <= status < _OK_HIGH and isinstance(told, dict) and told.get("success") is True
