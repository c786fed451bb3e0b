#ifndef T3API_TRANSPORT_SCRIPTED_HPP
#define T3API_TRANSPORT_SCRIPTED_HPP

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <t3api/transport/concept.hpp>
#include <t3api/transport/limits.hpp>

namespace t3api::inline v0_1_0 {

/// Plays queued answers and records what was sent: for tests without a network. Copies share one script, so a
/// test keeps one and gives another to the client.
class scripted_transport {
 public:
  /// Makes an answer from a request.
  using reply_function = std::function<outcome(const request&)>;

  /// Queues an answer, or an error, for the next request that has none yet.
  scripted_transport& reply(outcome next) {
    return reply_with([next = std::move(next)](const request&) { return next; });
  }

  /// Queues a function that makes the answer from the request.
  scripted_transport& reply_with(reply_function next) {
    const std::scoped_lock lock(script_->mutex);
    script_->replies.push_back(std::move(next));
    return *this;
  }

  /// Every request so far, in the order in which they came.
  std::vector<request> requests() const {
    const std::scoped_lock lock(script_->mutex);
    return script_->requests;
  }

  /// How many queued answers are left.
  std::size_t remaining() const {
    const std::scoped_lock lock(script_->mutex);
    return script_->replies.size();
  }

  outcome send(const request& message, const send_options& options) {
    if (auto stopped = stopped_before_sending(options.stop)) return *std::move(stopped);
    reply_function next;
    {
      const std::scoped_lock lock(script_->mutex);
      script_->requests.push_back(message);
      if (script_->replies.empty()) {
        return error{.category = error_category::transport,
                     .message = "the script has no answer left for " +
                                std::string(to_string(message.method)) + " " + message.path +
                                ": queue one with reply()"};
      }
      next = std::move(script_->replies.front());
      script_->replies.pop_front();
    }
    outcome answer = next(message);
    return answer ? within_limits(*std::move(answer), options) : answer;
  }

 private:
  struct script {
    mutable std::mutex mutex;
    std::deque<reply_function> replies;
    std::vector<request> requests;
  };

  std::shared_ptr<script> script_ = std::make_shared<script>();
};

}  // namespace t3api::inline v0_1_0

#endif
