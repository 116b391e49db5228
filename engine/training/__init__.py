"""The three training stages and what they need. Each stage is resumable and gives the same result from the same seed."""
