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
//   t3api/detail/utf8.hpp
//   t3api/core/result.hpp
//   t3api/core/error.hpp
//   t3api/core/exceptions.hpp
//   t3api/detail/percent.hpp
//   t3api/core/response.hpp
//   t3api/detail/tell_httplib.hpp
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
//   t3api/core/client_config.hpp
//   t3api/core/call_executor.hpp
//   t3api/default_client.hpp
//   t3api/client.hpp
//   t3api/client/async_calls.hpp
//   t3api/detail/worker_pool.hpp
//   t3api/client/call.hpp
//   t3api/client/state.hpp
//   t3api/client/rate_limiter.hpp
//   t3api/logging/body_secrets.hpp
//   t3api/logging/named_secrets.hpp
//   t3api/logging/call_log.hpp
//   t3api/retry/concept.hpp
//   t3api/transport/concept.hpp
//   t3api/core/send_options.hpp
//   t3api/transport/limits.hpp
//   t3api/core/json_body.hpp
//   t3api/detail/either_stop.hpp
//   t3api/retry/exponential_backoff.hpp
//   t3api/retry/budget.hpp
//   t3api/transport/httplib.hpp
//   t3api/authenticate/by_credentials.hpp
//   t3api/authenticate/by_jwt.hpp
//   t3api/authenticate/configured.hpp
//   t3api/authenticate/way_in.hpp
//   t3api/authenticate/ingredient.hpp
//   t3api/environment/environment.hpp
//   t3api/environment/dotenv.hpp
//   t3api/environment/dotenv_reader.hpp
//   t3api/environment/small_file.hpp
//   t3api/native/input_file.hpp
//   t3api/environment/settings.hpp
//   t3api/environment/setting_reader.hpp
//   t3api/environment/values.hpp
//   t3api/core/json.hpp
//   t3api/coroutine.hpp
//   t3api/environment.hpp
//   t3api/environment/logging.hpp
//   t3api/logging/sinks.hpp
//   t3api/logging/redaction.hpp
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
//   t3api/auth/impl/auth_response_data.hpp
//   t3api/auth/impl/token.hpp
//   t3api/detail/base64url.hpp
//   t3api/core/impl/service_error.hpp
//   t3api/authenticate/impl/by_api_key.hpp
//   t3api/authenticate/login.hpp
//   t3api/logging/impl/call_log.hpp
//   t3api/logging/impl/redaction.hpp
//   t3api/logging/one_line.hpp
//   t3api/core/impl/json_body.hpp
//   t3api/transport/impl/httplib.hpp
//   t3api/transport/httplib_pool.hpp
//   t3api/core/resolver.hpp
//   t3api/native/socket.hpp
//   t3api/transport/httplib_connection.hpp
//   t3api/detail/httplib.hpp
//   t3api/transport/reception.hpp
//   t3api/transport/tls_trust.hpp
//   t3api/transport/watchdog.hpp
//   t3api/authenticate/impl/by_credentials.hpp
//   t3api/authenticate/impl/by_jwt.hpp
//   t3api/authenticate/impl/configured.hpp
//   t3api/authenticate/take_way_in.hpp
//   t3api/core/impl/json.hpp
//   t3api/logging/impl/sinks.hpp
//   t3api/logging/impl/log_line.hpp
//   t3api/native/private_file.hpp

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

#ifndef T3API_DETAIL_UTF8_HPP
#define T3API_DETAIL_UTF8_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace t3api::inline v0_1_0::detail {

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
inline bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t extra = lead < 0x80   ? 0
                              : lead < 0xC2 ? 9
                              : lead < 0xE0 ? 1
                              : lead < 0xF0 ? 2
                              : lead < 0xF5 ? 3
                                            : 9;
    if (extra == 9 || text.size() - i <= extra) return false;
    std::uint32_t point = extra == 0 ? lead : lead & (0x3FU >> extra);
    for (std::size_t k = 1; k <= extra; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      point = (point << 6) | (next & 0x3FU);
    }
    const bool overlong = (extra == 2 && point < 0x800) || (extra == 3 && point < 0x10000);
    if (overlong || (point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF) return false;
    i += extra + 1;
  }
  return true;
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

/// Foreign text made fit for a message or a terminal: control characters become spaces, bytes that are no
/// UTF-8 become question marks, and dots follow when more than `limit` bytes were cut.
inline std::string printable(std::string_view text, std::size_t limit) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  std::size_t end = (std::min)(limit, text.size());
  for (int back = 0; back < 3 && end > 0 && end < text.size() && continues(text[end]); ++back) --end;
  std::string shown(text.substr(0, end));
  const bool utf8 = is_utf8(shown);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (ascii_control(shown[i])) {
      shown[i] = ' ';
    } else if (!utf8 && static_cast<unsigned char>(shown[i]) >= 0x80) {
      shown[i] = '?';
    } else if (shown[i] == '\xC2' && static_cast<unsigned char>(shown[i + 1]) < 0xA0) {  // U+0080 to U+009F
      shown[i] = shown[i + 1] = ' ';
    }
  }
  if (text.size() > limit) shown += "...";
  return shown;
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

#include <optional>
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
/// or array, or text in it that is no UTF-8): such a call had not begun. Errors of functions that make no
/// call have none either.
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
  result(T value) : value_(std::in_place, std::move(value)) {}
  /// From an error: `return error{…};`.
  result(t3api::error cause) : error_(std::in_place, std::move(cause)) {}

  /// A copy of the value or the error.
  result(const result&) = default;
  /// Moves the value or the error.
  result(result&&) = default;
  /// As good as before when the copy throws.
  result& operator=(result other) {
    value_ = std::move(other.value_);
    error_ = std::move(other.error_);
    return *this;
  }
  ~result() = default;

  /// Whether there is a value.
  bool has_value() const noexcept { return value_.has_value(); }
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
  T& operator*() & noexcept { return *value_; }
  /// The value; only to be called when there is one.
  const T& operator*() const& noexcept { return *value_; }
  /// The value, moved out; only to be called when there is one.
  T operator*() && { return std::move(*value_); }
  /// The value; only to be called when there is one.
  T* operator->() noexcept { return value_.operator->(); }
  /// The value; only to be called when there is one.
  const T* operator->() const noexcept { return value_.operator->(); }

  /// The error; only to be called when there is one.
  t3api::error& error() & noexcept { return *error_; }
  /// The error; only to be called when there is one.
  const t3api::error& error() const& noexcept { return *error_; }
  /// The error; only to be called when there is one.
  t3api::error&& error() && noexcept { return std::move(*error_); }

 private:
  void demand() const {
    if (!has_value()) throw_error(error());
  }

  // One of the two. A std::variant of them takes a compiler much longer, and programs have many results.
  std::optional<T> value_;
  std::optional<t3api::error> error_;
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

#ifndef T3API_DETAIL_TELL_HTTPLIB_HPP
#define T3API_DETAIL_TELL_HTTPLIB_HPP

// cpp-httplib without TLS beside the light headers is fine, but does not link with files for which
// detail/httplib.hpp says the opposite.
#if defined(CPPHTTPLIB_HTTPLIB_H) && !defined(CPPHTTPLIB_OPENSSL_SUPPORT) && defined(__ELF__)
namespace t3api::inline v0_1_0::detail {
[[gnu::used]] inline const char define_CPPHTTPLIB_OPENSSL_SUPPORT_in_all_files = 0;
}  // namespace t3api::inline v0_1_0::detail
#endif

#endif

namespace t3api::inline v0_1_0 {

/// One HTTP answer.
struct response {
  int status = 0;            ///< HTTP's, such as 200.
  t3api::headers headers{};  ///< As they were received.
  std::string body{};        ///< Unpacked, if it came packed.

  /// The body as JSON, nested at most 64 deep; a `protocol` error when it is none. Needs t3api/core/json.hpp.
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
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>


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

/// What a client tells while it works; unset members are not called. They are called by the thread that
/// makes the call, many at once, and what they throw is dropped. What they are given holds no secret.
struct logging_hooks {
  std::function<void(const request_event&)> on_request{};    ///< Before a request is sent.
  std::function<void(const response_event&)> on_response{};  ///< After its answer, or in place of one.
  std::function<void(const retry_event&)> on_retry{};        ///< Before the pause.
  std::function<void(const renewal_event&)> on_renewal{};    ///< After a login, an exchange, or its failure.
  std::function<void(std::string_view)> on_notice{};         ///< One sentence for people.
  bool with_headers = false;                                 ///< Whether events have headers.
  bool with_body = false;                                    ///< Whether events have bodies.

  /// Whether any member is set, so that there is something to tell.
  bool any() const noexcept { return on_request || on_response || on_retry || on_renewal || on_notice; }

