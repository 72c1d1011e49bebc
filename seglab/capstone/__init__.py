"""The capstone: three tracks, and the contract that a student's `predict.py` must keep."""

from seglab.capstone.contract import check_predict, load_predict, write_predict, write_starter
from seglab.capstone.tracks import TRACKS, check_answer, samples, score_answers

__all__ = [
    "TRACKS",
    "check_answer",
    "check_predict",
    "load_predict",
    "samples",
    "score_answers",
    "write_predict",
    "write_starter",
]
