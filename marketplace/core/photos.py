"""Photos: decoded, turned upright, stripped of everything but pixels, shrunk and stored under their SHA-256."""

import hashlib
import os
import tempfile
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import ClassVar

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.core.errors import Refused, TooMuch
from marketplace.core.models import StoredPhoto
from marketplace.core.outbox import record_event

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
#: Variant -> longest side in pixels, and a ceiling in bytes for slow lines: the face of a page, a shelf of thumbs.
VARIANTS = {"large": (1280, 200_000), "medium": (800, 50_000), "thumb": (320, 5_000)}
_QUALITIES = (80, 70, 60, 50, 40, 30, 20)
#: A phone draws a thumb at half its size, so fewer details do; the first view of a shelf loads a dozen of them, and
#: with everything else may weigh 100 KB.
_THUMB_QUALITY = 60


@dataclass(frozen=True, slots=True)
class PhotosRemoved:
    """Photos were taken out because of people on them; their files have to go."""

    name: ClassVar[str] = "core.photos_removed"
    hashes: list[str]


@dataclass(frozen=True, slots=True)
class Photo:
    """A stored photo: the hash of its cleaned full-size file, and that file's size in pixels."""

    sha256: str
    width: int
    height: int


def store_photo(session: Session, data: bytes, *, media_dir: Path, now: datetime) -> Photo:
    """Clean, shrink and store an uploaded photo; storing the same one twice changes nothing.

    Location and every other piece of metadata are lost on purpose (Law 91/2025/QH15: precise places of people
    are personal data); the day on which the picture was taken is kept apart, for officers. Raises ``Refused`` for
    what is no JPEG, PNG or WebP, ``TooMuch`` for oversized files.
    """
    image, taken_on = _decode(data)
    files = _shrink(image)
    sha256 = hashlib.sha256(files["large"]).hexdigest()
    for variant, content in files.items():
        _write_once(photo_path(media_dir, sha256, variant), content)
    with Image.open(BytesIO(files["large"])) as large:
        width, height = large.size
    session.execute(
        insert(StoredPhoto)
        .values(sha256=sha256, width=width, height=height, stored_at=now, taken_on=taken_on)
        .on_conflict_do_nothing()
    )
    return Photo(sha256, width, height)


def photo_path(media_dir: Path, sha256: str, variant: str) -> Path:
    """Return where a variant of a photo lies on disk."""
    return media_dir / sha256[:2] / f"{sha256}-{variant}.webp"


def photo_url(sha256: str, variant: str = "large") -> str:
    """Return the path of a photo's variant on the site; it never changes, so browsers keep it for good."""
    return f"/anh/{sha256}/{variant}.webp"


def has_photo(session: Session, sha256: str) -> bool:
    """Say whether a photo is stored and was not taken out again."""
    wanted = select(StoredPhoto.id).where(StoredPhoto.sha256 == sha256, StoredPhoto.removed_at.is_(None))
    return session.execute(wanted).first() is not None


def list_days_taken(session: Session, hashes: Iterable[str]) -> dict[str, date]:
    """Return the day on which each photo was taken, by its hash; only where the camera wrote one."""
    wanted = set(hashes)
    if not wanted:
        return {}
    rows = session.execute(
        select(StoredPhoto.sha256, StoredPhoto.taken_on).where(
            StoredPhoto.sha256.in_(wanted), StoredPhoto.taken_on.is_not(None)
        )
    )
    return {sha256: taken_on for sha256, taken_on in rows if taken_on is not None}


def is_removed(session: Session, sha256: str) -> bool:
    """Say whether a photo was taken out because of a person on it."""
    wanted = select(StoredPhoto.id).where(StoredPhoto.sha256 == sha256, StoredPhoto.removed_at.is_not(None))
    return session.execute(wanted).first() is not None


def remove_photos(session: Session, hashes: Collection[str], *, now: datetime) -> list[str]:
    """Take photos out for good; return those that were there. Their files go with the reaction to ``PhotosRemoved``.

    Records that show them keep the hashes, so everything sealed still verifies. The same picture is not taken in again.
    """
    gone = session.execute(
        update(StoredPhoto)
        .where(StoredPhoto.sha256.in_(hashes), StoredPhoto.removed_at.is_(None))
        .values(removed_at=now)
        .returning(StoredPhoto.sha256)
    ).scalars()
    removed = sorted(gone.all())
    if removed:
        record_event(session, PhotosRemoved(hashes=removed))
    return removed


def delete_files(media_dir: Path, hashes: Iterable[str]) -> None:
    """Delete every variant of photos from disk. Repeatable."""
    for sha256 in hashes:
        for variant in VARIANTS:
            photo_path(media_dir, sha256, variant).unlink(missing_ok=True)


def _decode(data: bytes) -> tuple[Image.Image, date | None]:
    if len(data) > MAX_BYTES:
        message = "Ảnh này quá nặng. Hãy chọn ảnh dưới 12 MB."
        raise TooMuch("photo_too_large", message)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
            if image.width * image.height > MAX_PIXELS:
                message = "Ảnh này có quá nhiều điểm ảnh. Hãy chọn ảnh nhỏ hơn."
                raise TooMuch("photo_too_large", message)
            image.draft("RGB", (2560, 2560))
            taken_on = _read_day(image)
            upright = ImageOps.exif_transpose(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        message = "Tệp này không phải là ảnh mà chúng tôi đọc được. Hãy chọn ảnh JPEG, PNG hoặc WebP."
        raise Refused("photo_unreadable", message, field="photos") from error
    except Image.DecompressionBombWarning as error:
        message = "Ảnh này có quá nhiều điểm ảnh. Hãy chọn ảnh nhỏ hơn."
        raise TooMuch("photo_too_large", message) from error
    if upright.mode in {"RGBA", "LA", "P"}:
        layered = upright.convert("RGBA")
        flat = Image.new("RGB", layered.size, "white")
        flat.paste(layered, mask=layered.getchannel("A"))
        return flat, taken_on
    return upright.convert("RGB"), taken_on


def _read_day(image: Image.Image) -> date | None:
    """Return the day on which the camera says that the picture was taken (EXIF DateTimeOriginal); None without one."""
    written = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    try:
        return datetime.strptime(str(written).strip("\0 "), "%Y:%m:%d %H:%M:%S").date()  # noqa: DTZ007 - a local day
    except ValueError:
        return None


def _shrink(image: Image.Image) -> dict[str, bytes]:
    """Return the file of each variant. A picture that is small already is not packed twice to the same end."""
    files: dict[str, bytes] = {}
    for variant, (side, ceiling) in VARIANTS.items():
        if variant == "medium" and max(image.size) <= side and len(files["large"]) <= ceiling:
            files[variant] = files["large"]
        else:
            best = _THUMB_QUALITY if variant == "thumb" else _QUALITIES[0]
            files[variant] = _encode(image, side, ceiling, best=best)
    return files


def _encode(image: Image.Image, side: int, ceiling: int, *, best: int) -> bytes:
    shrunk = image.copy()
    shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
    content = b""
    for quality in (best, *(quality for quality in _QUALITIES if quality < best)):
        buffer = BytesIO()
        shrunk.save(buffer, "WEBP", quality=quality, method=4, exif=b"", xmp=b"", icc_profile=None)
        content = buffer.getvalue()
        if len(content) <= ceiling:
            break
    return content


def _write_once(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(path)
