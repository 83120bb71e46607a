"""The cases of docs/waiting-periods.md, each played through the use cases in the order of writing."""

import re
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from marketplace.core.clock import VN_TZ
from marketplace.core.errors import Refused
from tests.factories.sellers import make_household, make_site
from tests.factories.traceability import make_keeper, make_season
from traceability.queries.concerns import list_concerns
from traceability.queries.lots import get_lot
from traceability.queries.story import list_story
from traceability.rules.concerns import list_codes_to_explain
from traceability.rules.entries import HarvestEntry, WorkEntry
from traceability.services.corrections import withdraw_record
from traceability.services.diary import record_work
from traceability.services.harvest import record_harvest

DAY_0 = date(2026, 10, 10)
WAITING_DAYS = 5
_DOCUMENT = Path(__file__).parents[3] / "docs" / "waiting-periods.md"
_ROW = re.compile(r"\| (\d+) \| (\w+) \| (\w+) \| (-?\d+) \| (-|-?\d+) \| (-?\d+) \| (-?\d+) \| (\w+) \|")
CASES = _ROW.findall(_DOCUMENT.read_text())


def _at(day: int, hour: int) -> datetime:
    """Return a moment of a day counted from the treatment, in Vietnamese time."""
    return datetime(DAY_0.year, DAY_0.month, DAY_0.day, hour, tzinfo=VN_TZ) + timedelta(days=day)


def test_the_document_has_its_cases():
    assert [int(row[0]) for row in CASES] == list(range(1, 21))
    assert {row[-1] for row in CASES} == {"allowed", "refused", "reason", "held"}


@pytest.fixture
def sites(session):
    household_id = make_household(session)
    barn = make_site(session, household_id, kind="barn", name="Chuồng lớn")
    pen = make_site(session, household_id, kind="pen", name="Ô số 1", parent_id=barn)
    other = make_site(session, household_id, kind="barn", name="Chuồng khác")
    return household_id, barn, pen, other


@pytest.mark.parametrize("row", CASES, ids=[row[0] for row in CASES])
def test_a_case_ends_as_the_document_says(session, sites, row):
    _no, where, season_of, written, struck_out, done, harvested, outcome = row
    household_id, barn, pen, other = sites
    at = {"same": (barn, barn), "above": (barn, pen), "below": (pen, barn), "other": (other, barn)}[where]
    treated_at, taken_at = at
    actor = make_keeper(household_id)
    begun = DAY_0 - timedelta(days=60)
    about = {"produce": "Gà đồi", "template": "poultry", "started_on": begun, "now": _at(-60, 8)}
    taken_in = make_season(session, household_id, site_id=taken_at, **about)
    same = season_of == "same"
    treated_in = taken_in if same else make_season(session, household_id, site_id=treated_at, **about)
    # What is written on one day: treatments first, then what strikes them out, then the harvest.
    steps = [(_at(int(written), 8), "treatment"), (_at(int(harvested), 12), "harvest")]
    if struck_out != "-":
        steps.append((_at(int(struck_out), 10), "struck_out"))
    state = {"asked": False}
    for now, step in sorted(steps):
        _take_step(session, state, step, now, household_id, actor, treated_in.id, taken_in.id, int(done))
    assert _tell_outcome(session, state) == outcome


def _take_step(session, state, step, now, household_id, actor, treated_in, taken_in, done):
    who = {"session": session, "household_id": household_id, "actor": actor, "now": now, "key": uuid.uuid4()}
    if step == "treatment":
        entry = WorkEntry(
            kind="medicine", happened_on=DAY_0, product="Thuốc ho", target="ho", waiting_days=WAITING_DAYS
        )
        state["record"] = record_work(**who, season_id=treated_in, entry=entry)
        return
    if step == "struck_out":
        withdraw_record(**who, record_id=state["record"].id, reason="Ghi nhầm")
        return
    entry = {"happened_on": DAY_0 + timedelta(days=done), "amount": Decimal(10), "unit": "con"}
    try:
        state["lot"] = record_harvest(**who, season_id=taken_in, entry=HarvestEntry(**entry))
    except Refused as refusal:
        state["refused"] = refusal.code
        if refusal.code == "reason_needed":
            entry["stated_reason"] = "Bán buổi sáng, tối mới ghi."
            state["asked"] = True
            state["lot"] = record_harvest(**who, season_id=taken_in, entry=HarvestEntry(**entry))


def _tell_outcome(session, state):
    if "lot" not in state:
        assert state["refused"] == "waiting_period_not_over"
        return "refused"
    lot = get_lot(session, state["lot"].id)
    if lot.state == "held":
        return "held"
    to_explain = list_codes_to_explain(list_concerns(session, lot, list_story(session, lot)))
    if state["asked"]:
        assert to_explain
    return "reason" if to_explain else "allowed"
