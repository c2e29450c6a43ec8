//! Comments and the baseline that silence findings.
