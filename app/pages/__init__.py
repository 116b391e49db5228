"""What the stage shows: the welcome, one scan beside its edit, or the time between two visits."""
