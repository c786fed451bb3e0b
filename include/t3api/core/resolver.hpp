#ifndef T3API_CORE_RESOLVER_HPP
#define T3API_CORE_RESOLVER_HPP

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/core/result.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/stoppable_condition.hpp>
#include <t3api/native/socket.hpp>

namespace t3api::inline v0_1_0::detail {

/// The addresses of a host, at the latest by `deadline`. "localhost" is this machine whatever the resolver
/// says (RFC 6761 section 6.3), as credentials may travel to it unencrypted. For other names: the system's
/// resolver knows no deadline, so it works in a thread of its own that is left behind when it does not answer
/// in time.
inline result<std::vector<std::string>> resolve(const std::string& host, steady_time deadline,
                                                stop_token stop) {
  if (is_address(host)) return std::vector{host};
  if (iequals(host, "localhost")) return std::vector<std::string>{"127.0.0.1", "::1"};
  struct lookup {
    std::mutex mutex;
    stoppable_condition done;
    std::optional<std::vector<std::string>> addresses;
  };
  const auto shared = std::make_shared<lookup>();
  try {
    std::thread([shared, host] {
      auto addresses = lookup_addresses(host);
      const std::scoped_lock lock(shared->mutex);
      shared->addresses = std::move(addresses);
      shared->done.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return error{
        .category = error_category::transport,
        .message = "no thread could be started to look up the host '" + host + "': the system is out of them",
        .retryable = true};
  }
  std::unique_lock lock(shared->mutex);
  shared->done.wait_until(lock, stop, deadline, [&] { return shared->addresses.has_value(); });
  if (!shared->addresses) {
    if (stop.stop_requested()) {
      return error{.category = error_category::cancelled,
                   .message = "the call was cancelled while it looked up its host"};
    }
    return error{
        .category = error_category::timeout,
        .message = "the name '" + host + "' was not resolved in time: check the network and the DNS server",
        .retryable = true};
  }
  if (shared->addresses->empty()) {
    return error{
        .category = error_category::transport,
        .message = "the name '" + host + "' does not resolve to an address: check the host and the network",
        .retryable = true};
  }
  return *std::move(shared->addresses);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
