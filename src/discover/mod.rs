//! The scanned tree: which files there are, which say one of some words, and what is the text of one.
