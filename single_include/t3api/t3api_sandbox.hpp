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
//   t3api/sandbox/accounts.hpp
//   t3api/core/json.hpp
//   t3api/core/response.hpp
//   t3api/core/headers.hpp
//   t3api/detail/ascii.hpp
//   t3api/detail/utf8.hpp
//   t3api/core/result.hpp
//   t3api/core/error.hpp
//   t3api/core/exceptions.hpp
//   t3api/detail/base32.hpp
//   t3api/sandbox/model.hpp
//   t3api/core/secret.hpp
//   t3api/detail/wipe.hpp
//   t3api/sandbox/states.hpp
//   t3api/sandbox/http/certificate.hpp
//   t3api/core/clock.hpp
//   t3api/sandbox/http/server.hpp
//   t3api/detail/worker_pool.hpp
//   t3api/sandbox/http/exchange.hpp
//   t3api/core/request.hpp
//   t3api/detail/percent.hpp
//   t3api/detail/uuid.hpp
//   t3api/detail/crypto.hpp
//   t3api/sandbox/answer.hpp
//   t3api/core/iso_time.hpp
//   t3api/sandbox/handler.hpp
//   t3api/sandbox/http/busy_connections.hpp
//   t3api/sandbox/http/target.hpp
//   t3api/sandbox/input.hpp
//   t3api/sandbox/time_text.hpp
//   t3api/sandbox/http/listening_socket.hpp
//   t3api/sandbox/service.hpp
//   t3api/sandbox/context.hpp
//   t3api/sandbox/api_keys.hpp
//   t3api/sandbox/metrc/stored_credentials.hpp
//   t3api/sandbox/keys/database.hpp
//   t3api/sandbox/keys/key_record.hpp
//   t3api/sandbox/keys/key_ring.hpp
//   t3api/sandbox/keys/memory_database.hpp
//   t3api/sandbox/keys/secret_keys.hpp
//   t3api/sandbox/keys/vault.hpp
//   t3api/detail/seal.hpp
//   t3api/sandbox/metrc/upstream.hpp
//   t3api/sandbox/sessions/session_cache.hpp
//   t3api/store/any.hpp
//   t3api/store/concept.hpp
//   t3api/store/memory.hpp
//   t3api/detail/per_process.hpp
//   t3api/native/process.hpp
//   t3api/store/lifetime.hpp
//   t3api/sandbox/sessions/upstream_sessions.hpp
//   t3api/sandbox/metrc/totp.hpp
//   t3api/sandbox/metrc/simulated.hpp
//   t3api/sandbox/metrc/session_table.hpp
//   t3api/sandbox/routes/auth.hpp
//   t3api/sandbox/authenticate.hpp
//   t3api/sandbox/identity.hpp
//   t3api/sandbox/jwt.hpp
//   t3api/detail/base64url.hpp
//   t3api/sandbox/routes/licenses.hpp
//   t3api/sandbox/routes/packages.hpp
//   t3api/sandbox/data/packages.hpp

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

#ifndef T3API_CORE_RESPONSE_HPP
#define T3API_CORE_RESPONSE_HPP

#include <string>

#include <nlohmann/json_fwd.hpp>

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
/// Each error of a call has its `request_id`, but for that of a JSON body that cannot be written (no object
/// or array, or text in it that is no UTF-8): such a call had not begun. Errors of functions that make no
/// call have none either.
struct error {
  error_category category = error_category::transport;
  std::string message{};             ///< One sentence: what was wrong, where, what to do.
  int status = 0;                    ///< HTTP status, or 0 when there was no answer.
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

}  // namespace t3api

#endif
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

