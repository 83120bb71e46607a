"""The arithmetic of a log that nobody can rewrite, apart from any market: trees, notes, tiles, proofs, witnesses."""
