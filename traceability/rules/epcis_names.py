"""The terms under which events are found. Their words and names are those of ``epcis.context``."""

import hashlib

#: How a pure identity EPC begins (GS1 Tag Data Standard), and how a pattern of such EPCs does.
EPC_URN = "urn:epc:id:"
EPC_PATTERN = "urn:epc:idpat:"
#: A longer term is kept by its hash: PostgreSQL takes no GIN key beyond 2,712 bytes.
_LONGEST_TERM = 400


def make_term(tag: str, value: str) -> str:
    """Return the term under which an event with this value is found. Long ones are shortened to a hash."""
    term = f"{tag}={value}".replace("\x00", "\ufffd")
    if len(term) <= _LONGEST_TERM:
        return term
    digest = hashlib.sha256(term.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{term[: _LONGEST_TERM - 65]}#{digest}"
