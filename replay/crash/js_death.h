// How a JavaScript runtime says that its program has died: Bun's and Node's words for an error that
// nobody caught.
//
//   1116 |           this.emit('error', err);                    throw er; // Unhandled 'error'
//   event
//                         ^                                      ^
//   error: Timed out while waiting for handshake
//         at emitError (node:events:51:13)                      Error: Timed out while waiting …
//         at <anonymous> (/srv/…/client.js:1116:16)                 at Timeout.…
//         (/…/client.js:1114:23)
//
//   Bun v1.3.14 (Linux x64)                                     Node.js v20.20.2
//
// Such a death is an exit, mostly with status 1, and so says nothing by itself. Pure: a function of
// the text. Forms seen: Bun 1.3.12 to 1.4.5, Node 20.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace recrank {

// What the text says of how the error came to be nobody's.
enum class JsRaise {
  kUnheardErrorEvent,   // an emitter had no listener for its `error` event
  kUnhandledRejection,  // a promise was rejected, by what is no error, and nobody cared (Node)
  kUncaught,            // thrown or rejected; the text does not tell which
};
[[nodiscard]] std::string_view to_string(JsRaise raise);  // "unheard-error-event"

struct JsDeath {
  std::string name;     // of the error: "TypeError"; "error" where it is a plain one
  std::string message;  // its first line, as it stands
  JsRaise raise = JsRaise::kUncaught;
  std::string file;  // the innermost that is not the runtime's own, without directory and line
  bool operator==(const JsDeath&) const = default;
};

// `words`: the end of what the program wrote; its beginning may be cut off anywhere. nullopt: it
// does not end in such words, or they are of a form not known here.
[[nodiscard]] std::optional<JsDeath> parse_js_death(std::string_view words);

}  // namespace recrank
