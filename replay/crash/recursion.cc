#include "replay/crash/recursion.h"

#include <algorithm>
#include <unordered_map>

#include "replay/crash/frame_name.h"

namespace recrank {

std::vector<Recursion> recursions_of(std::span<const uint64_t> functions) {
  std::unordered_map<uint64_t, size_t> last;
  for (size_t i = 0; i < functions.size(); ++i) last[functions[i]] = i;
  std::vector<Recursion> found;
  for (size_t begin = 0; begin < functions.size();) {
    // What stands between two frames of one function belongs to the round, and so does what stands
    // between two of theirs.
    size_t end = begin;
    for (size_t i = begin; i <= end; ++i) end = std::max(end, last[functions[i]]);
    if (end > begin) found.push_back({begin, end + 1});
    begin = end + 1;
  }
  return found;
}

std::vector<Recursion> recursions_of(std::span<const std::string> names) {
  std::unordered_map<std::string_view, uint64_t> known;
  std::vector<uint64_t> functions;
  functions.reserve(names.size());
  for (const std::string& name : names) {
    functions.push_back(known.emplace(name, known.size()).first->second);
  }
  return recursions_of(std::span<const uint64_t>(functions));
}

std::vector<Recursion> recursions_of(std::span<const Frame> frames) {
  std::vector<std::string> names(frames.size());
  std::transform(frames.begin(), frames.end(), names.begin(), frame_name);
  return recursions_of(std::span<const std::string>(names));
}

}  // namespace recrank
