"""Why each finding matters: shown behind a click, where no page of the documentation can be linked to."""

from __future__ import annotations

from collections.abc import Mapping

WHY: Mapping[str, str] = {
    "DA101": (
        "Rows are rarely bad at random: a form lost its dates, one shop writes another currency. A model that never "
        "saw such rows is not evaluated on them either, but will meet them."
    ),
    "DA102": (
        "A column that was renamed, or is written in other letters, in one file is two columns, each null where the "
        "other stands. The rows look as if values were missing, imputation fills them, and nobody is told."
    ),
    "DR101": (
        "The model learned from values that differ from those it gets now. It is not necessarily worse: compare the "
        "metrics of the run before you retrain. A broken feed, a changed unit and a new default look exactly like "
        "drift, and retraining does not repair them."
    ),
    "EV101": (
        "No model can predict a class that it has never seen. These rows count as errors, so the scores are lower "
        "than they would be on known classes, and two runs may differ only because their splits do."
    ),
    "EV102": (
        "The evaluation is unaffected: it uses the values that the model wrote. But under this name your own report "
        "finds the column of the data, and a sink cannot write two columns with the same name."
    ),
    "EV103": (
        "The metric counts each evaluated row once, while the other metrics weight rows. If some rows represent many "
        "others, the two describe different populations, and a gate or a comparison that uses this metric ignores the "
        "weights."
    ),
    "EV104": (
        "Rows are near each other if they are alike in this feature, and the others hardly count: clusters are its "
        "quantiles, odd rows its extremes. Whether an amount is in cents or in thousands should not decide it."
    ),
    "EV105": (
        "Such a model says no more than the zero-rule baseline, whatever its settings promise. It is usually held back "
        "by limits meant for more rows, not by a lack of signal."
    ),
    "LB101": (
        "A model that repeats the mistakes of the functions gets a perfect score. Such a score compares "
        "models at best, and says nothing about how often either is right."
    ),
    "LB102": (
        "Votes of functions that know one class each do not tell how common the classes are. An estimate of "
        "both can then drift until one class takes all rows, and a model trained on such labels predicts one "
        "class."
    ),
    "LB103": (
        "Label models take such votes as evidence for the opposite. That helps if the source has the classes "
        "mixed up, and harms if it is the only good one among sources that repeat each other."
    ),
    "LB104": (
        "Label models take agreement for evidence. Copies of a poor source would outvote everybody else: two "
        "copies of the worst of eight cost up to a fifth of the labels. They count together as one source."
    ),
    "LB105": ("A function that never votes is often a typing error or a column that is null. It changes no label."),
    "LB106": (
        "The rows on which a function fails are rarely a random part: null texts, odd encodings. If many are "
        "left out, its accuracy is that on easy rows."
    ),
    "LB107": (
        "A Python call for each row is about a hundred times slower than a function of a column, and the "
        "difference decides whether a function can be edited and looked at again at once."
    ),
    "LB108": (
        "A label model pays where sources differ in how often they are right and err independently. Where functions "
        "err together, or know one class each and the classes are of very different size, it can be worse than "
        "counting votes."
    ),
    "LK201": (
        "The step used other rows: a mean, a rank, category codes, a shift. Before the split this is leakage, because "
        "held-out rows influence the training rows. A served model that answers single requests also gives wrong "
        "answers, because it has no other rows."
    ),
    "LK202": "A model that needs this step cannot answer a request for one row.",
    "LK204": (
        "This is typical of a column that is known only after the fact: a departure delay when predicting arrival "
        "delay, a cancellation date when predicting churn. A model trained with it excels in every test and fails in "
        "production. Yang et al. (2022) and Kapoor and Narayanan (2023) find illegitimate features among the most "
        "common leaks in published work."
    ),
    "LK205": (
        "This is allowed, because a model may generalize beyond its rules. But it may also just learn the rules, and "
        "then agreement with the weak labels shows nothing."
    ),
    "LK206": (
        "A value that is filled in only after the outcome (the body number of a passenger who died, a discharge "
        "weight, a cancellation date) is null wherever the outcome is still open. In production it is always null, "
        "and the model fails. Kapoor and Narayanan (2023) count such columns among illegitimate features."
    ),
    "LK207": (
        "The values of an id do not recur, so a model can only memorize rows. If rows were written in an order "
        "related to the outcome (first all patients, then all healthy controls), the running number predicts the "
        "target in every test and nothing in production."
    ),
    "LK208": (
        "The values never recur. Trees put every later row into their last leaf; linear models extrapolate a trend. "
        "Under a random split the date also reveals what else happened on that day."
    ),
    "LK209": (
        "The parts of a total become known together with the total. A model learns to add them, its error is 0, and "
        "none of them is available when it must predict."
    ),
    "LK210": (
        "The model is evaluated on a past whose future it has already seen. Scores are then too good if anything "
        "changes over time; an example measures the effect on real flights."
    ),
    "LK211": "The model can recognize the group and need not learn anything that holds for new groups.",
    "LK212": "The model is evaluated on a case that it was trained on.",
    "LK213": (
        "If these rows are one case recorded twice, the model is evaluated on what it has memorized. In tables with "
        "few columns rows repeat for innocent reasons."
    ),
    "LK214": (
        "The model is evaluated on rows that it has practically seen. Oversampling (SMOTE and its variants) or "
        "augmenting all rows before the split does this to every class that it enlarges, and scores soar. Texts that "
        "were sent, scraped or quoted twice have the same effect, and no comparison for equality detects them."
    ),
    "LK215": (
        "No model that knows only these features can be right on both. Either a label is wrong, or a column is "
        "missing that distinguishes the cases, or the same case was labelled twice at different times."
    ),
    "LK216": (
        "On the day when the model would have been trained, these labels did not exist. What they reveal about the "
        "first days of the evaluated part (a flight that lands, a loan that defaults during it) helps the model in "
        "the test but cannot help it in production."
    ),
    "LK217": (
        "A random split makes both alike, so a column that distinguishes them was made or read differently for each "
        "part, or the split was not random. Under a split by time the world has changed: the scores hold for rows "
        "like the evaluated ones, and the model may soon need newer rows."
    ),
    "LK218": (
        "Measured quantities are never predicted to the last digit. Either the data is synthetic, or one of the "
        "features is known only together with the target."
    ),
    "LK219": (
        "Whatever such a split chooses (a parameter, a set of features, a number of trees) is chosen on rows whose "
        "groups the model knows, so it favours what memorizes groups. The score on the card is still valid: the "
        "evaluated rows belong to other groups."
    ),
    "LK220": (
        "The value was computed before the pipeline existed. No order of steps prevents that, and the audit cannot "
        "detect it, because replacing held-out rows does not change the value. The cost depends on what it is. "
        "Scaler-like statistics are wrong but cheap: over 2,047 tables they changed an AUC by at most .005 (arXiv "
        "2604.04199). A mean target by category is the target itself if the categories are small."
    ),
    "LK221": (
        "The function can use every row, whatever the pipeline passes to it: their mean, the nearest rows, their "
        "targets. Checks of single rows do not notice, because a row alone gets the same answer."
    ),
    "LK222": (
        "Most such data is innocent: physical constants, results of an earlier study, a tuned threshold. But neither "
        "this check nor the audit can decide whether held-out rows contributed to it. The verdict for this step is "
        "not assessed."
    ),
    "LK223": (
        "An outcome that is recorded in two columns, such as a desk and a queue, escapes checks of single columns. A "
        "tree finds it at once and every test looks excellent, but the columns do not exist yet when the model must "
        "predict."
    ),
    "LK224": (
        "Notes continue to be written after the outcome, and files are named by the people who sorted them. A "
        "vectorizer finds the word, and the model learns nothing else. In production the word is not there yet."
    ),
    "LK225": (
        "Most rows are empty, so over all rows the column predicts little and stays below the threshold of LK204. "
        "Where it is filled in, it is the outcome itself."
    ),
    "LK226": (
        "The mean, spread and ranks of held-out rows influence the training rows. This rarely changes a score by "
        "much, but a request must be scaled with the same numbers, and nobody has them."
    ),
    "LK227": (
        "Rows of one patient are alike beyond what the columns were meant to measure. A model that has seen some of "
        "them recognizes the others, but it knows nothing about the next patient. The score measures recognition."
    ),
    "LK228": (
        "Within a level, leave-one-out means differ only by the row's own target, reversed: the level and the mean "
        "together reveal the target. Codes that are applied to the rows they were fitted on also carry a part of each "
        "row's target, so the model relies on them more than it should for new rows. A window that includes the row "
        "adds its target to what was known before."
    ),
    "LK229": (
        "Such a table was computed from the targets of the rows that evaluate the model. Whatever the formula, "
        "held-out rows reveal their targets to the model."
    ),
    "LK230": "Both rows are one case. A model that has seen one of them knows the answer for the other.",
    "LK231": "The same case was entered twice, so a model that has seen one of the two rows knows the other.",
    "LK232": (
        "Rows of one patient count as rows of two. A split by group then puts them on both sides, and no check of "
        "groups notices."
    ),
    "LK233": (
        "Validation rows exist for choosing among models, so this is no leak. But the best of several looks better "
        "than it is: by 1.5 standard errors for ten equally good models, by 2.5 for a hundred. A score that you "
        "report must come from rows that no choice was based on."
    ),
    "LK234": (
        "Another seed selects other rows for evaluation, or another forest, and the score changes by chance. "
        "Reporting only the best of eight is a selection by the evaluated rows: on 140 validation rows an AUC varies "
        "by .05 in either direction, so the luckiest of eight seeds shows .70 where their mean is .63."
    ),
    "LK235": (
        "The best of many models looks better than it is: its score on these rows is partly luck, and the more trials "
        "and the fewer rows, the more of it. Its score on rows that chose nothing is the one to report."
    ),
    "LK301": (
        "The model can use whatever training rows know about held-out rows: a mean over all rows, a rank, a "
        "look-ahead window, columns chosen with all targets. The cost depends on what leaks. Statistics of a scaler "
        "changed the AUC of 2,047 tables by less than .005 (arXiv 2604.04199); columns chosen on all rows turn pure "
        "noise into an accuracy of .84 (benchmarks/selection). pipeline.price_of_leakage() measures yours."
    ),
    "LK302": (
        "During training the model sees part of the answer and learns to rely on it. When it serves, the features do "
        "not contain the answer, and what it learned is useless. The usual cause is target encoding in sample: the "
        "mean target over the rows of a category, including the row's own target. The rarer the category, the closer "
        "this mean is to the answer."
    ),
    "LK303": (
        "A served model often receives one row at a time. If a step depends on its batch (its mean, ranks or "
        "categories), the served model differs from the evaluated one. Before the split such a step also lets "
        "training rows see the others; the checks of every run report this for your functions (LK201, LK202)."
    ),
    "LK304": (
        "A served model has no label. If a step reads it, by position, by name or only in batches, the model is "
        "evaluated with the answer at hand."
    ),
    "LK401": (
        "The best of several models on the same rows looks better than it is: of ten coins tossed 400 times the best "
        "shows .54. Choosing by test rows is among the most costly leaks that have been measured (arXiv 2604.04199). "
        "Every look also suggests what to change next."
    ),
    "SA101": (
        "A sample by chance errs by chance, and an interval says by how much. Rows that came by themselves, were "
        "chosen, or fill a quota differ from the others in ways that no interval shows: more rows make the numbers "
        "more precise, not more right. Scores hold for rows that come in the same way."
    ),
    "SA102": (
        "Raking lets the sample agree with what is known of all rows, in the named columns. Within them the rows are "
        "still those that came by themselves: where these differ from others, the bias remains, and the sample "
        "cannot tell how large it is."
    ),
    "SA103": (
        "A few rows decide every mean and score, and another draw would have others: intervals are as wide as those "
        "of the few. The sample was drawn by a quantity that does not go with what is measured, or one row stands "
        "for very many."
    ),
    "SA104": (
        "The sample holds rare rows more often than they occur. A model without weights takes this mix for the real "
        "one, so its probabilities for the rare class are too high. Its order of rows may be as good."
    ),
}
"""By code; the same words as on the finding's page."""
