"""Erasure: who asks for what, and how a person is recognised in free text.

Law 91/2025/QH15 gives a person the right to have personal data erased. What was sealed stays, since it names nobody;
salts and private contents are destroyed, and the commitments to them stay in the log with nothing behind them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from marketplace.core.errors import Refused
from marketplace.core.text import fold

#: What stands where a text or a name stood.
ERASED = "Đã xóa theo yêu cầu"
ERASED_HOUSEHOLD = "Hộ đã xóa tên theo yêu cầu"
REASONS = {
    "asked": "Chính người đó yêu cầu",
    "guardian": "Người đại diện hợp pháp yêu cầu",
    "named": "Người bị nhắc tên trong sổ yêu cầu",
    "authority": "Cơ quan có thẩm quyền yêu cầu",
}
SUBJECTS = {
    "account": "Một tài khoản (người mua, người làm hộ, cán bộ)",
    "household": "Cả một hộ cùng người của hộ",
    "named": "Người chỉ được nhắc tên trong sổ (người bán vật tư, người làm thuê)",
}
#: So many working days the market has to answer in (Decree 356/2025).
ANSWER_WITHIN = 2
#: How long the reason of a refusal may be.
MAX_WHY = 300
_SATURDAY = 5
_MIN_NAME = 4
_MIN_DIGITS = 9
_NOT_DIGIT = re.compile(r"\D")
_WORD = re.compile(r"\w+")
_PHONE_END = 9


def answer_until(asked_on: date) -> date:
    """Return the last working day to answer a request. Public holidays, unknown here, make it later."""
    day, left = asked_on, ANSWER_WITHIN
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a person may stand in a free text: names without marks, telephone numbers by their last nine digits."""

    names: frozenset[str]
    phones: frozenset[str]

    def is_in(self, text: str) -> bool:
        """Say whether a text mentions the person; a name counts as whole words only."""
        told = f" {_plain(text)} "
        if any(f" {name} " in told for name in self.names):
            return True
        digits = _NOT_DIGIT.sub("", text)
        return any(phone in digits for phone in self.phones)

    @property
    def is_nobody(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.names or self.phones)


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))


def describe(names: Iterable[str], phones: Iterable[str] = ()) -> Wanted:
    """Return whom to look for. A single short word is left out: it would be in every second note."""
    plain = (_plain(name) for name in names)
    ends = (_NOT_DIGIT.sub("", phone)[-_PHONE_END:] for phone in phones)
    return Wanted(
        frozenset(name for name in plain if len(name) >= _MIN_NAME and not name.isdigit()),
        frozenset(end for end in ends if len(end) == _PHONE_END),
    )


def read_wanted(typed: str) -> Wanted:
    """Read what an operator typed: a name, or a telephone number. Raises ``Refused`` when it is too short."""
    digits = _NOT_DIGIT.sub("", typed)
    letters = re.sub(r"[\W\d_]+", "", typed)
    wanted = describe((), [typed]) if len(digits) >= _MIN_DIGITS and not letters else describe([typed])
    if wanted.is_nobody:
        message = "Hãy ghi đủ họ tên như trong sổ, hoặc số điện thoại."
        raise Refused("wanted_too_short", message, field="wanted")
    return wanted


def check_request(subject: str, subject_id: int | None, wanted: str, reason: str) -> None:
    """Raise ``Refused``, naming the field, for a request that says not whom or why."""
    if subject not in SUBJECTS:
        message = "Hãy chọn xóa dữ liệu của ai."
        raise Refused("subject_unknown", message, field="subject")
    if reason not in REASONS:
        message = "Hãy chọn lý do."
        raise Refused("reason_unknown", message, field="reason")
    if subject == "named":
        read_wanted(wanted)
    elif subject_id is None:
        message = "Không tìm thấy người hoặc hộ này."
        raise Refused("subject_not_found", message, field="wanted")


def check_four_eyes(*, asked_by: int, done_by: int, other_operators: int) -> bool:
    """Return whether two people stand behind an erasure; raise ``Refused`` when they could and do not.

    It cannot be taken back, so whoever asked does not carry it out, unless there is nobody else; the notice says which.
    """
    if asked_by != done_by:
        return True
    if other_operators:
        message = "Bạn đã nhập yêu cầu này nên phải để người điều hành khác xem và xóa."
        raise Refused("four_eyes", message)
    return False
