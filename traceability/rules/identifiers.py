"""Names of things in sealed records: URIs of our own, for owners without a GS1 prefix.

The path words (obj, class, loc, party, bt) follow the user-vocabulary style of GS1's CBV 2.0 examples. Rules kept here:
lower case, no query, no segment made of digits only (a numeric segment such as ``/01/`` would be read as a GS1
application identifier and folded to id.gs1.org by the CBV hash rule), never a name or a telephone number.
The domain is chosen once: identifiers outlive the site that made them.
"""

import re
import unicodedata
import uuid

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


def lot_uri(produce: str, code: str) -> str:
    """Return the URI of a lot: its produce and its readable code."""
    return class_uri(produce, code)


def place_uri(ulid: str) -> str:
    """Return the URI of a site."""
    return f"{BASE}/id/loc/{ulid.lower()}"


def party_uri(ulid: str) -> str:
    """Return the URI of a household, an officer or a helper; it says nothing about who that is."""
    return f"{BASE}/id/party/{ulid.lower()}"


def transaction_uri(ulid: str) -> str:
    """Return the URI of a consignment."""
    return f"{BASE}/id/bt/{ulid.lower()}"


def step_uri(kind: str) -> str:
    """Return the URI of a business step for which CBV 2.0 has no word (planting, spraying ...)."""
    return f"{VOCABULARY}bizstep/{kind}"


def event_uri(event_id: uuid.UUID) -> str:
    """Return an event's ID as EPCIS writes it."""
    return f"urn:uuid:{event_id}"
