#ifndef T3API_SANDBOX_HTTP_ANSWER_SENDER_HPP
#define T3API_SANDBOX_HTTP_ANSWER_SENDER_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <t3api/core/response.hpp>
#include <t3api/sandbox/handler.hpp>
#include <t3api/sandbox/http/answer_head.hpp>
#include <t3api/sandbox/http/connection.hpp>
#include <t3api/sandbox/http/connection_table.hpp>
#include <t3api/sandbox/http/options.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Sends answers on one connection, as they are or as bad as a `wire_fault` says.
class answer_sender {
 public:
  answer_sender(connection& to, connection_table::place& place, const http_server_options& limits)
      : to_(to), place_(place), limits_(limits) {}

  /// Sends one answer. False when the connection must end at once: that is already under way.
  bool send(const response& made, const answer_form& form) {
    constexpr std::size_t copied_at_most = 32 * 1024;
    const auto until = after(limits_.request_timeout);
    std::string head = answer_head(made, form);
    const std::string_view body = form.head_only || !has_body(made.status) ? "" : std::string_view(made.body);
    if (body.size() > copied_at_most) return write(head, until) && write(body, until);
    return write(head.append(body), until);
  }

  /// The same, but what arrives of it is as `wire` says.
  bool send(const response& made, answer_form form, const wire_fault& wire) {
    if (wire.reset) {
      to_.reset_at_end();
      return false;
    }
    form.length_error = wire.length_error;
    std::string answer = answer_head(made, form);
    if (!form.head_only && has_body(made.status)) answer += made.body;
    if (!wire.garbage.empty()) answer = wire.garbage;
    if (wire.cut_after) answer.resize((std::min)(answer.size(), *wire.cut_after));
    if (!drip(answer, wire)) return false;
    if (wire.cut_after) {
      to_.end_writing(true);
    } else if (!wire.garbage.empty() || wire.length_error != 0) {
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
