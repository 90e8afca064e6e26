// A stand-in for henyey's verify-execution. It executes nothing: it reads its ledgers from
// <archive>/closed.log (JSON lines as henyey logs them) and prints what henyey prints of them, and
// what <archive>/acts says: one act on each line, "WORD LEDGER [VALUE]".
//
//   mismatch N HASH   N has HASH, and the archive what closed.log says: it fails, as it does with
//                     --stop-on-error
//   differ N VALUE    the same, of a newer program: it logs that tx_result_hash is VALUE
//   lie N HASH        the same, but it goes on and its summary hides it
//   mark N HASH       an older program: N is closed with HASH, marked as a mismatch, and it goes on
//   history N HASH    an older program: the input of N names HASH for the ledger before
//   other N           N fails for another reason
//   results N         N is as it should be, but its input tells of other results: it stops there
//   unpublished N     the archive has no file with the header of N
//   epoch N, skip N, stuck N, panic N, watchdog N, exit N
//   short 0           its summary counts one ledger too few
//
// All else is as with the real program: the configuration names the archive and the network, the
// cache must hold the inputs, and can be written to: each ledger leaves a bucket there, which the
// next one waits for. With a file "old-form" beside it, it knows only `offline verify-execution`.
//
// Links nothing of recrank: it must live under an engine's limits.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr const char* kTestNetwork = "Test SDF Network ; September 2015";

struct Act {
  std::string word;
  std::string value;
};

struct Ledger {
  std::string line;
  std::string hash;
  std::string bucket_list_hash;
};

std::string after(const std::string& text, const std::string& key, char end) {
  const size_t at = text.find(key);
  if (at == std::string::npos) return "";
  const size_t begin = at + key.size();
  return text.substr(begin, text.find(end, begin) - begin);
}

std::string whole(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::map<long, Act> read_acts(const fs::path& archive) {
  std::map<long, Act> acts;
  std::ifstream file(archive / "acts");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Act act;
    long ledger = 0;
    words >> act.word >> ledger >> act.value;
    acts[ledger] = act;
  }
  return acts;
}

std::map<long, Ledger> read_ledgers(const fs::path& archive) {
  std::map<long, Ledger> ledgers;
  std::ifstream file(archive / "closed.log");
  for (std::string line; std::getline(file, line);) {
    const long seq = std::atol(after(line, "\"ledger_seq\":", ',').c_str());
    ledgers[seq] = {line, after(line, "\"computed_hash\":\"", '"'),
                    after(line, "\"bucket_list_hash\":\"", '"')};
  }
  return ledgers;
}

std::string with_hash(const Ledger& ledger, const std::string& hash) {
  std::string line = ledger.line;
  return line.replace(line.find(ledger.hash), ledger.hash.size(), hash);
}

void log(const char* level, const std::string& fields, const char* target) {
  std::cerr << R"({"timestamp":"2026-05-04T14:04:09.000001Z","level":")" << level
            << R"(","fields":{"message":")" << fields << R"(},"target":")" << target << "\"}"
            << std::endl;
}

void say(long seq, const std::string& what) {
  std::cout << "  Ledger " << seq << ": " << what << std::endl;
}

int bail(const std::string& what) {
  std::cerr << "Error: " << what << std::endl;
  return 1;
}

// As the program writes every bucket: under another name first. False: it may not write there.
bool write_bucket(const fs::path& directory, const std::string& hash) {
  const fs::path last = directory / (hash + ".bucket.xdr");
  if (fs::exists(last)) return true;
  const fs::path first = directory / ("merge-tmp-" + std::to_string(::getpid()) + "-0.xdr");
  std::ofstream file(first);
  file << hash;
  file.close();
  return file.good() && std::rename(first.c_str(), last.c_str()) == 0;
}

struct Run {
  long from = 0;
  long to = 0;
  long frequency = 64;
  std::map<long, Ledger> ledgers;
  std::map<long, Act> acts;
  fs::path inputs;
  fs::path buckets;
  long verified = 0;
  long matched = 0;
  long manager = 0;  // the last ledger that was closed
  bool wrote = true;

  int all();
  // True when it goes on.
  bool one(long seq, int& status);
  bool failed(long seq, const Act& act, int& status);
  void tell_difference(long seq, const Act& act) const;
  [[noreturn]] void die(const Act& act) const;
};

void Run::die(const Act& act) const {
  if (act.word == "panic") {
    std::cerr << "\nthread 'main' (" << ::getpid()
              << ") panicked at crates/ledger/src/manager.rs:99:5:\nout of memory\nnote: run with "
                 "`RUST_BACKTRACE=1` environment variable to display a backtrace\n";
  } else {
    log("ERROR", "WATCHDOG: Auto-aborting after 300s freeze at phase=6\"", "henyey_app::app");
  }
  std::abort();
}

void Run::tell_difference(long seq, const Act& act) const {
  const Ledger& ledger = ledgers.at(seq);
  log("WARN",
      "Pre-commit hash mismatch (replay mode) - per-field constituents\",\"ledger_seq\":" +
          std::to_string(seq) + ",\"expected_header_hash\":\"" + ledger.hash +
          "\",\"actual_header_hash\":\"" + act.value + "\",\"bucket_list_hash\":\"" +
          ledger.bucket_list_hash + "\",\"tx_result_hash\":\"" + std::string(64, 'd') + "\"",
      "hash_mismatch_debug");
}

