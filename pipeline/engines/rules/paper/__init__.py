"""Schema ``paper``: title, authors, abstract, keywords, DOI and references."""
