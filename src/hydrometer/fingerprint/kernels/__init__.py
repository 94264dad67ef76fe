"""Compiled passes over text: words, keyed shingle sketches, structure, language votes and demand scores.

Every function works on plain arrays. One text is read once: its bytes become word hashes in a scratch array, and all
else is made from those. The kernels release the GIL and keep no state, so callers split rows over threads as they like.
"""
