"""Decides on requests at a gateway by a published snapshot; opens no connection to do so."""
