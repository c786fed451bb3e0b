// The library is included behind macros as careless as those of windows.h, X11 and Qt, and used in front of
// and behind them.
#include <doctest/doctest.h>

#include "tests/unit/macros/early.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>
#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>
#endif
#if __has_include(<sqlite3.h>)
#include <sqlite3.h>
#endif

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <initializer_list>
#include <iosfwd>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

// Again, since some of these have names of their own that nobody asked for, such as DELETE in
// <arpa/nameser.h>.
#include "tests/unit/macros/early.hpp"
#include "tests/unit/macros/late.hpp"

#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>
#if __has_include(<hiredis/hiredis.h>)
#include <t3api/store/redis.hpp>
#endif
#if __has_include(<sqlite3.h>)
#include <t3api/sandbox/keys/sqlite_database.hpp>
#endif

#include "tests/unit/macros/none.hpp"

// Templates of the library are read, but not yet made, where these stand.
#include "tests/unit/macros/early.hpp"
#include "tests/unit/macros/late.hpp"

namespace {

int deleted_behind_macros() {
  t3api::sandbox::service service;
  const t3api::client client{
      t3api::in_process_transport([&](const t3api::request& asked) { return service.handle(asked); }),
      t3api::api_key_auth{"demo-api-key", "CA"},
      {.host = "http://127.0.0.1:1"}};
  const auto answer = client.send({.method = t3api::method::delete_, .path = "/v2/nothing"});
  return answer || answer.error().category != t3api::error_category::http ? 0 : answer.error().status;
}

}  // namespace

#include "tests/unit/macros/none.hpp"

TEST_CASE("the library stands careless macros in front of it and behind it") {
  CHECK(deleted_behind_macros() == 404);
  const t3api::client client{t3api::no_auth{}, {.host = "http://127.0.0.1:1"}};
  CHECK(client.config().host == "http://127.0.0.1:1");
}
