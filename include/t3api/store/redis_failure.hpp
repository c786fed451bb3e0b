#ifndef T3API_STORE_REDIS_FAILURE_HPP
#define T3API_STORE_REDIS_FAILURE_HPP

#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/error.hpp>
#include <t3api/store/redis_options.hpp>

namespace t3api::inline v0_1_0::detail {

/// Makes the errors of one Redis. What Redis says is never part of them: it repeats what it was sent, a
/// password among it.
class redis_failure {
 public:
  explicit redis_failure(const redis_options& options)
      : place_(!options.unix_socket.empty() ? options.unix_socket
               : options.host.find(':') != std::string::npos
                   ? "[" + options.host + "]:" + std::to_string(options.port)
                   : options.host + ":" + std::to_string(options.port)) {}

  error unreachable(std::string_view reason) const {
    return make("cannot be reached (" + std::string(reason) + "): is it running, and is the address right?");
  }
  error lost() const { return make("closed the connection before it answered"); }
  error garbled() const {
    return make("gave an answer that Redis does not give: is it something else that listens there?");
  }
  error too_long() const { return make("gave an answer of more than 1 MiB, which nothing kept here has"); }
  error late() const {
    error cause = make("did not answer in time: it is overloaded, stopped or too far away for the timeout");
    cause.category = error_category::timeout;
    return cause;
  }
  error busy() const {
    error cause = make("was busy with other threads of this program for all of the timeout");
    cause.category = error_category::timeout;
    return cause;
  }

  /// For an error that Redis gave as an answer.
  error refused(std::string_view answer) const {
    for (const auto& [code, meaning] : refusals) {
      if (answer.substr(0, answer.find(' ')) == code) return make(meaning);
    }
    return make("refused a command, for a reason that this library does not know: look into its log");
  }
  error login_refused() const {
    error cause = make("refused the login: check username and password, and whether it has any");
    cause.retryable = false;
    return cause;
  }

 private:
  error make(std::string_view what) const {
    return {.category = error_category::transport,
            .message = "Redis at " + place_ + " " + std::string(what),
            .retryable = true};
  }

  static constexpr std::pair<std::string_view, std::string_view> refusals[] = {
      {"NOAUTH", "wants a login: give it a password"},
      {"NOPERM", "does not let this user do that: allow it GET, PTTL, SET, DEL and EVAL on its keys"},
      {"READONLY", "is a replica that takes no writes: give the address of the primary"},
      {"OOM", "is out of memory: raise its maxmemory or let it evict keys"},
      {"MISCONF", "takes no writes as it cannot save them: look into its log"},
      {"LOADING", "is still loading its data: it will be ready soon"},
      {"BUSY", "is busy with a script"},
      {"MOVED", "is part of a cluster, which this library does not know"},
      {"CLUSTERDOWN", "is part of a cluster, which this library does not know"},
      {"MASTERDOWN", "is a replica that has lost its primary"},
      {"NOREPLICAS", "takes no writes as it has too few replicas"},
  };

  const std::string place_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
