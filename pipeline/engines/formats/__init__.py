"""Office, web, mail and text files: one module per format, each of which lists the elements of a document."""
