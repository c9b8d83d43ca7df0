"""Answers about a knowledge base, read from SQL: documents, jobs, work, one page with all that stands on it."""
