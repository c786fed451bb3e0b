// t3api 0.1.0: <t3api/sandbox.hpp> and all it includes, in one file. Made by tools/amalgamate; change the parts.
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
//   t3api/sandbox.hpp
//   t3api/version.hpp
//   t3api/sandbox/accounts.hpp
//   t3api/core/json.hpp
//   t3api/core/json_body.hpp
//   t3api/core/json_fwd.hpp
//   t3api/core/result.hpp
//   t3api/core/error.hpp
//   t3api/core/exceptions.hpp
//   t3api/core/response.hpp
//   t3api/core/headers.hpp
//   t3api/detail/ascii.hpp
//   t3api/detail/printable.hpp
//   t3api/detail/utf8.hpp
//   t3api/detail/base32.hpp
//   t3api/sandbox/model.hpp
//   t3api/core/secret.hpp
//   t3api/detail/wipe.hpp
//   t3api/sandbox/states.hpp
//   t3api/sandbox/http/certificate.hpp
//   t3api/core/clock.hpp
//   t3api/detail/stop_token.hpp
//   t3api/detail/own_stop_token.hpp
//   t3api/detail/stoppable_condition.hpp
//   t3api/sandbox/http/server.hpp
//   t3api/detail/worker_pool.hpp
//   t3api/native/listener.hpp
//   t3api/native/socket.hpp
//   t3api/native/sigpipe_guard.hpp
//   t3api/sandbox/answer.hpp
//   t3api/core/iso_time.hpp
//   t3api/sandbox/handler.hpp
//   t3api/core/request.hpp
//   t3api/detail/percent.hpp
//   t3api/sandbox/http/memory_budget.hpp
//   t3api/sandbox/http/answer_head.hpp
//   t3api/sandbox/http/connection.hpp
//   t3api/sandbox/http/address.hpp
//   t3api/sandbox/http/connection_table.hpp
//   t3api/sandbox/http/exchange.hpp
//   t3api/detail/uuid.hpp
//   t3api/detail/crypto.hpp
//   t3api/detail/require_openssl.hpp
//   t3api/sandbox/http/answer_sender.hpp
//   t3api/sandbox/http/options.hpp
//   t3api/sandbox/input.hpp
//   t3api/sandbox/http/request_head.hpp
//   t3api/http1/fields.hpp
//   t3api/http1/line_reader.hpp
//   t3api/sandbox/http/request_reader.hpp
//   t3api/http1/chunked_reader.hpp
//   t3api/sandbox/http/target.hpp
//   t3api/sandbox/time_text.hpp
//   t3api/sandbox/http/tls_context.hpp
//   t3api/sandbox/keys/key_ring_file.hpp
//   t3api/detail/base64url.hpp
//   t3api/native/key_file.hpp
//   t3api/native/private_file.hpp
//   t3api/sandbox/keys/key_ring.hpp
//   t3api/sandbox/keys/rotation.hpp
//   t3api/sandbox/keys/database.hpp
//   t3api/sandbox/keys/key_record.hpp
//   t3api/sandbox/keys/vault.hpp
//   t3api/detail/seal.hpp
//   t3api/sandbox/metrc/stored_credentials.hpp
//   t3api/sandbox/service.hpp
//   t3api/detail/either_stop.hpp
//   t3api/sandbox/context.hpp
//   t3api/sandbox/api_keys.hpp
//   t3api/sandbox/data/ledger.hpp
//   t3api/sandbox/data/records.hpp
//   t3api/sandbox/data/changes.hpp
//   t3api/sandbox/data/collection.hpp
//   t3api/sandbox/data/cell.hpp
//   t3api/sandbox/data/draw.hpp
//   t3api/sandbox/data/row_lists.hpp
//   t3api/sandbox/data/select_rows.hpp
//   t3api/sandbox/data/fold.hpp
//   t3api/sandbox/data/selection.hpp
//   t3api/sandbox/data/filter.hpp
//   t3api/sandbox/data/table.hpp
//   t3api/sandbox/faults/fault_plan.hpp
//   t3api/sandbox/faults/fault.hpp
//   t3api/sandbox/keys/memory_database.hpp
//   t3api/sandbox/keys/secret_keys.hpp
//   t3api/sandbox/limits/limits.hpp
//   t3api/sandbox/limits/failure_limit.hpp
//   t3api/sandbox/limits/bounded_table.hpp
//   t3api/sandbox/limits/request_limit.hpp
//   t3api/sandbox/metrc/upstream.hpp
//   t3api/sandbox/limits/trouble_report.hpp
//   t3api/sandbox/sessions/session_cache.hpp
//   t3api/sandbox/sessions/near_memory.hpp
//   t3api/store/lifetime.hpp
//   t3api/store/any.hpp
//   t3api/store/concept.hpp
//   t3api/sandbox/sessions/upstream_sessions.hpp
//   t3api/sandbox/metrc/totp.hpp
//   t3api/sandbox/sessions/login_outcome.hpp
//   t3api/store/timed_lock.hpp
//   t3api/sandbox/data/catalogue.hpp
//   t3api/sandbox/data/items.hpp
//   t3api/sandbox/data/packages.hpp
//   t3api/sandbox/data/plants.hpp
//   t3api/sandbox/faults/carry_out.hpp
//   t3api/sandbox/metrc/simulated.hpp
//   t3api/sandbox/metrc/account_state.hpp
//   t3api/sandbox/metrc/session_ids.hpp
//   t3api/sandbox/metrc/shared_accounts.hpp
//   t3api/sandbox/routes/admin.hpp
//   t3api/sandbox/faults/fault_json.hpp
//   t3api/sandbox/faults/json_members.hpp
//   t3api/sandbox/faults/metrc_orders.hpp
//   t3api/sandbox/routes/auth.hpp
//   t3api/sandbox/authenticate.hpp
//   t3api/sandbox/identity.hpp
//   t3api/sandbox/jwt.hpp
//   t3api/sandbox/routes/collections.hpp
//   t3api/sandbox/routes/licenses.hpp
//   t3api/sandbox/routes/pages.hpp
//   t3api/sandbox/pages/secret_key_page.hpp
//   t3api/sandbox/pages/secret_key_forms.hpp
//   t3api/sandbox/pages/secret_key_html.hpp
//   t3api/sandbox/pages/secret_key_requests.hpp
//   t3api/sandbox/pages/secret_key_script.hpp
//   t3api/sandbox/pages/secret_key_style.hpp
//   t3api/sandbox/routes/reports.hpp
//   t3api/sandbox/data/report.hpp
//   t3api/sandbox/data/csv.hpp
//   t3api/sandbox/routes/writes.hpp
//   t3api/sandbox/data/create_package.hpp
//   t3api/sandbox/data/write_entry.hpp
//   t3api/sandbox/data/small_writes.hpp
//   t3api/sandbox/web_pages.hpp
//   t3api/core/impl/json.hpp
//   t3api/core/impl/json_builder.hpp
//   t3api/detail/inline.hpp
//   t3api/core/impl/json_body.hpp

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

#ifndef T3API_SANDBOX_HPP
#define T3API_SANDBOX_HPP

/// The sandbox: a local T3 auth service with a simulated Metrc behind it, and a server to reach it over HTTP
/// or HTTPS. A program that calls `service::handle` itself needs <t3api/sandbox/service.hpp> only, which is
/// lighter.

#ifndef T3API_SANDBOX_ACCOUNTS_HPP
#define T3API_SANDBOX_ACCOUNTS_HPP

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#ifndef T3API_CORE_JSON_HPP
#define T3API_CORE_JSON_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#ifndef T3API_CORE_JSON_BODY_HPP
#define T3API_CORE_JSON_BODY_HPP

#include <cstddef>
#include <string>

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

namespace t3api::inline v0_1_0 {

/// Deeper JSON is neither read nor sent: copying and printing it could exhaust the stack.
inline constexpr std::size_t max_json_depth = 64;

/// JSON as a request body: an object or an array. An `argument` error for anything else, since a lone text is
/// most likely JSON that was already written out. Also for what JSON cannot say, and the message then names
/// its place: NaN and infinity, text that is not UTF-8, binary and discarded values, more than 64 levels.
result<std::string> json_body(const nlohmann::json& value);

}  // namespace t3api::inline v0_1_0

#endif
#ifndef T3API_CORE_RESPONSE_HPP
#define T3API_CORE_RESPONSE_HPP

#include <string>

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
#ifndef T3API_SANDBOX_MODEL_HPP
#define T3API_SANDBOX_MODEL_HPP

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

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

namespace t3api::inline v0_1_0::sandbox {

/// One user of the simulated Metrc.
struct account {
  std::string hostname{};  ///< The state's Metrc, such as "ca.metrc.com"; compared without case.
  std::string username{};  ///< Compared exactly.
  secret password{};       ///< Kept as a keyed hash by the simulated Metrc.
  std::string email{};     ///< When given, a login needs it too (Colorado does); compared without case.
  secret otp_seed{};  ///< Base32 (RFC 6238); when given, a login needs a one-time password (Michigan does).
  std::vector<std::string> licenses{};  ///< The licence numbers whose data the user may read.
};

/// A T3 API key and the account that it opens in one state.
struct api_key {
  secret key{};              ///< Compared exactly.
  std::string state_code{};  ///< Two letters, such as "CA"; compared without case.
  std::string username{};    ///< Of an account on that state's Metrc.
};

/// Everyone whom the sandbox knows.
struct directory {
  std::vector<account> accounts{};  ///< Users of Metrc.
  std::vector<api_key> api_keys{};  ///< Each opens one of the accounts.
};

/// How a sandbox behaves. All members have defaults.
struct settings {
  std::chrono::seconds jwt_ttl = std::chrono::hours(1);       ///< How long a token lasts.
  std::chrono::seconds session_ttl = std::chrono::hours(24);  ///< T3 keeps a Metrc session for at most a day.
  std::uint64_t packages = 250;  ///< Active packages of each licence, at most 100 million.
  std::uint64_t seed = 1;        ///< The same number generates the same data.
  /// Requests of one user in a minute, logins that succeed among them; more get 429 (T3 allows 600). 0 for no
  /// limit.
  unsigned requests_per_minute = 600;
  /// Secret keys of one user; who has as many gets 409 for another. Requests at the same time may make a few
  /// more. 0 for no limit.
  unsigned secret_keys_per_user = 100;
  /// Failed logins within `login_window`, for one account and from one address; more get 429. 0 for no limit.
  unsigned failed_logins_per_account = 10;
  unsigned failed_logins_per_address = 50;                      ///< The same for an address.
  std::chrono::seconds login_window = std::chrono::minutes(5);  ///< For how long a failed login counts.
  /// Names by which callers reach the service, without a port, such as "sandbox.example". A request with the
  /// Host of any other name is refused, but for IP addresses, localhost and names without a dot.
  std::vector<std::string> names{};
  /// Serves `/sandbox/...`, by which tests order faults, change Metrc and read what was written.
  bool admin = false;
};

/// The accounts of a sandbox that was given none: California needs a password only, Colorado the e-mail
/// address too, and Michigan a one-time password.
inline directory demo_directory() {
  const std::vector<std::string> licenses = {"LIC-00001", "LIC-00002"};
  return {.accounts = {{.hostname = "ca.metrc.com",
                        .username = "demo-ca",
                        .password = "demo-ca-password",
                        .licenses = licenses},
                       {.hostname = "co.metrc.com",
                        .username = "demo-co",
                        .password = "demo-co-password",
                        .email = "demo@example.com",
                        .licenses = licenses},
                       {.hostname = "mi.metrc.com",
                        .username = "demo-mi",
                        .password = "demo-mi-password",
                        .otp_seed = "JBSWY3DPEHPK3PXP",
                        .licenses = licenses}},
          .api_keys = {{.key = "demo-api-key", .state_code = "CA", .username = "demo-ca"}}};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_STATES_HPP
#define T3API_SANDBOX_STATES_HPP

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// A state or district that keeps its records in Metrc.
struct state {
  std::string_view abbreviation;
  std::string_view name;

  /// Its Metrc: `ca.metrc.com` for California.
  std::string hostname() const { return detail::to_lower(abbreviation) + ".metrc.com"; }
};

inline constexpr std::array<state, 26> states = {{
    {"AK", "Alaska"},
    {"AL", "Alabama"},
    {"CA", "California"},
    {"CO", "Colorado"},
    {"DC", "District of Columbia"},
    {"GU", "Guam"},
    {"IL", "Illinois"},
    {"KY", "Kentucky"},
    {"LA", "Louisiana"},
    {"MA", "Massachusetts"},
    {"MD", "Maryland"},
    {"ME", "Maine"},
    {"MI", "Michigan"},
    {"MN", "Minnesota"},
    {"MO", "Missouri"},
    {"MS", "Mississippi"},
    {"MT", "Montana"},
    {"NJ", "New Jersey"},
    {"NV", "Nevada"},
    {"NY", "New York"},
    {"OH", "Ohio"},
    {"OK", "Oklahoma"},
    {"OR", "Oregon"},
    {"SD", "South Dakota"},
    {"VA", "Virginia"},
    {"WV", "West Virginia"},
}};

/// The state with that code, in any case.
inline std::optional<state> find_state(std::string_view abbreviation) noexcept {
  const auto found = std::find_if(states.begin(), states.end(), [&](const state& s) {
    return detail::iequals(s.abbreviation, abbreviation);
  });
  if (found == states.end()) return std::nullopt;
  return *found;
}

/// One spelling for each Metrc host: lower case, and `ca.metrc.com` for the forms `api-ca` and
/// `api-ca.metrc.com` that T3's reference uses too.
inline std::string canonical_hostname(std::string_view hostname) {
  std::string name = detail::to_lower(detail::trim(hostname));
  if (name.starts_with("api-")) {
    name.erase(0, 4);
    if (name.find('.') == name.npos) name += ".metrc.com";
  }
  return name;
}

/// Whether some state's Metrc has that name, in its canonical spelling.
inline bool is_metrc_hostname(std::string_view canonical) {
  return std::any_of(states.begin(), states.end(), [&](const state& s) { return s.hostname() == canonical; });
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

namespace accounts_detail {

/// One JSON object of the file and its name in messages, such as `accounts[2]`.
struct entry {
  const nlohmann::json& object;
  std::string name;

  [[noreturn]] void fail(const std::string& member, const std::string& what) const {
    throw std::invalid_argument(name + (name.empty() || member.empty() ? "" : ".") + member + " " + what);
  }

  void check_members(std::initializer_list<std::string_view> known) const {
    if (!object.is_object()) fail("", "must be a JSON object, in braces");
    for (const auto& [member, value] : object.items()) {
      if (std::find(known.begin(), known.end(), member) != known.end()) continue;
      std::string list;
      for (const auto name_known : known) list += (list.empty() ? "" : ", ") + std::string(name_known);
      fail(detail::printable(member, 60), "is not known: the members here are " + list);
    }
  }

  std::string text(const char* member, bool required) const {
    const auto found = object.find(member);
    if (found == object.end() || found->is_null()) {
      if (required) fail(member, "is missing: give it as a text");
      return {};
    }
    if (!found->is_string()) fail(member, "must be a text, in quotes");
    if (required && found->get_ref<const std::string&>().empty()) fail(member, "must not be empty");
    return found->get<std::string>();
  }

  /// The entries of a list member; none when it is missing.
  std::vector<entry> list(const char* member) const {
    std::vector<entry> entries;
    const auto found = object.find(member);
    if (found == object.end()) return entries;
    if (!found->is_array()) fail(member, "must be a list, in brackets");
    const std::string prefix = (name.empty() ? "" : name + ".") + member;
    for (std::size_t i = 0; i < found->size(); ++i) {
      entries.push_back({(*found)[i], prefix + "[" + std::to_string(i) + "]"});
    }
    return entries;
  }
};

inline account read_account(const entry& e) {
  e.check_members({"hostname", "username", "password", "email", "otpSeed", "licenses"});
  account a{.hostname = canonical_hostname(e.text("hostname", true)),
            .username = e.text("username", true),
            .password = e.text("password", true),
            .email = e.text("email", false),
            .otp_seed = e.text("otpSeed", false)};
  if (!is_metrc_hostname(a.hostname))
    e.fail("hostname", "names no state's Metrc: give one such as ca.metrc.com");
  if (!a.otp_seed.empty() && !detail::base32_decode(a.otp_seed.reveal())) {
    e.fail("otpSeed", "is not Base32: use the letters A to Z and the digits 2 to 7");
  }
  for (const auto& license : e.list("licenses")) {
    if (!license.object.is_string() || license.object.get_ref<const std::string&>().empty()) {
      license.fail("", "must be a licence number, in quotes");
    }
    auto number = license.object.get<std::string>();
    if (std::find(a.licenses.begin(), a.licenses.end(), number) != a.licenses.end()) {
      license.fail("", "is a licence that the account already has: leave one out");
    }
    a.licenses.push_back(std::move(number));
  }
  return a;
}

inline api_key read_api_key(const entry& e) {
  e.check_members({"key", "stateCode", "username"});
  api_key key{.key = e.text("key", true),
              .state_code = e.text("stateCode", true),
              .username = e.text("username", true)};
  if (!find_state(key.state_code)) e.fail("stateCode", "names no state: give two letters, such as CA");
  return key;
}

/// Parses, and refuses an object that has a member twice, of which JSON parsers silently keep one.
inline nlohmann::json parse_strictly(std::string_view text) {
  std::vector<std::set<std::string>> members;
  std::string twice;
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using kind = nlohmann::json::parse_event_t;
    if (event == kind::object_start) members.emplace_back();
    if (event == kind::object_end) members.pop_back();
    if (event == kind::key && !members.back().insert(parsed.get<std::string>()).second && twice.empty()) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  if (!parse_json(text)) throw std::invalid_argument("the text is not valid JSON in UTF-8");
  auto file = nlohmann::json::parse(text, watch);
  if (!twice.empty()) {
    throw std::invalid_argument("the member '" + detail::printable(twice, 60) +
                                "' is there twice in one object: leave one out");
  }
  return file;
}

}  // namespace accounts_detail

/// Accounts and API keys from the text of an accounts file:
///
///     {"accounts": [{"hostname": "mi.metrc.com", "username": "u", "password": "p", "email": "e@example.com",
///                    "otpSeed": "JBSWY3DPEHPK3PXP", "licenses": ["LIC-00001"]}],
///      "apiKeys": [{"key": "k", "stateCode": "MI", "username": "u"}]}
///
/// `email`, `otpSeed`, `licenses` and `apiKeys` may be left out. Throws std::invalid_argument with one
/// sentence that names the entry and member which is wrong, unknown, or there twice; it never shows a
/// password, key or seed.
inline directory parse_accounts(std::string_view text) {
  using accounts_detail::entry;
  const auto file = accounts_detail::parse_strictly(text);
  const entry top{file, ""};
  if (!file.is_object())
    throw std::invalid_argument("the text is not a JSON object with the member accounts");
  top.check_members({"accounts", "apiKeys"});

  directory known;
  for (const auto& e : top.list("accounts")) {
    auto added = accounts_detail::read_account(e);
    const bool twice = std::any_of(known.accounts.begin(), known.accounts.end(), [&](const account& a) {
      return a.hostname == added.hostname && a.username == added.username;
    });
    if (twice) e.fail("", "has the hostname and username of an entry before it: leave one out");
    known.accounts.push_back(std::move(added));
  }
  if (known.accounts.empty()) top.fail("accounts", "is missing or empty: give at least one account");
  for (const auto& e : top.list("apiKeys")) {
    auto added = accounts_detail::read_api_key(e);
    const auto same = [&](const api_key& k) {
      return k.key.reveal() == added.key.reveal() && detail::iequals(k.state_code, added.state_code);
    };
    if (std::any_of(known.api_keys.begin(), known.api_keys.end(), same)) {
      e.fail("", "has the key and state code of an entry before it: leave one out");
    }
    const auto hostname = find_state(added.state_code)->hostname();
    const auto owner = [&](const account& a) {
      return a.hostname == hostname && a.username == added.username;
    };
    if (std::none_of(known.accounts.begin(), known.accounts.end(), owner)) {
      e.fail("username", "belongs to no account on " + hostname + ": add the account or correct the name");
    }
    known.api_keys.push_back(std::move(added));
  }
  return known;
}

/// Reads an accounts file, as `parse_accounts` describes it. Throws std::invalid_argument when the file
/// cannot be read or is wrong; the message starts with the file's name.
inline directory load_accounts(const std::string& path) {
  const std::string shown = "the accounts file '" + detail::printable(path, 200) + "' ";
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad())
    throw std::invalid_argument(shown + "cannot be read: check its name and rights");
  try {
    return parse_accounts(text);
  } catch (const std::invalid_argument& wrong) {
    throw std::invalid_argument(shown + "is wrong: " + wrong.what());
  }
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_CERTIFICATE_HPP
#define T3API_SANDBOX_HTTP_CERTIFICATE_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#ifndef T3API_CORE_CLOCK_HPP
#define T3API_CORE_CLOCK_HPP

#include <chrono>
#include <memory>
#include <mutex>
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

namespace t3api::inline v0_1_0::sandbox {

/// A certificate and its private key, as PEM text. The certificate may be followed by the chain that vouches
/// for it.
struct certificate {
  std::string certificate_pem{};  ///< The certificate first.
  std::string key_pem{};          ///< Unencrypted.
};

/// What `make_certificate` makes; as it stands, a self-signed server certificate for this machine.
struct certificate_request {
  std::string common_name = "t3api sandbox";           ///< For people: clients look at the names below.
  std::vector<std::string> dns_names = {"localhost"};  ///< Names that it is good for.
  std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};  ///< Addresses that it is good for.
  wall_time not_before = std::chrono::system_clock::now() - std::chrono::hours(1);       ///< Good from here,
  wall_time not_after = std::chrono::system_clock::now() + std::chrono::hours(24 * 30);  ///< to here.
  bool is_authority = false;            ///< It may sign others.
  bool client_auth = false;             ///< It identifies a client, not a server.
  std::optional<certificate> issuer{};  ///< Who signs it; itself when there is none.
};

namespace certificate_detail {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed_by<&BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<&X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<&X509_EXTENSION_free>>;

inline void demand(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL could not ") + what);
}

inline bio_ptr reader(const std::string& pem) {
  return bio_ptr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// Never asks a terminal for a pass phrase.
inline int no_pass_phrase(char*, int, int, void*) { return -1; }

inline key_ptr read_key(const std::string& pem) {
  key_ptr key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, &no_pass_phrase, nullptr));
  if (!key) throw std::invalid_argument("the private key is not PEM, or is encrypted: give it unencrypted");
  return key;
}

/// The first certificate in the text and the rest of its chain.
inline std::vector<x509_ptr> read_chain(const std::string& pem) {
  std::vector<x509_ptr> chain;
  const auto source = reader(pem);
  while (x509_ptr next{PEM_read_bio_X509(source.get(), nullptr, &no_pass_phrase, nullptr)})
    chain.push_back(std::move(next));
  ERR_clear_error();
  if (chain.empty())
    throw std::invalid_argument("the certificate is not PEM: it must hold BEGIN CERTIFICATE");
  return chain;
}

template <class Write>
std::string to_pem(Write write) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  demand(out && write(out.get()) == 1, "write PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline void add_extension(X509* subject, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
  const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!extension) {
    throw std::invalid_argument("the certificate cannot hold '" + value + "': check the names and addresses");
  }
  demand(X509_add_ext(subject, extension.get(), -1) == 1, "add an extension to a certificate");
}

inline std::string alternative_names(const certificate_request& wanted) {
  std::string list;
  const auto add = [&](const char* kind, const std::string& name) {
    if (name.find(',') != name.npos) throw std::invalid_argument("a name of the certificate holds a comma");
    list += (list.empty() ? "" : ",") + std::string(kind) + name;
  };
  for (const auto& name : wanted.dns_names) add("DNS:", name);
  for (const auto& address : wanted.ip_addresses) add("IP:", address);
  return list;
}

}  // namespace certificate_detail

/// Makes a key on the curve P-256 and an X.509 certificate for it. Throws std::invalid_argument for names
/// that no certificate can hold or an issuer that cannot be read, std::runtime_error when OpenSSL fails.
inline certificate make_certificate(const certificate_request& wanted = {}) {
  using namespace certificate_detail;
  const key_ptr key(EVP_EC_gen("P-256"));
  const x509_ptr made(X509_new());
  demand(key && made, "make a key");
  X509* const cert = made.get();

  X509_set_version(cert, X509_VERSION_3);
  std::string serial(16, '\0');
  demand(RAND_bytes(reinterpret_cast<unsigned char*>(serial.data()), 16) == 1, "find random bytes");
  serial[0] = static_cast<char>((static_cast<unsigned char>(serial[0]) & 0x3FU) | 0x40U);
  const std::unique_ptr<BIGNUM, freed_by<&BN_free>> number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()), 16, nullptr));
  demand(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert)) != nullptr,
         "number a certificate");
  ASN1_TIME_set(X509_getm_notBefore(cert), std::chrono::system_clock::to_time_t(wanted.not_before));
  ASN1_TIME_set(X509_getm_notAfter(cert), std::chrono::system_clock::to_time_t(wanted.not_after));
  demand(X509_set_pubkey(cert, key.get()) == 1, "put a key into a certificate");
  demand(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
                                    -1, 0) == 1,
         "name a certificate: is its common name 1 to 64 characters of UTF-8?");

  auto issuers = wanted.issuer ? read_chain(wanted.issuer->certificate_pem) : std::vector<x509_ptr>();
  const key_ptr issuer_key = wanted.issuer ? read_key(wanted.issuer->key_pem) : nullptr;
  X509* const issuer = issuers.empty() ? cert : issuers.front().get();
  X509_set_issuer_name(cert, X509_get_subject_name(issuer));

  add_extension(cert, issuer, NID_basic_constraints,
                wanted.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(
      cert, issuer, NID_key_usage,
      wanted.is_authority ? "critical,keyCertSign,cRLSign,digitalSignature" : "critical,digitalSignature");
  if (!wanted.is_authority)
    add_extension(cert, issuer, NID_ext_key_usage, wanted.client_auth ? "clientAuth" : "serverAuth");
  add_extension(cert, issuer, NID_subject_key_identifier, "hash");
  if (wanted.issuer) add_extension(cert, issuer, NID_authority_key_identifier, "keyid:always");
  if (const auto names = alternative_names(wanted); !names.empty()) {
    add_extension(cert, issuer, NID_subject_alt_name, names);
  }
  demand(X509_sign(cert, issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) > 0, "sign a certificate");
  return {.certificate_pem = to_pem([&](BIO* out) { return PEM_write_bio_X509(out, cert); }),
          .key_pem = to_pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

/// Makes a TLS server context show `shown` and speak TLS 1.2 or newer. Throws std::invalid_argument when
/// certificate or key cannot be read or do not belong together.
inline void use_certificate(SSL_CTX* context, const certificate& shown) {
  using namespace certificate_detail;
  const auto chain = read_chain(shown.certificate_pem);
  const auto key = read_key(shown.key_pem);
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    throw std::invalid_argument(
        "the private key does not belong to the certificate: give the two that were made together");
  }
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  demand(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, "demand TLS 1.2");
  demand(SSL_CTX_use_certificate(context, chain.front().get()) == 1, "use a certificate");
  for (auto link = chain.begin() + 1; link != chain.end(); ++link) {
    demand(SSL_CTX_add1_chain_cert(context, link->get()) == 1, "use a certificate's chain");
  }
  demand(SSL_CTX_use_PrivateKey(context, key.get()) == 1, "use a private key");
}

/// Makes a TLS server context refuse every client that shows no certificate of the authorities in
/// `authorities_pem`. Throws std::invalid_argument when they cannot be read.
inline void require_client_certificate(SSL_CTX* context, const std::string& authorities_pem) {
  using namespace certificate_detail;
  for (const auto& authority : read_chain(authorities_pem)) {
    demand(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1, "trust an authority");
    demand(SSL_CTX_add_client_CA(context, authority.get()) == 1, "name an authority to clients");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_SERVER_HPP
#define T3API_SANDBOX_HTTP_SERVER_HPP

#ifdef _WIN32
#error \
    "t3api: the sandbox's server needs a POSIX system: on Windows use <t3api/sandbox/service.hpp> inside the program"
#endif

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
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
#ifndef T3API_NATIVE_LISTENER_HPP
#define T3API_NATIVE_LISTENER_HPP

#ifdef _WIN32
#error "t3api: <t3api/native/listener.hpp> needs a POSIX system"
#endif

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

namespace t3api::inline v0_1_0::detail {

/// A TCP socket that listens at one address, and hands out the connections that come in. One thread calls
/// `accept`; any thread may call `stop`.
class listener {
 public:
  /// Listens at the first address of `host` that can be had; port 0 takes any free port. Throws
  /// std::system_error with the system's reason; EADDRNOTAVAIL when `host` has no address.
  listener(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    int failure = EADDRNOTAVAIL;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0) {
      for (const auto* at = found; at != nullptr && socket_ == no_socket; at = at->ai_next) {
        if (!listen_at(*at)) failure = errno;
      }
      ::freeaddrinfo(found);
    }
    if (socket_ == no_socket) throw std::system_error(failure, std::generic_category(), "listen");
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener() { close_native(socket_); }

  /// The port it listens on.
  std::uint16_t port() const noexcept {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size);
    return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
  }

  /// Waits for the next connection, which the caller has to close; `no_socket` after `stop`.
  native_socket accept() const noexcept {
    constexpr std::chrono::milliseconds pause(10), longest(1000);
    bool exhausted = false;  // No descriptor or no memory is left: others must free some first.
    while (!stopped_) {
      if (exhausted) {
        wait_for(no_socket, {}, wake_.descriptor(), pause);
      } else {
        wait_for(socket_, {.read = true}, wake_.descriptor(), longest);
      }
      const native_socket accepted = ::accept(socket_, nullptr, nullptr);
      if (accepted != no_socket) return accepted;
      exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    }
    return no_socket;
  }

  /// Makes `accept` return, now and from now on.
  void stop() noexcept {
    stopped_ = true;
    wake_.signal();
  }

 private:
  /// False, with errno, when this address cannot be had.
  bool listen_at(const addrinfo& at) noexcept {
    constexpr int most_waiting = 1024;
    const native_socket made = ::socket(at.ai_family, at.ai_socktype, at.ai_protocol);
    if (made == no_socket) return false;
    const int yes = 1, no = 0;
    // Not SO_REUSEPORT, which would let two servers share a port unnoticed.
    ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (at.ai_family == AF_INET6) ::setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (prepare_native(made) && ::bind(made, at.ai_addr, at.ai_addrlen) == 0 &&
        ::listen(made, most_waiting) == 0) {
      socket_ = made;
      return true;
    }
    const int failure = errno;
    close_native(made);
    errno = failure;
    return false;
  }

  native_socket socket_ = no_socket;
  const wake_up wake_;
  std::atomic<bool> stopped_ = false;
};

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
#ifndef T3API_SANDBOX_ANSWER_HPP
#define T3API_SANDBOX_ANSWER_HPP

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

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

namespace t3api::inline v0_1_0::sandbox {

/// What a route throws when it will not do what it was asked; the service makes the error answer of it. The
/// message is for people and holds no secret.
struct refusal : std::exception {
  refusal(int status_, std::string message_, t3api::headers headers_ = {})
      : status(status_), message(std::move(message_)), headers(std::move(headers_)) {}

  const char* what() const noexcept override { return message.c_str(); }

  int status;
  std::string message;
  t3api::headers headers;
};

/// 401, with the challenge that RFC 9110 section 11.6.1 demands.
inline refusal unauthorized(std::string message) {
  return {401, std::move(message), {{"WWW-Authenticate", "Bearer"}}};
}

/// The `type` of an error body.
constexpr std::string_view error_type(int status) noexcept {
  switch (status) {
    case 400: return "bad_request";
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 405: return "method_not_allowed";
    case 408: return "request_timeout";
    case 409: return "conflict";
    case 413: return "content_too_large";
    case 414: return "uri_too_long";
    case 415: return "unsupported_media_type";
    case 422: return "unprocessable_content";
    case 429: return "too_many_requests";
    case 431: return "headers_too_large";
    case 501: return "not_implemented";
    case 502: return "bad_gateway";
    case 503: return "unavailable";
    case 507: return "insufficient_storage";
    case 504: return "gateway_timeout";
    default: return status < 500 ? "client_error" : "internal_error";
  }
}

/// A JSON answer. Bytes that are no UTF-8, which a path may hold, are replaced.
inline response json_answer(int status, const nlohmann::json& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

/// The error answer of T3: `{"error": {"type", "message", "timestamp", "url", "status_code"}}`. `url` is the
/// path alone, as a query can hold a secret key.
inline response error_answer(const refusal& why, std::string_view path, wall_time now) {
  response answer =
      json_answer(why.status, {{"error",
                                {{"type", error_type(why.status)},
                                 {"message", why.message},
                                 {"timestamp", iso_time(now)},
                                 {"url", detail::printable(path.substr(0, path.find('?')), 200)},
                                 {"status_code", why.status}}}});
  for (const auto& [name, value] : why.headers) answer.headers.set(name, value);
  return answer;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HANDLER_HPP
#define T3API_SANDBOX_HANDLER_HPP

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#ifndef T3API_CORE_REQUEST_HPP
#define T3API_CORE_REQUEST_HPP

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
#ifndef T3API_SANDBOX_HTTP_MEMORY_BUDGET_HPP
#define T3API_SANDBOX_HTTP_MEMORY_BUDGET_HPP

#include <atomic>
#include <cstddef>


namespace t3api::inline v0_1_0::sandbox {

/// How much memory the requests of all connections of a server may take together. Any number of threads may
/// share it.
class memory_budget {
 public:
  explicit memory_budget(std::size_t most_bytes) noexcept : left_(most_bytes) {}

  /// Bytes that are not taken.
  std::size_t left() const noexcept { return left_; }

 private:
  friend class memory_share;

  bool take(std::size_t bytes) noexcept {
    auto left = left_.load();
    while (bytes <= left) {
      if (left_.compare_exchange_weak(left, left - bytes)) return true;
    }
    return false;
  }

  std::atomic<std::size_t> left_;
};

/// What one request takes of a budget, given back at its end. The first `free_bytes` of each request are not
/// counted, as the number of connections bounds them: so logins and small writes get through while large
/// bodies hold all of the budget. One thread may use it.
class memory_share {
 public:
  static constexpr std::size_t free_bytes = 32U << 10U;

  explicit memory_share(memory_budget& of) noexcept : of_(of) {}
  memory_share(const memory_share&) = delete;
  memory_share& operator=(const memory_share&) = delete;
  ~memory_share() { of_.left_ += taken_; }

  /// Takes so many bytes more. Throws `refusal` (503, with the header Retry-After) when the others have left
  /// too few.
  void take(std::size_t bytes) {
    const auto free = bytes < free_ ? bytes : free_;
    if (!of_.take(bytes - free)) {
      throw refusal(503, "too many large requests at once: try again in 1 s", {{"Retry-After", "1"}});
    }
    free_ -= free;
    taken_ += bytes - free;
  }

 private:
  memory_budget& of_;
  std::size_t free_ = free_bytes;
  std::size_t taken_ = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// Where a request came from, and how long somebody waits for its answer.
struct caller {
  std::string address{};  ///< IP address of the other end of the connection; empty when there is none. An
                          ///< IPv4 address that came as IPv6 is written as IPv4.
  stop_token stop{};      ///< Asked to stop when the server stops: a handler that waits is to end soon.
  memory_share* memory = nullptr;  ///< What the server lets the request take; null for no limit.
};

/// What a server does to the bytes of one answer, to be as bad as networks and proxies are. All members have
/// defaults that change nothing. After `reset`, `garbage`, `cut_after` or `length_error` the connection ends.
struct wire_fault {
  bool reset = false;     ///< A TCP reset in place of an answer, over TLS too; then no other member counts.
  std::string garbage{};  ///< These bytes in place of an answer.
  std::optional<std::size_t> cut_after{};  ///< The connection ends after so many bytes, the head included;
                                           ///< over TLS without close_notify.
  std::int64_t length_error = 0;           ///< Added to the header Content-Length, while the body stays.
  std::size_t drip_bytes = 0;              ///< When above 0, the answer goes out in pieces of so many bytes,
  std::chrono::milliseconds drip_pause{};  ///< with this pause between two of them; a stop cuts it short.
};

/// An answer, and what is to happen to it on its way.
struct served {
  response answer{};                 ///< As it should be.
  std::optional<wire_fault> wire{};  ///< What becomes of its bytes; nothing for a faithful journey.
};

/// What an `http_server` serves: any callable from a request, and from a caller if it likes, to a response or
/// to `served`. Throws nothing but std::exception, which becomes 500.
class http_handler {
 public:
  /// Takes any such callable.
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, http_handler> &&
           (std::invocable<F&, const request&> || std::invocable<F&, const request&, const caller&>))
      http_handler(F serve)
      : serve_(with_caller(std::move(serve))) {}

  /// Calls it. Throws what it throws.
  served operator()(const request& asked, const caller& from) const { return serve_(asked, from); }

 private:
  static served as_served(served made) { return made; }
  static served as_served(response made) { return {.answer = std::move(made)}; }

  template <class F>
  static std::function<served(const request&, const caller&)> with_caller(F serve) {
    return [serve = std::move(serve)](const request& asked, const caller& from) mutable {
      if constexpr (std::invocable<F&, const request&, const caller&>) {
        return as_served(serve(asked, from));
      } else {
        return as_served(serve(asked));
      }
    };
  }

  std::function<served(const request&, const caller&)> serve_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_ANSWER_HEAD_HPP
#define T3API_SANDBOX_HTTP_ANSWER_HEAD_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>


namespace t3api::inline v0_1_0::sandbox {

/// How an answer is to be written.
struct answer_form {
  bool head_only = false;                    ///< For HEAD: all but the body.
  bool close = false;                        ///< It is the last of its connection.
  std::chrono::milliseconds idle_timeout{};  ///< How long the connection stays open otherwise.
  std::int64_t length_error = 0;             ///< Added to Content-Length, which does not go below 0.
};

/// Whether an answer of that status has a body and its length (RFC 9110 sections 8.6, 15.4.5).
inline bool has_body(int status) noexcept { return status != 204 && status != 304; }

/// The status line and the header fields of an answer, with the empty line behind them. What frames the
/// message and tells of the connection is written here alone; a field that would break the head is left out.
/// A status that is no final one becomes 500.
inline std::string answer_head(const response& answer, const answer_form& form) {
  const int status = answer.status >= 200 && answer.status < 600 ? answer.status : 500;
  std::string head = "HTTP/1.1 " + std::to_string(status) + " \r\n";
  for (const auto& [name, value] : answer.headers) {
    const bool ours = detail::iequals(name, "Content-Length") || detail::iequals(name, "Transfer-Encoding") ||
                      detail::iequals(name, "Connection") || detail::iequals(name, "Keep-Alive");
    const bool whole = !name.empty() && name.find_first_of(": ") == name.npos && !detail::has_control(name) &&
                       !detail::has_control(value);
    if (whole && !ours) head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!answer.body.empty() && !answer.headers.contains("Content-Type")) {
    head += "Content-Type: application/octet-stream\r\n";
  }
  if (has_body(status)) {
    const auto length = static_cast<std::int64_t>(answer.body.size()) + form.length_error;
    head += "Content-Length: " + std::to_string((std::max<std::int64_t>)(length, 0)) + "\r\n";
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(form.idle_timeout).count();
  head += form.close ? "Connection: close\r\n" : "Keep-Alive: timeout=" + std::to_string(seconds) + "\r\n";
  return head + "\r\n";
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_CONNECTION_HPP
#define T3API_SANDBOX_HTTP_CONNECTION_HPP

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#ifndef T3API_SANDBOX_HTTP_ADDRESS_HPP
#define T3API_SANDBOX_HTTP_ADDRESS_HPP

#include <algorithm>
#include <array>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// An IP address in the one spelling that all its spellings share: IPv6 as RFC 5952 wants it, and an IPv4
/// address that is mapped into IPv6 as IPv4. Any other text comes back as it is.
inline std::string plain_address(std::string_view text) {
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  const std::string asked(text);
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, asked.c_str(), bytes.data()) != 1) return asked;
  char plain[INET6_ADDRSTRLEN];
  const bool v4 = std::equal(mapped.begin(), mapped.end(), bytes.begin());
  const auto* written =
      ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? mapped.size() : 0), plain, sizeof(plain));
  return written ? written : asked;
}

/// What limits count a peer as: an IPv4 address, or the first 64 bits of an IPv6 address, as whoever has one
/// of these addresses has them all (RFC 6177). Any other text comes back as it is.
inline std::string counted_address(std::string_view text) {
  std::string plain = plain_address(text.substr(0, text.find('%')));
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, plain.c_str(), bytes.data()) != 1) return plain_address(text);
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), static_cast<unsigned char>(0));
  char network[INET6_ADDRSTRLEN];
  const auto* written = ::inet_ntop(AF_INET6, bytes.data(), network, sizeof(network));
  return written ? std::string(written) + "/64" : plain;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// The server's side of one TCP or TLS connection; nothing takes longer than until a given moment, whatever
/// the peer sends. One thread may use it; another may end it by a shutdown of its socket. Expects SIGPIPE to
/// be ignored or blocked.
class connection {
 public:
  using moment = std::chrono::steady_clock::time_point;

  /// What came of a reading: nothing at the end of the stream, and when it was too late.
  struct received {
    std::size_t count = 0;
    bool late = false;
  };

  /// Takes over the socket. Speaks TLS when there is a context.
  connection(int socket, SSL_CTX* tls) noexcept : socket_(socket), ssl_(tls ? SSL_new(tls) : nullptr) {
    usable_ = detail::prepare_native(socket_) && (!tls || ssl_);
    if (ssl_) {
      SSL_set_fd(ssl_.get(), socket_);
      SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      // Else OpenSSL reads on by itself as long as messages without data come, and nobody looks at the clock.
      SSL_clear_mode(ssl_.get(), SSL_MODE_AUTO_RETRY);
    }
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() {
    ssl_.reset();
    detail::close_native(socket_);
  }

  int socket() const noexcept { return socket_; }

  /// The IP address of the other end, in its plain spelling; empty when it is gone.
  std::string peer_address() const {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    char text[NI_MAXHOST];
    auto* generic = reinterpret_cast<sockaddr*>(&peer);
    if (::getpeername(socket_, generic, &size) != 0 ||
        ::getnameinfo(generic, size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0) {
      return {};
    }
    return plain_address(text);
  }

  /// Agrees on TLS, where it is spoken.
  bool handshake(moment until) {
    return !ssl_ || of_tls([this] { return SSL_accept(ssl_.get()); }, until).count > 0;
  }

  received read(char* to, std::size_t most, moment until) {
    if (ssl_) {
      return of_tls([&] { return SSL_read(ssl_.get(), to, static_cast<int>(most)); }, until);
    }
    while (usable_) {
      if (!wait(readable, until)) return {.late = true};
      const auto count = detail::receive_some(socket_, to, most);
      if (count > 0) return {.count = static_cast<std::size_t>(count)};
      if (count == 0) return {};
      usable_ = detail::would_block();
      if (is_past(until)) return {.late = true};
    }
    return {};
  }

  /// Writes as much as goes without waiting; 0 when that is nothing, or the connection is broken.
  std::size_t write_some(std::string_view bytes) {
    if (!usable_) return 0;
    if (ssl_) {
      const auto size = static_cast<int>((std::min<std::size_t>)(bytes.size(), INT_MAX));
      return of_tls([&] { return SSL_write(ssl_.get(), bytes.data(), size); }, moment()).count;
    }
    const auto count = detail::send_some(socket_, bytes);
    if (count < 0) usable_ = detail::would_block();
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  /// Waits until more can be written; false when it was too late or the connection is broken.
  bool wait_writable(moment until) { return usable_ && !is_past(until) && wait(writable, until); }

  /// Waits for a moment, or until the connection is gone in both directions.
  void pause(moment until) const { wait({}, until); }

  /// Says that nothing more will be sent; over TLS with close_notify, unless the stream is to look `cut`.
  void end_writing(bool cut = false) {
    if (ssl_ && !cut && usable_ && SSL_is_init_finished(ssl_.get())) {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());
    }
    ::shutdown(socket_, SHUT_WR);
  }

  /// Reads and forgets what comes in, as it is on the wire, so that the closing of the connection is no reset
  /// that could overtake the last answer.
  void discard(std::size_t most, moment until) const {
    char bytes[16 * 1024];
    while (most > 0 && wait(readable, until)) {
      const auto count = detail::receive_some(socket_, bytes, (std::min)(most, sizeof(bytes)));
      if (count == 0 || (count < 0 && !detail::would_block())) return;
      if (count > 0) most -= static_cast<std::size_t>(count);
      if (is_past(until)) return;
    }
  }

  /// Makes the end of the connection a TCP reset, which loses what was written and not yet read.
  void reset_at_end() const noexcept {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }

 private:
  struct free_ssl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };

  /// Repeats a step of OpenSSL until it is done. When `until` has passed already, it is tried once.
  template <class Step>
  received of_tls(Step step, moment until) {
    while (usable_) {
      ERR_clear_error();
      const int count = step();
      if (count > 0) return {.count = static_cast<std::size_t>(count)};
      const int failure = SSL_get_error(ssl_.get(), count);
      if (failure != SSL_ERROR_WANT_READ && failure != SSL_ERROR_WANT_WRITE) {
        usable_ = failure == SSL_ERROR_ZERO_RETURN;
        break;
      }
      if (is_past(until) || !wait(failure == SSL_ERROR_WANT_READ ? readable : writable, until)) {
        return {.late = true};
      }
    }
    return {};
  }

  static constexpr detail::readiness readable{.read = true}, writable{.write = true};

  static bool is_past(moment until) { return std::chrono::steady_clock::now() >= until; }

  /// Waits for an event; past the moment, true when there is one already.
  bool wait(detail::readiness wanted, moment until) const {
    constexpr std::chrono::milliseconds longest(60'000);
    while (true) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      const auto patience = (std::clamp)(left, std::chrono::milliseconds(0), longest);
      const auto ready = detail::wait_for(socket_, wanted, detail::no_socket, patience);
      if (ready.read || ready.write) return true;
      if (is_past(until)) return false;
    }
  }

  int socket_;
  bool usable_ = true;
  std::unique_ptr<SSL, free_ssl> ssl_;
};

/// So long from now; a year stands for anything longer.
inline connection::moment after(std::chrono::milliseconds span) {
  return std::chrono::steady_clock::now() +
         (std::min<std::chrono::milliseconds>)(span, std::chrono::hours(24 * 365));
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_CONNECTION_TABLE_HPP
#define T3API_SANDBOX_HTTP_CONNECTION_TABLE_HPP

#include <atomic>
#include <chrono>
#include <list>
#include <mutex>

#include <sys/socket.h>

namespace t3api::inline v0_1_0::sandbox {

/// What a connection of the server is doing. The first have to go first when room is needed.
enum class connection_phase {
  idle,       ///< Waits for the first byte of a request.
  lingering,  ///< All is said; waits for the peer to see it.
  receiving,  ///< Waits for more of a handshake or of a request.
  pausing,    ///< Pauses within an answer that is to come in drips.
  sending,    ///< Waits for the peer to take more of an answer.
  working,    ///< Waits for nobody.
  ended,      ///< Somebody else has ended it.
};

/// The open connections of a server. Any thread may call it.
class connection_table {
  struct entry {
    explicit entry(int socket_) noexcept : socket(socket_) {}

    /// Ends it if it is in that phase still; who waits at its socket sees the end of the stream.
    bool end(connection_phase expected) noexcept {
      if (!phase.compare_exchange_strong(expected, connection_phase::ended)) return false;
      const bool writes = expected == connection_phase::pausing || expected == connection_phase::sending;
      ::shutdown(socket, writes ? SHUT_RDWR : SHUT_RD);
      return true;
    }

    const int socket;
    std::atomic<connection_phase> phase = connection_phase::idle;
    std::atomic<std::chrono::steady_clock::rep> since =
        std::chrono::steady_clock::now().time_since_epoch().count();
  };

 public:
  /// A connection's place in the table, for the thread that serves it. The socket must stay open as long.
  class place {
   public:
    place(connection_table& table, int socket) : table_(table) {
      const std::scoped_lock lock(table_.mutex_);
      self_ = table_.entries_.emplace(table_.entries_.end(), socket);
      if (table_.stopping_) self_->phase = connection_phase::ended;
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      const std::scoped_lock lock(table_.mutex_);
      table_.entries_.erase(self_);
    }

    /// Says what the connection does from now on; false when it has been ended, or the server stops and is
    /// not to wait for that.
    bool enter(connection_phase next) noexcept {
      auto now = self_->phase.load();
      if (now == next) return true;
      if (now == connection_phase::ended) return false;
      self_->since = std::chrono::steady_clock::now().time_since_epoch().count();
      if (!self_->phase.compare_exchange_strong(now, next)) return false;
      return next >= connection_phase::sending || !table_.stopping_;
    }

    /// Whether the server stops, so that no more requests are to be taken from it.
    bool stopping() const noexcept { return table_.stopping_; }

   private:
    connection_table& table_;
    std::list<entry>::iterator self_;
  };

  /// Ends the connection that has waited longest for its peer, of those that have to go first; false when
  /// none waits.
  bool end_one() {
    const std::scoped_lock lock(mutex_);
    while (true) {
      entry* longest = nullptr;
      auto worst = connection_phase::working;
      for (auto& candidate : entries_) {
        const auto phase = candidate.phase.load();
        if (phase < worst || (longest && phase == worst && candidate.since < longest->since)) {
          longest = &candidate;
          worst = phase;
        }
      }
      if (!longest) return false;
      if (longest->end(worst)) return true;
    }
  }

  /// Ends all connections but those with an answer on its way, which may finish it, and all that come later.
  void stop() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (auto& open : entries_) {
      for (auto phase = open.phase.load(); phase < connection_phase::sending; phase = open.phase.load()) {
        if (open.end(phase)) break;
      }
    }
  }

 private:
  std::mutex mutex_;
  std::list<entry> entries_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_EXCHANGE_HPP
#define T3API_SANDBOX_HTTP_EXCHANGE_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_DETAIL_UUID_HPP
#define T3API_DETAIL_UUID_HPP

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

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
#ifndef T3API_SANDBOX_HTTP_ANSWER_SENDER_HPP
#define T3API_SANDBOX_HTTP_ANSWER_SENDER_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#ifndef T3API_SANDBOX_HTTP_OPTIONS_HPP
#define T3API_SANDBOX_HTTP_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#ifndef T3API_SANDBOX_INPUT_HPP
#define T3API_SANDBOX_INPUT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// A longer request body is refused with 413.
inline constexpr std::size_t max_body_bytes = 1U << 20U;

/// The same for logins, which anybody may send, and for orders to the sandbox.
inline constexpr std::size_t max_small_body_bytes = 16U << 10U;

/// The same for a body with more JSON values: read, they take many times the memory that their text does.
inline constexpr std::size_t max_json_values = 100'000;

/// How long the body of a request to that path may be, in bytes; `otherwise` where no path has less.
inline std::size_t most_body_bytes(std::string_view path, std::size_t otherwise = max_body_bytes) noexcept {
  const bool short_ones = path.starts_with("/v2/auth/") || path.starts_with("/sandbox/");
  return short_ones && max_small_body_bytes < otherwise ? max_small_body_bytes : otherwise;
}

/// One request, checked and taken apart. It refers to the request it came from.
struct call {
  t3api::method method;
  std::string path;
  query_params query;
  const t3api::headers& headers;
  const std::string& body;
  wall_time now;
  std::string_view address{};      ///< Of the caller; empty when there is none.
  std::string request_id{};        ///< What the answer has as `X-Request-Id`.
  stop_token stop{};               ///< Asked to stop when nobody waits for the answer any longer.
  memory_share* memory = nullptr;  ///< What the request may take; null for no limit.
};

/// The only value of a query parameter, or nothing when it is not there. Throws `refusal` when it is there
/// twice.
inline std::optional<std::string_view> query_value(const call& c, std::string_view name) {
  std::optional<std::string_view> value;
  for (const auto& [given, text] : c.query) {
    if (given != name) continue;
    if (value)
      throw refusal(400, "the query parameter '" + std::string(name) + "' is there twice: give it once");
    value = text;
  }
  return value;
}

/// A whole number from `least` to `most`, `otherwise` when it is not there. Throws `refusal`.
inline std::uint64_t query_number(const call& c, std::string_view name, std::uint64_t otherwise,
                                  std::uint64_t least, std::uint64_t most) {
  const auto text = query_value(c, name);
  if (!text) return otherwise;
  const auto number = detail::parse_decimal(*text);
  if (!number || *number < least || *number > most) {
    throw refusal(400, "the query parameter '" + std::string(name) + "' must be a whole number from " +
                           std::to_string(least) + " to " + std::to_string(most));
  }
  return *number;
}

/// `true` or `false`, false when it is not there. Throws `refusal`.
inline bool query_flag(const call& c, std::string_view name) {
  const auto text = query_value(c, name);
  if (!text || detail::iequals(*text, "false")) return false;
  if (detail::iequals(*text, "true")) return true;
  throw refusal(400, "the query parameter '" + std::string(name) + "' must be true or false");
}

/// How many values a text that is JSON can hold at most. An empty list or object counts as two.
inline std::size_t count_json_values(std::string_view text) noexcept {
  std::size_t values = 1;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_text && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_text = !in_text;
    } else if (!in_text && (text[i] == ',' || text[i] == '[' || text[i] == '{')) {
      ++values;
    }
  }
  return values;
}

/// Whether there is a header Content-Type that names that media type, with whatever parameters; if there are
/// several, all must.
inline bool has_media_type(const headers& fields, std::string_view wanted) {
  bool right = false;
  for (const auto& [name, value] : fields) {
    if (!detail::iequals(name, "Content-Type")) continue;
    right = detail::iequals(detail::trim(std::string_view(value).substr(0, value.find(';'))), wanted);
    if (!right) return false;
  }
  return right;
}

/// Refuses what does not come as JSON: a web page of another site can send anything else without being asked
/// whether it may. A request of the program itself, which has no Host, may leave the type out unless it is
/// `always` needed. Throws `refusal`.
inline void require_json(const headers& fields, bool always = false) {
  if (!always && !fields.contains("Host") && !fields.contains("Content-Type")) return;
  if (has_media_type(fields, "application/json")) return;
  throw refusal(415, "the body must be JSON: send it with Content-Type: application/json");
}

/// The request body, which must be JSON. What its values will take is counted before it is read. Throws
/// `refusal`, which shows nothing of it.
inline nlohmann::json body_json(const call& c) {
  require_json(c.headers);
  constexpr std::size_t bytes_of_value = 128;  // As a member of an object with the other things it needs.
  const auto values = count_json_values(c.body);
  if (values > max_json_values) {
    throw refusal(413, "the body holds more than " + std::to_string(max_json_values) +
                           " JSON values: send it in several requests");
  }
  if (c.memory) c.memory->take(values * bytes_of_value + c.body.size());
  auto body = parse_json(c.body);
  if (!body) {
    throw refusal(400, "the body must be valid JSON in UTF-8, nested at most " +
                           std::to_string(max_json_depth) + " deep");
  }
  return *std::move(body);
}

/// The request body, which must be a JSON object. Throws `refusal`, which shows nothing of it.
inline nlohmann::json body_object(const call& c) {
  auto body = body_json(c);
  if (!body.is_object()) throw refusal(400, "the body must be a JSON object, in braces");
  return body;
}

/// A text member; empty when it is missing or null. Throws `refusal`, which names the member and never its
/// value.
inline std::string optional_text(const nlohmann::json& body, const char* name) {
  constexpr std::size_t longest = 1024;
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return {};
  if (!found->is_string())
    throw refusal(422, "the member '" + std::string(name) + "' must be a text, in quotes");
  auto text = found->get<std::string>();
  if (text.size() > longest) {
    throw refusal(422, "the member '" + std::string(name) + "' must be at most " + std::to_string(longest) +
                           " bytes long");
  }
  return text;
}

/// A text member that must be there and not be empty. Throws `refusal`.
inline std::string required_text(const nlohmann::json& body, const char* name) {
  auto text = optional_text(body, name);
  if (text.empty()) throw refusal(422, "the member '" + std::string(name) + "' is missing or empty");
  return text;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// Where and how an `http_server` listens, and how much it takes from its peers. All members have defaults.
struct http_server_options {
  std::string host = "127.0.0.1";    ///< Address or name of this machine to listen on.
  std::uint16_t port = 0;            ///< 0 takes any free port.
  std::optional<certificate> tls{};  ///< Serves HTTPS with it, TLS 1.2 or newer.
  std::string client_authorities{};  ///< PEM; with TLS, only clients with a certificate of these may come in.

  /// Connections served at once; each takes a thread while it is open. When all are taken, a new one takes
  /// the place of the one that has waited longest for its peer, and gets 503 when none waits.
  std::size_t max_connections = 256;
  /// Of a request; more gets 413. Below /v2/auth/ and /sandbox/ 16 KiB at most.
  std::size_t max_body_bytes = sandbox::max_body_bytes;
  /// What all requests together may take for their bodies and the JSON in them, but for the first 32 KiB of
  /// each. A request that would take more gets 503. One of 1 MiB with 100,000 JSON values takes 15 MiB.
  std::size_t max_memory_bytes = std::size_t{16} << 20U;
  /// How long a connection may stay open between two requests.
  std::chrono::milliseconds idle_timeout{std::chrono::seconds(5)};

  std::size_t max_head_bytes = 64 * 1024;  ///< Request line and header fields together; more gets 431.
  std::size_t max_line_bytes = 8 * 1024;   ///< A header field; more gets 431. The request line: 414.
  std::size_t max_fields = 100;            ///< Header fields; more get 431.
  /// How long a TLS handshake, the head of a request from its first byte on, and a pause within a body or
  /// within the taking of an answer may last. A late head or body gets 408.
  std::chrono::milliseconds head_timeout{std::chrono::seconds(10)};
  /// How long a request may take from its first byte to its last, and an answer as well.
  std::chrono::milliseconds request_timeout{std::chrono::seconds(60)};

  /// IP address of a proxy in front, in any spelling. For what comes from there, the last address in
  /// X-Forwarded-For is the caller's; from others that header counts for nothing.
  std::string proxy_address{};

  /// Called for each answer of the server's own, to what never reaches the handler (400, 405, 408, 413, 414,
  /// 415, 431, 501, 503) or makes it throw (500), before it is sent: for an access log. It is called from
  /// many threads at once, must not take long, and what it throws is lost.
  std::function<void(const caller& from, int status)> on_refused{};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

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
#ifndef T3API_SANDBOX_HTTP_REQUEST_HEAD_HPP
#define T3API_SANDBOX_HTTP_REQUEST_HEAD_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

namespace t3api::inline v0_1_0::sandbox {

/// A request without its body.
struct request_head {
  std::string method{};
  std::string target{};  ///< Path and query as they were sent, percent-encoded.
  bool modern = true;    ///< HTTP/1.1, not 1.0.
  bool keep_alive = true;
  t3api::headers headers{};
};

/// How a body is sent.
struct body_framing {
  bool chunked = false;
  std::uint64_t length = 0;  ///< When it is not chunked.

  bool has_body() const noexcept { return chunked || length > 0; }
};

/// Reads one head from bytes that come in pieces of any size. Refuses whatever RFC 9112 does not allow or
/// lets a server refuse: where two readers could differ about what was meant, this one does not guess.
class head_reader {
 public:
  explicit head_reader(const http_server_options& limits) : limits_(limits) {}

  /// Takes off the front of `wire` what belongs to the head; true when it is complete. Throws `refusal`.
  bool take(std::string_view& wire) {
    while (!wire.empty()) {
      const auto left = limits_.max_head_bytes - bytes_;
      const auto line = lines_.take(wire, (std::min)(limits_.max_line_bytes, left));
      if (!line && lines_.too_long()) throw too_long(left);
      if (!line) return false;
      bytes_ += lines_.bytes();
      if (!lines_.has_return()) throw refusal(400, "a line of the head does not end with CR and LF");
      if (started_ && line->empty()) {
        finish();
        return true;
      }
      if (started_) {
        take_field(*line);
      } else if (!line->empty()) {
        take_request_line(*line);
      } else if (std::exchange(empty_line_, true)) {  // One is forgiven (RFC 9112 section 2.2).
        throw refusal(400, "there is no request line");
      }
    }
    return false;
  }

  /// The complete head.
  request_head&& take_head() noexcept { return std::move(head_); }

 private:
  refusal too_long(std::size_t left) const {
    if (left < limits_.max_line_bytes) {
      return {431, "the head is larger than " + std::to_string(limits_.max_head_bytes) + " bytes"};
    }
    const auto limit = std::to_string(limits_.max_line_bytes) + " bytes";
    if (started_) return {431, "a header field is longer than " + limit};
    return {414, "the request line is longer than " + limit};
  }

  void take_request_line(std::string_view line) {
    started_ = true;
    const auto first = line.find(' '), last = line.rfind(' ');
    const auto target = first < last ? line.substr(first + 1, last - first - 1) : std::string_view();
    const auto version = line.substr(last + 1);
    head_.method = line.substr(0, first);
    head_.target = target;
    if (detail::has_control(line) || !detail::http1::is_token(head_.method) || target.empty() ||
        target.find(' ') != target.npos) {
      throw refusal(400, "the request line is not: method, target, version, with one space between them");
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      throw refusal(400, "the version of HTTP is not one that is spoken here: use HTTP/1.1");
    }
    head_.modern = version == "HTTP/1.1";
  }

  void take_field(std::string_view line) {
    if (head_.headers.size() == limits_.max_fields) {
      throw refusal(431, "there are more than " + std::to_string(limits_.max_fields) + " header fields");
    }
    const auto name = line.substr(0, line.find(':'));
    if (name.size() == line.size() || !detail::http1::is_token(name)) {
      throw refusal(400, "a header field does not start with its name and a colon");
    }
    if (std::any_of(line.begin(), line.end(), [](char c) { return c != '\t' && detail::ascii_control(c); })) {
      throw refusal(400, "the header '" + detail::printable(name, 60) + "' holds a control character");
    }
    detail::http1::add_field_line(head_.headers, line);
  }

  void finish() {
    const auto hosts = std::count_if(head_.headers.begin(), head_.headers.end(),
                                     [](const auto& field) { return detail::iequals(field.first, "Host"); });
    if (hosts > 1 || (head_.modern && hosts == 0)) {
      throw refusal(400, "the request needs one header Host");
    }
    take_authority();
    const bool close = detail::http1::has_element(head_.headers, "Connection", "close");
    const bool stay = detail::http1::has_element(head_.headers, "Connection", "keep-alive");
    head_.keep_alive = !close && (head_.modern || stay);
  }

  /// Takes the scheme and the authority off a target that has them, and the authority for the Host (RFC 9112
  /// section 3.2.2).
  void take_authority() {
    auto& target = head_.target;
    std::size_t start = 0;
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (detail::iequals(std::string_view(target).substr(0, scheme.size()), scheme)) start = scheme.size();
    }
    if (start == 0) return;
    const auto end = (std::min)(target.find_first_of("/?", start), target.size());
    auto authority = target.substr(start, end - start);
    if (authority.empty() || authority.front() == ':' || authority.find('@') != authority.npos) {
      throw refusal(400,
                    "the target of the request does not name a host alone: send a path, or http://host/path");
    }
    target.erase(0, end);
    if (!target.starts_with('/')) target.insert(0, "/");
    head_.headers.set("Host", std::move(authority));
  }

  const http_server_options& limits_;
  detail::http1::line_reader lines_;
  request_head head_;
  std::size_t bytes_ = 0;
  bool started_ = false;  ///< The request line was there.
  bool empty_line_ = false;
};

/// How the body of a request is sent. Throws `refusal` where that is in doubt (RFC 9112 section 6.3), or is
/// done in a way that is not understood here.
inline body_framing framing_of(const request_head& head) {
  int codings = 0, lengths = 0;
  std::string_view coding, length;
  for (const auto& [name, value] : head.headers) {
    if (detail::iequals(name, "Transfer-Encoding")) ++codings, coding = value;
    if (detail::iequals(name, "Content-Length")) ++lengths, length = value;
    if (detail::iequals(name, "Content-Encoding") && !detail::iequals(value, "identity")) {
      throw refusal(415, "compressed bodies are not taken here: send it as it is",
                    {{"Accept-Encoding", "identity"}});
    }
  }
  if (codings + lengths == 0) return {};
  if (codings + lengths > 1) {
    throw refusal(400, "the request states the length of its body more than once");
  }
  if (codings == 1) {
    if (!head.modern) throw refusal(400, "HTTP/1.0 knows no header Transfer-Encoding");
    if (!detail::iequals(coding, "chunked")) {
      throw refusal(501, "the only transfer coding here is chunked");
    }
    return {.chunked = true};
  }
  const auto bytes = detail::parse_decimal(length);
  if (!bytes) throw refusal(400, "the header Content-Length must be a number");
  return {.length = *bytes};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_REQUEST_READER_HPP
#define T3API_SANDBOX_HTTP_REQUEST_READER_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#ifndef T3API_HTTP1_CHUNKED_READER_HPP
#define T3API_HTTP1_CHUNKED_READER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>


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
#ifndef T3API_SANDBOX_HTTP_TARGET_HPP
#define T3API_SANDBOX_HTTP_TARGET_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// The method of that name, which is compared with case (RFC 9110 section 9.1).
inline std::optional<method> parse_method(std::string_view name) noexcept {
  for (const auto m :
       {method::get, method::head, method::post, method::put, method::patch, method::delete_}) {
    if (to_string(m) == name) return m;
  }
  return std::nullopt;
}

/// A path with its percent-encoding removed, but for what would change the path's structure: an encoded `/ ?
/// # %`, backslash or control byte stays encoded.
inline std::string decode_path(std::string_view encoded) {
  std::string path;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] == '%' && i + 2 < encoded.size()) {
      const std::string byte = detail::query_decode(encoded.substr(i, 3));
      const bool keep = byte.size() != 1 || detail::ascii_control(byte[0]) ||
                        std::string_view("/?#%\\").find(byte[0]) != std::string_view::npos;
      path += keep ? std::string(encoded.substr(i, 3)) : byte;
      i += 2;
    } else {
      path += encoded[i];
    }
  }
  return path;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_TIME_TEXT_HPP
#define T3API_SANDBOX_TIME_TEXT_HPP

#include <array>
#include <chrono>
#include <cstdio>
#include <string>


namespace t3api::inline v0_1_0::sandbox {

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the form of a Date header (RFC 9110 section 5.6.7).
inline std::string http_date(wall_time when) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// An error answer with all that answers of the service have.
inline response refusal_answer(const refusal& why, std::string_view path) {
  const auto now = std::chrono::system_clock::now();
  response made = error_answer(why, path, now);
  made.headers.set("Date", http_date(now));
  made.headers.set("X-Request-Id", detail::make_uuid());
  return made;
}

/// Tells whoever wants to know that the server answers a request itself.
inline void report_refusal(const http_server_options& options, const caller& from, int status) noexcept {
  if (!options.on_refused) return;
  try {
    options.on_refused(from, status);
  } catch (...) {
  }
}

/// The requests of one connection, one after the other, and their answers. What never reaches the handler,
/// such as a broken request line, is answered with T3's error body too; where it is then in doubt where the
/// next request starts, the connection ends (RFC 9112 section 6.3).
class http_exchange {
 public:
  http_exchange(connection& with, connection_table::place& place, const http_handler& handler,
                const http_server_options& options, memory_budget& memory, stop_token stop)
      : place_(place),
        handler_(handler),
        memory_(memory),
        options_(options),
        stop_(std::move(stop)),
        reader_(with, place, options),
        sender_(with, place, options),
        peer_(with.peer_address()),
        is_proxy_(!options.proxy_address.empty() && peer_ == plain_address(options.proxy_address)) {}

  /// Answers requests until the connection ends.
  void run() {
    try {
      while (one()) {
      }
    } catch (const connection_over&) {
    }
  }

 private:
  /// One request; false when it was the last.
  bool one() {
    head_ = {};
    served given;
    bool close = true;
    try {
      head_ = reader_.read_head();
      memory_share memory(memory_);
      request asked = read_request(close, memory);
      if (!place_.enter(connection_phase::working)) return false;
      given = answer(asked, memory);
    } catch (const refusal& why) {
      if (!place_.enter(connection_phase::working)) return false;
      report_refusal(options_, caller_of(), why.status);
      given.answer = refusal_answer(why, head_.target);
    }
    close = close || place_.stopping();
    const answer_form form{
        .head_only = head_.method == "HEAD", .close = close, .idle_timeout = options_.idle_timeout};
    if (!(given.wire ? sender_.send(given.answer, form, *given.wire) : sender_.send(given.answer, form))) {
      return false;
    }
    if (close) sender_.close();
    return !close;
  }

  /// The request whose head was read. Tells whether the connection must end after the answer. Throws
  /// `refusal`.
  request read_request(bool& close, memory_share& memory) {
    const auto framing = framing_of(head_);
    const auto method = parse_method(head_.method);
    if (!method) {
      close = !head_.keep_alive || framing.has_body();
      throw refusal(405, "the method is not one that is served here",
                    {{"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE"}});
    }
    request asked{.method = *method};
    const std::string_view target = head_.target;
    const auto mark = target.find('?');
    asked.path = decode_path(target.substr(0, mark));
    if (mark != target.npos) asked.query = decode_query(target.substr(mark + 1));
    const bool takes_body = *method != method::get && *method != method::head;
    if (takes_body && framing.has_body()) {
      const auto most = most_body_bytes(asked.path, options_.max_body_bytes);
      asked.body = reader_.read_body(head_, framing, most, memory);
    }
    close = !head_.keep_alive || (framing.has_body() && !takes_body);
    return asked;
  }

  served answer(request& asked, memory_share& memory) const {
    try {
      caller from = caller_of();
      from.memory = &memory;
      asked.headers = head_.headers;
      return handler_(asked, from);
    } catch (...) {
      report_refusal(options_, caller_of(), 500);
      return {.answer = refusal_answer({500, "the handler behind the server failed"}, head_.target)};
    }
  }

  caller caller_of() const {
    if (!is_proxy_) return {.address = peer_, .stop = stop_};
    std::string_view last;
    for (const auto& [name, value] : head_.headers) {
      if (detail::iequals(name, "X-Forwarded-For")) last = value;
    }
    const auto comma = last.rfind(',');
    const auto address = std::string(detail::trim(comma == last.npos ? last : last.substr(comma + 1)));
    return {.address = detail::is_address(address) ? plain_address(address) : peer_, .stop = stop_};
  }

  connection_table::place& place_;
  const http_handler& handler_;
  memory_budget& memory_;
  const http_server_options& options_;
  const stop_token stop_;
  request_reader reader_;
  answer_sender sender_;
  const std::string peer_;
  const bool is_proxy_;
  request_head head_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_TLS_CONTEXT_HPP
#define T3API_SANDBOX_HTTP_TLS_CONTEXT_HPP

#include <memory>

#include <openssl/ssl.h>


namespace t3api::inline v0_1_0::sandbox {

using tls_context = std::unique_ptr<SSL_CTX, certificate_detail::freed_by<&SSL_CTX_free>>;

/// What the TLS connections of a server share; null for a server without TLS. Throws std::invalid_argument
/// when a certificate cannot be used.
inline tls_context make_tls_context(const http_server_options& options) {
  if (!options.tls) return nullptr;
  tls_context made(SSL_CTX_new(TLS_server_method()));
  certificate_detail::demand(made != nullptr, "make a TLS context");
  use_certificate(made.get(), *options.tls);
  if (!options.client_authorities.empty()) {
    require_client_certificate(made.get(), options.client_authorities);
    // Sessions that are taken up again would need a name that tells servers apart.
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(made.get(), SSL_OP_NO_TICKET);
  }
  return made;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// Serves any request → response callable over HTTP/1.1 or HTTPS, each connection on a thread of its own.
/// The callable is called from many threads at once, in which SIGPIPE is blocked.
///
///     t3api::sandbox::service service;
///     t3api::sandbox::http_server server([&](const t3api::request& r) { return service.handle(r); });
///     server.start();   // server.url() is now "http://127.0.0.1:<port>"
class http_server {
 public:
  /// Does not listen before `start`.
  explicit http_server(http_handler handler, http_server_options options = {})
      : handler_(std::move(handler)), options_(std::move(options)) {}
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server() { stop(); }

  /// Listens; when it returns, connections are accepted. Throws std::runtime_error when the address cannot be
  /// had, and std::invalid_argument when the certificate cannot be used. Does nothing when the server runs.
  void start() {
    const std::scoped_lock lock(mutex_);
    if (running_) return;
    auto made = std::make_unique<running>(handler_, options_);
    port_ = made->port();
    running_ = std::move(made);
  }

  /// Accepts no more, asks handlers that wait to end (`caller::stop`), lets requests that are being answered
  /// finish, closes all connections. Does nothing when it does not run.
  void stop() {
    const std::scoped_lock lock(mutex_);
    running_.reset();
  }

  /// The port it listens on, from `start` on.
  std::uint16_t port() const noexcept { return port_; }

  /// `http://host:port` or `https://host:port`, from `start` on.
  std::string url() const {
    std::string host = options_.host == "0.0.0.0" || options_.host == "::" ? "localhost" : options_.host;
    if (host.find(':') != host.npos) host = "[" + host + "]";
    return (options_.tls ? "https://" : "http://") + host + ":" + std::to_string(port_);
  }

 private:
  /// One run of the server, from start to stop.
  class running {
   public:
    running(const http_handler& handler, const http_server_options& options)
        : handler_(handler),
          options_(options),
          most_((std::max<std::size_t>)(options.max_connections, 1)),
          tls_(make_tls_context(options)),
          memory_(options.max_memory_bytes),
          listener_(listen(options)),
          pool_(most_),
          acceptor_([this] { accept_all(); }) {}
    ~running() {
      stopping_.request_stop();
      listener_.stop();
      acceptor_.join();
      connections_.stop();
      pool_.finish();
    }

    std::uint16_t port() const noexcept { return listener_.port(); }

   private:
    static detail::listener listen(const http_server_options& options) {
      try {
        return detail::listener(options.host, options.port);
      } catch (const std::system_error& failure) {
        const int cause = failure.code().value();
        throw std::runtime_error(
            "cannot listen on " + options.host + " port " + std::to_string(options.port) + ": " +
            (cause == EADDRINUSE ? "another program uses the port; choose another, or 0 for any free one"
             : cause == EACCES   ? "the system does not allow it; choose a port above 1023"
                                 : "the host is no address of this machine; use 127.0.0.1"));
      }
    }

    void accept_all() noexcept {
      while (true) {
        const auto accepted = listener_.accept();
        if (accepted == detail::no_socket) return;
        if (open_ >= most_ && (open_ >= 2 * most_ || !connections_.end_one())) {
          refuse(accepted);
          continue;
        }
        ++open_;
        try {
          pool_.run([this, accepted] {
            serve(accepted);
            --open_;
          });
        } catch (const std::exception&) {  // There is no thread to be had, or no memory.
          --open_;
          refuse(accepted);
        }
      }
    }

    void serve(detail::native_socket accepted) noexcept {
      detail::sigpipe_guard quiet;
      try {
        connection with(accepted, tls_.get());
        connection_table::place place(connections_, accepted);
        if (place.enter(connection_phase::receiving) && with.handshake(after(options_.head_timeout))) {
          http_exchange(with, place, handler_, options_, memory_, stopping_.get_token()).run();
        }
      } catch (const std::exception&) {  // Out of memory: the connection ends, the server does not.
      }
      quiet.write_may_have_failed();
    }

    /// Says that all threads are at work, without waiting for the peer.
    void refuse(detail::native_socket accepted) noexcept {
      try {
        connection with(accepted, nullptr);
        if (tls_) return;
        const refusal why(503, "too many connections at once: try again in 1 s", {{"Retry-After", "1"}});
        report_refusal(options_, {.address = with.peer_address(), .stop = stopping_.get_token()}, why.status);
        const response answer = refusal_answer(why, "");
        with.write_some(answer_head(answer, {.close = true}) + answer.body);
        with.end_writing();
        with.discard(options_.max_head_bytes, std::chrono::steady_clock::now());
      } catch (const std::exception&) {
      }
    }

    const http_handler& handler_;
    const http_server_options& options_;
    const std::size_t most_;
    const tls_context tls_;
    memory_budget memory_;
    stop_source stopping_;
    connection_table connections_;
    std::atomic<std::size_t> open_ = 0;  ///< Connections that have a thread or wait for one.
    detail::listener listener_;
    detail::worker_pool pool_;
    std::thread acceptor_;
  };

  const http_handler handler_;
  const http_server_options options_;
  std::mutex mutex_;
  std::unique_ptr<running> running_;
  std::atomic<std::uint16_t> port_{0};
};

/// A certificate and its key from PEM files. Throws std::invalid_argument, naming the file, when one cannot
/// be read.
inline certificate load_certificate(const std::string& certificate_file, const std::string& key_file) {
  const auto read = [](const std::string& path, const char* what) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.is_open() || file.bad() || text.empty()) {
      throw std::invalid_argument(std::string("the ") + what + " '" + detail::printable(path, 200) +
                                  "' cannot be read: check its name and rights");
    }
    return text;
  };
  return {.certificate_pem = read(certificate_file, "certificate file"),
          .key_pem = read(key_file, "key file")};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_KEY_RING_FILE_HPP
#define T3API_SANDBOX_KEYS_KEY_RING_FILE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

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
#ifndef T3API_NATIVE_KEY_FILE_HPP
#define T3API_NATIVE_KEY_FILE_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

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

#ifndef _WIN32
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace t3api::inline v0_1_0::detail {

/// Tells one state of a file from the next.
struct file_stamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t seconds = 0, nanoseconds = 0, changed_seconds = 0, changed_nanoseconds = 0;

  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

/// A file of keys that its owner alone may use: read whole, and replaced whole, so that whoever reads it sees
/// either the old text or the new one, also when the machine stops in between. Throws std::runtime_error,
/// which gives the reason without the path. Not for more than one thread at once.
class key_file {
 public:
  enum class purpose {
    read,
    change,  ///< Keeps other `change`s of the same path waiting until this object goes.
  };

  /// Refuses what is a symbolic link, no regular file, someone else's, or open to the group or others.
  key_file(std::string path, purpose why) : path_(std::move(path)) {
#ifdef _WIN32
    static_cast<void>(why);
    throw std::runtime_error("files of one owner alone are not supported on this system");
#else
    if (path_.empty() || path_.find('\0') != path_.npos) {
      throw std::runtime_error("its path is empty or holds a NUL");
    }
    file_.open(path_, (why == purpose::read ? O_RDONLY : O_RDWR) | O_NONBLOCK);
    if (why == purpose::change) lock();
    if (const std::string fault = private_file_fault(file_.number); !fault.empty()) {
      throw std::runtime_error(fault);
    }
#endif
  }

  key_file(const key_file&) = delete;
  key_file& operator=(const key_file&) = delete;

  file_stamp stamp() const {
#ifdef _WIN32
    return {};
#else
    struct stat info {};
    demand(::fstat(file_.number, &info) == 0);
    return {.device = static_cast<std::uint64_t>(info.st_dev),
            .inode = static_cast<std::uint64_t>(info.st_ino),
            .size = static_cast<std::uint64_t>(info.st_size),
#ifdef __APPLE__
            .seconds = info.st_mtimespec.tv_sec,
            .nanoseconds = info.st_mtimespec.tv_nsec,
            .changed_seconds = info.st_ctimespec.tv_sec,
            .changed_nanoseconds = info.st_ctimespec.tv_nsec
#else
            .seconds = info.st_mtim.tv_sec,
            .nanoseconds = info.st_mtim.tv_nsec,
            .changed_seconds = info.st_ctim.tv_sec,
            .changed_nanoseconds = info.st_ctim.tv_nsec
#endif
    };
#endif
  }

  /// The whole text, for the caller to overwrite; no other copy is left, except of a text above the limit.
  std::string read(std::size_t limit) const {
    std::string text;
#ifndef _WIN32
    text.resize(limit + 1);
    std::size_t used = 0;
    while (used < text.size()) {
      const auto got =
          ::pread(file_.number, text.data() + used, text.size() - used, static_cast<off_t>(used));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      used += static_cast<std::size_t>(got);
    }
    if (used > limit) throw std::runtime_error("it is larger than " + std::to_string(limit) + " bytes");
    text.resize(used);
#else
    static_cast<void>(limit);
#endif
    return text;
  }

  /// Puts another text in the place of this one; it is on the disk when this returns. Only with
  /// `purpose::change`, and once.
  void replace(std::string_view text) {
#ifndef _WIN32
    const std::string beside = path_ + ".new";
    ::unlink(
        beside.c_str());  // What a run that was cut has left: nobody else is at work, this one has the lock.
    write_new(beside, text);
    demand(::rename(beside.c_str(), path_.c_str()) == 0);
    sync_folder_of(path_);
#else
    static_cast<void>(text);
#endif
  }

  /// Makes a file with mode 0600; it is on the disk when this returns. Refuses a path where something is.
  static void create(const std::string& path, std::string_view text) {
#ifdef _WIN32
    static_cast<void>(path);
    static_cast<void>(text);
    throw std::runtime_error("files of one owner alone are not supported on this system");
#else
    if (path.empty() || path.find('\0') != path.npos) {
      throw std::runtime_error("its path is empty or holds a NUL");
    }
    write_new(path, text);
    sync_folder_of(path);
#endif
  }

  /// Waits until the names in the folder of a file are on the disk.
  static void sync_folder_of(const std::string& path) {
#ifndef _WIN32
    const auto slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
    opened opened_folder;
    opened_folder.open(folder, O_RDONLY | O_DIRECTORY);
    demand(::fsync(opened_folder.number) == 0 || errno == EINVAL);  // Some file systems cannot, and need not.
#else
    static_cast<void>(path);
#endif
  }

 private:
#ifndef _WIN32
  struct opened {
    int number = -1;

    opened() = default;
    opened(const opened&) = delete;
    opened& operator=(const opened&) = delete;
    ~opened() { close(); }

    void open(const std::string& path, int how, mode_t mode = 0) {
      close();
      do {
        number = ::open(path.c_str(), how | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode);
      } while (number < 0 && errno == EINTR);
      if (number < 0) throw std::runtime_error(private_open_failure(errno));
    }
    void close() noexcept {
      if (number >= 0) ::close(number);
      number = -1;
    }
  };

  static void demand(bool done) {
    if (!done) throw std::runtime_error(private_open_failure(errno));
  }

  /// The lock belongs to the file that was opened, and another may have taken its place meanwhile.
  void lock() {
    for (;;) {
      while (::flock(file_.number, LOCK_EX) != 0) demand(errno == EINTR);
      struct stat mine {};
      struct stat there {};
      demand(::fstat(file_.number, &mine) == 0 && ::lstat(path_.c_str(), &there) == 0);
      if (mine.st_ino == there.st_ino && mine.st_dev == there.st_dev) return;
      file_.open(path_, O_RDWR | O_NONBLOCK);
    }
  }

  static void write_new(const std::string& path, std::string_view text) {
    opened file;
    file.open(path, O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    try {
      demand(::fchmod(file.number, S_IRUSR | S_IWUSR) == 0);  // A umask may have taken too much.
      for (std::size_t done = 0; done < text.size();) {
        const auto written = ::write(file.number, text.data() + done, text.size() - done);
        demand(written > 0 || (written < 0 && errno == EINTR));
        if (written > 0) done += static_cast<std::size_t>(written);
      }
      demand(::fsync(file.number) == 0);
    } catch (...) {
      ::unlink(path.c_str());
      throw;
    }
  }

  opened file_;
#endif
  std::string path_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
#ifndef T3API_SANDBOX_KEYS_KEY_RING_HPP
#define T3API_SANDBOX_KEYS_KEY_RING_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>


namespace t3api::inline v0_1_0::sandbox {

/// A key ring that cannot be read, or is not right. The message is one sentence for people, without a key.
struct key_ring_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The keys of a service, all of 32 bytes. They never lie in its database.
struct key_ring {
  /// A key-encryption key.
  struct entry {
    std::string id;  ///< 1 to 32 letters, digits, `-` or `_`.
    secret key;      ///< 32 bytes.
  };

  static constexpr std::size_t key_size = detail::gcm_key_size;  ///< In bytes.

  /// What the service's other keys are derived from. It cannot change without ending all secret keys.
  secret root{};
  /// Key-encryption keys. The last one is the current one, under which new records are kept; the others open
  /// older records.
  std::vector<entry> keys{};

  /// The key for new records; there must be one.
  const entry& current() const { return keys.back(); }

  /// The key with that id, or null.
  const secret* find(std::string_view id) const noexcept {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const entry& e) { return e.id == id; });
    return found == keys.end() ? nullptr : &found->key;
  }

  /// A key of its own for each purpose: HMAC-SHA-256 of `t3api-sandbox <purpose>` under the root.
  secret derived(std::string_view purpose) const {
    return secret(detail::hmac_sha256(root.reveal(), "t3api-sandbox " + std::string(purpose)));
  }

  /// Whether a text can be the id of a key.
  static bool is_id(std::string_view id) noexcept {
    const auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
             c == '_';
    };
    return !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), fits);
  }

  /// Throws `key_ring_error` when the ring is not one that a service can work with.
  void check_usable() const {
    if (root.size() != key_size) throw key_ring_error("root must be 32 bytes");
    if (keys.empty()) throw key_ring_error("keys is empty: a key ring has at least one key");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string place = "keys[" + std::to_string(i) + "]";
      if (!is_id(keys[i].id)) {
        throw key_ring_error(place + ".id must be 1 to 32 letters, digits, '-' or '_'");
      }
      if (keys[i].key.size() != key_size) throw key_ring_error(place + ".key must be 32 bytes");
      if (find(keys[i].id) != &keys[i].key) {
        throw key_ring_error(place + " has the id '" + keys[i].id + "' of a key before it: leave one out");
      }
      for (std::size_t before = 0; before <= i; ++before) {
        const auto& other = before == i ? root : keys[before].key;
        if (detail::constant_time_equal(keys[i].key.reveal(), other.reveal())) {
          throw key_ring_error(place + ".key is the same as " +
                               (before == i ? "root" : "that of keys[" + std::to_string(before) + "]") +
                               ": each must be random");
        }
      }
    }
  }
};

/// Where a service has its key ring from. Any number of threads may share it.
class key_ring_source {
 public:
  key_ring_source() = default;
  key_ring_source(const key_ring_source&) = delete;
  key_ring_source& operator=(const key_ring_source&) = delete;
  virtual ~key_ring_source() = default;

  /// The ring as it was last read. Never null.
  virtual std::shared_ptr<const key_ring> ring() const = 0;
  /// The ring as it is now, read again when it can change: asked when a record needs a key that is not in
  /// `ring()`, and before a new record is kept. When it cannot be read, the last one.
  virtual std::shared_ptr<const key_ring> fresh_ring() = 0;
};

/// A ring that stays as it is.
class fixed_key_ring final : public key_ring_source {
 public:
  /// Throws `key_ring_error` as `key_ring::check` does.
  explicit fixed_key_ring(key_ring ring) : ring_(std::make_shared<key_ring>(std::move(ring))) {
    ring_->check_usable();
  }

  std::shared_ptr<const key_ring> ring() const override { return ring_; }
  std::shared_ptr<const key_ring> fresh_ring() override { return ring_; }

 private:
  const std::shared_ptr<const key_ring> ring_;
};

/// A new ring with one key-encryption key, from the system's random source.
inline key_ring make_key_ring() {
  return {.root = secret(detail::random_bytes(key_ring::key_size)),
          .keys = {{"k1", secret(detail::random_bytes(key_ring::key_size))}}};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

namespace key_ring_detail {

inline constexpr std::string_view format = "t3api-sandbox-keys-1";
inline constexpr std::size_t largest_file = 65'536;

inline secret key_member(const accounts_detail::entry& in, const char* member) {
  std::string text = in.text(member, true);
  auto bytes = detail::base64url_decode(text);
  detail::wipe(text);
  if (!bytes) in.fail(member, "is not base64url: give 32 random bytes as letters, digits, '-' and '_'");
  secret key(std::move(*bytes));
  if (key.size() != key_ring::key_size) {
    in.fail(member, "has " + std::to_string(key.size()) + " bytes: give 32 random bytes as base64url");
  }
  return key;
}

inline key_ring read(const accounts_detail::entry& top) {
  if (!top.object.is_object()) throw key_ring_error("the text is not a JSON object");
  if (!top.object.contains("format")) {
    throw key_ring_error("it has no format, so it is no key ring: make one with \"t3api-sandbox keygen\"");
  }
  if (top.text("format", true) != format) top.fail("format", "must be '" + std::string(format) + "'");
  top.check_members({"format", "root", "keys"});
  key_ring ring{.root = key_member(top, "root")};
  for (const auto& e : top.list("keys")) {
    e.check_members({"id", "key"});
    ring.keys.push_back({e.text("id", true), key_member(e, "key")});
  }
  ring.check_usable();
  return ring;
}

inline key_ring_error file_error(const std::string& path, const std::string& why) {
  return key_ring_error("the key ring file '" + detail::printable(path, 200) + "' " + why);
}

/// `k3-9f02c1`: a number above those of the ring for people, and random digits, so that no two rings have the
/// same ids.
inline std::string next_id(const key_ring& ring) {
  std::uint64_t number = 0;
  for (const auto& [id, key] : ring.keys) {
    if (!id.starts_with('k')) continue;
    const auto digits = std::string_view(id).substr(1, id.find('-') - 1);
    number = (std::max)(number, detail::parse_decimal(digits).value_or(0));
  }
  return "k" + std::to_string(number + 1) + "-" + detail::hex(detail::random_bytes(3));
}

}  // namespace key_ring_detail

/// A key ring from its text, which is that of a key ring file, whether it came from a file or a variable of
/// the environment:
///
///     {"format": "t3api-sandbox-keys-1", "root": "<32 bytes as base64url>",
///      "keys": [{"id": "k1-3f9a2c", "key": "<32 bytes as base64url>"}]}
///
/// The last key is the current one. Throws `key_ring_error` with one sentence that names the member which is
/// wrong, unknown or there twice; it never shows a key.
inline key_ring parse_key_ring(std::string_view text) {
  try {
    const auto parsed = accounts_detail::parse_strictly(text);
    return key_ring_detail::read({parsed, ""});
  } catch (const std::invalid_argument& wrong) {
    throw key_ring_error(wrong.what());
  }
}

/// The text of a key ring, as `parse_key_ring` reads it, for the caller to overwrite.
inline std::string to_text(const key_ring& ring) {
  std::string text;
  text.reserve(200 + ring.keys.size() * 120);  // Growing would leave copies behind.
  const auto append = [&text](const secret& key) {
    std::string encoded = detail::base64url_encode(key.reveal());
    text += encoded;
    detail::wipe(encoded);
  };
  text.append("{\n  \"format\": \"").append(key_ring_detail::format).append("\",\n  \"root\": \"");
  append(ring.root);
  text += "\",\n  \"keys\": [";
  for (const auto& entry : ring.keys) {
    text.append(&entry == &ring.keys.front() ? "\n" : ",\n").append("    {\"id\": \"").append(entry.id);
    text += "\", \"key\": \"";
    append(entry.key);
    text += "\"}";
  }
  text += "\n  ]\n}\n";
  return text;
}

namespace key_ring_detail {

/// Runs a step with a file and names the file in what it throws.
template <class Step>
auto with_file(const std::string& path, const char* failure, const Step& step) {
  try {
    return step();
  } catch (const key_ring_error& wrong) {
    throw file_error(path, std::string("is wrong: ") + wrong.what());
  } catch (const std::runtime_error& refused) {
    throw file_error(path, failure + std::string(": ") + refused.what());
  }
}

inline key_ring read(const detail::key_file& file) {
  std::string text = file.read(largest_file);
  try {
    auto ring = parse_key_ring(text);
    detail::wipe(text);
    return ring;
  } catch (...) {
    detail::wipe(text);
    throw;
  }
}

template <class Put>
void put(const key_ring& ring, const Put& into) {
  std::string text = to_text(ring);
  try {
    into(text);
  } catch (...) {
    detail::wipe(text);
    throw;
  }
  detail::wipe(text);
}

/// Changes a ring in its file, one caller at a time.
template <class Change>
auto change(const std::string& path, const Change& apply) {
  return with_file(path, "cannot be changed", [&] {
    detail::key_file file(path, detail::key_file::purpose::change);
    auto ring = read(file);
    auto outcome = apply(ring);
    put(ring, [&](const std::string& text) { file.replace(text); });
    return outcome;
  });
}

}  // namespace key_ring_detail

/// Makes a file with a new ring, mode 0600, on the disk when this returns; gives the id of its key
/// (`k1-3f9a2c`, with random digits). Throws `key_ring_error` when something is at that path already, which
/// stays as it is, or when it cannot be made.
inline std::string write_new_key_ring(const std::string& path) {
  return key_ring_detail::with_file(path, "cannot be made", [&] {
    auto ring = make_key_ring();
    ring.keys[0].id = key_ring_detail::next_id({});
    key_ring_detail::put(ring, [&](const std::string& text) { detail::key_file::create(path, text); });
    return ring.keys[0].id;
  });
}

/// Adds a new key to the ring in a file and makes it the current one; gives its id (`k2-9f02c1`). The file
/// is replaced as a whole, with mode 0600, and on the disk when this returns. Throws `key_ring_error`, and
/// then the ring is as it was or has the new key.
inline std::string add_key(const std::string& path) {
  return key_ring_detail::change(path, [](key_ring& ring) {
    ring.keys.push_back({key_ring_detail::next_id(ring), secret(detail::random_bytes(key_ring::key_size))});
    return ring.current().id;
  });
}

/// Removes all keys but the current one from the ring in a file, as `add_key` replaces it, and tells how many
/// those were. What is still kept under them cannot be opened any more: `may`, when given, is asked while no
/// key can be added, and throws std::runtime_error when a key is still needed.
inline std::size_t prune_keys(const std::string& path, const std::function<void(const key_ring&)>& may = {}) {
  return key_ring_detail::change(path, [&](key_ring& ring) {
    if (may) may(ring);
    const std::size_t gone = ring.keys.size() - 1;
    ring.keys.erase(ring.keys.begin(), ring.keys.end() - 1);
    return gone;
  });
}

/// The ring in a file that belongs to this user and that nobody else may read, read again when the file has
/// changed. A file that has become wrong or unreadable, or has another root or another key under an id, is
/// not used: the last good ring stays. Any number of threads may share it.
class file_key_ring final : public key_ring_source {
 public:
  /// Is told, in one sentence without a key, why a changed file is not used; once for each reason.
  using warning = std::function<void(const std::string&)>;

  /// Reads the file. Throws `key_ring_error`, which names the file and what to do.
  static std::shared_ptr<file_key_ring> open(const std::string& path, warning warn = {}) {
    auto first = load(path);
    return std::shared_ptr<file_key_ring>(new file_key_ring(path, std::move(first), std::move(warn)));
  }

  std::shared_ptr<const key_ring> ring() const override {
    const std::scoped_lock lock(mutex_);
    return now_.ring;
  }

  std::shared_ptr<const key_ring> fresh_ring() override {
    std::string complaint;
    {
      const std::scoped_lock one_reader(reading_);
      try {
        read_again();
        told_.clear();
      } catch (const std::exception& wrong) {
        complaint = wrong.what();
        complaint += "; the keys that were read last stay in use";
        if (complaint == told_)
          complaint.clear();
        else
          told_ = complaint;
      }
    }
    if (!complaint.empty() && warn_) warn_(complaint);
    return ring();
  }

 private:
  struct state {
    std::shared_ptr<const key_ring> ring;
    detail::file_stamp stamp;
  };

  file_key_ring(std::string path, state first, warning warn)
      : path_(std::move(path)), warn_(std::move(warn)), now_(std::move(first)) {}

  static state load(const std::string& path, const detail::file_stamp* known = nullptr) {
    return key_ring_detail::with_file(path, "cannot be used", [&]() -> state {
      const detail::key_file file(path, detail::key_file::purpose::read);
      const auto stamp = file.stamp();
      if (known && stamp == *known) return {};
      auto ring = std::make_shared<const key_ring>(key_ring_detail::read(file));
      // A record must not outlive its key when the machine stops now.
      detail::key_file::sync_folder_of(path);
      return {.ring = std::move(ring), .stamp = stamp};
    });
  }

  void read_again() {
    auto read = load(path_, &now_.stamp);
    if (!read.ring) return;
    check_same(*now_.ring, *read.ring);
    const std::scoped_lock lock(mutex_);
    now_ = std::move(read);
  }

  void check_same(const key_ring& old, const key_ring& renewed) const {
    if (!detail::constant_time_equal(old.root.reveal(), renewed.root.reveal())) {
      throw key_ring_detail::file_error(
          path_, "has another root, with which no secret key would be known: put the old root back");
    }
    for (const auto& entry : renewed.keys) {
      const secret* before = old.find(entry.id);
      if (!before || detail::constant_time_equal(before->reveal(), entry.key.reveal())) continue;
      throw key_ring_detail::file_error(path_, "has another key under the id '" + entry.id +
                                                   "': put the old one back and add the new one "
                                                   "under an id of its own");
    }
  }

  const std::string path_;
  const warning warn_;
  std::mutex reading_;
  std::string told_;  // Under reading_.
  mutable std::mutex mutex_;
  state now_;  // Changed under both mutexes, read under either.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_ROTATION_HPP
#define T3API_SANDBOX_KEYS_ROTATION_HPP

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#ifndef T3API_SANDBOX_KEYS_DATABASE_HPP
#define T3API_SANDBOX_KEYS_DATABASE_HPP

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#ifndef T3API_SANDBOX_KEYS_KEY_RECORD_HPP
#define T3API_SANDBOX_KEYS_KEY_RECORD_HPP

#include <optional>
#include <string>


namespace t3api::inline v0_1_0::sandbox {

/// Whose a secret key is.
struct key_owner {
  std::string hostname{};  ///< Canonical.
  std::string username{};  ///< Exactly as in Metrc.

  /// Whether it is the same account.
  friend bool operator==(const key_owner&, const key_owner&) = default;
};

/// Credentials at rest; `vault` makes and opens them.
struct sealed_credentials {
  std::string ring_id{};  ///< Which key of the ring opens them.
  std::string bytes{};    ///< Encrypted, with all that is needed to open them but the ring.
};

/// All that is kept of a secret key, which is never the key itself.
struct key_record {
  std::string id{};        ///< A UUID that has nothing to do with the key, and opens nothing.
  std::string key_hash{};  ///< 32 bytes: a keyed hash of the key.
  key_owner owner{};       ///< Of the credentials.
  std::string
      login{};  ///< 32 bytes: a keyed hash of the credentials, the same for keys made from the same ones.
  wall_time created_at{};                   ///< By the service's clock.
  std::optional<wall_time> last_used_at{};  ///< Nothing when it was never used.
  bool is_enabled = true;                   ///< False once Metrc refused the credentials.
  sealed_credentials credentials{};         ///< What the service logs in to Metrc with.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// A key database that could not do what it was asked. The message is one sentence for people, without a
/// secret; nothing was changed.
struct database_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Where the records of secret keys are kept. Any number of threads, and where the kind of database allows it
/// any number of processes, use it at once. What changes something is durable and seen by all when it
/// returns. Every member throws `database_error`.
class key_database {
 public:
  key_database() = default;
  key_database(const key_database&) = delete;
  key_database& operator=(const key_database&) = delete;
  virtual ~key_database() = default;

  /// Keeps a new record.
  virtual void add(const key_record& record) = 0;
  /// The record with that hash, or nothing. What it costs does not grow with the number of records.
  virtual std::optional<key_record> find(std::string_view key_hash) = 0;
  /// The records of an owner, the oldest first.
  virtual std::vector<key_record> of(const key_owner& owner) = 0;
  /// Removes a record of that owner; false when there is none such.
  virtual bool erase(std::string_view id, const key_owner& owner) = 0;
  /// Sets when a key was last used, unless a later time is there already; nothing when the record is gone. A
  /// database to which a write is dear may leave out what is less than a minute after `record.last_used_at`,
  /// and may write it later, as no call waits for it or fails by it.
  virtual void set_last_used(const key_record& record, wall_time when) = 0;
  /// Sets `is_enabled` to false for all records with these credentials that were created at `made_until` or
  /// before.
  virtual void disable(std::string_view login, wall_time made_until) = 0;

  /// At most `most` records that are not sealed under the key `ring_id`, with ids above `after`, in the order
  /// of their ids.
  virtual std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                            std::size_t most) = 0;
  /// Puts new sealed credentials in the place of `old`; false, and nothing is changed, when the record is
  /// gone or has others by now.
  virtual bool replace_credentials(std::string_view id, const sealed_credentials& old,
                                   const sealed_credentials& renewed) = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_VAULT_HPP
#define T3API_SANDBOX_KEYS_VAULT_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
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
#ifndef T3API_SANDBOX_METRC_STORED_CREDENTIALS_HPP
#define T3API_SANDBOX_METRC_STORED_CREDENTIALS_HPP

#include <string>


namespace t3api::inline v0_1_0::sandbox {

/// All that the service needs to log in to Metrc by itself, again and again.
struct stored_credentials {
  std::string hostname{};  ///< Canonical, as `canonical_hostname` makes it.
  std::string username{};
  secret password{};
  std::string email{};  ///< Or empty.
  secret otp_seed{};    ///< Base32, or empty.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// Sealed credentials that cannot be opened. The message is one sentence for people, without a secret.
struct vault_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Encrypts the credentials behind secret keys, each under a data key of its own that is wrapped by the
/// current key of a ring. Sealed credentials belong to one record: they open for no other `id`, `key_hash`,
/// `owner` or `login`, nor under another key of the ring. The format is written down in
/// docs/credentials-at-rest.md. Any number of threads may share it.
class vault {
 public:
  explicit vault(std::shared_ptr<key_ring_source> ring) : ring_(std::move(ring)) {}

  /// Seals credentials for a record, whose owner has their hostname and username. Throws
  /// std::invalid_argument when one of them is larger than a mebibyte.
  sealed_credentials seal(const stored_credentials& credentials, const key_record& record) const {
    const auto ring = ring_->fresh_ring();
    const secret key(detail::random_bytes(detail::gcm_key_size));
    const overwritten plain{to_text(credentials)};
    return {.ring_id = ring->current().id,
            .bytes = wrap(key, ring->current(), record) +
                     detail::seal(key.reveal(), plain.text, place_of("credentials", record, ""))};
  }

  /// The credentials of a record. Throws `vault_error` when the record was changed, cut or put together from
  /// others, or when the ring does not have its key.
  stored_credentials open(const key_record& record) const {
    const secret key = data_key(record, *ring_for(record));
    auto opened =
        detail::unseal(key.reveal(), std::string_view(record.credentials.bytes).substr(wrapped_size),
                       place_of("credentials", record, ""));
    if (!opened) throw vault_error(changed);
    const overwritten plain{*std::move(opened)};
    return from_text(plain.text, record.owner);
  }

  /// Throws what `open` throws when the record is not as it was sealed, without decrypting the credentials.
  void check_record(const key_record& record) const { data_key(record, *ring_for(record)); }

  /// The credentials of a record under the current key of the ring; nothing when they are already. The data
  /// key and what it encrypts stay. Throws what `open` throws.
  std::optional<sealed_credentials> rewrap(const key_record& record) const {
    const auto ring = ring_for(record);
    if (record.credentials.ring_id == ring->current().id) return std::nullopt;
    return sealed_credentials{.ring_id = ring->current().id,
                              .bytes = wrap(data_key(record, *ring), ring->current(), record) +
                                       record.credentials.bytes.substr(wrapped_size)};
  }

 private:
  /// Overwritten when it goes.
  struct overwritten {
    std::string text;

    explicit overwritten(std::string plain) noexcept : text(std::move(plain)) {}
    overwritten(const overwritten&) = delete;
    overwritten& operator=(const overwritten&) = delete;
    ~overwritten() { detail::wipe(text); }
  };

  static constexpr const char* changed =
      "the record of the secret key was changed or moved at rest and cannot be opened: delete the key and "
      "make a new one";
  /// What `detail::seal` makes of a data key.
  static constexpr std::size_t wrapped_size =
      1 + detail::gcm_nonce_size + detail::gcm_key_size + detail::gcm_tag_size;
  static constexpr std::size_t padded_to = 256;
  static constexpr std::size_t largest_part = std::size_t{1} << 20U;

  static std::string wrap(const secret& data_key, const key_ring::entry& under, const key_record& record) {
    return detail::seal(under.key.reveal(), data_key.reveal(), place_of("data key", record, under.id));
  }

  /// A ring that has the key of a record.
  std::shared_ptr<const key_ring> ring_for(const key_record& record) const {
    const std::string& id = record.credentials.ring_id;
    auto ring = ring_->ring();
    if (!ring->find(id)) ring = ring_->fresh_ring();
    if (!ring->find(id)) {
      throw vault_error("the key ring has no key '" + detail::printable(id, 40) +
                        "', under which the record of the secret key is kept: add it again");
    }
    return ring;
  }

  static secret data_key(const key_record& record, const key_ring& ring) {
    const auto& [ring_id, bytes] = record.credentials;
    if (bytes.size() < wrapped_size) throw vault_error(changed);
    auto key = detail::unseal(ring.find(ring_id)->reveal(), std::string_view(bytes).substr(0, wrapped_size),
                              place_of("data key", record, ring_id));
    if (!key) throw vault_error(changed);
    return secret(*std::move(key));
  }

  /// What is authenticated beside the encrypted text. Each part has its length in front, so that no two
  /// places look the same.
  static std::string place_of(std::string_view kind, const key_record& record, std::string_view ring_id) {
    std::string place = "t3api-sandbox record 1";
    for (const std::string_view part :
         {kind, std::string_view(record.id), std::string_view(record.key_hash),
          std::string_view(record.owner.hostname), std::string_view(record.owner.username),
          std::string_view(record.login), ring_id}) {
      place.append("\n").append(std::to_string(part.size())).append(":").append(part);
    }
    return place;
  }

  /// Password, e-mail address and seed, each behind its length in four bytes (big-endian), then zeros, so
  /// that the size tells nothing about a password.
  static std::string to_text(const stored_credentials& c) {
    const std::string_view parts[] = {c.password.reveal(), c.email, c.otp_seed.reveal()};
    std::size_t size = 0;
    for (const auto part : parts) {
      if (part.size() > largest_part) {
        throw std::invalid_argument("a password, e-mail address or OTP seed of more than 1 MiB is not kept");
      }
      size += 4 + part.size();
    }
    std::string text;
    text.reserve((size + padded_to - 1) / padded_to * padded_to);  // Growing would leave copies behind.
    for (const auto part : parts) {
      for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((part.size() >> shift) & 0xFFU);
      text += part;
    }
    text.resize((size + padded_to - 1) / padded_to * padded_to, '\0');
    return text;
  }

  static stored_credentials from_text(std::string_view text, const key_owner& owner) {
    const auto password = next_part(text), email = next_part(text), otp_seed = next_part(text);
    if (text.find_first_not_of('\0') != text.npos) throw vault_error(changed);
    return {.hostname = owner.hostname,
            .username = owner.username,
            .password = secret(password),
            .email = std::string(email),
            .otp_seed = secret(otp_seed)};
  }

  static std::string_view next_part(std::string_view& text) {
    if (text.size() < 4) throw vault_error(changed);
    std::uint32_t size = 0;
    for (const char c : text.substr(0, 4)) size = size << 8U | static_cast<unsigned char>(c);
    text.remove_prefix(4);
    if (size > text.size()) throw vault_error(changed);
    const auto part = text.substr(0, size);
    text.remove_prefix(size);
    return part;
  }

  const std::shared_ptr<key_ring_source> ring_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// What a rotation has done so far, or in all.
struct rotation_report {
  /// A record that cannot be opened and so stays as it is.
  struct failure {
    std::string id{};   ///< The record's.
    std::string why{};  ///< One sentence.
  };

  std::size_t rewrapped = 0;      ///< Put under the current key.
  std::size_t skipped = 0;        ///< Erased, or re-wrapped by another, while this one looked at them.
  std::vector<failure> failed{};  ///< Found at the end, among the records under the current key too.
  /// True when all records but the failed ones were under the current key at the end.
  bool finished = false;
};

/// How a rotation works.
struct rotation_options {
  std::size_t batch = 100;  ///< Records that are read at once; at least 1.
  /// Asked for between records; what is done by then stays done.
  stop_token stop{};
  /// Told after each batch.
  std::function<void(const rotation_report&)> progress{};
};

/// Which records a ring opens.
struct ring_check {
  std::size_t opened = 0;                          ///< How many records open.
  std::vector<rotation_report::failure> failed{};  ///< Those that do not.

  /// Not one record opens, and there are some: the ring is that of another database.
  bool is_foreign() const noexcept { return opened == 0 && !failed.empty(); }
};

namespace rotation_detail {

/// Whether a record was erased, or sealed anew, since it was read.
inline bool has_changed(key_database& database, const key_record& record) {
  const auto now = database.find(record.key_hash);
  return !now || now->credentials.bytes != record.credentials.bytes;
}

}  // namespace rotation_detail

/// Tries a ring on the records of a database, whichever key they are kept under, in the order of their ids:
/// on all of them, or until `enough` have been opened or `stop` says so. The ids of keys do not tell whose
/// they are, as two rings may have the same ones. Throws `database_error`.
inline ring_check check_ring(key_database& database, const std::shared_ptr<key_ring_source>& ring,
                             std::size_t enough = (std::numeric_limits<std::size_t>::max)(),
                             const stop_token& stop = {}) {
  constexpr std::size_t read_at_once = 100;
  const vault vault(ring);
  ring_check found;
  std::string after;
  for (;;) {
    // Nothing is under the empty id, so these are all.
    const auto batch = database.not_under("", after, read_at_once);
    if (batch.empty()) return found;
    for (const auto& record : batch) {
      if (found.opened >= enough || stop.stop_requested()) return found;
      try {
        vault.check_record(record);
        ++found.opened;
      } catch (const vault_error& wrong) {
        if (!rotation_detail::has_changed(database, record))
          found.failed.push_back({record.id, wrong.what()});
      }
    }
    after = batch.back().id;
  }
}

/// Puts all records under the current key of the ring, while services use and change them and other rotations
/// run. Each record is replaced as a whole or not at all, so a rotation may end anywhere, by `stop`, a
/// failing database or the end of the process, and the next one does the rest. What is kept under an older
/// key meanwhile is found too: it looks until there is nothing left, and then tries the ring on all records.
/// Throws `database_error`.
inline rotation_report rotate(key_database& database, const std::shared_ptr<key_ring_source>& ring,
                              const rotation_options& options = {}) {
  const vault vault(ring);
  rotation_report report;
  for (;;) {
    const std::string current = ring->fresh_ring()->current().id;
    const std::size_t done_before = report.rewrapped + report.skipped;
    std::string after;
    for (;;) {
      const auto batch = database.not_under(current, after, options.batch > 0 ? options.batch : 1);
      if (batch.empty()) break;
      for (const auto& record : batch) {
        if (options.stop.stop_requested()) return report;
        try {
          // Nothing when the ring has a newer key by now: the next round is for that one.
          if (const auto renewed = vault.rewrap(record)) {
            const bool replaced = database.replace_credentials(record.id, record.credentials, *renewed);
            ++(replaced ? report.rewrapped : report.skipped);
          }
        } catch (const vault_error&) {
          if (rotation_detail::has_changed(database, record)) ++report.skipped;
        }
      }
      after = batch.back().id;
      if (options.progress) options.progress(report);
    }
    const bool nothing_found = report.rewrapped + report.skipped == done_before;
    if (nothing_found && ring->fresh_ring()->current().id == current) break;
  }
  report.failed = check_ring(database, ring, (std::numeric_limits<std::size_t>::max)(), options.stop).failed;
  report.finished = !options.stop.stop_requested();
  return report;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_SERVICE_HPP
#define T3API_SANDBOX_SERVICE_HPP

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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
#ifndef T3API_SANDBOX_CONTEXT_HPP
#define T3API_SANDBOX_CONTEXT_HPP

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#ifndef T3API_SANDBOX_API_KEYS_HPP
#define T3API_SANDBOX_API_KEYS_HPP

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>


namespace t3api::inline v0_1_0::sandbox {

/// The API keys of a sandbox, each bound to the credentials of an account in one state. Fixed once it is
/// made; holds keyed hashes of the keys only.
class api_keys {
 public:
  /// Throws std::invalid_argument when a key names an unknown state or no account, or is there twice for one
  /// state.
  explicit api_keys(const directory& known) {
    for (const auto& key : known.api_keys) {
      const auto where = find_state(key.state_code);
      if (!where)
        throw std::invalid_argument("an API key has an unknown state code: give two letters, such as CA");
      const auto owner = std::find_if(known.accounts.begin(), known.accounts.end(), [&](const account& a) {
        return canonical_hostname(a.hostname) == where->hostname() && a.username == key.username;
      });
      if (owner == known.accounts.end()) {
        throw std::invalid_argument("an API key belongs to the user '" + key.username + "' on " +
                                    where->hostname() +
                                    ", who has no account: add one, or correct its user or state code");
      }
      const stored_credentials credentials{.hostname = where->hostname(),
                                           .username = owner->username,
                                           .password = owner->password,
                                           .email = owner->email,
                                           .otp_seed = owner->otp_seed};
      if (!credentials_.emplace(hash(key.key.reveal(), *where), credentials).second) {
        throw std::invalid_argument("an API key is there twice for " + std::string(where->name) +
                                    ": leave one out");
      }
    }
  }

  /// The credentials behind a key in a state, or null.
  const stored_credentials* find(std::string_view key, const state& where) const {
    const auto found = credentials_.find(hash(key, where));
    return found == credentials_.end() ? nullptr : &found->second;
  }

 private:
  std::string hash(std::string_view key, const state& where) const {
    return detail::hmac_sha256(hash_key_, std::string(where.abbreviation) + std::string(key));
  }

  std::string hash_key_ = detail::random_bytes(32);
  std::unordered_map<std::string, stored_credentials> credentials_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_LEDGER_HPP
#define T3API_SANDBOX_DATA_LEDGER_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// One write that was accepted.
struct ledger_entry {
  wall_time at{};            ///< By the service's clock.
  std::string hostname{};    ///< Of the account that wrote, as is `username`.
  std::string username{};    ///< Metrc's.
  std::string path{};        ///< Such as `/v2/packages/create`.
  std::string license{};     ///< The licence number.
  bool submit = false;       ///< False when it was checked only, and nothing was written.
  std::string body{};        ///< JSON, as it was sent.
  std::string request_id{};  ///< The answer's `X-Request-Id`.
};

/// The accepted writes, oldest first, for tests of what must not be sent twice. Any number of threads may use
/// it.
class ledger {
 public:
  static constexpr std::size_t most_entries = 10'000;    ///< Past it the oldest go.
  static constexpr std::size_t most_bytes = 64U << 20U;  ///< Of bodies. Past either, the oldest entries go.

  /// Keeps a write; what is too much goes.
  void add(ledger_entry entry) {
    const std::lock_guard lock(mutex_);
    bytes_ += entry.body.size();
    entries_.push_back(std::move(entry));
    while (entries_.size() > most_entries || bytes_ > most_bytes) {
      bytes_ -= entries_.front().body.size();
      entries_.pop_front();
      ++dropped_;
    }
  }

  /// All that are kept.
  std::vector<ledger_entry> entries() const {
    const std::lock_guard lock(mutex_);
    return {entries_.begin(), entries_.end()};
  }

  /// How many entries had to go.
  std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

  /// Forgets all, and the count of what had to go.
  void clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    bytes_ = 0;
    dropped_ = 0;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<ledger_entry> entries_{};
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

/// `{"entries": [{"at", "hostname", "username", "path", "licenseNumber", "submit", "body", "requestId"}],
/// "dropped"}`.
inline nlohmann::json to_json(const ledger& from) {
  auto list = nlohmann::json::array();
  for (const auto& one : from.entries()) {
    list.push_back({{"at", iso_time(one.at)},
                    {"hostname", one.hostname},
                    {"username", one.username},
                    {"path", one.path},
                    {"licenseNumber", one.license},
                    {"submit", one.submit},
                    {"body", parse_json(one.body).value_or(nlohmann::json())},
                    {"requestId", one.request_id}});
  }
  return {{"entries", std::move(list)}, {"dropped", from.dropped()}};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_RECORDS_HPP
#define T3API_SANDBOX_DATA_RECORDS_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_SANDBOX_DATA_CHANGES_HPP
#define T3API_SANDBOX_DATA_CHANGES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What writes made of a generated collection of one licence. Rows are numbered from 0: the generated ones,
/// then the added ones. Copies share the rows, so that a reader keeps what it saw while others write.
class changes {
 public:
  using row_ptr = std::shared_ptr<const nlohmann::json>;

  /// Another number after every change.
  std::uint64_t version() const noexcept { return version_; }

  std::uint64_t added() const noexcept { return added_.size(); }
  std::uint64_t removed() const noexcept { return removed_; }

  /// Rows that are kept here, added or changed.
  std::size_t kept() const noexcept { return added_.size() + changed_.size(); }

  /// Puts a row behind all others.
  void add(nlohmann::json row) {
    added_.push_back(std::make_shared<const nlohmann::json>(std::move(row)));
    ++version_;
  }

  /// Puts another in the place of a row.
  void replace(std::uint64_t number, nlohmann::json row) {
    entry(number).now = std::make_shared<const nlohmann::json>(std::move(row));
    ++version_;
  }

  void remove(std::uint64_t number) {
    if (is_removed(number)) return;
    entry(number).now = nullptr;
    ++removed_;
    ++version_;
  }

  bool is_removed(std::uint64_t number) const noexcept {
    const auto at = place(number);
    return at != changed_.end() && at->number == number && !at->now;
  }

  /// The kept row of that number among `generated` generated ones and the added; nothing when it is as
  /// generated, or removed.
  const nlohmann::json* find(std::uint64_t generated, std::uint64_t number) const noexcept {
    const auto at = place(number);
    if (at != changed_.end() && at->number == number) return at->now.get();
    return number < generated ? nullptr : added_[number - generated].get();
  }

  /// Marks a number as taken; false when it was already.
  bool take(std::uint64_t mark) {
    const auto at = std::lower_bound(taken_.begin(), taken_.end(), mark);
    if (at != taken_.end() && *at == mark) return false;
    taken_.insert(at, mark);
    return true;
  }
  bool is_taken(std::uint64_t mark) const noexcept {
    return std::binary_search(taken_.begin(), taken_.end(), mark);
  }

  /// The number of the row that stands at `position` once removed rows are left out.
  std::uint64_t number_at(std::uint64_t position) const noexcept {
    if (removed_ == 0) return position;
    for (const auto& one : changed_) {
      if (one.number > position) break;
      if (!one.now) ++position;
    }
    return position;
  }

 private:
  struct change {
    std::uint64_t number;
    row_ptr now;  ///< Null for a row that was removed.
  };

  std::vector<change>::const_iterator place(std::uint64_t number) const noexcept {
    return std::lower_bound(changed_.begin(), changed_.end(), number,
                            [](const change& c, std::uint64_t n) { return c.number < n; });
  }

  change& entry(std::uint64_t number) {
    const auto at = place(number);
    if (at != changed_.end() && at->number == number)
      return changed_[static_cast<std::size_t>(at - changed_.begin())];
    return *changed_.insert(at, change{.number = number, .now = nullptr});
  }

  std::vector<change> changed_{};  ///< In the order of their numbers.
  std::vector<row_ptr> added_{};
  std::vector<std::uint64_t> taken_{};  ///< In order.
  std::uint64_t removed_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_COLLECTION_HPP
#define T3API_SANDBOX_DATA_COLLECTION_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_DATA_CELL_HPP
#define T3API_SANDBOX_DATA_CELL_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

enum class field_type { text, number, boolean, datetime };

constexpr std::string_view to_string(field_type type) noexcept {
  switch (type) {
    case field_type::text: return "text";
    case field_type::number: return "number";
    case field_type::boolean: return "boolean";
    case field_type::datetime: return "datetime";
  }
  return "";
}

/// A datetime, written as a date alone where Metrc keeps no time of day.
struct moment {
  utc_milliseconds at{};
  bool date_only = false;

  friend bool operator==(const moment&, const moment&) = default;
};

/// The value of one field in one row, null included.
using cell = std::variant<std::monostate, bool, std::uint64_t, double, moment, std::string>;

inline std::string to_text(const moment& when) {
  const std::string text = iso_time(when.at);
  return when.date_only ? text.substr(0, 10) : text;
}

inline nlohmann::json to_json(const cell& value) {
  return std::visit(
      [](const auto& v) -> nlohmann::json {
        using type = std::remove_cvref_t<decltype(v)>;
        if constexpr (std::is_same_v<type, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<type, moment>) {
          return to_text(v);
        } else {
          return v;
        }
      },
      value);
}

/// ISO 8601 as people write it: a date, a date with hour and minute, or all of `parse_iso_time`.
inline std::optional<moment> parse_moment(std::string_view text) {
  constexpr std::size_t date_size = 10;
  constexpr std::size_t minute_size = 16;
  std::string full(text);
  if (text.size() == date_size) {
    full += "T00:00:00";
  } else if (text.size() >= minute_size && (text.size() == minute_size || text[minute_size] != ':')) {
    full.insert(minute_size, ":00");
  }
  const auto at = parse_iso_time(full);
  if (!at) return std::nullopt;
  return moment{.at = *at, .date_only = text.size() == date_size};
}

/// A stored JSON value as a cell; a list of texts becomes one text, with commas. Null when the type does not
/// fit.
inline cell to_cell(const nlohmann::json& value, field_type type) {
  if (type == field_type::boolean && value.is_boolean()) return value.get<bool>();
  if (type == field_type::number && value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (type == field_type::number && value.is_number()) return value.get<double>();
  if (type == field_type::text && value.is_array()) {
    std::string all;
    for (const auto& part : value) {
      if (!all.empty()) all += ", ";
      if (part.is_string()) all += part.get_ref<const std::string&>();
    }
    return all;
  }
  if (!value.is_string()) return {};
  if (type == field_type::text) return value.get<std::string>();
  const auto when = parse_moment(value.get_ref<const std::string&>());
  if (type == field_type::datetime && when) return *when;
  return {};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_DRAW_HPP
#define T3API_SANDBOX_DATA_DRAW_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// SplitMix64: a number that looks random, from a number.
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

/// FNV-1a.
constexpr std::uint64_t text_number(std::string_view text) noexcept {
  std::uint64_t number = 0xCBF29CE484222325U;
  for (const char c : text) number = (number ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return number;
}

/// So many ids has each set of data of a licence: no collection may have more rows.
inline constexpr std::uint64_t ids_of_place = 100'000'000;

/// Whose data is generated. The same seed, host and licence give the same data, with nothing stored for it.
struct data_owner {
  data_owner(std::uint64_t seed, std::string_view hostname_, std::string_view license_)
      : hostname(hostname_),
        license(license_),
        number(scramble(seed ^ scramble(text_number(hostname)) ^ scramble(text_number(license) + 1))) {}

  /// A number below `below`: one of its own for every `row` and `purpose` (below 16) and set of data.
  std::uint64_t draw(std::uint64_t set, std::uint64_t row, std::uint64_t purpose,
                     std::uint64_t below) const noexcept {
    return scramble(number ^ set ^ scramble(row * 16 + purpose)) % below;
  }

  /// The id of row `row`, which is below `ids_of_place`. Sets of data have places of their own, so that no
  /// two rows share one.
  std::uint64_t id(std::uint64_t place, std::uint64_t row) const noexcept {
    return number % 1'000'000 * 1'000'000'000 + place * ids_of_place + row + 1;
  }

  /// The row with that id in that place, or nothing.
  std::optional<std::uint64_t> row_of(std::uint64_t place, std::uint64_t wanted) const noexcept {
    const std::uint64_t first = id(place, 0);
    if (wanted < first || wanted - first >= ids_of_place) return std::nullopt;
    return wanted - first;
  }

  /// A tag as Metrc prints them, with 24 characters.
  std::string tag(std::uint64_t serial) const {
    return "1A4" + padded(number % 1'000'000'000, 9) + padded(serial, 12);
  }

  std::string hostname;
  std::string license;
  std::uint64_t number;

 private:
  static std::string padded(std::uint64_t number, std::size_t width) {
    std::string digits = std::to_string(number);
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return digits;
  }
};

/// The first minute of the generated data.
inline utc_milliseconds start_of_data() noexcept {
  return std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// A member of the objects of a collection. `key` tells the generator which one is meant.
struct field {
  std::string_view name;  ///< A dot leads into an object: `item.name`.
  field_type type;
  unsigned key;
  bool list = false;  ///< A list of texts in JSON, with at most one in generated rows.
};

/// The time of the answer, and so nothing that rows can be chosen or ordered by.
inline constexpr std::string_view retrieved_at = "retrievedAt";

/// A kind of objects of a licence: what they consist of, and how they are generated.
struct collection {
  std::string_view path;  ///< Where it is served, and with `/report` behind it, as a report.
  std::string_view data_model;
  std::span<const field> fields;
  std::string_view report_fields;  ///< The columns of a report that names none.
  /// How many there are of it in a licence that has so many active packages.
  std::uint64_t (*size)(std::uint64_t packages);
  /// One value, computed alone and from nothing but its place.
  cell (*value)(const data_owner&, unsigned kind, std::uint64_t row, unsigned key);
  /// The generated row with that id, if there is one and it is within `size`.
  std::optional<std::uint64_t> (*row_of)(const data_owner&, unsigned kind, std::uint64_t id);
  unsigned kind;  ///< Tells collections apart that share a generator.

  cell at(const data_owner& owner, std::uint64_t row, const field& f) const {
    return value(owner, kind, row, f.key);
  }

  const field* find(std::string_view name) const noexcept {
    for (const auto& f : fields) {
      if (f.name == name) return &f;
    }
    return nullptr;
  }

  /// `item.name, label, ...`: for messages.
  std::string field_names() const {
    std::string all;
    for (const auto& f : fields) all += (all.empty() ? "" : ", ") + std::string(f.name);
    return all;
  }
};

/// Puts a value where its name says.
inline void put(nlohmann::json& row, std::string_view name, nlohmann::json value) {
  const auto dot = name.find('.');
  if (dot == name.npos) {
    row[std::string(name)] = std::move(value);
  } else {
    put(row[std::string(name.substr(0, dot))], name.substr(dot + 1), std::move(value));
  }
}

/// The value of that name, or nothing.
inline const nlohmann::json* look_up(const nlohmann::json& row, std::string_view name) {
  const auto dot = name.find('.');
  const auto found = row.find(std::string(name.substr(0, dot)));
  if (found == row.end()) return nullptr;
  return dot == name.npos ? &*found : look_up(*found, name.substr(dot + 1));
}

/// A value as it stands in a JSON row.
inline nlohmann::json json_value(const field& f, const cell& value) {
  if (!f.list) return to_json(value);
  auto list = nlohmann::json::array();
  if (!std::holds_alternative<std::monostate>(value)) list.push_back(to_json(value));
  return list;
}

/// The whole generated row, as answered at `now`.
inline nlohmann::json make_row(const collection& of, const data_owner& owner, std::uint64_t row,
                               wall_time now) {
  auto object = nlohmann::json::object();
  for (const auto& f : of.fields) {
    put(object, f.name,
        f.name == retrieved_at ? nlohmann::json(iso_time(now)) : json_value(f, of.at(owner, row, f)));
  }
  return object;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_ROW_LISTS_HPP
#define T3API_SANDBOX_DATA_ROW_LISTS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#ifndef T3API_SANDBOX_DATA_SELECT_ROWS_HPP
#define T3API_SANDBOX_DATA_SELECT_ROWS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#ifndef T3API_SANDBOX_DATA_FOLD_HPP
#define T3API_SANDBOX_DATA_FOLD_HPP

#include <cstddef>
#include <string>


namespace t3api::inline v0_1_0::sandbox {

namespace fold_detail {

/// The small letter of a code point from U+0080 to U+07FF: Latin-1, Latin Extended-A, Greek and Cyrillic.
constexpr unsigned small_letter(unsigned point) noexcept {
  if (point >= 0xC0 && point <= 0xDE && point != 0xD7) return point + 0x20;
  if ((point >= 0x100 && point <= 0x12F) || (point >= 0x132 && point <= 0x137) ||
      (point >= 0x14A && point <= 0x177)) {
    return point | 1U;
  }
  if (((point >= 0x139 && point <= 0x147) || (point >= 0x179 && point <= 0x17D)) && point % 2 == 1) {
    return point + 1;
  }
  if (point >= 0x391 && point <= 0x3AB && point != 0x3A2) return point + 0x20;
  if (point == 0x386) return 0x3AC;
  if (point >= 0x388 && point <= 0x38A) return point + 0x25;
  if (point == 0x38C) return 0x3CC;
  if (point == 0x38E || point == 0x38F) return point + 0x3F;
  if (point == 0x178) return 0xFF;
  if (point >= 0x400 && point <= 0x40F) return point + 0x50;
  if (point >= 0x410 && point <= 0x42F) return point + 0x20;
  return point;
}

}  // namespace fold_detail

/// Makes letters small, so that texts that differ in case alone become equal; their length stays. For UTF-8,
/// of which other bytes are left alone; knows the letters of ASCII, Latin-1, Latin Extended-A, Greek and
/// Cyrillic.
inline void fold_case(std::string& text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      text[i] = detail::ascii_lower(text[i]);
    } else if (lead >= 0xC2 && lead <= 0xDF && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[i + 1]);
      if ((next & 0xC0U) != 0x80U) continue;
      const unsigned point = fold_detail::small_letter(((lead & 0x1FU) << 6U) | (next & 0x3FU));
      text[i] = static_cast<char>(0xC0U | (point >> 6U));
      text[++i] = static_cast<char>(0x80U | (point & 0x3FU));
    }
  }
}

inline std::string folded(std::string text) noexcept {
  fold_case(text);
  return text;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_SELECTION_HPP
#define T3API_SANDBOX_DATA_SELECTION_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#ifndef T3API_SANDBOX_DATA_FILTER_HPP
#define T3API_SANDBOX_DATA_FILTER_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>


namespace t3api::inline v0_1_0::sandbox {

enum class operation { eq, neq, contains, doesnotcontain, startswith, endswith, lt, lte, gt, gte };

namespace filter_detail {

inline constexpr std::array<std::string_view, 10> names = {
    "eq", "neq", "contains", "doesnotcontain", "startswith", "endswith", "lt", "lte", "gt", "gte"};

/// T3's operators for a type of field. T3 names none for numbers: they get those of datetimes.
constexpr std::string_view operators_of(field_type type) noexcept {
  switch (type) {
    case field_type::text: return "contains, doesnotcontain, eq, neq, startswith, endswith";
    case field_type::boolean: return "eq";
    default: return "lt, lte, eq, neq, gt, gte";
  }
}

/// Whether `list`, with commas, has that word.
constexpr bool lists(std::string_view list, std::string_view word) noexcept {
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = (std::min)(list.find(", ", at), list.size());
    if (list.substr(at, end - at) == word) return true;
    at = end + 2;
  }
  return false;
}

inline std::string quoted(std::string_view text) { return "'" + detail::printable(text, 80) + "'"; }

[[noreturn]] inline void refuse(std::string_view given, const std::string& why) {
  throw refusal(400, "the query parameter 'filter' is wrong in " + quoted(given) + ": " + why);
}

template <class T>
bool compare(operation how, const T& a, const T& b) {
  switch (how) {
    case operation::eq: return a == b;
    case operation::neq: return !(a == b);
    case operation::lt: return a < b;
    case operation::lte: return a <= b;
    case operation::gt: return a > b;
    case operation::gte: return a >= b;
    default: return false;
  }
}

inline bool compare_text(operation how, std::string_view text, std::string_view wanted) {
  switch (how) {
    case operation::eq: return text == wanted;
    case operation::neq: return text != wanted;
    case operation::contains: return text.find(wanted) != text.npos;
    case operation::doesnotcontain: return text.find(wanted) == text.npos;
    case operation::startswith: return text.starts_with(wanted);
    case operation::endswith: return text.ends_with(wanted);
    default: return false;
  }
}

}  // namespace filter_detail

/// `field__op:value`, checked.
struct filter {
  const field* on = nullptr;
  operation how = operation::eq;
  cell wanted{};  ///< Of the field's type; a text without case, a number as double.

  /// Whether a value passes. Null passes `neq` and `doesnotcontain` alone.
  bool matches(cell value) const {
    using namespace filter_detail;
    if (auto* text = std::get_if<std::string>(&value)) {
      fold_case(*text);
      return compare_text(how, *text, std::get<std::string>(wanted));
    }
    if (const auto* when = std::get_if<moment>(&value)) {
      return compare(how, when->at, std::get<moment>(wanted).at);
    }
    if (const auto* flag = std::get_if<bool>(&value)) return compare(how, *flag, std::get<bool>(wanted));
    if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
      return compare(how, static_cast<double>(*whole), std::get<double>(wanted));
    }
    if (const auto* number = std::get_if<double>(&value)) {
      return compare(how, *number, std::get<double>(wanted));
    }
    return how == operation::neq || how == operation::doesnotcontain;
  }
};

namespace filter_detail {

inline cell wanted_value(std::string_view given, field_type type, std::string_view value) {
  switch (type) {
    case field_type::text: return folded(std::string(value));
    case field_type::boolean:
      if (detail::iequals(value, "true")) return true;
      if (detail::iequals(value, "false")) return false;
      refuse(given, quoted(value) + " must be true or false");
    case field_type::datetime: {
      const auto when = parse_moment(value);
      if (!when) {
        refuse(given, quoted(value) +
                          " is no ISO 8601 date or datetime: write 2024-05-17 or 2024-05-17T12:00:00Z, with "
                          "a + of an offset as %2B");
      }
      return *when;
    }
    case field_type::number: break;
  }
  const auto number = parse_json(value);
  if (!number || !number->is_number()) refuse(given, quoted(value) + " is no number");
  return number->get<double>();
}

}  // namespace filter_detail

/// The field of that name, to choose or order rows by. Throws `refusal`, which names the query parameter.
inline const field& selectable_field(const collection& of, std::string_view name, std::string_view given,
                                     std::string_view parameter) {
  const auto* found = of.find(name);
  if (found != nullptr && name != retrieved_at) return *found;
  throw refusal(400, "the query parameter '" + std::string(parameter) + "' is wrong in " +
                         filter_detail::quoted(given) + ": there is no field " + filter_detail::quoted(name) +
                         " here to use: the fields are " + of.field_names());
}

/// Reads `field__op:value`; the value may hold `:` and `__`. Throws `refusal`.
inline filter parse_filter(const collection& of, std::string_view given) {
  using namespace filter_detail;
  constexpr std::size_t longest = 1000;
  if (!detail::is_utf8(given)) refuse("", "it is not valid UTF-8");
  if (given.size() > longest) refuse(given, "it is longer than " + std::to_string(longest) + " bytes");
  const auto colon = given.find(':');
  const auto left = given.substr(0, colon);
  const auto bar = left.rfind("__");
  if (colon == given.npos || bar == left.npos || bar == 0) {
    refuse(given, "write field__operator:value, such as label__endswith:0003");
  }
  const field& on = selectable_field(of, left.substr(0, bar), given, "filter");
  const auto word = left.substr(bar + 2);
  const auto allowed = operators_of(on.type);
  if (!lists(allowed, word)) {
    refuse(given, quoted(on.name) + " is a " + std::string(to_string(on.type)) +
                      ", whose operators are: " + std::string(allowed));
  }
  const auto place = std::find(names.begin(), names.end(), word) - names.begin();
  return {.on = &on,
          .how = static_cast<operation>(place),
          .wanted = wanted_value(given, on.type, given.substr(colon + 1))};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// `field:asc` or `field:desc`, checked.
struct sort_key {
  const field* by = nullptr;
  bool descending = false;
};

/// Which rows of a collection are asked for, in which order.
struct selection {
  std::vector<filter> filters{};
  bool any = false;  ///< One filter that passes is enough (`filterLogic=or`).
  std::vector<sort_key> order{};
  std::vector<std::string> filter_texts{};  ///< As given.
  std::string sort_text{};                  ///< As given, with commas.

  /// Whether it is simply all rows, as they stand.
  bool everything() const noexcept { return filters.empty() && order.empty(); }

  /// Passes every filter, or any of them. `value_of` gives the value of a field.
  template <class F>
  bool matches(F&& value_of) const {
    if (filters.empty()) return true;
    const auto passes = [&](const filter& f) { return f.matches(value_of(*f.on)); };
    return any ? std::any_of(filters.begin(), filters.end(), passes)
               : std::all_of(filters.begin(), filters.end(), passes);
  }

  /// The same for selections that mean the same rows; of its own for every other.
  std::string name() const {
    std::string all = any ? "or" : "and";
    for (const auto& text : filter_texts) all += ' ' + std::to_string(text.size()) + ' ' + text;
    return all + " sort " + sort_text;
  }
};

namespace selection_detail {

inline void add_sort(selection& into, const collection& of, std::string_view given) {
  const auto colon = given.rfind(':');
  const auto direction = colon == given.npos ? std::string_view{} : given.substr(colon + 1);
  const bool descending = detail::iequals(direction, "desc");
  if (!descending && !detail::iequals(direction, "asc")) {
    throw refusal(400, "the query parameter 'sort' is wrong in " + filter_detail::quoted(given) +
                           ": write field:asc or field:desc, such as label:asc");
  }
  into.order.push_back(
      {.by = &selectable_field(of, given.substr(0, colon), given, "sort"), .descending = descending});
}

}  // namespace selection_detail

/// Reads `filter`, `filterLogic` and `sort` (repeated, or with commas). Throws `refusal`.
inline selection parse_selection(const collection& of, const query_params& query) {
  constexpr std::size_t most_filters = 50;
  constexpr std::size_t most_sorts = 8;
  selection chosen;
  bool logic_given = false;
  for (const auto& [name, value] : query) {
    if (name == "filter") {
      chosen.filters.push_back(parse_filter(of, value));
      chosen.filter_texts.push_back(value);
    } else if (name == "filterLogic") {
      if (logic_given) throw refusal(400, "the query parameter 'filterLogic' is there twice: give it once");
      logic_given = true;
      chosen.any = detail::iequals(value, "or");
      if (!chosen.any && !detail::iequals(value, "and")) {
        throw refusal(400, "the query parameter 'filterLogic' must be and, or or");
      }
    } else if (name == "sort") {
      std::string_view rest = value;
      for (bool more = true; more;) {
        const auto comma = rest.find(',');
        selection_detail::add_sort(chosen, of, detail::trim(rest.substr(0, comma)));
        more = comma != rest.npos;
        if (more) rest.remove_prefix(comma + 1);
      }
      chosen.sort_text += (chosen.sort_text.empty() ? "" : ",") + value;
    }
    if (chosen.filters.size() > most_filters || chosen.order.size() > most_sorts) {
      throw refusal(400, "the query parameters 'filter' and 'sort' may be there at most " +
                             std::to_string(most_filters) + " and " + std::to_string(most_sorts) + " times");
    }
  }
  return chosen;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_TABLE_HPP
#define T3API_SANDBOX_DATA_TABLE_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// Where the ids of added rows are, behind those of every collection.
inline constexpr std::uint64_t added_place = 9;

/// One collection of one licence: what is generated, and what writes made of it. Row numbers are those of
/// `changes`; a position counts only the rows that are there.
class table {
 public:
  /// Refers to `of`, which is one of the catalogue.
  table(const collection& of, data_owner owner, std::uint64_t generated,
        std::shared_ptr<const changes> changed)
      : of_(&of), owner_(std::move(owner)), generated_(generated), changed_(std::move(changed)) {}

  const collection& of() const noexcept { return *of_; }
  const data_owner& owner() const noexcept { return owner_; }
  std::uint64_t version() const noexcept { return changed_->version(); }

  /// All row numbers are below this.
  std::uint64_t numbers() const noexcept { return generated_ + changed_->added(); }
  /// How many rows there are.
  std::uint64_t size() const noexcept { return numbers() - changed_->removed(); }

  std::uint64_t number_at(std::uint64_t position) const noexcept { return changed_->number_at(position); }
  bool has(std::uint64_t number) const noexcept {
    return number < numbers() && (changed_->kept() == 0 || !changed_->is_removed(number));
  }

  cell at(std::uint64_t number, const field& f) const {
    if (changed_->kept() != 0) {
      if (const auto* kept = changed_->find(generated_, number)) {
        const auto* value = look_up(*kept, f.name);
        return value != nullptr ? to_cell(*value, f.type) : cell{};
      }
    }
    return of_->at(owner_, number, f);
  }

  /// The JSON of one value, as it stands in the row's.
  nlohmann::json json_at(std::uint64_t number, const field& f, wall_time now) const {
    if (f.name == retrieved_at) return iso_time(now);
    const auto* kept = changed_->find(generated_, number);
    if (kept == nullptr) return json_value(f, of_->at(owner_, number, f));
    const auto* value = look_up(*kept, f.name);
    return value != nullptr ? *value : nlohmann::json();
  }

  /// The whole row, as answered at `now`.
  nlohmann::json row(std::uint64_t number, wall_time now) const {
    const auto* kept = changed_->find(generated_, number);
    if (kept == nullptr) return make_row(*of_, owner_, number, now);
    nlohmann::json copy = *kept;
    copy[std::string(retrieved_at)] = iso_time(now);
    return copy;
  }

  /// Whether `changes::take` has that mark.
  bool is_taken(std::uint64_t mark) const noexcept { return changed_->is_taken(mark); }

  /// The number of the row with that id, or nothing.
  std::optional<std::uint64_t> find_id(std::uint64_t id) const {
    auto number = of_->row_of(owner_, of_->kind, id);
    if (!number || *number >= generated_) {
      number = owner_.row_of(added_place, id);
      if (!number || *number >= changed_->added()) return std::nullopt;
      *number += generated_;
    }
    if (!has(*number)) return std::nullopt;
    return number;
  }

 private:
  const collection* of_;
  data_owner owner_;
  std::uint64_t generated_;
  std::shared_ptr<const changes> changed_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// Row numbers of a table, in the order asked for.
using row_list = std::vector<std::uint32_t>;

/// A collection with more rows is neither filtered nor sorted.
inline constexpr std::uint64_t most_selectable_rows = 10'000'000;

namespace select_detail {

/// Sorts by numbers, null first.
inline void sort_by_number(row_list& rows, const table& from, const sort_key& key) {
  struct entry {
    double value;
    std::uint32_t row;
  };
  std::vector<entry> entries;
  entries.reserve(rows.size());
  for (const auto row : rows) {
    const cell value = from.at(row, *key.by);
    double number = -1e300;
    if (const auto* whole = std::get_if<std::uint64_t>(&value)) number = static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value)) number = *real;
    if (const auto* flag = std::get_if<bool>(&value)) number = *flag ? 1 : 0;
    if (const auto* when = std::get_if<moment>(&value)) {
      number = static_cast<double>(when->at.time_since_epoch().count());
    }
    entries.push_back({number, row});
  }
  std::stable_sort(entries.begin(), entries.end(), [&](const entry& a, const entry& b) {
    return key.descending ? b.value < a.value : a.value < b.value;
  });
  std::transform(entries.begin(), entries.end(), rows.begin(), [](const entry& e) { return e.row; });
}

/// Sorts by texts without case, null first. All texts lie in one string behind each other: a million strings
/// of their own would take several times the memory.
inline void sort_by_text(row_list& rows, const table& from, const sort_key& key) {
  struct entry {
    std::uint64_t start;
    std::uint32_t size;
    std::uint32_t row;
  };
  std::string texts;
  std::vector<entry> entries;
  entries.reserve(rows.size());
  for (const auto row : rows) {
    cell value = from.at(row, *key.by);
    auto* text = std::get_if<std::string>(&value);
    if (text != nullptr) fold_case(*text);
    entries.push_back({texts.size(), static_cast<std::uint32_t>(text != nullptr ? text->size() : 0), row});
    if (text != nullptr) texts += *text;
  }
  const auto text_of = [&](const entry& e) { return std::string_view(texts).substr(e.start, e.size); };
  std::stable_sort(entries.begin(), entries.end(), [&](const entry& a, const entry& b) {
    return key.descending ? text_of(b) < text_of(a) : text_of(a) < text_of(b);
  });
  std::transform(entries.begin(), entries.end(), rows.begin(), [](const entry& e) { return e.row; });
}

}  // namespace select_detail

/// The rows that a selection means. Looks at every row, without making objects of them. Throws `refusal` when
/// there are too many.
inline row_list select_rows(const table& from, const selection& chosen) {
  if (from.numbers() > most_selectable_rows) {
    throw refusal(400, "the collection has more than " + std::to_string(most_selectable_rows) +
                           " rows, and the sandbox filters and sorts no more: leave out the query parameters "
                           "'filter' and 'sort'");
  }
  row_list rows;
  for (std::uint64_t number = 0; number < from.numbers(); ++number) {
    if (!from.has(number)) continue;
    if (chosen.matches([&](const field& f) { return from.at(number, f); })) {
      rows.push_back(static_cast<std::uint32_t>(number));
    }
  }
  rows.shrink_to_fit();
  // Stable sorts, the least important key first.
  for (auto key = chosen.order.rbegin(); key != chosen.order.rend(); ++key) {
    if (key->by->type == field_type::text) {
      select_detail::sort_by_text(rows, from, *key);
    } else {
      select_detail::sort_by_number(rows, from, *key);
    }
  }
  return rows;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// Remembers the last row lists, so that the pages of one query cost one look at all rows. Threads that ask
/// for the same list at once wait for one of them to make it. Any number of threads may use it.
class row_lists {
 public:
  using list_ptr = std::shared_ptr<const row_list>;

  /// Lists of together at most `most_bytes` are remembered. One that is larger is made anew each time.
  explicit row_lists(std::size_t most_bytes = 32U << 20U) : most_bytes_(most_bytes) {}

  /// The list of that name for that version of the rows, made with `make` when it is not there. Throws what
  /// `make` throws, to all who wait.
  template <class F>
  list_ptr get(const std::string& name, std::uint64_t version, F&& make) {
    std::promise<list_ptr> made;
    {
      std::unique_lock lock(mutex_);
      const auto found = lists_.find(name);
      if (found != lists_.end() && found->second.version == version) {
        found->second.used = ++clock_;
        const auto list = found->second.list;
        lock.unlock();
        return list.get();
      }
      lists_[name] = {.version = version, .used = ++clock_, .list = made.get_future().share()};
    }
    try {
      auto list = std::make_shared<const row_list>(make());
      made.set_value(list);
      made_now(name, version, list->size() * sizeof(row_list::value_type));
      return list;
    } catch (...) {
      made.set_exception(std::current_exception());
      forget(name, version);
      throw;
    }
  }

  /// How much is remembered: for tests.
  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return total();
  }

 private:
  struct remembered {
    std::uint64_t version = 0;
    std::uint64_t used = 0;
    std::shared_future<list_ptr> list{};
    std::size_t bytes = 0;  ///< 0 while it is being made.
  };

  /// A list without rows takes room too.
  static constexpr std::size_t bytes_of_entry = 1024;

  std::size_t total() const {
    std::size_t all = 0;
    for (const auto& [name, one] : lists_) all += one.bytes;
    return all;
  }

  void made_now(const std::string& name, std::uint64_t version, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = lists_.find(name);
    if (found == lists_.end() || found->second.version != version) return;
    found->second.bytes = bytes + bytes_of_entry + name.size();
    while (total() > most_bytes_) {
      auto oldest = lists_.end();
      for (auto one = lists_.begin(); one != lists_.end(); ++one) {
        const bool ready = one->second.bytes != 0;
        if (ready && (oldest == lists_.end() || one->second.used < oldest->second.used)) oldest = one;
      }
      lists_.erase(oldest);
    }
  }

  void forget(const std::string& name, std::uint64_t version) {
    const std::lock_guard lock(mutex_);
    const auto found = lists_.find(name);
    if (found != lists_.end() && found->second.version == version) lists_.erase(found);
  }

  mutable std::mutex mutex_;
  std::map<std::string, remembered> lists_{};
  std::uint64_t clock_ = 0;
  std::size_t most_bytes_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// The data of all licences. It is generated from a seed when it is asked for; only what was written is kept,
/// in memory. Any number of threads may use it.
class records {
 public:
  /// At most so many written rows are kept of all licences together.
  static constexpr std::size_t most_kept_rows = 10'000;

  /// Throws std::invalid_argument when there are more packages than ids for them.
  records(std::uint64_t seed, std::uint64_t packages) : seed_(seed), packages_(packages) {
    if (packages > ids_of_place) {
      throw std::invalid_argument("a sandbox of " + std::to_string(packages) +
                                  " packages has no ids for them all: ask for at most " +
                                  std::to_string(ids_of_place));
    }
  }

  /// A collection of a licence as it stands now.
  table open(const collection& of, std::string_view hostname, std::string_view license) const {
    const std::lock_guard lock(mutex_);
    return view(of, hostname, license, current(place(of, hostname, license)));
  }

  /// The rows of `from` that are asked for; remembered for the next pages. Throws `refusal`.
  row_lists::list_ptr select(const table& from, const selection& chosen) {
    const auto name = place(from.of(), from.owner().hostname, from.owner().license) + '\n' + chosen.name();
    return lists_.get(name, from.version(), [&] { return select_rows(from, chosen); });
  }

  /// One write to a licence's data. While it lives no other write runs; what it changes is seen by itself at
  /// once, and by others all together after `commit`, or never.
  class edit {
   public:
    edit(records& of, std::string_view hostname, std::string_view license)
        : records_(&of), lock_(of.writing_), hostname_(hostname), license_(license) {}

    /// The changes to a collection, to be added to.
    changes& of(const collection& which) { return *staged(which); }

    /// A collection with these changes.
    table open(const collection& which) { return records_->view(which, hostname_, license_, staged(which)); }

    /// Throws `refusal` when too much would have to be kept; nothing is changed then.
    void commit() {
      const std::lock_guard lock(records_->mutex_);
      std::size_t kept = 0;
      for (const auto& [where, one] : records_->written_) {
        if (!staged_.contains(where)) kept += one->kept();
      }
      for (const auto& [where, one] : staged_) kept += one->kept();
      if (kept > most_kept_rows) {
        throw refusal(507, "the sandbox keeps at most " + std::to_string(most_kept_rows) +
                               " written rows, in memory: start it anew");
      }
      for (auto& [where, one] : staged_) records_->written_[where] = std::move(one);
      staged_.clear();
    }

   private:
    const std::shared_ptr<changes>& staged(const collection& which) {
      auto& one = staged_[place(which, hostname_, license_)];
      if (!one) {
        const std::lock_guard lock(records_->mutex_);
        one = std::make_shared<changes>(*records_->current(place(which, hostname_, license_)));
      }
      return one;
    }

    records* records_;
    std::unique_lock<std::mutex> lock_;
    std::string hostname_;
    std::string license_;
    std::map<std::string, std::shared_ptr<changes>> staged_{};
  };

 private:
  static std::string place(const collection& of, std::string_view hostname, std::string_view license) {
    return std::string(of.path) + '\n' + std::string(hostname) + '\n' + std::string(license);
  }

  std::shared_ptr<const changes> current(const std::string& where) const {
    const auto found = written_.find(where);
    return found == written_.end() ? unchanged_ : found->second;
  }

  table view(const collection& of, std::string_view hostname, std::string_view license,
             std::shared_ptr<const changes> changed) const {
    return {of, data_owner(seed_, hostname, license), of.size(packages_), std::move(changed)};
  }

  std::uint64_t seed_;
  std::uint64_t packages_;
  std::shared_ptr<const changes> unchanged_ = std::make_shared<const changes>();
  mutable std::mutex mutex_;
  std::mutex writing_;
  std::map<std::string, std::shared_ptr<const changes>> written_{};
  row_lists lists_{};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_FAULTS_FAULT_PLAN_HPP
#define T3API_SANDBOX_FAULTS_FAULT_PLAN_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_SANDBOX_FAULTS_FAULT_HPP
#define T3API_SANDBOX_FAULTS_FAULT_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>


namespace t3api::inline v0_1_0::sandbox {

/// What a header Retry-After can hold (RFC 9110 section 10.2.3), and what it should not.
enum class retry_after_form {
  seconds,    ///< `2`
  http_date,  ///< The date in 2 seconds.
  garbage,    ///< `soon`
  zero,       ///< `0`
  negative,   ///< `-1`
  hour,       ///< `3600`
};

/// An account of the Metrc behind the service.
struct account_name {
  std::string hostname{};  ///< As in `account`.
  std::string username{};  ///< As in `account`.
};

/// Something that goes wrong on demand, so that a test can say "the third page fails twice":
///
///     service.faults().add({.path = "/v2/packages/active", .query = {{"page", "3"}}, .times = 2, .status =
///     500});
///
/// It strikes before the request is authenticated, and before it counts against any limit.
struct fault {
  /// Which requests it strikes: those of this method, or of any.
  std::optional<t3api::method> method{};
  /// Without a query. A star at the end stands for anything: "/v2/packages/*", "*".
  std::string path = "*";
  /// Each of these must be among the request's parameters with this value; others may be there too.
  query_params query{};

  /// How many requests that match get by unharmed first.
  std::uint64_t skip = 0;
  /// How many it strikes then; 0 for all until it is removed.
  std::uint64_t times = 1;

  /// What it does, in this order. How long the request is kept waiting, at most an hour.
  std::chrono::milliseconds delay{};
  /// Whose sessions at Metrc end, and whose password becomes another, before the request is handled.
  std::optional<account_name> account{};
  bool end_sessions = false;  ///< Needs `account`.
  secret new_password{};      ///< Needs `account`; empty for none.
  /// The answer, with nothing done of what the request asks; 0 lets the service answer.
  int status = 0;
  t3api::headers headers{};                       ///< Of that answer.
  std::optional<retry_after_form> retry_after{};  ///< Of that answer.
  /// Without one, a status from 400 on has the usual error body, another has none.
  std::optional<std::string> body{};
  /// What becomes of the answer's bytes; it takes an `http_server` to carry it out.
  std::optional<wire_fault> wire{};
};

namespace faults_detail {

inline void demand(bool holds, const char* sentence) {
  if (!holds) throw std::invalid_argument(sentence);
}

inline void check_match(const fault& f) {
  const auto star = f.path.find('*');
  demand(f.path == "*" || f.path.starts_with('/'),
         "a fault's path starts with a slash, or is * for all paths: write it like /v2/packages/active");
  demand(star == f.path.npos || star + 1 == f.path.size(),
         "a fault's path may have a star at its end only: write it like /v2/packages/*");
  demand(f.path.find('?') == f.path.npos, "a fault's path holds a question mark: give the query by itself");
  demand(!f.path.starts_with("/sandbox/"),
         "faults do not strike the paths below /sandbox/, by which they are ordered: give another path");
}

inline void check_answer(const fault& f) {
  demand(f.status == 0 || (f.status >= 200 && f.status <= 599),
         "a fault's status is from 200 to 599: correct it, or leave it out to let the service answer");
  demand(f.status != 0 || (f.headers.empty() && !f.body && !f.retry_after),
         "a fault with headers, a body or a Retry-After needs a status too: add one, such as 429");
  if (const auto wrong = framing_header(f.headers)) throw std::invalid_argument(wrong->message);
}

inline bool does_something(const std::optional<wire_fault>& w) {
  return w && (w->reset || !w->garbage.empty() || w->cut_after || w->length_error != 0 || w->drip_bytes != 0);
}

inline void check_wire(const wire_fault& w) {
  demand(!w.reset || (w.garbage.empty() && !w.cut_after && w.length_error == 0 && w.drip_bytes == 0),
         "a fault that resets the connection sends nothing: leave out what it does to the bytes");
  demand(w.garbage.empty() || w.length_error == 0,
         "garbage has no Content-Length to falsify: give a fault one of the two");
  demand(w.drip_pause >= w.drip_pause.zero() && w.drip_pause <= std::chrono::hours(1),
         "a fault's pause between drips is from 0 to an hour");
  demand(w.drip_bytes != 0 || w.drip_pause == w.drip_pause.zero(),
         "a fault with a pause between drips needs their size too: add it, such as 1 byte");
}

}  // namespace faults_detail

/// Throws std::invalid_argument, with the sentence to correct it by, for a fault that makes no sense.
inline void check_fault(const fault& f) {
  using faults_detail::demand;
  faults_detail::check_match(f);
  faults_detail::check_answer(f);
  if (f.wire) faults_detail::check_wire(*f.wire);
  demand(f.delay >= f.delay.zero() && f.delay <= std::chrono::hours(1),
         "a fault's delay is from 0 to an hour");
  const bool of_account = f.end_sessions || !f.new_password.empty();
  demand(!of_account || (f.account && !f.account->hostname.empty() && !f.account->username.empty()),
         "a fault that ends sessions or changes a password needs the account: add its hostname and username");
  demand(of_account || !f.account,
         "a fault with an account does nothing to it: let it end its sessions or change its password");
  demand(of_account || f.status != 0 || faults_detail::does_something(f.wire) || f.delay > f.delay.zero(),
         "a fault must do something: give it a status, a delay, or another effect");
}

/// Whether a request is of the kind that the fault strikes.
inline bool matches(const fault& f, t3api::method asked, std::string_view path, const query_params& query) {
  if (f.method && *f.method != asked) return false;
  const std::string_view wanted = f.path;
  const bool right_path =
      wanted.ends_with('*') ? path.starts_with(wanted.substr(0, wanted.size() - 1)) : path == wanted;
  return right_path && std::all_of(f.query.begin(), f.query.end(), [&](const auto& parameter) {
           return std::find(query.begin(), query.end(), parameter) != query.end();
         });
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// A fault of a plan, and how it has fared.
struct planned_fault {
  std::uint64_t id = 0;                           ///< What `remove` wants.
  std::shared_ptr<const sandbox::fault> fault{};  ///< As it was added.
  std::uint64_t matched = 0;  ///< Requests that came to it, whether it struck or let them by.
  std::uint64_t struck = 0;   ///< Requests that it struck.
};

/// A fault that strikes now.
struct struck_fault {
  std::shared_ptr<const sandbox::fault> fault{};  ///< Null when there is none.
  stop_token removed{};                           ///< Stops when it is removed: ends its delay.
};

/// The faults that a service was told to have. A request meets them in the order in which they were added,
/// and the first that strikes is the only one to count it: two faults that strike once each, on the same
/// path, strike one request after the other. A fault that has struck often enough stays in the list and does
/// nothing. Any number of threads may share it, and the counts are exact.
class fault_plan {
 public:
  static constexpr std::size_t most_faults = 1000;  ///< More are refused.

  /// The number by which to remove it. Throws std::invalid_argument for a fault that makes no sense, and
  /// when there are 1000 already.
  std::uint64_t add(fault f) {
    check_fault(f);
    auto kept = std::make_shared<const fault>(std::move(f));
    const std::scoped_lock lock(mutex_);
    if (faults_.size() >= most_faults) {
      throw std::invalid_argument("there are 1000 faults already: remove some, or all");
    }
    entry& added = faults_.emplace_back();
    added.id = ++last_id_;
    added.fault = std::move(kept);
    empty_ = false;
    return last_id_;
  }

  /// All of them, the first added first.
  std::vector<planned_fault> list() const {
    const std::scoped_lock lock(mutex_);
    return {faults_.begin(), faults_.end()};
  }

  /// Removes one, and lets the requests go on that it keeps waiting. Whether there was one with that number.
  bool remove(std::uint64_t id) {
    stop_source waiting(nostopstate);
    {
      const std::scoped_lock lock(mutex_);
      const auto found =
          std::find_if(faults_.begin(), faults_.end(), [&](const entry& e) { return e.id == id; });
      if (found == faults_.end()) return false;
      waiting = std::move(found->waiting);
      faults_.erase(found);
      empty_ = faults_.empty();
    }
    waiting.request_stop();
    return true;
  }

  /// Removes all, and lets the requests go on that a fault keeps waiting.
  void clear() {
    std::vector<entry> removed;
    {
      const std::scoped_lock lock(mutex_);
      std::swap(removed, faults_);
      empty_ = true;
    }
    for (auto& e : removed) e.waiting.request_stop();
  }

  /// The fault that strikes this request, which counts as struck with it.
  struck_fault strike(method asked, std::string_view path, const query_params& query) {
    if (empty_ || path.starts_with("/sandbox/")) return {};
    const std::scoped_lock lock(mutex_);
    for (auto& e : faults_) {
      const fault& f = *e.fault;
      if ((f.times != 0 && e.struck >= f.times) || !matches(f, asked, path, query)) continue;
      if (e.matched++ < f.skip) continue;
      ++e.struck;
      return {.fault = e.fault, .removed = e.waiting.get_token()};
    }
    return {};
  }

 private:
  struct entry : planned_fault {
    stop_source waiting;
  };

  mutable std::mutex mutex_;
  std::vector<entry> faults_;
  std::uint64_t last_id_ = 0;
  std::atomic<bool> empty_{true};  ///< So that a service without faults takes no lock.
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_MEMORY_DATABASE_HPP
#define T3API_SANDBOX_KEYS_MEMORY_DATABASE_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>


namespace t3api::inline v0_1_0::sandbox {

/// Records in the memory of this process; they end with it.
class memory_key_database final : public key_database {
 public:
  /// Keeps a new record, as long as this object lives.
  void add(const key_record& record) override {
    const std::scoped_lock lock(mutex_);
    if (records_.contains(record.id) || by_hash_.contains(record.key_hash)) {
      throw database_error("a secret key with this id or hash is there already: nothing was changed");
    }
    auto& place =
        records_.try_emplace(record.id, row{.record = record, .number = ++last_number_}).first->second;
    try {
      by_hash_.emplace(place.record.key_hash, &place);
      by_owner_.insert(&place);
      by_login_.insert(&place);
    } catch (...) {
      forget(place);
      throw;
    }
  }

  std::optional<key_record> find(std::string_view key_hash) override {
    const std::shared_lock lock(mutex_);
    const auto found = by_hash_.find(key_hash);
    return found == by_hash_.end() ? std::nullopt : std::optional(found->second->record);
  }

  std::vector<key_record> of(const key_owner& owner) override {
    std::vector<key_record> owned;
    const std::shared_lock lock(mutex_);
    for (auto at = by_owner_.lower_bound(owner); at != by_owner_.end() && (*at)->record.owner == owner;
         ++at) {
      owned.push_back((*at)->record);
    }
    return owned;
  }

  bool erase(std::string_view id, const key_owner& owner) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.record.owner != owner) return false;
    forget(found->second);
    return true;
  }

  void set_last_used(const key_record& record, wall_time when) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(record.id);
    if (found == records_.end()) return;
    auto& last = found->second.record.last_used_at;
    if (!last || *last < when) last = when;
  }

  void disable(std::string_view login, wall_time made_until) override {
    const std::scoped_lock lock(mutex_);
    for (auto at = by_login_.lower_bound(login); at != by_login_.end() && (*at)->record.login == login;
         ++at) {
      if ((*at)->record.created_at <= made_until) (*at)->record.is_enabled = false;
    }
  }

  std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                    std::size_t most) override {
    std::vector<key_record> found;
    const std::shared_lock lock(mutex_);
    for (auto at = records_.upper_bound(after); at != records_.end() && found.size() < most; ++at) {
      if (at->second.record.credentials.ring_id != ring_id) found.push_back(at->second.record);
    }
    return found;
  }

  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.record.credentials.bytes != old.bytes) return false;
    found->second.record.credentials = renewed;
    return true;
  }

 private:
  struct row {
    key_record record;
    std::uint64_t number;  ///< In the order in which records came.
  };

  struct owner_order {
    using is_transparent = void;
    static auto age(const row& r) {
      return std::tie(r.record.owner.hostname, r.record.owner.username, r.record.created_at, r.number);
    }
    static auto name(const key_owner& o) { return std::tie(o.hostname, o.username); }

    bool operator()(const row* a, const row* b) const { return age(*a) < age(*b); }
    bool operator()(const row* a, const key_owner& b) const { return name(a->record.owner) < name(b); }
    bool operator()(const key_owner& a, const row* b) const { return name(a) < name(b->record.owner); }
  };

  struct login_order {
    using is_transparent = void;
    bool operator()(const row* a, const row* b) const {
      return std::tie(a->record.login, a->number) < std::tie(b->record.login, b->number);
    }
    bool operator()(const row* a, std::string_view b) const { return a->record.login < b; }
    bool operator()(std::string_view a, const row* b) const { return a < b->record.login; }
  };

  /// Takes a record out, from whichever index it is in.
  void forget(row& gone) {
    by_login_.erase(&gone);
    by_owner_.erase(&gone);
    by_hash_.erase(gone.record.key_hash);
    records_.erase(records_.find(gone.record.id));
  }

  mutable std::shared_mutex mutex_;
  std::map<std::string, row, std::less<>> records_;
  // These name rows, and parts of them that never change, where they lie.
  std::unordered_map<std::string_view, row*> by_hash_;
  std::set<row*, owner_order> by_owner_;
  std::set<row*, login_order> by_login_;
  std::uint64_t last_number_ = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_SECRET_KEYS_HPP
#define T3API_SANDBOX_KEYS_SECRET_KEYS_HPP

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>


namespace t3api::inline v0_1_0::sandbox {

/// The secret keys of a service: opaque UUIDs, each with the credentials it was made from, sealed. Nobody can
/// read a key again after `make`, as only its keyed hash is kept. Any number of threads may share it, and any
/// number of services with the same ring may share the database. Throws `database_error`.
class secret_keys {
 public:
  secret_keys(std::shared_ptr<key_database> database, std::shared_ptr<key_ring_source> ring)
      : database_(std::move(database)),
        ring_(std::move(ring)),
        hash_key_(ring_->ring()->derived("hashes of secret keys")),
        vault_(ring_) {}

  /// A new key for credentials that Metrc has just accepted. `login` is their name among logins.
  secret make(const stored_credentials& credentials, std::string_view login, wall_time now) {
    secret key(detail::make_uuid());
    key_record record{.id = detail::make_uuid(),
                      .key_hash = hash(key.reveal()),
                      .owner = {credentials.hostname, credentials.username},
                      .login = std::string(login),
                      .created_at = now};
    record.credentials = vault_.seal(credentials, record);
    database_->add(record);
    keep_up_with_rotation(credentials, record);
    return key;
  }

  /// What is known of a key, or nothing. The time it takes tells nothing about how much of a wrong key was
  /// right, as only hashes under a key that the caller cannot know are compared. Throws `vault_error` when
  /// the record is not as it was made.
  std::optional<key_record> find(std::string_view key) const {
    std::string text = detail::to_lower(detail::trim(key));
    const std::string key_hash = hash(text);
    detail::wipe(text);
    auto record = database_->find(key_hash);
    if (record)
      record = with_newest(*std::move(record), [this](const key_record& r) { vault_.check_record(r); });
    return record;
  }

  /// The credentials behind a key; nothing when it was deleted meanwhile and does not open any more. Throws
  /// `vault_error`.
  std::optional<stored_credentials> credentials(const key_record& record) const {
    std::optional<stored_credentials> opened;
    with_newest(record, [&](const key_record& r) { opened = vault_.open(r); });
    return opened;
  }

  /// The keys of a user, the oldest first.
  std::vector<key_record> of(const key_owner& owner) const { return database_->of(owner); }

  /// Ends the key of a user with that id: no `find` that starts after this gives it, here or in any service
  /// that shares the database. False when the user has none such.
  bool erase(std::string_view id, const key_owner& owner) { return database_->erase(id, owner); }

  /// Notes that Metrc refused the credentials of a key at that time: all keys made from them until then are
  /// of no use any more. Those made later are, as Metrc has accepted the credentials again.
  void disable(const key_record& record, wall_time refused_at) {
    database_->disable(record.login, refused_at);
  }

  /// Notes that a call which came at `when` got in with the key.
  void used(const key_record& record, wall_time when) { database_->set_last_used(record, when); }

 private:
  std::string hash(std::string_view key) const { return detail::hmac_sha256(hash_key_.reveal(), key); }

  /// A rotation that began while the record was on its way into the database may have missed it. A ring that
  /// changes after this look changes after the record was there to be found.
  void keep_up_with_rotation(const stored_credentials& credentials, key_record& record) {
    while (ring_->fresh_ring()->current().id != record.credentials.ring_id) {
      auto renewed = vault_.seal(credentials, record);
      if (!database_->replace_credentials(record.id, record.credentials, renewed)) return;
      record.credentials = std::move(renewed);
    }
  }

  /// What `use` was done with: the record, or the one in the database when a rotation has put it under a key
  /// that outlives the one of `record`. Nothing when it was erased meanwhile and its key is gone too.
  template <class Use>
  std::optional<key_record> with_newest(key_record record, const Use& use) const {
    for (;;) {
      try {
        use(record);
        return record;
      } catch (const vault_error&) {
        auto now = database_->find(record.key_hash);
        if (now && now->credentials.bytes == record.credentials.bytes) throw;
        if (!now) return std::nullopt;
        record = *std::move(now);
      }
    }
  }

  const std::shared_ptr<key_database> database_;
  const std::shared_ptr<key_ring_source> ring_;
  const secret hash_key_;
  const vault vault_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_LIMITS_LIMITS_HPP
#define T3API_SANDBOX_LIMITS_LIMITS_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_SANDBOX_LIMITS_FAILURE_LIMIT_HPP
#define T3API_SANDBOX_LIMITS_FAILURE_LIMIT_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#ifndef T3API_SANDBOX_LIMITS_BOUNDED_TABLE_HPP
#define T3API_SANDBOX_LIMITS_BOUNDED_TABLE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>


namespace t3api::inline v0_1_0::sandbox {

/// Small values by names that strangers choose, in bounded memory: at most twice `capacity` values, those
/// that were asked for longest ago are forgotten first, and each step takes the same short time. Names are
/// kept as hashes under a random key, so that they are short, tell nothing, and nobody can choose two that
/// collide. `hash` is for any number of threads, the rest for one at a time.
template <class Value>
class bounded_table {
 public:
  using hashed = std::array<std::uint64_t, 2>;

  explicit bounded_table(std::size_t capacity) : capacity_(capacity) {}

  /// What the table knows a name by.
  hashed hash(std::string_view name) const {
    const std::string bytes = detail::hmac_sha256(key_, name);
    hashed words;
    std::memcpy(words.data(), bytes.data(), sizeof words);
    return words;
  }

  /// The value of the name with that hash, made when there is none; the reference is good until the next
  /// call.
  Value& operator[](const hashed& key) {
    if (const auto found = recent_.find(key); found != recent_.end()) return found->second;
    if (recent_.size() >= capacity_) {
      older_ = std::move(recent_);
      recent_.clear();
    }
    Value value{};
    if (const auto found = older_.find(key); found != older_.end()) {
      value = std::move(found->second);
      older_.erase(found);
    }
    return recent_.emplace(key, std::move(value)).first->second;
  }

  std::size_t size() const noexcept { return recent_.size() + older_.size(); }

 private:
  struct first_word {
    std::size_t operator()(const hashed& key) const noexcept { return static_cast<std::size_t>(key[0]); }
  };
  using map = std::unordered_map<hashed, Value, first_word>;

  std::size_t capacity_;
  const std::string key_ = detail::random_bytes(32);
  map recent_, older_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// How many attempts may fail under each name in a window of time, which begins with the first failure.
/// Success takes nothing back, only time does: else whoever can log in once could guess on for ever. An
/// attempt that is under way may still fail and holds a place; when the last places are held, others wait for
/// them for a short while. So however many threads try at once, never more than the limit fail, and those who
/// are right are not refused for the number of their threads unless logins are slow. Any number of threads
/// may share it.
class failure_limit {
 public:
  /// `most` is 0 for no limit. Names beyond `capacity` push out those seen longest ago, which then start
  /// anew: guessing on in that way takes thousands of other failures for each few guesses. `patience` is how
  /// long an attempt waits for a place, and its thread with it.
  failure_limit(unsigned most, std::chrono::seconds window, std::size_t capacity = 50'000,
                std::chrono::milliseconds patience = std::chrono::seconds(2))
      : most_(most), window_(window), patience_(patience), names_(capacity) {}

  /// Begins an attempt, which `end` must end; or, when too many have failed or no place became free, how long
  /// to wait: whole seconds, at least one. When `stop` asks to stop, no place is waited for any longer.
  std::optional<std::chrono::seconds> begin(std::string_view name, const t3api::clock& clock,
                                            const stop_token& stop = {}) {
    if (most_ == 0) return std::nullopt;
    const auto hash = names_.hash(name);
    const auto give_up = std::chrono::steady_clock::now() + patience_;
    std::unique_lock lock(mutex_);
    for (bool late = false;;) {
      const auto now = clock.now();
      tally& w = open_tally(hash, now);
      if (w.failed >= most_) return std::chrono::ceil<std::chrono::seconds>(w.ends - now);
      if (w.failed + w.pending < most_) {
        ++w.pending;
        return std::nullopt;
      }
      if (late) return std::chrono::seconds(1);
      late = !ended_.wait_until(lock, stop, give_up, [this, seen = ends_] { return ends_ != seen; });
    }
  }

  void end(std::string_view name, bool failed, const t3api::clock& clock) {
    if (most_ == 0) return;
    const auto hash = names_.hash(name);
    {
      const std::scoped_lock lock(mutex_);
      const auto now = clock.now();
      tally& w = open_tally(hash, now);
      ++ends_;
      if (w.pending > 0) --w.pending;  // None when other names have pushed it out meanwhile.
      if (failed) {
        if (w.failed == 0) w.ends = now + window_;
        ++w.failed;
      }
    }
    ended_.notify_all();
  }

  /// How many names it remembers: at most twice the capacity.
  std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return names_.size();
  }

 private:
  struct tally {
    unsigned failed = 0;
    unsigned pending = 0;
    steady_time ends = (steady_time::min)();
  };

  tally& open_tally(const bounded_table<tally>::hashed& hash, steady_time now) {
    tally& w = names_[hash];
    if (w.ends <= now) w.failed = 0;
    return w;
  }

  const unsigned most_;
  const std::chrono::seconds window_;
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  detail::stoppable_condition ended_;
  std::uint64_t ends_ = 0;  ///< How many attempts have ended.
  bounded_table<tally> names_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_LIMITS_REQUEST_LIMIT_HPP
#define T3API_SANDBOX_LIMITS_REQUEST_LIMIT_HPP

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// How many requests each user may make in a window of time. The window begins with a user's first request;
/// when it is over, the next request begins another. Such a window, unlike a bucket that fills drop by drop,
/// makes the numbers exact: a test that sends 601 requests sees one 429, and the wait it is told is the whole
/// truth. The price is that two windows side by side can let through twice the limit in a short time. Any
/// number of threads may share it; exactly the limit gets through.
class request_limit {
 public:
  /// `most` is 0 for no limit. Of more than `capacity` users those who came longest ago start anew.
  explicit request_limit(unsigned most, std::chrono::seconds window = std::chrono::minutes(1),
                         std::size_t capacity = 50'000)
      : most_(most), window_(window), users_(capacity) {}

  unsigned most() const noexcept { return most_; }

  /// Counts one request. When there were too many, it is not counted, and this is how long to wait: whole
  /// seconds, at least one.
  std::optional<std::chrono::seconds> take(std::string_view user, steady_time now) {
    if (most_ == 0) return std::nullopt;
    const auto name = users_.hash(user);
    const std::scoped_lock lock(mutex_);
    tally& mine = users_[name];
    if (mine.ends <= now) mine = {.count = 0, .ends = now + window_};
    if (mine.count >= most_) return std::chrono::ceil<std::chrono::seconds>(mine.ends - now);
    ++mine.count;
    return std::nullopt;
  }

 private:
  struct tally {
    unsigned count = 0;
    steady_time ends = (steady_time::min)();
  };

  const unsigned most_;
  const std::chrono::seconds window_;
  std::mutex mutex_;
  bounded_table<tally> users_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_METRC_UPSTREAM_HPP
#define T3API_SANDBOX_METRC_UPSTREAM_HPP

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>


namespace t3api::inline v0_1_0::sandbox {

/// What a login at Metrc needs.
struct metrc_login {
  std::string hostname{};  ///< Canonical, as `canonical_hostname` makes it.
  std::string username{};  ///< As it was submitted.
  secret password{};       ///< As it was submitted.
  std::string otp{};       ///< Six digits, or empty.
  std::string email{};     ///< Or empty.
};

/// Whose session it is, and what it may read.
struct metrc_user {
  std::string hostname{};               ///< Canonical.
  std::string username{};               ///< Exactly as in Metrc.
  std::vector<std::string> licenses{};  ///< Licence numbers.
};

/// A login that Metrc remembers.
struct metrc_session {
  std::string id{};                          ///< By which `find_session` finds it.
  std::shared_ptr<const metrc_user> user{};  ///< Never null.
};

/// Why Metrc refused a login. Whoever asks over the wire gets one and the same answer for all but the last.
enum class metrc_refusal {
  credentials,  ///< Unknown user, wrong password or wrong e-mail address.
  otp_wrong,    ///< No one-time password, or a wrong one, with all else right.
  otp_used,     ///< The right one-time password, but it was used before: the next one will do.
  locked,       ///< The account is locked, whatever was sent.
  unavailable,  ///< Metrc is in trouble, whatever was sent.
};

/// A session, or why there is none.
struct metrc_answer {
  std::optional<metrc_session> session{};              ///< Nothing when the login was refused.
  metrc_refusal refusal = metrc_refusal::credentials;  ///< Counts without a session only.
  /// False when the refusal rests on what may be out of date: no reason to give the credentials up.
  bool certain = true;
};

/// What the service needs of a Metrc, simulated or real. Any number of threads call it at once. A Metrc may
/// have more, which is used when it is there:
///
/// - `login(const metrc_login&, stop_token)`: the same, and ends soon when it is asked to stop.
/// - `bool is_certain()`: whether a refusal would be certain at the moment.
/// - `bool has_account(hostname, username)`: faults for accounts that are not there are refused.
/// - `bool end_sessions(hostname, username)`, `bool change_password(hostname, username, secret)`: faults can
///   do this; false when there is no such account.
/// - The controls and counts of `simulated_metrc`: `/sandbox/metrc` reaches them.
template <class T>
concept metrc_upstream = requires(T& metrc, const metrc_login& login, std::string_view session_id) {
  { metrc.login(login) } -> std::same_as<metrc_answer>;
  { metrc.find_session(session_id) } -> std::same_as<std::optional<metrc_session>>;
};

/// A login that ends soon when `stop` asks to stop, if that Metrc can be asked.
template <metrc_upstream Metrc>
metrc_answer log_in(Metrc& metrc, const metrc_login& login, const stop_token& stop) {
  if constexpr (requires {
                  { metrc.login(login, stop) } -> std::same_as<metrc_answer>;
                }) {
    return metrc.login(login, stop);
  } else {
    return metrc.login(login);
  }
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// 429, with the header Retry-After.
inline refusal too_many(const std::string& what, std::chrono::seconds wait) {
  const std::string seconds = std::to_string(wait.count());
  return {429, what + ": try again in " + seconds + " s", {{"Retry-After", seconds}}};
}

/// The limits of one service: how often a user may call, how often logins may fail. Several services that
/// share a key database count each for itself. Any number of threads may share it.
class service_limits {
 public:
  service_limits(const settings& limits, std::shared_ptr<t3api::clock> clock)
      : clock_(std::move(clock)),
        requests_(limits.requests_per_minute),
        of_account_(limits.failed_logins_per_account, limits.login_window),
        of_address_(limits.failed_logins_per_address, limits.login_window) {}

  /// Counts a request of this user, whatever the way in. Throws `refusal` (429) when there were too many.
  void count_request(const metrc_user& user) {
    const auto wait = requests_.take(user.hostname + "\n" + user.username, clock_->now());
    if (wait) {
      throw too_many("this user has made " + std::to_string(requests_.most()) + " requests in a minute",
                     *wait);
    }
  }

  /// Of how many accounts it remembers attempts to log in.
  std::size_t known_accounts() const { return of_account_.size(); }

 private:
  friend class login_attempt;

  const std::shared_ptr<t3api::clock> clock_;
  request_limit requests_;
  failure_limit of_account_;
  failure_limit of_address_;
};

/// One login, from before anything is done for it until it is known whether it failed. To be told through
/// `failed`; what ends in any other way does not count.
class login_attempt {
 public:
  /// `account` is what was submitted, known or not. `address` may be empty: then only the account counts. An
  /// IPv6 address counts as its network of 64 bits.
  /// Throws `refusal`: 429 when too many logins have failed for that account or from that address, whether
  /// this one would be right or not; 503 when `stop` asks to stop while it waits for others.
  login_attempt(service_limits& limits, std::string account, std::string_view address,
                const stop_token& stop = {}) {
    // The address first: what a blocked one tries must not push other accounts out of memory.
    if (!address.empty()) {
      of_address_.emplace(limits.of_address_, *limits.clock_, counted_address(address), stop,
                          "too many logins from this address have failed or are under way");
    }
    of_account_.emplace(limits.of_account_, *limits.clock_, std::move(account), stop,
                        "too many logins for this account have failed or are under way");
  }

  /// Lets the login count as failed, and hands `why` back: `throw attempt.failed(login_refused())`.
  refusal failed(refusal why) noexcept {
    of_account_->failed = true;
    if (of_address_) of_address_->failed = true;
    return why;
  }

 private:
  struct place {
    place(failure_limit& limit_, const t3api::clock& clock_, std::string name_, const stop_token& stop,
          const char* otherwise)
        : limit(limit_), clock(clock_), name(std::move(name_)) {
      const auto wait = limit.begin(name, clock, stop);
      if (wait && stop.stop_requested()) {
        throw refusal(503, "the service is about to end: try again in 1 s", {{"Retry-After", "1"}});
      }
      if (wait) throw too_many(otherwise, *wait);
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { limit.end(name, failed, clock); }

    failure_limit& limit;
    const t3api::clock& clock;
    const std::string name;
    bool failed = false;
  };

  std::optional<place> of_address_;
  std::optional<place> of_account_;
};

/// The name of an account among login attempts. `hostname` is canonical.
inline std::string attempted_account(std::string_view hostname, std::string_view username) {
  return "account " + std::string(hostname) + "\n" + std::string(username);
}

/// The name of an API key among login attempts; the key itself is not in it.
inline std::string attempted_api_key(std::string_view key, std::string_view state_code) {
  return "key " + std::string(state_code) + "\n" + detail::sha256(key);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_LIMITS_TROUBLE_REPORT_HPP
#define T3API_SANDBOX_LIMITS_TROUBLE_REPORT_HPP

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>


namespace t3api::inline v0_1_0::sandbox {

/// Tells whoever runs a service what is wrong, the same sentence at most once a minute. Any number of threads
/// may share it.
class trouble_report {
 public:
  /// Without `tell` nobody is told.
  explicit trouble_report(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

  /// Never fails: what `tell` throws is ignored.
  void operator()(const std::string& sentence, steady_time now) noexcept {
    if (!tell_) return;
    try {
      if (is_due(sentence, now)) tell_(sentence);
    } catch (...) {
    }
  }

 private:
  bool is_due(const std::string& sentence, steady_time now) {
    const auto name = told_.hash(sentence);
    const std::scoped_lock lock(mutex_);
    auto& told_at = told_[name];
    if (told_at && now < *told_at + std::chrono::minutes(1)) return false;
    told_at = now;
    return true;
  }

  const std::function<void(const std::string&)> tell_;
  std::mutex mutex_;
  bounded_table<std::optional<steady_time>> told_{100};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_SESSIONS_SESSION_CACHE_HPP
#define T3API_SANDBOX_SESSIONS_SESSION_CACHE_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_SANDBOX_SESSIONS_NEAR_MEMORY_HPP
#define T3API_SANDBOX_SESSIONS_NEAR_MEMORY_HPP

#include <chrono>
#include <cstddef>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

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

namespace t3api::inline v0_1_0::sandbox {

/// Small values in the memory of this process, at most `capacity` of them: what was not asked for longest
/// makes room. Any number of threads may share it.
class near_memory {
 public:
  near_memory(std::shared_ptr<t3api::clock> clock, std::size_t capacity)
      : clock_(std::move(clock)), capacity_(capacity) {}

  std::optional<std::string> get(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return std::nullopt;
    if (found->second->end <= clock_->now()) {
      forget(found->second);
      return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return std::string(found->second->value.reveal());
  }

  /// For a time of zero or less it is `erase`.
  void put(std::string_view name, std::string_view value, std::chrono::milliseconds time) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) forget(found->second);
    if (time <= time.zero()) return;
    while (!entries_.empty() && entries_.size() >= capacity_) forget(std::prev(entries_.end()));
    entries_.push_front(
        {std::string(name), secret(value), clock_->now() + t3api::detail::kept_lifetime(time)});
    by_name_.emplace(entries_.front().name, entries_.begin());
  }

  std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return entries_.size();
  }

 private:
  struct entry {
    std::string name;
    secret value;
    steady_time end;
  };
  using place = std::list<entry>::iterator;

  void forget(place gone) {
    by_name_.erase(gone->name);
    entries_.erase(gone);
  }

  const std::shared_ptr<t3api::clock> clock_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<entry> entries_;  ///< What was asked for last comes first.
  std::unordered_map<std::string_view, place> by_name_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_STORE_ANY_HPP
#define T3API_STORE_ANY_HPP

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
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

namespace t3api::inline v0_1_0 {

/// Any store, chosen at run time. Copies are handles of the same store, as with each store itself.
class any_store {
 public:
  /// Takes any store.
  template <store S>
  requires(!std::same_as<S, any_store>) any_store(S kept)
      : held_(std::make_shared<held<S>>(std::move(kept))) {}

  result<std::optional<stored_value>> get(std::string_view key) { return held_->get(key); }
  std::optional<error> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    return held_->put(key, value, ttl);
  }
  std::optional<error> erase(std::string_view key) { return held_->erase(key); }
  result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) {
    return held_->claim(key, owner, ttl);
  }
  std::optional<error> release(std::string_view key, std::string_view owner) {
    return held_->release(key, owner);
  }

 private:
  struct operations {
    virtual ~operations() = default;
    virtual result<std::optional<stored_value>> get(std::string_view key) = 0;
    virtual std::optional<error> put(std::string_view key, std::string_view value,
                                     std::chrono::milliseconds ttl) = 0;
    virtual std::optional<error> erase(std::string_view key) = 0;
    virtual result<bool> claim(std::string_view key, std::string_view owner,
                               std::chrono::milliseconds ttl) = 0;
    virtual std::optional<error> release(std::string_view key, std::string_view owner) = 0;
  };

  template <class S>
  struct held final : operations {
    explicit held(S kept_) : kept(std::move(kept_)) {}
    result<std::optional<stored_value>> get(std::string_view key) override { return kept.get(key); }
    std::optional<error> put(std::string_view key, std::string_view value,
                             std::chrono::milliseconds ttl) override {
      return kept.put(key, value, ttl);
    }
    std::optional<error> erase(std::string_view key) override { return kept.erase(key); }
    result<bool> claim(std::string_view key, std::string_view owner, std::chrono::milliseconds ttl) override {
      return kept.claim(key, owner, ttl);
    }
    std::optional<error> release(std::string_view key, std::string_view owner) override {
      return kept.release(key, owner);
    }
    S kept;
  };

  std::shared_ptr<operations> held_;
};

static_assert(store<any_store>);

}  // namespace t3api::inline v0_1_0

#endif

namespace t3api::inline v0_1_0::sandbox {

/// Where a service remembers the ids of its Metrc sessions, by names of its own: in this process and, when
/// there is a store that other services share, there too, sealed. A store that fails costs what only it knew,
/// and what somebody put there who does not have the key is not there at all; Metrc alone says whether a
/// session is still open. Any number of threads may share it.
class session_cache {
 public:
  /// How much a process remembers, so that endless logins cannot exhaust its memory.
  static constexpr std::size_t most_remembered = 100'000;

  /// `key` has 32 bytes and is the same for all who share the store.
  session_cache(std::shared_ptr<t3api::clock> clock, std::optional<any_store> shared, secret key,
                std::size_t capacity = most_remembered)
      : near_(std::move(clock), capacity), shared_(std::move(shared)), key_(std::move(key)) {}

  /// What this process remembers.
  std::optional<std::string> nearby(std::string_view name) { return near_.get(name); }

  /// What the services remember together; what this one does when there is no store, or when it fails.
  std::optional<std::string> shared(std::string_view name) {
    if (!shared_) return nearby(name);
    const auto kept = shared_->get(name);
    if (!kept) return nearby(name);
    if (!*kept) return std::nullopt;
    return detail::unseal(key_.reveal(), (*kept)->value, place_of(name));
  }

  /// Remembers something in this process alone.
  void put_near(std::string_view name, std::string_view value, std::chrono::milliseconds time) {
    near_.put(name, value, time);
  }
  /// Remembers something for all.
  void put(std::string_view name, std::string_view value, std::chrono::milliseconds time) {
    near_.put(name, value, time);
    if (shared_) shared_->put(name, detail::seal(key_.reveal(), value, place_of(name)), time);
  }

  /// Takes a name for `owner` until `release`, or for `lease`, unless another service has it. Without a store
  /// to ask there is nobody to wait for.
  bool claim(std::string_view name, std::string_view owner, std::chrono::milliseconds lease) {
    if (!shared_) return true;
    const auto taken = shared_->claim(name, owner, lease);
    return !taken || *taken;
  }
  void release(std::string_view name, std::string_view owner) {
    if (shared_) shared_->release(name, owner);
  }

 private:
  static std::string place_of(std::string_view name) { return "session cache/" + std::string(name); }

  near_memory near_;
  std::optional<any_store> shared_;
  const secret key_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_SESSIONS_UPSTREAM_SESSIONS_HPP
#define T3API_SANDBOX_SESSIONS_UPSTREAM_SESSIONS_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#ifndef T3API_SANDBOX_METRC_TOTP_HPP
#define T3API_SANDBOX_METRC_TOTP_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// How long one password is the current one (RFC 6238 section 4.1).
inline constexpr std::chrono::seconds totp_period{30};

/// The number of whole periods since 1970.
inline std::int64_t totp_step(wall_time now) noexcept {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count() / totp_period.count();
}

/// The six digits of one step (RFC 6238 with SHA-1, RFC 4226 section 5.3). `key` is the seed's bytes, not its
/// Base32.
inline std::string totp_code(std::string_view key, std::int64_t step) {
  std::string counter(8, '\0');
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<char>((static_cast<std::uint64_t>(step) >> (56 - 8 * i)) & 0xFFU);
  }
  const std::string mac = detail::hmac_sha1(key, counter);
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(mac[at]));
  };
  const std::size_t at = byte(19) & 15U;
  const std::uint32_t number =
      (byte(at) & 0x7FU) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
  std::string digits = std::to_string(number % 1'000'000);
  digits.insert(0, 6 - digits.size(), '0');
  return digits;
}

/// What became of a one-time password.
enum class otp_verdict {
  accepted,
  wrong,  ///< It belongs to no step near the present one.
  used,   ///< It is right, but it or a later one was accepted before.
};

/// Checks the one-time passwords of one seed. Any number of threads may share it.
class otp_verifier {
 public:
  /// `key` is the seed's bytes, not its Base32.
  explicit otp_verifier(std::string_view key) : key_(key) {}

  /// Accepts the code of this step or of one beside it, for clocks that differ a little (RFC 6238
  /// section 5.2), and no step twice nor one before the last accepted: of many threads with one code, one
  /// gets `accepted`. The work is the same for every code. With `use` false none is used up, and one that is
  /// right is `used`.
  otp_verdict judge(std::string_view code, wall_time now, bool use = true) {
    const std::int64_t present = totp_step(now);
    auto verdict = otp_verdict::wrong;
    for (std::int64_t step = present - 1; step <= present + 1; ++step) {
      if (!detail::constant_time_equal(totp_code(key_.reveal(), step), code)) continue;
      if (verdict != otp_verdict::accepted) verdict = otp_verdict::used;
      if (use && take(step)) verdict = otp_verdict::accepted;
    }
    return verdict;
  }

 private:
  bool take(std::int64_t step) noexcept {
    std::int64_t last = last_step_.load();
    while (step > last) {
      if (last_step_.compare_exchange_weak(last, step)) return true;
    }
    return false;
  }

  secret key_;
  std::atomic<std::int64_t> last_step_{-1};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_SESSIONS_LOGIN_OUTCOME_HPP
#define T3API_SANDBOX_SESSIONS_LOGIN_OUTCOME_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// What came of the last login with kept credentials, in a form that can be remembered.
struct login_outcome {
  std::string session_id{};  ///< Empty when Metrc refused.
  metrc_refusal refusal = metrc_refusal::credentials;
  wall_time when{};   ///< When the refused login began.
  wall_time until{};  ///< When to try again; the same as `when` if that is of no use.

  bool is_final() const noexcept { return until <= when; }
};

inline std::string to_text(const login_outcome& outcome) {
  if (!outcome.session_id.empty()) return "open " + outcome.session_id;
  const auto number = [](wall_time t) {
    return std::to_string(std::chrono::nanoseconds(t.time_since_epoch()).count());
  };
  return "refused " + std::to_string(static_cast<int>(outcome.refusal)) + " " + number(outcome.when) + " " +
         number(outcome.until);
}

/// Nothing for what `to_text` does not make.
inline std::optional<login_outcome> login_outcome_from(std::string_view text) {
  const auto next = [&text] {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size() < text.size() ? word.size() + 1 : word.size());
    return word;
  };
  const auto kind = next();
  if (kind == "open" && !text.empty()) return login_outcome{.session_id = std::string(text)};
  if (kind != "refused") return std::nullopt;
  const auto refusal = detail::parse_decimal(next());
  const auto when = detail::parse_decimal(next());
  const auto until = detail::parse_decimal(next());
  constexpr std::uint64_t far_future = 1ULL << 62U;  // In the year 2116; later times could overflow.
  if (!refusal || *refusal > static_cast<std::uint64_t>(metrc_refusal::unavailable) || !when || !until ||
      *when > far_future || *until > far_future || !text.empty()) {
    return std::nullopt;
  }
  const auto time = [](std::uint64_t ns) {
    return wall_time(std::chrono::duration_cast<wall_time::duration>(std::chrono::nanoseconds(ns)));
  };
  return login_outcome{
      .refusal = static_cast<metrc_refusal>(*refusal), .when = time(*when), .until = time(*until)};
}

}  // namespace t3api::inline v0_1_0::sandbox

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

namespace t3api::inline v0_1_0::sandbox {

/// What came of asking for a session of kept credentials.
struct kept_session {
  std::optional<metrc_session> session{};
  metrc_refusal refusal = metrc_refusal::credentials;  ///< Why there is none.
  /// How long it is useless to ask again. Whole seconds, at least one. Zero when asking again cannot help:
  /// Metrc refused the credentials.
  std::chrono::seconds retry_after{0};
  /// Since when Metrc is known to refuse the credentials, which it told this very process: the start of that
  /// login. Nothing when it has only heard of it.
  std::optional<wall_time> refused_at{};
};

/// Credentials when they are needed, and only then: it may have to decrypt them.
using credentials_source = std::function<stored_credentials()>;

/// The Metrc sessions of credentials that the service keeps. When one has ended it logs in again, with one
/// login however many threads and services ask. Credentials that Metrc refused are not tried again, so a
/// changed password cannot make a storm of failing logins; a locked account is tried again after 5 seconds, a
/// Metrc in trouble after one. Credentials that a Metrc refused without being certain are tried again after
/// 30 seconds, and after twice as long each time, up to 10 minutes; at once when that Metrc is certain again.
/// Any number of threads may share it.
template <metrc_upstream Metrc>
class upstream_sessions {
 public:
  /// How long a service that died during a login can keep the others from trying.
  static constexpr std::chrono::seconds lease{10};

  /// A caller waits for another's login as long as `patience`. Who is asked to stop waits no longer and is
  /// told to ask again.
  upstream_sessions(std::shared_ptr<Metrc> metrc, std::shared_ptr<t3api::clock> clock,
                    std::shared_ptr<session_cache> cache, secret naming_key,
                    std::chrono::milliseconds patience = std::chrono::seconds(30))
      : metrc_(std::move(metrc)),
        clock_(std::move(clock)),
        cache_(std::move(cache)),
        naming_key_(std::move(naming_key)),
        patience_(patience) {}

  /// The name of these credentials among logins: the same for the same credentials, and of no use to who does
  /// not have the naming key.
  std::string name_of(const stored_credentials& c) const {
    std::string hashes;
    for (const std::string_view part :
         {std::string_view(c.hostname), std::string_view(c.username), c.password.reveal(),
          std::string_view(c.email), c.otp_seed.reveal()}) {
      hashes += detail::hmac_sha256(naming_key_.reveal(), part);
    }
    return detail::hmac_sha256(naming_key_.reveal(), hashes);
  }

  /// The session at hand, or a new one when it has ended; it is the owner's, whatever the cache says.
  /// Refusals from before `made`, when Metrc accepted the credentials, count for nothing. What `credentials`
  /// throws goes through.
  kept_session session(const std::string& name, const key_owner& owner, const credentials_source& credentials,
                       wall_time made = {}, const stop_token& stop = {}) {
    if (auto open = still_open(nearby(name), owner)) return {.session = std::move(open)};
    const auto one_at_a_time = lock_of(name);
    if (!one_at_a_time->try_lock_for(patience_, stop)) return busy();
    const std::lock_guard<timed_lock> until_done(*one_at_a_time, std::adopt_lock);

    const auto mine = nearby(name);
    if (auto open = still_open(mine, owner)) return {.session = std::move(open)};
    if (const auto refused = still_refused(mine, made)) {
      // A session of another service, ended or not, means that the credentials were accepted again.
      if (!mine->is_final() || !is_session(shared(name))) return *refused;
    }
    const turn my_turn(*this, name, stop);
    if (!my_turn.has_come()) return busy();
    const auto heard = shared(name);
    if (auto open = still_open(heard, owner)) return remembered(name, *heard, std::move(open));
    if (auto refused = still_refused(heard, made)) {
      refused->refused_at.reset();
      return *refused;
    }
    const auto doubt = last_doubt(name);
    if (const auto wait = still_in_doubt(doubt, made)) return *wait;
    return log_in(name, owner, credentials(), {.made = made, .heard = heard, .doubt = doubt}, stop);
  }

  /// A new session from a real login, whatever is at hand; this is how credentials are verified. It waits for
  /// a login that is under way with the same ones. A refusal, certain or not, is not remembered, so that
  /// whoever tries out passwords fills no memory.
  kept_session fresh_session(const std::string& name, const stored_credentials& credentials,
                             const stop_token& stop = {}) {
    const auto one_at_a_time = lock_of(name);
    if (!one_at_a_time->try_lock_for(patience_, stop)) return busy();
    const std::lock_guard<timed_lock> until_done(*one_at_a_time, std::adopt_lock);
    const turn my_turn(*this, name, stop);
    if (!my_turn.has_come()) return busy();
    auto tried = try_login(credentials, stop);
    if (tried.kept.session) keep(name, *tried.kept.session);
    return std::move(tried.kept);
  }

 private:
  using timed_lock = t3api::detail::timed_lock;

  /// The right to log in, among all services that share the cache; taken when another does not let go in
  /// time. It does not come to who is asked to stop before.
  class turn {
   public:
    turn(upstream_sessions& of, const std::string& name, const stop_token& stop)
        : of_(of), name_("login/" + name), has_come_(!stop.stop_requested()) {
      const auto end = of_.clock_->now() + lease;
      while (has_come_ && !of_.cache_->claim(name_, owner_, lease) && of_.clock_->now() < end) {
        has_come_ = of_.clock_->wait_until(of_.clock_->now() + std::chrono::milliseconds(20), stop);
      }
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { of_.cache_->release(name_, owner_); }

    bool has_come() const noexcept { return has_come_; }

   private:
    upstream_sessions& of_;
    const std::string name_;
    const std::string owner_ = detail::make_uuid();
    bool has_come_;
  };

  /// What is known of credentials before a login.
  struct background {
    wall_time made{};
    std::optional<login_outcome> heard{};  ///< From the services together.
    std::optional<login_outcome> doubt{};  ///< The last refusal that was not certain.
  };

  static constexpr std::chrono::hours longest_session{24};
  static constexpr std::chrono::hours longest_refusal{24};
  static constexpr std::size_t most_locks = 20'000;

  static std::string cached(const std::string& name) { return "session/" + name; }
  static std::string doubtful(const std::string& name) { return "doubt/" + name; }

  static std::optional<login_outcome> read(const std::optional<std::string>& text) {
    return text ? login_outcome_from(*text) : std::nullopt;
  }
  std::optional<login_outcome> nearby(const std::string& name) { return read(cache_->nearby(cached(name))); }
  std::optional<login_outcome> shared(const std::string& name) { return read(cache_->shared(cached(name))); }

  static bool is_session(const std::optional<login_outcome>& outcome) {
    return outcome && !outcome->session_id.empty();
  }

  std::optional<metrc_session> still_open(const std::optional<login_outcome>& outcome,
                                          const key_owner& owner) {
    if (!is_session(outcome)) return std::nullopt;
    auto session = metrc_->find_session(outcome->session_id);
    if (session && (session->user->hostname != owner.hostname || session->user->username != owner.username)) {
      return std::nullopt;
    }
    return session;
  }

  kept_session remembered(const std::string& name, const login_outcome& heard,
                          std::optional<metrc_session> open) {
    cache_->put_near(cached(name), to_text(heard), longest_session);
    return {.session = std::move(open)};
  }

  std::optional<kept_session> still_refused(const std::optional<login_outcome>& outcome,
                                            wall_time made) const {
    if (!outcome || is_session(outcome) || outcome->when < made) return std::nullopt;
    if (outcome->is_final()) return kept_session{.refusal = outcome->refusal, .refused_at = outcome->when};
    return to_wait_out(*outcome, longest_pause);
  }

  /// Nothing when it is time to try again.
  std::optional<kept_session> to_wait_out(const login_outcome& refused, std::chrono::seconds longest) const {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(refused.until - clock_->wall_now());
    if (wait.count() <= 0) return std::nullopt;
    return kept_session{.refusal = refused.refusal, .retry_after = (std::min)(wait, longest)};
  }

  static kept_session busy() {
    return {.refusal = metrc_refusal::unavailable, .retry_after = pause_when_unavailable};
  }

  std::shared_ptr<timed_lock> lock_of(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    if (locks_.size() >= most_locks) {
      std::erase_if(locks_, [](const auto& item) { return item.second.use_count() == 1; });
    }
    auto& found = locks_[name];
    if (!found) found = std::make_shared<timed_lock>();
    return found;
  }

  void keep(const std::string& name, const metrc_session& session) {
    cache_->put(cached(name), to_text({.session_id = session.id}), longest_session);
    cache_->put_near(doubtful(name), "", std::chrono::seconds(0));
  }

  /// In this process alone, as a Metrc that is not certain has lost touch with the others.
  std::optional<login_outcome> last_doubt(const std::string& name) {
    return read(cache_->nearby(doubtful(name)));
  }

  std::optional<kept_session> still_in_doubt(const std::optional<login_outcome>& doubt, wall_time made) {
    if (!doubt || doubt->when < made) return std::nullopt;
    auto wait = to_wait_out(*doubt, longest_doubt);
    if constexpr (requires { static_cast<bool>(metrc_->is_certain()); }) {
      if (wait && metrc_->is_certain()) return std::nullopt;
    }
    return wait;
  }

  kept_session doubt_refusal(const std::string& name, wall_time when,
                             const std::optional<login_outcome>& before) {
    const auto last = before ? std::chrono::floor<std::chrono::seconds>(before->until - before->when)
                             : std::chrono::seconds(0);
    const auto pause = (std::clamp)(2 * last, shortest_doubt, longest_doubt);
    const login_outcome doubt{.refusal = metrc_refusal::unavailable,
                              .when = when,
                              .until = (std::max)(clock_->wall_now(), when) + pause};
    cache_->put_near(doubtful(name), to_text(doubt), 2 * longest_doubt);
    return {.refusal = doubt.refusal, .retry_after = pause};
  }

  kept_session log_in(const std::string& name, const key_owner& owner, const stored_credentials& credentials,
                      const background& known, const stop_token& stop) {
    auto [kept, started, is_certain] = try_login(credentials, stop);
    if (kept.session) {
      keep(name, *kept.session);
      return std::move(kept);
    }
    // A login that outlasted its turn may end after one that began later and was accepted.
    if (const auto heard = shared(name);
        is_session(heard) && (!known.heard || heard->session_id != known.heard->session_id)) {
      auto open = still_open(heard, owner);
      return open ? remembered(name, *heard, std::move(open)) : busy();
    }
    // A login that was given up says nothing of Metrc.
    if (stop.stop_requested() && kept.refusal == metrc_refusal::unavailable) return std::move(kept);
    // Clocks differ, but what the credentials of a key met, they met after it was made.
    const wall_time when = (std::max)(started, known.made);
    const bool final = kept.retry_after.count() == 0;
    if (final && !is_certain) return doubt_refusal(name, when, known.doubt);
    if (final) kept.refused_at = when;
    const wall_time until = final ? when : (std::max)(clock_->wall_now(), when) + kept.retry_after;
    cache_->put(
        cached(name), to_text({.refusal = kept.refusal, .when = when, .until = until}),
        final ? std::chrono::milliseconds(longest_refusal) : std::chrono::milliseconds(kept.retry_after));
    return std::move(kept);
  }

  struct tried_login {
    kept_session kept{};
    wall_time started{};
    bool is_certain = true;
  };

  /// Metrc accepts no one-time password twice, and the present one may have been used by the user or by an
  /// earlier login. The next one is accepted a little early, so it is tried too; when both are used, only
  /// time helps.
  tried_login try_login(const stored_credentials& credentials, const stop_token& stop) {
    metrc_login form{.hostname = credentials.hostname,
                     .username = credentials.username,
                     .password = credentials.password,
                     .email = credentials.email};
    auto key = detail::base32_decode(credentials.otp_seed.reveal());
    const bool has_seed = key && !key->empty();
    wall_time now = clock_->wall_now();
    metrc_answer answer;
    for (const std::int64_t ahead : {0, 1}) {
      now = clock_->wall_now();
      if (has_seed) form.otp = totp_code(*key, totp_step(now) + ahead);
      answer = sandbox::log_in(*metrc_, form, stop);
      if (answer.session || !has_seed || answer.refusal != metrc_refusal::otp_used) break;
    }
    if (key) detail::wipe(*key);
    if (answer.session) return {.kept = {.session = std::move(answer.session)}};
    return {.kept = {.refusal = answer.refusal, .retry_after = pause_after(answer.refusal, now)},
            .started = now,
            .is_certain = answer.certain};
  }

  static constexpr std::chrono::seconds pause_when_locked{5};
  static constexpr std::chrono::seconds pause_when_unavailable{1};
  static constexpr std::chrono::seconds longest_pause{60};
  static constexpr std::chrono::seconds shortest_doubt{30};
  static constexpr std::chrono::seconds longest_doubt{600};

  /// Zero when it is no use to try again.
  static std::chrono::seconds pause_after(metrc_refusal refusal, wall_time now) {
    switch (refusal) {
      case metrc_refusal::otp_used: {
        const wall_time next_period{totp_period * (totp_step(now) + 1)};
        return std::chrono::floor<std::chrono::seconds>(next_period - now) + std::chrono::seconds(1);
      }
      case metrc_refusal::locked: return pause_when_locked;
      case metrc_refusal::unavailable: return pause_when_unavailable;
      default: return std::chrono::seconds(0);
    }
  }

  const std::shared_ptr<Metrc> metrc_;
  const std::shared_ptr<t3api::clock> clock_;
  const std::shared_ptr<session_cache> cache_;
  const secret naming_key_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<timed_lock>> locks_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// What a service stands on, and may share with others that are to behave as one service with it. What is
/// left out is made for this service alone, and ends with it.
struct backing {
  std::shared_ptr<key_database> keys{};     ///< Where the records of secret keys are. Default: in memory.
  std::shared_ptr<key_ring_source> ring{};  ///< What they are sealed with. Default: a random one.
  std::optional<any_store> sessions{};      ///< Where Metrc sessions are shared. Default: in memory.
  /// Told, for whoever runs the service, what is wrong with the key database or a record in it, or why else a
  /// request could not be answered, in a sentence that callers do not get to see: the same one at most once a
  /// minute. Any thread calls it, several at once; what it throws is ignored.
  std::function<void(const std::string&)> on_trouble{};
};

/// The same with what a service needs and was not given.
inline backing complete(backing on) {
  if (!on.keys) on.keys = std::make_shared<memory_key_database>();
  if (!on.ring) on.ring = std::make_shared<fixed_key_ring>(make_key_ring());
  return on;
}

/// What all routes of one service share. Any number of threads use it at once.
template <metrc_upstream Metrc>
struct context {
  /// Throws std::invalid_argument when the API keys of `known` do not fit its accounts.
  context(sandbox::settings settings_, const directory& known, std::shared_ptr<Metrc> metrc_,
          std::shared_ptr<t3api::clock> clock_, backing on)
      : context(std::move(settings_), known, std::move(metrc_), std::move(clock_), complete(std::move(on)),
                complete_tag()) {}

  const sandbox::settings settings;
  const std::shared_ptr<t3api::clock> clock;
  const std::shared_ptr<Metrc> metrc;
  const secret signing_key;
  const std::shared_ptr<session_cache> cache;
  upstream_sessions<Metrc> sessions;
  sandbox::secret_keys secret_keys;
  const sandbox::api_keys api_keys;
  sandbox::records records;
  sandbox::ledger ledger;
  service_limits limits;
  fault_plan faults;
  trouble_report trouble;

 private:
  struct complete_tag {};

  context(sandbox::settings settings_, const directory& known, std::shared_ptr<Metrc> metrc_,
          std::shared_ptr<t3api::clock> clock_, const backing& on, complete_tag)
      : settings(std::move(settings_)),
        clock(std::move(clock_)),
        metrc(std::move(metrc_)),
        signing_key(on.ring->ring()->derived("signatures of tokens")),
        cache(std::make_shared<session_cache>(clock, on.sessions,
                                              on.ring->ring()->derived("what the session cache keeps"))),
        sessions(metrc, clock, cache, on.ring->ring()->derived("names of logins")),
        secret_keys(on.keys, on.ring),
        api_keys(known),
        records(settings.seed, settings.packages),
        limits(settings, clock),
        trouble(on.on_trouble) {}
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_CATALOGUE_HPP
#define T3API_SANDBOX_DATA_CATALOGUE_HPP

#include <array>
#include <string_view>

#ifndef T3API_SANDBOX_DATA_ITEMS_HPP
#define T3API_SANDBOX_DATA_ITEMS_HPP

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// What items are variants of.
struct product {
  std::string_view name, category, category_type, quantity_type, unit, unit_short, strain;
};

inline constexpr std::array<product, 6> products = {{
    {"Blue Dream Flower", "Flower", "Buds", "WeightBased", "Grams", "g", "Blue Dream"},
    {"OG Kush Shake", "Shake/Trim", "ShakeTrim", "WeightBased", "Grams", "g", "OG Kush"},
    {"Sour Diesel Pre-Roll 1 g", "Pre-Roll Flower", "Buds", "CountBased", "Each", "ea", "Sour Diesel"},
    {"Gelato Live Resin 0.5 g", "Extract (weight - each)", "Concentrate", "CountBased", "Each", "ea",
     "Gelato"},
    {"Sleepy Gummies 10 mg", "Edible (weight - each)", "InfusedEdible", "CountBased", "Each", "ea", ""},
    {"Granddaddy Purple Vape 1 g", "Vape Cartridge (weight - each)", "Concentrate", "CountBased", "Each",
     "ea", "Granddaddy Purple"},
}};

/// Items made of each product. A licence has all of them, whatever its number of packages.
inline constexpr std::uint64_t items_of_product = 40;

inline std::uint64_t item_id_of(const data_owner& owner, std::uint64_t product, std::uint64_t number) {
  return owner.number % 1'000'000 * 1000 + product * items_of_product + number + 1;
}

inline std::string item_name_of(std::uint64_t product, std::uint64_t number) {
  return std::string(products[product].name) + " #" + std::to_string(number + 1);
}

inline cell text_or_null(std::string_view text) {
  if (text.empty()) return {};
  return std::string(text);
}

namespace items_detail {

enum key : unsigned {
  id,
  hostname,
  data_model,
  retrieved,
  license_number,
  facility,
  name,
  category,
  category_type,
  quantity_type,
  lab_testing_state,
  unit,
  approval,
  strain,
  is_used,
  is_archived,
  last_modified
};

inline constexpr std::array<field, 17> fields = {{
    {"id", field_type::number, id},
    {"hostname", field_type::text, hostname},
    {"dataModel", field_type::text, data_model},
    {"retrievedAt", field_type::datetime, retrieved},
    {"licenseNumber", field_type::text, license_number},
    {"facilityLicenseNumber", field_type::text, facility},
    {"name", field_type::text, name},
    {"productCategoryName", field_type::text, category},
    {"productCategoryTypeName", field_type::text, category_type},
    {"quantityTypeName", field_type::text, quantity_type},
    {"defaultLabTestingStateName", field_type::text, lab_testing_state},
    {"unitOfMeasureName", field_type::text, unit},
    {"approvalStatusName", field_type::text, approval},
    {"strainName", field_type::text, strain},
    {"isUsed", field_type::boolean, is_used},
    {"isArchived", field_type::boolean, is_archived},
    {"lastModified", field_type::datetime, last_modified},
}};

inline cell value(const data_owner& owner, unsigned, std::uint64_t row, unsigned of_key) {
  const std::uint64_t number = row % items_of_product;
  const std::uint64_t product = row / items_of_product;
  const auto& made_of = products[product];
  switch (of_key) {
    case id: return item_id_of(owner, product, number);
    case hostname: return owner.hostname;
    case data_model: return std::string("ACTIVE_ITEM");
    case license_number:
    case facility: return owner.license;
    case name: return item_name_of(product, number);
    case category: return std::string(made_of.category);
    case category_type: return std::string(made_of.category_type);
    case quantity_type: return std::string(made_of.quantity_type);
    case lab_testing_state: return std::string("NotSubmitted");
    case unit: return std::string(made_of.unit);
    case approval: return std::string("Approved");
    case strain: return text_or_null(made_of.strain);
    case is_used: return true;
    case is_archived: return false;
    case last_modified:
      return moment{start_of_data() +
                    std::chrono::minutes(owner.draw(scramble(text_number("items")), row, 0, 525'600))};
    default: return {};
  }
}

}  // namespace items_detail

inline constexpr collection items = {
    .path = "/v2/items",
    .data_model = "ACTIVE_ITEM",
    .fields = items_detail::fields,
    .report_fields = "name,productCategoryName,productCategoryTypeName,strainName",
    .size = [](std::uint64_t) -> std::uint64_t { return products.size() * items_of_product; },
    .value = &items_detail::value,
    .row_of = [](const data_owner& owner, unsigned, std::uint64_t wanted) -> std::optional<std::uint64_t> {
      const std::uint64_t first = item_id_of(owner, 0, 0);
      if (wanted < first) return std::nullopt;
      return wanted - first;
    },
    .kind = 0};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_PACKAGES_HPP
#define T3API_SANDBOX_DATA_PACKAGES_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// Where packages are.
inline constexpr std::array<std::string_view, 3> rooms = {"Vault", "Packing Room", "Sales Floor"};

namespace packages_detail {

enum kind : unsigned { active, inactive, on_hold, in_transit };

inline constexpr std::array<std::string_view, 4> models = {"ACTIVE_PACKAGE", "INACTIVE_PACKAGE",
                                                           "ONHOLD_PACKAGE", "INTRANSIT_PACKAGE"};

enum key : unsigned {
  id,
  hostname,
  data_model,
  retrieved,
  license_number,
  label,
  item_id,
  item_name,
  item_category,
  item_quantity_type,
  item_unit,
  item_strain,
  quantity,
  unit,
  packaged_date,
  lab_testing_state,
  location,
  is_on_hold,
  is_finished,
  is_archived,
  last_modified,
  note,
  source_labels,
  finished_date,
  archived_date,
  is_in_transit,
  manifest
};

/// All members: those that only packages in transit have, what all have, those that only inactive ones have.
inline constexpr std::array<field, 27> fields = {{
    {"isInTransit", field_type::boolean, is_in_transit},
    {"transferManifestNumber", field_type::text, manifest},
    {"id", field_type::number, id},
    {"hostname", field_type::text, hostname},
    {"dataModel", field_type::text, data_model},
    {"retrievedAt", field_type::datetime, retrieved},
    {"licenseNumber", field_type::text, license_number},
    {"label", field_type::text, label},
    {"item.id", field_type::number, item_id},
    {"item.name", field_type::text, item_name},
    {"item.productCategoryName", field_type::text, item_category},
    {"item.quantityTypeName", field_type::text, item_quantity_type},
    {"item.unitOfMeasureName", field_type::text, item_unit},
    {"item.strainName", field_type::text, item_strain},
    {"quantity", field_type::number, quantity},
    {"unitOfMeasureAbbreviation", field_type::text, unit},
    {"packagedDate", field_type::datetime, packaged_date},
    {"labTestingStateName", field_type::text, lab_testing_state},
    {"locationName", field_type::text, location},
    {"isOnHold", field_type::boolean, is_on_hold},
    {"isFinished", field_type::boolean, is_finished},
    {"isArchived", field_type::boolean, is_archived},
    {"lastModified", field_type::datetime, last_modified},
    {"note", field_type::text, note},
    {"sourcePackageLabels", field_type::text, source_labels, true},
    {"finishedDate", field_type::datetime, finished_date},
    {"archivedDate", field_type::datetime, archived_date},
}};

inline constexpr std::span<const field> common_fields = std::span(fields).subspan(2, 23);
inline constexpr std::span<const field> inactive_fields = std::span(fields).subspan(2);
inline constexpr std::span<const field> in_transit_fields = std::span(fields).first(25);

inline constexpr std::array<std::string_view, 4> lab_states = {"TestPassed", "NotSubmitted",
                                                               "SubmittedForTesting", "TestFailed"};

/// Labels of each kind have serial numbers of their own.
constexpr std::uint64_t serial(unsigned of_kind, std::uint64_t row) noexcept {
  return of_kind * 100'000'000'000 + row + 1;
}

/// Of the packages that the generated ones were made of.
inline constexpr std::uint64_t first_source_serial = 900'000'000'000;

inline cell value(const data_owner& owner, unsigned of_kind, std::uint64_t row, unsigned of_key) {
  const auto draw = [&](std::uint64_t purpose, std::uint64_t below) {
    return owner.draw(of_kind == active ? 0 : scramble(of_kind), row, purpose, below);
  };
  const auto product = [&] { return draw(0, products.size()); };
  const auto packaged = [&] { return start_of_data() + std::chrono::minutes(draw(3, 525'600)); };
  const auto modified = [&] { return packaged() + std::chrono::minutes(draw(8, 43'200)); };
  switch (of_key) {
    case id: return owner.id(of_kind, row);
    case hostname: return owner.hostname;
    case data_model: return std::string(models[of_kind]);
    case license_number: return owner.license;
    case label: return owner.tag(serial(of_kind, row));
    case item_id: return item_id_of(owner, product(), draw(1, items_of_product));
    case item_name: return item_name_of(product(), draw(1, items_of_product));
    case item_category: return std::string(products[product()].category);
    case item_quantity_type: return std::string(products[product()].quantity_type);
    case item_unit: return std::string(products[product()].unit);
    case item_strain: return text_or_null(products[product()].strain);
    case quantity: {
      const bool by_weight = products[product()].quantity_type == "WeightBased";
      const auto hundredths = by_weight ? draw(2, 500'000) + 1 : (draw(2, 400) + 1) * 100;
      return static_cast<double>(hundredths) / 100;
    }
    case unit: return std::string(products[product()].unit_short);
    case packaged_date: return moment{std::chrono::floor<std::chrono::days>(packaged()), true};
    case lab_testing_state: return std::string(lab_states[draw(4, 10) < 7 ? 0 : draw(5, lab_states.size())]);
    case location: return std::string(rooms[draw(6, rooms.size())]);
    case is_on_hold: return of_kind == on_hold || (of_kind == active && draw(7, 20) == 0);
    case is_finished: return of_kind == inactive;
    case is_archived: return of_kind == inactive && draw(10, 4) == 0;
    case last_modified: return moment{modified()};
    case note: return std::string(draw(9, 8) == 0 ? "Made by the sandbox" : "");
    case source_labels: return owner.tag(first_source_serial + of_kind * 10'000'000'000 + row / 4);
    case finished_date: return moment{std::chrono::floor<std::chrono::days>(modified()), true};
    case archived_date:
      if (draw(10, 4) != 0) return {};
      return moment{std::chrono::floor<std::chrono::days>(modified()), true};
    case is_in_transit: return true;
    case manifest: return std::to_string(1'000'000 + draw(11, 1'000'000));
    default: return {};
  }
}

constexpr collection make(std::string_view path, unsigned of_kind, std::span<const field> has,
                          std::uint64_t (*size)(std::uint64_t)) noexcept {
  return {.path = path,
          .data_model = models[of_kind],
          .fields = has,
          .report_fields = "label,locationName,item.name,quantity,unitOfMeasureAbbreviation",
          .size = size,
          .value = &value,
          .row_of = [](const data_owner& owner, unsigned place,
                       std::uint64_t wanted) { return owner.row_of(place, wanted); },
          .kind = of_kind};
}

}  // namespace packages_detail

inline constexpr collection active_packages =
    packages_detail::make("/v2/packages/active", packages_detail::active, packages_detail::common_fields,
                          [](std::uint64_t packages) { return packages; });
inline constexpr collection inactive_packages = packages_detail::make(
    "/v2/packages/inactive", packages_detail::inactive, packages_detail::inactive_fields,
    [](std::uint64_t packages) { return packages / 2; });
inline constexpr collection on_hold_packages =
    packages_detail::make("/v2/packages/onhold", packages_detail::on_hold, packages_detail::common_fields,
                          [](std::uint64_t packages) { return packages / 20; });
inline constexpr collection in_transit_packages = packages_detail::make(
    "/v2/packages/intransit", packages_detail::in_transit, packages_detail::in_transit_fields,
    [](std::uint64_t packages) { return packages / 50; });

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_PLANTS_HPP
#define T3API_SANDBOX_DATA_PLANTS_HPP

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

namespace plants_detail {

enum kind : unsigned { vegetative, flowering, on_hold, inactive };

inline constexpr std::array<std::string_view, 4> models = {"VEGETATIVE_PLANT", "FLOWERING_PLANT",
                                                           "ONHOLD_PLANT", "INACTIVE_PLANT"};

enum key : unsigned {
  id,
  hostname,
  data_model,
  retrieved,
  license_number,
  label,
  state,
  growth_phase,
  plant_count,
  batch_name,
  batch_type,
  strain,
  location,
  harvest_count,
  is_on_hold,
  planted,
  vegetative_date,
  flowering_date,
  destroyed_date,
  destroyed_note,
  last_modified
};

inline constexpr std::array<field, 21> fields = {{
    {"id", field_type::number, id},
    {"hostname", field_type::text, hostname},
    {"dataModel", field_type::text, data_model},
    {"retrievedAt", field_type::datetime, retrieved},
    {"licenseNumber", field_type::text, license_number},
    {"label", field_type::text, label},
    {"stateName", field_type::text, state},
    {"growthPhaseName", field_type::text, growth_phase},
    {"plantCount", field_type::number, plant_count},
    {"plantBatchName", field_type::text, batch_name},
    {"plantBatchTypeName", field_type::text, batch_type},
    {"strainName", field_type::text, strain},
    {"locationName", field_type::text, location},
    {"harvestCount", field_type::number, harvest_count},
    {"isOnHold", field_type::boolean, is_on_hold},
    {"plantedDate", field_type::datetime, planted},
    {"vegetativeDate", field_type::datetime, vegetative_date},
    {"floweringDate", field_type::datetime, flowering_date},
    {"destroyedDate", field_type::datetime, destroyed_date},
    {"destroyedNote", field_type::text, destroyed_note},
    {"lastModified", field_type::datetime, last_modified},
}};

inline constexpr std::array<std::string_view, 5> strains = {"Blue Dream", "OG Kush", "Sour Diesel", "Gelato",
                                                            "Granddaddy Purple"};
inline constexpr std::array<std::string_view, 4> greenhouses = {"Veg Room 1", "Veg Room 2", "Flower Room 1",
                                                                "Flower Room 2"};

/// Ids and labels lie behind those of the packages.
inline constexpr std::uint64_t first_place = 4;

inline cell value(const data_owner& owner, unsigned of_kind, std::uint64_t row, unsigned of_key) {
  using std::chrono::days;
  constexpr std::uint64_t plants_of_batch = 25;
  const auto draw = [&](std::uint64_t purpose, std::uint64_t below) {
    return owner.draw(scramble(first_place + of_kind), row, purpose, below);
  };
  const std::uint64_t batch = row / plants_of_batch;
  const auto of_batch = [&](std::uint64_t purpose, std::uint64_t below) {
    return owner.draw(scramble(first_place + of_kind), batch, purpose, below);
  };
  const auto strain_name = [&] { return std::string(strains[of_batch(12, strains.size())]); };
  const auto day_planted = [&] { return start_of_data() + days(of_batch(13, 300)); };
  const bool destroyed = of_kind == inactive;
  const bool flowers = of_kind == flowering || (of_kind != vegetative && draw(0, 2) == 0);
  const auto day_flowering = [&] { return day_planted() + days(56); };
  const auto day_destroyed = [&] { return day_planted() + days(60 + draw(3, 30)); };
  const auto latest_day = [&] {
    return destroyed ? day_destroyed() : flowers ? day_flowering() : day_planted() + days(14);
  };
  switch (of_key) {
    case id: return owner.id(first_place + of_kind, row);
    case hostname: return owner.hostname;
    case data_model: return std::string(models[of_kind]);
    case license_number: return owner.license;
    case label: return owner.tag((first_place + of_kind) * 100'000'000'000 + row + 1);
    case state: return std::string(destroyed ? "Destroyed" : of_kind == on_hold ? "OnHold" : "Tracked");
    case growth_phase: return std::string(flowers ? "Flowering" : "Vegetative");
    case plant_count: return std::uint64_t{1};
    case batch_name: return strain_name() + " batch " + std::to_string(batch + 1);
    case batch_type: return std::string(of_batch(14, 4) == 0 ? "Seed" : "Clone");
    case strain: return strain_name();
    case location: return std::string(greenhouses[(flowers ? 2 : 0) + draw(1, 2)]);
    case harvest_count: return flowers ? draw(2, 2) : std::uint64_t{0};
    case is_on_hold: return of_kind == on_hold;
    case planted: return moment{day_planted(), true};
    case vegetative_date: return moment{day_planted() + days(14), true};
    case flowering_date:
      if (!flowers) return {};
      return moment{day_flowering(), true};
    case destroyed_date:
      if (!destroyed) return {};
      return moment{day_destroyed(), true};
    case destroyed_note: return text_or_null(destroyed ? "Destroyed by the sandbox" : "");
    case last_modified: return moment{latest_day() + std::chrono::minutes(draw(4, 86'400))};
    default: return {};
  }
}

constexpr collection make(std::string_view path, unsigned of_kind,
                          std::uint64_t (*size)(std::uint64_t)) noexcept {
  return {.path = path,
          .data_model = models[of_kind],
          .fields = fields,
          .report_fields = "label,locationName,strainName,plantedDate",
          .size = size,
          .value = &value,
          .row_of = [](const data_owner& owner, unsigned of,
                       std::uint64_t wanted) { return owner.row_of(first_place + of, wanted); },
          .kind = of_kind};
}

}  // namespace plants_detail

inline constexpr collection vegetative_plants = plants_detail::make(
    "/v2/plants/vegetative", plants_detail::vegetative, [](std::uint64_t packages) { return packages / 2; });
inline constexpr collection flowering_plants = plants_detail::make(
    "/v2/plants/flowering", plants_detail::flowering, [](std::uint64_t packages) { return packages / 4; });
inline constexpr collection on_hold_plants = plants_detail::make(
    "/v2/plants/onhold", plants_detail::on_hold, [](std::uint64_t packages) { return packages / 50; });
inline constexpr collection inactive_plants = plants_detail::make(
    "/v2/plants/inactive", plants_detail::inactive, [](std::uint64_t packages) { return packages / 10; });

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// All collections that are served.
inline constexpr std::array<const collection*, 9> catalogue = {
    &active_packages,   &inactive_packages, &on_hold_packages, &in_transit_packages, &items,
    &vegetative_plants, &flowering_plants,  &on_hold_plants,   &inactive_plants};

/// The collection served at that path, or nothing.
constexpr const collection* find_collection(std::string_view path) noexcept {
  for (const auto* one : catalogue) {
    if (one->path == path) return one;
  }
  return nullptr;
}

/// The collection whose report is served at that path, or nothing.
constexpr const collection* find_report(std::string_view path) noexcept {
  constexpr std::string_view ending = "/report";
  if (!path.ends_with(ending)) return nullptr;
  return find_collection(path.substr(0, path.size() - ending.size()));
}

/// Whether there is one: for a table of routes.
constexpr bool is_collection(std::string_view path) noexcept { return find_collection(path) != nullptr; }
constexpr bool is_report(std::string_view path) noexcept { return find_report(path) != nullptr; }

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_FAULTS_CARRY_OUT_HPP
#define T3API_SANDBOX_FAULTS_CARRY_OUT_HPP

#include <chrono>
#include <string>
#include <string_view>


namespace t3api::inline v0_1_0::sandbox {

/// The value of a header Retry-After in that form.
inline std::string retry_after_value(retry_after_form form, wall_time now) {
  switch (form) {
    case retry_after_form::seconds: return "2";
    case retry_after_form::http_date: return http_date(now + std::chrono::seconds(2));
    case retry_after_form::garbage: return "soon";
    case retry_after_form::zero: return "0";
    case retry_after_form::negative: return "-1";
    case retry_after_form::hour: return "3600";
  }
  return "2";
}

/// The answer of a fault that has a status.
inline response ordered_answer(const fault& f, std::string_view path, wall_time now) {
  response answer{.status = f.status, .headers = {{"Cache-Control", "no-store"}}};
  if (f.body) {
    answer.headers.set("Content-Type", "application/json");
    answer.body = *f.body;
  } else if (f.status == 401) {
    answer = error_answer(unauthorized("this failure was ordered: a fault of the sandbox"), path, now);
  } else if (f.status >= 400) {
    answer = error_answer({f.status, "this failure was ordered: a fault of the sandbox"}, path, now);
  }
  for (const auto& [name, value] : f.headers) answer.headers.set(name, value);
  if (f.retry_after) answer.headers.set("Retry-After", retry_after_value(*f.retry_after, now));
  return answer;
}

/// Refuses a fault for an account that Metrc does not have, if that Metrc can tell. Throws `refusal` (422).
template <metrc_upstream Metrc>
void refuse_unknown_account(Metrc& metrc, const fault& f) {
  if constexpr (requires { metrc.has_account(f.account->hostname, f.account->username); }) {
    if (f.account && !metrc.has_account(f.account->hostname, f.account->username)) {
      throw refusal(422, "Metrc has no such account: check the fault's hostname and username");
    }
  } else {
    static_cast<void>(metrc), static_cast<void>(f);
  }
}

/// What a fault does to an account of Metrc. Throws `refusal` when that Metrc cannot do it or has no such
/// account.
template <metrc_upstream Metrc>
void upset_account(Metrc& metrc, const fault& f) {
  if (f.end_sessions) {
    if constexpr (requires { metrc.end_sessions(f.account->hostname, f.account->username); }) {
      if (!metrc.end_sessions(f.account->hostname, f.account->username)) {
        throw refusal(501, "a fault was to end the sessions of an account that Metrc does not have");
      }
    } else {
      throw refusal(501, "a fault was to end sessions, which the Metrc behind this service cannot do");
    }
  }
  if (!f.new_password.empty()) {
    if constexpr (requires {
                    metrc.change_password(f.account->hostname, f.account->username, f.new_password);
                  }) {
      if (!metrc.change_password(f.account->hostname, f.account->username, f.new_password)) {
        throw refusal(501, "a fault was to change the password of an account that Metrc does not have");
      }
    } else {
      throw refusal(501, "a fault was to change a password, which the Metrc behind this service cannot do");
    }
  }
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_METRC_SIMULATED_HPP
#define T3API_SANDBOX_METRC_SIMULATED_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_SANDBOX_METRC_ACCOUNT_STATE_HPP
#define T3API_SANDBOX_METRC_ACCOUNT_STATE_HPP

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// What can change of an account of the simulated Metrc while it runs. Each change has a version above the
/// last, so that processes that share the account know which of two states is the later one.
struct account_state {
  std::uint64_t version = 0;  ///< 0 as long as nothing was changed.
  std::string username{};
  std::string password{};  ///< A keyed hash.
  std::string email{};     ///< A keyed hash.
  bool needs_email = false;
  secret otp_key{};         ///< The bytes of the seed; empty when no one-time password is needed.
  std::uint64_t epoch = 0;  ///< Sessions of another epoch have ended.
  bool locked = false;
  std::uint64_t wrong_logins = 0;  ///< Since the last one that was right.
};

/// What can change of the whole simulated Metrc while it runs.
struct metrc_state {
  static constexpr auto until_told_otherwise = (std::numeric_limits<std::uint64_t>::max)();

  std::uint64_t version = 0;
  std::uint64_t epoch = 0;            ///< Sessions of another epoch have ended.
  std::uint64_t failing = 0;          ///< How many logins fail from now on.
  std::uint64_t lock_after = 0;       ///< How many wrong logins in a row lock an account; 0 for never.
  std::chrono::milliseconds delay{};  ///< How long every login takes.
};

inline nlohmann::json to_json(const account_state& s) {
  return {{"version", s.version},
          {"username", detail::base64url_encode(s.username)},
          {"password", detail::base64url_encode(s.password)},
          {"email", detail::base64url_encode(s.email)},
          {"needsEmail", s.needs_email},
          {"otpKey", detail::base64url_encode(s.otp_key.reveal())},
          {"epoch", s.epoch},
          {"locked", s.locked},
          {"wrongLogins", s.wrong_logins}};
}

inline nlohmann::json to_json(const metrc_state& s) {
  return {{"version", s.version},
          {"epoch", s.epoch},
          {"failing", s.failing},
          {"lockAfter", s.lock_after},
          {"delay", s.delay.count()}};
}

/// Throws nlohmann::json::exception for what `to_json` does not make.
inline account_state account_state_from(const nlohmann::json& json) {
  const auto bytes = [&](const char* name) {
    return detail::base64url_decode(json.at(name).get_ref<const std::string&>()).value_or("");
  };
  return {.version = json.at("version").get<std::uint64_t>(),
          .username = bytes("username"),
          .password = bytes("password"),
          .email = bytes("email"),
          .needs_email = json.at("needsEmail").get<bool>(),
          .otp_key = secret(bytes("otpKey")),
          .epoch = json.at("epoch").get<std::uint64_t>(),
          .locked = json.at("locked").get<bool>(),
          .wrong_logins = json.at("wrongLogins").get<std::uint64_t>()};
}

/// Throws nlohmann::json::exception for what `to_json` does not make.
inline metrc_state metrc_state_from(const nlohmann::json& json) {
  return {.version = json.at("version").get<std::uint64_t>(),
          .epoch = json.at("epoch").get<std::uint64_t>(),
          .failing = json.at("failing").get<std::uint64_t>(),
          .lock_after = json.at("lockAfter").get<std::uint64_t>(),
          .delay = std::chrono::milliseconds(json.at("delay").get<std::int64_t>())};
}

/// Whether `a` takes the place of `b`. Of two changes that did not know of each other any one wins, but the
/// same one everywhere.
template <class State>
bool is_later(const State& a, const State& b) {
  if (a.version != b.version) return a.version > b.version;
  return to_json(a).dump() > to_json(b).dump();
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_METRC_SESSION_IDS_HPP
#define T3API_SANDBOX_METRC_SESSION_IDS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// What the simulated Metrc has to know of a session. A session ends when one of the epochs it was opened in
/// is over, or when it is too old.
struct open_session {
  std::string account{};  ///< The id of the account.
  wall_time start{};
  std::uint64_t metrc_epoch = 0;
  std::uint64_t account_epoch = 0;
};

/// Makes session ids that say all there is to know of a session to who has the key, and nothing to others: no
/// table of sessions can fill up, and every process that has the key knows every session. No two ids are the
/// same. Any number of threads may share it.
class session_ids {
 public:
  /// `key` has 32 bytes.
  explicit session_ids(secret key) : key_(std::move(key)) {}

  std::string make(const open_session& session) const {
    const nlohmann::json told = {
        {"account", detail::base64url_encode(session.account)},
        {"start", std::chrono::floor<std::chrono::microseconds>(session.start.time_since_epoch()).count()},
        {"metrc", session.metrc_epoch},
        {"epoch", session.account_epoch}};
    return detail::base64url_encode(detail::seal(key_.reveal(), told.dump(), place));
  }

  /// The session with that id, ended or not; nothing when the id was not made with this key.
  std::optional<open_session> read(std::string_view id) const {
    constexpr std::size_t longest = 4096;
    if (id.size() > longest) return std::nullopt;
    const auto sealed = detail::base64url_decode(id);
    const auto opened = sealed ? detail::unseal(key_.reveal(), *sealed, place) : std::nullopt;
    const auto told = opened ? parse_json(*opened) : std::nullopt;
    return told ? session_from(*told) : std::nullopt;
  }

 private:
  static constexpr const char* place = "simulated metrc/session";

  static std::optional<open_session> session_from(const nlohmann::json& told) {
    try {
      const std::chrono::microseconds start(told.at("start").get<std::int64_t>());
      return open_session{
          .account = detail::base64url_decode(told.at("account").get_ref<const std::string&>()).value_or(""),
          .start = wall_time(std::chrono::duration_cast<wall_time::duration>(start)),
          .metrc_epoch = told.at("metrc").get<std::uint64_t>(),
          .account_epoch = told.at("epoch").get<std::uint64_t>()};
    } catch (const nlohmann::json::exception&) {  // Of another version of the program.
      return std::nullopt;
    }
  }

  const secret key_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_METRC_SHARED_ACCOUNTS_HPP
#define T3API_SANDBOX_METRC_SHARED_ACCOUNTS_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// How often a login was tried in this process, and how often it opened a session.
struct login_tally {
  std::atomic<std::uint64_t> attempts{0};
  std::atomic<std::uint64_t> logins{0};
};

/// An account of the simulated Metrc as it is at the moment.
struct known_account {
  std::string id{};  ///< The same for as long as there is the account, whatever it is called.
  account_state state{};
  std::shared_ptr<const metrc_user> user{};
  /// Of a seed without bytes when it needs no one-time password.
  std::shared_ptr<otp_verifier> otp = std::make_shared<otp_verifier>("");
  std::shared_ptr<login_tally> tally = std::make_shared<login_tally>();
};

/// The accounts of a simulated Metrc, which several processes may share through a store: what one changes,
/// all see at their next look, at the price of one read for each look. The store is no authority: while it
/// fails each process goes by what it knows, and what the store has lost is put back. Any number of threads
/// may share it.
class shared_accounts {
 public:
  using account = std::shared_ptr<const known_account>;

  /// What one look saw.
  struct view {
    metrc_state metrc{};
    account found{};             ///< Or null.
    bool is_fresh = true;        ///< False when the store failed: others may have changed something since.
    stop_token delay_changed{};  ///< Stops when `metrc.delay` is known to be another.
  };

  /// `key` has 32 bytes and seals what the store is given.
  shared_accounts(std::shared_ptr<t3api::clock> clock, std::optional<any_store> store, secret key)
      : clock_(std::move(clock)), store_(std::move(store)), key_(std::move(key)) {}

  /// Adds one before the first look; false when its id is there already. One without a user is found by id
  /// only.
  bool add(known_account added) {
    if (by_id_.contains(added.id)) return false;
    if (added.user) by_name_[{added.user->hostname, added.user->username}] = added.id;
    std::string id = added.id;
    return by_id_.emplace(std::move(id), std::make_shared<known_account>(std::move(added))).second;
  }

  /// The account with that name, else the one with the id `otherwise`.
  view by_name(std::string_view hostname, std::string_view username, std::string_view otherwise = {}) {
    const bool is_fresh = catch_up();
    const std::shared_lock lock(mutex_);
    const auto named = by_name_.find({std::string(hostname), std::string(username)});
    const auto found = by_id_.find(named == by_name_.end() ? otherwise : std::string_view(named->second));
    return {metrc_, found == by_id_.end() ? nullptr : found->second, is_fresh, delay_changed_.get_token()};
  }
  view by_id(std::string_view id) {
    const bool is_fresh = catch_up();
    const std::shared_lock lock(mutex_);
    const auto found = by_id_.find(id);
    return {metrc_, found == by_id_.end() ? nullptr : found->second, is_fresh, delay_changed_.get_token()};
  }

  /// Changes the account with that id by `apply(account_state&)`.
  template <class Apply>
  void change(const std::string& id, Apply apply) {
    update([&] {
      auto state = by_id_.at(id)->state;
      apply(state);
      ++state.version;
      replace(id, std::move(state));
    });
  }
  /// Changes the whole Metrc by `apply(metrc_state&)`.
  template <class Apply>
  void change_metrc(Apply apply) {
    update([&] {
      auto state = metrc_;
      apply(state);
      ++state.version;
      replace(state);
    });
  }

  /// Whether nobody who shares the store has taken this name within `time`. A store that fails knows of
  /// nobody.
  bool take_once(std::string_view name, std::chrono::milliseconds time) {
    if (!store_) return true;
    const auto taken = store_->claim(name, detail::make_uuid(), time);
    return !taken || *taken;
  }

 private:
  static constexpr const char* place = "simulated metrc/accounts";
  static constexpr std::chrono::hours kept_for{30 * 24};

  /// False when the store did not answer.
  bool catch_up() {
    if (!store_) return true;
    const auto kept = store_->get(place);
    if (!kept) return false;
    const std::string_view text = *kept ? std::string_view((*kept)->value) : std::string_view();
    {
      const std::shared_lock lock(mutex_);
      if (text == last_seen_ && !unpublished_) return true;
    }
    {
      const std::scoped_lock lock(mutex_);
      const bool complete = merge(text);
      if (complete) last_seen_ = text;
      if (complete && !unpublished_) return true;
    }
    update([] {});
    return true;
  }

  /// Reads what the others know, applies a change and tells the others. One at a time, so that no change is
  /// lost; but a store that cannot say so, or a process that does not let go, stops no change.
  template <class Apply>
  void update(Apply apply) {
    const std::scoped_lock one_at_a_time(changing_);
    const std::string owner = detail::make_uuid();
    for (int tries = 0; tries < 100 && store_; ++tries) {
      const auto mine = store_->claim(place, owner, std::chrono::seconds(5));
      if (!mine || *mine) break;
      clock_->wait_until(clock_->now() + std::chrono::milliseconds(5), {});
    }
    std::string text;
    if (store_) {
      if (auto kept = store_->get(place); kept && *kept) text = std::move((*kept)->value);
    }
    {
      const std::scoped_lock lock(mutex_);
      if (!text.empty()) merge(text);
      apply();
      if (!store_) return;
      text = sealed();
    }
    const bool told = !store_->put(place, text, kept_for);
    store_->release(place, owner);
    const std::scoped_lock lock(mutex_);
    unpublished_ = !told;
    if (told) last_seen_ = std::move(text);
  }

  std::string sealed() const {
    nlohmann::json known = {{"metrc", to_json(metrc_)}, {"accounts", nlohmann::json::object()}};
    for (const auto& id : changed_)
      known["accounts"][detail::base64url_encode(id)] = to_json(by_id_.at(id)->state);
    std::string plain = known.dump();
    std::string text = detail::seal(key_.reveal(), plain, place);
    detail::wipe(plain);
    return text;
  }

  struct states {
    metrc_state metrc{};
    std::map<std::string, account_state> accounts{};
  };

  /// What others told of the accounts that are known here. A text that `sealed` does not make, as another
  /// version of the program may, tells nothing.
  states told_by(std::string_view text) const {
    const auto opened = detail::unseal(key_.reveal(), text, place);
    const auto told = opened ? parse_json(*opened) : std::nullopt;
    if (!told) return {};
    try {
      states read{.metrc = metrc_state_from(told->at("metrc"))};
      for (const auto& [name, json] : told->at("accounts").items()) {
        const auto id = by_id_.find(detail::base64url_decode(name).value_or("?"));
        if (id != by_id_.end()) read.accounts[id->first] = account_state_from(json);
      }
      return read;
    } catch (const nlohmann::json::exception&) {
      return {};
    }
  }

  /// Takes over what is later than what is known here; false when the text lacks something of what is.
  bool merge(std::string_view text) {
    auto told = told_by(text);
    for (const auto& [id, state] : told.accounts) {
      if (is_later(state, by_id_.at(id)->state)) replace(id, state);
    }
    if (is_later(told.metrc, metrc_)) replace(told.metrc);
    bool complete = !is_later(metrc_, told.metrc);
    for (const auto& id : changed_) complete &= !is_later(by_id_.at(id)->state, told.accounts[id]);
    return complete;
  }

  void replace(const metrc_state& state) {
    const bool wake = state.delay != metrc_.delay;
    metrc_ = state;
    if (wake) std::exchange(delay_changed_, stop_source()).request_stop();
  }

  void replace(const std::string& id, account_state state) {
    auto& current = by_id_.at(id);
    auto next = std::make_shared<known_account>(*current);
    if (next->user && state.username != next->user->username) {
      const auto old_name = by_name_.find({next->user->hostname, next->user->username});
      if (old_name != by_name_.end() && old_name->second == id) by_name_.erase(old_name);
      by_name_[{next->user->hostname, state.username}] = id;
      auto renamed = *next->user;
      renamed.username = state.username;
      next->user = std::make_shared<metrc_user>(std::move(renamed));
    }
    if (state.otp_key.reveal() != next->state.otp_key.reveal()) {
      next->otp = std::make_shared<otp_verifier>(state.otp_key.reveal());
    }
    next->state = std::move(state);
    current = std::move(next);
    changed_.insert(id);
  }

  const std::shared_ptr<t3api::clock> clock_;
  std::optional<any_store> store_;
  const secret key_;
  std::mutex changing_;
  mutable std::shared_mutex mutex_;
  metrc_state metrc_;
  stop_source delay_changed_;
  std::map<std::string, account, std::less<>> by_id_;
  std::map<std::pair<std::string, std::string>, std::string> by_name_;
  std::set<std::string> changed_;
  std::string last_seen_;
  bool unpublished_ = false;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// How a simulated Metrc behaves. All members have defaults.
struct simulated_metrc_options {
  std::chrono::seconds session_ttl = std::chrono::hours(24);  ///< How long a session lasts.
  /// Random bytes, the same for all processes that are to be one Metrc. A key of its own when it is empty.
  secret key{};
  /// Where those processes tell each other what was changed.
  std::optional<any_store> shared{};
};

/// A Metrc that lives in memory: knows its accounts, checks logins, tells whose a session is. Whatever it is
/// told to change, sessions included, holds for all processes that share a key and a store with it. Passwords
/// are kept as keyed hashes only. Any number of threads may share it.
class simulated_metrc {
 public:
  /// Throws std::invalid_argument when an OTP seed is no Base32 or an account is there twice.
  simulated_metrc(const std::vector<account>& accounts, const simulated_metrc_options& options,
                  std::shared_ptr<t3api::clock> clock)
      : clock_(std::move(clock)),
        session_ttl_(options.session_ttl),
        key_(options.key.empty() ? secret(detail::random_bytes(detail::gcm_key_size)) : options.key),
        hash_key_(derived("hashes of passwords")),
        ids_(derived("sessions")),
        accounts_(clock_, options.shared, derived("changes")) {
    accounts_.add(
        {.id = nobody, .state = {.password = detail::random_bytes(32), .email = detail::random_bytes(32)}});
    for (const auto& a : accounts) add(a);
  }

  /// Opens a session when everything is right. A refusal takes the same work whatever was wrong: an unknown
  /// user, the password or the one-time password; a locked account takes it too, whatever is sent. Only a
  /// login that is right but for its one-time password uses one up. What counts is the account as it is when
  /// the login's delay is over. A refusal is uncertain while the shared store fails. When `stop` asks to
  /// stop, a delay ends and the answer is that Metrc is unavailable.
  metrc_answer login(const metrc_login& form, const stop_token& stop = {}) {
    ++tally_.attempts;
    const std::string password = hash(form.password.reveal());
    const std::string email = hash(detail::to_lower(form.email));
    auto seen = accounts_.by_name(form.hostname, form.username, nobody);
    ++seen.found->tally->attempts;
    if (seen.metrc.delay.count() > 0) {
      if (!wait_out_delay(seen, stop)) return {.refusal = metrc_refusal::unavailable};
      seen = accounts_.by_name(form.hostname, form.username, nobody);
    }
    const known_account& claimed = *seen.found;
    if (seen.metrc.failing > 0 && takes_failure(seen.metrc)) return {.refusal = metrc_refusal::unavailable};
    const bool password_right = detail::constant_time_equal(password, claimed.state.password);
    const bool email_right = detail::constant_time_equal(email, claimed.state.email);
    const bool right = password_right && (email_right || !claimed.state.needs_email) && claimed.user;
    const bool open = right && !claimed.state.locked;
    const bool needs_otp = !claimed.state.otp_key.empty();
    const auto verdict = claimed.otp->judge(form.otp, clock_->wall_now(), open && needs_otp);
    const bool otp_right =
        !needs_otp || (open && verdict == otp_verdict::accepted && first_use(claimed, form.otp));
    if (!open || !otp_right) {
      const auto why = claimed.state.locked            ? metrc_refusal::locked
                       : !right                        ? metrc_refusal::credentials
                       : verdict == otp_verdict::wrong ? metrc_refusal::otp_wrong
                                                       : metrc_refusal::otp_used;
      if (seen.metrc.lock_after > 0) {
        note_refused_login(claimed.id, why == metrc_refusal::otp_used ? 0 : 1, seen.metrc.lock_after);
      }
      return {.refusal = why, .certain = seen.is_fresh};
    }
    if (claimed.state.wrong_logins > 0) {
      accounts_.change(claimed.id, [](account_state& s) { s.wrong_logins = 0; });
    }
    ++tally_.logins;
    ++claimed.tally->logins;
    return {.session = metrc_session{.id = ids_.make({.account = claimed.id,
                                                      .start = clock_->wall_now(),
                                                      .metrc_epoch = seen.metrc.epoch,
                                                      .account_epoch = claimed.state.epoch}),
                                     .user = claimed.user}};
  }

  /// The session with that id, unless it has ended.
  std::optional<metrc_session> find_session(std::string_view id) {
    const auto session = ids_.read(id);
    if (!session || clock_->wall_now() - session->start >= session_ttl_) return std::nullopt;
    const auto seen = accounts_.by_id(session->account);
    if (!seen.found || !seen.found->user || seen.metrc.epoch != session->metrc_epoch ||
        seen.found->state.epoch != session->account_epoch) {
      return std::nullopt;
    }
    return metrc_session{.id = std::string(id), .user = seen.found->user};
  }

  /// Each of the four changes one thing that a login needs, ends the account's sessions as Metrc does, and
  /// tells whether there is such an account. An empty e-mail address or seed means that the account needs
  /// none.
  bool change_password(std::string_view hostname, std::string_view username, const secret& password) {
    return change_login(hostname, username, [&](account_state& s) { s.password = hash(password.reveal()); });
  }
  /// The account's e-mail address; see `change_password`.
  bool change_email(std::string_view hostname, std::string_view username, std::string_view email) {
    return change_login(hostname, username, [&](account_state& s) { set_email(s, email); });
  }
  /// Throws std::invalid_argument when the name is empty or another account has it.
  bool change_username(std::string_view hostname, std::string_view username, std::string_view new_username) {
    if (new_username.empty() || find(hostname, new_username)) {
      throw std::invalid_argument(
          "the new username is empty or belongs to an account on that host already: choose another");
    }
    return change_login(hostname, username, [&](account_state& s) { s.username = new_username; });
  }
  /// Throws std::invalid_argument when the seed is no Base32.
  bool change_otp_seed(std::string_view hostname, std::string_view username, const secret& seed) {
    const secret key = otp_key(seed);
    return change_login(hostname, username, [&](account_state& s) { s.otp_key = key; });
  }

  /// Ends every session, as a Metrc does when it restarts.
  void end_sessions() {
    accounts_.change_metrc([](metrc_state& s) { ++s.epoch; });
  }
  /// Ends the sessions of one account, and tells whether there is such an account.
  bool end_sessions(std::string_view hostname, std::string_view username) {
    return change_login(hostname, username, [](account_state&) {});
  }

  /// Refuses the logins of an account, whatever is sent; its open sessions stay. Tells whether there is such
  /// an account.
  bool lock(std::string_view hostname, std::string_view username) {
    return change(hostname, username, [](account_state& s) { s.locked = true; });
  }
  /// Lets an account in again; tells whether there is such an account.
  bool unlock(std::string_view hostname, std::string_view username) {
    return change(hostname, username, [](account_state& s) {
      s.locked = false;
      s.wrong_logins = 0;
    });
  }
  /// Locks an account after so many wrong passwords or e-mail addresses in a row; 0, as at the start, for
  /// never.
  void lock_after(std::uint64_t wrong_logins) {
    accounts_.change_metrc([&](metrc_state& s) { s.lock_after = wrong_logins; });
  }

  /// Makes each login take as long as that on the clock; zero, as at the start, for no time. It holds for
  /// those that have begun too: with a shorter delay they end sooner, so that nobody who stops has to wait
  /// for them.
  void delay_logins(std::chrono::milliseconds delay) {
    accounts_.change_metrc([&](metrc_state& s) { s.delay = delay; });
  }
  /// Makes the next `count` logins fail as if Metrc were in trouble; without a number, all until told
  /// otherwise with 0.
  void fail_logins(std::uint64_t count = metrc_state::until_told_otherwise) {
    accounts_.change_metrc([&](metrc_state& s) { s.failing = count; });
  }

  /// Whether there is such an account.
  bool has_account(std::string_view hostname, std::string_view username) {
    return find(hostname, username) != nullptr;
  }
  /// Whether a refusal would be certain at the moment: it is while the shared store, if there is one,
  /// answers.
  bool is_certain() { return accounts_.by_id(nobody).is_fresh; }

  /// How many logins opened a session in this process so far.
  std::uint64_t logins() const noexcept { return tally_.logins; }
  /// How many logins were tried in this process so far.
  std::uint64_t attempts() const noexcept { return tally_.attempts; }
  /// The same for one account; 0 when there is none such.
  std::uint64_t logins(std::string_view hostname, std::string_view username) {
    const auto found = find(hostname, username);
    return found ? found->tally->logins.load() : 0;
  }
  /// How many logins of this account were tried.
  std::uint64_t attempts(std::string_view hostname, std::string_view username) {
    const auto found = find(hostname, username);
    return found ? found->tally->attempts.load() : 0;
  }

 private:
  /// The id of an account that nobody can log in to, with which those that do not exist are compared.
  static constexpr const char* nobody = "nobody";

  void add(const account& a) {
    const std::string host = canonical_hostname(a.hostname);
    known_account added{.id = host + "\n" + a.username};
    added.state.username = a.username;
    added.state.password = hash(a.password.reveal());
    set_email(added.state, a.email);
    added.state.otp_key = otp_key(a.otp_seed);
    added.otp = std::make_shared<otp_verifier>(added.state.otp_key.reveal());
    added.user = std::make_shared<metrc_user>(metrc_user{host, a.username, a.licenses});
    if (!accounts_.add(std::move(added))) {
      throw std::invalid_argument("the account '" + a.username + "' on " + host +
                                  " is there twice: leave one out");
    }
  }

  shared_accounts::account find(std::string_view hostname, std::string_view username) {
    return accounts_.by_name(canonical_hostname(hostname), username).found;
  }

  template <class Apply>
  bool change(std::string_view hostname, std::string_view username, Apply apply) {
    const auto found = find(hostname, username);
    if (found) accounts_.change(found->id, apply);
    return found != nullptr;
  }
  template <class Apply>
  bool change_login(std::string_view hostname, std::string_view username, Apply apply) {
    return change(hostname, username, [&](account_state& s) {
      apply(s);
      ++s.epoch;
    });
  }

  /// False when `stop` asked to stop first.
  bool wait_out_delay(shared_accounts::view seen, const stop_token& stop) {
    const auto start = clock_->now();
    while (seen.metrc.delay.count() > 0) {
      const detail::either_stop over(seen.delay_changed, stop);
      if (clock_->wait_until(start + seen.metrc.delay, over.token())) return true;
      if (stop.stop_requested()) return false;
      seen = accounts_.by_id(nobody);
    }
    return true;
  }

  /// Whether this login is one of those that are to fail: of many at once, no more than were ordered.
  bool takes_failure(const metrc_state& seen) {
    if (seen.failing == metrc_state::until_told_otherwise) return true;
    bool taken = false;
    accounts_.change_metrc([&](metrc_state& s) {
      taken = s.failing > 0;
      if (taken && s.failing != metrc_state::until_told_otherwise) --s.failing;
    });
    return taken;
  }

  void note_refused_login(const std::string& id, std::uint64_t wrong, std::uint64_t most) {
    accounts_.change(id, [&](account_state& s) {
      s.wrong_logins += wrong;
      s.locked |= id != nobody && s.wrong_logins >= most;
    });
  }

  /// No code is good for longer than three periods.
  bool first_use(const known_account& of, std::string_view code) {
    const std::string what = of.id + "\n" + std::string(of.state.otp_key.reveal()) + "\n" + std::string(code);
    return accounts_.take_once("simulated metrc/otp/" + hash(what), 4 * totp_period);
  }

  void set_email(account_state& s, std::string_view email) const {
    s.needs_email = !email.empty();
    s.email = hash(detail::to_lower(email));
  }

  static secret otp_key(const secret& seed) {
    if (seed.empty()) return {};
    auto key = detail::base32_decode(seed.reveal());
    if (!key) {
      throw std::invalid_argument(
          "an account's OTP seed is not Base32: give letters A to Z and digits 2 to 7");
    }
    return secret(*std::move(key));
  }

  secret derived(std::string_view purpose) const {
    return secret(detail::hmac_sha256(key_.reveal(), purpose));
  }
  std::string hash(std::string_view text) const { return detail::hmac_sha256(hash_key_.reveal(), text); }

  const std::shared_ptr<t3api::clock> clock_;
  const std::chrono::seconds session_ttl_;
  const secret key_;
  const secret hash_key_;
  const session_ids ids_;
  shared_accounts accounts_;
  login_tally tally_;
};

static_assert(metrc_upstream<simulated_metrc>, "the simulated Metrc has all that the service asks of one");

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_ROUTES_ADMIN_HPP
#define T3API_SANDBOX_ROUTES_ADMIN_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_FAULTS_FAULT_JSON_HPP
#define T3API_SANDBOX_FAULTS_FAULT_JSON_HPP

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_FAULTS_JSON_MEMBERS_HPP
#define T3API_SANDBOX_FAULTS_JSON_MEMBERS_HPP

#include <chrono>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox::json_members {

// Each reads one member of an order, and throws `refusal` (422), which names the member and never shows its
// value, when it is of another kind.

inline refusal wrong_member(const std::string& name, const std::string& what) {
  return {422, "the member '" + name + "' must be " + what};
}

inline std::string as_text(const std::string& name, const nlohmann::json& value) {
  if (!value.is_string()) throw wrong_member(name, "a text, in quotes");
  return value.get<std::string>();
}

/// A text that is not empty.
inline std::string as_name(const std::string& name, const nlohmann::json& value) {
  auto text = as_text(name, value);
  if (text.empty()) throw wrong_member(name, "a text that is not empty");
  return text;
}

inline bool as_flag(const std::string& name, const nlohmann::json& value) {
  if (!value.is_boolean()) throw wrong_member(name, "true or false");
  return value.get<bool>();
}

/// A whole number from `least` to `most`.
inline std::uint64_t as_count(const std::string& name, const nlohmann::json& value,
                              std::uint64_t most = 1'000'000'000, std::uint64_t least = 0) {
  const bool negative =
      !value.is_number_unsigned() && value.is_number_integer() && value.get<std::int64_t>() < 0;
  if (!value.is_number_integer() || negative || value.get<std::uint64_t>() > most ||
      value.get<std::uint64_t>() < least) {
    throw wrong_member(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value.get<std::uint64_t>();
}

/// A whole number of either sign but 0, of at most nine digits.
inline std::int64_t as_difference(const std::string& name, const nlohmann::json& value) {
  constexpr std::int64_t most = 999'999'999;
  const bool whole = value.is_number_integer() &&
                     !(value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{most});
  if (!whole || value.get<std::int64_t>() < -most || value.get<std::int64_t>() > most || value == 0) {
    throw wrong_member(name, "a whole number from -999999999 to 999999999, and not 0");
  }
  return value.get<std::int64_t>();
}

/// Milliseconds, at most an hour.
inline std::chrono::milliseconds as_milliseconds(const std::string& name, const nlohmann::json& value) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(as_count(name, value, 3'600'000)));
}

inline const nlohmann::json& as_object(const std::string& name, const nlohmann::json& value) {
  if (!value.is_object()) throw wrong_member(name, "an object, in braces");
  return value;
}

}  // namespace t3api::inline v0_1_0::sandbox::json_members

#endif

namespace t3api::inline v0_1_0::sandbox {

namespace faults_detail {

inline constexpr std::array<std::pair<std::string_view, retry_after_form>, 6> retry_after_names = {{
    {"seconds", retry_after_form::seconds},
    {"date", retry_after_form::http_date},
    {"garbage", retry_after_form::garbage},
    {"zero", retry_after_form::zero},
    {"negative", retry_after_form::negative},
    {"hour", retry_after_form::hour},
}};

inline retry_after_form as_retry_after(const std::string& name, const nlohmann::json& value) {
  const auto text = json_members::as_text(name, value);
  for (const auto& [known, form] : retry_after_names) {
    if (known == text) return form;
  }
  throw json_members::wrong_member(name, "seconds, date, garbage, zero, negative or hour");
}

inline method as_method(const std::string& name, const nlohmann::json& value) {
  const auto text = json_members::as_text(name, value);
  for (const auto m :
       {method::get, method::head, method::post, method::put, method::patch, method::delete_}) {
    if (to_string(m) == text) return m;
  }
  throw json_members::wrong_member(name, "GET, HEAD, POST, PUT, PATCH or DELETE");
}

inline account_name as_account(const std::string& name, const nlohmann::json& value) {
  account_name account;
  for (const auto& [part, text] : json_members::as_object(name, value).items()) {
    if (part == "hostname") {
      account.hostname = json_members::as_name(part, text);
    } else if (part == "username") {
      account.username = json_members::as_name(part, text);
    } else {
      throw json_members::wrong_member(name, "an object of hostname and username alone");
    }
  }
  return account;
}

inline void read_member(fault& f, const std::string& name, const nlohmann::json& value) {
  using namespace json_members;
  const auto wire = [&]() -> wire_fault& { return f.wire ? *f.wire : f.wire.emplace(); };
  if (name == "method") {
    f.method = as_method(name, value);
  } else if (name == "path") {
    f.path = as_text(name, value);
  } else if (name == "query") {
    for (const auto& [parameter, text] : as_object(name, value).items()) {
      f.query.emplace_back(parameter, as_text(parameter, text));
    }
  } else if (name == "skip") {
    f.skip = as_count(name, value);
  } else if (name == "times") {
    f.times = as_count(name, value);
  } else if (name == "delayMs") {
    f.delay = as_milliseconds(name, value);
  } else if (name == "account") {
    f.account = as_account(name, value);
  } else if (name == "endSessions") {
    f.end_sessions = as_flag(name, value);
  } else if (name == "newPassword") {
    f.new_password = as_name(name, value);
  } else if (name == "status") {
    f.status = static_cast<int>(as_count(name, value, 599));
  } else if (name == "headers") {
    for (const auto& [field, text] : as_object(name, value).items())
      f.headers.set(field, as_text(field, text));
  } else if (name == "retryAfter") {
    f.retry_after = as_retry_after(name, value);
  } else if (name == "body") {
    f.body = as_text(name, value);
  } else if (name == "reset") {
    wire().reset = as_flag(name, value);
  } else if (name == "garbage") {
    wire().garbage = as_name(name, value);
  } else if (name == "cutAfter") {
    wire().cut_after = static_cast<std::size_t>(as_count(name, value));
  } else if (name == "lengthError") {
    wire().length_error = as_difference(name, value);
  } else if (name == "dripBytes") {
    wire().drip_bytes = static_cast<std::size_t>(as_count(name, value, 1'000'000'000, 1));
  } else if (name == "dripPauseMs") {
    wire().drip_pause = as_milliseconds(name, value);
  } else {
    throw refusal(422, "a fault has no member '" + detail::printable(name, 60) +
                           "': see the list in the documentation of faults, and mind upper and lower case");
  }
}

}  // namespace faults_detail

/// A fault as `POST /sandbox/faults` takes it. Throws `refusal` (422) with the sentence to correct it by.
inline fault fault_from(const nlohmann::json& body) {
  fault made;
  try {
    for (const auto& [name, value] : body.items()) faults_detail::read_member(made, name, value);
    check_fault(made);
  } catch (const std::invalid_argument& wrong) {
    throw refusal(422, wrong.what());
  }
  return made;
}

/// The same members, but for those that are as they are when nothing is said, and without the password.
inline nlohmann::json to_json(const fault& f) {
  nlohmann::json json = {{"path", f.path}, {"times", f.times}};
  if (f.method) json["method"] = to_string(*f.method);
  for (const auto& [name, value] : f.query) json["query"][name] = value;
  if (f.skip != 0) json["skip"] = f.skip;
  if (f.delay.count() != 0) json["delayMs"] = f.delay.count();
  if (f.account) json["account"] = {{"hostname", f.account->hostname}, {"username", f.account->username}};
  if (f.end_sessions) json["endSessions"] = true;
  if (!f.new_password.empty()) json["newPassword"] = "(not shown)";
  if (f.status != 0) json["status"] = f.status;
  for (const auto& [name, value] : f.headers) json["headers"][name] = value;
  for (const auto& [name, form] : faults_detail::retry_after_names) {
    if (f.retry_after == form) json["retryAfter"] = name;
  }
  if (f.body) json["body"] = *f.body;
  if (!f.wire) return json;
  if (f.wire->reset) json["reset"] = true;
  if (!f.wire->garbage.empty()) json["garbage"] = f.wire->garbage;
  if (f.wire->cut_after) json["cutAfter"] = *f.wire->cut_after;
  if (f.wire->length_error != 0) json["lengthError"] = f.wire->length_error;
  if (f.wire->drip_bytes != 0) json["dripBytes"] = f.wire->drip_bytes;
  if (f.wire->drip_pause.count() != 0) json["dripPauseMs"] = f.wire->drip_pause.count();
  return json;
}

/// `{"id", "matched", "struck", "fault"}`.
inline nlohmann::json to_json(const planned_fault& planned) {
  return {{"id", planned.id},
          {"matched", planned.matched},
          {"struck", planned.struck},
          {"fault", to_json(*planned.fault)}};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_FAULTS_METRC_ORDERS_HPP
#define T3API_SANDBOX_FAULTS_METRC_ORDERS_HPP

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// One thing that `POST /sandbox/metrc` tells the Metrc behind a service to do.
struct metrc_order {
  std::string name{};      ///< Such as "changePassword".
  account_name account{};  ///< Empty for what concerns all of Metrc.
  secret text{};           ///< The new password, e-mail address, username or seed.
  std::uint64_t number = 0;
  bool for_ever = false;  ///< In place of a number.
};

namespace faults_detail {

/// What the order of that name sets, as a member beside hostname and username; empty for nothing.
inline const char* text_of_order(std::string_view name) {
  return name == "changePassword"   ? "password"
         : name == "changeEmail"    ? "email"
         : name == "changeUsername" ? "newUsername"
         : name == "changeOtpSeed"  ? "otpSeed"
                                    : "";
}

inline void read_account_order(metrc_order& order, const nlohmann::json& value) {
  using namespace json_members;
  const std::string text = text_of_order(order.name);
  const auto& members = as_object(order.name, value);
  for (const auto& [part, given] : members.items()) {
    if (part == "hostname") {
      order.account.hostname = as_name(part, given);
    } else if (part == "username") {
      order.account.username = as_name(part, given);
    } else if (!text.empty() && part == text) {
      order.text = secret(as_text(part, given));
    } else {
      throw refusal(422,
                    "'" + order.name + "' has no member '" + detail::printable(part, 60) + "': leave it out");
    }
  }
  for (const auto& needed : {std::string("hostname"), std::string("username"), text}) {
    if (!needed.empty() && !members.contains(needed)) {
      throw refusal(422, "the member '" + needed + "' of '" + order.name + "' is missing");
    }
  }
}

}  // namespace faults_detail

/// Reads `{"<name of an order>": …}`. Throws `refusal` (422), which shows no value.
inline metrc_order metrc_order_from(const nlohmann::json& body) {
  using namespace json_members;
  if (body.size() != 1) {
    throw refusal(422, "give one order for Metrc at a time, such as {\"endSessions\": true}");
  }
  metrc_order order{.name = body.begin().key()};
  const auto& value = body.begin().value();
  const auto is_one_of = [&](std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
      if (order.name == name) return true;
    }
    return false;
  };
  if (is_one_of({"changePassword", "changeEmail", "changeUsername", "changeOtpSeed", "lock", "unlock"})) {
    faults_detail::read_account_order(order, value);
  } else if (is_one_of({"endSessions"})) {
    if (!value.is_object() && value != true) {
      throw wrong_member(order.name, "true, or an object of hostname and username");
    }
    if (value.is_object()) faults_detail::read_account_order(order, value);
  } else if (is_one_of({"failLogins"})) {
    order.for_ever = value == true;
    if (!order.for_ever) order.number = as_count(order.name, value);
  } else if (is_one_of({"lockAfter"})) {
    order.number = as_count(order.name, value);
  } else if (is_one_of({"delayLogins"})) {
    order.number = as_count(order.name, value, 3'600'000);
  } else {
    throw refusal(422, "there is no order '" + detail::printable(order.name, 60) +
                           "' for Metrc: give endSessions, changePassword, changeEmail, changeUsername, "
                           "changeOtpSeed, lock, unlock, lockAfter, delayLogins or failLogins");
  }
  return order;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox::routes {

/// Where the routes of this file are. They are there only when `settings.admin` says so.
inline constexpr std::string_view admin_paths = "/sandbox/";

/// `POST /sandbox/faults`: something that is to go wrong.
template <metrc_upstream Metrc>
response post_fault(context<Metrc>& shared, const call& c) {
  auto ordered = fault_from(body_object(c));
  refuse_unknown_account(*shared.metrc, ordered);
  try {
    return json_answer(201, {{"id", shared.faults.add(std::move(ordered))}});
  } catch (const std::invalid_argument& full) {
    throw refusal(409, full.what());
  }
}

/// `GET /sandbox/faults`: what is to go wrong, and how often each has.
template <metrc_upstream Metrc>
response get_faults(context<Metrc>& shared, const call&) {
  auto list = nlohmann::json::array();
  for (const auto& planned : shared.faults.list()) list.push_back(to_json(planned));
  return json_answer(200, list);
}

/// `DELETE /sandbox/faults`: nothing is to go wrong any more.
template <metrc_upstream Metrc>
response delete_faults(context<Metrc>& shared, const call&) {
  shared.faults.clear();
  return json_answer(200, nlohmann::json::object());
}

/// `DELETE /sandbox/faults/<id>`
template <metrc_upstream Metrc>
response delete_fault(context<Metrc>& shared, const call& c) {
  const auto id = detail::parse_decimal(std::string_view(c.path).substr(c.path.rfind('/') + 1));
  if (!id || !shared.faults.remove(*id)) {
    throw refusal(404, "there is no such fault: GET /sandbox/faults lists them");
  }
  return json_answer(200, {{"id", *id}});
}

/// Carries out an order. False when there is no such account, nothing when this Metrc does not know how.
/// Throws std::invalid_argument for a value that Metrc does not take.
template <metrc_upstream Metrc>
std::optional<bool> tell_metrc(Metrc& metrc, const metrc_order& order) {
  if constexpr (requires {
                  metrc.end_sessions();
                  metrc.change_username("", "", "");
                  metrc.lock_after(0);
                  metrc.fail_logins();
                }) {
    const std::string host = canonical_hostname(order.account.hostname);
    const std::string& user = order.account.username;
    const std::string_view name = order.name;
    if (name == "changePassword") return metrc.change_password(host, user, order.text);
    if (name == "changeEmail") return metrc.change_email(host, user, order.text.reveal());
    if (name == "changeUsername") return metrc.change_username(host, user, order.text.reveal());
    if (name == "changeOtpSeed") return metrc.change_otp_seed(host, user, order.text);
    if (name == "lock") return metrc.lock(host, user);
    if (name == "unlock") return metrc.unlock(host, user);
    if (name == "endSessions" && !user.empty()) return metrc.end_sessions(host, user);
    if (name == "endSessions") metrc.end_sessions();
    if (name == "lockAfter") metrc.lock_after(order.number);
    if (name == "delayLogins") {
      metrc.delay_logins(std::chrono::milliseconds(static_cast<std::int64_t>(order.number)));
    }
    if (name == "failLogins") order.for_ever ? metrc.fail_logins() : metrc.fail_logins(order.number);
    return true;
  } else {
    static_cast<void>(metrc), static_cast<void>(order);
    return std::nullopt;
  }
}

/// `POST /sandbox/metrc`: one order, such as `{"endSessions": true}`.
template <metrc_upstream Metrc>
response post_metrc(context<Metrc>& shared, const call& c) {
  const auto order = metrc_order_from(body_object(c));
  std::optional<bool> done;
  try {
    done = tell_metrc(*shared.metrc, order);
  } catch (const std::invalid_argument& wrong) {
    throw refusal(422, wrong.what());
  }
  if (!done) throw refusal(501, "the Metrc behind this service takes no orders");
  if (!*done) throw refusal(422, "Metrc has no such account: check hostname and username");
  return json_answer(200, nlohmann::json::object());
}

/// `GET /sandbox/metrc`: how many logins were tried, and how many opened a session.
template <metrc_upstream Metrc>
response get_metrc(context<Metrc>& shared, const call&) {
  if constexpr (requires {
                  shared.metrc->attempts();
                  shared.metrc->logins();
                }) {
    return json_answer(200, {{"attempts", shared.metrc->attempts()}, {"logins", shared.metrc->logins()}});
  } else {
    throw refusal(501, "the Metrc behind this service does not count logins");
  }
}

/// `GET /sandbox/ledger`: the writes that were accepted.
template <metrc_upstream Metrc>
response get_ledger(context<Metrc>& shared, const call&) {
  return json_answer(200, to_json(shared.ledger));
}

/// `DELETE /sandbox/ledger`: forgets them; what they wrote stays.
template <metrc_upstream Metrc>
response delete_ledger(context<Metrc>& shared, const call&) {
  shared.ledger.clear();
  return json_answer(200, nlohmann::json::object());
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
#ifndef T3API_SANDBOX_ROUTES_AUTH_HPP
#define T3API_SANDBOX_ROUTES_AUTH_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_AUTHENTICATE_HPP
#define T3API_SANDBOX_AUTHENTICATE_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_SANDBOX_IDENTITY_HPP
#define T3API_SANDBOX_IDENTITY_HPP

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// Who makes a call.
struct identity {
  metrc_session session{};
  nlohmann::json claims{};  ///< What `GET /v2/auth/whoami` answers.

  bool same_account(const identity& other) const {
    return session.user->hostname == other.session.user->hostname &&
           session.user->username == other.session.user->username;
  }
};

/// The claims of T3's tokens about an account. `credentialKey` names it without telling more.
inline nlohmann::json account_claims(std::string_view auth_mode, const metrc_user& user) {
  const std::string name =
      detail::hex(detail::hmac_sha256("credentialKey", user.hostname + "\n" + user.username));
  return {{"authMode", auth_mode},     {"credentialKey", name.substr(0, 32)},
          {"hasT3plus", true},         {"t3plusSubscriptionTier", "SANDBOX"},
          {"username", user.username}, {"hostname", user.hostname}};
}

/// The claims of a new token: the account's, its life, and as `sid` the name of the Metrc session behind it.
inline nlohmann::json token_claims(std::string_view auth_mode, const metrc_session& session,
                                   std::string_view session_name, wall_time now, std::chrono::seconds ttl) {
  const std::int64_t issued = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  nlohmann::json claims = account_claims(auth_mode, *session.user);
  claims["sid"] = session_name;
  claims["iat"] = issued;
  claims["exp"] = issued + ttl.count();
  return claims;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_JWT_HPP
#define T3API_SANDBOX_JWT_HPP

#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// A longer token is refused unread.
inline constexpr std::size_t max_jwt_bytes = 8192;

/// `claims` as a JSON Web Token in compact form, signed with HMAC-SHA-256 (RFC 7515 section 3.1, RFC 7519).
inline std::string sign_jwt(const nlohmann::json& claims, std::string_view key) {
  std::string token = detail::base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." +
                      detail::base64url_encode(claims.dump());
  token += "." + detail::base64url_encode(detail::hmac_sha256(key, token));
  return token;
}

namespace jwt_detail {

inline error refused(std::string why) {
  return {.category = error_category::authentication,
          .message = "the bearer token " + std::move(why),
          .status = 401};
}

inline std::optional<std::string> decode_part(std::string_view part) {
  if (part.empty() || part.find('=') != part.npos) return std::nullopt;
  return detail::base64url_decode(part);
}

/// Seconds since 1970, as `exp` and `nbf` have them; fractions are allowed (RFC 7519 section 2).
inline std::optional<double> numeric_date(const nlohmann::json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const auto value = found->get<double>();
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace jwt_detail

/// The claims of a token that `key` signed and that is good at `now`, or why it is none. HS256 is the only
/// algorithm, whatever the token's header wishes; the signature is checked before anything of the token is
/// read; `exp` is required.
inline result<nlohmann::json> verify_jwt(std::string_view token, std::string_view key, wall_time now) {
  using jwt_detail::refused;
  if (token.size() > max_jwt_bytes) return refused("is too long to be one: send what the exchange answered");
  const auto first = token.find('.');
  const auto second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) {
    return refused("is not a JSON Web Token: it must have three parts with dots between them");
  }
  const auto signature = jwt_detail::decode_part(token.substr(second + 1));
  if (!signature ||
      !detail::constant_time_equal(*signature, detail::hmac_sha256(key, token.substr(0, second)))) {
    return refused("was not signed by this service: exchange the credentials again");
  }
  const auto header_text = jwt_detail::decode_part(token.substr(0, first));
  const auto claims_text = jwt_detail::decode_part(token.substr(first + 1, second - first - 1));
  const auto header = header_text ? parse_json(*header_text) : std::nullopt;
  auto claims = claims_text ? parse_json(*claims_text) : std::nullopt;
  if (!header || !header->is_object() || !claims || !claims->is_object()) {
    return refused("is not a JSON Web Token: its parts are not JSON objects");
  }
  if (string_member(*header, "alg") != "HS256" || header->contains("crit")) {
    return refused("uses another algorithm than HS256, which is the only one accepted here");
  }
  const auto expiry = jwt_detail::numeric_date(*claims, "exp");
  if (!expiry) return refused("has no expiry (exp): exchange the credentials again");
  const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
  if (seconds >= *expiry) return refused("has expired: exchange the credentials again");
  if (claims->contains("nbf")) {
    const auto start = jwt_detail::numeric_date(*claims, "nbf");
    if (!start || *start > seconds) return refused("is not good yet (nbf): check the clock");
  }
  return *std::move(claims);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// The answer when there is no Metrc session to be had for kept credentials at the moment.
inline refusal login_must_wait(const kept_session& kept) {
  const std::string wait = std::to_string(kept.retry_after.count());
  const std::string why =
      kept.refusal == metrc_refusal::otp_used
          ? "Metrc accepts each one-time password once, and those of the present 30 seconds are used"
      : kept.refusal == metrc_refusal::locked ? "Metrc has locked the account for now"
                                              : "Metrc does not answer logins at the moment";
  return {503, why + ": try again in " + wait + " s", {{"Retry-After", wait}}};
}

/// Who presents this token. Throws `refusal`: the token is bad or has expired, or the Metrc session behind it
/// has ended, which its owner must mend by exchanging the credentials again.
template <metrc_upstream Metrc>
identity bearer_identity(context<Metrc>& shared, std::string_view token, wall_time now) {
  auto claims = verify_jwt(token, shared.signing_key.reveal(), now);
  if (!claims) throw unauthorized(claims.error().message);
  const std::string name = "token/" + string_member(*claims, "sid").value_or("");
  auto id = shared.cache->nearby(name);
  if (!id) id = shared.cache->shared(name);
  auto session = id ? shared.metrc->find_session(*id) : std::nullopt;
  if (!session || session->user->hostname != string_member(*claims, "hostname") ||
      session->user->username != string_member(*claims, "username")) {
    throw unauthorized("the Metrc session behind the bearer token has ended: exchange the credentials again");
  }
  claims->erase("sid");
  return {.session = *std::move(session), .claims = *std::move(claims)};
}

namespace authenticate_detail {

/// Notes that the key is of no use any more. When that cannot be written down the key is refused all the
/// same, and for 30 s nobody waits for the database because of it again.
template <metrc_upstream Metrc>
void disable(context<Metrc>& shared, const key_record& key, wall_time refused_at) {
  const std::string tried = "disabling/" + key.login;
  if (shared.cache->nearby(tried)) return;
  shared.cache->put_near(tried, "tried", std::chrono::seconds(30));
  try {
    shared.secret_keys.disable(key, refused_at);
    shared.cache->put_near(tried, "", std::chrono::seconds(0));
  } catch (const database_error& failure) {
    shared.trouble(failure.what(), shared.clock->now());
  }
}

}  // namespace authenticate_detail

/// Who presents a secret key, after a new Metrc login when the last session has ended. Throws `refusal`; when
/// `stop` asks to stop while it waits, 503.
template <metrc_upstream Metrc>
identity secret_key_identity(context<Metrc>& shared, const key_record& key, const stop_token& stop) {
  const auto no_longer_accepted = [] {
    return unauthorized(
        "Metrc no longer accepts the credentials behind the secret key, as when a password was changed: make "
        "a new key");
  };
  if (!key.is_enabled) throw no_longer_accepted();
  const auto credentials = [&] {
    auto opened = shared.secret_keys.credentials(key);
    if (!opened)
      throw unauthorized("the secret key was deleted: make a new one with POST /v2/auth/secretkey");
    return *std::move(opened);
  };
  auto kept = shared.sessions.session(key.login, key.owner, credentials, key.created_at, stop);
  if (!kept.session && kept.retry_after.count() == 0) {
    // Only what Metrc said to this very process ends the key for good.
    if (kept.refused_at) authenticate_detail::disable(shared, key, *kept.refused_at);
    throw no_longer_accepted();
  }
  if (!kept.session) throw login_must_wait(kept);
  auto claims = account_claims("SECRET_KEY", *kept.session->user);
  return {.session = *std::move(kept.session), .claims = std::move(claims)};
}

namespace authenticate_detail {

inline std::optional<std::string_view> only_header(const call& c, std::string_view name) {
  std::optional<std::string_view> value;
  for (const auto& [given, text] : c.headers) {
    if (!detail::iequals(given, name)) continue;
    if (value) throw refusal(400, "the header " + std::string(name) + " is there twice: send it once");
    value = detail::trim(text);
  }
  return value;
}

inline std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (!detail::iequals(authorization.substr(0, scheme.size()), scheme)) {
    throw unauthorized("the header Authorization must be: Bearer <token>");
  }
  return detail::trim(authorization.substr(scheme.size()));
}

}  // namespace authenticate_detail

/// Who makes a call: `Authorization: Bearer <token>`, `X-T3-API-Key: <secret key>` or `?secretKey=<secret
/// key>`. A call that uses several of them must get each right, and all must stand for one account: what is
/// wrong or contradicts another is an error of the caller that must not be hidden. Only a call that gets in
/// counts as a use of its keys. Throws `refusal`.
template <metrc_upstream Metrc>
identity authenticate(context<Metrc>& shared, const call& c) {
  std::optional<identity> who;
  const auto admit = [&](identity found) {
    if (who && !who->same_account(found)) {
      throw refusal(400,
                    "the request authenticates as two different accounts: send one token or one secret key");
    }
    if (!who) who = std::move(found);
  };
  if (const auto header = authenticate_detail::only_header(c, "Authorization")) {
    admit(bearer_identity(shared, authenticate_detail::bearer_token(*header), c.now));
  }
  std::vector<key_record> keys;
  for (const auto& given :
       {authenticate_detail::only_header(c, "X-T3-API-Key"), query_value(c, "secretKey")}) {
    if (!given) continue;
    auto key = shared.secret_keys.find(*given);
    if (!key) throw unauthorized("the secret key is not known here: make one with POST /v2/auth/secretkey");
    admit(secret_key_identity(shared, *key, c.stop));
    keys.push_back(*std::move(key));
  }
  if (!who) {
    throw unauthorized(
        "the request is not authenticated: send Authorization: Bearer <token>, or X-T3-API-Key: <secret "
        "key>");
  }
  shared.limits.count_request(*who->session.user);
  for (const auto& key : keys) shared.secret_keys.used(key, c.now);
  return *std::move(who);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox::routes {

/// The one answer to every wrong login, so that nobody learns which part was wrong.
inline refusal login_refused() {
  return unauthorized(
      "Metrc refused the login: check hostname, username and password, and the e-mail address (Colorado) or "
      "one-time "
      "password (Michigan), which works once");
}

inline refusal metrc_unavailable() {
  return {503, "Metrc does not answer logins at the moment: try again in 5 s", {{"Retry-After", "5"}}};
}

inline key_owner owner_of(const identity& who) {
  return {.hostname = who.session.user->hostname, .username = who.session.user->username};
}

/// The member `hostname`, in its canonical spelling. Throws `refusal` when it names no state's Metrc.
inline std::string hostname_member(const nlohmann::json& body) {
  auto hostname = canonical_hostname(required_text(body, "hostname"));
  if (!is_metrc_hostname(hostname)) {
    throw refusal(422,
                  "the member 'hostname' names no state's Metrc: give one that GET /v2/states lists, such as "
                  "ca.metrc.com");
  }
  return hostname;
}

template <metrc_upstream Metrc>
response token_answer(context<Metrc>& shared, std::string_view auth_mode, const metrc_session& session) {
  const auto ttl = shared.settings.jwt_ttl;
  const std::string name = detail::make_uuid();
  shared.cache->put("token/" + name, session.id, ttl + std::chrono::minutes(1));
  // Not when the request came: its login may have taken long.
  const auto claims = token_claims(auth_mode, session, name, shared.clock->wall_now(), ttl);
  return json_answer(
      200, {{"accessToken", sign_jwt(claims, shared.signing_key.reveal())}, {"expiresIn", ttl.count()}});
}

/// `POST /v2/auth/credentials`: a Metrc login for a token.
template <metrc_upstream Metrc>
response post_credentials(context<Metrc>& shared, const call& c) {
  const auto body = body_object(c);
  const metrc_login form{.hostname = hostname_member(body),
                         .username = required_text(body, "username"),
                         .password = required_text(body, "password"),
                         .otp = optional_text(body, "otp"),
                         .email = optional_text(body, "email")};
  login_attempt attempt(shared.limits, attempted_account(form.hostname, form.username), c.address, c.stop);
  const auto answer = log_in(*shared.metrc, form, c.stop);
  if (!answer.session && answer.refusal == metrc_refusal::unavailable) throw metrc_unavailable();
  if (!answer.session) throw attempt.failed(login_refused());
  shared.limits.count_request(*answer.session->user);
  return token_answer(shared, "CREDENTIALS", *answer.session);
}

/// `POST /v2/auth/apikey`: an API key for a token.
template <metrc_upstream Metrc>
response post_apikey(context<Metrc>& shared, const call& c) {
  const auto body = body_object(c);
  const std::string key = required_text(body, "apiKey");
  const auto where = find_state(required_text(body, "stateCode"));
  if (!where)
    throw refusal(422,
                  "the member 'stateCode' names no state: give one that GET /v2/states lists, such as CA");
  login_attempt attempt(shared.limits, attempted_api_key(key, where->abbreviation), c.address, c.stop);
  const auto* credentials = shared.api_keys.find(key, *where);
  if (!credentials)
    throw attempt.failed(
        unauthorized("the API key is not known for this state: check the key and the state code"));
  const auto kept = shared.sessions.session(
      shared.sessions.name_of(*credentials), {credentials->hostname, credentials->username},
      [&] { return *credentials; }, {}, c.stop);
  if (!kept.session && kept.retry_after.count() == 0)
    throw attempt.failed(
        unauthorized("Metrc no longer accepts the credentials behind the API key: ask T3 for a new one"));
  if (!kept.session) throw login_must_wait(kept);
  shared.limits.count_request(*kept.session->user);
  return token_answer(shared, "API_KEY", *kept.session);
}

template <metrc_upstream Metrc>
void refuse_too_many_keys(context<Metrc>& shared, const key_owner& owner) {
  const auto most = shared.settings.secret_keys_per_user;
  if (most == 0 || shared.secret_keys.of(owner).size() < most) return;
  throw refusal(409, "this user has " + std::to_string(most) +
                         " secret keys, which is as many as there may be: delete one with DELETE "
                         "/v2/auth/secretkey/<id>, which takes its id from GET /v2/auth/secretkey");
}

/// `POST /v2/auth/secretkey`: a Metrc login for a secret key, which is shown this once.
template <metrc_upstream Metrc>
response post_secretkey(context<Metrc>& shared, const call& c) {
  const auto body = body_object(c);
  const stored_credentials credentials{.hostname = hostname_member(body),
                                       .username = required_text(body, "username"),
                                       .password = required_text(body, "password"),
                                       .email = optional_text(body, "email"),
                                       .otp_seed = optional_text(body, "otpSeed")};
  if (!credentials.otp_seed.empty() && !detail::base32_decode(credentials.otp_seed.reveal())) {
    throw refusal(422,
                  "the member 'otpSeed' is not Base32: give the seed that the authenticator was set up with, "
                  "not a code");
  }
  login_attempt attempt(shared.limits, attempted_account(credentials.hostname, credentials.username),
                        c.address, c.stop);
  const auto login = shared.sessions.name_of(credentials);
  const auto kept = shared.sessions.fresh_session(login, credentials, c.stop);
  // That an account is locked would tell that there is one.
  const bool refused = kept.retry_after.count() == 0 || kept.refusal == metrc_refusal::locked;
  if (!kept.session && refused) throw attempt.failed(login_refused());
  if (!kept.session) throw login_must_wait(kept);
  shared.limits.count_request(*kept.session->user);
  refuse_too_many_keys(shared, {credentials.hostname, credentials.username});
  // A refusal that other keys of these credentials met before this moment says nothing of the new one.
  const secret key = shared.secret_keys.make(credentials, login, shared.clock->wall_now());
  return json_answer(200, {{"secretKey", std::string(key.reveal())}});
}

/// `GET /v2/auth/secretkey`: the caller's secret keys, the oldest first; never a key itself.
template <metrc_upstream Metrc>
response get_secretkeys(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  auto list = nlohmann::json::array();
  for (const auto& key : shared.secret_keys.of(owner_of(who))) {
    list.push_back(
        {{"id", key.id},
         {"createdAt", iso_time(key.created_at)},
         {"lastUsedAt", key.last_used_at ? nlohmann::json(iso_time(*key.last_used_at)) : nlohmann::json()},
         {"isEnabled", key.is_enabled}});
  }
  return json_answer(200, list);
}

/// `DELETE /v2/auth/secretkey/<id>`: ends one of the caller's secret keys. Nobody learns whether an id is
/// someone else's.
template <metrc_upstream Metrc>
response delete_secretkey(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  const std::string id = detail::to_lower(std::string_view(c.path).substr(c.path.rfind('/') + 1));
  if (!shared.secret_keys.erase(id, owner_of(who))) {
    throw refusal(404, "this user has no such secret key: GET /v2/auth/secretkey lists the ids");
  }
  return json_answer(200, {{"id", id}});
}

/// `GET /v2/auth/whoami`: what the token or key stands for.
template <metrc_upstream Metrc>
response get_whoami(context<Metrc>& shared, const call& c) {
  return json_answer(200, authenticate(shared, c).claims);
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
#ifndef T3API_SANDBOX_ROUTES_COLLECTIONS_HPP
#define T3API_SANDBOX_ROUTES_COLLECTIONS_HPP

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_ROUTES_LICENSES_HPP
#define T3API_SANDBOX_ROUTES_LICENSES_HPP

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox::routes {

/// The query parameter `licenseNumber`. Throws `refusal`: 400 when it is missing, 403 when the account may
/// not read it.
inline std::string_view license_parameter(const call& c, const metrc_user& user) {
  const auto number = query_value(c, "licenseNumber");
  if (!number || number->empty()) {
    throw refusal(400,
                  "the query parameter 'licenseNumber' is missing: give one that GET /v2/licenses lists");
  }
  if (std::find(user.licenses.begin(), user.licenses.end(), *number) == user.licenses.end()) {
    throw refusal(403, "this account has no such licence: give one that GET /v2/licenses lists");
  }
  return *number;
}

/// `GET /v2/licenses`: the account's licences.
template <metrc_upstream Metrc>
response get_licenses(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  auto list = nlohmann::json::array();
  for (const auto& number : who.session.user->licenses) {
    list.push_back({{"licenseName", "Sandbox " + number}, {"licenseNumber", number}});
  }
  return json_answer(200, list);
}

/// `GET /v2/states`: all states, for everyone.
template <metrc_upstream Metrc>
response get_states(context<Metrc>&, const call&) {
  auto list = nlohmann::json::array();
  for (const auto& s : states) {
    list.push_back({{"abbreviation", s.abbreviation}, {"name", s.name}, {"hostname", s.hostname()}});
  }
  return json_answer(200, list);
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif

namespace t3api::inline v0_1_0::sandbox::routes {

/// `GET` of any collection of the catalogue: one page of a licence's rows, filtered and sorted.
template <metrc_upstream Metrc>
response get_collection(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  const auto license = license_parameter(c, *who.session.user);
  const collection& of = *find_collection(c.path);
  const auto chosen = parse_selection(of, c.query);
  const std::uint64_t page = query_number(c, "page", 1, 1, (std::numeric_limits<std::int64_t>::max)());
  const std::uint64_t page_size = query_number(c, "pageSize", 100, 1, 500);
  const bool strict = query_flag(c, "strictPagination");

  const table from = shared.records.open(of, who.session.user->hostname, license);
  const auto rows = chosen.everything() ? nullptr : shared.records.select(from, chosen);
  const std::uint64_t total = rows ? rows->size() : from.size();
  const std::uint64_t pages = total / page_size + (total % page_size != 0 ? 1 : 0);
  const bool past_the_end = page > (std::max<std::uint64_t>)(pages, 1);
  if (past_the_end && strict) {
    throw refusal(
        400, "the page " + std::to_string(page) + " is past the last one, which is " + std::to_string(pages));
  }

  auto data = nlohmann::json::array();
  if (!past_the_end) {
    const std::uint64_t first = (page - 1) * page_size;
    for (std::uint64_t at = first; at < (std::min)(first + page_size, total); ++at) {
      data.push_back(from.row(rows ? (*rows)[at] : from.number_at(at), c.now));
    }
  }
  return json_answer(200, {{"data", std::move(data)},
                           {"page", page},
                           {"pageSize", page_size},
                           {"totalPages", pages},
                           {"total", total}});
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
#ifndef T3API_SANDBOX_ROUTES_PAGES_HPP
#define T3API_SANDBOX_ROUTES_PAGES_HPP

#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_PAGE_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_PAGE_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_FORMS_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_FORMS_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The part of the page's script that every form needs: finding parts, checking what was filled in, doing a
/// thing once however often its button is pressed, and saying what happened.
inline constexpr std::string_view secret_key_forms = R"js(
const part = (name) => document.querySelector(`[data-part="${name}"]`);

// A status or alert is read out when its text changes: what was said before is taken away when a request starts.
function say(name, text) {
  part(name).textContent = text;
}

function show(name, shown) {
  part(name).hidden = !shown;
}

function mark(input, wrong) {
  document.getElementById(`${input.id}-wrong`).textContent = wrong;
  if (wrong) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
}

const compact = (text) => text.replace(/[\s-]/g, '');

// What is wrong with one field, or nothing.
function wrongWith(input) {
  const value = input.type === 'password' ? input.value : input.value.trim();
  const label = input.labels[0].textContent.trim();
  if (value === '') {
    if (!input.required) return '';
    return input.tagName === 'SELECT' ? 'Choose your state.' : `Fill in: ${label}.`;
  }
  if (input.id === 'email' && !/^[^\s@]+@[^\s@]+$/.test(value)) {
    return 'This is no e-mail address: write it like name@example.com.';
  }
  if (input.id === 'otp' && !/^\d{6}$/.test(compact(value))) return 'A code has 6 digits.';
  if (input.id === 'seed' && !/^[a-z2-7]{8,}=*$/i.test(compact(value))) {
    return /^\d{6}$/.test(compact(value))
      ? 'This is a code. Give the seed that codes are made from.'
      : 'A seed has at least 8 letters A to Z and digits 2 to 7.';
  }
  return '';
}

// Marks what is wrong, puts the focus on the first of it, and tells whether all is well.
function complete(form, alertName) {
  const inputs = [...form.querySelectorAll('input:not([readonly]), select')];
  for (const input of inputs) mark(input, wrongWith(input));
  const wrong = inputs.filter((input) => input.hasAttribute('aria-invalid'));
  say(alertName, wrong.length > 1 ? `${wrong.length} fields need your attention.` : '');
  if (wrong.length === 0) return true;
  wrong[0].closest('details')?.setAttribute('open', '');
  wrong[0].focus();
  return false;
}

function unmark(form) {
  for (const input of form.querySelectorAll('[aria-invalid]')) mark(input, '');
}

// Empties a form, hides again what was made visible, and takes the marks away.
function clear(form) {
  form.reset();
  unmark(form);
  for (const button of form.querySelectorAll('[data-shows]')) reveal(button, false);
}

function reveal(button, visible) {
  const input = document.getElementById(button.dataset.shows);
  if (input.name === 'password') input.type = visible ? 'text' : 'password';
  else input.classList.toggle('masked', !visible);
  button.setAttribute('aria-pressed', String(visible));
  button.textContent = visible ? 'Hide' : 'Show';
}

// Runs an action when its button is pressed or its form is sent, but never twice at a time.
function once(button, action) {
  return async (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    try {
      await action();
    } finally {
      button.removeAttribute('aria-disabled');
    }
  };
}

// A field that this account needs stands among the others; one that it may need is found under "More".
function place(field, needed, neededPart, morePart) {
  field.querySelector('input').required = needed;
  (needed ? part(neededPart) : part(morePart)).append(field);
  show(morePart, part(morePart).querySelector('.field') !== null);
}
)js";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_HTML_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_HTML_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The body of the page of secret keys up to where the states stand in its form. All parts are hidden until
/// the script shows them; without it the page says so. A form's `method` is for a browser that would send it
/// by itself, which the page's policy forbids too: passwords never go into an address.
inline constexpr std::string_view secret_key_html_start = R"html(<header>
  <p class="brand">T3 API <span class="tag">sandbox</span></p>
  <div class="account" data-part="account" hidden>
    <p>Signed in as <strong data-part="who"></strong></p>
    <button type="button" class="plain" data-part="sign-out">Sign out</button>
  </div>
</header>
<main>
  <h1>Secret keys</h1>
  <p>A secret key lets a script or a spreadsheet use the T3 API as you, until you delete it. Your Metrc
    credentials are kept encrypted behind it; when you change them in Metrc, the key stops working and you
    make a new one.</p>
  <p class="note">This is a sandbox with a simulated Metrc. Use its demo accounts, never a real Metrc
    password.</p>
  <noscript><p class="note">This page needs JavaScript. Without it, use
    <code>POST /v2/auth/secretkey</code> from a program.</p></noscript>
  <p class="status" role="status" data-part="status"></p>

  <section class="card new-key" aria-labelledby="new-key-title" data-part="new-key" hidden>
    <h2 id="new-key-title" tabindex="-1">Your new secret key</h2>
    <p><strong>Copy it now: you will not see it again.</strong> Keep it like a password.</p>
    <p class="key"><code id="new-key-value" data-part="new-key-value"></code></p>
    <div class="actions">
      <button type="button" class="main" data-part="copy">Copy the key</button>
      <button type="button" class="plain" data-part="hide-key">I have kept it, hide it</button>
    </div>
    <p class="hint">Send it with each request as the header <code>X-T3-API-Key</code>.</p>
  </section>

  <section class="card" aria-labelledby="sign-in-title" data-part="sign-in" hidden>
    <h2 id="sign-in-title">Sign in with Metrc</h2>
    <form method="post" novalidate data-part="sign-in-form" aria-labelledby="sign-in-title">
      <p class="wrong" role="alert" data-part="sign-in-wrong"></p>
      <div class="field">
        <label for="hostname">State</label>
        <select id="hostname" name="hostname" required aria-describedby="hostname-wrong">
          <option value="">Choose your state</option>
)html";

/// What follows the states.
inline constexpr std::string_view secret_key_html_end = R"html(        </select>
        <p class="wrong" id="hostname-wrong"></p>
      </div>
      <div class="field">
        <label for="username">Username</label>
        <input id="username" name="username" type="text" required autocomplete="username"
          autocapitalize="none" spellcheck="false" maxlength="256" aria-describedby="username-wrong">
        <p class="wrong" id="username-wrong"></p>
      </div>
      <div class="field">
        <label for="password">Password</label>
        <div class="with-button">
          <input id="password" name="password" type="password" required autocomplete="current-password"
            maxlength="256" aria-describedby="password-wrong">
          <button type="button" class="plain" data-shows="password" aria-pressed="false"
            aria-label="Show the password">Show</button>
        </div>
        <p class="wrong" id="password-wrong"></p>
      </div>
      <div data-part="sign-in-needed"></div>
      <details data-part="sign-in-more">
        <summary>More</summary>
        <p class="hint">Only for an account that asks for these at every login.</p>
        <div class="field" data-part="email-field">
          <label for="email">E-mail address</label>
          <p class="hint" id="email-hint">The one that Metrc has of you; logins in Colorado need it.</p>
          <input id="email" name="email" type="email" autocomplete="email" maxlength="256"
            aria-describedby="email-hint email-wrong">
          <p class="wrong" id="email-wrong"></p>
        </div>
        <div class="field" data-part="otp-field">
          <label for="otp">One-time code</label>
          <p class="hint" id="otp-hint">The 6 digits that your authenticator app shows now; logins in Michigan
            need them.</p>
          <input id="otp" name="otp" type="text" inputmode="numeric" autocomplete="one-time-code"
            maxlength="12" aria-describedby="otp-hint otp-wrong">
          <p class="wrong" id="otp-wrong"></p>
        </div>
      </details>
      <div class="actions">
        <button type="submit" class="main" data-part="sign-in-button">Sign in</button>
      </div>
    </form>
  </section>

  <section class="card" aria-labelledby="keys-title" data-part="keys" hidden>
    <div class="title">
      <h2 id="keys-title" tabindex="-1">Your keys</h2>
      <button type="button" class="plain" data-part="refresh" aria-label="Refresh the list">Refresh</button>
    </div>
    <p class="wrong" role="alert" data-part="keys-wrong"></p>
    <p data-part="no-keys" hidden>You have no secret keys yet.</p>
    <ul class="keys" role="list" data-part="key-list" aria-labelledby="keys-title"></ul>
  </section>

  <section class="card" aria-labelledby="create-title" data-part="create" hidden>
    <h2 id="create-title">Make a new key</h2>
    <form method="post" novalidate data-part="create-form" aria-labelledby="create-title">
      <p class="wrong" role="alert" data-part="create-wrong"></p>
      <div class="field">
        <label for="key-username">Username</label>
        <input id="key-username" name="username" type="text" readonly autocomplete="username">
      </div>
      <div class="field">
        <label for="key-password">Password, once more</label>
        <p class="hint" id="key-password-hint">Metrc checks it now; the key keeps it, encrypted, to log in for
          you.</p>
        <div class="with-button">
          <input id="key-password" name="password" type="password" required autocomplete="current-password"
            maxlength="256" aria-describedby="key-password-hint key-password-wrong">
          <button type="button" class="plain" data-shows="key-password" aria-pressed="false"
            aria-label="Show the password">Show</button>
        </div>
        <p class="wrong" id="key-password-wrong"></p>
      </div>
      <div data-part="create-needed"></div>
      <details data-part="create-more">
        <summary>More</summary>
        <p class="hint">Only for an account that asks for one-time codes.</p>
        <div class="field" data-part="seed-field">
          <label for="seed">One-time code seed</label>
          <p class="hint" id="seed-hint">The text of letters and digits 2 to 7 that your authenticator app was
            set up with, not a code: the key makes its codes from it.</p>
          <div class="with-button">
            <input id="seed" name="otpSeed" type="text" class="masked" autocomplete="off"
              autocapitalize="characters" spellcheck="false" maxlength="256"
              aria-describedby="seed-hint seed-wrong">
            <button type="button" class="plain" data-shows="seed" aria-pressed="false"
              aria-label="Show the seed">Show</button>
          </div>
          <p class="wrong" id="seed-wrong"></p>
        </div>
      </details>
      <div class="actions">
        <button type="submit" class="main" data-part="create-button">Make a key</button>
      </div>
    </form>
  </section>
</main>

<dialog aria-labelledby="delete-title" aria-describedby="delete-text" data-part="delete-dialog">
  <h2 id="delete-title">Delete this key?</h2>
  <p id="delete-text" data-part="delete-text"></p>
  <p class="wrong" role="alert" data-part="delete-wrong"></p>
  <div class="actions">
    <button type="button" class="plain" autofocus data-part="delete-cancel">Cancel</button>
    <button type="button" class="danger" data-part="delete-confirm">Delete the key</button>
  </div>
</dialog>

<template data-part="key-row">
  <li>
    <h3></h3>
    <p class="ended" hidden>No longer works: Metrc refused its credentials. Delete it and make a new one.</p>
    <dl>
      <div><dt>Made</dt><dd><time data-is="created"></time></dd></div>
      <div><dt>Last used</dt><dd><time data-is="used"></time></dd></div>
    </dl>
    <button type="button" class="plain delete">Delete</button>
  </li>
</template>
)html";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_REQUESTS_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_REQUESTS_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The part of the page's script that speaks with the service and puts what went wrong into words. Secrets go
/// into bodies and headers only, nothing is kept by the browser, and no cookie is sent.
inline constexpr std::string_view secret_key_requests = R"js(
const patience = 30000;
const inFlight = new Set();

// {status, content, wait}; the status is 0 when no answer came, the wait is in seconds or null.
async function ask(method, path, {token, body} = {}) {
  const headers = {Accept: 'application/json'};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  const cut = new AbortController();
  const timer = setTimeout(() => cut.abort(), patience);
  inFlight.add(cut);
  try {
    const answer = await fetch(path, {
      method, headers, body: body && JSON.stringify(body), signal: cut.signal, mode: 'same-origin',
      credentials: 'omit', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer',
    });
    const text = await answer.text();
    return {status: answer.status, content: parsed(text), wait: seconds(answer.headers.get('Retry-After'))};
  } catch {
    return {status: 0, content: null, wait: null};
  } finally {
    clearTimeout(timer);
    inFlight.delete(cut);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Of a Retry-After header: a number of seconds, or a date.
function seconds(header) {
  if (!header) return null;
  const wait = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(wait) ? Math.max(1, Math.ceil(wait)) : null;
}

const signIn = (form) => ask('POST', '/v2/auth/credentials', {body: form});
const makeKey = (form) => ask('POST', '/v2/auth/secretkey', {body: form});
const listKeys = (token) => ask('GET', '/v2/auth/secretkey', {token});
const deleteKey = (token, id) => ask('DELETE', `/v2/auth/secretkey/${encodeURIComponent(id)}`, {token});

function tryAgain(wait) {
  if (wait === null) return 'Wait a little, then try again.';
  if (wait < 120) return `Try again in ${wait} ${wait === 1 ? 'second' : 'seconds'}.`;
  return `Try again in ${Math.ceil(wait / 60)} minutes.`;
}

// The service's own words, as a sentence. They end up as text, never as markup.
function said(content) {
  const words = content?.error?.message;
  if (typeof words !== 'string' || words === '') return '';
  const sentence = words.slice(0, 500);
  return sentence[0].toUpperCase() + sentence.slice(1) + (/[.!?]$/.test(sentence) ? '' : '.');
}

// What went wrong and what to do, for all but what the caller knows better.
function trouble({status, content, wait}) {
  if (status === 0) return 'The service could not be reached. Check your connection, then try again.';
  if (status === 429) return `There were too many tries. ${tryAgain(wait)}`;
  if (status === 503) {
    const words = said(content) || 'The service is not available at the moment.';
    return /try again/i.test(words) ? words : `${words} ${tryAgain(wait)}`;
  }
  if (status >= 200 && status < 300) return 'The service gave an answer that this page does not understand.';
  return said(content) || `The service answered with the error ${status}. ${tryAgain(wait)}`;
}
)js";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_SCRIPT_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_SCRIPT_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The part of the page's script that is about keys: signing in, the list, making one, deleting one. The
/// token lives in a variable and ends with the page; a new key is on the page only, until it is hidden. Names
/// and messages become text nodes, never markup.
inline constexpr std::string_view secret_key_script = R"js(
let session = null;  // {token, hostname, username, email, usesCode}
let turns = 0;       // How often the list was asked for: only the last answer counts.
let doomed = null;   // The key that the dialog asks about.

const signInForm = part('sign-in-form');
const createForm = part('create-form');
const dialog = part('delete-dialog');

function needs(hostname) {
  const option = [...signInForm.hostname.options].find((o) => o.value === hostname);
  return option?.dataset.needs ?? '';
}

function placeSignInFields() {
  const needed = needs(signInForm.hostname.value);
  place(part('email-field'), needed === 'email', 'sign-in-needed', 'sign-in-more');
  place(part('otp-field'), needed === 'otp', 'sign-in-needed', 'sign-in-more');
}

function render() {
  const holdsKey = part('new-key-value').textContent !== '';
  show('account', session !== null);
  show('sign-in', session === null);
  show('keys', session !== null);
  show('new-key', holdsKey);
  show('create', session !== null && !holdsKey);
  if (session === null) return;
  part('who').textContent = `${session.username} on ${session.hostname}`;
  createForm['key-username'].value = session.username;
  place(part('seed-field'), needs(session.hostname) === 'otp' || session.usesCode, 'create-needed', 'create-more');
}

function leaveSession() {
  session = null;
  doomed = null;
  if (dialog.open) dialog.close();
  part('key-list').replaceChildren();
  show('no-keys', false);
}

// Ends the session here, and with it all that the page holds.
function forget() {
  for (const cut of inFlight) cut.abort();
  leaveSession();
  part('new-key-value').textContent = '';
  part('who').textContent = '';
  part('delete-text').textContent = '';
  clear(signInForm);
  clear(createForm);
  part('sign-in-more').open = false;
  part('create-more').open = false;
  for (const name of ['status', 'sign-in-wrong', 'keys-wrong', 'create-wrong', 'delete-wrong']) say(name, '');
  placeSignInFields();
  render();
}

// The token is not accepted any more. A new key, and what was filled in, stay.
function sessionEnded() {
  const {hostname, username, email} = session;
  leaveSession();
  signInForm.hostname.value = hostname;
  signInForm.username.value = username;
  signInForm.email.value = email;
  placeSignInFields();
  render();
  say('status', '');
  say('sign-in-wrong', 'Your session has ended. Sign in again to go on; nothing is lost.');
  signInForm.password.focus();
}

async function submitSignIn() {
  if (!complete(signInForm, 'sign-in-wrong')) return;
  const form = {
    hostname: signInForm.hostname.value,
    username: signInForm.username.value.trim(),
    password: signInForm.password.value,
  };
  const email = signInForm.email.value.trim();
  const otp = compact(signInForm.otp.value);
  if (email) form.email = email;
  if (otp) form.otp = otp;
  say('status', 'Signing in…');
  const answer = await signIn(form);
  say('status', '');
  const token = answer.content?.accessToken;
  if (answer.status !== 200 || typeof token !== 'string') {
    signInForm.otp.value = '';
    say('sign-in-wrong', answer.status === 401 ? refusedSignIn(form.hostname) : trouble(answer));
    signInForm.password.focus();
    return;
  }
  if (createForm['key-username'].value !== form.username) clear(createForm);
  clear(signInForm);
  say('sign-in-wrong', '');
  session = {token, hostname: form.hostname, username: form.username, email, usesCode: otp !== ''};
  render();
  say('status', `You are signed in as ${session.username}.`);
  document.getElementById('keys-title').focus();
  await refresh();
}

function refusedSignIn(hostname) {
  const also = {email: ', and the e-mail address', otp: ', and the one-time code, which works once'};
  return 'Metrc refused the sign-in. Check state, username and password' + (also[needs(hostname)] ?? '') + '.';
}

// Whether the list is now what the service has.
async function refresh() {
  const mine = session;
  const turn = ++turns;
  say('keys-wrong', '');
  const answer = await listKeys(mine.token);
  if (session !== mine || turn !== turns) return false;
  if (answer.status === 401) {
    sessionEnded();
    return false;
  }
  if (answer.status !== 200 || !Array.isArray(answer.content)) {
    say('keys-wrong', `The list could not be loaded. ${trouble(answer)}`);
    return false;
  }
  const newestFirst = answer.content.filter((key) => typeof key?.id === 'string').reverse();
  part('key-list').replaceChildren(...newestFirst.map(row));
  show('no-keys', newestFirst.length === 0);
  return true;
}

function setTime(element, iso, otherwise) {
  const when = new Date(iso ?? NaN);
  if (Number.isNaN(when.getTime())) {
    element.textContent = iso ?? otherwise;
    return;
  }
  element.dateTime = iso;
  element.textContent = when.toLocaleString(undefined, moment);
}

const moment = {dateStyle: 'medium', timeStyle: 'short'};
const nameOf = (key) => `Key ${key.id.slice(0, 8)}`;

function row(key) {
  const item = part('key-row').content.cloneNode(true);
  item.querySelector('h3').textContent = nameOf(key);
  item.querySelector('.ended').hidden = key.isEnabled !== false;
  setTime(item.querySelector('[data-is="created"]'), key.createdAt, 'unknown');
  setTime(item.querySelector('[data-is="used"]'), key.lastUsedAt, 'never');
  const button = item.querySelector('button');
  button.setAttribute('aria-label', `Delete ${nameOf(key)}`);
  button.addEventListener('click', () => askToDelete(key));
  return item;
}

async function submitCreate() {
  if (!complete(createForm, 'create-wrong')) return;
  const mine = session;
  const form = {hostname: mine.hostname, username: mine.username, password: createForm['key-password'].value};
  const seed = compact(createForm.seed.value);
  if (mine.email) form.email = mine.email;
  if (seed) form.otpSeed = seed;
  say('status', 'Making a key…');
  const answer = await makeKey(form);
  if (session !== mine) return;
  say('status', '');
  const key = answer.content?.secretKey;
  if (answer.status !== 200 || typeof key !== 'string' || key === '') {
    await notMade(answer, form);
    return;
  }
  clear(createForm);
  say('create-wrong', '');
  part('new-key-value').textContent = key;
  render();
  say('status', 'The key is made: copy it now.');
  document.getElementById('new-key-title').focus();
  await refresh();
}

async function notMade(answer, form) {
  if (answer.status === 401) {
    say('create-wrong', `Metrc refused these credentials. Check the password${form.otpSeed ? ' and the seed' : ''}.`);
  } else if (answer.status === 0 || answer.status === 200) {
    say('create-wrong', 'The answer did not arrive, so a key may have been made that nobody has seen. ' +
      'If the list holds one that you do not know, delete it; then try again.');
    await refresh();
  } else {
    say('create-wrong', trouble(answer));
  }
  if (session !== null) createForm['key-password'].focus();
}

async function copyKey() {
  const value = part('new-key-value');
  try {
    await navigator.clipboard.writeText(value.textContent);
    say('status', 'The key is copied.');
  } catch {
    getSelection().selectAllChildren(value);
    say('status', 'The browser does not let this page copy. The key is selected: copy it yourself.');
  }
}

function hideKey() {
  part('new-key-value').textContent = '';
  render();
  say('status', 'The key is hidden.');
  (session === null ? signInForm.password : document.getElementById('keys-title')).focus();
}

function askToDelete(key) {
  doomed = key;
  const made = new Date(key.createdAt ?? NaN);
  const when = Number.isNaN(made.getTime()) ? '' : `, made on ${made.toLocaleString(undefined, moment)}`;
  part('delete-text').textContent =
    `${nameOf(key)}${when}. Whatever uses it is refused from that moment on. This cannot be undone.`;
  say('delete-wrong', '');
  dialog.showModal();
}

async function confirmDelete() {
  const mine = session;
  const key = doomed;
  say('delete-wrong', '');
  const answer = await deleteKey(mine.token, key.id);
  if (session !== mine) return;
  if (answer.status === 401) {
    sessionEnded();
  } else if (answer.status === 200 || answer.status === 204 || answer.status === 404) {
    if (dialog.open && doomed === key) dialog.close();
    await refresh();
    say('status', `${nameOf(key)} is deleted.`);
    document.getElementById('keys-title').focus();
  } else {
    say(dialog.open ? 'delete-wrong' : 'keys-wrong', `${nameOf(key)} is not deleted. ${trouble(answer)}`);
  }
}

signInForm.addEventListener('submit', once(part('sign-in-button'), submitSignIn));
signInForm.hostname.addEventListener('change', placeSignInFields);
createForm.addEventListener('submit', once(part('create-button'), submitCreate));
part('copy').addEventListener('click', once(part('copy'), copyKey));
part('hide-key').addEventListener('click', hideKey);
part('refresh').addEventListener('click', once(part('refresh'), async () => {
  if (await refresh()) say('status', 'The list is up to date.');
}));
part('sign-out').addEventListener('click', () => {
  forget();
  say('status', 'You are signed out.');
  signInForm.hostname.focus();
});
part('delete-cancel').addEventListener('click', () => dialog.close());
part('delete-confirm').addEventListener('click', once(part('delete-confirm'), confirmDelete));
for (const button of document.querySelectorAll('[data-shows]')) {
  button.addEventListener('click', () => reveal(button, button.getAttribute('aria-pressed') !== 'true'));
}
for (const form of [signInForm, createForm]) {
  form.addEventListener('input', (event) => {
    if (event.target.hasAttribute('aria-invalid')) mark(event.target, wrongWith(event.target));
  });
}
addEventListener('pagehide', forget);
placeSignInFields();
render();
)js";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_STYLE_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_STYLE_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The style of the page of secret keys. Text has a contrast of at least 4.5 to 1 in both colour schemes,
/// what is to be pressed or filled in is at least 44 pixels high, and borders of fields have 3 to 1. Nothing
/// moves.
inline constexpr std::string_view secret_key_style = R"css(
:root {
  color-scheme: light dark;
  --ground: #f3f5f7; --card: #ffffff; --text: #1b2128; --quiet: #535e6b; --line: #d5dae0; --edge: #78838f;
  --main: #0b6650; --on-main: #ffffff; --danger: #b3261e; --on-danger: #ffffff; --wrong: #b3261e;
  --note: #fdf3d7; --on-note: #4d3a00; --good: #e3f4ee; --focus: #1a5fd0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151a; --card: #1b2129; --text: #e8ecf1; --quiet: #a9b4c0; --line: #343d48; --edge: #7f8b98;
    --main: #56cfa8; --on-main: #04241a; --danger: #ffa198; --on-danger: #3d0703; --wrong: #ffa198;
    --note: #35290b; --on-note: #f6dfa4; --good: #143429; --focus: #8ab8ff;
  }
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: anywhere;
}
header, main { max-width: 44rem; margin: 0 auto; padding: 0 1rem; }
header {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem;
  min-height: 4.5rem; padding-top: .75rem; padding-bottom: .75rem;
}
header p { margin: 0; }
main { padding-bottom: 4rem; }
.brand { font-weight: 700; }
.tag {
  margin-left: .25rem; padding: .125rem .5rem; border: 1px solid var(--edge); border-radius: 1rem;
  font-size: .875rem; font-weight: 400; color: var(--quiet);
}
.account { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; }
h1 { margin: .25rem 0 .5rem; font-size: 1.875rem; line-height: 1.2; }
h2 { margin: 0 0 .75rem; font-size: 1.25rem; line-height: 1.3; }
h3 { margin: 0; font-size: 1rem; }
p { margin: 0 0 .75rem; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", "Liberation Mono", monospace; }
.note { margin-bottom: 1.25rem; padding: .625rem .875rem; border-radius: .375rem; background: var(--note); color: var(--on-note); }
.hint { margin: 0 0 .375rem; font-size: .9375rem; color: var(--quiet); }
.status:empty { margin: 0; }
.wrong { margin: .375rem 0 0; font-weight: 600; color: var(--wrong); }
.wrong:empty { display: none; }
form > .wrong, .card > .wrong { margin: 0 0 1rem; padding-left: .75rem; border-left: 4px solid var(--wrong); }
.card, dialog {
  margin: 0 0 1.25rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); color: var(--text);
}
.new-key { border: 2px solid var(--main); background: var(--good); }
.key {
  padding: .75rem; border: 1px solid var(--edge); border-radius: .375rem; background: var(--card);
  font-size: 1.0625rem; user-select: all;
}
.new-key .hint { margin: .75rem 0 0; color: var(--text); }
.field { margin: 0 0 1.125rem; }
label { display: block; margin: 0 0 .25rem; font-weight: 600; }
input, select, button, summary { font: inherit; min-height: 2.75rem; }
input, select {
  width: 100%; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .375rem;
  background: var(--card); color: var(--text);
}
input[readonly] { border-style: dashed; background: var(--ground); }
input[aria-invalid="true"], select[aria-invalid="true"] { border: 2px solid var(--wrong); }
.masked { -webkit-text-security: disc; }
.with-button { display: flex; gap: .5rem; }
.with-button input { flex: 1; min-width: 0; }
.with-button button { min-width: 4.75rem; }
button {
  padding: .5rem 1.125rem; border: 1px solid transparent; border-radius: .375rem; font-weight: 600; cursor: pointer;
}
.main { background: var(--main); color: var(--on-main); }
.danger { background: var(--danger); color: var(--on-danger); }
.plain { border-color: var(--edge); background: transparent; color: var(--text); }
button:hover { text-decoration: underline; text-underline-offset: .2em; }
button[aria-disabled="true"] { cursor: progress; border-style: dashed; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
details { margin: 0 0 1.125rem; }
summary { display: list-item; width: fit-content; padding: .5rem .75rem .5rem 0; cursor: pointer; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.title { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem; }
.title h2 { margin: 0; }
.keys { margin: .75rem 0 0; padding: 0; list-style: none; }
.keys li {
  display: grid; grid-template-columns: 1fr auto; align-items: center; gap: .25rem 1rem; padding: 1rem 0;
  border-top: 1px solid var(--line);
}
.keys li:last-child { padding-bottom: 0; }
.keys h3, .keys dl, .ended { grid-column: 1; }
.keys .delete { grid-column: 2; grid-row: 1 / span 3; }
.keys dl { display: flex; flex-wrap: wrap; gap: 0 1.5rem; margin: 0; }
.keys dl div { display: flex; gap: .375rem; }
.keys dt { color: var(--quiet); }
.keys dd { margin: 0; }
.ended { margin: 0; color: var(--wrong); }
dialog { width: min(30rem, calc(100% - 2rem)); margin: auto; padding: 1.5rem; }
dialog .wrong { margin: 0 0 .75rem; }
dialog .actions { justify-content: flex-end; margin-top: 1.25rem; }
dialog::backdrop { background: rgb(0 0 0 / .55); }
@media (max-width: 30rem) {
  .card { padding: 1rem; }
  .account { width: 100%; justify-content: space-between; flex-wrap: nowrap; }
  .account button { flex: none; }
  .actions button { flex: 1 1 auto; }
  .keys li { grid-template-columns: 1fr; }
  .keys .delete { grid-column: 1; grid-row: auto; justify-self: start; margin-top: .375rem; }
}
)css";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif

namespace t3api::inline v0_1_0::sandbox::pages {

/// The states as options of the sign-in form. Colorado's Metrc needs the e-mail address at a login,
/// Michigan's a one-time password.
inline std::string state_options() {
  std::string options;
  for (const auto& s : states) {
    const std::string_view needs = s.abbreviation == "CO"   ? " data-needs=\"email\""
                                   : s.abbreviation == "MI" ? " data-needs=\"otp\""
                                                            : "";
    options += "          <option value=\"" + s.hostname() + "\"";
    options += needs;
    options += ">";
    options += s.name;
    options += " (" + s.hostname() + ")</option>\n";
  }
  return options;
}

/// All of the script, in a function so that nothing else on the page can reach into it.
inline std::string secret_key_page_script() {
  std::string script = "\n'use strict';\n(() => {";
  script += secret_key_requests;
  script += secret_key_forms;
  script += secret_key_script;
  return script += "})();\n";
}

/// What a Content-Security-Policy calls an inline script or style of this text: `'sha256-…'` (CSP level 3,
/// section 2.3.1).
inline std::string source_hash(std::string_view text) {
  std::string hash = detail::base64url_encode(detail::sha256(text));
  std::replace(hash.begin(), hash.end(), '-', '+');
  std::replace(hash.begin(), hash.end(), '_', '/');
  return "'sha256-" + hash + "='";
}

/// The page on which a user makes, lists and deletes secret keys. It is one text without anything from
/// elsewhere; its policy lets nothing run but its own script, nothing be asked but this service, and nobody
/// put it into a frame.
inline response secret_key_page() {
  const std::string script = secret_key_page_script();
  std::string html = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Secret keys - T3 API sandbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<style>)html";
  html += secret_key_style;
  html += "</style>\n</head>\n<body>\n";
  html += secret_key_html_start;
  html += state_options();
  html += secret_key_html_end;
  html += "<script>" + script + "</script>\n</body>\n</html>\n";
  return {
      .status = 200,
      .headers = {{"Content-Type", "text/html; charset=utf-8"},
                  {"Content-Security-Policy",
                   "default-src 'none'; script-src " + source_hash(script) + "; style-src " +
                       source_hash(secret_key_style) +
                       "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                       "require-trusted-types-for 'script'; trusted-types 'none'"},
                  {"Referrer-Policy", "no-referrer"},
                  {"X-Content-Type-Options", "nosniff"},
                  {"X-Frame-Options", "DENY"},
                  {"Cross-Origin-Opener-Policy", "same-origin"},
                  {"Cross-Origin-Resource-Policy", "same-origin"},
                  {"Permissions-Policy",
                   "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-read=(), "
                   "clipboard-write=(self)"},
                  {"Cache-Control", "no-store"}},
      .body = std::move(html)};
}

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif

namespace t3api::inline v0_1_0::sandbox::routes {

/// `GET` and `HEAD /v2/pages/secret-key`: the page of secret keys, the same for everyone; it changes nothing.
template <metrc_upstream Metrc>
response get_secret_key_page(context<Metrc>&, const call&) {
  return pages::secret_key_page();
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
#ifndef T3API_SANDBOX_ROUTES_REPORTS_HPP
#define T3API_SANDBOX_ROUTES_REPORTS_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_SANDBOX_DATA_REPORT_HPP
#define T3API_SANDBOX_DATA_REPORT_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_DATA_CSV_HPP
#define T3API_SANDBOX_DATA_CSV_HPP

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Appends a field as RFC 4180 section 2 has it: in quotes when it holds a comma, a quote or a line end.
/// Nothing else is done to it, so that programs read what was written: a note that begins with = + - or @
/// stays as it is, and a spreadsheet may take it for a formula.
inline void append_csv_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

/// A JSON value as the text of a field: nothing for null, a list of texts with commas.
inline std::string csv_text(const nlohmann::json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string all;
  for (const auto& part : value) all += (all.empty() ? "" : ", ") + csv_text(part);
  return all;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// A report is built in memory and has no pages: one with more rows, or more bytes, is refused with 400. T3
/// names no limit; these are the sandbox's.
inline constexpr std::uint64_t most_report_rows = 100'000;
inline constexpr std::size_t most_report_bytes = 64U << 20U;

/// Reads `fieldnames`, with commas. Throws `refusal` for a name that is unknown or there twice.
inline std::vector<const field*> parse_fieldnames(const collection& of, std::string_view names) {
  std::vector<const field*> columns;
  for (bool more = true; more;) {
    const auto comma = names.find(',');
    const auto name = detail::trim(names.substr(0, comma));
    const field* found = of.find(name);
    if (found == nullptr) {
      throw refusal(400, "the query parameter 'fieldnames' names " + filter_detail::quoted(name) +
                             ", which is no field here: the fields are " + of.field_names());
    }
    if (std::find(columns.begin(), columns.end(), found) != columns.end()) {
      throw refusal(400, "the query parameter 'fieldnames' names " + filter_detail::quoted(name) +
                             " twice: name each field once");
    }
    columns.push_back(found);
    more = comma != names.npos;
    if (more) names.remove_prefix(comma + 1);
  }
  return columns;
}

/// What a report is about. It refers to what it is made from.
struct report {
  const table& from;
  const selection& chosen;
  row_lists::list_ptr rows{};  ///< Null for all.
  std::vector<const field*> columns{};
  wall_time now{};

  std::uint64_t size() const { return rows ? rows->size() : from.size(); }

  /// Calls `use` with the number of each row. Throws `refusal` when there are too many, or when `text`, to
  /// which `use` appends, has grown too long.
  template <class F>
  void each(const std::string& text, F&& use) const {
    if (size() > most_report_rows) {
      throw refusal(400, "the report has " + std::to_string(size()) +
                             " rows, and the sandbox answers at most " + std::to_string(most_report_rows) +
                             ": narrow it with 'filter', or read the collection page by page");
    }
    for (std::uint64_t at = 0; at < size(); ++at) {
      use(rows ? (*rows)[at] : from.number_at(at));
      if (text.size() > most_report_bytes) {
        throw refusal(400, "the report is larger than " + std::to_string(most_report_bytes >> 20U) +
                               " MiB: name fewer fields in 'fieldnames', or narrow it with 'filter'");
      }
    }
  }
};

/// `{"generatedAt", "filters", "filterLogic", "sort", "licenseNumber", "data"}`; each row has the columns
/// alone, in objects as in the collection. Written row by row: the objects of all would take several times
/// the memory of their text.
inline std::string json_report(const report& about) {
  const auto text_of = [](const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  const auto& chosen = about.chosen;
  std::string text =
      text_of({{"generatedAt", iso_time(about.now)},
               {"filters", chosen.filter_texts},
               {"filterLogic", chosen.any ? "or" : "and"},
               {"sort", chosen.sort_text.empty() ? nlohmann::json() : nlohmann::json(chosen.sort_text)},
               {"licenseNumber", about.from.owner().license}});
  text.back() = ',';
  text += "\"data\":[";
  bool first = true;
  about.each(text, [&](std::uint64_t number) {
    auto row = nlohmann::json::object();
    for (const auto* column : about.columns) {
      put(row, column->name, about.from.json_at(number, *column, about.now));
    }
    if (!first) text += ',';
    first = false;
    text += text_of(row);
  });
  return text += "]}";
}

/// The same as CSV (RFC 4180, UTF-8): a line of names, then the rows. With `metadata`, lines of a name and a
/// value stand above; that T3 puts metadata there is public, how it looks is not.
inline std::string csv_report(const report& about, bool metadata) {
  std::string text;
  const auto line = [&](std::string_view name, std::string_view value) {
    append_csv_field(text, name);
    text += ',';
    append_csv_field(text, value);
    text += "\r\n";
  };
  if (metadata) {
    line("dataModel", about.from.of().data_model);
    line("generatedAt", iso_time(about.now));
    line("licenseNumber", about.from.owner().license);
    for (const auto& one : about.chosen.filter_texts) line("filter", one);
    if (about.chosen.filters.size() > 1) line("filterLogic", about.chosen.any ? "or" : "and");
    if (!about.chosen.order.empty()) line("sort", about.chosen.sort_text);
  }
  for (std::size_t i = 0; i < about.columns.size(); ++i) {
    if (i > 0) text += ',';
    append_csv_field(text, about.columns[i]->name);
  }
  text += "\r\n";
  about.each(text, [&](std::uint64_t number) {
    for (std::size_t i = 0; i < about.columns.size(); ++i) {
      if (i > 0) text += ',';
      append_csv_field(text, csv_text(about.from.json_at(number, *about.columns[i], about.now)));
    }
    text += "\r\n";
  });
  return text;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox::routes {

namespace reports_detail {

/// `contentType`, or the header Content-Type in its place; JSON when neither is there.
inline bool wants_csv(const call& c) {
  if (const auto type = query_value(c, "contentType")) {
    if (detail::iequals(*type, "csv")) return true;
    if (detail::iequals(*type, "json")) return false;
    throw refusal(400, "the query parameter 'contentType' must be json or csv");
  }
  return has_media_type(c.headers, "text/csv");
}

/// `packages-active-LIC-00001-2024-05-17.csv`.
inline std::string file_name(const report& about) {
  constexpr std::string_view version = "/v2/";
  std::string name(about.from.of().path.substr(version.size()));
  name += '-' + about.from.owner().license + '-' + iso_time(about.now).substr(0, 10) + ".csv";
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return !detail::ascii_alpha(c) && !detail::ascii_digit(c) && c != '.' && c != '_'; }, '-');
  return name;
}

}  // namespace reports_detail

/// `GET` of a collection's report: all rows that are asked for, in one answer.
template <metrc_upstream Metrc>
response get_report(context<Metrc>& shared, const call& c) {
  using namespace reports_detail;
  const auto who = authenticate(shared, c);
  const auto license = license_parameter(c, *who.session.user);
  const collection& of = *find_report(c.path);
  const auto chosen = parse_selection(of, c.query);
  auto columns = parse_fieldnames(of, query_value(c, "fieldnames").value_or(of.report_fields));
  const bool csv = wants_csv(c);
  const bool metadata = !query_value(c, "prependCsvMetadata") || query_flag(c, "prependCsvMetadata");

  const table from = shared.records.open(of, who.session.user->hostname, license);
  const report about{.from = from,
                     .chosen = chosen,
                     .rows = chosen.everything() ? nullptr : shared.records.select(from, chosen),
                     .columns = std::move(columns),
                     .now = c.now};
  if (!csv) {
    return {.status = 200,
            .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            .body = json_report(about)};
  }
  return {.status = 200,
          .headers = {{"Content-Type", "text/csv; charset=utf-8"},
                      {"Cache-Control", "no-store"},
                      {"Content-Disposition", "attachment; filename=\"" + file_name(about) + "\""}},
          .body = csv_report(about, metadata)};
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
#ifndef T3API_SANDBOX_ROUTES_WRITES_HPP
#define T3API_SANDBOX_ROUTES_WRITES_HPP

#include <cstddef>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_DATA_CREATE_PACKAGE_HPP
#define T3API_SANDBOX_DATA_CREATE_PACKAGE_HPP

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_DATA_WRITE_ENTRY_HPP
#define T3API_SANDBOX_DATA_WRITE_ENTRY_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// An object in the body of a write, whose members are asked for by name. What is wrong with it is refused
/// with 400 (T3 answers no other status for it), which names the place and the member and never the value.
class write_entry {
 public:
  /// `where` names it in messages: "entry 2". Members outside `known` are refused, so that a misspelt one is
  /// not taken for one that was left out.
  write_entry(const nlohmann::json& object, std::string where, std::initializer_list<std::string_view> known)
      : object_(object), where_(std::move(where)) {
    if (!object.is_object()) refuse("it must be a JSON object, in braces");
    for (const auto& [name, value] : object.items()) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        std::string names;
        for (const auto one : known) names += (names.empty() ? "" : ", ") + std::string(one);
        refuse("the member '" + detail::printable(name, 80) + "' is not known: the members are " + names);
      }
    }
  }

  const std::string& where() const noexcept { return where_; }

  [[noreturn]] void refuse(const std::string& why) const { throw refusal(400, where_ + ": " + why); }

  [[noreturn]] void refuse(std::string_view member, const std::string& why) const {
    refuse("the member '" + std::string(member) + "' " + why);
  }

  bool has(const char* name) const {
    const auto found = object_.find(name);
    return found != object_.end() && !found->is_null();
  }

  /// A member that must be there.
  const nlohmann::json& member(const char* name) const {
    if (!has(name)) refuse(name, "is missing");
    return *object_.find(name);
  }

  std::uint64_t id(const char* name) const {
    const auto& value = member(name);
    if (!value.is_number_unsigned()) refuse(name, "must be a whole number, not below 0");
    return value.get<std::uint64_t>();
  }

  /// Above 0 and at most a billion.
  double quantity(const char* name) const {
    const auto& value = member(name);
    const double number = value.is_number() ? value.get<double>() : 0;
    if (!(number > 0 && number <= 1e9)) refuse(name, "must be a number above 0 and at most 1000000000");
    return number;
  }

  /// A date, `2024-05-17`; a time of day behind it is left out.
  std::string date(const char* name) const {
    const auto& value = member(name);
    const auto when =
        value.is_string() ? parse_moment(value.get_ref<const std::string&>()) : std::optional<moment>();
    if (!when) refuse(name, "must be an ISO 8601 date, such as 2024-05-17");
    return to_text({.at = when->at, .date_only = true});
  }

  /// At most 1000 bytes.
  std::string text(const char* name) const {
    constexpr std::size_t longest = 1000;
    const auto& value = member(name);
    if (!value.is_string()) refuse(name, "must be a text, in quotes");
    auto given = value.get<std::string>();
    if (given.size() > longest) refuse(name, "must be at most " + std::to_string(longest) + " bytes long");
    return given;
  }

 private:
  const nlohmann::json& object_;
  std::string where_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// What quantities are given in. The ids are the sandbox's own.
struct unit_of_measure {
  std::uint64_t id;
  std::string_view name, abbreviation, quantity_type;
};

inline constexpr std::array<unit_of_measure, 2> units_of_measure = {{
    {1, "Each", "ea", "CountBased"},
    {2, "Grams", "g", "WeightBased"},
}};

/// The tags of a licence, which packages that are created use up.
inline constexpr std::uint64_t tags_of_license = 100'000;
inline constexpr std::uint64_t tag_place = 8;

inline std::uint64_t tag_id(const data_owner& owner, std::uint64_t tag) { return owner.id(tag_place, tag); }

inline std::string tag_label(const data_owner& owner, std::uint64_t tag) {
  return owner.tag(tag_place * 100'000'000'000 + tag + 1);
}

/// The id of a place in `rooms`.
inline std::uint64_t location_id(const data_owner& owner, std::size_t room) {
  return owner.number % 1'000'000 * 1000 + 501 + room;
}

/// What `GET /v2/packages/create/inputs` answers: the ids to create packages with, of a licence whose active
/// packages these are. `tags` has the first 100 of those that are free.
inline nlohmann::json create_inputs(const table& packages) {
  constexpr std::size_t shown = 100;
  const data_owner& owner = packages.owner();
  auto tags = nlohmann::json::array();
  for (std::uint64_t tag = 0; tag < tags_of_license && tags.size() < shown; ++tag) {
    if (packages.is_taken(tag)) continue;
    tags.push_back({{"id", tag_id(owner, tag)}, {"label", tag_label(owner, tag)}});
  }
  auto locations = nlohmann::json::array();
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    locations.push_back({{"id", location_id(owner, i)}, {"name", rooms[i]}, {"forPackages", true}});
  }
  auto units = nlohmann::json::array();
  for (const auto& unit : units_of_measure) {
    units.push_back({{"id", unit.id},
                     {"name", unit.name},
                     {"abbreviation", unit.abbreviation},
                     {"quantityType", unit.quantity_type}});
  }
  return {
      {"tags", std::move(tags)}, {"locations", std::move(locations)}, {"unitsOfMeasure", std::move(units)}};
}

namespace create_detail {

inline const unit_of_measure& unit_of(const write_entry& entry) {
  const auto id = entry.id("unitOfMeasureId");
  for (const auto& unit : units_of_measure) {
    if (unit.id == id) return unit;
  }
  entry.refuse("unitOfMeasureId", "names no unit: GET /v2/packages/create/inputs lists them");
}

inline std::string_view room_of(const write_entry& entry, const data_owner& owner) {
  const auto id = entry.id("locationId");
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    if (location_id(owner, i) == id) return rooms[i];
  }
  entry.refuse("locationId", "names no location: GET /v2/packages/create/inputs lists them");
}

/// Takes a tag that is free, and gives its label.
inline std::string take_tag(const write_entry& entry, const data_owner& owner, changes& packages) {
  const auto tag = owner.row_of(tag_place, entry.id("tagId"));
  if (!tag || *tag >= tags_of_license) {
    entry.refuse("tagId", "names no tag of this licence: GET /v2/packages/create/inputs lists free ones");
  }
  if (!packages.take(*tag)) entry.refuse("tagId", "names a tag that a package has already");
  return tag_label(owner, *tag);
}

/// Takes an ingredient out of its package, which leaves the active ones when it is finished. Gives the row of
/// that package.
inline nlohmann::json use_ingredient(records::edit& edit, const write_entry& from, wall_time now) {
  const auto active = edit.open(active_packages);
  const auto number = active.find_id(from.id("packageId"));
  if (!number) from.refuse("packageId", "names no active package of this licence");
  auto row = active.row(*number, now);
  if (row.value("unitOfMeasureAbbreviation", "") != unit_of(from).abbreviation) {
    from.refuse("unitOfMeasureId", "is not the unit of that package, and the sandbox converts none");
  }
  constexpr double steps = 10'000;  // So that differences of decimals stay decimals.
  const double left = std::round((row.value("quantity", 0.0) - from.quantity("quantity")) * steps) / steps;
  if (left < 0) from.refuse("quantity", "is more than the package has");
  row["quantity"] = left;
  row["lastModified"] = iso_time(now);
  if (!from.has("finishDate")) {
    edit.of(active_packages).replace(*number, row);
    return row;
  }
  const auto finished = from.date("finishDate");
  if (left > 0) from.refuse("finishDate", "is for a package that is used up, and this one is not");
  row["dataModel"] = inactive_packages.data_model;
  row["isFinished"] = true;
  row["finishedDate"] = finished;
  row["archivedDate"] = nullptr;
  edit.of(active_packages).remove(*number);
  edit.of(inactive_packages).add(row);
  return row;
}

}  // namespace create_detail

/// One entry of `POST /v2/packages/create`: a new active package out of active ones. Throws `refusal`.
inline void create_package(records::edit& edit, const nlohmann::json& given, const std::string& where,
                           wall_time now) {
  using namespace create_detail;
  constexpr std::size_t most_ingredients = 100;
  const write_entry entry(
      given, where,
      {"actualDate", "ingredients", "itemId", "locationId", "note", "productionBatchNumber", "quantity",
       "tagId", "unitOfMeasureId", "expirationDate", "useByDate", "sellByDate"});
  auto& packages = edit.of(active_packages);
  const auto list_of_items = edit.open(items);
  const data_owner& owner = list_of_items.owner();

  const auto& ingredients = entry.member("ingredients");
  if (!ingredients.is_array() || ingredients.empty() || ingredients.size() > most_ingredients) {
    entry.refuse("ingredients", "must be a list of 1 to " + std::to_string(most_ingredients) + " objects");
  }
  const auto item_number = list_of_items.find_id(entry.id("itemId"));
  if (!item_number) entry.refuse("itemId", "names no active item of this licence: GET /v2/items lists them");
  const auto item = list_of_items.row(*item_number, now);
  const auto& unit = unit_of(entry);
  if (item["unitOfMeasureName"] != unit.name) entry.refuse("unitOfMeasureId", "is not the unit of the item");

  nlohmann::json row = {{"hostname", owner.hostname},
                        {"dataModel", active_packages.data_model},
                        {"licenseNumber", owner.license},
                        {"label", take_tag(entry, owner, packages)},
                        {"quantity", entry.quantity("quantity")},
                        {"unitOfMeasureAbbreviation", unit.abbreviation},
                        {"packagedDate", entry.date("actualDate")},
                        {"locationName", room_of(entry, owner)},
                        {"isOnHold", false},
                        {"isFinished", false},
                        {"isArchived", false},
                        {"lastModified", iso_time(now)},
                        {"note", entry.has("note") ? entry.text("note") : ""}};
  for (const char* name :
       {"id", "name", "productCategoryName", "quantityTypeName", "unitOfMeasureName", "strainName"}) {
    row["item"][name] = item[name];
  }
  if (entry.has("productionBatchNumber")) {
    row["productionBatchNumber"] = entry.text("productionBatchNumber");
  }
  for (const char* name : {"expirationDate", "useByDate", "sellByDate"}) {
    if (entry.has(name)) row[name] = entry.date(name);
  }
  auto sources = nlohmann::json::array();
  for (std::size_t i = 0; i < ingredients.size(); ++i) {
    const write_entry from(ingredients[i], where + ", ingredient " + std::to_string(i + 1),
                           {"packageId", "quantity", "unitOfMeasureId", "finishDate"});
    const auto source = use_ingredient(edit, from, now);
    sources.push_back(source["label"]);
    if (i == 0) row["labTestingStateName"] = source["labTestingStateName"];
  }
  row["sourcePackageLabels"] = std::move(sources);
  row["id"] = owner.id(added_place, packages.added());
  packages.add(std::move(row));
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
#ifndef T3API_SANDBOX_DATA_SMALL_WRITES_HPP
#define T3API_SANDBOX_DATA_SMALL_WRITES_HPP

#include <string>

#include <nlohmann/json.hpp>


namespace t3api::inline v0_1_0::sandbox {

/// One entry of `POST /v2/packages/notes`: another note on a package, active or on hold. Throws `refusal`.
inline void note_package(records::edit& edit, const nlohmann::json& given, const std::string& where,
                         wall_time now) {
  const write_entry entry(given, where, {"id", "note"});
  const auto id = entry.id("id");
  const auto note = entry.text("note");
  for (const auto* of : {&active_packages, &on_hold_packages}) {
    const auto packages = edit.open(*of);
    const auto number = packages.find_id(id);
    if (!number) continue;
    auto row = packages.row(*number, now);
    row["note"] = note;
    row["lastModified"] = iso_time(now);
    edit.of(*of).replace(*number, std::move(row));
    return;
  }
  entry.refuse("id", "names no package of this licence that is active or on hold");
}

/// The body of `POST /v2/items/discontinue`: an item leaves the active ones. Throws `refusal`.
inline void discontinue_item(records::edit& edit, const nlohmann::json& given, const std::string& where,
                             wall_time) {
  const write_entry entry(given, where, {"id"});
  const auto number = edit.open(items).find_id(entry.id("id"));
  if (!number) entry.refuse("id", "names no active item of this licence: GET /v2/items lists them");
  edit.of(items).remove(*number);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox::routes {

namespace writes_detail {

using write_one = void (*)(records::edit&, const nlohmann::json&, const std::string& where, wall_time);

/// Writes all entries or, when one is wrong, none. Only `submit=true` writes: with `false`, or without it,
/// the entries are checked alone, as T3's API description has it. The case of `True` does not matter; any
/// other value is refused.
template <metrc_upstream Metrc>
response write(context<Metrc>& shared, const call& c, bool list, write_one one) {
  constexpr std::size_t most_entries = 100;
  const auto who = authenticate(shared, c);
  const auto& user = *who.session.user;
  const auto license = license_parameter(c, user);
  const bool submit = query_flag(c, "submit");
  const auto body = body_json(c);
  if (list && (!body.is_array() || body.empty() || body.size() > most_entries)) {
    throw refusal(400, "the body must be a JSON list of 1 to " + std::to_string(most_entries) + " entries");
  }

  records::edit edit(shared.records, user.hostname, license);
  if (!list) one(edit, body, "the body", c.now);
  for (std::size_t i = 0; list && i < body.size(); ++i) {
    one(edit, body[i], "entry " + std::to_string(i + 1), c.now);
  }
  if (submit) edit.commit();
  shared.ledger.add({.at = c.now,
                     .hostname = user.hostname,
                     .username = user.username,
                     .path = c.path,
                     .license = std::string(license),
                     .submit = submit,
                     .body = c.body,
                     .request_id = c.request_id});
  return json_answer(200, {{"message", submit ? "Success" : "Dry run"}});
}

}  // namespace writes_detail

/// `POST /v2/packages/create`: new packages out of active ones.
template <metrc_upstream Metrc>
response post_create_packages(context<Metrc>& shared, const call& c) {
  return writes_detail::write(shared, c, true, &create_package);
}

/// `GET /v2/packages/create/inputs`: what packages can be created with.
template <metrc_upstream Metrc>
response get_create_inputs(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  const auto license = license_parameter(c, *who.session.user);
  return json_answer(
      200, create_inputs(shared.records.open(active_packages, who.session.user->hostname, license)));
}

/// `POST /v2/packages/notes`: notes on packages.
template <metrc_upstream Metrc>
response post_package_notes(context<Metrc>& shared, const call& c) {
  return writes_detail::write(shared, c, true, &note_package);
}

/// `POST /v2/items/discontinue`: one item, which leaves the active ones.
template <metrc_upstream Metrc>
response post_discontinue_item(context<Metrc>& shared, const call& c) {
  return writes_detail::write(shared, c, false, &discontinue_item);
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
#ifndef T3API_SANDBOX_WEB_PAGES_HPP
#define T3API_SANDBOX_WEB_PAGES_HPP

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>


namespace t3api::inline v0_1_0::sandbox {

/// Whether a Host, with or without a port, is one by which this service is reached: an IP address, localhost
/// or a name below it, a name without a dot, or one of `names`. The first ones no web site can have as its
/// own name, so no page can be behind them whose name was pointed at this machine (DNS rebinding).
inline bool is_own_host(std::string_view host, const std::vector<std::string>& names) {
  if (host.starts_with('[')) {
    return detail::is_address(std::string(host.substr(1, host.find(']') - 1)));
  }
  auto name = host.substr(0, host.find(':'));
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) return false;
  constexpr std::string_view below = ".localhost";
  const bool local =
      name.size() > below.size() && detail::iequals(name.substr(name.size() - below.size()), below);
  return local || name.find_first_of(".@") == name.npos || detail::is_address(std::string(name)) ||
         std::any_of(names.begin(), names.end(), [&](const auto& own) { return detail::iequals(own, name); });
}

/// Refuses a request to a name that is not this service's: it comes from a web page of that name. A request
/// without a Host comes from no browser. Throws `refusal`.
inline void refuse_foreign_host(const headers& fields, const std::vector<std::string>& names) {
  for (const auto& [name, value] : fields) {
    if (!detail::iequals(name, "Host") || is_own_host(value, names)) continue;
    throw refusal(
        403,
        "the request is for a host of another name: ask for localhost or an IP address, or give the "
        "sandbox this name with --name");
  }
}

/// Refuses what a web page of another site makes a browser send. Each of the fields must be right, if there
/// are several. Throws `refusal`.
inline void refuse_foreign_page(const headers& fields) {
  const auto host = fields.get("Host").value_or("");
  const auto is_foreign = [&](std::string_view name, std::string_view value) {
    if (detail::iequals(name, "Sec-Fetch-Site")) return value != "same-origin" && value != "none";
    if (!detail::iequals(name, "Origin")) return false;
    const auto scheme = value.find("://");
    return scheme == value.npos || host.empty() || !detail::iequals(value.substr(scheme + 3), host);
  };
  for (const auto& [name, value] : fields) {
    if (is_foreign(name, value)) {
      throw refusal(
          403, "this request comes from a web page of another site: only pages of this service may send it");
    }
  }
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif

namespace t3api::inline v0_1_0::sandbox {

/// The T3 auth service in front of any Metrc: a request in, a response out, no sockets. Any number of threads
/// may share it.
template <metrc_upstream Metrc>
class basic_service {
 public:
  /// Throws std::invalid_argument when the API keys of `known` do not fit its accounts.
  basic_service(sandbox::settings settings, const directory& known, std::shared_ptr<Metrc> metrc,
                std::shared_ptr<t3api::clock> clock, backing on = {})
      : shared_(std::move(settings), known, std::move(metrc), std::move(clock), std::move(on)) {}

  /// Answers one request; whatever is wrong with it, the answer says so. Every answer has `Date`,
  /// `X-Request-Id`, `Cache-Control: no-store` and a JSON body, but for pages, which are HTML.
  /// A fault in what becomes of the answer's bytes needs `serve` and an `http_server`.
  response handle(const request& asked, const caller& from = {}) { return serve(asked, from).answer; }

  /// The same, and what is to happen to the answer on its way: this is what an `http_server` serves.
  served serve(const request& asked, const caller& from) {
    wall_time now = shared_.clock->wall_now();
    const std::string request_id = detail::make_uuid();
    response answer;
    struck_fault hit;
    try {
      call c = take_apart(asked, from, now);
      refuse_foreign_host(c.headers, shared_.settings.names);
      if (!is_safe(c.method) || is_admin(c.path)) refuse_foreign_page(c.headers);
      c.request_id = request_id;
      hit = shared_.faults.strike(c.method, c.path, c.query);
      if (hit.fault) {
        now = c.now = after_delay(hit, from.stop);
        upset_account(*shared_.metrc, *hit.fault);
      }
      answer = hit.fault && hit.fault->status != 0 ? ordered_answer(*hit.fault, c.path, now) : dispatch(c);
    } catch (const refusal& why) {
      answer = error_answer(why, asked.path, now);
    } catch (const database_error& failure) {
      shared_.trouble(failure.what(), shared_.clock->now());
      answer = error_answer({503,
                             "the service's key database cannot be used at the moment: ask who runs it",
                             {{"Retry-After", "5"}}},
                            asked.path, now);
    } catch (const vault_error& failure) {
      shared_.trouble(failure.what(), shared_.clock->now());
      answer =
          error_answer({500,
                        "the record behind the secret key cannot be opened: ask who runs the service, or "
                        "make a new key"},
                       asked.path, now);
    } catch (const std::exception& failure) {
      shared_.trouble("a request could not be answered: " + detail::printable(failure.what(), 200),
                      shared_.clock->now());
      answer = error_answer(
          {500, "the sandbox failed to answer: this is a fault of the sandbox, please report it"}, asked.path,
          now);
    }
    answer.headers.set("Date", http_date(shared_.clock->wall_now()));
    answer.headers.set("X-Request-Id", request_id);
    return {.answer = std::move(answer), .wire = hit.fault ? hit.fault->wire : std::nullopt};
  }

  /// The writes that were accepted.
  sandbox::ledger& ledger() noexcept { return shared_.ledger; }

  /// The Metrc behind it.
  Metrc& metrc() noexcept { return *shared_.metrc; }

  /// What is to go wrong.
  fault_plan& faults() noexcept { return shared_.faults; }

 private:
  struct route {
    t3api::method method;
    std::string_view path;  ///< A star at its end stands for one part that is not empty.
    response (*run)(context<Metrc>&, const call&);
    bool (*covers)(std::string_view) noexcept = nullptr;  ///< In place of `path`.

    /// HEAD is answered as GET is: whoever sends the answer leaves out the body (RFC 9110 section 9.3.2).
    bool answers(t3api::method asked) const noexcept {
      return asked == method || (asked == t3api::method::head && method == t3api::method::get);
    }

    bool matches(std::string_view asked) const noexcept {
      if (covers != nullptr) return covers(asked);
      if (!path.ends_with('*')) return asked == path;
      const auto start = path.substr(0, path.size() - 1);
      return asked.size() > start.size() && asked.starts_with(start) &&
             asked.find('/', start.size()) == asked.npos;
    }
  };

  static constexpr route table[] = {
      {t3api::method::post, "/v2/auth/credentials", &routes::post_credentials<Metrc>},
      {t3api::method::post, "/v2/auth/apikey", &routes::post_apikey<Metrc>},
      {t3api::method::post, "/v2/auth/secretkey", &routes::post_secretkey<Metrc>},
      {t3api::method::get, "/v2/auth/secretkey", &routes::get_secretkeys<Metrc>},
      {t3api::method::delete_, "/v2/auth/secretkey/*", &routes::delete_secretkey<Metrc>},
      {t3api::method::get, "/v2/auth/whoami", &routes::get_whoami<Metrc>},
      {t3api::method::get, "/v2/licenses", &routes::get_licenses<Metrc>},
      {t3api::method::get, "/v2/states", &routes::get_states<Metrc>},
      {t3api::method::get, "/v2/pages/secret-key", &routes::get_secret_key_page<Metrc>},
      {t3api::method::get, "", &routes::get_collection<Metrc>, &is_collection},
      {t3api::method::get, "", &routes::get_report<Metrc>, &is_report},
      {t3api::method::get, "/v2/packages/create/inputs", &routes::get_create_inputs<Metrc>},
      {t3api::method::post, "/v2/packages/create", &routes::post_create_packages<Metrc>},
      {t3api::method::post, "/v2/packages/notes", &routes::post_package_notes<Metrc>},
      {t3api::method::post, "/v2/items/discontinue", &routes::post_discontinue_item<Metrc>},
      {t3api::method::get, "/sandbox/faults", &routes::get_faults<Metrc>},
      {t3api::method::post, "/sandbox/faults", &routes::post_fault<Metrc>},
      {t3api::method::delete_, "/sandbox/faults", &routes::delete_faults<Metrc>},
      {t3api::method::delete_, "/sandbox/faults/*", &routes::delete_fault<Metrc>},
      {t3api::method::get, "/sandbox/metrc", &routes::get_metrc<Metrc>},
      {t3api::method::post, "/sandbox/metrc", &routes::post_metrc<Metrc>},
      {t3api::method::get, "/sandbox/ledger", &routes::get_ledger<Metrc>},
      {t3api::method::delete_, "/sandbox/ledger", &routes::delete_ledger<Metrc>},
  };

  /// The delay ends early when the fault is removed or the server stops.
  wall_time after_delay(const struck_fault& hit, const stop_token& server_stops) {
    const auto delay = hit.fault->delay;
    if (delay > delay.zero()) {
      const detail::either_stop over(hit.removed, server_stops);
      shared_.clock->wait_until(shared_.clock->now() + delay, over.token());
    }
    return shared_.clock->wall_now();
  }

  static call take_apart(const request& asked, const caller& from, wall_time now) {
    request target{.method = asked.method, .path = asked.path, .query = asked.query};
    if (const auto wrong = normalise(target)) throw refusal(400, wrong->message);
    const auto most = most_body_bytes(target.path);
    if (asked.body.size() > most) {
      throw refusal(413, "the body is larger than " + std::to_string(most >> 10U) + " KiB");
    }
    return {.method = target.method,
            .path = std::move(target.path),
            .query = std::move(target.query),
            .headers = asked.headers,
            .body = asked.body,
            .now = now,
            .address = from.address,
            .stop = from.stop,
            .memory = from.memory};
  }

  static bool is_safe(t3api::method asked) noexcept {
    return asked == t3api::method::get || asked == t3api::method::head;
  }

  bool is_admin(std::string_view path) const noexcept {
    return shared_.settings.admin && path.starts_with(routes::admin_paths);
  }

  response dispatch(const call& c) {
    std::string allowed;
    for (const auto& r : table) {
      const bool admin = r.path.starts_with(routes::admin_paths);
      if (!r.matches(c.path) || (admin && !shared_.settings.admin)) continue;
      if (r.answers(c.method)) {
        if (admin && !is_safe(c.method)) require_json(c.headers, true);
        return r.run(shared_, c);
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(r.method));
      if (r.method == t3api::method::get) allowed += ", HEAD";
    }
    if (allowed.empty())
      throw refusal(404, "there is nothing at this path: check it against the sandbox's documentation");
    throw refusal(405, "this path does not answer " + std::string(to_string(c.method)) + ", only " + allowed,
                  {{"Allow", allowed}});
  }

  context<Metrc> shared_;
};

/// The sandbox: T3's auth service with a simulated Metrc behind it.
///
///     auto service = std::make_shared<t3api::sandbox::service>();
///     t3api::response answer = service->handle({.path = "/v2/states"});
class service : public basic_service<simulated_metrc> {
 public:
  /// Throws std::invalid_argument when accounts or API keys contradict each other, or an OTP seed is no
  /// Base32.
  explicit service(sandbox::settings settings = {}, const directory& known = demo_directory(),
                   std::shared_ptr<t3api::clock> clock = std::make_shared<real_clock>(), backing on = {})
      : service(std::move(settings), known, std::move(clock), complete(std::move(on)), complete_tag()) {}

 private:
  struct complete_tag {};

  service(sandbox::settings settings, const directory& known, std::shared_ptr<t3api::clock> clock,
          const backing& on, complete_tag)
      : basic_service(
            settings, known,
            std::make_shared<simulated_metrc>(
                known.accounts,
                simulated_metrc_options{.session_ttl = settings.session_ttl,
                                        .key = on.ring->ring()->derived("sessions of the simulated Metrc"),
                                        .shared = on.sessions},
                clock),
            clock, on) {}
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif

#endif

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
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
#endif
