#ifndef T3API_STORE_REDIS_CONNECTION_HPP
#define T3API_STORE_REDIS_CONNECTION_HPP

// The one file that knows hiredis, from 0.14.1 upwards.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hiredis/hiredis.h>

#include <t3api/core/clock.hpp>
#include <t3api/core/error.hpp>
#include <t3api/core/resolver.hpp>
#include <t3api/core/result.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/native/sigpipe_guard.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/store/redis_failure.hpp>
#include <t3api/store/redis_options.hpp>

namespace t3api::inline v0_1_0::detail {

/// One answer of Redis. Lists and the types of RESP3 are none that this library asks for.
struct redis_reply {
  enum class kind { nothing, status, text, integer, refusal };
  kind type = kind::nothing;
  std::string text{};  ///< Of a status, a text or a refusal.
  long long number = 0;
};

using redis_replies = std::vector<redis_reply>;
using redis_command = std::vector<std::string_view>;

/// A connection that is made when it is first needed and anew after each failure. Used by one thread at a
/// time. hiredis is told before every step how much time is left, as it knows no deadline of its own.
class redis_connection {
 public:
  explicit redis_connection(const redis_options& options) : options_(options), failure_(options) {}
  redis_connection(const redis_connection&) = delete;
  redis_connection& operator=(const redis_connection&) = delete;

  /// An answer for each command, refusals among them, at the latest after two times the timeout: once to
  /// connect, once for the answers.
  result<redis_replies> exchange(const std::vector<redis_command>& commands) {
    sigpipe_guard guard;
    // Unless all went well, the rest of an answer may still come.
    struct dropping {
      redis_connection* connection;
      ~dropping() {
        if (connection != nullptr) connection->drop();
      }
    } unless_done{this};
    auto replies = connect_and_exchange(commands);
    if (replies) {
      unless_done.connection = nullptr;
    } else {
      guard.write_may_have_failed();
    }
    return replies;
  }

  void drop() noexcept { context_.reset(); }

 private:
  static constexpr std::size_t longest_answer = 1U << 20U;

  struct freeing {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
  };

  result<redis_replies> connect_and_exchange(const std::vector<redis_command>& commands) {
    // Redis closes idle connections and is restarted at times; and nothing may come that nobody asked for.
    if (context_ && has_pending_input(context_->fd)) drop();
    if (!context_) {
      const auto deadline = real_now() + options_.timeout;
      if (auto failed = connect(deadline)) return *std::move(failed);
      if (auto failed = log_in(deadline)) return *std::move(failed);
    }
    return converse(commands, real_now() + options_.timeout);
  }

  // A list is refused before memory is taken for as many elements as it claims to have.
  template <class Count>
  static void* no_list(const redisReadTask*, Count) noexcept {
    return nullptr;
  }

  std::optional<error> connect(steady_time deadline) {
    if (!options_.unix_socket.empty()) return connect_to(options_.unix_socket, deadline);
    const auto addresses = resolve(options_.host, deadline, {});
    if (!addresses) {
      const bool late = addresses.error().category == error_category::timeout;
      return late ? failure_.late() : failure_.unreachable("its name does not resolve to an address");
    }
    std::optional<error> failed;
    for (const auto& address : *addresses) {
      failed = connect_to(address, deadline);
      if (!failed) break;
    }
    return failed;
  }

  std::optional<error> connect_to(const std::string& place, steady_time deadline) {
    do {
      const auto left = time_left(deadline);
      context_.reset(options_.unix_socket.empty()
                         ? redisConnectWithTimeout(place.c_str(), options_.port, left)
                         : redisConnectUnixWithTimeout(place.c_str(), left));
    } while (context_ && context_->err == REDIS_ERR_IO && errno == EINTR && real_now() < deadline);
    if (!context_) return failure_.unreachable("no memory for a connection");
    if (context_->err != 0) {
      if (is_over(deadline)) return failure_.late();
      return failure_.unreachable(printable(context_->errstr, sizeof context_->errstr));
    }
    close_on_exec(context_->fd);
    answers_ = *context_->reader->fn;
    answers_.createArray = no_list;
    context_->reader->fn = &answers_;
    return std::nullopt;
  }

