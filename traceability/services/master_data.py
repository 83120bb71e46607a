"""Logs each version of what the public sees of households, sites, kinds of produce and certificates.

The log gets a salted commitment under a random name; content and salt stay here, to be shown to whoever checks and to
be destroyed when somebody is erased. What did not change is not logged again, so every step may be repeated.
"""

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.accounts.queries import get_party
from marketplace.core.ids import new_ulid
from sellers import queries as sellers
from traceability.models.gates import MasterVersion
from traceability.queries.lots import LotView
from traceability.rules import identifiers, statements
from traceability.rules.leaf import write_time
from traceability.rules.seal import canonical_bytes, commit
from traceability.services.chain import lock_chain, name_place
from traceability.services.log import log_statement

_SALT_BYTES = 32
_ENDS = frozenset({"rejected", "withdrawn", "expired"})


def log_household(*, session: Session, household_id: int, now: datetime) -> bool:
    """Log a household as the public sees it now; False when nothing changed."""
    household = sellers.get_household(session, household_id)
    if household.is_erased:
        return False
    chain = lock_chain(session, household_id)
    content = {
        "code": household.code,
        "name": household.shown_name,
        "kind": household.kind,
        "hamlet": household.hamlet,
        "commune": household.commune_name,
        "province": household.province_name,
        "story": household.story,
        "photo": household.photo_sha256,
        "state": household.state,
    }
    return _log(session, "household", str(household_id), chain.party, content, household_id=household_id, now=now)


def log_site(*, session: Session, site_id: int, now: datetime) -> bool:
    """Log a site: its kind and its measures, never what its household calls it. False when nothing changed."""
    site = sellers.get_site(session, site_id)
    household = sellers.get_household(session, site.household_id)
    if household.is_erased:
        return False
    chain = lock_chain(session, site.household_id)
    content = {
        "household": chain.party,
        "kind": site.kind,
        "areaM2": site.area_m2,
        "capacityHeads": site.capacity_heads,
        "plantingAreaCode": site.planting_area_code,
        "commune": household.commune_name,
        "province": household.province_name,
    }
    name = name_place(session, site_id)
    return _log(session, "site", str(site_id), name, content, household_id=site.household_id, now=now)


def log_product_class(*, session: Session, lot: LotView, now: datetime) -> bool:
    """Log the kind of produce of a lot the first time it is made, and when it is made in another way."""
    uri = identifiers.class_uri(lot.produce)
    content = {"produce": lot.produce, "production": lot.template}
    lock_chain(session, lot.household_id)
    ref = f"{lot.household_id}:{identifiers.make_slug(lot.produce)}"
    return _log(session, "product-class", ref, uri, content, household_id=lot.household_id, now=now)


def log_certificate(*, session: Session, certificate_id: int, status: str, now: datetime) -> bool:
    """Log that a certificate was added, verified, rejected, withdrawn, or ran out. False when it was logged before.

    A certificate that has ended never comes back, so a word of its beginning that arrives late is not logged any more.
    """
    certificate = sellers.get_certificate(session, certificate_id)
    if sellers.get_household(session, certificate.household_id).is_erased:
        return False
    chain = lock_chain(session, certificate.household_id)
    content = {
        "household": chain.party,
        "kind": certificate.kind,
        "number": certificate.number,
        "issuer": certificate.issuer,
        "scope": certificate.scope,
        "produce": list(certificate.produces),
        "production": list(certificate.productions),
        "sites": sorted(name_place(session, site_id) for site_id in certificate.sites),
        "stars": certificate.stars,
        "issuedOn": certificate.issued_on.isoformat(),
        "expiresOn": _iso(certificate.expires_on),
    }
    last = _last(session, "certificate", str(certificate_id))
    if last is not None and (status == "added" or (status == "verified" and last.status in _ENDS)):
        return False
    name = last.name if last is not None else new_ulid()
    return _log(
        session,
        "certificate",
        str(certificate_id),
        name,
        content,
        household_id=certificate.household_id,
        status=status,
        now=now,
    )


def log_household_change(*, session: Session, change_id: int, status: str, now: datetime) -> bool:
    """Log that a household asked to change what was verified, or what became of it. False when it was logged before.

    Who asked, the old words, the new, who decided and why are behind the salted commitment: they name people. A word of
    the beginning that arrives after the end is not logged any more.
    """
    change = sellers.get_change(session, change_id)
    if sellers.get_household(session, change.household_id).is_erased:
        return False
    chain = lock_chain(session, change.household_id)
    last = _last(session, "household-change", str(change_id))
    if last is not None and status == "asked":
        return False
    content: dict[str, Any] = {
        "household": chain.party,
        "old": change.old,
        "new": change.new,
        "askedBy": get_party(session, change.asked_by),
        "askedAt": write_time(change.asked_at),
    }
    if change.decided_at is not None and status != "asked":
        content |= {
            "decidedBy": get_party(session, change.decided_by or 0),
            "decidedAt": write_time(change.decided_at),
            "reason": change.reason,
        }
    name = last.name if last is not None else new_ulid()
    return _log(
        session,
        "household-change",
        str(change_id),
        name,
        content,
        household_id=change.household_id,
        status=status,
        now=now,
    )


def log_all_of(*, session: Session, household_id: int, now: datetime) -> int:
    """Log everything of a household that is not in the log yet; return how many entries that made."""
    made = int(log_household(session=session, household_id=household_id, now=now))
    for site in sellers.list_sites(session, household_id):
        made += log_site(session=session, site_id=site.id, now=now)
    for certificate in sellers.list_certificates(session, household_id):
        status = {"claimed": "added"}.get(certificate.state, certificate.state)
        made += log_certificate(session=session, certificate_id=certificate.id, status=status, now=now)
    return made


def _log(
    session: Session,
    subject: str,
    ref: str,
    name: str,
    content: Mapping[str, Any],
    *,
    household_id: int,
    status: str = "",
    now: datetime,
) -> bool:
    written = canonical_bytes({key: value for key, value in content.items() if value not in (None, "", [])})
    last = _last(session, subject, ref)
    if last is not None and (last.content, last.status) == (written, status):
        return False
    version = last.version + 1 if last is not None else 1
    salt = secrets.token_bytes(_SALT_BYTES)
    commitment = commit(salt, written)
    entry_id = log_statement(
        session,
        kind="certificate" if subject == "certificate" else "master-data",
        content=statements.master_version(
            subject=subject, name=name, version=version, status=status, commitment=commitment, at=now
        ),
        actor_party=None,
        now=now,
        subject=name,
    )
    session.execute(
        insert(MasterVersion).values(
            subject=subject,
            subject_ref=ref,
            household_id=household_id,
            name=name,
            version=version,
            status=status,
            salt=salt,
            content=written,
            commitment=commitment,
            entry_id=entry_id,
            recorded_at=now,
        )
    )
    return True


def _last(session: Session, subject: str, ref: str) -> MasterVersion | None:
    return session.execute(
        select(MasterVersion)
        .where(MasterVersion.subject == subject, MasterVersion.subject_ref == ref)
        .order_by(MasterVersion.version.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
