#ifndef T3API_TRANSPORT_EXCHANGE_HPP
#define T3API_TRANSPORT_EXCHANGE_HPP

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <t3api/http1/answer_reader.hpp>
#include <t3api/transport/io_wait.hpp>
#include <t3api/transport/stream.hpp>

namespace t3api::inline v0_1_0::detail {

/// Carries one request over a stream and reads its answer, for as long as `io_wait` lets it. A whole answer,
/// or a refusal, that comes before all of the request was sent ends the sending (RFC 9112 section 9.5).
class http_exchange {
 public:
  http_exchange(stream& over, io_wait& wait, http1::answer_reader& answer)
      : stream_(over), wait_(wait), answer_(answer) {}

  /// Ends with a finished answer, or when the wait is hindered. `until_head`: the head is all that is wanted.
  void run(std::string_view head, std::string_view body, bool until_head = false) {
    send(head, body);
    const auto done = [&] { return answer_.finished() || (until_head && answer_.has_head()); };
    while (!done()) {
      switch (receive()) {
        case io::wants_read:
          if (!wait_.until_ready(stream_.socket(), {.read = true}).read) return;
          break;
        case io::wants_write:
          if (!wait_.until_ready(stream_.socket(), {.write = true}).write) return;
          break;
        default:
          if (!wait_.may_go_on()) return;
      }
    }
  }

  /// Whether any byte of the request may have gone out.
  bool sent_any() const noexcept { return sent_any_; }

  /// Whether the whole request went out, and nothing came behind its answer.
  bool is_clean() const noexcept { return sent_all_ && !has_more_; }

 private:
  void send(std::string_view head, std::string_view body) {
    while (!head.empty() || !body.empty()) {
      std::size_t count = 0;
      if (stream_.tls() != nullptr) sent_any_ = true;  // A part of a record counts.
      const io state = stream_.write(head, body, count);
      readiness wanted{.read = true, .write = true};
      if (state == io::moved) {
        sent_any_ = true;
        const auto of_head = (std::min)(count, head.size());
        head.remove_prefix(of_head);
        body.remove_prefix(count - of_head);
        wait_.progress();
        if (!wait_.may_go_on()) return;
        continue;
      }
      if (state == io::broken || state == io::ended) return;  // Why may stand in an answer.
      if (state == io::wants_read) wanted.write = false;
      const auto ready = wait_.until_ready(stream_.socket(), wanted);
      if (!ready.read && !ready.write) return;
      if (ready.read) {
        receive();
        if (answer_.finished() || answer_.status() >= 300) return;
      }
    }
    sent_all_ = true;
    // What answers at once is a machine's own peer: to look before waiting would nearly always be in vain.
    if (stream_.tls() == nullptr || SSL_has_pending(stream_.tls()) == 0) {
      wait_.until_ready(stream_.socket(), {.read = true});
    }
  }

  /// Reads once, and hands what came to the answer.
  io receive() {
    constexpr std::size_t most_at_once = 64U << 10U, in_buffer = 16U << 10U;
    std::size_t count = 0;
    const auto most = stream_.tls() == nullptr ? most_at_once : in_buffer;
    if (const auto expected = (std::min)(answer_.expected_as_is(), most); expected >= in_buffer) {
      const io state = stream_.read(answer_.room(expected), expected, count);
      answer_.keep(count);
      return took(state, count);
    }
    char buffer[in_buffer];
    const io state = stream_.read(buffer, sizeof buffer, count);
    std::string_view wire(buffer, count);
    answer_.take(wire);
    has_more_ = has_more_ || !wire.empty();
    return took(state, count);
  }

  io took(io state, std::size_t count) {
    if (count > 0) wait_.progress();
    if (state == io::ended || state == io::broken) answer_.take_end(state == io::ended);
    return state;
  }

  stream& stream_;
  io_wait& wait_;
  http1::answer_reader& answer_;
  bool sent_any_ = false;
  bool sent_all_ = false;
  bool has_more_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
