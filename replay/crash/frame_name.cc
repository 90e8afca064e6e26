#include "replay/crash/frame_name.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "replay/crash/crash_report.h"

namespace recrank {
namespace {

constexpr size_t kNameBytesMax = 120;
constexpr size_t kBuildIdDigits = 8;  // 32 bits: enough to tell the builds of one program apart

using namespace std::string_view_literals;

constexpr std::array kPlumbing{
    "__restore_rt"sv, "__restore"sv, "<signal handler called>"sv, "__kernel_rt_sigreturn"sv,
    // abort() and assert(); the reason that they give stands in the signature.
    "abort"sv, "raise"sv, "gsignal"sv, "pthread_kill"sv, "__pthread_kill"sv,
    "__pthread_kill_implementation"sv, "__pthread_kill_internal"sv, "__assert_fail"sv,
    "__assert_fail_base"sv, "__assert_perror_fail"sv, "__libc_message"sv, "__libc_fatal"sv,
    "malloc_printerr"sv, "__fortify_fail"sv, "__chk_fail"sv, "__stack_chk_fail"sv,
    // What begins a process or a thread.
    "_start"sv, "__libc_start_main"sv, "__libc_start_call_main"sv, "start_thread"sv, "clone"sv,
    "clone3"sv, "__clone"sv};

constexpr std::array kSystemModules{"libc.so"sv,    "libc-2."sv,     "libm.so"sv, "libm-2."sv,
                                    "libpthread"sv, "ld-linux"sv,    "ld-2."sv,   "ld-musl"sv,
                                    "libc.musl"sv,  "libgcc_s.so"sv, "librt"sv,   "libdl"sv};

std::string_view without_glibc_alias(std::string_view name) {
  return name.starts_with("__GI_") ? name.substr(5) : name;
}

constexpr std::array kCompilerSuffixes{"isra"sv, "constprop"sv, "part"sv,       "cold"sv,
                                       "llvm"sv, "lto_priv"sv,  "localalias"sv, "clone"sv};

bool is_compilers(std::string_view suffix) {
  const bool number =
      !suffix.empty() && std::all_of(suffix.begin(), suffix.end(),
                                     [](unsigned char c) { return std::isdigit(c) != 0; });
  return number || std::find(kCompilerSuffixes.begin(), kCompilerSuffixes.end(), suffix) !=
                       kCompilerSuffixes.end();
}

// ".isra.0", ".constprop.1", ".part.2", ".cold", ".llvm.123" are made by the compiler and no part
// of a name that a programmer wrote; "@@GLIBC_2.34" is the linker's.
std::string_view without_suffixes(std::string_view name) {
  name = name.substr(0, name.find('@'));
  name = name.substr(0, name.find(" [clone"));
  for (size_t dot = name.rfind('.'); dot != 0 && dot != std::string_view::npos;
       dot = name.rfind('.')) {
    if (!is_compilers(name.substr(dot + 1))) break;
    name = name.substr(0, dot);
  }
  return name;
}

// Rust puts a hash of the build into each name: "core::panicking::panic::h0123456789abcdef".
std::string_view without_rust_hash(std::string_view name) {
  const size_t at = name.rfind("::h");
  if (at == std::string_view::npos || name.size() - at != 3 + 16) return name;
  const bool hex = std::all_of(name.begin() + static_cast<ptrdiff_t>(at) + 3, name.end(),
                               [](unsigned char c) { return std::isxdigit(c) != 0; });
  return hex ? name.substr(0, at) : name;
}

bool follows_operator(std::string_view text, size_t at) {
  constexpr std::string_view kWord = "operator";
  if (at >= kWord.size() && text.substr(at - kWord.size(), kWord.size()) == kWord) return true;
  // The second sign of operator<<, operator>>, operator->.
  return at >= kWord.size() + 1 && text.substr(at - kWord.size() - 1, kWord.size()) == kWord &&
         (text[at - 1] == '<' || text[at - 1] == '>' || text[at - 1] == '-');
}

// Cuts what stands between brackets, and everything behind a parameter list.
std::string without_arguments(std::string_view name) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)";  // as the demangler writes it
  std::string bare;
  size_t depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool sign = (c == '<' || c == '>') && follows_operator(name, i);
    if (depth == 0 && name.substr(i, kAnonymous.size()) == kAnonymous) {
      bare += kAnonymous;
      i += kAnonymous.size() - 1;
    } else if (c == '<' && !sign) {
      ++depth;
    } else if (c == '>' && !sign && depth > 0) {
      --depth;
    } else if (c == '(' && depth == 0) {
      // operator() carries brackets in its name.
      if (!follows_operator(name, i)) break;
      bare += "()";
      ++i;
    } else if (depth == 0) {
      bare += c;
    }
  }
  return bare;
}

// A template function's demangled name begins with its result: "int f<int>(int)".
std::string without_result(const std::string& name) {
  const size_t space = name.rfind(' ');
  const bool part_of_name =
      name.find("operator") != std::string::npos || name.find("(anonymous") != std::string::npos;
  if (space == std::string::npos || part_of_name) return name;
  return name.substr(space + 1);
}

}  // namespace

FrameRole role_of(const Frame& frame) {
  const std::string_view function = without_suffixes(without_glibc_alias(frame.function));
  if (std::find(kPlumbing.begin(), kPlumbing.end(), function) != kPlumbing.end()) {
    return FrameRole::kPlumbing;
  }
  if (frame.function == kPlumbing[2]) return FrameRole::kPlumbing;
  if (frame.module.starts_with("[vdso]") || frame.module.starts_with("linux-vdso")) {
    return FrameRole::kPlumbing;
  }
  if (frame.module.empty()) return frame.function.empty() ? FrameRole::kNowhere : FrameRole::kOwn;
  const bool system = std::any_of(kSystemModules.begin(), kSystemModules.end(), [&](auto prefix) {
    return std::string_view(frame.module).starts_with(prefix);
  });
  return system ? FrameRole::kSystem : FrameRole::kOwn;
}

std::string bare_function(std::string_view function) {
  const std::string_view cut = without_rust_hash(without_suffixes(function));
  std::string bare = without_result(without_arguments(cut));
  if (bare.empty()) bare = function;
  // A signature is split at spaces: "operator new" is one word.
  std::replace(bare.begin(), bare.end(), ' ', '_');
  return printable(bare, kNameBytesMax);
}

std::string frame_name(const Frame& frame) {
  if (!frame.function.empty()) return bare_function(frame.function);
  std::string name = printable(frame.module, kNameBytesMax);
  if (!frame.build_id.empty()) {
    name += "@" + printable(std::string_view(frame.build_id).substr(0, kBuildIdDigits));
  }
  return name + "+" + format_address(frame.offset);
}

}  // namespace recrank
