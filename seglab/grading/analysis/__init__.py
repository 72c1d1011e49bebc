"""What a graded sheet says about itself: its questions, its tests, its costs, and who wrote alike."""
