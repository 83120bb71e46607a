"""What can go wrong while starting the embedded stack, in words for the person at the terminal."""


class EmbeddedError(RuntimeError):
    """The stack cannot start or go on; the message says why and what to do."""


class AlreadyRunningError(EmbeddedError):
    """Another supervisor holds this data folder."""
