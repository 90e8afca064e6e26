#include "replay/program/http_message.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>
#include <variant>

namespace recrank::program {
namespace {

namespace http = boost::beast::http;
using Request = http::request_parser<http::string_body>;
using Response = http::response_parser<http::string_body>;

constexpr size_t kPrefaceBytes = 18;

// How clients begin that speak it without asking before. A handshake of TLS: RFC 8446, 5.1; the
// preface of HTTP/2: RFC 9113, 3.4.
std::string_view protocol_of(std::string_view first_bytes) {
  if (first_bytes.starts_with("\x16\x03")) return "TLS";
  if (first_bytes.starts_with("PRI * HTTP/2.0\r\n\r\n")) return "HTTP/2";
  return "";
}

}  // namespace

struct HttpReader::Parser {
  std::variant<std::monostate, Request, Response> any;
};

HttpReader::HttpReader(Side side, uint64_t body_bytes_max)
    : side_(side), body_bytes_max_(body_bytes_max) {
  static_cast<void>(next_message());
}
HttpReader::HttpReader(HttpReader&&) noexcept = default;
HttpReader::~HttpReader() = default;

HttpStatus HttpReader::next_message() {
  parser_ = std::make_unique<Parser>();
  begun_ = false;
  const auto bound = [&](auto& parser) {
    parser.eager(true);
    parser.header_limit(kHttpHeadBytesMax);
    parser.body_limit(body_bytes_max_);
  };
  if (side_ == Side::kRequests) bound(parser_->any.emplace<Request>());
  else bound(parser_->any.emplace<Response>());
  return pending_.empty() ? HttpStatus::kMore : parse();
}

HttpStatus HttpReader::feed(std::string_view bytes) {
  pending_ += bytes;
  if (first_bytes_.size() < kPrefaceBytes) {
    first_bytes_ += bytes.substr(0, kPrefaceBytes - first_bytes_.size());
  }
  const HttpStatus status = parse();
  if (status == HttpStatus::kBad) other_protocol_ = protocol_of(first_bytes_);
  return status;
}

HttpStatus HttpReader::parse() {
  const auto put = [&](auto& parser) {
    boost::beast::error_code error;
    size_t taken = 0;
    // A parser stops behind a head and behind a chunk.
    while (taken < pending_.size() && !parser.is_done() && !error) {
      const size_t some =
          parser.put(boost::asio::buffer(pending_.data() + taken, pending_.size() - taken), error);
      taken += some;
      if (some == 0) break;
    }
    begun_ = begun_ || taken > 0 || !pending_.empty();
    pending_.erase(0, taken);
    if (error && error != http::error::need_more) {
      what_ = error.message();
      return HttpStatus::kBad;
    }
    return parser.is_done() ? HttpStatus::kDone : HttpStatus::kMore;
  };
  if (auto* const request = std::get_if<Request>(&parser_->any)) return put(*request);
  return put(std::get<Response>(parser_->any));
}

HttpStatus HttpReader::feed_end() {
  const auto end = [&](auto& parser) {
    boost::beast::error_code error;
    if (!parser.is_done()) parser.put_eof(error);
    if (error) what_ = error.message();
    return error ? HttpStatus::kBad : parser.is_done() ? HttpStatus::kDone : HttpStatus::kMore;
  };
  if (auto* const request = std::get_if<Request>(&parser_->any)) return end(*request);
  return end(std::get<Response>(parser_->any));
}

std::string_view HttpReader::method() const {
  const auto text = std::get<Request>(parser_->any).get().method_string();
  return {text.data(), text.size()};
}

std::string_view HttpReader::target() const {
  const auto text = std::get<Request>(parser_->any).get().target();
  return {text.data(), text.size()};
}

unsigned HttpReader::status() const { return std::get<Response>(parser_->any).get().result_int(); }

std::string_view HttpReader::body() const {
  if (side_ == Side::kRequests) return std::get<Request>(parser_->any).get().body();
  return std::get<Response>(parser_->any).get().body();
}

bool HttpReader::awaits_consent() const {
  const auto* const request = std::get_if<Request>(&parser_->any);
  if (request == nullptr || !request->is_header_done() || request->is_done()) return false;
  return boost::beast::iequals(request->get()[http::field::expect], "100-continue");
}

bool HttpReader::keeps_alive() const {
  if (side_ == Side::kRequests) return std::get<Request>(parser_->any).get().keep_alive();
  return std::get<Response>(parser_->any).get().keep_alive();
}

}  // namespace recrank::program
