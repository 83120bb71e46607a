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
