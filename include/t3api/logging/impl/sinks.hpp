#ifndef T3API_LOGGING_IMPL_SINKS_HPP
#define T3API_LOGGING_IMPL_SINKS_HPP

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

#include <t3api/core/logging_hooks.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/printable.hpp>
#include <t3api/logging/impl/log_line.hpp>
#include <t3api/logging/sinks.hpp>
#include <t3api/native/private_file.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

class line_sink {
 public:
  explicit line_sink(std::function<void(const std::string&)> write) : write_(std::move(write)) {}

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
  const std::function<void(const std::string&)> write_;
  std::mutex mutex_;
};

T3API_INLINE logging_hooks line_hooks(std::function<void(const std::string&)> write,
                                      const log_options& options) {
  const auto sink = std::make_shared<line_sink>(std::move(write));
  return {.on_request = [sink](const request_event& event) { sink->put(event); },
          .on_response = [sink](const response_event& event) { sink->put(event); },
          .on_retry = [sink](const retry_event& event) { sink->put(event); },
          .on_renewal = [sink](const renewal_event& event) { sink->put(event); },
          .on_notice = [sink](std::string_view notice) { sink->put(notice); },
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
