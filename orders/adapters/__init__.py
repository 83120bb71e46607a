"""One file for each outside system that takes money, and one for what traceability asks about orders."""
