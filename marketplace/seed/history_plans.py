"""Which orders there were: who bought what when, how it was paid, and how far each order came."""
# ruff: noqa: E501 - tables of sentences

from dataclasses import dataclass

#: Steps of a parcel after it was packed, in words of ``history``.
_TO_DOOR = ("accept", "pack", "book", "pick_up", "travel", "deliver")


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """One order. ``days_ago`` 0 stands for the last hours; ``goods`` are (product, units of sale)."""

    days_ago: int
    buyer: int
    method: str
    goods: tuple[tuple[str, str], ...]
    steps: tuple[str, ...] = ()
    #: Stars and words of the review that follows a delivery.
    reviews: tuple[tuple[int, str], ...] = ()
    reason: str = ""


ORDERS: tuple[OrderPlan, ...] = (
    # Delivered, most of them with a word about the goods.
    OrderPlan(
        24,
        0,
        "cod",
        (("nuoc-mam", "3"), ("mam-tom", "1")),
        _TO_DOOR,
        (
            (
                5,
                "Nước mắm thơm, mặn đúng độ, bố mẹ mình khen giống vị ngày xưa. Chai gói rơm cẩn thận, không rỉ giọt nào.",
            ),
            (5, "Mắm tôm sánh, đánh bông lên hồng đẹp."),
        ),
    ),
    OrderPlan(23, 1, "transfer", (("gao-nep-chv", "2"),), ("pay", *_TO_DOOR)),
    OrderPlan(
        22,
        2,
        "card",
        (("mat-ong-pl", "1"),),
        ("pay", *_TO_DOOR),
        ((5, "Mật sánh, mùi hoa rừng rõ. Quét mã xem được cả ngày quay mật nên rất yên tâm."),),
    ),
    OrderPlan(
        21,
        3,
        "cod",
        (("thit-trau", "2"),),
        _TO_DOOR,
        ((4, "Thịt ngon, thơm mắc khén. Hơi dai một chút, hấp lâu hơn là mềm."),),
    ),
    OrderPlan(
        20,
        4,
        "cod",
        (("mien-dong", "2"), ("moi-kho", "1")),
        _TO_DOOR,
        ((5, "Sợi miến dai, nấu không nát."), (4, "Moi sạch cát, chỉ tiếc gói hơi ít.")),
    ),
    OrderPlan(
        19,
        0,
        "transfer",
        (("lap-suon", "1"),),
        ("pay", *_TO_DOOR),
        ((5, "Lạp sườn thơm khói thật, nướng lên cả nhà tranh nhau."),),
    ),
    OrderPlan(
        18,
        1,
        "cod",
        (("gao-te", "1"), ("lac-nhan", "2")),
        _TO_DOOR,
        ((5, "Cơm dẻo và thơm, hạt gạo đều."), (4, "Lạc mẩy, đã nhặt sạch.")),
    ),
    OrderPlan(17, 2, "cod", (("ruoc-thit", "2"),), _TO_DOOR, ((3, "Ruốc bông nhưng hơi mặn so với trẻ nhỏ."),)),
    OrderPlan(
        16,
        3,
        "transfer",
        (("vung-den", "2"), ("bot-san-day", "1")),
        ("pay", *_TO_DOOR),
        ((5, "Vừng sạch, rang lên thơm."), (5, "Bột trắng, pha tan ngay, uống mát.")),
    ),
    OrderPlan(15, 4, "cod", (("chieu-coi", "2"),), _TO_DOOR, ((5, "Chiếu dệt dày, biên chắc, hoa văn đẹp hơn ảnh."),)),
    OrderPlan(
        13,
        0,
        "card",
        (("mang-kho", "3"),),
        ("pay", *_TO_DOOR),
        ((5, "Măng dày, ngâm hai đêm nở mềm, không mùi lưu huỳnh."),),
    ),
    OrderPlan(12, 1, "cod", (("che-tn", "2"),), _TO_DOOR, ((5, "Trà xanh nước, hậu ngọt."),)),
    OrderPlan(11, 2, "cod", (("buoi-lv", "4"),), _TO_DOOR, ((5, "Bưởi đỏ đẹp, bày bàn thờ ai cũng hỏi mua ở đâu."),)),
    OrderPlan(9, 3, "cod", (("mam-cay", "1"), ("tuong-xp", "2")), _TO_DOOR),
    OrderPlan(8, 0, "cod", (("dau-lac", "1"),), _TO_DOOR, ((4, "Dầu thơm lạc, có ít cặn như đã nói trước."),)),
    # Came back, got lost, never started.
    OrderPlan(14, 4, "cod", (("gao-st25", "1"),), ("accept", "pack", "book", "pick_up", "travel", "fail", "return")),
    OrderPlan(10, 2, "transfer", (("do-den", "2"),), ("pay", "accept", "pack", "book", "pick_up", "lose")),
    OrderPlan(
        7,
        1,
        "transfer",
        (("banh-da", "3"),),
        ("pay", "decline"),
        reason="Mẻ bánh gặp mưa nên không đủ khô, nhà xin không giao.",
    ),
    OrderPlan(6, 3, "cod", (("mien-tl", "4"),), ("cancel",), reason="Đặt nhầm số lượng, tôi sẽ đặt lại."),
    OrderPlan(5, 4, "transfer", (("nuoc-mam-qn", "1"),), ("expire",)),
    # On its way.
    OrderPlan(2, 0, "cod", (("mam-tep", "2"),), ("accept", "pack", "book", "pick_up", "travel")),
    OrderPlan(2, 1, "transfer", (("thit-trau", "1"),), ("pay", "accept", "pack", "book", "pick_up", "travel")),
    OrderPlan(1, 2, "card", (("mat-ong-pl", "1"), ("gao-nep-chv", "1")), ("pay", "accept", "pack", "book")),
    # Today: at every desk there is something to do.
    OrderPlan(0, 0, "cod", (("lon-bachi", "2"), ("rau-muong", "3")), ()),
    OrderPlan(0, 1, "cod", (("lon-nac", "1.5"),), ("accept",)),
    OrderPlan(0, 3, "cod", (("trung-ga", "2"),), ("accept", "pack")),
    OrderPlan(0, 2, "transfer", (("cam-vd", "5"),), ()),
    OrderPlan(0, 4, "card", (("ga-doi", "1"),), ()),
    OrderPlan(0, 1, "transfer", (("cai-bap", "3"), ("suplo-xanh", "2")), ("pay",)),
    OrderPlan(0, 3, "cod", (("nem-chua", "2"), ("nem-nuong", "1")), ("accept",)),
    OrderPlan(0, 0, "cod", (("ruoc-thit", "1"),), ("accept",)),
)
