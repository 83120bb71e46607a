"""The embedded stack: PostgreSQL, Valkey and our own processes, run by one command."""
