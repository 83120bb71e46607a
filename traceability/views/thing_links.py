"""The links of things, and where each leads by itself."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marketplace.core.clock import local_date
from marketplace.core.db import db
from sellers.queries import HouseholdView, get_household
from traceability.queries.recalls import get_recall
from traceability.queries.things import Thing
from traceability.rules.linkset import JSON_LD, Level, Link

_EVENTS = "/epcis/v2/events"


def make_levels(session: Session, things: Sequence[Thing]) -> list[Level]:
    """Return the levels of things that stand above one another, the finest first."""
    household = get_household(session, things[0].household_id)
    return [_make_level(thing, household) for thing in things]


def page_of(thing: Thing, household: HouseholdView) -> str:
    """Return the page that tells of a thing."""
    if thing.lot is not None:
        return page_of_lot(thing.lot.code, thing.serial or "")
    if thing.kind in {"party", "place"}:
        return f"/ho/{household.code}"
    return f"/ma{thing.path}"


def page_of_lot(code: str, serial: str = "") -> str:
    """Return the public page of a lot; ``serial`` is the number of a pack of it."""
    return url_for("traceability.passport", code=code, so=serial or None)


def describe(thing: Thing, household: HouseholdView) -> str:
    """Return what a thing is, in one line."""
    what, who = thing.product, household.shown_name
    told: dict[str, str] = {
        "pack": _("Gói hàng số %(serial)s, %(what)s", serial=thing.serial, what=what),
        "lot": _("%(what)s, lô %(code)s", what=what, code=thing.lot.code if thing.lot else ""),
        "product": _("%(what)s của %(who)s", what=what, who=who),
        "season": _("Vụ %(what)s của %(who)s", what=what, who=who),
        "parcel": _("Kiện hàng của %(who)s", who=who),
        "place": _("Nơi sản xuất của %(who)s", who=who),
        "party": who,
    }
    return told.get(thing.kind, what)


def _make_level(thing: Thing, household: HouseholdView) -> Level:
    page = page_of(thing, household)
    data = f"/ma{thing.path}.jsonld"
    links = [
        Link("pip", page, _("Trang thông tin")),
        Link("masterData", data, _("Dữ liệu gốc theo từ vựng GS1"), JSON_LD, None),
    ]
    if thing.lot is not None:
        links += [
            Link("traceability", page, _("Hành trình từng bước")),
            Link("recallStatus", f"{page}#thu-hoi", _recall_title(thing)),
            Link("recallStatus", data, _("Tình trạng thu hồi, dạng dữ liệu"), JSON_LD, None),
            Link("certificationInfo", f"{page}#chung-nhan", _("Giấy chứng nhận của lô hàng")),
            Link("certificationInfo", data, _("Giấy chứng nhận, dạng dữ liệu"), JSON_LD, None),
        ]
    elif thing.kind in {"parcel", "season"}:
        links.append(Link("traceability", page, _("Các lô hàng bên trong")))
    events = _events_of(thing)
    if events:
        links.append(Link("epcis", events, _("Sự kiện EPCIS 2.0"), "application/json", None))
    return Level(thing.path, describe(thing, household), page, tuple(links))


def _recall_title(thing: Thing) -> str:
    if thing.lot is None or thing.lot.recall_id is None:
        return str(_("Lô này không bị thu hồi"))
    closed_at = get_recall(db.session(), thing.lot.recall_id).closed_at
    if closed_at is None:
        return str(_("ĐANG THU HỒI: xem phải làm gì"))
    return str(_("Đã thu hồi, đợt thu hồi kết thúc ngày %(day)s", day=f"{local_date(closed_at):%d/%m/%Y}"))


def _events_of(thing: Thing) -> str:
    name = {
        "lot": "MATCH_anyEPCClass",
        "pack": "MATCH_anyEPCClass",
        "parcel": "MATCH_anyEPC",
        "season": "EQ_transformationID",
        "product": "MATCH_anyEPCClass",
    }.get(thing.kind)
    if name is None:
        return ""
    uri = thing.uris[0]
    if thing.kind == "product":
        uri = f"{uri}/10/*"
    elif thing.kind == "pack" and thing.lot is not None:
        return ""
    return f"{_EVENTS}?{urlencode({name: uri}, quote_via=quote)}"
