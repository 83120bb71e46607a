"""What can go wrong between us and another EPCIS system, named as the standard names it."""

from collections.abc import Sequence

from marketplace.core.errors import DomainError


class EpcisProblem(DomainError):
    """An exception of EPCIS 2.0 (section 8.2.5.4, and the REST binding's list of problem types).

    ``name`` is the standard's, e.g. ``QueryParameterException``. ``detail`` is an English sentence for the people who
    write the other program. ``faults`` are (JSON pointer, what is wrong there).
    """

    def __init__(self, name: str, detail: str, *, faults: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(name, detail)
        self.name = name
        self.detail = detail
        self.faults = tuple(faults)
