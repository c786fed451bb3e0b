#ifndef T3API_LOGGING_IMPL_SINKS_HPP
#define T3API_LOGGING_IMPL_SINKS_HPP

#include <algorithm>
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

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/core/logging_hooks.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/printable.hpp>
#include <t3api/logging/sinks.hpp>
#include <t3api/native/private_file.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// `12.3 ms`, whatever the locale.
inline std::string milliseconds_text(std::chrono::microseconds time) {
  const auto tenths = (std::max)(time.count(), std::chrono::microseconds::rep{0}) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

/// One line for a log, with its line break; what is foreign in it cannot make a second one.
class log_line {
 public:
  static std::string of(wall_time now, const request_event& event) {
    return start(now, event) + "-> " + std::string(to_string(event.method)) + " " + shown(event.url) +
           " (attempt " + std::to_string(event.attempt) + ")" + content(event);
  }

  static std::string of(wall_time now, const response_event& event) {
    const std::string status = event.status == 0 ? "no answer" : std::to_string(event.status);
    return start(now, event) + "<- " + status + " in " + milliseconds_text(event.elapsed) +
           (event.problem.empty() ? "" : ": " + shown(event.problem)) + content(event);
  }

  static std::string of(wall_time now, const retry_event& event) {
    return start(now, event) + "retry in " + std::to_string(event.pause.count()) +
           " ms: " + shown(event.reason) + "\n";
  }

  static std::string of(wall_time now, const renewal_event& event) {
    const std::string line = start(now, event) + "token ";
    const std::string time = " in " + milliseconds_text(event.elapsed);
    if (!event.problem.empty()) {
      const char* what = event.generation == 0 ? "not obtained" : "not renewed";
      return line + what + time + ": " + shown(event.problem) + "\n";
    }
    const char* what = event.shared ? "found in the store" : event.generation <= 1 ? "obtained" : "renewed";
    return line + what + " (generation " + std::to_string(event.generation) + ")" + time + "\n";
  }

  static std::string of(wall_time now, std::string_view notice) {
    return iso_time(now) + " -- " + shown(notice) + "\n";
  }

 private:
  static std::string shown(std::string_view text, std::size_t longest = 2100) {
    return one_line(text, longest);
  }

  template <class Event>
  static std::string start(wall_time now, const Event& event) {
    return iso_time(now) + " " + shown(event.request_id, 64) + (event.request_id.empty() ? "" : " ");
  }

  /// `, 12 bytes [Accept: text/csv; Cookie: ***] body: {}`.
  template <class Event>
  static std::string content(const Event& event) {
    constexpr std::size_t longest = 4000;
    std::string text, list;
    if (event.body_bytes > 0) text = ", " + std::to_string(event.body_bytes) + " bytes";
    for (const auto& [name, value] : event.headers) {
      if (list.size() > longest) break;
      list += (list.empty() ? "" : "; ") + name + ": " + value;
    }
    if (!list.empty()) text += " [" + shown(list, longest) + "]";
    if (!event.body.empty()) text += " body: " + shown(event.body);
    return text + "\n";
  }
};

T3API_INLINE logging_hooks line_hooks(std::function<void(const std::string&)> write,
                                      const log_options& options) {
  struct sink {
    std::function<void(const std::string&)> write{};
    std::mutex mutex{};
  };
  const auto out = std::make_shared<sink>();
  out->write = std::move(write);
  const auto put = [out](const auto& event) noexcept {
    try {
      const auto line = log_line::of(std::chrono::system_clock::now(), event);
      const std::scoped_lock lock(out->mutex);
      out->write(line);
    } catch (...) {  // A log that cannot be written must not break a call.
    }
  };
  return {.on_request = put,
          .on_response = put,
          .on_retry = put,
          .on_renewal = put,
          .on_notice = put,
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
