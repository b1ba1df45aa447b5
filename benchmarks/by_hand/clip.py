"""DESIGN's Clip step by hand: a scikit-learn transformer that keeps a frame a frame."""

from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.datasets import load_breast_cancer
from sklearn.utils.validation import check_is_fitted, validate_data


class Clip(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Clip columns at a quantile of the training rows."""

    def __init__(self, columns, quantile=0.99):
        self.columns = columns
        self.quantile = quantile

    def fit(self, X, y=None):
        validate_data(self, X, skip_check_array=True)
        self.limits_ = X[list(self.columns)].quantile(self.quantile)
        return self

    def transform(self, X):
        check_is_fitted(self)
        validate_data(self, X, reset=False, skip_check_array=True)
        return X.assign(**X[list(self.columns)].clip(upper=self.limits_, axis=1))


# --- data, not counted
if __name__ == "__main__":
    df = load_breast_cancer(as_frame=True).data
    clipped = Clip(["mean area"], quantile=0.9).fit(df).transform(df)
    print(df["mean area"].max(), "->", clipped["mean area"].max())
# --- end of data
