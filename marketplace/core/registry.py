"""Finds the adapter that wiring bound to a port, so that packages never import the roof."""

from typing import Any, TypeVar, cast

from flask import current_app

T = TypeVar("T")


def bind(adapters: dict[Any, Any], port: Any, adapter: object) -> None:
    """Bind one adapter to its port (a Protocol class) in the application's table of adapters."""
    adapters[port] = adapter


def resolve(port: type[T]) -> T:
    """Return the adapter of ``port``. Raises ``LookupError`` when wiring left it out."""
    adapters = current_app.extensions.get("adapters", {})
    if port not in adapters:
        message = f"no adapter is wired to {port.__name__}"
        raise LookupError(message)
    return cast("T", adapters[port])
