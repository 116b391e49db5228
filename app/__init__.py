"""Neurolapse's window. It never imports torch; the engine is another process."""
