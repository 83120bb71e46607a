"""Places: two levels now, with the old names that people still use."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, String, any_, bindparam, case, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound
from marketplace.core.text import folded_syllables
from sellers.models import Commune, Household, PlaceTerm, Province

_MAX_WORDS = 8
#: What kind of place a name is, as people write it before the name.
_KIND = re.compile(
    r"\b(?:thanh pho|thi xa|thi tran|dac khu|quan|huyen|tinh|xa|phuong|tp|tx|tt)\b(?= )",
)


@dataclass(frozen=True, slots=True)
class CommuneView:
    """A commune with its province. ``former_names`` are the old communes that went into it."""

    id: int
    code: str
    name: str
    full_name: str
    kind: str
    province_code: str
    province_name: str
    former_names: tuple[str, ...]
    slug: str


@dataclass(frozen=True, slots=True)
class CommuneMatch:
    """A commune that fits what was typed. ``formerly`` says through which old name it was found.

    ``is_exact`` says that the whole name of today was typed.
    """

    commune_id: int
    code: str
    label: str
    formerly: str | None
    is_exact: bool = False


def _communes() -> Select[Commune, str]:
    return select(Commune, Province.name).join(Province, Province.code == Commune.province_code)


def _view(commune: Commune, province_name: str) -> CommuneView:
    return CommuneView(
        id=commune.id,
        code=commune.code,
        name=commune.short_name,
        full_name=commune.full_name,
        kind=commune.full_name.removesuffix(commune.short_name).strip(),
        province_code=commune.province_code,
        province_name=province_name,
        former_names=tuple(commune.former_names),
        slug=commune.slug,
    )


def get_commune(session: Session, commune_id: int) -> CommuneView:
    """Return a commune. Raises ``NotFound``."""
    row = session.execute(_communes().where(Commune.id == commune_id)).one_or_none()
    if row is None:
        raise NotFound
    return _view(*row)


def get_commune_by_code(session: Session, code: str) -> CommuneView:
    """Return a commune by its five-digit code. Raises ``NotFound``."""
    row = session.execute(_communes().where(Commune.code == code)).one_or_none()
    if row is None:
        raise NotFound
    return _view(*row)


def list_communes(session: Session, commune_ids: Collection[int]) -> Sequence[CommuneView]:
    """Return communes by their ids. One statement."""
    if not commune_ids:
        return []
    return [_view(*row) for row in session.execute(_communes().where(Commune.id.in_(commune_ids)))]


def list_commune_names(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Return the full names of communes by their codes; unknown ones are left out. One statement."""
    if not codes:
        return {}
    return {code: name for code, name in session.execute(_names(), {"codes": list(codes)})}  # noqa: C416 - rows of two are not pairs to the type checker


@cache
def _names() -> Select[str, str]:
    return select(Commune.code, Commune.full_name).where(
        Commune.code == any_(bindparam("codes", type_=ARRAY(String))),
    )


def list_active_communes(session: Session) -> Sequence[tuple[CommuneView, int]]:
    """Return the communes with households here, and how many each has, most first."""
    rows = session.execute(
        _communes()
        .add_columns(func.count(Household.id))
        .join(Household, Household.commune_id == Commune.id)
        .where(Household.state == "verified")
        .group_by(Commune.id, Province.name)
        .order_by(func.count(Household.id).desc(), Commune.id)
    )
    return [(_view(commune, province), count) for commune, province, count in rows]


def list_provinces(session: Session) -> Sequence[tuple[str, str]]:
    """Return (code, name) of all provinces in alphabetical order."""
    rows = session.execute(select(Province.code, Province.name).order_by(Province.sort_key))
    return [(code, name) for code, name in rows]


def find_communes(
    session: Session, typed: str, *, province_code: str | None = None, code: str | None = None, limit: int = 8
) -> Sequence[CommuneMatch]:
    """Return communes that fit what was typed: new names, old communes and old districts, marks optional.

    Every typed word must begin a word of the place, so ``trieu son`` finds each commune of the old district. What kind
    of place it is (``quận``, ``tỉnh``) counts only as long as something is found with it.
    """
    for words in _readings(typed):
        if found := _find_by_words(session, words, province_code=province_code, code=code, limit=limit):
            return found
    return []


def _readings(typed: str) -> Iterator[list[str]]:
    """Yield the words as typed, then without the kinds that begin a part, then without any kind."""
    parts = [" ".join(folded_syllables(part)) for part in typed.split(",")]
    whole = " ".join(part for part in parts if part)
    without_first = " ".join(_without_kind(part) for part in parts if part)
    seen: set[str] = set()
    for text in (whole, without_first, " ".join(_KIND.sub(" ", whole).split())):
        if text and text not in seen:
            seen.add(text)
            yield text.split()[:_MAX_WORDS]


def _without_kind(part: str) -> str:
    found = _KIND.match(part)
    return part[found.end() :].strip() if found else part


def _find_by_words(
    session: Session, words: Sequence[str], *, province_code: str | None, code: str | None, limit: int
) -> Sequence[CommuneMatch]:
    phrase = " ".join(words)
    bare = _without_kind(phrase)
    rank = case(
        (PlaceTerm.name.in_((phrase, bare)), 0),
        # The whole name with its province or district behind it.
        (
            PlaceTerm.words.contains(f" {bare} ", autoescape=True)
            & literal(f"{bare} ").startswith(PlaceTerm.name + " "),
            1,
        ),
        (PlaceTerm.name.startswith(words[0], autoescape=True), 2),
        else_=3,
    )
    fits = select(
        PlaceTerm.commune_id,
        PlaceTerm.formerly,
        rank.label("rank"),
        func.row_number()
        .over(
            partition_by=PlaceTerm.commune_id,
            order_by=(rank, PlaceTerm.formerly.is_not(None), PlaceTerm.is_default.desc(), PlaceTerm.id),
        )
        .label("place"),
    ).where(*(PlaceTerm.words.contains(f" {word}", autoescape=True) for word in words))
    best = fits.subquery()
    is_exact = (best.c.rank < 2) & best.c.formerly.is_(None)
    wanted = (
        select(Commune.id, Commune.code, Commune.full_name, Province.name, best.c.formerly, is_exact)
        .join(best, best.c.commune_id == Commune.id)
        .join(Province, Province.code == Commune.province_code)
        .where(best.c.place == 1)
        .order_by(
            is_exact.desc(),
            best.c.rank,
            (Commune.province_code != "38"),
            func.length(Commune.full_name),
            Commune.id,
        )
        .limit(limit)
    )
    if province_code:
        wanted = wanted.where(Commune.province_code == province_code)
    if code:
        wanted = wanted.where(Commune.code == code)
    return [
        CommuneMatch(commune_id, found_code, f"{full_name}, {_short(province)}", formerly, is_whole)
        for commune_id, found_code, full_name, province, formerly, is_whole in session.execute(wanted)
    ]


def _short(province: str) -> str:
    return province.removeprefix("Tỉnh ").removeprefix("Thành phố ")
