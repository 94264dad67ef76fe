"""Honest customers, one file per archetype. A file declares KIND, SHARE (of the honest accounts) and `populate`."""
