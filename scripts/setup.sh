# Steps that ./quickstart and ./check share. Sourced, with $root set to the repository.
# Each step looks first whether its work is done, so that a second run is quick and needs no network.

jobs=$(nproc)
engines_dir=$root/build/engines
recordings_dir=$root/build/recordings

mkdir -p "$root/build"
# Seconds and name of each phase, for the table at the end.
phases=$root/build/phases
: >"$phases"

say() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# CPU seconds that the commands run so far have taken, into $cpu. `times` must not run in a subshell.
read_cpu() {
  times_file=$(mktemp "$phases.XXXXXX")
  times >"$times_file"
  cpu=$(awk 'NR == 2 { split($1, user, "m"); split($2, kernel, "m")
    printf "%d", (user[1] + kernel[1]) * 60 + user[2] + kernel[2] }' "$times_file")
  rm -f "$times_file"
}

# phase NAME COMMAND...: says what begins, runs it, and keeps its seconds for show_phases.
phase() {
  name_of_phase=$1
  shift
  say "$name_of_phase"
  read_cpu
  cpu_before=$cpu
  phase_began=$(date +%s)
  "$@"
  read_cpu
  printf '%s\t%s\t%s\n' "$(($(date +%s) - phase_began))" "$((cpu - cpu_before))" "$name_of_phase" >>"$phases"
}

# beside COMMAND...: runs it in the background, so that downloads and what one core can do go on while
# the compiler works. What it says is shown by await_beside, which also fails when it failed.
beside() {
  ("$@") >"$root/build/beside.log" 2>&1 </dev/null &
  beside_pid=$!
  # A command in the background does not hear Ctrl-C.
  trap 'kill "$beside_pid" 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
}

await_beside() {
  status=0
  wait "$beside_pid" || status=$?
  trap - EXIT
  # Its CPU seconds stand in its own rows.
  read_cpu
  cpu_before=$cpu
  cat "$root/build/beside.log"
  [ "$status" = 0 ] || exit "$status"
}

# show_phases BEGAN: what took how long. On a machine that does other things as well, the CPU seconds
# tell more.
show_phases() {
  printf '\n%-56s %8s %8s\n' phase seconds 'CPU s'
  while IFS='	' read -r seconds cpu name; do
    printf '%-56s %8s %8s\n' "$name" "$seconds" "$cpu"
  done <"$phases"
  printf '%-56s %8s\n' all "$(($(date +%s) - $1))"
}

# install_packages NAME...: Debian packages, those that are missing only.
install_packages() {
  missing=
  for package in "$@"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "installing Debian packages:$missing"
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null; then
    as_root=sudo
  else
    fail "these packages are missing, and neither root nor sudo is there to install them:$missing"
  fi
  $as_root apt-get update -qq || fail "apt-get update failed: is the network up?"
  # shellcheck disable=SC2086  # a list of words
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
    >"$root/build/apt.log" 2>&1 || { tail -n 20 "$root/build/apt.log" >&2; fail "apt-get install failed"; }
}

build_packages="g++ cmake ninja-build pkg-config liblmdb-dev libsqlite3-dev zlib1g-dev libisal-dev libzstd-dev
  libarchive-dev libssl-dev libboost-dev libboost-program-options-dev libboost-filesystem-dev libseccomp-dev
  libdw-dev libhiredis-dev libre2-dev nlohmann-json3-dev libpugixml-dev libtomlplusplus-dev libvalijson-dev
  libutf8proc-dev bubblewrap"

install_build_packages() {
  # shellcheck disable=SC2086
  install_packages $build_packages "$@"
  # Any npm will do to fetch the packages; they bring the Node that runs them.
  command -v npm >/dev/null || install_packages nodejs npm
}

# The engines' sources and the recorder's packages, exactly as package-lock.json pins them.
install_npm_packages() {
  stamp=$root/third_party/node_modules/.recrank-lock
  cmp -s "$root/third_party/package-lock.json" "$stamp" 2>/dev/null && return 0
  say "fetching the engine's sources and the recorder's packages (npm)"
  (cd "$root/third_party" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail "npm ci failed in third_party/: is the network up?"
  cp "$root/third_party/package-lock.json" "$stamp"
}

# The published schemas of report formats, for the tests.
fetch_schemas() {
  stamp=$root/third_party/schemas/node_modules/.recrank-lock
  cmp -s "$root/third_party/schemas/package-lock.json" "$stamp" 2>/dev/null && return 0
  say "fetching the schemas of report formats (npm)"
  (cd "$root/third_party/schemas" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail "npm ci failed in third_party/schemas: is the network up?"
  cp "$root/third_party/schemas/package-lock.json" "$stamp"
}

build_engines() {
  if [ ! -f "$root/build/third_party/build.ninja" ]; then
    say "building the engines: xsnap-worker, release and debug"
    cmake -S "$root/third_party" -B "$root/build/third_party" -G Ninja \
      -DRECRANK_ENGINES_DIR="$engines_dir" >"$root/build/third_party.log" 2>&1 ||
      { cat "$root/build/third_party.log" >&2; fail "configuring third_party/ failed"; }
  fi
  cmake --build "$root/build/third_party" -j "$jobs" >"$root/build/third_party.log" 2>&1 ||
    { tail -n 30 "$root/build/third_party.log" >&2; fail "building the engines failed"; }
}

# show_progress LOG: of what ninja prints, a line now and then; all of it goes into LOG.
show_progress() {
  shown_at=-30
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    seconds=$(expr "x$line" : 'x\[[0-9/]* \([0-9]*\)' || true)
    [ -n "$seconds" ] && [ "$seconds" -ge $((shown_at + 30)) ] || continue
    shown_at=$seconds
    printf '%s\n' "$line"
  done
}

# build_preset PRESET [TARGET...]: on a terminal ninja's own line tells how far it is.
build_preset() {
  preset=$1
  shift
  log=$root/build/$preset.log
  [ -f "$root/build/$preset/build.ninja" ] || (cd "$root" && cmake --preset "$preset" >"$log" 2>&1) ||
    { cat "$log" >&2; fail "configuring $preset failed"; }
  export NINJA_STATUS='[%f/%t %es] '
  if [ -t 1 ]; then
    ninja -C "$root/build/$preset" -j "$jobs" "$@" || fail "building $preset failed"
    return
  fi
  : >"$log"
  rm -f "$log.failed"
  { ninja -C "$root/build/$preset" -j "$jobs" "$@" 2>&1 || : >"$log.failed"; } | show_progress "$log"
  [ ! -e "$log.failed" ] || { tail -n 60 "$log" >&2; fail "building $preset failed"; }
}

# record NAME [OPTION...]: a real kernel, run once and kept in build/recordings/NAME.
record() {
  name=$1
  shift
  [ -f "$recordings_dir/$name/recording.json" ] && return 0
  say "recording a real SwingSet kernel with real xsnap workers: $name"
  mkdir -p "$recordings_dir"
  rm -rf "$recordings_dir/$name" "$recordings_dir/$name.incomplete"
  "$root/third_party/run-node" "$root/third_party/recorder/record.mjs" --out "$recordings_dir/$name" "$@" ||
    fail "the recorder failed"
}

record_tiny() { record tiny --deliveries 60 --leave-wal; }
# A vat that dies for want of memory, the later the more it is given, and one that compiles 4 MB of source.
record_crash() {
  record crash --deliveries 40 --blocks 16 --function-statements 2097152 --swell 131072 --no-exports
}
# What makes logs hard to read: an upgrade that is undone, a restart of the kernel.
record_rough() { record rough --deliveries 60 --failed-upgrade --restart; }
