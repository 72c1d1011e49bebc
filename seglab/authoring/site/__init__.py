"""The static site of the course: lessons that were run, with figures, live demos, indexes and a reference.

`python -m seglab.authoring.site` (`make site`) runs the lessons where they changed, writes their pages to
`build/site/source` and lets Sphinx make `build/site/html` of them. What is no lesson has its sources in `site/`.
"""
