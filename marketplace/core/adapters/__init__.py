"""One file for each outside system that the floor talks to."""
