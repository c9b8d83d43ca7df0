"""Search: query words, ranking and highlighting of chunks."""
