// A stand-in for henyey's verify-execution. It executes nothing: it reads its ledgers from
// <cache>/closed.log (JSON lines as henyey logs them) and prints what henyey prints of them, and
// what <cache>/acts says: one act on each line, "WORD LEDGER [VALUE]".
//
//   mismatch N HASH   N has HASH, and the archive what closed.log says: it fails, as it does with
//                     --stop-on-error
//   lie N HASH        the same, but it goes on and its summary hides it
//   mark N HASH       an older program: N is closed with HASH, marked as a mismatch, and it goes on
//   history N HASH    the input of N names HASH for the ledger before
//   other N           N fails for another reason
//   nofetch N, epoch N, skip N, stuck N, panic N, watchdog N, exit N
//   short 0           its summary counts one ledger too few
//   init 0            it gives up before its first ledger
//
// With a file "old-form" beside it, it knows only `offline verify-execution`.
//
// Links nothing of recrank: it must live under RLIMIT_AS.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Act {
  std::string word;
  std::string value;
};

struct Ledger {
  std::string line;
  std::string hash;
};

std::string after(const std::string& line, const std::string& key, char end) {
  const size_t at = line.find(key);
  if (at == std::string::npos) return "";
  const size_t begin = at + key.size();
  return line.substr(begin, line.find(end, begin) - begin);
}

std::map<long, Act> read_acts(const std::string& cache) {
  std::map<long, Act> acts;
  std::ifstream file(cache + "/acts");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Act act;
    long ledger = 0;
    words >> act.word >> ledger >> act.value;
    acts[ledger] = act;
  }
  return acts;
}

std::map<long, Ledger> read_ledgers(const std::string& cache) {
  std::map<long, Ledger> ledgers;
  std::ifstream file(cache + "/closed.log");
  for (std::string line; std::getline(file, line);) {
    const long seq = std::atol(after(line, "\"ledger_seq\":", ',').c_str());
    ledgers[seq] = {line, after(line, "\"computed_hash\":\"", '"')};
  }
  return ledgers;
}

std::string with_hash(const Ledger& ledger, const std::string& hash) {
  std::string line = ledger.line;
  return line.replace(line.find(ledger.hash), ledger.hash.size(), hash);
}

void log_error(const std::string& message) {
  std::cerr << R"({"timestamp":"2026-05-04T14:04:09.000001Z","level":"ERROR","fields":{"message":")"
            << message << R"("},"target":"henyey_ledger::manager"})" << std::endl;
}

void say(long seq, const std::string& what) {
  std::cout << "  Ledger " << seq << ": " << what << std::endl;
}

int bail(const std::string& what) {
  std::cerr << "Error: " << what << std::endl;
  return 1;
}

struct Run {
  long from = 0;
  long to = 0;
  std::map<long, Ledger> ledgers;
  std::map<long, Act> acts;
  long verified = 0;
  long matched = 0;
  long manager = 0;  // the last ledger that was closed

  int all();
  // True when it goes on.
  bool one(long seq, int& status);
  bool failed(long seq, const Act& act, int& status);
  [[noreturn]] void die(const Act& act) const;
};

void Run::die(const Act& act) const {
  if (act.word == "panic") {
    std::cerr << "thread 'main' panicked at crates/ledger/src/manager.rs:99:5:\nout of memory\n";
  } else {
    log_error("WATCHDOG: Auto-aborting after 300s freeze at phase=6");
  }
  std::abort();
}

bool Run::failed(long seq, const Act& act, int& status) {
  const std::string& hash = ledgers[seq].hash;
  const std::string error = "ledger hash mismatch: expected ";
  std::string why;
  if (act.word == "mismatch" || act.word == "lie") why = error + hash + ", got " + act.value;
  if (act.word == "other") why = "bucket error: entry not found";
  if (act.word == "history") {
    const std::string& ours = ledgers[seq - 1].hash;
    log_error(
        "Hash mismatch - our computed header hash differs from network's prev_ledger_hash\","
        "\"current_seq\":" +
        std::to_string(seq - 1) + ",\"close_seq\":" + std::to_string(seq) + ",\"x\":\"");
    why = error + ours + ", got " + act.value;
  }
  if (manager + 1 != seq) {
    why = "invalid ledger sequence: expected " + std::to_string(manager + 1) + ", got " +
          std::to_string(seq);
  }
  say(seq, "close_ledger failed: " + why);
  const bool stops = act.word != "lie" && manager + 1 == seq;
  if (stops) status = bail("close_ledger failed at ledger " + std::to_string(seq) + ": " + why);
  return !stops;
}

