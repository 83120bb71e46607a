"""The description of the interface (OpenAPI 3.1), made from the tables that the code itself works by."""

from functools import cache
from typing import Any

from traceability.api.description.paths import PATHS
from traceability.api.description.schemas import COMPONENTS

_ABOUT = """\
EPCIS 2.0 events (JSON binding) of this market and of those who capture here. Reading what is public needs no key;
everything else needs a key, which the operator issues: `Authorization: Bearer <key>` or `X-API-Key: <key>`.

- **Bytes.** An event is kept in the one spelling of RFC 8785 and given back as it came (`Never_Translates`). The one
  thing added is `eventID`, where it was missing: the event's CBV 2.0 hash. No `recordTime` is added: that would no
  longer be what came; ask for it with GE_recordTime.
- **Spelling.** `GS1-EPC-Format: Always_GS1_Digital_Link` or `Always_EPC_URN` translates the identifiers in fields of
  the standard (items, classes, places, parties, transactions, devices), never extension fields or `ilmd`. A translated
  event has the same CBV hash, but other bytes: the log, the proofs and `/log/contents` are always about the bytes that
  came. To check an event, ask for `Never_Translates`. Queries are compared with the spelling that came.
- **Pages.** A page ends early before an event whose `@context` would give another meaning to the page, or be given
  one by it. Follow the `Link` header until there is none.
- **Seeing.** Events captured with a key that may publish are public. Others are seen by keys of the same owner only.
- **Log.** Every event is an entry of the market's transparency log, see `/log/checkpoint`.
- **Not supported**, and refused clearly: XML (415, 406), subscriptions (501), master data (400).
"""


@cache
def describe_interface() -> dict[str, Any]:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "EPCIS 2.0 repository", "version": "2.0.0", "description": _ABOUT},
        "servers": [{"url": "/epcis/v2"}],
        "security": [{}, {"bearer": []}, {"key": []}],
        "tags": [
            {"name": "Capture", "description": "Events come in."},
            {"name": "Events", "description": "Events are found and read."},
            {"name": "Names", "description": "What events speak of, as addresses to browse."},
            {"name": "Queries", "description": "Queries kept under names."},
            {"name": "Discovery", "description": "What this server can do."},
        ],
        "paths": PATHS,
        "components": COMPONENTS,
    }
