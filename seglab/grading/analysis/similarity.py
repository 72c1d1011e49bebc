"""Who wrote alike: copydetect's fingerprints on the students' answers, question by question.

What the sheet gave to everybody does not count, nor its own solution, nor what many have in common: a short right
answer looks the same everywhere.
"""

import copy
import io
import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

SHORTEST = 20  # characters of filtered code (a name is one character) that must be the same in a row
FEWEST = 60  # such characters that two submissions must share
MANY = 0.1  # share of the submissions beyond which the same code is common
MANY_AT_LEAST = 3
MAX_TEXT = 20_000
CANDIDATES = 300
LINES = 40


@dataclass(frozen=True)
class Pair:
    """Two submissions that are alike.

    Attributes:
        first, second: Names of the students.
        share: Share of the code that counts which both have, of the one that has less of its own.
        shared: Its length in characters of filtered code.
        question: `(notebook, grade_id)` of the answer that shares most.
        excerpts: Two lists of `(text, is_shared)`, the answers of the first and the second.
    """

    first: str
    second: str
    share: float
    shared: int
    question: tuple
    excerpts: tuple


def similar_pairs(answers, given, *, threshold=0.6, most=20):
    """Find submissions that share more than the sheet explains.

    Args:
        answers: `dict` from student to `dict` from question to code.
        given: Code that is nobody's own, list of text.
        threshold: The least share.
        most: How many pairs to return.

    Returns:
        `(pairs, number)`: list of `Pair`, the most alike first, and how many there are in all, of the best candidates.
    """
    prints = _Prints(given)
    students = sorted(student for student, codes in answers.items() if codes)
    questions = sorted({question for codes in answers.values() for question in codes})
    raw = {
        (student, question): prints.of(answers[student][question])
        for student in students
        for question in questions
        if answers[student].get(question, "").strip()
    }
    seen = Counter()
    for (_, question), each in raw.items():
        seen.update((question, hash_) for hash_ in each.hashes)
    limit = common_from(len(students))
    common = {question: set() for question in questions}
    for (question, hash_), count in seen.items():
        if count > limit:
            common[question].add(hash_)
    own = {key: prints.without(answers[key[0]][key[1]], common[key[1]]) for key in raw}
    found = []
    for first, second in _candidates(students, questions, own):
        pair = _compare(first, second, questions, own, answers)
        if pair is not None and pair.share >= threshold:
            found.append(pair)
    found.sort(key=lambda pair: (-pair.share, -pair.shared, pair.first, pair.second))
    return found[:most], len(found)


def common_from(number):
    """Return how many of a number of submissions may have the same code before it is called common.

    Example:
        >>> common_from(12), common_from(500)
        (3, 50)
    """
    return max(MANY_AT_LEAST, math.ceil(MANY * number))


class _Prints:
    """Fingerprints of texts, each made once; equal answers are frequent."""

    def __init__(self, given):
        self._made, self._left = {}, {}
        self._given = set()
        for text in given:
            self._given |= self._make(text).hashes

    def of(self, text):
        """Return the fingerprint of a text without what was given."""
        if text not in self._made:
            made = self._make(text)
            _drop(made, self._given)
            self._made[text] = made
        return self._made[text]

    def without(self, text, common):
        """Return the fingerprint of a text, without what is common among the answers to its question."""
        key = (text, id(common))
        if key not in self._left:
            made = copy.copy(self.of(text))
            _drop(made, common)
            self._left[key] = made
        return self._left[key]

    def _make(self, text):
        from copydetect import CodeFingerprint

        text = text[:MAX_TEXT]
        return CodeFingerprint("answer.py", SHORTEST, 1, filter=True, language="python", fp=io.StringIO(text))


def _drop(made, hashes):
    """Take hashes out of a fingerprint. (Its own way to do so, `boilerplate`, takes repeated ones for given ones.)"""
    from copydetect.utils import get_token_coverage

    made.hashes = made.hashes - hashes
    made.hash_idx = {hash_: places for hash_, places in made.hash_idx.items() if hash_ in made.hashes}
    made.token_coverage = get_token_coverage(made.hash_idx, made.k, len(made.filtered_code))


def _candidates(students, questions, own):
    """Return the pairs that share most fingerprints, those of one question each."""
    from scipy.sparse import coo_array

    rows, columns, known = [], [], {}
    for row, student in enumerate(students):
        for question in questions:
            if (student, question) in own:
                for hash_ in own[student, question].hashes:
                    rows.append(row)
                    columns.append(known.setdefault((question, hash_), len(known)))
    if not rows:
        return []
    shape = (len(students), len(known))
    table = coo_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape).tocsr()
    both = (table @ table.T).tocoo()
    size = np.bincount(rows, minlength=len(students))
    upper = both.row < both.col
    first, second, shared = both.row[upper], both.col[upper], both.data[upper]
    share = shared / np.minimum(size[first], size[second])
    best = np.lexsort((-shared, -share))[:CANDIDATES]
    best = best[shared[best] + SHORTEST > FEWEST // 2]
    return [(students[first[place]], students[second[place]]) for place in best]


def _compare(first, second, questions, own, answers):
    """Compare two submissions exactly; `None` where they share too little."""
    from copydetect import compare_files

    shared, whole, best = 0, [0, 0], None
    for question in questions:
        sides = [own.get((student, question)) for student in (first, second)]
        whole = [
            sum_ + (side.token_coverage if side is not None else 0) for sum_, side in zip(whole, sides, strict=True)
        ]
        if None in sides:
            continue
        overlap, _, slices = compare_files(*sides)
        shared += int(overlap)
        if overlap and (best is None or overlap > best[0]):
            best = (overlap, question, slices)
    if shared < FEWEST:
        return None
    _, question, slices = best
    texts = [answers[student][question] for student in (first, second)]
    excerpts = tuple(excerpt(text, *each.astype(int)) for text, each in zip(texts, slices, strict=True))
    return Pair(first, second, min(shared / min(whole), 1.0), shared, question, excerpts)


def excerpt(text, starts, ends):
    """Cut a text into what is shared and what is not.

    Args:
        text: The text.
        starts: Where shared parts begin.
        ends: Where they end.

    Returns:
        List of `(text, is_shared)`, at most `LINES` lines from two above the first shared one on.

    Example:
        >>> excerpt("a = 1\\nb = 2\\n", [6], [11])
        [('a = 1\\n', False), ('b = 2', True), ('\\n', False)]
    """
    marks = np.zeros(len(text) + 1, bool)
    for start, end in zip(starts, ends, strict=True):
        marks[max(start, 0) : max(end, 0)] = True
    marks = marks[: len(text)]
    lines = text.splitlines(keepends=True)
    begin = max(text[: int(marks.argmax())].count("\n") - 2, 0) if marks.any() else 0
    left = sum(map(len, lines[:begin]))
    right = sum(map(len, lines[: begin + LINES]))
    cuts = [left, *(int(each) + 1 for each in np.flatnonzero(np.diff(marks)) if left <= each < right - 1), right]
    parts = [(text[start:end], bool(marks[start])) for start, end in pairwise(cuts) if end > start]
    return parts + ([("...", False)] if right < len(text) else [])
