"""The journey, headless, one file per step: open, inspect, prepare, reconstruct, compare modes, project, demo.

Window and command line call these functions and nothing below them, so that both do the same thing.
"""
