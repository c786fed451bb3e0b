#ifndef T3API_LOGGING_SINKS_HPP
#define T3API_LOGGING_SINKS_HPP

#include <chrono>
#include <memory>
#include <mutex>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/logging_hooks.hpp>
#include <t3api/logging/log_line.hpp>
#include <t3api/native/private_file.hpp>

namespace t3api::inline v0_1_0 {

/// What a log shows beside one line for each request and answer.
struct log_options {
  bool headers = false;  ///< Headers too; values that could be secret are `***`.
  bool body = false;     ///< The beginning of JSON bodies too; members that could be secret are `***`.
};

namespace detail {

/// Gives each event to `write` as a line, one at a time. What `write` throws is dropped.
template <class Write>
class line_sink {
 public:
  explicit line_sink(Write write) : write_(std::move(write)) {}

  template <class Event>
  void put(const Event& event) noexcept {
    try {
      const auto line = log_line::of(std::chrono::system_clock::now(), event);
      const std::scoped_lock lock(mutex_);
      write_(line);
    } catch (...) {  // A log that cannot be written must not break a call.
    }
  }

 private:
  Write write_;
  std::mutex mutex_;
};

template <class Write>
logging_hooks line_hooks(Write write, const log_options& options) {
  const auto sink = std::make_shared<line_sink<Write>>(std::move(write));
  return {.on_request = [sink](const request_event& event) { sink->put(event); },
          .on_response = [sink](const response_event& event) { sink->put(event); },
          .on_retry = [sink](const retry_event& event) { sink->put(event); },
          .on_renewal = [sink](const renewal_event& event) { sink->put(event); },
          .on_notice = [sink](std::string_view notice) { sink->put(notice); },
          .with_headers = options.headers,
          .with_body = options.body};
}

}  // namespace detail

/// Writes a line to `out` for each event, flushed at once. The stream must outlive all clients that have the
/// hooks, and must not be used elsewhere meanwhile; a failing stream loses lines, never calls.
inline logging_hooks log_to(std::ostream& out, log_options options = {}) {
  const auto write = [&out](const std::string& line) {
    out.write(line.data(), static_cast<std::streamsize>(line.size()));
    out.flush();
  };
  return detail::line_hooks(write, options);
}

/// Appends a line to a file for each event. The file is opened now, and made with mode 0600 when there is
/// none. Throws std::runtime_error, which names the path and the reason, when that fails, or when the file is
/// a symbolic link, not the user's own, or open to anyone else. A full disk loses lines, never calls.
inline logging_hooks log_to_file(const std::string& path, log_options options = {}) {
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
