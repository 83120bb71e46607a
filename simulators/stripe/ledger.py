"""What Stripe keeps: objects by id, events about them, and lists that page."""

import secrets
import string
from copy import deepcopy
from typing import Any

from simulators.clock import Clock
from simulators.store import Json, Store
from simulators.stripe import forms
from simulators.stripe.errors import ApiError, missing
from simulators.webhooks import WebhookSender

API_VERSION = "2026-10-28.endive"
_LETTERS = string.ascii_letters + string.digits
_MAX_PAGE = 100
#: Kind of object -> (table, what its id begins with).
KINDS = {
    "payment_intent": ("payment_intents", "pi_"), "charge": ("charges", "ch_"), "refund": ("refunds", "re_"),
    "payment_method": ("payment_methods", "pm_"), "customer": ("customers", "cus_"), "event": ("events", "evt_"),
    "balance_transaction": ("balance_transactions", "txn_"),
}  # fmt: skip
#: Fields that hold an id and may be expanded into the object.
_EXPANDABLE = {
    "payment_method": "payment_method", "latest_charge": "charge", "charge": "charge", "customer": "customer",
    "payment_intent": "payment_intent", "balance_transaction": "balance_transaction",
}  # fmt: skip


class Ledger:
    """All objects of the account. Hold ``store.lock`` while changing one."""

    def __init__(self, store: Store, clock: Clock, sender: WebhookSender) -> None:
        """Use the simulator's store, clock and sender."""
        self.store = store
        self.clock = clock
        self._sender = sender

    def now(self) -> int:
        """Return the simulated time in whole seconds."""
        return int(self.clock.epoch())

    def new_id(self, prefix: str) -> str:
        """Return an id shaped like Stripe's."""
        return prefix + "".join(secrets.choice(_LETTERS) for _ in range(24))

    def add(self, kind: str, fields: Json) -> Json:
        """Store a new object with id, object and created filled in."""
        table, prefix = KINDS[kind]
        row: Json = {"id": self.new_id(prefix), "object": kind, "created": self.now(), "livemode": False, **fields}
        return self.store.put(table, row["id"], row)

    def get(self, kind: str, key: str, param: str = "id") -> Json:
        """Return an object. Raises ApiError 404 when there is none."""
        row = self.store.find(KINDS[kind][0], key)
        if row is None:
            raise missing(kind.replace("_", " ") if kind != "payment_intent" else kind, key, param)
        return row

    def emit(
        self, type_: str, subject: Json, *, previous: Json | None = None, idempotency_key: str | None = None
    ) -> None:
        """Record an event about an object as it is now, and send it."""
        data: Json = {"object": public(subject)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = self.add("event", {
            "api_version": API_VERSION, "data": deepcopy(data), "pending_webhooks": 1,
            "request": {"id": self.new_id("req_"), "idempotency_key": idempotency_key}, "type": type_,
        })  # fmt: skip
        self._sender.send(event, label=f"{type_} {subject['id']}")

    def page(self, kind: str, params: Json, url: str, filters: Json) -> Json:
        """Return a list object, newest first. Raises ApiError for a limit or cursor that makes no sense."""
        limit = forms.integer(params, "limit")
        limit = 10 if limit is None else limit
        if not 1 <= limit <= _MAX_PAGE:
            raise ApiError("limit must be between 1 and 100", code="parameter_invalid_integer", param="limit")
        rows = [row for row in reversed(self.store.list_rows(KINDS[kind][0])) if _fits(row, filters, params)]
        after, before = forms.text(params, "starting_after"), forms.text(params, "ending_before")
        ids = [row["id"] for row in rows]
        if after is not None:
            self.get(kind, after, "starting_after")
            rows = rows[ids.index(after) + 1 :] if after in ids else []
        elif before is not None:
            self.get(kind, before, "ending_before")
            rows = rows[max(0, ids.index(before) - limit) : ids.index(before)] if before in ids else []
        chosen = [public(row) for row in rows[:limit]]
        answer: Json = {"object": "list", "data": chosen, "has_more": len(rows) > limit, "url": url}
        for path in forms.as_list(params, "expand"):
            for row in chosen:
                self._expand(row, path.removeprefix("data."))
        return answer

    def show(self, row: Json, params: Json) -> Json:
        """Return a copy of an object for an answer, expanded as asked. Raises ApiError for an unknown path."""
        copy = public(row)
        for path in forms.as_list(params, "expand"):
            self._expand(copy, path)
        return copy

    def _expand(self, row: Json, path: str) -> None:
        head, _, rest = path.partition(".")
        if head not in _EXPANDABLE or head not in row:
            raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
        value: Any = row[head]
        if isinstance(value, str):
            value = row[head] = public(self.get(_EXPANDABLE[head], value))
        if rest and isinstance(value, dict):
            self._expand(value, rest)


def public(row: Json) -> Json:
    """Return a copy without what only the simulator keeps (names that begin with an underscore)."""
    return deepcopy({key: value for key, value in row.items() if not key.startswith("_")})


def _fits(row: Json, filters: Json, params: Json) -> bool:
    if any(value is not None and row.get(name) != value for name, value in filters.items()):
        return False
    created = params.get("created")
    if isinstance(created, str):
        return bool(row["created"] == int(created))
    bounds = forms.nested(params, "created", ("gt", "gte", "lt", "lte"))
    tests = {
        "gt": lambda one, bound: one > bound, "gte": lambda one, bound: one >= bound,
        "lt": lambda one, bound: one < bound, "lte": lambda one, bound: one <= bound,
    }  # fmt: skip
    return all(tests[name](row["created"], int(bound)) for name, bound in bounds.items())
