"""Desks that belong to no package: the operator's overview, stuck work, and everybody's notices."""
