"""Faults, planted into the grader by importing one of these modules in the zygote: the attacks must find them."""
