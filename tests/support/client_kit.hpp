#ifndef T3API_TESTS_SUPPORT_CLIENT_KIT_HPP
#define T3API_TESTS_SUPPORT_CLIENT_KIT_HPP

// What tests of the client over a scripted transport share: answers, tokens, and one way in for an auth
// method alone.

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/auth/concept.hpp>
#include <t3api/client.hpp>
#include <t3api/core/clock.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/retry/none.hpp>
#include <t3api/transport/scripted.hpp>

namespace t3api::test {

/// Sun, 09 Sep 2001 01:46:40 GMT: the time at which the clocks of these tests start.
inline constexpr std::chrono::seconds start_of_time{1'000'000'000};

inline std::shared_ptr<t3api::manual_clock> make_clock() {
  return std::make_shared<t3api::manual_clock>(t3api::wall_time(start_of_time));
}

inline t3api::response answer(int status, std::string body = {}, t3api::headers fields = {}) {
  return {.status = status, .headers = std::move(fields), .body = std::move(body)};
}

inline std::string jwt_of(const nlohmann::json& claims) {
  return "eyJhbGciOiJIUzI1NiJ9." + t3api::detail::base64url_encode(claims.dump()) + ".c2lnbmF0dXJl";
}

/// A token that is told apart by its name and expires that long after `start_of_time`.
inline std::string jwt(const std::string& name, std::chrono::seconds expires = std::chrono::hours(1)) {
  return jwt_of({{"sub", name}, {"exp", (start_of_time + expires).count()}});
}

/// The answer to a successful exchange.
inline t3api::response token_answer(const std::string& token) {
  return answer(200, nlohmann::json{{"accessToken", token}}.dump());
}

/// What became of a request that left, but whose answer never came.
inline t3api::error cut() {
  return {.category = t3api::error_category::transport,
          .message = "the connection was cut",
          .retryable = true,
          .sent = true};
}

/// What became of a request that never left.
inline t3api::error never_sent() {
  return {.category = t3api::error_category::transport, .message = "no connection", .retryable = true};
}

inline std::string authorization_of(const t3api::request& sent) {
  return std::string(sent.headers.get("Authorization").value_or(""));
}

inline int count_posts(const t3api::scripted_transport& script) {
  int posts = 0;
  for (const auto& sent : script.requests()) posts += sent.method == t3api::method::post ? 1 : 0;
  return posts;
}

/// Settings with a deadline so long that no test reaches it by accident.
inline t3api::client_config patient_config(std::shared_ptr<t3api::clock> clock) {
  return {.host = "https://api.example.com", .timeout = std::chrono::minutes(10), .clock = std::move(clock)};
}

template <class Auth, class Retry = t3api::no_retry>
using scripted_client = t3api::client<t3api::scripted_transport, Auth, Retry>;

/// `Date` as a server would send it that long after `start_of_time`.
inline std::string date_after(std::chrono::seconds since_start) {
  const auto when = std::chrono::sys_seconds(start_of_time + since_start);
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(when - day);
  constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto padded = [](auto number, std::size_t width) {
    const std::string digits = std::to_string(number);
    return std::string(width - (std::min)(width, digits.size()), '0') + digits;
  };
  return std::string(weekdays[std::chrono::weekday(day).c_encoding()]) + ", " +
         padded(static_cast<unsigned>(date.day()), 2) + " " +
         months[static_cast<unsigned>(date.month()) - 1] + " " + padded(static_cast<int>(date.year()), 4) +
         " " + padded(time.hours().count(), 2) + ":" + padded(time.minutes().count(), 2) + ":" +
         padded(time.seconds().count(), 2) + " GMT";
}

/// Stands for the call on whose behalf an auth method works: plays a script, keeps what was sent and what was
/// reported.
class fake_exchange final : public t3api::exchange {
 public:
  explicit fake_exchange(std::shared_ptr<t3api::clock> clock = make_clock(),
                         std::chrono::milliseconds timeout = std::chrono::minutes(1))
      : clock_(std::move(clock)), deadline_(clock_->now() + timeout) {}

  t3api::result<t3api::response> send(t3api::request message) override {
    return send_until(std::move(message), deadline_);
  }
  t3api::result<t3api::response> send_until(t3api::request message, t3api::steady_time until) override {
    return script.send(message, {.host = host_, .deadline = until, .stop = stop_source.get_token()});
  }
  const t3api::url& host() const noexcept override { return host_; }
  t3api::clock& clock() const noexcept override { return *clock_; }
  t3api::steady_time deadline() const noexcept override { return deadline_; }
  const std::stop_token& stop() const noexcept override { return stop_; }
  void report(const t3api::renewal_event& renewal) noexcept override { reported.push_back(renewal); }

  void set_host(const std::string& text) { host_ = t3api::parse_url(text).value(); }

  t3api::scripted_transport script{};
  std::stop_source stop_source{};
  std::vector<t3api::renewal_event> reported{};

 private:
  t3api::url host_{};
  std::shared_ptr<t3api::clock> clock_;
  t3api::steady_time deadline_;
  std::stop_token stop_ = stop_source.get_token();
};

}  // namespace t3api::test

namespace test = t3api::test;

#endif
