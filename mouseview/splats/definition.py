"""The numbers that define a rendered splat image; the fast path and its plain twin both read them here."""

from __future__ import annotations

LOW_PASS_PX2 = 0.3
"""Added to the diagonal of every projected covariance; opacity is not compensated for it."""

MAX_ALPHA = 0.99
MIN_ALPHA = 1.0 / 255.0
"""A Gaussian contributes ``min(MAX_ALPHA, opacity · exp(−½ dᵀ Σ⁻¹ d))`` and nothing where that is below MIN_ALPHA."""

MIN_TRANSMITTANCE = 1e-4
"""A pixel is finished by the first Gaussian that would leave less than this; that Gaussian is not drawn in it."""

NEAR_FRACTION = 0.01
"""Near plane as a fraction of the median distance between camera and Gaussians, so that it works in any unit."""

GUARD = 1.0
"""Centres that fall further outside the image than this many image sizes are not drawn: the linearised projection
means nothing out there."""

SH_C0 = 0.28209479177387814
SH_C1 = 0.4886025119029199
SH_C2 = (1.0925484305920792, 0.31539156525252005, 0.5462742152960396)
SH_C3 = (
    0.5900435899266435,
    2.890611442640554,
    0.4570457994644658,
    0.3731763325901154,
    1.445305721320277,
)
"""Normalisations of the real spherical harmonics, degree by degree, without their signs."""
