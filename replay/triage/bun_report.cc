#include "replay/triage/bun_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "replay/crash/crash_report.h"
#include "replay/crash/steady_words.h"

namespace recrank {
namespace {

constexpr size_t kReportWordBytesMax = 60;
constexpr size_t kProgramBytesMax = 200;
constexpr size_t kFramesMax = 64;
constexpr size_t kFramesTold = 3;  // as in replay/crash/signature.cc
constexpr uint64_t kNearBytes = 64 << 10;
// Where Bun's image begins to be loaded in its own count; what lies before is of other images.
constexpr uint64_t kImageBase = 0x200000;

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// The next number: six bits to a letter, the sixth saying that more follow, the lowest of all being
// the sign, as in source maps.
std::optional<uint64_t> take_number(std::string_view& code) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr unsigned kBitsMax = 35;
  uint64_t value = 0;
  for (unsigned shift = 0; shift <= kBitsMax && !code.empty(); shift += 5) {
    const size_t digit = kLetters.find(code.front());
    if (digit == std::string_view::npos) return std::nullopt;
    code.remove_prefix(1);
    value |= (digit & 31) << shift;
    if ((digit & 32) == 0) return value >> 1;
  }
  return std::nullopt;
}

constexpr size_t kHeadBytes = 10;  // of an address: system, command, form, digits of the commit
constexpr size_t kCommitDigits = 7;

// Behind "/1.3.13/la1bf2e2ce".
std::optional<std::string_view> code_of(std::string_view line) {
  const size_t end = line.find_last_not_of(" \t\r");
  if (end == std::string_view::npos) return std::nullopt;
  line = line.substr(0, end + 1);
  const size_t slash = line.rfind("/l");  // Linux; a '/' may be within the code as well
  for (size_t at = line.find("/l"); at != std::string_view::npos; at = line.find("/l", at + 1)) {
    const std::string_view code = line.substr(at + 1);
    const bool version = at > 0 && is_digit(line[at - 1]);
    if (version && code.size() > kHeadBytes && code[2] == '1' &&
        std::all_of(code.begin() + 3, code.begin() + kHeadBytes, is_hex)) {
      return code.substr(kHeadBytes);
    }
    if (at == slash) break;
  }
  return std::nullopt;
}

std::string signal_of(std::string_view what) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames{{
      {"Segmentation fault", "SIGSEGV"},
      {"Illegal instruction", "SIGILL"},
      {"Bus error", "SIGBUS"},
      {"Floating point error", "SIGFPE"},
  }};
  for (const auto& [words, name] : kNames) {
    if (what == words) return std::string(name);
  }
  return "";
}

std::string address_words(const BunReport& report) {
  if (!report.address) return "not-given";
  if (*report.address == 0) return "null";
  if (*report.address < kNearBytes) return "near-null";
  if (*report.address >= UINT64_MAX - kNearBytes + 1) return "near-minus-one";
  return "wild";
}

}  // namespace

std::optional<std::vector<uint64_t>> bun_report_frames(std::string_view line) {
  auto code = code_of(line);
  if (!code || !take_number(*code) || !take_number(*code)) return std::nullopt;
  std::vector<uint64_t> frames;
  for (bool handler = true; !code->empty() && frames.size() < kFramesMax;) {
    if (code->front() == '_') {  // not in any image: made at run time
      code->remove_prefix(1);
      continue;
    }
    const auto frame = take_number(*code);
    if (!frame) return std::nullopt;
    if (*frame == 0) return frames;
    if (!std::exchange(handler, false) && *frame >= kImageBase) {
      frames.push_back(*frame - kImageBase + 1);
    }
  }
  return std::nullopt;  // cut off
}

