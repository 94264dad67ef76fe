"""The drawing kit: safe markup, drawings, tables, words for numbers, and the frame that every page stands in."""
