"""Grids of tables and what stands in their cells: ruled, set apart by gaps, or guessed by a model."""
