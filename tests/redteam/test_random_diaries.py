"""Whatever a household writes, in whichever order: the law read by brute force agrees with the market.

A reader of its own, below, holds plain lists of what was done and when it was written. It knows nothing of the rules'
code: it goes through every harvest and every treatment. Nothing is for sale that it forbids, and the sentences of the
public page about sprays, days and amounts are true of the lists.
"""

import re
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marketplace.core.clock import local_date, utcnow
from marketplace.core.errors import Conflict, Refused
from sellers.queries import get_household
from tests.factories.sellers import make_household, make_site
from tests.factories.traceability import (
    OFFICER_TITLE,
    SIGNATORY,
    make_keeper,
    make_officer_actor,
    make_photo,
    make_season,
    make_standard,
)
from traceability.queries.lots import get_lot
from traceability.queries.sale_gate import judge_lot
from traceability.rules.entries import HarvestEntry, IncomingEntry, PackEntry, WorkEntry
from traceability.services.corrections import correct_record, withdraw_record
from traceability.services.diary import record_incoming, record_work
from traceability.services.harvest import record_harvest
from traceability.services.lots import merge_lots, pack_lot
from traceability.services.verification import request_verification, verify_lot

_KINDS = ("drug", "drug", "slaughter", "slaughter", "verify", "verify", "change", "strike", "pack", "merge")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(_KINDS),
        st.integers(0, 5),
        st.integers(0, 9),
        st.integers(0, 12),
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=4,
    max_size=14,
)
_REFUSALS = {
    "already_corrected",
    "lot_held",
    "lot_step_not_allowed",
    "lot_incomplete",
    "lot_not_usable",
    "not_enough_left",
    "parts_wrong",
    "reason_missing",
    "reason_needed",
    "state_wrong",
    "waiting_period_not_over",
    "waiting_period_now_broken",
}


@dataclass
class Drug:
    """A drug in the books: where, when it was given, when it was written down, and when it was declared wrong."""

    record_id: int
    place: int
    given_on: date
    waiting: int
    written_at: datetime
    struck_at: datetime | None = None

    def covers(self, day: date) -> bool:
        return self.given_on <= day <= self.given_on + timedelta(days=self.waiting)


@dataclass
class Goods:
    """A lot: the slaughters that it came from, each with place, day and time of writing."""

    lot_id: int
    amount: Decimal
    made_on: date
    sources: list[tuple[int, date, datetime]]
    own_reason: bool = False


@dataclass
class Books:
    """What was written, in plain lists."""

    drugs: list[Drug] = field(default_factory=list)
    goods: list[Goods] = field(default_factory=list)


#: Place 0 is the barn, 1 and 2 are pens in it, 3 is a barn of its own.
_REACHES = {0: {0, 1, 2}, 1: {0, 1}, 2: {0, 2}, 3: {3}}


def forbids(books: Books, goods: Goods) -> bool:
    """Say whether the law forbids the goods: an animal was slaughtered while a drug's waiting period ran."""
    return any(
        drug.struck_at is None and drug.place in _REACHES[place] and drug.covers(day)
        for place, day, _ in goods.sources
        for drug in books.drugs
    )


def is_doubtful(books: Books, goods: Goods) -> bool:
    """Say whether the books give reason to doubt a day of slaughter: dated back, or a drug was struck out."""
    return any(
        drug.place in _REACHES[place]
        and (
            (drug.given_on > day and drug.written_at < written_at) or (drug.struck_at is not None and drug.covers(day))
        )
        for place, day, written_at in goods.sources
        for drug in books.drugs
    )


