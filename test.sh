#!/usr/bin/env bash
# Installs what is missing, builds, runs every test.
#   ./test.sh [CTEST OPTIONS]     e.g. ./test.sh -R Golden
#   PRESET=asan ./test.sh         under AddressSanitizer and UndefinedBehaviorSanitizer
# With CI set, warnings are errors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

preset=${PRESET:-${CI:+ci}}
preset=${preset:-release}
./setup.sh "$preset"

folder=build/$preset
[ "$preset" = ci ] && folder=build/release
ctest --test-dir "$folder" --output-on-failure --parallel "$(nproc)" "$@"
