"""Simulation testing: complete performances in virtual time, generated from seeds, and invariants
that must hold in each.
"""
