"""What a volume or its code says: image similarity and read-outs."""
