"""Rows of tables as records: headers matched to fields, typed cells, totals told apart."""
