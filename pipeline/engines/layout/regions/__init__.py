"""The boxes of a page with their texts, put right where the layout model errs."""
