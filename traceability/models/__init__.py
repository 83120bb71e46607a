"""Tables of traceability: the chain of custody, the log, EPCIS, scans, recalls and sensors."""
