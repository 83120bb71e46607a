"""Pictures of the pages: for the README, and for looking at every page at once."""
