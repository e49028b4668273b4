"""The score sequencer for real-time video models."""
