"""What can go wrong with an order."""

from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.money import format_vnd

_QUOTE_MISSING = (
    "Giỏ hàng đã thay đổi, hoặc đã để lâu, nên phí giao hàng phải tính lại. Hãy xem lại nơi nhận rồi bấm tiếp."
)


class BasketEmpty(Refused):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__("basket_empty", "Giỏ hàng đang trống.")


class TotalChanged(Conflict):
    """The sum is no longer the one that the buyer saw."""

    def __init__(self, shown: int, now: int) -> None:
        message = f"Tổng tiền đã đổi từ {format_vnd(shown)} thành {format_vnd(now)}. Hãy xem lại rồi đặt."
        super().__init__("total_changed", message, shown=shown, total=now)


class QuoteMissing(Conflict):
    """There is no delivery price for this address any more."""

    def __init__(self) -> None:
        super().__init__("quote_missing", _QUOTE_MISSING)


class CannotTravel(Refused):
    """Some goods do not stand the journey to this address."""

    def __init__(self, names: list[str]) -> None:
        message = f"Không giao kịp đến địa chỉ này khi hàng còn tươi: {', '.join(names)}. Hãy bỏ khỏi giỏ."
        super().__init__("cannot_travel", message, names=names)


class StepNotAllowed(Conflict):
    """The order has moved on, so this step is no longer possible."""

    def __init__(self, message: str, *, current: str, step: str) -> None:
        super().__init__("step_not_allowed", message, current=current, step=step)


class GoodsOnHold(Conflict):
    """The goods may not be handed to a buyer for now, so nothing is done with them."""

    def __init__(self, message: str, *, lots: list[str]) -> None:
        super().__init__("goods_on_hold", message, lots=lots)


class OrderUnknown(NotFound):
    """No order under this link or number for this person."""

    def __init__(self) -> None:
        super().__init__("order_unknown", "Không tìm thấy đơn hàng này. Hãy kiểm tra lại đường dẫn trong thư.")
