#include "snapshot/agoric/slog/slog_marks.h"

#include <algorithm>

namespace recrank::agoric {
namespace {

// Seven bits in a byte, the lowest first; the highest bit says that another byte follows.
void append_varint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  bytes += static_cast<char>(value);
}

uint64_t read_varint(const std::string& bytes, size_t& at) {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
}

}  // namespace

// Goes through one group.
class SlogMarks::Walk {
 public:
  Walk(const SlogMarks& marks, size_t group)
      : bytes_(marks.others_),
        mark_(marks.groups_[group].first),
        at_(marks.groups_[group].others),
        end_(group + 1 < marks.groups_.size() ? marks.groups_[group + 1].others
                                              : marks.others_.size()) {}

  [[nodiscard]] const SlogMark& mark() const { return mark_; }
  // Where the differences of the next mark stand.
  [[nodiscard]] size_t at() const { return at_; }
  bool next() {
    if (at_ == end_) return false;
    mark_.number += read_varint(bytes_, at_);
    mark_.place.offset += read_varint(bytes_, at_);
    mark_.place.line += read_varint(bytes_, at_);
    return true;
  }

 private:
  const std::string& bytes_;
  SlogMark mark_;
  size_t at_;
  size_t end_;
};

void SlogMarks::add(const SlogMark& mark) {
  if (groups_.empty() || in_last_group_ == kGroup) {
    groups_.push_back({mark, others_.size()});
    in_last_group_ = 0;
  } else {
    append_varint(others_, mark.number - last_.number);
    append_varint(others_, mark.place.offset - last_.place.offset);
    append_varint(others_, mark.place.line - last_.place.line);
  }
  last_ = mark;
  ++in_last_group_;
}

void SlogMarks::drop_from(uint64_t number) {
  while (!groups_.empty() && groups_.back().first.number >= number) {
    others_.resize(groups_.back().others);
    groups_.pop_back();
  }
  in_last_group_ = 0;
  if (groups_.empty()) return;
  Walk walk(*this, groups_.size() - 1);
  size_t end = 0;
  do {
    last_ = walk.mark();
    end = walk.at();
    ++in_last_group_;
  } while (walk.next() && walk.mark().number < number);
  others_.resize(end);
}

std::optional<SlogMark> SlogMarks::last_until(uint64_t number) const {
  if (groups_.empty()) return std::nullopt;
  const auto behind =
      std::upper_bound(groups_.begin(), groups_.end(), number,
                       [](uint64_t n, const Group& g) { return n < g.first.number; });
  if (behind == groups_.begin()) return groups_.front().first;
  Walk walk(*this, static_cast<size_t>(behind - groups_.begin()) - 1);
  SlogMark found = walk.mark();
  while (walk.next() && walk.mark().number <= number) found = walk.mark();
  return found;
}

std::optional<SlogMark> SlogMarks::at_offset(uint64_t offset) const {
  const auto behind =
      std::upper_bound(groups_.begin(), groups_.end(), offset,
                       [](uint64_t o, const Group& g) { return o < g.first.place.offset; });
  if (behind == groups_.begin()) return std::nullopt;
  Walk walk(*this, static_cast<size_t>(behind - groups_.begin()) - 1);
  while (walk.mark().place.offset < offset) {
    if (!walk.next()) return std::nullopt;
  }
  return walk.mark().place.offset == offset ? std::optional(walk.mark()) : std::nullopt;
}

}  // namespace recrank::agoric
