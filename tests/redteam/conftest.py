"""The people who try: a household with somebody signed in, and an officer of its commune."""

from tests.web.traceability.conftest import home, keeper, officer, officer_id, picture, season, today_now, typed

__all__ = ["home", "keeper", "officer", "officer_id", "picture", "season", "today_now", "typed"]
