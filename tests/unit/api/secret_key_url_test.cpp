#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include <t3api/api/secret_key_url.hpp>

using t3api::query_params;
using t3api::secret_key_url;

namespace {

const t3api::secret key = "6f1f2c9e-1111-4222-8333-444444444444";

std::string url_of(std::string_view host, std::string path, query_params query = {},
                   const t3api::secret& with = key) {
  return std::string(secret_key_url(host, std::move(path), std::move(query), with).reveal());
}

/// What is said of arguments that cannot be; empty when nothing is.
std::string fault_of(std::string_view host, std::string path, query_params query = {},
                     const t3api::secret& with = key) {
  try {
    secret_key_url(host, std::move(path), std::move(query), with);
  } catch (const std::invalid_argument& fault) {
    return fault.what();
  }
  return {};
}

}  // namespace

TEST_CASE("the URL is the one that T3's guide gives, with the key at its end") {
  CHECK(url_of("https://api.trackandtrace.tools", "/v2/packages/active/report",
               {{"contentType", "csv"}, {"licenseNumber", "LIC-00001"}}) ==
        "https://api.trackandtrace.tools/v2/packages/active/report?contentType=csv&licenseNumber=LIC-00001"
        "&secretKey=6f1f2c9e-1111-4222-8333-444444444444");
}

TEST_CASE("without a query the key is all of it, and a query may stand in the path") {
  CHECK(url_of("https://h", "/v2/licenses") ==
        "https://h/v2/licenses?secretKey=6f1f2c9e-1111-4222-8333-444444444444");
  CHECK(url_of("https://h", "/r?a=1", {{"b", "2"}}, "k") == "https://h/r?a=1&b=2&secretKey=k");
  CHECK(url_of("https://h", "/r?", {}, "k") == "https://h/r?secretKey=k");
}

TEST_CASE("what is not plain is percent-encoded, in path, query and key") {
  CHECK(url_of("https://h", "/a b/\xC3\xA9", {{"filter", "label__eq:A&B=C+D#E%\xC3\xA9"}, {"a b", ""}},
               "k&x=1 #%") ==
        "https://h/a%20b/"
        "%C3%A9?filter=label__eq%3AA%26B%3DC%2BD%23E%25%C3%A9&a%20b=&secretKey=k%26x%3D1%20%23%25");
}

TEST_CASE("host, port and the path in front of all others are kept") {
  CHECK(url_of("https://H.example:8443/t3/", "/v2/x", {}, "k") ==
        "https://h.example:8443/t3/v2/x?secretKey=k");
  CHECK(url_of("https://[2001:db8::1]:444", "/x", {}, "k") == "https://[2001:db8::1]:444/x?secretKey=k");
}

TEST_CASE("white space around the key is taken off, as secret_key_auth does") {
  CHECK(url_of("https://h", "/x", {}, " k\n") == "https://h/x?secretKey=k");
}

TEST_CASE("plain http is for this machine only") {
  for (const char* host : {"http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"}) {
    CHECK(url_of(host, "/x", {}, "k") == std::string(host) + "/x?secretKey=k");
  }
  for (const char* host : {"http://api.example.com", "http://localhost.example.com",
                           "http://127.0.0.1.example.com", "HTTP://10.0.0.1", "http://[::2]"}) {
    CAPTURE(host);
    CHECK(fault_of(host, "/x").find("unencrypted") != std::string::npos);
  }
}

TEST_CASE("a host that is none is refused") {
  for (const char* host : {"", "h", "ftp://h", "https://", "https://u:p@h", "https://h?x=1", "https://h#x",
                           "https://h:0", "https://h\nx", "https://h h", "//h"}) {
    CAPTURE(host);
    CHECK_FALSE(fault_of(host, "/x").empty());
  }
}

TEST_CASE("a path that is none, or that could lead elsewhere, is refused") {
  for (const char* path : {"", "x", "?x", "//h/x", "/x#y", "/x\\y", "/x\n", "/x\x7F", "https://h/x", "/..",
                           "/.", "/v2/../x", "/v2/./x", "/v2/..", "/v2/%2e%2E/x", "/v2/.%2e", "/%2E?a=1"}) {
    CAPTURE(path);
    CHECK_FALSE(fault_of("https://h", path).empty());
  }
  CHECK_FALSE(fault_of("https://h/a/../b", "/x").empty());
  for (const char* path : {"/.x", "/..x", "/x.", "/...", "/v2/x.csv", "/%2ex", "/"}) {
    CAPTURE(path);
    CHECK(fault_of("https://h", path).empty());
  }
}

TEST_CASE("a query with a control byte is refused") {
  CHECK_FALSE(fault_of("https://h", "/x", {{"a", "b\r\nc"}}).empty());
  CHECK_FALSE(fault_of("https://h", "/x", {{"a\t", "b"}}).empty());
  CHECK_FALSE(fault_of("https://h", "/x?a=%0A").empty());
}

TEST_CASE("a second key is refused, wherever it stands, and not shown") {
  for (const query_params& query :
       {query_params{{"secretKey", "canary"}}, query_params{{"a", "b"}, {"SECRETKEY", "canary"}}}) {
    const auto fault = fault_of("https://h", "/x", query);
    CHECK(fault.find("already holds a secretKey") != std::string::npos);
    CHECK(fault.find("canary") == std::string::npos);
  }
  CHECK_FALSE(fault_of("https://h", "/x?secretKey=canary").empty());
  CHECK_FALSE(fault_of("https://h", "/x?secret%4Bey=canary").empty());
}

TEST_CASE("a key that cannot be one is refused and not shown") {
  for (const t3api::secret& wrong : {t3api::secret(), t3api::secret(" \n"), t3api::secret("can\nary"),
                                     t3api::secret("can\x7F"
                                                   "ary"),
                                     t3api::secret(std::string("can\0ary", 7)),
                                     t3api::secret("can\xFF"
                                                   "ary")}) {
    const auto fault = fault_of("https://h", "/x", {}, wrong);
    CHECK(fault.find("secret key") != std::string::npos);
    CHECK(fault.find("can") == std::string::npos);
  }
}
