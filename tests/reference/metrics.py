"""Makes tests/fixtures/metrics.json: scikit-learn's figures for a few sets of predictions.

Run in an environment of its own (scikit-learn is no dependency of mapsto):
    python3 -m venv /tmp/sk && /tmp/sk/bin/pip install scikit-learn
    /tmp/sk/bin/python tests/reference/metrics.py > tests/fixtures/metrics.json
"""

import json
import random

import sklearn
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)


def case(name, classes, truth, predicted):
    labels = list(range(classes))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0
    )

    def normalised(by):
        return confusion_matrix(truth, predicted, labels=labels, normalize=by).tolist()

    return {
        "name": name,
        "classes": classes,
        "truth": truth,
        "predicted": predicted,
        "confusion": confusion_matrix(truth, predicted, labels=labels).tolist(),
        "by_row": normalised("true"),
        "by_column": normalised("pred"),
        "accuracy": accuracy_score(truth, predicted),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": [int(count) for count in support],
        "macro_f1": f1_score(truth, predicted, labels=labels, average="macro", zero_division=0),
    }


def noisy(count, classes, right, seed, skip=()):
    draw = random.Random(seed)
    truth = [draw.choice([c for c in range(classes) if c not in skip]) for _ in range(count)]
    predicted = [t if draw.random() < right else draw.randrange(classes) for t in truth]
    return truth, predicted


cases = [
    case("two classes", 2, *noisy(40, 2, 0.7, 1)),
    case("ten classes", 10, *noisy(300, 10, 0.8, 2)),
    case("a class without support", 4, *noisy(60, 4, 0.6, 3, skip=(2,))),
    case("a class never predicted", 3, [0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 0, 1, 1]),
    case("a class neither there nor predicted", 3, [0, 0, 1, 1], [0, 1, 1, 1]),
    case("all right", 3, [0, 1, 2, 2], [0, 1, 2, 2]),
    case("all wrong", 2, [0, 0, 1], [1, 1, 0]),
    case("one image", 2, [1], [0]),
]
print(json.dumps({"scikit-learn": sklearn.__version__, "cases": cases}))
