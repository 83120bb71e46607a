"""Opening and closing seasons."""

import uuid
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import Refused
from marketplace.core.ids import new_ulid
from marketplace.core.outbox import record_event
from traceability.events import SeasonClosed, SeasonOpened
from traceability.models.custody import Season
from traceability.queries.owners import get_own_site
from traceability.queries.seasons import SeasonView, get_season, view_season
from traceability.rules import events_farm
from traceability.rules.bodies import moment_of
from traceability.rules.entries import check_day, check_text
from traceability.rules.events_farm import SeasonRef
from traceability.rules.templates import get_template
from traceability.services.chain import Draft, append_record, find_replay, lock_chain


def open_season(
    *,
    session: Session,
    household_id: int,
    site_id: int,
    produce: str,
    template: str,
    started_on: date,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> SeasonView:
    """Open a season (vụ, lứa, mẻ) on a site of the household and seal that.

    Raises ``NotFound`` for somebody else's site, ``Refused`` for what cannot be.
    """
    chain = lock_chain(session, household_id)
    replayed = find_replay(session, chain, key)
    if replayed is not None and replayed.season_id is not None:
        return get_season(session, replayed.season_id, household_id=household_id)
    site = get_own_site(session, site_id, household_id)
    get_template(template)
    produce = " ".join(produce.split())
    check_text(produce, "produce", "Hãy ghi tên cây, con hoặc hàng làm ra.")
    check_day(started_on, local_date(now), "started_on")
    season = Season(
        household_id=household_id,
        site_id=site.id,
        produce=produce,
        template=template,
        transformation_id=new_ulid(),
        started_on=started_on,
        client_key=key,
    )
    session.add(season)
    session.flush()
    ref = SeasonRef(season.transformation_id, produce)
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_farm.season_opened(stamp, ref, template),
            occurred_at=moment_of(started_on, now),
            is_day_only=True,
            site_id=site.id,
            season_id=season.id,
        ),
        actor=actor,
        key=key,
        now=now,
    )
    record_event(session, SeasonOpened(season.id, household_id))
    return view_season(season)


def close_season(
    *,
    session: Session,
    household_id: int,
    season_id: int,
    closed_on: date,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> SeasonView:
    """Close a season: no further entries. Raises ``NotFound``; ``Refused`` when it is closed already."""
    chain = lock_chain(session, household_id)
    if find_replay(session, chain, key) is not None:
        return get_season(session, season_id, household_id=household_id)
    season = get_open_season(session, household_id, season_id)
    check_day(closed_on, local_date(now), "closed_on")
    if closed_on < season.started_on:
        message = f"Ngày kết thúc không thể trước ngày bắt đầu {season.started_on:%d/%m/%Y}."
        raise Refused("closes_before_start", message, field="closed_on")
    season.closed_on = closed_on
    ref = SeasonRef(season.transformation_id, season.produce)
    append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_farm.season_closed(stamp, ref),
            occurred_at=moment_of(closed_on, now),
            is_day_only=True,
            site_id=season.site_id,
            season_id=season.id,
        ),
        actor=actor,
        key=key,
        now=now,
    )
    record_event(session, SeasonClosed(season.id, household_id))
    return view_season(season)


def get_open_season(session: Session, household_id: int, season_id: int) -> Season:
    """Return a household's season that is still open. Raises ``NotFound``; ``Refused`` when it is closed."""
    get_season(session, season_id, household_id=household_id)
    season = session.execute(
        select(Season).where(Season.id == season_id).execution_options(populate_existing=True)
    ).scalar_one()
    if season.closed_on is not None:
        message = f"Vụ này đã kết thúc ngày {season.closed_on:%d/%m/%Y} nên không ghi thêm được."
        raise Refused("season_closed", message)
    return season
