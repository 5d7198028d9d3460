"""What several calibrated views say together: epipolar curves, triangulated points, silhouettes, rigs compared."""