  std::optional<error> log_in(steady_time deadline) {
    std::vector<redis_command> commands;
    const bool with_login = !options_.password.empty() || !options_.username.empty();
    if (with_login) {
      commands.push_back({"AUTH"});
      if (!options_.username.empty()) commands.back().push_back(options_.username);
      commands.back().push_back(options_.password.reveal());
    }
    const std::string database = std::to_string(options_.database);
    if (options_.database != 0) commands.push_back({"SELECT", database});
    if (commands.empty()) return std::nullopt;

    auto replies = converse(commands, deadline);
    if (!replies) return std::move(replies).error();
    for (std::size_t i = 0; i < replies->size(); ++i) {
      const auto& reply = (*replies)[i];
      if (reply.type == redis_reply::kind::status && reply.text == "OK") continue;
      if (reply.type != redis_reply::kind::refusal) return failure_.garbled();
      return with_login && i == 0 ? failure_.login_refused() : failure_.refused(reply.text);
    }
    return std::nullopt;
  }

  result<redis_replies> converse(const std::vector<redis_command>& commands, steady_time deadline) {
    for (const auto& command : commands) {
      if (!append(command)) return failure_.unreachable("no memory for a command");
    }
    redis_replies replies;
    std::size_t received = 0;
    int all_written = 0;
    while (replies.size() < commands.size()) {
      void* next = nullptr;
      if (redisGetReplyFromReader(context_.get(), &next) != REDIS_OK) return failure_.garbled();
      if (next != nullptr) {
        const std::unique_ptr<redisReply, freeing> held(static_cast<redisReply*>(next));
        auto reply = read(*held);
        if (!reply) return failure_.garbled();
        replies.push_back(*std::move(reply));
        continue;
      }
      if (real_now() >= deadline) return failure_.late();
      if (redisSetTimeout(context_.get(), time_left(deadline)) != REDIS_OK) return failure_.lost();
      if (all_written == 0) {
        if (redisBufferWrite(context_.get(), &all_written) != REDIS_OK) return cut(deadline);
        continue;
      }
      const std::size_t before = context_->reader->len;
      if (redisBufferRead(context_.get()) != REDIS_OK) return cut(deadline);
      received += context_->reader->len - before;
      if (received > longest_answer) return failure_.too_long();
    }
    // More than was asked for would be taken for the answer of the next command.
    if (context_->reader->pos != context_->reader->len) return failure_.garbled();
    return replies;
  }

  bool append(const redis_command& command) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& word : command) {
      texts.push_back(word.data() != nullptr ? word.data() : "");
      sizes.push_back(word.size());
    }
    return redisAppendCommandArgv(context_.get(), static_cast<int>(command.size()), texts.data(),
                                  sizes.data()) == REDIS_OK;
  }

  static std::optional<redis_reply> read(const redisReply& reply) {
    using kind = redis_reply::kind;
    switch (reply.type) {
      case REDIS_REPLY_NIL: return redis_reply{};
      case REDIS_REPLY_INTEGER: return redis_reply{.type = kind::integer, .number = reply.integer};
      case REDIS_REPLY_STATUS: return redis_reply{.type = kind::status, .text = {reply.str, reply.len}};
      case REDIS_REPLY_STRING: return redis_reply{.type = kind::text, .text = {reply.str, reply.len}};
      case REDIS_REPLY_ERROR: return redis_reply{.type = kind::refusal, .text = {reply.str, reply.len}};
      default: return std::nullopt;
    }
  }

  error cut(steady_time deadline) const {
    if (context_->err == REDIS_ERR_PROTOCOL) return failure_.garbled();
    return is_over(deadline) ? failure_.late() : failure_.lost();
  }

  // I/O waits on the real clock, whatever the one in the options is.
  static steady_time real_now() { return std::chrono::steady_clock::now(); }

  // A wait of the system may end this much early.
  static bool is_over(steady_time deadline) { return real_now() + std::chrono::milliseconds(5) >= deadline; }

  // Never zero, which would mean for ever.
  static timeval time_left(steady_time deadline) {
    using namespace std::chrono;
    const auto left = (std::max)(duration_cast<microseconds>(deadline - real_now()), microseconds(1000));
    timeval time{};
    time.tv_sec = static_cast<decltype(time.tv_sec)>(left.count() / 1'000'000);
    time.tv_usec = static_cast<decltype(time.tv_usec)>(left.count() % 1'000'000);
    return time;
  }

  const redis_options& options_;
  const redis_failure failure_;
  redisReplyObjectFunctions answers_{};
  std::unique_ptr<redisContext, freeing> context_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
