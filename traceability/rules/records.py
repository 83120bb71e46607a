"""What can be read off the sealed bytes of a record."""

import json


def read_commitment(body: bytes) -> str | None:
    """Return the commitment to private details that a record carries, if it carries one."""
    commitment: str | None = json.loads(body).get("cq:privateCommit")
    return commitment
