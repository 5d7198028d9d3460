"""How a calibration has to be read: readings scored on points, labels, silhouettes and structure, and ranked."""
