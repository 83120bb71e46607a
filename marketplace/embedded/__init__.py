"""The embedded stack: PostgreSQL, Valkey and our own processes, started, watched and stopped by one command."""