bool BunReportReader::take(std::string_view line) {
  if (take_banner(line)) return true;
  // Where its first lines are lost; "panic: " alone is also how others begin.
  if (!open_ && !(line.starts_with("panic(") && take_panic(line))) return false;
  open_ = true;
  if (take_panic(line) || take_address(line)) return true;
  constexpr std::string_view kArgs = "Args: \"";
  if (line.starts_with(kArgs)) {
    line.remove_prefix(kArgs.size());
    report_.program = printable(line.substr(0, line.find('"')), kProgramBytesMax);
    return true;
  }
  constexpr std::array<std::string_view, 10> kOthers{"Features: ",
                                                     "Builtins: ",
                                                     "Elapsed: ",
                                                     "RSS: ",
                                                     "CPU: ",
                                                     "oh no: Bun",
                                                     "Linux Kernel v",
                                                     "WSL Kernel",
                                                     "To send a redacted",
                                                     "please file a GitHub"};
  return line.empty() || std::any_of(kOthers.begin(), kOthers.end(), [&](std::string_view begin) {
           return line.starts_with(begin);
         });
}

// "Bun v1.3.13 (bf2e2cec) Linux x64"; that of an uncaught error has no commit and ends with ')'.
bool BunReportReader::take_banner(std::string_view line) {
  constexpr std::string_view kBegin = "Bun v";
  if (!line.starts_with(kBegin)) return false;
  line.remove_prefix(kBegin.size());
  const size_t open = line.find(" (");
  const size_t close = line.find(") ");
  if (line.empty() || !is_digit(line.front()) || open == std::string_view::npos ||
      close == std::string_view::npos || close < open || close > kReportWordBytesMax) {
    return false;
  }
  const std::string_view commit = line.substr(open + 2, close - open - 2);
  if (commit.size() < 7 || !std::all_of(commit.begin(), commit.end(), is_hex)) return false;
  open_ = true;
  report_ = {};
  report_.version = printable(line.substr(0, open), kReportWordBytesMax);
  report_.commit = commit;
  return true;
}

// "panic(main thread): Segmentation fault at address 0x0", "panic: …" in a thread without a name.
bool BunReportReader::take_panic(std::string_view line) {
  const size_t colon = line.find(": ");
  if (!line.starts_with("panic") || colon == std::string_view::npos) return false;
  const std::string_view thread = line.substr(5, colon - 5);
  if (!thread.empty() && !(thread.starts_with('(') && thread.ends_with(')'))) return false;
  report_.main_thread = thread == "(main thread)";
  std::string_view what = line.substr(colon + 2);
  constexpr std::string_view kAt = " at address 0x";
  if (const size_t at = what.rfind(kAt); at != std::string_view::npos) {
    const std::string_view digits = what.substr(at + kAt.size());
    uint64_t address = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), address, 16);
    if (read.ec == std::errc()) report_.address = address;
    what = what.substr(0, at);
  }
  report_.what = printable(what, kSteadyBytesMax);
  return true;
}

bool BunReportReader::take_address(std::string_view line) {
  const auto code = code_of(line);
  if (!code) return false;
  if (report_.commit.empty()) {  // "…/1.3.13/la1bf2e2ce" before the code
    const std::string_view head = line.substr(0, static_cast<size_t>(code->data() - line.data()));
    report_.commit = head.substr(head.size() - kCommitDigits);
    const std::string_view release = head.substr(0, head.size() - kHeadBytes - 1);
    report_.version = printable(release.substr(release.rfind('/') + 1), kReportWordBytesMax);
  }
  if (auto frames = bun_report_frames(line)) {
    report_.frames = std::move(*frames);
    report_.site_told = true;
  }
  return true;
}

BunReport BunReportReader::finish() {
  open_ = false;
  return std::exchange(report_, {});
}

std::string bun_signature(const BunReport& report) {
  const std::string signal = signal_of(report.what);
  std::string line = signal.empty() ? "panic \"" + steady_words(report.what) + "\""
                                    : signal + " " + address_words(report);
  if (!report.main_thread) line += " in a thread:";
  const std::string image = report.commit.empty() ? "bun" : "bun@" + report.commit;
  if (!report.site_told) return line + " " + image + " site-not-told";
  std::string where;
  std::vector<uint64_t> told;
  for (const uint64_t frame : report.frames) {
    if (told.size() == kFramesTold) break;
    if (std::find(told.begin(), told.end(), frame) != told.end()) continue;
    told.push_back(frame);
    where += (where.empty() ? "" : "<") + image + "+" + format_address(frame);
  }
  return line + " " + (where.empty() ? image + " no-frames" : where);
}

}  // namespace recrank
