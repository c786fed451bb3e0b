// One process of a fleet whose processes share their token through Redis.
//
// fleet_member NAME=VALUE...: reads commands from standard input, a line each, and answers in lines.
//   call          ok MICROSECONDS, or: failed CATEGORY STATUS MESSAGE
//   jump SECONDS  moves its clock on, without an answer
// With WALL, wall time stands still at that many seconds since 1970, and a wait of more than a second says
// "waits" and is over when a line comes.

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/store/redis.hpp>
#include <t3api/t3api.hpp>

namespace {

using namespace std::chrono;

/// The real time, moved on by jumps. For one thread.
class jumping_clock final : public t3api::clock {
 public:
  explicit jumping_clock(std::string_view wall)
      : wall_start_(wall.empty() ? t3api::wall_time()
                                 : t3api::wall_time(seconds(std::stoll(std::string(wall))))) {}

  t3api::steady_time now() const override { return steady_clock::now() + jumped_; }
  t3api::wall_time wall_now() const override {
    return (is_frozen() ? wall_start_ : system_clock::now()) + jumped_;
  }

  bool wait_until(t3api::steady_time when, std::stop_token stop) override {
    if (!is_frozen() || when - now() < 1s) return real_.wait_until(when - jumped_, std::move(stop));
    const auto wait = ceil<seconds>(when - now());
    std::cout << "waits" << std::endl;
    std::string line;
    std::getline(std::cin, line);
    jump(wait);
    return true;
  }

  void jump(seconds by) { jumped_ += by; }

 private:
  bool is_frozen() const { return wall_start_ != t3api::wall_time(); }

  const t3api::wall_time wall_start_;
  seconds jumped_{};
  t3api::real_clock real_;
};

class arguments {
 public:
  arguments(int count, char** texts) {
    for (int i = 1; i < count; ++i) {
      const std::string text = texts[i];
      const auto middle = text.find('=');
      values_[text.substr(0, middle)] = text.substr(middle + 1);
    }
  }
  std::string operator[](const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : found->second;
  }
  milliseconds time(const std::string& name) const { return milliseconds(std::stoll(values_.at(name))); }

 private:
  std::map<std::string, std::string> values_;
};

using fleet_auth = t3api::basic_credentials_auth<t3api::redis_store>;
using fleet_client = t3api::client<t3api::httplib_transport, fleet_auth, t3api::no_retry>;

fleet_client make_client(const arguments& given, const std::shared_ptr<jumping_clock>& clock) {
  t3api::redis_store shared({.port = std::stoi(given["redis"]),
                             .password = given["redis_password"],
                             .key = given["key"],
                             .timeout = given.time("redis_timeout"),
                             .pause_after_failure = given.time("redis_pause"),
                             .clock = clock});
  t3api::credentials_options options;
  options.renewal.lease = given.time("lease");
  options.renewal.jitter = [] { return 0.0; };
  return fleet_client(fleet_auth({.hostname = given["hostname"],
                                  .username = given["username"],
                                  .password = given["password"],
                                  .email = given["email"],
                                  .otp_seed = given["seed"]},
                                 shared, options),
                      {.host = given["url"], .timeout = given.time("timeout"), .clock = clock});
}

void call(const fleet_client& client) {
  const auto start = steady_clock::now();
  const auto answer = t3api::whoami(client);
  const auto took = duration_cast<microseconds>(steady_clock::now() - start).count();
  if (answer) {
    std::cout << "ok " << took << std::endl;
  } else {
    const auto& cause = answer.error();
    std::cout << "failed " << to_string(cause.category) << ' ' << cause.status << ' ' << cause.message
              << std::endl;
  }
}

}  // namespace

int main(int count, char** texts) try {
  const arguments given(count, texts);
  const auto clock = std::make_shared<jumping_clock>(given["wall"]);
  const auto client = make_client(given, clock);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "call") call(client);
    if (line.starts_with("jump ")) clock->jump(seconds(std::stoll(line.substr(5))));
  }
} catch (const std::exception& failure) {
  std::cerr << "fleet_member: " << failure.what() << '\n';
  return 1;
}
