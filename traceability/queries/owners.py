"""What the chain of custody asks of the layer below: whose a site is, and which commune a household belongs to."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound
from sellers import queries as sellers


@dataclass(frozen=True, slots=True)
class CommuneCode:
    """A commune and the codes from which lot codes are made."""

    id: int
    code: str
    province_code: str


def get_commune_code(session: Session, household_id: int) -> CommuneCode:
    """Return the commune of a household. Raises ``NotFound``."""
    household = sellers.get_household(session, household_id)
    commune = sellers.get_commune(session, household.commune_id)
    return CommuneCode(commune.id, commune.code, commune.province_code)


def get_own_site(session: Session, site_id: int, household_id: int) -> sellers.SiteView:
    """Return a site of a household. Raises ``NotFound`` for another household's."""
    site = sellers.get_site(session, site_id)
    if site.household_id != household_id:
        raise NotFound("site_not_found", "Không tìm thấy nơi sản xuất này.")
    return site
