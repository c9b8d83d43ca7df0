"""One module per stage; a stage is a plain function that does not know who called it."""
