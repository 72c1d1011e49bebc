"""How nbgrader runs the course: data only."""

c = get_config()  # noqa: F821 - traitlets defines it while it reads this file

c.CourseDirectory.course_id = "seglab"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
# The gradebook is gradebook.db in the course's folder, nbgrader's own default.

c.ClearSolutions.begin_solution_delimeter = "BEGIN SOLUTION"
c.ClearSolutions.end_solution_delimeter = "END SOLUTION"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"
c.ClearHiddenTests.begin_test_delimeter = "BEGIN HIDDEN TESTS"
c.ClearHiddenTests.end_test_delimeter = "END HIDDEN TESTS"

# nbgrader's own steps, and two of the course's: stubs that name their question, and the form students get.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "seglab.authoring.student_form.NameStubs",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "seglab.authoring.student_form.StudentForm",
]

# nbgrader's own feedback would show the hidden tests; `seglab feedback` has no need of this.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

c.Execute.timeout = 300  # seconds per cell
c.Execute.shutdown_kernel = "immediate"

# What being late costs, and which of several attempts counts: latest, latest-before-due or first. Due dates name their
# time zone: {"ex01_labels": "2027-03-01 23:59 Europe/Berlin"}; without one nobody is late.
c.AssignLatePenalties.plugin_class = "seglab.grading.late_policy.LatePolicy"
c.LatePolicy.due = {}
c.LatePolicy.grace_minutes = 15
c.LatePolicy.percent_per_day = 10
c.LatePolicy.most_percent = 50
c.LatePolicy.counts = "latest"
