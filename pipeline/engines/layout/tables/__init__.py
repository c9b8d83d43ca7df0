"""Tables that the layout model does not see, and what it takes for tables; forms."""
