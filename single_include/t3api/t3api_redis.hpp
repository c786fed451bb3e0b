// t3api 0.1.0: <t3api/store/redis.hpp>, on top of <t3api/t3api.hpp>, in one file. Made by tools/amalgamate; change the parts.
//
// MIT License
//
// Copyright (c) 2026 The t3api authors
//
// Permission is hereby granted, free of charge, to any person obtaining a copy
// of this software and associated documentation files (the "Software"), to deal
// in the Software without restriction, including without limitation the rights
// to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
// copies of the Software, and to permit persons to whom the Software is
// furnished to do so, subject to the following conditions:
//
// The above copyright notice and this permission notice shall be included in all
// copies or substantial portions of the Software.
//
// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
// IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
// FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
// AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
// LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
// OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
// SOFTWARE.
//
// Parts:
//   t3api/store/redis.hpp
//   t3api/version.hpp
//   t3api/store/redis_channel.hpp
//   t3api/store/failure_pause.hpp
//   t3api/store/redis_connection.hpp
//   t3api/core/resolver.hpp
//   t3api/native/sigpipe_guard.hpp
//   t3api/store/redis_failure.hpp
//   t3api/store/redis_options.hpp
//   t3api/detail/base64url.hpp
//   t3api/store/timed_lock.hpp
//   t3api/store/redis_names.hpp
//   t3api/detail/seal.hpp

#ifndef T3API_VERSION_HPP
#define T3API_VERSION_HPP

#if __cplusplus < 202002L && (!defined(_MSVC_LANG) || _MSVC_LANG < 202002L)
#error "t3api needs C++20: add the compiler option -std=c++20, or with CMake link t3api::t3api, which does"
#include <C++20>  // No file: the compiler stops here, and not after a thousand other errors.
#endif
#ifndef __cpp_exceptions
#error "t3api needs exceptions: take the compiler option -fno-exceptions away"
#include <exceptions>  // No file, as above.
#endif

#include <string_view>

/// The version of the library: macros for the preprocessor, constants for everything else. The build reads it
/// here.
#define T3API_VERSION_MAJOR 0
#define T3API_VERSION_MINOR 1
#define T3API_VERSION_PATCH 0

#define T3API_DETAIL_QUOTE(x) #x
#define T3API_DETAIL_DOTTED(x, y, z) T3API_DETAIL_QUOTE(x) "." T3API_DETAIL_QUOTE(y) "." T3API_DETAIL_QUOTE(z)

namespace t3api::inline v0_1_0 {

inline constexpr int version_major = T3API_VERSION_MAJOR;  ///< Above 0 the interface changes with it alone.
inline constexpr int version_minor = T3API_VERSION_MINOR;  ///< New things; below 1.0.0 changes too.
inline constexpr int version_patch = T3API_VERSION_PATCH;  ///< Corrections.

/// "major.minor.patch".
inline constexpr std::string_view version_string =
    T3API_DETAIL_DOTTED(T3API_VERSION_MAJOR, T3API_VERSION_MINOR, T3API_VERSION_PATCH);

}  // namespace t3api::inline v0_1_0

#undef T3API_DETAIL_DOTTED
#undef T3API_DETAIL_QUOTE

#endif  // T3API_VERSION_HPP

// Outside of the guard: here another version in the same file shows.
#if T3API_VERSION_MAJOR != 0 || T3API_VERSION_MINOR != 1 || T3API_VERSION_PATCH != 0
#error \
    "two versions of t3api meet in one file: include one of them here and the other in another file; one program may have both"
#include <one version of t3api>  // No file: the compiler stops here.
#endif

#ifndef T3API_STORE_REDIS_HPP
#define T3API_STORE_REDIS_HPP

#include <t3api/t3api.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_STORE_REDIS_CHANNEL_HPP
#define T3API_STORE_REDIS_CHANNEL_HPP

#include <mutex>
#include <utility>
#include <vector>