bool Run::one(long seq, int& status) {
  const Act act = acts.count(seq) != 0 ? acts[seq] : Act();
  if (act.word == "panic" || act.word == "watchdog") die(act);
  if (act.word == "stuck") {
    for (;;) ::pause();
  }
  if (act.word == "exit") {
    status = 0;
    return false;
  }
  if (act.word == "nofetch" || ledgers.count(seq) == 0) {
    say(seq, "CDP fetch failed: HTTP status 404 for https://example/x.xdr.zst");
    return true;
  }
  if (act.word == "epoch") {
    say(seq, "EPOCH MISMATCH - skipping");
    status = bail("CDP epoch mismatch at ledger " + std::to_string(seq));
    return false;
  }
  const bool fails = act.word == "mismatch" || act.word == "lie" || act.word == "other" ||
                     act.word == "history" || manager + 1 != seq;
  if (act.word == "skip") {
    ++manager;
    return true;
  }
  if (fails) return failed(seq, act, status);
  const bool marked = act.word == "mark";
  std::cerr << (marked ? with_hash(ledgers[seq], act.value) : ledgers[seq].line) << std::endl;
  manager = seq;
  if (seq < from) return true;
  ++verified;
  if (!marked) ++matched;
  if (marked) {
    std::cout << "\n";
    say(seq, "MISMATCH");
    std::cout << "    Header hash: ours=" << act.value << " expected=" << ledgers[seq].hash
              << std::endl;
  }
  return true;
}

int Run::all() {
  std::cout << "[INIT] Bucket download: 42 cached, 0 downloaded" << std::endl;
  if (acts.count(0) != 0 && acts[0].word == "init") {
    return bail("error sending request for url (https://history.example/.well-known): dns error");
  }
  const long checkpoint = from / 64 * 64;  // behind it the state is restored
  manager = std::max(checkpoint, ledgers.begin()->first) - 1;
  int status = 0;
  for (long seq = manager + 1; seq <= to; ++seq) {
    if (!one(seq, status)) return status;
  }
  const bool counts_short = acts.count(0) != 0 && acts[0].word == "short";
  std::cout << "\nVerification Summary\n  Ledgers verified: " << verified - (counts_short ? 1 : 0)
            << "\n  Ledgers matched:  " << matched - (counts_short ? 1 : 0)
            << "\n  Ledgers with mismatches: 0\n"
            << std::flush;
  return 0;
}

// The value behind the word `name`; empty: it is not there.
std::string value_of(const std::vector<std::string>& words, const std::string& name) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == name) return words[i + 1];
  }
  return "";
}

bool has(const std::vector<std::string>& words, const std::string& name) {
  for (const std::string& each : words) {
    if (each == name) return true;
  }
  return false;
}

// Beside the program, since its help is asked for without a cache.
bool knows_only_the_old_form(const char* program) {
  const std::string path = program;
  return std::ifstream(path.substr(0, path.rfind('/') + 1) + "old-form").good();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (has(words, "version")) {
    std::cout << "henyey-v26.0.0-stand-in\n";
    return 0;
  }
  if (has(words, "info")) {
    std::cout << "henyey\nCommit: 6883e8e1\n";
    return 0;
  }
  if (has(words, "offline") != knows_only_the_old_form(argv[0])) {
    std::cerr << "error: unrecognized subcommand\n";
    return 2;
  }
  if (has(words, "--help")) {
    std::cout << "Usage: henyey verify-execution [OPTIONS]\n";
    return 0;
  }
  // What a run of ours must say; anything else would run without being judged.
  const bool sound = has(words, "verify-execution") && has(words, "--stop-on-error") &&
                     value_of(words, "--log-format") == "json" && has(words, "-q") &&
                     std::getenv("RUST_LOG") != nullptr;
  const std::string cache = value_of(words, "--cache-dir");
  if (!sound || cache.empty())
    return bail("the stand-in was called otherwise than henyey is to be");
  // A frozen cache: whoever can write to it has thawed it.
  if (std::ofstream(cache + "/written").good())
    return bail("the stand-in could write to its cache");
  Run run;
  run.from = std::atol(value_of(words, "--from").c_str());
  run.to = std::atol(value_of(words, "--to").c_str());
  run.ledgers = read_ledgers(cache);
  run.acts = read_acts(cache);
  return run.all();
}
