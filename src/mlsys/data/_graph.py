"""A graph as of a time: which edges a node could see when it was decided, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

DAMPING = 0.85
"""Probability that a walk follows an edge (Brin and Page 1998)."""
_PASSES = 250
"""``DAMPING`` to this power is 2e-18: no digit changes any more."""
_CLOSE = 1e-13


@dataclass(frozen=True)
class Graph:
    """Nodes by number, and edges between them.

    Parameters
    ----------
    nodes : int
        How many there are.
    source, target : array of int64
        Of each edge.
    known : array of int64
        When each edge became known; 0 for all where edges have no time.
    decided : array of int64
        When each node is decided; it sees edges known strictly before.
    weight : array of float64
        Of each edge.
    directed : bool
        Whether an edge leads one way only.
    """

    nodes: int
    source: Integers
    target: Integers
    known: Integers
    decided: Integers
    weight: Floats
    directed: bool

    def degrees(self) -> dict[str, Integers]:
        """Return the edges at each node; of directed graphs also those that enter and leave it. A loop is one edge."""
        leaving = np.bincount(self.source[self.known < self.decided[self.source]], minlength=self.nodes)
        entering = np.bincount(self.target[self.known < self.decided[self.target]], minlength=self.nodes)
        loops = self.source[(self.source == self.target) & (self.known < self.decided[self.source])]
        degree = leaving + entering - np.bincount(loops, minlength=self.nodes)
        return {"degree": degree} | ({"in_degree": entering, "out_degree": leaving} if self.directed else {})

    def strength(self) -> Floats:
        """Return the sum of the weights of the edges at each node."""
        node, _, place = self._ends()
        order = np.lexsort((self.weight[place], node))  # so that the order of edges does not change the sum
        return np.bincount(node[order], self.weight[place][order], minlength=self.nodes).astype(np.float64)

    def pairs(self) -> tuple[Integers, Integers]:
        """Return each node with each other node that it has an edge with, once."""
        node, other, _ = self._ends()
        apart = node != other
        found = np.unique(node[apart] * self.nodes + other[apart])
        return found // self.nodes, found % self.nodes

    def neighbours(self) -> Integers:
        """Return how many other nodes each node has an edge with."""
        return np.bincount(self.pairs()[0], minlength=self.nodes).astype(np.int64)

    def neighbours_mean(self, values: Floats, known: Integers) -> Floats:
        """Return the mean of the values that each node's neighbours had when it was decided; NaN for none."""
        node, other = self.pairs()
        seen = ~np.isnan(values[other]) & (known[other] < self.decided[node])
        node, seen_values = node[seen], values[other[seen]]
        order = np.lexsort((seen_values, node))  # so that the order of nodes does not change the sum
        sums = np.bincount(node[order], seen_values[order], minlength=self.nodes)
        counts = np.bincount(node, minlength=self.nodes)
        means: Floats = np.divide(sums, counts, out=np.full(self.nodes, np.nan), where=counts > 0)
        return means

    def components(self) -> tuple[Integers, Integers]:
        """Return the first node and the number of nodes of each node's component, whichever way its edges lead.

        Edges are added in order of time, nodes are asked in between (union by size, with path halving).
        """
        parent, size = list(range(self.nodes)), [1] * self.nodes
        first = list(range(self.nodes))

        def root(node: int) -> int:
            while parent[node] != node:
                parent[node] = node = parent[parent[node]]
            return node

        order = np.argsort(self.known, kind="stable")
        asked = np.argsort(self.decided, kind="stable")
        until = np.searchsorted(self.known[order], self.decided[asked], side="left").tolist()
        sources, targets = self.source[order].tolist(), self.target[order].tolist()
        firsts, sizes = np.empty(self.nodes, np.int64), np.empty(self.nodes, np.int64)
        done = 0
        for node, end in zip(asked.tolist(), until, strict=True):
            for place in range(done, end):
                one, other = root(sources[place]), root(targets[place])
                if one == other:
                    continue
                if size[one] < size[other]:
                    one, other = other, one
                parent[other] = one
                size[one] += size[other]
                first[one] = min(first[one], first[other])
            done = max(done, end)
            own = root(node)
            firsts[node], sizes[node] = first[own], size[own]
        return firsts, sizes

    def pageranks(self, moments: Integers) -> Floats:
        """Return the PageRank of each node as of its moment, times the number of nodes there were: 1 is average.

        ``moments``: at or before each node is decided. There are the nodes that were decided by then or have an edge.
        """
        found = np.full(self.nodes, np.nan)
        for moment in np.unique(moments):
            own = np.flatnonzero(moments == moment)
            found[own] = self._pagerank(moment, own)[own]
        return found

    def _pagerank(self, moment: np.int64, asked: Integers) -> Floats:
        from scipy.sparse import csr_array

        seen = self.known < moment
        source, target, weight = self.source[seen], self.target[seen], self.weight[seen]
        there = self.decided <= moment
        there[source] = there[target] = there[asked] = True
        if not self.directed:
            turned = source != target
            source, target = np.r_[source, target[turned]], np.r_[target, source[turned]]
            weight = np.r_[weight, weight[turned]]
        leaving = np.bincount(source, weight, minlength=self.nodes)
        count = int(there.sum())
        share = np.divide(weight, leaving[source], out=np.zeros(len(weight)), where=leaving[source] > 0)
        follow = csr_array((share, (target, source)), shape=(self.nodes, self.nodes))
        ends = there & (leaving <= 0)
        even = there / count
        rank = even.copy()
        for _ in range(_PASSES):
            before = rank
            rank = DAMPING * (follow @ rank + rank[ends].sum() * even) + (1 - DAMPING) * even
            if np.abs(rank - before).sum() < _CLOSE:
                break
        return rank * count

    def _ends(self) -> tuple[Integers, Integers, Integers]:
        """Return the edges that each node sees from its side: node, other node, place of the edge."""
        places = np.arange(len(self.source))
        turned = np.flatnonzero(self.source != self.target)
        node = np.r_[self.source, self.target[turned]]
        other = np.r_[self.target, self.source[turned]]
        place = np.r_[places, turned]
        seen = self.known[place] < self.decided[node]
        return node[seen], other[seen], place[seen]
