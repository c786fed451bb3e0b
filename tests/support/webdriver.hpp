#ifndef T3API_TESTS_SUPPORT_WEBDRIVER_HPP
#define T3API_TESTS_SUPPORT_WEBDRIVER_HPP

#include <httplib.h>

#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/integration/programs/child_process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace t3api::test {

/// A Chromium without a window, with a profile of its own, led by a chromedriver of its own in the WebDriver
/// protocol (https://www.w3.org/TR/webdriver2/). Both go with this object, and with the process when it
/// crashes: the driver is killed, and the browser ends when the pipe between the two does.
class webdriver {
 public:
  using json = nlohmann::json;

  /// Throws std::runtime_error when they do not start.
  webdriver() : driver_(how_to_start(folder_)), client_("127.0.0.1", port_of(driver_)) {
    client_.set_tcp_nodelay(true);
    client_.set_keep_alive(true);
    client_.set_read_timeout(120);
    json arguments = json::array({"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                                  "--no-first-run", "--disable-background-networking",
                                  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                                  "--remote-debugging-pipe", "--lang=en-US", "--window-size=1000,900"});
    arguments.push_back("--user-data-dir=" + folder_.path() + "/profile");
    const json options = {{"goog:chromeOptions", {{"args", arguments}}},
                          {"goog:loggingPrefs", {{"browser", "ALL"}}}};
    session_ = "/session/" + send("POST", "/session", {{"capabilities", {{"alwaysMatch", options}}}})
                                 .at("sessionId")
                                 .get<std::string>();
  }
  ~webdriver() { client_.Delete(session_); }
  webdriver(const webdriver&) = delete;
  webdriver& operator=(const webdriver&) = delete;

  /// The value of what a command of the session answers. Throws std::runtime_error with the driver's words.
  json get(const std::string& path) { return send("GET", session_ + path, {}); }
  json post(const std::string& path, const json& body = json::object()) {
    return send("POST", session_ + path, body);
  }
  json remove(const std::string& path) { return send("DELETE", session_ + path, {}); }

  /// A command of the browser's own protocol.
  json devtools(const std::string& command, const json& parameters = json::object()) {
    return post("/goog/cdp/execute", {{"cmd", command}, {"params", parameters}});
  }

 private:
  static program_start how_to_start(const temporary_folder& home) {
    const char* path = std::getenv("PATH");
    return {.command = {"/bin/sh", "-c", "exec setpriv --pdeathsig KILL chromedriver --port=0 2>/dev/null"},
            .environment = {"PATH=" + std::string(path == nullptr ? "/usr/bin:/bin" : path),
                            "HOME=" + home.path(), "TMPDIR=" + home.path(), "LANG=C.UTF-8", "TZ=UTC"},
            .folder = home.path()};
  }

  static int port_of(const child_process& driver) {
    const std::string said = "successfully on port ";
    for (std::string line = driver.read_line(); !line.empty(); line = driver.read_line()) {
      if (const auto at = line.find(said); at != line.npos) return std::stoi(line.substr(at + said.size()));
    }
    throw std::runtime_error("chromedriver does not start");
  }

  json send(const std::string& method, const std::string& path, const json& body) {
    const auto answer = method == "GET"      ? client_.Get(path)
                        : method == "DELETE" ? client_.Delete(path)
                                             : client_.Post(path, body.dump(), "application/json");
    if (!answer) throw std::runtime_error("chromedriver does not answer " + method + " " + path);
    auto value = json::parse(answer->body).at("value");
    if (answer->status == 200) return value;
    throw std::runtime_error(method + " " + path + ": " + value.value("message", "it failed"));
  }

  temporary_folder folder_;
  child_process driver_;
  httplib::Client client_;
  std::string session_;
};

}  // namespace t3api::test

#endif
