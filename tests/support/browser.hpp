#ifndef T3API_TESTS_SUPPORT_BROWSER_HPP
#define T3API_TESTS_SUPPORT_BROWSER_HPP

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/detail/base64url.hpp>
#include "tests/support/webdriver.hpp"

namespace t3api::test {

/// The keys of a keyboard that write nothing (WebDriver section 17.4.2).
namespace keys {
inline constexpr const char* tab = "\uE004";
inline constexpr const char* enter = "\uE007";
inline constexpr const char* control = "\uE009";
inline constexpr const char* escape = "\uE00C";
}  // namespace keys

/// One browser for all tests of a program, as it takes a second to start.
inline webdriver& shared_browser() {
  static webdriver browser;
  return browser;
}

/// A tab of the shared browser, closed with this object. What it does, it does as a user would; what is not
/// there yet is waited for, up to a deadline, then std::runtime_error is thrown.
class tab {
 public:
  using json = nlohmann::json;

  tab() {
    first_ = driver_.get("/window").get<std::string>();
    handle_ = driver_.post("/window/new", {{"type", "tab"}}).at("handle").get<std::string>();
    driver_.post("/window", {{"handle", handle_}});
    // What the page's policy forbids is counted from before the page's own script on.
    driver_.devtools("Page.addScriptToEvaluateOnNewDocument",
                     {{"source",
                       "window.violations = []; document.addEventListener('securitypolicyviolation', "
                       "(e) => window.violations.push(e.effectiveDirective + ' ' + e.blockedURI));"}});
  }
  ~tab() {
    try {
      driver_.post("/window", {{"handle", handle_}});
      driver_.remove("/window");
      driver_.post("/window", {{"handle", first_}});
    } catch (const std::exception&) {
    }
  }
  tab(const tab&) = delete;
  tab& operator=(const tab&) = delete;

  webdriver& driver() noexcept { return driver_; }

  void open(const std::string& url) { driver_.post("/url", {{"url", url}}); }

  /// What a function body returns, run in the page; its arguments are `arguments[0]` and so on. A promise is
  /// waited for.
  template <class... Arguments>
  json run(const std::string& body, Arguments... arguments) {
    return driver_.post("/execute/sync", {{"script", body}, {"args", json::array({arguments...})}});
  }

  /// Waits until the expression is true.
  void wait_for(const std::string& expression) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (run("return Boolean(" + expression + ")") != true) {
      if (std::chrono::steady_clock::now() > give_up) {
        throw std::runtime_error("this did not come true: " + expression + "; the page says: " +
                                 run("return document.body.innerText").get<std::string>());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::string find(const std::string& selector) {
    return driver_.post("/element", {{"using", "css selector"}, {"value", selector}})
        .begin()
        ->get<std::string>();
  }
  void click(const std::string& selector) { driver_.post("/element/" + find(selector) + "/click"); }
  void type(const std::string& selector, const std::string& text) {
    driver_.post("/element/" + find(selector) + "/value", {{"text", text}});
  }
  std::string text(const std::string& selector) {
    return run("return document.querySelector(arguments[0]).innerText", selector).get<std::string>();
  }
  bool shown(const std::string& selector) {
    return run("return document.querySelector(arguments[0])?.checkVisibility() ?? false", selector) == true;
  }
  /// What assistive software is told of an element.
  std::string role(const std::string& element) {
    return driver_.get("/element/" + element + "/computedrole").get<std::string>();
  }
  std::string label(const std::string& element) {
    return driver_.get("/element/" + element + "/computedlabel").get<std::string>();
  }

  /// Strokes of keys, whatever has the focus; with `held` down all the while.
  void press(const std::vector<std::string>& strokes, const std::string& held = {}) {
    json actions = json::array();
    if (!held.empty()) actions.push_back({{"type", "keyDown"}, {"value", held}});
    for (const auto& key : strokes) {
      actions.push_back({{"type", "keyDown"}, {"value", key}});
      actions.push_back({{"type", "keyUp"}, {"value", key}});
    }
    if (!held.empty()) actions.push_back({{"type", "keyUp"}, {"value", held}});
    driver_.post("/actions",
                 {{"actions", json::array({{{"type", "key"}, {"id", "keyboard"}, {"actions", actions}}})}});
  }
  /// Writes ASCII text with the keyboard.
  void write(const std::string& text) {
    std::vector<std::string> strokes;
    for (const char c : text) strokes.emplace_back(1, c);
    press(strokes);
  }

  /// "light" or "dark".
  void prefer(const std::string& scheme) {
    driver_.devtools("Emulation.setEmulatedMedia",
                     {{"features", json::array({{{"name", "prefers-color-scheme"}, {"value", scheme}}})}});
  }
  void resize(int width, int height, bool phone) {
    driver_.devtools(
        "Emulation.setDeviceMetricsOverride",
        {{"width", width}, {"height", height}, {"deviceScaleFactor", phone ? 2 : 1}, {"mobile", phone}});
  }

  /// Keeps a picture of the whole page in the folder T3API_SCREENSHOT_DIR, when that is set.
  void picture(const std::string& name) {
    const char* folder = std::getenv("T3API_SCREENSHOT_DIR");
    if (folder == nullptr || *folder == '\0') return;
    auto coded =
        driver_.devtools("Page.captureScreenshot", {{"format", "png"}, {"captureBeyondViewport", true}})
            .at("data")
            .get<std::string>();
    for (char& c : coded) c = c == '+' ? '-' : c == '/' ? '_' : c;
    std::filesystem::create_directories(folder);
    std::ofstream(std::string(folder) + "/" + name + ".png", std::ios::binary)
        << detail::base64url_decode(coded).value();
  }

 private:
  webdriver& driver_ = shared_browser();
  std::string first_;
  std::string handle_;
};

}  // namespace t3api::test

#endif
