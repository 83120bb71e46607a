"""Vietnamese text as it is read aloud: numbers in words, telephone numbers digit by digit, no addresses of the web.

A commune's loudspeaker is read by whoever is on duty, or by a program; both stumble over figures and signs.
"""

import re
from datetime import date

from marketplace.core.money import spell_number

#: Syllables a second of an announcer who wants to be understood outdoors (about 170 a minute).
_SYLLABLES_A_SECOND = 2.8
_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
#: A telephone number, or any long row of figures: nobody understands those as one number.
_LONG = re.compile(r"(?<![\d,])(?:\+?84|0)\d?(?:[ .\-]?\d){5,10}(?![\d,])|(?<![\d.,])\d{7,}(?![\d.,])")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_SIGNS = {"%": " phần trăm ", "&": " và ", "+": " cộng ", "=": " bằng ", "/": " trên ", "₫": " đồng "}
_UNITS = {
    "mg": "mi-li-gam", "kg": "ki-lô-gam", "g": "gam", "ml": "mi-li-lít", "l": "lít", "cm": "xăng-ti-mét",
    "km": "ki-lô-mét", "m2": "mét vuông", "ppm": "phần triệu", "ubnd": "Ủy ban nhân dân", "đ": "đồng", "h": "giờ",
    "htx": "hợp tác xã", "bvtv": "bảo vệ thực vật",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+2?")


def speak_digits(digits: str) -> str:
    """Read figures one by one; ``+84`` is the 0 with which people here begin a number."""
    plain = re.sub(r"\D", "", re.sub(r"^\s*\+84", "0", digits))
    return " ".join(_DIGITS[int(digit)] for digit in plain)


def speak_date(day: date) -> str:
    """Read a date: ``ngày hai mươi lăm tháng mười một năm hai nghìn không trăm hai mươi sáu``."""
    return f"ngày {spell_number(day.day)} tháng {spell_number(day.month)} năm {spell_number(day.year)}"


def speak(text: str) -> str:
    """Return a text as it is read aloud, without a figure, a sign that nobody speaks, or an address of the web."""
    spoken = _LINK.sub(" ", text)
    spoken = _DATE.sub(_speak_written_date, spoken)
    spoken = _LONG.sub(lambda found: f" {speak_digits(found[0])} ", spoken)
    spoken = _NUMBER.sub(_speak_number, spoken)
    for sign, word in _SIGNS.items():
        spoken = spoken.replace(sign, word)
    spoken = _WORD.sub(lambda found: _UNITS.get(found[0].lower(), found[0]), spoken)
    # What isdigit() knows beyond 0-9 (², ①, Arabic figures) has no word here.
    spoken = "".join(ch for ch in spoken if not ch.isnumeric())
    spoken = re.sub(r"[^\w\s.,;:!?\-]", " ", spoken)
    return re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"\s+", " ", spoken)).strip()


def count_syllables(spoken: str) -> int:
    """Count what is spoken: Vietnamese writes each syllable apart, words of other languages with dashes."""
    return len(re.findall(r"[^\W_]+", spoken))


def measure_seconds(spoken: str) -> int:
    """Estimate how long reading takes, in seconds."""
    return round(count_syllables(spoken) / _SYLLABLES_A_SECOND)


def clip_spoken(spoken: str, limit: int) -> str:
    """Return as many whole clauses as fit into so many syllables, else as many words; it ends in a full stop."""
    if count_syllables(spoken) > limit:
        clauses = re.split(r"(?<=[.;!?])\s+", spoken)
        kept = clauses[0]
        for clause in clauses[1:]:
            if count_syllables(f"{kept} {clause}") > limit:
                break
            kept = f"{kept} {clause}"
        words = kept.split()
        while len(words) > 1 and count_syllables(" ".join(words)) > limit:
            words.pop()
        spoken = " ".join(words)
    return f"{spoken.rstrip('.,;:!? -')}." if spoken.strip(".,;:!? -") else ""


def _speak_written_date(found: re.Match[str]) -> str:
    try:
        return f" {speak_date(date(int(found[3]), int(found[2]), int(found[1])))} "
    except ValueError:
        return f" {' '.join(speak_digits(part) for part in found.groups())} "


def _speak_number(found: re.Match[str]) -> str:
    written = found[0]
    if _THOUSANDS.fullmatch(written):
        written = written.replace(".", "")
    whole, *rest = re.split(r"[.,]", written)
    if len(rest) > 1 or len(whole) > 9:
        return f" {speak_digits(written)} "
    spoken = spell_number(int(whole)) if whole.isascii() else ""
    return f" {spoken} phẩy {speak_digits(rest[0])} " if rest else f" {spoken} "
