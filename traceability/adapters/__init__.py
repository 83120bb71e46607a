"""The outside systems of traceability."""
