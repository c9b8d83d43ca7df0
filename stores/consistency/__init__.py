"""Whether the rows of a knowledge base agree with each other, and how they are made to."""
