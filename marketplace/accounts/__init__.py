"""People who sign in, their roles, and whom they act for."""
