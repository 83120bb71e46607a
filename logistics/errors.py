"""What can go wrong with a parcel, in words for people."""

from marketplace.core.errors import Conflict, NotFound, Refused, Unavailable


class ParcelUnknown(NotFound):
    """No parcel carries this reference, or not one of the household that asks."""

    def __init__(self) -> None:
        super().__init__("parcel_unknown", "Không tìm thấy bưu gửi này.")


class StepNotAllowed(Conflict):
    """The parcel stands in a state from which this step does not lead on."""

    def __init__(self, *, current: str, wanted: str) -> None:
        super().__init__(
            "parcel_step_not_allowed",
            "Bưu gửi đã sang bước khác nên không làm được việc này nữa.",
            current=current,
            wanted=wanted,
        )


class CarrierUnreachable(Unavailable):
    """The carrier could not be reached: nothing was sent, so asking again is safe."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "carrier_unreachable", "Chưa kết nối được với đơn vị vận chuyển. Hãy thử lại sau.", reason=reason
        )


class ForgedWebhook(Refused):
    """A message in the carrier's name that does not know our shared secret."""

    def __init__(self) -> None:
        super().__init__("forged_webhook", "Thông báo không mang mã bí mật đã thống nhất.")


class UnreadableWebhook(Refused):
    """A message with the right secret whose content makes no sense to us."""

    def __init__(self, reason: str) -> None:
        super().__init__("unreadable_webhook", "Không đọc được thông báo của đơn vị vận chuyển.", reason=reason)
