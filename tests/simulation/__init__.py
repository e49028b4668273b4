"""Simulation testing: whole performances in virtual time, drawn from seeds, and what must hold in every one of them."""
