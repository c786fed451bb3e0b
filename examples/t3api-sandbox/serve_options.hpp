#ifndef T3API_EXAMPLES_SANDBOX_SERVE_OPTIONS_HPP
#define T3API_EXAMPLES_SANDBOX_SERVE_OPTIONS_HPP

#include <cstdint>
#include <optional>
#include <string>

#include <t3api/sandbox/model.hpp>
#include <t3api/store/redis_options.hpp>

#include "arguments.hpp"
#include "keeping.hpp"

/// What the program is to serve, and on what.
struct serve_options {
  t3api::sandbox::settings settings{};
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string proxy{};
  std::string accounts{};
  std::string tls_certificate{};
  std::string tls_key{};
  keeping_options keeping{};
  std::optional<t3api::redis_options> redis{};
};

/// Reads the arguments, and the key ring's text from the environment. Throws `usage_error` for what is wrong
/// with them, alone or together.
serve_options parse_serve_options(arguments given);

#endif
