"""Models x settings x data -> figures, tables and plots: `python -m benchmarks`.

    run              latency and accuracy of model files: results.json and a report
    report           the report again, from one results.json or several devices'
    compare          which differences between two results are real
    loadgen          MLPerf's load generator over a model
    method           checks how this room measures
    overhead         what edgeframe costs above the bare parts that it is made of
    folder-accuracy  top-1 of the real command, `runtime classify FOLDER --json`

What is measured lands in a JSON file of raw seconds and bytes; reports are made from that file.
"""
