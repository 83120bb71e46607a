"""Three machines that never derive from one another silently: order, consignment, payment. One table each."""

from enum import StrEnum

from orders.errors import StepNotAllowed


class OrderState(StrEnum):
    """Where an order as a whole stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ConsignmentState(StrEnum):
    """Where one household's part of an order stands."""

    WAITING = "waiting"
    TO_ACCEPT = "to_accept"
    ACCEPTED = "accepted"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    LOST = "lost"


class PaymentState(StrEnum):
    """Where the money of an order stands."""

    DUE = "due"
    PENDING = "pending"
    PAID = "paid"
    EXPIRED = "expired"
    VOID = "void"


ORDER_STEPS: dict[tuple[OrderState, str], OrderState] = {
    (OrderState.AWAITING_PAYMENT, "confirm"): OrderState.CONFIRMED,
    (OrderState.AWAITING_PAYMENT, "expire"): OrderState.EXPIRED,
    (OrderState.AWAITING_PAYMENT, "cancel"): OrderState.CANCELLED,
    (OrderState.CONFIRMED, "cancel"): OrderState.CANCELLED,
    (OrderState.CONFIRMED, "complete"): OrderState.COMPLETED,
}

CONSIGNMENT_STEPS: dict[tuple[ConsignmentState, str], ConsignmentState] = {
    (ConsignmentState.WAITING, "confirm"): ConsignmentState.TO_ACCEPT,
    (ConsignmentState.WAITING, "cancel"): ConsignmentState.CANCELLED,
    (ConsignmentState.TO_ACCEPT, "accept"): ConsignmentState.ACCEPTED,
    (ConsignmentState.TO_ACCEPT, "decline"): ConsignmentState.DECLINED,
    (ConsignmentState.TO_ACCEPT, "cancel"): ConsignmentState.CANCELLED,
    (ConsignmentState.ACCEPTED, "pack"): ConsignmentState.PACKED,
    (ConsignmentState.ACCEPTED, "decline"): ConsignmentState.DECLINED,
    (ConsignmentState.ACCEPTED, "cancel"): ConsignmentState.CANCELLED,
    (ConsignmentState.PACKED, "hand_over"): ConsignmentState.HANDED_OVER,
    (ConsignmentState.PACKED, "deliver"): ConsignmentState.DELIVERED,
    (ConsignmentState.PACKED, "return"): ConsignmentState.RETURNED,
    (ConsignmentState.PACKED, "lose"): ConsignmentState.LOST,
    (ConsignmentState.PACKED, "cancel"): ConsignmentState.CANCELLED,
    # Only as long as the goods are on hold (see the household's use case): nobody has to wait for them.
    (ConsignmentState.WAITING, "decline"): ConsignmentState.DECLINED,
    (ConsignmentState.PACKED, "decline"): ConsignmentState.DECLINED,
    (ConsignmentState.HANDED_OVER, "deliver"): ConsignmentState.DELIVERED,
    (ConsignmentState.HANDED_OVER, "return"): ConsignmentState.RETURNED,
    (ConsignmentState.HANDED_OVER, "lose"): ConsignmentState.LOST,
    # The carrier corrects itself: "delivered" was wrong and the parcel comes back (carrier time decides that below).
    (ConsignmentState.DELIVERED, "return"): ConsignmentState.RETURNED,
}

PAYMENT_STEPS: dict[tuple[PaymentState, str], PaymentState] = {
    (PaymentState.DUE, "receive"): PaymentState.PAID,
    (PaymentState.DUE, "void"): PaymentState.VOID,
    (PaymentState.PENDING, "receive"): PaymentState.PAID,
    (PaymentState.PENDING, "expire"): PaymentState.EXPIRED,
    (PaymentState.PENDING, "void"): PaymentState.VOID,
    # Late money is money: it is taken note of and goes back as a refund.
    (PaymentState.EXPIRED, "receive"): PaymentState.PAID,
    (PaymentState.VOID, "receive"): PaymentState.PAID,
}

FINAL_CONSIGNMENT_STATES = frozenset(
    {
        ConsignmentState.DELIVERED,
        ConsignmentState.DECLINED,
        ConsignmentState.CANCELLED,
        ConsignmentState.RETURNED,
        ConsignmentState.LOST,
    }
)

#: Why a part ended that the buyer did not want any more.
BUYER_CANCELLED = "Người mua hủy đơn"

#: What the buyer reads.
CONSIGNMENT_LABELS: dict[ConsignmentState, str] = {
    ConsignmentState.WAITING: "Chờ thanh toán",
    ConsignmentState.TO_ACCEPT: "Chờ hộ nhận đơn",
    ConsignmentState.ACCEPTED: "Hộ đang chuẩn bị hàng",
    ConsignmentState.PACKED: "Đã đóng gói, chờ bưu tá",
    ConsignmentState.HANDED_OVER: "Đang giao",
    ConsignmentState.DELIVERED: "Đã giao",
    ConsignmentState.DECLINED: "Hộ không giao được",
    ConsignmentState.CANCELLED: "Đã dừng",
    ConsignmentState.RETURNED: "Đã trả về hộ",
    ConsignmentState.LOST: "Bưu cục báo thất lạc",
}
#: What the household reads.
DESK_LABELS: dict[ConsignmentState, str] = {
    **CONSIGNMENT_LABELS,
    ConsignmentState.TO_ACCEPT: "Đơn mới",
    ConsignmentState.ACCEPTED: "Đang chuẩn bị",
    ConsignmentState.DECLINED: "Hộ báo không giao được",
}
ORDER_LABELS: dict[OrderState, str] = {
    OrderState.AWAITING_PAYMENT: "Chờ thanh toán",
    OrderState.CONFIRMED: "Đã xác nhận",
    OrderState.COMPLETED: "Hoàn tất",
    OrderState.CANCELLED: "Đã hủy",
    OrderState.EXPIRED: "Hết hạn thanh toán",
}
#: Of a consignment that waits because its goods are on hold, whatever its state.
ON_HOLD_LABEL = "Tạm chờ kiểm tra hàng"
REFUSALS: dict[str, str] = {
    "accept": "Đơn này không còn chờ nhận nữa.",
    "decline": "Đơn này không từ chối được nữa vì hàng đã đóng gói hoặc đã kết thúc.",
    "pack": "Chỉ đóng gói được đơn mà hộ đã nhận.",
    "cancel": "Đơn này không hủy được nữa vì hàng đã trên đường giao hoặc đã kết thúc.",
}
_MOVED_ON = "Đơn hàng đã chuyển sang bước khác. Hãy tải lại trang để xem."


def next_order_state(current: OrderState, step: str) -> OrderState:
    """Return the order's state after ``step``. Raises ``StepNotAllowed``."""
    try:
        return ORDER_STEPS[current, step]
    except KeyError:
        raise StepNotAllowed(REFUSALS.get(step, _MOVED_ON), current=current, step=step) from None


def next_consignment_state(current: ConsignmentState, step: str) -> ConsignmentState:
    """Return the consignment's state after ``step``. Raises ``StepNotAllowed``."""
    try:
        return CONSIGNMENT_STEPS[current, step]
    except KeyError:
        raise StepNotAllowed(REFUSALS.get(step, _MOVED_ON), current=current, step=step) from None


def next_payment_state(current: PaymentState, step: str) -> PaymentState:
    """Return the payment's state after ``step``. Raises ``StepNotAllowed``."""
    try:
        return PAYMENT_STEPS[current, step]
    except KeyError:
        raise StepNotAllowed(_MOVED_ON, current=current, step=step) from None
