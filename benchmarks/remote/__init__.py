"""Machines that are reached over the user's own ssh.

connection   running a command there, and copying a file there once
machine      `runtime bench` and `runtime classify` there, as a machine of a run
"""
