// t3api 0.1.0: <t3api/t3api.hpp> and all it includes, in one file. Made by tools/amalgamate; change the parts.
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
//   t3api/t3api.hpp
//   t3api/version.hpp
//   t3api/any_client.hpp
//   t3api/core/call_options.hpp
//   t3api/detail/stop_token.hpp
//   t3api/detail/own_stop_token.hpp
//   t3api/core/json_fwd.hpp
//   t3api/core/request.hpp
//   t3api/core/headers.hpp
//   t3api/detail/ascii.hpp
//   t3api/detail/printable.hpp
//   t3api/detail/utf8.hpp
//   t3api/core/result.hpp
//   t3api/core/error.hpp
//   t3api/core/exceptions.hpp
//   t3api/detail/percent.hpp
//   t3api/core/response.hpp
//   t3api/fwd.hpp
//   t3api/api/auth.hpp
//   t3api/api/collections.hpp
//   t3api/api/licenses.hpp
//   t3api/api/load_all.hpp
//   t3api/api/secret_keys.hpp
//   t3api/api/secret_key_url.hpp
//   t3api/auth/checks.hpp
//   t3api/core/secret.hpp
//   t3api/detail/wipe.hpp
//   t3api/core/url.hpp
//   t3api/auth/credentials.hpp
//   t3api/auth/concept.hpp
//   t3api/core/clock.hpp
//   t3api/detail/stoppable_condition.hpp
//   t3api/core/logging_hooks.hpp
//   t3api/core/redactor.hpp
//   t3api/auth/one_time_passwords.hpp
//   t3api/auth/guarded_store.hpp
//   t3api/store/concept.hpp
//   t3api/auth/totp.hpp
//   t3api/detail/base32.hpp
//   t3api/detail/crypto.hpp
//   t3api/detail/require_openssl.hpp
//   t3api/core/http_date.hpp
//   t3api/detail/uuid.hpp
//   t3api/store/memory.hpp
//   t3api/detail/per_process.hpp
//   t3api/native/process.hpp
//   t3api/store/lifetime.hpp
//   t3api/auth/renewal_options.hpp
//   t3api/auth/auth_response_data.hpp
//   t3api/auth/state_rules.hpp
//   t3api/auth/token_source.hpp
//   t3api/auth/bearer_token.hpp
//   t3api/auth/token.hpp
//   t3api/detail/snapshot.hpp
//   t3api/auth/bounded_exchange.hpp
//   t3api/auth/renewal_pace.hpp
//   t3api/auth/token_exchange.hpp
//   t3api/auth/shared_token.hpp
//   t3api/core/service_error.hpp
//   t3api/core/client_config.hpp
//   t3api/core/call_executor.hpp
//   t3api/core/json_text.hpp
//   t3api/core/iso_time.hpp
//   t3api/auth/any.hpp
//   t3api/auth/api_key.hpp
//   t3api/auth/bearer.hpp
//   t3api/auth/none.hpp
//   t3api/auth/secret_key.hpp
//   t3api/authenticate.hpp
//   t3api/authenticate/by_api_key.hpp
//   t3api/authenticate/arguments.hpp
//   t3api/default_client.hpp
//   t3api/client.hpp
//   t3api/client/async_calls.hpp
//   t3api/detail/worker_pool.hpp
//   t3api/client/call.hpp
//   t3api/client/state.hpp
//   t3api/client/rate_limiter.hpp
//   t3api/core/login_path.hpp
//   t3api/logging/call_log.hpp
//   t3api/retry/concept.hpp
//   t3api/transport/concept.hpp
//   t3api/core/send_options.hpp
//   t3api/transport/limits.hpp
//   t3api/core/json_body.hpp
//   t3api/detail/either_stop.hpp
//   t3api/retry/exponential_backoff.hpp
//   t3api/retry/budget.hpp
//   t3api/transport/default_transport.hpp
//   t3api/transport/httplib.hpp
//   t3api/transport/http_transport.hpp
//   t3api/native/socket.hpp
//   t3api/transport/socket.hpp
//   t3api/authenticate/by_credentials.hpp
//   t3api/authenticate/by_jwt.hpp
//   t3api/authenticate/configured.hpp
//   t3api/authenticate/credential_chain.hpp
//   t3api/environment/environment.hpp
//   t3api/environment/dotenv.hpp
//   t3api/environment/dotenv_reader.hpp
//   t3api/native/input_file.hpp
//   t3api/environment/small_file.hpp
//   t3api/environment/settings.hpp
//   t3api/environment/setting_reader.hpp
//   t3api/environment/values.hpp
//   t3api/core/json.hpp
//   t3api/coroutine.hpp
//   t3api/environment.hpp
//   t3api/environment/logging.hpp
//   t3api/logging/sinks.hpp
//   t3api/native/private_file.hpp
//   t3api/retry/none.hpp
//   t3api/transport/in_process.hpp
//   t3api/transport/scripted.hpp
//   t3api/api/impl/auth.hpp
//   t3api/api/shapes.hpp
//   t3api/detail/inline.hpp
//   t3api/api/impl/collections.hpp
//   t3api/api/impl/licenses.hpp
//   t3api/api/impl/load_all.hpp
//   t3api/api/impl/secret_keys.hpp
//   t3api/core/impl/logging_events.hpp
//   t3api/core/secret_names.hpp
//   t3api/core/impl/redactor.hpp
//   t3api/core/impl/secret_finder.hpp
//   t3api/detail/base64url.hpp
//   t3api/auth/impl/auth_response_data.hpp
//   t3api/auth/impl/token.hpp
//   t3api/core/impl/service_error.hpp
//   t3api/authenticate/impl/by_api_key.hpp
//   t3api/authenticate/login.hpp
//   t3api/core/impl/json_body.hpp
//   t3api/transport/impl/httplib.hpp
//   t3api/detail/httplib.hpp
//   t3api/transport/io_wait.hpp
//   t3api/transport/impl/http_transport.hpp
//   t3api/transport/pool.hpp
//   t3api/core/resolver.hpp
//   t3api/transport/connection.hpp
//   t3api/http1/answer_reader.hpp
//   t3api/http1/chunked_reader.hpp
//   t3api/http1/fields.hpp
//   t3api/http1/line_reader.hpp
//   t3api/http1/content_coding.hpp
//   t3api/http1/request_head.hpp
//   t3api/transport/exchange.hpp
//   t3api/transport/stream.hpp
//   t3api/transport/tls.hpp
//   t3api/transport/impl/socket.hpp
//   t3api/authenticate/impl/by_credentials.hpp
//   t3api/authenticate/impl/by_jwt.hpp
//   t3api/authenticate/impl/configured.hpp
//   t3api/core/impl/json.hpp
//   t3api/core/impl/json_builder.hpp
//   t3api/logging/impl/sinks.hpp

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

#ifndef T3API_T3API_HPP
#define T3API_T3API_HPP

// All of the client wing.


#ifndef T3API_ANY_CLIENT_HPP
#define T3API_ANY_CLIENT_HPP

#include <functional>
#include <memory>
#include <string>
#include <utility>

#ifndef T3API_CORE_CALL_OPTIONS_HPP
#define T3API_CORE_CALL_OPTIONS_HPP

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#ifndef T3API_DETAIL_STOP_TOKEN_HPP
#define T3API_DETAIL_STOP_TOKEN_HPP

#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

#ifndef T3API_DETAIL_OWN_STOP_TOKEN_HPP
#define T3API_DETAIL_OWN_STOP_TOKEN_HPP

// For a libc++ without std::stop_token: none has it before version 18, and until 20 only with
// -fexperimental-library. The macro is the test's.
#include <version>

#if !defined(__cpp_lib_jthread) || defined(T3API_TEST_OWN_STOP_TOKEN)

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace t3api::inline v0_1_0::detail::own {

/// What the source, the tokens and the callbacks of one request to stop share.
class stop_state {
 public:
  class callback {
   public:
    callback() = default;
    callback(const callback&) = delete;
    callback& operator=(const callback&) = delete;
    virtual void run() noexcept = 0;

   protected:
    ~callback() = default;
  };

  bool requested() const noexcept { return requested_; }

  /// Runs the callbacks; false when that was asked for before.
  bool request() {
    std::unique_lock lock(mutex_);
    if (requested_.exchange(true)) return false;
    requester_ = std::this_thread::get_id();
    while (!callbacks_.empty()) {
      running_ = callbacks_.back();
      callbacks_.pop_back();
      lock.unlock();
      running_->run();
      lock.lock();
      running_ = nullptr;
      has_run_.notify_all();
    }
    return true;
  }

  /// False when it is too late: then it is the caller's to run.
  bool add(callback& one) {
    const std::scoped_lock lock(mutex_);
    if (requested_) return false;
    callbacks_.push_back(&one);
    return true;
  }

  /// Once this returns, the callback does not run any longer, unless it is the callback itself that asks.
  void remove(callback& one) {
    std::unique_lock lock(mutex_);
    if (std::erase(callbacks_, &one) > 0 || requester_ == std::this_thread::get_id()) return;
    has_run_.wait(lock, [&] { return running_ != &one; });
  }

 private:
  std::atomic<bool> requested_ = false;
  std::mutex mutex_;
  std::condition_variable has_run_;
  std::vector<callback*> callbacks_;
  callback* running_ = nullptr;
  std::thread::id requester_;
};

struct nostopstate_t {};
inline constexpr nostopstate_t nostopstate{};

class stop_token {
 public:
  stop_token() = default;
  bool stop_requested() const noexcept { return state_ && state_->requested(); }
  /// Whether there is a source behind it, or was.
  bool stop_possible() const noexcept { return state_ != nullptr; }
  friend bool operator==(const stop_token&, const stop_token&) = default;

 private:
  friend class stop_source;
  template <class>
  friend class stop_callback;
  explicit stop_token(std::shared_ptr<stop_state> state) noexcept : state_(std::move(state)) {}

  std::shared_ptr<stop_state> state_;
};

class stop_source {
 public:
  stop_source() : state_(std::make_shared<stop_state>()) {}
  explicit stop_source(nostopstate_t) noexcept {}
  stop_token get_token() const noexcept { return stop_token(state_); }
  bool stop_requested() const noexcept { return state_ && state_->requested(); }
  bool request_stop() {
    const auto state = state_;  // A callback may be the end of this source.
    return state && state->request();
  }

 private:
  std::shared_ptr<stop_state> state_;
};

template <class Callback>
class stop_callback final : stop_state::callback {
 public:
  template <class Function>
  stop_callback(const stop_token& token, Function&& function)
      : function_(std::forward<Function>(function)), state_(token.state_) {
    if (state_ && !state_->add(*this)) {
      state_.reset();
      run();
    }
  }
  ~stop_callback() {
    if (state_) state_->remove(*this);
  }

 private:
  void run() noexcept override { function_(); }

  Callback function_;
  std::shared_ptr<stop_state> state_;
};
template <class Callback>
stop_callback(stop_token, Callback) -> stop_callback<Callback>;

/// What std::condition_variable_any is to std::stop_token.
class stoppable_condition {
 public:
  void notify_one() noexcept { notify_all(); }
  void notify_all() noexcept {
    { const std::scoped_lock lock(gate_); }
    changed_.notify_all();
  }

  template <class Lock, class Moment, class Condition>
  bool wait_until(Lock& lock, const stop_token& stop, const Moment& until, Condition holds) {
    const stop_callback wake(stop, [this] { notify_all(); });
    while (!holds()) {
      std::unique_lock gate(gate_);
      if (stop.stop_requested()) return false;
      lock.unlock();  // What is changed from here on is told at the gate, and so not missed.
      const bool late = changed_.wait_until(gate, until) == std::cv_status::timeout;
      gate.unlock();
      lock.lock();
      if (late) return holds();
    }
    return true;
  }

  template <class Lock, class Duration, class Condition>
  bool wait_for(Lock& lock, const stop_token& stop, const Duration& duration, Condition holds) {
    return wait_until(lock, stop, std::chrono::steady_clock::now() + duration, std::move(holds));
  }

 private:
  std::mutex gate_;
  std::condition_variable changed_;
};

}  // namespace t3api::inline v0_1_0::detail::own

#endif

#endif

namespace t3api::inline v0_1_0 {

#ifdef __cpp_lib_jthread
using std::nostopstate;
using std::stop_callback;
/// Asks for the end of the calls that were given its token. The standard library's, or the same by this
/// library where that has none (libc++ before version 20).
using stop_source = std::stop_source;
/// What a call is given to be ended early. As with stop_source; `stop_callback` and `nostopstate` are here,
/// too.
using stop_token = std::stop_token;
#else
using detail::own::nostopstate;
using detail::own::stop_callback;
using stop_source = detail::own::stop_source;
using stop_token = detail::own::stop_token;
#endif

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// What one call may have different from its client.
struct call_options {
  /// Total deadline, from the start of the call to the last byte of the answer, retries and waits included.
  std::optional<std::chrono::milliseconds> timeout{};
  /// Ends the call early, with a `cancelled` error.
  stop_token stop{};
  /// The statuses that are no error; any 2xx when empty.
  std::vector<int> expected{};
  /// Whether the request may safely arrive twice; by default as its method says (RFC 9110 section 9.2.2).
  std::optional<bool> idempotent{};
  /// Whether the call may wait and go on when the service asks for a pause (`Retry-After`). If not, it ends
  /// with that error, whose `retry_after` says how long.
  bool wait_when_asked = true;

  /// Whether a status is no error.
  bool expects(int status) const noexcept {
    if (expected.empty()) return status >= 200 && status < 300;
    return std::find(expected.begin(), expected.end(), status) != expected.end();
  }
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_JSON_FWD_HPP
#define T3API_CORE_JSON_FWD_HPP

// The names of nlohmann/json; says what to do when there is none, or it is too old.

#if !__has_include(<nlohmann/json.hpp>)
#error \
    "t3api needs nlohmann/json 3.11 or newer, and found no <nlohmann/json.hpp>: install it (Debian: nlohmann-json3-dev), or name its folder with the compiler option -I"
#include <nlohmann/json>  // No file: the compiler stops here.
#endif
#if __has_include(<nlohmann/json_fwd.hpp>) && !defined(INCLUDE_NLOHMANN_JSON_HPP_)
#include <nlohmann/json_fwd.hpp>
#endif

#ifndef NLOHMANN_JSON_VERSION_MAJOR
#include <nlohmann/json.hpp>  // Old ones tell their version here only, and some come as this one file.
#endif

#define T3API_DETAIL_QUOTE(x) #x
#define T3API_DETAIL_DOTTED(x, y, z) T3API_DETAIL_QUOTE(x) "." T3API_DETAIL_QUOTE(y) "." T3API_DETAIL_QUOTE(z)

static_assert(NLOHMANN_JSON_VERSION_MAJOR > 3 ||
                  (NLOHMANN_JSON_VERSION_MAJOR == 3 && NLOHMANN_JSON_VERSION_MINOR >= 11),
              "t3api needs nlohmann/json 3.11 or newer, and found " T3API_DETAIL_DOTTED(
                  NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH));

#undef T3API_DETAIL_DOTTED
#undef T3API_DETAIL_QUOTE

#endif
#ifndef T3API_CORE_REQUEST_HPP
#define T3API_CORE_REQUEST_HPP

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_CORE_HEADERS_HPP
#define T3API_CORE_HEADERS_HPP

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_DETAIL_ASCII_HPP
#define T3API_DETAIL_ASCII_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#ifndef T3API_DETAIL_PRINTABLE_HPP
#define T3API_DETAIL_PRINTABLE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#ifndef T3API_DETAIL_UTF8_HPP
#define T3API_DETAIL_UTF8_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace t3api::inline v0_1_0::detail {

/// A character and how many bytes it takes; 0 bytes when there is none.
struct utf8_character {
  std::uint32_t point = 0;
  std::size_t size = 0;
};

/// The character at the beginning of `text`, if well-formed UTF-8 (RFC 3629) stands there: no overlong form,
/// no surrogate, nothing above U+10FFFF.
inline utf8_character utf8_front(std::string_view text) noexcept {
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1};
  const std::size_t extra = lead < 0xC2 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : 0;
  if (extra == 0 || text.size() <= extra) return {};
  std::uint32_t point = lead & (0x3FU >> extra);
  for (std::size_t k = 1; k <= extra; ++k) {
    const auto next = static_cast<unsigned char>(text[k]);
    if ((next & 0xC0U) != 0x80U) return {};
    point = (point << 6) | (next & 0x3FU);
  }
  const bool overlong = (extra == 2 && point < 0x800) || (extra == 3 && point < 0x10000);
  if (overlong || (point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF) return {};
  return {point, extra + 1};
}

/// Whether `text` is well-formed UTF-8.
inline bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto character = utf8_front(text);
    if (character.size == 0) return false;
    text.remove_prefix(character.size);
  }
  return true;
}

/// Appends a character; `point` must be one that UTF-8 has a form for.
inline void append_utf8(std::string& text, std::uint32_t point) {
  const auto byte = [&](std::uint32_t bits) { text += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0U | (point >> 6));
  } else {
    if (point < 0x10000) {
      byte(0xE0U | (point >> 12));
    } else {
      byte(0xF0U | (point >> 18));
      byte(0x80U | ((point >> 12) & 0x3FU));
    }
    byte(0x80U | ((point >> 6) & 0x3FU));
  }
  byte(0x80U | (point & 0x3FU));
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

constexpr bool is_control(std::uint32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

/// Whether a character can drive a terminal, break a line, or make text look other than it is: controls, line
/// separators, and what has no width or turns the writing direction (Unicode: Cc, Cf, Zl, Zp,
/// Default_Ignorable_Code_Point, noncharacters).
constexpr bool is_unprintable(std::uint32_t point) noexcept {
  constexpr std::uint32_t ranges[][2] = {
      {0xAD, 0xAD},       {0x34F, 0x34F},     {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},
      {0x70F, 0x70F},     {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},
      {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
      {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
      {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
  if (is_control(point) || (point & 0xFFFEU) == 0xFFFEU) return true;
  for (const auto& range : ranges) {
    if (point >= range[0] && point <= range[1]) return true;
  }
  return false;
}

/// Foreign text as part of one line: what is unprintable becomes `\uXXXX` (`?` above U+FFFF), bytes that are
/// no UTF-8 become `?`. At most `limit` bytes, cut between characters; dots follow when something was cut.
/// With `blank_controls` control characters become as many spaces as they have bytes.
inline std::string one_line(std::string_view text, std::size_t limit, bool blank_controls = false) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string line;
  while (!text.empty()) {
    const auto [point, size] = utf8_front(text);
    std::string piece(text.substr(0, size));
    if (size == 0 || (is_unprintable(point) && point > 0xFFFF)) {
      piece = "?";
    } else if (blank_controls && is_control(point)) {
      piece.assign(size, ' ');
    } else if (is_unprintable(point)) {
      piece = "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) piece += hex[(point >> shift) & 15U];
    }
    if (line.size() + piece.size() > limit) return line + "...";
    line += piece;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return line;
}

/// Foreign text made fit for a sentence: `one_line` with spaces in the place of control characters.
inline std::string printable(std::string_view text, std::size_t limit) {
  return one_line(text, limit, /*blank_controls=*/true);
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool ascii_alpha(char c) noexcept { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

constexpr bool ascii_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

/// A byte below 0x20 or 0x7F.
constexpr bool ascii_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

inline bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), ascii_control);
}

inline bool iequals(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

inline std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return lower;
}

/// Without the white space at both ends.
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && ascii_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && ascii_space(text.back())) text.remove_suffix(1);
  return text;
}

/// A decimal number that fills `text` entirely; no sign, no space.
inline std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || !ascii_digit(text.front())) return std::nullopt;
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// HTTP header fields in order, names compared without case (RFC 9110 section 5). What a caller adds is
/// checked at once, so that no header can smuggle a second one.
class headers {
 public:
  /// Name and value.
  using field = std::pair<std::string, std::string>;
  /// Goes through the fields in order.
  using const_iterator = std::vector<field>::const_iterator;

  headers() = default;
  /// Throws as `add` does.
  headers(std::initializer_list<field> fields) {
    for (const auto& [name, value] : fields) add(name, value);
  }

  /// Adds a field. Throws std::invalid_argument, which never shows the value, when the name is not a token of
  /// RFC 9110 or the value holds a byte below 0x20 (a tab too) or 0x7F.
  void add(std::string name, std::string value) {
    check_field(name, value);
    fields_.emplace_back(std::move(name), std::move(value));
  }

  /// Adds a field in place of all of the same name. Throws as `add` does.
  void set(std::string name, std::string value) {
    check_field(name, value);
    erase(name);
    fields_.emplace_back(std::move(name), std::move(value));
  }

  /// Adds a field as it was received, unchecked.
  void add_received(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }

  /// Adds to the value of the last field, behind a space: what a sender wrote on a line of its own (RFC 9112
  /// section 5.2). A value does not begin or end with that space.
  void continue_received(std::string_view more) {
    auto& value = fields_.back().second;
    if (!value.empty() && !more.empty()) value += ' ';
    value += more;
  }

  /// Removes all fields of that name.
  void erase(std::string_view name) {
    std::erase_if(fields_, [&](const field& f) { return detail::iequals(f.first, name); });
  }

  /// The value of the first field of that name; the view lives until the headers change.
  std::optional<std::string_view> get(std::string_view name) const noexcept {
    const auto found = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const field& f) { return detail::iequals(f.first, name); });
    if (found == fields_.end()) return std::nullopt;
    return found->second;
  }
  /// Whether there is a field of that name.
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }

  /// Makes room for `count` fields in all.
  void reserve(std::size_t count) { fields_.reserve(count); }

  bool empty() const noexcept { return fields_.empty(); }
  std::size_t size() const noexcept { return fields_.size(); }
  const_iterator begin() const noexcept { return fields_.begin(); }
  const_iterator end() const noexcept { return fields_.end(); }

 private:
  static void check_field(std::string_view name, std::string_view value) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
      return detail::ascii_alpha(c) || detail::ascii_digit(c) || marks.find(c) != marks.npos;
    });
    if (!token) {
      throw std::invalid_argument("the header name '" + detail::printable(name, 60) +
                                  "' is not one: use letters, digits and hyphens only");
    }
    if (detail::has_control(value)) {
      throw std::invalid_argument("the value of header '" + std::string(name) +
                                  "' holds a control character (a line break, perhaps): remove it");
    }
  }

  std::vector<field> fields_;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_RESULT_HPP
#define T3API_CORE_RESULT_HPP

#include <memory>
#include <type_traits>
#include <utility>

#ifndef T3API_CORE_ERROR_HPP
#define T3API_CORE_ERROR_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0 {

/// What kind of trouble it was; each has an exception type of its own in t3api/core/exceptions.hpp.
enum class error_category {
  argument,        ///< The caller gave something that cannot be sent; nothing was.
  authentication,  ///< The credentials were refused or have expired.
  http,            ///< The service answered with a status that was not expected.
  transport,       ///< No whole answer came: name, connection, TLS or a cut.
  timeout,         ///< The deadline passed.
  cancelled,       ///< The caller's stop_token asked to stop.
  protocol,        ///< An answer came that breaks HTTP, JSON or the T3 API's shapes.
};

/// The name of a category, for messages.
constexpr std::string_view to_string(error_category category) noexcept {
  switch (category) {
    case error_category::argument: return "argument";
    case error_category::authentication: return "authentication";
    case error_category::http: return "http";
    case error_category::transport: return "transport";
    case error_category::timeout: return "timeout";
    case error_category::cancelled: return "cancelled";
    case error_category::protocol: return "protocol";
  }
  return "unknown";
}

/// Why a call failed. A plain value: copy it, keep it, send it to another thread. It never holds a secret.
/// Each error of a call has its `request_id`, but for that of a JSON body that cannot be written (no object
/// or array, or something in it that JSON cannot say): such a call had not begun. Errors of functions that
/// make no call have none either.
struct error {
  error_category category = error_category::transport;  ///< What to do depends on it.
  std::string message{};                                ///< One sentence: what was wrong, where, what to do.
  int status = 0;                                       ///< HTTP status, or 0 when there was no answer.
  std::string service_message{};     ///< What the service said, cleaned of control bytes and secrets.
  std::string request_id{};          ///< The call's own id, sent as `X-Request-Id` with each of its attempts.
  std::string service_request_id{};  ///< The answer's `X-Request-Id`, when it had another.
  int attempts = 0;                  ///< How often the request was tried.
  bool retryable = false;            ///< Whether the same call could succeed later.
  bool sent = false;                 ///< Whether the service may have seen the request.
  /// Whether a write was refused (4xx) that an earlier attempt, whose outcome is unknown, may have carried
  /// out.
  bool maybe_done = false;
  std::optional<std::chrono::seconds>
      retry_after{};  ///< How long the service asked to wait (RFC 9110 section 10.2.3).
};

/// An `argument` error: nothing was sent, and no repetition can help.
inline error argument_error(std::string message) {
  return {.category = error_category::argument, .message = std::move(message)};
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_EXCEPTIONS_HPP
#define T3API_CORE_EXCEPTIONS_HPP

#include <memory>
#include <stdexcept>


namespace t3api::inline v0_1_0 {

/// The base of what the throwing interface throws, bad arguments apart (these are std::invalid_argument).
class exception : public std::runtime_error {
 public:
  /// `what()` is the message of the error.
  explicit exception(error cause)
      : std::runtime_error(cause.message), cause_(std::make_shared<const error>(std::move(cause))) {}

  /// Everything known about the failure; status, attempts, what the service said.
  const error& details() const noexcept { return *cause_; }

 private:
  std::shared_ptr<const error> cause_;
};

/// The credentials were refused or have expired.
class authentication_error : public exception {
  using exception::exception;
};

/// The service answered with a status that was not expected.
class http_error : public exception {
  using exception::exception;
};

/// No whole answer came: the name did not resolve, the connection or TLS failed, or the answer was cut.
class transport_error : public exception {
  using exception::exception;
};

/// The deadline passed.
class timeout_error : public transport_error {
  using transport_error::transport_error;
};

/// The caller's stop_token asked to stop.
class cancelled_error : public exception {
  using exception::exception;
};

/// An answer came that breaks HTTP, JSON or the T3 API's shapes.
class protocol_error : public exception {
  using exception::exception;
};

/// Throws the exception type that belongs to `cause.category`; std::invalid_argument for `argument`.
[[noreturn]] inline void throw_error(error cause) {
  switch (cause.category) {
    case error_category::argument: throw std::invalid_argument(cause.message);
    case error_category::authentication: throw authentication_error(std::move(cause));
    case error_category::http: throw http_error(std::move(cause));
    case error_category::transport: throw transport_error(std::move(cause));
    case error_category::timeout: throw timeout_error(std::move(cause));
    case error_category::cancelled: throw cancelled_error(std::move(cause));
    case error_category::protocol: throw protocol_error(std::move(cause));
  }
  throw exception(std::move(cause));
}

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// A value, or the error that kept it from coming. `value()` throws the error as its typed exception.
template <class T>
class [[nodiscard]] result {
 public:
  /// What there is when all went well.
  using value_type = T;

  /// From a value: `return value;`.
  result(T value) : has_value_(true), value_(std::move(value)) {}
  /// From an error: `return error{…};`.
  result(t3api::error cause) : has_value_(false), error_(std::move(cause)) {}

  /// A copy of the value or the error.
  result(const result& other) requires std::is_copy_constructible_v<T> : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(&value_, other.value_);
    } else {
      std::construct_at(&error_, other.error_);
    }
  }
  /// Moves the value or the error.
  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : has_value_(other.has_value_) {
    take(std::move(other));
  }
  /// As good as before when the copy throws.
  result& operator=(result other) noexcept {
    static_assert(std::is_nothrow_move_constructible_v<T>, "what a result holds must move without throwing");
    destroy();
    has_value_ = other.has_value_;
    take(std::move(other));
    return *this;
  }
  ~result() { destroy(); }

  /// Whether there is a value.
  bool has_value() const noexcept { return has_value_; }
  /// Whether there is a value.
  explicit operator bool() const noexcept { return has_value(); }

  /// The value, or throws what `throw_error` makes of the error.
  T& value() & {
    demand();
    return **this;
  }
  /// The value, or throws as above.
  const T& value() const& {
    demand();
    return **this;
  }
  /// Gives the value itself, not a reference, so that `for (auto& x : load().value())` is sound.
  T value() && {
    demand();
    return *std::move(*this);
  }

  /// The value; only to be called when there is one.
  T& operator*() & noexcept { return value_; }
  /// The value; only to be called when there is one.
  const T& operator*() const& noexcept { return value_; }
  /// The value, moved out; only to be called when there is one.
  T operator*() && { return std::move(value_); }
  /// The value; only to be called when there is one.
  T* operator->() noexcept { return std::addressof(value_); }
  /// The value; only to be called when there is one.
  const T* operator->() const noexcept { return std::addressof(value_); }

  /// The error; only to be called when there is one.
  t3api::error& error() & noexcept { return error_; }
  /// The error; only to be called when there is one.
  const t3api::error& error() const& noexcept { return error_; }
  /// The error; only to be called when there is one.
  t3api::error&& error() && noexcept { return std::move(error_); }

 private:
  void demand() const {
    if (!has_value()) throw_error(error());
  }

  void take(result&& other) {
    if (has_value_) {
      std::construct_at(&value_, std::move(other.value_));
    } else {
      std::construct_at(&error_, std::move(other.error_));
    }
  }

  void destroy() noexcept {
    if (has_value_) {
      std::destroy_at(&value_);
    } else {
      std::destroy_at(&error_);
    }
  }

  // A std::variant of the two, or two std::optional, take a compiler much longer; programs have many results.
  bool has_value_;
  union {
    T value_;
    t3api::error error_;
  };
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_DETAIL_PERCENT_HPP
#define T3API_DETAIL_PERCENT_HPP

#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// Appends `text` with every byte outside RFC 3986 "unreserved" and outside `also_kept` percent-encoded.
inline void append_percent_encoded(std::string& out, std::string_view text, std::string_view also_kept = {}) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view marks = "-._~";
  for (const char c : text) {
    if (ascii_alpha(c) || ascii_digit(c) || marks.find(c) != marks.npos ||
        also_kept.find(c) != also_kept.npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15U];
    }
  }
}

/// The bytes behind a query component: `%XX` decoded, `+` read as a space. A `%` without two hex digits
/// stays.
inline std::string query_decode(std::string_view text) {
  const auto hex_value = [](char c) {
    if (ascii_digit(c)) return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      bytes += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      bytes += text[i] == '+' ? ' ' : text[i];
    }
  }
  return bytes;
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// HTTP's methods, so far as T3 has a use for them.
enum class method { get, head, post, put, patch, delete_ };

/// As it stands in a request line.
constexpr std::string_view to_string(method m) noexcept {
  switch (m) {
    case method::get: return "GET";
    case method::head: return "HEAD";
    case method::post: return "POST";
    case method::put: return "PUT";
    case method::patch: return "PATCH";
    case method::delete_: return "DELETE";
  }
  return "GET";
}

/// Whether sending it twice means the same as once (RFC 9110 section 9.2.2).
constexpr bool is_idempotent(method m) noexcept { return m != method::post && m != method::patch; }

/// Whether it only reads (RFC 9110 section 9.2.1).
constexpr bool is_safe(method m) noexcept { return m == method::get || m == method::head; }

/// Query parameters in order, names may repeat; plain text, encoded when they are sent.
using query_params = std::vector<std::pair<std::string, std::string>>;

/// One HTTP request, relative to the client's host.
struct request {
  t3api::method method = t3api::method::get;  ///< What is to be done with it.
  std::string path{};    ///< Starts with one slash: "/v2/licenses". A query behind `?` is read into `query`.
  query_params query{};  ///< Plain text: encoded when it is sent.
  t3api::headers headers{};  ///< Sent with it, before those of the client.
  std::string body{};        ///< Sent as it is; its type is the header Content-Type.
};

/// The path and query of a request as they stand in a request line, percent-encoded (RFC 3986).
inline std::string request_target(const request& r, std::string_view base_path = {}) {
  constexpr std::string_view kept = "/%:@!$&'()*+,;=";
  std::string target;
  detail::append_percent_encoded(target, base_path, kept);
  detail::append_percent_encoded(target, r.path, kept);
  char separator = '?';
  for (const auto& [name, value] : r.query) {
    target += separator;
    detail::append_percent_encoded(target, name);
    target += '=';
    detail::append_percent_encoded(target, value);
    separator = '&';
  }
  return target;
}

/// The pairs of a query string, decoded, in order.
inline query_params decode_query(std::string_view encoded) {
  query_params query;
  while (!encoded.empty()) {
    const auto pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix((std::min)(encoded.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    query.emplace_back(detail::query_decode(pair.substr(0, equals)),
                       equals == pair.npos ? std::string() : detail::query_decode(pair.substr(equals + 1)));
  }
  return query;
}

/// The error for a header that says how the message is framed or where it goes: the transport alone writes
/// these, or one request could be read as two. Nothing when there is none.
inline std::optional<error> framing_header(const headers& fields) {
  for (const char* name : {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE",
                           "Trailer", "Upgrade", "Expect", "Proxy-Authorization", "Proxy-Connection"}) {
    if (fields.contains(name)) {
      return argument_error("the header '" + std::string(name) +
                            "' is written by the transport: leave it out");
    }
  }
  return std::nullopt;
}

/// Checks path and query, and moves a query that stands in the path into `query`. Gives the error when the
/// request must not be sent: a path with a host or without a slash, or a control byte in path, query or
/// headers.
inline std::optional<error> normalise(request& r) {
  const auto shown = [&] {
    return "the path '" + detail::printable(std::string_view(r.path).substr(0, r.path.find('?')), 80) + "' ";
  };
  if (detail::has_control(r.path)) {
    return argument_error(shown() + "holds a control character (a line break, perhaps): remove it");
  }
  if (!r.path.starts_with('/')) {
    if (r.path.find("://") != r.path.npos) {  // Not shown: a user and password may stand in it.
      return argument_error(
          "the path holds a host: the host is a setting of the client, give the path alone");
    }
    return argument_error(shown() + "does not start with a slash: write it like /v2/licenses");
  }
  if (r.path.starts_with("//") || r.path.find('\\') != r.path.npos) {
    return argument_error(shown() +
                          "could be read as another host: start it with one slash and use no backslash");
  }
  if (r.path.find('#') != r.path.npos) return argument_error(shown() + "holds a fragment (#): leave it out");
  if (const auto mark = r.path.find('?'); mark != r.path.npos) {
    query_params query = decode_query(std::string_view(r.path).substr(mark + 1));
    query.insert(query.end(), r.query.begin(), r.query.end());
    r.query = std::move(query);
    r.path.resize(mark);
  }
  for (const auto& [name, value] : r.query) {
    if (detail::has_control(name) || detail::has_control(value)) {
      return argument_error("the query parameter '" + detail::printable(name, 60) +
                            "' holds a control character (a line break, perhaps): remove it");
    }
  }
  if (auto fault = framing_header(r.headers)) return fault;
  for (const auto& [name, value] : r.headers) {  // Those that were added as received are unchecked so far.
    if (detail::has_control(name) || detail::has_control(value)) {
      return argument_error("the header '" + detail::printable(name, 60) +
                            "' holds a control character (a line break, perhaps): remove it");
    }
  }
  return std::nullopt;
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_RESPONSE_HPP
#define T3API_CORE_RESPONSE_HPP

#include <string>


namespace t3api::inline v0_1_0 {

/// One HTTP answer.
struct response {
  int status = 0;            ///< HTTP's, such as 200.
  t3api::headers headers{};  ///< As they were received.
  std::string body{};        ///< Unpacked, if it came packed.

  /// The body as JSON, as `parse_json` reads it. A `protocol` error when it is none, and when a value could
  /// not be held as it was sent, such as NaN or an integer of more than 64 bits: its message names byte and
  /// place. Needs t3api/core/json.hpp.
  result<nlohmann::json> json() const;
};

}  // namespace t3api::inline v0_1_0

#endif

#ifndef T3API_FWD_HPP
#define T3API_FWD_HPP

namespace t3api::inline v0_1_0 {

// What other headers may name without its definition. Declare nothing of t3api yourself: the version is in
// the name of everything.

struct call_options;
struct client_config;
struct error;
struct request;
struct response;
class any_client;
class secret;

template <class Transport, class Auth, class Retry>
class client;
template <class T>
class result;

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// A client whose policies do not show in its type: for functions that take any client, and for the many
/// files that only use one, since this header costs a fraction of what client.hpp and the policies do. It is
/// made from a `client`, where that is made; copies are cheap and share it. Threads, exceptions, `fork()` and
/// end are as with `client`.
///
/// `response::json()` and JSON bodies need t3api/core/json.hpp.
class any_client {
 public:
  /// Takes any client, and so does a function that takes an `any_client`.
  template <class Transport, class Auth, class Retry>
  any_client(client<Transport, Auth, Retry> made)
      : held_(std::make_shared<const holder<client<Transport, Auth, Retry>>>(std::move(made))) {}

  /// As `client::send`.
  result<response> send(request message, const call_options& options = {}) const {
    return held_->send(std::move(message), options);
  }

  /// As `client::get`.
  result<response> get(std::string path, query_params query = {}, const call_options& options = {}) const {
    return send({.method = method::get, .path = std::move(path), .query = std::move(query)}, options);
  }

  /// As `client::post`.
  result<response> post(std::string path, const nlohmann::json& body,
                        const call_options& options = {}) const {
    return held_->post(std::move(path), body, options);
  }

  /// As `client::put`.
  result<response> put(std::string path, const nlohmann::json& body, const call_options& options = {}) const {
    return held_->put(std::move(path), body, options);
  }

  /// As `client::del`.
  result<response> del(std::string path, const call_options& options = {}) const {
    return send({.method = method::delete_, .path = std::move(path)}, options);
  }

  /// As `client::async_send` with a callable, which must be copyable here.
  void async_send(request message, call_options options, std::function<void(result<response>)> done) const {
    held_->async_send(std::move(message), std::move(options), std::move(done));
  }

  /// As `client::async`; what the job throws is lost.
  void async(std::function<void()> job) const { held_->async(std::move(job)); }

  /// The settings the client was made with.
  const client_config& config() const noexcept { return held_->config(); }

 private:
  struct any_holder {
    any_holder() = default;
    any_holder(const any_holder&) = delete;
    any_holder& operator=(const any_holder&) = delete;
    virtual ~any_holder() = default;

    virtual result<response> send(request message, const call_options& options) const = 0;
    virtual result<response> post(std::string path, const nlohmann::json& body,
                                  const call_options& options) const = 0;
    virtual result<response> put(std::string path, const nlohmann::json& body,
                                 const call_options& options) const = 0;
    virtual void async_send(request message, call_options options,
                            std::function<void(result<response>)> done) const = 0;
    virtual void async(std::function<void()> job) const = 0;
    virtual const client_config& config() const noexcept = 0;
  };

  template <class Client>
  struct holder final : any_holder {
    explicit holder(Client made) : held(std::move(made)) {}

    result<response> send(request message, const call_options& options) const override {
      return held.send(std::move(message), options);
    }
    result<response> post(std::string path, const nlohmann::json& body,
                          const call_options& options) const override {
      return held.post(std::move(path), body, options);
    }
    result<response> put(std::string path, const nlohmann::json& body,
                         const call_options& options) const override {
      return held.put(std::move(path), body, options);
    }
    void async_send(request message, call_options options,
                    std::function<void(result<response>)> done) const override {
      held.async_send(std::move(message), std::move(options), std::move(done));
    }
    void async(std::function<void()> job) const override { (void)held.async(std::move(job)); }
    const client_config& config() const noexcept override { return held.config(); }

    Client held;
  };

  std::shared_ptr<const any_holder> held_;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_AUTH_HPP
#define T3API_API_AUTH_HPP

#include <string>


namespace t3api::inline v0_1_0 {

/// Who the service takes the caller for. Texts are empty where the answer has none.
struct identity {
  std::string hostname{};                  ///< Metrc's, such as "ca.metrc.com".
  std::string username{};                  ///< Metrc's.
  std::string auth_mode{};                 ///< How the caller came in, in the service's words.
  std::string credential_key{};            ///< `credentialKey`, as the service sends it.
  std::string t3plus_subscription_tier{};  ///< As the service calls it.
  bool has_t3plus = false;                 ///< Whether the caller has a T3+ subscription.
};

/// `GET /v2/auth/whoami`.
result<identity> whoami(const any_client& via, const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_COLLECTIONS_HPP
#define T3API_API_COLLECTIONS_HPP

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0 {

/// Which page of a collection to load.
struct page_request {
  std::string license_number{};  ///< As `list_licenses` gives it.
  int page = 1;                  ///< The first is 1.
  int page_size = 100;           ///< At most 500.
  query_params query{};          ///< Further parameters, such as `sort` and `filter`.
};

/// One page of a collection.
struct collection_page {
  nlohmann::json::array_t data{};  ///< The rows, each an object.
  std::uint64_t page = 0;          ///< Its number, from 1.
  std::uint64_t page_size = 0;     ///< The most rows that a page has.
  std::uint64_t total_pages = 0;   ///< Of the whole collection.
  std::uint64_t total = 0;         ///< Rows on all pages.
};

/// Loads one page of a collection such as `/v2/packages/active`.
result<collection_page> load_page(const any_client& via, const std::string& path, const page_request& wanted,
                                  const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_LICENSES_HPP
#define T3API_API_LICENSES_HPP

#include <string>
#include <vector>


namespace t3api::inline v0_1_0 {

/// A licence that the caller may see.
struct license {
  std::string name{};    ///< For people; may be empty.
  std::string number{};  ///< What every data endpoint wants as `licenseNumber`.
};

/// `GET /v2/licenses`.
result<std::vector<license>> list_licenses(const any_client& via, const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_LOAD_ALL_HPP
#define T3API_API_LOAD_ALL_HPP

#include <cstdint>
#include <string>


namespace t3api::inline v0_1_0 {

/// The most rows that `load_all` gives, since it keeps them all in memory. A service that says it has more is
/// not believed.
inline constexpr std::uint64_t max_loaded_rows = 10'000'000;

/// Loads all rows of a collection such as `/v2/packages/active`, in the service's order. `wanted.page` must
/// be 1; a larger `page_size` means fewer calls.
///
/// **Pages at once.** After the first page `client_config::batch_size` of them are in flight: one in the
/// calling thread, the others where the client's asynchronous calls run, so far as there are threads
/// (`async_threads`); those threads are kept until the last page is there. With a batch size of 1 no other
/// thread takes part. It may be called from a job of `client::async`.
///
/// **Changes.** A page must say the same total and page size as the first one, must hold as many rows as that
/// means, and no two rows may have the same `id`. Otherwise the collection changed in the meantime, and the
/// reading starts anew; the third reading that meets a change ends with a `protocol` error that is retryable.
/// Not to be seen in pages is a row that goes while another comes, with no page read in between: the total
/// stays, and a row may have slipped from a page to be read to one that was read.
///
/// **Time.** `options.timeout` is for all of it; without one there is no limit to the whole. Each page has
/// `client_config::timeout` at most. `options.stop` ends all pages.
///
/// **Pauses.** When the service asks for a pause (`Retry-After`, as T3 does for more than 600 requests a
/// minute), all pages wait together, whatever the retry policy. The pause is not in a page's time, and no row
/// is read again. A page that is put off for 10 minutes in all, or past `options.timeout`, ends the loading
/// with the service's error.
///
/// **Errors.** The first page that fails, after the retries of the client, ends the others, and stands in the
/// message. Numbers that contradict each other, and more rows than `max_loaded_rows`, are `protocol` errors.
/// Throws what `client::send` throws.
result<nlohmann::json::array_t> load_all(const any_client& via, const std::string& path,
                                         const page_request& wanted, const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_SECRET_KEYS_HPP
#define T3API_API_SECRET_KEYS_HPP

#include <optional>
#include <string>
#include <variant>
#include <vector>

#ifndef T3API_API_SECRET_KEY_URL_HPP
#define T3API_API_SECRET_KEY_URL_HPP

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_AUTH_CHECKS_HPP
#define T3API_AUTH_CHECKS_HPP

#include <stdexcept>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// Throws std::invalid_argument, naming `what` but never its value, when it is blank, no UTF-8 or holds
/// control bytes.
inline void require_text(std::string_view value, const std::string& what) {
  if (trim(value).empty()) throw std::invalid_argument("the " + what + " is empty: give one");
  if (has_control(value)) {
    throw std::invalid_argument("the " + what +
                                " holds a control character: is there a line break at its end?");
  }
  if (!is_utf8(value)) throw std::invalid_argument("the " + what + " is not valid UTF-8: convert it");
}

/// The value without white space around it, checked by `require_text`.
inline std::string_view require_trimmed(std::string_view value, const std::string& what) {
  const auto trimmed = trim(value);
  require_text(trimmed, what);
  return trimmed;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_SECRET_HPP
#define T3API_CORE_SECRET_HPP

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#ifndef T3API_DETAIL_WIPE_HPP
#define T3API_DETAIL_WIPE_HPP

#include <cstddef>
#include <cstring>
#include <string>

namespace t3api::inline v0_1_0::detail {

/// Overwrites memory with zeros in a way that the optimiser must keep.
inline void wipe(void* memory, std::size_t size) noexcept {
  if (size == 0) return;
#if defined(__GNUC__) || defined(__clang__)
  std::memset(memory, 0, size);
  __asm__ __volatile__("" : : "r"(memory) : "memory");
#else
  auto* byte = static_cast<volatile unsigned char*>(memory);
  while (size-- > 0) *byte++ = 0;
#endif
}

/// Overwrites the whole buffer of a string, its small one too, and leaves it empty.
inline void wipe(std::string& text) noexcept {
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

/// Overwrites what the copying of a text has left in the processor's vector registers. A thread begins with
/// those of its maker, and a call that is bound lazily saves them on the stack, where they stay.
inline void wipe_vector_registers() noexcept {
  // Moving this much takes all the registers that a C library moves with. It must not know the size.
  char bytes[1024] = {};
  volatile std::size_t size = 512;
  std::memmove(bytes + 64, bytes, size);
  wipe(bytes, sizeof bytes);
}

/// Overwrites what functions that have returned left on the stack below the caller, as deep as a call goes:
/// vector registers with a copied text in them are saved there when a library's call is bound lazily.
#if defined(__GNUC__)
__attribute__((noinline))
#endif
inline void
wipe_stack() noexcept {
  char frames[32U << 10U];
  wipe(frames, sizeof frames);
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// A password, key or token. Copies share one buffer on the heap, which is overwritten when the last of them
/// goes. It has no way into a stream, a string or a JSON value but `reveal()`.
class secret {
 public:
  secret() = default;

  /// Copies the text; the original stays as it is.
  secret(std::string_view text) : buffer_(std::make_shared<buffer>(text)) {}
  /// A null pointer, as std::getenv gives for a name that is not set, makes an empty secret.
  secret(const char* text) : secret(text != nullptr ? std::string_view(text) : std::string_view()) {}
  /// Copies the text; the original stays as it is.
  secret(const std::string& text) : secret(std::string_view(text)) {}

  /// Takes the text over and overwrites the string it came in.
  secret(std::string&& text) : secret(std::string_view(text)) { detail::wipe(text); }

  /// The text itself; the view lives as long as this secret or a copy of it.
  std::string_view reveal() const noexcept { return buffer_ ? buffer_->view() : std::string_view(); }

  bool empty() const noexcept { return reveal().empty(); }
  std::size_t size() const noexcept { return reveal().size(); }

  friend std::ostream& operator<<(std::ostream&, const secret&) = delete;

 private:
  class buffer {
   public:
    explicit buffer(std::string_view text) : size_(text.size()), bytes_(new char[text.size()]) {
      text.copy(bytes_.get(), size_);
    }
    ~buffer() { detail::wipe(bytes_.get(), size_); }
    buffer(const buffer&) = delete;
    buffer& operator=(const buffer&) = delete;

    std::string_view view() const noexcept { return {bytes_.get(), size_}; }

   private:
    std::size_t size_;
    std::unique_ptr<char[]> bytes_;
  };

  std::shared_ptr<const buffer> buffer_;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_URL_HPP
#define T3API_CORE_URL_HPP

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0 {

/// Where a service lives: scheme, host, port and an optional path in front of every request's own.
struct url {
  bool secure = true;        ///< https, not http.
  std::string host;          ///< Name or address; an IPv6 address without its brackets.
  std::uint16_t port = 443;  ///< Also when the address has none: the scheme's own.
  std::string base_path;     ///< "" or "/prefix", never ending in a slash.

  /// `host:port` as a Host header has it: IPv6 in brackets, the scheme's own port left out.
  std::string authority() const {
    std::string text = host.find(':') == host.npos ? host : "[" + host + "]";
    if (port != (secure ? 443 : 80)) text += ":" + std::to_string(port);
    return text;
  }

  /// `scheme://host:port`.
  std::string origin() const { return (secure ? "https://" : "http://") + authority(); }

  /// Whether the host is this machine by its name or address: localhost, 127.0.0.0/8 or ::1.
  bool is_loopback() const noexcept {
    if (detail::iequals(host, "localhost") || host == "::1") return true;
    std::string_view rest = host;
    for (int octet = 0; octet < 4; ++octet) {
      const auto dot = octet < 3 ? rest.find('.') : rest.size();
      if (dot == rest.npos) return false;
      const auto digits = rest.substr(0, dot);
      const auto value = detail::parse_decimal(digits);
      const bool octal = digits.size() > 1 && digits.front() == '0';  // As the system's resolver reads it.
      if (!value || *value > 255 || octal || (octet == 0 && *value != 127)) return false;
      rest.remove_prefix((std::min)(rest.size(), dot + 1));
    }
    return true;
  }

  /// Whether all members are the same.
  friend bool operator==(const url&, const url&) = default;
};

namespace detail {

inline bool valid_host(std::string_view host, bool bracketed) noexcept {
  if (host.empty() || host.size() > 253) return false;
  if (bracketed && host.find(':') == host.npos) return false;
  for (const char c : host) {
    const bool hex = ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
    const bool allowed = bracketed ? hex || c == ':' || c == '.'
                                   : ascii_alpha(c) || ascii_digit(c) || c == '.' || c == '-' || c == '_';
    if (!allowed) return false;
  }
  return true;
}

}  // namespace detail

/// Reads `https://host[:port][/path]`. The error never shows a user or password that stood in the text.
inline result<url> parse_url(std::string_view text) {
  text = detail::trim(text);
  if (text.empty()) {
    return argument_error(
        "the host is empty: give the service's address, such as https://api.trackandtrace.tools");
  }
  if (detail::has_control(text) || text.find(' ') != text.npos) {
    return argument_error("the host holds a space or a control character: give it as https://host[:port]");
  }
  if (text.find('@') != text.npos) {
    return argument_error("the host must not hold a user or password: credentials belong in an auth method");
  }
  // A secret key may stand in a query.
  const std::string shown =
      "the host '" + detail::printable(text.substr(0, text.find_first_of("?#")), 100) + "' ";

  url parsed;
  const auto scheme_end = text.find("://");
  if (scheme_end == text.npos) {
    return argument_error(shown + "has no scheme: write https:// in front of it");
  }
  const auto scheme = text.substr(0, scheme_end);
  parsed.secure = detail::iequals(scheme, "https");
  if (!parsed.secure && !detail::iequals(scheme, "http")) {
    return argument_error(shown + "has an unknown scheme: only https and http are spoken here");
  }
  parsed.port = parsed.secure ? 443 : 80;
  text.remove_prefix(scheme_end + 3);
  if (text.find_first_of("?#\\") != text.npos) {
    return argument_error(shown +
                          "holds a query, a fragment or a backslash: give scheme, host, port and path only");
  }

  const auto path_start = text.find('/');
  auto authority = text.substr(0, path_start);
  if (path_start != text.npos) parsed.base_path = text.substr(path_start);
  while (parsed.base_path.ends_with('/')) parsed.base_path.pop_back();
  if (parsed.base_path.starts_with("//"))
    return argument_error(shown + "has a path that starts with two slashes");

  const bool bracketed = authority.starts_with('[');
  std::string_view host = authority;
  std::string_view port;
  bool has_port = false;
  if (bracketed) {
    const auto close = authority.find(']');
    if (close == authority.npos) return argument_error(shown + "opens a bracket that it does not close");
    host = authority.substr(1, close - 1);
    const auto rest = authority.substr(close + 1);
    if (!rest.empty() && rest.front() != ':')
      return argument_error(shown + "has text between the bracket and the port");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (const auto colon = authority.rfind(':'); colon != authority.npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    has_port = true;
  }
  if (!detail::valid_host(host, bracketed)) return argument_error(shown + "is no host name or address");
  parsed.host = detail::to_lower(host);
  if (has_port) {
    const auto number = detail::parse_decimal(port);
    if (!number || *number == 0 || *number > 65535) {
      return argument_error(shown + "has a port that is not a number from 1 to 65535");
    }
    parsed.port = static_cast<std::uint16_t>(*number);
  }
  return parsed;
}

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

namespace detail {

/// Whether a part between slashes is `.` or `..`, in clear or encoded: whoever fetches the URL would take it
/// and its neighbour out.
inline bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    std::string plain;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      const bool encoded_dot = iequals(segment.substr(i, 3), "%2e");
      plain += encoded_dot ? '.' : segment[i];
      if (encoded_dot) i += 2;
    }
    if (plain == "." || plain == "..") return true;
  }
  return false;
}

}  // namespace detail

/// A URL that fetches by itself, for spreadsheets and others that can send no header:
///
///     secret_key_url("https://api.trackandtrace.tools", "/v2/packages/active/report",
///                    {{"contentType", "csv"}, {"licenseNumber", "LIC-00001"}}, key)
///
/// **Such a URL is a password.** It is kept in browser histories, in the logs of proxies and servers, and in
/// every copy of a document that holds it, and whoever has it has the account until the key is deleted. Send
/// the key in a header wherever you can (`secret_key_auth`); otherwise make one key for each spreadsheet, so
/// that it can be deleted alone.
///
/// `host` is `https://host[:port][/path]`, as in `client_config`. Throws std::invalid_argument, without the
/// key in it, when the host or path cannot be used, the host would get the key unencrypted (plain http to
/// another machine), the query already holds a `secretKey`, or the key is empty or holds control bytes.
inline secret secret_key_url(std::string_view host, std::string path, query_params query, const secret& key) {
  const auto where = parse_url(host);
  if (!where) throw std::invalid_argument(where.error().message);
  if (!where->secure && !where->is_loopback()) {
    throw std::invalid_argument("a secret key must not travel unencrypted: use https:// for " +
                                where->origin());
  }
  request target{.path = std::move(path), .query = std::move(query)};
  if (const auto fault = normalise(target)) throw std::invalid_argument(fault->message);
  if (detail::has_dot_segment(where->base_path + target.path)) {
    throw std::invalid_argument("the path holds a part that is . or ..: write the path it stands for");
  }
  const bool twice = std::any_of(target.query.begin(), target.query.end(), [](const auto& parameter) {
    return detail::iequals(parameter.first, "secretKey");
  });
  if (twice) throw std::invalid_argument("the query already holds a secretKey: leave it out");
  const auto plain_key = detail::require_trimmed(key.reveal(), "secret key");

  const std::string visible = where->origin() + request_target(target, where->base_path);
  const std::string_view name = target.query.empty() ? "?secretKey=" : "&secretKey=";
  std::string text;
  text.reserve(visible.size() + name.size() + 3 * plain_key.size());  // No growth: it would leave copies.
  text.append(visible).append(name);
  detail::append_percent_encoded(text, plain_key);
  return secret(std::move(text));
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_CREDENTIALS_HPP
#define T3API_AUTH_CREDENTIALS_HPP

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_AUTH_CONCEPT_HPP
#define T3API_AUTH_CONCEPT_HPP

#include <concepts>
#include <cstdint>

#ifndef T3API_CORE_CLOCK_HPP
#define T3API_CORE_CLOCK_HPP

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#ifndef T3API_DETAIL_STOPPABLE_CONDITION_HPP
#define T3API_DETAIL_STOPPABLE_CONDITION_HPP

#include <condition_variable>
#include <version>


namespace t3api::inline v0_1_0::detail {

#ifdef __cpp_lib_jthread
using stoppable_condition = std::condition_variable_any;
#else
using own::stoppable_condition;
#endif

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// A moment that deadlines go by.
using steady_time = std::chrono::steady_clock::time_point;
/// A moment that people and tokens go by.
using wall_time = std::chrono::system_clock::time_point;

/// What time it is and how to wait: steady time for deadlines, wall time for token expiry. Any number of
/// threads may share one clock.
class clock {
 public:
  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  virtual ~clock() = default;

  /// Never goes back.
  virtual steady_time now() const = 0;
  /// May jump.
  virtual wall_time wall_now() const = 0;

  /// Waits until `when` has come (true) or `stop` asks to stop (false).
  virtual bool wait_until(steady_time when, stop_token stop) = 0;
};

/// The machine's own clocks.
class real_clock final : public clock {
 public:
  steady_time now() const override { return std::chrono::steady_clock::now(); }
  wall_time wall_now() const override { return std::chrono::system_clock::now(); }

  bool wait_until(steady_time when, stop_token stop) override {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    detail::stoppable_condition signal;
    signal.wait_until(lock, stop, when, [] { return false; });
    return !stop.stop_requested();
  }
};

/// A clock for tests: time stands still but for `advance` and for waits, which return at once and move it on.
class manual_clock final : public clock {
 public:
  /// The unit that it keeps.
  using duration = std::chrono::nanoseconds;

  /// `start` is the wall time until it is moved on.
  explicit manual_clock(wall_time start = std::chrono::system_clock::now()) : wall_start_(start) {}

  steady_time now() const override {
    const std::scoped_lock lock(mutex_);
    return steady_start_ + elapsed_;
  }
  wall_time wall_now() const override {
    const std::scoped_lock lock(mutex_);
    return wall_start_ + std::chrono::duration_cast<wall_time::duration>(elapsed_);
  }
  bool wait_until(steady_time when, stop_token stop) override {
    const std::scoped_lock lock(mutex_);
    if (stop.stop_requested()) return false;
    const auto wait = std::chrono::duration_cast<duration>(when - (steady_start_ + elapsed_));
    waits_.push_back(wait);
    if (wait > duration::zero()) elapsed_ += wait;
    return true;
  }

  /// Moves both times on.
  void advance(duration by) {
    const std::scoped_lock lock(mutex_);
    elapsed_ += by;
  }

  /// How long each wait so far would have taken, in order.
  std::vector<duration> waits() const {
    const std::scoped_lock lock(mutex_);
    return waits_;
  }

 private:
  mutable std::mutex mutex_;
  steady_time steady_start_ = std::chrono::steady_clock::now();
  wall_time wall_start_;
  duration elapsed_{};
  std::vector<duration> waits_;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_LOGGING_HOOKS_HPP
#define T3API_CORE_LOGGING_HOOKS_HPP

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#ifndef T3API_CORE_REDACTOR_HPP
#define T3API_CORE_REDACTOR_HPP

#include <cstddef>
#include <set>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// Takes secrets out of texts for errors and logs: those that it knows, and those that a text itself tells
/// of, as `password=` and `Bearer` do. A secret is found in other case, percent-encoded, with `+` for a
/// space, as in JSON, with HTML entities, with up to four of these on top of each other, in base64, and with
/// its end cut off. Made when an error or an event is, never for a call that goes well.
class redactor {
 public:
  redactor() = default;

  /// Knows the secrets that a request carries: values of headers, parameters and body members whose names are
  /// those of secrets, and what stands for a key in the path behind `base_path`.
  explicit redactor(const request& sent, std::string_view base_path = {});

  /// A text of fewer than four bytes stands everywhere: it is not taken for a secret.
  void add(std::string_view sensitive);

  /// What stands in HTTP's basic authentication: `user:password`, of which the password is a secret.
  void add_login(std::string_view login);

  /// `text` with `***` in the place of each secret that the redactor knows.
  std::string hide_known(std::string_view text) const { return hidden_in(text, false); }

  /// The same, and of each that the text itself tells of: for what others have written. At most the first
  /// 16 KiB, and dots.
  std::string hide(std::string_view text) const;

  /// Hides what it knows in all that an error tells.
  void hide_in(error& cause) const;

  /// Hides what it knows in an answer's body and request id. Of the body 64 KiB are kept.
  void hide_in(response& answer) const;

 private:
  struct by_text {
    using is_transparent = void;
    bool operator()(const secret& a, const secret& b) const noexcept { return a.reveal() < b.reveal(); }
    bool operator()(const secret& a, std::string_view b) const noexcept { return a.reveal() < b; }
  };

  void add_value(std::string_view name, std::string_view value);
  void add_named(std::string_view text);
  void add_spellings(std::string_view text);
  std::size_t known_at(std::string_view plain) const;
  std::string hidden_in(std::string_view text, bool and_found) const;

  std::set<secret, by_text> known_;  ///< In plain form.
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// A request that is about to be sent; also one by which an auth method gets a token. Nothing secret is in
/// it.
struct request_event {
  std::string request_id{};                   ///< One per call, the same for all its attempts.
  int attempt = 1;                            ///< 1 for the first.
  t3api::method method = t3api::method::get;  ///< The request's.
  std::string url{};         ///< Where to, with query parameters whose values may be shown; others are `***`.
  t3api::headers headers{};  ///< When `logging_hooks::with_headers`; values not on the allow-list are `***`.
  std::string body{};        ///< When `logging_hooks::with_body`; secret members are `***`.
  std::size_t body_bytes = 0;  ///< Of all of it, shown or not.
};

/// What became of a request.
struct response_event {
  std::string request_id{};                   ///< As in `request_event`.
  int attempt = 1;                            ///< As in `request_event`.
  t3api::method method = t3api::method::get;  ///< The request's.
  std::string url{};                          ///< As in `request_event`.
  int status = 0;                             ///< 0 when no answer came.
  std::string problem{};                      ///< Why no answer came; empty when one did.
  std::chrono::microseconds elapsed{};        ///< Since the request was sent.
  t3api::headers headers{};                   ///< As in `request_event`.
  std::string body{};                         ///< As in `request_event`.
  std::size_t body_bytes = 0;                 ///< Of all of it, shown or not.
};

/// A failed attempt that is followed by another.
struct retry_event {
  std::string request_id{};           ///< Of the call.
  int attempt = 1;                    ///< The one that failed.
  std::chrono::milliseconds pause{};  ///< Until the next attempt.
  std::string reason{};               ///< One sentence.
};

/// A token that was, or could not be, obtained.
struct renewal_event {
  std::string request_id{};      ///< Of the call on whose behalf it was.
  std::uint64_t generation = 0;  ///< Of the new token: 1 for the first.
  bool shared = false;           ///< Whether it came out of the store: another process had obtained it.
  std::string problem{};         ///< Empty when it went well.
  std::chrono::microseconds elapsed{};  ///< What it took.
};

namespace detail {

/// What the events of a request and of its answer tell of.
struct call_facts {
  std::string_view request_id{};
  int attempt = 1;
  const url& host;
  const request& sent;  ///< As it went out, authorised.
  redactor known{};
  bool with_headers = false;
  bool with_body = false;
  const result<response>* answer = nullptr;
  std::chrono::steady_clock::duration elapsed{};
};

/// The event, without secrets.
template <class Event>
Event make_event(call_facts facts);

}  // namespace detail

/// A function that is told of events, or none. It brings with it what makes the events: a program that sets
/// no hook compiles none of that.
template <class Event>
class event_hook : public std::function<void(const Event&)> {
 public:
  event_hook() = default;
  /// None.
  event_hook(std::nullptr_t) noexcept {}
  /// Anything that can be called with an event.
  template <class Told>
  requires(!std::same_as<std::remove_cvref_t<Told>, event_hook> && std::invocable<Told&, const Event&>)
      event_hook(Told&& told)
      : std::function<void(const Event&)>(std::forward<Told>(told)), make_(&detail::make_event<Event>) {}

  /// The event that it would be told.
  Event make(detail::call_facts facts) const { return make_(std::move(facts)); }

 private:
  Event (*make_)(detail::call_facts) = nullptr;
};

/// What a client tells while it works; unset members are not called. They are called by the thread that
/// makes the call, many at once, and what they throw is dropped. What they are given holds no secret.
struct logging_hooks {
  event_hook<request_event> on_request{};                  ///< Before a request is sent.
  event_hook<response_event> on_response{};                ///< After its answer, or in place of one.
  std::function<void(const retry_event&)> on_retry{};      ///< Before the pause.
  std::function<void(const renewal_event&)> on_renewal{};  ///< After a login, an exchange, or its failure.
  std::function<void(std::string_view)> on_notice{};       ///< One sentence for people.
  bool with_headers = false;                               ///< Whether events have headers.
  bool with_body = false;                                  ///< Whether events have bodies.

  /// Whether any member is set, so that there is something to tell.
  bool any() const noexcept { return on_request || on_response || on_retry || on_renewal || on_notice; }

  /// Hooks as the environment asks for them: `T3_LOG_HTTP`, `T3_LOG_HEADERS`, `T3_LOG_BODY`, `T3_LOG_FILE`.
  /// Standard error takes the place of a file that others may use, and of one that `.t3.env` must not name; a
  /// notice says so. Throws std::invalid_argument for a value that makes no sense. Needs
  /// t3api/environment.hpp.
  static logging_hooks from_env();
};

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// Which token a request went out with: each exchange makes a higher one. 0 where there is nothing to renew.
using token_generation = std::uint64_t;

/// What an auth method may use while it authorises one request.
class exchange {
 public:
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// Sends a request of the auth method's own, without authorisation, under the call's deadline and
  /// stop_token.
  virtual result<response> send(request message) = 0;

  /// The same, ended early if no answer has come by `until`.
  virtual result<response> send_until(request message, steady_time until) = 0;

  /// Where the call goes, and where requests of the auth method's own go.
  virtual const url& host() const noexcept = 0;

  /// The client's clock: what an auth method goes by.
  virtual t3api::clock& clock() const noexcept = 0;
  /// When the call must be over.
  virtual steady_time deadline() const noexcept = 0;
  /// That of the call.
  virtual const stop_token& stop() const noexcept = 0;

  /// Tells the client's log about a token that was, or could not be, obtained.
  virtual void report(const renewal_event& renewal) noexcept = 0;

 protected:
  exchange() = default;
  ~exchange() = default;
};

/// Puts credentials into requests. Both members are called by many threads at once.
///
/// `authorize` adds what the request needs, exchanging credentials first where it must, or gives the error
/// that keeps the request from being sent. `on_unauthorized` hears that a request of that generation was
/// answered with 401, does no I/O, and says whether sending once more, newly authorised, could help.
///
/// A method whose tokens may have lain somewhere before it got them may have a member
/// `bool is_shared(token_generation)`: a request refused with such a token is sent once more than others.
///
/// A method that sends no credentials says so with `static constexpr bool sends_credentials = false;`: only
/// such a one may talk plain http to another machine.
template <class A>
concept auth_method = requires(A& method, request& message, exchange& via, token_generation generation) {
  { method.authorize(message, via) } -> std::same_as<result<token_generation>>;
  { method.on_unauthorized(generation) } -> std::same_as<bool>;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_ONE_TIME_PASSWORDS_HPP
#define T3API_AUTH_ONE_TIME_PASSWORDS_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#ifndef T3API_AUTH_GUARDED_STORE_HPP
#define T3API_AUTH_GUARDED_STORE_HPP

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_STORE_CONCEPT_HPP
#define T3API_STORE_CONCEPT_HPP

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0 {

/// A value that a store still had.
struct stored_value {
  std::string value{};                    ///< As it was put.
  std::chrono::milliseconds time_left{};  ///< How long the store will keep it from now on.
};

/// Keeps small values under a key for a while, for tokens and sessions; shared by threads and, when it lies
/// outside the process, by processes and machines. Copies are handles of the same store. Members are called
/// by many threads at once. A store that cannot do what it is asked says so with an error soon: whoever uses
/// it goes on without it. It may lose what it keeps at any time, but never gives out anything else.
///
/// `put` for a time of zero or less is `erase`. `claim` takes a name for `owner` unless someone has it
/// already, and says whether it did; whoever has it cannot take it again either. It serves as a lock with a
/// lease of at least a millisecond. `release` gives it back if `owner` still has it. Values and claims have
/// nothing to do with each other: a name can be used for both. An owner is to be a random text, as stores
/// need not keep it secret.
///
/// **A store of your own** is given values in clear, access tokens among them, and keys that come from the
/// password or API key itself, by a slow hash (PBKDF2): whoever can read the keys can try out weak passwords
/// offline. Seal the values and hash the keys anew under a key that only the sharing processes have, as
/// `redis_store` does, or keep everything inside the process.
template <class S>
concept store = requires(S& kept, std::string_view key, std::string_view text,
                         std::chrono::milliseconds ttl) {
  { kept.get(key) } -> std::same_as<result<std::optional<stored_value>>>;
  { kept.put(key, text, ttl) } -> std::same_as<std::optional<error>>;
  { kept.erase(key) } -> std::same_as<std::optional<error>>;
  { kept.claim(key, text, ttl) } -> std::same_as<result<bool>>;
  { kept.release(key, text) } -> std::same_as<std::optional<error>>;
};

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0::detail {

/// A store whose exceptions are errors: one that throws must not cost its user a token.
template <store Store>
class guarded_store {
 public:
  explicit guarded_store(Store kept) : store_(std::move(kept)) {}

  result<std::optional<stored_value>> get(std::string_view key) {
    return guarded<result<std::optional<stored_value>>>([&] { return store_.get(key); });
  }
  std::optional<error> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    return guarded<std::optional<error>>([&] { return store_.put(key, value, ttl); });
  }
  std::optional<error> erase(std::string_view key) {
    return guarded<std::optional<error>>([&] { return store_.erase(key); });
  }
  result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    return guarded<result<bool>>([&] { return store_.claim(key, owner, ttl); });
  }
  std::optional<error> release(std::string_view key, std::string_view owner) {
    return guarded<std::optional<error>>([&] { return store_.release(key, owner); });
  }

 private:
  template <class Outcome, class Operation>
  static Outcome guarded(Operation operation) {
    try {
      return operation();
    } catch (const std::exception& failure) {
      return error{.message = std::string("the store threw an exception: ") + failure.what()};
    } catch (...) {
      return error{.message = "the store threw an exception of its own"};
    }
  }

  Store store_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_AUTH_TOTP_HPP
#define T3API_AUTH_TOTP_HPP

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#ifndef T3API_DETAIL_BASE32_HPP
#define T3API_DETAIL_BASE32_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// The bytes behind Base32 text (RFC 4648 section 6), or nothing when it is none. Spaces, hyphens, lower case
/// and trailing padding are accepted, as authenticator seeds are printed with them.
inline std::optional<std::string> base32_decode(std::string_view text) {
  std::string bytes;
  std::uint32_t window = 0;
  int bits = 0;
  bool padded = false;
  for (const char raw : text) {
    if (ascii_space(raw) || raw == '-') continue;
    if (raw == '=') {
      padded = true;
      continue;
    }
    const char c = ascii_lower(raw);
    const bool letter = c >= 'a' && c <= 'z';
    if (padded || !(letter || (c >= '2' && c <= '7'))) return std::nullopt;
    window = (window << 5) | static_cast<std::uint32_t>(letter ? c - 'a' : c - '2' + 26);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((window >> bits) & 0xFFU);
    }
  }
  if (bytes.empty()) return std::nullopt;
  return bytes;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_DETAIL_CRYPTO_HPP
#define T3API_DETAIL_CRYPTO_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#ifndef T3API_DETAIL_REQUIRE_OPENSSL_HPP
#define T3API_DETAIL_REQUIRE_OPENSSL_HPP

// Included in front of OpenSSL's headers: says what to do when they are missing or too old.

#if !__has_include(<openssl/opensslv.h>)
#error \
    "t3api needs OpenSSL 3 or newer, and found no <openssl/opensslv.h>: install it (Debian: libssl-dev), or name its folder with the compiler option -I"
#endif
#include <openssl/opensslv.h>

#ifndef OPENSSL_VERSION_MAJOR  // 3.0 brought it.
static_assert(false, "t3api needs OpenSSL 3 or newer, and found " OPENSSL_VERSION_TEXT);
#endif

#endif

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>


namespace t3api::inline v0_1_0::detail {

inline std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned int size = 0;
  if (key.data() == nullptr) key = "";  // OpenSSL takes a null key for "the one of the last call".
  if (HMAC(digest, key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), code.data(),
           &size) == nullptr) {
    throw std::runtime_error(
        "OpenSSL could not compute an HMAC: is the digest disabled by a provider or FIPS policy?");
  }
  return {reinterpret_cast<const char*>(code.data()), size};
}

/// SHA-256 (FIPS 180-4), 32 bytes.
inline std::string sha256(std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error(
        "OpenSSL could not compute SHA-256: is it disabled by a provider or FIPS policy?");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

/// HMAC-SHA-1 (RFC 2104), 20 bytes; for one-time passwords only.
inline std::string hmac_sha1(std::string_view key, std::string_view message) {
  return hmac(EVP_sha1(), key, message);
}

/// HMAC-SHA-256 (RFC 2104), 32 bytes.
inline std::string hmac_sha256(std::string_view key, std::string_view message) {
  return hmac(EVP_sha256(), key, message);
}

/// HMAC-SHA-512 (RFC 2104), 64 bytes.
inline std::string hmac_sha512(std::string_view key, std::string_view message) {
  return hmac(EVP_sha512(), key, message);
}

/// PBKDF2 with HMAC-SHA-256 (RFC 8018 section 5.2), 32 bytes: slow on purpose, so that a password behind it
/// takes long to guess.
inline std::string pbkdf2_sha256(std::string_view password, std::string_view salt, int rounds) {
  std::string derived(32, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                        rounds, EVP_sha256(), static_cast<int>(derived.size()),
                        reinterpret_cast<unsigned char*>(derived.data())) != 1) {
    throw std::runtime_error("OpenSSL could not run PBKDF2: is it disabled by a provider or FIPS policy?");
  }
  return derived;
}

/// Fills memory from the system's random source. Throws std::runtime_error when there is none.
inline void fill_with_random(void* memory, std::size_t size) {
  if (RAND_bytes(static_cast<unsigned char*>(memory), static_cast<int>(size)) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes to give: is the system's random source available?");
  }
}

/// `size` bytes from the system's random source. Throws as above.
inline std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  fill_with_random(bytes.data(), size);
  return bytes;
}

/// A number from 0 up to 1, for spreading things in time. Throws as above.
inline double random_fraction() {
  std::uint32_t number = 0;
  fill_with_random(&number, sizeof number);
  return number / 4294967296.0;
}

/// Whether both are equal, in a time that depends on their sizes only.
inline bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

inline constexpr std::size_t gcm_key_size = 32;
inline constexpr std::size_t gcm_nonce_size = 12;
inline constexpr std::size_t gcm_tag_size = 16;

/// One run of AES-256-GCM (NIST SP 800-38D) in either direction.
class gcm_run {
 public:
  /// Throws std::invalid_argument for a key or nonce of another size.
  gcm_run(bool encrypts, std::string_view key, std::string_view nonce) : context_(EVP_CIPHER_CTX_new()) {
    if (key.size() != gcm_key_size || nonce.size() != gcm_nonce_size) {
      throw std::invalid_argument("AES-256-GCM takes a key of 32 bytes and a nonce of 12");
    }
    demand(context_ != nullptr && EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, bytes(key),
                                                    bytes(nonce), encrypts ? 1 : 0) == 1);
  }

  void add_associated(std::string_view text) {
    int size = 0;
    demand(text.empty() || EVP_CipherUpdate(context_.get(), nullptr, &size, bytes(text), as_int(text)) == 1);
  }

  std::string transform(std::string_view text) {
    std::string out(text.size(), '\0');
    int size = 0;
    demand(text.empty() || EVP_CipherUpdate(context_.get(), reinterpret_cast<unsigned char*>(out.data()),
                                            &size, bytes(text), as_int(text)) == 1);
    return out;
  }

  /// The tag of what was encrypted.
  std::string tag() {
    std::string made(gcm_tag_size, '\0');
    demand(finish() && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG,
                                           static_cast<int>(gcm_tag_size), made.data()) == 1);
    return made;
  }

  /// Whether `tag`, of 16 bytes, is that of what was decrypted; if not, nothing of it is to be used.
  bool matches(std::string tag) {
    demand(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(gcm_tag_size),
                               tag.data()) == 1);
    return finish();
  }

 private:
  struct freeing {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  };

  static const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }
  static int as_int(std::string_view text) {
    if (text.size() > static_cast<std::size_t>((std::numeric_limits<int>::max)())) {
      throw std::length_error("AES-256-GCM takes at most 2 GiB here");
    }
    return static_cast<int>(text.size());
  }
  static void demand(bool done) {
    if (!done) {
      throw std::runtime_error(
          "OpenSSL could not run AES-256-GCM: is it disabled by a provider or FIPS policy?");
    }
  }

  bool finish() {
    unsigned char none[16];
    int size = 0;
    return EVP_CipherFinal_ex(context_.get(), none, &size) == 1;
  }

  std::unique_ptr<EVP_CIPHER_CTX, freeing> context_;
};

/// AES-256-GCM (NIST SP 800-38D): the ciphertext and behind it the tag. A nonce must never come twice with
/// one key. Throws std::invalid_argument for a key that has not 32 bytes or a nonce that has not 12, and
/// std::runtime_error when OpenSSL cannot.
inline std::string gcm_encrypt(std::string_view key, std::string_view nonce, std::string_view plain,
                               std::string_view associated) {
  gcm_run run(true, key, nonce);
  run.add_associated(associated);
  std::string text = run.transform(plain);
  return text += run.tag();
}

/// What `gcm_encrypt` was given, or nothing when key, nonce, text or associated data are not the same.
inline std::optional<std::string> gcm_decrypt(std::string_view key, std::string_view nonce,
                                              std::string_view text, std::string_view associated) {
  if (text.size() < gcm_tag_size) return std::nullopt;
  gcm_run run(false, key, nonce);
  run.add_associated(associated);
  std::string plain = run.transform(text.substr(0, text.size() - gcm_tag_size));
  if (run.matches(std::string(text.substr(text.size() - gcm_tag_size)))) return plain;
  wipe(plain);
  return std::nullopt;
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// How long one time-based one-time password is good (RFC 6238 section 5.2).
inline constexpr std::chrono::seconds totp_step{30};

/// Number of the step that `now` lies in (RFC 6238 section 4.2).
inline std::int64_t totp_step_at(wall_time now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) / totp_step;
}

/// What a one-time password is hashed with (RFC 6238 section 1.2). Metrc's authenticators use SHA-1.
enum class otp_hash { sha1, sha256, sha512 };

namespace detail {

inline std::string otp_hmac(otp_hash hash, std::string_view key, std::string_view message) {
  switch (hash) {
    case otp_hash::sha256: return hmac_sha256(key, message);
    case otp_hash::sha512: return hmac_sha512(key, message);
    case otp_hash::sha1: break;
  }
  return hmac_sha1(key, message);
}

}  // namespace detail

/// The one-time password of a counter value (RFC 4226 section 5.3, with the hashes of RFC 6238).
inline std::string hotp(std::string_view key, std::uint64_t counter, int digits = 6,
                        otp_hash hash = otp_hash::sha1) {
  std::string message(8, '\0');
  for (std::size_t i = 8; i-- > 0; counter >>= 8) message[i] = static_cast<char>(counter & 0xFFU);
  const std::string code = detail::otp_hmac(hash, key, message);
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(code[at]));
  };
  const std::size_t offset = byte(code.size() - 1) & 0x0FU;
  std::uint32_t number =
      (byte(offset) & 0x7FU) << 24 | byte(offset + 1) << 16 | byte(offset + 2) << 8 | byte(offset + 3);
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number /= 10)
    *digit = static_cast<char>('0' + number % 10);
  return text;
}

/// The six digits that an authenticator shows in `step` for a Base32 seed. Throws std::invalid_argument,
/// which does not show the seed, when it is no Base32.
inline secret totp(const secret& base32_seed, std::int64_t step) {
  auto key = detail::base32_decode(base32_seed.reveal());
  if (!key) {
    throw std::invalid_argument(
        "the one-time password seed is not Base32: it has the letters A-Z and the digits 2-7 only");
  }
  secret code = hotp(*key, static_cast<std::uint64_t>(step));
  detail::wipe(*key);
  return code;
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_HTTP_DATE_HPP
#define T3API_CORE_HTTP_DATE_HPP

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>


namespace t3api::inline v0_1_0 {

namespace detail {

/// Reads a date behind its weekday. `form` is a text like it: digits of day, year, hour, minute and second
/// stand at `d`, `y`, `h`, `m` and `s`, a digit of the day or a blank at `_`, and the month at `bbb`.
inline std::optional<std::chrono::sys_seconds> read_http_date(std::string_view text, std::string_view form,
                                                              wall_time now) {
  constexpr std::string_view numbers = "dyhms";
  constexpr std::string_view months = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (text.size() != form.size()) return std::nullopt;
  std::array<int, numbers.size()> read{};
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'b' || (form[i] == '_' && text[i] == ' ')) continue;
    const auto number = numbers.find(form[i] == '_' ? 'd' : form[i]);
    if (number == numbers.npos) {
      if (ascii_lower(text[i]) != ascii_lower(form[i])) return std::nullopt;
    } else {
      if (!ascii_digit(text[i])) return std::nullopt;
      read[number] = 10 * read[number] + (text[i] - '0');
    }
  }
  const auto month = months.find(to_lower(text.substr(form.find("bbb"), 3)));
  if (month == months.npos || month % 3 != 0) return std::nullopt;
  if (read[2] > 23 || read[3] > 59 || read[4] > 60) return std::nullopt;
  const auto day_in = [&](int year) {
    return std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month / 3) + 1) /
           std::chrono::day(static_cast<unsigned>(read[0]));
  };
  const auto time_in = [&](int year) {
    return std::chrono::sys_days(day_in(year)) + std::chrono::hours(read[2]) + std::chrono::minutes(read[3]) +
           std::chrono::seconds(read[4]);
  };
  int year = read[1];
  if (form.find("yyyy") == form.npos) {
    const auto latest = std::chrono::floor<std::chrono::seconds>(now) + std::chrono::years(50);
    const std::chrono::year_month_day latest_day(std::chrono::floor<std::chrono::days>(latest));
    year = static_cast<int>(latest_day.year()) - (static_cast<int>(latest_day.year()) - year) % 100;
    if (time_in(year) > latest) year -= 100;
  }
  if (!day_in(year).ok()) return std::nullopt;
  return time_in(year);
}

/// Seconds that may have a fraction, as some gateways send them, rounded up; at most `longest`.
inline std::optional<std::chrono::seconds> read_delay(std::string_view text, std::chrono::seconds longest) {
  const auto point = (std::min)(text.find('.'), text.size());
  const auto whole = text.substr(0, point);
  const auto fraction = text.substr((std::min)(point + 1, text.size()));
  const auto all_digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), ascii_digit);
  };
  if ((whole.empty() && fraction.empty()) || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  const auto seconds = parse_decimal(whole.empty() ? "0" : whole);  // Nothing for one that is too large.
  if (!seconds || *seconds >= static_cast<std::uint64_t>(longest.count())) return longest;
  const bool begun = fraction.find_first_not_of('0') != fraction.npos;
  return std::chrono::seconds(static_cast<std::int64_t>(*seconds) + (begun ? 1 : 0));
}

}  // namespace detail

/// Reads an HTTP date in each of the forms that RFC 9110 section 5.6.7 wants read: `Sun, 06 Nov 1994 08:49:37
/// GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. Upper and lower case are the same,
/// as RFC 9111 section 4.2 has it; the weekday may be any. Two digits of a year are never more than 50 years
/// ahead of `now`. In seconds, since `wall_time` may not reach to the year 9999.
inline std::optional<std::chrono::sys_seconds> parse_http_date(
    std::string_view text, wall_time now = std::chrono::system_clock::now()) {
  text = detail::trim(text);
  std::size_t weekday = 0;
  while (weekday < text.size() && detail::ascii_alpha(text[weekday])) ++weekday;
  if (weekday < 3) return std::nullopt;
  text.remove_prefix(weekday);
  for (const char* form :
       {", dd bbb yyyy hh:mm:ss GMT", ", dd-bbb-yy hh:mm:ss GMT", " bbb _d hh:mm:ss yyyy"}) {
    if (const auto date = detail::read_http_date(text, form, now)) return date;
  }
  return std::nullopt;
}

/// The server's own time, from its `Date` header.
inline std::optional<std::chrono::sys_seconds> server_date(const headers& fields,
                                                           wall_time now = std::chrono::system_clock::now()) {
  const auto date = fields.get("Date");
  return date ? parse_http_date(*date, now) : std::nullopt;
}

/// How far the server's clock is ahead of this one, by an answer that the server made itself (an error page
/// may be a proxy's). Up to 5 s are none, as the answer took its time. Nothing when `Date` is missing,
/// garbage or more than a year off.
///
/// An answer out of a cache has an `Age` and was made so long ago (RFC 9111 section 4.2.3). As some caches
/// set `Date` anew, each time from `Date` to `Date` with `Age` on top may be the server's.
inline std::optional<std::chrono::seconds> server_ahead(const headers& fields, wall_time now) {
  using std::chrono::seconds;
  constexpr seconds tolerated(5);
  constexpr seconds believable = std::chrono::hours(24 * 365);
  const auto date = server_date(fields, now);
  const auto age = detail::parse_decimal(detail::trim(fields.get("Age").value_or("0")));
  if (!date || !age || *age > static_cast<std::uint64_t>(believable.count())) return std::nullopt;
  const seconds at_least = *date - std::chrono::floor<seconds>(now);
  const seconds ahead = at_least + seconds(static_cast<std::int64_t>(*age));
  if (at_least <= tolerated && ahead >= -tolerated) return seconds(0);
  return (std::max)(ahead, -ahead) <= believable ? std::optional(ahead) : std::nullopt;
}

/// How long `Retry-After` asks to wait (RFC 9110 section 10.2.3), as seconds, also with a fraction, rounded
/// up, or as a date, measured against the server's own `Date` when it sent one. Never negative, at most a
/// day; nothing when the header is missing or garbage.
inline std::optional<std::chrono::seconds> retry_after(const headers& fields, wall_time now) {
  using std::chrono::seconds;
  constexpr seconds longest = std::chrono::hours(24);
  const auto value = fields.get("Retry-After");
  if (!value) return std::nullopt;
  if (const auto delay = detail::read_delay(detail::trim(*value), longest)) return delay;
  const auto date = parse_http_date(*value, now);
  if (!date) return std::nullopt;
  const auto start = server_date(fields, now).value_or(std::chrono::floor<seconds>(now));
  return std::clamp<seconds>(*date - start, seconds(0), longest);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_DETAIL_UUID_HPP
#define T3API_DETAIL_UUID_HPP

#include <array>
#include <cstddef>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

inline void append_hex(std::string& text, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  text += digits[byte >> 4U];
  text += digits[byte & 15U];
}

/// Bytes as lower-case hexadecimal digits.
inline std::string hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) append_hex(text, static_cast<unsigned char>(c));
  return text;
}

/// A version 4 UUID (RFC 9562 section 5.4): 122 bits from the system's random source, in lower case.
inline std::string make_uuid() {
  std::array<unsigned char, 16> bytes{};
  fill_with_random(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    append_hex(text, bytes[i]);
  }
  return text;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_STORE_MEMORY_HPP
#define T3API_STORE_MEMORY_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_DETAIL_PER_PROCESS_HPP
#define T3API_DETAIL_PER_PROCESS_HPP

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#ifndef T3API_NATIVE_PROCESS_HPP
#define T3API_NATIVE_PROCESS_HPP

#include <cstdint>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

/// The system's number for this process; a forked child has another one than its parent.
inline std::int64_t current_process_id() noexcept {
#ifdef _WIN32
  return static_cast<std::int64_t>(::_getpid());
#else
  return static_cast<std::int64_t>(::getpid());
#endif
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// A T that belongs to the process that uses it: made when that process first asks, destroyed by that process
/// alone.
///
/// A forked child inherits the memory of its parent's T but not what it stands for: its threads do not run
/// there, its mutexes may be held by one of them, its sockets are the parent's. So the child neither uses nor
/// destroys it, but makes its own. The parent's T is lost to the child: its memory, and the descriptors that
/// it holds open, stay there until the child ends; a leak checker in the child may name it.
///
/// Processes are told apart by their numbers, as cheaply as can be. A number comes back when the system has
/// used up all the others; a grandchild that by then has that of its dead grandparent takes over its T, if
/// the process between them never asked.
template <class T>
class per_process {
 public:
  /// `make` is called once a process, but by each of several threads that ask first at the same time.
  explicit per_process(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}
  per_process(const per_process&) = delete;
  per_process& operator=(const per_process&) = delete;

  ~per_process() {
    const entry* current = current_.load(std::memory_order_acquire);
    if (current != nullptr && current->process == current_process_id()) delete current;
  }

  /// This process's T. Takes no lock. Throws what `make` throws.
  T& get() {
    const std::int64_t here = current_process_id();
    entry* current = current_.load(std::memory_order_acquire);
    if (current == nullptr || current->process != here) current = make_for(here, current);
    return *current->value;
  }

 private:
  struct entry {
    std::int64_t process;
    std::unique_ptr<T> value;
  };

  /// Puts a new T in the place of `other`, which is another process's, unless a thread of this one was
  /// faster.
  entry* make_for(std::int64_t process, entry* other) {
    std::unique_ptr<entry> made(new entry{process, make_()});
    const bool first = current_.compare_exchange_strong(other, made.get(), std::memory_order_acq_rel,
                                                        std::memory_order_acquire);
    return first ? made.release() : other;
  }

  const std::function<std::unique_ptr<T>()> make_;
  std::atomic<entry*> current_ = nullptr;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_STORE_LIFETIME_HPP
#define T3API_STORE_LIFETIME_HPP

#include <algorithm>
#include <chrono>

namespace t3api::inline v0_1_0::detail {

/// How long a store keeps what it is asked to keep for `ttl`: from one millisecond, the shortest that Redis
/// knows, to ten years, which no clock overflows on.
inline std::chrono::milliseconds kept_lifetime(std::chrono::milliseconds ttl) noexcept {
  using std::chrono::milliseconds;
  return std::clamp<milliseconds>(ttl, milliseconds(1), std::chrono::hours(24 * 3653));
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// A store in the memory of this process; copies share what they keep, and no operation fails. What has
/// expired goes as new things come, so that memory is bounded by what is alive at a time. A forked child
/// begins with an empty store of its own.
class memory_store {
 public:
  /// Lives and leases are counted on `time`.
  explicit memory_store(std::shared_ptr<t3api::clock> time = std::make_shared<real_clock>())
      : shared_(std::make_shared<process_contents>([time] { return std::make_unique<contents>(time); })) {}

  result<std::optional<stored_value>> get(std::string_view key) { return shared_->get().get(key); }

  std::optional<error> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    shared_->get().put(key, value, ttl);
    return std::nullopt;
  }

  std::optional<error> erase(std::string_view key) {
    shared_->get().erase(key);
    return std::nullopt;
  }

  result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    return shared_->get().claim(key, owner, ttl);
  }

  std::optional<error> release(std::string_view key, std::string_view owner) {
    shared_->get().release(key, owner);
    return std::nullopt;
  }

  /// How much is held at the moment, values and claims together, expired ones that have not gone yet too.
  std::size_t size() const { return shared_->get().size(); }

 private:
  struct entry {
    secret text;
    steady_time end;
  };
  using entries = std::map<std::string, entry, std::less<>>;

  class contents {
   public:
    explicit contents(std::shared_ptr<t3api::clock> time) : clock_(std::move(time)) {}

    std::optional<stored_value> get(std::string_view key) {
      const std::scoped_lock lock(mutex_);
      const auto now = clock_->now();
      const auto found = find_live(values_, key, now);
      if (found == values_.end()) return std::nullopt;
      return stored_value{
          .value = std::string(found->second.text.reveal()),
          .time_left = std::chrono::floor<std::chrono::milliseconds>(found->second.end - now)};
    }

    void put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
      if (ttl <= std::chrono::milliseconds::zero()) return erase(key);
      const std::scoped_lock lock(mutex_);
      keep(values_, key, value, ttl);
    }

    void erase(std::string_view key) {
      const std::scoped_lock lock(mutex_);
      const auto found = values_.find(key);
      if (found != values_.end()) values_.erase(found);
    }

    bool claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
      const std::scoped_lock lock(mutex_);
      if (find_live(claims_, key, clock_->now()) != claims_.end()) return false;
      keep(claims_, key, owner, ttl);
      return true;
    }

    void release(std::string_view key, std::string_view owner) {
      const std::scoped_lock lock(mutex_);
      const auto found = find_live(claims_, key, clock_->now());
      if (found != claims_.end() && found->second.text.reveal() == owner) claims_.erase(found);
    }

    std::size_t size() const {
      const std::scoped_lock lock(mutex_);
      return values_.size() + claims_.size();
    }

   private:
    static entries::iterator find_live(entries& in, std::string_view key, steady_time now) {
      const auto found = in.find(key);
      if (found == in.end() || found->second.end > now) return found;
      in.erase(found);
      return in.end();
    }

    void keep(entries& in, std::string_view key, std::string_view text, std::chrono::milliseconds ttl) {
      const auto now = clock_->now();
      if (values_.size() + claims_.size() >= sweep_at_) sweep(now);
      in.insert_or_assign(std::string(key), entry{secret(text), now + detail::kept_lifetime(ttl)});
    }

    // Each sweep waits until there is twice as much as the last one left, so it costs little for each entry.
    void sweep(steady_time now) {
      const auto expired = [now](const auto& held) { return held.second.end <= now; };
      std::erase_if(values_, expired);
      std::erase_if(claims_, expired);
      sweep_at_ = (std::max)(smallest_sweep, 2 * (values_.size() + claims_.size()));
    }

    static constexpr std::size_t smallest_sweep = 32;

    const std::shared_ptr<t3api::clock> clock_;
    mutable std::mutex mutex_;
    entries values_;
    entries claims_;
    std::size_t sweep_at_ = smallest_sweep;
  };
  using process_contents = detail::per_process<contents>;

  std::shared_ptr<process_contents> shared_;
};

static_assert(store<memory_store>);

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// What to do when the one-time password of this half minute has been used already.
enum class used_otp {
  wait,  ///< For the next one, within the call's deadline.
  fail   ///< With a `timeout` error at once.
};

namespace detail {

/// A name for a seed that tells nothing of it: the same however the seed is written.
inline std::string seed_fingerprint(const secret& base32_seed) {
  auto key = base32_decode(base32_seed.reveal()).value_or("");
  auto name = hex(hmac_sha256(key, "t3api one-time passwords"));
  wipe(key);
  return name;
}

/// Gives out one-time passwords. One that is made from the seed is given out once while the service might
/// take it (RFC 6238 section 5.2), to all who share the store: with the default store these are the auth
/// object and its copies, in one process. Several auth objects or processes with one seed need one store to
/// keep out of each other's way; without it, or while it fails, they know nothing of each other. Called by
/// one thread at a time.
template <store Store>
class one_time_passwords {
 public:
  one_time_passwords(secret code, secret seed, used_otp policy, Store shared)
      : code_(std::move(code)),
        seed_(std::move(seed)),
        policy_(policy),
        seed_name_("otp " + seed_fingerprint(seed_) + " "),
        shared_(std::move(shared)) {}

  /// The next password; empty when the account has none. `last_was_unsent` tells that the one before never
  /// left and is still good.
  result<secret> next(exchange& via, bool last_was_unsent) {
    if (!code_.empty()) {
      if (std::exchange(code_used_, true) && !last_was_unsent) {
        return error{.category = error_category::authentication,
                     .message =
                         "the one-time password has been used: give a fresh one, or its seed "
                         "(credentials::otp_seed)"};
      }
      return code_;
    }
    if (seed_.empty()) return secret();
    if (last_was_unsent) give_back();
    const auto service_ahead = ask_how_far_ahead(via);
    if (!service_ahead) return service_ahead.error();
    service_ahead_ = *service_ahead;
    while (true) {
      const auto now = via.clock().wall_now() + service_ahead_;
      if (const auto step = totp_step_at(now); claim(step)) return totp(seed_, step);
      const auto next_step = wall_time((totp_step_at(now) + 1) * totp_step);
      const auto ready = via.clock().now() + (next_step - now);
      if (policy_ == used_otp::fail || ready >= via.deadline()) {
        return error{.category = error_category::timeout,
                     .message =
                         "the one-time password of this half minute has been used, and the next comes "
                         "after the call's deadline or is not to be waited for: try again in half a minute",
                     .retryable = true};
      }
      if (!via.clock().wait_until(ready, via.stop())) {
        return error{.category = error_category::cancelled,
                     .message = "the call was cancelled while it waited for the next one-time password"};
      }
    }
  }

  /// How far ahead of this clock the service's was taken to be for the last password.
  std::chrono::seconds service_ahead() const noexcept { return service_ahead_; }

 private:
  static constexpr int claimed_steps = 3;
  static constexpr auto claim_lifetime = claimed_steps * totp_step;

  /// How far the service's clock is ahead of this one. A wrong local clock makes wrong passwords, and wrong
  /// passwords lock accounts: so the time is asked by a request that carries no credentials, and anew for
  /// each login, as either clock may have been set since the last. Caches are asked to let it through, and
  /// only success tells the time: the answer of a proxy in trouble is not the service's. Without an answer
  /// the local clock counts.
  result<std::chrono::seconds> ask_how_far_ahead(exchange& via) {
    constexpr std::chrono::seconds none{0};
    const auto answer = via.send({.path = "/v2/states", .headers = {{"Cache-Control", "no-cache"}}});
    if (!answer) {
      const auto category = answer.error().category;
      const bool out_of_time = category == error_category::timeout && via.clock().now() >= via.deadline();
      if (category == error_category::cancelled || out_of_time) return answer.error();
      return none;
    }
    if (answer->status != 200) return none;
    return server_ahead(answer->headers, via.clock().wall_now()).value_or(none);
  }

  /// A step shortly before the last one is refused too, as a service may take codes in their order only; one
  /// long before it means that the clock was ahead then, and must not block all codes until that time.
  bool claim(std::int64_t step) {
    if (step <= last_step_ && last_step_ - step < claimed_steps) return false;
    const auto name = seed_name_ + std::to_string(step);
    const auto claimed = shared_.claim(name, owner_, claim_lifetime);
    if (claimed && !*claimed) return false;
    step_before_ = std::exchange(last_step_, step);
    return true;
  }

  void give_back() {
    shared_.release(seed_name_ + std::to_string(last_step_), owner_);
    last_step_ = step_before_;
  }

  const secret code_;
  const secret seed_;
  const used_otp policy_;
  const std::string seed_name_;
  const std::string owner_ = make_uuid();
  guarded_store<Store> shared_;
  std::chrono::seconds service_ahead_{0};
  bool code_used_ = false;
  std::int64_t last_step_ = -1;
  std::int64_t step_before_ = -1;
};

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_RENEWAL_OPTIONS_HPP
#define T3API_AUTH_RENEWAL_OPTIONS_HPP

#include <chrono>
#include <functional>

#ifndef T3API_AUTH_AUTH_RESPONSE_DATA_HPP
#define T3API_AUTH_AUTH_RESPONSE_DATA_HPP

#include <string>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0 {

/// The whole answer to an exchange of credentials.
struct auth_response_data {
  secret access_token{};  ///< The bearer token: `accessToken`.
  /// Every further member. There may be secrets among them, such as a refresh token: keep them out of logs.
  nlohmann::json further = nlohmann::json::object();
};

namespace detail {

/// Reads the answer to a successful exchange at `path`; a `protocol` error when there is no usable token in
/// it.
result<auth_response_data> read_auth_response(const std::string& path, const response& answer);

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// How an auth method gets its tokens.
struct renewal_options {
  /// Whether to keep the credentials after the first token, to get the next one when it expires. Without them
  /// the client ends with its token.
  bool keep_credentials = true;
  /// A token is renewed this long before it expires, or after nine tenths of its life, whichever is later...
  std::chrono::milliseconds leeway = std::chrono::seconds(30);
  /// ...and earlier by up to as much again, so that a fleet does not renew all at once. Gives numbers from 0
  /// up to 1, from any thread; default: the system's random source.
  std::function<double()> jitter{};
  /// How long others that share the store wait for a process that is getting a token, which may have died.
  std::chrono::milliseconds lease = std::chrono::seconds(10);
  /// Hears each answer that brought a token, in the thread that asked for it and before its call goes on: it
  /// must not make calls with the same client. What it throws is dropped.
  std::function<void(const auth_response_data&)> on_response{};
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_STATE_RULES_HPP
#define T3API_AUTH_STATE_RULES_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>


namespace t3api::inline v0_1_0 {

/// Which states' Metrc wants more than a user name and a password (T3's authentication guide). Host names are
/// compared without case.
struct state_rules {
  std::vector<std::string> otp_hostnames{"mi.metrc.com"};    ///< Want a one-time password.
  std::vector<std::string> email_hostnames{"co.metrc.com"};  ///< Want the account's e-mail address.

  /// Whether that Metrc wants a one-time password.
  bool needs_otp(std::string_view hostname) const { return holds(otp_hostnames, hostname); }
  /// Whether that Metrc wants the account's e-mail address.
  bool needs_email(std::string_view hostname) const { return holds(email_hostnames, hostname); }

 private:
  static bool holds(const std::vector<std::string>& hostnames, std::string_view wanted) {
    return std::any_of(hostnames.begin(), hostnames.end(), [&](const std::string& hostname) {
      return detail::iequals(detail::trim(hostname), detail::trim(wanted));
    });
  }
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_TOKEN_SOURCE_HPP
#define T3API_AUTH_TOKEN_SOURCE_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#ifndef T3API_AUTH_BEARER_TOKEN_HPP
#define T3API_AUTH_BEARER_TOKEN_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#ifndef T3API_AUTH_TOKEN_HPP
#define T3API_AUTH_TOKEN_HPP

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0 {

/// When a JWT says it was issued and expires, in seconds since 1970 (RFC 7519 sections 4.1.4 and 4.1.6).
struct token_times {
  std::optional<std::chrono::seconds> issued_at{};   ///< `iat`
  std::optional<std::chrono::seconds> expires_at{};  ///< `exp`
};

/// Reads `iat` and `exp` without verifying the signature: only the service can do that. Both stay empty when
/// the token cannot be decoded.
token_times read_token_times(std::string_view jwt);

namespace detail {

inline std::chrono::seconds since_1970(wall_time when) {
  return std::chrono::floor<std::chrono::seconds>(when.time_since_epoch());
}

inline constexpr std::size_t longest_token = 16U << 10U;  ///< In bytes; more than servers take as a header.

/// Whether it can stand in a header behind `Bearer` (RFC 6750 section 2.1) and is no longer than servers
/// take.
inline bool is_usable_token(std::string_view jwt) {
  return !jwt.empty() && jwt.size() <= longest_token && !has_control(jwt) && jwt.find(' ') == jwt.npos;
}

/// `Authorization: Bearer <token>` (RFC 6750 section 2.1).
inline void set_bearer_token(request& message, std::string_view jwt) {
  std::string value;
  value.reserve(7 + jwt.size());
  value.append("Bearer ").append(jwt);
  message.headers.set("Authorization", std::move(value));
}

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_DETAIL_SNAPSHOT_HPP
#define T3API_DETAIL_SNAPSHOT_HPP

#include <atomic>
#include <memory>
#include <utility>

namespace t3api::inline v0_1_0::detail {

/// An immutable value that is replaced now and then and read all the time. Nobody takes a lock. A replaced
/// value is freed at once or by the reader that leaves last; so it stays only while readers come and go
/// without a moment in which there is none. (std::atomic<std::shared_ptr> would do, but libc++ has none.)
template <class T>
class snapshot {
 public:
  snapshot() = default;
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;
  ~snapshot() {
    free_all(retired_.load());
    delete current_.load();
  }

  /// Calls `look` with a pointer to the value, null when there is none yet; the pointer is good until `look`
  /// returns.
  template <class Look>
  decltype(auto) read(Look&& look) const {
    const presence reading(*this);
    const node* seen = current_.load();
    return std::forward<Look>(look)(seen == nullptr ? nullptr : seen->value.get());
  }

  void publish(std::unique_ptr<const T> next) {
    auto made = std::make_unique<node>();
    made->value = std::move(next);
    if (node* replaced = current_.exchange(made.release())) retire(replaced, replaced);
    free_unseen();
  }

 private:
  struct node {
    std::unique_ptr<const T> value{};
    node* next = nullptr;
  };

  struct presence {
    explicit presence(const snapshot& where) : at(where) { at.readers_.fetch_add(1); }
    ~presence() {
      if (at.readers_.fetch_sub(1) == 1) at.free_unseen();
    }
    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;
    const snapshot& at;
  };

  void retire(node* first, node* last) const {
    last->next = retired_.load();
    while (!retired_.compare_exchange_weak(last->next, first)) {
    }
  }

  /// Whoever comes after a value was replaced cannot see it any more. So when there is no reader after the
  /// list was taken, nobody sees anything in it; else whoever leaves last finds it put back.
  void free_unseen() const {
    while (retired_.load() != nullptr && readers_.load() == 0) {
      node* taken = retired_.exchange(nullptr);
      if (taken == nullptr) return;
      if (readers_.load() == 0) return free_all(taken);
      node* last = taken;
      while (last->next != nullptr) last = last->next;
      retire(taken, last);
    }
  }

  static void free_all(node* first) noexcept {
    while (first != nullptr) delete std::exchange(first, first->next);
  }

  mutable std::atomic<int> readers_ = 0;
  mutable std::atomic<node*> retired_ = nullptr;
  std::atomic<node*> current_ = nullptr;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// A token with all that is known about it.
struct bearer_token {
  secret jwt{};
  url host{};                              ///< The only one that it is sent to.
  steady_time due = (steady_time::max)();  ///< From here on it should be renewed.
  steady_time expires_at = (steady_time::max)();
  token_generation generation = 0;
  bool shared = false;  ///< Whether another process had obtained it: it may have been refused long ago.

  /// How long it will be good, for keeping it somewhere; a token without an expiry is good until it is
  /// refused.
  std::chrono::milliseconds time_left(steady_time now) const {
    constexpr std::chrono::milliseconds unknown = std::chrono::hours(1);
    if (expires_at == (steady_time::max)()) return unknown;
    return std::chrono::duration_cast<std::chrono::milliseconds>(expires_at - now);
  }
};

/// The token that requests are sent with just now. Any number of threads read it without a lock.
class current_token {
 public:
  /// How good a token must be.
  enum class demand { fresh, unexpired };

  /// Puts the token into `message` and gives its generation, if there is one that is as good as demanded.
  std::optional<token_generation> use(request& message, exchange& via, demand wanted) const {
    const auto now = via.clock().now();
    return held_.read([&](const bearer_token* token) -> std::optional<token_generation> {
      if (token == nullptr || refused(*token) || token->host != via.host()) return std::nullopt;
      if (now >= (wanted == demand::fresh ? token->due : token->expires_at)) return std::nullopt;
      set_bearer_token(message, token->jwt.reveal());
      return token->generation;
    });
  }

  /// Whether a token could still be used by someone whose next is not there yet.
  bool is_good(steady_time now) const {
    return held_.read([&](const bearer_token* token) {
      return token != nullptr && !refused(*token) && now < token->expires_at;
    });
  }

  /// Whether the service has refused a token that had not expired.
  bool is_refused_early(steady_time now) const {
    return held_.read([&](const bearer_token* token) {
      return token != nullptr && refused(*token) && now < token->expires_at;
    });
  }

  /// Whether the token of that generation had been obtained by another process.
  bool is_shared(token_generation generation) const {
    return held_.read([&](const bearer_token* token) {
      return token != nullptr && token->generation == generation && token->shared;
    });
  }

  secret jwt() const {
    return held_.read([](const bearer_token* token) { return token == nullptr ? secret() : token->jwt; });
  }
  token_generation generation() const {
    return held_.read(
        [](const bearer_token* token) { return token == nullptr ? token_generation{0} : token->generation; });
  }

  void publish(bearer_token next) { held_.publish(std::make_unique<const bearer_token>(std::move(next))); }

  /// Marks the generation as refused; tokens of later ones stay good.
  void refuse(token_generation generation) {
    auto known = refused_.load();
    while (known < generation && !refused_.compare_exchange_weak(known, generation)) {
    }
  }

 private:
  bool refused(const bearer_token& token) const { return token.generation <= refused_.load(); }

  snapshot<bearer_token> held_;
  std::atomic<token_generation> refused_ = 0;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_AUTH_BOUNDED_EXCHANGE_HPP
#define T3API_AUTH_BOUNDED_EXCHANGE_HPP

#include <algorithm>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// Another exchange with less time.
class bounded_exchange final : public exchange {
 public:
  bounded_exchange(exchange& via, steady_time deadline)
      : via_(via), deadline_((std::min)(deadline, via.deadline())) {}

  result<response> send(request message) override { return via_.send_until(std::move(message), deadline_); }
  result<response> send_until(request message, steady_time until) override {
    return via_.send_until(std::move(message), (std::min)(until, deadline_));
  }
  const url& host() const noexcept override { return via_.host(); }
  t3api::clock& clock() const noexcept override { return via_.clock(); }
  steady_time deadline() const noexcept override { return deadline_; }
  const stop_token& stop() const noexcept override { return via_.stop(); }
  void report(const renewal_event& renewal) noexcept override { via_.report(renewal); }

 private:
  exchange& via_;
  const steady_time deadline_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_AUTH_RENEWAL_PACE_HPP
#define T3API_AUTH_RENEWAL_PACE_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>


namespace t3api::inline v0_1_0::detail {

/// How soon the next exchange may come: growing pauses after failures, and a limit for a service that refuses
/// even the tokens that it has just issued.
class renewal_pace {
 public:
  bool is_pausing(steady_time now) const { return now < pause_end_; }
  steady_time pause_end() const { return pause_end_; }

  void succeeded() { failures_ = 0; }

  void failed(steady_time now, std::optional<std::chrono::seconds> retry_after) {
    const std::chrono::milliseconds growing = shortest_pause * (1 << failures_);
    failures_ = (std::min)(failures_ + 1, 8);
    const std::chrono::milliseconds asked = retry_after.value_or(std::chrono::seconds(0));
    pause_end_ = now + (std::min)(longest_pause, (std::max)(growing, asked));
  }

  /// An exchange was sent whose caller had no time left to hear the answer. Calls that have little time too
  /// leave the next to others for a while: each would post the credentials and learn nothing.
  void unheard(steady_time now, steady_time::duration waited) {
    constexpr steady_time::duration always_enough = std::chrono::seconds(5);
    time_needed_ = (std::min)(2 * waited, always_enough);
    time_needed_until_ = now + renewal_interval;
    look_again_soon(now);
  }
  bool has_time(steady_time now, steady_time deadline) const {
    return now >= time_needed_until_ || deadline - now > time_needed_;
  }

  /// Another process is about to have a token.
  void look_again_soon(steady_time now) { pause_end_ = now + shortest_pause; }

  /// Counts a renewal after a 401: a few in a row are made, then one each half minute.
  bool may_renew(steady_time now) {
    const auto earned = (now - renewals_counted_) / renewal_interval;
    if (earned > 0) {
      renewals_left_ = static_cast<int>((std::min<std::int64_t>)(renewals_in_a_row, renewals_left_ + earned));
      renewals_counted_ = now;
    }
    if (renewals_left_ == 0) return false;
    --renewals_left_;
    return true;
  }

 private:
  static constexpr std::chrono::milliseconds shortest_pause{250};
  static constexpr std::chrono::milliseconds longest_pause{60'000};
  static constexpr int renewals_in_a_row = 10;
  static constexpr auto renewal_interval = std::chrono::seconds(30);

  int failures_ = 0;
  steady_time pause_end_ = (steady_time::min)();
  int renewals_left_ = renewals_in_a_row;
  steady_time renewals_counted_{};
  steady_time::duration time_needed_{};
  steady_time time_needed_until_ = (steady_time::min)();
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_AUTH_TOKEN_EXCHANGE_HPP
#define T3API_AUTH_TOKEN_EXCHANGE_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#ifndef T3API_AUTH_SHARED_TOKEN_HPP
#define T3API_AUTH_SHARED_TOKEN_HPP

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// What users of one account share through a store: the token, whose turn it is to get a new one, and that
/// the credentials were refused. A store that fails is a store that has nothing and lets everyone go ahead.
///
/// The names of what lies outside the process are slow to make, since whoever can read them may try to guess
/// the password that they come from. Used by one thread at a time.
template <store Store>
class shared_token {
 public:
  enum class turn { ours, anothers, unknown };

  struct found_token {
    secret jwt;
    std::chrono::milliseconds time_left;
  };

  /// `account` names the credentials without telling them, by a keyed hash under the secret among them;
  /// `credentials` names them with all that may make the service refuse them.
  shared_token(Store kept, std::string account, std::string credentials, std::chrono::milliseconds lease)
      : store_(std::move(kept)),
        account_(std::move(account)),
        credentials_(std::move(credentials)),
        lease_(lease) {}

  /// The token for `host`, unless the caller has it already, or a newer one: after an outage of the store it
  /// may be one that was refused long ago.
  std::optional<found_token> find(const url& host, std::string_view known) {
    auto held = read(token_key(host));
    if (!held || !is_usable_token(held->value)) return std::nullopt;
    if (held->value == known || is_older(held->value, known)) return std::nullopt;
    return found_token{.jwt = std::move(held->value), .time_left = held->time_left};
  }

  void keep(const url& host, std::string_view jwt, std::chrono::milliseconds time_left) {
    store_.put(token_key(host), jwt, time_left);
  }

  /// Asks to be the only one who gets a token, until `end_turn` or the end of the lease.
  turn begin_turn(const url& host) {
    const auto claimed = store_.claim(turn_key(host), owner_, lease_);
    if (!claimed) return turn::unknown;
    return *claimed ? turn::ours : turn::anothers;
  }
  void end_turn(const url& host) { store_.release(turn_key(host), owner_); }

  /// Why someone else's exchange of the same credentials was refused for good a short while ago.
  std::optional<error> refusal(const url& host) {
    const auto held = read(refusal_key(host));
    if (!held) return std::nullopt;
    return error{.category = error_category::authentication, .message = held->value, .status = 401};
  }
  void keep_refusal(const url& host, const error& cause) {
    store_.put(refusal_key(host), cause.message, refusal_lifetime);
  }

  std::chrono::milliseconds lease() const noexcept { return lease_; }

 private:
  static constexpr auto refusal_lifetime = std::chrono::minutes(1);
  /// About 0.1 s, once for an auth method and its copies.
  static constexpr int pbkdf2_rounds = 600'000;

  std::optional<stored_value> read(const std::string& key) {
    auto held = store_.get(key);
    return held ? *std::move(held) : std::nullopt;
  }

  static bool is_older(std::string_view jwt, std::string_view than) {
    const auto issued = read_token_times(jwt).issued_at;
    const auto other = read_token_times(than).issued_at;
    return issued && other && *issued < *other;
  }

  std::string token_key(const url& host) { return "token " + place(host) + account(); }
  std::string turn_key(const url& host) { return "turn " + place(host) + account(); }
  std::string refusal_key(const url& host) {
    return "refusal " + place(host) + hex(hmac_sha256(account(), credentials_));
  }

  /// The constant salt does: what is hashed has host and user in it, so each account takes guesses of its
  /// own.
  const std::string& account() {
    if (!slow_) account_ = hex(pbkdf2_sha256(account_, "t3api shared token 2", pbkdf2_rounds));
    slow_ = true;
    return account_;
  }

  static std::string place(const url& host) { return host.origin() + host.base_path + " "; }

  guarded_store<Store> store_;
  std::string account_;
  bool slow_ =
      std::derived_from<Store, memory_store>;  ///< Whether `account_` is as slow to make as it has to be.
  const std::string credentials_;
  const std::string owner_ = make_uuid();
  const std::chrono::milliseconds lease_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_SERVICE_ERROR_HPP
#define T3API_CORE_SERVICE_ERROR_HPP

#include <string_view>

#ifndef T3API_CORE_CLIENT_CONFIG_HPP
#define T3API_CORE_CLIENT_CONFIG_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#ifndef T3API_CORE_CALL_EXECUTOR_HPP
#define T3API_CORE_CALL_EXECUTOR_HPP

#include <functional>

namespace t3api::inline v0_1_0 {

/// Runs asynchronous calls: takes a job and runs it once, soon, on some thread. Anything that takes a nullary
/// callable will do, such as `[&pool](auto job) { asio::post(pool, job); }`.
using call_executor = std::function<void(std::function<void()>)>;

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// T3's production service.
inline constexpr const char* default_host = "https://api.trackandtrace.tools";

/// Whom to trust and who to be over https. TLS 1.2 or newer always; the name is checked against the
/// certificate's subject alternative names, never its common name (RFC 9525).
struct tls_options {
  std::string ca_file{};       ///< PEM file of the trusted authorities, in place of the system's store.
  std::string ca_directory{};  ///< Folder of hashed PEM files, in place of the system's store.
  std::string ca_pem{};        ///< PEM text of the trusted authorities, in place of the system's store.
  std::string client_certificate_file{};  ///< PEM chain to show to the service.
  std::string client_key_file{};          ///< PEM private key of that certificate.
  secret client_key_password{};           ///< Pass phrase of that key.
  /// Accepts any certificate from anyone: whoever sits in between reads every password. For experiments only.
  bool dangerously_accept_any_certificate = false;
};

/// An HTTP proxy; https goes through it as a tunnel (CONNECT).
struct proxy_options {
  std::string host{};         ///< Name or address, without a scheme.
  std::uint16_t port = 3128;  ///< Of the proxy.
  std::string username{};     ///< Empty for a proxy that asks for none.
  secret password{};          ///< Sent to the proxy alone.
};

/// How many requests a client sends at most. T3 itself allows 600 a minute and user.
struct rate_limit {
  double per_second = 10;  ///< 0.001 to 1,000,000.
  int burst = 10;          ///< How many may go at once after a quiet time: 1 to 1,000,000.
};

/// Settings of a client. All have defaults, so `client_config{.host = "…"}` is fine.
struct client_config {
  std::string host = default_host;                                       ///< `https://host[:port][/path]`.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);          ///< Total deadline of a call.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  ///< Name, TCP and TLS together.
  std::chrono::milliseconds read_timeout = std::chrono::seconds(30);  ///< The longest silence of the service.
  std::size_t max_header_bytes = 256U << 10U;                         ///< Of an answer.
  std::size_t max_body_bytes = 64U << 20U;                            ///< Of an answer, after decompression.
  t3api::headers headers{};                                           ///< Sent with every request.
  std::string user_agent{};                                           ///< Default: `t3api/<version>`.
  tls_options tls{};                                                  ///< Whom to trust over https.
  std::optional<proxy_options> proxy{};  ///< Default: none; the environment's is not read.
  /// Lets credentials travel unencrypted to a host that is not this machine.
  bool dangerously_allow_plain_http = false;
  std::optional<t3api::rate_limit> rate_limit{};  ///< Requests above it wait. Default: none.
  /// Hooks run inside a call, perhaps inside its login: they must not make calls with the same client, which
  /// could wait for themselves.
  logging_hooks logging{};
  /// Runs asynchronous calls. Default: threads of the client's own. One that throws has not taken the call,
  /// which ends with a `transport` error at once, on the caller's thread; one that drops a job drops the
  /// call: its future throws std::future_error (`broken_promise`), its callable is destroyed uncalled.
  call_executor executor{};
  std::size_t async_threads = 4;          ///< The most threads of its own for asynchronous calls.
  std::size_t batch_size = 4;             ///< Pages of a collection that `load_all` asks for at once.
  std::shared_ptr<t3api::clock> clock{};  ///< Default: the machine's clocks.
};

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// Whether an answer with this status may be different the next time.
constexpr bool is_retryable_status(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

/// Puts `***` in the place of `sensitive` wherever it stands in an error, in whatever spelling, also where
/// its end was cut off. Texts of fewer than four bytes are left alone.
void redact(error& cause, std::string_view sensitive);

/// The error that an unexpected answer stands for: `authentication` for 401, `http` otherwise. Secrets that
/// `asked` carries are not in it.
/// `earlier_in_doubt` tells that nobody knows what became of an earlier attempt: a refused write may be done.
error service_error(const request& asked, const response& answer, wall_time now,
                    bool earlier_in_doubt = false);

/// Whether an attempt that failed so may have been carried out: it may have arrived, and was not refused.
inline bool is_in_doubt(const error& cause) noexcept {
  const bool refused = cause.status >= 300 && cause.status < 500 && cause.status != 408;
  return cause.sent && !refused;
}

namespace detail {

/// The secrets of a request as it goes out to `host`: its own and the proxy's password.
redactor call_secrets(const request& sent, const url& host, const client_config& config);

/// `service_error` without the secrets that are `known`.
error service_error(const request& asked, const response& answer, wall_time now, const redactor& known,
                    bool earlier_in_doubt);

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0::detail {

/// A request that carries credentials.
struct credentials_message {
  request message;
  secret one_time_password{};  ///< Never to be seen in an error, whatever the service says.
  /// How far ahead of this clock the service's was taken to be for the one-time password.
  std::chrono::seconds service_ahead{0};
};

/// Tells people whose one-time password was refused about the clock that it was made by. `answer` refused it:
/// no cache keeps it, so that it tells the time of the service.
inline std::string one_time_password_advice(const response& answer, wall_time now,
                                            std::chrono::seconds service_ahead) {
  const auto ahead = server_ahead(answer.headers, now + service_ahead);
  if (!ahead) return "; if the one-time password is wrong, the clock that it was made by may be off";
  if (*ahead == std::chrono::seconds(0)) return {};
  return "; the one-time password may be wrong because the clock that it was made by is " +
         std::to_string(std::chrono::abs(*ahead).count()) + " s " +
         (*ahead > std::chrono::seconds(0) ? "behind" : "ahead of") + " the service's: set it";
}

/// Who exchanges, and how.
struct exchanged_credentials {
  /// Makes the request, or says why none can be made now. `last_was_unsent` tells that the one made before
  /// never left.
  std::function<result<credentials_message>(exchange&, bool last_was_unsent)> make_request{};
  std::vector<secret> sensitive{};  ///< Never to be seen in an error.
  std::string account{};            ///< Names the account without telling anything of it.
  std::string fingerprint{};        ///< Names all that the service may refuse.
};

/// Gets one token: from the store if another process has left one there, else by exchanging the credentials,
/// one process at a time. Used by one thread at a time.
template <store Store>
class token_exchange {
 public:
  /// What came of it. Neither a token nor a failure means that another process is at it, and the caller has
  /// a token that is good until then.
  struct obtained {
    std::optional<bearer_token> token{};
    std::optional<error> failure{};
    bool shared = false;         ///< Whether token or failure came out of the store.
    bool service_asked = false;  ///< Whether an exchange was sent.
  };

  token_exchange(exchanged_credentials credentials, renewal_options options, Store shared)
      : credentials_(std::move(credentials)),
        options_(std::move(options)),
        shared_(std::move(shared), credentials_->account, credentials_->fingerprint, options_.lease) {
    if (options_.leeway.count() < 0 || options_.leeway > longest_option || options_.lease.count() <= 0 ||
        options_.lease > longest_option) {
      throw std::invalid_argument(
          "renewal_options: the leeway must be from 0 to a day, the lease from 1 ms to a day");
    }
    if (!options_.jitter) options_.jitter = random_fraction;
  }

  /// Whether the credentials are there to get another token with. Any thread may ask.
  bool can_renew() const noexcept { return can_renew_.load(); }

  obtained obtain(exchange& via, const current_token& current) {
    using turn = typename shared_token<Store>::turn;
    const secret known = current.jwt();
    const auto start = via.clock().now();
    const auto patience_ends =
        start + (std::min<steady_time::duration>)(2 * shared_.lease(), (via.deadline() - start) / 2);
    while (true) {
      if (auto settled = look_into_store(via, known)) return *std::move(settled);
      const auto asked = shared_.begin_turn(via.host());
      if (asked == turn::ours) return take_turn(via, known);
      if (asked == turn::unknown) return exchange_credentials(via);
      if (current.is_good(via.clock().now())) return {};
      if (via.clock().now() >= patience_ends) return exchange_credentials(via);
      const auto pause = poll_interval + poll_interval * options_.jitter();
      const auto next = via.clock().now() + std::chrono::duration_cast<steady_time::duration>(pause);
      if (!via.clock().wait_until(next, via.stop())) {
        return {.failure = error{.category = error_category::cancelled,
                                 .message = "the call was cancelled while it waited for a token"}};
      }
    }
  }

 private:
  static constexpr auto poll_interval = std::chrono::duration<double, std::milli>(40);
  static constexpr auto longest_option = std::chrono::hours(24);
  static constexpr auto longest_lifetime =
      std::chrono::hours(24 * 365);  ///< More could overflow the steady clock.

  obtained take_turn(exchange& via, const secret& known) {
    const struct turn_end {
      ~turn_end() { shared.end_turn(host); }
      shared_token<Store>& shared;
      const url& host;
    } ends{shared_, via.host()};
    // Whoever had the turn before may have left something since the last look.
    if (auto settled = look_into_store(via, known)) return *std::move(settled);
    return exchange_credentials(via);
  }

  /// What someone else's exchange came to, if the store knows.
  std::optional<obtained> look_into_store(exchange& via, const secret& known) {
    if (auto found = shared_.find(via.host(), known.reveal())) return from_store(*std::move(found), via);
    if (auto refused = shared_.refusal(via.host()))
      return obtained{.failure = *std::move(refused), .shared = true};
    return std::nullopt;
  }

  obtained from_store(typename shared_token<Store>::found_token found, exchange& via) {
    const auto times = read_token_times(found.jwt.reveal());
    auto lifetime = std::chrono::milliseconds(found.time_left);
    if (times.issued_at && times.expires_at && *times.expires_at > *times.issued_at)
      lifetime = (std::max)(lifetime, std::chrono::milliseconds(*times.expires_at - *times.issued_at));
    obtained result{.token = bearer_token{.jwt = std::move(found.jwt), .host = via.host(), .shared = true},
                    .shared = true};
    set_times(*result.token, via.clock().now(), found.time_left, lifetime);
    if (!options_.keep_credentials) forget_credentials();
    return result;
  }

  void set_times(bearer_token& token, steady_time now, std::chrono::milliseconds left,
                 std::chrono::milliseconds lifetime) {
    const auto leeway = (std::min)(options_.leeway, lifetime / 10);
    const auto early = std::chrono::duration_cast<std::chrono::milliseconds>(leeway * options_.jitter());
    token.expires_at = now + left;
    token.due = token.expires_at - leeway - early;
  }

  obtained exchange_credentials(exchange& via) {
    obtained made;
    secret one_time_password;
    try {
      if (!credentials_) {
        made.failure = error{.category = error_category::authentication,
                             .message =
                                 "the access token has expired or was refused, and the credentials were not "
                                 "kept: log in again, or ask for renewal when the client is made",
                             .status = 401};
        return made;
      }
      auto asked = credentials_->make_request(via, std::exchange(last_was_unsent_, false));
      if (!asked) {
        made.failure = failed(std::move(asked).error(), {});
        return made;
      }
      one_time_password = asked->one_time_password;
      const auto service_ahead = asked->service_ahead;
      const std::string path = asked->message.path;
      made.service_asked = true;
      const auto answer = via.send(std::move(asked->message));
      last_was_unsent_ = !answer && !answer.error().sent;
      if (!answer) {
        made.failure = failed(answer.error(), one_time_password);
      } else if (auto token = read_token(path, *answer, via)) {
        shared_.keep(via.host(), token->jwt.reveal(), token->time_left(via.clock().now()));
        made.token = *std::move(token);
        if (!options_.keep_credentials) forget_credentials();
      } else {
        made.failure = failed(std::move(token).error(), one_time_password);
        if (made.failure->category == error_category::authentication) {
          if (!one_time_password.empty())
            made.failure->message += one_time_password_advice(*answer, via.clock().wall_now(), service_ahead);
          shared_.keep_refusal(via.host(), *made.failure);
        }
      }
    } catch (const std::exception& failure) {
      made.failure =
          failed({.category = error_category::transport, .message = failure.what()}, one_time_password);
    } catch (...) {
      made.failure =
          failed({.category = error_category::transport, .message = "a policy threw an exception of its own"},
                 one_time_password);
    }
    return made;
  }

  result<bearer_token> read_token(const std::string& path, const response& answer, exchange& via) {
    const auto now = via.clock().wall_now();
    if (answer.status != 200) {
      error cause = service_error({.method = method::post, .path = path}, answer, now);
      // Final: the same credentials would be refused again. A 403 without a word from T3 may come from a
      // firewall.
      const bool final = answer.status == 400 || answer.status == 422 ||
                         (answer.status == 403 && !cause.service_message.empty());
      if (final) cause.category = error_category::authentication;
      return cause;
    }
    const auto data = read_auth_response(path, answer);
    if (!data) return data.error();
    bearer_token made{.jwt = data->access_token, .host = via.host()};
    if (const auto times = read_token_times(made.jwt.reveal()); times.expires_at) {
      const auto server_now = server_date(answer.headers, now)
                                  .value_or(std::chrono::floor<std::chrono::seconds>(now))
                                  .time_since_epoch();
      const auto lifetime =
          (std::min<std::chrono::seconds>)(*times.expires_at - server_now, longest_lifetime);
      if (lifetime <= std::chrono::seconds(0)) {
        return error{
            .category = error_category::protocol,
            .message =
                "the service issued an access token that had already expired: check its clock and this one",
            .status = answer.status};
      }
      set_times(made, via.clock().now(), lifetime, lifetime);
    }
    tell_response(*data);
    return made;
  }

  void tell_response(const auth_response_data& data) const {
    if (!options_.on_response) return;
    try {
      options_.on_response(data);
    } catch (...) {  // It must not cost the token.
    }
  }

  void forget_credentials() {
    can_renew_ = false;
    credentials_.reset();
  }

  /// An error of the exchange as the call sees it: its own request never left. What the exchange sent is not
  /// sent again by this call when it may have arrived and nothing is known of its fate, since the password in
  /// it may be wrong; nor when there was a one-time password in it, which is good once.
  error failed(error cause, const secret& one_time_password) const {
    const bool answer_may_be_lost = cause.status == 0 || cause.status == 408 || cause.status == 500 ||
                                    cause.status == 502 || cause.status == 504;
    if (cause.sent && (answer_may_be_lost || !one_time_password.empty())) cause.retryable = false;
    cause.sent = false;
    cause.message = "no access token could be obtained: " + cause.message;
    redact(cause, one_time_password.reveal());
    if (credentials_) {
      for (const auto& value : credentials_->sensitive) redact(cause, value.reveal());
    }
    return cause;
  }

  std::optional<exchanged_credentials> credentials_;
  renewal_options options_;
  shared_token<Store> shared_;
  std::atomic<bool> can_renew_ = true;
  bool last_was_unsent_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// Bearer tokens for all threads of a process: got once for all of them (single-flight), again ahead of
/// expiry and after a 401. A fresh token is read without a lock.
template <store Store>
class token_source {
 public:
  token_source(exchanged_credentials credentials, renewal_options options, Store shared)
      : exchange_(std::move(credentials), std::move(options), std::move(shared)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    if (const auto generation = current_.use(message, via, demand::fresh)) return *generation;
    std::unique_lock lock(mutex_);
    if (!host_) host_ = via.host();
    if (*host_ != via.host()) {
      return argument_error("this auth method's credentials and token belong to " + host_->origin() +
                            ": make one of its own for the client of " + via.host().origin());
    }
    while (true) {
      const bool pausing = pace_.is_pausing(via.clock().now());
      const bool renewal_must_wait = exchanging_ || refused_ || pausing;
      if (const auto generation =
              current_.use(message, via, renewal_must_wait ? demand::unexpired : demand::fresh))
        return *generation;
      if (refused_) return *refused_;
      if (exchanging_) {
        if (auto failure = wait_for_other(lock, via)) return *std::move(failure);
      } else if (pausing) {
        if (auto failure = wait_for_pause_end(lock, via)) return *std::move(failure);
      } else if (current_.is_refused_early(via.clock().now()) && !pace_.may_renew(via.clock().now())) {
        return error{
            .category = error_category::authentication,
            .message =
                "the service refuses each token that it has just issued, so no more logins are made for "
                "a while: is this user allowed to do what was asked?",
            .status = 401};
      } else if (!pace_.has_time(via.clock().now(), via.deadline())) {
        return error{
            .category = error_category::timeout,
            .message =
                "a new access token is needed, and getting one takes longer than this call has left: "
                "give it a longer timeout",
            .retryable = true};
      } else if (auto failure = exchange_now(lock, via)) {
        const bool cancelled = failure->category == error_category::cancelled;
        const auto generation = cancelled ? std::nullopt : current_.use(message, via, demand::unexpired);
        if (generation) return *generation;
        return *std::move(failure);
      }
    }
  }

  token_generation tokens_obtained() const { return current_.generation(); }

  /// A 401 counts against the generation it was sent with, so a late one of an old token renews nothing.
  bool on_unauthorized(token_generation generation) {
    if (!exchange_.can_renew()) return false;
    current_.refuse(generation);
    return true;
  }

  bool is_shared(token_generation generation) const { return current_.is_shared(generation); }

 private:
  using demand = current_token::demand;

  /// Waits for the exchange of another thread; its failure is the failure of all who waited for it.
  std::optional<error> wait_for_other(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto round = round_;
    const bool ended =
        round_ended_.wait_until(lock, via.stop(), via.deadline(), [&] { return round_ != round; });
    if (via.stop().stop_requested()) return cancelled();
    if (!ended) {
      return error{.category = error_category::timeout,
                   .message = "no access token came before the call's deadline",
                   .retryable = true};
    }
    return last_failure_;
  }

  /// After a failure the next exchange waits a moment, so that an outage is not met with a storm of logins.
  std::optional<error> wait_for_pause_end(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto pause_end = pace_.pause_end();
    if (pause_end >= via.deadline()) {
      if (last_failure_) return last_failure_;
      return error{
          .category = error_category::timeout,
          .message = "the last exchange failed, and the next may come only after the call's deadline",
          .retryable = true};
    }
    lock.unlock();
    const bool waited = via.clock().wait_until(pause_end, via.stop());
    lock.lock();
    return waited ? std::nullopt : std::optional(cancelled());
  }

  std::optional<error> exchange_now(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto start = std::chrono::steady_clock::now();
    const auto begun = via.clock().now();
    exchanging_ = true;
    lock.unlock();
    typename token_exchange<Store>::obtained got;
    try {
      // A renewal ahead of expiry must not use up the call: the token that is there will do.
      bounded_exchange half(via, begun + (via.deadline() - begun) / 2);
      got = exchange_.obtain(current_.is_good(begun) ? static_cast<exchange&>(half) : via, current_);
    } catch (...) {
      lock.lock();
      end_round();
      throw;
    }
    lock.lock();
    end_round();
    if (got.token) {
      pace_.succeeded();
      got.token->generation = current_.generation() + 1;
      current_.publish(*std::move(got.token));
    } else if (got.failure) {
      if (got.shared) {
        last_failure_ = got.failure;  // Another's refusal is forgotten by the store soon.
      } else {
        note_failure(*got.failure, got.service_asked, begun, via);
      }
    } else {
      pace_.look_again_soon(via.clock().now());
      return std::nullopt;
    }
    const auto elapsed = std::chrono::steady_clock::now() - start;
    renewal_event told{.generation = current_.generation(),
                       .shared = got.shared,
                       .problem = got.failure ? got.failure->message : std::string(),
                       .elapsed = std::chrono::duration_cast<std::chrono::microseconds>(elapsed)};
    lock.unlock();
    via.report(told);
    lock.lock();
    return got.failure;
  }

  void end_round() {
    exchanging_ = false;
    ++round_;
    last_failure_.reset();
    round_ended_.notify_all();
  }

  /// A caller that was cancelled, or whose own time is up, does not speak for those who have more.
  void note_failure(const error& failure, bool service_asked, steady_time begun, exchange& via) {
    const auto now = via.clock().now();
    const bool own_time_is_up =
        failure.category == error_category::timeout && (!service_asked || now >= via.deadline());
    if (failure.category == error_category::cancelled) {
      if (service_asked) pace_.failed(now, std::nullopt);
    } else if (own_time_is_up) {
      if (service_asked) pace_.unheard(now, now - begun);
    } else {
      if (failure.category == error_category::authentication) refused_ = failure;
      pace_.failed(now, failure.retry_after);
      last_failure_ = failure;
    }
  }

  static error cancelled() {
    return {.category = error_category::cancelled,
            .message = "the call was cancelled while it waited for a token"};
  }

  current_token current_;
  std::mutex mutex_;
  stoppable_condition round_ended_;
  token_exchange<Store> exchange_;  ///< Used by the thread that has set `exchanging_`.
  renewal_pace pace_;
  bool exchanging_ = false;
  std::uint64_t round_ = 0;
  std::optional<url> host_;
  std::optional<error> last_failure_;
  std::optional<error> refused_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_JSON_TEXT_HPP
#define T3API_CORE_JSON_TEXT_HPP

#include <string>
#include <string_view>
#include <utility>

namespace t3api::inline v0_1_0 {

namespace detail {

/// Appends a text as it stands between the quotes of a JSON text.
inline void append_json_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15U];
    } else {
      out += c;
    }
  }
}

}  // namespace detail

/// Writes a flat JSON object of texts straight into one string, so that a secret in it is in memory once and
/// can be overwritten. Values must be UTF-8.
class json_text_object {
 public:
  /// `capacity`: an upper bound of the length, since growing would leave copies behind.
  explicit json_text_object(std::size_t capacity) { text_.reserve(capacity); }

  /// Adds a member.
  json_text_object& add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '{' : ',';
    append(name);
    text_ += ':';
    append(value);
    return *this;
  }

  /// The text; to be called once, at the end.
  std::string finish() && {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void append(std::string_view value) {
    text_ += '"';
    detail::append_json_escaped(text_, value);
    text_ += '"';
  }

  std::string text_;
};

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// What Metrc wants of a user. `hostname` is the state's Metrc host, such as "ca.metrc.com".
struct credentials {
  std::string hostname{};  ///< The state's Metrc.
  std::string username{};  ///< Metrc's.
  secret password{};       ///< Metrc's.
  secret otp{};            ///< A one-time password (Michigan): good for one exchange.
  std::string email{};     ///< The account's e-mail (Colorado).
  secret otp_seed{};       ///< The Base32 seed that one-time passwords come from: lets tokens be renewed.
};

/// How `credentials_auth` works.
struct credentials_options {
  state_rules rules{};  ///< What is asked for before anything is sent.
  used_otp when_otp_is_used =
      used_otp::wait;         ///< What to do when the one-time password of the moment is used up.
  renewal_options renewal{};  ///< When and how tokens are renewed.
};

namespace detail {

/// Checks what can be checked before anything is sent. Throws std::invalid_argument without any value in it.
inline void require_valid(const credentials& user, const state_rules& rules) {
  require_text(user.hostname, "Metrc hostname");
  require_text(user.username, "Metrc user name");
  require_text(user.password.reveal(), "Metrc password");
  if (!user.otp.empty()) {
    require_text(user.otp.reveal(), "one-time password");
    const auto code = trim(user.otp.reveal());
    if (code.size() < 4 || code.size() > 10 || !std::all_of(code.begin(), code.end(), ascii_digit)) {
      throw std::invalid_argument(
          "the one-time password is not made of 4 to 10 digits: give the digits alone (a seed goes into "
          "otp_seed)");
    }
  }
  if (!user.email.empty()) require_text(user.email, "e-mail address");
  if (!user.otp_seed.empty()) totp(user.otp_seed, 0);
  if (!user.otp.empty() && !user.otp_seed.empty()) {
    throw std::invalid_argument("both a one-time password and its seed are given: give one of them");
  }
  const std::string hostname = printable(trim(user.hostname), 100);
  if (rules.needs_otp(user.hostname) && user.otp.empty() && user.otp_seed.empty()) {
    throw std::invalid_argument(hostname +
                                " wants a one-time password: give its seed (otp_seed), or one for this once "
                                "(otp)");
  }
  if (rules.needs_email(user.hostname) && user.email.empty()) {
    throw std::invalid_argument(hostname + " wants the account's e-mail address: give it (email)");
  }
}

/// A JSON request to one of the endpoints that take Metrc credentials, with one further member at most.
inline request credentials_request(std::string path, const credentials& user, std::string_view extra_name,
                                   const secret& extra) {
  const std::size_t texts =
      user.hostname.size() + user.username.size() + user.password.size() + user.email.size() + extra.size();
  json_text_object body(6 * texts + 200);
  body.add("hostname", trim(user.hostname))
      .add("username", trim(user.username))
      .add("password", user.password.reveal());
  if (!extra.empty()) body.add(extra_name, trim(extra.reveal()));
  if (!user.email.empty()) body.add("email", trim(user.email));
  return {.method = method::post,
          .path = std::move(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body).finish()};
}

/// A name for credentials that tells nothing of them to those who do not have them all.
inline std::string credentials_name(const secret& key, std::string_view way,
                                    const std::vector<std::string_view>& parts) {
  std::string text(way);
  for (const auto part : parts) text.append("\n").append(part);
  return hex(hmac_sha256(key.reveal(), text));
}

}  // namespace detail

/// Exchanges Metrc credentials for a JWT at `POST /v2/auth/credentials`, once for all threads, and renews it
/// ahead of its expiry or when the service refuses it. Copies share one token; with a store that lies outside
/// the process, so do all processes with the same credentials. Credentials that the service refuses are never
/// sent again. Nor is a one-time password made from the seed ever sent twice by those who share a store, by
/// default the auth object and its copies: give several auth objects or processes with one seed one store.
template <store Store>
class basic_credentials_auth {
 public:
  /// Throws std::invalid_argument, without any value in it, for missing, blank or malformed credentials, also
  /// for what the state wants besides (`credentials_options::rules`).
  explicit basic_credentials_auth(credentials user,
                                  credentials_options options = {}) requires std::default_initializable<Store>
      : basic_credentials_auth(std::move(user), Store(), std::move(options)) {}

  /// The same with a store to share the token by.
  basic_credentials_auth(credentials user, Store shared, credentials_options options = {}) {
    detail::require_valid(user, options.rules);
    user.otp = detail::trim(user.otp.reveal());
    const auto name = [&](std::string_view second_factor) {
      return detail::credentials_name(user.password, "credentials",
                                      {detail::trim(user.hostname), detail::trim(user.username),
                                       detail::trim(user.email), second_factor});
    };
    const std::string seed_name = user.otp_seed.empty() ? "" : detail::seed_fingerprint(user.otp_seed);
    detail::exchanged_credentials exchanged{
        .sensitive = {user.password, user.otp, user.otp_seed},
        .account = name({}),
        .fingerprint = name(seed_name.empty() ? user.otp.reveal() : seed_name)};
    auto passwords = std::make_shared<detail::one_time_passwords<Store>>(user.otp, user.otp_seed,
                                                                         options.when_otp_is_used, shared);
    exchanged.make_request = [passwords = std::move(passwords), user = std::move(user)](
                                 exchange& via, bool last_was_unsent) -> result<detail::credentials_message> {
      auto otp = passwords->next(via, last_was_unsent);
      if (!otp) return otp.error();
      auto message = detail::credentials_request("/v2/auth/credentials", user, "otp", *otp);
      return detail::credentials_message{.message = std::move(message),
                                         .one_time_password = *std::move(otp),
                                         .service_ahead = passwords->service_ahead()};
    };
    tokens_ = std::make_shared<detail::token_source<Store>>(std::move(exchanged), std::move(options.renewal),
                                                            std::move(shared));
  }

  result<token_generation> authorize(request& message, exchange& via) {
    return tokens_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return tokens_->on_unauthorized(generation); }

  /// Whether the token of that generation came out of the store, where it may have lain long.
  bool is_shared(token_generation generation) const { return tokens_->is_shared(generation); }

  /// How many tokens there have been so far: 1 after the first call, more when tokens were renewed.
  token_generation tokens_obtained() const { return tokens_->tokens_obtained(); }

 private:
  std::shared_ptr<detail::token_source<Store>> tokens_;
};

/// The usual one, which shares its token with nobody but its copies.
using credentials_auth = basic_credentials_auth<memory_store>;

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_ISO_TIME_HPP
#define T3API_CORE_ISO_TIME_HPP

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0 {

/// `1994-11-06T08:49:37.123Z` (ISO 8601, UTC).
inline std::string iso_time(wall_time when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(when - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

/// A moment to the millisecond, as the service writes its times; reaches from the year 0 to 9999 everywhere.
using utc_milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

namespace detail {

/// `Z`, `+02:00` or `-02:00` as the time ahead of UTC. No zone counts as UTC.
inline std::optional<std::chrono::minutes> parse_utc_offset(std::string_view zone) {
  using std::chrono::minutes;
  if (zone.empty() || zone == "Z" || zone == "z") return minutes(0);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto hour = parse_decimal(zone.substr(1, 2)), minute = parse_decimal(zone.substr(4));
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes ahead(static_cast<int>(*hour * 60 + *minute));
  return zone[0] == '+' ? ahead : -ahead;
}

/// `.123456` as whole milliseconds, rounded down; nothing counts as none.
inline std::optional<std::chrono::milliseconds> parse_fraction(std::string_view text) {
  if (text.empty()) return std::chrono::milliseconds(0);
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int count = 0;
  for (std::size_t place = 0; place < 3; ++place) {
    count = count * 10 + (place < text.size() ? text[place] - '0' : 0);
  }
  return std::chrono::milliseconds(count);
}

}  // namespace detail

/// Reads `1994-11-06T08:49:37.123Z`: the form of ISO 8601 that RFC 3339 section 5.6 sets out, with any number
/// of digits behind the second and any offset. A time without an offset is taken for UTC.
inline std::optional<utc_milliseconds> parse_iso_time(std::string_view text) {
  constexpr std::size_t whole_seconds = 19;
  if (text.size() < whole_seconds || text[4] != '-' || text[7] != '-' ||
      detail::ascii_lower(text[10]) != 't' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    return detail::parse_decimal(text.substr(at, size));
  };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2),
             minute = number(14, 2), second = number(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;

  const auto rest = text.substr(whole_seconds);
  std::size_t fraction_size = 0;
  if (rest.starts_with('.')) {
    const auto digits_end = std::find_if_not(rest.begin() + 1, rest.end(), detail::ascii_digit);
    fraction_size = static_cast<std::size_t>(digits_end - rest.begin());
  }
  const auto fraction = detail::parse_fraction(rest.substr(0, fraction_size));
  const auto ahead = detail::parse_utc_offset(rest.substr(fraction_size));
  if (!fraction || !ahead) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + *fraction - *ahead;
}

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// What the service tells of a secret key; the key itself it never shows again.
struct secret_key_info {
  std::string id{};                                ///< What `delete_secret_key` wants; no secret.
  utc_milliseconds created_at{};                   ///< By the clock of the service.
  std::optional<utc_milliseconds> last_used_at{};  ///< Nothing when it was never used.
  bool is_enabled = false;                         ///< False when the service has switched the key off.
};

/// `POST /v2/auth/secretkey`: makes a secret key for these Metrc credentials. The service logs in to Metrc
/// with them first and stores them; where Metrc wants one-time passwords it needs `otp_seed`. The key is
/// shown this once. Any client will do, one with `no_auth` too. Credentials that cannot be right, or lack
/// what the state wants by `rules`, are an `argument` error.
result<secret> create_secret_key(const any_client& via, const credentials& user,
                                 const call_options& options = {}, const state_rules& rules = {});

/// `GET /v2/auth/secretkey`: the caller's own secret keys, whatever way in the client uses. A client that
/// comes in by a secret key has used that key.
result<std::vector<secret_key_info>> list_secret_keys(const any_client& via,
                                                      const call_options& options = {});

/// `DELETE /v2/auth/secretkey/<id>`: from the answer on the key opens nothing, without a grace period. `id`
/// is one that `list_secret_keys` gives, not the key. An id that cannot be one is an `argument` error; a key
/// that is not there, was deleted before, or belongs to someone else an `http` error with status 404. When an
/// answer was lost and the call repeated, the first attempt may have deleted it: `maybe_done` tells.
result<std::monostate> delete_secret_key(const any_client& via, const std::string& id,
                                         const call_options& options = {});

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_ANY_HPP
#define T3API_AUTH_ANY_HPP

#include <concepts>
#include <memory>
#include <string>
#include <utility>


namespace t3api::inline v0_1_0 {

/// An auth method that is chosen at run time: holds any other one. Copies share it.
class any_auth {
 public:
  /// `description` tells people what was chosen and where it came from, never the credentials themselves.
  template <class Auth>
  requires auth_method<Auth> &&
      (!std::same_as<Auth, any_auth>)any_auth(Auth chosen, std::string description = {})
      : held_(std::make_shared<holder<Auth>>(std::move(chosen))), description_(std::move(description)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    return held_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return held_->on_unauthorized(generation); }

  bool is_shared(token_generation generation) const { return held_->is_shared(generation); }

  /// What was chosen and where it came from; no secret.
  const std::string& description() const noexcept { return description_; }

 private:
  struct method_in_use {
    method_in_use() = default;
    method_in_use(const method_in_use&) = delete;
    method_in_use& operator=(const method_in_use&) = delete;
    virtual ~method_in_use() = default;
    virtual result<token_generation> authorize(request& message, exchange& via) = 0;
    virtual bool on_unauthorized(token_generation generation) = 0;
    virtual bool is_shared(token_generation generation) const = 0;
  };

  template <class Auth>
  struct holder final : method_in_use {
    explicit holder(Auth chosen) : auth(std::move(chosen)) {}
    result<token_generation> authorize(request& message, exchange& via) override {
      return auth.authorize(message, via);
    }
    bool on_unauthorized(token_generation generation) override { return auth.on_unauthorized(generation); }
    bool is_shared(token_generation generation) const override {
      if constexpr (requires { auth.is_shared(generation); }) return auth.is_shared(generation);
      return false;
    }
    Auth auth;
  };

  std::shared_ptr<method_in_use> held_;
  std::string description_;
};

static_assert(auth_method<any_auth>);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_API_KEY_HPP
#define T3API_AUTH_API_KEY_HPP

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0 {

/// Exchanges a T3 API key for a JWT at `POST /v2/auth/apikey`, once for all threads, and renews it ahead of
/// its expiry or when the service refuses it. Copies share one token; with a store that lies outside the
/// process, so do all processes with the same key. A key that the service refuses is never sent again.
template <store Store>
class basic_api_key_auth {
 public:
  /// `state_code`: two letters, such as "CA". Throws std::invalid_argument, without any value in it, for an
  /// empty or malformed key or code.
  basic_api_key_auth(const secret& api_key, std::string_view state_code,
                     renewal_options options = {}) requires std::default_initializable<Store>
      : basic_api_key_auth(api_key, state_code, Store(), std::move(options)) {}

  /// The same with a store to share the token by.
  basic_api_key_auth(const secret& api_key, std::string_view state_code, Store shared,
                     renewal_options options = {}) {
    const secret key = detail::require_trimmed(api_key.reveal(), "API key");
    const std::string code(detail::require_trimmed(state_code, "state code"));
    if (code.size() != 2 || !detail::ascii_alpha(code[0]) || !detail::ascii_alpha(code[1])) {
      throw std::invalid_argument("the state code is not two letters: write it like CA");
    }
    const auto name = detail::hex(detail::hmac_sha256(key.reveal(), "api key\n" + detail::to_lower(code)));
    detail::exchanged_credentials exchanged{.sensitive = {key}, .account = name, .fingerprint = name};
    exchanged.make_request = [key, code](exchange&, bool) -> result<detail::credentials_message> {
      json_text_object body(6 * key.size() + 100);
      body.add("apiKey", key.reveal()).add("stateCode", code);
      return detail::credentials_message{.message = {.method = method::post,
                                                     .path = "/v2/auth/apikey",
                                                     .headers = {{"Content-Type", "application/json"}},
                                                     .body = std::move(body).finish()}};
    };
    tokens_ = std::make_shared<detail::token_source<Store>>(std::move(exchanged), std::move(options),
                                                            std::move(shared));
  }

  result<token_generation> authorize(request& message, exchange& via) {
    return tokens_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return tokens_->on_unauthorized(generation); }

  /// Whether the token of that generation came out of the store, where it may have lain long.
  bool is_shared(token_generation generation) const { return tokens_->is_shared(generation); }

  /// How many tokens there have been so far: 1 after the first call, more when tokens were renewed.
  token_generation tokens_obtained() const { return tokens_->tokens_obtained(); }

 private:
  std::shared_ptr<detail::token_source<Store>> tokens_;
};

/// The usual one, which shares its token with nobody but its copies.
using api_key_auth = basic_api_key_auth<memory_store>;

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_BEARER_HPP
#define T3API_AUTH_BEARER_HPP

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0 {

/// A JWT that the user already has. It cannot be renewed: when it expires, calls fail with `authentication`.
class bearer_auth {
 public:
  /// Takes white space off both ends. Throws std::invalid_argument for an empty token or one with control
  /// bytes, and authentication_error when its `exp` has passed at `now`; a token that cannot be decoded is
  /// left to the service.
  explicit bearer_auth(const secret& jwt, wall_time now = std::chrono::system_clock::now())
      : jwt_(detail::require_trimmed(jwt.reveal(), "JWT")),
        expires_at_(read_token_times(jwt_.reveal()).expires_at) {
    if (jwt_.reveal().find(' ') != std::string_view::npos) {
      throw std::invalid_argument("the JWT holds a space: give the token alone, without 'Bearer' in front");
    }
    if (has_expired(now)) throw_error(expired());
  }

  result<token_generation> authorize(request& message, exchange& via) const {
    if (has_expired(via.clock().wall_now())) return expired();
    detail::set_bearer_token(message, jwt_.reveal());
    return token_generation{0};
  }

  bool on_unauthorized(token_generation) const noexcept { return false; }

 private:
  bool has_expired(wall_time now) const { return expires_at_ && detail::since_1970(now) >= *expires_at_; }

  static error expired() {
    return {.category = error_category::authentication,
            .message =
                "the JWT has expired: get a new one, or use credentials_auth or secret_key_auth, which need "
                "none"};
  }

  secret jwt_;
  std::optional<std::chrono::seconds> expires_at_;
};

static_assert(auth_method<bearer_auth>);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_NONE_HPP
#define T3API_AUTH_NONE_HPP


namespace t3api::inline v0_1_0 {

/// Sends no credentials: for the few endpoints that need none.
struct no_auth {
  static constexpr bool sends_credentials = false;  ///< So plain http is allowed.

  result<token_generation> authorize(request&, exchange&) const { return token_generation{0}; }
  bool on_unauthorized(token_generation) const noexcept { return false; }
};

static_assert(auth_method<no_auth>);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_SECRET_KEY_HPP
#define T3API_AUTH_SECRET_KEY_HPP

#include <string>
#include <vector>


namespace t3api::inline v0_1_0 {

/// Where a secret key travels.
enum class secret_key_place {
  header,  ///< `X-T3-API-Key`, which T3's guide prefers.
  query    ///< `?secretKey=`, for URLs that must stand alone; such a URL is itself a password.
};

/// A long-lived secret key, made once with `POST /v2/auth/secretkey`. It does not expire, so nothing is
/// renewed.
class secret_key_auth {
 public:
  /// Takes white space off both ends. Throws std::invalid_argument for an empty key or one with control
  /// bytes.
  explicit secret_key_auth(const secret& key, secret_key_place place = secret_key_place::header)
      : key_(detail::require_trimmed(key.reveal(), "secret key")), place_(place) {}

  result<token_generation> authorize(request& message, exchange&) const {
    if (place_ == secret_key_place::header) {
      message.headers.set("X-T3-API-Key", std::string(key_.reveal()));
    } else {
      std::erase_if(message.query, [](const auto& parameter) { return parameter.first == "secretKey"; });
      message.query.emplace_back("secretKey", key_.reveal());
    }
    return token_generation{0};
  }

  bool on_unauthorized(token_generation) const noexcept { return false; }

 private:
  secret key_;
  secret_key_place place_;
};

static_assert(auth_method<secret_key_auth>);

}  // namespace t3api::inline v0_1_0

#endif

#ifndef T3API_AUTHENTICATE_HPP
#define T3API_AUTHENTICATE_HPP

// The named functions by which users of T3's Python client log in; docs/from-python.md has them side by side.

#ifndef T3API_AUTHENTICATE_BY_API_KEY_HPP
#define T3API_AUTHENTICATE_BY_API_KEY_HPP

#include <future>

#ifndef T3API_AUTHENTICATE_ARGUMENTS_HPP
#define T3API_AUTHENTICATE_ARGUMENTS_HPP

#include <optional>
#include <string>


#ifndef T3API_DEFAULT_CLIENT_HPP
#define T3API_DEFAULT_CLIENT_HPP


#ifndef T3API_CLIENT_HPP
#define T3API_CLIENT_HPP

#include <atomic>
#include <concepts>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#ifndef T3API_CLIENT_ASYNC_CALLS_HPP
#define T3API_CLIENT_ASYNC_CALLS_HPP

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#ifndef T3API_DETAIL_WORKER_POOL_HPP
#define T3API_DETAIL_WORKER_POOL_HPP

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace t3api::inline v0_1_0::detail {

/// Threads that run jobs; a new one is started when all are busy, up to a limit, beyond which jobs wait. Any
/// thread may call it, its own too. No job is lost.
class worker_pool {
 public:
  explicit worker_pool(std::size_t most_threads)
      : most_threads_(most_threads > 0 ? most_threads : 1), inside_(std::make_shared<inside>()) {}
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool() { finish(); }

  /// Runs `job`, which must not throw, on some thread, and destroys it there. Throws std::system_error when
  /// not even one thread can be started; the job is then not kept.
  void run(std::function<void()> job) {
    {
      const std::scoped_lock lock(inside_->mutex);
      if (inside_->idle <= inside_->jobs.size() && inside_->running < most_threads_) start_thread();
      inside_->jobs.push_back(std::move(job));
    }
    inside_->signal.notify_one();
  }

  /// Waits until all jobs are done, and ends the threads. One of the pool's own threads, whose job calls this
  /// or destroys the pool, waits for the others alone: it ends by itself after its job and what no other
  /// thread has taken by then.
  void finish() {
    std::vector<std::thread> ending;
    std::unique_lock lock(inside_->mutex);
    inside_->finishing = true;
    inside_->signal.notify_all();
    while (!threads_.empty()) {  // Jobs may start more threads in the meantime.
      ending.swap(threads_);
      lock.unlock();
      for (auto& thread : ending) {
        if (thread.get_id() == std::this_thread::get_id()) {
          thread.detach();
        } else {
          thread.join();
        }
      }
      ending.clear();
      lock.lock();
    }
  }

 private:
  /// What the threads share with the pool; it outlives the pool if one of them destroys that.
  struct inside {
    void work() noexcept {
      std::unique_lock lock(mutex);
      while (true) {
        ++idle;
        signal.wait(lock, [this] { return finishing || !jobs.empty(); });
        --idle;
        if (jobs.empty()) break;
        auto job = std::move(jobs.front());
        jobs.pop_front();
        lock.unlock();
        job();
        job = nullptr;  // Before locking again: it may hold the last reference to the pool's owner.
        lock.lock();
      }
      --running;
    }

    std::mutex mutex;
    std::condition_variable signal;
    std::deque<std::function<void()>> jobs;
    std::size_t running = 0;  ///< Threads that may still take a job.
    std::size_t idle = 0;     ///< Those of them that wait for one.
    bool finishing = false;
  };

  void start_thread() {
    try {
      threads_.emplace_back([shared = inside_] { shared->work(); });
      ++inside_->running;
    } catch (const std::system_error&) {
      if (inside_->running == 0) throw;
    }
  }

  const std::size_t most_threads_;
  const std::shared_ptr<inside> inside_;
  std::vector<std::thread> threads_;  ///< Guarded by the mutex inside.
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// Where the asynchronous calls of a client run, and what ends them when the last copy of the client goes.
/// The pool is made on first use, and waits for its jobs when it is destroyed.
class async_calls {
 public:
  async_calls(call_executor executor, std::size_t threads)
      : executor_(std::move(executor)), pool_([threads] { return std::make_unique<worker_pool>(threads); }) {}
  async_calls(const async_calls&) = delete;
  async_calls& operator=(const async_calls&) = delete;
  ~async_calls() { ending_.request_stop(); }

  /// Asks to stop when the client goes.
  stop_token ending() const { return ending_.get_token(); }

  /// Throws what the executor throws, and std::system_error when no thread can be started.
  void run(std::function<void()> job) {
    if (executor_) {
      executor_(std::move(job));
    } else {
      pool_.get().run(std::move(job));
    }
  }

 private:
  stop_source ending_;
  const call_executor executor_;
  per_process<worker_pool> pool_;
};

/// What the exception that is being handled says.
inline std::string caught_text() {
  try {
    throw;
  } catch (const std::exception& failure) {
    return failure.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CLIENT_CALL_HPP
#define T3API_CLIENT_CALL_HPP

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#ifndef T3API_CLIENT_STATE_HPP
#define T3API_CLIENT_STATE_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_CLIENT_RATE_LIMITER_HPP
#define T3API_CLIENT_RATE_LIMITER_HPP

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <stdexcept>


namespace t3api::inline v0_1_0::detail {

/// Says when each request may go, so that no more than `rate_limit` allows do. Shared by all threads of a
/// client.
class rate_limiter {
 public:
  /// Throws std::invalid_argument for a rate that lets nothing through.
  explicit rate_limiter(const std::optional<rate_limit>& limit) {
    if (!limit) return;
    constexpr int most_at_once = 1'000'000;  // More could overflow the steady clock.
    if (!(limit->per_second >= 0.001 && limit->per_second <= 1e6) || limit->burst < 1 ||
        limit->burst > most_at_once) {
      throw std::invalid_argument(
          "the rate limit must be from 0.001 to 1,000,000 requests a second, with a burst from 1 to "
          "1,000,000");
    }
    interval_ = std::chrono::duration_cast<steady_time::duration>(
        std::chrono::duration<double>(1.0 / limit->per_second));
    ahead_ = interval_ * (limit->burst - 1);
  }

  /// When the next request may go; when that is not before `deadline`, no turn is taken.
  steady_time next_turn(steady_time now, steady_time deadline) {
    if (interval_ == steady_time::duration::zero()) return now;
    const std::scoped_lock lock(mutex_);
    const auto due = (std::max)(due_, now);
    const auto turn = (std::max)(now, due - ahead_);
    if (turn < deadline) due_ = due + interval_;
    return turn;
  }

 private:
  steady_time::duration interval_{};
  steady_time::duration ahead_{};
  std::mutex mutex_;
  steady_time due_{};  ///< When the next would go if all went evenly.
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_LOGIN_PATH_HPP
#define T3API_CORE_LOGIN_PATH_HPP

#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// A path as a service may read it: decoded, in lower case, without empty segments, `.` and what follows a
/// `;`. It starts with a slash.
inline std::string plain_path(std::string_view path) {
  std::string decoded = query_decode(path.substr(0, path.find_first_of("?#")));
  for (int again = 0; again < 2; ++again) decoded = query_decode(decoded);
  std::string plain;
  for (std::string_view rest = decoded; !rest.empty();) {
    const auto segment = rest.substr(0, rest.find_first_of("/\\"));
    rest.remove_prefix(segment.size() < rest.size() ? segment.size() + 1 : rest.size());
    const auto name = segment.substr(0, segment.find(';'));
    if (!name.empty() && name != ".") plain.append("/").append(to_lower(name));
  }
  return plain;
}

/// Whether requests to that path log in: bodies there hold credentials. The one rule for encryption, for
/// replays, for what is overwritten and for what is logged.
inline bool is_login_path(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {  // Most paths allocate nothing.
    if (path[i] == '%' || iequals(path.substr(i, 4), "auth"))
      return (plain_path(path) + "/").find("/auth/") != std::string::npos;
  }
  return false;
}

/// What stands behind `/auth/secretkey/`, as `plain_path` has it: someone may have written the key itself in
/// the place of its id. Empty for any other path.
inline std::string secret_keys_in_path(std::string_view path) {
  constexpr std::string_view keys = "/auth/secretkey/";
  if (!is_login_path(path)) return {};
  const std::string plain = plain_path(path);
  const auto at = plain.find(keys);
  return at == plain.npos ? std::string() : plain.substr(at + keys.size());
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// Whether the body of a request, or of its answer, holds credentials.
inline bool logs_in(const request& message, const url& host) {
  return is_login_path(message.path) || is_login_path(host.base_path);
}

/// What all copies of a client share, and what can be said of a request before it is sent.
template <class Transport, class Auth, class Retry>
struct client_state {
  client_state(Transport carrier_, Auth auth_, Retry retry_, client_config config_)
      : carrier(std::move(carrier_)),
        auth(std::move(auth_)),
        retry(std::move(retry_)),
        config(std::move(config_)),
        host(parse_url(config.host).value()),
        clock(config.clock ? config.clock : std::make_shared<real_clock>()),
        user_agent(config.user_agent.empty() ? "t3api/" + std::string(version_string) : config.user_agent),
        pace(config.rate_limit) {
    headers{{"User-Agent", user_agent}};
    if (auto fault = framing_header(config.headers)) throw std::invalid_argument(fault->message);
    if (config.timeout.count() <= 0 || config.connect_timeout.count() <= 0 ||
        config.read_timeout.count() <= 0) {
      throw std::invalid_argument("the time-outs of client_config must be longer than nothing");
    }
    if (config.async_threads < 1) {
      throw std::invalid_argument("client_config::async_threads must be at least 1");
    }
  }

  /// Finds what must keep the request from being sent at all.
  std::optional<error> check_request(request& message, const call_options& options) const {
    if (auto fault = normalise(message)) return fault;
    if (auto fault = check_options(options)) return fault;
    return carries_credentials(message) ? check_encryption() : std::nullopt;
  }

  /// The same for a call that consists of what the auth method sends.
  std::optional<error> check_options(const call_options& options) const {
    if (!options.timeout || options.timeout->count() > 0) return std::nullopt;
    return argument_error("the call's timeout must be longer than nothing");
  }

  /// Finds what must keep credentials from being sent.
  std::optional<error> check_encryption() const {
    const bool leaves_machine = !host.is_loopback() || config.proxy.has_value();
    if (!leaves_machine || host.secure || config.dangerously_allow_plain_http) return std::nullopt;
    return argument_error("credentials must not travel unencrypted: use https:// for " + host.origin());
  }

  /// Adds the header fields that every request has, where the caller has not set them, and the id of the
  /// call.
  void add_defaults(request& message, const std::string& request_id) const {
    const auto given = static_cast<std::ptrdiff_t>(message.headers.size());
    constexpr std::size_t own_fields = 4;
    message.headers.reserve(message.headers.size() + config.headers.size() + own_fields);
    for (const auto& [name, value] : config.headers) {
      const auto given_end = message.headers.begin() + given;
      const bool own = std::any_of(message.headers.begin(), given_end, [&wanted = name](const auto& field) {
        return iequals(field.first, wanted);
      });
      if (!own) message.headers.add(name, value);
    }
    if (!message.headers.contains("Accept")) message.headers.add_received("Accept", "application/json");
    if (!message.headers.contains("User-Agent")) message.headers.add_received("User-Agent", user_agent);
    if (!message.headers.contains("X-Request-Id")) message.headers.add_received("X-Request-Id", request_id);
  }

  /// The id of a call: the `X-Request-Id` of its request or of the client's settings, or a new one.
  std::string request_id_of(const request& message) const {
    auto given = message.headers.get("X-Request-Id");
    if (!given) given = config.headers.get("X-Request-Id");
    return given ? printable(*given, 100) : make_uuid();
  }

  static error named(error cause, const std::string& request_id) {
    cause.request_id = request_id;
    return cause;
  }

  steady_time deadline_after(std::chrono::milliseconds timeout) const {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    return clock->now() + (std::min)(timeout, longest);
  }

  Transport carrier;
  Auth auth;
  Retry retry;
  const client_config config;
  const url host;
  const std::shared_ptr<t3api::clock> clock;
  const std::string user_agent;
  rate_limiter pace;

 private:
  bool carries_credentials(const request& message) const {
    bool by_method = true;
    if constexpr (requires { Auth::sends_credentials; }) by_method = Auth::sends_credentials;
    const auto has = [&](const char* name) {
      return message.headers.contains(name) || config.headers.contains(name);
    };
    const bool in_body = !message.body.empty() && logs_in(message, host);
    return by_method || in_body || has("Authorization") || has("X-T3-API-Key") || has("Cookie") ||
           std::any_of(message.query.begin(), message.query.end(),
                       [](const auto& parameter) { return iequals(parameter.first, "secretKey"); });
  }
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_LOGGING_CALL_LOG_HPP
#define T3API_LOGGING_CALL_LOG_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// Makes an event and gives it to a hook that is set. What either throws is dropped.
template <class Hook, class Make>
void tell(const Hook& hook, Make&& make_event) noexcept {
  if (!hook) return;
  try {
    hook(make_event());
  } catch (...) {  // Logging must not change what becomes of a call.
  }
}

/// What one call tells the hooks of its client. Does nothing, and takes no memory, for a hook that is not
/// set; what a hook throws, or lack of memory for an event, never reaches the call.
class call_log {
 public:
  /// Keeps references to all three: they must outlive it.
  call_log(const client_config& config, const url& host, std::string_view request_id) noexcept
      : config_(config), host_(host), request_id_(request_id) {}

  /// `sent` is the request as it goes out, authorised: its secrets are hidden, in the answer too.
  void sending(int attempt, const request& sent) const noexcept {
    tell_of(config_.logging.on_request, {.attempt = attempt, .host = host_, .sent = sent});
  }

  void received(int attempt, const request& sent, const result<response>& answer,
                std::chrono::steady_clock::duration elapsed) const noexcept {
    tell_of(config_.logging.on_response,
            {.attempt = attempt, .host = host_, .sent = sent, .answer = &answer, .elapsed = elapsed});
  }

  void retrying(int attempt, const error& cause, std::chrono::milliseconds pause) const noexcept {
    tell(config_.logging.on_retry, [&] {
      return retry_event{.request_id = std::string(request_id_),
                         .attempt = attempt,
                         .pause = pause,
                         .reason = sentence(cause.message)};
    });
  }

  /// Fills in the request id.
  void renewed(renewal_event event) const noexcept {
    tell(config_.logging.on_renewal, [&] {
      event.request_id = request_id_;
      event.problem = sentence(event.problem);
      return std::move(event);
    });
  }

 private:
  template <class Hook>
  void tell_of(const Hook& hook, call_facts facts) const noexcept {
    tell(hook, [&] {
      facts.request_id = request_id_;
      facts.known = call_secrets(facts.sent, host_, config_);
      facts.with_headers = config_.logging.with_headers;
      facts.with_body = config_.logging.with_body;
      return hook.make(std::move(facts));
    });
  }

  static std::string sentence(std::string_view text) {
    constexpr std::size_t longest = 600;
    return one_line(redactor().hide(text), longest);
  }

  const client_config& config_;
  const url& host_;
  std::string_view request_id_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_RETRY_CONCEPT_HPP
#define T3API_RETRY_CONCEPT_HPP

#include <chrono>
#include <concepts>
#include <optional>


namespace t3api::inline v0_1_0 {

/// One failed attempt, as a retry policy sees it beside its error.
struct attempt {
  int number = 1;           ///< 1 for the first.
  bool idempotent = false;  ///< Whether the request may safely arrive twice.
};

/// Decides whether to try again, and after what pause; nothing means no more. A pure decision: the client
/// does the waiting. Called by many threads at once. An error with `sent` set must not be retried unless the
/// attempt is idempotent.
///
/// A policy may also have a member `void succeeded()`, called after each call that went well.
template <class R>
concept retry_policy = requires(R& policy, const attempt& failed, const error& cause) {
  { policy.next_delay(failed, cause) } -> std::same_as<std::optional<std::chrono::milliseconds>>;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_TRANSPORT_CONCEPT_HPP
#define T3API_TRANSPORT_CONCEPT_HPP

#include <concepts>

#ifndef T3API_CORE_SEND_OPTIONS_HPP
#define T3API_CORE_SEND_OPTIONS_HPP

#include <chrono>
#include <cstddef>


namespace t3api::inline v0_1_0 {

/// What a transport is told beside the request.
struct send_options {
  const url& host;          ///< Where to send it.
  steady_time deadline;     ///< When the whole answer must be there.
  stop_token stop;          ///< Ends the sending early.
  bool idempotent = false;  ///< Whether the request may safely arrive twice.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  ///< Name, TCP and TLS together.
  std::chrono::milliseconds read_timeout = std::chrono::seconds(30);  ///< The longest silence of the service.
  std::size_t max_header_bytes = 256U << 10U;                         ///< Of an answer.
  std::size_t max_body_bytes = 64U << 20U;                            ///< After decompression.
};

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// What one sending brought: a whole answer, whatever its status, or why none came.
using outcome = result<response>;

/// Carries one request to `options.host` and brings the answer back. `send` is called by many threads at
/// once; it must end by `options.deadline`, must not follow redirects, and must set `error::sent` to false
/// only when no byte of the request can have reached the service.
template <class T>
concept transport = requires(T& carrier, const request& message, const send_options& options) {
  { carrier.send(message, options) } -> std::same_as<outcome>;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_TRANSPORT_LIMITS_HPP
#define T3API_TRANSPORT_LIMITS_HPP

#include <optional>
#include <string>
#include <utility>


namespace t3api::inline v0_1_0 {

/// The error for a call that was stopped before its transport did anything; nothing when it was not.
inline std::optional<error> stopped_before_sending(const stop_token& stop) {
  if (!stop.stop_requested()) return std::nullopt;
  return error{.category = error_category::cancelled, .message = "the call was cancelled before it was sent"};
}

/// The text of the error for a body of more than `limit` bytes.
inline std::string body_too_large(std::size_t limit) {
  return "the answer's body is larger than the limit of " + std::to_string(limit) +
         " bytes (client_config::max_body_bytes)";
}

/// The answer, or an error when its body is larger than the options allow.
inline outcome within_limits(response answer, const send_options& options) {
  if (answer.body.size() <= options.max_body_bytes) return answer;
  return error{.category = error_category::protocol,
               .message = body_too_large(options.max_body_bytes),
               .status = answer.status,
               .sent = true};
}

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0::detail {

/// Overwrites the body of a request that holds Metrc credentials, however its scope is left.
class credentials_wiper {
 public:
  credentials_wiper(request& message, const url& host) : message_(message), logs_in_(logs_in(message, host)) {
    if (logs_in_) wipe_vector_registers();
  }
  credentials_wiper(const credentials_wiper&) = delete;
  credentials_wiper& operator=(const credentials_wiper&) = delete;
  ~credentials_wiper() {
    if (!logs_in_) return;
    wipe(message_.body);
    wipe_stack();
  }

 private:
  request& message_;
  const bool logs_in_;
};

/// One call in progress: its attempts under one deadline, one id and one stop_token. Also the way by which
/// the auth method sends requests of its own.
template <class State>
class call final : public exchange {
 public:
  call(State& shared, const call_options& options, std::string request_id, bool idempotent)
      : shared_(shared),
        options_(options),
        request_id_(std::move(request_id)),
        log_(shared.config, shared.host, request_id_),
        deadline_(shared.deadline_after(options.timeout.value_or(shared.config.timeout))),
        idempotent_(idempotent) {}

  /// Makes attempts until one succeeds or the retry policy has enough. `attempt_once` gives a result.
  template <class Attempt>
  auto retried(Attempt attempt_once) -> decltype(attempt_once()) {
    bool sent = false;
    for (;; ++number_) {
      auto answer = attempt_once();
      if (answer) {
        if constexpr (requires { shared_.retry.succeeded(); }) shared_.retry.succeeded();
        return answer;
      }
      error& cause = answer.error();
      cause.request_id = request_id_;
      if (cause.service_request_id == request_id_) cause.service_request_id.clear();
      cause.attempts = number_;
      earlier_in_doubt_ = earlier_in_doubt_ || is_in_doubt(cause);
      cause.sent = sent = sent || cause.sent;
      if (cause.retry_after && !options_.wait_when_asked) return answer;
      const auto pause = shared_.retry.next_delay({.number = number_, .idempotent = idempotent_}, cause);
      if (!pause) return answer;
      const auto now = shared_.clock->now();
      if (*pause >= std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now)) return answer;
      log_.retrying(number_, cause, *pause);
      if (!shared_.clock->wait_until(now + (std::max)(*pause, std::chrono::milliseconds(0)), options_.stop)) {
        cause.category = error_category::cancelled;
        cause.message = "the call was cancelled between two attempts; the last one failed: " + cause.message;
        return answer;
      }
    }
  }

  /// Authorises and sends once, and once more when the token was refused and can be renewed; twice more when
  /// the first renewal brought another process's token, which may have been refused before.
  result<response> attempt(const request& message) {
    while (true) {
      request authorised = message;
      const credentials_wiper wiper(authorised, shared_.host);
      const auto generation = shared_.auth.authorize(authorised, *this);
      if (!generation) return generation.error();
      outcome answer = dispatch(authorised, idempotent_);
      if (!answer) return answer;
      if (answer->status == 206 && !message.headers.contains("Range")) return unasked_part(message);
      if (options_.expects(answer->status)) return answer;
      const bool body_refused = !message.body.empty() && logs_in(message, shared_.host);
      const int most_replays = is_shared(*generation) ? 2 : 1;
      if (answer->status == 401 && !body_refused && replays_ < most_replays &&
          shared_.auth.on_unauthorized(*generation)) {
        ++replays_;
        continue;
      }
      return service_error(authorised, *answer, shared_.clock->wall_now(), secrets_of(authorised),
                           earlier_in_doubt_);
    }
  }

  /// Gets what the auth method needs, and sends nothing else.
  result<token_generation> authorize() {
    request nothing{.path = "/"};
    return shared_.auth.authorize(nothing, *this);
  }

  result<response> send(request message) override { return send_until(std::move(message), deadline_); }
  result<response> send_until(request message, steady_time until) override {
    const credentials_wiper wiper(message, shared_.host);
    shared_.add_defaults(message, request_id_);
    outcome answer = dispatch(message, /*idempotent=*/false, (std::min)(until, deadline_));
    if (answer && answer->status >= 400)
      secrets_of(message).hide_in(*answer);  // What the error will be made of.
    return answer;
  }
  const url& host() const noexcept override { return shared_.host; }
  t3api::clock& clock() const noexcept override { return *shared_.clock; }
  steady_time deadline() const noexcept override { return deadline_; }
  const stop_token& stop() const noexcept override { return options_.stop; }
  void report(const renewal_event& renewal) noexcept override { log_.renewed(renewal); }

 private:
  bool is_shared(token_generation generation) const {
    if constexpr (requires { shared_.auth.is_shared(generation); }) return shared_.auth.is_shared(generation);
    return false;
  }

  outcome dispatch(const request& message, bool idempotent) {
    return dispatch(message, idempotent, deadline_);
  }

  outcome dispatch(const request& message, bool idempotent, steady_time deadline) {
    if (auto stopped = stopped_before_sending(options_.stop)) return *std::move(stopped);
    const auto now = shared_.clock->now();
    if (now >= deadline) return too_late("the call's deadline passed before it was sent");
    const auto turn = shared_.pace.next_turn(now, deadline);
    if (turn >= deadline) {
      error late = too_late("the rate limit of this client lets the call go after its deadline only");
      late.retry_after = std::chrono::ceil<std::chrono::seconds>(turn - now);
      return late;
    }
    if (turn > now && !shared_.clock->wait_until(turn, options_.stop))
      return *stopped_before_sending(options_.stop);
    const auto& config = shared_.config;
    log_.sending(number_, message);
    const auto start = std::chrono::steady_clock::now();
    outcome answer = shared_.carrier.send(message, send_options{.host = shared_.host,
                                                                .deadline = deadline,
                                                                .stop = options_.stop,
                                                                .idempotent = idempotent,
                                                                .connect_timeout = config.connect_timeout,
                                                                .read_timeout = config.read_timeout,
                                                                .max_header_bytes = config.max_header_bytes,
                                                                .max_body_bytes = config.max_body_bytes});
    if (!answer) secrets_of(message).hide_in(answer.error());
    log_.received(number_, message, answer, std::chrono::steady_clock::now() - start);
    return answer;
  }

  /// A part looks like a whole answer to whoever did not ask for it (RFC 9110 section 15.3.7).
  static error unasked_part(const request& asked) {
    return {
        .category = error_category::protocol,
        .message = std::string(to_string(asked.method)) + " " + printable(asked.path, 80) +
                   " was answered with a part (206 Partial Content) that was not asked for: is there a cache "
                   "or proxy in between?",
        .status = 206,
        .sent = true};
  }

  static error too_late(std::string message) {
    return {.category = error_category::timeout, .message = std::move(message)};
  }

  redactor secrets_of(const request& sent) const { return call_secrets(sent, shared_.host, shared_.config); }

  State& shared_;
  const call_options& options_;
  const std::string request_id_;
  const call_log log_;
  const steady_time deadline_;
  const bool idempotent_;
  int number_ = 1;
  int replays_ = 0;
  bool earlier_in_doubt_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_JSON_BODY_HPP
#define T3API_CORE_JSON_BODY_HPP

#include <cstddef>
#include <string>


namespace t3api::inline v0_1_0 {

/// Deeper JSON is neither read nor sent: copying and printing it could exhaust the stack.
inline constexpr std::size_t max_json_depth = 64;

/// JSON as a request body: an object or an array. An `argument` error for anything else, since a lone text is
/// most likely JSON that was already written out. Also for what JSON cannot say, and the message then names
/// its place: NaN and infinity, text that is not UTF-8, binary and discarded values, more than 64 levels.
result<std::string> json_body(const nlohmann::json& value);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_DETAIL_EITHER_STOP_HPP
#define T3API_DETAIL_EITHER_STOP_HPP


namespace t3api::inline v0_1_0::detail {

/// Asks to stop as soon as one of two others does.
class either_stop {
 public:
  either_stop(const stop_token& first, const stop_token& second)
      : first_(first, forward{source_}), second_(second, forward{source_}) {}
  either_stop(const either_stop&) = delete;
  either_stop& operator=(const either_stop&) = delete;

  stop_token token() const { return source_.get_token(); }

 private:
  struct forward {
    stop_source source;
    void operator()() { source.request_stop(); }
  };

  stop_source source_;
  stop_callback<forward> first_;
  stop_callback<forward> second_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// An authenticated client of the T3 API, put together from three policies. Copies are cheap and share
/// everything: connections, token and retry budget.
///
/// A call authorises each attempt afresh, renews the token once and repeats the request once after a 401, and
/// asks the retry policy after each failure, all under one deadline.
///
/// **Threads.** Any number of threads may use one client, or copies of it, at once; only assigning to it or
/// destroying it while another thread uses that same object needs a lock of the caller's.
///
/// **Exceptions.** `send` and its short forms throw for lack of memory only, and what a policy throws; a call
/// that throws leaves the client as good as before. An asynchronous call gives that as an error. `.value()`
/// on what they give back throws the error as an exception. Constructors give either a client or an
/// exception.
///
/// **Request ids.** Each call has an id, the request's own `X-Request-Id` or a new UUID, which goes with each
/// request that is made for it, and stands in each event of `client_config::logging` and in its error; only
/// the error of a JSON body that cannot be written has none.
///
/// **fork().** A child may use a client that its parent made, with connections and threads of its own, and
/// the parent's token; so long as no other thread was inside a call when the process forked. With calls in
/// flight make a new client in the child.
///
/// **End.** When the last copy goes, asynchronous calls in flight are cancelled. Those on the client's own
/// threads are also waited for, but for the one whose callback let go of that copy; those on an executor end
/// there.
template <class Transport, class Auth, class Retry>
class client {
  static_assert(transport<Transport>,
                "t3api::client: the Transport policy must have a member "
                "`t3api::outcome send(const t3api::request&, const t3api::send_options&)`");
  static_assert(auth_method<Auth>,
                "t3api::client: the Auth policy must have members "
                "`t3api::result<t3api::token_generation> authorize(t3api::request&, t3api::exchange&)` and "
                "`bool on_unauthorized(t3api::token_generation)`");
  static_assert(
      retry_policy<Retry>,
      "t3api::client: the Retry policy must have a member "
      "`std::optional<std::chrono::milliseconds> next_delay(const t3api::attempt&, const t3api::error&)`");

 public:
  /// A client with a transport of its own, made with `config`. Does no I/O. Throws std::invalid_argument when
  /// a setting of `config` cannot be used.
  explicit client(Auth auth, client_config config = {}) requires
      std::constructible_from<Transport, const client_config&> && std::default_initializable<Retry>
      : client(Transport(config), std::move(auth), Retry(), config) {}

  /// A client over a given transport. Throws as above.
  client(Transport carrier, Auth auth, client_config config = {}) requires std::default_initializable<Retry>
      : client(std::move(carrier), std::move(auth), Retry(), std::move(config)) {}

  /// A client over a given transport with a given retry policy. Throws as above.
  client(Transport carrier, Auth auth, Retry retry, client_config config = {})
      : state_(std::make_shared<state>(std::move(carrier), std::move(auth), std::move(retry),
                                       std::move(config))),
        async_(std::make_shared<detail::async_calls>(state_->config.executor, state_->config.async_threads)) {
  }

  /// Sends a request and gives its answer when the status is expected, or the error.
  result<response> send(request message, const call_options& options = {}) const {
    auto id = state_->request_id_of(message);
    return send_by(*state_, std::move(message), options, std::move(id));
  }

  /// `GET path`; parameters may stand in the path or in `query`.
  result<response> get(std::string path, query_params query = {}, const call_options& options = {}) const {
    return send({.method = method::get, .path = std::move(path), .query = std::move(query)}, options);
  }

  /// `POST path` with a JSON body.
  result<response> post(std::string path, const nlohmann::json& body,
                        const call_options& options = {}) const {
    return send_json(method::post, std::move(path), body, options);
  }

  /// `PUT path` with a JSON body.
  result<response> put(std::string path, const nlohmann::json& body, const call_options& options = {}) const {
    return send_json(method::put, std::move(path), body, options);
  }

  /// `DELETE path`.
  result<response> del(std::string path, const call_options& options = {}) const {
    return send({.method = method::delete_, .path = std::move(path)}, options);
  }

  /// Sends a request from another thread, of `client_config::executor` or of the client's own. The future is
  /// always fulfilled: with a `cancelled` error when the last copy of the client went in the meantime, and
  /// with std::future_error (`broken_promise`) when the executor drops the call.
  std::future<result<response>> async_send(request message, call_options options = {}) const {
    std::promise<result<response>> promised;
    auto answer = promised.get_future();
    async_send(std::move(message), std::move(options),
               [promised = std::make_shared<std::promise<result<response>>>(std::move(promised))](
                   result<response> got) { promised->set_value(std::move(got)); });
    return answer;
  }

  /// The same, with a callable that is given the answer, once: on the thread that made the call, or on the
  /// caller's when the executor throws instead of taking it. It must not throw. It is destroyed without
  /// having been called when the executor drops the call.
  template <std::invocable<result<response>> Done>
  void async_send(request message, call_options options, Done done) const {
    struct operation {
      std::shared_ptr<state> shared;
      std::string id;
      request message;
      call_options options;
      detail::either_stop stop;
      Done done;
      std::atomic<bool> begun = false;
      detail::credentials_wiper wiper{message, shared->host};
    };
    const auto where = async_;  // The callable may destroy this client.
    auto running = std::shared_ptr<operation>(new operation{.shared = state_,
                                                            .id = state_->request_id_of(message),
                                                            .message = std::move(message),
                                                            .options = options,
                                                            .stop{options.stop, where->ending()},
                                                            .done = std::move(done)});
    running->options.stop = running->stop.token();
    try {
      where->run([running] {
        if (!running->begun.exchange(true)) running->done(caught_send(*running));
      });
    } catch (...) {
      if (running->begun.exchange(true)) return;  // It did take the call: the answer comes, or has come.
      running->done(
          result<response>(error{.category = error_category::transport,
                                 .message = "the executor did not take the call: " + detail::caught_text(),
                                 .request_id = running->id,
                                 .retryable = true}));
    }
  }

  /// Runs `job` where the asynchronous calls run; the future holds what it gives or throws. Nothing cancels
  /// it. Throws what the executor throws.
  template <std::invocable Job>
  std::future<std::invoke_result_t<Job&>> async(Job job) const {
    // Not a std::packaged_task: libstdc++'s has a static function template, and so, unoptimised, compiles all
    // that any job of the library does into every file.
    using value = std::invoke_result_t<Job&>;
    struct task {
      Job job;
      std::promise<value> promised{};
      std::atomic<bool> begun = false;
    };
    const auto running = std::shared_ptr<task>(new task{std::move(job)});
    auto given = running->promised.get_future();
    const auto where = async_;  // The job may destroy this client.
    where->run([running] {
      if (running->begun.exchange(true)) return;
      try {
        if constexpr (std::is_void_v<value>) {
          running->job();
          running->promised.set_value();
        } else {
          running->promised.set_value(running->job());
        }
      } catch (...) {
        running->promised.set_exception(std::current_exception());
      }
    });
    return given;
  }

  /// Has the auth method get what it needs now, a token perhaps, rather than with the first call.
  result<token_generation> authenticate(const call_options& options = {}) const {
    request nothing{.path = "/"};
    auto id = state_->request_id_of(nothing);
    if (auto fault = state_->check_request(nothing, options)) return state::named(*std::move(fault), id);
    detail::call running(*state_, options, std::move(id), /*idempotent=*/true);
    return running.retried([&] { return running.authorize(); });
  }

  /// The settings it was made with.
  const client_config& config() const noexcept { return state_->config; }
  /// The auth method that it shares with its copies.
  const Auth& auth() const noexcept { return state_->auth; }

 private:
  using state = detail::client_state<Transport, Auth, Retry>;

  static result<response> send_by(state& shared, request message, const call_options& options,
                                  std::string id) {
    const detail::credentials_wiper wiper(message, shared.host);
    if (auto fault = shared.check_request(message, options)) return state::named(*std::move(fault), id);
    shared.add_defaults(message, id);
    detail::call running(shared, options, std::move(id),
                         options.idempotent.value_or(is_idempotent(message.method)));
    return running.retried([&] { return running.attempt(message); });
  }

  /// Sends the request of an operation; what a policy throws becomes an error.
  template <class Operation>
  static result<response> caught_send(Operation& running) {
    try {
      return send_by(*running.shared, std::move(running.message), running.options, running.id);
    } catch (...) {
      return error{.category = error_category::transport,
                   .message = "a policy of the client threw an exception: " + detail::caught_text(),
                   .request_id = running.id,
                   .sent = true};
    }
  }

  result<response> send_json(method how, std::string path, const nlohmann::json& body,
                             const call_options& options) const {
    auto text = json_body(body);
    if (!text) return text.error();
    return send({.method = how,
                 .path = std::move(path),
                 .headers = {{"Content-Type", "application/json"}},
                 .body = *std::move(text)},
                options);
  }

  std::shared_ptr<state> state_;
  std::shared_ptr<detail::async_calls> async_;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_RETRY_EXPONENTIAL_BACKOFF_HPP
#define T3API_RETRY_EXPONENTIAL_BACKOFF_HPP

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#ifndef T3API_RETRY_BUDGET_HPP
#define T3API_RETRY_BUDGET_HPP

#include <algorithm>
#include <mutex>

namespace t3api::inline v0_1_0 {

/// Keeps retries from turning an outage into a storm: a full budget allows a burst of retries, after which
/// only one call in ten may be retried until calls succeed again. Shared by all threads of a client.
class retry_budget {
 public:
  /// `capacity` is how many retries a full budget allows.
  explicit retry_budget(int capacity = 100) : capacity_(capacity * retry_cost), balance_(capacity_) {}

  /// Every call, good or bad, earns a tenth of a retry.
  void earn() noexcept {
    const std::scoped_lock lock(mutex_);
    balance_ = (std::min)(capacity_, balance_ + 1);
  }

  /// Takes one retry out; false when there is none left.
  bool spend() noexcept {
    const std::scoped_lock lock(mutex_);
    if (balance_ < retry_cost) return false;
    balance_ -= retry_cost;
    return true;
  }

 private:
  static constexpr int retry_cost = 10;

  std::mutex mutex_;
  const int capacity_;
  int balance_;
};

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// Settings of `exponential_backoff`.
struct backoff_options {
  int max_attempts = 3;                                             ///< The first one included.
  std::chrono::milliseconds base = std::chrono::milliseconds(500);  ///< Upper bound of the first pause.
  std::chrono::milliseconds cap = std::chrono::seconds(10);  ///< Upper bound of any pause but Retry-After.
  std::chrono::seconds max_retry_after{60};                  ///< A longer Retry-After is cut to this.
  std::chrono::milliseconds min_wait{0};  ///< Lower bound of each pause, also when `cap` is below it.
  std::function<double()>
      random{};  ///< Numbers from 0 up to 1, from any thread; default: the system's random source.
};

/// Exponential backoff with full jitter: pause number n is drawn from 0 up to min(cap, base * 2^(n-1)), and
/// is no shorter than `min_wait` and what `Retry-After` asks for. Retries statuses 408 425 429 500 502 503
/// 504 and lost connections of idempotent requests, and of any request that never left. Copies share one
/// retry budget.
class exponential_backoff {
 public:
  /// Throws std::invalid_argument for fewer than one attempt or a negative pause.
  explicit exponential_backoff(backoff_options options = {}) : options_(std::move(options)) {
    if (options_.max_attempts < 1)
      throw std::invalid_argument("backoff_options::max_attempts must be at least 1");
    if (options_.base.count() < 0 || options_.cap.count() < 0 || options_.max_retry_after.count() < 0 ||
        options_.min_wait.count() < 0) {
      throw std::invalid_argument("the pauses of backoff_options must not be negative");
    }
    if (!options_.random) options_.random = detail::random_fraction;
  }

  std::optional<std::chrono::milliseconds> next_delay(const attempt& failed, const error& cause) {
    if (failed.number == 1) budget_->earn();
    if (failed.number >= options_.max_attempts || !cause.retryable) return std::nullopt;
    if (cause.sent && !failed.idempotent) return std::nullopt;
    if (!budget_->spend()) return std::nullopt;
    using milliseconds_f = std::chrono::duration<double, std::milli>;
    const double doubled = static_cast<double>(options_.base.count()) * std::ldexp(1.0, failed.number - 1);
    const double bound = (std::min)(doubled, static_cast<double>(options_.cap.count()));
    const auto drawn =
        std::chrono::ceil<std::chrono::milliseconds>(milliseconds_f(bound * options_.random()));
    const auto backoff = (std::max)(drawn, options_.min_wait);
    if (!cause.retry_after) return backoff;
    return (std::max<std::chrono::milliseconds>)(backoff,
                                                 (std::min)(*cause.retry_after, options_.max_retry_after));
  }

  void succeeded() noexcept { budget_->earn(); }

 private:
  backoff_options options_;
  std::shared_ptr<retry_budget> budget_ = std::make_shared<retry_budget>();
};

static_assert(retry_policy<exponential_backoff>);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_TRANSPORT_DEFAULT_TRANSPORT_HPP
#define T3API_TRANSPORT_DEFAULT_TRANSPORT_HPP

#ifndef T3API_TRANSPORT_HTTPLIB_HPP
#define T3API_TRANSPORT_HTTPLIB_HPP

#include <cstdint>
#include <string>

#ifndef T3API_TRANSPORT_HTTP_TRANSPORT_HPP
#define T3API_TRANSPORT_HTTP_TRANSPORT_HPP

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#ifndef T3API_NATIVE_SOCKET_HPP
#define T3API_NATIVE_SOCKET_HPP

// This folder is the one place of the client wing that talks to the operating system itself.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

#ifdef _WIN32
using native_socket = SOCKET;
inline constexpr native_socket no_socket = INVALID_SOCKET;
#else
using native_socket = int;
inline constexpr native_socket no_socket = -1;
#endif

/// Has the system's sockets ready for use.
inline void start_sockets() noexcept {
#ifdef _WIN32
  [[maybe_unused]] static const int started = [] {
    WSADATA data;
    return ::WSAStartup(MAKEWORD(2, 2), &data);
  }();
#endif
}

inline void close_native(native_socket socket) noexcept {
#ifdef _WIN32
  ::closesocket(socket);
#else
  ::close(socket);
#endif
}

/// Keeps a socket from programs that this one starts.
inline void close_on_exec(native_socket socket) noexcept {
#ifdef _WIN32
  ::SetHandleInformation(reinterpret_cast<HANDLE>(socket), HANDLE_FLAG_INHERIT, 0);
#else
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
#endif
}

/// A second descriptor of the same socket, or `no_socket`.
inline native_socket duplicate_native(native_socket socket) noexcept {
#ifdef _WIN32
  WSAPROTOCOL_INFOW info;
  if (::WSADuplicateSocketW(socket, ::GetCurrentProcessId(), &info) != 0) return no_socket;
  return ::WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0);
#else
  const int copy = ::dup(socket);
  if (copy >= 0) close_on_exec(copy);
  return copy;
#endif
}

/// Whether the last call on a socket failed only because it would have had to wait.
inline bool would_block() noexcept {
#ifdef _WIN32
  return ::WSAGetLastError() == WSAEWOULDBLOCK;
#else
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == EINPROGRESS;
#endif
}

/// Makes a socket fit for `receive_some` and `send_some`: no call on it waits, small packets go at once, and
/// a write to a peer that is gone raises no signal.
inline bool prepare_native(native_socket socket) noexcept {
  const int on = 1;
  const auto* value = reinterpret_cast<const char*>(&on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, value, sizeof on);
  close_on_exec(socket);
#ifdef _WIN32
  u_long yes = 1;
  return ::ioctlsocket(socket, FIONBIO, &yes) == 0;
#else
#ifdef SO_NOSIGPIPE
  ::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, value, sizeof on);
#endif
  const int flags = ::fcntl(socket, F_GETFL);
  return flags >= 0 && ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0;
#endif
}

/// Receives what is there. The count, 0 at the peer's end, or negative: see `would_block`.
inline std::ptrdiff_t receive_some(native_socket socket, char* to, std::size_t room) noexcept {
#ifdef _WIN32
  return ::recv(socket, to, static_cast<int>((std::min<std::size_t>)(room, 1U << 30U)), 0);
#else
  return ::recv(socket, to, room, 0);
#endif
}

/// Sends what fits, both pieces at once. The count, or negative: see `would_block`.
inline std::ptrdiff_t send_some(native_socket socket, std::string_view first,
                                std::string_view second = {}) noexcept {
#ifdef _WIN32
  const auto piece = first.empty() ? second : first;
  return ::send(socket, piece.data(), static_cast<int>((std::min<std::size_t>)(piece.size(), 1U << 30U)), 0);
#else
#ifdef MSG_NOSIGNAL
  constexpr int no_signal = MSG_NOSIGNAL;
#else
  constexpr int no_signal = 0;
#endif
  if (second.empty()) return ::send(socket, first.data(), first.size(), no_signal);
  iovec pieces[2] = {{const_cast<char*>(first.data()), first.size()},
                     {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  return ::sendmsg(socket, &message, no_signal);
#endif
}

/// Whether there is something to read, be it the peer's farewell or an error. Never waits.
inline bool has_pending_input(native_socket socket) noexcept {
  char byte = 0;
#ifdef _WIN32
  u_long waiting = 0;
  if (::ioctlsocket(socket, FIONREAD, &waiting) != 0 || waiting > 0) return true;
  return ::recv(socket, &byte, 1, MSG_PEEK) >= 0 || ::WSAGetLastError() != WSAEWOULDBLOCK;
#else
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
#endif
}

/// Something that a waiting thread can be woken by from another one. Where the system is out of descriptors,
/// or has none of this kind, `descriptor()` is `no_socket`: who waits then has to look up from time to time.
class wake_up {
 public:
#ifdef _WIN32
  native_socket descriptor() const noexcept { return no_socket; }
  void signal() const noexcept {}
  void clear() const noexcept {}
#else
  wake_up() noexcept {
    if (::pipe(ends_) != 0) return;
    for (const int end : ends_) {
      close_on_exec(end);
      ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
  }
  ~wake_up() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  wake_up(const wake_up&) = delete;
  wake_up& operator=(const wake_up&) = delete;

  native_socket descriptor() const noexcept { return ends_[0]; }
  void signal() const noexcept {
    const char byte = 0;
    if (ends_[1] >= 0) static_cast<void>(!::write(ends_[1], &byte, 1));
  }
  /// Takes back what was signalled.
  void clear() const noexcept {
    char bytes[16];
    while (ends_[0] >= 0 && ::read(ends_[0], bytes, sizeof bytes) > 0) {
    }
  }

 private:
  int ends_[2] = {-1, -1};
#endif
};

/// What a socket is ready for. A fault counts as both, since the next call on the socket tells it.
struct readiness {
  bool read = false;
  bool write = false;
};

/// Waits until `socket` is ready for one of the wanted things, `waker` (or `no_socket`) is signalled, or the
/// time is over, whatever is first; a signal to the process may end it early.
inline readiness wait_for(native_socket socket, readiness wanted, native_socket waker,
                          std::chrono::milliseconds longest) noexcept {
  const auto events =
      static_cast<short>((wanted.read ? POLLIN : 0) | (wanted.write ? POLLOUT : 0));  // NOLINT
  const int time = static_cast<int>((std::min<std::chrono::milliseconds::rep>)(longest.count(), 1 << 30));
#ifdef _WIN32
  WSAPOLLFD sockets[1] = {{socket, events, 0}};
  static_cast<void>(waker);
  if (::WSAPoll(sockets, 1, time) <= 0) return {};
#else
  pollfd sockets[2] = {{socket, events, 0}, {waker, POLLIN, 0}};
  if (::poll(sockets, waker == no_socket ? 1 : 2, time) <= 0) return {};
#endif
  const bool fault = (sockets[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  return {fault || (sockets[0].revents & POLLIN) != 0, fault || (sockets[0].revents & POLLOUT) != 0};
}

/// Begins to connect to an address in digits. `no_socket` when it cannot even begin; else the socket is ready
/// for writing as soon as it is decided: see `is_connected`.
inline native_socket begin_connect(const std::string& address, std::uint16_t port) noexcept {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  start_sockets();
  char service[6] = {};
  for (int digit = 4, rest = port; digit >= 0; --digit, rest /= 10)
    service[digit] = static_cast<char>('0' + rest % 10);
  if (::getaddrinfo(address.c_str(), service, &hints, &found) != 0) return no_socket;
  native_socket socket = ::socket(found->ai_family, SOCK_STREAM, 0);
  if (socket != no_socket) {
    const bool begun =
        prepare_native(socket) &&
        (::connect(socket, found->ai_addr, static_cast<socklen_t>(found->ai_addrlen)) == 0 || would_block());
    if (!begun) {
      close_native(socket);
      socket = no_socket;
    }
  }
  ::freeaddrinfo(found);
  return socket;
}

/// Whether a connection that was begun, and is decided, stands.
inline bool is_connected(native_socket socket) noexcept {
  int failure = 0;
  socklen_t size = sizeof failure;
  sockaddr_storage peer;
  socklen_t peer_size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&failure), &size) == 0 &&
         failure == 0 && ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
}

/// Whether `host` is an IPv4 or IPv6 address in digits.
inline bool is_address(const std::string& host) noexcept {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

/// The addresses of a name in the system's order of preference; empty when it has none. Blocks as long as the
/// system resolver likes.
inline std::vector<std::string> lookup_addresses(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  start_sockets();
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    hints.ai_flags = 0;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  }
  std::vector<std::string> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(entry->ai_addr, static_cast<socklen_t>(entry->ai_addrlen), text, sizeof text, nullptr,
                      0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

namespace detail {

class connection_pool;
class io_wait;

/// How a connector opens a TCP connection.
using connect_function = native_socket (*)(const std::string& address, std::uint16_t port, io_wait& wait);

/// What is the same for every connector.
class pooled_transport {
 public:
  outcome send(const request& message, const send_options& options);

 protected:
  pooled_transport(client_config config, connect_function connect);

 private:
  std::shared_ptr<per_process<connection_pool>> pools_;
};

}  // namespace detail

/// Opens TCP connections for a transport. `connect` gives a connected socket on which no call waits, or
/// `no_socket`; it waits by `wait` alone, which keeps the call's deadline and its stop_token. `address` is in
/// digits.
template <class T>
concept connector = requires(const std::string& address, std::uint16_t port, detail::io_wait& wait) {
  { T::connect(address, port, wait) } -> std::same_as<detail::native_socket>;
};

/// HTTP/1.1 over TCP or TLS: a pool of keep-alive connections per origin, one deadline and one stop_token
/// that hold in every phase, limits on what an answer may be. An answer is whole, or an error. Copies share
/// one pool. The constructor does no I/O; files that the TLS settings name are read with the first https
/// request.
///
/// A forked child may go on using and may destroy what its parent made: it has connections of its own and
/// reads the TLS files anew, and nothing it does is seen on its parent's connections. That holds if no thread
/// of the parent was inside a call at the fork; otherwise the child must make a new client and leave the old
/// one alone. The child keeps its parent's connections open, unused, until it ends or calls exec.
template <connector Connector>
class http_transport : public detail::pooled_transport {
 public:
  /// Takes TLS and proxy from `config`; the limits of a call come with the call.
  explicit http_transport(client_config config = {})
      : pooled_transport(std::move(config), &Connector::connect) {}
};

}  // namespace t3api::inline v0_1_0

#endif

#ifndef T3API_WITHOUT_HTTPLIB

namespace t3api::inline v0_1_0 {

/// Opens TCP connections by cpp-httplib.
struct httplib_connector {
  /// As the concept `connector` says.
  static detail::native_socket connect(const std::string& address, std::uint16_t port, detail::io_wait& wait);
};

/// The usual transport.
using httplib_transport = http_transport<httplib_connector>;

static_assert(transport<httplib_transport>);

}  // namespace t3api::inline v0_1_0

#endif  // T3API_WITHOUT_HTTPLIB

#endif
#ifndef T3API_TRANSPORT_SOCKET_HPP
#define T3API_TRANSPORT_SOCKET_HPP

#include <cstdint>
#include <string>


namespace t3api::inline v0_1_0 {

/// Opens TCP connections by the system's own calls.
struct socket_connector {
  /// As the concept `connector` says.
  static detail::native_socket connect(const std::string& address, std::uint16_t port, detail::io_wait& wait);
};

/// The transport that needs no cpp-httplib.
using socket_transport = http_transport<socket_connector>;

static_assert(transport<socket_transport>);

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// The transport of a client that names none: `httplib_transport`, or `socket_transport` in a program that
/// defines T3API_WITHOUT_HTTPLIB, in all of its files.
#ifdef T3API_WITHOUT_HTTPLIB
using default_transport = socket_transport;
#else
using default_transport = httplib_transport;
#endif

#ifdef __ELF__
// Files that differ in the macro do not link: the linker refuses a name that is thread-local in one file
// only, and tells it.
namespace detail {
#ifdef T3API_WITHOUT_HTTPLIB
[[gnu::used]] inline thread_local const char define_T3API_WITHOUT_HTTPLIB_in_all_files_or_in_none = 0;
#else
[[gnu::used]] inline const char define_T3API_WITHOUT_HTTPLIB_in_all_files_or_in_none = 0;
#endif
}  // namespace detail
#endif

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// A client with the default transport and retry policy.
template <class Auth>
using default_client = client<default_transport, Auth, exponential_backoff>;

/// `client{auth}` has the default transport and retry policy.
template <class Auth>
client(Auth) -> client<default_transport, Auth, exponential_backoff>;

/// So has `client{auth, config}`.
template <class Auth>
client(Auth, client_config) -> client<default_transport, Auth, exponential_backoff>;

/// `client{transport, auth}` has the default retry policy.
template <class Transport, class Auth>
client(Transport, Auth) -> client<Transport, Auth, exponential_backoff>;

/// So has `client{transport, auth, config}`.
template <class Transport, class Auth>
client(Transport, Auth, client_config) -> client<Transport, Auth, exponential_backoff>;

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// What the functions of t3api/authenticate.hpp give back, whatever the way in.
using authenticated_client = default_client<any_auth>;

/// Arguments of the functions that log in with Metrc credentials; give them by name:
/// `{.hostname = "ca.metrc.com", .username = …, .password = …}`.
struct credentials_arguments {
  std::string hostname{};  ///< Metrc's, such as "ca.metrc.com".
  std::string username{};  ///< Metrc's.
  secret password{};       ///< Metrc's.
  std::optional<std::string>
      host{};  ///< T3's. Default: that of `config`, else `T3_API_HOST` (of the environment), else production.
  secret otp{};         ///< A one-time password, where Metrc wants one.
  std::string email{};  ///< The account's e-mail address, where Metrc wants it.
  secret otp_seed{};    ///< The seed that one-time passwords come from, in place of one.
  bool renew = false;   ///< Whether the client keeps the credentials, to get new tokens with them.
  /// Default: what the environment and `.t3.env` set.
  std::optional<client_config> config{};
  /// Default: what the environment and `.t3.env` set, also with a `config`.
  std::optional<backoff_options> retry_policy{};
  /// Default: those of `config`, else `logging_hooks::from_env()`.
  std::optional<t3api::logging_hooks> logging_hooks{};
  t3api::headers headers{};  ///< Sent with every request, besides those of `config`.
  stop_token stop{};         ///< Ends the logging in early.
  /// Calls with the same one share one token, and use no one-time password twice. Default: one of its own.
  std::optional<memory_store> store{};
};

/// Arguments of the functions that take an API key.
struct api_key_arguments {
  secret api_key{};                       ///< T3's.
  std::string state_code{};               ///< Two letters, such as "CA".
  std::optional<std::string> host{};      ///< As in `credentials_arguments`.
  bool renew = false;                     ///< Whether the client keeps the key, to get new tokens with it.
  std::optional<client_config> config{};  ///< As in `credentials_arguments`.
  std::optional<backoff_options> retry_policy{};        ///< As in `credentials_arguments`.
  std::optional<t3api::logging_hooks> logging_hooks{};  ///< As in `credentials_arguments`.
  t3api::headers headers{};                             ///< As in `credentials_arguments`.
  stop_token stop{};                                    ///< Ends the logging in early.
  std::optional<memory_store> store{};                  ///< Calls with the same one share one token.
};

/// Arguments of `create_jwt_authenticated_client`.
struct jwt_arguments {
  secret jwt_token{};                                   ///< The token alone, without "Bearer".
  std::optional<std::string> host{};                    ///< As in `credentials_arguments`.
  std::optional<client_config> config{};                ///< As in `credentials_arguments`.
  std::optional<backoff_options> retry_policy{};        ///< As in `credentials_arguments`.
  std::optional<t3api::logging_hooks> logging_hooks{};  ///< As in `credentials_arguments`.
  t3api::headers headers{};                             ///< As in `credentials_arguments`.
};

#ifdef T3API_COMPILED
extern template class client<default_transport, any_auth, exponential_backoff>;
extern template any_client::any_client(authenticated_client);
#ifdef T3API_IMPLEMENTATION
template class client<default_transport, any_auth, exponential_backoff>;
template any_client::any_client(authenticated_client);
#endif
#endif

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// A client that exchanges the API key for a token with its first call. (T3's Python client of that name
/// forgets the key and stays unauthenticated.) Does no I/O but to read `.t3.env`. Throws
/// std::invalid_argument for an empty or malformed key or state code, and for settings that make no sense.
authenticated_client create_api_key_authenticated_client(const api_key_arguments& given);

/// Exchanges the API key now and gives a client that holds the token; the key only if `renew` asks for it,
/// and without it the client ends with its token. Throws authentication_error, with the cause nested in it,
/// whatever goes wrong.
authenticated_client create_api_key_authenticated_client_or_error(const api_key_arguments& given);

/// The same in the background, on the executor of `config` or a thread of the client's own; the future holds
/// the client or the authentication_error, or std::future_error (broken_promise) when the executor drops the
/// job.
std::future<authenticated_client> create_api_key_authenticated_client_or_error_async(api_key_arguments given);

/// Exchanges the API key and gives the whole answer; the token alone when it comes out of `store`. Throws as
/// above.
auth_response_data authenticate_and_get_response_with_api_key(const api_key_arguments& given);

/// The same in the background, as above.
std::future<auth_response_data> authenticate_and_get_response_with_api_key_async(api_key_arguments given);

/// Exchanges the API key and gives the token alone. Throws as above.
secret authenticate_and_get_token_with_api_key(const api_key_arguments& given);

/// The same in the background, as above.
std::future<secret> authenticate_and_get_token_with_api_key_async(api_key_arguments given);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_BY_CREDENTIALS_HPP
#define T3API_AUTHENTICATE_BY_CREDENTIALS_HPP

#include <future>


namespace t3api::inline v0_1_0 {

/// Logs in to T3 with Metrc credentials and gives a client that holds the token; the credentials only if
/// `renew` asks for it, and without them the client ends with its token. Throws authentication_error, with
/// the cause nested in it, whatever goes wrong.
authenticated_client create_credentials_authenticated_client_or_error(const credentials_arguments& given);

/// The same in the background, on the executor of `config` or a thread of the client's own; the future holds
/// the client or the authentication_error, or std::future_error (broken_promise) when the executor drops the
/// job.
std::future<authenticated_client> create_credentials_authenticated_client_or_error_async(
    credentials_arguments given);

/// Logs in to T3 with Metrc credentials and gives the whole answer; the token alone when it comes out of
/// `store`. Throws as above.
auth_response_data authenticate_and_get_response(const credentials_arguments& given);

/// The same in the background, as above.
std::future<auth_response_data> authenticate_and_get_response_async(credentials_arguments given);

/// Logs in to T3 with Metrc credentials and gives the token alone. Throws as above.
secret authenticate_and_get_token(const credentials_arguments& given);

/// The same in the background, as above.
std::future<secret> authenticate_and_get_token_async(credentials_arguments given);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_BY_JWT_HPP
#define T3API_AUTHENTICATE_BY_JWT_HPP


namespace t3api::inline v0_1_0 {

/// A client that uses a JWT which T3 has issued already; it ends with that token. Does no I/O but to read
/// `.t3.env`. Throws std::invalid_argument for an empty or malformed token, and for settings that make no
/// sense, and authentication_error for a token that has expired.
authenticated_client create_jwt_authenticated_client(const jwt_arguments& given);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_CONFIGURED_HPP
#define T3API_AUTHENTICATE_CONFIGURED_HPP

#include <future>
#include <optional>
#include <string>
#include <vector>

#ifndef T3API_AUTHENTICATE_CREDENTIAL_CHAIN_HPP
#define T3API_AUTHENTICATE_CREDENTIAL_CHAIN_HPP

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_ENVIRONMENT_ENVIRONMENT_HPP
#define T3API_ENVIRONMENT_ENVIRONMENT_HPP

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_ENVIRONMENT_DOTENV_HPP
#define T3API_ENVIRONMENT_DOTENV_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_ENVIRONMENT_DOTENV_READER_HPP
#define T3API_ENVIRONMENT_DOTENV_READER_HPP

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_NATIVE_INPUT_FILE_HPP
#define T3API_NATIVE_INPUT_FILE_HPP

#include <cerrno>
#include <cstddef>
#include <string>

#ifdef _WIN32
#include <cstdio>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0 {

/// Who may use a file besides its owner and the superuser.
enum class file_access {
  owner,          ///< Nobody.
  others_read,    ///< Others may read it.
  others_change,  ///< Others may write to it, or it is another user's.
};

namespace detail {

/// A file to read from its start to its end. What is no regular file is not read, and opening it never waits,
/// as a named pipe would have it.
class input_file {
 public:
  enum class kind { regular, missing, directory, special, unreadable };

  explicit input_file(const std::string& path) {
#ifdef _WIN32
    file_ = std::fopen(path.c_str(), "rb");
    if (file_ != nullptr) {
      kind_ = kind::regular;
    } else {
      note_failure();
    }
#else
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &info) != 0) {
      note_failure();
    } else if (S_ISREG(info.st_mode)) {
      kind_ = kind::regular;
      const bool foreign = info.st_uid != ::geteuid() && info.st_uid != 0;
      if ((info.st_mode & (S_IRGRP | S_IROTH)) != 0) access_ = file_access::others_read;
      if (foreign || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) access_ = file_access::others_change;
    } else {
      kind_ = S_ISDIR(info.st_mode) ? kind::directory : kind::special;
    }
#endif
  }

  ~input_file() {
#ifdef _WIN32
    if (file_ != nullptr) std::fclose(file_);
#else
    if (descriptor_ >= 0) ::close(descriptor_);
#endif
  }
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;

  kind what() const noexcept { return kind_; }

  /// By its mode and owner; `owner` where the system has no such modes.
  file_access access() const noexcept { return access_; }

  /// The `errno` of what failed last.
  int failure() const noexcept { return failure_; }

  /// Reads up to `size` bytes and says whether that went well; `got` is 0 at the end of the file.
  bool read(char* into, std::size_t size, std::size_t& got) noexcept {
#ifdef _WIN32
    got = std::fread(into, 1, size, file_);
    if (got > 0 || std::ferror(file_) == 0) return true;
#else
    while (true) {
      const auto count = ::read(descriptor_, into, size);
      got = count > 0 ? static_cast<std::size_t>(count) : 0;
      if (count >= 0) return true;
      if (errno != EINTR) break;
    }
#endif
    note_failure();
    return false;
  }

 private:
  void note_failure() noexcept {
    failure_ = errno;
    kind_ = failure_ == ENOENT ? kind::missing : kind::unreadable;
  }

#ifdef _WIN32
  std::FILE* file_ = nullptr;
#else
  int descriptor_ = -1;
#endif
  kind kind_ = kind::unreadable;
  file_access access_ = file_access::owner;
  int failure_ = 0;
};

}  // namespace detail
}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// What a dotenv file says of one key.
struct dotenv_entry {
  secret value{};        ///< Without its quotes.
  std::size_t line = 0;  ///< Where the key stands; the first line is 1.
};

/// The settings of a dotenv file.
class dotenv {
 public:
  /// By key.
  using entries = std::map<std::string, dotenv_entry, std::less<>>;

  dotenv() = default;
  /// `name` stands in messages.
  dotenv(std::string name, entries found) : name_(std::move(name)), entries_(std::move(found)) {}

  /// Who besides its owner may use the file.
  file_access access = file_access::owner;

  /// Null when the file does not have the key. Keys are case-sensitive.
  const dotenv_entry* find(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }
  std::size_t size() const noexcept { return entries_.size(); }

  /// What the file is called, fit for a message.
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  entries entries_;
};

namespace detail {

/// Reads a dotenv text from its start to its end, once, as python-dotenv does.
class dotenv_reader {
 public:
  dotenv_reader(std::string_view text, std::string_view name)
      : text_(text), name_(printable(name, 100)), has_bom_(text.starts_with("\xEF\xBB\xBF")) {
    if (has_bom_) text_.remove_prefix(3);
  }

  result<dotenv> read() {
    while (at_ < text_.size()) {
      if (auto problem = read_entry()) return std::move(*problem);
    }
    return dotenv(std::move(name_), std::move(entries_));
  }

 private:
  static bool blank(char c) noexcept { return c == ' ' || c == '\t'; }

  static bool valid_key(std::string_view key) noexcept {
    return !key.empty() && !ascii_digit(key.front()) && std::all_of(key.begin(), key.end(), [](char c) {
      return ascii_alpha(c) || ascii_digit(c) || c == '_';
    });
  }

  /// The text in front of the `=`, without the word `export`.
  static std::string_view key_of(std::string_view before_equals) noexcept {
    constexpr std::string_view word = "export";
    while (!before_equals.empty() && blank(before_equals.front())) before_equals.remove_prefix(1);
    const bool exported = before_equals.size() > word.size() && before_equals.starts_with(word) &&
                          blank(before_equals[word.size()]);
    return trim(exported ? before_equals.substr(word.size()) : before_equals);
  }

  /// An unquoted value without the comment behind it.
  static std::string_view without_comment(std::string_view value) noexcept {
    for (auto hash = value.find('#'); hash != value.npos; hash = value.find('#', hash + 1)) {
      if (hash > 0 && blank(value[hash - 1])) return trim(value.substr(0, hash));
    }
    return value;
  }

  /// Whether Python takes a part of UTF-8 text that is not ASCII for white space.
  static bool has_wide_space(std::string_view text) noexcept {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      const auto three = text.substr(i, 3);
      if (three.starts_with("\xC2\x85") || three.starts_with("\xC2\xA0") || three == "\xE1\x9A\x80" ||
          three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9" || three == "\xE2\x80\xAF" ||
          three == "\xE2\x81\x9F" || three == "\xE3\x80\x80" ||
          (three.starts_with("\xE2\x80") && three > "\xE2\x80\x7F" && three < "\xE2\x80\x8B")) {
        return true;
      }
    }
    return false;
  }

  /// What stands between two quotes, with its escapes decoded and its line ends as line feeds.
  static secret decode(std::string_view quoted, char quote) {
    constexpr std::string_view meanings = "\\'\"\a\b\f\n\r\t\v";
    const std::string_view escapes = quote == '"' ? "\\'\"abfnrtv" : "\\'";
    std::string value;
    value.reserve(quoted.size());
    for (std::size_t i = 0; i < quoted.size(); ++i) {
      const bool pair = quoted[i] == '\\' && i + 1 < quoted.size();
      const auto escape = pair ? escapes.find(quoted[i + 1]) : escapes.npos;
      if (escape != escapes.npos) {
        value += meanings[escape];
        ++i;
      } else if (quoted[i] != '\r') {
        value += quoted[i];
      }
    }
    return secret(std::move(value));
  }

  error fault(std::size_t line, std::string_view key, const std::string& what) const {
    const std::string of_key = key.empty() ? "" : " (" + printable(key, 60) + ")";
    return argument_error(name_ + " line " + std::to_string(line) + of_key + " " + what);
  }

  std::optional<error> check_bytes(std::string_view lines, std::size_t number, std::string_view key) const {
    for (;; ++number) {
      const auto end = lines.find('\n');
      auto line = lines.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!is_utf8(line)) return fault(number, key, "is not valid UTF-8: save the file as UTF-8");
      if (std::any_of(line.begin(), line.end(), [](char c) { return ascii_control(c) && c != '\t'; })) {
        return fault(number, key, "holds a control character: remove it, or save the file as UTF-8 text");
      }
      if (end == lines.npos) return std::nullopt;
      lines.remove_prefix(end + 1);
    }
  }

  /// The text up to the line feed or the end.
  std::string_view take_line() noexcept {
    const auto end = text_.find('\n', at_);
    const auto line = text_.substr(at_, end == text_.npos ? text_.npos : end - at_);
    at_ = end == text_.npos ? text_.size() : end + 1;
    ++line_;
    return line;
  }

  std::optional<error> read_entry() {
    const auto line = take_line();
    const auto first = line_;
    const auto start = trim(line);
    const bool comment = start.starts_with('#');
    const auto equals = line.find('=');
    auto key = comment || equals == line.npos ? std::string_view() : key_of(line.substr(0, equals));
    // What is no key may be part of a secret that goes over several lines.
    if (!valid_key(key)) key = {};
    if (auto problem = check_bytes(line, first, key)) return problem;
    if (comment || start.empty()) return std::nullopt;
    if (equals == line.npos) {
      return fault(first, {}, "is no KEY=VALUE: write it so, or start it with # if it is a comment");
    }
    if (key.empty()) {
      return fault(first, {},
                   "has no good key before the =: use letters, digits and underscores, a digit not first");
    }
    if (has_bom_ && first == 1) {
      return fault(first, key,
                   "begins with a byte order mark, behind which T3's Python client does not find the key: "
                   "save the file as UTF-8 without one");
    }
    if (const auto known = entries_.find(key); known != entries_.end()) {
      return fault(
          first, key,
          "sets what line " + std::to_string(known->second.line) + " has set: remove one of the two");
    }
    const auto value = trim(line.substr(equals + 1));
    if (value.starts_with('"') || value.starts_with('\'')) return read_quoted(key, value);
    const auto unquoted = without_comment(value);
    if (has_wide_space(unquoted)) {
      return fault(first, key, "holds a blank that is no plain space: put the value into single quotes");
    }
    return add(key, secret(unquoted), first);
  }

  /// `value` starts at the opening quote.
  std::optional<error> read_quoted(std::string_view key, std::string_view value) {
    const auto first = line_;
    const char quote = value.front();
    const auto open = static_cast<std::size_t>(value.data() - text_.data());
    const auto close = closing_quote(open + 1, quote);
    if (close == text_.npos) {
      return fault(first, key, std::string("opens a quote that is never closed: add the closing ") + quote);
    }
    const auto quoted = text_.substr(open + 1, close - open - 1);
    line_ += static_cast<std::size_t>(std::count(quoted.begin(), quoted.end(), '\n')) - 1;
    at_ = close + 1;
    const auto behind = take_line();
    const auto end = static_cast<std::size_t>(behind.data() - text_.data()) + behind.size();
    if (auto problem = check_bytes(text_.substr(open, end - open), first, key)) return problem;
    if (const auto tail = trim(behind); !tail.empty() && !tail.starts_with('#')) {
      return fault(line_, key,
                   "has text behind the closing quote: put all of the value into one pair of quotes");
    }
    return add(key, decode(quoted, quote), first);
  }

  /// The first quote without a backslash in front, else the last one that has one: python-dotenv does not
  /// count backslashes, and writes a value that ends in one so.
  std::size_t closing_quote(std::size_t from, char quote) const noexcept {
    auto last = text_.npos;
    for (auto at = text_.find(quote, from); at != text_.npos; at = text_.find(quote, at + 1)) {
      if (at == from || text_[at - 1] != '\\') return at;
      last = at;
    }
    return last;
  }

  std::optional<error> add(std::string_view key, secret value, std::size_t line) {
    const auto text = value.reveal();
    if (const auto open = text.find("${"); open != text.npos && text.find('}', open) != text.npos) {
      return fault(line, key,
                   "holds ${...}, in whose place T3's Python client puts another setting's value: set this "
                   "one in the environment");
    }
    entries_.emplace(std::string(key), dotenv_entry{std::move(value), line});
    return std::nullopt;
  }

  std::string_view text_;
  std::string name_;
  bool has_bom_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  dotenv::entries entries_;
};

}  // namespace detail
}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_ENVIRONMENT_SMALL_FILE_HPP
#define T3API_ENVIRONMENT_SMALL_FILE_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// A string that is overwritten when it goes.
class wiped_string {
 public:
  explicit wiped_string(std::string text) noexcept : text_(std::move(text)) {}
  ~wiped_string() { wipe(text_); }
  wiped_string(const wiped_string&) = delete;
  wiped_string& operator=(const wiped_string&) = delete;

  std::string& operator*() noexcept { return text_; }
  std::string* operator->() noexcept { return &text_; }

 private:
  std::string text_;
};

/// What a small file holds, and who may use it.
struct small_file {
  std::string bytes;
  file_access access;
};

/// The bytes of a regular file, or nothing when there is none at `path`. No more than `limit` bytes and one
/// are ever read; every buffer but the returned one, which never lies within the string, is overwritten.
inline result<std::optional<small_file>> read_small_file(const std::string& path, std::size_t limit) {
  const std::string name = printable(path, 100);
  const auto failed = [&name](int code) {
    return argument_error(name + " cannot be read (" + std::generic_category().message(code) +
                          "): mend the file or its permissions, or move it away");
  };
  if (path.find('\0') != path.npos)
    return argument_error(name + " is no path of a file: it holds a NUL byte");

  input_file file(path);
  switch (file.what()) {
    case input_file::kind::regular: break;
    case input_file::kind::missing: return std::optional<small_file>();
    case input_file::kind::unreadable: return failed(file.failure());
    case input_file::kind::directory:
      return argument_error(name +
                            " is a directory: put a file of KEY=VALUE lines in its place, or move it away");
    case input_file::kind::special:
      return argument_error(name + " is a pipe or device: put a file of KEY=VALUE lines in its place");
  }

  wiped_string bytes(std::string((std::min)(limit + 1, std::size_t{4096}), '\0'));
  for (std::size_t used = 0;;) {
    if (used > limit) {
      return argument_error(name + " is larger than " + std::to_string(limit) +
                            " bytes: leave only settings in it, one KEY=VALUE a line");
    }
    if (used == bytes->size()) {
      wiped_string larger(std::string((std::min)(2 * used, limit + 1), '\0'));
      bytes->copy(larger->data(), used);
      bytes->swap(*larger);
    }
    std::size_t count = 0;
    if (!file.read(bytes->data() + used, bytes->size() - used, count)) return failed(file.failure());
    if (count == 0) {
      bytes->resize(used);
      return std::optional<small_file>({std::move(*bytes), file.access()});
    }
    used += count;
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// The largest dotenv file that is read, in bytes.
inline constexpr std::size_t max_dotenv_bytes = 1U << 20U;

/// Reads the text of a dotenv file; `name` is what errors call it. Values are those that python-dotenv 0.21
/// to 1.2 reads, also those that its `set_key` writes:
///
///     # a comment, on a line of its own or behind a value
///     METRC_HOSTNAME = ca.metrc.com       # spaces around = and at the ends are dropped
///     export METRC_USERNAME=alice         # the word export is allowed, as a shell wants it
///     METRC_PASSWORD='it\'s #1 "all"'     # single quotes: \' and \\ are decoded
///     NOTE="say \"hi\"\n"                 # double quotes: \' \" \\ \a \b \f \n \r \t \v are decoded
///
/// Other backslashes stay, and a value in quotes may go over several lines. An unquoted value ends at a `#`
/// with a blank before it. A CR before a line's end is dropped.
///
/// The whole text must be right. What python-dotenv skips, guesses or expands is an `argument` error, which
/// names file, line and, where it is sure, the key, never a value: lines that are no KEY=VALUE, keys other
/// than letters, digits and underscores (a digit not first), a key that comes twice, text behind a closing
/// quote, `${...}`, control characters other than tabs, bytes that are no UTF-8, a byte order mark before the
/// first key, and in an unquoted value Unicode's other blanks.
inline result<dotenv> parse_dotenv(std::string_view text, std::string_view name) {
  return detail::dotenv_reader(text, name).read();
}

/// Reads a dotenv file as `parse_dotenv` does. A file that is not there is an empty one; a directory, a
/// file that cannot be read or one of more than `max_dotenv_bytes` is an `argument` error. Neither the file
/// nor the process environment is changed, and the file's bytes are wiped from memory afterwards.
inline result<dotenv> read_dotenv(std::string path) {
  auto file = detail::read_small_file(path, max_dotenv_bytes);
  if (!file) return std::move(file).error();
  if (!file->has_value()) return parse_dotenv({}, path);
  detail::wiped_string text(std::move((*file)->bytes));
  auto settings = parse_dotenv(*text, path);
  if (settings) settings->access = (*file)->access;
  return settings;
}

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// Where a setting is found; what is found at the front goes before the rest. The file is trusted less than
/// the other two: it belongs to whoever fills the working directory.
enum class setting_place { arguments, environment, file };

/// A value and where it comes from.
struct setting {
  secret value{};                                    ///< As it stands there.
  std::string source{};                              ///< "the environment" or "<file> line <n>".
  setting_place place = setting_place::environment;  ///< The same, for programs.
};

/// Where `environment::load` looks.
struct environment_options {
  std::string file = ".t3.env";  ///< Relative to the working directory; empty for no file.
  /// Gives the value of a variable or null. As std::getenv, it is not to be raced by a setenv.
  std::function<const char*(const char*)> lookup = [](const char* name) -> const char* {
    return std::getenv(name);
  };
};

/// Settings by name, from the process environment and a dotenv file; the environment wins. Neither is ever
/// changed.
class environment {
 public:
  /// Reads the file, if there is one: see `read_dotenv` for its errors.
  static result<environment> load(environment_options options = {}) {
    if (options.file.empty()) return environment(dotenv(), std::move(options));
    auto file = read_dotenv(options.file);
    if (!file) return std::move(file).error();
    return environment(*std::move(file), std::move(options));
  }

  /// The value as it stands, or nothing when it is set nowhere. A value of white space alone counts as not
  /// set, so that the file's is taken when the environment's is blank.
  std::optional<setting> get(std::string_view name) const {
    const char* value = options_.lookup ? options_.lookup(std::string(name).c_str()) : nullptr;
    if (value != nullptr && !detail::trim(value).empty()) return setting{secret(value), "the environment"};
    const auto* entry = file_.find(name);
    if (entry == nullptr || detail::trim(entry->value.reveal()).empty()) return std::nullopt;
    return setting{entry->value, file_.name() + " line " + std::to_string(entry->line), setting_place::file};
  }

  /// What the file says, without what the environment has in its place.
  const dotenv& file() const noexcept { return file_; }

  /// The path of the file.
  const std::string& path() const noexcept { return options_.file; }

 private:
  environment(dotenv file, environment_options options)
      : file_(std::move(file)), options_(std::move(options)) {}

  dotenv file_;
  environment_options options_;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_ENVIRONMENT_SETTINGS_HPP
#define T3API_ENVIRONMENT_SETTINGS_HPP

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#ifndef T3API_ENVIRONMENT_SETTING_READER_HPP
#define T3API_ENVIRONMENT_SETTING_READER_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_ENVIRONMENT_VALUES_HPP
#define T3API_ENVIRONMENT_VALUES_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// A decimal number such as "30", "2.5" or ".5", in billionths; what is smaller still is rounded up. No sign,
/// no exponent, and no more than a billion.
inline std::optional<std::uint64_t> parse_billionths(std::string_view text) noexcept {
  constexpr std::uint64_t unit = 1'000'000'000;
  const auto dot = text.find('.');
  const auto whole_digits = text.substr(0, dot);
  const auto digits = dot == text.npos ? std::string_view() : text.substr(dot + 1);
  if (whole_digits.empty() && digits.empty()) return std::nullopt;

  const auto whole = whole_digits.empty() ? 0 : parse_decimal(whole_digits);
  if (!whole || *whole > unit) return std::nullopt;
  std::uint64_t fraction = 0;
  std::uint64_t place = unit;
  bool beyond = false;
  for (const char c : digits) {
    if (!ascii_digit(c)) return std::nullopt;
    place /= 10;
    fraction += static_cast<std::uint64_t>(c - '0') * place;
    beyond = beyond || (place == 0 && c != '0');
  }
  return *whole * unit + fraction + (beyond ? 1 : 0);
}

/// 1/0, true/false, yes/no, on/off, in any case.
inline std::optional<bool> parse_switch(std::string_view text) noexcept {
  for (const std::string_view word : {"1", "true", "yes", "on"}) {
    if (iequals(text, word)) return true;
  }
  for (const std::string_view word : {"0", "false", "no", "off"}) {
    if (iequals(text, word)) return false;
  }
  return std::nullopt;
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// Reads settings into typed targets, which keep what they have when a setting is not set. Remembers the
/// first value that is malformed.
class setting_reader {
 public:
  explicit setting_reader(const environment& from) noexcept : from_(&from) {}

  const std::optional<error>& problem() const noexcept { return problem_; }

  /// The value as it stands: whether it is well-formed, the auth methods say.
  std::optional<setting> credential(const char* key) {
    auto found = from_->get(key);
    if (found) refuse_quotes(key, *found);
    return found;
  }

  /// Seconds, up to `most`, rounded up to whole milliseconds. Says whether the setting was set and right.
  bool seconds(const char* key, std::chrono::milliseconds& target, std::uint64_t most, bool zero_allowed) {
    return read(key, [&](std::string_view text) {
      const auto billionths = parse_billionths(text);
      if (!billionths || *billionths > most * unit || (*billionths == 0 && !zero_allowed)) {
        return "give a number of seconds " +
               (zero_allowed ? "from 0 to " + std::to_string(most)
                             : "above 0, up to " + std::to_string(most)) +
               ", such as 2 or 2.5";
      }
      target = std::chrono::ceil<std::chrono::milliseconds>(
          std::chrono::nanoseconds(static_cast<std::int64_t>(*billionths)));
      return std::string();
    });
  }

  /// A whole number from 1 to `most`.
  template <class Target>
  void count(const char* key, Target& target, int most) {
    read(key, [&](std::string_view text) {
      const auto number = parse_decimal(text);
      if (!number || *number < 1 || *number > static_cast<std::uint64_t>(most)) {
        return "give a whole number from 1 to " + std::to_string(most);
      }
      target = static_cast<Target>(*number);
      return std::string();
    });
  }

  /// A number above 0, up to `most`. True when it is set.
  bool rate(const char* key, double& target, std::uint64_t most) {
    return read(key, [&](std::string_view text) {
      const auto billionths = parse_billionths(text);
      if (!billionths || *billionths == 0 || *billionths > most * unit) {
        return "give a number above 0, up to " + std::to_string(most) + ", such as 10 or 2.5";
      }
      target = static_cast<double>(*billionths) / static_cast<double>(unit);
      return std::string();
    });
  }

  void flag(const char* key, bool& target) {
    read(key, [&](std::string_view text) -> std::string {
      const auto on = parse_switch(text);
      if (!on) return "give true or false (or 1/0, yes/no, on/off)";
      target = *on;
      return {};
    });
  }

  /// The address of a service. A value with marks that an address has no use for is not shown: it may hold a
  /// password or a key.
  void address(const char* key, std::string& target) {
    read(key, [&](std::string_view text) -> std::string {
      if (!parse_url(text)) return "give scheme and host, such as https://api.trackandtrace.tools";
      target = text;
      return {};
    });
  }

  void path(const char* key, std::string& target) {
    read(key, [&](std::string_view text) -> std::string {
      if (has_control(text)) return "give the path of a file, without line breaks or tabs";
      target = text;
      return {};
    });
  }

  /// Host names with commas between them, in small letters. Nothing between two commas is nothing, so that a
  /// lone comma is the empty list.
  void hosts(const char* key, std::vector<std::string>& target) {
    read(key, [&](std::string_view text) -> std::string {
      std::vector<std::string> names;
      for (bool more = true; more;) {
        const auto comma = text.find(',');
        const auto name = trim(text.substr(0, comma));
        if (!name.empty() && !valid_host(name, false)) {
          return "give host names with commas between them, such as mi.metrc.com,co.metrc.com";
        }
        if (!name.empty()) names.push_back(to_lower(name));
        more = comma != text.npos;
        if (more) text.remove_prefix(comma + 1);
      }
      target = std::move(names);
      return {};
    });
  }

 private:
  /// A shell and a .t3.env take quotes off; `docker run --env-file` does not.
  void refuse_quotes(const char* key, const setting& found) {
    const auto text = trim(found.value.reveal());
    const bool quoted =
        text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
    if (problem_ || !quoted || found.place != setting_place::environment) return;
    problem_ =
        argument_error(std::string(key) +
                       " in the environment stands in quotes, which docker --env-file hands on as a part "
                       "of the value: take them off there, or, if they belong to the value, set it in "
                       ".t3.env");
  }

  static constexpr std::uint64_t unit = 1'000'000'000;

  /// `take` gets the value without blanks around it and says what would be right, or nothing when it is.
  /// Whether the setting was set and right.
  template <class Take>
  bool read(const char* key, Take take) {
    if (problem_) return false;
    const auto found = from_->get(key);
    if (found) refuse_quotes(key, *found);
    if (!found || problem_) return false;
    const auto text = trim(found->value.reveal());
    const std::string advice = take(text);
    if (advice.empty()) return true;
    const bool may_hold_secret = text.find_first_of("@?#\\") != text.npos;
    const std::string shown = may_hold_secret ? " is malformed" : " is '" + printable(text, 40) + "'";
    problem_ = argument_error(std::string(key) + " in " + found->source + shown + ": " + advice);
    return false;
  }

  const environment* from_;
  std::optional<error> problem_{};
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// What is set of the ways in, unchecked: the auth methods check it.
struct configured_credentials {
  std::optional<setting> hostname{};    ///< METRC_HOSTNAME
  std::optional<setting> username{};    ///< METRC_USERNAME
  std::optional<setting> password{};    ///< METRC_PASSWORD
  std::optional<setting> email{};       ///< METRC_EMAIL
  std::optional<setting> otp_seed{};    ///< OTP_SEED
  std::optional<setting> jwt{};         ///< JWT_TOKEN
  std::optional<setting> api_key{};     ///< API_KEY
  std::optional<setting> state_code{};  ///< API_STATE_CODE
  std::optional<setting> secret_key{};  ///< T3_SECRET_KEY
};

/// What is to be logged of the traffic, and where.
struct log_settings {
  bool http = false;       ///< T3_LOG_HTTP: requests and answers at all.
  bool headers = false;    ///< T3_LOG_HEADERS
  bool body = false;       ///< T3_LOG_BODY
  std::string file{};      ///< T3_LOG_FILE; empty when not set.
  std::string named_by{};  ///< The path of the dotenv file that T3_LOG_FILE stands in; else empty.
};

/// The settings of a T3 client as the environment gives them.
struct settings {
  client_config client{};                ///< Of `client`.
  backoff_options retry{};               ///< Of `exponential_backoff`.
  state_rules rules{};                   ///< Of `credentials_auth`.
  log_settings log{};                    ///< Of `logging_hooks::from_env`.
  configured_credentials credentials{};  ///< What there is to log in with.
  std::optional<setting> host{};         ///< T3_API_HOST
  std::optional<setting> verify_ssl{};   ///< VERIFY_SSL
  /// Sentences for people, such as that others may read the file with the secrets.
  std::vector<std::string> warnings{};
};

namespace detail {

/// Says who else may use a file with secrets; empty when nobody may, or there are none.
inline std::string exposure_of(const dotenv& file) {
  constexpr std::array secrets = {"T3_SECRET_KEY", "JWT_TOKEN", "API_KEY", "METRC_PASSWORD", "OTP_SEED"};
  const bool holds_secrets = std::any_of(secrets.begin(), secrets.end(),
                                         [&](const char* name) { return file.find(name) != nullptr; });
  if (!holds_secrets || file.access == file_access::owner) return {};
  if (file.access == file_access::others_read)
    return "others may read " + file.name() + ", which holds secrets: run chmod 600 on it";
  return "others may change " + file.name() +
         ", which holds secrets, and with it where they are sent: make it your own and run chmod 600 on it";
}

}  // namespace detail

/// Puts what the environment sets over `base` and `retry`; the rest of both stays:
///
/// - T3_API_HOST; HTTP_TIMEOUT, which is the read time-out too unless that is set, HTTP_CONNECT_TIMEOUT and
///   HTTP_READ_TIMEOUT in seconds, above 0, up to a day; VERIFY_SSL, which when false sets
///   `tls_options::dangerously_accept_any_certificate`
/// - RETRY_MAX_ATTEMPTS from 1 to 100; RETRY_BACKOFF_FACTOR as `backoff_options::base` (a cap below it is
///   raised to it) and RETRY_MIN_WAIT in seconds, from 0 to an hour
/// - MAX_WORKERS from 1 to 1,000 as `client_config::async_threads`; BATCH_SIZE from 1 to 100,000
/// - RATE_LIMIT_RPS, requests a second, above 0, up to 10,000, and with it RATE_LIMIT_BURST from 1 to 100,000
/// - OTP_WHITELIST and EMAIL_WHITELIST, host names with commas between them, as `state_rules`
/// - those named at the members of `settings`
///
/// Switches are 1/0, true/false, yes/no or on/off. The first malformed value is an `argument` error that
/// names key and place and says what would be right. A value of the environment that stands in quotes is one
/// too.
inline result<settings> read_settings(const environment& from, client_config base = {},
                                      backoff_options retry = {}) {
  constexpr std::uint64_t day = 86'400;
  constexpr std::uint64_t hour = 3'600;
  settings all{.client = std::move(base), .retry = std::move(retry)};
  detail::setting_reader reader(from);

  reader.address("T3_API_HOST", all.client.host);
  if (reader.seconds("HTTP_TIMEOUT", all.client.timeout, day, false)) {
    all.client.read_timeout = all.client.timeout;
  }
  reader.seconds("HTTP_CONNECT_TIMEOUT", all.client.connect_timeout, day, false);
  reader.seconds("HTTP_READ_TIMEOUT", all.client.read_timeout, day, false);
  bool verify = !all.client.tls.dangerously_accept_any_certificate;
  reader.flag("VERIFY_SSL", verify);
  all.client.tls.dangerously_accept_any_certificate = !verify;

  reader.count("RETRY_MAX_ATTEMPTS", all.retry.max_attempts, 100);
  if (reader.seconds("RETRY_BACKOFF_FACTOR", all.retry.base, hour, true)) {
    all.retry.cap = (std::max)(all.retry.cap, all.retry.base);
  }
  reader.seconds("RETRY_MIN_WAIT", all.retry.min_wait, hour, true);

  reader.count("MAX_WORKERS", all.client.async_threads, 1'000);
  reader.count("BATCH_SIZE", all.client.batch_size, 100'000);
  rate_limit limit = all.client.rate_limit.value_or(rate_limit{});
  const bool limited = reader.rate("RATE_LIMIT_RPS", limit.per_second, 10'000);
  reader.count("RATE_LIMIT_BURST", limit.burst, 100'000);
  if (limited || all.client.rate_limit) all.client.rate_limit = limit;
  reader.hosts("OTP_WHITELIST", all.rules.otp_hostnames);
  reader.hosts("EMAIL_WHITELIST", all.rules.email_hostnames);

  reader.flag("T3_LOG_HTTP", all.log.http);
  reader.flag("T3_LOG_HEADERS", all.log.headers);
  reader.flag("T3_LOG_BODY", all.log.body);
  reader.path("T3_LOG_FILE", all.log.file);
  if (const auto log_file = from.get("T3_LOG_FILE"); log_file && log_file->place == setting_place::file) {
    all.log.named_by = from.path();
  }

  all.credentials = {.hostname = reader.credential("METRC_HOSTNAME"),
                     .username = reader.credential("METRC_USERNAME"),
                     .password = reader.credential("METRC_PASSWORD"),
                     .email = reader.credential("METRC_EMAIL"),
                     .otp_seed = reader.credential("OTP_SEED"),
                     .jwt = reader.credential("JWT_TOKEN"),
                     .api_key = reader.credential("API_KEY"),
                     .state_code = reader.credential("API_STATE_CODE"),
                     .secret_key = reader.credential("T3_SECRET_KEY")};
  if (reader.problem()) return *reader.problem();

  all.host = from.get("T3_API_HOST");
  all.verify_ssl = from.get("VERIFY_SSL");
  if (auto warning = detail::exposure_of(from.file()); !warning.empty())
    all.warnings.push_back(std::move(warning));
  return all;
}

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// How a program gets into T3.
enum class way_in { secret_key, jwt, api_key, credentials };

/// Its name, for people.
constexpr std::string_view to_string(way_in way) noexcept {
  switch (way) {
    case way_in::secret_key: return "secret key";
    case way_in::jwt: return "JWT";
    case way_in::api_key: return "API key";
    case way_in::credentials: return "Metrc credentials";
  }
  return "unknown";
}

namespace detail {

/// One value that a provider takes.
struct credential_part {
  std::string_view name;  ///< As it is called in the environment.
  std::optional<setting> found{};
  bool is_secret = false;

  secret value() const { return found ? found->value : secret(); }
  std::string text() const { return std::string(value().reveal()); }
  bool is_from(setting_place place) const { return found && found->place == place; }
};

/// A value that is given as an argument, else what is found elsewhere.
inline std::optional<setting> first_of(std::string_view given, const std::optional<setting>& found) {
  if (trim(given).empty()) return found;
  return setting{secret(given), "the arguments", setting_place::arguments};
}

/// All values that there are to log in with.
struct credential_parts {
  credential_part secret_key, jwt, api_key, state_code, hostname, username, password, otp, email, otp_seed;
};

/// Arguments go before what is found. A seed that is found counts only where the state wants a one-time
/// password and none is given.
template <class Arguments>
credential_parts find_credentials(const Arguments& given, const configured_credentials& found,
                                  const state_rules& rules) {
  credential_parts parts{
      .secret_key = {"T3_SECRET_KEY", first_of(given.secret_key.reveal(), found.secret_key), true},
      .jwt = {"JWT_TOKEN", first_of(given.jwt_token.reveal(), found.jwt), true},
      .api_key = {"API_KEY", first_of(given.api_key.reveal(), found.api_key), true},
      .state_code = {"API_STATE_CODE", first_of(given.state_code, found.state_code)},
      .hostname = {"METRC_HOSTNAME", first_of(given.hostname, found.hostname)},
      .username = {"METRC_USERNAME", first_of(given.username, found.username)},
      .password = {"METRC_PASSWORD", first_of(given.password.reveal(), found.password), true},
      .otp = {"one-time password", first_of(given.otp.reveal(), std::nullopt), true},
      .email = {"METRC_EMAIL", first_of(given.email, found.email)},
      .otp_seed = {"OTP_SEED", first_of(given.otp_seed.reveal(), std::nullopt), true}};
  const bool seed_is_wanted = !parts.otp.found && rules.needs_otp(parts.hostname.text());
  if (seed_is_wanted && !parts.otp_seed.found) parts.otp_seed.found = found.otp_seed;
  return parts;
}

/// "A", "A and B", "A, B and C".
inline std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text.append(i == 0 ? "" : i + 1 == words.size() ? " and " : ", ").append(words[i]);
  }
  return text;
}

/// Where those parts that there are come from, such as "METRC_PASSWORD in the environment, METRC_HOSTNAME and
/// METRC_USERNAME in .t3.env lines 2 and 1". `one` and `several` stand between names and place.
inline std::string origins(const std::vector<const credential_part*>& parts, const std::string& one = " in ",
                           const std::string& several = " in ") {
  constexpr std::string_view line = " line ";
  std::vector<setting_place> places;  // In the order of the parts.
  for (const auto* part : parts) {
    if (part->found && std::find(places.begin(), places.end(), part->found->place) == places.end())
      places.push_back(part->found->place);
  }
  std::string text;
  for (const auto place : places) {
    std::vector<std::string> names, lines;
    std::string source;
    for (const auto* part : parts) {
      if (!part->is_from(place)) continue;
      names.emplace_back(part->name);
      source = part->found->source;
      if (place != setting_place::file) continue;
      const auto at = source.rfind(line);
      lines.push_back(source.substr(at + line.size()));
      source.resize(at);
    }
    text += (text.empty() ? "" : ", ") + listed(names) + (names.size() == 1 ? one : several) + source;
    if (!lines.empty()) text += (lines.size() == 1 ? " line " : " lines ") + listed(lines);
  }
  return text;
}

/// One way to log in, with what it takes.
struct credential_provider {
  way_in kind;
  std::vector<const credential_part*> required;  ///< The first says that credentials of this kind are meant.
  std::vector<const credential_part*> optional{};

  /// One required part that is given as an argument makes it the caller's choice. In the environment and the
  /// file the first part counts alone.
  bool is_from(setting_place place) const {
    const bool chosen = std::any_of(required.begin(), required.end(), [](const credential_part* part) {
      return part->is_from(setting_place::arguments);
    });
    return chosen ? place == setting_place::arguments : required.front()->is_from(place);
  }
  bool is_meant() const { return is_from(setting_place::arguments) || required.front()->found.has_value(); }

  /// The parts that there are.
  std::vector<const credential_part*> present() const {
    auto parts = required;
    parts.insert(parts.end(), optional.begin(), optional.end());
    std::erase_if(parts, [](const credential_part* part) { return !part->found; });
    return parts;
  }

  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    for (const auto* part : required) {
      if (!part->found) names.emplace_back(part->name);
    }
    return names;
  }

  bool has_argument() const {
    const auto parts = present();
    return std::any_of(parts.begin(), parts.end(),
                       [](const credential_part* part) { return part->is_from(setting_place::arguments); });
  }

  /// What it is and where it comes from: by its first part if all of it comes from one place, else by every
  /// part.
  std::string origin() const {
    const auto parts = present();
    const auto place = parts.front()->found->place;
    const bool together = std::all_of(parts.begin(), parts.end(),
                                      [&](const credential_part* part) { return part->is_from(place); });
    const std::string from = std::string(to_string(kind)) + " from ";
    if (!together) return from + origins(parts);
    return from +
           (place == setting_place::arguments ? parts.front()->found->source : origins({parts.front()}));
  }
};

/// The providers that there are, and the choice among them.
class credential_chain {
 public:
  credential_chain(credential_parts parts, state_rules rules)
      : parts_(std::move(parts)), rules_(std::move(rules)) {}
  credential_chain(const credential_chain&) = delete;
  credential_chain& operator=(const credential_chain&) = delete;

  /// The first in `order` of those that are given as arguments, else of those in the environment, else of
  /// those in the file. Throws std::invalid_argument when there is none, or not all that it needs; `file` is
  /// what that message calls the file, empty for none.
  const credential_provider& choose(const std::vector<way_in>& order, std::string_view file) const {
    if (order.empty()) throw std::invalid_argument("the order of the ways in is empty: name one at least");
    for (const auto place : {setting_place::arguments, setting_place::environment, setting_place::file}) {
      for (const auto kind : order) {
        const auto& provider = provider_of(kind);
        if (!provider.is_from(place)) continue;
        const auto missing = provider.missing();
        if (missing.empty()) return provider;
        throw std::invalid_argument("the " + provider.origin() + " is not enough: " + listed(missing) +
                                    " must be set too");
      }
    }
    throw std::invalid_argument(nothing_chosen(order, file));
  }

  /// The auth method of a provider of this chain, with a description of what it is and where it comes from;
  /// `destination` is its end. Throws std::invalid_argument when a part is malformed or the state wants more,
  /// and authentication_error for an expired JWT; both name the settings and their places.
  any_auth make_auth(const credential_provider& chosen, bool renew, const memory_store& store,
                     const std::string& destination) const {
    for (const auto* part : chosen.present()) check_part(*part, chosen);
    const auto description = description_of(chosen) + destination;
    const renewal_options renewal{.keep_credentials = renew};
    switch (chosen.kind) {
      case way_in::secret_key: return {secret_key_auth(parts_.secret_key.value()), description};
      case way_in::jwt: return {bearer_auth(parts_.jwt.value()), description};
      case way_in::api_key:
        return {api_key_auth(parts_.api_key.value(), parts_.state_code.text(), store, renewal), description};
      case way_in::credentials: break;
    }
    require_trusted_hostname();
    require_rules(chosen);
    try {
      return {credentials_auth({.hostname = parts_.hostname.text(),
                                .username = parts_.username.text(),
                                .password = parts_.password.value(),
                                .otp = parts_.otp.value(),
                                .email = parts_.email.text(),
                                .otp_seed = parts_.otp_seed.value()},
                               store, {.rules = rules_, .renewal = renewal}),
              description};
    } catch (const std::invalid_argument& failure) {
      throw std::invalid_argument("the " + chosen.origin() + ": " + failure.what());
    }
  }

 private:
  const credential_provider& provider_of(way_in kind) const {
    return *std::find_if(providers_.begin(), providers_.end(),
                         [&](const credential_provider& provider) { return provider.kind == kind; });
  }

  /// Throws what the auth method says against one part, with the part and its place in front.
  void check_part(const credential_part& part, const credential_provider& of) const {
    const credentials stand_in{.hostname = "x", .username = "x", .password = "x"};
    const auto require_part = [&](auto member) {
      auto user = stand_in;
      user.*member = part.value().reveal();
      require_valid(user, {.otp_hostnames = {}, .email_hostnames = {}});
    };
    try {
      if (&part == &parts_.secret_key) secret_key_auth{part.value()};
      if (&part == &parts_.jwt) bearer_auth{part.value()};
      if (&part == &parts_.api_key) api_key_auth(part.value(), "CA");
      if (&part == &parts_.state_code) api_key_auth("x", part.text());
      if (&part == &parts_.hostname) require_part(&credentials::hostname);
      if (&part == &parts_.username) require_part(&credentials::username);
      if (&part == &parts_.password) require_part(&credentials::password);
      if (&part == &parts_.otp) require_part(&credentials::otp);
      if (&part == &parts_.email) require_part(&credentials::email);
      if (&part == &parts_.otp_seed) require_part(&credentials::otp_seed);
    } catch (const std::invalid_argument& failure) {
      throw std::invalid_argument(origins({&part}) + ": " + failure.what());
    } catch (const authentication_error& failure) {
      error told = failure.details();
      if (!of.has_argument()) {
        told.message =
            "the JWT has expired: get a new one, or set T3_SECRET_KEY or Metrc credentials in its place";
      }
      told.message = origins({&part}) + ": " + told.message;
      throw authentication_error(std::move(told));
    }
  }

  /// T3 sends the password on to that host: a file names only Metrc's for a password from elsewhere.
  void require_trusted_hostname() const {
    const bool is_metrc = to_lower(trim(parts_.hostname.text())).ends_with(".metrc.com");
    const bool same_file = parts_.password.is_from(setting_place::file);
    if (is_metrc || same_file || !parts_.hostname.is_from(setting_place::file)) return;
    throw std::invalid_argument(
        origins({&parts_.hostname}) + " is no host of Metrc, and does not decide where to send " +
        origins({&parts_.password}) + ": set METRC_HOSTNAME in the environment, or give it as an argument");
  }

  /// Throws std::invalid_argument when the state wants more of Metrc credentials than there is. Who has given
  /// no argument hears of settings alone.
  void require_rules(const credential_provider& chosen) const {
    const auto hostname = parts_.hostname.text();
    const auto refuse = [&](const std::string& what, const std::string& setting,
                            const std::string& argument) {
      throw std::invalid_argument(origins({&parts_.hostname}) + ": " + printable(trim(hostname), 100) +
                                  " wants " + what + ": set " + setting +
                                  (chosen.has_argument() ? ", or give " + argument : ""));
    };
    if (rules_.needs_otp(hostname) && !parts_.otp.found && !parts_.otp_seed.found)
      refuse("a one-time password", "OTP_SEED, the Base32 text that they come from", "otp_seed or otp");
    if (rules_.needs_email(hostname) && !parts_.email.found)
      refuse("the account's e-mail address", "METRC_EMAIL", "email");
  }

  /// What is used, from where, and what else there is.
  std::string description_of(const credential_provider& chosen) const {
    std::string others;
    for (const auto& provider : providers_) {
      if (&provider != &chosen && provider.is_meant()) {
        others += (others.empty() ? "" : ", ") + provider.origin();
      }
    }
    return "using the " + chosen.origin() + (others.empty() ? "" : " (not used: " + others + ")");
  }

  std::string nothing_chosen(const std::vector<way_in>& order, std::string_view file) const {
    std::string looked_for;
    std::string incomplete;
    for (const auto kind : order) {
      const auto& required = provider_of(kind).required;
      const auto missing = provider_of(kind).missing();
      std::vector<std::string> further;
      for (const auto* part : required) further.emplace_back(part->name);
      further.erase(further.begin());
      looked_for.append(looked_for.empty() ? "" : ", or ").append(required.front()->name);
      if (!further.empty()) looked_for += " with " + listed(further);
      if (missing.size() == required.size()) continue;
      incomplete += (incomplete.empty() ? "" : "; ") + origins(required, " is set in ", " are set in ") +
                    ", but " + listed(missing) + (missing.size() == 1 ? " is not" : " are not");
    }
    if (!incomplete.empty()) return "the credentials that are configured are not enough: " + incomplete;
    const std::string places = file.empty() ? "the arguments and the environment"
                                            : "the arguments, the environment and " + printable(file, 100);
    return "no credentials are configured: looked in " + places + " for " + looked_for + "; set one of these";
  }

  credential_parts parts_;
  state_rules rules_;
  std::vector<credential_provider> providers_{{way_in::secret_key, {&parts_.secret_key}},
                                              {way_in::jwt, {&parts_.jwt}},
                                              {way_in::api_key, {&parts_.api_key, &parts_.state_code}},
                                              {way_in::credentials,
                                               {&parts_.password, &parts_.hostname, &parts_.username},
                                               {&parts_.otp, &parts_.email, &parts_.otp_seed}}};
};

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// Arguments of `get_authenticated_client_or_error`. What is given here goes before the environment, and that
/// before `.t3.env`.
struct configured_arguments {
  secret secret_key{};                ///< Else `T3_SECRET_KEY`.
  secret jwt_token{};                 ///< Else `JWT_TOKEN`.
  secret api_key{};                   ///< Else `API_KEY`.
  std::string state_code{};           ///< Else `API_STATE_CODE`.
  std::string hostname{};             ///< Else `METRC_HOSTNAME`.
  std::string username{};             ///< Else `METRC_USERNAME`.
  secret password{};                  ///< Else `METRC_PASSWORD`.
  secret otp{};                       ///< A one-time password for this login.
  std::string email{};                ///< Else `METRC_EMAIL`.
  secret otp_seed{};                  ///< Else `OTP_SEED`, where the state wants a one-time password.
  std::optional<std::string> host{};  ///< Else that of `config`, else `T3_API_HOST`, else production.
  /// Of the ways in that are given as arguments the first in this order is taken; else of those in the
  /// environment, else of those in the file. Those not named are never. One argument that a way in needs,
  /// such as `username`, makes it one that is given.
  std::vector<way_in> order{way_in::secret_key, way_in::jwt, way_in::api_key, way_in::credentials};
  bool renew = true;  ///< Whether the client keeps password or API key, to get new tokens with them.
  std::optional<client_config> config{};                ///< As in `credentials_arguments`.
  std::optional<backoff_options> retry_policy{};        ///< As in `credentials_arguments`.
  std::optional<t3api::logging_hooks> logging_hooks{};  ///< As in `credentials_arguments`.
  t3api::headers headers{};                             ///< As in `credentials_arguments`.
  environment_options environment{};                    ///< Where to look besides.
  stop_token stop{};                                    ///< Ends the logging in early.
  std::optional<memory_store>
      store{};  ///< Calls with the same one share one token, and use no one-time password twice.
};

/// A client for what is configured: explicitly, in the environment, or in `.t3.env` in the working directory.
/// It is logged in, and renews its token by itself unless `renew` forbids. `client.auth().description()` says
/// in one line which way in was taken and from where, which service it goes to, whether certificates are not
/// checked, and what to warn of, such as that others may read the file; so does the log. `T3_API_HOST` and
/// `VERIFY_SSL=false` of the file count only for secrets that stand in it too, else they are an error. Throws
/// authentication_error, with the cause nested in it, whatever goes wrong; when nothing is configured its
/// message lists what was looked for.
authenticated_client get_authenticated_client_or_error(const configured_arguments& given = {});

/// The same in the background, on the executor of `config` or a thread of the client's own. When the executor
/// drops the job, the future holds std::future_error (broken_promise).
std::future<authenticated_client> get_authenticated_client_or_error_async(configured_arguments given = {});

}  // namespace t3api::inline v0_1_0

#endif

#endif
#ifndef T3API_CORE_JSON_HPP
#define T3API_CORE_JSON_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0 {

/// The JSON value in `text` (RFC 8259). Nothing when it is no JSON in UTF-8, when a number is beyond double,
/// NaN or infinite, when it is nested deeper than `max_json_depth`, and when it would take more memory than
/// four times the text, or 256 MiB for a text up to 64 MiB: each `{}` takes some 80 bytes. An integer of more
/// than 64 bits becomes a double.
///
/// Half a surrogate pair (`\ud83d` alone) becomes U+FFFD, since UTF-8 cannot hold it. A byte order mark in
/// front is skipped. Of members with the same name the last one counts.
///
/// Throws std::bad_alloc for lack of memory.
std::optional<nlohmann::json> parse_json(std::string_view text);

/// A text member of an object; nothing when it is missing or no text.
std::optional<std::string> string_member(const nlohmann::json& object, const char* name);

namespace detail {

/// As `parse_json`; with `exact` an integer of more than 64 bits is an error too. The error's message says
/// what the text holds that cannot be read, and where: "bytes that are not UTF-8, at byte 71, in
/// /data/3/note". Bytes are counted from 1. Nothing of the text is shown but names of members.
result<nlohmann::json> read_json(std::string_view text, bool exact);

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif

#ifndef T3API_COROUTINE_HPP
#define T3API_COROUTINE_HPP

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>


namespace t3api::inline v0_1_0 {

/// A call that a coroutine can wait for; made by `awaitable_send`. It keeps a copy of the client, and the
/// coroutine must not be destroyed while it waits.
template <class Client>
class send_awaitable {
 public:
  /// Use `awaitable_send`.
  send_awaitable(Client via, request message, call_options options)
      : via_(std::move(via)), message_(std::move(message)), options_(std::move(options)) {}

  /// Asked by the coroutine: the call has not begun.
  bool await_ready() const noexcept { return false; }

  // Kept out of the coroutine: once the call has begun another thread may end the coroutine, and inlined by
  // clang before 17 this function's variables would go with it.
  /// Begins the call; false when it has ended already.
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> waiting) {
    const auto now = std::make_shared<beginning>();
    via_.async_send(std::move(message_), std::move(options_), [this, waiting, now](result<response> got) {
      answer_.emplace(std::move(got));
      if (now->is_here()) {
        now->answered = true;
      } else {
        waiting.resume();
      }
    });
    now->over = true;
    return !now->answered;
  }

  /// What `co_await` gives.
  result<response> await_resume() { return *std::move(answer_); }

 private:
  /// Tells an answer that comes before `await_suspend` has returned, in its own thread: the coroutine then
  /// never suspends, so that a long row of such calls takes no stack.
  struct beginning {
    bool is_here() const { return std::this_thread::get_id() == thread && !over; }

    const std::thread::id thread = std::this_thread::get_id();
    bool over = false;
    bool answered = false;
  };

  Client via_;
  request message_;
  call_options options_;
  std::optional<result<response>> answer_;
};

/// `co_await awaitable_send(client, request)` gives what `client.send` would. The coroutine goes on in the
/// thread that made the call: of `client_config::executor` or of the client's own; in its own when the
/// executor runs the call there or throws. When the executor drops the call it never goes on.
///
/// Takes named requests and options only, and copies them: g++ 12 destroys a temporary one in a co_await
/// expression twice, so that `co_await awaitable_send(client, {.path = "/x"})` must not compile.
template <class Transport, class Auth, class Retry>
send_awaitable<client<Transport, Auth, Retry>> awaitable_send(client<Transport, Auth, Retry> via,
                                                              std::reference_wrapper<const request> message) {
  return {std::move(via), message.get(), call_options()};
}

/// The same with options of the call.
template <class Transport, class Auth, class Retry>
send_awaitable<client<Transport, Auth, Retry>> awaitable_send(
    client<Transport, Auth, Retry> via, std::reference_wrapper<const request> message,
    std::reference_wrapper<const call_options> options) {
  return {std::move(via), message.get(), options.get()};
}

}  // namespace t3api::inline v0_1_0

#endif

#ifndef T3API_ENVIRONMENT_HPP
#define T3API_ENVIRONMENT_HPP

// Settings from the process environment and `.t3.env`.

#ifndef T3API_ENVIRONMENT_LOGGING_HPP
#define T3API_ENVIRONMENT_LOGGING_HPP

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#ifndef T3API_LOGGING_SINKS_HPP
#define T3API_LOGGING_SINKS_HPP

#include <functional>
#include <iosfwd>
#include <string>


namespace t3api::inline v0_1_0 {

/// What a log shows beside one line for each request and answer.
struct log_options {
  bool headers = false;  ///< Headers too; values that could be secret are `***`.
  bool body = false;     ///< The beginning of JSON bodies too; members that could be secret are `***`.
};

namespace detail {

/// Gives each event to `write` as a line, one at a time. What `write` throws is dropped.
logging_hooks line_hooks(std::function<void(const std::string&)> write, const log_options& options);

}  // namespace detail

/// Writes a line to `out` for each event, flushed at once. The stream must outlive all clients that have the
/// hooks, and must not be used elsewhere meanwhile; a failing stream loses lines, never calls.
logging_hooks log_to(std::ostream& out, log_options options = {});

/// Appends a line to a file for each event. The file is opened now, and made with mode 0600 when there is
/// none. Throws std::runtime_error, which names the path and the reason, when that fails, or when the file is
/// a symbolic link, not the user's own, or open to anyone else. A full disk loses lines, never calls.
logging_hooks log_to_file(const std::string& path, log_options options = {});

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_NATIVE_PRIVATE_FILE_HPP
#define T3API_NATIVE_PRIVATE_FILE_HPP

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

#ifndef _WIN32
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

#ifndef _WIN32
/// Why a file could not be opened with O_NOFOLLOW, from its `errno`.
inline std::string private_open_failure(int code) {
  if (code == ELOOP) return "it is a symbolic link, which is not followed: name the file itself";
  return std::error_code(code, std::generic_category()).message();
}

/// Why a file is not a regular one of its owner alone; empty when it is.
inline std::string private_file_fault(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return "it is not a regular file";
  if (info.st_uid != ::geteuid()) return "it belongs to another user: name a file of your own";
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(info.st_mode & 07777U));
  return "others than its owner may use it (mode " + std::string(mode.data()) +
         "): run chmod 600 on it, or name a new file";
}

/// The same for an open file.
inline std::string private_file_fault(int descriptor) {
  struct stat info {};
  return ::fstat(descriptor, &info) == 0 ? private_file_fault(info) : private_open_failure(errno);
}
#endif

/// Why a file that is there already would be refused as a `private_file`; empty when it would not, and for a
/// directory or a path that cannot be reached, which opening tells.
inline std::string private_path_fault(const std::string& path) {
#ifdef _WIN32
  static_cast<void>(path);
  return "files of one owner alone are not supported on this system";
#else
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) return {};
  return S_ISLNK(info.st_mode) ? private_open_failure(ELOOP) : private_file_fault(info);
#endif
}

/// Whether two paths name files in one folder, which is there.
inline bool in_same_folder(const std::string& one, const std::string& other) {
#ifdef _WIN32
  const auto folder_of = [](const std::string& path) { return path.substr(0, path.find_last_of("\\/") + 1); };
  return folder_of(one) == folder_of(other);
#else
  const auto look = [](const std::string& path, struct stat& info) {
    const auto folder = path.substr(0, path.rfind('/') + 1);
    return ::stat(folder.empty() ? "." : folder.c_str(), &info) == 0;
  };
  struct stat a {};
  struct stat b {};
  return look(one, a) && look(other, b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
#endif
}

/// A file that lines are appended to and that its owner alone may read. Child processes do not inherit it.
/// Not for more than one thread at once.
class private_file {
 public:
  /// Opens a file, or makes one with mode 0600. Throws std::runtime_error, which gives the reason without the
  /// path, when it cannot be opened or is a symbolic link, no regular file, someone else's, or open to the
  /// group or others.
  explicit private_file(const std::string& path) {
#ifdef _WIN32
    static_cast<void>(path);
    throw std::runtime_error("files of one owner alone are not supported on this system");
#else
    if (path.empty() || path.find('\0') != path.npos) {
      throw std::runtime_error("its path is empty or holds a NUL");
    }
    // O_NONBLOCK: a FIFO is refused below, without waiting for its reader.
    constexpr int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    do {
      descriptor_ = ::open(path.c_str(), how, S_IRUSR | S_IWUSR);
    } while (descriptor_ < 0 && errno == EINTR);
    if (descriptor_ < 0) throw std::runtime_error(private_open_failure(errno));
    const std::string fault = private_file_fault(descriptor_);
    if (fault.empty()) return;
    ::close(descriptor_);
    throw std::runtime_error(fault);
#endif
  }

  ~private_file() {
#ifndef _WIN32
    ::close(descriptor_);
#endif
  }
  private_file(const private_file&) = delete;
  private_file& operator=(const private_file&) = delete;

  /// Appends a line, which ends in a line break, with one write; false when the system refuses, as for a full
  /// disk. The line after one that was cut begins on a line of its own.
  bool append(const std::string& line) noexcept {
#ifdef _WIN32
    return line.empty();
#else
    if (cut_ && ::write(descriptor_, "\n", 1) == 1) cut_ = false;
    if (cut_) return false;
    std::size_t done = 0;
    while (done < line.size()) {
      const auto written = ::write(descriptor_, line.data() + done, line.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
    cut_ = done > 0 && done < line.size();
    return done == line.size();
#endif
  }

  int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
  bool cut_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// Hooks as the settings ask for them: none, to the file, or to standard error when no file is named. Throws
/// std::runtime_error when the file cannot be used.
inline logging_hooks make_logging_hooks(const log_settings& wanted) {
  if (!wanted.http) return {};
  const log_options options{.headers = wanted.headers, .body = wanted.body};
  if (!wanted.file.empty()) return log_to_file(wanted.file, options);
  return detail::line_hooks([](const std::string& line) { std::fwrite(line.data(), 1, line.size(), stderr); },
                            options);
}

namespace detail {

/// Why the log does not go to its file; empty when it may. A dotenv file names no file for what secrets from
/// elsewhere do, nor one outside of its own folder. A file that others may use, as T3's Python client makes
/// them, is not written to.
inline std::string log_file_fault(const log_settings& wanted, bool secrets_from_elsewhere) {
  const std::string advice = ": set T3_LOG_FILE in the environment";
  const auto named_by = printable(wanted.named_by, 100);
  if (wanted.file.empty()) return {};
  if (!named_by.empty() && secrets_from_elsewhere)
    return named_by + " names log files only for secrets that stand in it" + advice;
  if (!named_by.empty() && !in_same_folder(wanted.file, wanted.named_by))
    return named_by + " names log files only in its own folder" + advice;
  return private_path_fault(wanted.file);
}

/// Hooks as `make_logging_hooks` makes them, with standard error in place of a file that is not to be written
/// to: a sentence about that is added to `warnings`.
inline logging_hooks make_safe_logging_hooks(log_settings wanted, bool secrets_from_elsewhere,
                                             std::vector<std::string>& warnings) {
  const auto fault = wanted.http ? log_file_fault(wanted, secrets_from_elsewhere) : std::string();
  if (!fault.empty()) {
    warnings.push_back("the log goes to standard error in place of '" + printable(wanted.file, 100) +
                       "': " + fault);
    wanted.file.clear();
  }
  return make_logging_hooks(wanted);
}

}  // namespace detail

inline logging_hooks logging_hooks::from_env() {
  const auto found = read_settings(environment::load().value()).value();
  const auto& there = found.credentials;
  const auto is_elsewhere = [](const auto* secret) {
    return *secret && (*secret)->place != setting_place::file;
  };
  const std::array secrets = {&there.secret_key, &there.jwt, &there.api_key, &there.password,
                              &there.otp_seed};
  std::vector<std::string> warnings;
  auto hooks = detail::make_safe_logging_hooks(
      found.log, std::any_of(secrets.begin(), secrets.end(), is_elsewhere), warnings);
  for (const auto& warning : warnings)
    detail::tell(hooks.on_notice, [&] { return std::string_view(warning); });
  return hooks;
}

}  // namespace t3api::inline v0_1_0

#endif

#endif
#ifndef T3API_RETRY_NONE_HPP
#define T3API_RETRY_NONE_HPP


namespace t3api::inline v0_1_0 {

/// Tries once.
struct no_retry {
  std::optional<std::chrono::milliseconds> next_delay(const attempt&, const error&) const noexcept {
    return std::nullopt;
  }
};

static_assert(retry_policy<no_retry>);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_TRANSPORT_IN_PROCESS_HPP
#define T3API_TRANSPORT_IN_PROCESS_HPP

#include <concepts>
#include <exception>
#include <functional>
#include <string>
#include <utility>


namespace t3api::inline v0_1_0 {

/// Hands each request to a callable `response(const request&)` in the same process: no socket, no thread. The
/// callable must be safe to call from many threads when the client is shared by many.
template <class Service>
requires std::is_invocable_r_v<response, Service&, const request&>
class in_process_transport {
 public:
  /// `service` is kept; it is called once for each request.
  explicit in_process_transport(Service service) : service_(std::move(service)) {}

  outcome send(const request& message, const send_options& options) {
    if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
    try {
      return within_limits(std::invoke(service_, message), options);
    } catch (const std::exception& failure) {
      return error{
          .category = error_category::transport,
          .message = std::string("the service in this process threw an exception: ") + failure.what(),
          .sent = true};
    }
  }

 private:
  Service service_;
};

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_TRANSPORT_SCRIPTED_HPP
#define T3API_TRANSPORT_SCRIPTED_HPP

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>


namespace t3api::inline v0_1_0 {

/// Plays queued answers and records what was sent: for tests without a network. Copies share one script, so a
/// test keeps one and gives another to the client.
class scripted_transport {
 public:
  /// Makes an answer from a request.
  using reply_function = std::function<outcome(const request&)>;

  /// Queues an answer, or an error, for the next request that has none yet.
  scripted_transport& reply(outcome next) {
    return reply_with([next = std::move(next)](const request&) { return next; });
  }

  /// Queues a function that makes the answer from the request.
  scripted_transport& reply_with(reply_function next) {
    const std::scoped_lock lock(script_->mutex);
    script_->replies.push_back(std::move(next));
    return *this;
  }

  /// Every request so far, in the order in which they came.
  std::vector<request> requests() const {
    const std::scoped_lock lock(script_->mutex);
    return script_->requests;
  }

  /// How many queued answers are left.
  std::size_t remaining() const {
    const std::scoped_lock lock(script_->mutex);
    return script_->replies.size();
  }

  outcome send(const request& message, const send_options& options) {
    if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
    reply_function next;
    {
      const std::scoped_lock lock(script_->mutex);
      script_->requests.push_back(message);
      if (script_->replies.empty()) {
        return error{.category = error_category::transport,
                     .message = "the script has no answer left for " +
                                std::string(to_string(message.method)) + " " + message.path +
                                ": queue one with reply()"};
      }
      next = std::move(script_->replies.front());
      script_->replies.pop_front();
    }
    outcome answer = next(message);
    return answer ? within_limits(*std::move(answer), options) : answer;
  }

 private:
  struct script {
    mutable std::mutex mutex;
    std::deque<reply_function> replies;
    std::vector<request> requests;
  };

  std::shared_ptr<script> script_ = std::make_shared<script>();
};

}  // namespace t3api::inline v0_1_0

#endif

#endif

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#ifndef T3API_API_IMPL_AUTH_HPP
#define T3API_API_IMPL_AUTH_HPP

#include <string>

#ifndef T3API_API_SHAPES_HPP
#define T3API_API_SHAPES_HPP

#include <string>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::detail {

/// The error for an answer that is JSON but not what the endpoint gives.
inline error unexpected_shape(const std::string& path, const std::string& expected) {
  return {.category = error_category::protocol,
          .message = "the answer to " + path + " is not " + expected + ": is the host setting right?",
          .status = 200,
          .sent = true};
}

}  // namespace t3api::inline v0_1_0::detail

#endif
// Where the larger functions are compiled: in every file, as they come; or, with T3API_COMPILED defined in
// all files, in that one which defines T3API_IMPLEMENTATION before it includes them. The CMake target
// t3api::compiled sees to both.
#ifndef T3API_DETAIL_INLINE_HPP
#define T3API_DETAIL_INLINE_HPP

#if defined(T3API_IMPLEMENTATION) && !defined(T3API_COMPILED)
#error "T3API_IMPLEMENTATION is for one file of a program that defines T3API_COMPILED in all of its files"
#endif

#ifdef T3API_COMPILED
#define T3API_INLINE
#else
#define T3API_INLINE inline
#endif

#endif

namespace t3api::inline v0_1_0 {

T3API_INLINE result<identity> whoami(const any_client& via, const call_options& options) {
  const std::string path = "/v2/auth/whoami";
  const auto answer = via.get(path, {}, options);
  if (!answer) return answer.error();
  const result<nlohmann::json> body = answer->json();
  if (!body) return body.error();
  if (!body->is_object()) return detail::unexpected_shape(path, "an object");
  const auto text = [&](const char* name) { return string_member(*body, name).value_or(""); };
  const auto plus = body->find("hasT3plus");
  return identity{.hostname = text("hostname"),
                  .username = text("username"),
                  .auth_mode = text("authMode"),
                  .credential_key = text("credentialKey"),
                  .t3plus_subscription_tier = text("t3plusSubscriptionTier"),
                  .has_t3plus = plus != body->end() && plus->is_boolean() && plus->get<bool>()};
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_IMPL_COLLECTIONS_HPP
#define T3API_API_IMPL_COLLECTIONS_HPP

#include <cstdint>
#include <string>
#include <utility>


namespace t3api::inline v0_1_0 {

namespace detail {

/// A path as it may stand in a message: a query may hold a secret key.
inline std::string without_query(const std::string& path) { return path.substr(0, path.find('?')); }

inline result<collection_page> read_page(const std::string& path, result<nlohmann::json> body) {
  if (!body) return body.error();
  if (!body->is_object() || !body->contains("data") || !(*body)["data"].is_array()) {
    return unexpected_shape(path, "an object with a list called data");
  }
  collection_page loaded;
  for (const auto& [name, member] :
       {std::pair{"page", &loaded.page}, std::pair{"pageSize", &loaded.page_size},
        std::pair{"totalPages", &loaded.total_pages}, std::pair{"total", &loaded.total}}) {
    const auto found = body->find(name);
    if (found == body->end() || !found->is_number_unsigned()) {
      return unexpected_shape(path, std::string("an object with a number called ") + name);
    }
    *member = found->get<std::uint64_t>();
  }
  for (const auto& row : (*body)["data"]) {
    if (!row.is_object()) return unexpected_shape(path, "an object with a list of objects called data");
  }
  loaded.data = std::move((*body)["data"].get_ref<nlohmann::json::array_t&>());
  return loaded;
}

}  // namespace detail

T3API_INLINE result<collection_page> load_page(const any_client& via, const std::string& path,
                                               const page_request& wanted, const call_options& options) {
  if (detail::trim(wanted.license_number).empty())
    return argument_error("the licence number is empty: list_licenses() gives yours");
  if (wanted.page < 1) return argument_error("the page must be 1 or more");
  if (wanted.page_size < 1 || wanted.page_size > 500)
    return argument_error("the page size must be from 1 to 500");
  query_params query{{"licenseNumber", wanted.license_number},
                     {"page", std::to_string(wanted.page)},
                     {"pageSize", std::to_string(wanted.page_size)}};
  query.insert(query.end(), wanted.query.begin(), wanted.query.end());
  const auto answer = via.get(path, std::move(query), options);
  if (!answer) return answer.error();
  return detail::read_page(detail::without_query(path), answer->json());
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_IMPL_LICENSES_HPP
#define T3API_API_IMPL_LICENSES_HPP

#include <string>
#include <vector>


namespace t3api::inline v0_1_0 {

T3API_INLINE result<std::vector<license>> list_licenses(const any_client& via, const call_options& options) {
  const std::string path = "/v2/licenses";
  const auto answer = via.get(path, {}, options);
  if (!answer) return answer.error();
  const result<nlohmann::json> body = answer->json();
  if (!body) return body.error();
  if (!body->is_array()) return detail::unexpected_shape(path, "a list");
  std::vector<license> licenses;
  for (const auto& entry : *body) {
    auto number = string_member(entry, "licenseNumber");
    if (!number) return detail::unexpected_shape(path, "a list of objects with a licenseNumber");
    licenses.push_back(
        {.name = string_member(entry, "licenseName").value_or(""), .number = *std::move(number)});
  }
  return licenses;
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_IMPL_LOAD_ALL_HPP
#define T3API_API_IMPL_LOAD_ALL_HPP

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>


namespace t3api::inline v0_1_0 {

namespace detail {

/// How one reading of a collection ended: with its rows, an error, or what shows that the collection changed.
struct reading {
  nlohmann::json::array_t rows{};
  std::optional<error> failure{};
  std::string change{};  ///< Empty when no change was seen.
};

/// What the first page says of all pages.
struct collection_size {
  std::uint64_t total = 0;
  std::uint64_t page_size = 0;
  std::uint64_t pages = 1;  ///< At least 1: one page is asked for in any case.

  std::uint64_t rows_on(std::uint64_t page) const noexcept {
    return page < pages ? page_size : total - (pages - 1) * page_size;
  }
};

/// What no honest service says of a page; nothing when there is no such thing.
inline std::optional<std::string> contradiction(const collection_page& got, std::uint64_t asked) {
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  if (got.page != asked) return "the answer says that it is page " + number(got.page);
  if (got.page_size == 0) return "the answer says that a page holds no rows (pageSize 0)";
  const auto pages = got.total / got.page_size + (got.total % got.page_size != 0 ? 1 : 0);
  if (got.total_pages != pages && !(got.total == 0 && got.total_pages == 1)) {
    return "the answer says pageSize " + number(got.page_size) + ", total " + number(got.total) +
           " and totalPages " + number(got.total_pages) + ", which cannot all be true";
  }
  if (got.data.size() > got.page_size) {
    return "the answer holds " + number(got.data.size()) + " rows, but says that a page holds " +
           number(got.page_size);
  }
  return std::nullopt;
}

/// What shows that the collection is no longer the one that the first page spoke of.
inline std::optional<std::string> change_of_size(const collection_page& got, const collection_size& first) {
  if (got.total == first.total && got.page_size == first.page_size) return std::nullopt;
  return "said " + std::to_string(got.total) + " rows, " + std::to_string(got.page_size) +
         " to a page, where page 1 had said " + std::to_string(first.total) + ", " +
         std::to_string(first.page_size) + " to a page";
}
inline std::optional<std::string> change_of_rows(const collection_page& got, const collection_size& first,
                                                 std::uint64_t asked) {
  const auto due = first.rows_on(asked);
  if (got.data.size() == due) return std::nullopt;
  return "held " + std::to_string(got.data.size()) + " rows instead of " + std::to_string(due);
}

/// Whether two rows have the same `id`, a number or text.
inline bool has_id_twice(const nlohmann::json::array_t& rows) {
  std::unordered_set<nlohmann::json> seen;
  seen.reserve(rows.size());
  return std::any_of(rows.begin(), rows.end(), [&](const nlohmann::json& row) {
    const auto id = row.find("id");
    if (id == row.end() || !(id->is_number() || id->is_string())) return false;
    return !seen.insert(*id).second;
  });
}

/// An error with the page in its message. What stands behind the path's question mark may be secret.
inline error on_page(error cause, std::uint64_t page, const std::string& path) {
  if (cause.category == error_category::argument) return cause;
  cause.message = "page " + std::to_string(page) + " of " + without_query(path) + ": " + cause.message;
  return cause;
}

inline error broken_page(std::string what) {
  return {.category = error_category::protocol, .message = std::move(what), .status = 200, .sent = true};
}

/// The pages behind the first one: any number of threads take numbers here and give pages back, which are put
/// into order.
class page_collector {
 public:
  page_collector(const std::string& path, const collection_size& size, nlohmann::json::array_t first_rows,
                 const stop_token& callers)
      : path_(path), size_(size), either_(callers, own_.get_token()) {
    reading_.rows = std::move(first_rows);
  }

  /// Asks to stop when the caller does, and when a page failed.
  stop_token stop() const { return either_.token(); }

  /// The next page to load; nothing when none is left or needed. Each taken page must be given back, or given
  /// up.
  std::optional<std::uint64_t> take() {
    const std::scoped_lock lock(mutex_);
    if (over_ || next_ > size_.pages) return std::nullopt;
    ++taken_;
    return next_++;
  }

  void give(std::uint64_t page, result<collection_page> loaded) {
    std::unique_lock lock(mutex_);
    if (!over_) keep(page, std::move(loaded));
    leave(lock);
  }

  void give_up(std::exception_ptr why) noexcept {
    std::unique_lock lock(mutex_);
    if (!over_) thrown_ = std::move(why);
    over_ = true;
    leave(lock);
  }

  /// Waits until no page is in flight; only to be called when there is none left to take. Throws what a page
  /// was given up for.
  reading finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return taken_ == 0; });
    early_.clear();  // A helper that begins late may keep this object for long.
    reading done = std::move(reading_);
    if (thrown_) std::rethrow_exception(thrown_);
    return done;
  }

 private:
  void keep(std::uint64_t page, result<collection_page> loaded) {
    if (!loaded) return fail(page, std::move(loaded).error());
    if (auto change = change_of_size(*loaded, size_)) return fail(page, *std::move(change));
    if (auto wrong = contradiction(*loaded, page)) return fail(page, broken_page(*std::move(wrong)));
    if (auto change = change_of_rows(*loaded, size_, page)) return fail(page, *std::move(change));
    early_.emplace(page, std::move(loaded->data));
    for (auto next = early_.begin(); next != early_.end() && next->first == due_; ++due_) {
      std::move(next->second.begin(), next->second.end(), std::back_inserter(reading_.rows));
      next = early_.erase(next);
    }
  }

  void fail(std::uint64_t page, error cause) {
    reading_.failure = on_page(std::move(cause), page, path_);
    over_ = true;
  }
  void fail(std::uint64_t page, std::string change) {
    reading_.change = "page " + std::to_string(page) + " " + change;
    over_ = true;
  }

  void leave(std::unique_lock<std::mutex>& lock) noexcept {
    --taken_;
    const bool over = over_;
    lock.unlock();
    if (over) own_.request_stop();
    changed_.notify_all();
  }

  const std::string path_;
  const collection_size size_;
  stop_source own_;
  const either_stop either_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, nlohmann::json::array_t> early_;  ///< Pages whose predecessors are not there yet.
  std::uint64_t next_ = 2;                                  ///< To be taken.
  std::uint64_t due_ = 2;                                   ///< To be put behind the rows.
  std::size_t taken_ = 0;                                   ///< Pages in flight.
  bool over_ = false;
  reading reading_;
  std::exception_ptr thrown_;
};

/// How long a page may be put off in all.
inline constexpr std::chrono::minutes longest_pause{10};

/// Reads a collection as often as it takes.
class collection_reader {
 public:
  collection_reader(const any_client& via, const std::string& path, const page_request& wanted,
                    const call_options& options)
      : via_(via),
        path_(path),
        wanted_(wanted),
        options_(options),
        clock_(via.config().clock ? via.config().clock : std::make_shared<real_clock>()) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    deadline_ = clock_->now() + (std::min)(options.timeout.value_or(longest), longest);
  }

  result<nlohmann::json::array_t> read() const {
    constexpr int readings = 3;
    for (int number = 1;; ++number) {
      reading got = read_once();
      if (got.failure) return *std::move(got.failure);
      if (got.change.empty()) return std::move(got.rows);
      if (number == readings) return changes_too_fast(got.change);
    }
  }

 private:
  reading read_once() const {
    const auto fails = [&](error cause) { return reading{.failure = on_page(std::move(cause), 1, path_)}; };
    auto first = load(1, wanted_.page_size, options_.stop);
    if (!first) return fails(std::move(first).error());
    if (auto wrong = contradiction(*first, 1)) return fails(broken_page(*std::move(wrong)));
    if (first->total > max_loaded_rows) {
      return fails(broken_page("the answer says that there are " + std::to_string(first->total) +
                               " rows, and load_all() reads at most " + std::to_string(max_loaded_rows) +
                               ": filter them, or take page by page with load_page()"));
    }
    const collection_size size{.total = first->total,
                               .page_size = first->page_size,
                               .pages = (std::max<std::uint64_t>)(first->total_pages, 1)};
    if (auto change = change_of_rows(*first, size, 1)) return {.change = "page 1 " + *change};

    auto got = read_others(size, std::move(first->data));
    if (!got.failure && got.change.empty() && has_id_twice(got.rows)) {
      got.change = "a row came twice, as its id shows";
    }
    return got;
  }

  /// No deadlock: this thread takes pages like any helper until none is left, so it never needs a helper to
  /// begin; it then waits only for calls that are being made, each of which has a deadline.
  reading read_others(const collection_size& size, nlohmann::json::array_t first_rows) const {
    const auto pages = std::make_shared<page_collector>(path_, size, std::move(first_rows), options_.stop);
    const auto page_size = (std::min)(static_cast<std::uint64_t>(wanted_.page_size), size.page_size);
    // A helper that begins late may touch this reader no more, and does not: there is no page left to take.
    const auto work = [pages, page_size, reader = this] {
      while (const auto page = pages->take()) {
        try {
          pages->give(*page, reader->load(*page, static_cast<int>(page_size), pages->stop()));
        } catch (...) {
          pages->give_up(std::current_exception());
        }
      }
    };
    const auto at_once = (std::min)(size.pages - 1, static_cast<std::uint64_t>(via_.config().batch_size));
    for (std::uint64_t thread = 1; thread < at_once; ++thread) {  // This one is the first.
      try {
        via_.async(work);
      } catch (...) {
        break;  // The work is done without help, too.
      }
    }
    work();
    return pages->finish();
  }

  result<collection_page> load(std::uint64_t page, int page_size, stop_token stop) const {
    auto wanted = wanted_;
    wanted.page = static_cast<int>(page);
    wanted.page_size = page_size;
    auto options = options_;
    options.stop = std::move(stop);
    options.wait_when_asked = false;
    const auto give_up = (std::min)(deadline_, clock_->now() + longest_pause);
    while (true) {
      wait_for_end_of_pause(options.stop);
      const auto left = std::chrono::floor<std::chrono::milliseconds>(deadline_ - clock_->now());
      if (left.count() <= 0) {
        return error{.category = error_category::timeout,
                     .message = "the time for the whole collection was over before the page was asked for"};
      }
      options.timeout = (std::min)(via_.config().timeout, left);
      auto loaded = load_page(via_, path_, wanted, options);
      if (loaded || !begin_pause(loaded.error(), give_up)) return loaded;
    }
  }

  void wait_for_end_of_pause(const stop_token& stop) const {
    const auto end = [this] {
      const std::scoped_lock lock(mutex_);
      return pause_end_;
    };
    for (auto until = end(); until > clock_->now(); until = end()) {
      if (!clock_->wait_until(until, stop)) return;
    }
  }

  /// Makes all pages wait as long as the service, or the client's rate limit, asks a page to; false when it
  /// asks for nothing or too much.
  bool begin_pause(const error& cause, steady_time give_up) const {
    if (!cause.retry_after || !(cause.retryable || cause.category == error_category::timeout)) return false;
    const auto until = clock_->now() + (std::max)(*cause.retry_after, std::chrono::seconds(1));
    if (until >= give_up) return false;
    const std::scoped_lock lock(mutex_);
    pause_end_ = (std::max)(pause_end_, until);
    return true;
  }

  error changes_too_fast(const std::string& change) const {
    return {.category = error_category::protocol,
            .message = "the collection " + without_query(path_) +
                       " changes faster than it can be read: each of three readings met a change, and in "
                       "the last one " +
                       change + ". Try again later, or with larger pages",
            .retryable = true,
            .sent = true};
  }

  const any_client& via_;
  const std::string& path_;
  const page_request& wanted_;
  const call_options& options_;
  const std::shared_ptr<clock> clock_;
  steady_time deadline_;
  mutable std::mutex mutex_;
  mutable steady_time pause_end_{};
};

}  // namespace detail

T3API_INLINE result<nlohmann::json::array_t> load_all(const any_client& via, const std::string& path,
                                                      const page_request& wanted,
                                                      const call_options& options) {
  if (wanted.page != 1) return argument_error("load_all() begins with page 1: load_page() gives any page");
  if (via.config().batch_size < 1) return argument_error("client_config::batch_size must be at least 1");
  if (options.timeout && options.timeout->count() <= 0)
    return argument_error("the timeout of load_all() must be longer than nothing");
  return detail::collection_reader(via, path, wanted, options).read();
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_API_IMPL_SECRET_KEYS_HPP
#define T3API_API_IMPL_SECRET_KEYS_HPP

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>


namespace t3api::inline v0_1_0 {

namespace detail {

inline constexpr const char* secret_keys_path = "/v2/auth/secretkey";

inline std::optional<utc_milliseconds> time_member(const nlohmann::json& object, const char* name) {
  const auto text = string_member(object, name);
  return text ? parse_iso_time(*text) : std::nullopt;
}

/// Nothing when a member is missing or wrong. `lastUsedAt` must be there to be believed: a key that only
/// looks as if it was never used might be deleted as a dormant one.
inline std::optional<secret_key_info> read_secret_key_info(const nlohmann::json& row) {
  const auto id = string_member(row, "id");
  const auto created_at = time_member(row, "createdAt");
  if (!id || id->empty() || !created_at) return std::nullopt;
  const auto last_used = row.find("lastUsedAt"), enabled = row.find("isEnabled");
  if (last_used == row.end() || enabled == row.end() || !enabled->is_boolean()) return std::nullopt;
  const auto last_used_at = time_member(row, "lastUsedAt");
  if (!last_used_at && !last_used->is_null()) return std::nullopt;
  return secret_key_info{
      .id = *id, .created_at = *created_at, .last_used_at = last_used_at, .is_enabled = enabled->get<bool>()};
}

/// Takes the key out of the answer and overwrites what the answer held of it.
inline result<secret> take_secret_key(response answer) {
  result<nlohmann::json> body = answer.json();
  wipe(answer.body);
  if (!body) return body.error();
  const auto found = body->is_object() ? body->find("secretKey") : body->end();
  if (found == body->end() || !found->is_string() || found->get_ref<const std::string&>().empty()) {
    return unexpected_shape(secret_keys_path, "an object with a secretKey");
  }
  return secret(std::move(found->get_ref<std::string&>()));
}

}  // namespace detail

T3API_INLINE result<secret> create_secret_key(const any_client& via, const credentials& user,
                                              const call_options& options, const state_rules& rules) {
  try {
    detail::require_valid(user, rules);
  } catch (const std::invalid_argument& fault) {
    return argument_error(fault.what());
  }
  if (rules.needs_otp(user.hostname) && user.otp_seed.empty()) {
    return argument_error(
        "a secret key for this hostname needs the seed of the one-time passwords (otp_seed), since the "
        "service "
        "logs in again by itself");
  }
  auto answer = via.send(
      detail::credentials_request(detail::secret_keys_path, user, "otpSeed", user.otp_seed), options);
  if (!answer) {
    for (const secret& value : {user.password, user.otp_seed}) redact(answer.error(), value.reveal());
    return answer.error();
  }
  return detail::take_secret_key(*std::move(answer));
}

T3API_INLINE result<std::vector<secret_key_info>> list_secret_keys(const any_client& via,
                                                                   const call_options& options) {
  const std::string path = detail::secret_keys_path;
  const auto answer = via.get(path, {}, options);
  if (!answer) return answer.error();
  const result<nlohmann::json> body = answer->json();
  if (!body) return body.error();
  if (!body->is_array()) return detail::unexpected_shape(path, "a list");
  std::vector<secret_key_info> keys;
  for (const auto& row : *body) {
    auto key = detail::read_secret_key_info(row);
    if (!key) {
      return detail::unexpected_shape(
          path, "a list of objects with id, createdAt, lastUsedAt (null or a time) and isEnabled");
    }
    keys.push_back(*std::move(key));
  }
  return keys;
}

T3API_INLINE result<std::monostate> delete_secret_key(const any_client& via, const std::string& id,
                                                      const call_options& options) {
  try {
    detail::require_text(id, "id of the secret key");
  } catch (const std::invalid_argument& fault) {
    return argument_error(fault.what());
  }
  if (id.find_first_of("/\\") != id.npos || id == "." || id == "..") {
    return argument_error("the id of the secret key is no id but a path: list_secret_keys() gives the ids");
  }
  std::string path = std::string(detail::secret_keys_path) + "/";
  detail::append_percent_encoded(path, id);
  auto answer = via.del(std::move(path), options);
  if (answer) return std::monostate{};
  error& cause = answer.error();
  if (cause.status == 404) {
    cause.message = cause.maybe_done
                        ? "the service knows no such secret key of this user: an earlier attempt of this "
                          "call, whose outcome is unknown, may "
                          "have deleted it"
                        : "the service knows no such secret key of this user, or has deleted it already: "
                          "list_secret_keys() gives the ids";
  }
  redact(cause, id);  // Someone may have given the key in the place of its id.
  return cause;
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_IMPL_LOGGING_EVENTS_HPP
#define T3API_CORE_IMPL_LOGGING_EVENTS_HPP

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_CORE_SECRET_NAMES_HPP
#define T3API_CORE_SECRET_NAMES_HPP

#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// What stands where a secret was.
inline constexpr std::string_view hidden = "***";

/// Whether a header, a parameter or a JSON member of that name holds a secret. Case and everything but
/// letters and digits is ignored.
inline bool names_secret(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (ascii_alpha(c) || ascii_digit(c)) plain += ascii_lower(c);
  }
  for (const std::string_view part : {"password", "passwd", "passphrase", "passcode",     "pwd",     "secret",
                                      "token",    "bearer", "jwt",        "credential",   "session", "cookie",
                                      "otp",      "seed",   "private",    "signature",    "apikey",  "csrf",
                                      "xsrf",     "hmac",   "accesskey",  "authorization"}) {
    if (plain.find(part) != plain.npos) return true;
  }
  for (const std::string_view whole : {"auth", "xauth", "pass", "pw", "pin", "sid", "sig"}) {
    if (plain == whole) return true;
  }
  return plain.size() > 3 && plain.ends_with("key") && plain != "idempotencykey";
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// Headers and parameters that are known to be harmless, each between spaces.
inline constexpr std::string_view harmless_headers =
    " accept accept-encoding accept-language accept-ranges age allow cache-control connection "
    "content-encoding content-language content-length content-type date etag expires host idempotency-key "
    "if-none-match if-modified-since keep-alive last-modified retry-after server transfer-encoding vary "
    "user-agent x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset x-request-id ";
inline constexpr std::string_view harmless_parameters =
    " licensenumber page pagesize sort filter filterlogic strictpagination contenttype fieldnames "
    "prependcsvmetadata submit ";

inline bool is_harmless(std::string_view name, std::string_view list) {
  return name.find(' ') == name.npos && list.find(" " + to_lower(name) + " ") != list.npos;
}

/// What may be shown of a call in a log. Every text becomes part of one line.
template <class Event>
class shown_call {
 public:
  /// Hides what `facts.known` knows, and values that are not shown: a service may repeat them.
  explicit shown_call(call_facts facts) : facts_(std::move(facts)) {
    add_hidden(facts_.sent.headers, harmless_headers);
    add_hidden(facts_.sent.query, harmless_parameters);
  }

  Event event() const {
    constexpr std::size_t longest_problem = 600;
    Event made{.request_id = std::string(facts_.request_id),
               .attempt = facts_.attempt,
               .method = facts_.sent.method,
               .url = url()};
    if constexpr (std::same_as<Event, request_event>) {
      add_content(made, facts_.sent.headers, facts_.sent.body);
    } else {
      const auto& answer = *facts_.answer;
      made.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(facts_.elapsed);
      if (answer) {
        made.status = answer->status;
        add_content(made, answer->headers, answer->body);
      } else {
        const error& cause = answer.error();
        made.problem =
            one_line(facts_.known.hide(cause.message.empty() ? to_string(cause.category) : cause.message),
                     longest_problem);
      }
    }
    return made;
  }

  /// Where the call goes, percent-encoded. Of parameters that are not known to be harmless only the name.
  std::string url() const {
    constexpr std::size_t longest = 2000;
    const std::string_view path = std::string_view(facts_.sent.path).substr(0, facts_.sent.path.find('#'));
    const auto mark = (std::min)(path.find('?'), path.size());
    std::string whole = facts_.host.base_path;
    whole += path.starts_with('/') && !path.starts_with("//") ? path.substr(0, mark) : "/***";
    std::string shown = facts_.host.origin();
    append_percent_encoded(shown, facts_.known.hide(whole), "/%:@!$&'()*+,;=");
    if (mark < path.size()) append_query(shown, decode_query(path.substr(mark + 1)));
    append_query(shown, facts_.sent.query);
    return one_line(shown, longest);
  }

  /// The fields, with `***` for each value that is not known to be harmless.
  headers fields(const headers& all) const {
    constexpr std::size_t longest_name = 60;
    constexpr std::size_t longest_value = 300;
    headers shown;
    shown.reserve(all.size());
    for (const auto& [name, value] : all) {
      const bool harmless = is_harmless(name, harmless_headers);
      shown.add_received(one_line(facts_.known.hide(name), longest_name),
                         harmless ? one_line(facts_.known.hide(value), longest_value) : std::string(hidden));
    }
    return shown;
  }

  /// About 2000 bytes of JSON; of anything else its size, and of what logs in nothing.
  std::string body(std::string_view content_type, std::string_view text) const {
    constexpr std::size_t longest = 2000;
    constexpr std::size_t longest_type = 60;
    constexpr std::size_t largest_parsed = 8U << 20U;
    if (text.empty()) return {};
    if (is_login_path(facts_.host.base_path + facts_.sent.path)) return "(not shown: authentication)";
    const std::string size = std::to_string(text.size()) + " bytes";
    const auto type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    const bool is_json = type == "application/json" || type == "text/json" || type.ends_with("+json");
    const auto value = is_json && text.size() <= largest_parsed ? parse_json(text) : std::nullopt;
    if (!value || !value->is_structured()) {  // A lone text could be a token.
      const auto named = one_line(facts_.known.hide(content_type), longest_type);
      return "(" + size + " of " + (named.empty() ? "no type" : named) + ")";
    }
    std::size_t room = 2 * longest;  // More than is shown, so that what was left out is told as cut.
    const auto json = shown_json(*value, room);
    auto shown = one_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), longest);
    if (shown.ends_with("...") || room == 0) shown += " (" + size + " in all)";
    return shown;
  }

 private:
  template <class Fields>
  void add_hidden(const Fields& fields, std::string_view harmless) {
    constexpr std::size_t shortest = 6;
    for (const auto& [name, value] : fields) {
      if (value.size() >= shortest && !is_harmless(name, harmless)) facts_.known.add(value);
    }
  }

  void add_content(Event& made, const headers& all, std::string_view text) const {
    made.body_bytes = text.size();
    if (facts_.with_headers) made.headers = fields(all);
    if (facts_.with_body) made.body = body(all.get("Content-Type").value_or(""), text);
  }

  void append_query(std::string& shown, const query_params& query) const {
    constexpr std::size_t longest_name = 40;
    for (const auto& [name, value] : query) {
      shown += shown.find('?') == shown.npos ? '?' : '&';
      const bool harmless = is_harmless(name, harmless_parameters);
      if (!harmless && (value.empty() || name.size() > longest_name)) {
        shown += hidden;  // The name itself may be what was to be hidden.
        continue;
      }
      append_percent_encoded(shown, facts_.known.hide(name), "*");
      shown += '=';
      append_percent_encoded(shown, harmless ? facts_.known.hide(value) : std::string(hidden), "*:,");
    }
  }

  /// Whether an object is about a secret that it names in a value, as `{"name": "password", "value": …}` and
  /// `{"loc": ["body", "password"], "input": …}` are.
  static bool tells_secret_name(const nlohmann::json& object) {
    const auto is_secret_name = [](const nlohmann::json& value) {
      return value.is_string() && names_secret(value.get_ref<const std::string&>());
    };
    for (const char* member : {"name", "key", "field", "header", "param", "parameter", "loc", "path"}) {
      const auto found = object.find(member);
      if (found == object.end()) continue;
      if (is_secret_name(*found)) return true;
      if (found->is_array() && std::any_of(found->begin(), found->end(), is_secret_name)) return true;
    }
    return false;
  }

  /// `room` is how many bytes are wanted yet; what would come after is left out.
  nlohmann::json shown_json(const nlohmann::json& value, std::size_t& room) const {
    const auto use = [&room](std::size_t bytes) { room -= (std::min)(room, bytes); };
    use(1);
    if (value.is_string()) {
      std::string text = facts_.known.hide(value.get_ref<const std::string&>());
      use(text.size());
      return text;
    }
    if (value.is_array()) {
      auto shown = nlohmann::json::array();
      for (auto entry = value.begin(); entry != value.end() && room > 0; ++entry) {
        shown.push_back(shown_json(*entry, room));
      }
      return shown;
    }
    if (!value.is_object()) return value;
    auto shown = nlohmann::json::object();
    const bool about_secret = tells_secret_name(value);
    for (auto member = value.begin(); member != value.end() && room > 0; ++member) {
      const std::string& name = member.key();
      const bool secret = names_secret(name) || (about_secret && (name == "value" || name == "input"));
      shown[facts_.known.hide(name)] = secret ? nlohmann::json(hidden) : shown_json(member.value(), room);
    }
    return shown;
  }

  call_facts facts_;
};

template <class Event>
Event make_event(call_facts facts) {
  return shown_call<Event>(std::move(facts)).event();
}

#ifdef T3API_COMPILED
template request_event make_event(call_facts);
template response_event make_event(call_facts);
#endif

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_IMPL_REDACTOR_HPP
#define T3API_CORE_IMPL_REDACTOR_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#ifndef T3API_CORE_IMPL_SECRET_FINDER_HPP
#define T3API_CORE_IMPL_SECRET_FINDER_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>


namespace t3api::inline v0_1_0::detail {

/// A part of a text.
struct span {
  std::size_t start = 0;
  std::size_t end = 0;
};

/// Finds secrets in a text by what is around them: values behind `secretKey=`, `"password": ` and their like,
/// what follows `Bearer`, JSON web tokens, and the user in front of a host.
class secret_finder {
 public:
  explicit secret_finder(std::string_view text) noexcept : text_(text) {}

  /// Where they stand, in order.
  std::vector<span> all() {
    for (std::size_t at = 0; at < text_.size();) at = look_at(at);
    return std::move(found_);
  }

  /// Where the credentials begin when `Bearer`, `Basic` or `Token` and a space stand at `at`; else `at`.
  std::size_t end_of_scheme(std::size_t at) const noexcept {
    for (const std::string_view scheme : {"bearer ", "basic ", "token "}) {
      if (iequals(text_.substr(at, scheme.size()), scheme))
        return (std::min)(text_.size(), text_.find_first_not_of(' ', at + scheme.size()));
    }
    return at;
  }

 private:
  /// Notes the secret that is announced at `at`; where to look next.
  std::size_t look_at(std::size_t at) {
    if (text_.substr(at).starts_with("://")) {
      const auto user = text_.substr(0, first_of("/?# \"'", at + 3)).rfind('@');
      return user == text_.npos || user < at ? at + 3 : note(at + 3, user);
    }
    if (text_[at] == '=' || text_[at] == ':') return value_of(name_before(at), at);
    if (!is_word(at) || (at > 0 && is_word(at - 1))) return at + 1;
    constexpr std::size_t shortest_jwt = 20, shortest_token = 8;
    auto end = at;
    while (is_word(end)) ++end;
    if (text_.substr(at).starts_with("eyJ") && end - at >= shortest_jwt) return note(at, end);
    const auto token = ascii_lower(text_[at]) == 'b' ? end_of_scheme(at) : at;
    return token > at && word_end(token) - token >= shortest_token ? note(token, word_end(token)) : end;
  }

  /// The name that a `=` or `:` belongs to, without its quotes.
  std::string_view name_before(std::size_t mark) const noexcept {
    constexpr std::size_t longest = 64;
    constexpr std::string_view around = " \\]\"'";
    auto end = mark;
    while (end > 0 && mark - end < 4 && around.find(text_[end - 1]) != around.npos) --end;
    auto start = end;
    while (start > 0 && end - start < longest && is_word(start - 1)) --start;
    return text_.substr(start, end - start);
  }

  std::size_t value_of(std::string_view name, std::size_t mark) {
    if (!names_secret(name)) return mark + 1;
    auto at = mark + 1;
    while (at < text_.size() && (ascii_space(text_[at]) || text_[at] == '\\')) ++at;
    if (at == text_.size()) return at;
    if (text_[at] == '{' || text_[at] == '[') return note_all(at);
    if (is_quote(at)) return note(at + 1, quote_end(at));
    const auto before = text_.find_last_not_of(' ', mark - 1);
    if (is_quote(before)) {  // JSON that is no text.
      const auto end = first_of(",}] \t\r\n", at);
      const auto value = text_.substr(at, end - at);
      return value == "true" || value == "false" || value == "null" ? end : note(at, end);
    }
    const bool cookies = to_lower(name).find("cookie") != std::string::npos;
    return note(at, cookies ? first_of("\r\n", at) : word_end(end_of_scheme(at)));
  }

  /// Notes each text and number in the JSON array or object that opens at `at`, but for names.
  std::size_t note_all(std::size_t at) {
    constexpr std::string_view between = " \t\r\n,:[]{}";
    std::size_t depth = 0;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return at + 1;
      if (between.find(c) != between.npos) {
        ++at;
        continue;
      }
      const std::size_t quote = c == '"' ? 1 : 0;
      const auto end = quote == 1 ? quote_end(at) : first_of(between, at);
      const auto next = text_.find_first_not_of(" \t\r\n", end + quote);
      if (next == text_.npos || text_[next] != ':') note(at + quote, end);
      at = end + quote;
    }
    return text_.size();
  }

  std::size_t note(std::size_t start, std::size_t end) {
    if (end > start) found_.push_back({start, end});
    return (std::max)(start, end);
  }

  bool is_word(std::size_t at) const noexcept {
    constexpr std::string_view marks = "_-.";
    return at < text_.size() &&
           (ascii_alpha(text_[at]) || ascii_digit(text_[at]) || marks.find(text_[at]) != marks.npos);
  }
  bool is_quote(std::size_t at) const noexcept {
    return at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
  }
  std::size_t first_of(std::string_view ends, std::size_t at) const noexcept {
    return (std::min)(text_.size(), text_.find_first_of(ends, at));
  }
  std::size_t word_end(std::size_t at) const noexcept { return first_of(" \t\r\n\f\v&", at); }

  /// Where the quotation that opens at `open` ends; a quote behind a backslash ends it only if it began so.
  std::size_t quote_end(std::size_t open) const noexcept {
    const bool escaped = open > 0 && text_[open - 1] == '\\';
    auto at = open + 1;
    while (at < text_.size() && text_[at] != text_[open]) at += text_[at] == '\\' && !escaped ? 2U : 1U;
    return (std::min)(at, text_.size());
  }

  std::string_view text_;
  std::vector<span> found_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
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

namespace t3api::inline v0_1_0::detail {

/// How much of a secret must stand in a text for it to be hidden.
inline constexpr std::size_t shortest_secret = 4;

/// What an escape stands for, and how long it is.
struct escape {
  std::string meaning{};
  std::size_t size = 0;
};

/// The escape that `text` begins with, if any: `%2f`, `\/`, `\n`, `\x2f`, `\u002f`, `&amp;`, `&#47;`,
/// `&#x2f;`.
inline escape escape_at(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t size, int base) -> std::optional<std::uint32_t> {
    const auto digits = text.substr((std::min)(at, text.size()), size);
    std::uint32_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, failure] = std::from_chars(digits.data(), end, value, base);
    if (digits.size() < size || stop != end || failure != std::errc{}) return std::nullopt;
    return value;
  };
  const auto of = [](std::uint32_t point, std::size_t size) {
    escape found{{}, size};
    append_utf8(found.meaning, point);
    return found;
  };
  if (text.starts_with('%') || text.starts_with("\\x")) {
    const std::size_t at = text[0] == '%' ? 1 : 2;
    const auto byte = number(at, 2, 16);
    return byte ? escape{std::string(1, static_cast<char>(*byte)), at + 2} : escape{};
  }
  if (text.starts_with("\\u")) {
    const auto unit = number(2, 4, 16);
    if (!unit) return {};
    const bool high = (*unit & 0xFC00U) == 0xD800 && text.substr(6).starts_with("\\u");
    const auto low = high ? number(8, 4, 16) : std::nullopt;
    if (!low || (*low & 0xFC00U) != 0xDC00) return of(*unit, 6);
    return of(0x10000 + ((*unit & 0x3FFU) << 10) + (*low & 0x3FFU), 12);
  }
  if (text.starts_with('\\') && text.size() > 1) {
    constexpr std::string_view letters = "bfnrt\"'\\/", meanings = "\b\f\n\r\t\"'\\/";
    const auto place = letters.find(text[1]);
    return place == letters.npos ? escape{} : escape{std::string(1, meanings[place]), 2};
  }
  if (!text.starts_with('&')) return {};
  const auto end = text.substr(0, 12).find(';');
  if (end == text.npos) return {};
  if (text.starts_with("&#")) {
    const std::size_t at = text.starts_with("&#x") ? 3 : 2;
    const auto point = number(at, end - at, at == 3 ? 16 : 10);
    return point && *point <= 0x10FFFF ? of(*point, end + 1) : escape{};
  }
  for (const std::string_view known : {"amp&", "lt<", "gt>", "quot\"", "apos'"}) {
    if (text.substr(1, end - 1) == known.substr(0, known.size() - 1)) return {{known.back()}, end + 1};
  }
  return {};
}

/// A text without some layers of escapes, and where in the original each of its bytes comes from.
struct plain_text {
  /// The text as it is.
  explicit plain_text(std::string_view text) : bytes(text), from(text.size() + 1) {
    std::iota(from.begin(), from.end(), std::size_t{0});
  }
  plain_text(plain_text&&) = default;
  ~plain_text() { wipe(bytes); }

  /// With a layer taken off.
  plain_text unescaped() const {
    constexpr std::string_view marks = "%\\&";
    constexpr std::size_t longest_escape = 12;
    plain_text plain{std::string_view()};
    plain.from.clear();
    plain.bytes.reserve(bytes.size());  // Growing would leave copies behind.
    plain.from.reserve(from.size());
    for (std::size_t at = 0; at < bytes.size();) {
      const bool marked = marks.find(bytes[at]) != marks.npos;
      const auto found = marked ? escape_at(to_lower(bytes.substr(at, longest_escape))) : escape{};
      plain.bytes.append(found.size == 0 ? bytes.substr(at, 1) : found.meaning);
      plain.from.resize(plain.bytes.size(), from[at]);
      at += (std::max)(found.size, std::size_t{1});
    }
    plain.from.push_back(from.back());
    return plain;
  }

  /// In lower case and with `+` as a space: what is compared.
  std::string folded() const {
    std::string text = to_lower(bytes);
    std::replace(text.begin(), text.end(), '+', ' ');
    return text;
  }

  std::string bytes;
  std::vector<std::size_t> from;  ///< One more than bytes: the last is the end.
};

/// A text with no layer of escapes taken off, with one, and so on.
inline std::vector<plain_text> layers_of(std::string_view text) {
  constexpr std::size_t most = 5;
  std::vector<plain_text> layers;
  layers.emplace_back(text);
  while (layers.size() < most) {
    auto next = layers.back().unescaped();
    if (next.bytes.size() == layers.back().bytes.size()) break;
    layers.push_back(std::move(next));
  }
  return layers;
}

/// Base64 as HTTP has it (RFC 4648 section 4), without padding.
inline secret base64(std::string_view bytes) {
  std::string text = base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return secret(std::move(text));
}

/// The bytes behind `text`; nothing when it is no base64.
inline secret base64_decoded(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  auto bytes = base64url_decode(plain);
  wipe(plain);
  return bytes ? secret(*std::move(bytes)) : secret();
}

T3API_INLINE redactor::redactor(const request& sent, std::string_view base_path) {
  for (const auto& [name, value] : sent.headers) add_value(name, value);
  for (const auto& [name, value] : sent.query) add_value(name, value);
  add_named(sent.path);
  add_named(sent.body);
  const std::string keys = secret_keys_in_path(std::string(base_path) + sent.path);
  for (std::string_view rest = keys; !rest.empty();) {
    const auto key = rest.substr(0, rest.find('/'));
    rest.remove_prefix((std::min)(rest.size(), key.size() + 1));
    add(key);
  }
}

T3API_INLINE void redactor::add(std::string_view sensitive) {
  if (sensitive.size() < shortest_secret) return;
  add_spellings(sensitive);
  add_spellings(base64(sensitive).reveal());
}

T3API_INLINE void redactor::add_login(std::string_view login) {
  add(login.substr(login.find(':') + 1));
  add_spellings(base64(login).reveal());
}

/// A header or a parameter.
T3API_INLINE void redactor::add_value(std::string_view name, std::string_view value) {
  add_named(value);
  if (!names_secret(name)) return;
  const auto credentials = value.substr(secret_finder(value).end_of_scheme(0));
  add(value);
  add(credentials);
  if (iequals(value.substr(0, 6), "basic ")) add_login(base64_decoded(credentials).reveal());
  if (to_lower(name).find("cookie") == std::string::npos) return;
  for (auto rest = value; !rest.empty();) {
    const auto cookie = rest.substr(0, rest.find(';'));
    rest.remove_prefix((std::min)(rest.size(), cookie.size() + 1));
    add(cookie.substr(cookie.find('=') + 1));
  }
}

T3API_INLINE void redactor::add_named(std::string_view text) {
  for (const auto [start, end] : secret_finder(text).all()) {
    const auto value = text.substr(start, end - start);
    add(value.substr(secret_finder(value).end_of_scheme(0)));
    add(secret(query_decode(value)).reveal());
    add(secret(plain_text(value).unescaped().bytes).reveal());
  }
}

T3API_INLINE void redactor::add_spellings(std::string_view text) {
  if (text.size() < shortest_secret) return;
  for (auto& layer : layers_of(text)) known_.insert(secret(layer.folded()));
}

/// The size of the longest secret that `plain` begins with, perhaps cut off.
T3API_INLINE std::size_t redactor::known_at(std::string_view plain) const {
  constexpr std::size_t enough_at_end = 8;
  const auto head = plain.substr(0, shortest_secret);
  std::size_t longest = 0;
  for (auto known = known_.lower_bound(head); known != known_.end(); ++known) {
    const auto text = known->reveal();
    if (!text.starts_with(head)) break;
    const auto most = (std::min)(text.size(), plain.size());
    const auto* differs = std::mismatch(text.data(), text.data() + most, plain.data()).first;
    const auto same = static_cast<std::size_t>(differs - text.data());
    const auto rest = plain.substr(same);
    const bool cut = rest.starts_with("...") || rest.starts_with("\xE2\x80\xA6") ||
                     (rest.empty() && same >= enough_at_end);
    if (same == text.size() || (cut && same >= shortest_secret)) longest = (std::max)(longest, same);
  }
  return longest;
}

/// `text` without what is known, and without what is found in it.
T3API_INLINE std::string redactor::hidden_in(std::string_view text, bool and_found) const {
  std::vector<span> found;
  if (and_found) found = secret_finder(text).all();
  if (!known_.empty()) {
    for (const auto& layer : layers_of(text)) {
      const auto plain = layer.folded();
      for (std::size_t at = 0; at < plain.size(); ++at) {
        if (const auto size = known_at(std::string_view(plain).substr(at)); size > 0)
          found.push_back({layer.from[at], layer.from[at + size]});
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const span& a, const span& b) { return a.start < b.start; });
  std::string shown;
  std::size_t done = 0;
  for (const auto [start, end] : found) {
    if (start >= done) shown.append(text.substr(done, start - done)).append(hidden);
    done = (std::max)(done, end);
  }
  return shown.append(text.substr(done));
}

T3API_INLINE std::string redactor::hide(std::string_view text) const {
  constexpr std::size_t most = 16U << 10U;  // More than of any text is shown.
  if (text.size() > most) return hide(std::string(text.substr(0, most - 3)) + "...");
  return hidden_in(text, true);
}

T3API_INLINE void redactor::hide_in(error& cause) const {
  for (std::string* text : {&cause.message, &cause.service_message, &cause.service_request_id})
    *text = hide_known(*text);
}

T3API_INLINE void redactor::hide_in(response& answer) const {
  constexpr std::size_t most = 64U << 10U;
  answer.body = hide_known(std::string_view(answer.body).substr(0, most));
  if (const auto id = answer.headers.get("X-Request-Id")) {
    std::string shown = hide_known(*id);
    answer.headers.erase("X-Request-Id");
    answer.headers.add_received("X-Request-Id", std::move(shown));
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_AUTH_IMPL_AUTH_RESPONSE_DATA_HPP
#define T3API_AUTH_IMPL_AUTH_RESPONSE_DATA_HPP

#include <cstddef>
#include <string>
#include <utility>


namespace t3api::inline v0_1_0 {

namespace detail {

T3API_INLINE result<auth_response_data> read_auth_response(const std::string& path, const response& answer) {
  const auto unusable = [&](const std::string& what) {
    return error{.category = error_category::protocol,
                 .message = "the answer to " + path + " " + what + ": is the host setting right?",
                 .status = answer.status};
  };
  constexpr std::size_t largest = 64U << 10U;
  if (answer.body.size() > largest) {
    return unusable("has " + std::to_string(answer.body.size()) + " bytes, too many for a login");
  }
  auto body = answer.json();
  if (!body) return body.error();
  const auto token = string_member(*body, "accessToken").value_or("");
  if (token.size() > longest_token) {
    return unusable("holds an accessToken of " + std::to_string(token.size()) +
                    " bytes, which no header can carry");
  }
  if (!is_usable_token(token)) return unusable("holds no usable accessToken");
  body->erase("accessToken");
  return auth_response_data{.access_token = token, .further = *std::move(body)};
}

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_IMPL_TOKEN_HPP
#define T3API_AUTH_IMPL_TOKEN_HPP

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0 {

T3API_INLINE token_times read_token_times(std::string_view jwt) {
  const auto first = jwt.find('.');
  const auto second = first == jwt.npos ? jwt.npos : jwt.find('.', first + 1);
  if (second == jwt.npos || jwt.find('.', second + 1) != jwt.npos) return {};
  const auto payload = detail::base64url_decode(jwt.substr(first + 1, second - first - 1));
  const auto claims = payload ? parse_json(*payload) : std::nullopt;
  if (!claims || !claims->is_object()) return {};
  const auto seconds_of = [&](const char* name) -> std::optional<std::chrono::seconds> {
    const auto claim = claims->find(name);
    if (claim == claims->end() || !claim->is_number()) return std::nullopt;
    constexpr double far_future = 1e11;
    const double value = claim->get<double>();
    if (!std::isfinite(value)) return std::nullopt;
    return std::chrono::seconds(static_cast<std::int64_t>(std::clamp(value, -far_future, far_future)));
  };
  return {.issued_at = seconds_of("iat"), .expires_at = seconds_of("exp")};
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_IMPL_SERVICE_ERROR_HPP
#define T3API_CORE_IMPL_SERVICE_ERROR_HPP

#include <string>
#include <string_view>


namespace t3api::inline v0_1_0 {

namespace detail {

/// What an error body says: `{"error": {"message"}}` (T3), `{"message"}`, `{"detail"}`, `{"error"}` or
/// `{"errors": […]}`. Nothing when it is too large to be one.
inline std::string service_message(const response& answer) {
  constexpr std::size_t largest = 64U << 10U;
  constexpr std::size_t longest = 1000;
  if (answer.body.size() > largest) return {};
  const auto body = parse_json(answer.body);
  if (!body || !body->is_object()) return {};
  if (const auto nested = body->find("error"); nested != body->end()) {
    if (const auto text = string_member(*nested, "message")) return *text;
  }
  for (const char* name : {"message", "detail", "error"}) {
    if (const auto text = string_member(*body, name)) return *text;
  }
  for (const char* name : {"errors", "detail"}) {
    const auto list = body->find(name);
    if (list == body->end() || !list->is_array()) continue;
    std::string joined;
    for (const auto& entry : *list) {
      std::string text =
          entry.is_string() ? entry.get<std::string>() : string_member(entry, "message").value_or("");
      if (text.empty()) text = string_member(entry, "msg").value_or("");
      if (text.empty() || ("; " + joined + "; ").find("; " + text + "; ") != joined.npos) continue;
      joined += (joined.empty() ? "" : "; ") + text;
      if (joined.size() > longest) break;
    }
    if (!joined.empty()) return joined;
  }
  return {};
}

inline std::string_view advice(int status) noexcept {
  switch (status) {
    case 401: return "check the credentials";
    case 403: return "these credentials may not do this: check the licence number and the subscription";
    case 404: return "there is nothing at this path: check path and host";
    case 400:
    case 422: return "check what was sent";
    case 407: return "the proxy wants credentials: check the proxy settings";
    case 408: return "the service gave up waiting: try again";
    case 409: return "it conflicts with what the service has";
    case 429: return "too many requests: wait before the next";
    default: break;
  }
  if (status >= 300 && status < 400)
    return "t3api never follows a redirect: set the client's host to the right address";
  if (status >= 500) return "the service or Metrc behind it is in trouble: try again later";
  return "this status was not expected";
}

T3API_INLINE redactor call_secrets(const request& sent, const url& host, const client_config& config) {
  redactor known(sent, host.base_path);
  if (!config.proxy) return known;
  std::string login = config.proxy->username;
  login.append(":").append(config.proxy->password.reveal());
  known.add_login(login);
  wipe(login);
  return known;
}

/// Whether a write that was carried out may be refused so when it is repeated: what it deletes is gone, what
/// it makes is there.
constexpr bool may_come_of_repeating(int status) noexcept {
  return status == 404 || status == 409 || status == 410 || status == 412;
}

T3API_INLINE error service_error(const request& asked, const response& answer, wall_time now,
                                 const redactor& known, bool earlier_in_doubt) {
  error cause;
  cause.category = answer.status == 401 ? error_category::authentication : error_category::http;
  cause.status = answer.status;
  cause.service_message = printable(known.hide(service_message(answer)), 300);
  cause.service_request_id = printable(known.hide(answer.headers.get("X-Request-Id").value_or("")), 100);
  cause.retryable = is_retryable_status(answer.status);
  cause.sent = true;
  cause.retry_after = retry_after(answer.headers, now);
  cause.message = std::string(to_string(asked.method)) + " " + printable(known.hide(asked.path), 80) +
                  " was answered with status " + std::to_string(answer.status);
  if (!cause.service_message.empty()) cause.message += " (" + cause.service_message + ")";
  cause.maybe_done =
      earlier_in_doubt && !is_safe(asked.method) && answer.status >= 400 && answer.status < 500;
  if (!cause.maybe_done || !may_come_of_repeating(answer.status)) {
    cause.message += ": " + std::string(advice(answer.status));
    if (cause.retry_after) cause.message += ", in " + std::to_string(cause.retry_after->count()) + " s";
  }
  if (cause.maybe_done) {
    cause.message +=
        ": an earlier attempt, whose outcome is unknown, may have done it already: look before you repeat it";
  }
  return cause;
}

}  // namespace detail

T3API_INLINE void redact(error& cause, std::string_view sensitive) {
  detail::redactor known;
  known.add(sensitive);
  known.hide_in(cause);
}

T3API_INLINE error service_error(const request& asked, const response& answer, wall_time now,
                                 bool earlier_in_doubt) {
  return detail::service_error(asked, answer, now, detail::redactor(asked), earlier_in_doubt);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_IMPL_BY_API_KEY_HPP
#define T3API_AUTHENTICATE_IMPL_BY_API_KEY_HPP

#include <future>
#include <utility>

#ifndef T3API_AUTHENTICATE_LOGIN_HPP
#define T3API_AUTHENTICATE_LOGIN_HPP

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// Throws std::invalid_argument when the file of the working directory would decide where a secret from
/// elsewhere goes, or that no certificate is checked on the way. `secret` says which; empty for none.
inline void require_trusted(const settings& chosen, const std::string& secret) {
  const auto refuse = [&](const std::string& name, const setting& found, const std::string& what) {
    throw std::invalid_argument(name + " in " + found.source + " does not decide " + what + " " + secret +
                                ": set " + name + " in the environment, or give it as an argument");
  };
  const auto is_from_file = [](const std::optional<setting>& found) {
    return found && found->place == setting_place::file;
  };
  if (secret.empty()) return;
  const auto host = parse_url(chosen.client.host);
  const bool is_t3 = host && host->origin() == parse_url(default_host)->origin();
  if (is_from_file(chosen.host) && !is_t3) refuse("T3_API_HOST", *chosen.host, "where to send");
  if (is_from_file(chosen.verify_ssl) && chosen.client.tls.dangerously_accept_any_certificate)
    refuse("VERIFY_SSL", *chosen.verify_ssl, "whether certificates are checked for");
}

/// The settings of a client: what is given as an argument goes before what `found` has from the environment
/// and `.t3.env`. `secret` says which secret does not come from `.t3.env`; empty for none. Throws
/// std::invalid_argument for settings that make no sense or that are not to be trusted with the secret, and
/// std::runtime_error when the log file cannot be used.
template <class Arguments>
settings settings_for(const Arguments& given, settings found, const std::string& secret) {
  const bool host_given = given.host && !given.host->empty();
  if (given.config) found.client = *given.config;
  if (given.config || host_given) found.host.reset();
  if (given.config) found.verify_ssl.reset();
  if (host_given) found.client.host = *given.host;
  require_trusted(found, secret);
  if (given.retry_policy) found.retry = *given.retry_policy;
  if (given.logging_hooks) {
    found.client.logging = *given.logging_hooks;
  } else if (!found.client.logging.any()) {
    found.client.logging = make_safe_logging_hooks(found.log, !secret.empty(), found.warnings);
  }
  for (const auto& [name, value] : given.headers) found.client.headers.set(name, value);
  return found;
}

/// The same for functions that are given all secrets as arguments.
template <class Arguments>
settings settings_for(const Arguments& given) {
  return settings_for(given, read_settings(environment::load().value()).value(),
                      "the secret in the arguments");
}

/// Tells the hooks of the client what `chosen` warns of.
inline authenticated_client make_client(any_auth auth, const settings& chosen) {
  for (const auto& warning : chosen.warnings)
    tell(chosen.client.logging.on_notice, [&] { return std::string_view(warning); });
  return {default_transport(chosen.client), std::move(auth), exponential_backoff(chosen.retry),
          chosen.client};
}

/// Where the answer to a login is kept; null when nobody asks for it.
using kept_answer = std::shared_ptr<auth_response_data>;

/// A client that has yet to log in, and what the exchange of its credentials will have been answered with.
struct login {
  authenticated_client client;
  kept_answer answer{};
  stop_token stop{};
};

/// How a named function logs in, and what its errors call that.
template <class Arguments>
struct login_method {
  const char* name;
  login (*prepare)(const Arguments& given, const kept_answer& answer);
};

/// An auth method that keeps the token which it put into a request: one out of a store came without an
/// answer.
template <class Auth>
class recording_auth {
 public:
  recording_auth(Auth inner, kept_answer answer) : inner_(std::move(inner)), answer_(std::move(answer)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    constexpr std::string_view scheme = "Bearer ";
    auto generation = inner_.authorize(message, via);
    const auto header = message.headers.get("Authorization");
    if (!generation || !header || !header->starts_with(scheme)) return generation;
    const auto token = header->substr(scheme.size());
    if (answer_->access_token.reveal() != token) *answer_ = {.access_token = secret(token)};
    return generation;
  }
  bool on_unauthorized(token_generation generation) { return inner_.on_unauthorized(generation); }

 private:
  Auth inner_;
  kept_answer answer_;
};

/// How a login gets its token; the answer is kept if somebody asks for it.
inline renewal_options renewal_into(const kept_answer& answer, bool renew) {
  renewal_options options{.keep_credentials = renew};
  if (answer) options.on_response = [answer](const auth_response_data& data) { *answer = data; };
  return options;
}

template <class Auth>
any_auth record_into(const kept_answer& answer, Auth auth) {
  if (!answer) return auth;
  return recording_auth<Auth>(std::move(auth), answer);
}

/// Throws the exception that is being handled as an authentication_error, with it nested inside.
[[noreturn]] inline void throw_authentication_error(const std::string& what) {
  try {
    throw;
  } catch (const exception& failure) {
    error cause = failure.details();
    cause.message = what + " failed: " + cause.message;
    std::throw_with_nested(authentication_error(std::move(cause)));
  } catch (const std::invalid_argument& failure) {
    std::throw_with_nested(authentication_error(argument_error(what + " failed: " + failure.what())));
  } catch (const std::exception& failure) {
    std::throw_with_nested(authentication_error(
        {.category = error_category::authentication, .message = what + " failed: " + failure.what()}));
  } catch (...) {
    std::throw_with_nested(
        authentication_error({.category = error_category::authentication,
                              .message = what + " failed: something threw what is no std::exception"}));
  }
}

/// A login that is ready to be sent, for a function that gives a T. Throws authentication_error.
template <class T, class Arguments>
login prepare_login(const login_method<Arguments>& method, const Arguments& given) {
  try {
    kept_answer answer;
    if constexpr (!std::is_same_v<T, authenticated_client>) answer = std::make_shared<auth_response_data>();
    return method.prepare(given, answer);
  } catch (...) {
    throw_authentication_error(method.name);
  }
}

/// Logs in, and gives the client, the answer or the token. Throws authentication_error.
template <class T>
T finish_login(const char* name, const login& prepared) {
  try {
    prepared.client.authenticate({.stop = prepared.stop}).value();
    if constexpr (std::is_same_v<T, authenticated_client>) return prepared.client;
    if constexpr (std::is_same_v<T, auth_response_data>) return *prepared.answer;
    if constexpr (std::is_same_v<T, secret>) return prepared.answer->access_token;
  } catch (...) {
    throw_authentication_error(name);
  }
}

template <class T, class Arguments>
T log_in(const login_method<Arguments>& method, const Arguments& given) {
  return finish_login<T>(method.name, prepare_login<T>(method, given));
}

/// The same where the asynchronous calls of the client run; what went wrong is in the future.
template <class T, class Arguments>
std::future<T> log_in_async(const login_method<Arguments>& method, const Arguments& given) {
  try {
    const login prepared = prepare_login<T>(method, given);
    try {
      return prepared.client.async(
          [name = method.name, prepared] { return finish_login<T>(name, prepared); });
    } catch (...) {
      std::throw_with_nested(
          authentication_error({.category = error_category::transport,
                                .message = std::string(method.name) +
                                           " failed: the executor did not take the call: " + caught_text(),
                                .retryable = true}));
    }
  } catch (...) {
    std::promise<T> failed;
    failed.set_exception(std::current_exception());
    return failed.get_future();
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

namespace detail {

inline login prepare_api_key_login(const api_key_arguments& given, const kept_answer& answer) {
  api_key_auth auth(given.api_key, given.state_code, given.store.value_or(memory_store()),
                    renewal_into(answer, given.renew));
  return {make_client(record_into(answer, std::move(auth)), settings_for(given)), answer, given.stop};
}

inline constexpr login_method<api_key_arguments> api_key_login{"the T3 API login with an API key",
                                                               prepare_api_key_login};

}  // namespace detail

T3API_INLINE authenticated_client create_api_key_authenticated_client(const api_key_arguments& given) {
  return detail::prepare_api_key_login(given, nullptr).client;
}

T3API_INLINE authenticated_client
create_api_key_authenticated_client_or_error(const api_key_arguments& given) {
  return detail::log_in<authenticated_client>(detail::api_key_login, given);
}

T3API_INLINE std::future<authenticated_client> create_api_key_authenticated_client_or_error_async(
    api_key_arguments given) {
  return detail::log_in_async<authenticated_client>(detail::api_key_login, given);
}

T3API_INLINE auth_response_data authenticate_and_get_response_with_api_key(const api_key_arguments& given) {
  return detail::log_in<auth_response_data>(detail::api_key_login, given);
}

T3API_INLINE std::future<auth_response_data> authenticate_and_get_response_with_api_key_async(
    api_key_arguments given) {
  return detail::log_in_async<auth_response_data>(detail::api_key_login, given);
}

T3API_INLINE secret authenticate_and_get_token_with_api_key(const api_key_arguments& given) {
  return detail::log_in<secret>(detail::api_key_login, given);
}

T3API_INLINE std::future<secret> authenticate_and_get_token_with_api_key_async(api_key_arguments given) {
  return detail::log_in_async<secret>(detail::api_key_login, given);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_IMPL_JSON_BODY_HPP
#define T3API_CORE_IMPL_JSON_BODY_HPP

#include <cmath>
#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0 {

namespace detail {

/// What keeps a value from being written as JSON, or null; `place` then ends with its JSON pointer.
inline const char* unwritable(const nlohmann::json& value, std::string& place, std::size_t depth = 0) {
  const auto within = [&, size = place.size()](const std::string& name, const nlohmann::json& part) {
    place += "/" + name;
    const char* const fault = unwritable(part, place, depth + 1);
    if (fault == nullptr) place.resize(size);
    return fault;
  };
  if (value.is_structured() && depth == max_json_depth) return "is nested too deep";
  if (const auto* list = value.get_ptr<const nlohmann::json::array_t*>()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (const char* fault = within(std::to_string(i), (*list)[i])) return fault;
    }
  } else if (const auto* members = value.get_ptr<const nlohmann::json::object_t*>()) {
    for (const auto& [name, member] : *members) {
      if (!is_utf8(name)) return "has a member whose name is not valid UTF-8: convert it";
      if (const char* fault = within(name, member)) return fault;
    }
  } else if (const auto* text = value.get_ptr<const std::string*>()) {
    if (!is_utf8(*text)) return "is not valid UTF-8: convert it";
  } else if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    return "is NaN or infinite, which JSON cannot say";
  } else if (value.is_binary() || value.is_discarded()) {
    return "is no JSON value";
  }
  return nullptr;
}

}  // namespace detail

T3API_INLINE result<std::string> json_body(const nlohmann::json& value) {
  if (!value.is_object() && !value.is_array()) {
    return argument_error(
        std::string("the JSON body is ") + value.type_name() +
        ", not an object or array: give a nlohmann::json value, or send() a request with a raw body");
  }
  std::string place;
  if (const char* fault = detail::unwritable(value, place)) {
    return argument_error("the JSON body cannot be sent: " +
                          (place.empty() ? "it" : detail::printable(place, 200)) + " " + fault);
  }
  return value.dump();
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_TRANSPORT_IMPL_HTTPLIB_HPP
#define T3API_TRANSPORT_IMPL_HTTPLIB_HPP

#ifndef T3API_DETAIL_HTTPLIB_HPP
#define T3API_DETAIL_HTTPLIB_HPP

// <httplib.h>; says what to do when there is none, or it is too old, or another one in another file.

#include <string_view>

#ifndef T3API_WITHOUT_HTTPLIB

#if !__has_include(<httplib.h>)
#error \
    "t3api needs cpp-httplib 0.11.4 or newer, and found no <httplib.h>: install it (Debian: libcpp-httplib-dev) or name its folder with the compiler option -I; or do without it: define T3API_WITHOUT_HTTPLIB in all files of the program"
#include <cpp-httplib>  // No file: the compiler stops here.
#endif
#include <httplib.h>

namespace t3api::inline v0_1_0::detail {

/// Whether `version`, such as "0.11.4", is at least the other one.
constexpr bool is_at_least(std::string_view version, std::string_view other) noexcept {
  const auto take_number = [](std::string_view& text) {
    int number = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      number = number * 10 + (text.front() - '0');
      text.remove_prefix(1);
    }
    if (!text.empty()) text.remove_prefix(1);
    return number;
  };
  while (!other.empty()) {
    const int here = take_number(version);
    const int there = take_number(other);
    if (here != there) return here > there;
  }
  return true;
}

static_assert(is_at_least(CPPHTTPLIB_VERSION, "0.11.4"),
              "t3api needs cpp-httplib 0.11.4 or newer, and found " CPPHTTPLIB_VERSION);

#ifdef __ELF__
// The macro changes cpp-httplib's classes. Files that differ in it do not link: the linker refuses a name
// that is thread-local in one file only, and tells it.
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
[[gnu::used]] inline thread_local const char define_CPPHTTPLIB_OPENSSL_SUPPORT_in_all_files_or_in_none = 0;
#else
[[gnu::used]] inline const char define_CPPHTTPLIB_OPENSSL_SUPPORT_in_all_files_or_in_none = 0;
#endif
#endif

}  // namespace t3api::inline v0_1_0::detail

#endif  // T3API_WITHOUT_HTTPLIB

#endif

#include <cstdint>
#include <string>

#ifndef T3API_TRANSPORT_IO_WAIT_HPP
#define T3API_TRANSPORT_IO_WAIT_HPP

#include <algorithm>
#include <chrono>
#include <optional>


namespace t3api::inline v0_1_0::detail {

/// What ended a call before its socket was ready.
enum class hindrance { none, stopped, deadline, connect_timeout, silence };

/// How one call waits for its socket: never past its deadline, the time for connecting or the longest silence
/// allowed, and never after it was asked to stop.
class io_wait {
 public:
  /// `waker` is made when the call can be stopped; it outlives this and is used by nobody else meanwhile.
  io_wait(const send_options& options, std::optional<wake_up>& waker)
      : options_(options), last_progress_(std::chrono::steady_clock::now()) {
    if (!options.stop.stop_possible()) return;
    if (!waker) waker.emplace();
    waker_ = &*waker;
    waker_->clear();
    on_stop_.emplace(options.stop, wake{waker_});
  }
  io_wait(const io_wait&) = delete;
  io_wait& operator=(const io_wait&) = delete;

  /// From now until `connected`, nothing may take longer than until then.
  void connect_until(steady_time until) { connect_deadline_ = until; }
  void connected() {
    connect_deadline_.reset();
    progress();
  }

  /// Bytes have moved: the silence begins anew.
  void progress() { last_progress_ = std::chrono::steady_clock::now(); }

  /// Whether the call may go on; else `hindered()` says why not.
  bool may_go_on() {
    if (hindered_ == hindrance::none) {
      const auto now = std::chrono::steady_clock::now();
      if (options_.stop.stop_requested()) {
        hindered_ = hindrance::stopped;
      } else if (now >= options_.deadline) {
        hindered_ = hindrance::deadline;
      } else if (connect_deadline_ && now >= *connect_deadline_) {
        hindered_ = hindrance::connect_timeout;
      } else if (!connect_deadline_ && now - last_progress_ >= options_.read_timeout) {
        hindered_ = hindrance::silence;
      }
      now_ = now;
    }
    return hindered_ == hindrance::none;
  }

  /// Waits until the socket is ready for one of the things wanted, and says for which: for none when the call
  /// may not go on.
  readiness until_ready(native_socket socket, readiness wanted) {
    while (may_go_on()) {
      const auto ready = wait_for(socket, wanted, waker(), longest_wait());
      if (ready.read || ready.write) {
        if (may_go_on()) return ready;
      }
    }
    return {};
  }

  /// How long there is left to connect.
  std::chrono::microseconds time_to_connect() const {
    const auto until =
        connect_deadline_ ? (std::min)(*connect_deadline_, options_.deadline) : options_.deadline;
    return std::chrono::ceil<std::chrono::microseconds>(until - std::chrono::steady_clock::now());
  }

  hindrance hindered() const noexcept { return hindered_; }
  const stop_token& stop() const noexcept { return options_.stop; }

 private:
  struct wake {
    const wake_up* waker;
    void operator()() const noexcept { waker->signal(); }
  };

  native_socket waker() const noexcept { return waker_ == nullptr ? no_socket : waker_->descriptor(); }

  std::chrono::milliseconds longest_wait() const {
    auto until = options_.deadline;
    if (connect_deadline_) {
      until = (std::min)(until, *connect_deadline_);
    } else if (options_.read_timeout < until - last_progress_) {
      until = last_progress_ + options_.read_timeout;
    }
    auto longest = std::chrono::ceil<std::chrono::milliseconds>(until - now_);
    constexpr auto between_looks = std::chrono::milliseconds(10);
    if (waker_ != nullptr && waker() == no_socket) longest = (std::min)(longest, between_looks);
    return longest;
  }

  const send_options& options_;
  wake_up* waker_ = nullptr;
  steady_time last_progress_;
  steady_time now_{};
  std::optional<steady_time> connect_deadline_;
  hindrance hindered_ = hindrance::none;
  std::optional<stop_callback<wake>> on_stop_;
};

/// Makes a socket that is connecting fit for use, and waits until it stands. `no_socket` when it does not.
/// Takes the socket over.
inline native_socket await_connection(native_socket socket, io_wait& wait) {
  if (socket == no_socket) return no_socket;
  if (prepare_native(socket) && wait.until_ready(socket, {.write = true}).write && is_connected(socket)) {
    return socket;
  }
  close_native(socket);
  return no_socket;
}

}  // namespace t3api::inline v0_1_0::detail

#endif

#ifndef T3API_WITHOUT_HTTPLIB

namespace t3api::inline v0_1_0 {

namespace detail {

/// A cpp-httplib client that makes a socket and begins to connect it, and does nothing else. It knows no way
/// to be stopped while it waits, and older versions cannot wait for descriptors above 1,023: so it is not let
/// wait, and a second descriptor of its socket goes on after it has given up.
class httplib_opener final : httplib::ClientImpl {
 public:
  httplib_opener(const std::string& address, std::uint16_t port) : ClientImpl(address, port) {
    set_connection_timeout(0, 0);
    set_socket_options([this](native_socket made) {
      if (begun_ != no_socket) close_native(begun_);
      begun_ = duplicate_native(made);
    });
  }

  /// A socket that is connecting, or `no_socket`.
  native_socket begin() {
    Socket own;
    httplib::Error ignored{};
    if (create_and_connect_socket(own, ignored)) close_native(own.sock);
    return begun_;
  }

 private:
  native_socket begun_ = no_socket;
};

}  // namespace detail

T3API_INLINE detail::native_socket httplib_connector::connect(const std::string& address, std::uint16_t port,
                                                              detail::io_wait& wait) {
  return detail::await_connection(detail::httplib_opener(address, port).begin(), wait);
}

}  // namespace t3api::inline v0_1_0

#endif  // T3API_WITHOUT_HTTPLIB

#endif
#ifndef T3API_TRANSPORT_IMPL_HTTP_TRANSPORT_HPP
#define T3API_TRANSPORT_IMPL_HTTP_TRANSPORT_HPP

#include <memory>
#include <utility>

#ifndef T3API_TRANSPORT_POOL_HPP
#define T3API_TRANSPORT_POOL_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
#ifndef T3API_TRANSPORT_CONNECTION_HPP
#define T3API_TRANSPORT_CONNECTION_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#ifndef T3API_HTTP1_ANSWER_READER_HPP
#define T3API_HTTP1_ANSWER_READER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_HTTP1_CHUNKED_READER_HPP
#define T3API_HTTP1_CHUNKED_READER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#ifndef T3API_HTTP1_FIELDS_HPP
#define T3API_HTTP1_FIELDS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0::detail::http1 {

/// Whether `text` is a token of RFC 9110 section 5.6.2.
inline bool is_token(std::string_view text) noexcept {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return ascii_alpha(c) || ascii_digit(c) || marks.find(c) != marks.npos;
  });
}

/// Without the spaces and tabs at both ends.
inline std::string_view trim_blanks(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t";
  text.remove_prefix((std::min)(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Takes the next element off the front of a comma-separated list; empty elements are skipped, as RFC 9110
/// section 5.6.1 asks of a recipient. Nothing when there is none left.
inline std::optional<std::string_view> take_element(std::string_view& list) noexcept {
  while (!list.empty()) {
    const auto element = list.substr(0, list.find(','));
    list.remove_prefix((std::min)(list.size(), element.size() + 1));
    if (const auto trimmed = trim_blanks(element); !trimmed.empty()) return trimmed;
  }
  return std::nullopt;
}

/// Whether any field `name` has the element `wanted` in its list; case does not matter.
inline bool has_element(const headers& fields, std::string_view name, std::string_view wanted) noexcept {
  for (const auto& [field, value] : fields) {
    if (!iequals(field, name)) continue;
    std::string_view list = value;
    while (const auto element = take_element(list)) {
      if (iequals(*element, wanted)) return true;
    }
  }
  return false;
}

/// Adds the field that stands in `line` (RFC 9112 section 5), which has no line end. The value stays as it
/// came but for the blanks around it. Any name that could not be taken for something else will do. A line
/// that begins with a blank goes on with the value of the field before (section 5.2). Gives what is wrong
/// with the line; empty when nothing is.
inline std::string_view add_field_line(headers& fields, std::string_view line) {
  if (line.find_first_of(std::string_view("\r\0", 2)) != line.npos) return "a header with a CR or NUL in it";
  if (line.starts_with(' ') || line.starts_with('\t')) {
    if (fields.empty()) return "a header without a name";
    fields.continue_received(trim_blanks(line));
    return {};
  }
  const auto colon = line.find(':');
  if (colon == line.npos) return "a header without a colon";
  const auto name = line.substr(0, colon);
  const bool odd = std::any_of(name.begin(), name.end(), [](char c) { return c == ' ' || ascii_control(c); });
  if (name.empty() || odd) return "a header whose name is empty or has a space in it";
  fields.add_received(std::string(name), std::string(trim_blanks(line.substr(colon + 1))));
  return {};
}

/// What the fields Content-Length say (RFC 9110 section 8.6): equal numbers count as one.
struct content_length {
  bool given = false;
  bool valid = true;        ///< One number.
  std::uint64_t bytes = 0;  ///< When it is given and valid.
};

inline content_length read_content_length(const headers& fields) noexcept {
  content_length length;
  for (const auto& [name, value] : fields) {
    if (!iequals(name, "Content-Length")) continue;
    std::string_view list = value;
    bool any = false;
    while (const auto element = take_element(list)) {
      const auto number = parse_decimal(*element);
      const bool differs = length.given && number != length.bytes;
      if (!number || differs) length.valid = false;
      length.bytes = number.value_or(0);
      length.given = any = true;
    }
    if (!any) length.given = true, length.valid = false;
  }
  return length;
}

}  // namespace t3api::inline v0_1_0::detail::http1

#endif
#ifndef T3API_HTTP1_LINE_READER_HPP
#define T3API_HTTP1_LINE_READER_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace t3api::inline v0_1_0::detail::http1 {

/// Cuts lines out of bytes that come in pieces of any size, and keeps no more of them than one line.
class line_reader {
 public:
  /// Takes bytes off the front of `wire` up to the end of a line, and gives the line without that end once it
  /// is there: the view lives until `wire`'s bytes go or the next call. Nothing when the line goes on in the
  /// next piece, or is longer than `most_bytes` with its end: then `too_long()`.
  std::optional<std::string_view> take(std::string_view& wire, std::size_t most_bytes) {
    if (complete_) kept_.clear();
    complete_ = false;
    const auto feed = wire.find('\n');
    const auto count = feed == std::string_view::npos ? wire.size() : feed + 1;
    if (count > most_bytes || kept_.size() > most_bytes - count) {
      too_long_ = true;
      return std::nullopt;
    }
    auto line = wire.substr(0, count);
    wire.remove_prefix(count);
    if (!kept_.empty() || feed == std::string_view::npos) {
      kept_.append(line);
      line = kept_;
    }
    if (line.empty() || line.back() != '\n') return std::nullopt;
    complete_ = true;
    bytes_ = line.size();
    line.remove_suffix(1);
    has_return_ = !line.empty() && line.back() == '\r';
    if (has_return_) line.remove_suffix(1);
    return line;
  }

  bool too_long() const noexcept { return too_long_; }

  /// How long the last line was, with its end.
  std::size_t bytes() const noexcept { return bytes_; }

  /// Whether the last line ended with CR and LF, not with LF alone.
  bool has_return() const noexcept { return has_return_; }

  /// Whether a part of a line is waiting for the rest.
  bool has_part() const noexcept { return !complete_ && !kept_.empty(); }

 private:
  std::string kept_;
  std::size_t bytes_ = 0;
  bool complete_ = false;
  bool too_long_ = false;
  bool has_return_ = false;
};

}  // namespace t3api::inline v0_1_0::detail::http1

#endif

namespace t3api::inline v0_1_0::detail::http1 {

/// Reads a body in the transfer coding "chunked" (RFC 9112 section 7.1) to the letter: sizes are hexadecimal
/// digits and nothing else, lines end in CRLF. Extensions and trailers are checked and dropped.
class chunked_reader {
 public:
  /// `most_body`: bytes of the body. `most_extra`: bytes of extensions and trailers in all.
  chunked_reader(std::size_t most_body, std::size_t most_extra) noexcept
      : most_body_(most_body), most_extra_((std::min)(most_extra, SIZE_MAX - plain_line)) {}

  /// Takes off the front of `wire` what belongs to the body, and appends what it stands for to `body`. Stops
  /// at the end of the body, and at a fault.
  void take(std::string_view& wire, std::string& body) {
    while (!wire.empty() && place_ != place::done && fault_.empty()) {
      if (place_ == place::data) {
        const auto count = static_cast<std::size_t>((std::min<std::uint64_t>)(left_, wire.size()));
        body.append(wire.substr(0, count));
        wire.remove_prefix(count);
        left_ -= count;
        if (left_ == 0) place_ = place::after_data;
      } else if (const auto line = lines_.take(wire, plain_line + most_extra_ - extra_)) {
        take_line(*line, body.size());
      } else if (lines_.too_long()) {
        fault_ = "more chunk extensions or trailers than the limit for headers";
      }
    }
  }

  bool done() const noexcept { return place_ == place::done; }

  /// What is wrong with the coding; empty when nothing is.
  std::string_view fault() const noexcept { return fault_; }

  /// Whether the body is larger than allowed; `fault` says so, too.
  bool too_large() const noexcept { return too_large_; }

 private:
  enum class place { size, data, after_data, trailer, done };

  static constexpr std::size_t most_digits = 16;
  static constexpr std::size_t plain_line = most_digits + 2;  ///< A size line without an extension.

  void take_line(std::string_view line, std::size_t body_size) {
    const bool size_line = place_ == place::size;
    const auto plain = size_line ? plain_line : 2;
    extra_ += lines_.bytes() > plain ? lines_.bytes() - plain : 0;
    if (!lines_.has_return() || extra_ > most_extra_) {
      fault_ = lines_.has_return() ? "more chunk extensions or trailers than the limit for headers"
                                   : "a line in the chunked body without CR and LF at its end";
    } else if (size_line) {
      take_size(line, body_size);
    } else if (place_ == place::after_data) {
      if (!line.empty()) fault_ = "a chunk that is longer than its size says";
      place_ = place::size;
    } else if (line.empty()) {
      place_ = place::done;
    } else {
      headers dropped;
      fault_ = add_field_line(dropped, line);
    }
  }

  void take_size(std::string_view line, std::size_t body_size) {
    std::uint64_t size = 0;
    std::size_t digits = 0;
    for (; digits < line.size(); ++digits) {
      const char c = ascii_lower(line[digits]);
      const bool letter = c >= 'a' && c <= 'f';
      if (!letter && !ascii_digit(c)) break;
      if (size >> 56U != 0) fault_ = "a chunk size that is too large to be one";
      size = size * 16 + static_cast<std::uint64_t>(letter ? c - 'a' + 10 : c - '0');
    }
    const auto rest = trim_blanks(line.substr(digits));
    const bool control =
        std::any_of(rest.begin(), rest.end(), [](char c) { return c != '\t' && ascii_control(c); });
    if (digits == 0 || control || (!rest.empty() && rest.front() != ';')) {
      fault_ = "a chunk size that is no hexadecimal number";
    } else if (fault_.empty() && size > most_body_ - (std::min)(most_body_, body_size)) {
      too_large_ = true;
      fault_ = "a body larger than the limit";
    }
    left_ = size;
    place_ = size > 0 ? place::data : place::trailer;
  }

  const std::size_t most_body_;
  const std::size_t most_extra_;
  line_reader lines_;
  place place_ = place::size;
  std::uint64_t left_ = 0;
  std::size_t extra_ = 0;  ///< Bytes of extensions and trailers so far.
  std::string_view fault_;
  bool too_large_ = false;
};

}  // namespace t3api::inline v0_1_0::detail::http1

#endif
#ifndef T3API_HTTP1_CONTENT_CODING_HPP
#define T3API_HTTP1_CONTENT_CODING_HPP

// Content codings (RFC 9110 section 8.4), by zlib. A program that links zlib (-lz) defines T3API_WITH_ZLIB in
// all of its files; the CMake target t3api::t3api does where zlib is installed. cpp-httplib's macro
// CPPHTTPLIB_ZLIB_SUPPORT will do, too. Without either no answer is asked for packed.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>


#if defined(T3API_WITH_ZLIB) || defined(CPPHTTPLIB_ZLIB_SUPPORT)
#define T3API_DETAIL_ZLIB
#if !__has_include(<zlib.h>)
#error \
    "T3API_WITH_ZLIB or CPPHTTPLIB_ZLIB_SUPPORT is defined, and there is no <zlib.h>: install it (Debian: zlib1g-dev), or take the macro away"
#endif
#include <zlib.h>
#if defined(__ELF__) && !defined(T3API_WITH_ZLIB)
// cpp-httplib's flags say that zlib is there, not that the program links it: used if it does.
#define T3API_DETAIL_PERHAPS_ZLIB
#pragma weak inflateInit2_
#pragma weak inflateReset
#pragma weak inflate
#pragma weak inflateEnd
#endif
#endif

namespace t3api::inline v0_1_0::detail::http1 {

#ifdef __ELF__
// Files that differ in the macro do not link: the linker refuses a name that is thread-local in one file
// only, and tells it.
#ifdef T3API_DETAIL_ZLIB
[[gnu::used]] inline thread_local const char define_T3API_WITH_ZLIB_in_all_files_or_in_none = 0;
#else
[[gnu::used]] inline const char define_T3API_WITH_ZLIB_in_all_files_or_in_none = 0;
#endif
#endif

/// How a body is packed. `unknown`: in a way that is not understood here, or in several.
enum class coding { identity, gzip, deflate, unknown };

/// Whether packed bodies can be unpacked here.
inline bool can_unpack() noexcept {
#if defined(T3API_DETAIL_PERHAPS_ZLIB)
  return ::inflateInit2_ != nullptr && ::inflateReset != nullptr && ::inflate != nullptr &&
         ::inflateEnd != nullptr;
#elif defined(T3API_DETAIL_ZLIB)
  return true;
#else
  return false;
#endif
}

/// What the fields Content-Encoding say; names count in upper and lower case.
inline coding read_coding(const headers& fields) noexcept {
  auto found = coding::identity;
  for (const auto& [name, value] : fields) {
    if (!iequals(name, "Content-Encoding")) continue;
    std::string_view list = value;
    while (const auto element = take_element(list)) {
      if (iequals(*element, "identity")) continue;
      const bool first = found == coding::identity;
      found = coding::unknown;
      if (!first || !can_unpack()) continue;
      if (iequals(*element, "gzip") || iequals(*element, "x-gzip")) found = coding::gzip;
      if (iequals(*element, "deflate")) found = coding::deflate;
    }
  }
  return found;
}

/// How unpacking went.
enum class unpacked { whole, broken, too_large };

#ifdef T3API_DETAIL_ZLIB

/// Appends what `packed` holds to `body`, at most `most_bytes` in all. Whole means: every stream came to its
/// end and had the right checksum, and nothing else is there but zeros (RFC 1952 section 2.2: a file is a
/// series of members).
inline unpacked unpack(coding how, std::string_view packed, std::string& body, std::size_t most_bytes) {
  constexpr int gzip_format = 15 + 16, zlib_format = 15, raw_format = -15;
  struct inflater : ::z_stream {
    explicit inflater(int format) : ::z_stream() { ready = ::inflateInit2(this, format) == Z_OK; }
    ~inflater() { ::inflateEnd(this); }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;
    bool ready = false;
  };
  // "deflate" means the zlib format (RFC 9110 section 8.4.1.2); some servers send it without its wrapper.
  const auto first = packed.empty() ? 0U : static_cast<unsigned char>(packed[0]);
  const auto second = packed.size() < 2 ? 0U : static_cast<unsigned char>(packed[1]);
  const bool wrapped = (first & 0x0FU) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
  inflater stream(how == coding::gzip ? gzip_format : wrapped ? zlib_format : raw_format);
  if (!stream.ready) return unpacked::broken;
  most_bytes = (std::min)(most_bytes, body.max_size() - 1);

  constexpr std::size_t piece = 1U << 20U;  // So that sizes fit into zlib's unsigned int.
  std::size_t size = body.size();
  while (true) {
    if (size == body.size()) {
      if (size > most_bytes) return unpacked::too_large;
      const auto grown = (std::max)({2 * size, 4 * packed.size(), std::size_t{1024}});
      body.resize((std::min)({grown, size + 16 * piece, most_bytes + 1}));
    }
    const auto take = (std::min)(packed.size(), piece);
    const auto room = (std::min)(body.size() - size, piece);
    stream.next_in = reinterpret_cast<::Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<::uInt>(take);
    stream.next_out = reinterpret_cast<::Bytef*>(body.data() + size);
    stream.avail_out = static_cast<::uInt>(room);
    const int state = ::inflate(&stream, Z_NO_FLUSH);
    packed.remove_prefix(take - stream.avail_in);
    size += room - stream.avail_out;
    if (state == Z_STREAM_END) {
      const bool only_zeros = packed.find_first_not_of('\0') == packed.npos;
      if (only_zeros) break;
      if (how != coding::gzip || ::inflateReset(&stream) != Z_OK) return unpacked::broken;
    } else if (state != Z_OK && !(state == Z_BUF_ERROR && stream.avail_out == 0)) {
      return unpacked::broken;
    }
  }
  if (size > most_bytes) return unpacked::too_large;
  body.resize(size);
  return unpacked::whole;
}

#else

inline unpacked unpack(coding, std::string_view, std::string&, std::size_t) { return unpacked::broken; }

#endif

}  // namespace t3api::inline v0_1_0::detail::http1

#endif

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
#ifndef T3API_HTTP1_REQUEST_HEAD_HPP
#define T3API_HTTP1_REQUEST_HEAD_HPP

#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail::http1 {

inline void append_field(std::string& head, std::string_view name, std::string_view value) {
  ((head += name) += ": ") += value;
  head += "\r\n";
}

/// The head of a request to `host` as it goes over the wire. `proxy_credentials` is null when it goes there
/// directly or through a tunnel, else what the proxy wants in Proxy-Authorization, perhaps nothing: the
/// request line has the whole address then (RFC 9112 section 3.2.2).
/// `more`: how many bytes will be appended; there is room for all from the beginning, so that no copy of a
/// credential is left behind.
inline std::string request_head(const request& message, const url& host, const std::string* proxy_credentials,
                                std::size_t more = 0) {
  std::string head;
  constexpr std::size_t own_fields = 512, separators = 4, longest_encoding = 3;
  std::size_t size = own_fields + more + host.host.size() + longest_encoding * message.path.size();
  for (const auto& [name, value] : message.headers) size += name.size() + value.size() + separators;
  for (const auto& [name, value] : message.query) size += longest_encoding * (name.size() + value.size() + 1);
  if (proxy_credentials != nullptr) size += proxy_credentials->size() + host.host.size();
  head.reserve(size);
  (head += to_string(message.method)) += ' ';
  if (proxy_credentials != nullptr) head += host.origin();
  (head += request_target(message, host.base_path)) += " HTTP/1.1\r\n";
  append_field(head, "Host", host.authority());
  if (proxy_credentials != nullptr && !proxy_credentials->empty()) {
    append_field(head, "Proxy-Authorization", *proxy_credentials);
  }
  for (const auto& [name, value] : message.headers) append_field(head, name, value);
  if (!message.headers.contains("Accept")) append_field(head, "Accept", "*/*");
  if (!message.headers.contains("Accept-Encoding"))
    append_field(head, "Accept-Encoding", can_unpack() ? "gzip" : "identity");
  const bool usually_has_body =
      message.method == method::post || message.method == method::put || message.method == method::patch;
  if (usually_has_body || !message.body.empty()) {
    append_field(head, "Content-Length", std::to_string(message.body.size()));
  }
  return head += "\r\n";
}

/// The head of a request for a tunnel to `host` (RFC 9110 section 9.3.6).
inline std::string tunnel_head(const url& host, const std::string& proxy_credentials) {
  const bool bracketed = host.host.find(':') != std::string::npos;
  const std::string target =
      (bracketed ? "[" + host.host + "]" : host.host) + ":" + std::to_string(host.port);
  std::string head = "CONNECT " + target + " HTTP/1.1\r\n";
  append_field(head, "Host", target);
  if (!proxy_credentials.empty()) append_field(head, "Proxy-Authorization", proxy_credentials);
  return head += "\r\n";
}

}  // namespace t3api::inline v0_1_0::detail::http1

#endif
#ifndef T3API_TRANSPORT_EXCHANGE_HPP
#define T3API_TRANSPORT_EXCHANGE_HPP

#include <algorithm>
#include <cstddef>
#include <string_view>

#ifndef T3API_TRANSPORT_STREAM_HPP
#define T3API_TRANSPORT_STREAM_HPP


#include <algorithm>
#include <cstddef>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>


namespace t3api::inline v0_1_0::detail {

/// What an attempt to move bytes came to. `ended`: the peer closed its side in order; over TLS it said so.
enum class io { moved, wants_read, wants_write, ended, broken };

/// A connected socket, plain or under TLS. No call waits. Owns the socket.
class stream {
 public:
  explicit stream(native_socket socket) noexcept : socket_(socket) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  /// Says farewell to a TLS peer, who may be gone.
  ~stream() {
    if (tls_ != nullptr) {
      if (established_ && !broken_) SSL_shutdown(tls_);
      SSL_free(tls_);
      ERR_clear_error();
    }
    if (socket_ != no_socket) close_native(socket_);
  }

  native_socket socket() const noexcept { return socket_; }
  SSL* tls() const noexcept { return tls_; }

  /// Everything goes through `session` from now on, which is owned. False for lack of memory.
  bool start_tls(SSL* session, const BIO_METHOD* method) {
    tls_ = session;
    BIO* bio = BIO_new(method);
    if (bio == nullptr) return false;
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls_, bio, bio);
    return true;
  }

  /// Goes on with the handshake; `moved` once it is done.
  io shake_hands() {
    begin_step();
    const auto state = told(SSL_connect(tls_));
    established_ = state == io::moved;
    return state;
  }

  /// Reads what is there, at most `room` bytes.
  io read(char* to, std::size_t room, std::size_t& count) {
    if (tls_ != nullptr) {
      begin_step();
      return told(SSL_read_ex(tls_, to, room, &count));
    }
    const auto got = receive_some(socket_, to, room);
    count = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (got > 0) return io::moved;
    if (got == 0) return io::ended;
    return would_block() ? io::wants_read : io::broken;
  }

  /// Writes what fits of two pieces, the first of which comes first.
  io write(std::string_view first, std::string_view second, std::size_t& count) {
    if (tls_ != nullptr) {
      const auto piece = first.empty() ? second : first;
      begin_step();
      return told(SSL_write_ex(tls_, piece.data(), piece.size(), &count));
    }
    const auto sent = send_some(socket_, first, second);
    count = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (sent >= 0) return io::moved;
    return would_block() ? io::wants_write : io::broken;
  }

  /// Whether nothing waits to be read, not even the peer's end.
  bool is_quiet() const {
    return (tls_ == nullptr || SSL_has_pending(tls_) == 0) && !has_pending_input(socket_);
  }

  /// How OpenSSL reaches the socket: its own way raises SIGPIPE, and a read could go on for ever with records
  /// that hold no data. To be freed by the caller.
  static BIO_METHOD* make_bio_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "t3api socket");
    if (method == nullptr) return nullptr;
    BIO_meth_set_read_ex(method, [](BIO* bio, char* to, std::size_t room, std::size_t* count) {
      BIO_clear_retry_flags(bio);
      auto& self = *static_cast<stream*>(BIO_get_data(bio));
      constexpr int most_receptions = 64;
      const bool enough = ++self.receptions_ > most_receptions;
      const auto got = enough ? -1 : receive_some(self.socket_, to, room);
      *count = got > 0 ? static_cast<std::size_t>(got) : 0;
      if (enough || (got < 0 && would_block())) BIO_set_retry_read(bio);
      return got > 0 ? 1 : 0;
    });
    BIO_meth_set_write_ex(method, [](BIO* bio, const char* from, std::size_t size, std::size_t* count) {
      BIO_clear_retry_flags(bio);
      const auto sent = send_some(static_cast<stream*>(BIO_get_data(bio))->socket_, {from, size});
      *count = sent > 0 ? static_cast<std::size_t>(sent) : 0;
      if (sent < 0 && would_block()) BIO_set_retry_write(bio);
      return sent > 0 ? 1 : 0;
    });
    BIO_meth_set_ctrl(method,
                      [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH; });
    return method;
  }

 private:
  /// What others left in this thread's queue of errors would be taken for the session's.
  void begin_step() noexcept {
    ERR_clear_error();
    receptions_ = 0;
  }

  /// What OpenSSL's last step on the session came to.
  io told(int success) {
    if (success == 1) return io::moved;
    const int code = SSL_get_error(tls_, success);
    if (code == SSL_ERROR_WANT_READ) return io::wants_read;
    if (code == SSL_ERROR_WANT_WRITE) return io::wants_write;
    if (code == SSL_ERROR_ZERO_RETURN) return io::ended;
    broken_ = true;
    return io::broken;
  }

  native_socket socket_;
  SSL* tls_ = nullptr;
  int receptions_ = 0;  ///< From the socket within one step.
  bool established_ = false;
  bool broken_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

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
#ifndef T3API_TRANSPORT_TLS_HPP
#define T3API_TRANSPORT_TLS_HPP


#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>


namespace t3api::inline v0_1_0::detail {

/// The TLS settings of a client, read once and used for all of its connections: TLS 1.2 or newer, the
/// authorities it trusts, and the certificate that it shows.
class tls_context {
 public:
  /// An `argument` error when something that the options name cannot be used.
  static result<std::unique_ptr<tls_context>> make(const tls_options& options) {
    std::unique_ptr<tls_context> made(new tls_context);
    ERR_clear_error();
    if (!made->context_ || !made->method_) {
      return error{.category = error_category::transport,
                   .message = "OpenSSL could not set up TLS: check its configuration"};
    }
    SSL_CTX* context = made->context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    made->accepts_any_ = options.dangerously_accept_any_certificate;
    if (!made->accepts_any_) {
      if (auto failure = load_authorities(SSL_CTX_get_cert_store(context), options))
        return *std::move(failure);
    }
    if (auto failure = load_client_certificate(context, options)) return *std::move(failure);
    ERR_clear_error();
    return made;
  }

  /// Puts a session with `host` on the stream: its certificate must be made out to that name or address among
  /// its subject alternative names (RFC 9525); an address is not told to the server (RFC 6066 section 3).
  /// False for lack of memory.
  bool start(stream& over, const std::string& host) const {
    SSL* session = SSL_new(context_.get());
    if (session == nullptr || !over.start_tls(session, method_.get())) return false;
    if (!is_address(host)) SSL_set_tlsext_host_name(session, host.c_str());
    if (accepts_any_) return true;
    SSL_set_verify(session, SSL_VERIFY_PEER, nullptr);
    SSL_set_hostflags(session, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1
                            : SSL_set1_host(session, host.c_str()) == 1;
  }

  /// Why the peer's certificate was refused; empty when it was not.
  std::string refusal(const SSL* session, const std::string& host) const {
    const long code = SSL_get_verify_result(session);
    if (accepts_any_ || code == X509_V_OK) return {};
    if (code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return "it is not made out to '" + host + "'";
    }
    return X509_verify_cert_error_string(code);
  }

 private:
  struct freeing {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
  };

  tls_context() : context_(SSL_CTX_new(TLS_client_method())), method_(stream::make_bio_method()) {}

  static std::optional<error> load_authorities(X509_STORE* store, const tls_options& options) {
    const auto unreadable = [](const std::string& what) {
      ERR_clear_error();
      return argument_error(what + " cannot be read or holds no certificate in PEM form");
    };
    if (!options.ca_file.empty() && X509_STORE_load_file(store, options.ca_file.c_str()) != 1) {
      return unreadable("the CA file '" + options.ca_file + "'");
    }
    if (!options.ca_directory.empty() && X509_STORE_load_path(store, options.ca_directory.c_str()) != 1) {
      return unreadable("the CA folder '" + options.ca_directory + "'");
    }
    if (!options.ca_pem.empty() && !add_pem(store, options.ca_pem)) {
      return unreadable("the text of tls_options::ca_pem");
    }
    if (options.ca_file.empty() && options.ca_directory.empty() && options.ca_pem.empty()) {
#ifdef _WIN32
      X509_STORE_load_store(store, "org.openssl.winstore://");
#else
      X509_STORE_set_default_paths(store);
#endif
    } else {
      // Whoever is named is trusted, and need not be a root: an issuing authority alone will do.
      X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    }
    return std::nullopt;
  }

  static bool add_pem(X509_STORE* store, const std::string& pem) {
    const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                   BIO_free);
    bool any = false;
    while (X509* certificate = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
      any = X509_STORE_add_cert(store, certificate) == 1 || any;
      X509_free(certificate);
    }
    return any;
  }

  /// Loads the client certificate that the options name, if any.
  static std::optional<error> load_client_certificate(SSL_CTX* context, const tls_options& options) {
    if (options.client_certificate_file.empty()) return std::nullopt;
    const std::string& key =
        options.client_key_file.empty() ? options.client_certificate_file : options.client_key_file;
    SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<secret*>(&options.client_key_password));
    SSL_CTX_set_default_passwd_cb(context, [](char* buffer, int size, int, void* data) -> int {
      const auto password = static_cast<const secret*>(data)->reveal();
      if (password.size() > static_cast<std::size_t>(size)) return -1;
      std::copy(password.begin(), password.end(), buffer);
      return static_cast<int>(password.size());
    });
    const bool loaded =
        SSL_CTX_use_certificate_chain_file(context, options.client_certificate_file.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(context) == 1;
    SSL_CTX_set_default_passwd_cb(context, nullptr);
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    ERR_clear_error();
    if (loaded) return std::nullopt;
    return argument_error("the client certificate '" + options.client_certificate_file + "' and its key '" +
                          key +
                          "' cannot be used: check that both are readable PEM files, belong together, and "
                          "that the pass phrase is right");
  }

  std::unique_ptr<SSL_CTX, freeing> context_;
  std::unique_ptr<BIO_METHOD, freeing> method_;
  bool accepts_any_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// One kept connection to a service, perhaps through a proxy.
class connection {
 public:
  connection(url host, const std::optional<proxy_options>& proxy, const tls_context* tls)
      : host_(std::move(host)), proxy_(proxy ? &*proxy : nullptr), tls_(tls) {}

  /// What waits on this connection are woken by.
  std::optional<wake_up>& waker() noexcept { return waker_; }

  /// Opens TCP to one address of the service, or of the proxy. The error when that did not come about.
  std::optional<error> open(connect_function connect, const std::string& address, io_wait& wait,
                            const send_options& options) {
    const auto socket = connect(address, proxy_ != nullptr ? proxy_->port : host_.port, wait);
    if (socket == no_socket) {
      if (wait.hindered() != hindrance::none) return hindered(wait, options);
      return not_sent("no connection to " + peer() +
                      " could be made: check the host, the port and the network");
    }
    stream_.emplace(socket);
    return std::nullopt;
  }

  /// Makes of the open connection one to the service: the proxy's tunnel, and TLS. The error, as above.
  std::optional<error> establish(io_wait& wait, const send_options& options) {
    if (proxy_ != nullptr && host_.secure) {
      if (auto failure = open_tunnel(wait, options)) return failure;
    }
    if (host_.secure) {
      if (auto failure = shake_hands(wait, options)) return failure;
    }
    wait.connected();
    return std::nullopt;
  }

  /// Sends the request and receives the answer. `reusable()` tells afterwards whether another may follow.
  outcome exchange(const request& message, const send_options& options, io_wait& wait) {
    reusable_ = false;
    const bool whole_address = proxy_ != nullptr && !host_.secure;
    const std::string credentials = whole_address ? proxy_credentials() : std::string();
    std::string_view body = message.body;
    // Under TLS each writing is a record of its own: a short request goes in one.
    constexpr std::size_t longest_in_one = 8U << 10U;
    const bool in_one = host_.secure && body.size() <= longest_in_one;
    std::string head =
        http1::request_head(message, host_, whole_address ? &credentials : nullptr, in_one ? body.size() : 0);
    if (in_one) {
      head += body;
      body = {};
    }
    http1::answer_reader answer(message.method == method::head ? http1::asked::head : http1::asked::get,
                                options.max_header_bytes, options.max_body_bytes);
    http_exchange run(*stream_, wait, answer);
    run.run(head, body);
    wipe(head);
    if (answer.whole()) {
      reusable_ = answer.keeps_connection() && run.is_clean();
      idle_since_ = std::chrono::steady_clock::now();
      return answer.take_answer();
    }
    error cause = failure(answer, wait, options);
    cause.sent = run.sent_any();
    cause.status = answer.status();
    return cause;
  }

  bool reusable() const noexcept { return reusable_; }

  /// Whether the peer has neither closed nor sent anything since the last answer.
  bool is_quiet() const { return stream_ && stream_->is_quiet(); }

  const url& host() const noexcept { return host_; }
  steady_time idle_since() const noexcept { return idle_since_; }

 private:
  std::string peer() const { return host_.origin() + (proxy_ != nullptr ? " through the proxy" : ""); }

  std::string proxy_credentials() const {
    if (proxy_->username.empty()) return {};
    std::string plain = proxy_->username + ":" + std::string(proxy_->password.reveal());
    std::string text = "Basic " + base64_encode(plain);
    wipe(plain);
    return text;
  }

  std::optional<error> open_tunnel(io_wait& wait, const send_options& options) {
    std::string credentials = proxy_credentials();
    std::string head = http1::tunnel_head(host_, credentials);
    http1::answer_reader answer(http1::asked::connect, options.max_header_bytes, options.max_body_bytes);
    http_exchange run(*stream_, wait, answer);
    run.run(head, {}, /*until_head=*/true);
    wipe(head);
    wipe(credentials);
    if (wait.hindered() != hindrance::none) return hindered(wait, options);
    const std::string target = host_.origin();
    if (!answer.has_head()) {
      return not_sent(
          "the proxy opened no tunnel to " + target + ", nothing was sent: " +
          (answer.fault().empty() ? "it ended the connection" : "its answer has " + answer.fault()));
    }
    if (answer.status() / 100 != 2) {
      auto cause =
          not_sent("the proxy answered " + std::to_string(answer.status()) +
                   " instead of opening a tunnel to " + target + ", nothing was sent: " +
                   (answer.status() == 407 ? "it wants a user and a password" : "check the proxy settings"));
      cause.retryable = is_retryable_status(answer.status());
      return cause;
    }
    if (!run.is_clean()) {
      return not_sent("the proxy sent something of its own into the tunnel to " + target +
                      ", nothing was sent: check the proxy settings");
    }
    return std::nullopt;
  }

  std::optional<error> shake_hands(io_wait& wait, const send_options& options) {
    if (!tls_->start(*stream_, host_.host)) return not_sent("no memory for a TLS connection to " + peer());
    while (true) {
      const io state = stream_->shake_hands();
      if (state == io::moved) return std::nullopt;
      if (state == io::wants_read || state == io::wants_write) {
        const bool read = state == io::wants_read;
        const auto ready = wait.until_ready(stream_->socket(), {.read = read, .write = !read});
        if (ready.read || ready.write) continue;
        return hindered(wait, options);
      }
      const auto refusal = tls_->refusal(stream_->tls(), host_.host);
      if (refusal.empty()) {
        return not_sent("no TLS connection to " + peer() +
                        " could be made, nothing was sent: " + "does it speak TLS 1.2 or newer there?");
      }
      auto cause =
          not_sent("the certificate of " + host_.origin() + " was refused, nothing was sent: " + refusal);
      cause.retryable = false;
      return cause;
    }
  }

  static error not_sent(std::string message) {
    return {.category = error_category::transport, .message = std::move(message), .retryable = true};
  }

  error failure(const http1::answer_reader& answer, const io_wait& wait, const send_options& options) const {
    if (wait.hindered() != hindrance::none) return hindered(wait, options);
    if (answer.fault().empty()) {
      return not_sent("the connection to " + host_.origin() + " ended before a whole answer had come");
    }
    error cause = not_sent("the answer has " + answer.fault() + ": " + host_.origin() + " sent it");
    if (!answer.is_foreign()) cause.category = error_category::protocol;
    cause.retryable = answer.is_foreign();
    return cause;
  }

  error hindered(const io_wait& wait, const send_options& options) const {
    const std::string target = host_.origin();
    error cause{.category = error_category::timeout, .retryable = true};
    switch (wait.hindered()) {
      case hindrance::stopped:
        cause.category = error_category::cancelled;
        cause.message = "the call to " + target + " was cancelled";
        cause.retryable = false;
        break;
      case hindrance::connect_timeout:
        cause.message = "no connection to " + peer() + " stood within " +
                        std::to_string(options.connect_timeout.count()) +
                        " ms: check the host, the network and the firewall";
        break;
      case hindrance::silence:
        cause.message = target + " was silent for " + std::to_string(options.read_timeout.count()) + " ms";
        break;
      default: cause.message = "no whole answer came from " + target + " before the call's deadline";
    }
    return cause;
  }

  url host_;
  const proxy_options* proxy_;
  const tls_context* tls_;
  std::optional<wake_up> waker_;
  std::optional<stream> stream_;
  steady_time idle_since_{};
  bool reusable_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// The connections of one process, kept alive for the next call.
class connection_pool {
 public:
  connection_pool(std::shared_ptr<const client_config> config, connect_function connect)
      : config_(std::move(config)), connect_(connect) {}

  outcome send(const request& message, const send_options& options) {
    auto reused = take_idle(options);
    if (!reused) return send_on_new_connection(message, options);
    outcome answer = error{};
    {
      io_wait wait(options, reused->waker());
      answer = reused->exchange(message, options, wait);
    }
    // Whether the service closed it before or after it took the request cannot be told.
    const bool stale = !answer && answer.error().category == error_category::transport &&
                       answer.error().status == 0 && (options.idempotent || !answer.error().sent);
    if (!stale) return give_back(std::move(reused), std::move(answer));
    const bool sent = answer.error().sent;
    auto second = send_on_new_connection(message, options);
    if (!second) second.error().sent = second.error().sent || sent;
    return second;
  }

 private:
  /// An idle connection to the host that is still silent; a write takes only one that was in use a moment
  /// ago.
  std::unique_ptr<connection> take_idle(const send_options& options) {
    const auto longest_idle = options.idempotent ? std::chrono::seconds(60) : std::chrono::seconds(2);
    std::vector<std::unique_ptr<connection>> discarded;
    const std::scoped_lock lock(mutex_);
    const auto oldest = std::chrono::steady_clock::now() - longest_idle;
    for (auto entry = idle_.end(); entry != idle_.begin();) {
      --entry;
      if ((*entry)->host() != options.host) continue;
      auto taken = std::move(*entry);
      entry = idle_.erase(entry);
      if (taken->idle_since() >= oldest && taken->is_quiet()) return taken;
      discarded.push_back(std::move(taken));
    }
    return nullptr;
  }

  outcome give_back(std::unique_ptr<connection> used, outcome answer) {
    if (!answer || !used->reusable()) return answer;
    constexpr std::size_t most_idle = 256;
    const std::scoped_lock lock(mutex_);
    if (idle_.size() >= most_idle) idle_.erase(idle_.begin());
    idle_.push_back(std::move(used));
    return answer;
  }

  outcome send_on_new_connection(const request& message, const send_options& options) {
    const tls_context* tls = nullptr;
    if (options.host.secure) {
      const auto loaded = load_tls();
      if (!loaded) return loaded.error();
      tls = *loaded;
    }
    const auto connect_deadline =
        (std::min)(options.deadline, std::chrono::steady_clock::now() + options.connect_timeout);
    const auto addresses =
        resolve(config_->proxy ? config_->proxy->host : options.host.host, connect_deadline, options.stop);
    if (!addresses) return addresses.error();
    for (std::size_t i = 0;; ++i) {
      // Each address gets its share of the time, the last one all that is left.
      const auto now = std::chrono::steady_clock::now();
      const auto share = (connect_deadline - now) / static_cast<int>(addresses->size() - i);
      auto made = std::make_unique<connection>(options.host, config_->proxy, tls);
      outcome answer = error{};
      {
        io_wait wait(options, made->waker());
        wait.connect_until(now + share);
        if (auto failure = made->open(connect_, (*addresses)[i], wait, options)) {
          const bool ended = wait.hindered() == hindrance::stopped || wait.hindered() == hindrance::deadline;
          if (!ended && i + 1 < addresses->size()) continue;
          return *std::move(failure);
        }
        wait.connect_until(connect_deadline);
        if (auto failure = made->establish(wait, options)) return *std::move(failure);
        answer = made->exchange(message, options, wait);
      }
      return give_back(std::move(made), std::move(answer));
    }
  }

  /// The TLS settings, read when they are first needed, and again after a failure.
  result<const tls_context*> load_tls() {
    const std::scoped_lock lock(mutex_);
    if (!tls_) {
      auto loaded = tls_context::make(config_->tls);
      if (!loaded) return loaded.error();
      tls_ = *std::move(loaded);
    }
    return tls_.get();
  }

  const std::shared_ptr<const client_config> config_;
  const connect_function connect_;
  std::mutex mutex_;
  std::unique_ptr<tls_context> tls_;
  std::vector<std::unique_ptr<connection>> idle_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

T3API_INLINE pooled_transport::pooled_transport(client_config config, connect_function connect)
    : pools_(std::make_shared<per_process<connection_pool>>(
          [settings = std::make_shared<const client_config>(std::move(config)), connect] {
            return std::make_unique<connection_pool>(settings, connect);
          })) {}

T3API_INLINE outcome pooled_transport::send(const request& message, const send_options& options) {
  if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
  return pools_->get().send(message, options);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_TRANSPORT_IMPL_SOCKET_HPP
#define T3API_TRANSPORT_IMPL_SOCKET_HPP

#include <cstdint>
#include <string>


namespace t3api::inline v0_1_0 {

T3API_INLINE detail::native_socket socket_connector::connect(const std::string& address, std::uint16_t port,
                                                             detail::io_wait& wait) {
  return detail::await_connection(detail::begin_connect(address, port), wait);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_IMPL_BY_CREDENTIALS_HPP
#define T3API_AUTHENTICATE_IMPL_BY_CREDENTIALS_HPP

#include <future>
#include <utility>


namespace t3api::inline v0_1_0 {

namespace detail {

inline login prepare_credentials_login(const credentials_arguments& given, const kept_answer& answer) {
  const auto chosen = settings_for(given);
  credentials_auth auth({.hostname = given.hostname,
                         .username = given.username,
                         .password = given.password,
                         .otp = given.otp,
                         .email = given.email,
                         .otp_seed = given.otp_seed},
                        given.store.value_or(memory_store()),
                        {.rules = chosen.rules, .renewal = renewal_into(answer, given.renew)});
  return {make_client(record_into(answer, std::move(auth)), chosen), answer, given.stop};
}

inline constexpr login_method<credentials_arguments> credentials_login{
    "the T3 API login with Metrc credentials", prepare_credentials_login};

}  // namespace detail

T3API_INLINE authenticated_client
create_credentials_authenticated_client_or_error(const credentials_arguments& given) {
  return detail::log_in<authenticated_client>(detail::credentials_login, given);
}

T3API_INLINE std::future<authenticated_client> create_credentials_authenticated_client_or_error_async(
    credentials_arguments given) {
  return detail::log_in_async<authenticated_client>(detail::credentials_login, given);
}

T3API_INLINE auth_response_data authenticate_and_get_response(const credentials_arguments& given) {
  return detail::log_in<auth_response_data>(detail::credentials_login, given);
}

T3API_INLINE std::future<auth_response_data> authenticate_and_get_response_async(
    credentials_arguments given) {
  return detail::log_in_async<auth_response_data>(detail::credentials_login, given);
}

T3API_INLINE secret authenticate_and_get_token(const credentials_arguments& given) {
  return detail::log_in<secret>(detail::credentials_login, given);
}

T3API_INLINE std::future<secret> authenticate_and_get_token_async(credentials_arguments given) {
  return detail::log_in_async<secret>(detail::credentials_login, given);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_IMPL_BY_JWT_HPP
#define T3API_AUTHENTICATE_IMPL_BY_JWT_HPP

#include <utility>


namespace t3api::inline v0_1_0 {

T3API_INLINE authenticated_client create_jwt_authenticated_client(const jwt_arguments& given) {
  bearer_auth auth(given.jwt_token);
  return detail::make_client(std::move(auth), detail::settings_for(given));
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_IMPL_CONFIGURED_HPP
#define T3API_AUTHENTICATE_IMPL_CONFIGURED_HPP

#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0 {

namespace detail {

/// Where the credentials go and how well that is made sure of; who has set it, if it is not the program; and
/// what there is to warn of.
inline std::string destination(const settings& chosen) {
  const auto set_by = [](std::string_view name, const std::optional<setting>& found) {
    const credential_part part{name, found};
    return found ? " (" + origins({&part}) + ")" : std::string();
  };
  std::string text =
      ", at " + parse_url(chosen.client.host).value().origin() + set_by("T3_API_HOST", chosen.host);
  if (chosen.client.tls.dangerously_accept_any_certificate)
    text += "; certificates are NOT checked" + set_by("VERIFY_SSL", chosen.verify_ssl);
  for (const auto& warning : chosen.warnings) text += "; " + warning;
  return text;
}

/// The first secret of a provider that does not come from the file; empty when there is none.
inline std::string secret_from_elsewhere(const credential_provider& provider) {
  for (const auto* part : provider.present()) {
    if (part->is_secret && !part->is_from(setting_place::file)) return origins({part});
  }
  return {};
}

inline login prepare_configured_login(const configured_arguments& given, const kept_answer& answer) {
  auto found = read_settings(environment::load(given.environment).value()).value();
  const credential_chain chain(find_credentials(given, found.credentials, found.rules), found.rules);
  const auto& provider = chain.choose(given.order, given.environment.file);
  auto chosen = settings_for(given, std::move(found), secret_from_elsewhere(provider));
  auto auth =
      chain.make_auth(provider, given.renew, given.store.value_or(memory_store()), destination(chosen));
  chosen.warnings = {auth.description()};
  return {make_client(std::move(auth), chosen), answer, given.stop};
}

inline constexpr login_method<configured_arguments> configured_login{
    "the T3 API login with what is configured", prepare_configured_login};

}  // namespace detail

T3API_INLINE authenticated_client get_authenticated_client_or_error(const configured_arguments& given) {
  return detail::log_in<authenticated_client>(detail::configured_login, given);
}

T3API_INLINE std::future<authenticated_client> get_authenticated_client_or_error_async(
    configured_arguments given) {
  return detail::log_in_async<authenticated_client>(detail::configured_login, given);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_IMPL_JSON_HPP
#define T3API_CORE_IMPL_JSON_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#ifndef T3API_CORE_IMPL_JSON_BUILDER_HPP
#define T3API_CORE_IMPL_JSON_BUILDER_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::detail {

/// Empties a value. Its own destructor allocates memory, and ends the process when there is none.
inline void release(nlohmann::json& value) noexcept {
  if (auto* list = value.get_ptr<nlohmann::json::array_t*>()) {
    for (auto& element : *list) release(element);
    list->clear();
  } else if (auto* members = value.get_ptr<nlohmann::json::object_t*>()) {
    for (auto& member : *members) release(member.second);
    members->clear();
  }
}

/// Makes a value of what nlohmann/json's parser meets in a text. It counts the memory of each part before it
/// makes it, and it knows where it is, which the library's own builder does not.
class json_builder {
 public:
  using json = nlohmann::json;

  /// `exact`: an integer of more than 64 bits is a fault, and no double.
  json_builder(std::string_view text, std::size_t memory, bool exact)
      : text_(text), memory_left_(memory), exact_(exact) {
    open_.reserve(max_json_depth);
  }
  json_builder(const json_builder&) = delete;
  json_builder& operator=(const json_builder&) = delete;
  ~json_builder() { release(root_); }

  json take() noexcept { return std::move(root_); }
  const std::string& fault() const noexcept { return fault_; }

  // The parser calls these, and stops when one gives false.

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const std::string& written) {
    if (exact_ && written.find_first_not_of("-0123456789") == written.npos) {
      return refuse("an integer of more than 64 bits");
    }
    return add(value);
  }
  bool string(const std::string& value) { return count(48 + heap_of(value)) && add(value); }
  bool binary(json::binary_t&) { return false; }

  bool start_object(std::size_t) { return open(json::object()); }
  bool key(const std::string& name) {
    if (!count(96 + heap_of(name))) return false;
    auto& in = open_.back();
    const auto [member, is_new] = in.container->get_ref<json::object_t&>().try_emplace(name);
    in.member = &member->second;
    if (is_new || name.find("\xEF\xBF\xBD") == name.npos) return true;
    return refuse("two names that are alike but for halves of surrogate pairs");
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_array() { return close(); }

  bool parse_error(std::size_t position, const std::string&, const json::exception& cause) {
    const auto rest = text_.substr((std::min)(position - 1, text_.size()));
    const std::string_view why = cause.what();
    const bool not_finite = rest.starts_with("NaN") || rest.starts_with("Infinity");
    constexpr int number_overflow = 406;
    const char* what = not_finite                                  ? "NaN or Infinity, which are no JSON"
                       : cause.id == number_overflow               ? "a number that is too large for a double"
                       : why.find("ill-formed UTF-8") != why.npos  ? "bytes that are not UTF-8"
                       : why.find("control character") != why.npos ? "a control character that is not escaped"
                       : rest.empty()                              ? "a value that is cut off"
                                                                   : "a mistake in its syntax";
    return refuse(what + (", at byte " + std::to_string(position)));
  }

 private:
  struct level {
    json* container;
    json* member = nullptr;  ///< Of an object: the one whose value is being read.
  };

  /// What a text takes beside its object; short ones are held within.
  static std::size_t heap_of(const std::string& text) { return text.size() > 15 ? text.size() + 32 : 0; }

  bool count(std::size_t bytes) {
    if (bytes > memory_left_)
      return refuse("too many values to keep in memory: ask for less, such as a smaller page");
    memory_left_ -= bytes;
    return true;
  }

  bool add(json value) {
    if (insert(std::move(value)) == nullptr) return false;
    if (!open_.empty()) open_.back().member = nullptr;
    return true;
  }

  bool open(json empty) {
    if (open_.size() == max_json_depth) {
      return refuse("values nested more than " + std::to_string(max_json_depth) + " deep");
    }
    json* const made = count(64) ? insert(std::move(empty)) : nullptr;
    if (made != nullptr) open_.push_back({made});
    return made != nullptr;
  }

  bool close() {
    open_.pop_back();
    if (!open_.empty()) open_.back().member = nullptr;
    return true;
  }

  /// Where it was put; null when there is no memory for it.
  json* insert(json value) {
    if (!count(32)) return nullptr;  // An array that grows has room for twice its elements.
    if (open_.empty()) return &(root_ = std::move(value));
    const auto& in = open_.back();
    if (in.member != nullptr) return &(*in.member = std::move(value));
    return &in.container->get_ref<json::array_t&>().emplace_back(std::move(value));
  }

  bool refuse(std::string what) {
    fault_ = std::move(what);
    std::string place;
    for (const auto& [container, member] : open_) {
      if (container->is_array()) {
        const bool innermost = container == open_.back().container;
        place += "/" + std::to_string(container->size() - (innermost ? 0 : 1));
      } else if (member != nullptr) {
        for (const auto& [name, value] : container->get_ref<json::object_t&>()) {
          if (&value == member) place += "/" + printable(name, 40);
        }
      }
    }
    if (!place.empty()) fault_ += ", in " + printable(place, 200);
    return false;
  }

  const std::string_view text_;
  std::size_t memory_left_;
  const bool exact_;
  json root_;
  std::vector<level> open_;
  std::string fault_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

namespace detail {

/// The text with U+FFFD in place of each escape that is half a surrogate pair; nothing when there is none.
inline std::optional<std::string> without_lone_surrogates(std::string_view text) {
  const auto unit_at = [&](std::size_t at) {
    unsigned unit = 0;
    const auto digits = text.substr((std::min)(at, text.size()), 6);
    if (!digits.starts_with("\\u")) return unit;
    const char* const end = digits.data() + digits.size();
    return std::from_chars(digits.data() + 2, end, unit, 16).ptr == end ? unit : 0U;
  };
  const auto is_high = [](unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; };
  const auto is_low = [](unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; };
  std::optional<std::string> mended;
  for (auto at = text.find('\\'); at != text.npos;) {
    const unsigned unit = unit_at(at);
    std::size_t size = 2;
    if (is_high(unit) && is_low(unit_at(at + 6))) {
      size = 12;
    } else if (is_high(unit) || is_low(unit)) {
      size = 6;
      if (!mended) mended = std::string(text);
      mended->replace(at, size, "\\ufffd");
    }
    at = text.find('\\', at + size);
  }
  return mended;
}

/// Not `json::sax_parse`, which compiles the readers of CBOR, BSON and others as well: a second at -O2.
inline bool build_json(std::string_view text, json_builder& builder) {
#if NLOHMANN_JSON_VERSION_MAJOR == 3
  auto input = nlohmann::detail::input_adapter(text);
  return nlohmann::detail::parser<nlohmann::json, decltype(input)>(std::move(input)).sax_parse(&builder);
#else
  return nlohmann::json::sax_parse(text, &builder);
#endif
}

T3API_INLINE result<nlohmann::json> read_json(std::string_view text, bool exact) {
  const auto cannot = [](std::string what) {
    return error{.category = error_category::protocol, .message = std::move(what)};
  };
  if (const auto at = text.find('\0'); at != text.npos) {  // The parser would take it for the end.
    return cannot("a NUL byte, at byte " + std::to_string(at + 1));
  }
  const auto built = [&, memory = 4 * (std::max<std::size_t>)(text.size(), 64U << 20U)](
                         std::string_view from) -> result<nlohmann::json> {
    json_builder builder(from, memory, exact);
    if (build_json(from, builder)) return builder.take();
    return cannot(builder.fault());
  };
  auto value = built(text);
  if (value) return value;
  const auto mended = without_lone_surrogates(text);
  return mended ? built(*mended) : std::move(value);
}

}  // namespace detail

T3API_INLINE std::optional<nlohmann::json> parse_json(std::string_view text) {
  if (auto value = detail::read_json(text, /*exact=*/false)) return *std::move(value);
  return std::nullopt;
}

T3API_INLINE std::optional<std::string> string_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

T3API_INLINE result<nlohmann::json> response::json() const {
  auto value = detail::read_json(body, /*exact=*/true);
  if (value) return value;
  std::string_view start = body;
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  start = detail::trim(start).substr(0, 1);
  auto cause = std::move(value).error();
  cause.status = status;
  cause.sent = true;
  if (start == "{" || start == "[") {
    cause.message =
        "the service answered " + std::to_string(status) + " with JSON that holds " + cause.message;
    return cause;
  }
  const auto type = headers.get("Content-Type").value_or("no content type");
  const std::string what =
      body.empty() ? "an empty body" : std::to_string(body.size()) + " bytes that are not valid JSON";
  cause.message = "the service answered " + std::to_string(status) + " with " + what + " (" +
                  detail::printable(type, 60) + ") where JSON was expected: is the host setting right?";
  return cause;
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_LOGGING_IMPL_SINKS_HPP
#define T3API_LOGGING_IMPL_SINKS_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0 {

namespace detail {

/// `12.3 ms`, whatever the locale.
inline std::string milliseconds_text(std::chrono::microseconds time) {
  const auto tenths = (std::max)(time.count(), std::chrono::microseconds::rep{0}) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

/// One line for a log, with its line break; what is foreign in it cannot make a second one.
class log_line {
 public:
  static std::string of(wall_time now, const request_event& event) {
    return start(now, event) + "-> " + std::string(to_string(event.method)) + " " + shown(event.url) +
           " (attempt " + std::to_string(event.attempt) + ")" + content(event);
  }

  static std::string of(wall_time now, const response_event& event) {
    const std::string status = event.status == 0 ? "no answer" : std::to_string(event.status);
    return start(now, event) + "<- " + status + " in " + milliseconds_text(event.elapsed) +
           (event.problem.empty() ? "" : ": " + shown(event.problem)) + content(event);
  }

  static std::string of(wall_time now, const retry_event& event) {
    return start(now, event) + "retry in " + std::to_string(event.pause.count()) +
           " ms: " + shown(event.reason) + "\n";
  }

  static std::string of(wall_time now, const renewal_event& event) {
    const std::string line = start(now, event) + "token ";
    const std::string time = " in " + milliseconds_text(event.elapsed);
    if (!event.problem.empty()) {
      const char* what = event.generation == 0 ? "not obtained" : "not renewed";
      return line + what + time + ": " + shown(event.problem) + "\n";
    }
    const char* what = event.shared ? "found in the store" : event.generation <= 1 ? "obtained" : "renewed";
    return line + what + " (generation " + std::to_string(event.generation) + ")" + time + "\n";
  }

  static std::string of(wall_time now, std::string_view notice) {
    return iso_time(now) + " -- " + shown(notice) + "\n";
  }

 private:
  static std::string shown(std::string_view text, std::size_t longest = 2100) {
    return one_line(text, longest);
  }

  template <class Event>
  static std::string start(wall_time now, const Event& event) {
    return iso_time(now) + " " + shown(event.request_id, 64) + (event.request_id.empty() ? "" : " ");
  }

  /// `, 12 bytes [Accept: text/csv; Cookie: ***] body: {}`.
  template <class Event>
  static std::string content(const Event& event) {
    constexpr std::size_t longest = 4000;
    std::string text, list;
    if (event.body_bytes > 0) text = ", " + std::to_string(event.body_bytes) + " bytes";
    for (const auto& [name, value] : event.headers) {
      if (list.size() > longest) break;
      list += (list.empty() ? "" : "; ") + name + ": " + value;
    }
    if (!list.empty()) text += " [" + shown(list, longest) + "]";
    if (!event.body.empty()) text += " body: " + shown(event.body);
    return text + "\n";
  }
};

T3API_INLINE logging_hooks line_hooks(std::function<void(const std::string&)> write,
                                      const log_options& options) {
  struct sink {
    std::function<void(const std::string&)> write{};
    std::mutex mutex{};
  };
  const auto out = std::make_shared<sink>();
  out->write = std::move(write);
  const auto put = [out](const auto& event) noexcept {
    try {
      const auto line = log_line::of(std::chrono::system_clock::now(), event);
      const std::scoped_lock lock(out->mutex);
      out->write(line);
    } catch (...) {  // A log that cannot be written must not break a call.
    }
  };
  return {.on_request = put,
          .on_response = put,
          .on_retry = put,
          .on_renewal = put,
          .on_notice = put,
          .with_headers = options.headers,
          .with_body = options.body};
}

}  // namespace detail

T3API_INLINE logging_hooks log_to(std::ostream& out, log_options options) {
  const auto write = [&out](const std::string& line) {
    out.write(line.data(), static_cast<std::streamsize>(line.size()));
    out.flush();
  };
  return detail::line_hooks(write, options);
}

T3API_INLINE logging_hooks log_to_file(const std::string& path, log_options options) {
  std::shared_ptr<detail::private_file> file;
  try {
    file = std::make_shared<detail::private_file>(path);
  } catch (const std::runtime_error& failure) {
    constexpr std::size_t longest_path = 300;
    throw std::runtime_error("the log file '" + detail::one_line(path, longest_path) +
                             "' cannot be used: " + failure.what());
  }
  return detail::line_hooks([file](const std::string& line) { file->append(line); }, options);
}

}  // namespace t3api::inline v0_1_0

#endif
#endif
