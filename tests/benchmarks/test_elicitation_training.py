"""The training of the elicitation model: the same samples and weights again, and folds that stay apart."""

from __future__ import annotations

import numpy as np

from elicitation.model_fitting import NONE_SHARE, draw_samples, featurise_samples, fit_model, score_samples
from elicitation.training_phrasings import FOLDS, PhrasingParts, TrainingPhrasings, assign_part
from hydrometer.contract import ELICITATION_CLASSES
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


def test_each_language_asks_for_all_classes_and_for_none_alike() -> None:
    grammar = TrainingPhrasings()
    samples = draw_samples(grammar, 2, 8_000, PhrasingParts.all_but(None))
    for source in grammar.languages:
        own = [sample for sample in samples if sample.language == source.language]
        assert {sample.elicitation for sample in own} == set(range(len(ELICITATION_CLASSES)))
        # A language must not tell demands from ordinary requests by itself.
        demands = sum(sample.elicitation > 0 for sample in own) / len(own)
        assert abs(demands - (1 - NONE_SHARE)) < 0.1


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
    sources = [grammar.general, *grammar.languages]
    lines = [line for source in sources for found in source.skeletons.values() for file in found for line in file]
    shared = [values for source in sources for values in (source.shared, source.material)]
    names = {name for values in (*shared, *(line.values for line in lines)) for name in values}
    for sample in draw_samples(grammar, 5, 2_000, PhrasingParts.all_but(None)):
        for name in names - {"context", "input", "question", "history"}:
            assert f"{{{name}}}" not in f"{sample.system} {sample.prompt}"
