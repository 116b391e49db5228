"""Moving codes: along directions, and between visits."""
