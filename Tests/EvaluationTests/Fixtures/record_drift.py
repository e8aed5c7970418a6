"""Records drift.json: statistics of drift by River, SciPy and scikit-learn, for DriftReferenceTests.

    pip install river scipy scikit-learn
    python record_drift.py > drift.json
"""
import json

import numpy as np
import river
import scipy
import sklearn
from river import drift
from scipy import special, stats
from scipy.spatial.distance import jensenshannon, pdist
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import rbf_kernel

random = np.random.default_rng(0)


def shares(counts):
    smoothed = np.array(counts) + 0.5
    return smoothed / smoothed.sum()


def histograms():
    for bins, reference, current in [(2, 50, 40), (5, 200, 100), (10, 1000, 250), (77, 1000, 250)]:
        p = random.dirichlet(np.ones(bins))
        q = random.dirichlet(np.ones(bins))
        left, right = random.multinomial(reference, p), random.multinomial(current, q)
        a, b = shares(left), shares(right)
        yield {
            "reference": left.tolist(), "current": right.tolist(),
            "psi": float(stats.entropy(a, b) + stats.entropy(b, a)), "js": float(jensenshannon(left, right, base=2)),
        }


def ks():
    for m, n, shift in [(5, 7, 0), (20, 20, 0.5), (30, 50, 0.2), (100, 250, 0.3), (250, 500, 0.15), (250, 250, 1.5)]:
        left, right = random.normal(0, 1, m).round(2), random.normal(shift, 1, n).round(2)
        exact = stats.ks_2samp(left, right, method="exact")
        d = exact.statistic
        yield {
            "left": left.tolist(), "right": right.tolist(), "statistic": float(d), "exact": float(exact.pvalue),
            "asymptotic": float(special.kolmogorov(np.sqrt(m * n / (m + n)) * d)),
        }


def streams():
    for name, values in [
        ("bernoulli", np.r_[random.random(1000) < 0.1, random.random(1000) < 0.35].astype(float)),
        ("normal", np.r_[random.normal(0.4, 0.1, 800), random.normal(0.5, 0.1, 700), random.normal(0.3, 0.2, 500)]),
        ("still", random.random(2000)),
        ("steps", np.repeat([0.0, 4.0, 1.0, 9.0], 300) + random.normal(0, 1, 1200)),
    ]:
        values = values.round(4)
        # The window itself: the class around it starts a new one after each change.
        adwin, ph = drift.ADWIN()._helper, drift.PageHinkley()
        cuts, widths, alarms = [], [], []
        for index, value in enumerate(values):
            if adwin.update(value):
                cuts.append(index)
            if index % 100 == 99:
                widths.append(adwin.get_width())
            ph.update(value)
            if ph.drift_detected:
                alarms.append(index)
        yield {
            "name": name, "values": values.tolist(), "adwin": cuts, "widths": widths,
            "mean": adwin.get_total() / adwin.get_width(), "variance": adwin.get_variance() / adwin.get_width(),
            "page_hinkley": alarms,
        }


def features():
    width, m, n = 12, 30, 20
    x = np.r_[random.normal(0, 1, (m, width)), random.normal(0.5, 1, (n, width))].astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    sigma = np.median(pdist(x))
    k = rbf_kernel(x, gamma=1 / (2 * sigma**2))
    np.fill_diagonal(k, 0)

    def squared(first):
        first = np.array(first)
        rest = np.setdiff1d(np.arange(m + n), first)
        a, b, c = k[np.ix_(first, first)], k[np.ix_(rest, rest)], k[np.ix_(first, rest)]
        return a.sum() / (len(first) * (len(first) - 1)) + b.sum() / (len(rest) * (len(rest) - 1)) - 2 * c.mean()

    observed = squared(range(m))
    assignments = [random.permutation(m + n)[:m].tolist() for _ in range(2000)]
    permuted = [squared(a) for a in assignments]
    y = np.r_[np.zeros(m), np.ones(n)]
    scores = np.zeros(m + n)
    for fold in range(5):
        held = np.arange(m + n) % 5 == fold
        model = LogisticRegression(C=1.0, tol=1e-10, max_iter=10000).fit(x[~held], y[~held])
        scores[held] = model.decision_function(x[held])
    model = LogisticRegression(C=1.0, tol=1e-10, max_iter=10000).fit(x, y)
    return {
        "first": m, "rows": x.round(6).tolist(), "bandwidth": float(sigma), "mmd": float(observed),
        "assignments": assignments[:20], "permuted": [float(v) for v in permuted[:20]],
        "mmd_p": float((1 + sum(v >= observed for v in permuted)) / 2001), "auc": float(roc_auc_score(y, scores)),
        "auc_p": float(stats.mannwhitneyu(
            scores[m:], scores[:m], alternative="greater", method="asymptotic", use_continuity=False).pvalue),
        "decision": model.decision_function(x).tolist(),
    }


def false_discoveries():
    p = np.r_[random.random(8), random.random(4) / 100]
    return {"p": p.tolist(), "adjusted": stats.false_discovery_control(p).tolist()}


def drops():
    for correct, total, reference_correct, reference_total in [(80, 100, 180, 200), (8, 10, 9, 10), (50, 250, 100, 250)]:
        table = [[correct, total - correct], [reference_correct, reference_total - reference_correct]]
        yield {
            "table": [correct, total, reference_correct, reference_total],
            "p": float(stats.fisher_exact(table, alternative="less").pvalue),
        }


print(json.dumps({
    "versions": {"river": river.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
    "histograms": list(histograms()), "ks": list(ks()), "streams": list(streams()), "features": features(),
    "false_discoveries": false_discoveries(), "drops": list(drops()),
}))
