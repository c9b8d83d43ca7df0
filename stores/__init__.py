"""What is kept: records, files, keywords and vectors. Imports nothing of pipeline or ingest."""
