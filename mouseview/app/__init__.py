"""Everything Qt: the window, its actions, controller and panels, the 3D scene, and the bridge to background work.

Panels receive a frozen state and emit intents; they decide nothing. ``controller`` turns intents into workflow calls.
"""
