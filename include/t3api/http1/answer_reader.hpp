#ifndef T3API_HTTP1_ANSWER_READER_HPP
#define T3API_HTTP1_ANSWER_READER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/response.hpp>
#include <t3api/http1/chunked_reader.hpp>
#include <t3api/http1/content_coding.hpp>
#include <t3api/http1/fields.hpp>
#include <t3api/http1/line_reader.hpp>

namespace t3api::inline v0_1_0::detail::http1 {

/// What an answer belongs to: it decides whether there is a body (RFC 9112 section 6.3).
enum class asked { get, head, connect };

/// Reads one HTTP/1.1 answer from bytes that come in pieces of any size; it knows no socket. Interim answers
/// (1xx) are skipped. Whoever feeds it stops at `finished()`, and then finds a whole answer or a fault.
class answer_reader {
 public:
  /// `most_header` counts every byte of heads, those of interim answers too, and once more every byte of
  /// chunk extensions and trailers; `most_body` the body, packed and unpacked.
  answer_reader(asked what, std::size_t most_header, std::size_t most_body) noexcept
      : asked_(what), most_header_(most_header), most_body_(most_body), chunks_(most_body, most_header) {}

  /// Takes off the front of `wire` what belongs to the answer.
  void take(std::string_view& wire) {
    started_ = started_ || !wire.empty();
    while (!wire.empty() && !finished()) {
      switch (place_) {
        case place::status_line:
        case place::fields: take_head_line(wire); break;
        case place::chunks: take_chunks(wire); break;
        default: {
          const auto count = place_ == place::length
                                 ? static_cast<std::size_t>((std::min<std::uint64_t>)(left_, wire.size()))
                                 : wire.size();
          if (count > most_body_ - answer_.body.size()) return fail_body();
          answer_.body.append(wire.substr(0, count));
          wire.remove_prefix(count);
          counted(count);
        }
      }
    }
  }

  /// How many bytes of the body may come next as they are: so many can be received straight into `room()`.
  /// 0 where they need to be looked at.
  std::size_t expected_as_is() const noexcept {
    return place_ == place::length ? static_cast<std::size_t>(left_) : 0;
  }

  /// Space for `count` bytes of the body; `keep` must follow.
  char* room(std::size_t count) {
    before_ = answer_.body.size();
    answer_.body.resize(before_ + count);
    return answer_.body.data() + before_;
  }

  /// Keeps the first `count` bytes of `room()`.
  void keep(std::size_t count) {
    answer_.body.resize(before_ + count);
    counted(count);
  }

  /// The connection has ended. `farewell`: the peer said so, as TLS can (RFC 8446 section 6.1), or nothing
  /// better is to be had. A body that has no length of its own is whole then.
  void take_end(bool farewell) {
    if (finished()) return;
    if (place_ == place::to_end && farewell) return finish();
    place_ = place::cut;
  }

  /// Whether nothing more is to be read: the answer is whole, cut, or at fault.
  bool finished() const noexcept {
    return place_ == place::whole || place_ == place::cut || place_ == place::failed;
  }
  bool whole() const noexcept { return place_ == place::whole; }

  /// What is wrong with the answer, as the end of "the answer has …"; empty when nothing is.
  const std::string& fault() const noexcept { return fault_; }
  /// Whether what came was not HTTP at all.
  bool is_foreign() const noexcept { return foreign_; }

  /// Whether any byte has come.
  bool started() const noexcept { return started_; }
  /// Whether the head of the answer itself is there, not that of an interim one.
  bool has_head() const noexcept { return has_head_; }
  /// The status, once there is one; 0 before.
  int status() const noexcept { return has_head_ ? answer_.status : 0; }

  /// Whether another answer may follow on the same connection.
  bool keeps_connection() const noexcept { return keeps_connection_; }

  /// The whole answer.
  response&& take_answer() noexcept { return std::move(answer_); }

 private:
  enum class place { status_line, fields, length, chunks, to_end, whole, cut, failed };

  void fail(std::string what) {
    fault_ = std::move(what);
    place_ = place::failed;
  }
  void fail_head() {
    fail("headers larger than the limit of " + std::to_string(most_header_) +
         " bytes (client_config::max_header_bytes)");
  }
  void fail_body() {
    fail("a body larger than the limit of " + std::to_string(most_body_) +
         " bytes (client_config::max_body_bytes)");
  }

  void take_head_line(std::string_view& wire) {
    const auto left = most_header_ - header_bytes_;
    if (place_ == place::status_line && !could_be_http(wire.substr(0, left - matched_))) {
      foreign_ = true;
      return fail("no status line of HTTP/1.1");
    }
    const auto line = lines_.take(wire, left);
    if (!line) {
      if (lines_.too_long()) fail_head();
      return;
    }
    header_bytes_ += lines_.bytes();
    if (place_ == place::status_line) {
      take_status(*line);
    } else if (line->empty()) {
      end_head();
    } else if (const auto wrong = add_field_line(answer_.headers, *line); !wrong.empty()) {
      fail(std::string(wrong));
    }
  }

