"""The tamper drill: attacks on a copy of a market by whoever runs its servers, and who notices."""
