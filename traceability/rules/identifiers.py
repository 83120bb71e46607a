"""Names of things in sealed records: URIs of our own, or GS1 keys where the owner has a prefix or may use one.

A thing keeps the name under which it first came into a record. A GS1 key that comes later is an alias beside it.

The path words (obj, class, loc, party, bt) follow the user-vocabulary style of GS1's CBV 2.0 examples. Rules kept here:
lower case, no query, no segment made of digits only (a numeric segment such as ``/01/`` would be read as a GS1
application identifier and folded to id.gs1.org by the CBV hash rule), never a name or a telephone number.
The domain is chosen once: identifiers outlive the site that made them.
"""

import re
import unicodedata
import uuid

from traceability.rules.gs1 import gtin_uri, sscc_uri

#: Every identifier begins with this. Changing it later would split the history of every lot in two.
BASE = "https://choque.example"
VOCABULARY = f"{BASE}/voc/"
_MAX_SLUG = 60


def make_slug(text: str) -> str:
    """Return a lower-case ASCII slug: ``Bưởi Luận Văn`` -> ``buoi-luan-van``; never empty, never digits only."""
    plain = text.lower().replace("đ", "d")
    letters = "".join(ch for ch in unicodedata.normalize("NFD", plain) if not unicodedata.combining(ch))
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_MAX_SLUG].strip("-")
    if not slug:
        return "khac"
    return f"so-{slug}" if slug.isdigit() else slug


def object_uri(ulid: str) -> str:
    """Return the URI of one thing: a season, a parcel."""
    return f"{BASE}/id/obj/{ulid.lower()}"


def class_uri(name: str, batch: str = "") -> str:
    """Return the URI of a kind of goods, or of one batch of it."""
    kind = f"{BASE}/id/class/{make_slug(name)}"
    return f"{kind}/{make_slug(batch)}" if batch else kind


def lot_uri(produce: str, code: str, gtin: str | None = None) -> str:
    """Return the URI of a lot: its produce and its readable code, or its GTIN and that code when it began with one."""
    return gtin_uri(gtin, code) if gtin else class_uri(produce, code)


def place_uri(ulid: str) -> str:
    """Return the URI of a site."""
    return f"{BASE}/id/loc/{ulid.lower()}"


def party_uri(ulid: str) -> str:
    """Return the URI of a household, an officer or a helper; it says nothing about who that is."""
    return f"{BASE}/id/party/{ulid.lower()}"


def parcel_uri(ulid: str, sscc: str | None = None) -> str:
    """Return the URI of a parcel: its SSCC, or a random name of ours."""
    return sscc_uri(sscc) if sscc else object_uri(ulid)


def transaction_uri(ulid: str) -> str:
    """Return the URI of a consignment."""
    return f"{BASE}/id/bt/{ulid.lower()}"


def certificate_uri(certificate_id: int) -> str:
    """Return the URI of a certificate that an officer has seen; its record tells agency, number and dates."""
    return f"{BASE}/id/bt/cert-{certificate_id}"


def step_uri(kind: str) -> str:
    """Return the URI of a business step for which CBV 2.0 has no word (planting, spraying ...)."""
    return f"{VOCABULARY}bizstep/{kind}"


def event_uri(event_id: uuid.UUID) -> str:
    """Return an event's ID as EPCIS writes it."""
    return f"urn:uuid:{event_id}"
