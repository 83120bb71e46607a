"""Reads what Stripe's clients send: forms whose names nest, ``card[number]=...``, ``expand[0]=...``."""

import re
from collections.abc import Iterable

from simulators.store import Json
from simulators.stripe.errors import ApiError

_PART = re.compile(r"\[([^\]]*)\]")
_MAX_DEPTH = 6


def parse(pairs: Iterable[tuple[str, str]]) -> Json:
    """Turn flat names into nested dicts; lists stay dicts with numbers as keys until ``as_list``."""
    tree: Json = {}
    for name, value in pairs:
        head = name.partition("[")[0]
        path = [head, *_PART.findall(name[len(head) :])]
        if len(path) > _MAX_DEPTH:
            raise ApiError("Parameters nest too deeply.", param=head)
        node = tree
        for part in path[:-1]:
            child = node.setdefault(part, {})
            if not isinstance(child, dict):
                raise ApiError(f"Invalid object: {name}", code="parameter_invalid_object", param=head)
            node = child
        last = path[-1] or str(len(node))
        if isinstance(node.get(last), dict):
            raise ApiError(f"Invalid string: {name}", param=name)
        node[last] = value
    return tree


def refuse_unknown(params: Json, known: Iterable[str], inside: str = "") -> None:
    """Refuse a parameter that the operation does not have. Raises ApiError."""
    for name in params:
        if name not in known:
            full = f"{inside}[{name}]" if inside else name
            raise ApiError(f"Received unknown parameter: {full}", code="parameter_unknown", param=full)


def required(params: Json, name: str) -> str:
    """Return a text that must be there. Raises ApiError."""
    value = params.get(name)
    if not isinstance(value, str) or value == "":
        raise ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return value


def text(params: Json, name: str, known: Iterable[str] | None = None) -> str | None:
    """Return an optional text; with ``known`` it must be one of these. Raises ApiError."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ApiError(f"Invalid string: {name}", param=name)
    if known is not None and value not in known:
        raise ApiError(f"Invalid {name}: must be one of {', '.join(known)}", param=name)
    return value


def integer(params: Json, name: str) -> int | None:
    """Return an optional whole number. Raises ApiError for fractions and text."""
    value = text(params, name)
    if value is None:
        return None
    if not re.fullmatch(r"-?\d{1,15}", value):
        raise ApiError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def boolean(params: Json, name: str, *, default: bool = False) -> bool:
    """Return a yes or no. Raises ApiError for anything else."""
    value = text(params, name, ("true", "false"))
    return default if value is None else value == "true"


def nested(params: Json, name: str, known: Iterable[str] | None = None) -> Json:
    """Return a nested object, empty when absent. Raises ApiError."""
    value = params.get(name)
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise ApiError(f"Invalid object: {name}", code="parameter_invalid_object", param=name)
    if known is not None:
        refuse_unknown(value, known, name)
    return value


def as_list(params: Json, name: str) -> list[str]:
    """Return a list of texts. Raises ApiError."""
    value = params.get(name, {})
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise ApiError(f"Invalid array: {name}", param=name)
    return list(value.values())


def metadata(params: Json, old: Json | None = None) -> Json:
    """Merge metadata; an empty value removes its key. Raises ApiError past 50 keys, 40 and 500 characters."""
    merged = dict(old or {})
    for key, value in nested(params, "metadata").items():
        if not isinstance(value, str) or len(key) > 40 or len(value) > 500:
            raise ApiError("Metadata keys are at most 40 and values at most 500 characters.", param=f"metadata[{key}]")
        if value == "":
            merged.pop(key, None)
        else:
            merged[key] = value
    if len(merged) > 50:
        raise ApiError("Metadata holds at most 50 keys.", param="metadata")
    return merged
