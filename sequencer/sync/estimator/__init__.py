"""Estimates the tempo and phase of a clock from timestamped ticks."""