class Household:
    """Keeps the books as a household would, and the plain lists beside them."""

    def __init__(self, session) -> None:
        self.session = session
        self.now = utcnow() - timedelta(days=60)
        self.household_id = make_household(session)
        self.keeper = make_keeper(self.household_id)
        self.officer = make_officer_actor(get_household(session, self.household_id).commune_id)
        self.books = Books()
        self.seasons = []
        barn = make_site(session, self.household_id, kind="barn", name="Chuồng lợn")
        pens = [make_site(session, self.household_id, kind="pen", name=f"Ô {n}", parent_id=barn) for n in (1, 2)]
        other = make_site(session, self.household_id, kind="barn", name="Chuồng sau")
        for place, site_id in enumerate([barn, *pens, other]):
            for _ in range(2 if place == 1 else 1):
                about = {"produce": "Thịt lợn", "template": "pig", "actor": self.keeper, "now": self.now}
                self.seasons.append((place, make_season(session, self.household_id, site_id=site_id, **about)))
        make_standard(session, self.household_id, template="pig", now=self.now)
        for _, season in self.seasons:
            bought = IncomingEntry(
                "breed", "Lợn giống", local_date(self.now), Decimal(90), "con", supplier="Trại giống"
            )
            record_incoming(**self.who, season_id=season.id, entry=bought)
            record_work(**self.who, season_id=season.id, entry=WorkEntry("feeding", local_date(self.now)))

    @property
    def who(self):
        about = {"session": self.session, "household_id": self.household_id, "actor": self.keeper, "now": self.now}
        return about | {"key": uuid.uuid4()}

    def drug(self, one, days_ago, waiting):
        place, season = self.seasons[one]
        given_on = local_date(self.now) - timedelta(days=days_ago)
        entry = WorkEntry(
            "medicine", given_on, product=f"Thuốc {len(self.books.drugs) + 1}", ingredient="amoxicillin",
            target="ho", waiting_days=waiting,
        )  # fmt: skip
        record = record_work(**self.who, season_id=season.id, entry=entry)
        self.books.drugs.append(Drug(record.id, place, given_on, waiting, self.now))

    def slaughter(self, one, days_ago, has_reason):
        place, season = self.seasons[one]
        day = local_date(self.now) - timedelta(days=days_ago)
        entry = HarvestEntry(
            day, Decimal(70), "kg", stated_reason="Hôm ấy mất điện" if has_reason else "",
            photos=(make_photo(self.session, uuid.uuid4().hex * 2, self.now),), **self.heads(),
        )  # fmt: skip
        lot = record_harvest(**self.who, season_id=season.id, entry=entry)
        self.books.goods.append(Goods(lot.id, Decimal(70), day, [(place, day, self.now)], has_reason))

    def heads(self):
        return {"heads": 1} if "heads" in HarvestEntry.__dataclass_fields__ else {}

    def change(self, one, waiting):
        drug = self.books.drugs[one % len(self.books.drugs)]
        changes = {"waiting_days": waiting}
        record = correct_record(**self.who, record_id=drug.record_id, reason="Đọc nhầm nhãn", changes=changes)
        drug.struck_at = self.now
        self.books.drugs.append(Drug(record.id, drug.place, drug.given_on, waiting, self.now))

    def strike(self, one):
        drug = self.books.drugs[one % len(self.books.drugs)]
        withdraw_record(**self.who, record_id=drug.record_id, reason="Ghi nhầm chuồng")
        drug.struck_at = self.now

    def verify(self, one, has_reason):
        goods = self.books.goods[one % len(self.books.goods)]
        actor = {"session": self.session, "lot_id": goods.lot_id, "now": self.now}
        request_verification(**actor, household_id=self.household_id, actor=self.keeper)
        reason = "Đã ra chuồng xem sổ gốc" if has_reason else ""
        verify_lot(
            **actor, officer=self.officer, officer_title=OFFICER_TITLE, signatory=SIGNATORY, reason=reason,
            key=uuid.uuid4(),
        )  # fmt: skip
        assert has_reason or not is_doubtful(self.books, goods), "verified without the reason that a doubt asks for"

    def pack(self, one):
        goods = self.books.goods[one % len(self.books.goods)]
        day = local_date(self.now)
        packs = PackEntry(
            day, Decimal(10), Decimal(10), "kg", best_before_on=day + timedelta(days=2),
        )  # fmt: skip
        lot = pack_lot(**self.who, lot_id=goods.lot_id, entry=packs)
        self.books.goods.append(Goods(lot.id, Decimal(10), day, list(goods.sources), goods.own_reason))

    def merge(self, one, other):
        parts = [self.books.goods[number % len(self.books.goods)] for number in (one, other)]
        day = local_date(self.now)
        amounts = [(part.lot_id, Decimal(10)) for part in parts]
        lot = merge_lots(**self.who, parts=amounts, happened_on=day)
        sources = [source for part in parts for source in part.sources]
        oldest = min(part.made_on for part in parts)
        self.books.goods.append(Goods(lot.id, Decimal(20), oldest, sources))

    def take(self, kind, later, one, days, waiting, has_reason):
        self.now = min(self.now + timedelta(days=later, minutes=7), utcnow())
        if kind == "drug":
            return self.drug(one % len(self.seasons), days, waiting * 4)
        if kind == "slaughter":
            return self.slaughter(one % len(self.seasons), days, has_reason)
        if kind in {"change", "strike"}:
            if self.books.drugs:
                return self.change(one, waiting * 4) if kind == "change" else self.strike(one)
            return None
        if not self.books.goods:
            return None
        return {"verify": lambda: self.verify(one, has_reason), "pack": lambda: self.pack(one)}.get(
            kind, lambda: self.merge(one, days)
        )()


