#ifndef T3API_TESTS_SUPPORT_SECRET_KEY_PAGE_HPP
#define T3API_TESTS_SUPPORT_SECRET_KEY_PAGE_HPP

#include <httplib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <t3api/core/clock.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/sandbox/metrc/totp.hpp>
#include <t3api/sandbox/service.hpp>

#include "tests/support/browser.hpp"
#include "tests/support/sandbox_server.hpp"

namespace t3api::test {

/// The selector of a part of the page of secret keys.
inline std::string part(const std::string& name) { return "[data-part=\"" + name + "\"]"; }

/// The page of secret keys of a sandbox whose time stands still, open in a browser.
class secret_key_page {
 public:
  /// In place of the service's answer; nothing leaves it to the service.
  using meddling = std::function<std::optional<response>(const request&)>;

  explicit secret_key_page(const sandbox::directory& known = sandbox::demo_directory())
      : service(unlimited(), known, clock) {
    page.open(url());
  }

  std::string url() const { return server.url() + "/v2/pages/secret-key"; }

  void meddle(meddling with) {
    const std::scoped_lock lock(mutex_);
    meddle_ = std::move(with);
  }

  /// Fills in the form as a user does and sends it, without waiting for what comes of it.
  void sign_in_as(const std::string& hostname, const std::string& username, const std::string& password) {
    page.click("#hostname option[value=\"" + hostname + "\"]");
    page.type("#username", username);
    page.type("#password", password);
    page.click(part("sign-in-button"));
  }
  /// Signs in to California and waits for the list.
  void sign_in() {
    sign_in_as("ca.metrc.com", "demo-ca", "demo-ca-password");
    wait_for_keys(0);
  }
  /// Makes a key and gives what the page shows.
  std::string make_key(const std::string& password = "demo-ca-password") {
    page.type("#key-password", password);
    page.click(part("create-button"));
    wait_for_part("new-key");
    return page.text(part("new-key-value"));
  }

  void wait_for_part(const std::string& name) {
    page.wait_for("document.querySelector('" + part(name) + "').checkVisibility()");
  }
  /// Waits for a list of so many keys that is not being loaded any more.
  void wait_for_keys(int count) {
    wait_for_part("keys");
    page.wait_for("document.querySelectorAll('.keys li').length === " + std::to_string(count) +
                  " && document.querySelector('" + part("no-keys") +
                  "').hidden === " + (count == 0 ? "false" : "true"));
  }
  void wait_for_text(const std::string& name, const std::string& words) {
    page.wait_for("document.querySelector('" + part(name) + "').textContent.includes('" + words + "')");
  }

  /// What the API answers to a call with that key, from outside of the browser.
  int status_with(const std::string& key) const {
    const auto answer = httplib::Client(server.url()).Get("/v2/licenses", {{"X-T3-API-Key", key}});
    return answer ? answer->status : 0;
  }
  std::string code() const {
    return sandbox::totp_code(*detail::base32_decode("JBSWY3DPEHPK3PXP"),
                              sandbox::totp_step(clock->wall_now()));
  }
  std::size_t count(method how, const std::string& path) const {
    std::size_t found = 0;
    for (const auto& r : server.requests())
      found += static_cast<std::size_t>(r.method == how && r.path == path);
    return found;
  }

  const std::shared_ptr<manual_clock> clock = std::make_shared<manual_clock>(
      std::chrono::sys_days(std::chrono::year(2026) / 5 / 17) + std::chrono::hours(12));
  sandbox::service service;
  recording_server server{[this](const request& asked, const sandbox::caller& from) -> sandbox::served {
    meddling meddle;
    {
      const std::scoped_lock lock(mutex_);
      meddle = meddle_;
    }
    if (meddle) {
      if (auto instead = meddle(asked)) return {.answer = *std::move(instead)};
    }
    return service.serve(asked, from);
  }};
  tab page;

 private:
  std::mutex mutex_;
  meddling meddle_;
};

}  // namespace t3api::test

#endif
