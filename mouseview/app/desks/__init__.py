"""Desks: what the window's panels want, turned into work and decisions, one file a concern."""
