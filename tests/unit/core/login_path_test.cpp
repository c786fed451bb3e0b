#include <doctest/doctest.h>

#include <t3api/core/login_path.hpp>

using t3api::detail::is_login_path;
using t3api::detail::secret_keys_in_path;

TEST_CASE("a path logs in when a service may read it as one below /auth") {
  for (const char* path :
       {"/v2/auth/credentials", "/v2/AUTH/apikey", "/v2/Auth", "/v2/a%75th/x", "/v2/%61uth/x", "/v2/%41UTH/x",
        "/v2/%2561uth/x", "/v2//auth//x", "/v2/./auth/x", "/v2/auth/./x", "/v2%2fauth%2Fx", "/v2/auth;v=1/x",
        "/v2/auth?x=1", "/v2/auth/../x", "/v2\\auth\\x", "/v2/%5Cauth%5cx", "auth/x", "/auth"}) {
    CAPTURE(path);
    CHECK(is_login_path(path));
  }
  for (const char* path : {"", "/", "/v2/packages", "/v2/author/x", "/v2/oauth/x", "/v2/x?y=/auth/",
                           "/v2/x#/auth/", "/v2/50%/x", "/v2/a/uth", "/v2/x;auth/y", "/v2/%"}) {
    CAPTURE(path);
    CHECK_FALSE(is_login_path(path));
  }
}

TEST_CASE("what stands behind /auth/secretkey/ is found however it is written") {
  for (const char* path : {"/v2/auth/secretkey/k-1", "/v2/AUTH//SecretKey/./K-1",
                           "/v2/auth/secretke%79/k%2D1", "/v2/auth;x/secretkey;y/k-1;z?page=1"}) {
    CAPTURE(path);
    CHECK(secret_keys_in_path(path) == "k-1");
  }
  CHECK(secret_keys_in_path("/v2/auth/secretkey/a/b") == "a/b");
  CHECK(secret_keys_in_path("/v2/auth/secretkey") == "");
  CHECK(secret_keys_in_path("/v2/secretkey/a") == "");
}
