"""The engine as a process: messages in, messages and shared volumes out."""
