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
//   t3api/api/auth.hpp
//   t3api/api/shapes.hpp
//   t3api/core/error.hpp
//   t3api/auth/credentials.hpp
//   t3api/auth/checks.hpp
//   t3api/detail/ascii.hpp
//   t3api/detail/utf8.hpp
//   t3api/auth/concept.hpp
//   t3api/core/clock.hpp
//   t3api/core/request.hpp
//   t3api/core/headers.hpp
//   t3api/core/result.hpp
//   t3api/core/exceptions.hpp
//   t3api/detail/percent.hpp
//   t3api/core/response.hpp
//   t3api/core/url.hpp
//   t3api/auth/token_exchange.hpp
//   t3api/auth/token.hpp
//   t3api/core/json.hpp
//   t3api/detail/base64url.hpp
//   t3api/core/secret.hpp
//   t3api/detail/wipe.hpp
//   t3api/core/service_error.hpp
//   t3api/core/http_date.hpp
//   t3api/detail/snapshot.hpp
//   t3api/auth/totp.hpp
//   t3api/detail/base32.hpp
//   t3api/detail/crypto.hpp
//   t3api/core/json_text.hpp
//   t3api/client.hpp
//   t3api/core/call_options.hpp
//   t3api/core/client_config.hpp
//   t3api/retry/concept.hpp
//   t3api/transport/concept.hpp
//   t3api/transport/limits.hpp
//   t3api/version.hpp
//   t3api/api/collections.hpp
//   t3api/api/licenses.hpp
//   t3api/auth/api_key.hpp
//   t3api/auth/bearer.hpp
//   t3api/auth/none.hpp
//   t3api/auth/secret_key.hpp
//   t3api/default_client.hpp
//   t3api/retry/exponential_backoff.hpp
//   t3api/retry/budget.hpp
//   t3api/transport/httplib.hpp
//   t3api/transport/httplib_connection.hpp
//   t3api/transport/reception.hpp
//   t3api/transport/tls_trust.hpp
//   t3api/transport/watchdog.hpp
//   t3api/transport/native_socket.hpp
//   t3api/transport/resolver.hpp
//   t3api/retry/none.hpp
//   t3api/transport/in_process.hpp
//   t3api/transport/scripted.hpp

#ifndef T3API_T3API_HPP
#define T3API_T3API_HPP

// All of the client wing.

#ifndef T3API_API_AUTH_HPP
#define T3API_API_AUTH_HPP

#include <stdexcept>
#include <string>

#ifndef T3API_API_SHAPES_HPP
#define T3API_API_SHAPES_HPP

#include <string>

#include <nlohmann/json.hpp>

#ifndef T3API_CORE_ERROR_HPP
#define T3API_CORE_ERROR_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace t3api {

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
struct error {
  error_category category = error_category::transport;
  std::string message{};          ///< One sentence: what was wrong, where, what to do.
  int status = 0;                 ///< HTTP status, or 0 when there was no answer.
  std::string service_message{};  ///< What the service said, cleaned of control bytes and secrets.
  std::string request_id{};       ///< The answer's `X-Request-Id`, when it had one.
  int attempts = 0;               ///< How often the request was tried.
  bool retryable = false;         ///< Whether the same call could succeed later.
  bool sent = false;              ///< Whether the service may have seen the request.
  std::optional<std::chrono::seconds>
      retry_after{};  ///< How long the service asked to wait (RFC 9110 section 10.2.3).
};

/// An `argument` error: nothing was sent, and no repetition can help.
inline error argument_error(std::string message) {
  return {.category = error_category::argument, .message = std::move(message)};
}

}  // namespace t3api

#endif

namespace t3api::detail {

/// The error for an answer that is JSON but not what the endpoint gives.
inline error unexpected_shape(const std::string& path, const std::string& expected) {
  return {.category = error_category::protocol,
          .message = "the answer to " + path + " is not " + expected + ": is the host setting right?",
          .status = 200,
          .sent = true};
}

}  // namespace t3api::detail

#endif
#ifndef T3API_AUTH_CREDENTIALS_HPP
#define T3API_AUTH_CREDENTIALS_HPP

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#ifndef T3API_AUTH_CHECKS_HPP
#define T3API_AUTH_CHECKS_HPP

#include <stdexcept>
#include <string>
#include <string_view>

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

namespace t3api::detail {

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

}  // namespace t3api::detail

#endif

namespace t3api::detail {

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

}  // namespace t3api::detail

#endif

namespace t3api::detail {

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

}  // namespace t3api::detail

#endif
#ifndef T3API_AUTH_CONCEPT_HPP
#define T3API_AUTH_CONCEPT_HPP

#include <concepts>
#include <cstdint>
#include <stop_token>

#ifndef T3API_CORE_CLOCK_HPP
#define T3API_CORE_CLOCK_HPP

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

namespace t3api {

using steady_time = std::chrono::steady_clock::time_point;
using wall_time = std::chrono::system_clock::time_point;

/// What time it is and how to wait: steady time for deadlines, wall time for token expiry. Any number of
/// threads may share one clock.
class clock {
 public:
  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  virtual ~clock() = default;

  virtual steady_time now() const = 0;
  virtual wall_time wall_now() const = 0;

  /// Waits until `when` has come (true) or `stop` asks to stop (false).
  virtual bool wait_until(steady_time when, std::stop_token stop) = 0;
};

/// The machine's own clocks.
class real_clock final : public clock {
 public:
  steady_time now() const override { return std::chrono::steady_clock::now(); }
  wall_time wall_now() const override { return std::chrono::system_clock::now(); }

  bool wait_until(steady_time when, std::stop_token stop) override {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any signal;
    signal.wait_until(lock, stop, when, [] { return false; });
    return !stop.stop_requested();
  }
};

/// A clock for tests: time stands still but for `advance` and for waits, which return at once and move it on.
class manual_clock final : public clock {
 public:
  using duration = std::chrono::nanoseconds;

  explicit manual_clock(wall_time start = std::chrono::system_clock::now()) : wall_start_(start) {}

  steady_time now() const override {
    const std::scoped_lock lock(mutex_);
    return steady_start_ + elapsed_;
  }
  wall_time wall_now() const override {
    const std::scoped_lock lock(mutex_);
    return wall_start_ + std::chrono::duration_cast<wall_time::duration>(elapsed_);
  }
  bool wait_until(steady_time when, std::stop_token stop) override {
    const std::scoped_lock lock(mutex_);
    if (stop.stop_requested()) return false;
    const auto wait = std::chrono::duration_cast<duration>(when - (steady_start_ + elapsed_));
    waits_.push_back(wait);
    if (wait > duration::zero()) elapsed_ += wait;
    return true;
  }

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

}  // namespace t3api

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


namespace t3api {

/// HTTP header fields in order, names compared without case (RFC 9110 section 5). What a caller adds is
/// checked at once, so that no header can smuggle a second one.
class headers {
 public:
  using field = std::pair<std::string, std::string>;
  using const_iterator = std::vector<field>::const_iterator;

  headers() = default;
  headers(std::initializer_list<field> fields) {
    for (const auto& [name, value] : fields) add(name, value);
  }

  /// Adds a field. Throws std::invalid_argument, which never shows the value, when the name is not a token of
  /// RFC 9110 or the value holds a byte below 0x20 (a tab too) or 0x7F.
  void add(std::string name, std::string value) {
    check(name, value);
    fields_.emplace_back(std::move(name), std::move(value));
  }

  /// Adds a field in place of all of the same name. Throws as `add` does.
  void set(std::string name, std::string value) {
    check(name, value);
    erase(name);
    fields_.emplace_back(std::move(name), std::move(value));
  }

  /// Adds a field as it was received, unchecked.
  void add_received(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }

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
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }

  /// Makes room for `count` fields in all.
  void reserve(std::size_t count) { fields_.reserve(count); }

  bool empty() const noexcept { return fields_.empty(); }
  std::size_t size() const noexcept { return fields_.size(); }
  const_iterator begin() const noexcept { return fields_.begin(); }
  const_iterator end() const noexcept { return fields_.end(); }

