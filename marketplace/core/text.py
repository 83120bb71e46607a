"""Vietnamese text: one spelling for one word, with and without its marks. Pure functions, safe on any input.

Rules measured on real names: Unicode NFC first, then lower case, then the tone moved in open ``oa``, ``oe`` and ``uy``
only (hoà -> hòa, thuỷ -> thủy; never hoàn, quý, huỳnh). ``đ`` does not decompose and is folded by hand.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_SPACES = re.compile(r"\s+")
_NUMBER_THEN_UNIT = re.compile(r"(\d)(kg|g|ml|l|lít|lit|cân|lạng|k|nghìn|tr|triệu|sao|quả|con|chục)\b")
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)?")
_TONES = {"\u0300": "f", "\u0301": "s", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_BARE_DE = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D"})
_OPEN_PAIR = re.compile(
    r"(?<![a-zà-ỹđ])((?:[^\W\d_aeiouyăâêôơư]|qu|gi)*)(o|u)([aey])([\u0300\u0301\u0309\u0303\u0323])$"
)


def nfc(text: str) -> str:
    """Return text in Unicode NFC without invisible characters; keyboards of Apple devices send NFD."""
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE))


def normalise(text: str) -> str:
    """Return the one spelling of a text: NFC, lower case, single spaces, tones in their place, ``5kg`` -> ``5 kg``."""
    plain = _SPACES.sub(" ", nfc(nfc(text).casefold().replace("\u0307", ""))).strip()
    spaced = _NUMBER_THEN_UNIT.sub(r"\1 \2", plain)
    return _WORD.sub(lambda found: _place_tone(found[0]), spaced)


@lru_cache(maxsize=8192)
def _place_tone(word: str) -> str:
    """Move the tone of a word that ends in open oa, oe or uy onto the first of the two vowels."""
    loose = unicodedata.normalize("NFD", word)
    found = _OPEN_PAIR.search(loose)
    if not found:
        return word
    head, first, second, tone = found.groups()
    # The vowels of oa, oe and uy only; qu- is a consonant ("quý" keeps its tone on the y).
    if (first, second) not in {("o", "a"), ("o", "e"), ("u", "y")} or (first == "u" and head.endswith("q")):
        return word
    return unicodedata.normalize("NFC", loose[: found.start(2)] + first + tone + second)


def fold(text: str) -> str:
    """Return text without marks: ``Sầu riêng`` -> ``sau rieng``, ``đậu`` -> ``dau``. Lower case."""
    loose = unicodedata.normalize("NFD", normalise(text))
    bare = "".join(ch for ch in loose if not unicodedata.combining(ch)).translate(_BARE_DE)
    return unicodedata.normalize("NFC", bare)


def has_marks(text: str) -> bool:
    """Say whether somebody typed any Vietnamese mark."""
    return fold(text) != unicodedata.normalize("NFC", normalise(text))


def syllables(text: str) -> list[str]:
    """Return the words of a normalised text; a Vietnamese word of the language is one or more of these."""
    return _WORD.findall(normalise(text))


def folded_syllables(text: str) -> list[str]:
    """Return the words of a text without marks."""
    return _WORD.findall(fold(text))


def bigrams(words: list[str]) -> list[str]:
    """Return neighbouring words joined by an underscore: what a phrase leaves behind in an index."""
    return [f"{first}_{second}" for first, second in pairwise(words)]


def slugify(text: str) -> str:
    """Return text for an address line: ``Mắm tôm Ba Làng`` -> ``mam-tom-ba-lang``; ``hang`` when nothing is left."""
    ascii_text = fold(text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-") or "hang"


_ALPHABET = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
_PLACE = {letter: f"{place:02d}" for place, letter in enumerate(_ALPHABET, start=10)}
_TONE_PLACE = {"": "0", "f": "1", "r": "2", "x": "3", "s": "4", "j": "5"}


def vietnamese_sort_key(text: str) -> str:
    """Return a key that sorts as a Vietnamese dictionary does: letters first, then the six tones.

    The embedded PostgreSQL has no ICU collation, so the key is computed here and stored.
    """
    letters: list[str] = []
    tones: list[str] = []
    for ch in normalise(text):
        loose = unicodedata.normalize("NFD", ch)
        tone = next((_TONES[mark] for mark in loose if mark in _TONES), "")
        base = unicodedata.normalize("NFC", "".join(mark for mark in loose if mark not in _TONES))
        letters.append(_PLACE.get(base, "01" if base == " " else f"99{base}" if base.isalpha() else f"05{base}"))
        tones.append(_TONE_PLACE[tone])
    return "".join(letters) + " " + "".join(tones)


_TELEX_VOWELS = {"aa": "â", "ee": "ê", "oo": "ô", "aw": "ă", "ow": "ơ", "uw": "ư", "dd": "đ"}
_VNI_SHAPES = {"a6": "â", "e6": "ê", "o6": "ô", "a8": "ă", "o7": "ơ", "u7": "ư", "d9": "đ"}
_VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_TELEX_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_VOWELS = "aăâeêioôơuưy"


def decode_telex(word: str) -> str:
    """Return what a word typed with the Telex method switched off was meant to be: ``mieesn`` -> ``miến``."""
    text = word.casefold()
    tone = ""
    for at in range(len(text) - 1, 0, -1):
        if text[at] in _TELEX_TONES and any(ch in "aeiouy" for ch in text[:at]) and _is_tone_place(text, at):
            tone, text = _TELEX_TONES[text[at]], text[:at] + text[at + 1 :]
            break
    if "uow" in text:
        text = text.replace("uow", "ươ")
    for typed, letter in _TELEX_VOWELS.items():
        text = text.replace(typed, letter)
    return _add_tone(text, tone)


def _is_tone_place(text: str, at: int) -> bool:
    """A tone key stands at the end, or behind a vowel with nothing but a final consonant after it."""
    rest = text[at + 1 :]
    return not rest or (text[at - 1] in "aeiouyw" and re.fullmatch(r"(?:ng|nh|ch|[aeoiwcmnptuy])*", rest) is not None)


def decode_vni(word: str) -> str:
    """Return what a word typed with the VNI method switched off was meant to be: ``to3i`` -> ``tỏi``."""
    text = word.casefold()
    tone = ""
    for digit, mark in _VNI_TONES.items():
        if digit in text[1:]:
            tone, text = mark, text[0] + text[1:].replace(digit, "", 1)
            break
    text = text.replace("uo7", "ươ")
    for typed, letter in _VNI_SHAPES.items():
        text = text.replace(typed, letter)
    text = re.sub(r"([aeo])([a-z]*)6", lambda f: {"a": "â", "e": "ê", "o": "ô"}[f[1]] + f[2], text)
    return _add_tone(text, tone)


def end_sentence(text: str) -> str:
    """Return a text with a full stop, if nothing ends its last sentence, so that another can follow."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


def _add_tone(word: str, tone: str) -> str:
    if not tone:
        return nfc(word)
    places = [at for at, ch in enumerate(word) if ch in _VOWELS]
    if word.startswith(("qu", "gi")) and len(places) > 1:
        places = places[1:]
    if not places:
        return nfc(word)
    shaped = [at for at in places if word[at] in "ăâêôơư"]
    if shaped:
        place = shaped[-1]
    elif len(places) == 1:
        place = places[0]
    elif places[-1] < len(word) - 1 or len(places) > 2:
        place = places[1]
    else:
        place = places[0]
    return nfc(word[: place + 1] + tone + word[place + 1 :])
