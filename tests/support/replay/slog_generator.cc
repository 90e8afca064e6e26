#include "tests/support/replay/slog_generator.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

#include "base/json_cursor.h"

namespace recrank {
namespace {

constexpr uint64_t kCranksPerBlock = 20;
constexpr uint64_t kDeliveriesPerHeap = 50;
constexpr uint64_t kCallsMax = 12;

class SlogGenerator {
 public:
  SlogGenerator(const std::filesystem::path& file, const SlogHistory& history)
      : out_(file, std::ios::binary), history_(history), log_(history.dialect), rng_(history.seed) {
    log_.long_kernel_side = true;
  }

  WrittenSlog run() {
    begin_process();
    for (uint64_t height = 1; written_.bytes < history_.bytes; ++height) {
      log_.block(height);
      for (uint64_t i = 0; i < kCranksPerBlock; ++i) deliver(choose_vat());
      flush();
    }
    return written_;
  }

 private:
  [[nodiscard]] bool late() const { return history_.dialect == SlogText::kOf2024; }

  uint64_t below(uint64_t limit) { return rng_() % limit; }

  std::string choose_vat() {
    const uint64_t busy = std::max<uint64_t>(history_.vats / 4, 1);
    return "v" + std::to_string(1 + below(below(2) == 0 ? busy : history_.vats));
  }

  void begin_process() {
    log_.process();
    for (size_t i = 1; i <= history_.vats; ++i) {
      const std::string vat = "v" + std::to_string(i);
      log_.create(vat, "vat-" + vat);
      if (late()) {
        log_.start_vat(vat);
        next_step_[vat] = 2;  // behind initialize-worker and startVat
        ++written_.deliveries;
      } else {
        log_.replay(vat, 0);
      }
    }
    flush();
  }

  // What a vat says: capdata, longer now and then.
  std::string capdata() {
    std::string body = "#{";
    for (uint64_t left = 1 + below(below(8) == 0 ? 30 : 3); left > 0; --left) {
      body += "\\\"brand" + std::to_string(below(100)) + "\\\":\\\"$0.Alleged: purse\\\",";
    }
    return "{\"body\":\"" + body + "\\\"value\\\":\\\"+" + std::to_string(rng_()) +
           "\\\"}\",\"slots\":[\"o-" + std::to_string(below(1000)) + "\",\"o+d10/" +
           std::to_string(below(1000)) + "\"]}";
  }

  bool twists(RecordedField field) {
    if (!twisting_ || history_.twist->field != field) return false;
    written_.twisted = true;
    return true;
  }

  void call(bool first) {
    const std::string key = "vc." + std::to_string(below(50)) + ".r" + std::to_string(below(5000));
    const std::string data = capdata();
    const bool reads = below(3) == 0;
    const std::string vsc = reads ? "[\"vatstoreGet\",\"" + key + "\"]"
                                  : "[\"vatstoreSet\",\"" + key + "\"," + json_quote(data) + "]";
    const std::string vsr = "[\"ok\"," + (reads ? json_quote(data) : "null") + "]";
    if (first && twists(RecordedField::kSyscallMissing)) return;
    if (first && twists(RecordedField::kSyscallExtra)) log_.call("[\"twisted\"]", "[\"ok\",null]");
    log_.call(first && twists(RecordedField::kSyscallWrong) ? "[\"twisted\"]" : vsc,
              first && twists(RecordedField::kAnswer) ? "[\"ok\",\"twisted\"]" : vsr);
  }

  void deliver(const std::string& vat) {
    const uint64_t step = next_step_[vat]++;
    twisting_ = history_.twist && history_.twist->vat == vat && history_.twist->step == step;
    const std::string method = twists(RecordedField::kDelivery) ? "twisted" : "deposit";
    log_.begin(vat, "[\"message\",\"o+" + std::to_string(below(100)) +
                        "\",{\"methargs\":" + capdata() + ",\"result\":\"p-" +
                        std::to_string(step) + "\",\"method\":\"" + method + "\"}]");
    for (uint64_t calls = 1 + below(kCallsMax), i = 0; i < calls; ++i) call(i == 0);
    const uint64_t computrons = 10'000 + below(1'000'000);
    log_.end("[\"ok\",null,{\"meterType\":\"xs-meter-30\",\"allocate\":42074144,\"compute\":" +
             std::to_string(computrons + (twists(RecordedField::kComputrons) ? 1 : 0)) +
             ",\"currentHeapCount\":" + std::to_string(below(1'000'000)) + "}]");
    ++written_.deliveries;
    if (late() && step % kDeliveriesPerHeap == 0) {
      log_.save(vat, std::to_string(1'000'000 + step));
      next_step_[vat] += 2;
    }
  }

  void flush() {
    out_ << log_.text;
    written_.bytes += log_.text.size();
    log_.text.clear();
  }

  std::ofstream out_;
  const SlogHistory& history_;
  SlogText log_;
  std::mt19937_64 rng_;
  std::map<std::string, uint64_t> next_step_;
  bool twisting_ = false;
  WrittenSlog written_;
};

}  // namespace

WrittenSlog write_slog(const std::filesystem::path& file, const SlogHistory& history) {
  return SlogGenerator(file, history).run();
}

}  // namespace recrank
