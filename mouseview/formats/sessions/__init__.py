"""Sessions of videos: which files belong together, under which decisions, and their frames as a dataset."""
