#include "replay/judge/divergence_list.h"

#include <algorithm>

namespace recrank {
namespace {

std::string cut(std::string_view text, size_t begin) {
  if (text.size() <= kDivergenceValueBytesMax) return std::string(text);
  begin = std::min(begin, text.size());
  const std::string_view kept = text.substr(begin, kDivergenceValueBytesMax);
  std::string out = begin > 0 ? "… (" + std::to_string(begin) + " bytes) " : "";
  out += kept;
  const size_t left = text.size() - begin - kept.size();
  if (left > 0) out += " … (" + std::to_string(left) + " bytes)";
  return out;
}

}  // namespace

void cut_around_difference(std::string_view a, std::string_view b, std::string& a_cut,
                           std::string& b_cut) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto at = static_cast<size_t>(differ.first - a.begin());
  // Show what leads up to the difference, too.
  const size_t begin = at < kDivergenceValueBytesMax / 2 ? 0 : at - kDivergenceValueBytesMax / 2;
  a_cut = cut(a, begin);
  b_cut = cut(b, begin);
}

void DivergenceList::add(uint64_t step, Field field, std::optional<uint64_t> index,
                         std::string_view expected, std::string_view got, std::string_view fact) {
  ++count_;
  if (listed_.size() >= kDivergencesMax) return;
  Divergence& found = listed_.emplace_back();
  found.step = step;
  found.field = field;
  found.index = index;
  found.fact = fact;
  cut_around_difference(expected, got, found.expected, found.got);
  const bool of_one_kind = field != Field::kSyscallExtra && field != Field::kSyscallMissing;
  if (of_one_kind && count_ <= kDifferencesMax) {
    found.difference = find_difference(expected, got, inner_);
  }
}

void DivergenceList::append(const std::vector<Divergence>& listed, uint64_t count) {
  count_ += count;
  for (const Divergence& found : listed) {
    if (listed_.size() < kDivergencesMax) listed_.push_back(found);
  }
}

}  // namespace recrank