/// Overwrites what the copying of a text has left in the processor's vector registers. A thread begins with
/// those of its maker, and a call that is bound lazily saves them on the stack, where they stay.
inline void wipe_vector_registers() noexcept {
  // Moving this much takes all the registers that a C library moves with. It must not know the size.
  char bytes[1024] = {};
  volatile std::size_t size = 512;
  std::memmove(bytes + 64, bytes, size);
  wipe(bytes, sizeof bytes);
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

namespace t3api::sandbox {

/// One user of the simulated Metrc.
struct account {
  std::string hostname{};  ///< The state's Metrc, such as "ca.metrc.com"; compared without case.
  std::string username{};  ///< Compared exactly.
  secret password{};
  std::string email{};  ///< When given, a login needs it too (Colorado does); compared without case.
  secret otp_seed{};    ///< Base32 (RFC 6238); when given, a login needs a one-time password (Michigan does).
  std::vector<std::string> licenses{};  ///< The licence numbers whose data the user may read.
};

/// A T3 API key and the account that it opens in one state.
struct api_key {
  secret key{};
  std::string state_code{};  ///< Two letters, such as "CA"; compared without case.
  std::string username{};    ///< Of an account on that state's Metrc.
};

/// Everyone whom the sandbox knows.
struct directory {
  std::vector<account> accounts{};
  std::vector<api_key> api_keys{};
};

/// How a sandbox behaves. All members have defaults.
struct settings {
  std::chrono::seconds jwt_ttl = std::chrono::hours(1);
  std::chrono::seconds session_ttl = std::chrono::hours(24);  ///< T3 keeps a Metrc session for at most a day.
  std::uint64_t packages = 250;                               ///< Active packages of each licence.
  std::uint64_t seed = 1;                                     ///< The same number generates the same data.
  /// Requests of one user in a minute; more get 429 (T3 allows 600). 0 for no limit.
  unsigned requests_per_minute = 600;
  /// Failed logins within `login_window`, for one account and from one address; more get 429. 0 for no limit.
  unsigned failed_logins_per_account = 10;
  unsigned failed_logins_per_address = 50;
  std::chrono::seconds login_window = std::chrono::minutes(5);
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

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_STATES_HPP
#define T3API_SANDBOX_STATES_HPP

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::sandbox {

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

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

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

}  // namespace t3api::sandbox

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

namespace t3api::sandbox {

/// A certificate and its private key, as PEM text. The certificate may be followed by the chain that vouches
/// for it.
struct certificate {
  std::string certificate_pem{};
  std::string key_pem{};
};

/// What `make_certificate` makes; as it stands, a self-signed server certificate for this machine.
struct certificate_request {
  std::string common_name = "t3api sandbox";
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};
  wall_time not_before = std::chrono::system_clock::now() - std::chrono::hours(1);
  wall_time not_after = std::chrono::system_clock::now() + std::chrono::hours(24 * 30);
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

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_SERVER_HPP
#define T3API_SANDBOX_HTTP_SERVER_HPP

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <httplib.h>

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

namespace t3api::detail {

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

}  // namespace t3api::detail

#endif
#ifndef T3API_SANDBOX_HTTP_EXCHANGE_HPP
#define T3API_SANDBOX_HTTP_EXCHANGE_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <httplib.h>

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

}  // namespace t3api::detail

#endif

namespace t3api::detail {

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

}  // namespace t3api::detail

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


namespace t3api {

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

}  // namespace t3api

#endif

namespace t3api::sandbox {

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
    case 413: return "content_too_large";
    case 414: return "uri_too_long";
    case 415: return "unsupported_media_type";
    case 422: return "unprocessable_content";
    case 501: return "not_implemented";
    case 503: return "unavailable";
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

}  // namespace t3api::sandbox

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


namespace t3api::sandbox {

/// Where a request came from.
struct caller {
  std::string address{};  ///< IP address of the other end of the connection; empty when there is none.
};

/// What a server does to the bytes of one answer, to be as bad as networks and proxies are. All members have
/// defaults that change nothing. After `reset`, `garbage`, `cut_after` or `length_error` the connection ends.
struct wire_fault {
  bool reset = false;     ///< A TCP reset (or the end of TLS without close_notify) in place of an answer.
  std::string garbage{};  ///< These bytes in place of an answer.
  std::optional<std::size_t> cut_after{};  ///< The connection ends after so many bytes, the head included.
  std::int64_t length_error = 0;           ///< Added to the header Content-Length, while the body stays.
  std::size_t drip_bytes = 0;              ///< When above 0, the answer goes out in pieces of so many bytes,
  std::chrono::milliseconds drip_pause{};  ///< with this pause between two of them.
};

/// An answer, and what is to happen to it on its way.
struct served {
  response answer{};
  std::optional<wire_fault> wire{};
};

/// What an `http_server` serves: any callable from a request, and from a caller if it likes, to a response or
/// to `served`. Throws nothing but std::exception, which becomes 500.
class http_handler {
 public:
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, http_handler> &&
           (std::invocable<F&, const request&> || std::invocable<F&, const request&, const caller&>))
      http_handler(F serve)
      : serve_(with_caller(std::move(serve))) {}

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

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_BUSY_CONNECTIONS_HPP
#define T3API_SANDBOX_HTTP_BUSY_CONNECTIONS_HPP

#include <memory>
#include <mutex>
#include <set>

namespace t3api::sandbox {

/// Which connections of a server have an answer on its way, by the port of their other end. Any number of
/// threads may share it.
class busy_connections {
 public:
  /// Marks a connection as busy until the last copy of what this gives is gone. The marks must not outlive
  /// this object.
  std::shared_ptr<void> mark(int peer_port) {
    const std::scoped_lock lock(mutex_);
    const auto place = ports_.insert(peer_port);
    return {nullptr, [this, place](void*) {
              const std::scoped_lock again(mutex_);
              ports_.erase(place);
            }};
  }

  bool contains(int peer_port) const {
    const std::scoped_lock lock(mutex_);
    return ports_.contains(peer_port);
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<int> ports_;
};

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_TARGET_HPP
#define T3API_SANDBOX_HTTP_TARGET_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>


namespace t3api::sandbox {

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

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_INPUT_HPP
#define T3API_SANDBOX_INPUT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>


namespace t3api::sandbox {

/// A longer request body is refused with 413.
inline constexpr std::size_t max_body_bytes = 8U << 20U;

/// One request, checked and taken apart. It refers to the request it came from.
struct call {
  t3api::method method;
  std::string path;
  query_params query;
  const t3api::headers& headers;
  const std::string& body;
  wall_time now;
  std::string_view address{};  ///< Of the caller; empty when there is none.
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

/// The request body, which must be a JSON object. Throws `refusal`, which shows nothing of it.
inline nlohmann::json body_object(const call& c) {
  if (const auto type = c.headers.get("Content-Type")) {
    const auto media = detail::trim(type->substr(0, type->find(';')));
    if (!detail::iequals(media, "application/json")) {
      throw refusal(415, "the body must be JSON: send it with Content-Type: application/json");
    }
  }
  auto body = parse_json(c.body);
  if (!body) {
    throw refusal(400, "the body must be valid JSON in UTF-8, nested at most " +
                           std::to_string(max_json_depth) + " deep");
  }
  if (!body->is_object()) throw refusal(400, "the body must be a JSON object, in braces");
  return *std::move(body);
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

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_TIME_TEXT_HPP
#define T3API_SANDBOX_TIME_TEXT_HPP

#include <array>
#include <chrono>
#include <cstdio>
#include <string>


namespace t3api::sandbox {

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

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

/// Turns httplib's requests into ours and our answers into httplib's. What httplib would answer by itself,
/// such as 400 for a broken request line, gets T3's error body too. Where a request leaves doubt about where
/// its body ends, and so about where the next request starts, the connection is closed after the answer (RFC
/// 9112 section 6.3), which httplib 0.11 does not do.
class http_exchange {
 public:
  http_exchange(http_handler handler, std::size_t most_body_bytes)
      : handler_(std::move(handler)), max_body_bytes_(most_body_bytes) {}

  /// Makes `server` use this exchange, which must outlive it.
  void attach(httplib::Server& server) {
    using handled = httplib::Server::HandlerResponse;
    server.set_payload_max_length(drained_bytes());
    server.set_pre_routing_handler(httplib::Server::HandlerWithResponse(
        [this](const httplib::Request& asked, httplib::Response& answer) {
          return answer_without_body(asked, answer) ? handled::Handled : handled::Unhandled;
        }));
    const httplib::Server::HandlerWithContentReader with_body =
        [this](const httplib::Request& asked, httplib::Response& answer,
               const httplib::ContentReader& reader) { answer_with_body(asked, answer, reader); };
    constexpr const char* any_path = R"([\s\S]*)";
    server.Post(any_path, with_body)
        .Put(any_path, with_body)
        .Patch(any_path, with_body)
        .Delete(any_path, with_body);
    server.set_error_handler(httplib::Server::HandlerWithResponse(
        [this](const httplib::Request& asked, httplib::Response& answer) {
          if (answer.reason == answered) return handled::Unhandled;
          refuse(asked, answer,
                 refusal(answer.status, "the request breaks the rules of HTTP, or a part of it is too large"),
                 true);
          return handled::Handled;
        }));
    server.set_post_routing_handler(
        httplib::Server::Handler([](const httplib::Request&, httplib::Response& answer) {
          answer.headers.erase("Accept-Ranges");
          if (answer.headers.count("Connection") == 0) return;
          answer.headers.erase("Connection");
          answer.headers.erase("Keep-Alive");
          answer.headers.emplace("Connection", "close");
        }));
  }

  /// Whether the connection from that port has an answer on its way.
  bool is_busy(int peer_port) const { return busy_.contains(peer_port); }

 private:
  /// The mark of an answer that is complete; httplib's server never sends the reason.
  static constexpr const char* answered = "answered";
  /// A longer path goes to no route that takes a body: newer versions of httplib would not match it.
  static constexpr std::size_t longest_path_with_body = 255;

  /// How much of a body that is too large is read and forgotten, so that its sender sees the answer and not a
  /// reset.
  std::size_t drained_bytes() const noexcept { return max_body_bytes_ * 8; }

  /// How the body of a request is sent: it has none, has one, or must be refused.
  struct framing {
    bool has_body = false;
    std::optional<refusal> wrong{};
  };

  framing frame(const httplib::Request& asked) const {
    int codings = 0, lengths = 0;
    std::string_view coding, length;
    for (const auto& [name, value] : asked.headers) {
      if (detail::iequals(name, "Transfer-Encoding")) ++codings, coding = value;
      if (detail::iequals(name, "Content-Length")) ++lengths, length = value;
    }
    if (codings + lengths == 0) return {};
    if (codings + lengths > 1)
      return {true, refusal(400, "the request states the length of its body more than once")};
    if (codings == 1) {
      if (asked.method == "DELETE") return {true, refusal(411, "send the body with a Content-Length")};
      if (!detail::iequals(detail::trim(coding), "chunked")) {
        return {true, refusal(501, "the only transfer coding here is chunked")};
      }
      return {true, {}};
    }
    const auto bytes = detail::parse_decimal(detail::trim(length));
    if (!bytes) return {true, refusal(400, "the header Content-Length must be a number")};
    if (*bytes > drained_bytes()) return {true, too_large()};
    return {*bytes > 0, {}};
  }

  refusal too_large() const {
    return {413, "the body is larger than " + std::to_string(max_body_bytes_) + " bytes"};
  }

  /// Answers all requests but those whose body must be read first; tells whether it did.
  bool answer_without_body(const httplib::Request& asked, httplib::Response& answer) const {
    // A server may ignore Range (RFC 9110 section 14.2); httplib would cut our answers.
    const_cast<httplib::Request&>(asked).ranges.clear();
    const auto body = frame(asked);
    const bool takes_body = asked.method == "POST" || asked.method == "PUT" || asked.method == "PATCH" ||
                            asked.method == "DELETE";
    if (body.wrong) {
      refuse(asked, answer, *body.wrong, true);
    } else if (!parse_method(asked.method)) {
      refuse(asked, answer,
             {405,
              "the method is not one that is served here",
              {{"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE"}}},
             body.has_body);
    } else if (!body.has_body || !takes_body) {
      serve(asked, answer, {}, body.has_body);
    } else if (asked.is_multipart_form_data()) {
      refuse(asked, answer, {415, "a form with files is not taken here: send the body as one piece"}, true);
    } else if (asked.path.size() > longest_path_with_body) {
      refuse(asked, answer,
             {414, "the path is longer than " + std::to_string(longest_path_with_body) + " bytes"}, true);
    } else {
      return false;
    }
    return true;
  }

  void answer_with_body(const httplib::Request& asked, httplib::Response& answer,
                        const httplib::ContentReader& reader) const {
    std::string body;
    std::size_t size = 0;
    const bool whole = reader([&](const char* data, std::size_t count) {
      size += count;
      if (size <= max_body_bytes_) body.append(data, count);
      return size <= drained_bytes();
    });
    if (size > max_body_bytes_) {
      refuse(asked, answer, too_large(), !whole);
    } else if (!whole) {
      refuse(asked, answer, {400, "the body was cut, or is not in the coding that the header names"}, true);
    } else {
      serve(asked, answer, std::move(body), false);
    }
  }

  void serve(const httplib::Request& asked, httplib::Response& answer, std::string body, bool close) const {
    // httplib destroys its response once it is written, and the mark with it.
    answer.content_provider_resource_releaser_ = [mark = busy_.mark(asked.remote_port)](bool) {};
    try {
      send(answer, handler_(to_request(asked, std::move(body)), {.address = asked.remote_addr}).answer,
           close);
    } catch (const std::exception&) {
      refuse(asked, answer, {500, "the handler behind the server failed"}, close);
    }
  }

  void refuse(const httplib::Request& asked, httplib::Response& answer, const refusal& why,
              bool close) const {
    const auto now = std::chrono::system_clock::now();
    response made = error_answer(why, asked.path, now);
    made.headers.set("Date", http_date(now));
    made.headers.set("X-Request-Id", detail::make_uuid());
    send(answer, std::move(made), close);
  }

  static request to_request(const httplib::Request& asked, std::string body) {
    const std::string_view target = asked.target;
    const auto mark = target.find('?');
    request made{.method = *parse_method(asked.method),
                 .path = decode_path(target.substr(0, mark)),
                 .query = mark == target.npos ? query_params() : decode_query(target.substr(mark + 1)),
                 .body = std::move(body)};
    for (const auto& [name, value] : asked.headers) {
      // httplib adds these four to what it received.
      if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" || name == "LOCAL_PORT")
        continue;
      made.headers.add_received(name, value);
    }
    return made;
  }

  static void send(httplib::Response& out, response made, bool close) {
    out.status = made.status >= 200 && made.status < 600 ? made.status : 500;
    out.reason = answered;
    std::string type = "application/octet-stream";
    for (const auto& [name, value] : made.headers) {
      if (detail::has_control(value) || detail::has_control(name)) continue;
      if (detail::iequals(name, "Content-Type")) {
        type = value;
      } else if (!detail::iequals(name, "Content-Length") && !detail::iequals(name, "Transfer-Encoding")) {
        out.headers.emplace(name, value);
      }
    }
    if (close) out.headers.emplace("Connection", "close");
    if (!close || made.body.empty()) {
      if (!made.body.empty()) out.set_content(std::move(made.body), type);
      return;
    }
    // A provider that says it failed, once all is written, is the one way to make any version of httplib
    // close.
    const std::size_t size = made.body.size();
    auto releaser = std::move(out.content_provider_resource_releaser_);
    out.set_content_provider(
        size, type,
        [body = std::move(made.body)](std::size_t, std::size_t, httplib::DataSink& sink) {
          sink.write(body.data(), body.size());
          return false;
        },
        std::move(releaser));
  }

  http_handler handler_;
  std::size_t max_body_bytes_;
  mutable busy_connections busy_;
};

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_HTTP_LISTENING_SOCKET_HPP
#define T3API_SANDBOX_HTTP_LISTENING_SOCKET_HPP

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace t3api::sandbox {

/// The address that a socket is bound to.
class local_address {
 public:
  static std::optional<local_address> of(int socket) noexcept {
    local_address found;
    socklen_t size = sizeof(found.storage_);
    if (::getsockname(socket, found.generic(), &size) != 0) return std::nullopt;
    if (found.storage_.ss_family != AF_INET && found.storage_.ss_family != AF_INET6) return std::nullopt;
    return found;
  }

  /// Whether a connection with the local address `other` came in here: same port, and same address unless
  /// this is any.
  bool accepts(const local_address& other) const noexcept {
    if (storage_.ss_family != other.storage_.ss_family) return false;
    if (storage_.ss_family == AF_INET) {
      const auto mine = as<sockaddr_in>(), theirs = other.as<sockaddr_in>();
      return mine.sin_port == theirs.sin_port &&
             (mine.sin_addr.s_addr == INADDR_ANY || mine.sin_addr.s_addr == theirs.sin_addr.s_addr);
    }
    const auto mine = as<sockaddr_in6>(), theirs = other.as<sockaddr_in6>();
    return mine.sin6_port == theirs.sin6_port &&
           (IN6_IS_ADDR_UNSPECIFIED(&mine.sin6_addr) ||
            std::memcmp(&mine.sin6_addr, &theirs.sin6_addr, sizeof(in6_addr)) == 0);
  }

  static int port_of(const sockaddr_storage& address) noexcept {
    local_address copy;
    copy.storage_ = address;
    return ntohs(address.ss_family == AF_INET ? copy.as<sockaddr_in>().sin_port
                                              : copy.as<sockaddr_in6>().sin6_port);
  }

 private:
  sockaddr* generic() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }

  template <class T>
  T as() const noexcept {
    T address;
    std::memcpy(&address, &storage_, sizeof(T));
    return address;
  }

  sockaddr_storage storage_{};
};

namespace listening_detail {

/// The port at the other end of a connection that came in at `server`; nothing for any other file.
inline std::optional<int> peer_port(int descriptor, const local_address& server) noexcept {
  const auto local = local_address::of(descriptor);
  if (!local || !server.accepts(*local)) return std::nullopt;
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return std::nullopt;
  return local_address::port_of(peer);
}

}  // namespace listening_detail

/// Ends the reading side of the connections of this process that came in at `server`, but for those that
/// `spared` picks by the port of their other end: who waits for a request there sees the end at once. httplib
/// keeps its connections to itself, and its 0.11 lets an idle one hold up `stop` until it times out; so they
/// are looked for among the process's open files.
inline void end_reading(const local_address& server, const std::function<bool(int peer_port)>& spared) {
  std::vector<int> descriptors;
  std::error_code failure;
  for (std::filesystem::directory_iterator file("/dev/fd", failure), end; !failure && file != end;
       file.increment(failure)) {
    descriptors.push_back(std::atoi(file->path().filename().c_str()));
  }
  const auto unwanted = [&](int descriptor) {
    const auto port = listening_detail::peer_port(descriptor, server);
    return port && !spared(*port);
  };
  for (const int descriptor : descriptors) {
    if (!unwanted(descriptor)) continue;
    // The number may belong to another file by now; the copy cannot change any more, so it is asked again.
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) continue;
    if (unwanted(copy)) ::shutdown(copy, SHUT_RD);
    ::close(copy);
  }
}

}  // namespace t3api::sandbox

#endif

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error \
    "The sandbox's server needs cpp-httplib with TLS: define CPPHTTPLIB_OPENSSL_SUPPORT for the whole program, as t3api's CMake and pkg-config's cpp-httplib do"
#endif

namespace t3api::sandbox {

/// Where and how an `http_server` listens. All members have defaults.
struct http_server_options {
  std::string host = "127.0.0.1";    ///< Address or name of this machine to listen on.
  std::uint16_t port = 0;            ///< 0 takes any free port.
  std::optional<certificate> tls{};  ///< Serves HTTPS with it, TLS 1.2 or newer.
  std::string client_authorities{};  ///< PEM; with TLS, only clients with a certificate of these may come in.
  std::size_t max_connections = 256;  ///< Connections served at once; each takes a thread while it is open.
  std::size_t max_body_bytes =
      sandbox::max_body_bytes;           ///< Of a request, after decompression; more gets 413.
  std::chrono::seconds idle_timeout{5};  ///< How long a connection may stay open between two requests.
};

/// Serves any request → response callable over HTTP or HTTPS with cpp-httplib, each connection on a thread of
/// its own. The callable is called from many threads at once. cpp-httplib sets the process to ignore SIGPIPE.
///
///     t3api::sandbox::service service;
///     t3api::sandbox::http_server server([&](const t3api::request& r) { return service.handle(r); });
///     server.start();   // server.url() is now "http://127.0.0.1:<port>"
class http_server {
 public:
  explicit http_server(http_handler handler, http_server_options options = {})
      : options_(std::move(options)), exchange_(std::move(handler), options_.max_body_bytes) {}
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server() { stop(); }

  /// Listens; when it returns, connections are accepted. Throws std::runtime_error when the address cannot be
  /// had, and std::invalid_argument when the certificate cannot be used. Does nothing when the server runs.
  void start() {
    const std::scoped_lock lock(mutex_);
    if (server_) return;
    auto server = make_server();
    int listening = -1;
    configure(*server, listening);
    errno = 0;
    const int port = options_.port == 0
                         ? server->bind_to_any_port(options_.host)
                         : (server->bind_to_port(options_.host, options_.port) ? options_.port : -1);
    if (port <= 0) throw std::runtime_error(cannot_listen(errno));
    // cpp-httplib 0.11 queues only 5 connections that nobody accepted yet; listening again changes that.
    ::listen(listening, 1024);
    const auto address = local_address::of(listening);

    std::promise<void> ready;
    auto accepting = ready.get_future();
    server->new_task_queue = [this, address, &ready] {
      ready.set_value();
      return new task_queue(options_.max_connections, exchange_, address);
    };
    thread_ = std::thread([s = server.get()] { s->listen_after_bind(); });
    accepting.wait();
    port_ = static_cast<std::uint16_t>(port);
    server_ = std::move(server);
  }

  /// Accepts no more, lets requests that are being answered finish, closes all connections. Does nothing when
  /// it does not run.
  void stop() {
    const std::scoped_lock lock(mutex_);
    if (!server_) return;
    server_->stop();
    thread_.join();
    server_.reset();
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
  /// httplib's queue of connections, on threads that are started when they are needed.
  class task_queue final : public httplib::TaskQueue {
   public:
    using enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr));

    task_queue(std::size_t most_threads, const http_exchange& exchange, std::optional<local_address> server)
        : exchange_(exchange), server_(server), pool_(most_threads) {}

    enqueued enqueue(std::function<void()> serve_connection) override {
      pool_.run(std::move(serve_connection));
      return enqueued(true);
    }

    /// httplib calls this when it accepts no more.
    void shutdown() override {
      if (server_) end_reading(*server_, [this](int peer_port) { return exchange_.is_busy(peer_port); });
      pool_.finish();
    }

   private:
    const http_exchange& exchange_;
    std::optional<local_address> server_;
    detail::worker_pool pool_;
  };

  /// Sets up a TLS context; httplib passes it as `SSL_CTX&` or, in newer versions, as a pointer without type.
  struct tls_setup {
    const http_server_options& options;
    std::exception_ptr& failure;

    bool operator()(void* context) const noexcept {
      try {
        use_certificate(static_cast<SSL_CTX*>(context), *options.tls);
        if (!options.client_authorities.empty()) {
          require_client_certificate(static_cast<SSL_CTX*>(context), options.client_authorities);
        }
        return true;
      } catch (...) {
        failure = std::current_exception();
        return false;
      }
    }
    bool operator()(SSL_CTX& context) const noexcept { return (*this)(static_cast<void*>(&context)); }
  };

  std::unique_ptr<httplib::Server> make_server() const {
    if (!options_.tls) return std::make_unique<httplib::Server>();
    std::exception_ptr failure;
    auto server = std::make_unique<httplib::SSLServer>(tls_setup{options_, failure});
    if (failure) std::rethrow_exception(failure);
    return server;
  }

  void configure(httplib::Server& server, int& listening) {
    server.set_tcp_nodelay(true);
    server.set_keep_alive_max_count(1'000'000'000);
    server.set_keep_alive_timeout(static_cast<time_t>(options_.idle_timeout.count()));
    server.set_read_timeout(10);
    server.set_write_timeout(10);
    // httplib's own choice, SO_REUSEPORT, would let two servers share a port unnoticed.
    server.set_socket_options([&listening](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
      listening = socket;
    });
    exchange_.attach(server);
  }

  std::string cannot_listen(int cause) const {
    const std::string where =
        "cannot listen on " + options_.host + " port " + std::to_string(options_.port) + ": ";
    if (cause == EADDRINUSE)
      return where + "another program uses the port; choose another, or 0 for any free one";
    if (cause == EACCES) return where + "the system does not allow it; choose a port above 1023";
    return where + "the host is no address of this machine; use 127.0.0.1";
  }

  const http_server_options options_;
  http_exchange exchange_;
  std::mutex mutex_;
  std::unique_ptr<httplib::Server> server_;
  std::thread thread_;
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

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_SERVICE_HPP
#define T3API_SANDBOX_SERVICE_HPP

#include <array>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#ifndef T3API_SANDBOX_CONTEXT_HPP
#define T3API_SANDBOX_CONTEXT_HPP

#include <memory>
#include <optional>
#include <utility>

#ifndef T3API_SANDBOX_API_KEYS_HPP
#define T3API_SANDBOX_API_KEYS_HPP

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#ifndef T3API_SANDBOX_METRC_STORED_CREDENTIALS_HPP
#define T3API_SANDBOX_METRC_STORED_CREDENTIALS_HPP

#include <string>


namespace t3api::sandbox {

/// All that the service needs to log in to Metrc by itself, again and again.
struct stored_credentials {
  std::string hostname{};  ///< Canonical, as `canonical_hostname` makes it.
  std::string username{};
  secret password{};
  std::string email{};  ///< Or empty.
  secret otp_seed{};    ///< Base32, or empty.
};

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

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

}  // namespace t3api::sandbox

#endif
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


namespace t3api::sandbox {

/// Whose a secret key is.
struct key_owner {
  std::string hostname{};  ///< Canonical.
  std::string username{};

  friend bool operator==(const key_owner&, const key_owner&) = default;
};

/// Credentials at rest; `vault` makes and opens them.
struct sealed_credentials {
  std::string ring_id{};  ///< Which key of the ring opens them.
  std::string bytes{};
};

/// All that is kept of a secret key, which is never the key itself.
struct key_record {
  std::string id{};        ///< A UUID that has nothing to do with the key, and opens nothing.
  std::string key_hash{};  ///< 32 bytes: a keyed hash of the key.
  key_owner owner{};
  std::string
      login{};  ///< 32 bytes: a keyed hash of the credentials, the same for keys made from the same ones.
  wall_time created_at{};
  std::optional<wall_time> last_used_at{};
  bool is_enabled = true;  ///< False once Metrc refused the credentials.
  sealed_credentials credentials{};
};

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

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

  virtual void add(const key_record& record) = 0;
  /// The record with that hash, or nothing. What it costs does not grow with the number of records.
  virtual std::optional<key_record> find(std::string_view key_hash) = 0;
  /// The records of an owner, the oldest first.
  virtual std::vector<key_record> of(const key_owner& owner) = 0;
  /// Removes a record of that owner; false when there is none such.
  virtual bool erase(std::string_view id, const key_owner& owner) = 0;
  /// Sets when a key was last used, unless a later time is there already; nothing when the record is gone. A
  /// database to which a write is dear may leave out what is less than a minute after `record.last_used_at`.
  virtual void set_last_used(const key_record& record, wall_time when) = 0;
  /// Sets `is_enabled` to false for all records with these credentials.
  virtual void disable(std::string_view login) = 0;

  /// At most `most` records that are not sealed under the key `ring_id`, with ids above `after`, in the order
  /// of their ids.
  virtual std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                            std::size_t most) = 0;
  /// Puts new sealed credentials in the place of `old`; false, and nothing is changed, when the record is
  /// gone or has others by now.
  virtual bool replace_credentials(std::string_view id, const sealed_credentials& old,
                                   const sealed_credentials& renewed) = 0;
};

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_KEY_RING_HPP
#define T3API_SANDBOX_KEYS_KEY_RING_HPP

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>


namespace t3api::sandbox {

/// The keys of a service, all of 32 bytes. They never lie in its database.
struct key_ring {
  struct entry {
    std::string id;  ///< 1 to 32 letters, digits, `-` or `_`.
    secret key;
  };

  /// What the service's other keys are derived from. It cannot change without ending all secret keys.
  secret root{};
  /// Key-encryption keys. The last one is the current one, under which new records are kept; the others open
  /// older records.
  std::vector<entry> keys{};

  const entry& current() const { return keys.back(); }

  /// The key with that id, or null.
  const secret* find(std::string_view id) const noexcept {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const entry& e) { return e.id == id; });
    return found == keys.end() ? nullptr : &found->key;
  }

  /// A key of its own for each purpose.
  secret derived(std::string_view purpose) const {
    return secret(detail::hmac_sha256(root.reveal(), "t3api-sandbox " + std::string(purpose)));
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
  explicit fixed_key_ring(key_ring ring) : ring_(std::make_shared<key_ring>(std::move(ring))) {}

  std::shared_ptr<const key_ring> ring() const override { return ring_; }
  std::shared_ptr<const key_ring> fresh_ring() override { return ring_; }

 private:
  const std::shared_ptr<const key_ring> ring_;
};

/// A new ring with one key-encryption key, from the system's random source.
inline key_ring make_key_ring() {
  return {.root = secret(detail::random_bytes(32)), .keys = {{"k1", secret(detail::random_bytes(32))}}};
}

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_MEMORY_DATABASE_HPP
#define T3API_SANDBOX_KEYS_MEMORY_DATABASE_HPP

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>


namespace t3api::sandbox {

/// Records in the memory of this process; they end with it.
class memory_key_database final : public key_database {
 public:
  void add(const key_record& record) override {
    const std::scoped_lock lock(mutex_);
    const auto [place, fresh] = records_.emplace(record.id, record);
    if (!fresh || !by_hash_.emplace(record.key_hash, &place->second).second) {
      if (fresh) records_.erase(place);
      throw database_error("a secret key with this id or hash is there already: nothing was changed");
    }
    by_owner_[owner_name(record.owner)].push_back(&place->second);
    by_login_[record.login].push_back(&place->second);
  }

  std::optional<key_record> find(std::string_view key_hash) override {
    const std::shared_lock lock(mutex_);
    const auto found = by_hash_.find(std::string(key_hash));
    return found == by_hash_.end() ? std::nullopt : std::optional(*found->second);
  }

  std::vector<key_record> of(const key_owner& owner) override {
    std::vector<key_record> owned;
    const std::shared_lock lock(mutex_);
    const auto found = by_owner_.find(owner_name(owner));
    if (found == by_owner_.end()) return owned;
    for (const auto* record : found->second) owned.push_back(*record);
    return owned;
  }

  bool erase(std::string_view id, const key_owner& owner) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.owner != owner) return false;
    by_hash_.erase(found->second.key_hash);
    remove(by_owner_, owner_name(owner), &found->second);
    remove(by_login_, found->second.login, &found->second);
    records_.erase(found);
    return true;
  }

  void set_last_used(const key_record& record, wall_time when) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(record.id);
    if (found == records_.end()) return;
    auto& last = found->second.last_used_at;
    if (!last || *last < when) last = when;
  }

  void disable(std::string_view login) override {
    const std::scoped_lock lock(mutex_);
    const auto found = by_login_.find(std::string(login));
    if (found == by_login_.end()) return;
    for (auto* record : found->second) record->is_enabled = false;
  }

  std::vector<key_record> not_under(std::string_view ring_id, std::string_view after,
                                    std::size_t most) override {
    std::vector<key_record> found;
    const std::shared_lock lock(mutex_);
    for (auto at = records_.upper_bound(after); at != records_.end() && found.size() < most; ++at) {
      if (at->second.credentials.ring_id != ring_id) found.push_back(at->second);
    }
    return found;
  }

  bool replace_credentials(std::string_view id, const sealed_credentials& old,
                           const sealed_credentials& renewed) override {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end() || found->second.credentials.bytes != old.bytes) return false;
    found->second.credentials = renewed;
    return true;
  }

 private:
  using index = std::unordered_map<std::string, std::vector<key_record*>>;

  static std::string owner_name(const key_owner& owner) { return owner.hostname + "\n" + owner.username; }

  static void remove(index& from, const std::string& name, const key_record* record) {
    const auto found = from.find(name);
    std::erase(found->second, record);
    if (found->second.empty()) from.erase(found);
  }

  mutable std::shared_mutex mutex_;
  std::map<std::string, key_record, std::less<>> records_;
  std::unordered_map<std::string, key_record*> by_hash_;
  index by_owner_;
  index by_login_;
};

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_KEYS_SECRET_KEYS_HPP
#define T3API_SANDBOX_KEYS_SECRET_KEYS_HPP

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_SANDBOX_KEYS_VAULT_HPP
#define T3API_SANDBOX_KEYS_VAULT_HPP

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#ifndef T3API_DETAIL_SEAL_HPP
#define T3API_DETAIL_SEAL_HPP

#include <optional>
#include <string>
#include <string_view>


namespace t3api::detail {

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

}  // namespace t3api::detail

#endif

namespace t3api::sandbox {

/// Sealed credentials that cannot be opened. The message is one sentence for people, without a secret.
struct vault_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Encrypts the credentials behind secret keys, each under a data key of its own that is wrapped by the
/// current key of a ring. The format is written down in docs/credentials-at-rest.md. Any number of threads
/// may share it.
class vault {
 public:
  explicit vault(std::shared_ptr<key_ring_source> ring) : ring_(std::move(ring)) {}

  /// Seals credentials for the record `id` of `owner`; they open for no other.
  sealed_credentials seal(const stored_credentials& credentials, std::string_view id,
                          const key_owner& owner) const {
    const auto ring = ring_->fresh_ring();
    const auto& wrapping = ring->current();
    const secret data_key(detail::random_bytes(detail::gcm_key_size));
    std::string plain = to_text(credentials);
    std::string payload = detail::seal(data_key.reveal(), plain, place_of("credentials", id, owner, ""));
    detail::wipe(plain);
    return {.ring_id = wrapping.id, .bytes = wrap(data_key, wrapping, id, owner) + std::move(payload)};
  }

  /// The credentials of the record `id` of `owner`. Throws `vault_error` when they were changed, cut or moved
  /// here from another record, or when the ring does not have their key.
  stored_credentials open(const sealed_credentials& sealed, std::string_view id,
                          const key_owner& owner) const {
    const auto key = data_key(sealed, id, owner);
    auto plain = detail::unseal(key.reveal(), std::string_view(sealed.bytes).substr(wrapped_size),
                                place_of("credentials", id, owner, ""));
    if (!plain) throw vault_error(changed);
    auto credentials = from_text(*plain);
    detail::wipe(*plain);
    return credentials;
  }

  /// The same credentials under the current key of the ring; nothing when they are already. The data key and
  /// what it encrypts stay. Throws what `open` throws.
  std::optional<sealed_credentials> rewrap(const sealed_credentials& sealed, std::string_view id,
                                           const key_owner& owner) const {
    const auto ring = ring_->ring();
    const auto& wrapping = ring->current();
    if (sealed.ring_id == wrapping.id) return std::nullopt;
    return sealed_credentials{
        .ring_id = wrapping.id,
        .bytes = wrap(data_key(sealed, id, owner), wrapping, id, owner) + sealed.bytes.substr(wrapped_size)};
  }

 private:
  static constexpr const char* changed =
      "the credentials behind the secret key were changed or moved at rest and cannot be opened: delete the "
      "key "
      "and make a new one";
  /// What `detail::seal` makes of a data key.
  static constexpr std::size_t wrapped_size =
      1 + detail::gcm_nonce_size + detail::gcm_key_size + detail::gcm_tag_size;

  static std::string wrap(const secret& data_key, const key_ring::entry& under, std::string_view id,
                          const key_owner& owner) {
    return detail::seal(under.key.reveal(), data_key.reveal(), place_of("data key", id, owner, under.id));
  }

  secret data_key(const sealed_credentials& sealed, std::string_view id, const key_owner& owner) const {
    auto ring = ring_->ring();
    if (!ring->find(sealed.ring_id)) ring = ring_->fresh_ring();
    const secret* under = ring->find(sealed.ring_id);
    if (!under) {
      throw vault_error("the key ring has no key '" + sealed.ring_id +
                        "', under which the credentials behind the secret key are kept: add it again");
    }
    if (sealed.bytes.size() < wrapped_size) throw vault_error(changed);
    auto key = detail::unseal(under->reveal(), std::string_view(sealed.bytes).substr(0, wrapped_size),
                              place_of("data key", id, owner, sealed.ring_id));
    if (!key) throw vault_error(changed);
    return secret(*std::move(key));
  }

  /// What is authenticated beside the encrypted text. Each part has its length in front, so that no two
  /// places look the same.
  static std::string place_of(std::string_view kind, std::string_view id, const key_owner& owner,
                              std::string_view ring_id) {
    std::string place = "t3api-sandbox record 1";
    for (const std::string_view part :
         {kind, id, std::string_view(owner.hostname), std::string_view(owner.username), ring_id}) {
      place += "\n" + std::to_string(part.size()) + ":";
      place += part;
    }
    return place;
  }

  static std::string to_text(const stored_credentials& c) {
    return nlohmann::json({{"hostname", c.hostname},
                           {"username", c.username},
                           {"password", c.password.reveal()},
                           {"email", c.email},
                           {"otpSeed", c.otp_seed.reveal()}})
        .dump();
  }

  static stored_credentials from_text(std::string_view text) {
    const auto parsed = parse_json(text);
    const auto member = [&](const char* name) {
      return parsed ? string_member(*parsed, name).value_or("") : "";
    };
    return {.hostname = member("hostname"),
            .username = member("username"),
            .password = secret(member("password")),
            .email = member("email"),
            .otp_seed = secret(member("otpSeed"))};
  }

  const std::shared_ptr<key_ring_source> ring_;
};

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

/// The secret keys of a service: opaque UUIDs, each with the credentials it was made from, sealed. Nobody can
/// read a key again after `make`, as only its keyed hash is kept. Any number of threads may share it, and any
/// number of services with the same ring may share the database. Throws `database_error`.
class secret_keys {
 public:
  secret_keys(std::shared_ptr<key_database> database, std::shared_ptr<key_ring_source> ring)
      : database_(std::move(database)),
        hash_key_(ring->ring()->derived("hashes of secret keys")),
        vault_(std::move(ring)) {}

  /// A new key for credentials that Metrc has just accepted. `login` is their name among logins.
  secret make(const stored_credentials& credentials, std::string_view login, wall_time now) {
    secret key(detail::make_uuid());
    key_record record{.id = detail::make_uuid(),
                      .key_hash = hash(key.reveal()),
                      .owner = {credentials.hostname, credentials.username},
                      .login = std::string(login),
                      .created_at = now};
    record.credentials = vault_.seal(credentials, record.id, record.owner);
    database_->add(record);
    return key;
  }

  /// What is known of a key, or nothing. The time it takes tells nothing about how much of a wrong key was
  /// right, as only hashes under a key that the caller cannot know are compared.
  std::optional<key_record> find(std::string_view key) const {
    return database_->find(hash(detail::to_lower(detail::trim(key))));
  }

  /// The credentials behind a key. Throws `vault_error`.
  stored_credentials credentials(const key_record& record) const {
    return vault_.open(record.credentials, record.id, record.owner);
  }

  /// The keys of a user, the oldest first.
  std::vector<key_record> of(const key_owner& owner) const { return database_->of(owner); }

  /// Ends the key of a user with that id: no `find` that starts after this gives it, here or in any service
  /// that shares the database. False when the user has none such.
  bool erase(std::string_view id, const key_owner& owner) { return database_->erase(id, owner); }

  /// Notes that Metrc refused the credentials: all keys made from them are of no use any more.
  void disable(const key_record& record) { database_->disable(record.login); }

  /// Notes that a call which came at `when` got in with the key.
  void used(const key_record& record, wall_time when) { database_->set_last_used(record, when); }

 private:
  std::string hash(std::string_view key) const { return detail::hmac_sha256(hash_key_.reveal(), key); }

  const std::shared_ptr<key_database> database_;
  const secret hash_key_;
  const vault vault_;
};

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_METRC_UPSTREAM_HPP
#define T3API_SANDBOX_METRC_UPSTREAM_HPP

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>


namespace t3api::sandbox {

/// What a login at Metrc needs.
struct metrc_login {
  std::string hostname{};  ///< Canonical, as `canonical_hostname` makes it.
  std::string username{};
  secret password{};
  std::string otp{};    ///< Six digits, or empty.
  std::string email{};  ///< Or empty.
};

/// Whose session it is, and what it may read.
struct metrc_user {
  std::string hostname{};
  std::string username{};
  std::vector<std::string> licenses{};
};

/// A login that Metrc remembers.
struct metrc_session {
  std::string id{};
  std::shared_ptr<const metrc_user> user{};
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
  std::optional<metrc_session> session{};
  metrc_refusal refusal = metrc_refusal::credentials;
};

/// What the service needs of a Metrc, simulated or real. Any number of threads call it at once.
template <class T>
concept metrc_upstream = requires(T& metrc, const metrc_login& login, std::string_view session_id) {
  { metrc.login(login) } -> std::same_as<metrc_answer>;
  { metrc.find_session(session_id) } -> std::same_as<std::optional<metrc_session>>;
};

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_SESSIONS_SESSION_CACHE_HPP
#define T3API_SANDBOX_SESSIONS_SESSION_CACHE_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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


namespace t3api {

/// A value that a store still had.
struct stored_value {
  std::string value{};
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

}  // namespace t3api

#endif

namespace t3api {

/// Any store, chosen at run time. Copies are handles of the same store, as with each store itself.
class any_store {
 public:
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

}  // namespace t3api

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

namespace t3api::detail {

/// The system's number for this process; a forked child has another one than its parent.
inline std::int64_t current_process_id() noexcept {
#ifdef _WIN32
  return static_cast<std::int64_t>(::_getpid());
#else
  return static_cast<std::int64_t>(::getpid());
#endif
}

}  // namespace t3api::detail

#endif

namespace t3api::detail {

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

}  // namespace t3api::detail

#endif
#ifndef T3API_STORE_LIFETIME_HPP
#define T3API_STORE_LIFETIME_HPP

#include <algorithm>
#include <chrono>

namespace t3api::detail {

/// How long a store keeps what it is asked to keep for `ttl`: from one millisecond, the shortest that Redis
/// knows, to ten years, which no clock overflows on.
inline std::chrono::milliseconds kept_lifetime(std::chrono::milliseconds ttl) noexcept {
  using std::chrono::milliseconds;
  return std::clamp<milliseconds>(ttl, milliseconds(1), std::chrono::hours(24 * 3653));
}

}  // namespace t3api::detail

#endif

namespace t3api {

/// A store in the memory of this process; copies share what they keep, and no operation fails. What has
/// expired goes as new things come, so that memory is bounded by what is alive at a time. A forked child
/// begins with an empty store of its own.
class memory_store {
 public:
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

}  // namespace t3api

#endif

namespace t3api::sandbox {

/// Where a service remembers the ids of its Metrc sessions, by names of its own: in this process and, when
/// there is a store that other services share, there too. A store that fails costs what only it knew; Metrc
/// alone says whether a session is still open. Any number of threads may share it.
class session_cache {
 public:
  session_cache(std::shared_ptr<t3api::clock> clock, std::optional<any_store> shared)
      : near_(std::move(clock)), shared_(std::move(shared)) {}

  /// What this process remembers.
  std::optional<std::string> near(std::string_view name) {
    auto kept = near_.get(name);
    if (!kept || !*kept) return std::nullopt;
    return std::move((*kept)->value);
  }

  /// What any of the services remembers.
  std::optional<std::string> shared(std::string_view name) {
    if (!shared_) return near(name);
    auto kept = shared_->get(name);
    if (!kept) return near(name);
    if (!*kept) return std::nullopt;
    near_.put(name, (*kept)->value, (*kept)->time_left);
    return std::move((*kept)->value);
  }

  void put(std::string_view name, std::string_view value, std::chrono::milliseconds ttl) {
    near_.put(name, value, ttl);
    if (shared_) shared_->put(name, value, ttl);
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
  memory_store near_;
  std::optional<any_store> shared_;
};

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_SESSIONS_UPSTREAM_SESSIONS_HPP
#define T3API_SANDBOX_SESSIONS_UPSTREAM_SESSIONS_HPP

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


namespace t3api::sandbox {

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
  /// gets `accepted`.
  otp_verdict check(std::string_view code, wall_time now) {
    const std::int64_t present = totp_step(now);
    auto verdict = otp_verdict::wrong;
    for (std::int64_t step = present - 1; step <= present + 1; ++step) {
      if (!detail::constant_time_equal(totp_code(key_.reveal(), step), code)) continue;
      if (take(step)) return otp_verdict::accepted;
      verdict = otp_verdict::used;
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

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

/// What came of asking for a session of kept credentials.
struct kept_session {
  std::optional<metrc_session> session{};
  metrc_refusal refusal = metrc_refusal::credentials;  ///< Why there is none.
  /// How long it is useless to ask again. Whole seconds, at least one. Zero when asking again cannot help:
  /// Metrc refused the credentials.
  std::chrono::seconds retry_after{0};
};

/// Credentials when they are needed, and only then: it may have to decrypt them.
using credentials_source = std::function<stored_credentials()>;

/// The Metrc sessions of credentials that the service keeps. When one has ended it logs in again, with one
/// login however many threads and services ask. Credentials that Metrc refused are not tried again, so a
/// changed password cannot make a storm of failing logins. Any number of threads may share it.
template <metrc_upstream Metrc>
class upstream_sessions {
 public:
  upstream_sessions(std::shared_ptr<Metrc> metrc, std::shared_ptr<t3api::clock> clock,
                    std::shared_ptr<session_cache> cache, secret naming_key)
      : metrc_(std::move(metrc)),
        clock_(std::move(clock)),
        cache_(std::move(cache)),
        naming_key_(std::move(naming_key)) {}

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

  /// The session at hand, or a new one when it has ended. What `credentials` throws goes through.
  kept_session session(const std::string& name, const credentials_source& credentials) {
    if (auto open = still_open(cache_->near(cached(name)))) return {.session = std::move(open)};
    const auto login = login_of(name);
    const std::scoped_lock one_at_a_time(login->mutex);
    if (auto open = still_open(cache_->near(cached(name)))) return {.session = std::move(open)};
    if (auto refused = refused_before(*login)) return *std::move(refused);
    const turn mine(*this, name);
    if (auto open = still_open(cache_->shared(cached(name)))) return {.session = std::move(open)};
    return log_in(name, *login, credentials());
  }

  /// A new session from a real login, whatever is at hand; this is how credentials are verified.
  kept_session fresh_session(const std::string& name, const stored_credentials& credentials) {
    const auto login = login_of(name);
    const std::scoped_lock one_at_a_time(login->mutex);
    return log_in(name, *login, credentials);
  }

 private:
  struct login_state {
    std::mutex mutex;
    std::optional<metrc_refusal> refusal{};
    steady_time not_before = (steady_time::max)();  ///< When to try again after a refusal.
  };

  /// The right to log in, among all services that share the cache; taken when another does not let go in
  /// time.
  class turn {
   public:
    turn(upstream_sessions& of, const std::string& name) : of_(of), name_("login/" + name) {
      const auto end = of_.clock_->now() + lease;
      while (!of_.cache_->claim(name_, owner_, lease) && of_.clock_->now() < end) {
        of_.clock_->wait_until(of_.clock_->now() + std::chrono::milliseconds(20), {});
      }
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { of_.cache_->release(name_, owner_); }

   private:
    static constexpr std::chrono::seconds lease{10};

    upstream_sessions& of_;
    const std::string name_;
    const std::string owner_ = detail::make_uuid();
  };

  static constexpr std::chrono::hours longest_session{24};
  static constexpr std::size_t most_logins = 20'000;

  static std::string cached(const std::string& name) { return "session/" + name; }

  std::optional<metrc_session> still_open(const std::optional<std::string>& id) const {
    return id ? metrc_->find_session(*id) : std::nullopt;
  }

  std::shared_ptr<login_state> login_of(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    if (logins_.size() >= most_logins) {
      std::erase_if(logins_, [](const auto& item) { return item.second.use_count() == 1; });
    }
    auto& login = logins_[name];
    if (!login) login = std::make_shared<login_state>();
    return login;
  }

  std::optional<kept_session> refused_before(const login_state& login) const {
    if (!login.refusal) return std::nullopt;
    if (login.not_before == (steady_time::max)()) return kept_session{.refusal = *login.refusal};
    const auto wait = login.not_before - clock_->now();
    if (wait <= wait.zero()) return std::nullopt;
    return kept_session{.refusal = *login.refusal,
                        .retry_after = std::chrono::ceil<std::chrono::seconds>(wait)};
  }

  /// Metrc accepts no one-time password twice, and the present one may have been used by the user or by an
  /// earlier login. The next one is accepted a little early, so it is tried too; when both are used, only
  /// time helps.
  kept_session log_in(const std::string& name, login_state& login, const stored_credentials& credentials) {
    metrc_login form{.hostname = credentials.hostname,
                     .username = credentials.username,
                     .password = credentials.password,
                     .email = credentials.email};
    auto key = detail::base32_decode(credentials.otp_seed.reveal());
    const bool has_seed = key && !key->empty();
    const wall_time now = clock_->wall_now();
    metrc_answer answer;
    for (const std::int64_t ahead : {0, 1}) {
      if (has_seed) form.otp = totp_code(*key, totp_step(now) + ahead);
      answer = metrc_->login(form);
      if (answer.session || !has_seed || answer.refusal != metrc_refusal::otp_used) break;
    }
    if (key) detail::wipe(*key);
    if (answer.session) {
      cache_->put(cached(name), answer.session->id, longest_session);
      login.refusal.reset();
      return {.session = std::move(answer.session)};
    }
    login.refusal = answer.refusal;
    const auto pause = pause_after(answer.refusal, now);
    login.not_before = pause ? clock_->now() + *pause : (steady_time::max)();
    return {.refusal = answer.refusal, .retry_after = pause.value_or(std::chrono::seconds(0))};
  }

  /// Nothing when it is no use to try again.
  static std::optional<std::chrono::seconds> pause_after(metrc_refusal refusal, wall_time now) {
    switch (refusal) {
      case metrc_refusal::otp_used: {
        const wall_time next_period{totp_period * (totp_step(now) + 1)};
        return std::chrono::floor<std::chrono::seconds>(next_period - now) + std::chrono::seconds(1);
      }
      case metrc_refusal::locked: return std::chrono::seconds(60);
      case metrc_refusal::unavailable: return std::chrono::seconds(5);
      default: return std::nullopt;
    }
  }

  const std::shared_ptr<Metrc> metrc_;
  const std::shared_ptr<t3api::clock> clock_;
  const std::shared_ptr<session_cache> cache_;
  const secret naming_key_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<login_state>> logins_;
};

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

/// What a service stands on, and may share with others that are to behave as one service with it. What is
/// left out is made for this service alone, and ends with it.
struct backing {
  std::shared_ptr<key_database> keys{};
  std::shared_ptr<key_ring_source> ring{};
  std::optional<any_store> sessions{};
};

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

 private:
  struct complete_tag {};

  static backing complete(backing on) {
    if (!on.keys) on.keys = std::make_shared<memory_key_database>();
    if (!on.ring) on.ring = std::make_shared<fixed_key_ring>(make_key_ring());
    return on;
  }

  context(sandbox::settings settings_, const directory& known, std::shared_ptr<Metrc> metrc_,
          std::shared_ptr<t3api::clock> clock_, const backing& on, complete_tag)
      : settings(std::move(settings_)),
        clock(std::move(clock_)),
        metrc(std::move(metrc_)),
        signing_key(on.ring->ring()->derived("signatures of tokens")),
        cache(std::make_shared<session_cache>(clock, on.sessions)),
        sessions(metrc, clock, cache, on.ring->ring()->derived("names of logins")),
        secret_keys(on.keys, on.ring),
        api_keys(known) {}
};

}  // namespace t3api::sandbox

#endif
#ifndef T3API_SANDBOX_METRC_SIMULATED_HPP
#define T3API_SANDBOX_METRC_SIMULATED_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef T3API_SANDBOX_METRC_SESSION_TABLE_HPP
#define T3API_SANDBOX_METRC_SESSION_TABLE_HPP

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>


namespace t3api::sandbox {

/// The sessions of the simulated Metrc, all of which live equally long. Any number of threads may share it.
class session_table {
 public:
  /// More sessions than `capacity` end the oldest, so that endless logins cannot exhaust memory.
  explicit session_table(std::chrono::seconds ttl, std::size_t capacity = 100'000)
      : ttl_(ttl), capacity_(capacity) {}

  metrc_session open(std::shared_ptr<const metrc_user> user, steady_time now) {
    metrc_session session{.id = detail::make_uuid(), .user = std::move(user)};
    const std::scoped_lock lock(mutex_);
    while (!by_age_.empty() && (by_age_.front().ends <= now || by_age_.size() >= capacity_)) {
      sessions_.erase(by_age_.front().id);
      by_age_.pop_front();
    }
    by_age_.push_back({session.id, now + ttl_});
    sessions_.emplace(session.id, entry{session.user, now + ttl_});
    return session;
  }

  std::optional<metrc_session> find(std::string_view id, steady_time now) const {
    std::string key(id);
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(key);
    if (found == sessions_.end() || found->second.ends <= now) return std::nullopt;
    return metrc_session{.id = std::move(key), .user = found->second.user};
  }

  /// Ends the sessions whose user `chosen` picks.
  void end_if(const std::function<bool(const metrc_user&)>& chosen) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(sessions_, [&](const auto& item) { return chosen(*item.second.user); });
    std::erase_if(by_age_, [&](const age& a) { return !sessions_.contains(a.id); });
  }

 private:
  struct entry {
    std::shared_ptr<const metrc_user> user;
    steady_time ends;
  };
  struct age {
    std::string id;
    steady_time ends;
  };

  std::chrono::seconds ttl_;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, entry> sessions_;
  std::deque<age> by_age_;
};

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

/// A Metrc that lives in memory: knows its accounts, checks logins, keeps sessions. Any number of threads may
/// share it. Passwords are kept as keyed hashes only.
class simulated_metrc {
 public:
  /// Throws std::invalid_argument when an OTP seed is no Base32 or an account is there twice.
  simulated_metrc(const std::vector<account>& accounts, std::chrono::seconds session_ttl,
                  std::shared_ptr<t3api::clock> clock)
      : clock_(std::move(clock)), sessions_(session_ttl) {
    for (const auto& a : accounts) add(a);
  }

  /// Opens a session when everything is right. Unknown users and wrong passwords get the same answer for the
  /// same work; the one-time password is looked at last, so a wrong password never uses one up.
  metrc_answer login(const metrc_login& form) {
    ++attempts_;
    const std::string password = hash(form.password.reveal());
    const std::string email = hash(detail::to_lower(form.email));
    const std::shared_lock lock(mutex_);
    const auto found = users_.find({form.hostname, form.username});
    const user& claimed = found == users_.end() ? nobody_ : found->second;
    const bool password_right = detail::constant_time_equal(password, claimed.password);
    const bool email_right = detail::constant_time_equal(email, claimed.email);
    if (found == users_.end() || !password_right || (claimed.needs_email && !email_right)) return {};
    if (claimed.otp) {
      const auto verdict = claimed.otp->check(form.otp, clock_->wall_now());
      if (verdict == otp_verdict::wrong) return {.refusal = metrc_refusal::otp_wrong};
      if (verdict == otp_verdict::used) return {.refusal = metrc_refusal::otp_used};
    }
    ++logins_;
    return {.session = sessions_.open(claimed.profile, clock_->now())};
  }

  /// The session with that id, unless it has ended.
  std::optional<metrc_session> find_session(std::string_view id) const {
    return sessions_.find(id, clock_->now());
  }

  /// Each of the three changes one thing that a login needs, ends the account's sessions as Metrc does, and
  /// tells whether there is such an account. An empty e-mail address or seed means that the account needs
  /// none.
  bool change_password(std::string_view hostname, std::string_view username, const secret& password) {
    return change(hostname, username, [&](user& u) { u.password = hash(password.reveal()); });
  }
  bool change_email(std::string_view hostname, std::string_view username, std::string_view email) {
    return change(hostname, username, [&](user& u) { set_email(u, email); });
  }
  /// Throws std::invalid_argument when the seed is no Base32.
  bool change_otp_seed(std::string_view hostname, std::string_view username, const secret& seed) {
    return change(hostname, username, [&](user& u) { u.otp = verifier(seed); });
  }

  /// Ends every session, as a Metrc does when it restarts.
  void end_sessions() {
    sessions_.end_if([](const metrc_user&) { return true; });
  }
  /// Ends the sessions of one account.
  void end_sessions(std::string_view hostname, std::string_view username) {
    const std::string host = canonical_hostname(hostname);
    sessions_.end_if([&](const metrc_user& u) { return u.hostname == host && u.username == username; });
  }

  /// How many logins opened a session so far.
  std::uint64_t logins() const noexcept { return logins_; }
  /// How many logins were tried so far.
  std::uint64_t attempts() const noexcept { return attempts_; }

 private:
  struct user {
    std::string password;
    std::string email;
    bool needs_email = false;
    std::unique_ptr<otp_verifier> otp;
    std::shared_ptr<const metrc_user> profile;
  };

  void add(const account& a) {
    const std::string host = canonical_hostname(a.hostname);
    user added;
    added.password = hash(a.password.reveal());
    set_email(added, a.email);
    added.otp = verifier(a.otp_seed);
    added.profile = std::make_shared<metrc_user>(metrc_user{host, a.username, a.licenses});
    if (!users_.emplace(std::pair(host, a.username), std::move(added)).second) {
      throw std::invalid_argument("the account '" + a.username + "' on " + host +
                                  " is there twice: leave one out");
    }
  }

  template <class Change>
  bool change(std::string_view hostname, std::string_view username, Change apply) {
    const std::scoped_lock lock(mutex_);
    const auto found = users_.find({canonical_hostname(hostname), std::string(username)});
    if (found == users_.end()) return false;
    apply(found->second);
    end_sessions(hostname, username);
    return true;
  }

  void set_email(user& u, std::string_view email) const {
    u.needs_email = !email.empty();
    u.email = hash(detail::to_lower(email));
  }

  static std::unique_ptr<otp_verifier> verifier(const secret& seed) {
    if (seed.empty()) return nullptr;
    auto key = detail::base32_decode(seed.reveal());
    if (!key)
      throw std::invalid_argument(
          "an account's OTP seed is not Base32: give letters A to Z and digits 2 to 7");
    auto made = std::make_unique<otp_verifier>(*key);
    detail::wipe(*key);
    return made;
  }

  std::string hash(std::string_view text) const { return detail::hmac_sha256(hash_key_, text); }

  std::shared_ptr<t3api::clock> clock_;
  std::string hash_key_ = detail::random_bytes(32);
  user nobody_{
      .password = detail::random_bytes(32), .email = detail::random_bytes(32), .otp = {}, .profile = {}};
  mutable std::shared_mutex mutex_;
  std::map<std::pair<std::string, std::string>, user> users_;
  session_table sessions_;
  std::atomic<std::uint64_t> attempts_{0};
  std::atomic<std::uint64_t> logins_{0};
};

static_assert(metrc_upstream<simulated_metrc>, "the simulated Metrc has all that the service asks of one");

}  // namespace t3api::sandbox

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


namespace t3api::sandbox {

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

}  // namespace t3api::sandbox

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

namespace t3api::sandbox {

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

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox {

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
  const auto id = shared.cache->near("token/" + string_member(*claims, "sid").value_or(""));
  const auto known = id ? id : shared.cache->shared("token/" + string_member(*claims, "sid").value_or(""));
  auto session = known ? shared.metrc->find_session(*known) : std::nullopt;
  if (!session) {
    throw unauthorized("the Metrc session behind the bearer token has ended: exchange the credentials again");
  }
  claims->erase("sid");
  return {.session = *std::move(session), .claims = *std::move(claims)};
}

/// Who presents a secret key, after a new Metrc login when the last session has ended. Throws `refusal`.
template <metrc_upstream Metrc>
identity secret_key_identity(context<Metrc>& shared, const key_record& key) {
  const auto no_longer_accepted = [] {
    return unauthorized(
        "Metrc no longer accepts the credentials behind the secret key, as when a password was changed: make "
        "a new key");
  };
  if (!key.is_enabled) throw no_longer_accepted();
  auto kept = shared.sessions.session(key.login, [&] { return shared.secret_keys.credentials(key); });
  if (!kept.session && kept.retry_after.count() == 0) {
    shared.secret_keys.disable(key);
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
    admit(secret_key_identity(shared, *key));
    keys.push_back(*std::move(key));
  }
  if (!who) {
    throw unauthorized(
        "the request is not authenticated: send Authorization: Bearer <token>, or X-T3-API-Key: <secret "
        "key>");
  }
  for (const auto& key : keys) shared.secret_keys.used(key, c.now);
  return *std::move(who);
}

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox::routes {

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
response token_answer(context<Metrc>& shared, const call& c, std::string_view auth_mode,
                      const metrc_session& session) {
  const auto ttl = shared.settings.jwt_ttl;
  const std::string name = detail::make_uuid();
  shared.cache->put("token/" + name, session.id, ttl + std::chrono::minutes(1));
  const auto claims = token_claims(auth_mode, session, name, c.now, ttl);
  return json_answer(
      200, {{"accessToken", sign_jwt(claims, shared.signing_key.reveal())}, {"expiresIn", ttl.count()}});
}

/// `POST /v2/auth/credentials`: a Metrc login for a token.
template <metrc_upstream Metrc>
response post_credentials(context<Metrc>& shared, const call& c) {
  const auto body = body_object(c);
  const auto answer = shared.metrc->login({.hostname = hostname_member(body),
                                           .username = required_text(body, "username"),
                                           .password = required_text(body, "password"),
                                           .otp = optional_text(body, "otp"),
                                           .email = optional_text(body, "email")});
  if (!answer.session && answer.refusal == metrc_refusal::unavailable) throw metrc_unavailable();
  if (!answer.session) throw login_refused();
  return token_answer(shared, c, "CREDENTIALS", *answer.session);
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
  const auto* credentials = shared.api_keys.find(key, *where);
  if (!credentials)
    throw unauthorized("the API key is not known for this state: check the key and the state code");
  const auto kept =
      shared.sessions.session(shared.sessions.name_of(*credentials), [&] { return *credentials; });
  if (!kept.session && kept.retry_after.count() == 0)
    throw unauthorized("Metrc no longer accepts the credentials behind the API key: ask T3 for a new one");
  if (!kept.session) throw login_must_wait(kept);
  return token_answer(shared, c, "API_KEY", *kept.session);
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
  const auto login = shared.sessions.name_of(credentials);
  const auto kept = shared.sessions.fresh_session(login, credentials);
  if (!kept.session && kept.retry_after.count() == 0) throw login_refused();
  if (!kept.session) throw login_must_wait(kept);
  const secret key = shared.secret_keys.make(credentials, login, c.now);
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

}  // namespace t3api::sandbox::routes

#endif
#ifndef T3API_SANDBOX_ROUTES_LICENSES_HPP
#define T3API_SANDBOX_ROUTES_LICENSES_HPP

#include <nlohmann/json.hpp>


namespace t3api::sandbox::routes {

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

}  // namespace t3api::sandbox::routes

#endif
#ifndef T3API_SANDBOX_ROUTES_PACKAGES_HPP
#define T3API_SANDBOX_ROUTES_PACKAGES_HPP

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#ifndef T3API_SANDBOX_DATA_PACKAGES_HPP
#define T3API_SANDBOX_DATA_PACKAGES_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>


namespace t3api::sandbox {

namespace packages_detail {

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

struct product {
  std::string_view name, category, quantity_type, unit, unit_short, strain;
};

inline constexpr std::array<product, 6> products = {{
    {"Blue Dream Flower", "Flower", "WeightBased", "Grams", "g", "Blue Dream"},
    {"OG Kush Shake", "Shake/Trim", "WeightBased", "Grams", "g", "OG Kush"},
    {"Sour Diesel Pre-Roll 1 g", "Pre-Roll Flower", "CountBased", "Each", "ea", "Sour Diesel"},
    {"Gelato Live Resin 0.5 g", "Extract (weight - each)", "CountBased", "Each", "ea", "Gelato"},
    {"Sleepy Gummies 10 mg", "Edible (weight - each)", "CountBased", "Each", "ea", ""},
    {"Granddaddy Purple Vape 1 g", "Vape Cartridge (weight - each)", "CountBased", "Each", "ea",
     "Granddaddy Purple"},
}};

inline std::string padded(std::uint64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

}  // namespace packages_detail

/// Where a generated package stands.
struct package_place {
  std::uint64_t seed;  ///< Of the sandbox's settings.
  std::string_view hostname;
  std::string_view license;
  std::uint64_t index;  ///< From 0.
};

/// The active package at that place: always the same but for `retrievedAt`, with nothing stored for it.
inline nlohmann::json make_package(const package_place& place, wall_time now) {
  using namespace packages_detail;
  const std::uint64_t owner =
      scramble(place.seed ^ scramble(text_number(place.hostname)) ^ scramble(text_number(place.license) + 1));
  const auto draw = [&](std::uint64_t purpose, std::uint64_t below) {
    return scramble(owner ^ scramble(place.index * 16 + purpose)) % below;
  };
  constexpr std::array<std::string_view, 4> tests = {"TestPassed", "NotSubmitted", "SubmittedForTesting",
                                                     "TestFailed"};
  constexpr std::array<std::string_view, 3> rooms = {"Vault", "Packing Room", "Sales Floor"};

  const auto& made_of = products[draw(0, products.size())];
  const std::uint64_t product_number = draw(1, 40) + 1;
  const bool by_weight = made_of.quantity_type == "WeightBased";
  const auto hundredths = static_cast<double>(by_weight ? draw(2, 500'000) + 1 : (draw(2, 400) + 1) * 100);
  const wall_time packaged =
      std::chrono::sys_days(std::chrono::year(2024) / 1 / 1) + std::chrono::minutes(draw(3, 525'600));
  const std::string tag = "1A4" + padded(owner % 1'000'000'000, 9);
  nlohmann::json sources = nlohmann::json::array();
  sources.push_back(tag + padded(900'000'000'000 + place.index / 4, 12));
  return {{"id", owner % 1'000'000 * 1'000'000'000 + place.index + 1},
          {"hostname", place.hostname},
          {"dataModel", "ACTIVE_PACKAGE"},
          {"retrievedAt", iso_time(now)},
          {"licenseNumber", place.license},
          {"label", tag + padded(place.index + 1, 12)},
          {"item",
           {{"id", owner % 1'000'000 * 1000 + product_number},
            {"name", std::string(made_of.name) + " #" + std::to_string(product_number)},
            {"productCategoryName", made_of.category},
            {"quantityTypeName", made_of.quantity_type},
            {"unitOfMeasureName", made_of.unit},
            {"strainName", made_of.strain.empty() ? nlohmann::json() : nlohmann::json(made_of.strain)}}},
          {"quantity", hundredths / 100},
          {"unitOfMeasureAbbreviation", made_of.unit_short},
          {"packagedDate", iso_time(packaged).substr(0, 10)},
          {"labTestingStateName", tests[draw(4, 10) < 7 ? 0 : draw(5, tests.size())]},
          {"locationName", rooms[draw(6, rooms.size())]},
          {"isOnHold", draw(7, 20) == 0},
          {"isFinished", false},
          {"isArchived", false},
          {"lastModified", iso_time(packaged + std::chrono::minutes(draw(8, 43'200)))},
          {"note", draw(9, 8) == 0 ? "Made by the sandbox" : ""},
          {"sourcePackageLabels", std::move(sources)}};
}

}  // namespace t3api::sandbox

#endif

namespace t3api::sandbox::routes {

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

/// Refuses the parameters of T3 that would change the answer and that the sandbox does not have: a wrong
/// answer would be worse than none.
inline void refuse_unsupported(const call& c) {
  for (const std::string_view name : {"sort", "filter", "filterLogic"}) {
    const bool given =
        std::any_of(c.query.begin(), c.query.end(), [&](const auto& p) { return p.first == name; });
    if (given)
      throw refusal(
          501, "the sandbox does not have the query parameter '" + std::string(name) + "': leave it out");
  }
}

/// `GET /v2/packages/active`: one page of a licence's packages.
template <metrc_upstream Metrc>
response get_active_packages(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  const auto license = license_parameter(c, *who.session.user);
  refuse_unsupported(c);
  const std::uint64_t page = query_number(c, "page", 1, 1, (std::numeric_limits<std::int64_t>::max)());
  const std::uint64_t page_size = query_number(c, "pageSize", 100, 1, 500);
  const std::uint64_t total = shared.settings.packages;
  const std::uint64_t pages = total / page_size + (total % page_size != 0 ? 1 : 0);
  const bool past_the_end = page > (std::max<std::uint64_t>)(pages, 1);
  if (past_the_end && query_flag(c, "strictPagination")) {
    throw refusal(
        400, "the page " + std::to_string(page) + " is past the last one, which is " + std::to_string(pages));
  }

  auto data = nlohmann::json::array();
  if (!past_the_end) {
    const std::uint64_t first = (page - 1) * page_size;
    for (std::uint64_t index = first; index < (std::min)(first + page_size, total); ++index) {
      data.push_back(make_package({.seed = shared.settings.seed,
                                   .hostname = who.session.user->hostname,
                                   .license = license,
                                   .index = index},
                                  c.now));
    }
  }
  return json_answer(200, {{"data", std::move(data)},
                           {"page", page},
                           {"pageSize", page_size},
                           {"totalPages", pages},
                           {"total", total}});
}

}  // namespace t3api::sandbox::routes

#endif

namespace t3api::sandbox {

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
  /// `X-Request-Id`, `Cache-Control: no-store` and a JSON body.
  response handle(const request& asked, const caller& from = {}) { return serve(asked, from).answer; }

  /// The same, and what is to happen to the answer on its way: this is what an `http_server` serves.
  served serve(const request& asked, const caller& from) {
    const wall_time now = shared_.clock->wall_now();
    response answer;
    try {
      answer = dispatch(take_apart(asked, from, now));
    } catch (const refusal& why) {
      answer = error_answer(why, asked.path, now);
    } catch (const database_error& failure) {
      answer = error_answer({503, failure.what()}, asked.path, now);
    } catch (const vault_error& failure) {
      answer = error_answer({500, failure.what()}, asked.path, now);
    } catch (const std::exception&) {
      answer = error_answer(
          {500, "the sandbox failed to answer: this is a fault of the sandbox, please report it"}, asked.path,
          now);
    }
    answer.headers.set("Date", http_date(now));
    answer.headers.set("X-Request-Id", detail::make_uuid());
    return {.answer = std::move(answer)};
  }

  /// The Metrc behind it.
  Metrc& metrc() noexcept { return *shared_.metrc; }

 private:
  struct route {
    t3api::method method;
    std::string_view path;  ///< A star at its end stands for one part that is not empty.
    response (*run)(context<Metrc>&, const call&);

    bool matches(std::string_view asked) const noexcept {
      if (!path.ends_with('*')) return asked == path;
      const auto start = path.substr(0, path.size() - 1);
      return asked.size() > start.size() && asked.starts_with(start) &&
             asked.find('/', start.size()) == asked.npos;
    }
  };

  static constexpr std::array<route, 9> table = {{
      {t3api::method::post, "/v2/auth/credentials", &routes::post_credentials<Metrc>},
      {t3api::method::post, "/v2/auth/apikey", &routes::post_apikey<Metrc>},
      {t3api::method::post, "/v2/auth/secretkey", &routes::post_secretkey<Metrc>},
      {t3api::method::get, "/v2/auth/secretkey", &routes::get_secretkeys<Metrc>},
      {t3api::method::delete_, "/v2/auth/secretkey/*", &routes::delete_secretkey<Metrc>},
      {t3api::method::get, "/v2/auth/whoami", &routes::get_whoami<Metrc>},
      {t3api::method::get, "/v2/licenses", &routes::get_licenses<Metrc>},
      {t3api::method::get, "/v2/states", &routes::get_states<Metrc>},
      {t3api::method::get, "/v2/packages/active", &routes::get_active_packages<Metrc>},
  }};

  static call take_apart(const request& asked, const caller& from, wall_time now) {
    request target{.method = asked.method, .path = asked.path, .query = asked.query};
    if (const auto wrong = normalise(target)) throw refusal(400, wrong->message);
    if (asked.body.size() > max_body_bytes) {
      throw refusal(413, "the body is larger than " + std::to_string(max_body_bytes >> 20U) + " MiB");
    }
    return {.method = target.method,
            .path = std::move(target.path),
            .query = std::move(target.query),
            .headers = asked.headers,
            .body = asked.body,
            .now = now,
            .address = from.address};
  }

  response dispatch(const call& c) {
    std::string allowed;
    for (const auto& r : table) {
      if (!r.matches(c.path)) continue;
      if (r.method == c.method) return r.run(shared_, c);
      allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(r.method));
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
      : basic_service(settings, known,
                      std::make_shared<simulated_metrc>(known.accounts, settings.session_ttl, clock), clock,
                      std::move(on)) {}
};

}  // namespace t3api::sandbox

#endif

#endif