bool Run::failed(long seq, const Act& act, int& status) {
  const std::string& hash = ledgers[seq].hash;
  const std::string error = "ledger hash mismatch: expected ";
  std::string why = error + hash + ", got " + act.value;
  if (act.word == "differ") tell_difference(seq, act);
  if (act.word == "other") why = "bucket error: entry not found";
  if (!wrote) {
    why = "bucket error: IO error: background bucket persist failed: bucket " +
          ledgers[seq - 1].bucket_list_hash + ": IO error: Permission denied (os error 13)";
  }
  if (act.word == "history") {
    log("ERROR",
        "Hash mismatch - our computed header hash differs from network's prev_ledger_hash\","
        "\"current_seq\":" +
            std::to_string(seq - 1) + ",\"close_seq\":" + std::to_string(seq) + ",\"x\":\"\"",
        "henyey_ledger::manager");
    why = error + ledgers[seq - 1].hash + ", got " + act.value;
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
  if (act.word == "unpublished") {
    status = bail("not found: file:///archive/ledger/00/00/00/ledger-000000bf.xdr.gz");
    return false;
  }
  if (act.word == "exit") {
    status = 0;
    return false;
  }
  if (!fs::exists(inputs / (std::to_string(seq) + ".xdr.zst"))) {
    if (seq >= from) {
      say(seq, "CDP fetch failed: download failed: CDP fetch failed: error sending request");
    }
    return true;
  }
  if (act.word == "epoch") {
    if (seq >= from) say(seq, "EPOCH MISMATCH - skipping");
    status = bail("CDP epoch mismatch at ledger " + std::to_string(seq));
    return false;
  }
  if (act.word == "skip") {
    ++manager;
    return true;
  }
  const bool marked = act.word == "mark";
  const bool other_results = act.word == "results";
  const bool sound = act.word.empty() || marked || other_results;
  if (!sound || !wrote || manager + 1 != seq) return failed(seq, act, status);
  std::cerr << (marked ? with_hash(ledgers[seq], act.value) : ledgers[seq].line) << std::endl;
  wrote = write_bucket(buckets, ledgers[seq].bucket_list_hash);
  manager = seq;
  if (seq < from) return true;
  ++verified;
  if (other_results) {
    std::cout << "\n";
    say(seq, "MISMATCH");
    std::cout << "    TX result hash: ours=" << std::string(64, 'a')
              << " expected=" << std::string(64, 'b') << std::endl;
    status = bail("Mismatch at ledger " + std::to_string(seq));
    return false;
  }
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
  std::cout << "[INIT] Bucket download: 42 cached, 0 downloaded\n"
            << "[INIT] TOTAL initialization: 0.02s" << std::endl;
  // State is restored behind the checkpoint before the first ledger; before the first one there is
  // none, and what lies there is passed over.
  manager = std::max(from / frequency, 1L) * frequency - 1;
  int status = 0;
  for (long seq = manager + 1; seq <= to; ++seq) {
    if (ledgers.count(seq) != 0 && !one(seq, status)) return status;
  }
  const bool counts_short = acts.count(0) != 0 && acts[0].word == "short";
  std::cout << "\n\nVerification Summary\n====================\n  Ledgers verified: "
            << verified - (counts_short ? 1 : 0)
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
  return std::find(words.begin(), words.end(), name) != words.end();
}

// Beside the program, since its help is asked for without a cache.
bool knows_only_the_old_form(const char* program) {
  return fs::exists(fs::path(program).parent_path() / "old-form");
}

// It makes a database where it works to know its own commit.
int info() {
  const bool made = std::ofstream("stellar.db").good();
  std::cout << "henyey-v26.0.0-stand-in\n";
  if (made) std::cout << "  Commit:     6883e8e1\n\n";
  return 0;
}

int verify(const std::vector<std::string>& words) {
  const std::string config = whole(value_of(words, "--conf"));
  const fs::path archive = after(config, "url = \"file://", '"');
  if (!fs::exists(archive / ".well-known/stellar-history.json")) {
    return bail("not found: file://" + archive.string() + "/.well-known/stellar-history.json");
  }
  const bool is_test = config.find(kTestNetwork) != std::string::npos;
  const std::string network = is_test ? "testnet" : "mainnet";
  std::string date = value_of(words, "--cdp-date");
  if (date.empty() && is_test) date = "2025-12-18";
  const fs::path cache = value_of(words, "--cache-dir");
  Run run;
  run.from = std::atol(value_of(words, "--from").c_str());
  run.to = std::atol(value_of(words, "--to").c_str());
  if (config.find("accelerate_time = true") != std::string::npos) run.frequency = 8;
  run.ledgers = read_ledgers(archive);
  run.acts = read_acts(archive);
  run.inputs = cache / "cdp" / network;
  if (!date.empty()) run.inputs /= date;
  run.buckets = cache / "buckets" / network;
  std::error_code error;
  fs::create_directories(run.inputs, error);
  if (!error) fs::create_directories(run.buckets, error);
  if (error) return bail("Permission denied (os error 13)");
  return run.all();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (has(words, "version")) {
    std::cout << "henyey-v26.0.0-stand-in\nledger protocol version: 26\n";
    return 0;
  }
  if (has(words, "info")) return info();
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
                     !value_of(words, "--cache-dir").empty() && std::getenv("RUST_LOG") != nullptr;
  if (!sound) return bail("the stand-in was called otherwise than henyey is to be");
  return verify(words);
}
