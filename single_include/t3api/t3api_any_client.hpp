// t3api 0.1.0: <t3api/any_client.hpp> and all it includes, in one file. Made by tools/amalgamate; change the parts.
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
//   t3api/any_client.hpp
//   t3api/version.hpp
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
