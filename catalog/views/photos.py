"""Photos of a product: kept through errors, put first, taken off."""

from pathlib import Path

from flask import current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.forms import PhotoForm, ProductForm
from catalog.services.sell import MAX_PHOTOS, put_photo_first, remove_photo
from catalog.views.blueprint import blueprint
from catalog.views.owner import own_household_id
from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.photos import store_photo

_SHA256_LENGTH = 64


def keep_photos(form: ProductForm) -> list[str]:
    """Store the photos that were sent and return them behind those kept from an earlier try.

    They are stored whether or not the rest of the form holds, in a transaction of their own: a browser does
    not send a file twice, so a typing slip would otherwise cost the household its photos. What cannot be
    read is said beside the field, and the others stay.
    """
    kept = [text for text in (form.kept_photos.data or "").split(",") if _is_sha256(text)]
    try:
        sent = form.photos.read_all()
        if sent:
            media_dir = Path(current_app.config["MEDIA_DIR"])
            with transaction(is_work=False) as session:
                kept += [store_photo(session, data, media_dir=media_dir, now=utcnow()).sha256 for data in sent]
    except DomainError as error:
        form.photos.errors = [*form.photos.errors, error.message]
    kept = list(dict.fromkeys(kept))[:MAX_PHOTOS]
    form.kept_photos.data = ",".join(kept)
    return kept


def _is_sha256(text: str) -> bool:
    return len(text) == _SHA256_LENGTH and all(ch in "0123456789abcdef" for ch in text)


@blueprint.post("/hang-ban/<int:product_id>/anh/dau")
@needs(Permission.SELL)
def first_photo(product_id: int) -> ResponseReturnValue:
    """Make a photo the product's face."""
    with transaction() as session:
        put_photo_first(session=session, household_id=own_household_id(), product_id=product_id, sha256=_named_photo())
    flash(_("Đã đổi ảnh chính."), "success")
    return redirect(url_for("catalog.edit", product_id=product_id), 303)


@blueprint.post("/hang-ban/<int:product_id>/anh/bo")
@needs(Permission.SELL)
def drop_photo(product_id: int) -> ResponseReturnValue:
    """Take a photo off a product."""
    with transaction() as session:
        remove_photo(session=session, household_id=own_household_id(), product_id=product_id, sha256=_named_photo())
    flash(_("Đã bỏ ảnh."), "success")
    return redirect(url_for("catalog.edit", product_id=product_id), 303)


def _named_photo() -> str:
    form = PhotoForm()
    if not form.validate_on_submit():
        raise NotFound
    return str(form.sha256.data)
