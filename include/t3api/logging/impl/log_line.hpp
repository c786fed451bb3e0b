#ifndef T3API_LOGGING_IMPL_LOG_LINE_HPP
#define T3API_LOGGING_IMPL_LOG_LINE_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/core/logging_hooks.hpp>
#include <t3api/detail/printable.hpp>

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
