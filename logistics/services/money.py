"""The cash that a carrier collected for us and pays out later."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from logistics.errors import ParcelUnknown
from logistics.models import CodReceivable, Parcel
from logistics.rules.states import CodState, next_cod_state
from marketplace.core import ledger


def record_remittance(*, session: Session, reference: str, statement: str, now: datetime) -> bool:
    """Book that the carrier paid us the cash of a parcel, as its statement says.

    False when that was booked before. Raises ``ParcelUnknown`` without such a receivable,
    ``StepNotAllowed`` when nothing was collected.
    """
    row = session.execute(
        select(CodReceivable)
        .join(Parcel, Parcel.id == CodReceivable.parcel_id)
        .where(Parcel.reference == reference)
        .with_for_update(of=CodReceivable)
    ).scalar_one_or_none()
    if row is None:
        raise ParcelUnknown
    if row.state == CodState.REMITTED:
        return False
    row.state = next_cod_state(CodState(row.state), CodState.REMITTED)
    row.remitted_at = now
    row.statement = statement[:80]
    session.flush()
    postings = [("bank:main", row.amount_vnd), (f"carrier:{row.carrier}", -row.amount_vnd)]
    return ledger.post(session, reference=f"remit:{reference}", kind="cod_remitted", postings=postings, now=now)
