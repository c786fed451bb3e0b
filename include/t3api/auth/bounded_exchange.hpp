#ifndef T3API_AUTH_BOUNDED_EXCHANGE_HPP
#define T3API_AUTH_BOUNDED_EXCHANGE_HPP

#include <algorithm>
#include <utility>

#include <t3api/auth/concept.hpp>

namespace t3api::inline v0_1_0::detail {

/// Another exchange with less time.
class bounded_exchange final : public exchange {
 public:
  bounded_exchange(exchange& via, steady_time deadline)
      : via_(via), deadline_((std::min)(deadline, via.deadline())) {}

  result<response> send(request message) override { return via_.send_until(std::move(message), deadline_); }
  result<response> send_until(request message, steady_time until) override {
    return via_.send_until(std::move(message), (std::min)(until, deadline_));
  }
  const url& host() const noexcept override { return via_.host(); }
  t3api::clock& clock() const noexcept override { return via_.clock(); }
  steady_time deadline() const noexcept override { return deadline_; }
  const stop_token& stop() const noexcept override { return via_.stop(); }
  void report(const renewal_event& renewal) noexcept override { via_.report(renewal); }

 private:
  exchange& via_;
  const steady_time deadline_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
