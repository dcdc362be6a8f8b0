# SPDX-License-Identifier: MIT
# The bench's own arithmetic: medians, rows, table, chart.  What it measures is not measured here.
python3 -B "$TOP/tests/bench/selftest.py"
