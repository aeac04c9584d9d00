"""Checks of the lab by an AWS SDK that knows nothing about it, one file a subject.

Run by `cargo test -p rootwatch-lab`; LAB_ENDPOINT names a running lab, one for each file.
"""
