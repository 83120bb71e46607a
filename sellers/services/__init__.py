"""Use cases that change places, households and what they hold."""
