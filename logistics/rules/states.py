"""The states of a parcel and the steps between them, and those of the cash collected at the door."""

from collections.abc import Mapping
from enum import StrEnum

from logistics.errors import StepNotAllowed


class ParcelState(StrEnum):
    """Where a parcel stands."""

    PLANNED = "planned"
    BOOKING = "booking"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    BOOKED = "booked"
    COLLECTING = "collecting"
    PICKUP_FAILED = "pickup_failed"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERY_FAILED = "delivery_failed"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    RETURN_PENDING = "return_pending"
    RETURNING = "returning"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    LOST = "lost"
    DAMAGED = "damaged"


S = ParcelState

#: The carrier has the parcel, or at least knows of it; carriers leave out steps, so every later one may
#: follow.
_GONE_WRONG = {S.LOST, S.DAMAGED}
_ON_THE_WAY_BACK = {S.RETURN_PENDING, S.RETURNING, S.RETURNED}
_AT_THE_DOOR = {S.OUT_FOR_DELIVERY, S.DELIVERY_FAILED, S.AVAILABLE_FOR_PICKUP, S.DELIVERED}
_MOVED_ON = {S.IN_TRANSIT} | _AT_THE_DOOR | _ON_THE_WAY_BACK | _GONE_WRONG
_COLLECTED = {S.PICKED_UP} | _MOVED_ON
_KNOWN_TO_CARRIER = {S.BOOKED, S.COLLECTING, S.PICKUP_FAILED, S.CANCELLED, S.REFUSED} | _COLLECTED

#: Every allowed step. Steps forward may skip states; the few steps back are named one by one.
STEPS: Mapping[ParcelState, frozenset[ParcelState]] = {
    S.PLANNED: frozenset({S.BOOKING} | _KNOWN_TO_CARRIER),
    S.BOOKING: frozenset({S.PLANNED, S.UNKNOWN} | _KNOWN_TO_CARRIER),
    S.UNKNOWN: frozenset({S.BOOKING, S.PLANNED} | _KNOWN_TO_CARRIER),
    # A refused booking may be tried anew by the operator, under the same reference: nothing stands there.
    S.REFUSED: frozenset({S.PLANNED}),
    S.BOOKED: frozenset({S.COLLECTING, S.PICKUP_FAILED, S.CANCELLED, S.REFUSED} | _COLLECTED),
    S.COLLECTING: frozenset({S.BOOKED, S.PICKUP_FAILED, S.CANCELLED, S.REFUSED} | _COLLECTED),
    S.PICKUP_FAILED: frozenset({S.BOOKED, S.COLLECTING, S.CANCELLED, S.REFUSED} | _COLLECTED),
    # Viettel Post can void a parcel (201) when the office has just taken it in.
    S.PICKED_UP: frozenset({S.CANCELLED} | _MOVED_ON),
    S.IN_TRANSIT: frozenset(_AT_THE_DOOR | _ON_THE_WAY_BACK | _GONE_WRONG),
    S.OUT_FOR_DELIVERY: frozenset(
        {S.IN_TRANSIT, S.DELIVERY_FAILED, S.AVAILABLE_FOR_PICKUP, S.DELIVERED} | _ON_THE_WAY_BACK | _GONE_WRONG
    ),
    S.DELIVERY_FAILED: frozenset(
        {S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.AVAILABLE_FOR_PICKUP, S.DELIVERED} | _ON_THE_WAY_BACK | _GONE_WRONG
    ),
    S.AVAILABLE_FOR_PICKUP: frozenset(
        {S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELIVERY_FAILED, S.DELIVERED} | _ON_THE_WAY_BACK | _GONE_WRONG
    ),
    S.RETURN_PENDING: frozenset({S.OUT_FOR_DELIVERY, S.DELIVERED, S.RETURNING, S.RETURNED} | _GONE_WRONG),
    S.RETURNING: frozenset({S.RETURNED} | _GONE_WRONG),
    S.DELIVERED: frozenset(),
    S.RETURNED: frozenset(),
    S.CANCELLED: frozenset(),
    S.LOST: frozenset(),
    S.DAMAGED: frozenset(),
}

#: No word of the carrier moves a parcel out of one of these.
FINAL = frozenset({S.REFUSED, S.DELIVERED, S.RETURNED, S.CANCELLED, S.LOST, S.DAMAGED})
#: We do not know yet whether the carrier has the parcel.
UNSETTLED = frozenset({S.PLANNED, S.BOOKING, S.UNKNOWN})
#: The carrier has it and goes on telling about it.
UNDER_WAY = frozenset(S) - FINAL - UNSETTLED

#: How far along a state is: the order among words with the same time.
RANK: Mapping[ParcelState, int] = {state: place for place, state in enumerate(ParcelState)}