 private:
  static void check(std::string_view name, std::string_view value) {
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

}  // namespace t3api

#endif
#ifndef T3API_CORE_RESULT_HPP
#define T3API_CORE_RESULT_HPP

#include <type_traits>
#include <utility>
#include <variant>

#ifndef T3API_CORE_EXCEPTIONS_HPP
#define T3API_CORE_EXCEPTIONS_HPP

#include <memory>
#include <stdexcept>


namespace t3api {

/// The base of what the throwing interface throws, bad arguments apart (these are std::invalid_argument).
class exception : public std::runtime_error {
 public:
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

}  // namespace t3api

#endif

namespace t3api {

/// A value, or the error that kept it from coming. `value()` throws the error as its typed exception.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(t3api::error cause) : state_(std::in_place_index<1>, std::move(cause)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value, or throws what `throw_error` makes of the error.
  T& value() & {
    demand();
    return **this;
  }
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
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  /// The error; only to be called when there is one.
  t3api::error& error() & noexcept { return *std::get_if<1>(&state_); }
  const t3api::error& error() const& noexcept { return *std::get_if<1>(&state_); }
  t3api::error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

 private:
  void demand() const {
    if (!has_value()) throw_error(error());
  }

  std::variant<T, t3api::error> state_;
};

}  // namespace t3api

#endif
#ifndef T3API_DETAIL_PERCENT_HPP
#define T3API_DETAIL_PERCENT_HPP

#include <string>
#include <string_view>


namespace t3api::detail {

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

}  // namespace t3api::detail

#endif

namespace t3api {

enum class method { get, head, post, put, patch, delete_ };

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
  t3api::method method = t3api::method::get;
  std::string path{};  ///< Starts with one slash: "/v2/licenses". A query behind `?` is read into `query`.
  query_params query{};
  t3api::headers headers{};
  std::string body{};  ///< Sent as it is; its type is the header Content-Type.
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

}  // namespace t3api

#endif
#ifndef T3API_CORE_RESPONSE_HPP
#define T3API_CORE_RESPONSE_HPP

#include <string>

#include <nlohmann/json_fwd.hpp>


namespace t3api {

/// One HTTP answer.
struct response {
  int status = 0;
  t3api::headers headers{};
  std::string body{};

  /// The body as JSON, nested at most 64 deep; a `protocol` error when it is none. Needs t3api/core/json.hpp.
  result<nlohmann::json> json() const;
};

}  // namespace t3api

#endif
#ifndef T3API_CORE_URL_HPP
#define T3API_CORE_URL_HPP

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>


namespace t3api {

/// Where a service lives: scheme, host, port and an optional path in front of every request's own.
struct url {
  bool secure = true;  ///< https, not http.
  std::string host;    ///< Name or address; an IPv6 address without its brackets.
  std::uint16_t port = 443;
  std::string base_path;  ///< "" or "/prefix", never ending in a slash.

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
  const std::string shown = "the host '" + detail::printable(text, 100) + "' ";

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

}  // namespace t3api

#endif

namespace t3api {

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

  /// Where the call goes, and where requests of the auth method's own go.
  virtual const url& host() const noexcept = 0;

