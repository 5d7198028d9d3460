"""Long work item by item: progress, estimate, cancel, resume after a kill; on this machine's cores or on a cluster.

A ``Job`` names its items and how a process opens the work; ``run_job`` does them. Each item writes into a folder of its
own, atomically, and gives a fingerprint of everything that its output depends on. What ended is kept in a journal in
the output folder (``read_state`` reads it), so a run that was killed goes on where it was.
"""

from mouseview.jobs.cluster import Cluster
from mouseview.jobs.engine import run_job
from mouseview.jobs.folder_lock import FolderLock
from mouseview.jobs.in_process import InProcess
from mouseview.jobs.job import Item, ItemError, Job, JobProgress, JobReport, JobStopped, Work
from mouseview.jobs.journal import JobState, read_state
from mouseview.jobs.processes import Processes

__all__ = [
    "Cluster",
    "FolderLock",
    "InProcess",
    "Item",
    "ItemError",
    "Job",
    "JobProgress",
    "JobReport",
    "JobState",
    "JobStopped",
    "Processes",
    "Work",
    "read_state",
    "run_job",
]
