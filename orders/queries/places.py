"""From what a buyer typed to a commune of today."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from marketplace.core.text import fold
from sellers.queries import CommuneMatch, CommuneView, find_communes, get_commune_by_code, list_communes


@dataclass(frozen=True, slots=True)
class Place:
    """A commune that an order can go to. ``formerly`` is the old name through which it was found."""

    commune_id: int
    code: str
    commune_name: str
    province_name: str
    label: str
    formerly: str | None = None
    is_exact: bool = False


def find_place(session: Session, *, code: str, typed: str) -> tuple[Place | None, tuple[Place, ...]]:
    """Return the commune that was meant, and the candidates when it is not clear.

    A picked code wins as long as the typed words still belong to it; else one single match decides.
    """
    if code.isascii() and code.isdigit() and find_communes(session, typed, code=code):
        return _place(get_commune_by_code(session, code)), ()
    matches = find_communes(session, typed)
    if not matches:
        return None, ()
    exact = [match for match in matches if fold(match.label) == fold(typed.strip())]
    chosen = matches[0] if len(matches) == 1 else (exact[0] if len(exact) == 1 else None)
    if chosen is not None:
        return _place(get_commune_by_code(session, chosen.code)), ()
    return None, _describe(session, matches)


def find_likely(matches: Sequence[Place]) -> str | None:
    """Return the code of the one candidate whose name of today was typed in full."""
    exact = [match.code for match in matches if match.is_exact]
    return exact[0] if len(exact) == 1 else None


def _describe(session: Session, matches: Sequence[CommuneMatch]) -> tuple[Place, ...]:
    communes = {commune.id: commune for commune in list_communes(session, [match.commune_id for match in matches])}
    return tuple(
        Place(
            commune_id=match.commune_id,
            code=match.code,
            commune_name=communes[match.commune_id].full_name,
            province_name=communes[match.commune_id].province_name,
            label=match.label,
            formerly=match.formerly,
            is_exact=match.is_exact,
        )
        for match in matches
    )


def _place(commune: CommuneView) -> Place:
    return Place(
        commune_id=commune.id,
        code=commune.code,
        commune_name=commune.full_name,
        province_name=commune.province_name,
        label=f"{commune.full_name}, {commune.province_name}",
    )
