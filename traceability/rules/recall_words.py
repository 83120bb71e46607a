"""What a recall says to people: a text for Zalo, and one for the commune's loudspeaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from marketplace.core.clock import VN_TZ
from marketplace.core.money import spell_number
from traceability.rules.recalls import REMEDIES
from traceability.rules.speech import clip_spoken, count_syllables, speak, speak_date, speak_digits

#: A message in Zalo holds so many letters; what is longer arrives in pieces.
MAX_ZALO = 2000
_CODES_SHOWN = 8
#: Syllables of half a minute and of a minute: a shorter text says the main thing twice, a longer one says less.
_SHORTEST, _LONGEST = 86, 166
_NAMES_SPOKEN = 3
#: Words with which names of households and of goods begin.
_COMMON = frozenset({"Hộ", "Nhà", "Hợp", "Tổ", "Rau", "Thịt", "Gạo", "Trứng", "Cá", "Gà", "Vịt", "Mật", "Chè", "Dưa"})


@dataclass(frozen=True, slots=True)
class Told:
    """What the texts are made of. ``made_on`` are the days on which the goods were made, the first and the last."""

    produce: Sequence[str]
    households: Sequence[str]
    codes: Sequence[str]
    made_on: tuple[date, date]
    commune: str
    officer_title: str
    reason: str
    instruction: str
    remedy: str
    places: str
    contact: str
    until_on: date | None
    started_at: datetime
    is_drill: bool


def write_zalo(told: Told, link: str) -> str:
    """Return a message to send on in Zalo groups; ``link`` leads to the lot's public page. At most 2000 letters."""
    started = told.started_at.astimezone(VN_TZ)
    codes = ", ".join(told.codes[:_CODES_SHOWN])
    more = len(told.codes) - _CODES_SHOWN
    lines = [
        "[DIỄN TẬP, KHÔNG CÓ THẬT]" if told.is_drill else "",
        f"THU HỒI HÀNG: {_clip(_join(told.produce), 200)}",
        f"Hộ bán: {_clip(_join(told.households), 200)} ({told.commune})",
        f"Mã lô: {codes}{f' và {more} lô khác' if more > 0 else ''}",
        f"Ngày làm ra: {_days(told.made_on)}",
        f"Vì sao: {told.reason}",
        f"Bạn cần làm: {told.instruction}",
        f"Tiền: {REMEDIES[told.remedy]}.",
        f"Nơi nhận lại hàng: {_clip('; '.join(told.places.splitlines()))}" if told.places else "",
        f"Nhận đến hết ngày {told.until_on:%d/%m/%Y}" if told.until_on else "",
        f"Điện thoại hỏi: {told.contact}" if told.contact else "",
        f"Xem mã lô của bạn có bị thu hồi không: {link}",
        f"{told.officer_title}, {started:%H:%M} ngày {started:%d/%m/%Y}",
    ]
    return "\n".join(line for line in lines if line)[:MAX_ZALO]


def write_loudspeaker(told: Told) -> str:
    """Return a text of 30 to 60 seconds for the loudspeaker: no figures, no addresses; it says how goods are known."""
    instruction = clip_spoken(speak(told.instruction), 26)
    goods = clip_spoken(speak(_lower(_join(told.produce[:_NAMES_SPOKEN]))), 10)
    sellers = clip_spoken(speak(_lower(_join(told.households[:_NAMES_SPOKEN]))), 12).rstrip(".")
    commune = clip_spoken(speak(told.commune), 8).rstrip(".")
    phone = _phone_of(told.contact)
    places = clip_spoken(speak(told.places.splitlines()[0]), 14) if told.places else ""
    remedies = {
        "refund": "Người mua được hoàn lại tiền.",
        "return": "Mang hàng đến nơi nhận lại thì được hoàn tiền.",
    }

    def say(reason_limit: int, remedy: str) -> str:
        parts = (
            "Đây là buổi diễn tập, không có hàng nào bị thu hồi." if told.is_drill else "",
            f"Mời bà con chú ý. {commune} thông báo thu hồi {goods}",
            f"Hàng của {sellers}, làm ra {_speak_days(told.made_on)}.",
            f"Lý do: {clip_spoken(speak(_lower(told.reason)), reason_limit)}",
            f"Bà con đã mua hãy làm như sau: {instruction}",
            remedy,
            f"Nơi nhận lại hàng: {places}" if places else "",
            f"Điện thoại hỏi: {phone}." if phone else "",
        )
        return " ".join(part for part in parts if part)

    spoken = say(24, remedies[told.remedy])
    if count_syllables(spoken) > _LONGEST:
        spoken = say(12, "")
    if count_syllables(spoken) < _SHORTEST:
        spoken = f"{spoken} Hãy xem ngày làm ra và mã lô trên tem dán ở hàng."
        again = f"Xin nhắc lại: {commune} thu hồi {goods} {instruction} Xin cảm ơn bà con đã nghe."
        if count_syllables(f"{spoken} {again}") < _SHORTEST:
            spoken = f"{spoken} Ai còn giữ hàng này xin để riêng ra, đừng bán và đừng cho người khác."
        spoken = f"{spoken} {again}"
    return spoken


def _phone_of(contact: str) -> str:
    """Return the figures of a telephone number in a text, read one by one; empty when there are too few."""
    kept = contact[:60]
    digits = speak_digits(kept[kept.find("+84") :] if "+84" in kept else kept)
    return " ".join(digits.split()[:11]) if len(digits.split()) >= 3 else ""


def _speak_days(made_on: tuple[date, date]) -> str:
    first, last = made_on
    if first == last:
        return speak_date(first)
    begin = speak_date(first)
    if first.year == last.year:
        begin = begin.removesuffix(f" năm {spell_number(first.year)}")
    return f"từ {begin} đến {speak_date(last)}"


def _lower(name: str) -> str:
    """Write a name as inside a sentence; a person's own name stays as it is."""
    first = name.split(" ", 1)[0]
    return name[:1].lower() + name[1:] if first in _COMMON or not first.istitle() else name


def _join(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(unique)


def _clip(text: str, limit: int = 240) -> str:
    return text if len(text) <= limit else f"{text[:limit].rstrip()}…"


def _days(made_on: tuple[date, date]) -> str:
    first, last = made_on
    return f"{first:%d/%m/%Y}" if first == last else f"{first:%d/%m/%Y} đến {last:%d/%m/%Y}"
