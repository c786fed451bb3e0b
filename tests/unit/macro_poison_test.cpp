// The library is included behind macros as careless as those of windows.h. What it includes itself comes
// first, since that is not ours to mend.
#include <doctest/doctest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

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

#undef DELETE  // <arpa/nameser.h> has one of its own.
#define min(a, b) a macro stood here
#define max(a, b) a macro stood here
#define ERROR a macro stood here
#define DELETE a macro stood here
#define GetObject a macro stood here
#define small a macro stood here
#define interface a macro stood here

#include <t3api/t3api.hpp>

#undef min
#undef max
#undef ERROR
#undef DELETE
#undef GetObject
#undef small
#undef interface

TEST_CASE("the client wing stands macros of windows.h in front of it") {
  const t3api::client client{t3api::no_auth{}, {.host = "http://127.0.0.1:1"}};
  CHECK(client.config().host == "http://127.0.0.1:1");
}
