// A vat's own key-value store, as a kernel would answer for it: vatstoreGet, vatstoreSet,
// vatstoreDelete, vatstoreGetNextKey.
//
// Nobody but the vat writes into its store, so from its first delivery on every answer follows from
// the calls. Behind a checkpoint whose history is not held only a part of the store is known: what
// recorded answers prove. Then a question has an answer only where it is proven; "unknown" is never
// guessed.
//
// Facts, all about one moment:
//   entries    key -> its value, or that it is absent, or that it is there with a value unknown, or
//              that it reads as null (absent or empty), or that nothing is known of it
//   gaps       (a, b): every key k with a < k < b that has no entry is absent; b may be the end
// A store that is wholly known is one gap from "" to the end (and an entry for "").
//
// Keys are ordered by their UTF-8 bytes, as the kernel's SQLite orders them. vatstoreGetAfter,
// which kernels between both eras had with two meanings, is not modelled. Format of the calls:
// docs/formats/swingset-2024.md. One thread at a time; copies are independent.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recrank::agoric {

// One system call on the store. `key` of vatstoreGetNextKey is the key before.
struct VatstoreCall {
  enum class Verb { kGet, kSet, kDelete, kNextKey };
  Verb verb = Verb::kGet;
  std::string key;
  std::string value;  // of kSet
};

// nullopt for a call that is none of these four, or is not formed as they are.
[[nodiscard]] std::optional<VatstoreCall> parse_vatstore_call(std::string_view call);

class VatstoreModel {
 public:
  // Bytes of keys and values that a model may hold; more throws kUnsupported.
  static constexpr size_t kBytesMax = size_t{1} << 30;

  // Nothing is known.
  VatstoreModel() = default;
  // The store of a vat that has not run yet.
  [[nodiscard]] static VatstoreModel empty_store();

  // The answer as it goes over the wire, ["ok","value"], and the change that the call makes.
  // nullopt: what is known does not tell; nothing is changed.
  [[nodiscard]] std::optional<std::string> apply(const VatstoreCall& call);

  // What was written since the last commit() can be taken back: a kernel takes back the writes of a
  // delivery that failed.
  void commit() { undo_.clear(); }
  void roll_back();

  [[nodiscard]] bool knows_all() const;
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  friend class VatstoreLearner;

  enum class State { kAbsent, kValue, kPresent, kNull, kUnknown };
  struct Entry {
    State state = State::kUnknown;
    std::string value;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  [[nodiscard]] static bool is_there(State state);
  [[nodiscard]] Entry look_up(const std::string& key) const;
  [[nodiscard]] bool in_gap(const std::string& key) const;
  [[nodiscard]] std::optional<std::string> get(const std::string& key) const;
  [[nodiscard]] std::optional<std::string> next_key(const std::string& prior) const;
  void write(const std::string& key, Entry entry);
  void put(const std::string& key, std::optional<Entry> entry);
  void add_gap(const std::string& from, const std::optional<std::string>& to);

  Entries entries_;
  std::map<std::string, std::optional<std::string>> gaps_;  // from -> to; nullopt: the end
  std::vector<std::pair<std::string, std::optional<Entry>>> undo_;
  size_t bytes_ = 0;
};

// Learns, from recorded calls and their answers in order, what the store was at the beginning. An
// answer proves something about the beginning as long as the vat had not written there before.
class VatstoreLearner {
 public:
  // `begin`: what is known about the beginning already.
  explicit VatstoreLearner(VatstoreModel begin) : begin_(std::move(begin)), now_(begin_) {}

  // The next recorded call. False: the answer contradicts what is known (`contradiction`), so that
  // this is not the store of one vat, or not by these rules.
  [[nodiscard]] bool learn(const VatstoreCall& call, std::string_view answer);
  // The recorded delivery is over, and its writes stay or are taken back.
  void end_delivery(bool stays) { stays ? now_.commit() : now_.roll_back(); }

  [[nodiscard]] const VatstoreModel& begin() const { return begin_; }
  [[nodiscard]] const VatstoreModel& now() const { return now_; }
  [[nodiscard]] const std::string& contradiction() const { return contradiction_; }

 private:
  void learn_value(const std::string& key, const std::optional<std::string>& value);
  void learn_next(const std::string& prior, const std::optional<std::string>& next);
  void touch(const std::string& key);

  VatstoreModel begin_;
  VatstoreModel now_;
  std::string contradiction_;
};

}  // namespace recrank::agoric
