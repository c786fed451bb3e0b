#ifndef T3API_STORE_BOUNDED_LOOKUP_HPP
#define T3API_STORE_BOUNDED_LOOKUP_HPP

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/native/socket.hpp>

namespace t3api::detail {

/// The addresses of a host, or nothing when `deadline` comes first. The system's resolver knows no deadline,
/// so it works in a thread of its own that is left behind when it does not answer in time. Throws
/// std::system_error when there is no thread to be had.
inline std::optional<std::vector<std::string>> lookup_until(const std::string& host, steady_time deadline) {
  if (is_address(host)) return std::vector{host};
  if (iequals(host, "localhost")) return std::vector<std::string>{"127.0.0.1", "::1"};
  struct lookup {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<std::vector<std::string>> addresses;
  };
  const auto shared = std::make_shared<lookup>();
  std::thread([shared, host] {
    auto addresses = lookup_addresses(host);
    const std::scoped_lock lock(shared->mutex);
    shared->addresses = std::move(addresses);
    shared->done.notify_all();
  }).detach();
  std::unique_lock lock(shared->mutex);
  shared->done.wait_until(lock, deadline, [&] { return shared->addresses.has_value(); });
  return std::exchange(shared->addresses, std::nullopt);
}

}  // namespace t3api::detail

#endif
