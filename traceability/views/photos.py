"""Photos of an entry, kept through errors: a browser does not send a file twice."""

import re
from pathlib import Path
from typing import Protocol

from flask import current_app
from wtforms import HiddenField

from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.errors import DomainError
from marketplace.core.forms import PhotosField
from marketplace.core.photos import store_photo
from traceability.rules.entries import MAX_PHOTOS

_HASH = re.compile(r"[0-9a-f]{64}")


class PhotoForm(Protocol):
    """A form that takes photos."""

    photos: PhotosField
    kept_photos: HiddenField


def kept_photos(form: PhotoForm) -> tuple[str, ...]:
    """Return the hashes that came back with a form."""
    return tuple(text for text in (form.kept_photos.data or "").split(",") if _HASH.fullmatch(text))


def keep_photos(form: PhotoForm) -> tuple[str, ...]:
    """Store the photos that were sent, in a transaction of their own, and return them behind those kept before.

    What cannot be read is said beside the field, and the others stay.
    """
    kept = list(kept_photos(form))
    media_dir = Path(current_app.config["MEDIA_DIR"])
    for data in form.photos.read_all():
        try:
            with transaction(is_work=False) as session:
                kept.append(store_photo(session, data, media_dir=media_dir, now=utcnow()).sha256)
        except DomainError as error:
            form.photos.errors = [*form.photos.errors, error.message]
    found = tuple(dict.fromkeys(kept))[:MAX_PHOTOS]
    form.kept_photos.data = ",".join(found)
    return found
