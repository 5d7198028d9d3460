"""Long work item by item: progress, estimate, cancel, resume after a kill; on this machine's cores or on a cluster."""
