// A stand-in for an xsnap worker that does what script.jsonl beside it says; see
// fake_worker_script.h. It speaks both dialects, and every kind of nonsense.
//
// Links nothing of recrank and is built without sanitizers: it must live under RLIMIT_AS.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/stand_ins/fake_worker_acts.h"
#include "tests/stand_ins/fake_worker_script.h"
#include "tests/stand_ins/fake_worker_wire.h"

namespace fake_worker {
namespace {

constexpr int kIoError = 2;
constexpr int kTooMuchComputation = 17;

struct Arguments {
  uint64_t meter = 0;  // 0: none
  std::string heap;    // of -r
  bool version = false;
};

Arguments read_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-v") arguments.version = true;
    if (word == "-l" && i + 1 < argc) arguments.meter = std::strtoull(argv[++i], nullptr, 10);
    if (word == "-r" && i + 1 < argc) arguments.heap = argv[++i];
  }
  return arguments;
}

class Worker {
 public:
  Worker(int argc, char** argv, const Script& script, const Arguments& arguments)
      : script_(script),
        arguments_(arguments),
        wire_(script.modern),
        context_{wire_, argc, argv, heap_written_} {}

  int run() {
    enter("start", {});
    if (!arguments_.heap.empty()) load_heap();
    while (const std::optional<std::string> command = wire_.read_frame()) {
      if (!serve(*command)) return 0;
    }
    enter("exit", {});
    return 0;
  }

  // The acts of a moment that has no answer of its own.
  Answer enter(const std::string& moment, Answer answer) {
    const auto found = script_.moments.find(moment);
    if (found == script_.moments.end()) return answer;
    return play(found->second, std::move(answer));
  }

 private:
  // False when the command ends the worker.
  bool serve(const std::string& command) {
    const char kind = command.empty() ? '\0' : command.front();
    if (kind == 'R' && wire_.modern()) {
      if (!enter("ready", {}).sent) wire_.write_frame(".");
    } else if (kind == 'e') {
      evaluate(command);
    } else if (kind == '?' && command.starts_with("?[\"deliver\",")) {
      deliver(command);
    } else if (kind == '?') {
      answer_moment("setBundle", command, "[\"dispatchReady\"]");
    } else if (kind == 'w') {
      write_heap(command.substr(1));
    } else if (wire_.modern() && kind != 'q') {
      std::fprintf(stderr, "Unexpected prefix '%c' in command\n", kind);
      std::exit(kIoError);
    } else {
      return false;
    }
    return true;
  }

  void evaluate(const std::string& command) {
    if (command == "eissueCommand(new ArrayBuffer(1))") {
      wire_.write_answer(46, wire_.call(std::string_view("\0", 1)));
      return;
    }
    if (command == "enull") return answer_moment("load", command, "");
    const char* const moment = evaluations_++ == 0 ? "lockdown" : "supervisor";
    answer_moment(moment, command, "");
  }

  void answer_moment(const std::string& moment, const std::string& command, std::string result) {
    const auto found = script_.moments.find(moment);
    const Json line = found == script_.moments.end() ? Json::object() : found->second;
    answer_line(line, command, std::move(result));
  }

  void deliver(const std::string& command) {
    Json line =
        delivered_ < script_.deliveries.size() ? script_.deliveries[delivered_] : Json::object();
    ++delivered_;
    for (const Json& addition : script_.additions) {
      if (command.find(addition.value("has", "")) == std::string::npos) continue;
      for (const char* const list : {"calls", "do"}) {
        for (const Json& each : addition.value(list, Json::array())) line[list].push_back(each);
      }
    }
    answer_line(line, command, "[\"ok\",null,null]");
  }

  void answer_line(const Json& line, const std::string& command, std::string result) {
    if (line.contains("expect") && line["expect"] != command) {
      std::fprintf(stderr, "fake_worker: got %s\n", command.c_str());
      std::exit(kIoError);
    }
    Answer answer{std::move(result), line.value("computrons", uint64_t{1}), false, {}, {}, false};
    if (line.contains("result")) answer.result = line["result"].dump();
    answer = play(line, std::move(answer));
    const bool looked_at = !line.value("unnoticed", false);
    if (looked_at && arguments_.meter > 0 && answer.computrons > arguments_.meter) {
      std::printf("too much computation\n");
      std::exit(kTooMuchComputation);
    }
    if (!answer.sent) wire_.write_answer(answer.computrons, answer.result);
  }

  Answer play(const Json& line, Answer answer) {
    size_t index = 0;
    for (const Json& call : line.value("calls", Json::array())) {
      const std::string got = wire_.call("[\"syscall\"," + call.dump() + "]");
      if (line.contains("answers") && line["answers"].at(index).dump() != got) {
        std::fprintf(stderr, "fake_worker: call %zu got %s\n", index, got.c_str());
        std::exit(kIoError);
      }
      ++index;
    }
    for (const Json& act : line.value("do", Json::array())) perform(act, context_, answer);
    return answer;
  }

  void load_heap() {
    std::string path = arguments_.heap;
    if (wire_.modern() && path.starts_with('@')) {
      path = "/dev/fd/" + path.substr(1, path.find(':') - 1);
    }
    std::ifstream heap(path);
    std::string fake;
    std::string word;
    if (!(heap >> fake >> word >> delivered_) || fake != "fake" || word != "heap") {
      std::fprintf(stderr, "cannot read snapshot %s: Invalid argument\n", path.c_str());
      std::exit(kIoError);
    }
  }

  void write_heap(const std::string& target) {
    Answer answer = enter("snapshot", {});
    const std::string heap = answer.heap.value_or("fake heap " + std::to_string(delivered_) + "\n");
    const int fd = target.starts_with('@') ? ::dup(std::atoi(target.c_str() + 1))
                                           : ::open(target.c_str(), O_WRONLY | O_CREAT, 0600);
    do {
      for (size_t done = 0; done < heap.size();) {
        const ssize_t put = ::write(fd, heap.data() + done, heap.size() - done);
        if (put < 0) std::exit(kIoError);
        done += static_cast<size_t>(put);
      }
    } while (answer.heap_flood);
    ::close(fd);
    heap_written_ = true;
    const uint64_t size = answer.announce.value_or(heap.size());
    if (!answer.sent) wire_.write_answer(0, wire_.modern() ? std::to_string(size) : "");
  }

  const Script& script_;
  const Arguments& arguments_;
  Wire wire_;
  bool heap_written_ = false;
  Context context_;
  size_t evaluations_ = 0;
  size_t delivered_ = 0;
};

}  // namespace
}  // namespace fake_worker

int main(int argc, char** argv) {
  using namespace fake_worker;
  const std::string own = argv[0];
  const size_t slash = own.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : own.substr(0, slash);
  const Script script = read_script(directory + "/script.jsonl");
  const Arguments arguments = read_arguments(argc, argv);
  Worker worker(argc, argv, script, arguments);
  if (!arguments.version) return worker.run();
  if (!script.moments.contains("version")) std::printf("%s\n", script.version.c_str());
  worker.enter("version", {});
  return 0;
}
