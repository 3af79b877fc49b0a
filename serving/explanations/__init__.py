"""A decision explained to whoever sits at a terminal: in sentences, and as a picture."""