def check_page(books: Books, goods: Goods, html: str) -> None:
    """The page says of drugs, days and amounts what the plain lists say."""
    near = [
        drug
        for place, _, _ in goods.sources
        for drug in books.drugs
        if drug.place in _REACHES[place] and drug.struck_at is None
    ]
    last_taken = max(day for _, day, _ in goods.sources)
    before = {drug.record_id: drug for drug in near if drug.given_on <= last_taken}
    if "Sổ không ghi lần dùng thuốc nào" in html:
        assert not before
        assert not is_doubtful(books, goods)
    told = re.search(r"Có dùng thuốc (\d+) lần, lần cuối ngày (\d\d/\d\d/\d{4})", html)
    if told:
        assert int(told[1]) == len(before)
        assert told[2] == f"{max(one.given_on for one in before.values()):%d/%m/%Y}"
        assert not forbids(books, goods)
        assert not is_doubtful(books, goods)
    assert f"{goods.made_on:%d/%m/%Y}" in re.search(r'data-of="madeOn"[^<]*>([^<]*)<', html)[1]
    assert f"{goods.amount} kg" in re.search(r'data-of="amount"[^<]*>([^<]*)<', html)[1]


# Shrinking a failure would take minutes: each example fills a household's books.
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_nothing_is_for_sale_that_the_law_forbids_and_every_sentence_is_true(session, client, steps) -> None:
    with session.begin_nested() as attempt:
        household = Household(session)
        books = household.books
        refused: set[str] = set()
        for step in steps:
            try:
                with session.begin_nested():
                    household.take(*step)
            except (Refused, Conflict) as refusal:
                refused.add(refusal.code)
            session.expire_all()
            for goods in books.goods:
                is_for_sale = judge_lot(session, get_lot(session, goods.lot_id), on=local_date(household.now)).is_open
                assert not (is_for_sale and forbids(books, goods))
        assert refused <= _REFUSALS
        for goods in books.goods:
            lot = get_lot(session, goods.lot_id)
            if forbids(books, goods):
                assert lot.state == "held"
            page = client.get(f"/lo/{lot.code}")
            assert page.status_code == 200
            html = unescape(page.get_data(as_text=True))
            if lot.state != "held":
                check_page(books, goods, html)
            else:
                assert "Sổ không ghi lần dùng thuốc nào" not in html
                assert "Có dùng thuốc" not in html
        attempt.rollback()
