"""Frozen values that everything else speaks in: cameras, rigs, samples, formats of models, findings, Gaussians.

Depends on ``geometry`` alone; reads no file and draws nothing.
"""
