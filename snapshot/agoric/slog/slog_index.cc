// Format: docs/formats/slog.md
#include "snapshot/agoric/slog/slog_index.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace recrank::agoric {

std::optional<uint64_t> block_at(const SlogIndex& index, uint64_t offset) {
  const auto& blocks = index.blocks;
  const auto behind =
      std::upper_bound(blocks.begin(), blocks.end(), offset,
                       [](uint64_t at, const SlogBlock& b) { return at < b.offset; });
  return behind == blocks.begin() ? std::nullopt : std::prev(behind)->height;
}

uint64_t SlogVat::number_of(uint64_t delivery_num, uint64_t offset) const {
  const auto behind = std::upper_bound(bases_.begin(), bases_.end(), offset,
                                       [](uint64_t at, const Base& b) { return at < b.from; });
  return behind == bases_.begin() ? delivery_num : std::prev(behind)->base + delivery_num;
}

bool SlogVat::taken_back(uint64_t number, uint64_t offset) const {
  // Of the cuts made behind `offset` the first one reaches deepest (see take_back).
  const auto cut = std::upper_bound(cuts_.begin(), cuts_.end(), offset,
                                    [](uint64_t at, const Cut& c) { return at < c.before; });
  return cut != cuts_.end() && number >= cut->number;
}

size_t SlogVat::incarnation_of(uint64_t step) const {
  size_t found = 0;
  for (size_t i = 0; i < incarnations.size(); ++i) {
    if (incarnations[i].first_step <= step) found = i;
  }
  return found;
}

void SlogVat::set_base(uint64_t offset, uint64_t base) {
  const uint64_t current = bases_.empty() ? 0 : bases_.back().base;
  if (base != current) bases_.push_back({offset, base});
}

void SlogVat::hold(uint64_t first, uint64_t last) {
  if (!held.empty() && held.back().end == first) {
    held.back().end = last + 1;
    return;
  }
  if (held.size() >= kHeldRangesMax) {
    throw Error(ErrorCode::kInvalidData, id + ": the delivery numbers have more than " +
                                             std::to_string(kHeldRangesMax) + " gaps");
  }
  held.push_back({first, last + 1});
}

void SlogVat::add(uint64_t first, uint64_t last, LinePlace place) {
  hold(first, last);
  next_ = last + 1;
  marks_.add({first, place});
}

void SlogVat::add_snapshot(uint64_t position, std::string_view sha256, uint64_t size_bytes) {
  SlogSnapshot snapshot{.position = position, .sha256 = {}, .size_bytes = size_bytes};
  if (sha256.size() == snapshot.sha256.size()) {
    std::copy(sha256.begin(), sha256.end(), snapshot.sha256.begin());
    snapshots.push_back(snapshot);
  }
  hold(position, position + 1);  // the kernel adds "save-snapshot" and "load-snapshot" together
  next_ = position + 2;
}

void SlogVat::take_back(uint64_t number, uint64_t offset) {
  while (!cuts_.empty() && cuts_.back().number >= number) cuts_.pop_back();
  cuts_.push_back({number, offset});
  while (!held.empty() && held.back().begin >= number) held.pop_back();
  if (!held.empty()) held.back().end = std::min(held.back().end, number);
  marks_.drop_from(number);
  while (!snapshots.empty() && snapshots.back().position >= number) snapshots.pop_back();
  while (!committed_errors.empty() && committed_errors.back() >= number) {
    committed_errors.pop_back();
  }
  while (!incarnations.empty() && incarnations.back().first_step >= number) {
    incarnations.pop_back();
  }
  next_ = std::min(next_, number);
}

}  // namespace recrank::agoric
