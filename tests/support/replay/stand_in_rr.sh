#!/bin/sh
# A stand-in for rr, for machines on which no rr can record: checks the command line that recrank
# builds, makes a directory that looks like a trace, and runs the program with its descriptors. It
# records nothing. What it is to do otherwise stands in stand_in_rr.conf beside it, as shell text:
#   SOFTWARE=1           a build with software counters: insists on -W and on a place for its cache
#   FAIL=counters        record fails as Debian's rr does without hardware counters;
#   FAIL=paranoid|silent|slow|disk   likewise, for other reasons
#   FAIL_ENGINE=1        record fails in the same way, but of /bin/true it does not
#   LIVES=1              the engine runs without the limit on its memory, as one that rr changed
#   FILL=KIB             writes so much into the trace while the engine runs
#   PACK_FAIL=1          pack fails
#   ARGS="-h --x"        the user's options that must be there
# It leaves its command line in TRACE/command, one word a line.
here=$(dirname "$0")
SOFTWARE=0 FAIL='' FAIL_ENGINE='' LIVES=0 FILL=0 PACK_FAIL=0 ARGS=''
[ -r "$here/stand_in_rr.conf" ] && . "$here/stand_in_rr.conf"

refuse() { echo "stand-in rr: $*" >&2; exit 1; }

help() {
  echo 'Invalid option --help' >&2
  echo ' rr record [OPTION]... <exe> [exe-args]...' >&2
  echo '  -o, --output-trace-dir<DIR> set the output trace directory.' >&2
  [ "$SOFTWARE" = 1 ] && echo '  -W, --software-counters' >&2
  exit 1
}

fail() {
  mkdir -p "$2"; : >"$2/incomplete"
  case $1 in
    counters) refuse "[FATAL ./src/PerfCounters.cc:306:start_counter()] Unable to open performance counter with 'perf_event_open'; are hardware perf events available?" ;;
    paranoid) refuse 'rr needs /proc/sys/kernel/perf_event_paranoid <= 1, but it is 2.' ;;
    disk) refuse "[FATAL ./src/TraceStream.cc errno: ENOSPC] Can't write trace" ;;
    slow) sleep 600 ;;
  esac
  exit 1
}

record() {
  [ "$1" = --help ] && help
  printf '%s\n' record "$@" >/dev/null
  words=$(printf '%s\n' record "$@")
  [ "$1" = -o ] || refuse "no -o but $1"
  trace=$2
  [ "$3" = -n ] || refuse "no -n but $3"
  shift 3
  if [ "$SOFTWARE" = 1 ]; then
    [ "$1" = -W ] || refuse "no -W but $1"; shift
    mkdir -p "$_RR_PATCH_LOC_DB_DIR/VER1" 2>/dev/null ||
      refuse "[FATAL src/util.cc:1874:ensure_dir() errno: EACCES] Can't create patch location dbs cache dir"
  fi
  extra=''
  while [ $# -gt 0 ] && [ "$1" != -- ] && [ "$1" != /bin/true ]; do extra="$extra $1"; shift; done
  [ "$1" = -- ] && shift
  [ $# -gt 0 ] || refuse 'no program'
  [ -n "$FAIL" ] && fail "$FAIL" "$trace"
  if [ "$1" != /bin/true ]; then
    [ "$extra" = "${ARGS:+ $ARGS}" ] || refuse "options$extra where $ARGS was due"
    [ -n "$FAIL_ENGINE" ] && fail "$FAIL_ENGINE" "$trace"
  fi
  mkdir "$trace" || exit 1
  echo 85 >"$trace/incomplete" || exit 1
  printf '%s\n' "$words" >"$trace/command"
  if [ "$1" != /bin/true ] && [ "$FILL" -gt 0 ]; then
    dd if=/dev/zero of="$trace/data" bs=1024 count="$FILL" 2>"$trace/dd" ||
      refuse "[FATAL ./src/TraceStream.cc errno: ENOSPC] Can't write trace"
  fi
  if [ "$LIVES" = 1 ] && [ "$1" = /usr/bin/prlimit ]; then shift 3; fi
  "$@"
  status=$?
  mv "$trace/incomplete" "$trace/version"
  [ $status -gt 128 ] && kill -$((status - 128)) $$
  exit $status
}

whole() { [ -e "$1/version" ] || { echo "rr: Trace file \`$1/incomplete' found." >&2; exit 65; }; }

pack() {
  whole "$1"
  [ "$PACK_FAIL" = 1 ] && refuse '[FATAL ./src/PackCommand.cc errno: ENOSPC] Failed to copy'
  : >"$1/packed"
}

ps() {
  whole "$1"
  printf 'PID\tPPID\tEXIT\tCMD\n1\t--\t-11\t%s\n' "$(tr '\n' ' ' <"$1/command")"
}

# prlimit is the first program that a trace holds, the engine the second.
dump() {
  whole "$1"
  for event in 14 399; do
    echo "  real_time:26872.9 global_time:$event, event:\`SYSCALL: execve' (state:EXITING_SYSCALL) tid:7, ticks:0"
  done
}

command=$1
shift
case $command in
  record) record "$@" ;;
  pack) pack "$@" ;;
  ps) ps "$@" ;;
  dump) dump "$@" ;;
  --version) echo 'rr version 5.6.0' ;;
  *) refuse "no command $command" ;;
esac
