// Where each delivery of one vat stands in its log, in few bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/io/line_reader.h"

namespace recrank::agoric {

struct SlogMark {
  uint64_t number = 0;  // the first step that the delivery at `place` yields
  LinePlace place;
};

// Marks in the order of their numbers, which is that of their places. The first of every kGroup is
// kept as it is, the others as differences to the one before: some 7 bytes for each, where the log
// holds a kilobyte or more. Finding one walks through its group.
class SlogMarks {
 public:
  static constexpr uint64_t kGroup = 32;

  [[nodiscard]] bool empty() const { return groups_.empty(); }
  // Behind all others in number and place.
  void add(const SlogMark& mark);
  // Those with this number or a higher one.
  void drop_from(uint64_t number);

  // The last one at or before `number`, else the first one; nullopt when there is none.
  [[nodiscard]] std::optional<SlogMark> last_until(uint64_t number) const;
  // The one whose record stands exactly at `offset`.
  [[nodiscard]] std::optional<SlogMark> at_offset(uint64_t offset) const;
  // The first mark of every group, for searches that need no better.
  [[nodiscard]] size_t group_count() const { return groups_.size(); }
  [[nodiscard]] const SlogMark& group_first(size_t group) const { return groups_[group].first; }

 private:
  struct Group {
    SlogMark first;
    size_t others = 0;  // where the differences begin in others_
  };
  class Walk;

  std::vector<Group> groups_;
  std::string others_;  // for each mark: the differences of number, offset and line, as varints
  SlogMark last_;
  uint64_t in_last_group_ = 0;
};

}  // namespace recrank::agoric
