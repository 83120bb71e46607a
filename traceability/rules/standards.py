"""Standards that a household says it keeps: item 10 of Circular 02/2024/TT-BKHCN (tiêu chuẩn, quy chuẩn áp dụng).

A household declares one for each kind of production. A certificate that an officer has seen and that is in date says
the same and more, so then nothing has to be declared.
"""

from dataclasses import dataclass

from marketplace.core.errors import Refused
from traceability.rules.entries import check_text
from traceability.rules.templates import get_template


@dataclass(frozen=True, slots=True)
class Standard:
    """A kind of standard; ``needs_number`` says that the document is one of many and has to be named."""

    code: str
    label: str
    hint: str
    needs_number: bool = False
    is_for_food: bool = True


#: Circular 17/2018/TT-BNNPTNT lets small primary producers pledge to their commune instead of being certified; QCVN 8
#: (2011, 2012) and Circulars 50/2016 and 24/2013/TT-BYT bind whoever sells food. The numbers are from general
#: knowledge and have to be compared with the texts in force before going live.
STANDARDS: dict[str, Standard] = {
    one.code: one
    for one in (
        Standard(
            "pledge",
            "Cam kết sản xuất thực phẩm an toàn (Thông tư 17/2018/TT-BNNPTNT)",
            "Hộ đã ký bản cam kết và nộp ở xã.",
        ),
        Standard(
            "qcvn",
            "Quy chuẩn an toàn thực phẩm của Bộ Y tế (QCVN 8 và các giới hạn dư lượng)",
            "Mức chung mà mọi thực phẩm bán ra đều phải theo.",
        ),
        Standard(
            "tcvn",
            "Tiêu chuẩn quốc gia",
            "Ghi rõ số hiệu, ví dụ TCVN 11892-1:2017.",
            needs_number=True,
            is_for_food=False,
        ),
        Standard(
            "own",
            "Tiêu chuẩn cơ sở do hộ tự đặt ra",
            "Ghi số hiệu, ví dụ TCCS 01:2026.",
            needs_number=True,
            is_for_food=False,
        ),
    )
}


def list_standards(template: str) -> list[Standard]:
    """Return the standards that a kind of production may be under: what nobody eats needs none for food."""
    return [one for one in STANDARDS.values() if template != "craft" or not one.is_for_food]


def check_standard(template: str, code: str, number: str) -> None:
    """Raise ``Refused``, naming the field, for a standard that does not exist here or is not named."""
    get_template(template)
    standard = next((one for one in list_standards(template) if one.code == code), None)
    if standard is None:
        message = "Hãy chọn tiêu chuẩn mà hộ đang theo."
        raise Refused("standard_unknown", message, field="code")
    check_text(number, "number", "Hãy ghi số hiệu của tiêu chuẩn." if standard.needs_number else "")


def tell_standard(code: str, number: str) -> str:
    """Say a standard in words: its number when it has one, with what it is."""
    label = STANDARDS[code].label
    return f"{label}: {number.strip()}" if number.strip() else label
