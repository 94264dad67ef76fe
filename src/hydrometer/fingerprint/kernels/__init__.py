"""Compiled passes over text: words, keyed shingle sketches, structure, language votes and scores of elicitation.

Every function works on plain arrays. One text is read once: its bytes become word hashes in a scratch array, and all
else is made from those. The kernels release the GIL and keep no state, so callers split rows over threads as they like.

Compiled code is cached beside the sources, by the age of each file alone, and small functions are inlined into those of
other files: after an edit of a function that another file's kernel calls, remove the __pycache__ folder of this package.
Code of two ages may hand on arrays of the wrong size, and crash.
"""
