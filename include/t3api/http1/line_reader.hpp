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
