"""Tables, figures and the committed results they came from."""
