#!/usr/bin/env bash
# Run the tests (arguments go to pytest) on a virtual display of their own; returns pytest's status.
#
# Tests of the program mostly wait for what is played.  All tests together (no arguments) are
# therefore run as two: those of training, which need no sound and no window, fill that time, at a
# low priority and out of sight; what they said comes last.
#
# The virtual sound card is started by tests/conftest.py.  On Linux, what either needs must be
# there: SER_REQUIRE_AUDIO=0 or SER_REQUIRE_DISPLAY=0 turns those failures into skips.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Before that variable is set, for which nproc takes it.
cores=$(env -u OMP_NUM_THREADS nproc 2>/dev/null || echo 1)
# Threads that wait for each other by spinning are many times slower than one on a busy machine.
export OMP_NUM_THREADS=${OMP_NUM_THREADS-1}

xvfb=
quiet=
scratch=$(mktemp -d)
cleanup() {
    [[ -z $quiet ]] || { kill "$quiet" 2>/dev/null && wait "$quiet" 2>/dev/null; } || true
    [[ -z $xvfb ]] || { kill "$xvfb" 2>/dev/null && wait "$xvfb" 2>/dev/null; } || true
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ $(uname -s) == Linux ]]; then
    export SER_REQUIRE_AUDIO=${SER_REQUIRE_AUDIO-1} SER_REQUIRE_DISPLAY=${SER_REQUIRE_DISPLAY-1}
    unset DISPLAY WAYLAND_DISPLAY QT_QPA_PLATFORM
    if command -v Xvfb >/dev/null; then
        # It chooses a free number and writes it to descriptor 3 when it is ready.
        Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp \
            3>"$scratch/display" >"$scratch/log" 2>&1 </dev/null &
        xvfb=$!
        for ((i = 0; i < 150; i++)); do
            [[ ! -s $scratch/display ]] || break
            kill -0 "$xvfb" 2>/dev/null || break
            sleep 0.1
        done
        if [[ -s $scratch/display ]]; then
            DISPLAY=:$(<"$scratch/display")
            export DISPLAY QT_QPA_PLATFORM=xcb
        else
            echo "test: Xvfb did not start:" >&2
            cat "$scratch/log" >&2
        fi
    else
        echo "test: no Xvfb, so no display (Debian: apt-get install xvfb)" >&2
    fi
fi

status=0
if (($# == 0)) && ((cores > 1)); then
    # Through a pipe: a test limits how large the files may be that its process writes.
    exec 4> >(cat >"$scratch/quiet")
    writer=$!
    # Settings and scratch folders are each process's own; of the cache there is one.
    nice -n 10 .venv/bin/python -m pytest -p no:cacheprovider -m training >&4 2>&1 </dev/null &
    quiet=$!
    exec 4>&-
    .venv/bin/python -m pytest -m "not training" || status=$?
    echo "test: waiting for those of training"
    wait "$quiet" || status=$?
    quiet=
    wait "$writer" || true
    cat "$scratch/quiet"
else
    .venv/bin/python -m pytest "$@" || status=$?
fi
exit "$status"
