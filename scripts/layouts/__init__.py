"""Documents made for benchmarks: layouts of many kinds, the people and companies in them, and looks of scans."""
