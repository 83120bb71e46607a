"""Certificates: handed in by a household, seen by its commune, gone when they run out."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import NotFound, Refused
from marketplace.core.outbox import record_event
from sellers.events import CertificateAdded, CertificateEnded, CertificateExpired, CertificateVerified
from sellers.models import Certificate, Household, Site
from sellers.rules import Scope, check_certificate, check_scope, narrow_scope

_BATCH = 200
_TAKEN_BACK = "Hộ đã rút giấy này."


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What stands on a certificate."""

    kind: str
    number: str
    issuer: str
    issued_on: date
    expires_on: date | None = None
    stars: int | None = None
    #: What the paper says of its scope, word for word.
    scope: str = ""
    covers: Scope = field(default_factory=Scope)


def add_certificate(
    *,
    session: Session,
    household_id: int,
    facts: CertificateFacts,
    photo_sha256: str | None,
    actor: Actor,
    form_key: uuid.UUID | None,
) -> int:
    """Hand in a certificate; return its id. It shows nowhere until an officer has seen it."""
    check_certificate(kind=facts.kind, stars=facts.stars, issued_on=facts.issued_on, expires_on=facts.expires_on)
    if form_key is not None:
        known = session.execute(
            select(Certificate.id).where(Certificate.form_key == form_key, Certificate.household_id == household_id)
        ).scalar_one_or_none()
        if known is not None:
            return known
    scope = narrow_scope(facts.kind, facts.covers)
    check_scope(facts.kind, scope)
    _check_own_sites(session, household_id, scope)
    certificate_id = session.execute(
        insert(Certificate)
        .values(
            household_id=household_id,
            form_key=form_key,
            kind=facts.kind,
            number=facts.number.strip(),
            issuer=facts.issuer.strip(),
            scope=facts.scope.strip(),
            produces=list(scope.produces),
            productions=list(scope.productions),
            sites=list(scope.sites),
            stars=facts.stars if facts.kind == "ocop" else None,
            issued_on=facts.issued_on,
            expires_on=facts.expires_on,
            photo_sha256=photo_sha256,
            state="claimed",
            entered_by=actor.user_id or 0,
        )
        .returning(Certificate.id)
    ).scalar_one()
    record_event(session, CertificateAdded(certificate_id=certificate_id, household_id=household_id))
    return certificate_id


def _check_own_sites(session: Session, household_id: int, scope: Scope) -> None:
    own = select(Site.id).where(Site.id.in_(scope.sites), Site.household_id == household_id)
    if len(session.scalars(own).all()) != len(scope.sites):
        message = "Hãy chọn nơi sản xuất của hộ trong danh sách."
        raise Refused("scope_site_unknown", message, field="sites")


def decide_certificate(
    *, session: Session, certificate_id: int, officer: Actor, is_accepted: bool, reason: str, now: datetime
) -> None:
    """Accept or reject a certificate of the officer's commune; whoever entered it may not. Repeatable."""
    row = session.execute(
        select(Certificate, Household.commune_id)
        .join(Household, Household.id == Certificate.household_id)
        .where(Certificate.id == certificate_id)
        .with_for_update(of=Certificate)
    ).one_or_none()
    if row is None or officer.commune_id is None or row.commune_id != officer.commune_id:
        raise NotFound
    certificate: Certificate = row.Certificate
    wanted = "verified" if is_accepted else "rejected"
    if certificate.state == wanted:
        return
    if certificate.entered_by == officer.user_id:
        message = "Bạn đã nhập giấy này nên phải để cán bộ khác xác nhận."
        raise Refused("four_eyes", message)
    if not is_accepted and not reason.strip():
        message = "Hãy viết lý do để hộ biết cần bổ sung gì."
        raise Refused("reason_missing", message, field="reason")
    if is_accepted and not (certificate.produces or certificate.productions):
        message = "Giấy này chưa ghi cấp cho hàng nào. Hãy trả lại để hộ nộp lại và chọn hàng ghi trên giấy."
        raise Refused("certificate_scope", message)
    was_verified = certificate.state == "verified"
    certificate.state = wanted
    certificate.verified_by = officer.user_id
    certificate.verified_at = now
    certificate.reason = reason.strip()[:300]
    session.flush()
    if is_accepted:
        record_event(session, CertificateVerified(certificate_id=certificate_id, household_id=certificate.household_id))
    else:
        _tell_end(session, certificate, was_verified=was_verified)


def withdraw_certificate(*, session: Session, household_id: int, certificate_id: int) -> None:
    """Take a certificate back: its household no longer claims it. Repeatable. Raises ``NotFound``."""
    certificate = session.execute(
        select(Certificate)
        .where(Certificate.id == certificate_id, Certificate.household_id == household_id)
        .with_for_update()
    ).scalar_one_or_none()
    if certificate is None:
        raise NotFound
    if certificate.state == "rejected":
        return
    was_verified = certificate.state == "verified"
    certificate.state = "rejected"
    certificate.reason = _TAKEN_BACK
    session.flush()
    _tell_end(session, certificate, was_verified=was_verified)


def _tell_end(session: Session, certificate: Certificate, *, was_verified: bool) -> None:
    status = "withdrawn" if was_verified else "rejected"
    record_event(session, CertificateEnded(certificate.id, certificate.household_id, status))


def expire_certificates(*, session: Session, today: date) -> int:
    """Tell once of every certificate that has run out; return how many."""
    expired = (
        session.execute(
            select(Certificate)
            .where(
                Certificate.state == "verified",
                Certificate.expires_on < today,
                Certificate.has_told_expiry.is_(False),
            )
            .order_by(Certificate.id)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    for certificate in expired:
        certificate.has_told_expiry = True
        record_event(session, CertificateExpired(certificate_id=certificate.id, household_id=certificate.household_id))
    return len(expired)