  virtual t3api::clock& clock() const noexcept = 0;
  virtual steady_time deadline() const noexcept = 0;
  virtual const std::stop_token& stop() const noexcept = 0;

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
/// A method that sends no credentials says so with `static constexpr bool sends_credentials = false;`: only
/// such a one may talk plain http to another machine.
template <class A>
concept auth_method = requires(A& method, request& message, exchange& via, token_generation generation) {
  { method.authorize(message, via) } -> std::same_as<result<token_generation>>;
  { method.on_unauthorized(generation) } -> std::same_as<bool>;
};

}  // namespace t3api

#endif
#ifndef T3API_AUTH_TOKEN_EXCHANGE_HPP
#define T3API_AUTH_TOKEN_EXCHANGE_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#ifndef T3API_AUTH_TOKEN_HPP
#define T3API_AUTH_TOKEN_HPP

#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#ifndef T3API_CORE_JSON_HPP
#define T3API_CORE_JSON_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>


namespace t3api {

/// Deeper JSON is refused: copying and printing it would exhaust the stack.
inline constexpr std::size_t max_json_depth = 64;

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

/// The JSON value in `text`; nothing when it is no JSON, no UTF-8, or nested deeper than `max_json_depth`.
inline std::optional<nlohmann::json> parse_json(std::string_view text) {
  if (text.find('\0') != text.npos) return std::nullopt;  // The parser would take it for the end.
  if (detail::json_too_deep(text)) return std::nullopt;
  auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

/// A text member of an object; nothing when it is missing or no text.
inline std::optional<std::string> string_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

/// JSON as a request body: an object or an array. An `argument` error for anything else, since a lone text is
/// most likely JSON that was already written out, and for texts that are no UTF-8.
inline result<std::string> json_body(const nlohmann::json& value) {
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

inline result<nlohmann::json> response::json() const {
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

}  // namespace t3api

#endif
#ifndef T3API_DETAIL_BASE64URL_HPP
#define T3API_DETAIL_BASE64URL_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace t3api::detail {

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

}  // namespace t3api::detail

#endif

namespace t3api {

/// When a JWT says it was issued and expires, in seconds since 1970 (RFC 7519 sections 4.1.4 and 4.1.6).
struct token_times {
  std::optional<std::chrono::seconds> issued_at{};
  std::optional<std::chrono::seconds> expires_at{};
};

/// Reads `iat` and `exp` without verifying the signature: only the service can do that. Both stay empty when
/// the token cannot be decoded.
inline token_times read_token_times(std::string_view jwt) {
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

namespace detail {

inline std::chrono::seconds since_1970(wall_time when) {
  return std::chrono::floor<std::chrono::seconds>(when.time_since_epoch());
}

/// `Authorization: Bearer <token>` (RFC 6750 section 2.1).
inline void set_bearer_token(request& message, std::string_view jwt) {
  std::string value;
  value.reserve(7 + jwt.size());
  value.append("Bearer ").append(jwt);
  message.headers.set("Authorization", std::move(value));
}

}  // namespace detail

}  // namespace t3api

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

namespace t3api::detail {

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

}  // namespace t3api::detail

#endif

namespace t3api {

/// A password, key or token. Copies share one buffer on the heap, which is overwritten when the last of them
/// goes. It has no way into a stream, a string or a JSON value but `reveal()`.
class secret {
 public:
  secret() = default;

  secret(std::string_view text) : buffer_(std::make_shared<buffer>(text)) {}
  /// A null pointer, as std::getenv gives for a name that is not set, makes an empty secret.
  secret(const char* text) : secret(text != nullptr ? std::string_view(text) : std::string_view()) {}
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

}  // namespace t3api

#endif
#ifndef T3API_CORE_SERVICE_ERROR_HPP
#define T3API_CORE_SERVICE_ERROR_HPP

#include <algorithm>
#include <string>
#include <string_view>

#ifndef T3API_CORE_HTTP_DATE_HPP
#define T3API_CORE_HTTP_DATE_HPP

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>


namespace t3api {

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

}  // namespace t3api

#endif

namespace t3api {

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

}  // namespace detail

/// Whether an answer with this status may be different the next time.
constexpr bool is_retryable_status(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

/// Puts a mark in the place of `sensitive` wherever it stands in what the service said, and of its beginning
/// where the rest was cut off.
inline void redact(error& cause, std::string_view sensitive) {
  constexpr std::size_t shortest = 4;
  if (sensitive.size() < shortest) return;
  for (std::string* text : {&cause.service_message, &cause.message, &cause.request_id}) {
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

/// The error that an unexpected answer stands for: `authentication` for 401, `http` otherwise.
inline error service_error(const request& asked, const response& answer, wall_time now) {
  error cause;
  cause.category = answer.status == 401 ? error_category::authentication : error_category::http;
  cause.status = answer.status;
  cause.service_message = detail::printable(detail::service_message(answer), 300);
  cause.request_id = detail::printable(answer.headers.get("X-Request-Id").value_or(""), 100);
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

}  // namespace t3api

#endif
#ifndef T3API_DETAIL_SNAPSHOT_HPP
#define T3API_DETAIL_SNAPSHOT_HPP

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace t3api::detail {

/// An immutable value that is replaced now and then and read all the time. Reading takes no lock; a replaced
/// value is freed once no reader can still see it. (std::atomic<std::shared_ptr> would do, but libc++ has
/// none.)
template <class T>
class snapshot {
 public:
  snapshot() = default;
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;
  ~snapshot() { delete current_.load(); }

  /// Calls `look` with a pointer to the value, null when there is none yet; the pointer is good until `look`
  /// returns.
  template <class Look>
  decltype(auto) read(Look&& look) const {
    const reader_count reading(readers_);
    return std::forward<Look>(look)(static_cast<const T*>(current_.load()));
  }

  void publish(std::unique_ptr<const T> next) {
    const std::scoped_lock lock(mutex_);
    retired_.emplace_back(current_.exchange(next.release()));
    if (readers_.load() == 0) retired_.clear();
  }

 private:
  struct reader_count {
    explicit reader_count(std::atomic<int>& counter) : readers(counter) { readers.fetch_add(1); }
    ~reader_count() { readers.fetch_sub(1); }
    reader_count(const reader_count&) = delete;
    reader_count& operator=(const reader_count&) = delete;
    std::atomic<int>& readers;
  };

  mutable std::atomic<int> readers_ = 0;
  std::atomic<const T*> current_ = nullptr;
  std::mutex mutex_;
  std::vector<std::unique_ptr<const T>> retired_;
};

}  // namespace t3api::detail

#endif

namespace t3api::detail {

/// Gets bearer tokens by exchanging credentials: once for all threads, again ahead of expiry and after a 401.
/// A fresh token is read without a lock.
class token_exchange {
 public:
  /// Makes the request that carries the credentials, or says why none can be made now. `last_was_unsent`
  /// tells that the request made before never left, so that a one-time password in it is still good.
  using request_maker = std::function<result<request>(exchange&, bool last_was_unsent)>;

  /// `sensitive` is never to be seen in an error, whatever the service says.
  token_exchange(request_maker make_request, std::vector<secret> sensitive)
      : make_request_(std::move(make_request)), sensitive_(std::move(sensitive)) {}

  result<token_generation> authorize(request& message, exchange& via) {
    if (const auto generation = use_current(message, via, /*even_if_due=*/false)) return *generation;
    std::unique_lock lock(mutex_);
    if (!host_) host_ = via.host();
    if (*host_ != via.host()) {
      return argument_error("this auth method's credentials and token belong to " + host_->origin() +
                            ": make one of its own for the client of " + via.host().origin());
    }
    while (true) {
      const bool pausing = via.clock().now() < pause_end_;
      const bool renewal_must_wait = exchanging_ || refused_ || pausing;
      if (const auto generation = use_current(message, via, /*even_if_due=*/renewal_must_wait))
        return *generation;
      if (refused_) return *refused_;
      if (exchanging_) {
        if (auto failure = wait_for_other(lock, via)) return *std::move(failure);
      } else if (pausing) {
        if (auto failure = wait_for_pause_end(lock, via)) return *std::move(failure);
      } else if (!may_renew_now(via.clock().now())) {
        return error{
            .category = error_category::authentication,
            .message =
                "the service refuses each token that it has just issued, so no more logins are made for "
                "a while: is this user allowed to do what was asked?",
            .status = 401};
      } else if (auto failure = exchange_now(lock, via)) {
        if (const auto generation = use_current(message, via, /*even_if_due=*/true)) return *generation;
        return *std::move(failure);
      }
    }
  }

  token_generation tokens_obtained() const {
    return current_.read(
        [](const token* held) { return held == nullptr ? token_generation{0} : held->generation; });
  }

  /// Marks the generation as refused; tokens of later ones stay good, so a late 401 of an old token renews
  /// nothing.
  bool on_unauthorized(token_generation generation) {
    auto known = rejected_.load();
    while (known < generation && !rejected_.compare_exchange_weak(known, generation)) {
    }
    return true;
  }

 private:
  static constexpr auto leeway = std::chrono::seconds(30);
  static constexpr auto shortest_pause = std::chrono::milliseconds(250);
  static constexpr auto longest_pause = std::chrono::milliseconds(60'000);
  static constexpr int renewals_in_a_row = 10;
  static constexpr auto renewal_interval = std::chrono::seconds(30);
  static constexpr auto longest_lifetime =
      std::chrono::hours(24 * 365);  ///< More could overflow the steady clock.

  struct token {
    secret jwt;
    url host;         ///< The only one that it is sent to.
    steady_time due;  ///< From here on it should be renewed.
    steady_time expires_at;
    token_generation generation;
  };

  std::optional<token_generation> use_current(request& message, exchange& via, bool even_if_due) const {
    const auto now = via.clock().now();
    return current_.read([&](const token* held) -> std::optional<token_generation> {
      if (held == nullptr || held->generation <= rejected_.load()) return std::nullopt;
      if (now >= (even_if_due ? held->expires_at : held->due) || held->host != via.host())
        return std::nullopt;
      set_bearer_token(message, held->jwt.reveal());
      return held->generation;
    });
  }

  /// A service that refuses even fresh tokens must not be met with a login for every call: a few renewals in
  /// a row are made after a 401, then one each half minute.
  bool may_renew_now(steady_time now) {
    const bool refused_in_its_life = current_.read([&](const token* held) {
      return held != nullptr && held->generation <= rejected_.load() && now < held->expires_at;
    });
    if (!refused_in_its_life) return true;
    const auto earned = (now - renewals_counted_) / renewal_interval;
    if (earned > 0) {
      renewals_left_ = static_cast<int>((std::min<std::int64_t>)(renewals_in_a_row, renewals_left_ + earned));
      renewals_counted_ = now;
    }
    if (renewals_left_ == 0) return false;
    --renewals_left_;
    return true;
  }

  /// Waits for the exchange of another thread; its failure is the failure of all who waited for it.
  std::optional<error> wait_for_other(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto round = round_;
    const bool ended =
        round_ended_.wait_until(lock, via.stop(), via.deadline(), [&] { return round_ != round; });
    if (via.stop().stop_requested()) {
      return error{.category = error_category::cancelled,
                   .message = "the call was cancelled while it waited for a token"};
    }
    if (!ended) {
      return error{.category = error_category::timeout,
                   .message = "no access token came before the call's deadline",
                   .retryable = true};
    }
    return last_failure_;
  }

  /// After a failure the next exchange waits a moment, so that an outage is not met with a storm of logins.
  std::optional<error> wait_for_pause_end(std::unique_lock<std::mutex>& lock, exchange& via) {
    const auto pause_end = pause_end_;
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
    if (waited) return std::nullopt;
    return error{.category = error_category::cancelled,
                 .message = "the call was cancelled while it waited for a token"};
  }

  std::optional<error> exchange_now(std::unique_lock<std::mutex>& lock, exchange& via) {
    exchanging_ = true;
    lock.unlock();
    result<token> obtained = error{};
    try {
      obtained = obtain(via);
    } catch (...) {
      lock.lock();
      end_round();
      throw;
    }
    lock.lock();
    end_round();
    if (obtained) {
      failures_ = 0;
      obtained->generation = ++generations_;
      current_.publish(std::make_unique<const token>(*std::move(obtained)));
      return std::nullopt;
    }
    const error& failure = obtained.error();
    if (failure.category == error_category::cancelled) return failure;
    if (failure.category == error_category::authentication) refused_ = failure;
    const auto now = via.clock().now();
    const auto growing = shortest_pause * (1 << failures_);
    failures_ = (std::min)(failures_ + 1, 8);
    const auto asked = failure.retry_after.value_or(std::chrono::seconds(0));
    pause_end_ =
        now + (std::min<std::chrono::milliseconds>)(longest_pause,
                                                    (std::max<std::chrono::milliseconds>)(growing, asked));
    // A caller whose own time is up does not speak for those who have more.
    const bool own_time_is_up =
        failure.category == error_category::timeout && (!service_asked_ || now >= via.deadline());
    if (!own_time_is_up) last_failure_ = failure;
    return failure;
  }

  void end_round() {
    exchanging_ = false;
    ++round_;
    last_failure_.reset();
    round_ended_.notify_all();
  }

  result<token> obtain(exchange& via) {
    try {
      service_asked_ = false;
      auto message = make_request_(via, std::exchange(last_was_unsent_, false));
      if (!message) return message.error();
      const std::string path = message->path;
      service_asked_ = true;
      const auto answer = via.send(*std::move(message));
      last_was_unsent_ = !answer && !answer.error().sent;
      return answer ? read_token(path, *answer, via) : failed(answer.error());
    } catch (const std::exception& failure) {
      return failed({.category = error_category::transport, .message = failure.what()});
    } catch (...) {
      return failed(
          {.category = error_category::transport, .message = "a policy threw an exception of its own"});
    }
  }

  result<token> read_token(const std::string& path, const response& answer, exchange& via) const {
    const auto now = via.clock().wall_now();
    if (answer.status != 200) {
      error cause = service_error({.method = method::post, .path = path}, answer, now);
      // Final: the same credentials would be refused again. A 403 without a word from T3 may come from a
      // firewall.
      const bool final = answer.status == 400 || answer.status == 422 ||
                         (answer.status == 403 && !cause.service_message.empty());
      if (final) {
        cause.category = error_category::authentication;
      }
      return failed(std::move(cause));
    }
    const auto body = answer.json();
    if (!body) return failed(body.error());
    const auto jwt = string_member(*body, "accessToken").value_or("");
    if (jwt.empty() || has_control(jwt) || jwt.find(' ') != jwt.npos) {
      return failed(
          {.category = error_category::protocol,
           .message = "the answer to " + path + " holds no usable accessToken: is the host setting right?",
           .status = answer.status});
    }
    token made{.jwt = jwt,
               .host = via.host(),
               .due = (steady_time::max)(),
               .expires_at = (steady_time::max)(),
               .generation = 0};
    const auto times = read_token_times(jwt);
    if (times.expires_at) {
      const auto server_now = server_date(answer.headers)
                                  .value_or(std::chrono::floor<std::chrono::seconds>(now))
                                  .time_since_epoch();
      const auto lifetime = *times.expires_at - server_now;
      if (lifetime <= std::chrono::seconds(0)) {
        return failed(
            {.category = error_category::protocol,
             .message =
                 "the service issued an access token that had already expired: check its clock and this one",
             .status = answer.status});
      }
      const auto kept = (std::min<std::chrono::seconds>)(lifetime, longest_lifetime);
      made.expires_at = via.clock().now() + kept;
      made.due = made.expires_at - (std::min<std::chrono::milliseconds>)(leeway, kept / 10);
    }
    return made;
  }

  /// An error of the exchange as the call sees it: its own request never left. What the exchange sent is not
  /// sent again when it may have arrived and nothing is known of its fate.
  error failed(error cause) const {
    if (cause.sent && cause.status == 0) cause.retryable = false;
    cause.sent = false;
    cause.message = "no access token could be obtained: " + cause.message;
    for (const auto& value : sensitive_) redact(cause, value.reveal());
    return cause;
  }

  const request_maker make_request_;
  const std::vector<secret> sensitive_;
  snapshot<token> current_;
  std::atomic<token_generation> rejected_ = 0;

  std::mutex mutex_;
  std::condition_variable_any round_ended_;
  bool exchanging_ = false;
  std::uint64_t round_ = 0;
  token_generation generations_ = 0;
  int failures_ = 0;
  steady_time pause_end_ = (steady_time::min)();
  int renewals_left_ = renewals_in_a_row;
  steady_time renewals_counted_{};
  bool last_was_unsent_ = false;  ///< This and the next are used by the one exchanging thread only.
  bool service_asked_ = false;
  std::optional<url> host_;
  std::optional<error> last_failure_;
  std::optional<error> refused_;
};

}  // namespace t3api::detail

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


namespace t3api::detail {

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

}  // namespace t3api::detail

#endif
#ifndef T3API_DETAIL_CRYPTO_HPP
#define T3API_DETAIL_CRYPTO_HPP

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace t3api::detail {

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

/// HMAC-SHA-1 (RFC 2104), 20 bytes; for one-time passwords only.
inline std::string hmac_sha1(std::string_view key, std::string_view message) {
  return hmac(EVP_sha1(), key, message);
}

/// HMAC-SHA-256 (RFC 2104), 32 bytes.
inline std::string hmac_sha256(std::string_view key, std::string_view message) {
  return hmac(EVP_sha256(), key, message);
}

/// `size` bytes from the system's random source. Throws std::runtime_error when there is none.
inline std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes to give: is the system's random source available?");
  }
  return bytes;
}

/// Whether both are equal, in a time that depends on their sizes only.
inline bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace t3api::detail

#endif

namespace t3api {

/// How long one time-based one-time password is good (RFC 6238 section 5.2).
inline constexpr std::chrono::seconds totp_step{30};

/// Number of the step that `now` lies in (RFC 6238 section 4.2).
inline std::int64_t totp_step_at(wall_time now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) / totp_step;
}

/// The one-time password of a counter value (RFC 4226 section 5.3, HMAC-SHA-1).
inline std::string hotp(std::string_view key, std::uint64_t counter, int digits = 6) {
  std::string message(8, '\0');
  for (std::size_t i = 8; i-- > 0; counter >>= 8) message[i] = static_cast<char>(counter & 0xFFU);
  const std::string code = detail::hmac_sha1(key, message);
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

}  // namespace t3api

#endif
#ifndef T3API_CORE_JSON_TEXT_HPP
#define T3API_CORE_JSON_TEXT_HPP

#include <string>
#include <string_view>

namespace t3api {

/// Writes a flat JSON object of texts straight into one string, so that a secret in it is in memory once and
/// can be overwritten. Values must be UTF-8.
class json_text_object {
 public:
  /// `capacity`: an upper bound of the length, since growing would leave copies behind.
  explicit json_text_object(std::size_t capacity) { text_.reserve(capacity); }

  json_text_object& add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '{' : ',';
    append(name);
    text_ += ':';
    append(value);
    return *this;
  }

  std::string finish() && {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void append(std::string_view value) {
    constexpr std::string_view hex = "0123456789abcdef";
    text_ += '"';
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (byte < 0x20) {
        text_ += "\\u00";
        text_ += hex[byte >> 4];
        text_ += hex[byte & 15U];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_;
};

}  // namespace t3api

#endif

namespace t3api {

/// What Metrc wants of a user. `hostname` is the state's Metrc host, such as "ca.metrc.com".
struct credentials {
  std::string hostname{};
  std::string username{};
  secret password{};
  secret otp{};         ///< A one-time password (Michigan): good for one exchange.
  secret otp_seed{};    ///< The Base32 seed that one-time passwords come from: lets tokens be renewed.
  std::string email{};  ///< The account's e-mail (Colorado).
};

namespace detail {

/// Checks what can be checked before anything is sent. Throws std::invalid_argument without any value in it.
inline void require_valid(const credentials& user) {
  require_text(user.hostname, "Metrc hostname");
  require_text(user.username, "Metrc user name");
  require_text(user.password.reveal(), "Metrc password");
  if (!user.otp.empty()) require_text(user.otp.reveal(), "one-time password");
  if (!user.email.empty()) require_text(user.email, "e-mail address");
  if (!user.otp_seed.empty()) totp(user.otp_seed, 0);
  if (!user.otp.empty() && !user.otp_seed.empty()) {
    throw std::invalid_argument("both a one-time password and its seed are given: give one of them");
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

}  // namespace detail

/// Exchanges Metrc credentials for a JWT at `POST /v2/auth/credentials`, once for all threads, and renews it
/// when it has expired or the service refuses it. Copies share one token. Credentials that the service
/// refuses are never sent again.
class credentials_auth {
 public:
  /// Throws std::invalid_argument, without any value in it, for missing, blank or malformed credentials.
  explicit credentials_auth(credentials user) {
    detail::require_valid(user);
    std::vector<secret> sensitive{user.password, user.otp, user.otp_seed};
    auto maker = [state = std::make_shared<one_time_passwords>(), user = std::move(user)](
                     exchange& via, bool last_was_unsent) -> result<request> {
      auto otp = state->next(user, via, last_was_unsent);
      if (!otp) return otp.error();
      return detail::credentials_request("/v2/auth/credentials", user, "otp", *otp);
    };
    tokens_ = std::make_shared<detail::token_exchange>(std::move(maker), std::move(sensitive));
  }

  result<token_generation> authorize(request& message, exchange& via) {
    return tokens_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return tokens_->on_unauthorized(generation); }

  /// How many tokens have been obtained so far: 1 after the first call, more when tokens were renewed.
  token_generation tokens_obtained() const { return tokens_->tokens_obtained(); }

 private:
  /// Gives out one-time passwords, never the same twice: the service refuses a second use. Called by one
  /// thread at a time.
  class one_time_passwords {
   public:
    result<secret> next(const credentials& user, exchange& via, bool last_was_unsent) {
      if (last_was_unsent) {
        used_ = false;
        last_step_ = step_before_;
      }
      if (!user.otp.empty()) {
        if (std::exchange(used_, true)) {
          return error{.category = error_category::authentication,
                       .message =
                           "the one-time password has been used: give a fresh one, or its seed "
                           "(credentials::otp_seed)"};
        }
        return user.otp;
      }
      if (user.otp_seed.empty()) return secret();
      auto now = via.clock().wall_now();
      if (totp_step_at(now) <= last_step_) {
        const auto next_step = wall_time((last_step_ + 1) * totp_step);
        const auto ready = via.clock().now() + (next_step - now);
        if (ready >= via.deadline()) {
          return error{
              .category = error_category::timeout,
              .message =
                  "the next one-time password comes after the call's deadline: try again in half a minute",
              .retryable = true};
        }
        if (!via.clock().wait_until(ready, via.stop())) {
          return error{.category = error_category::cancelled,
                       .message = "the call was cancelled while it waited for the next one-time password"};
        }
        now = (std::max)(via.clock().wall_now(), next_step);
      }
      step_before_ = std::exchange(last_step_, totp_step_at(now));
      return totp(user.otp_seed, last_step_);
    }

   private:
    bool used_ = false;
    std::int64_t last_step_ = -1;
    std::int64_t step_before_ = -1;
  };

  std::shared_ptr<detail::token_exchange> tokens_;
};

static_assert(auth_method<credentials_auth>);

}  // namespace t3api

#endif
#ifndef T3API_CLIENT_HPP
#define T3API_CLIENT_HPP

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#ifndef T3API_CORE_CALL_OPTIONS_HPP
#define T3API_CORE_CALL_OPTIONS_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <vector>


namespace t3api {

/// What one call may have different from its client.
struct call_options {
  /// Total deadline, from the start of the call to the last byte of the answer, retries and waits included.
  std::optional<std::chrono::milliseconds> timeout{};
  /// Ends the call early, with a `cancelled` error.
  std::stop_token stop{};
  /// The statuses that are no error; any 2xx when empty.
  std::vector<int> expected{};
  /// Whether the request may safely arrive twice; by default as its method says (RFC 9110 section 9.2.2).
  std::optional<bool> idempotent{};

  bool expects(int status) const noexcept {
    if (expected.empty()) return status >= 200 && status < 300;
    return std::find(expected.begin(), expected.end(), status) != expected.end();
  }
};

/// What a transport is told beside the request.
struct send_options {
  const url& host;          ///< Where to send it.
  steady_time deadline;     ///< When the whole answer must be there.
  std::stop_token stop;     ///< Ends the sending early.
  bool idempotent = false;  ///< Whether the request may safely arrive twice.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds read_timeout = std::chrono::seconds(30);  ///< The longest silence of the service.
  std::size_t max_header_bytes = 256U << 10U;
  std::size_t max_body_bytes = 64U << 20U;  ///< After decompression.
};

}  // namespace t3api

#endif
#ifndef T3API_CORE_CLIENT_CONFIG_HPP
#define T3API_CORE_CLIENT_CONFIG_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>


namespace t3api {

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
  std::string host{};
  std::uint16_t port = 3128;
  std::string username{};
  secret password{};
};

/// Settings of a client. All have defaults, so `client_config{.host = "…"}` is fine.
struct client_config {
  std::string host = default_host;                                       ///< `https://host[:port][/path]`.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);          ///< Total deadline of a call.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  ///< Name, TCP and TLS together.
  std::chrono::milliseconds read_timeout = std::chrono::seconds(30);  ///< The longest silence of the service.
  std::size_t max_header_bytes = 256U << 10U;
  std::size_t max_body_bytes = 64U << 20U;  ///< Of an answer, after decompression.
  t3api::headers headers{};                 ///< Sent with every request.
  std::string user_agent{};                 ///< Default: `t3api/<version>`.
  tls_options tls{};
  std::optional<proxy_options> proxy{};
  /// Lets credentials travel unencrypted to a host that is not this machine.
  bool dangerously_allow_plain_http = false;
  std::shared_ptr<t3api::clock> clock{};  ///< Default: the machine's clocks.
};

}  // namespace t3api

#endif
#ifndef T3API_RETRY_CONCEPT_HPP
#define T3API_RETRY_CONCEPT_HPP

#include <chrono>
#include <concepts>
#include <optional>


namespace t3api {

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

}  // namespace t3api

#endif
#ifndef T3API_TRANSPORT_CONCEPT_HPP
#define T3API_TRANSPORT_CONCEPT_HPP

#include <concepts>


namespace t3api {

/// What one sending brought: a whole answer, whatever its status, or why none came.
using outcome = result<response>;

/// Carries one request to `options.host` and brings the answer back. `send` is called by many threads at
/// once; it must end by `options.deadline`, must not follow redirects, and must set `error::sent` to false
/// only when no byte of the request can have reached the service.
template <class T>
concept transport = requires(T& carrier, const request& message, const send_options& options) {
  { carrier.send(message, options) } -> std::same_as<outcome>;
};

}  // namespace t3api

#endif
#ifndef T3API_TRANSPORT_LIMITS_HPP
#define T3API_TRANSPORT_LIMITS_HPP

#include <optional>
#include <string>
#include <utility>


namespace t3api {

/// The error for a call that was stopped before its transport did anything; nothing when it was not.
inline std::optional<error> stopped_before_sending(const std::stop_token& stop) {
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

}  // namespace t3api

#endif
#ifndef T3API_VERSION_HPP
#define T3API_VERSION_HPP

#include <string_view>

/// The version of the library: macros for the preprocessor, constants for everything else. The build reads it
/// here.
#define T3API_VERSION_MAJOR 0
#define T3API_VERSION_MINOR 1
#define T3API_VERSION_PATCH 0

#define T3API_DETAIL_QUOTE(x) #x
#define T3API_DETAIL_DOTTED(x, y, z) T3API_DETAIL_QUOTE(x) "." T3API_DETAIL_QUOTE(y) "." T3API_DETAIL_QUOTE(z)

namespace t3api {

inline constexpr int version_major = T3API_VERSION_MAJOR;
inline constexpr int version_minor = T3API_VERSION_MINOR;
inline constexpr int version_patch = T3API_VERSION_PATCH;

/// "major.minor.patch".
inline constexpr std::string_view version_string =
    T3API_DETAIL_DOTTED(T3API_VERSION_MAJOR, T3API_VERSION_MINOR, T3API_VERSION_PATCH);

}  // namespace t3api

#undef T3API_DETAIL_DOTTED
#undef T3API_DETAIL_QUOTE

#endif  // T3API_VERSION_HPP

namespace t3api {

/// An authenticated client of the T3 API, put together from three policies. Copies are cheap and share
/// everything: connections, token and retry budget. Any number of threads may use one client, or copies of
/// it, at once.
///
/// A call authorises each attempt afresh, renews the token once and repeats the request once after a 401, and
/// asks the retry policy after each failure, all under one deadline. `send` and its short forms throw for
/// lack of memory only; `.value()` on what they give back throws the error as an exception.
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
                                       std::move(config))) {}

  /// Sends a request and gives its answer when the status is expected, or the error.
  result<response> send(request message, const call_options& options = {}) const {
    if (auto fault = check(message, options)) return *std::move(fault);
    state_->add_defaults(message);
    const auto deadline = state_->deadline_after(options.timeout.value_or(state_->config.timeout));
    const bool idempotent = options.idempotent.value_or(is_idempotent(message.method));
    call running{*state_, options, deadline, idempotent};
    bool sent = false;
    for (int number = 1;; ++number) {
      result<response> answer = running.attempt_once(message);
      if (answer) {
        if constexpr (requires { state_->retry.succeeded(); }) state_->retry.succeeded();
        return answer;
      }
      error& cause = answer.error();
      cause.attempts = number;
      cause.sent = sent = sent || cause.sent;
      const auto pause = state_->retry.next_delay({.number = number, .idempotent = idempotent}, cause);
      if (!pause) return answer;
      const auto now = state_->clock->now();
      if (*pause >= std::chrono::ceil<std::chrono::milliseconds>(deadline - now)) return answer;
      if (!state_->clock->wait_until(now + (std::max)(*pause, std::chrono::milliseconds(0)), options.stop)) {
        cause.category = error_category::cancelled;
        cause.message = "the call was cancelled between two attempts; the last one failed: " + cause.message;
        return answer;
      }
    }
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

  const client_config& config() const noexcept { return state_->config; }

 private:
  struct state {
    state(Transport carrier_, Auth auth_, Retry retry_, client_config config_)
        : carrier(std::move(carrier_)),
          auth(std::move(auth_)),
          retry(std::move(retry_)),
          config(std::move(config_)),
          host(parse_url(config.host).value()),
          clock(config.clock ? config.clock : std::make_shared<real_clock>()),
          user_agent(config.user_agent.empty() ? "t3api/" + std::string(version_string) : config.user_agent) {
      headers{{"User-Agent", user_agent}};
      if (auto fault = framing_header(config.headers)) throw std::invalid_argument(fault->message);
      if (config.timeout.count() <= 0 || config.connect_timeout.count() <= 0 ||
          config.read_timeout.count() <= 0) {
        throw std::invalid_argument("the time-outs of client_config must be longer than nothing");
      }
    }

    void add_defaults(request& message) const {
      const auto given = static_cast<std::ptrdiff_t>(message.headers.size());
      constexpr std::size_t own_fields = 3;
      message.headers.reserve(message.headers.size() + config.headers.size() + own_fields);
      for (const auto& [name, value] : config.headers) {
        const auto given_end = message.headers.begin() + given;
        const bool own = std::any_of(message.headers.begin(), given_end, [&name = name](const auto& field) {
          return detail::iequals(field.first, name);
        });
        if (!own) message.headers.add(name, value);
      }
      if (!message.headers.contains("Accept")) message.headers.add_received("Accept", "application/json");
      if (!message.headers.contains("User-Agent")) message.headers.add_received("User-Agent", user_agent);
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
  };

  /// One call in progress; also the way by which the auth method sends requests of its own.
  class call final : public exchange {
   public:
    call(state& shared, const call_options& options, steady_time deadline, bool idempotent)
        : shared_(shared), options_(options), deadline_(deadline), idempotent_(idempotent) {}

    /// Authorises and sends once, and once more when the token was refused and can be renewed.
    result<response> attempt_once(const request& message) {
      while (true) {
        request authorised = message;
        const auto generation = shared_.auth.authorize(authorised, *this);
        if (!generation) return generation.error();
        outcome answer = dispatch(authorised, idempotent_);
        if (!answer) return answer;
        if (options_.expects(answer->status)) return answer;
        if (answer->status == 401 && !replayed_ && shared_.auth.on_unauthorized(*generation)) {
          replayed_ = true;
          continue;
        }
        error cause = service_error(message, *answer, shared_.clock->wall_now());
        hide_credentials(cause, authorised);
        return cause;
      }
    }

    result<response> send(request message) override {
      shared_.add_defaults(message);
      outcome answer = dispatch(message, /*idempotent=*/false);
      detail::wipe(message.body);
      return answer;
    }
    const url& host() const noexcept override { return shared_.host; }
    t3api::clock& clock() const noexcept override { return *shared_.clock; }
    steady_time deadline() const noexcept override { return deadline_; }
    const std::stop_token& stop() const noexcept override { return options_.stop; }

   private:
    outcome dispatch(const request& message, bool idempotent) {
      if (auto stopped = stopped_before_sending(options_.stop)) return *std::move(stopped);
      if (shared_.clock->now() >= deadline_) {
        return error{.category = error_category::timeout,
                     .message = "the call's deadline passed before it was sent"};
      }
      const auto& config = shared_.config;
      return shared_.carrier.send(message, send_options{.host = shared_.host,
                                                        .deadline = deadline_,
                                                        .stop = options_.stop,
                                                        .idempotent = idempotent,
                                                        .connect_timeout = config.connect_timeout,
                                                        .read_timeout = config.read_timeout,
                                                        .max_header_bytes = config.max_header_bytes,
                                                        .max_body_bytes = config.max_body_bytes});
    }

    /// The service may repeat in its message what it was sent.
    static void hide_credentials(error& cause, const request& sent) {
      for (const char* name : {"Authorization", "X-T3-API-Key"}) {
        const auto value = sent.headers.get(name).value_or("");
        redact(cause, value.substr(value.starts_with("Bearer ") ? 7 : 0));
      }
      for (const auto& [name, value] : sent.query) {
        if (detail::iequals(name, "secretKey")) redact(cause, value);
      }
    }

    state& shared_;
    const call_options& options_;
    const steady_time deadline_;
    const bool idempotent_;
    bool replayed_ = false;
  };

  /// Finds what must keep the request from being sent at all.
  std::optional<error> check(request& message, const call_options& options) const {
    if (auto fault = normalise(message)) return fault;
    if (options.timeout && options.timeout->count() <= 0) {
      return argument_error("the call's timeout must be longer than nothing");
    }
    const bool leaves_machine = !state_->host.is_loopback() || state_->config.proxy.has_value();
    const bool in_clear =
        leaves_machine && !state_->host.secure && !state_->config.dangerously_allow_plain_http;
    if (in_clear && carries_credentials(message)) {
      return argument_error("credentials must not travel unencrypted: use https:// for " +
                            state_->host.origin());
    }
    return std::nullopt;
  }

  bool carries_credentials(const request& message) const {
    bool by_method = true;
    if constexpr (requires { Auth::sends_credentials; }) by_method = Auth::sends_credentials;
    const auto has = [&](const char* name) {
      return message.headers.contains(name) || state_->config.headers.contains(name);
    };
    const bool in_body =
        !message.body.empty() && (state_->host.base_path + message.path).find("/auth/") != std::string::npos;
    return by_method || in_body || has("Authorization") || has("X-T3-API-Key") || has("Cookie") ||
           std::any_of(message.query.begin(), message.query.end(),
                       [](const auto& parameter) { return detail::iequals(parameter.first, "secretKey"); });
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
};

}  // namespace t3api

#endif

namespace t3api {

/// Who the service takes the caller for. Texts are empty where the answer has none.
struct identity {
  std::string hostname{};
  std::string username{};
  std::string auth_mode{};
  std::string credential_key{};
  std::string t3plus_subscription_tier{};
  bool has_t3plus = false;
};

/// `GET /v2/auth/whoami`.
template <class Transport, class Auth, class Retry>
result<identity> whoami(const client<Transport, Auth, Retry>& via, const call_options& options = {}) {
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

/// `POST /v2/auth/secretkey`: makes a secret key for these Metrc credentials. The service logs in to Metrc
/// with them first and stores them; where Metrc wants one-time passwords it needs `otp_seed`. The key is
/// shown this once. Any client will do, one with `no_auth` too. Throws std::invalid_argument for credentials
/// that cannot be right.
template <class Transport, class Auth, class Retry>
result<secret> create_secret_key(const client<Transport, Auth, Retry>& via, const credentials& user,
                                 const call_options& options = {}) {
  try {
    detail::require_valid(user);
  } catch (const std::invalid_argument& fault) {
    return argument_error(fault.what());
  }
  const std::string path = "/v2/auth/secretkey";
  auto answer = via.send(detail::credentials_request(path, user, "otpSeed", user.otp_seed), options);
  if (!answer) {
    for (const secret& value : {user.password, user.otp_seed}) redact(answer.error(), value.reveal());
    return answer.error();
  }
  const result<nlohmann::json> body = answer->json();
  if (!body) return body.error();
  auto key = string_member(*body, "secretKey");
  if (!key || key->empty()) return detail::unexpected_shape(path, "an object with a secretKey");
  return secret(*std::move(key));
}

}  // namespace t3api

#endif
#ifndef T3API_API_COLLECTIONS_HPP
#define T3API_API_COLLECTIONS_HPP

#include <cstdint>
#include <string>
#include <utility>


namespace t3api {

/// Which page of a collection to load.
struct page_request {
  std::string license_number{};
  int page = 1;          ///< The first is 1.
  int page_size = 100;   ///< At most 500.
  query_params query{};  ///< Further parameters, such as `sort` and `filter`.
};

/// One page of a collection.
struct collection_page {
  nlohmann::json::array_t data{};  ///< The rows, each an object.
  std::uint64_t page = 0;
  std::uint64_t page_size = 0;
  std::uint64_t total_pages = 0;
  std::uint64_t total = 0;  ///< Rows on all pages.
};

namespace detail {

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

/// Loads one page of a collection such as `/v2/packages/active`.
template <class Transport, class Auth, class Retry>
result<collection_page> load_page(const client<Transport, Auth, Retry>& via, const std::string& path,
                                  const page_request& wanted, const call_options& options = {}) {
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
  return detail::read_page(path, answer->json());
}

}  // namespace t3api

#endif
#ifndef T3API_API_LICENSES_HPP
#define T3API_API_LICENSES_HPP

#include <string>
#include <vector>


namespace t3api {

/// A licence that the caller may see.
struct license {
  std::string name{};
  std::string number{};  ///< What every data endpoint wants as `licenseNumber`.
};

/// `GET /v2/licenses`.
template <class Transport, class Auth, class Retry>
result<std::vector<license>> list_licenses(const client<Transport, Auth, Retry>& via,
                                           const call_options& options = {}) {
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

}  // namespace t3api

#endif
#ifndef T3API_AUTH_API_KEY_HPP
#define T3API_AUTH_API_KEY_HPP

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>


namespace t3api {

/// Exchanges a T3 API key for a JWT at `POST /v2/auth/apikey`, once for all threads, and renews it when it
/// has expired or the service refuses it. Copies share one token. A key that the service refuses is never
/// sent again.
class api_key_auth {
 public:
  /// `state_code`: two letters, such as "CA". Throws std::invalid_argument, without any value in it, for an
  /// empty or malformed key or code.
  api_key_auth(const secret& api_key, std::string_view state_code) {
    const secret key = detail::require_trimmed(api_key.reveal(), "API key");
    const std::string code(detail::require_trimmed(state_code, "state code"));
    if (code.size() != 2 || !detail::ascii_alpha(code[0]) || !detail::ascii_alpha(code[1])) {
      throw std::invalid_argument("the state code is not two letters: write it like CA");
    }
    tokens_ = std::make_shared<detail::token_exchange>(
        [key, code](exchange&, bool) -> result<request> {
          json_text_object body(6 * key.size() + 100);
          body.add("apiKey", key.reveal()).add("stateCode", code);
          return request{.method = method::post,
                         .path = "/v2/auth/apikey",
                         .headers = {{"Content-Type", "application/json"}},
                         .body = std::move(body).finish()};
        },
        std::vector<secret>{key});
  }

  result<token_generation> authorize(request& message, exchange& via) {
    return tokens_->authorize(message, via);
  }
  bool on_unauthorized(token_generation generation) { return tokens_->on_unauthorized(generation); }

  /// How many tokens have been obtained so far: 1 after the first call, more when tokens were renewed.
  token_generation tokens_obtained() const { return tokens_->tokens_obtained(); }

 private:
  std::shared_ptr<detail::token_exchange> tokens_;
};

static_assert(auth_method<api_key_auth>);

}  // namespace t3api

#endif
#ifndef T3API_AUTH_BEARER_HPP
#define T3API_AUTH_BEARER_HPP

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>


namespace t3api {

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

}  // namespace t3api

#endif
#ifndef T3API_AUTH_NONE_HPP
#define T3API_AUTH_NONE_HPP


namespace t3api {

/// Sends no credentials: for the few endpoints that need none.
struct no_auth {
  static constexpr bool sends_credentials = false;

  result<token_generation> authorize(request&, exchange&) const { return token_generation{0}; }
  bool on_unauthorized(token_generation) const noexcept { return false; }
};

static_assert(auth_method<no_auth>);

}  // namespace t3api

#endif
#ifndef T3API_AUTH_SECRET_KEY_HPP
#define T3API_AUTH_SECRET_KEY_HPP

#include <string>
#include <vector>


namespace t3api {

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

}  // namespace t3api

#endif
#ifndef T3API_DEFAULT_CLIENT_HPP
#define T3API_DEFAULT_CLIENT_HPP

#ifndef T3API_RETRY_EXPONENTIAL_BACKOFF_HPP
#define T3API_RETRY_EXPONENTIAL_BACKOFF_HPP

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

#ifndef T3API_RETRY_BUDGET_HPP
#define T3API_RETRY_BUDGET_HPP

#include <algorithm>
#include <mutex>

namespace t3api {

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

}  // namespace t3api

#endif

namespace t3api {

/// Settings of `exponential_backoff`.
struct backoff_options {
  int max_attempts = 3;                                             ///< The first one included.
  std::chrono::milliseconds base = std::chrono::milliseconds(500);  ///< Upper bound of the first pause.
  std::chrono::milliseconds cap = std::chrono::seconds(10);  ///< Upper bound of any pause but Retry-After.
  std::chrono::seconds max_retry_after{60};                  ///< A longer Retry-After is cut to this.
  std::function<double()>
      random{};  ///< Numbers from 0 up to 1, from any thread; default: std::random_device.
};

/// Exponential backoff with full jitter: pause number n is drawn from 0 up to min(cap, base * 2^(n-1)), and
/// is no shorter than what `Retry-After` asks for. Retries statuses 408 425 429 500 502 503 504 and lost
/// connections of idempotent requests, and of any request that never left. Copies share one retry budget.
class exponential_backoff {
 public:
  /// Throws std::invalid_argument for fewer than one attempt or a negative pause.
  explicit exponential_backoff(backoff_options options = {}) : options_(std::move(options)) {
    if (options_.max_attempts < 1)
      throw std::invalid_argument("backoff_options::max_attempts must be at least 1");
    if (options_.base.count() < 0 || options_.cap.count() < 0 || options_.max_retry_after.count() < 0) {
      throw std::invalid_argument("the pauses of backoff_options must not be negative");
    }
    if (!options_.random) {
      options_.random = [] {
        std::random_device device;
        return std::generate_canonical<double, 32>(device);
      };
    }
  }

  std::optional<std::chrono::milliseconds> next_delay(const attempt& failed, const error& cause) {
    if (failed.number == 1) budget_->earn();
    if (failed.number >= options_.max_attempts || !cause.retryable) return std::nullopt;
    if (cause.sent && !failed.idempotent) return std::nullopt;
    if (!budget_->spend()) return std::nullopt;
    using milliseconds_f = std::chrono::duration<double, std::milli>;
    const double doubled = static_cast<double>(options_.base.count()) * std::ldexp(1.0, failed.number - 1);
    const double bound = (std::min)(doubled, static_cast<double>(options_.cap.count()));
    const auto backoff =
        std::chrono::ceil<std::chrono::milliseconds>(milliseconds_f(bound * options_.random()));
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

}  // namespace t3api

#endif
#ifndef T3API_TRANSPORT_HTTPLIB_HPP
#define T3API_TRANSPORT_HTTPLIB_HPP

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#ifndef T3API_TRANSPORT_HTTPLIB_CONNECTION_HPP
#define T3API_TRANSPORT_HTTPLIB_CONNECTION_HPP

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error \
    "t3api needs cpp-httplib with TLS: define CPPHTTPLIB_OPENSSL_SUPPORT for the whole program (compiler option -DCPPHTTPLIB_OPENSSL_SUPPORT), or link the CMake target t3api::t3api, which does"
#endif

#include <httplib.h>

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


namespace t3api::detail {

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

}  // namespace t3api::detail

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


namespace t3api::detail {

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
    SSL_CTX_set_cert_verify_callback(context, &tls_verification::verify, this);
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
  static int verify(X509_STORE_CTX* handshake, void* self) {
    auto& verification = *static_cast<tls_verification*>(self);
    const auto* session =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(handshake, SSL_get_ex_data_X509_STORE_CTX_idx()));
    verification.code_ =
        verification.check(X509_STORE_CTX_get0_cert(handshake), X509_STORE_CTX_get0_untrusted(handshake),
                           SSL_get_security_level(session));
    X509_STORE_CTX_set_error(handshake, verification.code_);
    return verification.code_ == X509_V_OK ? 1 : 0;
  }

  int check(X509* certificate, STACK_OF(X509) * intermediates, int security_level) const {
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

}  // namespace t3api::detail

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
#include <stop_token>
#include <thread>
#include <vector>

#ifndef T3API_TRANSPORT_NATIVE_SOCKET_HPP
#define T3API_TRANSPORT_NATIVE_SOCKET_HPP

// The one place of the client wing that talks to the operating system's sockets itself.

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

namespace t3api::detail {

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
    char byte = 0;
#ifdef _WIN32
    u_long waiting = 0;
    if (::ioctlsocket(socket_, FIONREAD, &waiting) != 0 || waiting > 0) return true;
    WSAPOLLFD poll{socket_, POLLRDNORM, 0};
    return ::WSAPoll(&poll, 1, 0) != 0;
#else
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
    socklen_t size = sizeof info;
    int unread = 0;
    if (::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < sizeof info ||
        ::ioctl(socket_, FIONREAD, &unread) != 0) {
      return std::nullopt;
    }
    return info.bytes_received - static_cast<std::uint64_t>(unread);
#else
    return std::nullopt;
#endif
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

}  // namespace t3api::detail

#endif

namespace t3api::detail {

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
  void check(steady_time now) {
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
  std::stop_token stop_;
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
        if (const auto connection = entry.lock()) connection->check(now);
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

}  // namespace t3api::detail

#endif

namespace t3api::detail {

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
    auto code = httplib::Error::Success;
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

}  // namespace t3api::detail

#endif
#ifndef T3API_TRANSPORT_RESOLVER_HPP
#define T3API_TRANSPORT_RESOLVER_HPP

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>


namespace t3api::detail {

/// The addresses of a host, at the latest by `deadline`. "localhost" is this machine whatever the resolver
/// says (RFC 6761 section 6.3), as credentials may travel to it unencrypted. For other names: the system's
/// resolver knows no deadline, so it works in a thread of its own that is left behind when it does not answer
/// in time.
inline result<std::vector<std::string>> resolve(const std::string& host, steady_time deadline,
                                                std::stop_token stop) {
  if (is_address(host)) return std::vector{host};
  if (iequals(host, "localhost")) return std::vector<std::string>{"127.0.0.1", "::1"};
  struct lookup {
    std::mutex mutex;
    std::condition_variable_any done;
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

}  // namespace t3api::detail

#endif

namespace t3api {

/// HTTP/1.1 over TCP or TLS by cpp-httplib: a pool of keep-alive connections per origin, deadlines and
/// cancellation that hold in every phase, limits on what an answer may be. Copies share one pool. The
/// constructor does no I/O; files that the TLS settings name are read with the first https request.
class httplib_transport {
 public:
  explicit httplib_transport(client_config config = {})
      : state_(std::make_shared<state>(std::move(config))) {}

  outcome send(const request& message, const send_options& options) {
    if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
    if (auto reused = state_->take_idle(options)) {
      auto answer = reused->exchange(message, options);
      const bool stale = !answer && options.idempotent &&
                         answer.error().category == error_category::transport && answer.error().status == 0;
      if (!stale) return state_->give_back(std::move(reused), std::move(answer));
      auto second = state_->send_on_new_connection(message, options);
      if (!second) second.error().sent = true;  // The first time, if not the second.
      return second;
    }
    return state_->send_on_new_connection(message, options);
  }

 private:
  using connection = detail::httplib_connection;

  struct state {
    explicit state(client_config settings) : config(std::move(settings)) {}

    /// An idle connection to the host that is still silent; a write takes only one that was in use a moment
    /// ago.
    std::unique_ptr<connection> take_idle(const send_options& options) {
      const auto longest_idle = options.idempotent ? std::chrono::seconds(60) : std::chrono::seconds(2);
      std::vector<std::unique_ptr<connection>> discarded;
      const std::scoped_lock lock(mutex);
      const auto oldest = std::chrono::steady_clock::now() - longest_idle;
      for (auto entry = idle.end(); entry != idle.begin();) {
        --entry;
        if ((*entry)->host() != options.host) continue;
        auto taken = std::move(*entry);
        entry = idle.erase(entry);
        if (taken->idle_since() >= oldest && taken->is_quiet()) return taken;
        discarded.push_back(std::move(taken));
      }
      return nullptr;
    }

    outcome give_back(std::unique_ptr<connection> used, outcome answer) {
      if (!answer || !used->reusable()) return answer;
      const std::scoped_lock lock(mutex);
      if (idle.size() >= max_idle) idle.erase(idle.begin());
      idle.push_back(std::move(used));
      return answer;
    }

    outcome send_on_new_connection(const request& message, const send_options& options) {
      std::shared_ptr<const detail::tls_trust> authorities;
      if (options.host.secure && !config.tls.dangerously_accept_any_certificate) {
        auto loaded = load_trust();
        if (!loaded) return loaded.error();
        authorities = *loaded;
      }
      const auto connect_deadline =
          (std::min)(options.deadline, std::chrono::steady_clock::now() + options.connect_timeout);
      const auto addresses = detail::resolve(config.proxy ? config.proxy->host : options.host.host,
                                             connect_deadline, options.stop);
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

    result<std::unique_ptr<connection>> make_connection(
        detail::connection_target target, const std::shared_ptr<const detail::tls_trust>& authorities) {
      try {
        return connection::make(std::move(target), config, authorities, guard);
      } catch (const std::system_error&) {
        return error{
            .category = error_category::transport,
            .message = "no thread could be started to watch over connections: the system is out of them",
            .retryable = true};
      }
    }

    result<std::shared_ptr<const detail::tls_trust>> load_trust() {
      const std::scoped_lock lock(mutex);
      if (!trust) {
        auto loaded = detail::tls_trust::load(config.tls);
        if (!loaded) return loaded;
        trust = *std::move(loaded);
      }
      return trust;
    }

    static constexpr std::size_t max_idle = 256;

    const client_config config;
    detail::watchdog guard;
    std::mutex mutex;
    std::shared_ptr<const detail::tls_trust> trust;
    std::vector<std::unique_ptr<connection>> idle;
  };

  std::shared_ptr<state> state_;
};

static_assert(transport<httplib_transport>);

}  // namespace t3api

#endif

namespace t3api {

/// A client with the default transport and retry policy.
template <class Auth>
using default_client = client<httplib_transport, Auth, exponential_backoff>;

template <class Auth>
client(Auth) -> client<httplib_transport, Auth, exponential_backoff>;

template <class Auth>
client(Auth, client_config) -> client<httplib_transport, Auth, exponential_backoff>;

template <class Transport, class Auth>
client(Transport, Auth) -> client<Transport, Auth, exponential_backoff>;

template <class Transport, class Auth>
client(Transport, Auth, client_config) -> client<Transport, Auth, exponential_backoff>;

}  // namespace t3api

#endif
#ifndef T3API_RETRY_NONE_HPP
#define T3API_RETRY_NONE_HPP


namespace t3api {

/// Tries once.
struct no_retry {
  std::optional<std::chrono::milliseconds> next_delay(const attempt&, const error&) const noexcept {
    return std::nullopt;
  }
};

static_assert(retry_policy<no_retry>);

}  // namespace t3api

#endif
#ifndef T3API_TRANSPORT_IN_PROCESS_HPP
#define T3API_TRANSPORT_IN_PROCESS_HPP

#include <concepts>
#include <exception>
#include <functional>
#include <string>
#include <utility>


namespace t3api {

/// Hands each request to a callable `response(const request&)` in the same process: no socket, no thread. The
/// callable must be safe to call from many threads when the client is shared by many.
template <class Service>
requires std::is_invocable_r_v<response, Service&, const request&>
class in_process_transport {
 public:
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

}  // namespace t3api

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


namespace t3api {

/// Plays queued answers and records what was sent: for tests without a network. Copies share one script, so a
/// test keeps one and gives another to the client.
class scripted_transport {
 public:
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

}  // namespace t3api

#endif

#endif
