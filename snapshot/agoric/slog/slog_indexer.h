// The reading pass that makes a SlogIndex.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/agoric/slog/slog_index.h"
#include "snapshot/agoric/slog/slog_line.h"

namespace recrank::agoric {

// Takes the records of a slog in the order of the file. Keeps a few words per vat besides the
// index. Belongs to one thread.
class SlogIndexer {
 public:
  explicit SlogIndexer(const SlogFile& file) : file_(file) {}
  [[nodiscard]] SlogIndex run();

 private:
  struct Create {
    LinePlace place;
    std::string bundle_id;
  };
  // Steps of cranks from `crank` on that stand before `before` were lost, but not yet found.
  struct Doubt {
    uint64_t crank = 0;
    uint64_t before = 0;
    uint64_t damaged = 0;  // lines, when the cranks were lost
  };
  struct State {
    SlogVat vat;
    bool created = false;
    std::optional<Create> fresh_create;  // nothing was delivered since
    std::optional<Create> last_create;
    std::optional<uint64_t> first_crank;  // of the deliveries that stand
    uint64_t last_crank = 0;
    uint64_t terminate_crank = 0;
    std::optional<uint64_t> created_process;   // the last process that logged a create-vat
    uint64_t loaded_process = 0;               // the process that last made a worker for it
    std::optional<uint64_t> replayed;          // deliveries that it was shown again in …
    uint64_t replayed_process = 0;             // … this process
    std::optional<uint64_t> numbered_process;  // the process whose first number is settled
    bool number_unknown = false;
    uint64_t damaged_at_create = 0;  // lines, when it was last logged
    // The process that may have counted its first deliveries from 0 behind others.
    std::optional<uint64_t> unnumbered_process;
    std::optional<Doubt> doubt;
    std::optional<uint64_t> failed;      // the number of the last step, if it failed
    std::optional<RecordedEnd> failure;  // the last failed step, kept or not
    std::optional<RecordedEnd> end;      // counts only while the vat's state is kTerminated
    std::vector<MissingSteps> parts;     // of deliveries, which may be made again later
    uint64_t takebacks = 0;              // inside a process
    uint64_t first_takeback_line = 0;
  };
  // A delivery whose end was not met yet.
  struct Open {
    State* state = nullptr;
    uint64_t crank = 0;
    uint64_t delivery = 0;
    uint64_t number = 0;
    LinePlace place;
    bool starts_vat = false;
  };
  // 2021: a call that asks for a new vat; its answer names it.
  struct Asked {
    uint64_t crank = 0;
    LinePlace place;
  };

  void take_line(const Line& line);
  void take_record(std::string_view text, LinePlace place);
  void dispatch(const SlogHead& head, std::string_view text, LinePlace place);
  void damaged(std::string_view bytes, LinePlace place, const Line& line);
  void note(std::string text);
  State& state_of(std::string_view vat_id);

  void process_starts(LinePlace place);
  void infer_process_start(const State& state, LinePlace place);
  void see_crank(uint64_t crank, LinePlace place);
  void see_block(const SlogHead& head);
  void note_block(LinePlace place);
  void lose_cranks(uint64_t from, LinePlace place, bool restarted);
  void settle_doubt(State& state);
  void take_back_from(State& state, uint64_t number, LinePlace place);
  [[nodiscard]] std::optional<uint64_t> crank_at(LinePlace place) const;
  void presume_terminated();

  void create_vat(const SlogHead& head, LinePlace place);
  void start_replay(const SlogHead& head, LinePlace place);
  void deliver(const SlogHead& head, std::string_view text, LinePlace place);
  void end_unnumbered(State& state);
  void settle_numbering(State& state, uint64_t delivery, LinePlace place);
  void conclude_numbering(State& state);
  void deliver_result(const SlogHead& head, std::string_view text, LinePlace place);
  void finish(const Open& delivery, bool failed);
  void see_next_step(State& state, uint64_t number) const;
  void note_incarnation(State& state, bool starts_vat, uint64_t first);
  void abandon_open(const char* why, LinePlace place, bool lost);
  void see_orphan(const SlogHead& head, LinePlace place);
  static void keep_part(State& state, uint64_t number, std::string why, std::string lost_at);
  static void list_missing(State& state);
  void syscall(const SlogHead& head, std::string_view text, LinePlace place);
  void device_call(const SlogHead& head, std::string_view vsc, LinePlace place);
  void syscall_result(const SlogHead& head, std::string_view text);
  void crank_message(const SlogHead& head, std::string_view text);
  void heap_snapshot(const SlogHead& head, LinePlace place);
  void terminate(const SlogHead& head, std::string_view text);
  void end_of(State& state, std::string cause);
  void failed_step(State& state, const Open& delivery, std::string_view text);
  void list_ends();
  void conclude();

  const SlogFile& file_;
  SlogIndex index_;
  std::map<std::string, State, std::less<>> states_;
  std::vector<SlogPiece> pieces_;
  std::optional<Open> open_;
  std::optional<Asked> asked_;
  std::optional<uint64_t> last_crank_;
  std::optional<uint64_t> block_;         // in which the chain is
  std::optional<LinePlace> new_process_;  // no crank of it was seen yet
  uint64_t presumed_process_ = 0;         // the last one that presume_terminated() looked at
  uint64_t process_ = 0;                  // starts of a kernel seen; 0: the log began inside one
  bool counts_anew_ = false;              // deliveryNum begins at 0 in every process
  bool counts_on_ = false;                // it was seen to go on in a new process
  uint64_t lines_ = 0;
  uint64_t records_ = 0;  // of the types that are known
  uint64_t deliveries_ = 0;
  uint64_t damaged_ = 0;
  std::string unnumbered_;  // the vats whose numbers may be too low
  uint64_t orphans_ = 0;
  uint64_t notes_left_out_ = 0;
};

}  // namespace recrank::agoric
