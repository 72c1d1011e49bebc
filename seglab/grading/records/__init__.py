"""What grading leaves behind: gradebook, autograded notebooks, the queue for people, the audit log."""
