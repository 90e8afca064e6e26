// Failures: what went wrong with the input, the machine or the request, as one exception type.
//
// A failure means that recrank could not do its work. What a replay *finds* (a divergence, a
// crash, a limit) is not a failure: it is a value, see replay/verdict.h. "Not found" and "end of
// stream" are values too.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace recrank {

// What the caller can do about it. The codes decide the exit status: kUsage is 129, all others 125.
enum class ErrorCode {
  kUsage,        // the command line asks for something that cannot be: correct the call
  kInvalidData,  // the evidence is damaged or is not what it claims to be: get another copy
  kIo,           // the machine refused: a missing file, a full disk, a permission
  kWorker,       // an engine could not be started or does not speak a known dialect
  kUnsupported,  // sound evidence that this version cannot judge: the text says what is missing
};

// The text is one line: the file, the place in it, what is wrong, and the remedy where there is
// one.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& what) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

// Throws kIo "<what>: <text of errno_value>".
[[noreturn]] void throw_errno(const std::string& what, int errno_value);

// Runs `body`; an Error that leaves it is rethrown as "<describe()>: <its text>" with its code
// kept. `describe` is called only then.
template <typename Describe, typename Body>
decltype(auto) with_context(Describe&& describe, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw Error(error.code(),
                std::string(std::forward<Describe>(describe)()) + ": " + error.what());
  }
}

}  // namespace recrank