#ifndef T3API_STORE_FAILURE_PAUSE_HPP
#define T3API_STORE_FAILURE_PAUSE_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// Leaves a service that failed alone for a while: until then nothing gets through, then one try does, and if
/// that succeeds, everything again. For any number of threads.
class failure_pause {
 public:
  failure_pause(std::shared_ptr<t3api::clock> time, std::chrono::milliseconds length)
      : clock_(std::move(time)), length_(length) {}

  /// How many failures there have been if a try may be made now, else why it may not. The first try after a
  /// pause keeps others out for as long again, unless it tells sooner how it went.
  result<std::uint64_t> enter() {
    const std::scoped_lock lock(mutex_);
    if (!last_) return failures_;
    const auto now = clock_->now();
    if (now < end_) return refusal(now);
    end_ = now + length_;
    return failures_;
  }

  /// The failure of someone else's since `enter` gave `failures`, if there was one.
  std::optional<error> failed_since(std::uint64_t failures) const {
    const std::scoped_lock lock(mutex_);
    if (failures == failures_ || !last_) return std::nullopt;
    return refusal(clock_->now());
  }

  void failed(const error& cause) {
    const std::scoped_lock lock(mutex_);
    ++failures_;
    last_ = cause;
    end_ = clock_->now() + length_;
  }

  void succeeded() {
    const std::scoped_lock lock(mutex_);
    last_.reset();
  }

 private:
  error refusal(steady_time now) const {
    error cause = *last_;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>((std::max)(end_ - now, steady_time::duration::zero()));
    cause.message += " (not asked again for " + std::to_string(left.count()) + " ms)";
    return cause;
  }

