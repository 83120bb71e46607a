"""Whose household a page is about, and the photo that comes with a form."""

from pathlib import Path

from flask import current_app

from marketplace.accounts.gate import current_actor
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.photos import has_photo, store_photo
from sellers.forms import CertificateForm, ProfileForm

_SHA256_LENGTH = 64


def own_household_id() -> int:
    """Return the household acted for. Raises ``NotFound`` for somebody without one."""
    household_id = current_actor().household_id
    if household_id is None:
        raise NotFound
    return household_id


def keep_photo(form: CertificateForm | ProfileForm) -> str | None:
    """Store the photo that was sent, or find the one kept from an earlier try; None without either.

    It is stored whether or not the rest of the form holds: a browser does not send a file twice, so a slip of
    the pen would otherwise cost the photo. What cannot be read is said beside the field.
    """
    kept = form.kept_photo.data or ""
    is_known = len(kept) == _SHA256_LENGTH and kept.isalnum() and has_photo(db.session(), kept)
    sha256: str | None = kept if is_known else None
    try:
        data = form.photo.read()
        if data:
            media_dir = Path(current_app.config["MEDIA_DIR"])
            with transaction(is_work=False) as session:
                sha256 = store_photo(session, data, media_dir=media_dir, now=utcnow()).sha256
    except DomainError as error:
        form.photo.errors = [*form.photo.errors, error.message]
    form.kept_photo.data = sha256 or ""
    return sha256
