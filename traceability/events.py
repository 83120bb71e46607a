"""Facts of the chain of custody, as the layers above hear them."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SeasonOpened:
    """A household opened a season (vụ, lứa, mẻ)."""

    name: ClassVar[str] = "traceability.season_opened"
    season_id: int
    household_id: int


@dataclass(frozen=True, slots=True)
class LotHarvested:
    """A harvest, slaughter or making gave a lot. ``quantity`` is a decimal as text, ``made_on`` an ISO date."""

    name: ClassVar[str] = "traceability.lot_harvested"
    lot_id: int
    code: str
    household_id: int
    commune_id: int
    quantity: str
    unit: str
    made_on: str


@dataclass(frozen=True, slots=True)
class LotsDerived:
    """Packing, a split or a merge gave new lots out of older ones."""

    name: ClassVar[str] = "traceability.lots_derived"
    household_id: int
    parent_ids: list[int]
    child_ids: list[int]


@dataclass(frozen=True, slots=True)
class VerificationRequested:
    """A household asked its commune to verify a lot. ``due_at`` is an ISO time."""

    name: ClassVar[str] = "traceability.verification_requested"
    lot_id: int
    code: str
    household_id: int
    commune_id: int
    due_at: str


@dataclass(frozen=True, slots=True)
class LotVerified:
    """An officer verified a lot."""

    name: ClassVar[str] = "traceability.lot_verified"
    lot_id: int
    code: str
    household_id: int
    commune_id: int
    officer_title: str


@dataclass(frozen=True, slots=True)
class LotSentBack:
    """An officer sent a lot back to its household, saying why."""

    name: ClassVar[str] = "traceability.lot_sent_back"
    lot_id: int
    code: str
    household_id: int
    commune_id: int
    officer_title: str
    reason: str


@dataclass(frozen=True, slots=True)
class LotHeld:
    """Lots may not be sold for the time being: the diary shows that a waiting period was not kept.

    ``verified_ids`` are those that their commune had verified.
    """

    name: ClassVar[str] = "traceability.lot_held"
    lot_ids: list[int]
    household_id: int
    reason: str
    verified_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LotReleased:
    """A later correction took away the reason for holding lots; they await verification anew."""

    name: ClassVar[str] = "traceability.lot_released"
    lot_ids: list[int]
    household_id: int


@dataclass(frozen=True, slots=True)
class LotRecalled:
    """An officer recalled a lot: ``lot_ids`` are that lot and every lot that came out of it. Never a drill."""

    name: ClassVar[str] = "traceability.lot_recalled"
    recall_id: int
    lot_id: int
    lot_ids: list[int]
    household_ids: list[int]
    commune_id: int
    reason: str
    instruction: str


@dataclass(frozen=True, slots=True)
class PrefixClaimed:
    """A household says that GS1 gave it a company prefix; an officer is to look at the paper."""

    name: ClassVar[str] = "traceability.prefix_claimed"
    prefix_id: int
    household_id: int
    commune_id: int
    prefix: str


@dataclass(frozen=True, slots=True)
class PrefixDecided:
    """An officer confirmed a claim on a company prefix, or refused it, saying why."""

    name: ClassVar[str] = "traceability.prefix_decided"
    prefix_id: int
    household_id: int
    prefix: str
    is_confirmed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class StickersSuspected:
    """Scans of a lot do not fit what was sold of it: its stickers may have been copied."""

    name: ClassVar[str] = "traceability.stickers_suspected"
    lot_id: int
    code: str
    household_id: int
    commune_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class RecalledGoodsBrought:
    """A buyer brought recalled goods back. ``quantity`` is a decimal as text in the lot's unit. Never in a drill."""

    name: ClassVar[str] = "traceability.recalled_goods_brought"
    recall_id: int
    lot_id: int
    line_id: int
    quantity: str
    reference: str


@dataclass(frozen=True, slots=True)
class RecallRehearsed:
    """An officer ran a recall drill: the same lots were found, and nothing was stopped."""

    name: ClassVar[str] = "traceability.recall_rehearsed"
    recall_id: int
    lot_id: int
    lot_ids: list[int]
    commune_id: int


@dataclass(frozen=True, slots=True)
class SeasonClosed:
    """A household closed a season: nothing more goes in or comes out."""

    name: ClassVar[str] = "traceability.season_closed"
    season_id: int
    household_id: int


@dataclass(frozen=True, slots=True)
class SensorAlertRaised:
    """Values at a household's place were out of range, or a device silent, for longer than allowed.

    ``kind`` is high, low or silent.
    """

    name: ClassVar[str] = "traceability.sensor_alert_raised"
    alert_id: int
    device_id: int
    household_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class SensorAlertEnded:
    """What a sensor alert was about is over."""

    name: ClassVar[str] = "traceability.sensor_alert_ended"
    alert_id: int
    device_id: int
    household_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class DocumentCaptured:
    """Another system sent an EPCIS document; its events are taken in by a job. ``capture_row`` is the job's row."""

    name: ClassVar[str] = "traceability.document_captured"
    capture_row: int


@dataclass(frozen=True, slots=True)
class SaleGateClosed:
    """A lot on sale no longer passes the gate: ``reason`` says in words what it lacks."""

    name: ClassVar[str] = "traceability.sale_gate_closed"
    lot_ids: list[int]
    household_id: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class SaleGateOpened:
    """A lot that the gate had stopped passes it again."""

    name: ClassVar[str] = "traceability.sale_gate_opened"
    lot_ids: list[int]
    household_id: int
