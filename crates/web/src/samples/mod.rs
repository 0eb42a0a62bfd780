//! Sample data: each component in each state, for the gallery and the tests.
