#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include <t3api/store/redis_options.hpp>

using namespace t3api;
using namespace std::chrono_literals;
using detail::checked;
using detail::sealing_key;

namespace {

std::string count_up() {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(i * 8 + 3);
  return bytes;
}

const char* const as_hex = "030b131b232b333b434b535b636b737b838b939ba3abb3bbc3cbd3dbe3ebf3fb";
const char* const as_base64 = "AwsTGyMrMztDS1Nba2tze4OLk5ujq7O7w8vT2+Pr8/s=";

std::string complaint(const redis_options& options) {
  try {
    checked(options);
  } catch (const std::invalid_argument& refused) {
    return refused.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a sealing key is 32 bytes, as they are, in hexadecimal digits or in Base64") {
  CHECK(sealing_key(count_up()).reveal() == count_up());
  CHECK(sealing_key(as_hex).reveal() == count_up());
  CHECK(sealing_key("030B131B232B333B434B535B636B737B838B939BA3ABB3BBC3CBD3DBE3EBF3FB").reveal() ==
        count_up());
  std::string text = as_base64;
  CHECK(sealing_key(text).size() == 32);
  const std::string bytes(sealing_key(text).reveal());
  text.pop_back();
  CHECK(sealing_key(text).reveal() == bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  CHECK(sealing_key(text).reveal() == bytes);
}

TEST_CASE("any other key is refused with what to do, and is not told") {
  for (const std::string& key : {std::string("x"), std::string(31, 'x'), std::string(33, 'x'),
                                 std::string(64, 'x'), std::string(65, '0'), std::string(63, '0') + "g",
                                 std::string(43, '!'), std::string(44, '*'), std::string(42, 'A') + "B"}) {
    CAPTURE(key.size());
    try {
      sealing_key(key);
      FAIL("was taken");
    } catch (const std::invalid_argument& refused) {
      const std::string message = refused.what();
      CHECK(message.find("openssl rand -hex 32") != std::string::npos);
      CHECK((key.size() == 1 || message.find(key) == std::string::npos));
    }
  }
  CHECK_THROWS_WITH_AS(sealing_key({}), doctest::Contains("redis_options has no key"), std::invalid_argument);
}

TEST_CASE("options are refused by name") {
  CHECK(complaint({}) == "");
  CHECK(complaint({.host = "", .unix_socket = "/run/redis.sock"}) == "");
  CHECK(complaint({.host = ""}).find("host") != std::string::npos);
  CHECK(complaint({.host = "a\nb"}).find("host") != std::string::npos);
  CHECK(complaint({.unix_socket = std::string("/run\0", 5)}).find("unix_socket") != std::string::npos);
  for (const int port : {0, -1, 65536}) CHECK(complaint({.port = port}).find("port") != std::string::npos);
  CHECK(complaint({.database = -1}).find("database") != std::string::npos);
  CHECK(complaint({.timeout = 0ms}).find("timeout") != std::string::npos);
  CHECK(complaint({.timeout = 2h}).find("timeout") != std::string::npos);
  CHECK(complaint({.pause_after_failure = -1ms}).find("pause_after_failure") != std::string::npos);
  CHECK(complaint({.clock = nullptr}).find("clock") != std::string::npos);
}
