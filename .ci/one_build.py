"""Fails when cargo's commands of daily work compile a crate of the AWS SDK more than once among them.

It runs each of them (what is built already is not built again) and compares what cargo says it made: a crate that was
compiled with other features or another profile has another file.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict

# `cargo demo` and the benchmarks build the binary in turn by the last of these (crates/lab/src/bench.rs).
COMMANDS = [
    ["test", "--workspace", "--no-run"],
    ["build", "--workspace"],
    ["test", "--package", "rootwatch", "--no-run"],
    ["build", "--package", "rootwatch"],
]


def aliases(path):
    """What the aliases of this repository build, without running it."""
    with open(path, encoding="utf-8") as config:
        for words in re.findall(r'^[\w-]+ = "(.*) --"$', config.read(), re.MULTILINE):
            command, *options = words.replace(" --quiet", "").split()
            yield ["build", *options] if command == "run" else [command, "--no-run", *options]


def libraries(command):
    """The libraries of the SDK that a command needs: name, file, and whether it was compiled for it."""
    cargo = ["cargo", *command, "--locked", "--message-format", "json-render-diagnostics"]
    done = subprocess.run(cargo, stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] != "compiler-artifact" or "lib" not in message["target"]["kind"]:
            continue
        name = message["target"]["name"]
        if name.startswith(("aws_sdk_", "aws_config", "aws_smithy_")):
            yield name, message["filenames"][0], not message["fresh"]


def main():
    files, compiled = defaultdict(set), defaultdict(int)
    for command in [*COMMANDS, *aliases(".cargo/config.toml")]:
        now = 0
        for name, file, anew in libraries(command):
            files[name].add(file)
            compiled[name] += anew
            now += anew
        print(f"cargo {' '.join(command)}: {now} crates of the AWS SDK compiled", flush=True)
    times = {name: max(len(files[name]), compiled[name]) for name in files}
    several = sorted(name for name in times if times[name] > 1)
    for name in several:
        print(f"{name} is compiled {times[name]} times:", *sorted(files[name]), sep="\n  ")
    if several:
        print("`cargo tree --edges features --invert CRATE`, with and without --workspace, shows how its features differ.")
    if several or "aws_sdk_cloudformation" not in files:
        return 1
    print(f"{len(files)} crates of the AWS SDK, each compiled once")
    return 0


sys.exit(main())
