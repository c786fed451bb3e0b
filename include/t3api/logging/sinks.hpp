#ifndef T3API_LOGGING_SINKS_HPP
#define T3API_LOGGING_SINKS_HPP

#include <functional>
#include <iosfwd>
#include <string>

#include <t3api/core/logging_hooks.hpp>

namespace t3api::inline v0_1_0 {

/// What a log shows beside one line for each request and answer.
struct log_options {
  bool headers = false;  ///< Headers too; values that could be secret are `***`.
  bool body = false;     ///< The beginning of JSON bodies too; members that could be secret are `***`.
};

namespace detail {

/// Gives each event to `write` as a line, one at a time. What `write` throws is dropped.
logging_hooks line_hooks(std::function<void(const std::string&)> write, const log_options& options);

}  // namespace detail

/// Writes a line to `out` for each event, flushed at once. The stream must outlive all clients that have the
/// hooks, and must not be used elsewhere meanwhile; a failing stream loses lines, never calls.
logging_hooks log_to(std::ostream& out, log_options options = {});

/// Appends a line to a file for each event. The file is opened now, and made with mode 0600 when there is
/// none. Throws std::runtime_error, which names the path and the reason, when that fails, or when the file is
/// a symbolic link, not the user's own, or open to anyone else. A full disk loses lines, never calls.
logging_hooks log_to_file(const std::string& path, log_options options = {});

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/logging/impl/sinks.hpp>
#endif

#endif
