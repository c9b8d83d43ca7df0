"""Records by rules: a folder per schema, and what they share."""