  /// Tells at the first bytes, so that nobody waits for the end of a line that is none.
  bool could_be_http(std::string_view wire) noexcept {
    constexpr std::string_view start = "HTTP/1.";
    for (; matched_ < start.size() && !wire.empty(); ++matched_, wire.remove_prefix(1)) {
      if (wire.front() != start[matched_]) return false;
    }
    return true;
  }

  void take_status(std::string_view line) {
    constexpr std::string_view before_status = "HTTP/1.1 ";
    const auto rest = line.substr((std::min)(line.size(), before_status.size()));
    const auto digits = rest.substr(0, 3);
    const auto number = parse_decimal(digits);
    const bool framed = line.size() >= before_status.size() && ascii_digit(line[7]) && line[8] == ' ';
    if (!framed || !number || digits.size() != 3 || (rest.size() > 3 && rest[3] != ' ')) {
      foreign_ = true;
      return fail("no status line of HTTP/1.1");
    }
    answer_.status = static_cast<int>(*number);
    modern_ = line[7] != '0';
    if (answer_.status < 100 || answer_.status > 599) return fail("a status that is none of HTTP");
    place_ = place::fields;
  }

  /// Decides how the body is framed (RFC 9112 section 6.3).
  void end_head() {
    if (answer_.status < 200 && answer_.status != 101) {
      answer_ = {};
      matched_ = 0;
      place_ = place::status_line;
      return;
    }
    has_head_ = true;
    if (answer_.status == 101) return fail("status 101: a change of protocol that nobody asked for");
    keeps_connection_ = modern_ && !has_element(answer_.headers, "Connection", "close");
    const bool tunnel = asked_ == asked::connect && answer_.status / 100 == 2;
    if (asked_ == asked::head || tunnel || answer_.status == 204 || answer_.status == 304) {
      place_ = place::whole;
      return;
    }
    coding_ = read_coding(answer_.headers);
    if (coding_ == coding::unknown) return fail("a Content-Encoding that was not asked for");
    const auto length = read_content_length(answer_.headers);
    if (length.given && !length.valid) return fail("a Content-Length that is not one number");
    if (answer_.headers.contains("Transfer-Encoding")) {
      if (length.given) return fail("both Content-Length and Transfer-Encoding, so its end is uncertain");
      if (!is_only_chunked()) return fail("a Transfer-Encoding other than chunked");
      keeps_connection_ = keeps_connection_ && modern_;
      place_ = place::chunks;
    } else if (length.given) {
      if (length.bytes > most_body_) return fail_body();
      constexpr std::size_t most_on_trust = 1U << 20U;
      answer_.body.reserve((std::min)(static_cast<std::size_t>(length.bytes), most_on_trust));
      left_ = length.bytes;
      place_ = place::length;
      if (left_ == 0) finish();
    } else {
      keeps_connection_ = false;
      place_ = place::to_end;
    }
  }

  bool is_only_chunked() const noexcept {
    int codings = 0;
    bool chunked = true;
    for (const auto& [name, value] : answer_.headers) {
      if (!iequals(name, "Transfer-Encoding")) continue;
      std::string_view list = value;
      while (const auto element = take_element(list))
        ++codings, chunked = chunked && iequals(*element, "chunked");
    }
    return chunked && codings == 1;
  }

  void take_chunks(std::string_view& wire) {
    chunks_.take(wire, answer_.body);
    if (chunks_.too_large()) return fail_body();
    if (!chunks_.fault().empty()) return fail(std::string(chunks_.fault()));
    if (chunks_.done()) finish();
  }

  /// Counts raw bytes of the body that were added.
  void counted(std::size_t count) {
    if (place_ != place::length) return;
    left_ -= count;
    if (left_ == 0) finish();
  }

  /// The body is there: unpacks it. No bytes at all are an empty body, however they are called.
  void finish() {
    place_ = place::whole;
    if (coding_ == coding::identity || answer_.body.empty()) return;
    const std::string packed = std::exchange(answer_.body, {});
    switch (unpack(coding_, packed, answer_.body, most_body_)) {
      case unpacked::whole: return;
      case unpacked::too_large: return fail_body();
      case unpacked::broken:
        return fail("a packed body that is cut or damaged (Content-Encoding: " +
                    std::string(coding_ == coding::gzip ? "gzip" : "deflate") + ")");
    }
  }

  const asked asked_;
  const std::size_t most_header_;
  const std::size_t most_body_;
  line_reader lines_;
  chunked_reader chunks_;
  response answer_;
  place place_ = place::status_line;
  coding coding_ = coding::identity;
  std::string fault_;
  std::uint64_t left_ = 0;        ///< Of a body with a length.
  std::size_t header_bytes_ = 0;  ///< Of all heads so far.
  std::size_t before_ = 0;        ///< Size of the body before `room()`.
  std::size_t matched_ = 0;       ///< Bytes that look like the beginning of a status line.
  bool modern_ = true;            ///< HTTP/1.1, not 1.0.
  bool started_ = false;
  bool has_head_ = false;
  bool foreign_ = false;
  bool keeps_connection_ = false;
};

}  // namespace t3api::inline v0_1_0::detail::http1

#endif
