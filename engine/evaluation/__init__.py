"""What a model is worth, on people it never saw."""