STATE_LABELS: Mapping[ParcelState, str] = {
    S.PLANNED: "Chờ báo bưu cục",
    S.BOOKING: "Đang báo bưu cục",
    S.UNKNOWN: "Chưa rõ bưu cục đã nhận đơn chưa",
    S.REFUSED: "Bưu cục từ chối",
    S.BOOKED: "Chờ bưu tá đến lấy",
    S.COLLECTING: "Bưu tá đang đến lấy",
    S.PICKUP_FAILED: "Bưu tá chưa lấy được hàng",
    S.PICKED_UP: "Bưu cục đã nhận hàng",
    S.IN_TRANSIT: "Đang vận chuyển",
    S.OUT_FOR_DELIVERY: "Đang đi giao",
    S.DELIVERY_FAILED: "Giao chưa được, sẽ giao lại",
    S.AVAILABLE_FOR_PICKUP: "Chờ người nhận đến bưu cục lấy",
    S.RETURN_PENDING: "Chờ quyết định trả hàng",
    S.RETURNING: "Đang trả về người gửi",
    S.DELIVERED: "Đã giao tận tay",
    S.RETURNED: "Đã trả về người gửi",
    S.CANCELLED: "Đã hủy",
    S.LOST: "Thất lạc",
    S.DAMAGED: "Hư hỏng",
}


def next_state(current: ParcelState, wanted: ParcelState) -> ParcelState:
    """Return ``wanted`` when that step is allowed. Raises ``StepNotAllowed``."""
    if wanted not in STEPS[current]:
        raise StepNotAllowed(current=current, wanted=wanted)
    return wanted


class CodState(StrEnum):
    """What became of the cash that the carrier collects for us. A machine of its own, beside the parcel's."""

    AWAITING = "awaiting"
    COLLECTED = "collected"
    REMITTED = "remitted"
    VOID = "void"


COD_STEPS: Mapping[CodState, frozenset[CodState]] = {
    CodState.AWAITING: frozenset({CodState.COLLECTED, CodState.VOID}),
    CodState.COLLECTED: frozenset({CodState.REMITTED}),
    CodState.REMITTED: frozenset(),
    # A refused booking that is tried anew will collect after all.
    CodState.VOID: frozenset({CodState.AWAITING}),
}


COD_LABELS: Mapping[CodState, str] = {
    CodState.AWAITING: "Sẽ thu khi giao hàng",
    CodState.COLLECTED: "Bưu tá đã thu, chưa chuyển về chợ",
    CodState.REMITTED: "Đã chuyển về chợ",
    CodState.VOID: "Không thu, vì hàng không giao được",
}


class CallBack(StrEnum):
    """What came of calling a parcel back: an outside call like any other, it ends done, refused or unknown."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


CALL_BACK_LABELS: Mapping[CallBack, str] = {
    CallBack.ASKED: "Đang hỏi đơn vị vận chuyển",
    CallBack.DONE: "Đã gọi về",
    CallBack.REFUSED: "Chưa gọi về được",
    CallBack.UNKNOWN: "Chưa rõ có gọi về được không",
}
#: The carrier has the order and not yet the parcel: it can be called off. Later it can only be sent back.
NOT_COLLECTED = frozenset({S.BOOKING, S.UNKNOWN, S.BOOKED, S.COLLECTING, S.PICKUP_FAILED})


def next_cod_state(current: CodState, wanted: CodState) -> CodState:
    """Return ``wanted`` when that step is allowed. Raises ``StepNotAllowed``."""
    if wanted not in COD_STEPS[current]:
        raise StepNotAllowed(current=current, wanted=wanted)
    return wanted


class Attention(StrEnum):
    """Why a person should look at a parcel."""

    UNSETTLED = "unsettled"
    REFUSED = "refused"
    WAYBILL_MISSING = "waybill_missing"
    SECOND_WAYBILL = "second_waybill"
    UNKNOWN_CODE = "unknown_code"
    AFTER_END = "after_end"
    CANCEL_REFUSED = "cancel_refused"
    CALL_BACK_REFUSED = "call_back_refused"
    COD_DIFFERS = "cod_differs"
    SILENT = "silent"
    LOST = "lost"


ATTENTION_LABELS: Mapping[Attention, str] = {
    Attention.UNSETTLED: "Đã hỏi nhiều lần mà chưa rõ đơn vị vận chuyển có nhận đơn hay không.",
    Attention.REFUSED: "Đơn vị vận chuyển từ chối nhận đơn này.",
    Attention.WAYBILL_MISSING: "Đơn vị vận chuyển đã có đơn nhưng chưa cho mã vận đơn.",
    Attention.SECOND_WAYBILL: "Có thông báo mang một mã vận đơn khác cho cùng mã đơn của ta.",
    Attention.UNKNOWN_CODE: "Đơn vị vận chuyển dùng một mã trạng thái mà chợ chưa biết.",
    Attention.AFTER_END: "Có thông báo mới trái với kết quả đã ghi.",
    Attention.CANCEL_REFUSED: "Đơn vị vận chuyển không cho hủy đơn này.",
    Attention.CALL_BACK_REFUSED: "Hàng bị thu hồi nhưng đơn vị vận chuyển chưa gọi về được. Hãy gọi cho bưu cục.",
    Attention.COD_DIFFERS: "Tiền thu hộ trong thông báo khác với tiền thu hộ của đơn.",
    Attention.SILENT: "Đã lâu không có tin về bưu gửi này.",
    Attention.LOST: "Bưu gửi thất lạc hoặc hư hỏng, cần làm thủ tục bồi thường.",
}
