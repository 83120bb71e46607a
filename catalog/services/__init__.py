"""Use cases that change what is for sale."""
