// Messages of HTTP/1.1 out of the bytes that a program sends, which may be anything.
//
// The grammar is that of Boost.Beast; limits are ours. Chunked bodies are put together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace recrank::program {

inline constexpr size_t kHttpHeadBytesMax = 64 << 10;

enum class HttpStatus {
  kMore,  // the message is not whole yet
  kDone,
  kBad,  // it is none, or above a limit: what() says how
};

// One message after the other of one connection. One thread.
class HttpReader {
 public:
  enum class Side { kRequests, kResponses };
  HttpReader(Side side, uint64_t body_bytes_max);
  HttpReader(HttpReader&&) noexcept;
  ~HttpReader();

  // After kDone and kBad it must not be called again before next_message().
  [[nodiscard]] HttpStatus feed(std::string_view bytes);
  // No more bytes come: a response without a length ends so.
  [[nodiscard]] HttpStatus feed_end();
  // Bytes that came behind the message are its beginning.
  [[nodiscard]] HttpStatus next_message();

  // After kDone.
  [[nodiscard]] std::string_view method() const;  // "POST"
  [[nodiscard]] std::string_view target() const;  // "/v1/chat/completions"
  [[nodiscard]] unsigned status() const;          // of a response
  [[nodiscard]] std::string_view body() const;
  [[nodiscard]] bool keeps_alive() const;
  // While a request is not whole: its head is, and its body is held back until somebody says that
  // it may come ("Expect: 100-continue").
  [[nodiscard]] bool awaits_consent() const;
  // After kBad: what the bytes are instead; "TLS", "HTTP/2"; empty: nothing that is known.
  [[nodiscard]] std::string_view other_protocol() const { return other_protocol_; }
  // Whether anything of a message has come.
  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] bool has_rest() const { return !pending_.empty(); }
  [[nodiscard]] const std::string& what() const { return what_; }

 private:
  struct Parser;
  HttpStatus parse();

  Side side_;
  uint64_t body_bytes_max_;
  std::unique_ptr<Parser> parser_;
  std::string pending_;  // bytes that the parser has not taken
  bool begun_ = false;
  std::string what_;
  std::string first_bytes_;  // of the connection
  std::string_view other_protocol_;
};

}  // namespace recrank::program
