// Format: docs/formats/slog.md ("Deliveries")
#include "snapshot/agoric/slog/slog_delivery.h"

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::agoric {
namespace {

// With 502 time stamps it has 10 kB; what is longer is not a meter's.
constexpr size_t kMeterBytesMax = 64 << 10;

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::kInvalidData, what); }

// The member `name` of a record, raw. Reads the whole record, so that damage behind it shows.
std::string_view member(std::string_view record, std::string_view name) {
  JsonCursor cursor(record);
  std::string_view found;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    const std::string_view raw = cursor.raw_value();
    if (*key == name) found = raw;
  }
  cursor.expect_end();
  if (found.empty()) fail("the record has no \"" + std::string(name) + "\"");
  if (found.front() != '[') fail("\"" + std::string(name) + "\" is not an array");
  return found;
}

// The meter's usage: {"meterType":"xs-meter-6","compute":126961,…}, or null.
std::optional<uint64_t> computrons_in(JsonCursor& usage) {
  std::optional<uint64_t> computrons;
  if (usage.peek_kind() != '{') {
    usage.skip_value();
    return computrons;
  }
  usage.enter_object();
  while (const auto key = usage.next_key()) {
    if (*key == "compute" && usage.peek_kind() == '0') computrons = usage.uint_value();
    else usage.skip_value();
  }
  return computrons;
}

}  // namespace

void SlogDelivery::begin(const SlogHead& head, std::string_view record, Step& step) {
  calls_.clear();
  crank_ = head.crank;
  const std::string_view raw = member(record, "vd");
  delivery_ = {step.text.size(), raw.size()};
  step.text += raw;
}

void SlogDelivery::check_crank(const SlogHead& head) const {
  if (head.crank != crank_) fail("a record of another crank stands inside the delivery");
}

void SlogDelivery::syscall(const SlogHead& head, std::string_view record, Step& step) {
  check_crank(head);
  // syscallNum counts from 0 in each delivery, in all eras.
  if (head.syscall && *head.syscall != calls_.size()) {
    fail("system call " + std::to_string(*head.syscall) + " follows " +
         std::to_string(calls_.size()) + " others: records are missing");
  }
  const std::string_view raw = member(record, "vsc");
  calls_.push_back({{step.text.size(), raw.size()}, std::nullopt});
  step.text += raw;
}

void SlogDelivery::syscall_result(const SlogHead& head, std::string_view record, Step& step) {
  check_crank(head);
  const bool fits = !calls_.empty() && !calls_.back().answer &&
                    (!head.syscall || *head.syscall == calls_.size() - 1);
  if (!fits) fail("the answer to a system call stands without the call");
  const std::string_view raw = member(record, "vsr");
  calls_.back().answer = Slice{step.text.size(), raw.size()};
  step.text += raw;
}

void SlogDelivery::end(const SlogHead& head, std::string_view record, Step& step) {
  check_crank(head);
  Slice meter;
  JsonCursor result(member(record, "dr"));
  result.enter_array();
  if (!result.next_element()) fail("\"dr\" is empty");
  step.status = result.string_value() == "ok" ? RecordedStatus::kOk : RecordedStatus::kFailed;
  if (result.next_element()) {
    const bool is_text = result.peek_kind() == '"';
    const std::string_view raw = result.raw_value();
    if (step.status == RecordedStatus::kFailed) {
      step.failure_text = is_text ? json_unescape(raw) : std::string(raw);
    }
    if (result.next_element()) {
      const std::string_view usage = result.raw_value();
      JsonCursor cursor(usage);
      step.computrons = computrons_in(cursor);
      if (usage.front() == '{' && usage.size() <= kMeterBytesMax) {
        meter = {step.text.size(), usage.size()};
        step.text += usage;
      }
    }
  }
  const std::string_view text = step.text;
  step.delivery = text.substr(delivery_.at, delivery_.size);
  step.recorded_meter = text.substr(meter.at, meter.size);
  for (const Call& call : calls_) {
    if (!call.answer) fail("a system call has no answer: records are missing");
    step.calls.push_back({text.substr(call.call.at, call.call.size),
                          text.substr(call.answer->at, call.answer->size)});
  }
}

}  // namespace recrank::agoric
