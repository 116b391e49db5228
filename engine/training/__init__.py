"""The three training stages and what they need. Each can be resumed, and gives the same result from the same seed."""
