//! Sequences that once failed, each with the name of what it showed.
