# Sourced by scripts/test: a command on an engine that may die under it. Needs `say`, `inside`, `start_engine`,
# `build_images`, and `state`: the folder of an engine of our own, empty where the engine is somebody else's.
# shellcheck shell=bash

# How often an engine of our own died by itself.
deaths=0

# on_engine COMMAND...: an engine of our own that dies by itself (20.10 does, of a nil pointer, when a service is removed
# while its tasks are still being reaped) is no failed test: another is started, and the command repeated, once.
on_engine() {
    local code=0
    inside "$@" || code=$?
    if [ $code -eq 0 ] || ! engine_died; then
        return $code
    fi
    deaths=$((deaths + 1))
    if [ $deaths -gt 1 ]; then
        say "the engine died by itself a second time"
        return $code
    fi
    say "the engine died by itself, not the tests; its last lines, then everything on another engine"
    tail -n 25 "$state"/dockerd.log || true
    scripts/engine stop "$state" || true
    state=""
    start_engine
    build_images
    on_engine "$@"
}

engine_died() {
    [ -n "$state" ] && ! scripts/engine status "$state" >/dev/null 2>&1
}
