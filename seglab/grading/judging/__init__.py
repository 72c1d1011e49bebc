"""The judge: runs the tests, asks the student's process, and says what each test gives."""
