"""Commands: requests that change a knowledge base, made durable and handed to the workers."""
