"""Seasons, the field diary, lots, verification and recall: a chain of custody that nobody can quietly rewrite."""
