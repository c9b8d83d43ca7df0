"""Questions: answers in sentences, each with the place in a document that proves it."""
