#ifndef T3API_SANDBOX_HTTP_BUSY_CONNECTIONS_HPP
#define T3API_SANDBOX_HTTP_BUSY_CONNECTIONS_HPP

#include <memory>
#include <mutex>
#include <set>

namespace t3api::sandbox {

/// Which connections of a server have an answer on its way, by the port of their other end. Any number of
/// threads may share it.
class busy_connections {
 public:
  /// Marks a connection as busy until the last copy of what this gives is gone. The marks must not outlive
  /// this object.
  std::shared_ptr<void> mark(int peer_port) {
    const std::scoped_lock lock(mutex_);
    const auto place = ports_.insert(peer_port);
    return {nullptr, [this, place](void*) {
              const std::scoped_lock again(mutex_);
              ports_.erase(place);
            }};
  }

  bool contains(int peer_port) const {
    const std::scoped_lock lock(mutex_);
    return ports_.contains(peer_port);
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<int> ports_;
};

}  // namespace t3api::sandbox

#endif
