"""Grades leave the gradebook: as a plain table, for Canvas, for Moodle."""
