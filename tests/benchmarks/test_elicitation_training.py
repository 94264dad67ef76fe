"""The training of the elicitation model: the same samples and weights again, and folds that stay apart."""

from __future__ import annotations

import numpy as np

from elicitation.model_fitting import draw_samples, featurise_samples, fit_model, score_samples
from elicitation.training_phrasings import FOLDS, PhrasingParts, TrainingPhrasings, assign_part
from hydrometer.fingerprint.elicitation_model import read_provenance


def test_the_shipped_weights_are_of_these_phrasings() -> None:
    assert read_provenance()["phrasings"] == TrainingPhrasings().count_skeletons(), (
        "the phrasings changed: run make train-elicitation"
    )


def test_training_repeats_itself_and_tells_demands_apart() -> None:
    grammar = TrainingPhrasings()
    samples = draw_samples(grammar, 3, 1_500, PhrasingParts.all_but(None))
    assert samples == draw_samples(grammar, 3, 1_500, PhrasingParts.all_but(None))
    documents = featurise_samples(samples)
    first, second = fit_model(documents, 1), fit_model(documents, 1)
    assert np.array_equal(first.table, second.table)
    _, confidence = first.predict_elicitation(score_samples(first, samples))
    flagged = confidence >= 0.5
    assert (flagged == (documents.elicitation > 0)).mean() > 0.9


def test_held_out_skeletons_stay_out() -> None:
    grammar = TrainingPhrasings()
    for part in range(FOLDS):
        assert all(
            assign_part(sample.skeleton) != part
            for sample in draw_samples(grammar, 1, 200, PhrasingParts.all_but(part))
        )
        own = PhrasingParts(frozenset({part}), frozenset({part}))
        assert all(assign_part(sample.skeleton) == part for sample in draw_samples(grammar, 1, 200, own))


def test_no_placeholder_stays_in_a_demand() -> None:
    grammar = TrainingPhrasings()
    lines = [line for found in grammar.skeletons.values() for file in found for line in file]
    names = {name for values in (grammar.shared, grammar.material, *(line.values for line in lines)) for name in values}
    for sample in draw_samples(grammar, 5, 2_000, PhrasingParts.all_but(None)):
        for name in names - {"context", "input", "question", "history"}:
            assert f"{{{name}}}" not in f"{sample.system} {sample.prompt}"
