"""Values with their evidence: the printed lines of a document, where a value stands in them, and records of both."""
