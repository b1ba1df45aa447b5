#!/bin/sh
# One look at the model in use: fetch rows, check them, train a successor if that pays.
# Exit status is that of the check: 0 nothing, 1 page somebody, 3 a ticket; 2 if anything failed.

python feed.py || exit 2

mlsys check models:/loans@champion data/week.parquet --labels data/matured.parquet --mlflow --report monitor.html
found=$?
[ "$found" -eq 2 ] && exit 2 # a broken feed: nothing is learned from it

python retrain.py
case $? in
    0) echo "a challenger waits: mlsys promote loans challenger" ;;
    1) echo "the gate refused the successor: the model in use stays" ;;
    3) echo "a training would not pay yet" ;;
    *) exit 2 ;;
esac
exit "$found"
