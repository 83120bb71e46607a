"""Who may see which events of the repository: what is public, what is an owner's, what is the market's own."""

from dataclasses import dataclass

#: Stands for the market itself as an owner of events: its records, which households and officers enter.
MARKET_PARTY = "0" * 26
#: The scope of what anybody may see. Any other scope is an owner's party.
PUBLIC = ""
#: Records that say what a household sold, and when parcels went: no page shows them one by one.
_PRIVATE_KINDS = frozenset({"listed", "unlisted", "sold", "unpacked"})
_PRIVATE_BEGINNINGS = ("parcel_",)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks. Without a key, ``owner_party`` is None and only what is public is seen."""

    owner_party: str | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that this viewer sees."""
        return (PUBLIC,) if self.owner_party is None else (PUBLIC, self.owner_party)


def is_public_record(kind: str) -> bool:
    """Say whether anybody may see a record of this kind (``cq:kind``), as the public page of its lot shows it.

    A declaration that a record is wrong is as public as that record.
    """
    return kind not in _PRIVATE_KINDS and not kind.startswith(_PRIVATE_BEGINNINGS)


def scope_of(*, owner_party: str, is_public: bool) -> str:
    """Return the scope of an event."""
    return PUBLIC if is_public else owner_party
