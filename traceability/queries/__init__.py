"""Reads of the chain of custody: frozen views, a constant number of statements each."""
