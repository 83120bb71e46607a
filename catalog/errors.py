"""What can go wrong with goods on sale."""

from decimal import Decimal

from marketplace.core.errors import Conflict, Refused
from marketplace.core.quantity import format_quantity


class OutOfStock(Conflict):
    """Less is left than somebody wants; says how much there is."""

    def __init__(self, offer_id: int, name: str, available: Decimal, unit_code: str) -> None:
        left = format_quantity(available, unit_code)
        message = f"{name} vừa hết hàng." if available <= 0 else f"{name} chỉ còn {left}."
        super().__init__("out_of_stock", message, offer_id=offer_id, available=str(available))


class NotOnSale(Conflict):
    """The offer is a draft, withdrawn or recalled; or its household has paused it (``offer_paused``)."""

    def __init__(self, offer_id: int, name: str, *, is_paused: bool = False) -> None:
        if is_paused:
            super().__init__("offer_paused", f"{name} đang được hộ tạm ngừng bán.", offer_id=offer_id)
        else:
            super().__init__("not_on_sale", f"{name} hiện không còn bán.", offer_id=offer_id)


class NotSoldForNow(Conflict):
    """There are goods, and they may not be sold for now: their lots are held, or the gate before sale is closed."""

    def __init__(self, offer_id: int, name: str) -> None:
        message = f"{name} đang tạm ngừng bán để kiểm tra. Hãy bỏ khỏi giỏ, hoặc đặt khi hàng bán trở lại."
        super().__init__("not_sold_for_now", message, offer_id=offer_id)


class LotNotSellable(Refused):
    """The lot is not verified, is out of date, recalled, or another household's."""

    def __init__(self) -> None:
        message = "Lô này chưa bán được: chỉ lô đã được xã xác nhận và còn hạn mới được đưa lên sàn."
        super().__init__("lot_not_sellable", message, field="lot_id")
