"""SePay: tells of transfers to our bank account by webhook (developer.sepay.vn, "webhooks")."""

import hmac
import json
from typing import Any

from marketplace.core.errors import Refused
from orders.ports import BankCredit


class SepayFeed:
    """Reads SePay's webhooks, which prove themselves by ``Authorization: Apikey <key>``."""

    def __init__(self, *, api_key: str, bank_bin: str, account_number: str, account_name: str) -> None:
        self._api_key = api_key
        self.bank_bin = bank_bin
        self.account_number = account_number
        self.account_name = account_name

    def check_webhook(self, *, authorization: str) -> None:
        """Compare the key in constant time. Raises ``Refused``."""
        expected = f"Apikey {self._api_key}"
        if not self._api_key or not hmac.compare_digest(authorization.encode(), expected.encode()):
            raise Refused("webhook_forged", "Sai khóa.")

    def read_webhook(self, body: bytes) -> BankCredit | None:
        """Read one transfer; None when money went out, or into an account that is not ours to sell by.

        Raises ``Refused`` for anything else.
        """
        try:
            told: Any = json.loads(body)
            kind = told["transferType"]
            credit = BankCredit(
                external_id=str(told["id"]),
                amount_vnd=int(told["transferAmount"]),
                content=f"{told.get('code') or ''} {told.get('content') or ''}".strip(),
                account_number=str(told["accountNumber"]),
                reference=str(told.get("referenceCode") or ""),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused("webhook_unreadable", "Không đọc được nội dung.") from error
        if kind != "in" or (self.account_number and credit.account_number != self.account_number):
            return None
        if credit.amount_vnd <= 0:
            raise Refused("webhook_unreadable", "Số tiền không hợp lệ.")
        return credit
