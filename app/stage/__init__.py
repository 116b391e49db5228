"""What is looked at: slices, the 3D view, and the state they share."""
