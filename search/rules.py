"""How a buyer's words become a question: synonyms replace, filler words go, keyboards that were off are forgiven."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from marketplace.core.text import (
    bigrams,
    decode_telex,
    decode_vni,
    fold,
    folded_syllables,
    has_marks,
    syllables,
)

MAX_LENGTH = 120
_MAX_WORDS = 16
#: What people say around the goods, with marks: without them "toi" is garlic, "cua" a crab and "tim" a heart.
_FILLERS = frozenset(
    {"cho", "tôi", "mình", "em", "mua", "bán", "tìm", "ở", "đâu", "ngon", "rẻ", "tại", "và", "của", "loại", "nào"}
    | {"nhiêu", "với"}
)
#: Fillers only beside one of these words: alone they are goods ("giá" sprouts, "rau cần", "bao tử").
_FILLERS_BESIDE = {
    "giá": frozenset({"rẻ", "bao"}),
    "bao": frozenset({"nhiêu"}),
    "cần": frozenset({"mua", "tìm", "tôi", "mình", "em"}),
}
_PLAIN_FILLERS = frozenset({"mua", "cho", "minh", "ngon"})
#: Words for "a piece of fruit"; before another word they say nothing.
_PIECES = frozenset({"qua", "trai"})
#: Pairs in which a word of two meanings has its other one: "bắp cải" is no maize, "cá mè" no sesame.
_OTHER_THINGS = frozenset(
    [
        "bap_cai",
        "bap_bo",
        "bap_chuoi",
        "bap_su",
        "ca_me",
        "gao_thom",
        "rau_thom",
        "la_dua",
        "cua_dong",
        "che_lam",
        "che_do",
        "me_den_chua",
    ]
)
_RELATED, _BY_CONTEXT = 0.5, 0.7


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say a thing: its words with and without marks. ``has_marks`` says which of them were really typed."""

    marked: tuple[str, ...]
    folded: tuple[str, ...]
    has_marks: bool = False
    weight: float = 1.0

    @property
    def pairs(self) -> list[str]:
        """The neighbouring pairs of the phrase, as the index holds them."""
        return bigrams(list(self.folded))


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the question: any of these phrases answers it."""

    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question: every unit should be answered. ``pairs`` reward words that stand together as they were typed."""

    units: tuple[Unit, ...]
    pairs: tuple[str, ...]


def make_phrase(text: str, weight: float = 1.0) -> Phrase:
    """Return a phrase from text."""
    return Phrase(tuple(syllables(text)), tuple(folded_syllables(text)), has_marks(text), weight)


@cache
def load_synonyms() -> Mapping[tuple[str, ...], tuple[Phrase, ...]]:
    """Return, by folded words, every phrase for the same thing (its own included).

    Pairs that are always true (``eq``) count in full; close ones (``rel``) and those true in some phrases only
    (``ctx``) count less, so that goods of the typed name come first.
    """
    return _tabulate(folded_syllables)


@cache
def _load_marked_synonyms() -> Mapping[tuple[str, ...], tuple[Phrase, ...]]:
    """Return the same by words with their marks: what is said of "ngò" is not true of "ngô"."""
    return _tabulate(syllables)


def _tabulate(spell: Callable[[str], Sequence[str]]) -> Mapping[tuple[str, ...], tuple[Phrase, ...]]:
    table: dict[tuple[str, ...], dict[str, float]] = {}
    weights = {"eq": 1.0, "rel": _RELATED, "ctx": _BY_CONTEXT}
    rows = files("search").joinpath("data/synonyms.tsv").read_text("utf-8").splitlines()[1:]
    for row in rows:
        north, others, kind, *_ = [*row.split("\t"), "", ""]
        if kind not in weights:
            continue
        names = {name.strip() for name in (north, *others.split("|")) if name.strip()}
        for name in names:
            known = table.setdefault(tuple(spell(name)), {})
            for other in names:
                weight = 1.0 if other == name else weights[kind]
                known[other] = max(known.get(other, 0.0), weight)
    return {
        words: tuple(make_phrase(name, weight) for name, weight in sorted(names.items()))
        for words, names in table.items()
    }


def ask(text: str) -> Question:
    """Turn what a buyer typed into a question."""
    marked, folded = _drop_fillers(syllables(text)[:_MAX_WORDS], folded_syllables(text)[:_MAX_WORDS])
    table = load_synonyms()
    pairs = bigrams(folded)
    units: list[Unit] = []
    at = 0
    while at < len(folded):
        length = next(
            (size for size in range(min(4, len(folded) - at), 0, -1) if tuple(folded[at : at + size]) in table),
            0,
        )
        end = at + max(length, 1)
        own = make_phrase(" ".join(marked[at:end]))
        around = set(pairs[max(at - 1, 0) : end])
        known = _fitting(own) if length and not around & _OTHER_THINGS else ()
        units.append(Unit((own, *(phrase for phrase in known if phrase.folded != own.folded))))
        at = end
    return Question(tuple(units), tuple(pairs))


def _drop_fillers(marked: list[str], folded: list[str]) -> tuple[list[str], list[str]]:
    """Leave out what says nothing about goods, unless nothing else is left."""
    table = load_synonyms()
    named = {at + step for at, pair in enumerate(pairwise(folded)) if pair in table for step in (0, 1)}
    has_any_marks = marked != folded
    kept = []
    for at, word in enumerate(folded):
        is_filler = _is_filler(marked, at) if has_any_marks else word in _PLAIN_FILLERS
        is_piece = (
            word in _PIECES
            and at + 1 < len(folded)
            and (word, folded[at + 1]) not in table
            and (at == 0 or (folded[at - 1], word) not in table)
        )
        if not ((is_filler and at not in named) or is_piece):
            kept.append(at)
    kept = kept or list(range(len(folded)))
    return [marked[at] for at in kept], [folded[at] for at in kept]


def _is_filler(marked: Sequence[str], at: int) -> bool:
    beside = {*marked[max(at - 1, 0) : at], *marked[at + 1 : at + 2]}
    return marked[at] in _FILLERS or bool(_FILLERS_BESIDE.get(marked[at], frozenset()) & beside)


def _fitting(own: Phrase) -> Sequence[Phrase]:
    """Return the synonyms of what was really typed: with marks, "dứa" must not be taken for "dừa"."""
    if own.has_marks:
        return _load_marked_synonyms().get(own.marked, ())
    return load_synonyms()[own.folded]


def complete_kinds(typed: str, kinds: Mapping[str, str]) -> Sequence[str]:
    """Return the codes of the kinds of goods whose name has, for every word typed, a word that begins with it."""
    words = folded_syllables(typed)
    return [
        code
        for code, label in kinds.items()
        if words and all(any(part.startswith(word) for part in folded_syllables(label)) for word in words)
    ]


def decode(text: str) -> str:
    """Return text as it would read with the Vietnamese keyboard switched on; unchanged when nothing decodes."""
    words = text.split()
    for reader in (decode_telex, decode_vni):
        read = " ".join(reader(word) for word in words)
        if fold(read) != fold(text) or has_marks(read) != has_marks(text):
            return read
    return text
