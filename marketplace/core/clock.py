"""Time: read once at the edge (view, task, command) and passed inward as ``now``."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

VN_TZ = ZoneInfo("Asia/Ho_Chi_Minh")


def utcnow() -> datetime:
    """Return the present moment as an aware UTC time."""
    return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    """Return the calendar date in Viet Nam (UTC+7, no summer time) of an aware moment."""
    return moment.astimezone(VN_TZ).date()


def start_of_local_day(day: date) -> datetime:
    """Return the aware UTC moment at which a calendar day begins in Viet Nam."""
    return datetime.combine(day, time.min, tzinfo=VN_TZ).astimezone(UTC)
