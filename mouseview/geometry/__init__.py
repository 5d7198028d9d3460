"""Pure numpy geometry in float64: transforms, lenses, rays, triangulation, epipolar curves, optical axes.

Knows no file, no image and no window. Conventions (poses, pixels, units): ``docs/conventions.md``.
"""
