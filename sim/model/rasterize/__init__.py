"""Stage 7 clocked: dispatch, the engines' queues, quads, and the picture's writer."""
