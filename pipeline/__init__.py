"""How a knowledge base is made: stages, engines, and the flow that runs them with every policy."""
