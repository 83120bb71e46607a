"""Lots: their states, their readable codes, and how much may leave them."""

import re
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from marketplace.core.errors import Conflict, Refused

#: How long a commune has to look at a lot before the inbox marks it as late.
VERIFY_WITHIN = timedelta(hours=48)
#: Letters of a province in lot codes, by its code since 1 July 2025 (34 provinces, Resolution 202/2025/QH15).
PROVINCE_LETTERS = {
    "01": "HN", "04": "CB", "08": "TQ", "11": "DB", "12": "LC", "14": "SL", "15": "LA", "19": "TN", "20": "LS",
    "22": "QN", "24": "BN", "25": "PT", "31": "HP", "33": "HY", "37": "NB", "38": "TH", "40": "NA", "42": "HT",
    "44": "QT", "46": "HU", "48": "DN", "51": "QG", "52": "GL", "56": "KH", "66": "DL", "68": "LD", "75": "DO",
    "79": "SG", "80": "TY", "82": "DT", "86": "VL", "91": "AG", "92": "CT", "96": "CM",
}  # fmt: skip
_UNKNOWN_PROVINCE = "VN"
_CODE_PARTS = re.compile(r"([A-Z]{2})(\d{5})(\d{4})(\d{4,7})")


class LotState(StrEnum):
    """Where a lot stands."""

    RECORDED = "recorded"
    AWAITING = "awaiting_verification"
    VERIFIED = "verified"
    SENT_BACK = "sent_back"
    HELD = "held"
    RECALLED = "recalled"


class LotStep(StrEnum):
    """What may happen to a lot."""

    REQUEST = "request"
    VERIFY = "verify"
    SEND_BACK = "send_back"
    HOLD = "hold"
    RELEASE = "release"
    RECALL = "recall"


#: Every allowed step; what is not listed is refused. Recalled is final.
STEPS: dict[tuple[LotState, LotStep], LotState] = {
    (LotState.RECORDED, LotStep.REQUEST): LotState.AWAITING,
    (LotState.SENT_BACK, LotStep.REQUEST): LotState.AWAITING,
    (LotState.AWAITING, LotStep.VERIFY): LotState.VERIFIED,
    (LotState.AWAITING, LotStep.SEND_BACK): LotState.SENT_BACK,
    **{
        (state, LotStep.HOLD): LotState.HELD
        for state in (LotState.RECORDED, LotState.AWAITING, LotState.VERIFIED, LotState.SENT_BACK)
    },
    (LotState.HELD, LotStep.RELEASE): LotState.RECORDED,
    **{(state, LotStep.RECALL): LotState.RECALLED for state in LotState if state is not LotState.RECALLED},
}

STATE_LABELS = {
    LotState.RECORDED: "Đã ghi, chưa xin xác nhận",
    LotState.AWAITING: "Đang chờ xã xác nhận",
    LotState.VERIFIED: "Xã đã xác nhận",
    LotState.SENT_BACK: "Xã trả lại, cần bổ sung",
    LotState.HELD: "Tạm giữ, không được bán",
    LotState.RECALLED: "Đã thu hồi",
}


def next_state(current: str, step: LotStep) -> LotState:
    """Return the state after a step. Raises ``Conflict`` when the step is not allowed from here."""
    state = LotState(current)
    try:
        return STEPS[state, step]
    except KeyError:
        message = f"Lô này đang ở trạng thái “{STATE_LABELS[state]}” nên không làm được việc đó."
        raise Conflict("lot_step_not_allowed", message, state=state.value, step=step.value) from None


def check_usable(state: str, code: str) -> None:
    """Raise ``Refused`` when nothing may be made from a lot or sold: it is held or recalled."""
    if state in {LotState.HELD, LotState.RECALLED}:
        message = f"Lô {code} đang bị giữ lại hoặc thu hồi nên không được dùng tiếp."
        raise Refused("lot_not_usable", message, lot=code, state=state)


def check_enough(code: str, wanted: Decimal, left: Decimal, left_text: str) -> None:
    """Raise ``Refused`` when more would leave a lot than is left in it."""
    if wanted > left:
        message = f"Lô {code} chỉ còn {left_text}."
        raise Refused("not_enough_left", message, field="amount", lot=code, left=str(left))


def is_sellable(state: str, best_before_on: date | None, on: date) -> bool:
    """Say whether a lot may be sold on a day: verified, and not past its date."""
    return state == LotState.VERIFIED and (best_before_on is None or best_before_on >= on)


def child_state(parent_states: list[str]) -> LotState:
    """Return the state in which a pack, a part or a mixture begins: verified only when all that went in was."""
    return LotState.VERIFIED if all(state == LotState.VERIFIED for state in parent_states) else LotState.RECORDED


def make_code(province_code: str, commune_code: str, month: str, number: int) -> str:
    """Return a lot's readable code: province letters, commune code, yymm, number in that commune and month."""
    letters = PROVINCE_LETTERS.get(province_code, _UNKNOWN_PROVINCE)
    return f"{letters}-{commune_code:0>5}-{month}-{number:04d}"


def read_code(typed: str) -> str | None:
    """Return a typed or scanned code in its proper spelling; None when it cannot be one."""
    packed = "".join(ch for ch in typed.upper()[:60] if ch.isascii() and ch.isalnum())
    match = _CODE_PARTS.fullmatch(packed)
    return "-".join(match.groups()) if match else None
