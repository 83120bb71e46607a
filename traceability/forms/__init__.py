"""Forms of the chain of custody, one file for each part of it."""
