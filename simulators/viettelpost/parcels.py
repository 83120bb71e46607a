"""Parcels on their way: each change of state is stamped, kept and told to the partner by webhook."""

import secrets
from typing import Any

from simulators.clock import Clock
from simulators.store import Json, Store
from simulators.viettelpost import states
from simulators.viettelpost.places import Place, catalogue
from simulators.viettelpost.prices import Price
from simulators.viettelpost.states import Step
from simulators.webhooks import WebhookSender

_TABLE = "parcels"
_POSTMEN = (("Lê Văn Hùng", "0981000001"), ("Nguyễn Thị Mai", "0981000002"), ("Phạm Quốc Tuấn", "0981000003"))
_ORIGIN_STATES = frozenset({103, 104, 105, 200, 300, 301, 302, 303, 320})


class ParcelBook:
    """All parcels of the account, by waybill number."""

    def __init__(self, store: Store, clock: Clock, sender: WebhookSender) -> None:
        """Use the simulator's store, clock and sender."""
        self._store = store
        self._clock = clock
        self._sender = sender

    def create(self, order: Json, sender: Place, receiver: Place, price: Price) -> Json:
        """Accept a checked order: give it a waybill, tell the partner, return the parcel."""
        with self._store.lock:
            now = self._clock.epoch()
            parcel: Json = {
                "waybill": self._new_waybill(), "reference": order["ORDER_NUMBER"], "order": order,
                "sender": _place(sender), "receiver": _place(receiver), "money": price.as_fields(),
                "status": None, "is_returning": False, "is_deleted": False, "created_at": now, "moved_at": now,
                "stamp": 0.0, "script": "happy", "ahead": _pack(states.steps_after("happy", states.CREATED)),
                "history": [],
            }  # fmt: skip
            self._store.put(_TABLE, parcel["waybill"], parcel)
            self._enter(parcel, Step(states.CREATED))
            return parcel

    def rewrite(self, parcel: Json, order: Json, sender: Place, receiver: Place, price: Price) -> None:
        """Take over a changed order; the state stays."""
        with self._store.lock:
            order["ORDER_NUMBER"] = parcel["reference"]
            parcel.update(order=order, sender=_place(sender), receiver=_place(receiver), money=price.as_fields())
            self._store.touch()

    def find(self, waybill: str) -> Json | None:
        """Return a parcel that was not deleted, by its waybill."""
        parcel = self._store.find(_TABLE, waybill)
        return None if parcel is None or parcel["is_deleted"] else parcel

    def find_any(self, key: str) -> Json | None:
        """Return a parcel by waybill, or the newest one that carries this reference."""
        parcel = self.find(key)
        return parcel or next((one for one in reversed(self.list_all()) if one["reference"] == key), None)

    def list_all(self, reference: str | None = None) -> list[Json]:
        """Return parcels, oldest first; deleted ones are left out."""
        return [
            parcel
            for parcel in self._store.list_rows(_TABLE)
            if not parcel["is_deleted"] and reference in (None, parcel["reference"])
        ]

    def has_live(self, reference: str) -> bool:
        """Say whether a parcel that was not cancelled carries this reference."""
        return any(parcel["status"] != states.CANCELLED for parcel in self.list_all(reference))

    def step(self, parcel: Json) -> bool:
        """Move a parcel to the next state of its journey; False when it has arrived."""
        with self._store.lock:
            if not parcel["ahead"]:
                return False
            self._enter(parcel, Step(*parcel["ahead"].pop(0)))
            return True

    def send_on(self, parcel: Json, script: str) -> None:
        """Put a parcel on a journey; it goes on from where it stands. Raises ValueError for an unknown name."""
        with self._store.lock:
            steps = states.steps_after(script, parcel["status"])
            parcel["script"] = script
            parcel["ahead"] = [] if parcel["status"] in states.FINAL else _pack(steps)
            self._store.touch()

    def enter(self, parcel: Json, step: Step, ahead: tuple[Step, ...] | None = None) -> None:
        """Put a parcel into a state, whatever stood before; ``ahead`` replaces the rest of its journey."""
        with self._store.lock:
            if ahead is not None:
                parcel["ahead"] = _pack(ahead)
            self._enter(parcel, step)

    def tell(self, parcel: Json, step: Step, *, is_forged: bool) -> Json:
        """Send the webhook for a state without entering it: a surplus message, or a forged one."""
        entry = self._entry(parcel, step)
        return self._sender.send(
            self.event(parcel, entry), label=f"{parcel['waybill']} {step.status}", is_forged=is_forged
        )

    def event(self, parcel: Json, entry: Json) -> Json:
        """Build the DATA of a webhook from a line of a parcel's history, in the carrier's own spelling."""
        order, money = parcel["order"], parcel["money"]
        postman, phone = _POSTMEN[int(parcel["waybill"]) % len(_POSTMEN)]
        has_reached_office = any(line["status"] >= states.ACCEPTED for line in [*parcel["history"], entry])
        collected = order["MONEY_COLLECTION"]
        return {
            "ORDER_NUMBER": parcel["waybill"], "ORDER_REFERENCE": parcel["reference"],
            "ORDER_STATUSDATE": self._clock.local_text(entry["at"]), "ORDER_STATUS": entry["status"],
            "STATUS_NAME": states.NAMES.get(entry["status"], ""), "LOCALION_CURRENTLY": entry["location"],
            "NOTE": states.REASONS.get(entry["reason"], states.NAMES.get(entry["status"], "")),
            "DETAIL": 0, "MONEY_COLLECTION": collected,
            "MONEY_COLLECTION_ORIGIN": collected if has_reached_office else None,
            "MONEY_FEECOD": money["MONEY_COLLECTION_FEE"], "MONEY_TOTALFEE": money["MONEY_TOTAL_FEE"],
            "MONEY_TOTAL": money["MONEY_TOTAL"], "MONEY_TOTALVAT": money["MONEY_VAT"],
            "PRODUCT_WEIGHT": order["PRODUCT_WEIGHT"], "ORDER_SERVICE": order["ORDER_SERVICE"],
            "ORDER_SERVICE_ADD": order.get("ORDER_SERVICE_ADD") or "", "ORDER_PAYMENT": order["ORDER_PAYMENT"],
            "EXPECTED_DELIVERY": f"Khoảng {int(money['KPI_HT'])} giờ",
            "EXPECTED_DELIVERY_DATE": self._clock.local_text(parcel["created_at"] + 3600 * money["KPI_HT"]),
            "VOUCHER_VALUE": 0, "EMPLOYEE_NAME": postman, "EMPLOYEE_PHONE": phone,
            "IS_RETURNING": entry["is_returning"], "POD": {"IMAGES": []}, "REASON_CODE": entry["reason"],
            "RECEIVER_FULLNAME": order["RECEIVER_FULLNAME"], "ORDER_NOTE": order.get("ORDER_NOTE") or "",
            "GROUPADDRESS_ID": order.get("GROUPADDRESS_ID") or 0,
        }  # fmt: skip

    def move_due(self, seconds: float) -> None:
        """Move every parcel that has stood still for so long by one step."""
        now = self._clock.epoch()
        with self._store.lock:
            for parcel in self.list_all():
                if parcel["ahead"] and now - parcel["moved_at"] >= seconds:
                    self.step(parcel)

    def delete(self, parcel: Json) -> None:
        """Take a cancelled parcel out of the lists."""
        with self._store.lock:
            parcel["is_deleted"] = True
            self._store.touch()

    def _enter(self, parcel: Json, step: Step) -> None:
        was_final = parcel["status"] in states.FINAL
        entry = self._entry(parcel, step)
        parcel["stamp"] = entry["at"]
        parcel["moved_at"] = self._clock.epoch()
        parcel["status"] = step.status
        parcel["is_returning"] = entry["is_returning"]
        parcel["history"].append(entry)
        self._store.touch()
        if not was_final:
            self._sender.send(self.event(parcel, entry), label=f"{parcel['waybill']} {step.status}")

    def _entry(self, parcel: Json, step: Step) -> Json:
        is_origin = step.status in _ORIGIN_STATES or step.status < states.ACCEPTED
        place = parcel["sender" if is_origin != step.is_returning else "receiver"]
        return {
            # Stamps have whole seconds; each lies after the one before, so that sorting by them is sound.
            "at": max(float(int(self._clock.epoch())), parcel["stamp"] + 1), "status": step.status,
            "reason": step.reason, "is_returning": step.is_returning, "location": f"Bưu cục {place['label']}",
        }  # fmt: skip

    def _new_waybill(self) -> str:
        while True:
            waybill = f"15{secrets.randbelow(10**9):09d}"
            if self._store.find(_TABLE, waybill) is None:
                return waybill


def _place(place: Place) -> Json:
    ward = place.ward
    return {
        "province_id": place.province.id, "province_code": place.province.code,
        "district_id": ward.district_id if ward else 0,
        "ward_id": ward.id if ward else 0, "address": place.address,
        "label": f"{ward.name + ', ' if ward else ''}{place.province.name}",
    }  # fmt: skip


def full_address(parcel: Json, side: str) -> str:
    """Return the address of the "sender" or "receiver" as printed on a label."""
    order, place = parcel["order"], parcel[side]
    text = str(order[f"{side.upper()}_ADDRESS"])
    province = catalogue().provinces[place["province_id"]]
    return text if province.name in text else f"{text}, {place['label']}"


def _pack(steps: tuple[Step, ...]) -> list[Any]:
    return [[step.status, step.reason, step.is_returning] for step in steps]
