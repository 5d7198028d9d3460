"""The 3D scene: cameras, rays and Gaussians before and after normalisation. The only place that imports vispy."""
