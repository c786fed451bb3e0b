#ifndef T3API_SANDBOX_HTTP_CHUNKED_DECODER_HPP
#define T3API_SANDBOX_HTTP_CHUNKED_DECODER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Reads a body in the transfer coding "chunked" (RFC 9112 section 7.1), piece by piece and to the letter:
/// sizes are hexadecimal digits and nothing else, lines end in CRLF. Extensions, of 64 KiB in all at most,
/// and trailers are dropped.
class chunked_decoder {
 public:
  /// Takes from the front of `wire` what belongs to the body, and appends what it stands for to `body`.
  /// Throws `refusal` when the coding is broken or `body` would grow above `most_bytes`.
  void take(std::string_view& wire, std::string& body, std::size_t most_bytes) {
    while (!wire.empty() && where_ != place::done) {
      if (where_ != place::data) {
        take_line(wire, body.size(), most_bytes);
        continue;
      }
      const auto count = static_cast<std::size_t>((std::min<std::uint64_t>)(left_, wire.size()));
      body.append(wire.substr(0, count));
      wire.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) where_ = place::after_data;
    }
  }

  bool done() const noexcept { return where_ == place::done; }

 private:
  enum class place { size, data, after_data, trailer, done };
  static constexpr std::size_t longest_line = 1024;
  static constexpr std::size_t most_extension_bytes = 64 * 1024;
  static constexpr std::size_t most_trailers = 16;

  [[noreturn]] static void broken() {
    throw refusal(400, "the body is not in the coding that the header Transfer-Encoding names");
  }

  void take_line(std::string_view& wire, std::size_t body_size, std::size_t most_bytes) {
    const auto end = wire.find('\n');
    const auto count = end == wire.npos ? wire.size() : end + 1;
    if (line_.size() + count > longest_line) broken();
    line_.append(wire.substr(0, count));
    wire.remove_prefix(count);
    if (end == wire.npos) return;
    if (!line_.ends_with("\r\n")) broken();
    line_.resize(line_.size() - 2);
    if (detail::has_control(line_)) broken();
    if (where_ == place::size) {
      left_ = size_in(line_);
      if (left_ > most_bytes - body_size) {
        throw refusal(413, "the body is larger than " + std::to_string(most_bytes) + " bytes");
      }
      where_ = left_ > 0 ? place::data : place::trailer;
    } else if (where_ == place::after_data) {
      if (!line_.empty()) broken();
      where_ = place::size;
    } else if (line_.empty()) {
      where_ = place::done;
    } else if (++trailers_ > most_trailers) {
      broken();
    }
    line_.clear();
  }

  std::uint64_t size_in(std::string_view line) {
    const auto digits = line.substr(0, line.find_first_of("; "));
    if (digits.empty() || digits.size() > 15) broken();
    line.remove_prefix(digits.size());
    if (!line.empty() && (line.find_first_not_of(' ') == line.npos || detail::trim(line).front() != ';')) {
      broken();
    }
    extension_bytes_ += line.size();
    if (extension_bytes_ > most_extension_bytes) broken();
    std::uint64_t size = 0;
    for (const char c : digits) {
      const char lower = detail::ascii_lower(c);
      if (!detail::ascii_digit(c) && (lower < 'a' || lower > 'f')) broken();
      size = size * 16 + static_cast<std::uint64_t>(detail::ascii_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    return size;
  }

  place where_ = place::size;
  std::uint64_t left_ = 0;
  std::size_t trailers_ = 0;
  std::size_t extension_bytes_ = 0;
  std::string line_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
