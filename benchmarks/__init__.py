"""Models x settings x data -> figures, tables and plots: `python -m benchmarks`.

of models:
    run              latency and accuracy of model files: results.json and a report
    report           the report again, from one results.json or several devices'
    compare          which differences between two results are real
    loadgen          MLPerf's load generator over a model
    folder-accuracy  top-1 of the real command, `runtime classify FOLDER --json`

of this room and the others:
    method           checks how this room measures
    overhead         what edgeframe costs above the bare parts that it is made of
    peers            edgeframe beside what people use in its place
    endurance        whether a camera that is classified for an hour makes the process grow
    training         the published trainings, with what each reaches and takes
    epoch-cost       an epoch of training over one of a bare model.fit
    conversion       what python -m convert makes of trained networks

What is measured lands in a JSON file of raw seconds and bytes; reports are made from that file.
"""
