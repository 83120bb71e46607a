"""When scans do not fit what was sold: each sign alone, and what must not raise one."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.rules.scans import PackFacts, ScanFacts, Suspicion, count_packs, list_suspicions

TODAY = date(2026, 11, 20)
#: A lot of 40 bags, all sold in ten parcels and eaten long ago, as it should be.
CALM = ScanFacts(
    quantity_made=Decimal(40),
    unit="tui",
    parcels=10,
    gone_on=date(2026, 9, 1),
    best_before_on=date(2026, 9, 10),
    devices=70,
    recent_devices=2,
    provinces=3,
    packs=(PackFacts(1, 6, 4, 1), PackFacts(2, 30, 1, 2)),
)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"recent_devices": 7}, []),
        ({"recent_devices": 8}, [Suspicion("sold_out")]),
        ({"recent_devices": 50, "gone_on": None}, []),
        ({"recent_devices": 50, "gone_on": TODAY - timedelta(days=30), "best_before_on": None}, []),
        (
            {"recent_devices": 50, "gone_on": TODAY - timedelta(days=31), "best_before_on": None},
            [Suspicion("sold_out")],
        ),
        ({"recent_devices": 50, "best_before_on": TODAY - timedelta(days=30)}, []),
        ({"recent_devices": 50, "best_before_on": TODAY - timedelta(days=31)}, [Suspicion("sold_out")]),
        ({"devices": 200}, []),
        ({"devices": 201}, [Suspicion("too_many")]),
        ({"devices": 60, "quantity_made": Decimal(2)}, []),
        ({"devices": 61, "quantity_made": Decimal(2)}, [Suspicion("too_many")]),
        ({"devices": 3200, "unit": "kg"}, [Suspicion("too_many")]),
        ({"devices": 800, "unit": "kg"}, []),
        ({"provinces": 13}, []),
        ({"provinces": 14}, [Suspicion("many_places")]),
        ({"packs": (PackFacts(7, 21, 3, 0),)}, [Suspicion("many_places", 7)]),
        ({"packs": (PackFacts(7, 20, 3, 0),)}, []),
        ({"packs": (PackFacts(7, 21, 2, 0),)}, []),
        ({"packs": (PackFacts(7, 1, 1, 3),)}, [Suspicion("many_places", 7)]),
        ({"devices": 201, "recent_devices": 8}, [Suspicion("sold_out"), Suspicion("too_many")]),
    ],
)
def test_each_sign_has_its_limit(changes, found):
    assert list_suspicions(replace(CALM, **changes), TODAY) == found


@pytest.mark.parametrize(
    ("quantity", "unit", "packs"),
    [("10", "kg", 40), ("0.1", "kg", 1), ("3", "l", 12), ("40", "tui", 40), ("5", "con", 5), ("7", "la-gi", 7)],
)
def test_packs_are_counted_generously(quantity, unit, packs):
    assert count_packs(Decimal(quantity), unit) == packs


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_scans_never_calm_a_suspicion(devices, more):
    fewer = list_suspicions(replace(CALM, devices=devices, recent_devices=devices), TODAY)
    many = list_suspicions(replace(CALM, devices=devices + more, recent_devices=devices + more), TODAY)
    assert {one.kind for one in fewer} <= {one.kind for one in many}
