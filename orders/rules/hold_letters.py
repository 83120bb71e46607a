"""What buyers are written about goods on hold: each letter as its title and its paragraphs."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HoldLetter:
    """A letter's title and paragraphs."""

    title: str
    paragraphs: Sequence[str]


def write_held(part: str, *, reason: str, until: str, is_paid: bool, is_to_pay: bool) -> HoldLetter:
    """Say that a part of an order waits, why, until when, and that nobody has to wait."""
    money = "và số tiền đã trả được hoàn lại" if is_paid else "bạn không phải trả gì"
    own = "Trong lúc chờ, bạn chưa cần trả tiền. " if is_to_pay else ""
    return HoldLetter(
        "Đơn của bạn tạm chờ kiểm tra hàng",
        (
            f"Phần {part} tạm chờ. {reason} Hàng chưa được gửi đi.",
            f"Muộn nhất đến {until}: hàng được bán trở lại thì đơn tự đi tiếp; không thì phần này tự hủy, {money}.",
            f"{own}Bạn không muốn đợi? Trên trang đơn hàng có nút dừng phần này.",
        ),
    )


def write_resumed(part: str, *, is_out: bool, pay_before: str) -> HoldLetter:
    """Say that goods are free again. ``pay_before`` is empty unless the order is still to be paid."""
    if is_out:
        text = f"Việc kiểm tra lô hàng trong phần {part} đã xong: hàng được bán trở lại, bạn dùng được."
        return HoldLetter("Hàng của bạn dùng được", (text,))
    follows = "Bạn không phải làm gì thêm."
    if pay_before:
        follows = f"Bạn trả tiền được đến {pay_before}; quá giờ đó đơn tự hủy."
    return HoldLetter(
        "Đơn của bạn đi tiếp", (f"Việc kiểm tra lô hàng trong phần {part} đã xong, đơn đi tiếp.", follows)
    )


def write_given_up(part: str, *, reason: str, is_own_wish: bool, is_paid: bool) -> HoldLetter:
    """Say that a part has ended whose goods did not come free, and what becomes of the money."""
    what = f"Phần {part} đã dừng và không được gửi đi. {reason}"
    if is_own_wish:
        what = f"Theo ý bạn, phần {part} đã dừng và không được gửi đi."
    money = "Số tiền đã trả cho phần này đang được hoàn lại."
    return HoldLetter(
        "Một phần đơn của bạn đã dừng", (what, money if is_paid else "Bạn không phải trả tiền cho phần này.")
    )


def write_held_outside(part: str, *, reason: str, is_called_back: bool, is_delivered: bool) -> HoldLetter:
    """Ask not to use goods that are being checked, and say what follows."""
    where = "đã giao cho bạn" if is_delivered else "đang trên đường đến bạn"
    follows = "Nếu lô bị thu hồi, chợ báo bạn cách trả hàng và nhận lại tiền."
    if is_called_back:
        follows = (
            "Chợ đã nhờ bưu cục đưa kiện trở về. Nếu bưu tá vẫn giao, bạn hãy từ chối nhận; tiền đã trả được hoàn lại."
        )
    return HoldLetter(
        "Xin chưa dùng hàng này",
        (
            f"{reason} Hàng của lô này nằm trong phần {part}, {where}.",
            f"Xin bạn chưa dùng hàng và để riêng cho đến khi chợ báo tin. {follows}",
        ),
    )
