"""The carrier's states of a parcel, their names, and the journeys that a tester can send a parcel on."""

from dataclasses import dataclass

CREATED = 102
CANCELLED = 107
RETURN_ASKED = 505
RETURN_APPROVED = 515
REDELIVER = 550
ACCEPTED = 200
#: No webhook follows after one of these.
FINAL = frozenset({101, 107, 201, 501, 503, 504})
#: A partner may cancel before 200, but not while the postman carries the parcel and not twice.
NOT_CANCELLABLE = frozenset({105, 107})

NAMES = {
    -110: "Đơn hàng gửi tại cửa hàng", -109: "Đơn hàng gửi tại điểm thu gom", -108: "Đơn hàng gửi tại bưu cục",
    -100: "Đơn hàng nháp", 100: "Tiếp nhận đơn hàng từ đối tác", 101: "Viettel Post yêu cầu hủy đơn",
    102: "Đơn hàng chờ xử lý", 103: "Giao cho bưu cục", 104: "Giao cho bưu tá đi nhận", 105: "Bưu tá đã nhận hàng",
    106: "Đối tác yêu cầu lấy lại hàng", 107: "Đối tác yêu cầu hủy", 200: "Nhận từ bưu tá - bưu cục gốc",
    201: "Hủy nhập phiếu gửi", 202: "Sửa phiếu gửi", 300: "Khai thác đi", 301: "Đóng túi gói", 302: "Đóng chuyến thư",
    303: "Đóng tuyến xe", 320: "Khai thác đi (bổ sung)", 400: "Nhận bảng kê đến", 401: "Nhận túi gói",
    402: "Nhận chuyến thư", 403: "Nhận chuyến xe", 500: "Giao bưu tá đi phát", 501: "Phát thành công",
    502: "Chuyển hoàn bưu cục gốc", 503: "Hủy theo yêu cầu khách hàng", 504: "Hoàn thành công, trả người gửi",
    505: "Tồn, thông báo chuyển hoàn", 506: "Tồn, khách hàng nghỉ hoặc không có nhà",
    507: "Tồn, khách hàng đến bưu cục nhận",
    508: "Phát tiếp", 509: "Chuyển tiếp bưu cục khác", 510: "Hủy phân công phát", 515: "Bưu cục phát duyệt hoàn",
    550: "Khách hàng yêu cầu phát tiếp", 570: "Trạng thái khác",
}  # fmt: skip
REASONS = {
    20: "Khách chê màu", 21: "Khách chê cỡ", 22: "Khách chê kiểu", 23: "Khách chê chất lượng", 24: "Không cho xem hàng",
    25: "Sai số lượng", 26: "Sai tiền thu hộ", 27: "Sai số điện thoại", 30: "Khách không còn nhu cầu",
    31: "Khách không đặt hàng", 32: "Sai địa chỉ", 35: "Khách hẹn phát lại", 36: "Không liên lạc được với khách",
    37: "Bưu tá hẹn phát lại", 38: "Khách đến bưu cục nhận", 43: "Người gửi yêu cầu chuyển hoàn",
    46: "Lý do khác", 47: "Lý do khác",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One state of a journey, with its reason and whether the parcel is on its way back."""

    status: int
    reason: int | None = None
    is_returning: bool = False


_OUT = (Step(103), Step(104), Step(105), Step(200), Step(300), Step(400), Step(500))
_BACK = (
    Step(502, is_returning=True),
    Step(300, is_returning=True),
    Step(400, is_returning=True),
    Step(504, is_returning=True),
)
RETURN_TAIL = _BACK
REDELIVERY_TAIL = (Step(500), Step(501))
#: Journeys by name: what the tester reads, and the steps after 102.
SCRIPTS: dict[str, tuple[str, tuple[Step, ...]]] = {
    "happy": ("Giao thành công", (*_OUT, Step(501))),
    "redelivered": ("Giao hỏng một lần rồi thành công", (*_OUT, Step(506, 36), Step(550), Step(500), Step(501))),
    "two_failed_then_return": (
        "Giao hỏng hai lần rồi hoàn về người gửi",
        (*_OUT, Step(506, 36), Step(508), Step(500), Step(506, 35), Step(505, 30), Step(515), *_BACK),
    ),
    "pickup_at_office": ("Người nhận đến bưu cục lấy", (*_OUT, Step(507, 38), Step(501))),
    "lost": ("Thất lạc, tiêu hủy trên đường", (Step(103), Step(104), Step(105), Step(200), Step(300), Step(503))),
    "refused": ("Viettel Post từ chối nhận", (Step(101),)),
    "cancel_race": ("Bưu tá cầm hàng, hủy không kịp", (Step(103), Step(104), Step(105))),
}


def steps_after(script: str, status: int) -> tuple[Step, ...]:
    """Return what is left of a journey for a parcel that stands in a state. Raises ValueError for an unknown name."""
    if script not in SCRIPTS:
        message = f"script must be one of {', '.join(SCRIPTS)}"
        raise ValueError(message)
    steps = SCRIPTS[script][1]
    for number, step in enumerate(steps):
        if step.status == status:
            return steps[number + 1 :]
    return steps
