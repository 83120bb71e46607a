"""Finds the adapter that wiring bound to a port, so that packages never import the roof."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import current_app

T = TypeVar("T")


def bind(adapters: dict[Any, Any], port: Any, adapter: object) -> None:
    """Bind one adapter to its port (a Protocol class) in the application's table of adapters."""
    adapters[port] = adapter


@dataclass(frozen=True, slots=True)
class _Later:
    """An adapter whose library is heavy: made when it is first asked for."""

    make: Callable[[], object]


def bind_later(adapters: dict[Any, Any], port: Any, make: Callable[[], object]) -> None:
    """Bind a port to an adapter that is made on first use, so that processes that never use it stay small."""
    adapters[port] = _Later(make)


def resolve(port: type[T]) -> T:
    """Return the adapter of ``port``. Raises ``LookupError`` when wiring left it out."""
    adapters = current_app.extensions.get("adapters", {})
    if port not in adapters:
        message = f"no adapter is wired to {port.__name__}"
        raise LookupError(message)
    if isinstance(adapters[port], _Later):
        adapters[port] = adapters[port].make()
    return cast("T", adapters[port])
