#ifndef T3API_SANDBOX_HTTP_REQUEST_READER_HPP
#define T3API_SANDBOX_HTTP_REQUEST_READER_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/http/chunked_decoder.hpp>
#include <t3api/sandbox/http/connection.hpp>
#include <t3api/sandbox/http/connection_table.hpp>
#include <t3api/sandbox/http/options.hpp>
#include <t3api/sandbox/http/request_head.hpp>
#include <t3api/sandbox/limits/memory_budget.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What a server throws when there is nobody left to answer.
struct connection_over {};

/// Takes the requests of one connection off the wire, within the limits of the server. Whatever a peer sends,
/// no more is kept than a head and a body of the sizes allowed, and no longer than the time allowed.
class request_reader {
 public:
  request_reader(connection& from, connection_table::place& place, const http_server_options& limits)
      : from_(from), place_(place), limits_(limits) {}

  /// The next head. Throws `refusal`, after which the rest of the stream means nothing, and
  /// `connection_over`.
  request_head read_head() {
    if (buffer_.empty()) {
      enter(connection_phase::idle);
      if (!more(after(limits_.idle_timeout))) throw connection_over();
    }
    body_late_ = after(limits_.request_timeout);
    const auto head_late = (std::min)(after(limits_.head_timeout), body_late_);
    scan progress;
    while (!find_end(progress)) {
      enter(connection_phase::receiving);
      if (!more_before(head_late)) throw refusal(408, "the head of the request did not come in time");
    }
    const std::string lines = buffer_.substr(progress.start, progress.line_start - progress.start);
    buffer_.erase(0, progress.line_start + 2);
    return parse_request_head(lines);
  }

  /// The body of the request whose head was read last, of at most `most_bytes`, which takes its memory from
  /// `memory`. Throws as `read_head` does.
  std::string read_body(const request_head& head, const body_framing& framing, std::size_t most_bytes,
                        memory_share& memory) {
    if (framing.length > most_bytes) throw too_large(most_bytes);
    std::string body;
    // All of a length that was told at once, so that who is let in is not refused half-way.
    memory.take(static_cast<std::size_t>(framing.length));
    body.reserve(static_cast<std::size_t>(framing.length));
    if (const auto expected = head.headers.get("Expect");
        expected && head.modern && buffer_.empty() && detail::iequals(*expected, "100-continue")) {
      from_.write_some("HTTP/1.1 100 Continue\r\n\r\n");
    }
    chunked_decoder chunks;
    while (true) {
      std::string_view wire = buffer_;
      if (framing.chunked) {
        const auto held = body.capacity();
        chunks.take(wire, body, most_bytes);
        memory.take(body.capacity() - held);
      } else {
        const auto missing = static_cast<std::size_t>(framing.length) - body.size();
        body.append(wire.substr(0, missing));
        wire.remove_prefix((std::min)(missing, wire.size()));
      }
      buffer_.erase(0, buffer_.size() - wire.size());
      if (framing.chunked ? chunks.done() : body.size() == framing.length) return body;
      enter(connection_phase::receiving);
      if (!more_before((std::min)(after(limits_.head_timeout), body_late_))) {
        throw refusal(408, "the body of the request did not come in time");
      }
    }
  }

 private:
  /// How far the buffered head has been looked through.
  struct scan {
    std::size_t start = 0;       ///< Where the head starts.
    std::size_t line_start = 0;  ///< Of the line that is not complete yet; of the empty one, at the end.
    std::size_t seen = 0;
    std::size_t lines = 0;
  };

  static refusal too_large(std::size_t most_bytes) {
    return {413, "the body is larger than " + std::to_string(most_bytes) + " bytes"};
  }

  void enter(connection_phase phase) {
    if (!place_.enter(phase)) throw connection_over();
  }

  /// Reads once; false when it is too late.
  bool more(connection::moment until) {
    constexpr std::size_t piece = 16 * 1024;
    const auto size = buffer_.size();
    buffer_.resize(size + piece);
    const auto got = from_.read(buffer_.data() + size, piece, until);
    buffer_.resize(size + got.count);
    if (got.late) return false;
    if (got.count == 0 || !place_.enter(connection_phase::receiving)) throw connection_over();
    return true;
  }

  /// The same, and too late is too late even for what is there already.
  bool more_before(connection::moment until) {
    return std::chrono::steady_clock::now() < until && more(until);
  }

  /// Whether the buffer holds the empty line that ends a head.
  bool find_end(scan& at) const {
    while (true) {
      const auto feed = buffer_.find('\n', at.seen);
      const bool complete = feed != buffer_.npos;
      const auto end = complete ? feed + 1 : buffer_.size();
      check_size(at, end);
      at.seen = end;
      if (!complete) return false;
      if (feed == at.line_start || buffer_[feed - 1] != '\r') {
        throw refusal(400, "a line of the head does not end with CR and LF");
      }
      if (feed == at.line_start + 1) {
        if (at.lines > 0) return true;
        if (at.start > 0) throw refusal(400, "there is no request line");
        at.start = end;  // One empty line before a request is forgiven (RFC 9112 section 2.2).
      } else if (++at.lines > limits_.max_fields + 1) {
        throw refusal(431, "there are more than " + std::to_string(limits_.max_fields) + " header fields");
      }
      at.line_start = end;
    }
  }

  void check_size(const scan& at, std::size_t end) const {
    if (end - at.line_start > limits_.max_line_bytes) {
      const auto limit = std::to_string(limits_.max_line_bytes) + " bytes";
      if (at.lines == 0) throw refusal(414, "the request line is longer than " + limit);
      throw refusal(431, "a header field is longer than " + limit);
    }
    if (end - at.start > limits_.max_head_bytes) {
      throw refusal(431, "the head is larger than " + std::to_string(limits_.max_head_bytes) + " bytes");
    }
  }

  connection& from_;
  connection_table::place& place_;
  const http_server_options& limits_;
  std::string buffer_;
  connection::moment body_late_{};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
