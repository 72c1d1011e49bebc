"""From what an LMS hands out to `submitted/`: archives opened safely, senders matched, originals kept."""
