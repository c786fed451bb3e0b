#ifndef T3API_HTTP1_CHUNKED_READER_HPP
#define T3API_HTTP1_CHUNKED_READER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <t3api/http1/fields.hpp>
#include <t3api/http1/line_reader.hpp>

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
