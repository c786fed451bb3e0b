#ifndef T3API_SANDBOX_HTTP_ANSWER_SENDER_HPP
#define T3API_SANDBOX_HTTP_ANSWER_SENDER_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/response.hpp>
#include <t3api/sandbox/handler.hpp>
#include <t3api/sandbox/http/answer_form.hpp>
#include <t3api/sandbox/http/connection.hpp>
#include <t3api/sandbox/http/connection_table.hpp>
#include <t3api/sandbox/http/options.hpp>
#include <t3api/sandbox/http/request_reader.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Adds to the number in the header Content-Length of an answer; it does not go below 0.
inline void falsify_length(std::string& answer, std::int64_t error) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  const auto at = answer.find(name);
  if (error == 0 || at == answer.npos || at > answer.find("\r\n\r\n")) return;
  const auto start = at + name.size(), end = answer.find('\r', start);
  std::int64_t length = 0;
  std::from_chars(answer.data() + start, answer.data() + end, length);
  answer.replace(start, end - start, std::to_string((std::max<std::int64_t>)(length + error, 0)));
}

/// Sends answers on one connection, as they are or as bad as a `wire_fault` says.
class answer_sender {
 public:
  answer_sender(connection& to, connection_table::place& place, const http_server_options& limits)
      : to_(to), place_(place), limits_(limits) {}

  /// Sends one answer. False when the connection must end at once: that is already under way.
  bool send(response made, const answer_form& form, const answer_writer& writer,
            const std::optional<wire_fault>& wire = std::nullopt) {
    if (!wire) {
      bool sent = true;
      const auto until = after(limits_.request_timeout);
      writer(std::move(made), form,
             [&](std::string_view bytes) { return sent = sent && write(bytes, until); });
      return sent;
    }
    if (wire->reset) {
      to_.reset_at_end();
      return false;
    }
    std::string answer;
    writer(std::move(made), form, [&](std::string_view bytes) {
      answer += bytes;
      return true;
    });
    falsify_length(answer, wire->length_error);
    if (!wire->garbage.empty()) answer = wire->garbage;
    if (wire->cut_after) answer.resize((std::min)(answer.size(), *wire->cut_after));
    if (!drip(answer, *wire)) return false;
    if (wire->cut_after) {
      to_.end_writing(true);
    } else if (!wire->garbage.empty() || wire->length_error != 0) {
      to_.end_writing();
    } else {
      return true;
    }
    linger();
    return false;
  }

  /// Ends the connection such that the peer can still read what was sent, even while it sends by itself.
  void close() {
    to_.end_writing();
    linger();
  }

 private:
  bool drip(std::string_view bytes, const wire_fault& wire) {
    const auto piece = wire.drip_bytes > 0 ? wire.drip_bytes : (std::max<std::size_t>)(bytes.size(), 1);
    while (!bytes.empty()) {
      if (!write(bytes.substr(0, piece), after(limits_.request_timeout))) return false;
      bytes.remove_prefix((std::min)(piece, bytes.size()));
      if (bytes.empty()) break;
      if (!place_.enter(connection_phase::pausing)) return false;
      to_.pause(after(wire.drip_pause));
      if (!place_.enter(connection_phase::working)) return false;
    }
    return true;
  }

  bool write(std::string_view bytes, connection::moment until) {
    while (true) {
      bytes.remove_prefix(to_.write_some(bytes));
      if (bytes.empty()) return place_.enter(connection_phase::working);
      if (!place_.enter(connection_phase::sending) ||
          !to_.wait_writable((std::min)(until, after(limits_.head_timeout)))) {
        return false;
      }
    }
  }

  void linger() {
    constexpr std::chrono::seconds longest(2);
    const auto now = after({}), patience = (std::min)(after(longest), after(limits_.head_timeout));
    to_.discard(limits_.max_body_bytes * 8 + limits_.max_head_bytes,
                place_.enter(connection_phase::lingering) ? patience : now);
  }

  connection& to_;
  connection_table::place& place_;
  const http_server_options& limits_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
