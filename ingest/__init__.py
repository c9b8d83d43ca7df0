"""How one asks: the command line, the embedded runtime, later the API and the pages."""
