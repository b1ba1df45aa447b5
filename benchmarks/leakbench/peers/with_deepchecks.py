"""How deepchecks is asked: the checks of its suites that speak of leakage, with their default conditions."""

from deepchecks.core.errors import DatasetValidationError, DeepchecksNotSupportedError, NotEnoughSamplesError
from deepchecks.tabular import Dataset, checks
from questions import ask_all, named


def dataset(question, rows):
    """Return a dataset with the roles that deepchecks knows."""
    return Dataset(
        rows,
        label=question.target,
        features=question.features,
        cat_features=question.texts,
        index_name=question.group or question.id,
        datetime_name=question.time,
    )


def conditioned():
    """Return the checks with the conditions that its own suites give them."""
    return [
        checks.TrainTestSamplesMix().add_condition_duplicates_ratio_less_or_equal(),
        checks.IndexTrainTestLeakage().add_condition_ratio_less_or_equal(),
        checks.DateTrainTestLeakageDuplicates().add_condition_leakage_ratio_less_or_equal(),
        checks.DateTrainTestLeakageOverlap().add_condition_leakage_ratio_less_or_equal(),
        checks.FeatureLabelCorrelationChange()
        .add_condition_feature_pps_difference_less_than()
        .add_condition_feature_pps_in_train_less_than(),
    ]


def alone():
    """Return the checks of one frame."""
    return [
        checks.FeatureLabelCorrelation().add_condition_feature_pps_less_than(),
        checks.IdentifierLabelCorrelation().add_condition_pps_less_or_equal(),
        checks.ConflictingLabels().add_condition_ratio_of_conflicting_labels_less_or_equal(),
    ]


ASIDE = "IdentifierLabelCorrelation"
"""With its default condition it holds any time or group against a frame that goes with the label at all."""


def ask(question):
    """Return what did not pass; aside, what is said of identifiers and the label."""
    train, test = dataset(question, question.train), dataset(question, question.test)
    said, columns, aside = [], [], []
    asked = [(each, (train, test)) for each in conditioned()] + [(each, (train,)) for each in alone()]
    for check, arguments in asked:
        try:
            result = check.run(*arguments)
        except (NotEnoughSamplesError, DatasetValidationError, DeepchecksNotSupportedError):
            continue  # it needs an index or a time that the case does not have
        failed = [condition.details for condition in result.conditions_results if not condition.is_pass()]
        if type(check).__name__ == ASIDE:
            aside += failed
            continue
        said += [f"{type(check).__name__}: {text}" for text in failed]
        columns += [name for text in failed for name in named(question.train.columns, text)]
    return said, columns, aside


ask_all(ask)
