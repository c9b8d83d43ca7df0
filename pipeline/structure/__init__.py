"""The structure of a whole document, decided from all of its pages once they are read: no page image is needed."""
