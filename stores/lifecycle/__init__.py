"""The state machine of steps, generations, documents and jobs, kept in SQL."""
