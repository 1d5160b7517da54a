"""The protocol, rule by rule, against any running Livelane.

Needs only LIVELANE_URL, LIVELANE_TOKEN (of any person) and LIVELANE_DATABASE_URL; without LIVELANE_URL it
starts one itself.
"""
