"""What has happened to households and their certificates."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class HouseholdVerified:
    """An officer has checked who the household is; it may sell."""

    name: ClassVar[str] = "sellers.household_verified"
    household_id: int


@dataclass(frozen=True, slots=True)
class HouseholdChanged:
    """What the public sees of a household has changed."""

    name: ClassVar[str] = "sellers.household_changed"
    household_id: int


@dataclass(frozen=True, slots=True)
class HouseholdChangeAsked:
    """A verified household wishes to change what its commune has verified; nothing has changed yet."""

    name: ClassVar[str] = "sellers.household_change_asked"
    change_id: int
    household_id: int
    commune_id: int
    status: str = "asked"


@dataclass(frozen=True, slots=True)
class HouseholdChangeDecided:
    """Such a request has ended: ``accepted`` or ``returned`` by an officer, ``withdrawn`` by the household."""

    name: ClassVar[str] = "sellers.household_change_decided"
    change_id: int
    household_id: int
    status: str


@dataclass(frozen=True, slots=True)
class PayoutAccountSet:
    """A household says that its money goes elsewhere from now on: ``used`` at once, or ``waiting`` for its commune."""

    name: ClassVar[str] = "sellers.payout_account_set"
    account_id: int
    household_id: int
    commune_id: int
    status: str


@dataclass(frozen=True, slots=True)
class PayoutAccountDecided:
    """An officer looked at an account in another name than the verified one: ``used`` or ``returned``."""

    name: ClassVar[str] = "sellers.payout_account_decided"
    account_id: int
    household_id: int
    status: str


@dataclass(frozen=True, slots=True)
class CertificateVerified:
    """An officer has seen a certificate."""

    name: ClassVar[str] = "sellers.certificate_verified"
    certificate_id: int
    household_id: int
    status: str = "verified"


@dataclass(frozen=True, slots=True)
class CertificateExpired:
    """A certificate has run out; its badge is gone."""

    name: ClassVar[str] = "sellers.certificate_expired"
    certificate_id: int
    household_id: int
    status: str = "expired"


@dataclass(frozen=True, slots=True)
class CertificateAdded:
    """A household handed in a certificate; nobody has seen it yet."""

    name: ClassVar[str] = "sellers.certificate_added"
    certificate_id: int
    household_id: int
    status: str = "added"


@dataclass(frozen=True, slots=True)
class CertificateEnded:
    """A certificate is not shown, or no longer: ``rejected`` by an officer, or ``withdrawn`` after it was verified."""

    name: ClassVar[str] = "sellers.certificate_ended"
    certificate_id: int
    household_id: int
    status: str


@dataclass(frozen=True, slots=True)
class SiteChanged:
    """A place was added or changed."""

    name: ClassVar[str] = "sellers.site_changed"
    site_id: int
    household_id: int
