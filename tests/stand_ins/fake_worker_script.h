// The script of a fake worker: what it does, line by line.
//
// script.jsonl lies in the directory of the fake worker (that of argv[0]). One JSON object per
// line, empty lines and lines that begin with // do not count.
//
//   {"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"}      optional, the first line
//   {"calls":[["vatstoreGet","k"],["send","o-1",{}]],"result":["ok",null,null],"computrons":18522}
//   {"on":"snapshot","do":[{"announce":7}]}
//
// A line without "on" is the next delivery; deliveries behind the last line are answered with
// ["ok",null,null] and 1 computron. "on" names another moment, whose first line counts: version,
// start, ready, lockdown, supervisor, setBundle, load (the 2021 worker's first command after a
// heap), snapshot, exit (the commands were closed).
//
// {"on":"delivery","has":"TEXT","calls":[…],"do":[…]} adds to every delivery that contains TEXT,
// whichever line it has, in the order of these lines.
//
//   "calls"       system calls, made in order before the answer
//   "answers"     what they must be answered with, else the worker ends with status 2
//   "result"      the answer; any JSON          "computrons"  in its meter
//   "expect"      the whole command that must come (a string), else status 2
//   "do"          acts, made in order between the calls and the answer; see fake_worker_acts.h
//
// A heap snapshot of the fake worker is "fake heap N\n", where N is the number of deliveries done;
// one that is started from it goes on with delivery N. Computrons above -l end it with status 17,
// unless "unnoticed" is true: a worker looks at its meter now and then only.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fake_worker {

using Json = nlohmann::ordered_json;

struct Script {
  bool modern = true;  // xsnap-2024
  std::string version = "xsnap 0.15.0 (XS 13.3.0)";
  std::vector<Json> deliveries;
  std::vector<Json> additions;  // on "delivery"
  std::map<std::string, Json> moments;
};

// An empty script when there is no such file; ends the process with status 3 when it is wrong.
Script read_script(const std::string& path);

}  // namespace fake_worker
