"""Characters of a text layer, gathered into words and printed lines: accents, scripts, spacing, headings. Pure."""
