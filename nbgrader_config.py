load_subconfig("grader_config.py")  # noqa: F821 - nbgrader's own interface looks for this name
