"""Diaries and lots of the invented market, written through the same use cases that households use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.registry import resolve
from marketplace.seed.diary_words import CAUGHT, INGREDIENTS, SEEDS, WAYS, Came, Done, Way
from marketplace.seed.dice import dice, key
from marketplace.seed.goods import Goods
from marketplace.seed.photo_album import Album
from marketplace.seed.timeline import Timeline
from traceability.ports import Signatory
from traceability.queries.lots import LotView
from traceability.queries.seasons import SeasonView
from traceability.rules.entries import HarvestEntry, IncomingEntry, PackEntry, WorkEntry
from traceability.services.diary import record_incoming, record_loss, record_work
from traceability.services.harvest import record_harvest
from traceability.services.lots import pack_lot
from traceability.services.seasons import open_season
from traceability.services.sensor_summary import seal_lot_sensors
from traceability.services.verification import request_verification, send_back_lot, verify_lot

#: Goods of which a second lot was sprayed or treated too late: its hold is found out afterwards.
HELD = frozenset({"cai-bap", "ca-chua", "lon-nac"})
#: Where those second lots grew: the waiting period of a spray holds for a whole site.
SECOND_SITE = "second"
#: Goods of which one more lot waits for something before it may be sold: what its household sees is a checklist.
UNNAMED_SPRAY = frozenset({"rau-muong"})
PACKED_WITHOUT_DATE = frozenset({"lon-bachi", "gao-nep-chv"})
#: Goods of which an older lot is called back later.
RECALLED = "ruoc-thit"
#: Out of season: last summer's lots, all gone or out of date.
LAST_SUMMER = frozenset({"vai-lngan", "man-bh"})
#: What the demo commune's officer finds waiting.
_AWAITING = frozenset({"lon-bachi", "trung-ga", "lon-nac"})
_REASONS = (
    "Ảnh thu hoạch bị mờ, chưa nhìn rõ số lượng. Hãy chụp lại lúc cân hàng.",
    "Chưa ghi số phiếu kiểm dịch của con giống. Hãy bổ sung rồi gửi lại.",
    "Ngày phun và ngày thu chưa khớp với sổ giấy tại hợp tác xã. Hãy kiểm tra và sửa.",
)


@dataclass(slots=True)
class Farm:
    """A household at work: who enters, who decides, where, and what was made so far."""

    session: Session
    household_id: int
    farmer: Actor
    officer: Actor
    officer_title: str
    sites: dict[str, int]
    album: Album
    timeline: Timeline
    today: date
    helper: Actor | None = None
    has_sensors: bool = False
    seasons: dict[str, SeasonView] = field(default_factory=dict)
    lots: dict[str, LotView] = field(default_factory=dict)


def way_of(goods: Goods) -> Way:
    """Return how a product is grown or made."""
    way = WAYS[goods.template]
    if goods.category == "mam":
        return replace(way, days=400)
    if goods.slug == "sam-bao":
        return replace(way, site_kind="field", site_name="Ruộng sâm chân núi Báo")
    if goods.slug in CAUGHT:
        return replace(way, days=8, came=way.came[1:], done=(way.done[3],), scenes=("sea", "sea", "drying"))
    return way


def harvested_on(goods: Goods, today: date) -> date:
    """Return the day of the lot that is on sale: fresh goods yesterday, lasting ones weeks ago."""
    if goods.slug in LAST_SUMMER:
        return today - timedelta(days=150)
    if goods.keeps:
        return today - timedelta(days=27 + dice("age", goods.slug).randrange(14))
    return today - timedelta(days=1 if goods.shelf_days < 8 else 3 if goods.shelf_days < 20 else 5)


def plan_diary(farm: Farm, goods: Goods, index: int) -> None:
    """Put a product's season, its lots and what became of them on the household's timeline."""
    way, day = way_of(goods), harvested_on(goods, farm.today)
    start = day - timedelta(days=way.days)
    _plan_season(farm, goods, "main", start, way, skip_treatment=False)
    name = f"{goods.slug}/main"
    _plan_harvest(farm, goods, "main", name, day, goods.lot_amount, hour=8)
    _plan_decision(farm, name, day, hour=11)
    if index % 5 == 0:
        farm.timeline.add(day, 15, lambda now: _lose(farm, name, goods, day, now))
    _plan_more_lots(farm, goods, index, day)


def _plan_more_lots(farm: Farm, goods: Goods, index: int, day: date) -> None:
    share = goods.lot_amount / 4
    if goods.slug in UNNAMED_SPRAY:
        _plan_unnamed_spray(farm, goods, day, share)
    if goods.slug in PACKED_WITHOUT_DATE:
        farm.timeline.add(day, 16.5, lambda now: _pack_without_date(farm, goods, day, now))
    if goods.slug in HELD:
        _plan_held(farm, goods, day, share)
    if goods.slug == RECALLED:
        old = farm.today - timedelta(days=60)
        start = old - timedelta(days=24)
        _plan_season(farm, goods, "old", start, way_of(goods), skip_treatment=False)
        _plan_harvest(farm, goods, "old", f"{goods.slug}/old", old, goods.lot_amount, hour=8)
        _plan_decision(farm, f"{goods.slug}/old", old, hour=11)
        return
    fate = (
        "awaiting"
        if goods.slug in _AWAITING
        else ("recorded", "awaiting", "sent_back", "expired", "", "", "", "", "")[index % 9]
    )
    if not fate or goods.slug in LAST_SUMMER or (fate == "expired" and not 0 < goods.shelf_days < 30):
        return
    name = f"{goods.slug}/{fate}"
    made = day - timedelta(days=goods.shelf_days + 4) if fate == "expired" else day
    _plan_harvest(farm, goods, "main", name, made, _round(share, goods), hour=9)
    if fate == "expired":
        _plan_decision(farm, name, made, hour=12)
    elif fate != "recorded":
        farm.timeline.add(made, 16, lambda now: _request(farm, name, now))
    if fate == "sent_back":
        reason = _REASONS[index % len(_REASONS)]
        farm.timeline.add(made, 17, lambda now: _send_back(farm, name, reason, now))


def _plan_season(farm: Farm, goods: Goods, name: str, start: date, way: Way, *, skip_treatment: bool) -> None:
    season = f"{goods.slug}/{name}"

    def begin(now: datetime) -> None:
        farm.seasons[season] = open_season(
            session=farm.session, household_id=farm.household_id, site_id=find_site(farm.sites, goods, way),
            produce=produce_of(goods), template=goods.template, started_on=start,
            actor=farm.farmer, key=key(season, "open"), now=now,
        )  # fmt: skip

    farm.timeline.add(start, 7, begin)
    for place, came in enumerate(_incoming(goods, way)):
        farm.timeline.add(start, 8 + place * 0.3, _bring(farm, season, came, start, place))
    for place, done in enumerate(way.done):
        if skip_treatment and done.waiting_days is not None:
            continue
        on = start + timedelta(days=round(way.days * done.share))
        farm.timeline.add(
            on, 6.5 + place * 0.1, _work(farm, season, done, on, way.scenes[place % len(way.scenes)], place)
        )


def find_site(sites: Mapping[str, int], goods: Goods, way: Way) -> int:
    """Return where a product grows or is made: at a place of its own, or at the only one of its kind."""
    own = f"{way.site_kind}/{goods.slug}"
    return sites[own] if own in sites else sites[way.site_kind]


def _plan_harvest(farm: Farm, goods: Goods, season: str, name: str, day: date, amount: Decimal, *, hour: float) -> None:  # noqa: PLR0917
    def step(now: datetime) -> None:
        farm.lots[name] = record_harvest(
            session=farm.session,
            household_id=farm.household_id,
            season_id=farm.seasons[f"{goods.slug}/{season}"].id,
            entry=HarvestEntry(
                happened_on=day,
                amount=amount,
                unit=goods.content_unit,
                best_before_on=day + timedelta(days=goods.shelf_days) if goods.shelf_days else None,
                grade="Loại 1",
                note="Cân tại chỗ, chọn và bỏ riêng phần xấu.",
                photos=(
                    farm.album.take_again(farm.session, farm.album.product(goods.slug), name, now=now),
                    farm.album.take_again(farm.session, farm.album.scene("packing", name), name, now=now),
                ),
            ),
            actor=farm.farmer,
            key=key(name, "harvest"),
            now=now,
        )
        if farm.has_sensors:
            seal_lot_sensors(session=farm.session, lot_id=farm.lots[name].id, now=now + timedelta(milliseconds=10))

    farm.timeline.add(day, hour, step)


def _plan_decision(farm: Farm, name: str, day: date, *, hour: float) -> None:
    farm.timeline.add(day, hour, lambda now: _request(farm, name, now))
    farm.timeline.add(day, hour + 2.5, lambda now: _verify(farm, name, now))


def _plan_held(farm: Farm, goods: Goods, day: date, amount: Decimal) -> None:
    """A lot goes to the commune; then the household remembers a treatment two days before the harvest."""
    way = replace(way_of(goods), site_kind=SECOND_SITE)
    _plan_season(farm, goods, "second", day - timedelta(days=way.days), way, skip_treatment=True)
    name = f"{goods.slug}/held"
    _plan_harvest(farm, goods, "second", name, day, _round(amount, goods), hour=9.5)
    farm.timeline.add(day, 16.2, lambda now: _request(farm, name, now))
    treatment = next(done for done in way.done if done.waiting_days is not None)
    late = replace(treatment, note="Ghi bổ sung vì hôm đó quên mang điện thoại.")
    on = day - timedelta(days=2)
    farm.timeline.add(day, 18, _work(farm, f"{goods.slug}/second", late, on, way.scenes[0], 90))


def _plan_unnamed_spray(farm: Farm, goods: Goods, day: date, amount: Decimal) -> None:
    """A lot that its commune verified, of a season in which a spray was written down without what was in it."""
    way = replace(way_of(goods), site_kind=SECOND_SITE)
    start = day - timedelta(days=way.days)
    _plan_season(farm, goods, "third", start, way, skip_treatment=True)
    treatment = next(done for done in way.done if done.waiting_days is not None)
    on = start + timedelta(days=round(way.days * treatment.share))
    unnamed = replace(treatment, product="Thuốc trừ sâu sinh học", ingredient="", note="Mua lẻ một gói, nhãn mờ.")
    farm.timeline.add(on, 7, _work(farm, f"{goods.slug}/third", unnamed, on, way.scenes[0], 91))
    name = f"{goods.slug}/unnamed"
    _plan_harvest(farm, goods, "third", name, day, _round(amount, goods), hour=9.2)
    _plan_decision(farm, name, day, hour=11.2)


def _pack_without_date(farm: Farm, goods: Goods, day: date, now: datetime) -> None:
    lot = farm.lots[f"{goods.slug}/main"]
    taken = _round(goods.lot_amount / 20, goods)
    pack_lot(
        session=farm.session, household_id=farm.household_id, lot_id=lot.id,
        entry=PackEntry(
            happened_on=day, taken=taken, amount=taken, unit=goods.content_unit,
            photos=(farm.album.scene("packing", f"{goods.slug}/packs"),),
        ),
        actor=farm.farmer, key=key(goods.slug, "packs"), now=now,
    )  # fmt: skip


def _bring(farm: Farm, season: str, came: Came, on: date, place: int) -> Callable[[datetime], None]:
    def step(now: datetime) -> None:
        record_incoming(
            session=farm.session, household_id=farm.household_id, season_id=farm.seasons[season].id,
            entry=IncomingEntry(
                what=came.what, name=came.name, happened_on=on, amount=Decimal(came.amount), unit=came.unit,
                supplier=came.supplier, paper_no=came.paper_no,
            ),
            actor=farm.farmer, key=key(season, "came", place), now=now,
        )  # fmt: skip

    return step


def _work(farm: Farm, season: str, done: Done, on: date, scene: str, place: int) -> Callable[[datetime], None]:  # noqa: PLR0917
    by_helper = farm.helper is not None and place == 1

    def step(now: datetime) -> None:
        shown = farm.album.scene(scene, f"{season}/{place}")
        photos = (farm.album.take_again(farm.session, shown, season, place, now=now),) if place in {0, 2} else ()
        record_work(
            session=farm.session, household_id=farm.household_id, season_id=farm.seasons[season].id,
            entry=WorkEntry(
                kind=done.kind, happened_on=on, product=done.product, ingredient=done.ingredient, dose=done.dose,
                target=done.target, waiting_days=done.waiting_days, operator=done.operator, note=done.note,
                photos=photos,
            ),
            actor=farm.helper if by_helper and farm.helper else farm.farmer, key=key(season, "work", place), now=now,
        )  # fmt: skip

    return step


def _request(farm: Farm, name: str, now: datetime) -> None:
    request_verification(
        session=farm.session, household_id=farm.household_id, lot_id=farm.lots[name].id, actor=farm.farmer, now=now
    )


def _verify(farm: Farm, name: str, now: datetime) -> None:
    farm.lots[name] = verify_lot(
        session=farm.session, lot_id=farm.lots[name].id, officer=farm.officer, officer_title=farm.officer_title,
        signatory=resolve(Signatory), key=key(name, "verify"), now=now,
    )  # fmt: skip


def _send_back(farm: Farm, name: str, reason: str, now: datetime) -> None:
    send_back_lot(
        session=farm.session, lot_id=farm.lots[name].id, officer=farm.officer, officer_title=farm.officer_title,
        signatory=resolve(Signatory), reason=reason, key=key(name, "send back"), now=now,
    )  # fmt: skip


def _lose(farm: Farm, name: str, goods: Goods, on: date, now: datetime) -> None:
    record_loss(
        session=farm.session, household_id=farm.household_id, lot_id=farm.lots[name].id,
        amount=_round(goods.lot_amount / 30, goods), reason="Dập, vỡ lúc vận chuyển từ ruộng về nhà",
        happened_on=on, actor=farm.farmer, key=key(name, "loss"), now=now,
    )  # fmt: skip


def _incoming(goods: Goods, way: Way) -> list[Came]:
    came = list(way.came)
    if goods.slug in INGREDIENTS:
        name, amount, unit, source = INGREDIENTS[goods.slug]
        came.insert(0, Came("ingredient", name, amount, unit, source))
    elif goods.slug in SEEDS:
        came = [replace(one, name=SEEDS[goods.slug]) if one.what in {"seed", "breed"} else one for one in came]
    return came


def produce_of(goods: Goods) -> str:
    """Return what the diary calls a product: its name without the way it is packed."""
    return goods.name.split(" (")[0].split(" VietGAP")[0].split(" túi lọc")[0]


def _round(amount: Decimal, goods: Goods) -> Decimal:
    """Round to whole units of sale, at least one."""
    return max(Decimal(1), (amount / goods.content_amount).to_integral_value()) * goods.content_amount