  const std::shared_ptr<t3api::clock> clock_;
  const std::chrono::milliseconds length_;
  mutable std::mutex mutex_;
  std::optional<error> last_;
  steady_time end_{};
  std::uint64_t failures_ = 0;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
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

#ifndef T3API_CORE_RESOLVER_HPP
#define T3API_CORE_RESOLVER_HPP

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>


namespace t3api::inline v0_1_0::detail {

/// The addresses of a host, at the latest by `deadline`. "localhost" is this machine whatever the resolver
/// says (RFC 6761 section 6.3), as credentials may travel to it unencrypted. For other names: the system's
/// resolver knows no deadline, so it works in a thread of its own that is left behind when it does not answer
/// in time.
inline result<std::vector<std::string>> resolve(const std::string& host, steady_time deadline,
                                                stop_token stop) {
  if (is_address(host)) return std::vector{host};
  if (iequals(host, "localhost")) return std::vector<std::string>{"127.0.0.1", "::1"};
  struct lookup {
    std::mutex mutex;
    stoppable_condition done;
    std::optional<std::vector<std::string>> addresses;
  };
  const auto shared = std::make_shared<lookup>();
  try {
    std::thread([shared, host] {
      auto addresses = lookup_addresses(host);
      const std::scoped_lock lock(shared->mutex);
      shared->addresses = std::move(addresses);
      shared->done.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return error{
        .category = error_category::transport,
        .message = "no thread could be started to look up the host '" + host + "': the system is out of them",
        .retryable = true};
  }
  std::unique_lock lock(shared->mutex);
  shared->done.wait_until(lock, stop, deadline, [&] { return shared->addresses.has_value(); });
  if (!shared->addresses) {
    if (stop.stop_requested()) {
      return error{.category = error_category::cancelled,
                   .message = "the call was cancelled while it looked up its host"};
    }
    return error{
        .category = error_category::timeout,
        .message = "the name '" + host + "' was not resolved in time: check the network and the DNS server",
        .retryable = true};
  }
  if (shared->addresses->empty()) {
    return error{
        .category = error_category::transport,
        .message = "the name '" + host + "' does not resolve to an address: check the host and the network",
        .retryable = true};
  }
  return *std::move(shared->addresses);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_NATIVE_SIGPIPE_GUARD_HPP
#define T3API_NATIVE_SIGPIPE_GUARD_HPP

#ifndef _WIN32
#include <signal.h>
#include <time.h>
#endif

namespace t3api::inline v0_1_0::detail {

/// Keeps a write to a connection that the peer has closed from raising SIGPIPE in this thread, without
/// touching the program's own handling of that signal.
class sigpipe_guard {
 public:
#ifdef _WIN32
  sigpipe_guard() = default;
  void write_may_have_failed() noexcept {}
#else
  sigpipe_guard() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~sigpipe_guard() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// Takes the signal away that a failed write has left pending, unless the thread had it blocked all along.
  void write_may_have_failed() noexcept {
    sigset_t pending;
    ::sigpending(&pending);
    if (::sigismember(&before_, SIGPIPE) == 1 || ::sigismember(&pending, SIGPIPE) != 1) return;
#ifdef __APPLE__
    int signal = 0;
    ::sigwait(&pipe_, &signal);
#else
    const timespec at_once{};
    ::sigtimedwait(&pipe_, nullptr, &at_once);
#endif
  }
#endif
  sigpipe_guard(const sigpipe_guard&) = delete;
  sigpipe_guard& operator=(const sigpipe_guard&) = delete;

#ifndef _WIN32
 private:
  sigset_t pipe_{};
  sigset_t before_{};
#endif
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_STORE_REDIS_FAILURE_HPP
#define T3API_STORE_REDIS_FAILURE_HPP

#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_STORE_REDIS_OPTIONS_HPP
#define T3API_STORE_REDIS_OPTIONS_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_DETAIL_BASE64URL_HPP
#define T3API_DETAIL_BASE64URL_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace t3api::inline v0_1_0::detail {

/// Base64 with the URL-safe alphabet and no padding (RFC 4648 section 5, RFC 7515 section 2).
inline std::string base64url_encode(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t window = 0;
  int bits = 0;
  for (const char c : bytes) {
    window = (window << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += alphabet[(window >> (bits - 6)) & 63U];
  }
  if (bits > 0) text += alphabet[(window << (6 - bits)) & 63U];
  return text;
}

/// Base64 with its first alphabet and padding (RFC 4648 section 4).
inline std::string base64_encode(std::string_view bytes) {
  std::string text = base64url_encode(bytes);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text += '=';
  return text;
}

/// The bytes behind `text`, or nothing when it is not base64url. Trailing padding is accepted.
inline std::optional<std::string> base64url_decode(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t window = 0;
  int bits = 0;
  for (const char c : text) {
    std::uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<std::uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0') + 52;
    } else if (c == '-') {
      digit = 62;
    } else if (c == '_') {
      digit = 63;
    } else {
      return std::nullopt;
    }
    window = (window << 6) | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((window >> bits) & 0xFFU);
    }
  }
  if ((window & ((1U << bits) - 1U)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// Where Redis is and how to use it. The connection is not encrypted: what is kept is sealed before it
/// leaves, but the password is not.
struct redis_options {
  std::string host = "127.0.0.1";  ///< Name or address.
  int port = 6379;                 ///< Of the host.
  std::string unix_socket{};       ///< Path of a socket to use in place of host and port.
  std::string username{};          ///< For Redis's access control lists; empty for the default user.
  secret password{};               ///< Empty to send none.
  int database = 0;                ///< Its number.

  /// What values are encrypted with and keys are hidden with, for all who share the store: 32 random bytes,
  /// as they are, as 64 hexadecimal digits or as Base64. One who does not have it can read nothing that is
  /// kept, and nothing that is changed counts.
  secret key{};
  std::string prefix = "t3api:";  ///< What every key in Redis begins with.

  std::chrono::milliseconds timeout{250};               ///< To connect, and again for each operation.
  std::chrono::milliseconds pause_after_failure{5000};  ///< How long Redis is left alone once it failed.
  std::shared_ptr<t3api::clock> clock = std::make_shared<real_clock>();  ///< Of the pause.
};

namespace detail {

inline std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes(text.size() / 2, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = ascii_lower(text[i]);
    if (!ascii_digit(c) && (c < 'a' || c > 'f')) {
      wipe(bytes);
      return std::nullopt;
    }
    const int digit = ascii_digit(c) ? c - '0' : c - 'a' + 10;
    bytes[i / 2] = static_cast<char>(static_cast<unsigned char>(bytes[i / 2]) * 16 + digit);
  }
  return bytes;
}

/// The 32 bytes behind the key of an option. Throws std::invalid_argument when there are none.
inline secret sealing_key(const secret& given) {
  constexpr std::size_t size = 32;
  const std::string_view text = given.reveal();
  if (text.size() == size) return given;
  if (text.size() == 2 * size) {
    if (auto bytes = decode_hex(text)) return secret(std::move(*bytes));
  }
  if (text.size() == 43 || text.size() == 44) {
    std::string url_safe(text);
    std::replace(url_safe.begin(), url_safe.end(), '+', '-');
    std::replace(url_safe.begin(), url_safe.end(), '/', '_');
    auto bytes = base64url_decode(url_safe);
    wipe(url_safe);
    if (bytes && bytes->size() == size) return secret(std::move(*bytes));
  }
  throw std::invalid_argument(
      std::string(text.empty() ? "redis_options has no key" : "the key in redis_options cannot be used") +
      ": give 32 random bytes, as they are, as 64 hexadecimal digits or as Base64 (make one with: openssl "
      "rand "
      "-hex 32)");
}

/// The options themselves. Throws std::invalid_argument with what to change.
inline redis_options checked(redis_options options) {
  const auto demand = [](bool met, const char* otherwise) {
    if (!met) throw std::invalid_argument(otherwise);
  };
  demand(!options.unix_socket.empty() || (!options.host.empty() && !has_control(options.host)),
         "redis_options needs a host or a unix_socket: give a name, an address or a path");
  demand(!has_control(options.unix_socket), "the unix_socket in redis_options is not a path");
  demand(options.port >= 1 && options.port <= 65535, "the port in redis_options must be from 1 to 65535");
  demand(options.database >= 0, "the database in redis_options must be 0 or more");
  demand(options.timeout >= std::chrono::milliseconds(1) && options.timeout <= std::chrono::hours(1),
         "the timeout in redis_options must be from 1 ms to 1 h");
  demand(options.pause_after_failure >= std::chrono::milliseconds(0) &&
             options.pause_after_failure <= std::chrono::hours(24),
         "pause_after_failure in redis_options must be from 0 to 24 h");
  demand(options.clock != nullptr, "the clock in redis_options must not be null");
  return options;
}

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0::detail {

/// Makes the errors of one Redis. What Redis says is never part of them: it repeats what it was sent, a
/// password among it.
class redis_failure {
 public:
  explicit redis_failure(const redis_options& options)
      : place_(!options.unix_socket.empty() ? options.unix_socket
               : options.host.find(':') != std::string::npos
                   ? "[" + options.host + "]:" + std::to_string(options.port)
                   : options.host + ":" + std::to_string(options.port)) {}

  error unreachable(std::string_view reason) const {
    return make("cannot be reached (" + std::string(reason) + "): is it running, and is the address right?");
  }
  error lost() const { return make("closed the connection before it answered"); }
  error garbled() const {
    return make("gave an answer that Redis does not give: is it something else that listens there?");
  }
  error too_long() const { return make("gave an answer of more than 1 MiB, which nothing kept here has"); }
  error late() const {
    error cause = make("did not answer in time: it is overloaded, stopped or too far away for the timeout");
    cause.category = error_category::timeout;
    return cause;
  }
  error busy() const {
    error cause = make("was busy with other threads of this program for all of the timeout");
    cause.category = error_category::timeout;
    return cause;
  }

  /// For an error that Redis gave as an answer.
  error refused(std::string_view answer) const {
    for (const auto& [code, meaning] : refusals) {
      if (answer.substr(0, answer.find(' ')) == code) return make(meaning);
    }
    return make("refused a command, for a reason that this library does not know: look into its log");
  }
  error login_refused() const {
    error cause = make("refused the login: check username and password, and whether it has any");
    cause.retryable = false;
    return cause;
  }

 private:
  error make(std::string_view what) const {
    return {.category = error_category::transport,
            .message = "Redis at " + place_ + " " + std::string(what),
            .retryable = true};
  }

  static constexpr std::pair<std::string_view, std::string_view> refusals[] = {
      {"NOAUTH", "wants a login: give it a password"},
      {"NOPERM", "does not let this user do that: allow it GET, PTTL, SET, DEL and EVAL on its keys"},
      {"READONLY", "is a replica that takes no writes: give the address of the primary"},
      {"OOM", "is out of memory: raise its maxmemory or let it evict keys"},
      {"MISCONF", "takes no writes as it cannot save them: look into its log"},
      {"LOADING", "is still loading its data: it will be ready soon"},
      {"BUSY", "is busy with a script"},
      {"MOVED", "is part of a cluster, which this library does not know"},
      {"CLUSTERDOWN", "is part of a cluster, which this library does not know"},
      {"MASTERDOWN", "is a replica that has lost its primary"},
      {"NOREPLICAS", "takes no writes as it has too few replicas"},
  };

  const std::string place_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

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
#ifndef T3API_STORE_TIMED_LOCK_HPP
#define T3API_STORE_TIMED_LOCK_HPP

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>


namespace t3api::inline v0_1_0::detail {

/// A lock that is waited for as long as one likes, or until one is asked to stop. Those who wait get it in
/// the order in which they came: a thread that lets go and asks again at once, call after call, keeps nobody
/// out.
class timed_lock {
 public:
  bool try_lock_for(std::chrono::milliseconds patience, const stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    if (!taken_) {
      taken_ = true;
      return true;
    }
    const auto here = queue_.emplace(queue_.end());
    const bool given = here->turn.wait_for(lock, stop, patience, [&] { return here->given; });
    queue_.erase(here);
    return given;
  }

  void unlock() {
    const std::scoped_lock lock(mutex_);
    taken_ = !queue_.empty();
    if (!taken_) return;
    queue_.front().given = true;
    queue_.front().turn.notify_one();
  }

  /// How many threads wait.
  std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
  }

 private:
  struct waiter {
    stoppable_condition turn;
    bool given = false;
  };

  mutable std::mutex mutex_;
  std::list<waiter> queue_;
  bool taken_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// The one connection of a process to a Redis, for all its threads one after the other, and the pause when it
/// fails.
class redis_channel {
 public:
  explicit redis_channel(const redis_options& options)
      : options_(options),
        failure_(options),
        pause_(options.clock, options.pause_after_failure),
        connection_(options) {}

  /// What `read` makes of the answers to `commands`; when it makes an error of them, that is a failure too.
  template <class T, class Read>
  result<T> run(const std::vector<redis_command>& commands, Read read) {
    const auto entered = pause_.enter();
    if (!entered) return entered.error();
    const std::unique_lock turn(lock_, options_.timeout);
    if (!turn.owns_lock()) return failure_.busy();
    if (auto failed = pause_.failed_since(*entered)) return *std::move(failed);

    auto replies = connection_.exchange(commands);
    auto made = replies ? read(*replies) : result<T>(std::move(replies).error());
    if (made) {
      pause_.succeeded();
    } else {
      connection_.drop();
      pause_.failed(made.error());
    }
    return made;
  }

 private:
  const redis_options& options_;
  const redis_failure failure_;
  failure_pause pause_;
  timed_lock lock_;
  redis_connection connection_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_STORE_REDIS_NAMES_HPP
#define T3API_STORE_REDIS_NAMES_HPP

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_DETAIL_SEAL_HPP
#define T3API_DETAIL_SEAL_HPP

#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// The first byte of what `seal` makes, so that another way of sealing can be told apart one day.
inline constexpr char seal_version = 1;

/// Encrypts `plain` so that it can lie where others read and write: AES-256-GCM under a key of 32 bytes and a
/// random nonce. Only with the same `associated` text does it open again, which ties it to its place. The
/// nonces of one key are unlikely to collide for some 2^32 texts. Throws what `gcm_encrypt` throws.
///
/// The format: version byte, nonce (12 bytes), ciphertext, tag (16 bytes).
inline std::string seal(std::string_view key, std::string_view plain, std::string_view associated) {
  const std::string nonce = random_bytes(gcm_nonce_size);
  return seal_version + nonce + gcm_encrypt(key, nonce, plain, associated);
}

/// What was sealed, or nothing when `sealed` has been changed or cut, or was made with another key or other
/// associated text. Throws std::invalid_argument for a key that has not 32 bytes.
inline std::optional<std::string> unseal(std::string_view key, std::string_view sealed,
                                         std::string_view associated) {
  constexpr std::size_t head = 1 + gcm_nonce_size;
  if (sealed.size() < head + gcm_tag_size || sealed.front() != seal_version) return std::nullopt;
  return gcm_decrypt(key, sealed.substr(1, gcm_nonce_size), sealed.substr(head), associated);
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// What keys and values look like to those who can look into Redis: HMACs and sealed bytes, made with two
/// keys that come from the one the user gave (HMAC-SHA-256 as a pseudo-random function, one label each).
///
/// A value is sealed with a key that its own name takes part in, and Redis never sees that name: so the
/// user's key alone opens no value whose name holds a secret. Values of version 1 were sealed otherwise and
/// have other names in Redis; claims are those of version 1, so that both keep out of each other's way.
class redis_names {
 public:
  redis_names(const secret& key, std::string prefix)
      : prefix_(std::move(prefix)),
        sealing_key_(hmac_sha256(key.reveal(), "t3api redis_store 2: sealing")),
        naming_key_(hmac_sha256(key.reveal(), "t3api redis_store 1: naming")) {}

  std::string of_value(std::string_view key) const { return name("value 2 ", key); }
  std::string of_claim(std::string_view key) const { return name("claim ", key); }

  /// A value sealed to its place: it opens for this key only.
  std::string seal_value(std::string_view value, std::string_view key) const {
    return seal(key_of_value(key).reveal(), value, of_value(key));
  }
  std::optional<std::string> unseal_value(std::string_view sealed, std::string_view key) const {
    return unseal(key_of_value(key).reveal(), sealed, of_value(key));
  }

 private:
  std::string name(std::string_view kind, std::string_view key) const {
    return prefix_ + hex(hmac_sha256(naming_key_.reveal(), std::string(kind) + std::string(key)));
  }
  secret key_of_value(std::string_view key) const { return hmac_sha256(sealing_key_.reveal(), key); }

  const std::string prefix_;
  const secret sealing_key_;
  const secret naming_key_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// A store in a Redis server, for processes and machines that share tokens; needs hiredis (CMake: the
/// component `redis`). Redis sees neither keys nor values, only how many there are and how long. A value that
/// somebody changed, moved to another key or sealed with another key is a value that is not there. To open
/// one takes the key of the options and the value's own.
///
/// Copies share one connection; a forked child makes its own. Nothing is sent before the first operation. An
/// operation takes as long as two timeouts at the most, three when other threads are at it, plus what the
/// look-up of a host name left behind; when one fails, all fail at once for `pause_after_failure`, without
/// asking Redis. Errors are of category transport or timeout.
class redis_store {
 public:
  /// The longest value that is kept; a longer one is an argument error.
  static constexpr std::size_t max_value_bytes = 1'000'000;

  /// Throws std::invalid_argument when the options cannot be used.
  explicit redis_store(redis_options options) : shared_(std::make_shared<shared>(std::move(options))) {}

  result<std::optional<stored_value>> get(std::string_view key) {
    using found = std::optional<stored_value>;
    const std::string name = shared_->names.of_value(key);
    // The time first: if the value is replaced in between, the new one goes out with the shorter time.
    return run<found>({{"PTTL", name}, {"GET", name}}, [&](replies& got) -> result<found> {
      if (got[0].type != kind::integer) return not_understood(got[0]);
      if (got[1].type == kind::nothing || is_wrong_type(got[1])) return found();
      if (got[1].type != kind::text) return not_understood(got[1]);
      if (got[0].number <= 0) return found();  // Nothing of ours lives for ever.
      auto value = shared_->names.unseal_value(got[1].text, key);
      if (!value) return found();
      return found(
          stored_value{.value = *std::move(value), .time_left = std::chrono::milliseconds(got[0].number)});
    });
  }

  std::optional<error> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    if (ttl <= std::chrono::milliseconds::zero()) return erase(key);
    if (value.size() > max_value_bytes) {
      return argument_error("a value of " + std::to_string(value.size()) + " bytes is too long to keep: " +
                            std::to_string(max_value_bytes) + " are allowed");
    }
    const std::string name = shared_->names.of_value(key);
    const std::string sealed = shared_->names.seal_value(value, key);
    const std::string time = milliseconds_text(ttl);
    return done(run<bool>({{"SET", name, sealed, "PX", time}}, [&](replies& got) -> result<bool> {
      if (!is_ok(got[0])) return not_understood(got[0]);
      return true;
    }));
  }

  std::optional<error> erase(std::string_view key) {
    const std::string name = shared_->names.of_value(key);
    return done(count({"DEL", name}));
  }

  result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    const std::string name = shared_->names.of_claim(key);
    const std::string time = milliseconds_text(ttl);
    return run<bool>({{"SET", name, owner, "NX", "PX", time}}, [&](replies& got) -> result<bool> {
      if (got[0].type == kind::nothing) return false;
      if (!is_ok(got[0])) return not_understood(got[0]);
      return true;
    });
  }

  std::optional<error> release(std::string_view key, std::string_view owner) {
    constexpr std::string_view delete_if_owned =
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
    const std::string name = shared_->names.of_claim(key);
    return done(count({"EVAL", delete_if_owned, "1", name, owner}));
  }

 private:
  using kind = detail::redis_reply::kind;
  using replies = detail::redis_replies;

  struct shared {
    explicit shared(redis_options given)
        : options(detail::checked(std::move(given))),
          names(detail::sealing_key(options.key), options.prefix),
          failure(options),
          channel([this] { return std::make_unique<detail::redis_channel>(options); }) {}

    const redis_options options;
    const detail::redis_names names;
    const detail::redis_failure failure;
    detail::per_process<detail::redis_channel> channel;
  };

  template <class T, class Read>
  result<T> run(const std::vector<detail::redis_command>& commands, Read read) {
    return shared_->channel.get().template run<T>(commands, read);
  }

  result<bool> count(const detail::redis_command& command) {
    return run<bool>({command}, [&](replies& got) -> result<bool> {
      if (got[0].type != kind::integer) return not_understood(got[0]);
      return got[0].number > 0;
    });
  }

  error not_understood(const detail::redis_reply& reply) const {
    return reply.type == kind::refusal ? shared_->failure.refused(reply.text) : shared_->failure.garbled();
  }

  static std::optional<error> done(result<bool> answer) {
    return answer ? std::nullopt : std::optional(std::move(answer).error());
  }
  static bool is_ok(const detail::redis_reply& reply) {
    return reply.type == kind::status && reply.text == "OK";
  }
  static bool is_wrong_type(const detail::redis_reply& reply) {
    return reply.type == kind::refusal && reply.text.starts_with("WRONGTYPE ");
  }
  static std::string milliseconds_text(std::chrono::milliseconds ttl) {
    return std::to_string(detail::kept_lifetime(ttl).count());
  }

  std::shared_ptr<shared> shared_;
};

static_assert(store<redis_store>);

}  // namespace t3api::inline v0_1_0

#endif
