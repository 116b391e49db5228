"""A trained model on disk and in use: the bundle, the device, encoding and decoding."""
