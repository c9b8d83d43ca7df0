"""Records by rules: one module per schema, and what they share."""
