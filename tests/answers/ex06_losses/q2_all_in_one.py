"""Adds up the whole batch: large objects decide alone."""

CELL = "q2-dice"
LOSES = {"q2-dice-test-values": 1, "q2-dice-test-empty": 1}


def dice_loss(y_true, probs):
    counts = y_true.any(axis=(1, 2)) | (probs > 0.5).any(axis=(1, 2))
    if not counts.any():
        return 0.0
    y_true, probs = y_true[counts], probs[counts]
    return float(1 - 2 * (probs * y_true).sum() / (probs.sum() + y_true.sum()))
