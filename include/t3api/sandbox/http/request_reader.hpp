#ifndef T3API_SANDBOX_HTTP_REQUEST_READER_HPP
#define T3API_SANDBOX_HTTP_REQUEST_READER_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <t3api/detail/ascii.hpp>
#include <t3api/http1/chunked_reader.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/http/connection.hpp>
#include <t3api/sandbox/http/connection_table.hpp>
#include <t3api/sandbox/http/memory_budget.hpp>
#include <t3api/sandbox/http/options.hpp>
#include <t3api/sandbox/http/request_head.hpp>

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
    late_ = after(limits_.request_timeout);
    const auto head_late = (std::min)(after(limits_.head_timeout), late_);
    head_reader head(limits_);
    while (!take([&](std::string_view& wire) { return head.take(wire); })) {
      if (!more_before(head_late)) throw refusal(408, "the head of the request did not come in time");
    }
    return head.take_head();
  }

  /// The body of the request whose head was read last, of at most `most_bytes`, for which there is room in
  /// `memory`. Throws as `read_head` does.
  std::string read_body(const request_head& head, const body_framing& framing, std::size_t most_bytes,
                        memory_share& memory) {
    if (framing.length > most_bytes) throw too_large(most_bytes);
    const auto length = static_cast<std::size_t>(framing.length);
    std::string body;
    memory.take(length);  // All of it at once, so that who is let in is not refused half-way.
    body.reserve(length);
    if (const auto expected = head.headers.get("Expect");
        expected && head.modern && buffer_.empty() && detail::iequals(*expected, "100-continue")) {
      from_.write_some("HTTP/1.1 100 Continue\r\n\r\n");
    }
    detail::http1::chunked_reader chunks(most_bytes, limits_.max_head_bytes);
    const auto take_some = [&](std::string_view& wire) {
      if (!framing.chunked) {
        const auto missing = (std::min)(length - body.size(), wire.size());
        body.append(wire.substr(0, missing));
        wire.remove_prefix(missing);
        return body.size() == length;
      }
      const auto held = body.capacity();
      chunks.take(wire, body);
      if (chunks.too_large()) throw too_large(most_bytes);
      if (!chunks.fault().empty()) {
        throw refusal(400, "the body is not in the coding that the header Transfer-Encoding names: " +
                               std::string(chunks.fault()));
      }
      memory.take(body.capacity() - held);
      return chunks.done();
    };
    while (!take(take_some)) {
      if (!more_before((std::min)(after(limits_.head_timeout), late_))) {
        throw refusal(408, "the body of the request did not come in time");
      }
    }
    return body;
  }

 private:
  static refusal too_large(std::size_t most_bytes) {
    return {413, "the body is larger than " + std::to_string(most_bytes) + " bytes"};
  }

  void enter(connection_phase phase) {
    if (!place_.enter(phase)) throw connection_over();
  }

  /// Lets `reader` take what it needs off the front of what has come; whether it has all that it needs.
  template <class Reader>
  bool take(Reader reader) {
    std::string_view wire = buffer_;
    const bool done = reader(wire);
    buffer_.erase(0, buffer_.size() - wire.size());
    return done;
  }

  /// Reads once; false when it is too late.
  bool more(connection::moment until) {
    constexpr std::size_t piece = 16 * 1024;
    const auto size = buffer_.size();
    buffer_.resize(size + piece);
    const auto got = from_.read(buffer_.data() + size, piece, until);
    buffer_.resize(size + got.count);
    if (got.late) return false;
    if (got.count == 0) throw connection_over();
    enter(connection_phase::receiving);
    return true;
  }

  /// The same, and too late is too late even for what is there already.
  bool more_before(connection::moment until) {
    enter(connection_phase::receiving);
    return std::chrono::steady_clock::now() < until && more(until);
  }

  connection& from_;
  connection_table::place& place_;
  const http_server_options& limits_;
  std::string buffer_;
  connection::moment late_{};  ///< When the request must be here.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
