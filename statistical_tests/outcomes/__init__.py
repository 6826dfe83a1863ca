"""Tests of game outcomes: numbers 0 to kinds - 1, draws of several numbers, shuffled decks and payouts."""
