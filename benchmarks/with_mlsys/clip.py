"""DESIGN's Clip step with mlsys: what learns and what applies, as a step and as a scikit-learn transformer."""

from sklearn.datasets import load_breast_cancer

from mlsys import Rows, Transform


class Clip(Transform):
    """Clip columns at a quantile of the training rows."""

    columns: tuple[str, ...]
    quantile: float = 0.99

    def learn(self, train: Rows):
        return train[list(self.columns)].quantile(self.quantile)

    def apply(self, frame, limits):
        return frame.assign(**frame[list(self.columns)].clip(upper=limits, axis=1))


# --- data, not counted
if __name__ == "__main__":
    df = load_breast_cancer(as_frame=True).data
    clipped = Clip(["mean area"], quantile=0.9).fit(df).transform(df)
    print(df["mean area"].max(), "->", clipped["mean area"].max())
    same = Clip(["mean area"], quantile=0.9).as_sklearn().fit(df).transform(df)
    print("as a scikit-learn transformer:", same["mean area"].max())
# --- end of data
