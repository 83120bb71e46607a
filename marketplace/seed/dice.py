"""Chance that falls the same way every time, and keys that make a repeated seed change nothing."""

import random
import uuid

_NAMESPACE = uuid.UUID("0d7b2c9e-6a41-5f0c-8b3e-52c9a1f4e7d6")


def dice(*parts: object) -> random.Random:
    """Return dice of their own for a thing that is named by ``parts``."""
    return random.Random("/".join(map(str, parts)))


def key(*parts: object) -> uuid.UUID:
    """Return the key under which a thing is made, so that making it again finds it."""
    return uuid.uuid5(_NAMESPACE, "/".join(map(str, parts)))
