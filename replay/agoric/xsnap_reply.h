// Takes apart what an xsnap worker writes. Untrusted text; nothing here throws or allocates unless
// the text is unusual.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recrank::agoric {

// ".{meter}\x01result", without the dot.
struct CommandReply {
  uint64_t computrons = 0;
  std::string_view result;
  std::string_view meter;
};
// nullopt: it is no such thing, and `problem` says why.
[[nodiscard]] std::optional<CommandReply> parse_command_reply(std::string_view text,
                                                              std::string& problem);

enum class UpcallKind {
  kSyscall,  // argument: the call, JSON
  kConsole,  // answered with ["ok"]
  kTestLog,  // answered with ["OK"]
  kUnknown,
};
struct Upcall {
  UpcallKind kind = UpcallKind::kUnknown;
  std::string_view argument;
};
// "[\"syscall\",…]", without the question mark. Of the usual spelling only the frame is looked at:
// the argument may be any bytes.
[[nodiscard]] Upcall parse_upcall(std::string_view text);

// What such a kConsole call prints: "audit of main ledger 203n", in front of it the level where
// that is not "log". Of one that is spelt otherwise its own text.
[[nodiscard]] std::string console_text(std::string_view text);

// The engine's own word in the result of a delivery: true for ["ok",…], false for ["error",…] and
// ["err",…], nullopt for anything else.
[[nodiscard]] std::optional<bool> delivery_was_ok(std::string_view result);

}  // namespace recrank::agoric
