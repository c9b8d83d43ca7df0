"""The pages: server-rendered, htmx for what moves, a little JavaScript of our own for the inspector."""
