"""Answers to the quizzes of the lesson."""

QUIZZES = {
    "quiz-strip": ("= None\n", "= 64\n", "= 80\n"),
    "quiz-threshold": ("= None\n", '= "recall"\n', '= "precision"\n'),
}
