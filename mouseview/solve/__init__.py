"""Which reading of a calibration, which video, which shift in time fits the evidence: candidates scored and ranked."""
