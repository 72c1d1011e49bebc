"""The ladder: what keeps a student's process from harming anything, rung by rung."""
