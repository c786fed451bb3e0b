#include "access_log.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <unistd.h>

#include <t3api/core/iso_time.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/uuid.hpp>

namespace {

constexpr std::size_t longest_path = 200;
/// With the slash before it. No route has a longer part that is not an id; a secret key and a token are
/// longer.
constexpr std::size_t longest_name = 31;

/// Without what begins where a query could.
std::string_view before_query(std::string_view path) {
  std::size_t end = (std::min)(path.find_first_of("?&;="), path.size());
  for (auto at = path.find('%'); at < end; at = path.find('%', at + 1)) {
    if (t3api::detail::iequals(path.substr(at, 3), "%3f")) end = at;
  }
  return path.substr(0, end);
}

void append_escaped(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (c > ' ' && c <= '~' && c != '\\') {
      to += c;
    } else {
      to += "\\x";
      t3api::detail::append_hex(to, static_cast<unsigned char>(c));
    }
  }
}

std::string line_start(std::string_view address, std::chrono::system_clock::time_point now) {
  std::string line;
  line.reserve(256);
  line += t3api::iso_time(now);
  line += ' ';
  append_escaped(line, address.empty() ? "-" : address);
  line += ' ';
  return line;
}

}  // namespace

std::string logged_path(std::string_view path, int status) {
  const std::string_view shown = before_query(path).substr(0, longest_path);
  std::string text;
  std::size_t start = 0;
  while (start < shown.size()) {
    const std::size_t end = (std::min)(shown.find('/', start + 1), shown.size());
    const bool may_be_secret = end - start > longest_name && status / 100 != 2;
    if (may_be_secret) {
      text += "/...";
    } else {
      append_escaped(text, shown.substr(start, end - start));
    }
    start = end;
  }
  if (shown.size() < path.size()) text += "...";
  return text.empty() ? "-" : text;
}

std::string access_line(const t3api::request& asked, const t3api::response& answer, std::string_view address,
                        std::chrono::system_clock::time_point now, std::chrono::nanoseconds took) {
  std::string line = line_start(address, now);
  line += to_string(asked.method);
  line += ' ';
  line += logged_path(asked.path, answer.status);
  std::array<char, 64> numbers{};
  std::snprintf(numbers.data(), numbers.size(), " %d %.1f ms ", answer.status,
                std::chrono::duration<double, std::milli>(took).count());
  line += numbers.data();
  append_escaped(line, answer.headers.get("X-Request-Id").value_or("-"));
  line += '\n';
  return line;
}

std::string refused_line(std::string_view address, int status, std::chrono::system_clock::time_point now) {
  return line_start(address, now) + "- - " + std::to_string(status) + " - -\n";
}

void write_access_line(std::string_view line) noexcept {
  // One write each: lines of several threads do not mix in a pipe up to PIPE_BUF bytes, which a line never
  // has.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}
