"""Feedback: a page per graded notebook that opens anywhere, asks for nothing and runs nothing."""
