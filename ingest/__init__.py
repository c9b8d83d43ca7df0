"""How one asks: the command line, the HTTP API, the pages, and the embedded runtime."""
