"""Architectures, their registry, and checkpoints."""
