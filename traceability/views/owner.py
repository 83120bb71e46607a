"""What every page of the diary needs: whose it is, and the photos that were sent with an entry."""

from pathlib import Path

from flask import current_app

from marketplace.accounts.gate import current_actor
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.forms import MAX_PHOTOS
from marketplace.core.photos import store_photo
from traceability.forms import DiaryForm

_SHA256_LENGTH = 64


def own_household_id() -> int:
    """Return the household acted for. Raises ``NotFound``."""
    household_id = current_actor().household_id
    if household_id is None:
        raise NotFound
    return household_id


def own_commune_id() -> int:
    """Return the officer's commune. Raises ``NotFound``."""
    commune_id = current_actor().commune_id
    if commune_id is None:
        raise NotFound
    return commune_id


def keep_photos(form: DiaryForm) -> tuple[str, ...]:
    """Store the photos that were sent, in a transaction of their own, so that an error costs nobody a photo.

    Returns their hashes behind those kept from an earlier try. A file that is no picture is said beside the field.
    """
    kept = [text for text in (form.kept_photos.data or "").split(",") if _is_sha256(text)]
    try:
        sent = form.photos.read_all()
        if sent:
            media_dir = Path(current_app.config["MEDIA_DIR"])
            with transaction() as session:
                kept += [store_photo(session, data, media_dir=media_dir, now=utcnow()).sha256 for data in sent]
    except DomainError as error:
        form.photos.errors = [*form.photos.errors, error.message]
    kept = list(dict.fromkeys(kept))[:MAX_PHOTOS]
    form.kept_photos.data = ",".join(kept)
    return tuple(kept)


def _is_sha256(text: str) -> bool:
    return len(text) == _SHA256_LENGTH and all(ch in "0123456789abcdef" for ch in text)
