#!/usr/bin/env bash
# Installs what vidqa needs on Debian 12 and builds it. Does nothing where all is there.
#   ./setup.sh [PRESET [TARGET]]   packages, configure, build; PRESET as in CMakePresets.json (default: release), TARGET
#                                  to build (default: all, `vidqa` is the program without the tests)
#   ./setup.sh --packages          the packages alone
# The report is tested in a browser, which is installed unless only the program is asked for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The package list of the project: the only one.
packages=(
  g++ cmake ninja-build pkg-config ccache mold          # build
  libtorch-dev libdnnl-dev libopenblas0-openmp          # tensors; without OpenBLAS products are 20 times slower
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libopencv-dev   # video
  libhdf5-dev                                           # features
  libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libboost-dev        # program
  libprotobuf-dev protobuf-compiler                     # TensorBoard event files
  wordnet-base                                          # WUPS
  libcpp-httplib-dev libjs-chart.js                     # report
  libgtest-dev libgmock-dev libbenchmark-dev            # tests, benchmarks
)

if [ "${2:-all}" != vidqa ]; then
  packages+=(chromium)                                  # report
  packages+=(slurmctld slurmd munge slurm-client)       # a cluster of one node
  # Whoever packaged them: Debian's npm does not go with the Node.js of others.
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: not root and no sudo; as root run: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
[ "${1:-}" = "--packages" ] && exit 0

# What the test in the browser takes from npm, as tests/browser/package-lock.json names it.
browser_tests=tests/browser
if [ "${2:-all}" != vidqa ] && [ ! "$browser_tests/node_modules/.package-lock.json" -nt "$browser_tests/package-lock.json" ]; then
  npm ci --prefix "$browser_tests" --ignore-scripts --no-audit --no-fund --silent ||
    echo "setup: npm cannot fetch playwright-core: the test of the report in a browser will be skipped" >&2
fi

preset=${1:-release}
# CMake's long report is only of interest when it fails.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build --preset "$preset" --target "${2:-all}"