  /// Hooks as the environment asks for them: `T3_LOG_HTTP`, `T3_LOG_HEADERS`, `T3_LOG_BODY`, `T3_LOG_FILE`.
  /// Throws std::invalid_argument for a value that makes no sense. Needs t3api/environment.hpp.
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
/// **A store of your own** is given values in clear, access tokens among them, and keys that are keyed hashes
/// under the password or API key itself: whoever can read the keys can try out passwords offline. Seal the
/// values and hash the keys anew under a key that only the sharing processes have, as `redis_store` does, or
/// keep everything inside the process.
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

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that RFC 9110 section 5.6.7 lets a server send. In
/// seconds, since `wall_time` may not reach to the year 9999.
inline std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  text = detail::trim(text);
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[16] != ' ' || text[19] != ':' ||
      text[22] != ':' || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    return detail::parse_decimal(text.substr(at, size));
  };
  const auto day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2),
             second = number(23, 2);
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (!day || !year || !hour || !minute || !second || month == months.end()) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

/// The server's own time, from its `Date` header.
inline std::optional<std::chrono::sys_seconds> server_date(const headers& fields) {
  const auto date = fields.get("Date");
  return date ? parse_http_date(*date) : std::nullopt;
}

/// How long `Retry-After` asks to wait (RFC 9110 section 10.2.3), as seconds or as a date, measured against
/// the server's own `Date` when it sent one. Never negative, at most a day; nothing when the header is
/// missing or garbage.
inline std::optional<std::chrono::seconds> retry_after(const headers& fields, wall_time now) {
  using std::chrono::seconds;
  constexpr seconds longest = std::chrono::hours(24);
  const auto value = fields.get("Retry-After");
  if (!value) return std::nullopt;
  const auto text = detail::trim(*value);
  if (!text.empty() && std::all_of(text.begin(), text.end(), detail::ascii_digit)) {
    const auto wait = detail::parse_decimal(text);
    return wait && *wait < static_cast<std::uint64_t>(longest.count()) ? seconds(*wait) : longest;
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  const auto start = server_date(fields).value_or(std::chrono::floor<seconds>(now));
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
    while (true) {
      const auto now = via.clock().wall_now() + *service_ahead;
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

 private:
  static constexpr auto tolerated_error = std::chrono::seconds(5);
  /// A clock of nanoseconds would overflow on a date far beyond, and no machine is that wrong.
  static constexpr std::chrono::seconds believable_error = std::chrono::hours(24 * 365 * 100);
  static constexpr int claimed_steps = 3;
  static constexpr auto claim_lifetime = claimed_steps * totp_step;

  /// How far the service's clock is ahead of this one. A wrong local clock makes wrong passwords, and wrong
  /// passwords lock accounts: so the time is asked by a request that carries no credentials, and anew for
  /// each login, as either clock may have been set since the last. Without an answer the local clock counts.
  result<std::chrono::seconds> ask_how_far_ahead(exchange& via) {
    constexpr std::chrono::seconds none{0};
    const auto answer = via.send({.path = "/v2/states"});
    if (!answer) {
      const auto category = answer.error().category;
      const bool out_of_time = category == error_category::timeout && via.clock().now() >= via.deadline();
      if (category == error_category::cancelled || out_of_time) return answer.error();
      return none;
    }
    const auto date = server_date(answer->headers);
    if (!date) return none;
    const auto ahead = *date - std::chrono::floor<std::chrono::seconds>(via.clock().wall_now());
    const auto distance = (std::max)(ahead, -ahead);
    return distance > tolerated_error && distance < believable_error ? ahead : none;
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
#include <optional>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// What users of one account share through a store: the token, whose turn it is to get a new one, and that
/// the credentials were refused. A store that fails is a store that has nothing and lets everyone go ahead.
template <store Store>
class shared_token {
 public:
  enum class turn { ours, anothers, unknown };

  struct found_token {
    secret jwt;
    std::chrono::milliseconds time_left;
  };

  /// `account` names the credentials without telling them; `credentials` names them with all that may make
  /// the service refuse them.
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

  std::optional<stored_value> read(const std::string& key) {
    auto held = store_.get(key);
    return held ? *std::move(held) : std::nullopt;
  }

  static bool is_older(std::string_view jwt, std::string_view than) {
    const auto issued = read_token_times(jwt).issued_at;
    const auto other = read_token_times(than).issued_at;
    return issued && other && *issued < *other;
  }

  std::string token_key(const url& host) const { return "token " + place(host) + account_; }
  std::string turn_key(const url& host) const { return "turn " + place(host) + account_; }
  std::string refusal_key(const url& host) const { return "refusal " + place(host) + credentials_; }
  static std::string place(const url& host) { return host.origin() + host.base_path + " "; }

  guarded_store<Store> store_;
  const std::string account_;
  const std::string credentials_;
  const std::string owner_ = make_uuid();
  const std::chrono::milliseconds lease_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_SERVICE_ERROR_HPP
#define T3API_CORE_SERVICE_ERROR_HPP

#include <string_view>


namespace t3api::inline v0_1_0 {

/// Whether an answer with this status may be different the next time.
constexpr bool is_retryable_status(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

/// Puts a mark in the place of `sensitive` wherever it stands in what the service said, as it is, as in JSON
/// or as in a URL, and of its beginning where the rest was cut off.
void redact(error& cause, std::string_view sensitive);

/// The error that an unexpected answer stands for: `authentication` for 401, `http` otherwise.
error service_error(const request& asked, const response& answer, wall_time now);

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0::detail {

/// A request that carries credentials.
struct credentials_message {
  request message;
  secret one_time_password{};  ///< Never to be seen in an error, whatever the service says.
};

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
        if (made.failure->category == error_category::authentication)
          shared_.keep_refusal(via.host(), *made.failure);
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
      const auto server_now = server_date(answer.headers)
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
      return detail::credentials_message{.message = std::move(message), .one_time_password = *std::move(otp)};
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
/// answer was lost and the call repeated, that error may mean that the first attempt deleted it.
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

  /// When the next request may go; nothing when that is not before `deadline`, and then no turn is taken.
  std::optional<steady_time> next_turn(steady_time now, steady_time deadline) {
    if (interval_ == steady_time::duration::zero()) return now;
    const std::scoped_lock lock(mutex_);
    const auto due = (std::max)(due_, now);
    const auto turn = (std::max)(now, due - ahead_);
    if (turn >= deadline) return std::nullopt;
    due_ = due + interval_;
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

namespace t3api::inline v0_1_0::detail {

/// Whether bodies that go there hold credentials.
inline bool is_login_path(std::string_view path) noexcept { return path.find("/auth/") != path.npos; }

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
    const bool in_body = !message.body.empty() && is_login_path(host.base_path + message.path);
    return by_method || in_body || has("Authorization") || has("X-T3-API-Key") || has("Cookie") ||
           std::any_of(message.query.begin(), message.query.end(),
                       [](const auto& parameter) { return iequals(parameter.first, "secretKey"); });
  }
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_LOGGING_BODY_SECRETS_HPP
#define T3API_LOGGING_BODY_SECRETS_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_LOGGING_NAMED_SECRETS_HPP
#define T3API_LOGGING_NAMED_SECRETS_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>


namespace t3api::inline v0_1_0::detail {

/// What stands where a secret was.
inline constexpr std::string_view hidden = "***";

/// Whether a value of that name is a secret by the sound of it; case and punctuation are ignored.
inline bool names_secret(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (ascii_alpha(c) || ascii_digit(c)) plain += ascii_lower(c);
  }
  for (const char* word :
       {"password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "apikey", "accesskey",
        "privatekey", "otp", "seed", "authorization", "bearer", "credential", "cookie", "jwt", "session"}) {
    if (plain.find(word) != plain.npos) return true;
  }
  return false;
}

/// `text` with a mark in the place of each of `known`, which must stand longest first.
inline std::string hide_known_secrets(std::string text, const std::vector<std::string_view>& known) {
  for (const auto sensitive : known) {
    if (sensitive.empty() || text.find(sensitive) == text.npos) continue;
    std::string kept;
    std::size_t done = 0;
    for (auto at = text.find(sensitive); at != text.npos; at = text.find(sensitive, done)) {
      kept.append(text, done, at - done).append(hidden);
      done = at + sensitive.size();
    }
    text = kept.append(text, done, text.npos);
  }
  return text;
}

/// Finds in free text what is most likely a secret, by what stands in front of it.
class secret_finder {
 public:
  explicit secret_finder(std::string_view text) noexcept : text_(text) {}

  /// The text without: values behind `secretKey=`, `"password": ` and their like, the word behind `Bearer`,
  /// JSON web tokens, and the user in front of a host.
  std::string hide() const {
    std::string shown;
    for (std::size_t i = 0; i < text_.size();) {
      if (const auto secret = secret_at(i); secret.end > i) {
        shown.append(text_.substr(i, secret.start - i)).append(hidden);
        i = secret.end;
      } else {
        shown += text_[i++];
      }
    }
    return shown;
  }

 private:
  /// Where a secret stands; nowhere when `end` is 0.
  struct range {
    std::size_t start = 0;
    std::size_t end = 0;
  };

  static constexpr bool is_word(char c) noexcept {
    return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '-' || c == '.';
  }
  static constexpr bool is_quote(char c) noexcept { return c == '"' || c == '\''; }

  range secret_at(std::size_t at) const {
    const char c = text_[at];
    if (c == '=' || c == ':') {
      if (text_.substr(at).starts_with("://")) return user_behind(at + 3);
      const auto name = name_before(at);
      if (to_lower(name).find("cookie") != std::string::npos) return {at + 1, text_.size()};
      return names_secret(name) ? value_behind(at + 1) : range{};
    }
    if ((at > 0 && is_word(text_[at - 1])) || !is_word(c)) return {};
    constexpr std::size_t shortest_jwt = 20;
    if (const auto end = word_end(at); text_.substr(at).starts_with("eyJ") && end - at >= shortest_jwt) {
      return {at, end};
    }
    const auto scheme = scheme_end(at);
    if (scheme == 0 || ascii_lower(c) != 'b') return {};
    constexpr std::size_t shortest_token = 8;
    const auto end = text_end(scheme);
    return end - scheme < shortest_token ? range{} : range{scheme, end};
  }

  /// The name that a `=` or `:` belongs to, without its quotes.
  std::string_view name_before(std::size_t mark) const noexcept {
    constexpr std::size_t longest = 64;
    auto end = mark;
    while (end > 0 && mark - end < 4 &&
           (text_[end - 1] == ' ' || text_[end - 1] == '\\' || text_[end - 1] == ']' ||
            is_quote(text_[end - 1]))) {
      --end;
    }
    auto start = end;
    while (start > 0 && end - start < longest && is_word(text_[start - 1])) --start;
    return text_.substr(start, end - start);
  }

  range value_behind(std::size_t at) const noexcept {
    while (at < text_.size() && (ascii_space(text_[at]) || text_[at] == '\\')) ++at;
    if (at == text_.size()) return {};
    if (text_[at] == '{' || text_[at] == '[') return {at, text_.size()};
    if (is_quote(text_[at])) return {at + 1, quote_end(at)};
    if (const auto scheme = scheme_end(at)) return {at, text_end(scheme)};
    return {at, text_end(at)};
  }

  /// Where the quotation that opens at `at` ends; a quote behind a backslash ends it only if it began so.
  std::size_t quote_end(std::size_t at) const noexcept {
    const bool escaped = text_[at - 1] == '\\';
    auto end = text_.find(text_[at], at + 1);
    while (end != text_.npos && !escaped && text_[end - 1] == '\\') end = text_.find(text_[at], end + 1);
    return end == text_.npos ? text_.size() : end;
  }

  range user_behind(std::size_t at) const noexcept {
    const auto end = (std::min)(text_.find_first_of("/?# \"'", at), text_.size());
    const auto user = text_.substr(at, end - at).rfind('@');
    return user == text_.npos ? range{} : range{at, at + user};
  }

  /// Where the credentials begin when `Bearer`, `Basic` or `Token` and a space stand at `at`; or 0.
  std::size_t scheme_end(std::size_t at) const noexcept {
    for (const std::string_view scheme : {"bearer", "basic", "token"}) {
      auto end = at + scheme.size();
      if (!iequals(text_.substr(at, scheme.size()), scheme) || end >= text_.size() || text_[end] != ' ') {
        continue;
      }
      while (end < text_.size() && text_[end] == ' ') ++end;
      return end;
    }
    return 0;
  }

  std::size_t word_end(std::size_t at) const noexcept {
    while (at < text_.size() && is_word(text_[at])) ++at;
    return at;
  }

  std::size_t text_end(std::size_t at) const noexcept {
    while (at < text_.size() && !ascii_space(text_[at]) && text_[at] != '&') ++at;
    return at;
  }

  std::string_view text_;
};

/// Text from elsewhere, without the secrets that can be told by their surroundings and without `known`.
inline std::string hide_secrets(std::string_view text, const std::vector<std::string_view>& known = {}) {
  return secret_finder(hide_known_secrets(std::string(text), known)).hide();
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// The texts in a JSON body that stand behind a name that sounds like a secret: a service may repeat them in
/// its answer. Makes no copy but in a `secret`; the body must outlive it.
class body_secrets {
 public:
  explicit body_secrets(std::string_view json) {
    std::string_view name;
    for (auto open = json.find('"'); open != json.npos;) {
      const auto close = quote_end(json, open + 1);
      if (close == json.npos) return;
      const auto text = json.substr(open + 1, close - open - 1);
      const auto next = json.find_first_not_of(" \t\r\n", close + 1);
      if (next != json.npos && json[next] == ':') {
        name = text;
      } else if (names_secret(name)) {
        add(text);
      }
      open = json.find('"', close + 1);
    }
  }

  /// As they stand in the body, and without its backslashes.
  const std::vector<std::string_view>& values() const noexcept { return values_; }

 private:
  static std::size_t quote_end(std::string_view json, std::size_t at) noexcept {
    for (at = json.find_first_of("\"\\", at); at != json.npos && json[at] == '\\';) {
      at = json.find_first_of("\"\\", at + 2);
    }
    return at;
  }

  void add(std::string_view text) {
    values_.push_back(text);
    if (text.find('\\') == text.npos) return;
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) plain += text[i] == '\\' ? text[++i] : text[i];
    values_.push_back(unescaped_.emplace_back(std::move(plain)).reveal());
  }

  std::vector<secret> unescaped_;
  std::vector<std::string_view> values_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_LOGGING_CALL_LOG_HPP
#define T3API_LOGGING_CALL_LOG_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <vector>


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
  call_log(const logging_hooks& hooks, const url& host, std::string_view request_id) noexcept
      : hooks_(hooks), host_(host), request_id_(request_id) {}

  void sending(int attempt, const request& sent) const noexcept;

  /// `sent` is the request as it went out, authorised: what is hidden of it is hidden in the answer as well.
  void received(int attempt, const request& sent, const result<response>& answer,
                std::chrono::steady_clock::duration elapsed) const noexcept;

  void retrying(int attempt, const error& cause, std::chrono::milliseconds pause) const noexcept;

  /// Fills in the request id.
  void renewed(renewal_event event) const noexcept;

 private:
  headers shown_fields(const headers& fields, const std::vector<std::string_view>& known) const;
  std::string shown_content(const request& sent, const headers& fields, std::string_view body,
                            const std::vector<std::string_view>& known) const;

  const logging_hooks& hooks_;
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
  explicit credentials_wiper(request& message) noexcept : message_(message) {
    if (is_login_path(message.path)) wipe_vector_registers();
  }
  credentials_wiper(const credentials_wiper&) = delete;
  credentials_wiper& operator=(const credentials_wiper&) = delete;
  ~credentials_wiper() {
    if (is_login_path(message_.path)) wipe(message_.body);
  }

 private:
  request& message_;
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
        log_(shared.config.logging, shared.host, request_id_),
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
      cause.sent = sent = sent || cause.sent;
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
      const credentials_wiper wiper(authorised);
      const auto generation = shared_.auth.authorize(authorised, *this);
      if (!generation) return generation.error();
      outcome answer = dispatch(authorised, idempotent_);
      if (!answer) return answer;
      if (options_.expects(answer->status)) return answer;
      const bool body_refused = is_login_path(message.path) && !message.body.empty();
      const int most_replays = is_shared(*generation) ? 2 : 1;
      if (answer->status == 401 && !body_refused && replays_ < most_replays &&
          shared_.auth.on_unauthorized(*generation)) {
        ++replays_;
        continue;
      }
      error cause = service_error(message, *answer, shared_.clock->wall_now());
      hide_credentials(cause, authorised);
      return cause;
    }
  }

  /// Gets what the auth method needs, and sends nothing else.
  result<token_generation> authorize() {
    request nothing{.path = "/"};
    return shared_.auth.authorize(nothing, *this);
  }

  result<response> send(request message) override { return send_until(std::move(message), deadline_); }
  result<response> send_until(request message, steady_time until) override {
    const credentials_wiper wiper(message);
    shared_.add_defaults(message, request_id_);
    return dispatch(message, /*idempotent=*/false, (std::min)(until, deadline_));
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
    if (!turn) return too_late("the rate limit of this client lets the call go after its deadline only");
    if (*turn > now && !shared_.clock->wait_until(*turn, options_.stop))
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
    log_.received(number_, message, answer, std::chrono::steady_clock::now() - start);
    return answer;
  }

  static error too_late(std::string message) {
    return {.category = error_category::timeout, .message = std::move(message)};
  }

  /// The service may repeat in its message what it was sent.
  static void hide_credentials(error& cause, const request& sent) {
    for (const char* name : {"Authorization", "X-T3-API-Key"}) {
      const auto value = sent.headers.get(name).value_or("");
      redact(cause, value.substr(value.starts_with("Bearer ") ? 7 : 0));
    }
    for (const auto& [name, value] : sent.query) {
      if (iequals(name, "secretKey")) redact(cause, value);
    }
    const body_secrets in_body(sent.body);
    for (const auto value : in_body.values()) redact(cause, value);
  }

  State& shared_;
  const call_options& options_;
  const std::string request_id_;
  const call_log log_;
  const steady_time deadline_;
  const bool idempotent_;
  int number_ = 1;
  int replays_ = 0;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_JSON_BODY_HPP
#define T3API_CORE_JSON_BODY_HPP

#include <string>


namespace t3api::inline v0_1_0 {

/// JSON as a request body: an object or an array. An `argument` error for anything else, since a lone text is
/// most likely JSON that was already written out, and for texts that are no UTF-8.
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
      detail::credentials_wiper wiper{message};
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
    const detail::credentials_wiper wiper(message);
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
#ifndef T3API_TRANSPORT_HTTPLIB_HPP
#define T3API_TRANSPORT_HTTPLIB_HPP

#include <memory>


namespace t3api::inline v0_1_0 {

namespace detail {
class httplib_pool;
}

/// HTTP/1.1 over TCP or TLS by cpp-httplib: a pool of keep-alive connections per origin, deadlines and
/// cancellation that hold in every phase, limits on what an answer may be. Copies share one pool. The
/// constructor does no I/O; files that the TLS settings name are read with the first https request.
///
/// A forked child may go on using and may destroy what its parent made: it has connections of its own and
/// reads the TLS files anew, and nothing it does is seen on its parent's connections. That holds if no thread
/// of the parent was inside a call at the fork; otherwise the child must make a new client and leave the old
/// one alone. The child keeps its parent's connections open, unused, until it ends or calls exec.
class httplib_transport {
 public:
  /// Takes TLS and proxy from `config`; the limits of a call come with the call.
  explicit httplib_transport(client_config config = {});

  outcome send(const request& message, const send_options& options);

 private:
  std::shared_ptr<detail::per_process<detail::httplib_pool>> pools_;
};

static_assert(transport<httplib_transport>);

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// A client with the default transport and retry policy.
template <class Auth>
using default_client = client<httplib_transport, Auth, exponential_backoff>;

/// `client{auth}` has the default transport and retry policy.
template <class Auth>
client(Auth) -> client<httplib_transport, Auth, exponential_backoff>;

/// So has `client{auth, config}`.
template <class Auth>
client(Auth, client_config) -> client<httplib_transport, Auth, exponential_backoff>;

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
      host{};           ///< T3's. Default: that of `config`, else `T3_API_HOST`, else production.
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
extern template class client<httplib_transport, any_auth, exponential_backoff>;
extern template any_client::any_client(authenticated_client);
#ifdef T3API_IMPLEMENTATION
template class client<httplib_transport, any_auth, exponential_backoff>;
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

#ifndef T3API_AUTHENTICATE_WAY_IN_HPP
#define T3API_AUTHENTICATE_WAY_IN_HPP

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#ifndef T3API_AUTHENTICATE_INGREDIENT_HPP
#define T3API_AUTHENTICATE_INGREDIENT_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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

/// Reads a dotenv text from its start to its end, once.
class dotenv_reader {
 public:
  dotenv_reader(std::string_view text, std::string_view name) : text_(text), name_(printable(name, 100)) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
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

  static std::string_view without_carriage_return(std::string_view line) noexcept {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  /// The text in front of the `=`, without the word `export`.
  static std::string_view key_of(std::string_view before_equals) noexcept {
    constexpr std::string_view word = "export";
    auto key = trim(before_equals);
    if (key.size() > word.size() && key.starts_with(word) && blank(key[word.size()])) {
      key = trim(key.substr(word.size()));
    }
    return key;
  }

  /// An unquoted value without the comment behind it; `rest` is all that follows the `=`.
  static std::string_view without_comment(std::string_view rest) noexcept {
    for (auto hash = rest.find('#'); hash != rest.npos; hash = rest.find('#', hash + 1)) {
      if (hash > 0 && blank(rest[hash - 1])) return rest.substr(0, hash);
    }
    return rest;
  }

  static secret decode(std::string_view quoted) {
    constexpr std::string_view escapes = "nrt\\\"$";
    constexpr std::string_view meanings = "\n\r\t\\\"$";
    std::string value;
    value.reserve(quoted.size());
    for (std::size_t i = 0; i < quoted.size(); ++i) {
      const std::string_view two = quoted.substr(i, 2);
      const auto escape = two.size() == 2 && two[0] == '\\' ? escapes.find(two[1]) : escapes.npos;
      if (escape != escapes.npos) {
        value += meanings[escape];
        ++i;
      } else if (two != "\r\n") {
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
      const auto line = without_carriage_return(lines.substr(0, end));
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
    if (const auto known = entries_.find(key); known != entries_.end()) {
      return fault(
          first, key,
          "sets what line " + std::to_string(known->second.line) + " has set: remove one of the two");
    }
    const auto rest = line.substr(equals + 1);
    const auto value = trim(rest);
    if (!value.starts_with('"') && !value.starts_with('\'')) {
      add(key, trim(without_comment(rest)), first);
      return std::nullopt;
    }
    return read_quoted(key, value);
  }

  /// `value` starts at the opening quote.
  std::optional<error> read_quoted(std::string_view key, std::string_view value) {
    const auto first = line_;
    const char quote = value.front();
    const auto open = static_cast<std::size_t>(value.data() - text_.data());
    const auto close = quote == '"' ? closing_quote(open + 1) : single_quote_in(value, open);
    if (close == text_.npos) {
      return fault(first, key,
                   quote == '"' ? "opens a quote that is never closed: add the closing \""
                                : "opens a quote that its line does not close: add the closing '");
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
    add(key, quote == '"' ? decode(quoted) : secret(quoted), first);
    return std::nullopt;
  }

  static std::size_t single_quote_in(std::string_view value, std::size_t open) noexcept {
    const auto close = value.find('\'', 1);
    return close == value.npos ? close : open + close;
  }

  std::size_t closing_quote(std::size_t from) const noexcept {
    for (auto at = text_.find_first_of("\\\"", from); at != text_.npos;
         at = text_.find_first_of("\\\"", at + 2)) {
      if (text_[at] == '"') return at;
    }
    return text_.npos;
  }

  void add(std::string_view key, secret value, std::size_t line) {
    entries_.emplace(std::string(key), dotenv_entry{std::move(value), line});
  }

  std::string_view text_;
  std::string name_;
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

namespace t3api::inline v0_1_0::detail {

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
  int failure_ = 0;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

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

/// The bytes of a regular file, or nothing when there is none at `path`. No more than `limit` bytes and one
/// are ever read; every buffer but the returned one, which never lies within the string, is overwritten.
inline result<std::optional<std::string>> read_small_file(const std::string& path, std::size_t limit) {
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
    case input_file::kind::missing: return std::optional<std::string>();
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
      return std::optional<std::string>(std::move(*bytes));
    }
    used += count;
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

/// The largest dotenv file that is read, in bytes.
inline constexpr std::size_t max_dotenv_bytes = 1U << 20U;

/// Reads the text of a dotenv file; `name` is what errors call it. The whole text must be right:
///
///     # a comment, on a line of its own or behind a value
///     METRC_HOSTNAME = ca.metrc.com       # spaces around = and at the ends are dropped
///     export METRC_USERNAME=alice         # the word export is allowed, as a shell wants it
///     METRC_PASSWORD='sp#ce $and "all"'   # single quotes: as it stands, on one line
///     NOTE="say \"hi\"\n"                 # double quotes: \n \r \t \\ \" \$ are decoded, other backslashes
///                                         # stay, and the value may go over several lines
///
/// A key has letters, digits and underscores and does not start with a digit. An unquoted value ends at a
/// `#` with a blank before it. Nothing is expanded: a `$` is a `$`. A CR before a line's end, a byte order
/// mark at the start and tabs are fine; other control characters, bytes that are no UTF-8 and a key that
/// comes twice are not. An `argument` error names file, line and, where it is sure, the key: never a value.
inline result<dotenv> parse_dotenv(std::string_view text, std::string_view name) {
  return detail::dotenv_reader(text, name).read();
}

/// Reads a dotenv file as `parse_dotenv` does. A file that is not there is an empty one; a directory, a
/// file that cannot be read or one of more than `max_dotenv_bytes` is an `argument` error. Neither the file
/// nor the process environment is changed, and the file's bytes are wiped from memory afterwards.
inline result<dotenv> read_dotenv(std::string path) {
  auto bytes = detail::read_small_file(path, max_dotenv_bytes);
  if (!bytes) return std::move(bytes).error();
  if (!bytes->has_value()) return parse_dotenv({}, path);
  detail::wiped_string text(std::move(**bytes));
  return parse_dotenv(*text, path);
}

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0 {

/// A value and where it comes from.
struct setting {
  secret value{};        ///< As it stands there.
  std::string source{};  ///< "the environment" or "<file> line <n>".
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
    if (options.file.empty()) return environment(dotenv(), std::move(options.lookup));
    auto file = read_dotenv(std::move(options.file));
    if (!file) return std::move(file).error();
    return environment(*std::move(file), std::move(options.lookup));
  }

  /// The value as it stands, or nothing when it is set nowhere. A value of white space alone counts as not
  /// set, so that the file's is taken when the environment's is blank.
  std::optional<setting> get(std::string_view name) const {
    const char* value = lookup_ ? lookup_(std::string(name).c_str()) : nullptr;
    if (value != nullptr && !detail::trim(value).empty()) return setting{secret(value), "the environment"};
    const auto* entry = file_.find(name);
    if (entry == nullptr || detail::trim(entry->value.reveal()).empty()) return std::nullopt;
    return setting{entry->value, file_.name() + " line " + std::to_string(entry->line)};
  }

 private:
  environment(dotenv file, std::function<const char*(const char*)> lookup)
      : file_(std::move(file)), lookup_(std::move(lookup)) {}

  dotenv file_;
  std::function<const char*(const char*)> lookup_;
};

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0::detail {

/// Where a setting is found; what is found at the front goes before the rest.
enum class place { arguments, environment, file };

inline constexpr std::string_view given_as_argument = "the arguments";

inline place place_of(const setting& found) {
  if (found.source == given_as_argument) return place::arguments;
  return found.source == "the environment" ? place::environment : place::file;
}

/// One thing that a way in takes.
struct ingredient {
  std::string_view name;  ///< As it is called in the environment.
  std::string_view noun;  ///< As the auth methods call it in what they throw.
  std::optional<setting> found;

  secret value() const { return found ? found->value : secret(); }
  std::string text() const { return std::string(value().reveal()); }
  bool is_from(place where) const { return found && place_of(*found) == where; }
};

/// A value that is given as an argument, else what is found elsewhere.
inline ingredient take(std::string_view name, std::string_view noun, std::string_view given,
                       const std::optional<setting>& found) {
  if (trim(given).empty()) return {name, noun, found};
  return {name, noun, setting{.value = secret(given), .source = std::string(given_as_argument)}};
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
inline std::string origins(const std::vector<ingredient>& parts, const std::string& one = " in ",
                           const std::string& several = " in ") {
  struct group {
    std::string source;
    std::vector<std::string> names{};
    std::vector<std::string> lines{};
  };
  constexpr std::string_view line = " line ";
  std::vector<group> groups;
  for (const auto& part : parts) {
    if (!part.found) continue;
    const auto& source = part.found->source;
    const auto at = part.is_from(place::file) ? source.rfind(line) : source.npos;
    const auto name = source.substr(0, at);
    auto same = std::find_if(groups.begin(), groups.end(), [&](const group& g) { return g.source == name; });
    if (same == groups.end()) same = groups.insert(same, group{name});
    same->names.emplace_back(part.name);
    if (at != source.npos) same->lines.push_back(source.substr(at + line.size()));
  }
  std::string text;
  for (const auto& [source, names, lines] : groups) {
    text += (text.empty() ? "" : ", ") + listed(names) + (names.size() == 1 ? one : several) + source;
    if (!lines.empty()) text += (lines.size() == 1 ? " line " : " lines ") + listed(lines);
  }
  return text;
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_ENVIRONMENT_SETTINGS_HPP
#define T3API_ENVIRONMENT_SETTINGS_HPP

#include <algorithm>
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

/// Reads settings that are no secrets into typed targets, which keep what they have when a setting is not
/// set. Remembers the first value that is malformed.
class setting_reader {
 public:
  explicit setting_reader(const environment& from) noexcept : from_(&from) {}

  const std::optional<error>& problem() const noexcept { return problem_; }

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
  static constexpr std::uint64_t unit = 1'000'000'000;

  /// `take` gets the value without blanks around it and says what would be right, or nothing when it is.
  /// Whether the setting was set and right.
  template <class Take>
  bool read(const char* key, Take take) {
    if (problem_) return false;
    const auto found = from_->get(key);
    if (!found) return false;
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
  bool http = false;     ///< T3_LOG_HTTP: requests and answers at all.
  bool headers = false;  ///< T3_LOG_HEADERS
  bool body = false;     ///< T3_LOG_BODY
  std::string file{};    ///< T3_LOG_FILE; empty when not set.
};

/// The settings of a T3 client as the environment gives them.
struct settings {
  client_config client{};                ///< Of `client`.
  backoff_options retry{};               ///< Of `exponential_backoff`.
  state_rules rules{};                   ///< Of `credentials_auth`.
  log_settings log{};                    ///< Of `logging_hooks::from_env`.
  configured_credentials credentials{};  ///< What there is to log in with.
};

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
/// names key and place and says what would be right.
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
  if (reader.problem()) return *reader.problem();

  all.credentials = {.hostname = from.get("METRC_HOSTNAME"),
                     .username = from.get("METRC_USERNAME"),
                     .password = from.get("METRC_PASSWORD"),
                     .email = from.get("METRC_EMAIL"),
                     .otp_seed = from.get("OTP_SEED"),
                     .jwt = from.get("JWT_TOKEN"),
                     .api_key = from.get("API_KEY"),
                     .state_code = from.get("API_STATE_CODE"),
                     .secret_key = from.get("T3_SECRET_KEY")};
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

/// A way in with all that it takes; `needed` ones first, the telling one at the front.
struct candidate {
  way_in way;
  std::vector<ingredient> needed;
  std::vector<ingredient> optional{};

  /// One needed part that is given as an argument makes it the caller's choice. In the environment and the
  /// file the telling part counts alone.
  bool is_from(place where) const {
    const bool chosen = std::any_of(needed.begin(), needed.end(),
                                    [](const ingredient& part) { return part.is_from(place::arguments); });
    return chosen ? where == place::arguments : needed.front().is_from(where);
  }
  bool is_meant() const { return is_from(place::arguments) || needed.front().found.has_value(); }

  /// The parts that there are.
  std::vector<ingredient> present() const {
    std::vector<ingredient> parts;
    for (const auto* from : {&needed, &optional}) {
      for (const auto& part : *from) {
        if (part.found) parts.push_back(part);
      }
    }
    return parts;
  }

  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    for (const auto& part : needed) {
      if (!part.found) names.emplace_back(part.name);
    }
    return names;
  }
};

/// What there is for each way in. A one-time password that is given goes before a seed that is found, and
/// such a seed is taken only where the state wants it.
template <class Arguments>
std::vector<candidate> ways_in(const Arguments& given, const configured_credentials& found,
                               const state_rules& rules) {
  const auto hostname = take("METRC_HOSTNAME", "Metrc hostname", given.hostname, found.hostname);
  const bool otp_given = !trim(given.otp.reveal()).empty();
  const bool seed_is_wanted = !otp_given && rules.needs_otp(hostname.text());
  const auto seed = seed_is_wanted ? found.otp_seed : std::nullopt;
  return {{.way = way_in::secret_key,
           .needed = {take("T3_SECRET_KEY", "secret key", given.secret_key.reveal(), found.secret_key)}},
          {.way = way_in::jwt, .needed = {take("JWT_TOKEN", "JWT", given.jwt_token.reveal(), found.jwt)}},
          {.way = way_in::api_key,
           .needed = {take("API_KEY", "API key", given.api_key.reveal(), found.api_key),
                      take("API_STATE_CODE", "state code", given.state_code, found.state_code)}},
          {.way = way_in::credentials,
           .needed = {take("METRC_PASSWORD", "Metrc password", given.password.reveal(), found.password),
                      hostname, take("METRC_USERNAME", "Metrc user name", given.username, found.username)},
           .optional = {take("one-time password", "one-time password", given.otp.reveal(), std::nullopt),
                        take("METRC_EMAIL", "e-mail address", given.email, found.email),
                        take("OTP_SEED", "one-time password seed", given.otp_seed.reveal(), seed)}}};
}

/// A way in and where it comes from: by its telling part if all of it comes from one place, else by every
/// part.
inline std::string origin_of(const candidate& way) {
  const auto parts = way.present();
  const auto where = place_of(*parts.front().found);
  const bool together =
      std::all_of(parts.begin(), parts.end(), [&](const ingredient& part) { return part.is_from(where); });
  const std::string from = std::string(to_string(way.way)) + " from ";
  if (!together) return from + origins(parts);
  return from + (where == place::arguments ? std::string(given_as_argument) : origins({parts.front()}));
}

/// What a way in takes, for people: "API_KEY with API_STATE_CODE".
inline std::string names_of(const candidate& way) {
  std::string names;
  for (const auto& part : way.needed) {
    const bool first = &part == &way.needed.front();
    names.append(first ? "" : &part == &way.needed[1] ? " with " : " and ").append(part.name);
  }
  return names;
}

/// What there is of a way in whose telling part is missing, and what is not.
inline std::string half_of(const candidate& way) {
  const auto missing = way.missing();
  return origins(way.needed, " is set in ", " are set in ") + ", but " + listed(missing) +
         (missing.size() == 1 ? " is not" : " are not");
}

/// The one to take: the first in order of those that are given as arguments, else of those in the
/// environment, else of those in the file. Throws std::invalid_argument when there is none; `file` is what
/// that message calls the file, empty for none.
inline const candidate& first_in_order(const std::vector<candidate>& ways, const std::vector<way_in>& order,
                                       std::string_view file) {
  if (order.empty()) throw std::invalid_argument("the order of the ways in is empty: name one at least");
  for (const auto where : {place::arguments, place::environment, place::file}) {
    for (const auto wanted : order) {
      for (const auto& way : ways) {
        if (way.way == wanted && way.is_from(where)) return way;
      }
    }
  }
  std::string looked_for;
  std::string halves;
  for (const auto wanted : order) {
    for (const auto& way : ways) {
      if (way.way != wanted) continue;
      looked_for += (looked_for.empty() ? "" : ", or ") + names_of(way);
      if (way.missing().size() < way.needed.size()) halves += (halves.empty() ? "" : "; ") + half_of(way);
    }
  }
  if (!halves.empty()) {
    throw std::invalid_argument("the credentials that are configured are not enough: " + halves);
  }
  const std::string places = file.empty() ? "the arguments and the environment"
                                          : "the arguments, the environment and " + printable(file, 100);
  throw std::invalid_argument("no credentials are configured: looked in " + places + " for " + looked_for +
                              "; set one of these");
}

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
/// in one line which way in was taken and from where, which service it goes to, and whether certificates are
/// not checked; so does the log. Throws authentication_error, with the cause nested in it, whatever goes
/// wrong; when nothing is configured its message lists what was looked for.
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

/// Deeper JSON is refused: copying and printing it would exhaust the stack.
inline constexpr std::size_t max_json_depth = 64;

/// The JSON value in `text`; nothing when it is no JSON, no UTF-8, or nested deeper than `max_json_depth`.
std::optional<nlohmann::json> parse_json(std::string_view text);

/// A text member of an object; nothing when it is missing or no text.
std::optional<std::string> string_member(const nlohmann::json& object, const char* name);

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

#include <cstdio>
#include <string>

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

inline logging_hooks logging_hooks::from_env() {
  return make_logging_hooks(read_settings(environment::load().value()).value().log);
}

}  // namespace t3api::inline v0_1_0

#endif

#endif
#ifndef T3API_LOGGING_REDACTION_HPP
#define T3API_LOGGING_REDACTION_HPP

#include <string>
#include <string_view>


namespace t3api::inline v0_1_0 {

/// Where `sent` goes, on one line: values of query parameters that are not known to be harmless are `***`, in
/// the path too, and so is what stands behind `/auth/secretkey/`.
std::string redacted_url(const url& host, const request& sent);

/// The fields with `***` for each value that is not known to be harmless; names and values fit one line.
headers redacted_headers(const headers& fields);

/// A body on one line of about 2000 bytes. JSON is shown with `***` in the place of members that sound like a
/// secret, of anything else its size only, and of what goes to or comes from authentication nothing.
std::string redacted_body(std::string_view path, std::string_view content_type, std::string_view body);

}  // namespace t3api::inline v0_1_0

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
#include <functional>
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
  struct equal_values {
    bool operator()(const nlohmann::json* a, const nlohmann::json* b) const { return *a == *b; }
  };
  struct hash_of_value {
    std::size_t operator()(const nlohmann::json* value) const { return std::hash<nlohmann::json>()(*value); }
  };
  std::unordered_set<const nlohmann::json*, hash_of_value, equal_values> seen;
  seen.reserve(rows.size());
  return std::any_of(rows.begin(), rows.end(), [&](const nlohmann::json& row) {
    const auto id = row.find("id");
    if (id == row.end() || !(id->is_number() || id->is_string())) return false;
    return !seen.insert(&*id).second;
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
    {
      const std::scoped_lock lock(mutex_);
      if (!over_) keep(page, std::move(loaded));
      --taken_;
    }
    signal();
  }

  void give_up(std::exception_ptr why) noexcept {
    {
      const std::scoped_lock lock(mutex_);
      if (!over_) thrown_ = std::move(why);
      over_ = true;
      --taken_;
    }
    signal();
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

  void signal() noexcept {
    bool over = false;
    {
      const std::scoped_lock lock(mutex_);
      over = over_;
    }
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
    if (options.timeout) deadline_ = clock_->now() + (std::min)(*options.timeout, longest);
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
    options.timeout = via_.config().timeout;
    if (deadline_) {
      const auto left = std::chrono::floor<std::chrono::milliseconds>(*deadline_ - clock_->now());
      if (left.count() <= 0) {
        return error{.category = error_category::timeout,
                     .message = "the time for the whole collection was over before the page was asked for"};
      }
      options.timeout = (std::min)(*options.timeout, left);
    }
    return load_page(via_, path_, wanted, options);
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
  std::optional<steady_time> deadline_;
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
    cause.message =
        "the service knows no such secret key of this user, or has deleted it already: list_secret_keys() "
        "gives the ids";
  }
  redact(cause, id);  // Someone may have given the key in the place of its id.
  return cause;
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTH_IMPL_AUTH_RESPONSE_DATA_HPP
#define T3API_AUTH_IMPL_AUTH_RESPONSE_DATA_HPP

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

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0 {

namespace detail {

/// What an error body says: `{"error": {"message"}}` (T3), `{"message"}`, `{"detail"}`, `{"error"}` or
/// `{"errors": […]}`.
inline std::string service_message(const response& answer) {
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
      if (!text.empty()) joined += (joined.empty() ? "" : "; ") + text;
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

inline void redact_as_written(error& cause, std::string_view sensitive, std::size_t shortest) {
  for (std::string* text : {&cause.service_message, &cause.message, &cause.service_request_id}) {
    for (auto at = text->find(sensitive); at != text->npos; at = text->find(sensitive, at)) {
      text->replace(at, sensitive.size(), "***");
    }
    for (auto dots = text->find("..."); dots != text->npos; dots = text->find("...", dots + 3)) {
      const auto before = std::string_view(*text).substr(0, dots);
      auto size = (std::min)(sensitive.size(), before.size());
      while (size >= shortest && !before.ends_with(sensitive.substr(0, size))) --size;
      if (size < shortest) continue;
      text->replace(dots - size, size, "***");
      dots = dots - size + 3;
    }
  }
}

}  // namespace detail

T3API_INLINE void redact(error& cause, std::string_view sensitive) {
  constexpr std::size_t shortest = 4;
  if (sensitive.size() < shortest) return;
  detail::redact_as_written(cause, sensitive, shortest);
  std::string written;
  written.reserve(6 * sensitive.size());
  detail::append_json_escaped(written, sensitive);
  if (written != sensitive) detail::redact_as_written(cause, written, shortest);
  written.clear();
  detail::append_percent_encoded(written, sensitive);
  if (written != sensitive) detail::redact_as_written(cause, written, shortest);
  detail::wipe(written);
}

T3API_INLINE error service_error(const request& asked, const response& answer, wall_time now) {
  error cause;
  cause.category = answer.status == 401 ? error_category::authentication : error_category::http;
  cause.status = answer.status;
  cause.service_message = detail::printable(detail::service_message(answer), 300);
  cause.service_request_id = detail::printable(answer.headers.get("X-Request-Id").value_or(""), 100);
  cause.retryable = is_retryable_status(answer.status);
  cause.sent = true;
  cause.retry_after = retry_after(answer.headers, now);
  cause.message = std::string(to_string(asked.method)) + " " + detail::printable(asked.path, 80) +
                  " was answered with status " + std::to_string(answer.status);
  if (!cause.service_message.empty()) cause.message += " (" + cause.service_message + ")";
  cause.message += ": " + std::string(detail::advice(answer.status));
  if (cause.retry_after) cause.message += ", in " + std::to_string(cause.retry_after->count()) + " s";
  return cause;
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_IMPL_BY_API_KEY_HPP
#define T3API_AUTHENTICATE_IMPL_BY_API_KEY_HPP

#include <future>
#include <memory>
#include <utility>

#ifndef T3API_AUTHENTICATE_LOGIN_HPP
#define T3API_AUTHENTICATE_LOGIN_HPP

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// The settings of a client: what is given as an argument goes before what `found` has from the environment
/// and `.t3.env`. Throws std::invalid_argument for settings that make no sense, and std::runtime_error when
/// the log file cannot be used.
template <class Arguments>
settings settings_for(const Arguments& given, settings found) {
  if (given.config) found.client = *given.config;
  if (given.host && !given.host->empty()) found.client.host = *given.host;
  if (given.retry_policy) found.retry = *given.retry_policy;
  if (given.logging_hooks) {
    found.client.logging = *given.logging_hooks;
  } else if (found.log.http && !found.client.logging.any()) {
    found.client.logging = make_logging_hooks(found.log);
  }
  for (const auto& [name, value] : given.headers) found.client.headers.set(name, value);
  return found;
}

template <class Arguments>
settings settings_for(const Arguments& given) {
  return settings_for(given, read_settings(environment::load().value()).value());
}

inline authenticated_client make_client(any_auth auth, const settings& chosen) {
  return {httplib_transport(chosen.client), std::move(auth), exponential_backoff(chosen.retry),
          chosen.client};
}

/// A client that has yet to log in, and what the exchange of its credentials will have been answered with.
struct login {
  authenticated_client client;
  std::shared_ptr<const auth_response_data> answer{};
  stop_token stop{};
};

/// What the named functions give of a finished login.
inline authenticated_client client_of(const login& done) { return done.client; }
inline auth_response_data response_of(const login& done) { return *done.answer; }
inline secret token_of(const login& done) { return done.answer->access_token; }

inline std::shared_ptr<auth_response_data> make_room() { return std::make_shared<auth_response_data>(); }

/// How the auth method of a login gets its token; the answer is kept if there is room for it.
inline renewal_options once_into(const std::shared_ptr<auth_response_data>& answer, bool renew) {
  renewal_options options{.keep_credentials = renew};
  if (answer) options.on_response = [answer](const auth_response_data& data) { *answer = data; };
  return options;
}

/// An auth method that tells which token it put into a request: one out of a store came without an answer.
template <class Auth>
class token_teller {
 public:
  token_teller(Auth told_of, std::shared_ptr<auth_response_data> answer)
      : told_of_(std::move(told_of)), answer_(std::move(answer)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    constexpr std::string_view scheme = "Bearer ";
    auto generation = told_of_.authorize(message, via);
    const auto header = message.headers.get("Authorization");
    if (!generation || !header || !header->starts_with(scheme)) return generation;
    const auto token = header->substr(scheme.size());
    if (answer_->access_token.reveal() != token) *answer_ = {.access_token = secret(token)};
    return generation;
  }
  bool on_unauthorized(token_generation generation) { return told_of_.on_unauthorized(generation); }

 private:
  Auth told_of_;
  std::shared_ptr<auth_response_data> answer_;
};

/// `auth`, which tells its token to `answer` if there is one.
template <class Auth>
any_auth heard_by(const std::shared_ptr<auth_response_data>& answer, Auth auth) {
  if (!answer) return auth;
  return token_teller<Auth>(std::move(auth), answer);
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

/// What `prepare` makes; what it throws is thrown as an authentication_error.
inline login prepared_login(const std::string& what, const std::function<login()>& prepare) {
  try {
    return prepare();
  } catch (...) {
    throw_authentication_error(what);
  }
}

/// Logs in with what was prepared, and gives `part_of` it.
template <class T>
T finished_login(const std::string& what, const login& prepared, T (*part_of)(const login&)) {
  try {
    prepared.client.authenticate({.stop = prepared.stop}).value();
    return part_of(prepared);
  } catch (...) {
    throw_authentication_error(what);
  }
}

template <class T>
T log_in(const std::string& what, const std::function<login()>& prepare, T (*part_of)(const login&)) {
  return finished_login(what, prepared_login(what, prepare), part_of);
}

/// The same where the asynchronous calls of the client run; what went wrong is in the future.
template <class T>
std::future<T> log_in_async(const std::string& what, const std::function<login()>& prepare,
                            T (*part_of)(const login&)) {
  try {
    const login prepared = prepared_login(what, prepare);
    try {
      return prepared.client.async(
          [what, prepared, part_of] { return finished_login(what, prepared, part_of); });
    } catch (...) {
      std::throw_with_nested(authentication_error(
          {.category = error_category::transport,
           .message = what + " failed: the executor did not take the call: " + caught_text(),
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

inline constexpr const char* api_key_login = "the T3 API login with an API key";

inline login prepare_login(const api_key_arguments& given,
                           const std::shared_ptr<auth_response_data>& answer = {}) {
  api_key_auth auth(given.api_key, given.state_code, given.store.value_or(memory_store()),
                    once_into(answer, given.renew));
  return {.client = make_client(heard_by(answer, std::move(auth)), settings_for(given)),
          .answer = answer,
          .stop = given.stop};
}

}  // namespace detail

T3API_INLINE authenticated_client create_api_key_authenticated_client(const api_key_arguments& given) {
  return detail::prepare_login(given).client;
}

T3API_INLINE authenticated_client
create_api_key_authenticated_client_or_error(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE std::future<authenticated_client> create_api_key_authenticated_client_or_error_async(
    api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE auth_response_data authenticate_and_get_response_with_api_key(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

T3API_INLINE std::future<auth_response_data> authenticate_and_get_response_with_api_key_async(
    api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

T3API_INLINE secret authenticate_and_get_token_with_api_key(const api_key_arguments& given) {
  return detail::log_in(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

T3API_INLINE std::future<secret> authenticate_and_get_token_with_api_key_async(api_key_arguments given) {
  return detail::log_in_async(
      detail::api_key_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_LOGGING_IMPL_CALL_LOG_HPP
#define T3API_LOGGING_IMPL_CALL_LOG_HPP

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_LOGGING_IMPL_REDACTION_HPP
#define T3API_LOGGING_IMPL_REDACTION_HPP

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_LOGGING_ONE_LINE_HPP
#define T3API_LOGGING_ONE_LINE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// Whether a character could break a line, drive a terminal, or make text look other than it is: controls,
/// line separators, and those without a width or that turn the writing direction.
constexpr bool disturbs_line(std::uint32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0xAD || point == 0x61C ||
         point == 0x180E || (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) ||
         (point >= 0xE0000 && point <= 0xE0FFF);
}

/// Foreign text as part of one line: such characters become `\uXXXX`, bytes that are no UTF-8 `?`. At most
/// `limit` bytes, cut between characters; dots follow when something was cut.
inline std::string one_line(std::string_view text, std::size_t limit) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string line;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::string piece(text.substr(i, size));
    if (!is_utf8(piece)) {
      size = 1;
      piece = "?";
    } else {
      std::uint32_t point = size == 1 ? lead : lead & (0x7FU >> size);
      for (std::size_t k = 1; k < size; ++k) {
        point = (point << 6) | (static_cast<unsigned char>(piece[k]) & 0x3FU);
      }
      if (disturbs_line(point)) {
        piece = point > 0xFFFF ? "?" : "\\u";
        for (unsigned shift = 16; point <= 0xFFFF && shift > 0;) {
          shift -= 4;
          piece += hex[(point >> shift) & 15U];
        }
      }
    }
    if (line.size() + piece.size() > limit) return line + "...";
    line += piece;
    i += size;
  }
  return line;
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

namespace detail {

template <class Names>
bool listed(const Names& names, std::string_view name) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char* known) { return iequals(known, name); });
}

inline bool may_show_parameter(std::string_view name) {
  constexpr const char* shown[] = {"licenseNumber",
                                   "page",
                                   "pageSize",
                                   "sort",
                                   "filter",
                                   "filterLogic",
                                   "strictPagination",
                                   "contentType",
                                   "fieldnames",
                                   "prependCsvMetadata",
                                   "submit"};
  return listed(shown, name);
}

inline bool may_show_header(std::string_view name) {
  constexpr const char* shown[] = {"Accept",
                                   "Accept-Encoding",
                                   "Accept-Language",
                                   "Accept-Ranges",
                                   "Age",
                                   "Allow",
                                   "Cache-Control",
                                   "Connection",
                                   "Content-Encoding",
                                   "Content-Language",
                                   "Content-Length",
                                   "Content-Type",
                                   "Date",
                                   "ETag",
                                   "Expires",
                                   "Host",
                                   "Idempotency-Key",
                                   "If-None-Match",
                                   "If-Modified-Since",
                                   "Keep-Alive",
                                   "Last-Modified",
                                   "Retry-After",
                                   "Server",
                                   "Transfer-Encoding",
                                   "User-Agent",
                                   "Vary",
                                   "X-RateLimit-Limit",
                                   "X-RateLimit-Remaining",
                                   "X-RateLimit-Reset",
                                   "X-Request-Id"};
  return listed(shown, name);
}

/// A path in lower case, decoded and without empty segments: what a service may take it for.
inline std::string plain_path(std::string_view path) {
  std::string plain;
  for (const char c : to_lower(query_decode(path.substr(0, path.find_first_of("?#"))))) {
    if (c != '/' || !plain.ends_with('/')) plain += c;
  }
  return plain;
}

inline bool is_authentication_path(std::string_view path) {
  return ("/" + plain_path(path) + "/").find("/auth/") != std::string::npos;
}

/// The path as it is shown, percent-encoded; behind `/auth/secretkey/` stands the name of a key.
inline std::string shown_path(std::string_view path, const std::vector<std::string_view>& known) {
  constexpr std::string_view kept = "/%:@!$&'()*+,;=";
  constexpr std::string_view keys = "/auth/secretkey/";
  std::string shown;
  const std::string plain = plain_path(path);
  if (const auto at = plain.find(keys); at != plain.npos && plain.size() > at + keys.size()) {
    append_percent_encoded(shown, plain.substr(0, at + keys.size()), kept);
    return shown.append(hidden);
  }
  append_percent_encoded(shown, hide_secrets(path, known), kept);
  return shown;
}

inline void append_shown_parameter(std::string& shown, const std::pair<std::string, std::string>& parameter,
                                   const std::vector<std::string_view>& known) {
  constexpr std::size_t longest_name = 40;
  const auto& [name, value] = parameter;
  shown += shown.find('?') == shown.npos ? '?' : '&';
  if (may_show_parameter(name)) {
    shown.append(name).append("=");
    append_percent_encoded(shown, hide_secrets(value, known), "*:,");
  } else if (value.empty() || name.size() > longest_name) {  // The name itself may be what was to be hidden.
    shown.append(hidden);
  } else {
    append_percent_encoded(shown, hide_secrets(name, known), "*");
    shown.append("=").append(hidden);
  }
}

/// Where `sent` goes, as it may be shown; see `redacted_url`.
inline std::string shown_url(const url& host, const request& sent,
                             const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 2000;
  const auto target = std::string_view(sent.path).substr(0, sent.path.find('#'));
  const auto mark = (std::min)(target.find('?'), target.size());
  std::string path = host.base_path;
  path += target.starts_with('/') && !target.starts_with("//") ? target.substr(0, mark) : "/***";
  std::string shown = one_line(host.origin(), longest) + shown_path(path, known);
  if (mark < target.size()) {
    for (const auto& parameter : decode_query(target.substr(mark + 1))) {
      append_shown_parameter(shown, parameter, known);
    }
  }
  for (const auto& parameter : sent.query) append_shown_parameter(shown, parameter, known);
  return one_line(shown, longest);
}

/// The fields, with the values that may be shown; see `redacted_headers`.
inline headers shown_headers(const headers& fields, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest_name = 60;
  constexpr std::size_t longest_value = 300;
  headers shown;
  shown.reserve(fields.size());
  for (const auto& [name, value] : fields) {
    shown.add_received(
        one_line(hide_known_secrets(name, known), longest_name),
        may_show_header(name) ? one_line(hide_secrets(value, known), longest_value) : std::string(hidden));
  }
  return shown;
}

inline bool is_json_type(std::string_view content_type) {
  const auto type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

/// Whether an object is about a secret that it names in a value, as `{"name": "password", "value": …}` and
/// `{"loc": ["body", "password"], "input": …}` are.
inline bool tells_secret_name(const nlohmann::json& object) {
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

/// What may be shown of a value. `room` is how many bytes are wanted yet; what would come after is left out.
inline nlohmann::json shown_json(const nlohmann::json& value, const std::vector<std::string_view>& known,
                                 std::size_t& room) {
  const auto use = [&room](std::size_t bytes) { room -= (std::min)(room, bytes); };
  use(1);
  if (value.is_string()) {
    std::string text = hide_secrets(value.get_ref<const std::string&>(), known);
    use(text.size());
    return text;
  }
  if (value.is_array()) {
    auto shown = nlohmann::json::array();
    for (auto entry = value.begin(); entry != value.end() && room > 0; ++entry) {
      shown.push_back(shown_json(*entry, known, room));
    }
    return shown;
  }
  if (!value.is_object()) return value;
  auto shown = nlohmann::json::object();
  const bool about_secret = tells_secret_name(value);
  for (auto member = value.begin(); member != value.end() && room > 0; ++member) {
    const std::string& name = member.key();
    const bool secret = names_secret(name) || (about_secret && (name == "value" || name == "input"));
    shown[hide_secrets(name, known)] =
        secret ? nlohmann::json(hidden) : shown_json(member.value(), known, room);
  }
  return shown;
}

/// A body as it may be shown, without `known`; see `redacted_body`.
inline std::string shown_body(std::string_view path, std::string_view content_type, std::string_view body,
                              const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 2000;
  constexpr std::size_t longest_type = 60;
  constexpr std::size_t largest_parsed = 8U << 20U;
  if (body.empty()) return {};
  if (is_authentication_path(path)) return "(not shown: authentication)";
  const std::string size = std::to_string(body.size()) + " bytes";
  if (is_json_type(content_type) && body.size() <= largest_parsed) {
    const auto value = parse_json(body);
    if (value && value->is_structured()) {  // A lone text could be a token.
      std::size_t room = 2 * longest;       // More than is shown, so that what was left out is told as cut.
      const auto text =
          shown_json(*value, known, room).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      auto shown = one_line(text, longest);
      if (shown.ends_with("...") || room == 0) shown += " (" + size + " in all)";
      return shown;
    }
  }
  const auto type =
      content_type.empty() ? "no type" : one_line(hide_secrets(content_type, known), longest_type);
  return "(" + size + " of " + type + ")";
}

}  // namespace detail

T3API_INLINE std::string redacted_url(const url& host, const request& sent) {
  return detail::shown_url(host, sent, {});
}

T3API_INLINE headers redacted_headers(const headers& fields) { return detail::shown_headers(fields, {}); }

T3API_INLINE std::string redacted_body(std::string_view path, std::string_view content_type,
                                       std::string_view body) {
  return detail::shown_body(path, content_type, body, {});
}

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0::detail {

inline std::string sentence(std::string_view text, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 600;
  return one_line(hide_secrets(text, known), longest);
}

/// The values of a request that are not shown, longest first; a service may repeat them in its answer.
inline std::vector<std::string_view> hidden_values(const request& sent,
                                                   const std::vector<std::string_view>& in_body) {
  std::vector<std::string_view> values;
  const auto add = [&](std::string_view value) {
    constexpr std::size_t shortest = 6;
    if (value.size() >= shortest) values.push_back(value);
  };
  for (const auto& [name, value] : sent.headers) {
    if (may_show_header(name)) continue;
    add(value);
    for (std::string_view rest = value; !rest.empty();) {  // `Bearer x` and `a=x; b=y` hold x and y.
      const auto word = rest.substr(0, rest.find_first_of(" ;,"));
      rest.remove_prefix((std::min)(rest.size(), word.size() + 1));
      if (!iequals(word, "Bearer")) add(word);
      if (const auto equals = word.find('='); equals != word.npos) add(word.substr(equals + 1));
    }
  }
  for (const auto& [name, value] : sent.query) {
    if (!may_show_parameter(name)) add(value);
  }
  for (const auto value : in_body) add(value);
  std::sort(values.begin(), values.end(),
            [](std::string_view a, std::string_view b) { return a.size() > b.size(); });
  return values;
}

T3API_INLINE void call_log::sending(int attempt, const request& sent) const noexcept {
  tell(hooks_.on_request, [&] {
    return request_event{.request_id = std::string(request_id_),
                         .attempt = attempt,
                         .method = sent.method,
                         .url = redacted_url(host_, sent),
                         .headers = shown_fields(sent.headers, {}),
                         .body = shown_content(sent, sent.headers, sent.body, hidden_values(sent, {})),
                         .body_bytes = sent.body.size()};
  });
}

T3API_INLINE void call_log::received(int attempt, const request& sent, const result<response>& answer,
                                     std::chrono::steady_clock::duration elapsed) const noexcept {
  tell(hooks_.on_response, [&] {
    response_event event{.request_id = std::string(request_id_),
                         .attempt = attempt,
                         .method = sent.method,
                         .url = redacted_url(host_, sent),
                         .elapsed = std::chrono::duration_cast<std::chrono::microseconds>(elapsed)};
    const body_secrets in_body(sent.body);
    const auto known = hidden_values(sent, in_body.values());
    if (answer) {
      event.status = answer->status;
      event.headers = shown_fields(answer->headers, known);
      event.body = shown_content(sent, answer->headers, answer->body, known);
      event.body_bytes = answer->body.size();
    } else {
      const auto& cause = answer.error();
      event.problem = sentence(cause.message.empty() ? to_string(cause.category) : cause.message, known);
    }
    return event;
  });
}

T3API_INLINE void call_log::retrying(int attempt, const error& cause,
                                     std::chrono::milliseconds pause) const noexcept {
  tell(hooks_.on_retry, [&] {
    return retry_event{.request_id = std::string(request_id_),
                       .attempt = attempt,
                       .pause = pause,
                       .reason = sentence(cause.message, {})};
  });
}

T3API_INLINE void call_log::renewed(renewal_event event) const noexcept {
  tell(hooks_.on_renewal, [&] {
    event.request_id = request_id_;
    event.problem = sentence(event.problem, {});
    return std::move(event);
  });
}

T3API_INLINE headers call_log::shown_fields(const headers& fields,
                                            const std::vector<std::string_view>& known) const {
  return hooks_.with_headers ? shown_headers(fields, known) : headers();
}

T3API_INLINE std::string call_log::shown_content(const request& sent, const headers& fields,
                                                 std::string_view body,
                                                 const std::vector<std::string_view>& known) const {
  if (!hooks_.with_body) return {};
  return shown_body(host_.base_path + sent.path, fields.get("Content-Type").value_or(""), body, known);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_CORE_IMPL_JSON_BODY_HPP
#define T3API_CORE_IMPL_JSON_BODY_HPP

#include <string>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0 {

T3API_INLINE result<std::string> json_body(const nlohmann::json& value) {
  if (!value.is_object() && !value.is_array()) {
    return argument_error(
        std::string("the JSON body is ") + value.type_name() +
        ", not an object or array: give a nlohmann::json value, or send() a request with a raw body");
  }
  try {
    return value.dump();
  } catch (const nlohmann::json::exception&) {
    return argument_error("the JSON body holds a text that is not valid UTF-8: convert it");
  }
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_TRANSPORT_IMPL_HTTPLIB_HPP
#define T3API_TRANSPORT_IMPL_HTTPLIB_HPP

#include <memory>
#include <utility>

#ifndef T3API_TRANSPORT_HTTPLIB_POOL_HPP
#define T3API_TRANSPORT_HTTPLIB_POOL_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
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

#ifndef T3API_NATIVE_SOCKET_HPP
#define T3API_NATIVE_SOCKET_HPP

// This folder is the one place of the client wing that talks to the operating system itself.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
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

/// A second descriptor of a socket that someone else owns. It stays valid whatever the owner does, so that
/// another thread can end the connection without ever touching a descriptor number that has been given to
/// someone new.
class socket_handle {
 public:
  explicit socket_handle(native_socket owned_elsewhere) noexcept {
#ifdef _WIN32
    WSAPROTOCOL_INFOW info;
    if (::WSADuplicateSocketW(owned_elsewhere, ::GetCurrentProcessId(), &info) == 0) {
      socket_ = ::WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0);
    }
#else
    socket_ = ::fcntl(owned_elsewhere, F_DUPFD_CLOEXEC, 0);
#endif
  }
  socket_handle(socket_handle&& other) noexcept : socket_(std::exchange(other.socket_, no_socket)) {}
  socket_handle& operator=(socket_handle&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~socket_handle() {
    if (socket_ != no_socket) close_native(socket_);
  }

  bool valid() const noexcept { return socket_ != no_socket; }

  /// Ends the connection in both directions: whoever connects, reads or writes on it gets an error at once.
  void interrupt() const noexcept {
#ifdef _WIN32
    ::shutdown(socket_, SD_BOTH);
#else
    ::shutdown(socket_, SHUT_RDWR);
#endif
  }

  /// Whether there is something to read, be it the peer's farewell or an error. Never blocks.
  bool has_pending_input() const noexcept {
#ifdef _WIN32
    u_long waiting = 0;
    if (::ioctlsocket(socket_, FIONREAD, &waiting) != 0 || waiting > 0) return true;
    WSAPOLLFD poll{socket_, POLLRDNORM, 0};
    return ::WSAPoll(&poll, 1, 0) != 0;
#else
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EWOULDBLOCK);
#endif
  }

  /// How many bytes the program has taken from this connection so far; nothing where the system does not
  /// tell.
  std::optional<std::uint64_t> bytes_consumed() const noexcept {
#ifdef __linux__
    // The head of `struct tcp_info` in linux/tcp.h; libc's own copy stops short of what is needed here.
    struct {
      std::uint8_t states[8];
      std::uint32_t counters[24];
      std::uint64_t pacing_rates[2];
      std::uint64_t bytes_acked;
      std::uint64_t bytes_received;
    } info{};
    const auto received = [&]() -> std::optional<std::uint64_t> {
      socklen_t size = sizeof info;
      const bool told =
          ::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && size >= sizeof info;
      return told ? std::optional(info.bytes_received) : std::nullopt;
    };
    // What comes between the two answers would be in one of them only.
    constexpr int most_tries = 10;
    for (int tries = 0; tries < most_tries; ++tries) {
      int unread = 0;
      const auto before = received();
      if (!before || ::ioctl(socket_, FIONREAD, &unread) != 0) return std::nullopt;
      if (received() == before) return *before - static_cast<std::uint64_t>(unread);
    }
#endif
    return std::nullopt;
  }

 private:
  native_socket socket_ = no_socket;
};

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
#ifndef T3API_TRANSPORT_HTTPLIB_CONNECTION_HPP
#define T3API_TRANSPORT_HTTPLIB_CONNECTION_HPP

#ifndef T3API_DETAIL_HTTPLIB_HPP
#define T3API_DETAIL_HTTPLIB_HPP

// <httplib.h>; says what to do when there is none, or it is too old, or not made for TLS, here or in another
// file.

#include <string_view>


#if !__has_include(<httplib.h>)
#error \
    "t3api needs cpp-httplib 0.11.4 or newer, and found no <httplib.h>: install it (Debian: libcpp-httplib-dev), or name its folder with the compiler option -I"
#include <cpp-httplib>  // No file: the compiler stops here.
#endif
#include <httplib.h>

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error \
    "t3api needs cpp-httplib with TLS: define CPPHTTPLIB_OPENSSL_SUPPORT for the whole program (compiler option -DCPPHTTPLIB_OPENSSL_SUPPORT), or link the CMake target t3api::t3api, which does"
#include <cpp-httplib with TLS>  // No file, as above.
#endif

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

template <class Client>
concept knows_tls = requires(Client& client) {
  client.enable_server_certificate_verification(true);
};

static_assert(
    knows_tls<httplib::ClientImpl>,
    "<httplib.h> was included before CPPHTTPLIB_OPENSSL_SUPPORT was defined: define it for the whole program "
    "(compiler option -DCPPHTTPLIB_OPENSSL_SUPPORT), or link the CMake target t3api::t3api, which does");

#ifdef __ELF__
// Files that differ in these macros do not link: the linker refuses a name that is thread-local in one file
// only, and tells it. The first has its counterpart in detail/tell_httplib.hpp.
[[gnu::used]] inline thread_local const char define_CPPHTTPLIB_OPENSSL_SUPPORT_in_all_files = 0;
#ifdef CPPHTTPLIB_ZLIB_SUPPORT
[[gnu::used]] inline thread_local const char define_CPPHTTPLIB_ZLIB_SUPPORT_in_all_files_or_in_none = 0;
#else
[[gnu::used]] inline const char define_CPPHTTPLIB_ZLIB_SUPPORT_in_all_files_or_in_none = 0;
#endif
#endif

}  // namespace t3api::inline v0_1_0::detail

#endif

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#ifndef T3API_TRANSPORT_RECEPTION_HPP
#define T3API_TRANSPORT_RECEPTION_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>


namespace t3api::inline v0_1_0::detail {

/// An answer while it comes in, and what turned out to be wrong with it.
class reception {
 public:
  reception(std::size_t max_body_bytes, bool understands_gzip)
      : max_body_bytes_(max_body_bytes), understands_gzip_(understands_gzip) {}

  /// Takes status and headers; false when they are at fault.
  bool take_headers(int status, headers fields) {
    has_headers_ = true;
    answer_.status = status;
    answer_.headers = std::move(fields);
    fault_ = framing_fault();
    if (!fault_.empty()) return false;
    const auto announced = parse_decimal(answer_.headers.get("Content-Length").value_or("0"));
    if (*announced > max_body_bytes_) {
      fault_ = body_too_large(max_body_bytes_);
      return false;
    }
    answer_.body.reserve((std::min<std::size_t>)(*announced, 1U << 20U));
    return true;
  }

  /// Takes a piece of the unpacked body; false when it is too much.
  bool take_body(const char* data, std::size_t size) {
    last_progress_ = std::chrono::steady_clock::now();
    if (size > max_body_bytes_ - answer_.body.size()) {
      fault_ = body_too_large(max_body_bytes_);
      return false;
    }
    answer_.body.append(data, size);
    return true;
  }

  bool has_headers() const noexcept { return has_headers_; }
  const std::string& fault() const noexcept { return fault_; }
  const response& answer() const noexcept { return answer_; }
  response&& take_answer() noexcept { return std::move(answer_); }

  /// When a piece of the body last came; long ago when none did.
  steady_time last_progress() const noexcept { return last_progress_; }

  bool closes_connection() const noexcept {
    return iequals(answer_.headers.get("Connection").value_or(""), "close");
  }

  /// Whether the body had no length of its own, so that only the end of the connection ends it.
  bool ends_with_connection() const noexcept {
    return answer_.status != 204 && answer_.status != 304 && !answer_.headers.contains("Content-Length") &&
           !answer_.headers.contains("Transfer-Encoding");
  }

 private:
  /// What is wrong with the headers that say how to read the body (RFC 9112 section 6.3); empty when nothing
  /// is.
  std::string framing_fault() const {
    if (answer_.status < 100 || answer_.status > 599) return "the answer's status is none of HTTP";
    const auto length = answer_.headers.get("Content-Length");
    for (const auto& [name, value] : answer_.headers) {
      if (name.find_first_of(" \t") != name.npos) return "the answer has a header with a space in its name";
      if (iequals(name, "Content-Length") && (!parse_decimal(value) || value != *length)) {
        return "the answer's Content-Length is not one number";
      }
    }
    const auto coding = answer_.headers.get("Transfer-Encoding");
    if (coding && !iequals(*coding, "chunked"))
      return "the answer has a Transfer-Encoding other than chunked";
    if (length && coding) {
      return "the answer has both Content-Length and Transfer-Encoding, so its end is uncertain";
    }
    const auto encoding = answer_.headers.get("Content-Encoding").value_or("identity");
    const bool readable = iequals(encoding, "identity") ||
                          (understands_gzip_ && (iequals(encoding, "gzip") || iequals(encoding, "deflate")));
    return readable ? std::string() : "the answer is compressed in a way that was not asked for";
  }

  const std::size_t max_body_bytes_;
  const bool understands_gzip_;
  response answer_;
  std::string fault_;
  steady_time last_progress_{};
  bool has_headers_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_TRANSPORT_TLS_TRUST_HPP
#define T3API_TRANSPORT_TLS_TRUST_HPP

#include <algorithm>
#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>


namespace t3api::inline v0_1_0::detail {

struct x509_store_free {
  void operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
};

/// The authorities that a client trusts; read once, shared by all of its connections.
class tls_trust {
 public:
  /// Reads what the options name, or the system's store. An `argument` error when it cannot be read.
  static result<std::shared_ptr<const tls_trust>> load(const tls_options& options) {
    auto trust = std::make_shared<tls_trust>();
    X509_STORE* store = trust->store_.get();
    ERR_clear_error();
    if (!options.ca_file.empty() && X509_STORE_load_file(store, options.ca_file.c_str()) != 1) {
      return unreadable("the CA file '" + options.ca_file + "'");
    }
    if (!options.ca_directory.empty() && X509_STORE_load_path(store, options.ca_directory.c_str()) != 1) {
      return unreadable("the CA folder '" + options.ca_directory + "'");
    }
    if (!options.ca_pem.empty() && !add_pem(store, options.ca_pem))
      return unreadable("the text of tls_options::ca_pem");
    if (options.ca_file.empty() && options.ca_directory.empty() && options.ca_pem.empty()) {
#ifdef _WIN32
      X509_STORE_load_store(store, "org.openssl.winstore://");
#else
      X509_STORE_set_default_paths(store);
#endif
    }
    ERR_clear_error();
    return std::shared_ptr<const tls_trust>(std::move(trust));
  }

  X509_STORE* store() const noexcept { return store_.get(); }

 private:
  static result<std::shared_ptr<const tls_trust>> unreadable(const std::string& what) {
    ERR_clear_error();
    return argument_error(what + " cannot be read or holds no certificate in PEM form");
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

  std::unique_ptr<X509_STORE, x509_store_free> store_{X509_STORE_new()};
};

/// The verification of one connection's certificate: by our own store, TLS server purpose, and the host's
/// name or address among the subject alternative names only. It replaces the chain check that OpenSSL runs in
/// the handshake, so that it does not depend on what the HTTP library put into the context.
class tls_verification {
 public:
  tls_verification(std::shared_ptr<const tls_trust> trust, std::string host)
      : trust_(std::move(trust)), host_(std::move(host)) {}

  /// Makes `context` use this object, which must outlive it.
  void install(SSL_CTX* context) {
    SSL_CTX_set_cert_verify_callback(context, &tls_verification::verify_handshake, this);
  }

  /// Why the certificate was refused; empty when it was not.
  std::string refusal() const {
    if (code_ == X509_V_OK) return {};
    if (code_ == X509_V_ERR_HOSTNAME_MISMATCH || code_ == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return "it is not made out to '" + host_ + "'";
    }
    return X509_verify_cert_error_string(code_);
  }

 private:
  static int verify_handshake(X509_STORE_CTX* handshake, void* self) {
    auto& verification = *static_cast<tls_verification*>(self);
    const auto* session =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(handshake, SSL_get_ex_data_X509_STORE_CTX_idx()));
    verification.code_ =
        verification.check_chain(X509_STORE_CTX_get0_cert(handshake),
                                 X509_STORE_CTX_get0_untrusted(handshake), SSL_get_security_level(session));
    X509_STORE_CTX_set_error(handshake, verification.code_);
    return verification.code_ == X509_V_OK ? 1 : 0;
  }

  int check_chain(X509* certificate, STACK_OF(X509) * intermediates, int security_level) const {
    const std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX*)> context(X509_STORE_CTX_new(),
                                                                             X509_STORE_CTX_free);
    if (!context || X509_STORE_CTX_init(context.get(), trust_->store(), certificate, intermediates) != 1) {
      return X509_V_ERR_UNSPECIFIED;
    }
    X509_STORE_CTX_set_default(context.get(), "ssl_server");
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_auth_level(rules, security_level);
    X509_VERIFY_PARAM_set_hostflags(
        rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, host_.c_str()) != 1 &&
        X509_VERIFY_PARAM_set1_host(rules, host_.c_str(), host_.size()) != 1) {
      return X509_V_ERR_UNSPECIFIED;
    }
    if (X509_verify_cert(context.get()) == 1) return X509_V_OK;
    const int code = X509_STORE_CTX_get_error(context.get());
    return code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code;
  }

  std::shared_ptr<const tls_trust> trust_;
  std::string host_;
  int code_ = X509_V_OK;
};

/// Loads the client certificate that the options name, if any. An error when file, key or pass phrase do not
/// fit.
inline std::optional<error> load_client_certificate(SSL_CTX* context, const tls_options& options) {
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
                        "' cannot be used: check that both are readable PEM files, belong together, and that "
                        "the pass phrase is right");
}

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_TRANSPORT_WATCHDOG_HPP
#define T3API_TRANSPORT_WATCHDOG_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>


namespace t3api::inline v0_1_0::detail {

/// Why the watchdog ended a connection.
enum class interruption { none, deadline, connect_deadline, stopped, headers_too_large };

/// One connection under watch. Its owner says what a call may take; the watchdog ends the socket when it
/// takes more.
class watched_connection {
 public:
  void begin(const send_options& options, std::optional<steady_time> connect_deadline) {
    const std::scoped_lock lock(mutex_);
    deadline_ = options.deadline;
    connect_deadline_ = connect_deadline;
    stop_ = options.stop;
    max_header_bytes_ = options.max_header_bytes;
    headers_start_.reset();
    reading_headers_ = true;
    reason_ = interruption::none;
    active_ = true;
  }

  /// Ends the watch of a call and tells whether, and why, it was interrupted.
  interruption end() {
    const std::scoped_lock lock(mutex_);
    active_ = false;
    stop_ = {};
    return reason_;
  }

  /// A new socket carries the connection from now on; false when the system is out of descriptors to watch it
  /// by.
  bool attach(native_socket socket) {
    socket_handle handle(socket);
    if (!handle.valid()) return false;
    const std::scoped_lock lock(mutex_);
    socket_.emplace(std::move(handle));
    return true;
  }

  void connected() {
    const std::scoped_lock lock(mutex_);
    connect_deadline_.reset();
  }

  void headers_complete() {
    const std::scoped_lock lock(mutex_);
    reading_headers_ = false;
  }

  /// Whether the connection waits in silence, as one must that is to carry another request.
  bool is_quiet() const {
    const std::scoped_lock lock(mutex_);
    return socket_ && !socket_->has_pending_input();
  }

  /// Looks at the call in progress; called by the watchdog's thread. An interrupted socket is interrupted
  /// again each time: the first may have come between its making and its connecting.
  void check_time(steady_time now) {
    const std::scoped_lock lock(mutex_);
    if (!active_) return;
    if (reason_ == interruption::none) reason_ = find_reason(now);
    if (reason_ != interruption::none && socket_) socket_->interrupt();
  }

 private:
  interruption find_reason(steady_time now) {
    if (stop_.stop_requested()) return interruption::stopped;
    if (now >= deadline_) return interruption::deadline;
    if (connect_deadline_ && now >= *connect_deadline_) return interruption::connect_deadline;
    if (reading_headers_ && socket_) {
      if (const auto consumed = socket_->bytes_consumed()) {
        if (!headers_start_) headers_start_ = *consumed;
        constexpr std::uint64_t reader_buffers = 64U << 10U;
        if (*consumed - *headers_start_ > max_header_bytes_ + reader_buffers)
          return interruption::headers_too_large;
      }
    }
    return interruption::none;
  }

  mutable std::mutex mutex_;
  std::optional<socket_handle> socket_;
  steady_time deadline_;
  std::optional<steady_time> connect_deadline_;
  stop_token stop_;
  std::size_t max_header_bytes_ = 0;
  std::optional<std::uint64_t> headers_start_;
  bool reading_headers_ = false;
  bool active_ = false;
  interruption reason_ = interruption::none;
};

/// One thread that looks at all connections of a transport every few milliseconds while any is in use, and
/// sleeps otherwise. It gives blocking I/O what it lacks: a total deadline and a way to be stopped.
class watchdog {
 public:
  static constexpr auto tick = std::chrono::milliseconds(10);

  watchdog() = default;
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  ~watchdog() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  /// A new connection to watch, for as long as someone else holds it. Throws std::system_error when no thread
  /// can start.
  std::shared_ptr<watched_connection> watch() {
    auto connection = std::make_shared<watched_connection>();
    const std::scoped_lock lock(mutex_);
    std::erase_if(connections_, [](const auto& entry) { return entry.expired(); });
    connections_.push_back(connection);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    return connection;
  }

  /// Keeps the watchdog awake as long as it lives.
  class visit {
   public:
    explicit visit(watchdog& guard) : guard_(guard) {
      guard_.calls_.fetch_add(1);
      if (guard_.asleep_.load()) {
        const std::scoped_lock lock(guard_.mutex_);
        guard_.wake_.notify_all();
      }
    }
    ~visit() { guard_.calls_.fetch_sub(1); }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

   private:
    watchdog& guard_;
  };

 private:
  void run() {
    constexpr int idle_ticks_before_sleep = 100;
    int idle_ticks = 0;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      idle_ticks = calls_.load() > 0 ? 0 : idle_ticks + 1;
      if (idle_ticks > idle_ticks_before_sleep) {
        asleep_ = true;
        wake_.wait(lock, [&] { return stopping_ || calls_.load() > 0; });
        asleep_ = false;
        idle_ticks = 0;
      }
      wake_.wait_for(lock, tick, [&] { return stopping_; });
      const auto now = std::chrono::steady_clock::now();
      for (const auto& entry : connections_) {
        if (const auto connection = entry.lock()) connection->check_time(now);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::weak_ptr<watched_connection>> connections_;
  std::atomic<int> calls_ = 0;
  std::atomic<bool> asleep_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// The SSL context behind a cpp-httplib client; its accessor changed its name between versions.
template <class Client>
SSL_CTX* native_tls_context(Client& client) {
  if constexpr (requires { client.tls_context(); }) {
    return static_cast<SSL_CTX*>(client.tls_context());
  } else {
    return client.ssl_context();
  }
}

/// Has cpp-httplib send paths as they are; its setter changed its name between versions.
template <class Client>
void send_paths_as_given(Client& client) {
  if constexpr (requires { client.set_path_encode(false); }) {
    client.set_path_encode(false);
  } else {
    client.set_url_encode(false);
  }
}

/// Whether a failure with this code came before the request was sent.
template <class Code>
bool failed_before_sending(Code code) {
  if constexpr (requires { Code::ProxyConnection; }) {
    if (code == Code::ProxyConnection) return true;
  }
  return code == Code::Connection || code == Code::BindIPAddress || code == Code::SSLConnection ||
         code == Code::SSLLoadingCerts || code == Code::SSLServerVerification ||
         code == Code::ConnectionTimeout;
}

/// What a connection needs to know beside the request.
struct connection_target {
  url host;
  std::string address;  ///< Of the host, or of the proxy when there is one; in digits.
  std::chrono::milliseconds connect_timeout;
  std::optional<steady_time> connect_deadline;
};

/// One keep-alive connection: a cpp-httplib client that never opens a second socket, and what it lacks in
/// front of it.
class httplib_connection {
 public:
  /// An `argument` error when the TLS settings cannot be used.
  static result<std::unique_ptr<httplib_connection>> make(connection_target target,
                                                          const client_config& config,
                                                          const std::shared_ptr<const tls_trust>& trust,
                                                          watchdog& guard) {
    auto made = std::unique_ptr<httplib_connection>(new httplib_connection(std::move(target), config, guard));
    if (made->target_.host.secure) {
      if (auto failure = made->make_tls_client(config, trust)) return *std::move(failure);
    } else {
      made->http_ = std::make_unique<httplib::ClientImpl>(made->target_.host.host, made->target_.host.port);
    }
    made->set_up(config);
    return made;
  }

  /// Says farewell to the peer, who may be gone.
  ~httplib_connection() {
    sigpipe_guard no_sigpipe;
    http_.reset();
    no_sigpipe.write_may_have_failed();
  }
  httplib_connection(const httplib_connection&) = delete;
  httplib_connection& operator=(const httplib_connection&) = delete;

  /// Sends the request and receives the answer. `reusable()` tells afterwards whether another may follow.
  outcome exchange(const request& message, const send_options& options) {
    reusable_ = false;
    sockets_made_ = 0;
    farewell_received_ = false;
    watched_->begin(options, used_ ? std::nullopt : target_.connect_deadline);
    const watchdog::visit visit(guard_);
    http_->set_connection_timeout(target_.connect_timeout);
    http_->set_read_timeout(options.read_timeout);
    http_->set_write_timeout(options.read_timeout);

    httplib::Request wire = to_wire(message);
    reception incoming(options.max_body_bytes, understands_gzip);
    attach_reception(wire, incoming);
    httplib::Response head;
    httplib::Error code{};
    bool received = false;
    const auto started = std::chrono::steady_clock::now();
    {
      sigpipe_guard no_sigpipe;
      try {
        received = http_->send(wire, head, code);
      } catch (const socket_refused& refused) {
        code = refused.code;
      }
      if (received && !incoming.has_headers()) incoming.take_headers(head.status, received_headers(head));
      reusable_ = received && head.version == "HTTP/1.1" && !incoming.closes_connection();
      // What a TLS record holds behind the answer would be taken for the next one.
      if (reusable_ && session_ != nullptr && SSL_has_pending(session_) == 1) reusable_ = false;
      if (!reusable_) no_sigpipe.write_may_have_failed();
    }
    const auto interrupted = watched_->end();
    used_ = true;
    if (received && target_.host.secure && session_ == nullptr) return refused_by_proxy(head.status);
    // Over TLS an answer that ends with the connection is whole only if the peer said farewell (RFC 8446
    // section 6.1): an attacker can cut a connection but cannot forge that.
    const bool may_be_cut = target_.host.secure && message.method != method::head &&
                            incoming.ends_with_connection() && !farewell_received_;
    if (!received || interrupted != interruption::none || may_be_cut || !incoming.fault().empty()) {
      reusable_ = false;
      const auto silence = std::chrono::steady_clock::now() - (std::max)(started, incoming.last_progress());
      return failure(code, interrupted, incoming, silence >= options.read_timeout, options);
    }
    idle_since_ = std::chrono::steady_clock::now();
    return incoming.take_answer();
  }

  bool reusable() const noexcept { return reusable_; }

  /// Whether the last failure came before the TCP connection stood, so that another address may be tried.
  bool never_connected() const noexcept { return never_connected_; }

  /// Whether the peer has neither closed nor sent anything since the last answer.
  bool is_quiet() const { return watched_->is_quiet(); }

  const url& host() const noexcept { return target_.host; }
  steady_time idle_since() const noexcept { return idle_since_; }

 private:
  struct socket_refused {
    httplib::Error code;
  };

#ifdef CPPHTTPLIB_ZLIB_SUPPORT
  static constexpr bool understands_gzip = true;
#else
  static constexpr bool understands_gzip = false;
#endif

  httplib_connection(connection_target target, const client_config& config, watchdog& guard)
      : target_(std::move(target)),
        guard_(guard),
        watched_(guard.watch()),
        has_proxy_(config.proxy.has_value()) {}

  std::optional<error> make_tls_client(const client_config& config,
                                       const std::shared_ptr<const tls_trust>& trust) {
    auto client = std::make_unique<httplib::SSLClient>(target_.host.host, target_.host.port);
    if (!client->is_valid()) {
      return error{.category = error_category::transport,
                   .message = "OpenSSL could not set up TLS: check its configuration"};
    }
    SSL_CTX* context = native_tls_context(*client);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    if (auto failure = load_client_certificate(context, config.tls)) return failure;
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_info_callback(context, [](const SSL* session, int event, int detail) {
      auto& self = *static_cast<httplib_connection*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
      if ((event & SSL_CB_HANDSHAKE_DONE) != 0) {
        self.session_ = session;
        self.watched_->connected();
      }
      const bool alert_received = (event & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT;
      if (alert_received && (detail & 0xFF) == SSL_AD_CLOSE_NOTIFY) self.farewell_received_ = true;
    });
    if (config.tls.dangerously_accept_any_certificate) {
      client->enable_server_certificate_verification(false);
    } else {
      verification_ = std::make_unique<tls_verification>(trust, target_.host.host);
      verification_->install(context);
      // cpp-httplib would read the system's authorities anew for every connection. A folder to look them up
      // in keeps it from that; nothing is ever looked up there, since the check above takes the place of
      // OpenSSL's.
      client->set_ca_cert_path("", "/");
      client->enable_server_certificate_verification(true);
    }
    http_ = std::move(client);
    return std::nullopt;
  }

  void set_up(const client_config& config) {
    http_->set_keep_alive(true);
    http_->set_follow_location(false);
    http_->set_tcp_nodelay(true);
    http_->set_decompress(true);
    send_paths_as_given(*http_);
    if (config.proxy) {
      http_->set_proxy(target_.address, config.proxy->port);
      if (!config.proxy->username.empty()) {
        http_->set_proxy_basic_auth(config.proxy->username, std::string(config.proxy->password.reveal()));
        hide_proxy_credentials_ = target_.host.secure;
      }
    } else if (target_.address != target_.host.host) {
      http_->set_hostname_addr_map({{target_.host.host, target_.address}});
    }
    // Newer versions of cpp-httplib connect and send again by themselves when a TLS peer closes. That could
    // send a write twice, so a second socket within one exchange is refused.
    http_->set_socket_options([this](native_socket socket) {
      const bool first = ++sockets_made_ == 1;
      if (first && watched_->attach(socket)) return;
      close_native(socket);
      throw socket_refused{first ? httplib::Error::Connection : httplib::Error::Read};
    });
  }

  httplib::Request to_wire(const request& message) const {
    httplib::Request wire;
    wire.method = to_string(message.method);
    wire.path = request_target(message, target_.host.base_path);
    for (const auto& [name, value] : message.headers) wire.headers.emplace(name, value);
    if (hide_proxy_credentials_) wire.headers.emplace("Proxy-Authorization", "");
    if (understands_gzip) wire.headers.emplace("Accept-Encoding", "gzip");
    if (!message.body.empty()) {
      wire.content_length_ = message.body.size();
      wire.content_provider_ = [&body = message.body](std::size_t offset, std::size_t length,
                                                      httplib::DataSink& sink) {
        return sink.write(body.data() + offset, length);
      };
    }
    return wire;
  }

  void attach_reception(httplib::Request& wire, reception& incoming) {
    wire.response_handler = [this, &incoming](const httplib::Response& head) {
      watched_->headers_complete();
      return incoming.take_headers(head.status, received_headers(head));
    };
    wire.content_receiver = [&incoming](const char* data, std::size_t size, auto&&...) {
      return incoming.take_body(data, size);
    };
  }

  static headers received_headers(const httplib::Response& head) {
    headers fields;
    fields.reserve(head.headers.size());
    for (const auto& [name, value] : head.headers) fields.add_received(name, value);
    return fields;
  }

  /// Some versions of cpp-httplib pass on what a proxy says to CONNECT as if the service had said it.
  outcome refused_by_proxy(int status) {
    reusable_ = false;
    return error{.category = error_category::transport,
                 .message = "the proxy answered " + std::to_string(status) +
                            " instead of opening a tunnel to " + target_.host.origin() +
                            ", nothing was sent: check the proxy settings",
                 .retryable = is_retryable_status(status)};
  }

  outcome failure(httplib::Error code, interruption why, const reception& incoming, bool silent,
                  const send_options& options) {
    error cause;
    cause.status = incoming.answer().status;
    cause.sent = !failed_before_sending(code);
    never_connected_ = code == httplib::Error::Connection || code == httplib::Error::ConnectionTimeout;
    cause.retryable = true;
    const std::string peer = target_.host.origin();
    const std::string refusal = verification_ ? verification_->refusal() : std::string();
    if (why == interruption::stopped) {
      cause.category = error_category::cancelled;
      cause.message = "the call to " + peer + " was cancelled";
      cause.retryable = false;
    } else if (why == interruption::deadline) {
      cause.category = error_category::timeout;
      cause.message = "no whole answer came from " + peer + " before the call's deadline";
    } else if (why == interruption::connect_deadline || code == httplib::Error::ConnectionTimeout) {
      cause.category = error_category::timeout;
      cause.message = "no connection to " + peer + " stood within " +
                      std::to_string(options.connect_timeout.count()) +
                      " ms: check the host, the network and the firewall";
    } else if (why == interruption::headers_too_large) {
      cause.category = error_category::protocol;
      cause.message = "the headers of the answer from " + peer + " are larger than the limit of " +
                      std::to_string(options.max_header_bytes) + " bytes (client_config::max_header_bytes)";
      cause.retryable = false;
    } else if (!incoming.fault().empty()) {
      cause.category = error_category::protocol;
      cause.message = incoming.fault() + ": " + peer + " sent it";
      cause.retryable = false;
    } else if (!refusal.empty()) {
      cause.message = "the certificate of " + peer + " was refused, nothing was sent: " + refusal;
      cause.retryable = false;
    } else if (silent && cause.sent) {
      cause.category = error_category::timeout;
      cause.message = peer + " was silent for " + std::to_string(options.read_timeout.count()) + " ms";
    } else if (code == httplib::Error::SSLConnection || code == httplib::Error::SSLServerVerification) {
      cause.message = "no TLS connection to " + peer + " could be made, nothing was sent: " +
                      (has_proxy_ ? "did the proxy open a tunnel?" : "does it speak TLS 1.2 or newer there?");
    } else if (!cause.sent) {
      cause.message = "no connection to " + peer + (has_proxy_ ? " through the proxy" : "") +
                      " could be made: check the host, the port and the network";
    } else {
      cause.message = "the connection to " + peer + " ended before a whole answer had come";
    }
    return cause;
  }

  connection_target target_;
  watchdog& guard_;
  std::shared_ptr<watched_connection> watched_;
  std::unique_ptr<tls_verification> verification_;
  std::unique_ptr<httplib::ClientImpl> http_;
  const SSL* session_ = nullptr;  ///< Of http_, once the handshake is done.
  steady_time idle_since_{};
  int sockets_made_ = 0;
  bool has_proxy_ = false;
  bool hide_proxy_credentials_ = false;
  bool farewell_received_ = false;
  bool used_ = false;
  bool reusable_ = false;
  bool never_connected_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0::detail {

/// The connections of one process, kept alive for the next call.
class httplib_pool {
 public:
  explicit httplib_pool(std::shared_ptr<const client_config> config) : config_(std::move(config)) {}

  outcome send(const request& message, const send_options& options) {
    if (auto reused = take_idle(options)) {
      auto answer = reused->exchange(message, options);
      const bool stale = !answer && options.idempotent &&
                         answer.error().category == error_category::transport && answer.error().status == 0;
      if (!stale) return give_back(std::move(reused), std::move(answer));
      auto second = send_on_new_connection(message, options);
      if (!second) second.error().sent = true;  // The first time, if not the second.
      return second;
    }
    return send_on_new_connection(message, options);
  }

 private:
  using connection = httplib_connection;

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
    const std::scoped_lock lock(mutex_);
    if (idle_.size() >= max_idle) idle_.erase(idle_.begin());
    idle_.push_back(std::move(used));
    return answer;
  }

  outcome send_on_new_connection(const request& message, const send_options& options) {
    std::shared_ptr<const tls_trust> authorities;
    if (options.host.secure && !config_->tls.dangerously_accept_any_certificate) {
      auto loaded = load_trust();
      if (!loaded) return loaded.error();
      authorities = *loaded;
    }
    const auto connect_deadline =
        (std::min)(options.deadline, std::chrono::steady_clock::now() + options.connect_timeout);
    const auto addresses =
        resolve(config_->proxy ? config_->proxy->host : options.host.host, connect_deadline, options.stop);
    if (!addresses) return addresses.error();
    outcome answer = error{};
    for (std::size_t i = 0; i < addresses->size(); ++i) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(connect_deadline - std::chrono::steady_clock::now());
      const auto share = left / static_cast<int>(addresses->size() - i);
      auto made = make_connection(
          {.host = options.host,
           .address = (*addresses)[i],
           .connect_timeout = (std::max)(share, std::chrono::milliseconds(1)),
           .connect_deadline = options.host.secure ? std::optional(connect_deadline) : std::nullopt},
          authorities);
      if (!made) return made.error();
      answer = (*made)->exchange(message, options);
      if (answer) return give_back(*std::move(made), std::move(answer));
      const bool interrupted = answer.error().category == error_category::cancelled ||
                               std::chrono::steady_clock::now() >= connect_deadline;
      if (interrupted || !(*made)->never_connected()) break;
    }
    return answer;
  }

  result<std::unique_ptr<connection>> make_connection(connection_target target,
                                                      const std::shared_ptr<const tls_trust>& authorities) {
    try {
      return connection::make(std::move(target), *config_, authorities, guard_);
    } catch (const std::system_error&) {
      return error{
          .category = error_category::transport,
          .message = "no thread could be started to watch over connections: the system is out of them",
          .retryable = true};
    }
  }

  result<std::shared_ptr<const tls_trust>> load_trust() {
    const std::scoped_lock lock(mutex_);
    if (!trust_) {
      auto loaded = tls_trust::load(config_->tls);
      if (!loaded) return loaded;
      trust_ = *std::move(loaded);
    }
    return trust_;
  }

  static constexpr std::size_t max_idle = 256;

  const std::shared_ptr<const client_config> config_;
  watchdog guard_;
  std::mutex mutex_;
  std::shared_ptr<const tls_trust> trust_;
  std::vector<std::unique_ptr<connection>> idle_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

T3API_INLINE httplib_transport::httplib_transport(client_config config)
    : pools_(std::make_shared<detail::per_process<detail::httplib_pool>>(
          [settings = std::make_shared<const client_config>(std::move(config))] {
            return std::make_unique<detail::httplib_pool>(settings);
          })) {}

T3API_INLINE outcome httplib_transport::send(const request& message, const send_options& options) {
  if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
  return pools_->get().send(message, options);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_AUTHENTICATE_IMPL_BY_CREDENTIALS_HPP
#define T3API_AUTHENTICATE_IMPL_BY_CREDENTIALS_HPP

#include <future>
#include <memory>
#include <utility>


namespace t3api::inline v0_1_0 {

namespace detail {

inline constexpr const char* credentials_login = "the T3 API login with Metrc credentials";

inline login prepare_login(const credentials_arguments& given,
                           const std::shared_ptr<auth_response_data>& answer = {}) {
  const auto chosen = settings_for(given);
  credentials user{.hostname = given.hostname,
                   .username = given.username,
                   .password = given.password,
                   .otp = given.otp,
                   .email = given.email,
                   .otp_seed = given.otp_seed};
  credentials_auth auth(std::move(user), given.store.value_or(memory_store()),
                        {.rules = chosen.rules, .renewal = once_into(answer, given.renew)});
  return {
      .client = make_client(heard_by(answer, std::move(auth)), chosen), .answer = answer, .stop = given.stop};
}

}  // namespace detail

T3API_INLINE authenticated_client
create_credentials_authenticated_client_or_error(const credentials_arguments& given) {
  return detail::log_in(
      detail::credentials_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE std::future<authenticated_client> create_credentials_authenticated_client_or_error_async(
    credentials_arguments given) {
  return detail::log_in_async(
      detail::credentials_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE auth_response_data authenticate_and_get_response(const credentials_arguments& given) {
  return detail::log_in(
      detail::credentials_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

T3API_INLINE std::future<auth_response_data> authenticate_and_get_response_async(
    credentials_arguments given) {
  return detail::log_in_async(
      detail::credentials_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::response_of);
}

T3API_INLINE secret authenticate_and_get_token(const credentials_arguments& given) {
  return detail::log_in(
      detail::credentials_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
}

T3API_INLINE std::future<secret> authenticate_and_get_token_async(credentials_arguments given) {
  return detail::log_in_async(
      detail::credentials_login, [&] { return detail::prepare_login(given, detail::make_room()); },
      detail::token_of);
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
#include <vector>

#ifndef T3API_AUTHENTICATE_TAKE_WAY_IN_HPP
#define T3API_AUTHENTICATE_TAKE_WAY_IN_HPP

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>


namespace t3api::inline v0_1_0::detail {

/// What an auth method says against a way in, with the part it speaks of and that part's place in front; with
/// the whole way in when it speaks of none alone.
inline std::string blamed(const candidate& way, std::string_view message) {
  const auto parts = way.present();
  const ingredient* culprit = nullptr;
  for (const auto& part : parts) {
    const bool spoken_of = message.starts_with("the " + std::string(part.noun) + " ");
    if (spoken_of && (culprit == nullptr || part.noun.size() > culprit->noun.size())) culprit = &part;
  }
  return (culprit != nullptr ? origins({*culprit}) : "the " + origin_of(way)) + ": " + std::string(message);
}

inline bool is_all_configured(const candidate& way) {
  const auto parts = way.present();
  return std::none_of(parts.begin(), parts.end(),
                      [](const ingredient& part) { return part.is_from(place::arguments); });
}

/// Throws std::invalid_argument when the state wants more of Metrc credentials than there is. Who has given
/// no argument hears of settings alone.
inline void require_rules(const candidate& way, const state_rules& rules) {
  const auto& hostname = way.needed[1];
  const auto refuse = [&](const std::string& what, const std::string& setting, const std::string& argument) {
    throw std::invalid_argument(origins({hostname}) + ": " + printable(trim(hostname.value().reveal()), 100) +
                                " wants " + what + ": set " + setting +
                                (is_all_configured(way) ? "" : ", or give " + argument));
  };
  const auto& otp = way.optional[0];
  const auto& email = way.optional[1];
  const auto& seed = way.optional[2];
  if (rules.needs_otp(hostname.value().reveal()) && !otp.found && !seed.found)
    refuse("a one-time password", "OTP_SEED, the Base32 text that they come from", "otp_seed or otp");
  if (rules.needs_email(hostname.value().reveal()) && !email.found)
    refuse("the account's e-mail address", "METRC_EMAIL", "email");
}

inline any_auth make_auth(const candidate& way, const state_rules& rules, bool renew,
                          const memory_store& store, std::string description) {
  const auto& needed = way.needed;
  const renewal_options renewal{.keep_credentials = renew};
  switch (way.way) {
    case way_in::secret_key: return {secret_key_auth(needed[0].value()), std::move(description)};
    case way_in::jwt: return {bearer_auth(needed[0].value()), std::move(description)};
    case way_in::api_key:
      return {api_key_auth(needed[0].value(), needed[1].text(), store, renewal), std::move(description)};
    case way_in::credentials: break;
  }
  return {credentials_auth({.hostname = needed[1].text(),
                            .username = needed[2].text(),
                            .password = needed[0].value(),
                            .otp = way.optional[0].value(),
                            .email = way.optional[1].text(),
                            .otp_seed = way.optional[2].value()},
                           store, {.rules = rules, .renewal = renewal}),
          std::move(description)};
}

/// What is taken, from where, and what else there is.
inline std::string description_of(const std::vector<candidate>& ways, const candidate& chosen) {
  std::string others;
  for (const auto& way : ways) {
    if (&way != &chosen && way.is_meant()) others += (others.empty() ? "" : ", ") + origin_of(way);
  }
  return "using the " + origin_of(chosen) + (others.empty() ? "" : " (not used: " + others + ")");
}

/// The auth method for `chosen`, one of `ways`, with a description of what it is and where it comes from;
/// `destination` is its end. Throws std::invalid_argument when something is missing of it or malformed, and
/// authentication_error for an expired JWT; both name the settings and their places.
inline any_auth take_way_in(const std::vector<candidate>& ways, const candidate& chosen,
                            const state_rules& rules, bool renew, const memory_store& store = memory_store(),
                            const std::string& destination = {}) {
  if (const auto missing = chosen.missing(); !missing.empty()) {
    throw std::invalid_argument("the " + origin_of(chosen) + " is not enough: " + listed(missing) +
                                " must be set too");
  }
  if (chosen.way == way_in::credentials) require_rules(chosen, rules);
  try {
    return make_auth(chosen, rules, renew, store, description_of(ways, chosen) + destination);
  } catch (const std::invalid_argument& failure) {
    throw std::invalid_argument(blamed(chosen, failure.what()));
  } catch (const authentication_error& failure) {
    error told = failure.details();
    if (is_all_configured(chosen)) {
      told.message =
          "the JWT has expired: get a new one, or set T3_SECRET_KEY or Metrc credentials in its place";
    }
    told.message = blamed(chosen, told.message);
    throw authentication_error(std::move(told));
  }
}

}  // namespace t3api::inline v0_1_0::detail

#endif

namespace t3api::inline v0_1_0 {

namespace detail {

inline constexpr const char* configured_login = "the T3 API login with what is configured";

/// Where the credentials go and how well that is made sure of; who has set it, if it is not the program.
inline std::string destination(const configured_arguments& given, const environment& from,
                               const client_config& chosen) {
  const auto set_by = [&](std::string_view name) {
    const auto found = given.config ? std::nullopt : from.get(name);
    return found ? " (" + origins({take(name, {}, {}, found)}) + ")" : std::string();
  };
  const bool host_given = given.host && !given.host->empty();
  std::string text = ", at " + parse_url(chosen.host).value().origin();
  if (!host_given) text += set_by("T3_API_HOST");
  if (chosen.tls.dangerously_accept_any_certificate)
    text += "; certificates are NOT checked" + set_by("VERIFY_SSL");
  return text;
}

inline login prepare_login(const configured_arguments& given) {
  const auto from = environment::load(given.environment).value();
  auto found = read_settings(from).value();
  const auto candidates = ways_in(given, found.credentials, found.rules);
  const auto& taken = first_in_order(candidates, given.order, given.environment.file);
  const auto chosen = settings_for(given, std::move(found));
  auto auth = take_way_in(candidates, taken, chosen.rules, given.renew, given.store.value_or(memory_store()),
                          destination(given, from, chosen.client));
  tell(chosen.client.logging.on_notice, [&] { return std::string_view(auth.description()); });
  return {.client = make_client(std::move(auth), chosen), .stop = given.stop};
}

}  // namespace detail

T3API_INLINE authenticated_client get_authenticated_client_or_error(const configured_arguments& given) {
  return detail::log_in(
      detail::configured_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE std::future<authenticated_client> get_authenticated_client_or_error_async(
    configured_arguments given) {
  return detail::log_in_async(
      detail::configured_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_IMPL_JSON_HPP
#define T3API_CORE_IMPL_JSON_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0 {

namespace detail {

inline bool json_too_deep(std::string_view text) noexcept {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_json_depth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace detail

T3API_INLINE std::optional<nlohmann::json> parse_json(std::string_view text) {
  if (text.find('\0') != text.npos) return std::nullopt;  // The parser would take it for the end.
  if (detail::json_too_deep(text)) return std::nullopt;
  auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return std::optional(std::move(value));
}

T3API_INLINE std::optional<std::string> string_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

T3API_INLINE result<nlohmann::json> response::json() const {
  if (auto value = parse_json(body)) return *std::move(value);
  const auto type = headers.get("Content-Type").value_or("no content type");
  std::string what =
      body.empty() ? "an empty body" : std::to_string(body.size()) + " bytes that are not valid JSON";
  return t3api::error{.category = error_category::protocol,
                      .message = "the service answered " + std::to_string(status) + " with " + what + " (" +
                                 detail::printable(type, 60) +
                                 ") where JSON was expected: is the host setting right?",
                      .status = status,
                      .sent = true};
}

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_LOGGING_IMPL_SINKS_HPP
#define T3API_LOGGING_IMPL_SINKS_HPP

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

#ifndef T3API_LOGGING_IMPL_LOG_LINE_HPP
#define T3API_LOGGING_IMPL_LOG_LINE_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::detail {

/// `12.3 ms`, whatever the locale.
inline std::string milliseconds_text(std::chrono::microseconds time) {
  const auto tenths = (std::max)(time.count(), std::chrono::microseconds::rep{0}) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

/// What follows an event on its line: `, 12 bytes [Accept: text/csv; Cookie: ***] body: {}`.
inline std::string content_text(const headers& fields, const std::string& body, std::size_t body_bytes) {
  constexpr std::size_t longest_fields = 4000;
  constexpr std::size_t longest_body = 2200;
  std::string text;
  if (body_bytes > 0) text = ", " + std::to_string(body_bytes) + " bytes";
  std::string list;
  for (const auto& [name, value] : fields) {
    if (list.size() > longest_fields) break;
    list.append(list.empty() ? "" : "; ").append(name).append(": ").append(value);
  }
  if (!list.empty()) text += " [" + one_line(list, longest_fields) + "]";
  if (!body.empty()) text += " body: " + one_line(body, longest_body);
  return text;
}

/// One line for a log, with its line break; what is foreign in it cannot make a second one.
class log_line {
 public:
  static std::string of(wall_time now, const request_event& event) {
    std::string line = start(now, event.request_id) + "-> ";
    line.append(to_string(event.method)).append(" ").append(one_line(event.url, longest));
    line += " (attempt " + std::to_string(event.attempt) + ")";
    return line + content_text(event.headers, event.body, event.body_bytes) + "\n";
  }

  static std::string of(wall_time now, const response_event& event) {
    std::string line = start(now, event.request_id) + "<- ";
    line += event.status == 0 ? "no answer" : std::to_string(event.status);
    line += " in " + milliseconds_text(event.elapsed);
    if (!event.problem.empty()) line += ": " + one_line(event.problem, longest);
    return line + content_text(event.headers, event.body, event.body_bytes) + "\n";
  }

  static std::string of(wall_time now, const retry_event& event) {
    return start(now, event.request_id) + "retry in " + std::to_string(event.pause.count()) +
           " ms: " + one_line(event.reason, longest) + "\n";
  }

  static std::string of(wall_time now, const renewal_event& event) {
    std::string line = start(now, event.request_id) + "token ";
    if (!event.problem.empty()) {
      line += event.generation == 0 ? "not obtained in " : "not renewed in ";
      line += milliseconds_text(event.elapsed) + ": " + one_line(event.problem, longest);
    } else {
      const bool first = event.generation <= 1;
      line += event.shared ? "found in the store" : first ? "obtained" : "renewed";
      line += " (generation " + std::to_string(event.generation) + ") in " + milliseconds_text(event.elapsed);
    }
    return line + "\n";
  }

  static std::string of(wall_time now, std::string_view notice) {
    return iso_time(now) + " -- " + one_line(notice, longest) + "\n";
  }

 private:
  static constexpr std::size_t longest = 2100;

  static std::string start(wall_time now, std::string_view request_id) {
    constexpr std::size_t longest_id = 64;
    return iso_time(now) + " " + one_line(request_id, longest_id) + (request_id.empty() ? "" : " ");
  }
};

}  // namespace t3api::inline v0_1_0::detail

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

/// Why an open file is not a regular file of its owner alone; empty when it is.
inline std::string private_file_fault(int descriptor) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) return private_open_failure(errno);
  if (!S_ISREG(info.st_mode)) return "it is not a regular file";
  if (info.st_uid != ::geteuid()) return "it belongs to another user: name a file of your own";
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(info.st_mode & 07777U));
  return "others than its owner may use it (mode " + std::string(mode.data()) +
         "): run chmod 600 on it, or name a new file";
}
#endif

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

namespace detail {

class line_sink {
 public:
  explicit line_sink(std::function<void(const std::string&)> write) : write_(std::move(write)) {}

  template <class Event>
  void put(const Event& event) noexcept {
    try {
      const auto line = log_line::of(std::chrono::system_clock::now(), event);
      const std::scoped_lock lock(mutex_);
      write_(line);
    } catch (...) {  // A log that cannot be written must not break a call.
    }
  }

 private:
  const std::function<void(const std::string&)> write_;
  std::mutex mutex_;
};

T3API_INLINE logging_hooks line_hooks(std::function<void(const std::string&)> write,
                                      const log_options& options) {
  const auto sink = std::make_shared<line_sink>(std::move(write));
  return {.on_request = [sink](const request_event& event) { sink->put(event); },
          .on_response = [sink](const response_event& event) { sink->put(event); },
          .on_retry = [sink](const retry_event& event) { sink->put(event); },
          .on_renewal = [sink](const renewal_event& event) { sink->put(event); },
          .on_notice = [sink](std::string_view notice) { sink->put(notice); },
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
