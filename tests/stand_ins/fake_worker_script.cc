#include "tests/stand_ins/fake_worker_script.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace fake_worker {

Script read_script(const std::string& path) {
  Script script;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.starts_with("//")) continue;
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) {
      std::fprintf(stderr, "fake_worker: not an object: %s\n", line.c_str());
      std::exit(3);
    }
    if (json.contains("dialect") || json.contains("version")) {
      script.modern = json.value("dialect", "xsnap-2024") == "xsnap-2024";
      script.version =
          json.value("version", script.modern ? script.version : "xsnap 0.6.2 (XS 10.6.2)");
    } else if (json.value("on", "") == "delivery") {
      script.additions.push_back(json);
    } else if (json.contains("on")) {
      script.moments.emplace(json["on"].get<std::string>(), json);
    } else {
      script.deliveries.push_back(json);
    }
  }
  return script;
}

}  // namespace fake_worker
