"""SP 800-90B (January 2018): health of a noise source, independence and min-entropy of its samples.

`health` holds the two health tests of section 4.4 over recorded samples, `iid` the tests of section 5, one module each
of the ten estimators of section 6.3 is named after it, and `assess` takes the smallest of them as section 3.1 says.
An estimate is an upper bound that no source is guaranteed to reach: a generator with a short seed passes all of this.
"""
