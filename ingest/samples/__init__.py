"""The documents of the quickstart, made by ``scripts/make_samples``; ``truth.json`` says what is in them."""
