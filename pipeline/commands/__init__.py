"""How documents come in: requests of both doors, made durable and handed to the workers."""
