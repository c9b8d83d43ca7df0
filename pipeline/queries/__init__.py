"""What is asked of a knowledge base and of its work: search, documents, pages, jobs, workers."""
