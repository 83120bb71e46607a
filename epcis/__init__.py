"""The standards of GS1, apart from any market: EPCIS 2.0 documents, CBV 2.0 event hashes, Digital Links."""
