"""Which certificates a record points to: in date, and for this produce."""

from dataclasses import dataclass
from datetime import date

import pytest

from traceability.rules.certificates import list_covering


@dataclass(frozen=True)
class Paper:
    id: int = 7
    scope: str = ""
    issued_on: date = date(2026, 1, 1)
    expires_on: date | None = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("scope", "produce", "covers"),
    [
        ("", "Rau muống", True),
        ("Rau muống, rau cải", "Rau muống", True),
        ("Trồng rau muống và rau cải 2 ha", "Rau muống", True),
        ("Bưởi", "Bưởi Luận Văn", True),
        ("bưởi", "BƯỞI luận văn", True),
        ("Buổi", "Bưởi", False),
        ("Rau cải", "Rau muống", False),
        ("Rau muống", "Rau", True),
        ("Muống", "Rau muống", True),
        ("u", "Rau muống", False),
        (" , ", "Rau muống", True),
    ],
)
def test_scopes(scope: str, produce: str, covers: bool) -> None:  # noqa: FBT001
    found = list_covering([Paper(scope=scope)], produce, date(2026, 6, 1))
    assert bool(found) is covers


@pytest.mark.parametrize(
    ("on", "expires_on", "covers"),
    [
        (date(2025, 12, 31), date(2026, 12, 31), False),
        (date(2026, 1, 1), date(2026, 12, 31), True),
        (date(2026, 12, 31), date(2026, 12, 31), True),
        (date(2027, 1, 1), date(2026, 12, 31), False),
        (date(2036, 1, 1), None, True),
    ],
)
def test_dates(on: date, expires_on: date | None, covers: bool) -> None:  # noqa: FBT001
    assert bool(list_covering([Paper(expires_on=expires_on)], "Rau", on)) is covers


def test_they_are_listed_in_one_order_under_their_own_addresses() -> None:
    assert list_covering([Paper(id=9), Paper(id=3)], "Rau", date(2026, 6, 1)) == (
        "https://choque.example/id/bt/cert-3",
        "https://choque.example/id/bt/cert-9",
    )
